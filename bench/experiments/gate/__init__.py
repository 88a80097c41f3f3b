"""The gate from end to end: two arms of one workload, counted and timed in one job.

``arms``       the working tree, and the git ref or recipe it is compared with
``databases``  one prepared for each arm, and copies of them
``counting``   the work of every cell: tier A
``timing``     pairs of samples in one session
``sessions``   the screen and its confirmations: tier B
``both_arms``  which cells are compared, and ``decide`` what is said of each
``run``        the order of it all
"""

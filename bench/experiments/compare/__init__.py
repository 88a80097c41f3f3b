"""Decide what several stored runs say beside each other. Pure: runs in, records out.

``facts``          what two runs were measured on, and what of them may be compared
``cells``          one cell of two runs
``drift``          what the machine did between two runs
``optimizations``  the proposed changes of several runs
``records``        what a comparison is made of
``compare``        runs side by side, the first of them the reference
``story``          a comparison in sentences
``history``        many runs in the order of time, in groups that may be compared
``trends``         how each query went through a group
"""

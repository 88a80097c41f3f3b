"""The experiments: a folder each, with the same rooms in each, so that knowing one is knowing all.

``run``       measure
``record``    what was seen (what several experiments read stands in ``bench.model``)
``summary``   decide: pure, from the record alone
``document``  show: blocks of a document, no format
``command``   its options on the command line
"""

"""Cells decided: percentiles, effect and verdict of a query and class; the classes of a query together. Pure.

Several experiments read these, so they stand below them.

``records``    what a decided cell, query and optimization are
``cell``       one pair of cells: figures, effect, verdict
``query``      the cells of a query together
``index_use``  which plans use what an optimization made
``tally``      how many queries meet, miss, or cannot be told
``sentences``  the effect on a cell and the answer of a run, in words
``work``       whether a cell does more work: rules on counters
"""

"""The gate's decisions: pure functions of counters and paired times. No driver, no clock.

``records``  the baseline, the evidence on one cell, the result
``compat``   may the stored counters be compared?
``work``     does a cell do more work?
``times``    did a cell become slower?
"""

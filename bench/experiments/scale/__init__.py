"""How figures grow with the data, and when a cell crosses its target. Pure: no driver, no clock.

``records``   what a scale experiment keeps
``fit``       curves through a few points
``shapes``    a word for a curve: flat, logarithmic, linear in the tenant
``crossing``  the scale at which p95 crosses the target
``pool``      slopes of many cells together
``check``     the last step predicted from the others
``reading``   from runs to one series for each cell
``story``     what a reader is told first
"""

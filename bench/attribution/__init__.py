"""What single changes of a schema do, measured: what each gains, costs to write, to store, to ship.

``cells``, ``subsets``    a query and class under sets of changes, plan by plan
``measure_gains``         the sets that can matter, executed
``gains``, ``shapley``    what was gained, and whose it is: pure
``prove_smallest``        the least set that is enough, executed
``writes``, ``disk``      the price of a row, and of the room
``shipping``              locks and stalls while a change is applied under load
``costs``                 all of that of one change: pure
"""

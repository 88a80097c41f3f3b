"""Execute the plans that a query may get, beside the one that it has: which of them turn against their users?

``site``       where it is done: connections, and one plan as it is executed
``prepared``   a statement under a name, as servers keep it: custom, generic, and what the server chooses
``stability``  the statistics gathered again and again
``borrowing``  the plan of one class, executed for another
``fresh``      a tenant that came after the last ANALYZE
``run``        all of it, in order, on copies that go again

Nothing is judged here: ``bench.experiments.traps.summary`` does.
"""

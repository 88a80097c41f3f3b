"""Age a copy of the optimized database, carry out each maintenance procedure on it, and look at the queries meanwhile.

``churn``       the phase of writes: of ``churn.sql``, of ``writes/``, or made up from the catalog
``autovacuum``  what autovacuum would do after it
``procedures``  which procedures there are, and what carrying one out costs
``storage``     tables and indexes on disk
``stages``      the copies, and the queries at each of them
``run``         all of it, from end to end
"""

"""Is measured advice better than estimated advice? Three workloads with 30 planted missing indexes, and a CRM.

    python -m benchmarks.advice prove     does every planted index help, and where
    python -m benchmarks.advice compare   pgproof advise, and two advisers by estimate, built and executed
    python -m benchmarks.advice crm       the CRM without its optimizations, against its hand-written ones
    python -m benchmarks.advice speed     seconds for one query, and for a hundred over fifty tables

``workloads``  schema, queries, how rows are made, planted.toml: what is missing, and what must not be advised
``planted``    planted.toml read
``ground``     a filled workload on a server: sets of changes built on copies, statements executed
``hypothetical``, ``greedy``, ``one_by_one``   advisers by estimate
``judge``      found, met, false helps, slower: pure
"""

"""The four sides of every optimization of a run, decided and shown; ``bench.attribution`` measures them."""

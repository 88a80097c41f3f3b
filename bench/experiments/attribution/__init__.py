"""The four sides of every optimization, measured: what it gains, costs to write, to store, to ship."""

"""pgproof proves PostgreSQL optimizations: see README.md, and docs/method.md for how a number is made."""

__version__ = "0.1.0"

"""Statements taken apart by PostgreSQL's own grammar (libpg_query), and put together again changed.

``tree``       a statement as a tree and back; the parser is loaded when first asked
``expressions``  an expression as a tree and back, its conjuncts, names as SQL writes them
``sort_keys``  a statement that says which of its rows tie in its ORDER BY
"""

"""Stored runs of pgproof, to compute with.

    import pgproof

    run = pgproof.load("reports/latest")
    run.cells().query("state == 'after'").nlargest(5, "p95_ms")

``load`` gives a ``Run``; its tables are pandas DataFrames, its figures matplotlib Figures. No server is needed, and
nothing is imported before it is asked for. What is here follows the version: a name or a column that goes away is in
the changelog. All below ``bench`` may change at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import __version__
from bench.errors import PgproofError

if TYPE_CHECKING:
    from os import PathLike

    from pgproof.run import Run

__all__ = ["PgproofError", "Run", "__version__", "load"]


def load(path: str | PathLike[str]) -> Run:
    """Load a run: its run.json, or the folder that holds it.

    Raises:
        PgproofError: there is none, it cannot be read, or it is the result of another command.
    """
    from pgproof.run import load as load_run

    return load_run(path)


def __getattr__(name: str) -> object:
    if name == "Run":
        from pgproof.run import Run

        return Run
    raise AttributeError(f"module 'pgproof' has no attribute '{name}'")

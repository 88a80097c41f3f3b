"""The experiments: a folder each, with the same rooms in each, so that knowing one is knowing all.

``run``       measure
``record``    what was seen (what several experiments read stands in ``bench.model``)
``summary``   decide: pure, from the record alone
``document``  show: blocks of a document, no format
``command``   its options on the command line

The package of each says what it is kept as (``FILE``) and what it adds to the command line (``COMMANDS``): an
experiment is found by being here.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType


def packages() -> Iterator[ModuleType]:
    """The package of each experiment, by name; none of its rooms is imported for that."""
    for found in iter_modules([str(Path(__file__).parent)]):
        if found.ispkg:
            yield import_module(f"bench.experiments.{found.name}")

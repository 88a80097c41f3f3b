"""Snapshots as plain files that carry the names of the outputs: ``__snapshots__/<experiment>/<output>``."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from syrupy.data import SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension
from syrupy.location import PyTestLocation

DIFF_MOST = 120
"""Lines of a diff that are shown."""


class Files(SingleFileSnapshotExtension):
    """Bytes, each under the name that the test gives."""

    @classmethod
    def get_location(cls, *, test_location: PyTestLocation, index: str | int) -> str:
        return str(Path(test_location.filepath).parent / cls.snapshot_dirname / str(index))

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        return True

    def discover_snapshots(self, **about: Any) -> SnapshotCollections:
        """Find nothing: a file that no test asks for is what ``test_nothing_is_kept…`` looks for."""
        return SnapshotCollections()

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        former, now = (_text(data).splitlines() for data in (snapshot_data, serialized_data))
        diff = difflib.unified_diff(former, now, "accepted", "now", n=1, lineterm="")
        yield from islice(diff, DIFF_MOST)
        if next(diff, None) is not None:
            yield f"… and more; to see all: git diff, after accepting it ({len(former)} lines were, {len(now)} are)"


def _text(data: str | bytes) -> str:
    return data if isinstance(data, str) else data.decode("utf-8", "replace")

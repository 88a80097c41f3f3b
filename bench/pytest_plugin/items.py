"""Query files as benchmark items: ``queries/latest_orders.sql::latest_orders[hot-after]``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bench.errors import PgproofError
from bench.model import STATES, Query, State
from bench.pytest_plugin.session import Session
from bench.pytest_plugin.timing import time_item


class Items:
    """The hooks of a run for which timings were asked."""

    def __init__(self, config: pytest.Config, session: Session) -> None:
        self._config, self._session = config, session
        self._folder = (session.workload.root / "queries").resolve()
        if config.args_source is not pytest.Config.ArgsSource.ARGS and not self._named(config.args):
            config.args.append(str(session.workload.root / "queries"))

    def _named(self, args: Iterable[str]) -> bool:
        """Whether these arguments name the queries, or a folder above them."""
        paths = [(self._config.invocation_params.dir / arg.partition("::")[0]).resolve() for arg in args]
        return any(path.is_relative_to(self._folder) or self._folder.is_relative_to(path) for path in paths)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Have server and dataset before collecting, for only the data knows the classes; and fail in one line."""
        if self._named(self._config.args):
            try:
                _ = self._session.filled
            except PgproofError as error:
                raise pytest.UsageError(f"pgproof: {' '.join(str(error).split())}") from None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Take the .sql files of the queries folder."""
        if file_path.suffix == ".sql" and file_path.parent.resolve() == self._folder:
            found: QueryFile = QueryFile.from_parent(parent, path=file_path)
            found.pgproof = self._session
            return found
        return None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put what writes last: rolled back or not, it leaves the server work to do."""
        writes = {query.name for query in self._session.workload.queries if query.writes}
        items.sort(key=lambda item: isinstance(item.parent, QueryFile) and item.parent.path.stem in writes)


class QueryFile(pytest.Module):
    """One query; an item for each parameter class and state."""

    pgproof: Session

    def _getobj(self) -> ModuleType:
        return ModuleType(self.path.stem)

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Give the items.

        Raises:
            CollectError: the server or the dataset cannot be had.
        """
        try:
            classes = self.pgproof.filled.bindings[self.path.stem]
        except PgproofError as error:
            raise self.CollectError(f"pgproof: {error}") from None
        query = next(query for query in self.pgproof.workload.queries if query.name == self.path.stem)
        function = _function(query, tuple(classes), self.path, self.config, self.pgproof)
        setattr(self.obj, query.name, function)
        made = self.ihook.pytest_pycollect_makeitem(collector=self, name=query.name, obj=function)
        return made if isinstance(made, list) else []


def _function(
    query: Query, classes: tuple[str, ...], path: Path, config: pytest.Config, session: Session
) -> Callable[..., None]:
    """A test function of that name that pytest finds in the query's file."""

    def timed(benchmark: Any, parameter_class: str, state: State) -> None:  # noqa: ANN401
        __tracebackhide__ = True
        time_item(benchmark, config, session, query.name, parameter_class, state)

    place = {"co_filename": str(path), "co_firstlineno": query.line, "co_name": query.name}
    timed.__code__ = timed.__code__.replace(**place)  # type: ignore[arg-type]
    timed.__name__ = timed.__qualname__ = query.name
    timed.__doc__ = query.asks
    timed.__test__ = True  # type: ignore[attr-defined]
    cells = [
        pytest.param(name, state, id=f"{name}-{state}", marks=pytest.mark.benchmark(group=f"{query.name} {name}"))
        for name in classes
        for state in STATES
    ]
    # An item that fails or is skipped before it is timed has said why.
    for mark in (
        pytest.mark.parametrize(("parameter_class", "state"), cells),
        pytest.mark.filterwarnings("ignore:Benchmark fixture was not used"),
    ):
        mark(timed)
    return timed

"""pgproof for pytest: options, fixtures, and the way in; inert unless a workload is configured.

A module of its own above ``bench``, and one that imports nothing of it before it is needed: pytest loads it into every
run where pgproof is installed, and a project may have a module named bench itself. docs/pytest.md is the manual.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bench.postgres.connection import Connection
    from bench.pytest_plugin.seen import CellSeen
    from bench.pytest_plugin.session import Session

SETTINGS = {
    "workload": "folder of the pgproof workload (in the settings file: relative to rootdir); without it pgproof is off",
    "scale": "size of the dataset: 20k, 1M, or a preset of the workload (default: what its pgproof.toml says)",
    "seed": "another seed, other rows of the same shape (default: 1)",
    "server": "where PostgreSQL comes from: embedded, local, docker, dsn (default: as the schema needs; dsn if given)",
    "dsn": "an existing server, PostgreSQL 15 or later (or PGPROOF_DSN in the environment)",
    "home": "folder for the embedded server's data (default: the user's cache folder)",
    "timeout": "seconds after which one execution is cut off (default: 30)",
}
"""``--pgproof-NAME`` on the command line, ``pgproof_NAME`` in the settings file."""

ASKED_BY = ("only", "enable", "save", "autosave", "json", "compare", "compare_fail", "histogram")
"""Options of pytest-benchmark that ask for timings; any other run collects no item of ours."""

PARALLEL = (
    "pgproof does not time in parallel: workers on the same cores slow each other, and each time would tell of the "
    "others' queries as much as of its own"
)
ALONE = "give -n 0 or -p no:xdist"

_SESSION = pytest.StashKey[Any]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options and settings."""
    group = parser.getgroup("pgproof", "pgproof: queries of a workload as benchmarks")
    for name, about in SETTINGS.items():
        group.addoption(f"--pgproof-{name}", metavar=name.upper(), help=about)
        parser.addini(f"pgproof_{name}", about, default="")
    group.addoption("--pgproof-check", action="store_true", help="fail items of the after state that miss the target")


def pytest_configure(config: pytest.Config) -> None:
    """Collect the queries as benchmarks where a workload is configured and timings were asked for."""
    if not (_setting(config, "workload") and _timing_asked(config)):
        return
    if _parallel(config):
        if config.getoption("benchmark_only"):
            raise pytest.UsageError(f"{PARALLEL}: {ALONE}")
        if not hasattr(config, "workerinput"):
            config.issue_config_time_warning(pytest.PytestWarning(f"{PARALLEL}: {ALONE}"), stacklevel=2)
        return
    with _usage_errors():
        session = _session_of(config)
        from bench.pytest_plugin.items import Items

        config.pluginmanager.register(Items(config, session), "pgproof-items")


def _setting(config: pytest.Config, name: str) -> str:
    from_environment = os.environ.get("PGPROOF_DSN") if name == "dsn" else None
    return str(config.getoption(f"pgproof_{name}") or from_environment or config.getini(f"pgproof_{name}"))


def _timing_asked(config: pytest.Config) -> bool:
    def given(name: str) -> bool:
        return bool(config.getoption(f"benchmark_{name}", None))  # None: pytest-benchmark is not there

    off = (given("skip") and not given("only")) or (given("disable") and not given("enable"))
    return not off and any(given(name) for name in ASKED_BY)


def _parallel(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput") or config.getoption("dist", "no") != "no"


def _session_of(config: pytest.Config) -> Session:
    """The server and databases of this run: made when first used, ended with the run."""
    if _SESSION not in config.stash:
        from bench.pytest_plugin.session import Session
        from bench.pytest_plugin.settings import read_settings

        # what is typed is relative to where it is typed
        typed = {name: bool(config.getoption(f"pgproof_{name}")) for name in SETTINGS}
        base = {name: config.invocation_params.dir if typed[name] else config.rootpath for name in SETTINGS}
        settings = read_settings({name: _setting(config, name) for name in SETTINGS}, base)
        config.stash[_SESSION] = Session(settings, _teller(config), quiet=config.get_verbosity() < 0)
        config.add_cleanup(config.stash[_SESSION].close)
    session: Session = config.stash[_SESSION]
    return session


def _teller(config: pytest.Config) -> Callable[[str], None]:
    def say(line: str) -> None:
        if reporter := config.pluginmanager.get_plugin("terminalreporter"):
            reporter.write_line(f"pgproof: {line}")

    return say


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Turn an expected failure of ours into one line and pytest's exit code 4."""
    try:
        from bench.errors import PgproofError
    except ImportError as error:
        hint = "where another module named bench comes first, type pytest, not python -m pytest"
        raise pytest.UsageError(f"pgproof cannot be imported ({error}): {hint}") from None
    try:
        yield
    except PgproofError as error:
        raise pytest.UsageError(f"pgproof: {' '.join(str(error).split())}") from None


# ------------------------------------------------------------------------------------------------- fixtures
def _for_test(config: pytest.Config) -> Session:
    if not _setting(config, "workload"):
        pytest.fail("no workload: set pgproof_workload = PATH, or give --pgproof-workload PATH", pytrace=False)
    if hasattr(config, "workerinput") and not _setting(config, "dsn"):
        pytest.skip(
            f"each worker would start a PostgreSQL of its own: {ALONE}, or --pgproof-dsn for one that they share"
        )
    return _session_of(config)


@contextmanager
def _failures() -> Iterator[None]:
    failed = ""
    try:
        with _usage_errors():
            yield
    except pytest.UsageError as error:
        failed = str(error)
    if failed:  # out here, so that it does not show as an error in the handling of another
        pytest.fail(failed, pytrace=False)


@pytest.fixture
def pgproof_database(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A psycopg connection to a filled database with all optimizations, this test's own, dropped after it."""
    with ExitStack() as stack:
        with _failures():
            connection = stack.enter_context(_for_test(request.config).scratch())
        yield connection


@pytest.fixture
def pgproof_cell(request: pytest.FixtureRequest) -> Callable[..., CellSeen]:
    """Run one cell: ``pgproof_cell("latest_orders", "hot", state="after", rounds=15)``."""
    if hasattr(request.config, "workerinput"):
        pytest.skip(f"{PARALLEL}: {ALONE}")
    with _failures():
        session = _for_test(request.config)

    def cell(query: str, parameter_class: str, state: str = "after", rounds: int = 15) -> CellSeen:
        with _failures():
            return session.see(query, parameter_class, state, rounds)

    return cell


@pytest.fixture
def assert_meets_target() -> Callable[..., None]:
    """Fail unless the p95 of a cell is within the target: ``assert_meets_target(cell, target_ms=None)``."""
    from bench.pytest_plugin import assert_meets_target

    return assert_meets_target


@pytest.fixture
def assert_uses_index() -> Callable[..., None]:
    """Fail unless the plan of a cell uses the index: ``assert_uses_index(cell, "orders_customer_idx")``."""
    from bench.pytest_plugin import assert_uses_index

    return assert_uses_index


@pytest.fixture
def assert_same_rows() -> Callable[..., None]:
    """Fail unless two cells give the same rows, in any order: ``assert_same_rows(before, after)``."""
    from bench.pytest_plugin import assert_same_rows

    return assert_same_rows

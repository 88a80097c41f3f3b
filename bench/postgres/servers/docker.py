"""A server in a container, by testcontainers: any PostgreSQL image, thrown away afterwards."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

import psycopg
from psycopg.conninfo import make_conninfo

from bench.errors import ServerError
from bench.postgres.capabilities import Capabilities, listens_here
from bench.postgres.servers.account import STEADY_MEMORY
from bench.postgres.servers.bulk import without_durability
from bench.postgres.servers.conninfo import own_dsn
from bench.postgres.servers.handle import ServerHandle, ServerOptions
from bench.postgres.servers.settings import as_arguments, machine_memory_bytes, small_machine_note, start_settings

PORT = 5432
SHARED_MEMORY = "1g"
"""Docker gives 64 MB of /dev/shm, too little when a role turns parallel workers on."""
START_TIMEOUT_S = 120.0
"""After the image is there: initdb and two starts of the server, on a slow disk."""
STOP_TIMEOUT_S = 120.0
"""A fast shutdown writes the shared buffers out."""
POLL_S = 0.1
PULL = "check --image, pull it where there is a network, or name a server that has what the schema wants: --dsn"

CAPABILITIES = Capabilities(
    ours=True, clocks_readable=False, files_out_of_reach="the server's files are inside its container",
    is_here=listens_here,
)  # fmt: skip


class Container(Protocol):
    """The part of testcontainers' DockerContainer that is used here."""

    def with_envs(self, **variables: str) -> object: ...  # noqa: D102
    def with_command(self, command: list[str]) -> object: ...  # noqa: D102
    def with_kwargs(self, **kwargs: object) -> object: ...  # noqa: D102
    def with_exposed_ports(self, *ports: int) -> object: ...  # noqa: D102
    def start(self) -> object: ...  # noqa: D102
    def stop(self) -> None: ...  # noqa: D102
    def get_container_host_ip(self) -> str: ...  # noqa: D102
    def get_exposed_port(self, port: int) -> int: ...  # noqa: D102
    def get_logs(self) -> tuple[bytes, bytes]: ...  # noqa: D102
    def get_wrapped_container(self) -> Any: ...  # noqa: D102, ANN401 (the engine client is untyped)


@contextmanager
def docker_server(options: ServerOptions) -> Iterator[ServerHandle]:
    """A container of ``options.image`` until the block ends."""
    make, errors = _libraries()
    memory_bytes = machine_memory_bytes()
    options.progress(f"starting a container of {options.image}, pulled first where it is missing")
    if note := small_machine_note(memory_bytes):
        options.progress(note)
    with _engine_errors_explained(errors, options.image):
        container = make(options.image)
    try:
        with _engine_errors_explained(errors, options.image):
            dsn = _start(container, memory_bytes, options.image)
            version_num = _wait_until_it_answers(container, dsn, options.image)
        yield ServerHandle(
            kind="docker",
            dsn=dsn,
            version_num=version_num,
            capabilities=CAPABILITIES,
            bin_dir=None,
            data_dir=None,
            bulk=without_durability(dsn),
            restart=lambda: _restart(container, dsn, errors, options.image),
        )
    finally:
        container.stop()


def engine_problem() -> str:
    """Why no container can be started here, or empty."""
    try:
        client = import_module("docker")
        import_module("testcontainers.core.container")
    except ModuleNotFoundError:
        return "testcontainers is not installed"
    try:
        with contextlib.closing(client.from_env()) as engine:
            engine.ping()
    except (client.errors.DockerException, OSError):
        return "no container engine answers"
    return ""


def _libraries() -> tuple[Callable[[str], Container], ModuleType]:
    """testcontainers' DockerContainer and the engine client's errors, imported when asked for."""
    try:
        return import_module("testcontainers.core.container").DockerContainer, import_module("docker.errors")
    except ModuleNotFoundError:
        raise ServerError("the docker server needs testcontainers", hint="pip install 'pgproof[docker]'") from None


def _start(container: Container, memory_bytes: int, image: str) -> str:
    """Start the container with our settings and a password that nobody knows; the DSN, not answering yet."""
    password = secrets.token_urlsafe(24)
    # C locale as in the embedded server, so that sort orders do not depend on the image.
    container.with_envs(POSTGRES_PASSWORD=password, POSTGRES_INITDB_ARGS="--no-locale --encoding=UTF8", **STEADY_MEMORY)
    container.with_command(["postgres", *as_arguments(start_settings(memory_bytes))])
    container.with_kwargs(shm_size=SHARED_MEMORY)
    container.with_exposed_ports(PORT)
    container.start()
    try:
        host, port = container.get_container_host_ip(), container.get_exposed_port(PORT)
    except (StopIteration, TimeoutError, ConnectionError):  # how testcontainers says that it ended at once
        raise _failed(container, image, "ended") from None
    return own_dsn(host=host, port=port, user="postgres", password=password, dbname="postgres", connect_timeout=10)


def _restart(container: Container, dsn: str, errors: ModuleType, image: str) -> str:
    """Stop the server in order and start it again; the DSN, because the engine may have given it another port."""
    with _engine_errors_explained(errors, image):
        wrapped = container.get_wrapped_container()
        # A fast shutdown. What the engine sends by itself hangs on the image, and may wait for every connection.
        wrapped.kill(signal="SIGINT")
        wrapped.wait(timeout=STOP_TIMEOUT_S)
        wrapped.start()
        try:
            moved = make_conninfo(dsn, port=container.get_exposed_port(PORT))
        except (StopIteration, TimeoutError, ConnectionError):
            raise _failed(container, image, "ended when it was restarted") from None
        _wait_until_it_answers(container, moved, image)
    return moved


def _wait_until_it_answers(container: Container, dsn: str, image: str) -> int:
    """The server's version, once it accepts connections.

    While the image makes its cluster it listens inside the container only, so the first answer is final.
    """
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            with psycopg.connect(dsn) as conn:
                return conn.info.server_version
        except psycopg.OperationalError as error:
            wrapped = container.get_wrapped_container()
            wrapped.reload()
            if wrapped.status == "exited" or time.monotonic() > deadline:
                state = "ended" if wrapped.status == "exited" else f"does not answer ({_one_line(error)})"
                raise _failed(container, image, state) from None
        time.sleep(POLL_S)


def _failed(container: Container, image: str, state: str) -> ServerError:
    """What became of the container, with the end of its log: errors are written last."""
    lines = b"\n".join(container.get_logs()).decode(errors="replace").splitlines()
    last = next((line.strip() for line in reversed(lines) if line.strip()), "none")
    return ServerError(
        f"the container of {image} {state}; its last words: {last}",
        hint="check --image: it must be a PostgreSQL image with the official one's variables",
    )


@contextmanager
def _engine_errors_explained(errors: ModuleType, image: str) -> Iterator[None]:
    """Turn what the engine and its client raise into one line."""
    try:
        yield
    except errors.NotFound as error:
        raise ServerError(f"the image {image} cannot be pulled ({_one_line(error)})", hint=PULL) from None
    except errors.APIError as error:
        raise ServerError(f"the container engine refused {image}: {_one_line(error)}", hint="check --image") from None
    except errors.DockerException as error:
        raise ServerError(
            f"no container engine answers ({_one_line(error)})",
            hint="start Docker (or set DOCKER_HOST), or use the embedded server",
        ) from None


def _one_line(error: Exception) -> str:
    return " ".join(str(getattr(error, "explanation", None) or error).split())

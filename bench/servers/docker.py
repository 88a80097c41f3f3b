"""A server in a container, by testcontainers: any image, thrown away afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Protocol

import psycopg

from bench.errors import ServerError
from bench.servers.bulk import without_durability
from bench.servers.conninfo import own_dsn
from bench.servers.handle import ServerHandle, ServerOptions
from bench.servers.settings import as_arguments, machine_memory_bytes, small_machine_note, start_settings

SHARED_MEMORY = "1g"
"""Docker gives 64 MB of /dev/shm, too little when a role turns parallel workers on."""


class Container(Protocol):
    """The part of testcontainers' PostgresContainer that is used here."""

    username: str
    password: str
    dbname: str

    def with_env(self, key: str, value: str) -> object: ...  # noqa: D102
    def with_command(self, command: list[str]) -> object: ...  # noqa: D102
    def with_kwargs(self, **kwargs: object) -> object: ...  # noqa: D102
    def start(self) -> object: ...  # noqa: D102
    def stop(self) -> None: ...  # noqa: D102
    def get_container_host_ip(self) -> str: ...  # noqa: D102
    def get_exposed_port(self, port: int) -> int: ...  # noqa: D102


@contextmanager
def docker_server(options: ServerOptions) -> Iterator[ServerHandle]:
    """A container of ``options.image`` until the block ends."""
    make, errors = _libraries()
    memory_bytes = machine_memory_bytes()
    options.progress(f"starting a container of {options.image}")
    if note := small_machine_note(memory_bytes):
        options.progress(note)
    container = _prepare(make, errors, options.image, memory_bytes)
    try:
        with _startable(errors, options.image):
            container.start()
        dsn = own_dsn(
            host=container.get_container_host_ip(),
            port=container.get_exposed_port(5432),
            user=container.username,
            password=container.password,
            dbname=container.dbname,
        )
        with psycopg.connect(dsn, autocommit=True) as conn:
            version_num = conn.info.server_version
        yield ServerHandle(
            kind="docker",
            dsn=dsn,
            version_num=version_num,
            bin_dir=None,
            data_dir=None,
            bulk=lambda: without_durability(dsn),
        )
    finally:
        container.stop()


def _libraries() -> tuple[Callable[..., Container], ModuleType]:
    """testcontainers' PostgresContainer and the engine client's errors, imported when asked for."""
    try:
        errors = import_module("docker.errors")
        try:
            module = import_module("testcontainers.community.postgres")
        except ModuleNotFoundError:  # its name before 4.15
            module = import_module("testcontainers.postgres")
    except ModuleNotFoundError:
        raise ServerError("the docker server needs testcontainers", hint="pip install 'pgproof[docker]'") from None
    return module.PostgresContainer, errors


def _prepare(make: Callable[..., Container], errors: ModuleType, image: str, memory_bytes: int) -> Container:
    """The container, not yet started; making it already asks the engine."""
    password = secrets.token_urlsafe(24)
    try:
        container = make(image, driver=None, username="postgres", password=password, dbname="postgres")
    except errors.DockerException as error:
        raise ServerError(
            f"no container engine answers ({_one_line(error)})", hint="start Docker, or leave --server docker out"
        ) from None
    # As the embedded server: C locale, so that sort orders do not depend on the image.
    container.with_env("POSTGRES_INITDB_ARGS", "--no-locale --encoding=UTF8")
    container.with_command(["postgres", *as_arguments(start_settings(memory_bytes))])
    container.with_kwargs(shm_size=SHARED_MEMORY)
    return container


@contextmanager
def _startable(errors: ModuleType, image: str) -> Iterator[None]:
    """Turn what goes wrong between the image and a ready server into one line."""
    try:
        yield
    except (errors.ImageNotFound, errors.NotFound) as error:
        raise ServerError(f"the image {image} cannot be pulled ({_one_line(error)})", hint="check --image") from None
    except errors.DockerException as error:
        raise ServerError(f"the container engine refused {image}: {_one_line(error)}") from None
    except TimeoutError as error:
        logs = [line for note in getattr(error, "__notes__", ()) for line in note.splitlines() if line.strip()]
        last = f": {logs[-1].strip()}" if logs else ""
        raise ServerError(f"the server in {image} did not become ready{last}", hint="check --image") from None


def _one_line(error: Exception) -> str:
    return " ".join(str(getattr(error, "explanation", None) or error).split())

"""How fast does a column of each type go into a table, as binary and as text COPY?

    python benchmarks/wire_rate.py [--rows 100k] [--repeat 5] [TYPE …]

Each type: values made, encoded and sent into an unlogged table of that one column, on the embedded server. Both ways in
turn, as often as --repeat says; medians of the seconds, as thousands of rows a second. The parts before the server are
processor time, the COPY is wall time.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import evidence
import numpy as np
import pyarrow as pa

from bench.inference.plan import Limits
from bench.inference.rows.catalog import read_catalog
from bench.inference.types import text_form, values_of_type, wire, wire_field
from bench.inference.types.text_form import copy_rows
from bench.model.schema import Column
from bench.postgres.connection import Connection, Target
from bench.postgres.copying import Encoder
from bench.postgres.servers import SESSION_SETTINGS, ServerOptions, open_server

TYPES = [
    "int4", "int8", "numeric(10,2)", "float8", "bool", "text", "bytea", "date", "timestamptz", "interval", "uuid",
    "jsonb", "inet", "macaddr", "bit(8)", "point", "money", "tstzrange", "int4[]", "text[]", "tsvector",
]  # fmt: skip


def binary(column: Column, values: pa.Array) -> bytes:
    """The bytes of a binary COPY."""
    schema = pa.schema([wire_field("v", column.type)])
    encoder = Encoder(schema)
    batch = pa.record_batch([wire(column.type, values)], schema=schema)
    return encoder.header() + encoder.rows(batch) + encoder.trailer()


def text(column: Column, values: pa.Array) -> bytes:
    """The bytes of a text COPY."""
    return copy_rows([text_form(column.type, values)])


def send(connection: Connection, kind: str, data: bytes, options: str) -> float:
    """Seconds that the server takes for ``data``."""
    connection.execute(f"CREATE UNLOGGED TABLE pgproof_wire (v {kind})")
    began = time.perf_counter()
    with connection.cursor().copy(f"COPY pgproof_wire FROM STDIN {options}") as copy:
        copy.write(data)
    took = time.perf_counter() - began
    connection.execute("DROP TABLE pgproof_wire")
    return took


def cpu(work: Callable[[], object]) -> float:
    """Seconds of the processor."""
    began = time.process_time()
    work()
    return time.process_time() - began


def measured(connection: Connection, kind: str, rows: int, repeat: int) -> list[float]:
    """Seconds: made, encoded as binary and as text, copied as binary and as text."""
    connection.execute(f"CREATE TABLE pgproof_type (v {kind})")
    column = read_catalog(connection).by_name["public.pgproof_type"].columns[0]
    connection.execute("DROP TABLE pgproof_type")
    make, numbers = values_of_type(column, Limits(), "seed"), np.arange(rows, dtype=np.int64)
    values = make(numbers)
    samples = []
    for _ in range(repeat):
        sample = [cpu(lambda: make(numbers)), cpu(lambda: binary(column, values)), cpu(lambda: text(column, values))]
        sample.append(send(connection, kind, binary(column, values), "(FORMAT binary)"))
        sample.append(send(connection, kind, text(column, values), ""))
        samples.append(sample)
    return [statistics.median(part) for part in zip(*samples, strict=True)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("types", nargs="*", default=TYPES)
    parser.add_argument("--rows", type=lambda text: int(text.replace("k", "000")), default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="pgproof-wire-"))
    home.chmod(0o755)
    try:
        place = ServerOptions(home=home / "home")
        with open_server("embedded", place) as server, Target(server.dsn, SESSION_SETTINGS).connect() as connection:
            lines = ["| type | made | binary | text | COPY binary | COPY text |", "|---|---:|---:|---:|---:|---:|"]
            print("\n".join(lines))
            for kind in options.types:
                seconds = measured(connection, kind, options.rows, options.repeat)
                rates = [f"{options.rows / one / 1000:,.0f}" if one else "" for one in seconds]
                lines.append(f"| {kind} | {' | '.join(rates)} |")
                print(lines[-1], flush=True)
        evidence.keep("wire_rate", {"rows": options.rows, "times": options.repeat, "table": "\n".join(lines)})
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    main()

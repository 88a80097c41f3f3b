"""``pgproof load``: the mix of queries under concurrency, before and after."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from bench.cli.carry_out import begin, carry_out, exit_code
from bench.cli.options import (
    checked,
    output_option,
    quiet_option,
    read_workload,
    server_options,
    setup_options,
    workload_options,
)
from bench.cli.streams import out
from bench.errors import PgproofError
from bench.experiments.load import run as loading
from bench.experiments.load.document import EXPERIMENT
from bench.experiments.load.record import LoadOptions
from bench.experiments.load.run import states_of
from bench.experiments.setup import SetupOptions
from bench.progress_bars import progress
from bench.suggestions import did_you_mean
from bench.workload import Workload

CLIENTS_MOST = 1000
RATE_MOST_TPS = 1_000_000.0

WARM_UP_SHARE = 12
"""A twelfth of a step's seconds goes before it, uncounted: 5 s before a minute. A fresh copy is in nobody's memory, and
the first statements of a connection fill its caches of the catalog."""

LATE_TARGETS, LATE_LEAST_MS = 10, 1000.0
"""With a rate, a transaction that could not begin for ten times the target, and a second at least, is skipped: somebody
who waited for so long has gone, and a queue that only grows measures nothing but its own length."""

_EACH_MOST_S = 24 * 3600


def numbers(text: str, option: str, most: float, *, whole: bool) -> tuple[float, ...]:
    """The numbers of a list such as ``1,4,16``, ascending, each once."""
    found = set()
    for part in text.split(","):
        try:
            value = float(part)
        except ValueError:
            value = math.nan
        if not 0 < value <= most or (whole and value != int(value)):
            kind = "whole numbers from 1" if whole else "numbers above 0"
            raise click.UsageError(
                f"{option} {text}: '{part.strip()}' does not fit; give {kind} to {most:,.0f}: 1,4,16"
            )
        found.add(value)
    return tuple(sorted(found))


_clients = checked(partial(numbers, option="--clients", most=CLIENTS_MOST, whole=True))
_rates = checked(partial(numbers, option="--rate", most=RATE_MOST_TPS, whole=False))


@click.command("load")
@workload_options
@server_options
@click.option("--clients", default="1,4,16", show_default=True, metavar="N,N,...", callback=_clients, help="Concurrent "
              "connections, a step for each number.")  # fmt: skip
@click.option("--rate", "rates", default="", metavar="R,R,...", callback=_rates, help="Transactions that become due "
              "in a second, of the most clients together: a further step for each. A time then counts from when it was "
              "due.  [default: none]")  # fmt: skip
@click.option("--find-rate", is_flag=True, help="Search for the rate at which the p95 of the mix crosses the target: "
              "up to 8 further steps for each state.")  # fmt: skip
@click.option("--mix", default="", metavar="NAME=N,...", help="Only these queries, with these weights.  [default: all, "
              "with the weights of their headers]")  # fmt: skip
@click.option("--seconds", default=60, show_default=True, type=click.IntRange(1, _EACH_MOST_S), help="Seconds of "
              "each step.")  # fmt: skip
@click.option("--target", type=click.FloatRange(0, min_open=True), help="Milliseconds at p95.  [default: 100, or what "
              "pgproof.toml says]")  # fmt: skip
@output_option
@quiet_option
def load(workload: Path | None, output: Path, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Run the queries as a mix from many clients at once, before and after the optimizations.

    pgbench makes the load. Statements that write are committed, in a fresh copy for each step; what a query's header
    declares as an invariant is checked after every step, and a violated one is exit code 1.
    """
    found, shown = read_workload(workload, chosen), progress(out, quiet=quiet)
    options = _options(found, chosen)
    setup = setup_options(mixed(found, chosen["mix"]), chosen, shown)
    results = begin(EXPERIMENT, output)
    seen = carry_out(
        EXPERIMENT, results, chosen, shown, lambda handle: loading.run(setup, options, handle, results.keep),
        lambda _: _headline(setup, options),
    )  # fmt: skip
    return exit_code(EXPERIMENT, seen)


def _headline(setup: SetupOptions, options: LoadOptions) -> str:
    number = (len(options.clients) + len(options.rates_tps)) * len(states_of(setup.workload))
    search = ", then a search of up to 8 for each state" if options.find_rate else ""
    each = options.seconds + options.warm_up_s
    return f"{setup.workload.name}: {setup.size}, {number} steps of {each} s{search}"


def _options(workload: Workload, chosen: dict[str, Any]) -> LoadOptions:
    target_ms = chosen["target"] or workload.target_ms
    return LoadOptions(
        clients=tuple(int(value) for value in numbers(chosen["clients"], "--clients", CLIENTS_MOST, whole=True)),
        rates_tps=numbers(chosen["rates"], "--rate", RATE_MOST_TPS, whole=False) if chosen["rates"] else (),
        find_rate=chosen["find_rate"],
        seconds=chosen["seconds"],
        warm_up_s=max(1, round(chosen["seconds"] / WARM_UP_SHARE)),
        late_ms=max(LATE_LEAST_MS, LATE_TARGETS * target_ms),
        target_ms=target_ms,
    )


def mixed(workload: Workload, text: str) -> Workload:
    """The workload with the queries and weights that ``--mix`` asks for; as it is where it does not."""
    if not (chosen := weights(text, workload)):
        return workload
    queries = [replace(query, weight=chosen[query.name]) for query in workload.queries if chosen.get(query.name)]
    return replace(workload, queries=tuple(queries))


def weights(text: str, workload: Workload) -> Mapping[str, int] | None:
    """The mix that ``--mix`` asks for; None where it does not."""
    if not text:
        return None
    known = {query.name for query in workload.queries}
    found: dict[str, int] = {}
    for part in text.split(","):
        name, equals, weight = (word.strip() for word in part.partition("="))
        if name not in known:
            raise PgproofError(f"--mix {name}: no such query", hint=did_you_mean(name, known))
        if equals and not (weight.isascii() and weight.isdigit() and len(weight) <= 6):
            raise PgproofError(f"--mix {part}: '{weight}' is no weight", hint=f"give a whole number: {name}=3")
        found[name] = int(weight) if equals else 1
    if not any(found.values()):
        raise PgproofError(f"--mix {text}: every weight is 0", hint="give one query a weight above 0")
    return found

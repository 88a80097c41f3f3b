"""The same rows with shards on one worker of a Citus cluster, then on more, executed in turn.

Each number of workers is a filled database of its own: which nodes get shards is said in its catalog, before its tables
are spread. So the pages are as a load leaves them, nothing is moved, and no other database sees anything of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from bench.errors import ServerError
from bench.experiments import about
from bench.experiments.scale.record import MoreNodes, Scaling
from bench.experiments.setup import Setup, SetupOptions, prepared
from bench.measurement import Cell, Sides, cells_of, compare_all, time_pairs
from bench.model import STATES, Pair, Query
from bench.postgres import cluster
from bench.postgres.connection import Target
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle
from bench.report.numbers import plural

Keep = Callable[[Scaling], None]
"""Called with everything seen so far."""

NEEDED = 'name the coordinator of one with --dsn (docs/servers.md, "A Citus cluster"), or leave --nodes out'


def carry_out(chosen: SetupOptions, found: Scaling, server: ServerHandle, keep: Keep) -> Scaling:
    """Measure every number of workers of ``found.asked.nodes`` against the first.

    Raises:
        ServerError: there is no cluster, or it has not so many workers. Nothing was made.
    """
    insist_on_nodes(found.asked.nodes, server)
    first, *more = found.asked.nodes
    with prepared(replace(chosen, shard_nodes=first), server) as setup:
        fewest = _state(setup, first)
        for number in more:
            with prepared(replace(chosen, shard_nodes=number), server) as larger:
                queries = _queries(setup, larger)
                sides = Sides(
                    setup.target, dict(zip(STATES, (fewest, _state(larger, number)), strict=True)),
                    found.asked.options.timeout_s, spread=True,
                )  # fmt: skip
                found = replace(found, **_about(larger, queries))
                seen = found.more_nodes
                for pairs in _measured(larger, sides, queries, found):
                    found = replace(found, more_nodes=(*seen, MoreNodes(number, pairs)))
                    keep(found)
    return replace(found, status="complete")


def insist_on_nodes(nodes: Sequence[int], server: ServerHandle) -> None:
    """Raise ``ServerError`` where the server leads no cluster that can place shards so."""
    if not server.capabilities.spreads_tables:
        raise ServerError("--nodes needs a Citus cluster, and this server leads none", hint=NEEDED)
    with Target(server.dsn, SESSION_SETTINGS).connect() as admin:
        insist_on_workers(nodes, cluster.nodes_of(admin))


def insist_on_workers(nodes: Sequence[int], there: Sequence[cluster.Node]) -> None:
    """Raise ``ServerError`` where more workers are asked for than hold shards."""
    workers = len(cluster.workers_with_shards(there))
    if max(nodes) > workers:
        raise ServerError(
            f"--nodes {','.join(map(str, nodes))}: the cluster has {plural(workers, 'worker')} that shards go to",
            hint="ask for no more, or add one to it (citus_add_node)",
        )


def _state(setup: Setup, number: int) -> str:
    """The database to measure: after the optimizations, where there are any."""
    if setup.workload.optimizations:
        return setup.optimized(f"{number}nodes")
    return setup.copy(setup.template, f"{number}nodes")


def _queries(*setups: Setup) -> list[Query]:
    """The queries that take part, in the words of the state after on both sides; without what the cluster refused."""
    refused = {line.partition(":")[0] for setup in setups for line in setup.blocks_refused}
    workload = setups[-1].workload
    queries = [one for one in workload.without(refused).queries if setups[-1].options.takes(one.name)]
    return [replace(one, sql=one.text("after"), rewrite=None) for one in queries]


def _about(setup: Setup, queries: Sequence[Query]) -> dict[str, Any]:
    facts = setup.facts()
    server, machine = facts["server"], facts["machine"]
    notes = [f"A class was left out, since the cluster refuses to be asked for it: {one}." for one in setup.refused]
    notes += [f"The cluster has no feature for an optimization: {one}." for one in setup.blocks_refused]
    return {
        "titles": {query.name: query.title or query.name for query in queries},
        "server": about.server(server)[1],
        "machine": f"{machine.cpu}, {machine.cores} cores",
        "notes": tuple(dict.fromkeys((*notes, *about.forced_sentences(server)))),
    }


def _measured(setup: Setup, sides: Sides, queries: Sequence[Query], found: Scaling) -> Iterator[tuple[Pair, ...]]:
    """The pairs of all cells, compared first, then timed: reads, then statements that write."""
    done: tuple[Pair, ...] = ()
    for writes in (False, True):
        mine = [query for query in queries if query.writes == writes]
        cells: list[Cell] = cells_of(mine, setup.bindings(mine)) if mine else []
        pairs = compare_all(sides, cells, setup.progress)
        yield (*done, *pairs)
        timed = time_pairs(sides, cells, pairs, found.asked.options, setup.progress, lambda _: None)
        done = (*done, *timed)
        yield done

"""``pgproof reproduce``: one cell of a stored run by hand, as a session of psql, or carried out."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

import click

from bench import storage
from bench.cli import names
from bench.cli.options import server, server_options
from bench.cli.streams import err, out
from bench.errors import PgproofError
from bench.experiments.before_after.reproduce import Reproducible, cell_of, session
from bench.experiments.experiment import result_in
from bench.experiments.now.record import NOW, NowRun
from bench.measurement import Cell, Sides, execute
from bench.measurement.execution import explain
from bench.model import STATES, State
from bench.plans.text import explain_text
from bench.postgres import databases
from bench.postgres.connection import Target
from bench.postgres.servers import SESSION_SETTINGS
from bench.progress_bars import Lines
from bench.report import numbers
from bench.storage import RUN

AGAIN = 15
"""Executions that ``--execute`` times."""


@click.command("reproduce")
@click.argument("result", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("cell", metavar="CELL", shell_complete=names.cells_of_run)
@click.option("--state", type=click.Choice(STATES), help="Which of the two states.  [default: after, where the "
              "run has it]")  # fmt: skip
@click.option("--binding", default=1, show_default=True, type=click.IntRange(min=1), help="Which values of the class, "
              "in the order of the report.")  # fmt: skip
@click.option("--execute", "carried_out", is_flag=True, help="Do it in the database that a run with --keep left.")
@server_options
def reproduce(result: Path, cell: str, state: State | None, binding: int, carried_out: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Print the psql session that repeats one cell of a run by hand: settings, PREPARE, EXPLAIN, EXECUTE.

    RUN is a run.json or its folder, CELL a query and a class: "lead_search[hot]" or lead_search/hot.
    """
    file = result_in(result)
    run = storage.load(NOW, file) if file.name == NOW.file else storage.load(RUN, file)
    found = cell_of(run, cell)
    state = state or ("before" if isinstance(run, NowRun) else "after")
    if isinstance(run, NowRun) and state == "after":
        raise PgproofError("--state after: the run has no optimizations", hint="leave --state out")
    if binding > len(found.bindings):
        raise PgproofError(f"--binding {binding}: {found.label} has {numbers.plural(len(found.bindings), 'binding')}")
    name = f"{databases.PREFIX}{run.id}_{state}"
    if carried_out:
        _carry_out(found, run, state, binding - 1, name, chosen)
    else:
        click.echo("\n".join(session(found, run, state, binding - 1, name)))
    return 0


def _carry_out(
    cell: Cell, run: Reproducible, state: State, binding: int, database: str, chosen: dict[str, Any]
) -> None:
    """Explain it once, execute it some times, and say both beside what the run saw."""
    with Lines(err) as shown, server(chosen, shown) as handle:
        target = Target(handle.dsn, SESSION_SETTINGS, handle.login)
        with target.connect() as admin:
            if databases.find(admin, database) is None:
                hint = "make the run again with --keep, or leave --execute out and do it elsewhere"
                raise PgproofError(f"{database} is not there any more", hint=hint)
        sides = Sides(target, {state: database}, run.options.timeout_s)
        with sides.connect(state, writes=cell.query.writes) as connection:
            seen = explain(connection, cell, state, binding)
            times = [execute(connection, cell, state, binding)[0] for _ in range(AGAIN)]
    out.print(explain_text(seen.plan), markup=False, soft_wrap=True)
    (pair,) = (one for one in run.pairs if (one.query, one.parameter_class) == (cell.query.name, cell.parameter_class))
    then = [sample.ms for sample in pair.side(state).samples if sample.binding == binding]
    said = f"median of {AGAIN}: {numbers.ms(median(times))}"
    out.print(f"{said}; in the run, of {len(then)}: {numbers.ms(median(then))}" if then else said, markup=False)

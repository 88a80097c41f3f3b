"""The command line: reads flags and environment, calls the stages in order, prints, and chooses the exit code."""

from __future__ import annotations

import logging
import signal
import traceback

import click

from bench import __version__
from bench.cli.codes import EXIT_BUG, EXIT_EXPECTED, EXIT_INCOMPATIBLE, EXIT_INTERRUPTED
from bench.cli.databases import cache, verify
from bench.cli.ship_script import ship_script_command
from bench.cli.streams import err
from bench.errors import BaselineError, PgproofError
from bench.experiments.before_after.command import attribute, report_command, run
from bench.experiments.compare.command import compare
from bench.experiments.compare.history_command import history
from bench.experiments.gate.command import baseline, gate
from bench.experiments.load.command import load
from bench.experiments.maintain.command import maintain
from bench.experiments.scale.command import scale
from bench.experiments.selftest.command import selftest
from bench.experiments.traps.command import traps_command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="pgproof")
def cli() -> None:
    """Prove PostgreSQL optimizations: realistic data, queries before and after, evidence for every claim."""


for command in (
    run, attribute, scale, load, maintain, traps_command, report_command, compare, history, baseline, gate, selftest,
    ship_script_command, verify, cache,
):  # fmt: skip
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code; the only place that catches everything."""
    signal.signal(signal.SIGTERM, _interrupt)
    logging.getLogger("psycopg").addHandler(logging.NullHandler())  # what it warns of is reported, in our words
    try:
        result = cli.main(args=arguments, prog_name="pgproof", standalone_mode=False)
        return int(result or 0)
    except PgproofError as error:
        err.print(f"[bold red]error:[/] {_plain(error.message)}", markup=True)
        if error.hint:
            err.print(f"  [dim]{_plain(error.hint)}[/]", markup=True)
        return EXIT_INCOMPATIBLE if isinstance(error, BaselineError) else EXIT_EXPECTED
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return EXIT_EXPECTED
    except (KeyboardInterrupt, click.Abort):
        err.print("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return 0
    except BaseException:  # the one place: what nobody expected is a bug, and says so
        err.print(traceback.format_exc(), markup=False)
        err.print("this is a bug in pgproof: please report the lines above", markup=False)
        return EXIT_BUG


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _plain(text: str) -> str:
    """Text for a markup console: errors quote SQL and data, which may hold square brackets; one line."""
    return " ".join(text.split()).replace("[", r"\[")

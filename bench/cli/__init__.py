"""The command line: reads flags and environment, calls the stages in order, prints, and chooses the exit code.

Nothing heavy is imported here: a command, and what it needs, is loaded when it is called (``bench.cli.commands``).
"""

from __future__ import annotations

import logging
import signal

import click

from bench import __version__
from bench.cli.codes import EXIT_BUG, EXIT_EXPECTED, EXIT_INCOMPATIBLE, EXIT_INTERRUPTED
from bench.cli.commands import COMMANDS
from bench.cli.lazy_group import LazyGroup
from bench.errors import BaselineError, PgproofError


@click.group(
    cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="pgproof")
def cli() -> None:
    """Prove PostgreSQL optimizations: realistic data, queries before and after, evidence for every claim."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code; the only place that catches everything."""
    signal.signal(signal.SIGTERM, _interrupt)
    logging.getLogger("psycopg").addHandler(logging.NullHandler())  # what it warns of is reported, in our words
    try:
        result = cli.main(args=arguments, prog_name="pgproof", standalone_mode=False)
        return int(result or 0)
    except PgproofError as error:
        _complain(f"[bold red]error:[/] {_plain(error.message)}", markup=True)
        if error.hint:
            _complain(f"  [dim]{_plain(error.hint)}[/]", markup=True)
        return EXIT_INCOMPATIBLE if isinstance(error, BaselineError) else EXIT_EXPECTED
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return EXIT_EXPECTED
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return 0
    except SystemExit as exit_:  # how click ends when a shell asked for completions
        return int(exit_.code or 0)
    except BaseException:  # the one place: what nobody expected is a bug, and says so
        import traceback

        _complain(traceback.format_exc())
        _complain("this is a bug in pgproof: please report the lines above")
        return EXIT_BUG


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _complain(text: str, *, markup: bool = False) -> None:
    from bench.cli.streams import err

    err.print(text, markup=markup)


def _plain(text: str) -> str:
    """Text for a markup console: errors quote SQL and data, which may hold square brackets; one line."""
    return " ".join(text.split()).replace("[", r"\[")

"""The command line: reads flags and environment, calls the stages in order, prints, and chooses the exit code.

Nothing heavy is imported here: a command, and what it needs, is loaded when it is called (``bench.cli.commands``).
"""

from __future__ import annotations

import logging
import os
import shlex
import signal
import sys
from collections.abc import Sequence

import click

from bench import __version__
from bench.cli.codes import EXIT_BUG, EXIT_EXPECTED, EXIT_INCOMPATIBLE, EXIT_INTERRUPTED
from bench.cli.commands import COMMANDS, SECTIONS
from bench.cli.lazy_group import LazyGroup
from bench.errors import BaselineError, PgproofError


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    sections=SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="pgproof COMMAND --help has options and examples; pgproof explain, the words of the reports.",
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
        _complain(error.message, error.hint)
        return EXIT_INCOMPATIBLE if isinstance(error, BaselineError) else EXIT_EXPECTED
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        if not (sys.argv[1:] if arguments is None else arguments):
            click.echo(cli.get_help(click.Context(cli, info_name="pgproof", **cli.context_settings)), err=True)
            return EXIT_EXPECTED
        from bench.cli.complaints import complaint

        _complain(*complaint(error))
        return EXIT_EXPECTED
    except (KeyboardInterrupt, click.Abort) as stopped:
        click.echo(_last_line(stopped, sys.argv[1:] if arguments is None else arguments), err=True)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return 0
    except SystemExit as exit_:  # how click ends when a shell asked for completions
        return int(exit_.code or 0)
    except BaseException:  # the one place: what nobody expected is a bug, and says so
        import traceback

        click.echo(traceback.format_exc(), err=True)
        click.echo("this is a bug in pgproof: please report the lines above", err=True)
        return EXIT_BUG


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _complain(message: str, hint: str) -> None:
    """What is wrong, in a line, and what to do about it in another."""
    colour = False if os.environ.get("NO_COLOR") else None  # None: where a terminal reads it
    click.echo(f"{click.style('error:', fg='red', bold=True)} {_line(message)}", err=True, color=colour)
    if hint:
        click.echo(click.style(f"  {_line(hint)}", dim=True), err=True, color=colour)


def _last_line(stopped: BaseException, arguments: list[str]) -> str:
    """What was kept of what was stopped, where, and the command that goes on, as far as somebody noted it."""
    notes = list(getattr(stopped.__cause__ or stopped, "__notes__", ()))
    if not notes:
        return "interrupted: nothing is kept"
    if not any(note.startswith("to go on") for note in notes):
        notes.append(f"to begin again: {typed(arguments)}")
    return f"interrupted: {_line('; '.join(notes))}"


def typed(arguments: Sequence[str]) -> str:
    """The line that somebody would type for ``arguments``, without passwords."""
    from bench.postgres.servers import redact  # loaded by whatever has such a line to show

    said = (redact(one) if "://" in one or "password" in one else one for one in arguments)
    return f"pgproof {shlex.join(said)}"


def _line(text: str) -> str:
    """Errors quote SQL and data, which may have many lines."""
    return " ".join(text.split())

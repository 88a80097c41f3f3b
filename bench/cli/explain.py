"""``pgproof explain``: what a word of the reports means."""

from __future__ import annotations

import click

from bench.cli.streams import out
from bench.errors import PgproofError
from bench.report.glossary import Term, by_word, look_up, terms
from bench.suggestions import did_you_mean


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return sorted(name for name in terms() if name.lower().startswith(incomplete.lower()))


@click.command("explain")
@click.argument("words", nargs=-1, metavar="[TERM]", shell_complete=_complete)
def explain(words: tuple[str, ...]) -> int:
    """Say what a word of the reports means.

    TERM is a verdict, a figure, a parameter class or a step of a plan, in any case, and need not be quoted. Without one
    all terms are listed.
    """
    if not words:
        out.print(", ".join(terms()), markup=False)
        return 0
    asked = " ".join(words)
    term = look_up(asked)
    if term is None:
        hint = did_you_mean(asked, list(by_word()))
        raise PgproofError(
            f"{asked}: no such term", hint=hint if hint.startswith("did") else "pgproof explain lists all terms"
        )
    _show(term)
    return 0


def _show(term: Term) -> None:
    out.print(term.name, style="bold", markup=False)
    out.print(f"  {term.means}", markup=False, soft_wrap=not out.is_terminal)
    if term.also:
        out.print(f"  also: {', '.join(term.also)}", style="dim", markup=False)
    if term.see:
        out.print(f"  see: {', '.join(term.see)}", style="dim", markup=False)
    if term.page:
        out.print(f"  more: docs/{term.page}", style="dim", markup=False)

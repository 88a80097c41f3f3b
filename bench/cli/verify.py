"""``pgproof verify``: databases and the committed document held against the files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from bench.cli.codes import EXIT_DIFFERS
from bench.cli.files import built_files, files_of, files_of_workload, judged, living_options
from bench.cli.inferred import is_schema
from bench.cli.options import read_files, server, trust_option, workload_argument, workload_folder
from bench.cli.streams import err, out
from bench.environments import lock, words
from bench.environments.differences import differences, folded
from bench.environments.judge import Judgement
from bench.postgres.drift import drift_of
from bench.progress_bars import Lines


@click.command()
@workload_argument
@trust_option
@click.option("--others", is_flag=True, help="With --dsn: also name what is none of the files' business: in schemas "
              "of which the files say nothing, partitions that came later, extensions. It is never drift.")  # fmt: skip
@click.option("--ignore", "ignored", multiple=True, metavar="PATTERN", help="With --dsn: do not look at objects of "
              "that name ('public.schema_migrations', 'public.tmp_*'). May be given several times.  "
              "[default: none]")  # fmt: skip
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]), help="With "
              "--dsn: for people, or for programs.")  # fmt: skip
@click.option("--lock", "file", type=click.Path(path_type=Path, dir_okay=False), help="The document of pgproof schema. "
              f" [default: {lock.FILE} beside the files, where it is]")  # fmt: skip
@living_options
def verify(
    workload: Path | str | None, others: bool, ignored: tuple[str, ...], form: str, file: Path | None,
    dsns: tuple[str, ...], **chosen: Any,  # noqa: ANN401
) -> int:  # fmt: skip
    """Hold databases against the files; fail on drift.

    With --dsn a living database: what is missing, extra or different in it, and for each optimization whether it is
    shipped, missing, different, invalid or being built. It is read in one read-only snapshot of its catalog. Several of
    them are shown side by side. Without --dsn: schema.lock.yaml, and the databases that pgproof made from the files.

    Exit code 1 is drift, 2 an error.
    """
    if dsns:
        return _living(workload, dsns, others, ignored, form, chosen)
    return _own(workload, file, chosen)


# ------------------------------------------------------------------------------------------------------------ living
def _living(
    workload: Path | str | None, dsns: Sequence[str], others: bool, ignored: Sequence[str], form: str,
    chosen: dict[str, Any],
) -> int:  # fmt: skip
    files = files_of(workload, chosen)
    seen = judged(files, dsns, chosen, ignored)
    if form == "json":
        click.echo(json.dumps([words.values(one, others=others) for one in seen], indent=2, ensure_ascii=False))
    else:
        _show(seen, files.name, others)
    return EXIT_DIFFERS if any(one.drifted for one in seen) else 0


def _show(seen: Sequence[Judgement], name: str, others: bool) -> None:
    if len(seen) > 1:
        head, rows = words.table(seen)
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
        for label in head:
            table.add_column(Text(label))
        for row in rows:
            table.add_row(*map(Text, row))
        out.print(table if rows else "all of them are as the files say")
        out.print()
    for number, one in enumerate(seen):
        if number:
            out.print()
        for line in words.sentences(one, name, others=others):
            out.print(line, markup=False, soft_wrap=True)


# --------------------------------------------------------------------------------------------------------------- own
def _own(given: Path | str | None, file: Path | None, chosen: dict[str, Any]) -> int:
    """The document, and the databases made from the files; of a schema of which nothing was made the document alone."""
    file = file or _lock_of(given, chosen)
    if given is not None and is_schema(given) and file:
        return EXIT_DIFFERS if _differs(file, files_of(given, chosen), chosen) else 0
    wanted = read_files(given, chosen)
    with Lines(err) as shown, server(chosen, shown) as handle:
        findings = drift_of(wanted, handle)
    for name, found in findings.items():
        out.print(f"{name}: {'; '.join(found) if found else 'as the files say'}", markup=False, soft_wrap=True)
    differs = _differs(file, files_of_workload(wanted), chosen) if file else False
    return EXIT_DIFFERS if differs or any(findings.values()) else 0


def _lock_of(given: Path | str | None, chosen: dict[str, Any]) -> Path | None:
    if isinstance(given, str):
        return None
    folder = given.parent if given and given.is_file() else given if given else workload_folder(given, chosen)
    return folder / lock.FILE if (folder / lock.FILE).exists() else None


def _differs(file: Path, files: Any, chosen: dict[str, Any]) -> bool:  # noqa: ANN401
    committed = lock.read(file)
    with built_files(files, chosen) as built:
        now = lock.document(built.defined)
    found = folded(differences(lock.objects_of(now), lock.objects_of(committed)))
    if committed.get("postgresql") != now["postgresql"] and found:
        err.print(
            f"note: {file.name} is of PostgreSQL {committed.get('postgresql')}, which may print a definition otherwise "
            f"than {now['postgresql']}", markup=False, soft_wrap=True,
        )  # fmt: skip
    out.print(f"{file}: {'not what the files define' if found else 'as the files say'}", markup=False, soft_wrap=True)
    for line in words.lines_of(found, f"in {file.name}"):
        out.print(line, markup=False, soft_wrap=True)
    if found:
        out.print(f"  mend it: pgproof schema --output {file}", markup=False, soft_wrap=True)
    return bool(found)

"""``citus/``: what of a query is asked otherwise on a Citus cluster, which refuses some of what one server does.

A file there has the name of a file of ``queries/`` and says what differs: its statement, its rewrite, SELECTs of its
classes and parameters. What it does not say is as ever, and one server never sees it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bench.errors import WorkloadError
from bench.model import ClusterForm, Query
from bench.workload import sqlfile
from bench.workload.queries import sections

FOLDER = "citus"


def read_forms(root: Path, queries: Sequence[Query]) -> tuple[ClusterForm, ...]:
    """Read the folder; nothing where there is none.

    Raises:
        WorkloadError: a file names no query, or says what its query has not (file:line).
    """
    by_name = {query.name: query for query in queries}
    return tuple(_read(file, root, by_name) for file in sorted((root / FOLDER).glob("*.sql")))


def asked_on_a_cluster(queries: Sequence[Query], forms: Sequence[ClusterForm]) -> tuple[Query, ...]:
    """The queries as a cluster is asked."""
    by_name = {form.query: form for form in forms}
    return tuple(_asked(query, by_name[query.name]) if query.name in by_name else query for query in queries)


def _asked(query: Query, form: ClusterForm) -> Query:
    asked = replace(
        query,
        parameters=tuple(replace(one, source=form.sources.get(one.name, one.source)) for one in query.parameters),
        extra_classes={**query.extra_classes, **form.classes},
    )
    if form.sql:
        asked = replace(asked, sql=form.sql, ordinary=query.sql, file=form.file, line=form.line)
    if form.rewrite and query.rewrite:
        asked = replace(asked, rewrite=replace(form.rewrite, ordinary=query.rewrite.sql))
    return asked


def _read(file: Path, root: Path, queries: Mapping[str, Query]) -> ClusterForm:
    where = file.relative_to(root).as_posix()
    query = queries.get(file.stem)
    if query is None:
        raise WorkloadError(f"{where}:1: there is no queries/{file.name}", hint="name it like the query that it is of")
    if not query.title:
        raise WorkloadError(f"{where}:1: {query.file} has no header", hint="give it one: title, asks, parameters")
    head, body, rewrite = sections(file, where)
    known = {f"param {one.name} {one.type}": one.name for one in query.parameters}
    sources: dict[str, str] = {}
    classes: dict[str, str] = {}
    for entry in head:
        kind, _, name = entry.key.partition(" ")
        if kind == "class" and name in query.extra_classes:
            classes[name] = entry.value.rstrip(";")
        elif entry.key in known:
            sources[known[entry.key]] = entry.value
        else:
            hint = f"known here: {', '.join([*known, *(f'class {one}' for one in query.extra_classes)]) or 'none'}"
            raise WorkloadError(f"{where}:{entry.line}: {query.file} has no '-- {entry.key}:'", hint=hint)
    if rewrite and (query.rewrite is None or query.rewrite.optimization != rewrite.optimization):
        raise WorkloadError(f"{where}:{rewrite.line - 1}: {query.file} has no rewrite {rewrite.optimization}")
    if not (body or rewrite or sources or classes):
        raise WorkloadError(f"{where}:1: says nothing", hint="write what differs on a cluster, or remove the file")
    for one in [one for one in (body, rewrite) if one]:
        for name in sqlfile.placeholders(one.sql, where):
            if name not in known.values():
                raise WorkloadError(f"{where}:{one.line}: parameter :{name} is not declared in {query.file}")
    line, text = (body.line, body.sql) if body else (1, "")
    return ClusterForm(query.name, where, line, text, rewrite, classes, sources)

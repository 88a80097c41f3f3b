"""All that the files define as one document to commit: sorted, a fact a line, and the same on every machine."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.environments.record import Block, Defined
from bench.errors import PgproofError
from bench.model import DistributedTable
from bench.model.definition import DatabaseObject, Definition, Fact, Key

FILE = "schema.lock.yaml"
FORMAT = 1

SECTIONS = {
    "schema": "schemas", "extension": "extensions", "type": "types", "domain": "domains", "sequence": "sequences",
    "table": "tables", "view": "views", "materialized view": "materialized views", "function": "functions",
    "procedure": "procedures", "aggregate": "aggregates", "window": "window functions",
}  # fmt: skip
"""Where objects by themselves stand in the document; those of other kinds stand below ``others``."""
PARTS = {
    "column": "columns", "constraint": "constraints", "index": "indexes", "statistics": "statistics",
    "trigger": "triggers", "rule": "rules", "policy": "policies",
}  # fmt: skip
"""Where those stand that belong to a table or view, below it."""
OTHERS = "others"
DISTRIBUTION = "distribution"

ABOUT = """\
What the files of {name} define, as PostgreSQL {major} prints it. Written by 'pgproof schema', never by hand.
Commit it: in a pull request its diff says what a change does, a fact a line. 'pgproof verify' holds it against the
files. What every object of its kind has unless somebody says otherwise is left out, and so are owners and rights."""
COMMENTS = {
    "tables": "Before any optimization. Columns stand in the order of their table, all else is sorted.",
    "distribution": "How tables are spread over the nodes of a Citus cluster, as distribution.sql says.",
    "optimizations": "What each block of optimizations.sql does to these objects, found out by applying them in order.",
}

Document = dict[str, Any]


# ----------------------------------------------------------------------------------------------------------- writing
def document(defined: Defined) -> Document:
    """Everything as nested plain values, in the order in which it is written."""
    made: Document = {"format": FORMAT, "name": defined.name, "postgresql": defined.major}
    objects = defined.before
    for kind, section in SECTIONS.items():
        if found := {key.name: dict(_plain(one)) for key, one in _sorted(objects) if key.kind == kind}:
            made[section] = found
    parents = {name: one for section in SECTIONS.values() for name, one in made.get(section, {}).items()}
    for key, one in _sorted(objects):
        if key.kind in PARTS and key.table in parents:
            parents[key.table].setdefault(PARTS[key.kind], {})[key.name] = dict(_plain(one))
    for parent in parents.values():
        for part in PARTS.values():  # in this order, behind the facts
            if part in parent:
                parent[part] = parent.pop(part)
    if others := sorted(str(key) for key in objects if key.kind not in SECTIONS and key.kind not in PARTS):
        made[OTHERS] = others
    if defined.distribution:
        tables = sorted(defined.distribution, key=lambda one: one.table)
        made[DISTRIBUTION] = {one.table: _spread(one) for one in tables}
    if defined.blocks:
        made["optimizations"] = {one.name: _block(one) for one in sorted(defined.blocks, key=lambda one: one.name)}
    return made


def _sorted(objects: Definition) -> Iterator[tuple[Key, DatabaseObject]]:
    """By name; columns as they come."""
    names = sorted((key for key in objects if key.kind != "column"), key=lambda key: (key.table, key.name, key.kind))
    columns = [key for key in objects if key.kind == "column"]
    return ((key, objects[key]) for key in [*columns, *names])


def _plain(one: DatabaseObject) -> Iterator[tuple[str, Any]]:
    for name, value in one.facts.items():
        yield name, list(value) if isinstance(value, tuple) else value


def _spread(table: DistributedTable) -> Document:
    if not table.column:
        return {"reference table": True}
    facts = {"column": table.column, "colocated with": table.colocate_with, "shards": table.shard_count}
    return {name: value for name, value in facts.items() if value}


def _block(block: Block) -> Document:
    made: Document = {"category": block.category}
    for one in sorted(block.differences, key=lambda one: (one.key.table, str(one.key))):
        if one.wanted is None and one.there is not None:
            made.setdefault("makes", {})[str(one.key)] = dict(_plain(one.there))
        elif one.there is None:
            made.setdefault("drops", []).append(str(one.key))
        else:
            now = {name: list(now) if isinstance(now, tuple) else now for name, (_, now) in one.facts.items()}
            made.setdefault("changes", {})[str(one.key)] = now
    if block.unseen:
        made["does unseen"] = block.unseen
    return made


def as_json(defined: Defined) -> str:
    """The document as JSON."""
    return json.dumps(document(defined), indent=2, ensure_ascii=False) + "\n"


def as_yaml(defined: Defined) -> str:
    """The document as YAML, with comments that say what it is."""
    from ruamel.yaml.comments import CommentedMap

    made = CommentedMap(_literal(document(defined)))
    made.yaml_set_start_comment(ABOUT.format(name=" ".join(defined.name.split()), major=defined.major))
    for section in list(made)[3:]:
        made.yaml_set_comment_before_after_key(section, before=f"\n{COMMENTS.get(section, '')}".rstrip())
    written = io.StringIO()
    _yaml().dump(made, written)
    return written.getvalue()


def _yaml() -> Any:  # noqa: ANN401 - loaded by who asks
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width, yaml.default_flow_style, yaml.allow_unicode = 1 << 20, False, True  # a fact stays on its line
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _literal(value: Any) -> Any:  # noqa: ANN401 - any of a document's
    """Text of several lines as a block that reads as it was written."""
    from ruamel.yaml.scalarstring import LiteralScalarString

    if isinstance(value, dict):
        return {key: _literal(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_literal(one) for one in value]
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value and "\r" not in value else value


# ----------------------------------------------------------------------------------------------------------- reading
def read(file: Path) -> Document:
    """Read such a document, YAML or JSON.

    Raises:
        PgproofError: it cannot be read, or is none.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    hint = "write it anew: pgproof schema --output schema.lock.yaml"
    try:
        found = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise PgproofError(f"cannot read {file}: {error.strerror}", hint=hint) from None
    except (YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise PgproofError(f"{file}{line}: this is no YAML", hint=hint) from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise PgproofError(f"{file} is no document of format {FORMAT} of 'pgproof schema'", hint=hint)
    return found


def objects_of(made: Document) -> Definition:
    """The objects of a document, an optimization as one of them, so that two documents can be compared."""
    found = list(_objects(made))
    return {one.key: one for one in found}


def _objects(made: Document) -> Iterator[DatabaseObject]:
    for kind, section in SECTIONS.items():
        for name, said in _entries(made, section):
            parts = [(part, inner) for part, inner in PARTS.items() if inner in said]
            rest = {fact: value for fact, value in said.items() if fact not in PARTS.values()}
            yield _object(Key(kind, name), rest)
            for part, inner in parts:
                for own, facts in _entries(said, inner):
                    yield _object(Key(part, own, name), facts)
    for name in made.get(OTHERS) or ():
        yield _object(Key("", str(name)), {})
    for name, said in _entries(made, DISTRIBUTION):
        yield _object(Key("distribution of", name), said)
    for name, said in _entries(made, "optimizations"):
        yield _object(Key("optimization", name), dict(_flat(said)))


def _entries(made: Mapping[str, Any], section: str) -> Iterator[tuple[str, Document]]:
    entries = made.get(section)
    for name, said in entries.items() if isinstance(entries, dict) else ():
        yield str(name), said if isinstance(said, dict) else {}


def _object(key: Key, facts: Document) -> DatabaseObject:
    return DatabaseObject(key, {str(name): _fact(value) for name, value in facts.items()})


def _fact(value: Any) -> Fact:  # noqa: ANN401 - as the document has it
    if isinstance(value, list):
        return tuple(map(str, value))
    return value if isinstance(value, bool | int | str) else str(value)


def _flat(said: Document, name: str = "") -> Iterator[tuple[str, Any]]:
    """Nested values as facts of one level: ``makes index a on t: definition``."""
    for key, value in said.items():
        full = f"{name}: {key}" if name and not isinstance(value, dict) else f"{name} {key}".strip()
        if isinstance(value, dict) and value:
            yield from _flat(value, full)
        else:
            yield full, True if isinstance(value, dict) else value

"""Other statements for the same question: proposals, to be executed and compared before anybody believes them.

``conditions``  rules for a conjunct of a WHERE
``statements``  rules for a whole SELECT
``top_n``       the first few of each group
``keyset``      a page by the last row before it: other parameters, so beside the statement
``scope``       what names mean, and trees put together from others
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bench.advice.candidates.rewrites import conditions, statements
from bench.advice.candidates.rewrites.keyset import Keyset, keyset
from bench.advice.candidates.rewrites.scope import copy, flatten, levels, scope_of
from bench.advice.candidates.seen import SeenQuery
from bench.model import Parameter, Query
from bench.model.advice import Candidate, Cursor
from bench.model.schema import Schema
from bench.report.numbers import listed
from bench.syntax.expressions import conjuncts
from bench.syntax.tree import Node, NotParsed, children, deparse, inner, kind, parse, statement, walk
from bench.workload.sqlfile import numbered, tokens

KEYSET = "keyset in place of OFFSET"
CURSOR = "the last row of the page before"
"""Where the parameters of a keyset come from."""
_PARAMETER = re.compile(r"\$(\d+)")


def rewrites(seen: SeenQuery, schema: Schema) -> Iterator[Candidate]:
    """One candidate for each rule that applies somewhere in the statement."""
    query = seen.query
    text, names = numbered(query.sql, {parameter.name: parameter.type for parameter in query.parameters})
    try:
        tree = parse(text)
    except NotParsed:
        return
    _uncast(tree, query.parameters)
    before = deparse(tree)
    for name, why, made in _changed(tree, schema):
        flatten(made)
        after = deparse(made)
        if after != before and _says(after, made):
            yield Candidate(
                name=f"{query.name}: {name}",
                kind="rewrite",
                family=name,
                tables=_tables(made, schema),
                ddl=_named(after, names),
                queries=(query.name,),
                reason=f"{query.name} could be written with {name}: {why}.",
            )
    if (found := keyset(tree, names, schema)) and (made := _by_cursor(query, names, found, schema)):
        yield made


def _by_cursor(query: Query, names: list[str], found: Keyset, schema: Schema) -> Candidate | None:
    trees = (found.after, found.page, found.cursor)
    for tree in trees:
        flatten(tree)
    texts = [deparse(tree) for tree in trees]
    if not all(_says(text, tree) for text, tree in zip(texts, trees, strict=True)):
        return None
    after, page, read = (_named(text, [*names, *found.names]) for text in texts)
    parameters = tuple(
        Parameter(name, key.column.type.text, CURSOR) for name, key in zip(found.names, found.keys, strict=True)
    )
    keys = listed([key.column.name for key in found.keys])
    return Candidate(
        name=f"{query.name}: {KEYSET}",
        kind="rewrite",
        family=KEYSET,
        tables=_tables(found.page, schema),
        ddl=after,
        queries=(query.name,),
        reason=f"{query.name} reads what OFFSET skips. Where the application hands over {keys} of the last row that it "
        "has seen, the page is found there; the first page is asked without that condition.",
        cursor=Cursor(page, read, parameters),
    )


def _tables(tree: Node, schema: Schema) -> tuple[str, ...]:
    found = {table.name for level in levels(statement(tree)) for table in scope_of(level, schema).tables.values()}
    return tuple(sorted(found))


def _changed(tree: Node, schema: Schema) -> Iterator[tuple[str, str, Node]]:
    for name, (on_condition, why) in conditions.RULES.items():
        made = copy(tree)
        if sum(_apply(level, on_condition, schema) for level in list(levels(statement(made)))):
            yield name, why, made
    for name, (on_statement, why) in statements.RULES.items():
        made = copy(tree)
        if any(on_statement(level, schema) for level in list(levels(statement(made))) if kind(level) == "SelectStmt"):
            yield name, why, made


def _says(text: str, tree: Node) -> bool:
    """Whether the text is that of the tree: brackets that got lost would make it another statement."""
    try:
        return _placeless(parse(text)) == _placeless(copy(tree))
    except NotParsed:
        return False


def _placeless(tree: Node) -> bytes:
    for one in walk(tree):
        for name in ("location", "stmt_len", "stmt_location", "list_start", "list_end"):
            if name in one.DESCRIPTOR.fields_by_name:
                one.ClearField(name)
    return bytes(tree.SerializeToString(deterministic=True))


def _apply(level: Node, rule: conditions.Rule, schema: Schema) -> bool:
    """Use a rule on all conjuncts of one level, in place."""
    if not level.HasField("where_clause"):
        return False
    scope, changed = scope_of(level, schema), False
    for part in list(conjuncts(level.where_clause)):
        made = rule(part, scope, schema)
        if made is not None:
            part.CopyFrom(copy(made))
            changed = True
    return changed


def _uncast(node: Node, parameters: tuple[Parameter, ...]) -> None:
    """Take away the casts that ``numbered`` gave the parameters: who executes the statement gives them again."""
    if not parameters:
        return
    if node.DESCRIPTOR.name == "Node" and kind(node) == "TypeCast" and kind(inner(node).arg) == "ParamRef":
        node.CopyFrom(copy(inner(node).arg))
        return
    for child in children(inner(node)):
        _uncast(child, parameters)


def _named(text: str, names: list[str]) -> str:
    """``$1`` as the ``:name`` that it was."""
    parts, position = [], 0
    for token in tokens(text, ""):
        gap = text[position : token.start]
        parts += [_PARAMETER.sub(lambda m: f":{names[int(m[1]) - 1]}", gap), token.text]
        position = token.end
    parts.append(_PARAMETER.sub(lambda m: f":{names[int(m[1]) - 1]}", text[position:]))
    return "".join(parts)

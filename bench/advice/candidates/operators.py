"""Indexes other than B-trees of whole values: GIN, GiST, patterns, BRIN, hash."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace

from bench.advice.candidates.context import EQUALITIES, Context
from bench.advice.candidates.demands import Demand
from bench.advice.candidates.idea import Idea, reason, weight
from bench.advice.candidates.shapes import Key, Shape
from bench.advice.candidates.terms import Term
from bench.model.attribution import IndexFacts
from bench.model.schema import DataType
from bench.report.numbers import count
from bench.syntax.expressions import expression, quoted
from bench.syntax.tree import inner, kind

TRIGRAM = 3
"""Letters in a row that a pattern needs, for a trigram to be sure to be in what it finds (pg_trgm)."""

BRIN_CORRELATION = 0.95
"""Between the order of the values and that of the rows, from which a summary of page ranges tells them apart."""

BRIN_PAGES = 1280
"""Ten ranges of ``BRIN_RANGE``."""

BRIN_ENTRIES = 200
"""Ranges whose entries fit into a page of a BRIN index, at about 40 bytes each."""
BRIN_RANGE = 128
"""Pages of a range where an index says nothing else (pages_per_range)."""

LONG_BYTES = 64
"""Mean width of a value from which a hash of 4 bytes is a much smaller key."""

_LIKE = {"~~": "LIKE", "~~*": "ILIKE", "~": "~", "~*": "~*"}
_SIMILAR = {"%", "<%", "%>", "<<%", "%>>"}
_DOCUMENT = {"@>": "jsonb_path_ops", "@?": "jsonb_path_ops", "@@": "jsonb_path_ops", "?": "", "?|": "", "?&": ""}
"""Operators of jsonb to the smallest operator class of GIN that knows them."""
_ARRAY = {"@>", "<@", "&&"}
_RANGE = {"@>", "<@", "&&", "<<", ">>", "-|-", "&<", "&>"}
_NETWORK = {"<<", "<<=", ">>", ">>=", "&&"}
_SPACE = {"<@", "@>", "&&", "~=", "<<", ">>"}
_SPACES = {"point", "box", "polygon", "circle", "geometry", "geography"}


def ideas(demand: Demand, context: Context) -> Iterator[Idea]:
    """Indexes of other kinds for one demand; ``btree`` says whether it is worth any."""
    for term in demand.terms:
        if term.kind == "operator" and term.columns:
            yield from _searched(term, demand, context)
    yield from _summaries(demand, context)
    yield from _hashes(demand, context)


def _searched(term: Term, demand: Demand, context: Context) -> Iterator[Idea]:
    if not context.is_expression(demand.table, term.key):
        return
    if term.operator in _LIKE:
        yield from _patterns(term, demand, context)
    elif term.operator in _SIMILAR:
        yield from _gin(term, "gin_trgm_ops", "trigram", demand, context, "pg_trgm")
    elif term.operator == "^@":
        yield from _prefix(term, demand, context)
    elif term.operator == "@@" and _is(term, demand, "tsvector", "to_tsvector", "setweight"):
        yield from _gin(term, "", "full text", demand, context)
    elif term.operator in _DOCUMENT and _is_document(term, demand):
        yield from _gin(term, _DOCUMENT[term.operator], "document", demand, context)
    elif (type_ := _type(term, demand)) is not None:
        if type_.kind == "array" and term.operator in _ARRAY:
            yield from _gin(term, "", "array", demand, context)
        elif (type_.kind in ("range", "multirange") and term.operator in _RANGE) or (
            type_.name in _SPACES and term.operator in _SPACE
        ):
            yield _one(Shape(demand.table, "gist", (_key(term),)), "range", demand, f"{term.operator} on {term.key}")
        elif type_.name in ("inet", "cidr") and term.operator in _NETWORK:
            shape = Shape(demand.table, "gist", (replace(_key(term), opclass="inet_ops"),))
            yield _one(shape, "network", demand, f"{term.operator} on {term.key}")


# ------------------------------------------------------------------------------------------------------- patterns
def _patterns(term: Term, demand: Demand, context: Context) -> Iterator[Idea]:
    like = term.operator in ("~~", "~~*")
    fixed, longest = like_parts(term.value) if like else regex_parts(term.value)
    if fixed and term.operator in ("~~", "~"):
        yield from _prefix(term, demand, context)
    if longest >= TRIGRAM:
        yield from _gin(term, "gin_trgm_ops", "trigram", demand, context, "pg_trgm")


def like_parts(pattern: str | None) -> tuple[bool, int]:
    """Whether a LIKE pattern begins with a letter of its own, and how many stand in a row at the most."""
    if pattern is None:
        return True, TRIGRAM
    parts = re.split(r"%|_", re.sub(r"\\(.)", "x", pattern))
    return bool(parts[0]), max(map(len, parts))


def regex_parts(pattern: str | None) -> tuple[bool, int]:
    """The same of a regular expression, as far as plain letters show it."""
    if pattern is None:
        return False, TRIGRAM
    runs = re.findall(r"\w+", re.sub(r"\\.|\[[^\]]*\]|\w[*?{]", ".", pattern))
    return bool(re.match(r"\^\w", pattern)), max(map(len, runs), default=0)


def _prefix(term: Term, demand: Demand, context: Context) -> Iterator[Idea]:
    """A B-tree in the order of bytes, which is the only one in which all that begins alike stands together."""
    table, column = demand.table, term.columns[0]
    collation = context.facts.collations.get(table.name, {}).get(column, "")
    by_bytes = context.facts.collation_is_c if not collation else collation in ('"C"', '"POSIX"', '"ucs_basic"')
    if not context.is_key(table, term.key, term.columns):
        return
    key = replace(_key(term), opclass="" if by_bytes else _pattern_class(term, demand))
    lead = _lead(demand, context, term)
    clause = f"finds what begins as the pattern does in {term.key}"
    yield _one(Shape(table, "btree", (*lead, key)), "prefix search", demand, clause)
    if lead:
        yield _one(Shape(table, "btree", (key,)), "prefix search", demand, clause)


def _pattern_class(term: Term, demand: Demand) -> str:
    type_ = _type(term, demand)
    return {"varchar": "varchar_pattern_ops", "bpchar": "bpchar_pattern_ops"}.get(
        type_.name if type_ else "", "text_pattern_ops"
    )


# ------------------------------------------------------------------------------------------------------------ GIN
def _gin(
    term: Term, opclass: str, family: str, demand: Demand, context: Context, extension: str = ""
) -> Iterator[Idea]:
    """The inverted index, and the same with the tenant's column in front where the server can have that."""
    if extension and not context.can_have(extension):
        return
    home = context.facts.installed.get(extension, "public")
    own = opclass if not opclass or home == "public" else f"{quoted(home)}.{opclass}"
    key, needs = replace(_key(term), opclass=own), (extension,) if extension else ()
    clause = f"finds by the parts of {term.key} ({term.operator})"
    lead = [one for one in _lead(demand, context, term)[:1] if one.text == quoted(one.columns[0])]
    if lead and context.can_have("btree_gin"):
        shape = Shape(demand.table, "gin", (*lead, key))
        clause_too = f"{clause}, among those of one {lead[0].text}"
        yield _one(shape, f"equality and {family}", demand, clause_too, (*needs, "btree_gin"))
    yield _one(Shape(demand.table, "gin", (key,)), family, demand, clause, needs)


def _lead(demand: Demand, context: Context, term: Term) -> tuple[Key, ...]:
    """The keys that the statement compares for equality beside ``term``."""
    strong = [one for one in demand.terms if one.kind == "equal" and context.narrows(demand.table, one)]
    keys = [Key(one.key, one.columns) for one in strong if one.key != term.key]
    return context.ordered(demand.table, [k for k in keys if context.is_key(demand.table, k.text, k.columns)])


def _key(term: Term) -> Key:
    return Key(term.key, term.columns)


def _one(shape: Shape, family: str, demand: Demand, clause: str, needs: tuple[str, ...] = ()) -> Idea:
    return Idea(shape, family, demand.query, reason(demand, clause), weight(demand), needs)


def _type(term: Term, demand: Demand) -> DataType | None:
    """Of a term whose key is a column."""
    own = [column for column in demand.table.columns if quoted(column.name) == term.key]
    return own[0].type.plain if own else None


def _is(term: Term, demand: Demand, type_: str, *calls: str) -> bool:
    """Whether the key is a column of the type, or what one of the functions gives."""
    found = _type(term, demand)
    return found.name == type_ if found else any(term.key.startswith(f"{call}(") for call in calls)


def _is_document(term: Term, demand: Demand) -> bool:
    found = _type(term, demand)
    if found is not None:
        return found.name == "jsonb"
    inside = [column.type.plain.name for column in demand.table.columns if column.name in term.columns]
    one = inner(expression(term.key))
    return inside == ["jsonb"] and kind(one) == "A_Expr" and str(inner(one.name[-1]).sval) in ("->", "#>")


# -------------------------------------------------------------------------------------------------- BRIN and hash
def _summaries(demand: Demand, context: Context) -> Iterator[Idea]:
    """BRIN, where rows lie on disk in the order of what is asked for."""
    size = context.table(demand.table).pages
    if size < BRIN_PAGES:
        return
    for term in demand.terms:
        facts = context.column(demand.table, term.columns[0]) if term.kind == "range" and term.is_column else None
        if facts is None or abs(facts.correlation or 0) < BRIN_CORRELATION:
            continue
        if not context.opclass("brin", demand.table.column(term.columns[0]).type):
            continue
        pages = _range_pages(size)
        there = (index for index in context.there(demand.table) if index.method == "brin")
        if any(term.key in {key.text for key in index.keys} and _pages_of(index) <= 2 * pages for index in there):
            continue
        clause = (
            f"the order of {term.key} is that of the rows on disk (correlation {facts.correlation:.2f}), so that a "
            f"summary of each {pages} of its {count(size)} pages tells which to read"
        )
        options = () if pages == BRIN_RANGE else (f"pages_per_range={pages}",)
        yield _one(Shape(demand.table, "brin", (_key(term),), options=options), "range, by page", demand, clause)


def _range_pages(size: int) -> int:
    """Pages of a range with which a search reads least, a power of two: it reads the summary, size / (range *
    ``BRIN_ENTRIES``) pages, and about one range more than has what is looked for, which is least at the square root."""
    return min(BRIN_RANGE, 1 << max(1, round(math.log2(size / BRIN_ENTRIES) / 2)))


def _pages_of(index: IndexFacts) -> int:
    own = (option.partition("=") for option in index.options)
    return next((int(value) for name, _, value in own if name == "pages_per_range"), BRIN_RANGE)


def _hashes(demand: Demand, context: Context) -> Iterator[Idea]:
    """A hash, where nothing is asked but whether a long text is equal."""
    terms = [term for term in demand.terms if term.kind in EQUALITIES]
    if len(terms) != 1 or len(demand.terms) != 1 or demand.orders or terms[0].kind != "equal":
        return
    term = terms[0]
    facts = context.column(demand.table, term.columns[0])
    if not term.is_column or not facts or facts.width < LONG_BYTES:
        return
    if context.opclass("hash", demand.table.column(term.columns[0]).type):
        clause = f"finds by {term.key}, {count(facts.width)} bytes in the mean, of which it keeps 4"
        yield _one(Shape(demand.table, "hash", (_key(term),)), "equality, hash", demand, clause)

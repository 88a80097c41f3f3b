"""Placeholders of drivers and query libraries, turned into ``:name``: what every part of pgproof reads.

Known are ``$1``, ``:name``, ``%s``, ``%(name)s``, ``@name``, ``?`` and ``?1``, sqlc's ``sqlc.arg(name)``, ``narg``,
``slice`` and ``embed``, PgTyped's ``:name!``, aiosql's ``:name.field``, HugSQL's ``:v:name`` and ``:v*:name``, psql's
``:'name'``. Strings, comments, quoted names and dollar quotes are left alone. A question mark is a placeholder where an
operand is expected, and the operator of jsonb where one has just ended (``doc ? 'a'``; ``doc ? ?`` has both).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from bench.errors import WorkloadError
from bench.workload import sqlfile


@dataclass(frozen=True, slots=True)
class Placed:
    """A statement whose parameters are all written ``:name``."""

    sql: str
    positional: frozenset[str] = frozenset()
    """Names of ours for parameters that had only a place: ``p1``."""
    types: tuple[tuple[str, str], ...] = ()
    """What the text says of a parameter's type: ``interval $1``."""


NOTHING: Mapping[str, Sequence[str]] = MappingProxyType({})
_NAME = r"[A-Za-z_]\w*"
_DOLLAR = re.compile(r"(?<![\w$])\$(\d+)")
_PYFORMAT = re.compile(rf"%\(({_NAME})\)s")
_FORMAT = re.compile(r"%s\b")
_SQLC = re.compile(rf"\bsqlc\.(n?arg|slice)\(\s*({_NAME})\s*\)|(?<![@<>&|~!?#*/%^\w])@({_NAME})")
_SQLC_QUOTED = re.compile(rf"\bsqlc\.(n?arg|slice)\(\s*'({_NAME})'\s*\)")
_EMBED = re.compile(rf"\bsqlc\.embed\(\s*({_NAME})\s*\)")
_COLON = re.compile(rf"(?<![\w:]):(?:(value\*?|v\*?|tuple\*?|t\*?):)?({_NAME}(?:\.{_NAME})*)!?")
_DASHED = re.compile(rf"(?<![\w:]):(?:(value\*?|v\*?|tuple\*?|t\*?):)?({_NAME}(?:-[A-Za-z_]\w*)*)\??")
_PSQL = re.compile(rf"(?<![\w:]):'({_NAME})'")
_OTHERWISE = re.compile(r"/\*~\*/.*?(?=/\*~)", re.DOTALL)
"""HugSQL's second branch: ``/*~ (if …) */ :a /*~*/ NULL /*~ ) ~*/``."""
_REFUSED = re.compile(r"(?<![\w:]):((?:i|identifier|sql|raw|snip|snippet)\*?):[A-Za-z_]")
_MARK = re.compile(r"\?(\d+)?")
_OPERATOR_MARK = re.compile(r"\?[|&?]")

_OPERANDS = {"'", '"', ")", "]"}
"""What an operand ends with, beside words and numbers."""

_BEFORE_OPERAND = {
    "all", "and", "any", "as", "between", "by", "case", "distinct", "do", "else", "end", "escape", "except", "from",
    "having", "ilike", "in", "intersect", "into", "is", "like", "limit", "not", "offset", "on", "or", "over",
    "overlaps", "returning", "select", "set", "similar", "some", "symmetric", "then", "to", "union", "using",
    "values", "when", "where", "with", "interval", "date", "time", "timestamp", "timestamptz",
}  # fmt: skip
"""Keywords after which an operand begins: a question mark behind one of them is a placeholder."""

_TYPED = re.compile(
    rf"\b(interval|date|timestamptz|timestamp(?:\s+with(?:out)?\s+time\s+zone)?|time(?:\s+with(?:out)?\s+time\s+zone)?)"
    rf"\s+:({_NAME})",
    re.IGNORECASE,
)
_LIST = re.compile(rf"\b(NOT\s+)?IN\s*(?:(:{_NAME})|\(\s*(:{_NAME})\s*\))", re.IGNORECASE)
_FETCH = re.compile(rf"\b(FETCH\s+(?:FIRST|NEXT)\s+)(:{_NAME})(?=\s+ROWS?\b)", re.IGNORECASE)
"""Of an expression the grammar wants brackets, and a cast makes one."""
_EXTRACT = re.compile(rf"\bextract\s*\(\s*(:{_NAME})\s+FROM\b", re.IGNORECASE)


def masked(sql: str) -> str:
    """The text with blanks in the place of strings, comments and quoted names; as long as before.

    The quotes stay, so that it can be seen that something stood there.
    """
    parts, position = [], 0
    for token in sqlfile.tokens(sql, ""):
        if token.kind in ("comment", "string", "ident"):
            mark = " " if token.kind == "comment" else sql[token.end - 1]
            parts += [sql[position : token.start], mark, " " * (token.end - token.start - 2), mark]
            position = token.end
    return "".join([*parts, sql[position:]])


def placed(sql: str, where: str, *, dashes: bool = False, spread: Mapping[str, Sequence[str]] = NOTHING) -> Placed:
    """Turn the placeholders of ``sql``, of whichever kind it uses, into ``:name``.

    ``dashes``: names may hold them, as HugSQL's do. ``spread``: parameters that stand for a row of these fields, as
    PgTyped's do.

    Raises:
        WorkloadError: it asks for a piece of SQL (HugSQL's ``:i:``, ``:sql:``): ``where`` says of which statement.
    """
    sql = _OTHERWISE.sub(" ", _SQLC_QUOTED.sub(r"sqlc.\1(\2)", sql))
    if "--~" in sql:
        raise WorkloadError(f"{where}: a Clojure expression (--~) decides what this statement is")
    mask = masked(sql)
    if refused := _REFUSED.search(mask):
        raise WorkloadError(f"{where}: :{refused[1]}: stands for a piece of SQL, which no prepared statement takes")
    if ":'" in mask:
        sql = _PSQL.sub(r":\1", sql)
    found = _Found()
    named = _named(sql, masked(sql), found, dashes=dashes)
    for name, fields in spread.items():
        named = _spread(named, name, fields)
    named = _sub(_EMBED, named, masked(named), lambda one: f"{one[1]}.*")
    text, types = _repaired(named, found.lists)
    return Placed(text, frozenset(found.positional), types)


def _spread(sql: str, name: str, fields: Sequence[str]) -> str:
    row = f"({', '.join(f':{name}_{field}' for field in fields)})"
    return _sub(re.compile(rf"(?<![\w:]):{name}\b"), sql, masked(sql), lambda _: row)


@dataclass(slots=True)
class _Found:
    positional: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)

    def number(self, found: re.Match[str]) -> str:
        number = found[1] if found.re.groups and found[1] else len(self.positional) + 1
        self.positional.add(f"p{number}")
        return f":p{number}"

    def colon(self, found: re.Match[str]) -> str:
        name = re.sub("[-.]", "_", found[2])
        if (found[1] or "").endswith("*"):
            self.lists.add(name)
        return f":{name}"

    def sqlc(self, found: re.Match[str]) -> str:
        name = found[2] or found[3]
        if found[1] == "slice":
            self.lists.add(name)
        return f":{name}"


def _named(sql: str, mask: str, found: _Found, *, dashes: bool) -> str:
    if _PYFORMAT.search(mask) or _FORMAT.search(mask):
        text = _sub(_PYFORMAT, sql, mask, lambda one: f":{one[1]}")
        return _sub(_FORMAT, text, masked(text), found.number).replace("%%", "%")
    if _DOLLAR.search(mask) or _SQLC.search(mask):  # sqlc takes both in one statement
        text = _sub(_SQLC, sql, mask, found.sqlc)
        return _sub(_DOLLAR, text, masked(text), found.number)
    colon = _DASHED if dashes else _COLON
    if colon.search(mask):
        return _sub(colon, sql, mask, found.colon)
    return _questions(sql, mask, found.positional)


def _sub(pattern: re.Pattern[str], text: str, mask: str, make: Callable[[re.Match[str]], str]) -> str:
    """Replace what ``pattern`` finds in ``mask``, in ``text``, which is as long."""
    parts, position = [], 0
    for found in pattern.finditer(mask):
        parts += [text[position : found.start()], make(found)]
        position = found.end()
    return "".join([*parts, text[position:]])


def _questions(sql: str, mask: str, positional: set[str]) -> str:
    parts, position, start = [], 0, 0
    while (at := mask.find("?", start)) >= 0:
        start = at + 1
        if _OPERATOR_MARK.match(mask, at):
            doubled = mask.startswith("??", at)  # JDBC writes the operator so
            if doubled and _after_operand(mask[:at]):
                parts += [sql[position:at], "?"]
                position = at + 2
            start = at + 2
            continue
        if mask[at - 1 : at] == "@" or _after_operand(mask[:at]):
            continue
        found = _MARK.match(mask, at)
        assert found
        name = f"p{found[1] or len(positional) + 1}"
        positional.add(name)
        parts += [sql[position:at], f":{name}"]
        position = start = found.end()
    return "".join([*parts, sql[position:]])


def _after_operand(before: str) -> bool:
    """Whether an operand has just ended: what comes next is an operator."""
    text = before.rstrip()
    if not text or text[-1] in _OPERANDS:
        return bool(text)
    word = re.search(r"[\w.$]+$", text)
    if not word:
        return text[-1] == "?" and not text.endswith(("??", "@?")) and not _after_operand(text[:-1])
    return word[0].lower() not in _BEFORE_OPERAND


def _repaired(sql: str, lists: set[str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Write what no parameter may stand in so that one may: ``IN $1``, ``extract($1 FROM x)``, ``interval $1``."""

    def listed(found: re.Match[str]) -> str:
        name = found[2] or found[3]
        if not found[2] and name[1:] not in lists:
            return found[0]  # a list of one
        return f"<> ALL ({name})" if found[1] else f"= ANY ({name})"

    sql = _sub(_LIST, sql, masked(sql), listed)
    sql = _sub(_FETCH, sql, masked(sql), lambda found: f"{found[1]}({found[2]})")
    return typed_literals(_sub(_EXTRACT, sql, masked(sql), lambda found: f"date_part({found[1]},"))


def typed_literals(sql: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """``interval :a`` as ``:a``, and that its type is interval: a literal's type may stand before no parameter."""
    types: dict[str, str] = {}

    def typed(found: re.Match[str]) -> str:
        types[found[2]] = " ".join(found[1].lower().split())
        return f":{found[2]}"

    return _sub(_TYPED, sql, masked(sql), typed), tuple(types.items())

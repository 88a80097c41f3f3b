"""A condition in the server's canonical text as a small tree, which the reader of limits matches on.

PostgreSQL's grammar takes the text apart (``bench.syntax.tree``); what is only another spelling is made one here:
BETWEEN, IN, IS TRUE, brackets, collations, ``OPERATOR(pg_catalog.=)``, minus before a number, array literals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from bench.syntax.tree import Node, NotParsed, inner, kind, parse, statement


@dataclass(frozen=True, slots=True)
class Expr:
    """A node: ``kind`` says which.

    ======== =============================== ==========================================
    kind     name                            args
    ======== =============================== ==========================================
    column   the column's
    const    its text                        ``type`` as it was cast
    null, true, false, unread (which nothing is known of)
    and, or, not                             conditions
    isnull                                   one
    op       ``=``, ``<``, ``~``, ``+``      one or two
    any, all the operator                    what is compared, an array
    call     the function's, without schema  its arguments
    cast     the type's                      one
    array                                    its elements
    case                                     condition, result, condition, result, …, otherwise
    ======== =============================== ==========================================
    """

    kind: str
    name: str = ""
    args: tuple[Expr, ...] = ()
    type: str = ""

    def walk(self) -> Iterator[Expr]:
        """Itself and everything below."""
        yield self
        for arg in self.args:
            yield from arg.walk()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns in it, each once, in order."""
        return tuple(dict.fromkeys(node.name for node in self.walk() if node.kind == "column"))


TRUE, FALSE, NULL, UNREAD = Expr("true"), Expr("false"), Expr("null"), Expr("unread")

INVERSE = {
    "=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
    "~": "!~", "!~": "~", "~*": "!~*", "!~*": "~*", "~~": "!~~", "!~~": "~~", "~~*": "!~~*", "!~~*": "~~*",
}  # fmt: skip
"""Of an operator the one that says the opposite, with NULL where it says NULL."""
FLIPPED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
"""The same comparison with its sides changed over."""


def read(text: str) -> Expr:
    """The tree of a condition; ``UNREAD`` where PostgreSQL's grammar does not take it."""
    try:
        select = statement(parse(f"SELECT {text}"))
    except NotParsed:
        return UNREAD
    return _node(inner(select.target_list[0]).val)


def conjunction(args: list[Expr]) -> Expr:
    """All of ``args``."""
    return args[0] if len(args) == 1 else Expr("and", args=tuple(args))


def negation(node: Expr) -> Expr:
    """The opposite, NULL where ``node`` is NULL, with NOT as far down as it goes."""
    match node:
        case Expr("not", _, (arg,)):
            return arg
        case Expr("and" | "or" as word, _, args):
            return Expr("or" if word == "and" else "and", args=tuple(negation(arg) for arg in args))
        case Expr("op", name, (_, _) as args) if name in INVERSE:
            return Expr("op", INVERSE[name], args)
        case Expr("any" | "all" as word, name, args) if name in INVERSE:
            return Expr("all" if word == "any" else "any", INVERSE[name], args)
        case Expr("true"):
            return FALSE
        case Expr("false"):
            return TRUE
    return Expr("not", args=(node,))


def _node(node: Node) -> Expr:
    node = inner(node)
    reader = _READERS.get(kind(node))
    return reader(node) if reader else UNREAD


def _word(node: Node, field: str) -> str:
    """The name of the value that a field of enumerated values has."""
    known: Mapping[int, Node] = node.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return str(known[getattr(node, field)].name)


def _names(parts: Iterable[Node]) -> list[str]:
    return [inner(part).sval for part in parts]


def _column(node: Node) -> Expr:
    last = inner(node.fields[-1])
    return Expr("column", last.sval) if kind(last) == "String" else UNREAD


def _const(node: Node) -> Expr:
    match "null" if node.isnull else node.WhichOneof("val"):
        case "null":
            return NULL
        case "ival":
            return Expr("const", str(node.ival.ival), type="int4")
        case "fval":
            return Expr("const", node.fval.fval, type="numeric")
        case "boolval":
            return TRUE if node.boolval.boolval else FALSE
        case "sval":
            return Expr("const", node.sval.sval)
        case "bsval":
            return Expr("const", node.bsval.bsval[1:], type="bit")
    return UNREAD


def _cast(node: Node) -> Expr:
    arg, names = _node(node.arg), _names(node.type_name.names)
    name = names[-1] if names else ""
    if node.type_name.array_bounds:
        if arg.kind == "const":
            return _array_literal(arg.name, name)
        if arg.kind == "array":
            return Expr("array", args=tuple(_as(item, name) for item in arg.args))
        name += "[]"
    return _as(arg, name)


def _as(arg: Expr, name: str) -> Expr:
    match arg:
        case Expr("const") if name == "bool" and arg.name.lower() in ("t", "true", "f", "false"):
            return TRUE if arg.name.lower().startswith("t") else FALSE
        case Expr("const"):
            return Expr("const", arg.name, type=name)
        case Expr("null"):
            return arg
    return Expr("cast", name, (arg,))


def _array_literal(text: str, name: str) -> Expr:
    from bench.inference.limits.literals import array_items

    return Expr(
        "array", args=tuple(NULL if item is None else _as(Expr("const", item), name) for item in array_items(text))
    )


def _operator(node: Node) -> Expr:
    how = _word(node, "kind")
    name = _names(node.name)[-1] if node.name else ""
    right = _node(node.rexpr)
    if not node.HasField("lexpr"):
        return _minus(right) if name == "-" else right if name == "+" else Expr("op", name, (right,))
    left = _node(node.lexpr)
    args = (left, right)
    if name in ("+", "-") and left.name.startswith(("now", "today")) and right.kind == "const":
        return later(left, name, right)
    match how:
        case "AEXPR_OP" | "AEXPR_LIKE" | "AEXPR_ILIKE" | "AEXPR_SIMILAR":
            return Expr("op", {"!=": "<>"}.get(name, name), args)
        case "AEXPR_OP_ANY" | "AEXPR_OP_ALL":
            return Expr("any" if how.endswith("ANY") else "all", name, args)
        case "AEXPR_IN":
            return Expr("any" if name == "=" else "all", name, (left, _list(node.rexpr)))
        case "AEXPR_NULLIF":
            return Expr("call", "nullif", args)
        case "AEXPR_DISTINCT":
            return negation(_same(left, right))
        case "AEXPR_NOT_DISTINCT":
            return _same(left, right)
        case "AEXPR_BETWEEN" | "AEXPR_NOT_BETWEEN":
            low, high = _list(node.rexpr).args
            within = conjunction([Expr("op", ">=", (left, low)), Expr("op", "<=", (left, high))])
            return within if how == "AEXPR_BETWEEN" else negation(within)
    return UNREAD


def later(left: Expr, sign: str, right: Expr) -> Expr:
    """``CURRENT_DATE - '18 years'::interval`` as one constant, which ``literals.moment`` reads."""
    from bench.inference.limits.literals import seconds

    amount = int(right.name) * 86400 if right.name.isdigit() else seconds(right.name)
    return replace(left, name=f"{left.name} {sign}{amount:.0f} sec")


def _minus(arg: Expr) -> Expr:
    if arg.kind == "const":
        return Expr("const", arg.name[1:] if arg.name.startswith("-") else f"-{arg.name}", type=arg.type)
    return Expr("op", "-", (Expr("const", "0", type="int4"), arg))


def _list(node: Node) -> Expr:
    node = inner(node)
    return Expr("array", args=tuple(_node(item) for item in getattr(node, "items", ())))


def _same(left: Expr, right: Expr) -> Expr:
    """IS NOT DISTINCT FROM."""
    if NULL in (left, right):
        return Expr("isnull", args=(left if right == NULL else right,))
    known = [Expr("not", args=(Expr("isnull", args=(side,)),)) for side in (left, right) if side.columns]
    equal = conjunction([Expr("op", "=", (left, right)), *known])
    if len(known) < 2:
        return equal
    return Expr("or", args=(equal, conjunction([Expr("isnull", args=(left,)), Expr("isnull", args=(right,))])))


def _bool(node: Node) -> Expr:
    args = tuple(_node(arg) for arg in node.args)
    if node.boolop == 3:  # NOT_EXPR
        return negation(args[0])
    return Expr("and" if node.boolop == 1 else "or", args=args)


def _null_test(node: Node) -> Expr:
    test = Expr("isnull", args=(_node(node.arg),))
    return test if node.nulltesttype == 1 else negation(test)


def _boolean_test(node: Node) -> Expr:
    arg = _node(node.arg)
    null = Expr("isnull", args=(arg,))
    tests = {
        1: conjunction([arg, negation(null)]),
        2: Expr("or", args=(negation(arg), null)),
        3: conjunction([negation(arg), negation(null)]),
        4: Expr("or", args=(arg, null)),
        5: null,
        6: negation(null),
    }
    return tests.get(node.booltesttype, UNREAD)


_NOW = {"now", "transaction_timestamp", "statement_timestamp", "clock_timestamp"}


def _call(node: Node) -> Expr:
    names = _names(node.funcname)
    if names[-1] in _NOW:
        return Expr("const", "now", type="timestamptz")
    args = [_node(arg) for arg in node.args]
    if node.func_variadic and args and args[-1].kind == "array":
        args[-1:] = args[-1].args
    return Expr("call", names[-1], tuple(args), type=".".join(names))


def _case(node: Node) -> Expr:
    parts: list[Expr] = []
    for item in map(inner, node.args):
        when = _node(item.expr)
        parts += [Expr("op", "=", (_node(node.arg), when)) if node.HasField("arg") else when, _node(item.result)]
    return Expr("case", args=(*parts, _node(node.defresult) if node.HasField("defresult") else NULL))


def _clock(node: Node) -> Expr:
    word = _word(node, "op")
    if "DATE" in word:
        return Expr("const", "today", type="date")
    return Expr("const", "now", type="timestamptz") if "TIMESTAMP" in word else UNREAD


_READERS: Mapping[str, Callable[[Node], Expr]] = {
    "ColumnRef": _column,
    "A_Const": _const,
    "TypeCast": _cast,
    "A_Expr": _operator,
    "BoolExpr": _bool,
    "NullTest": _null_test,
    "BooleanTest": _boolean_test,
    "FuncCall": _call,
    "CaseExpr": _case,
    "SQLValueFunction": _clock,
    "CollateClause": lambda node: _node(node.arg),
    "A_ArrayExpr": lambda node: Expr("array", args=tuple(_node(item) for item in node.elements)),
    "CoalesceExpr": lambda node: Expr("call", "coalesce", tuple(_node(arg) for arg in node.args)),
    "MinMaxExpr": lambda node: Expr("call", "least" if node.op == 2 else "greatest", tuple(map(_node, node.args))),
}

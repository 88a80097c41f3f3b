"""Schemas of chance, made of the features that rows have to cope with; each of them can be filled."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

SETUP = (
    "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');"
    "CREATE DOMAIN positive AS int CHECK (VALUE > 0);"
    "CREATE FUNCTION odd(n int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN n % 2 = 1; END'"
)
VALUES = (
    "int", "bigint", "smallint", "text", "varchar(12)", "char(3)", "boolean", "timestamptz", "date", "numeric(8, 2)",
    "uuid", "jsonb", "mood", "positive", "int[]", "text[]", "bytea", "inet", "interval", "int4range",
    "double precision",
)  # fmt: skip
CHECKS = (
    ("int", "{c} BETWEEN 3 AND 90"), ("int", "{c} IN (1, 2, 5)"), ("int", "odd({c})"), ("int", "{c} <> 7"),
    ("text", "{c} IN ('new', 'paid', 'sent')"), ("text", "length({c}) BETWEEN 2 AND 9"),
    ("text", "{c} ~ '^[a-z]{{3,8}}$'"),
    ("text", "{c} = lower({c})"), ("numeric(8, 2)", "{c} >= 0"), ("date", "{c} >= '2024-01-01'"),
    ("jsonb", "jsonb_typeof({c}) = 'object'"), ("text[]", "cardinality({c}) > 0"),
)  # fmt: skip
PAIRS = (
    ("timestamptz", "{a} <= {b}"), ("int", "{a} < {b}"), ("int", "num_nonnulls({a}, {b}) = 1"),
    ("text", "({a} IS NULL) <> ({b} IS NULL)"), ("numeric(8, 2)", "{a} + {b} <= 1000"),
    ("boolean", "NOT ({a} AND {b})"),
)  # fmt: skip
KEYS = {
    "serial": ("id serial PRIMARY KEY", ("id int",)),
    "identity": ("id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY", ("id bigint",)),
    "uuid": ("id uuid PRIMARY KEY", ("id uuid",)),
    "text": ("code varchar(20) PRIMARY KEY", ("code varchar(20)",)),
    "short": ("code char(2) PRIMARY KEY", ("code char(2)",)),
    "pair": ("a int, b int, PRIMARY KEY (a, b)", ("a int", "b int")),
    "unique": ("id int UNIQUE NOT NULL", ("id int",)),
}


@dataclass
class Made:
    """A table so far."""

    name: str
    key: tuple[str, ...]
    """Columns that others may refer to, each with its type."""
    lines: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    suffix: str = ""


def make(random: Random) -> str:
    """The statements of a schema of one to six tables."""
    tables: list[Made] = []
    for number in range(random.randint(1, 6)):
        tables.append(_table(random, f"t{number}", tables))
    if len(tables) > 1 and random.random() < 0.4:
        first, last = tables[0], tables[-1]
        if last.key:
            _refer(random, first, last, "back", random.choice(["", " NOT NULL"]), later=True)
    parts = [SETUP, *(f"CREATE TABLE {t.name} ({', '.join(t.lines)}){t.suffix}" for t in tables)]
    return ";\n".join([*parts, *(statement for table in tables for statement in table.after)])


def _table(random: Random, name: str, before: list[Made]) -> Made:
    parents = [table for table in before if table.key]
    kind = random.choice(["plain"] * 6 + ["partitioned", "join", "child", "exclusion"])
    if kind == "join" and len(parents) > 1:
        return _join(name, *random.sample(parents, 2))
    if kind == "child" and parents:
        return _child(name, random.choice(parents))
    if kind == "partitioned":
        return _partitioned(random, name)
    line, key = KEYS[random.choice(list(KEYS))]
    made = Made(name, key, [line])
    for number, parent in enumerate(random.sample(parents, min(len(parents), random.randint(0, 2)))):
        _refer(random, made, parent, f"p{number}", random.choice(["", " NOT NULL"]))
    if random.random() < 0.3:
        _refer(random, made, made, "self", random.choice(["", "", " NOT NULL"]))
    for number in range(random.randint(0, 4)):
        made.lines.append(f"v{number} {random.choice(VALUES)}{random.choice(['', ' NOT NULL'])}")
    _checks(random, made)
    _uniques(random, made)
    if kind == "exclusion":
        made.lines += ["low timestamptz NOT NULL", "high timestamptz NOT NULL", "CHECK (low < high)",
                       "EXCLUDE USING gist (tstzrange(low, high) WITH &&)"]  # fmt: skip
    if random.random() < 0.2:
        made.lines.append("made int GENERATED ALWAYS AS (1 + 1) STORED")
    return made


def _refer(
    random: Random, child: Made, parent: Made, prefix: str, given: str, *, later: bool = False
) -> None:  # fmt: skip
    columns = [column.split(" ", 1) for column in parent.key]
    names = [f"{prefix}_{name}" for name, _ in columns]
    full = random.choice(["", " MATCH FULL"]) if len(names) > 1 else ""
    deferrable = random.choice(["", "", " DEFERRABLE INITIALLY DEFERRED"])
    to = ", ".join(name for name, _ in columns)
    key = f"FOREIGN KEY ({', '.join(names)}) REFERENCES {parent.name} ({to}){full}{deferrable}"
    lines = [f"{name} {kind}{given}" for name, (_, kind) in zip(names, columns, strict=True)]
    if later:
        child.after.append(f"ALTER TABLE {child.name} {', '.join(f'ADD COLUMN {line}' for line in lines)}, ADD {key}")
    else:
        child.lines += [*lines, key]


def _checks(random: Random, made: Made) -> None:
    for number in range(random.randint(0, 2)):
        kind, condition = random.choice(CHECKS)
        made.lines.append(
            f"c{number} {kind}{random.choice(['', ' NOT NULL'])} CHECK ({condition.format(c=f'c{number}')})"
        )
    if random.random() < 0.3:
        kind, condition = random.choice(PAIRS)
        made.lines += [f"x {kind}", f"y {kind}", f"CHECK ({condition.format(a='x', b='y')})"]
    if random.random() < 0.1:
        made.after.append(f"ALTER TABLE {made.name} ADD CONSTRAINT later CHECK (1 = 1) NOT VALID")


def _uniques(random: Random, made: Made) -> None:
    choice = random.choice(["", "", "several", "nulls", "partial", "lower", "deferrable"])
    if choice:
        made.lines += ["u text", "w int", "gone_at timestamptz"]
    if choice == "several":
        made.lines.append("UNIQUE (u, w)")
    if choice == "nulls":
        made.lines.append("UNIQUE NULLS NOT DISTINCT (u)")
    if choice == "partial":
        made.after.append(f"CREATE UNIQUE INDEX ON {made.name} (w) WHERE gone_at IS NULL")
    if choice == "lower":
        made.after.append(f"CREATE UNIQUE INDEX ON {made.name} (lower(u))")
    if choice == "deferrable":
        made.lines.append("UNIQUE (w) DEFERRABLE")


def _join(name: str, left: Made, right: Made) -> Made:
    made, keys = Made(name, ()), []
    for prefix, parent in (("l", left), ("r", right)):
        columns = [column.split(" ", 1) for column in parent.key]
        names = [f"{prefix}_{column}" for column, _ in columns]
        keys += names
        made.lines += [f"{n} {kind}" for n, (_, kind) in zip(names, columns, strict=True)]
        to = ", ".join(column for column, _ in columns)
        made.lines.append(f"FOREIGN KEY ({', '.join(names)}) REFERENCES {parent.name} ({to})")
    made.lines.append(f"PRIMARY KEY ({', '.join(keys)})")
    return made


def _child(name: str, parent: Made) -> Made:
    names = ", ".join(column.split(" ", 1)[0] for column in parent.key)
    lines = [
        *parent.key,
        f"PRIMARY KEY ({names})",
        f"FOREIGN KEY ({names}) REFERENCES {parent.name} ({names})",
        "note text",
    ]
    return Made(name, parent.key, lines)


def _partitioned(random: Random, name: str) -> Made:
    made = Made(
        name, (), ["id bigint NOT NULL", "at date NOT NULL", "kind text NOT NULL", "PRIMARY KEY (id, at, kind)"]
    )
    match random.choice(["range", "list", "hash", "none"]):
        case "range":
            made.suffix = " PARTITION BY RANGE (at)"
            bounds = ["FROM ('2025-01-01') TO ('2025-07-01')", "FROM ('2025-07-01') TO ('2026-01-01')"]
        case "list":
            made.suffix, bounds = " PARTITION BY LIST (kind)", ["IN ('a', 'b')", "IN ('c')"]
        case "hash":
            made.suffix = " PARTITION BY HASH (id)"
            bounds = ["WITH (MODULUS 2, REMAINDER 0)", "WITH (MODULUS 2, REMAINDER 1)"]
        case _:
            made.suffix, bounds = " PARTITION BY RANGE (at)", []
    made.after = [f"CREATE TABLE {name}_{n} PARTITION OF {name} FOR VALUES {one}" for n, one in enumerate(bounds)]
    return made

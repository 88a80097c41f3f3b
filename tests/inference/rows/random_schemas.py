"""Schemas of chance, made of the features that rows have to cope with; each of them can be filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.inference.rows.schema_features import (
    CHECKS,
    EXTENSIONS,
    KEYS,
    PAIRS,
    SETUP,
    TRIGGERS,
    UNIQUES,
    VALUES,
    WIDER,
    Feature,
)


@dataclass(frozen=True)
class Chance:
    """A schema, and which features of ``schema_features.FEATURES`` are in it."""

    text: str
    features: frozenset[str]
    extensions: tuple[str, ...]
    """To be there before; some only a superuser may make."""


@dataclass
class Made:
    """A table so far."""

    name: str
    key: tuple[str, ...] = ()
    """Columns that others may refer to, each with its type."""
    lines: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    """Statements that follow those of all tables."""
    before: list[str] = field(default_factory=list)
    suffix: str = ""
    period: bool = False
    """The last column of the key is a period, of which no two overlap."""
    of_type: str = ""
    rows: str = ""
    """An INSERT of rows that are there before; of columns that are there before others are added."""

    @property
    def statement(self) -> str:
        """What makes the table."""
        return f"CREATE TABLE {self.name} {self.of_type}({', '.join(self.lines)}){self.suffix}"


def make(random: Random) -> Chance:
    """The statements of a schema of one to seven tables."""
    return _Maker(random).make()


class _Maker:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.tables: list[Made] = []
        self.features: set[str] = set()
        self.extensions = {name for name in EXTENSIONS if random.random() < 0.3}

    def make(self) -> Chance:
        for number in range(self.random.randint(1, 7)):
            self.tables.append(self._table(f"t{number}"))
        self._close_circle()
        parts = [*SETUP]
        for table in self.tables:
            parts += [*table.before, table.statement, *([table.rows] if table.rows else [])]
        parts += [statement for table in self.tables for statement in table.after]
        return Chance(";\n".join(parts), frozenset(self.features), tuple(sorted(self.extensions)))

    def use(self, *features: str) -> None:
        """Note features that the schema has."""
        self.features.update(features)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def feature(self, found: Sequence[Feature]) -> Feature:
        """One of those whose extension the schema has."""
        chosen = self.random.choice([one for one in found if not one.extension or one.extension in self.extensions])
        self.use(chosen.name)
        return chosen

    def not_null(self, share: float = 0.5) -> str:
        if not self.chance(share):
            return ""
        self.use("NOT NULL")
        return " NOT NULL"

    def _close_circle(self) -> None:
        """Have the first table refer to a later one."""
        first, last = self.tables[0], self.tables[-1]
        if first is last or first.suffix or first.of_type or not last.key or last.period or not self.chance(0.4):
            return
        given = "" if first.rows else self.not_null()
        self.refer(first, last, "back", given, later=True)
        self.use("NOT NULL cycle" if given else "cycle")

    # -- tables -------------------------------------------------------------------------------------------------

    def _table(self, name: str) -> Made:
        parents = [table for table in self.tables if table.key and not table.period]
        periods = [table for table in self.tables if table.period]
        shapes: dict[str, tuple[float, Callable[[], Made]]] = {
            "plain": (6, lambda: self._plain(name, parents)),
            "partitioned": (1.5, lambda: self._partitioned(name, parents)),
            "tenants": (0.7, lambda: self._tenants(name)),
            "typed": (0.4, lambda: self._typed(name)),
        }
        if len(parents) > 1:
            shapes["join"] = 1, lambda: self._join(name, *self.random.sample(parents, 2))
        if parents:
            shapes["child"] = 1, lambda: self._child(name, self.random.choice(parents))
        if "btree_gist" in self.extensions:
            shapes["period"] = 3, lambda: self._period(name, periods)
        if inheritable := [table for table in self.tables if table.key and not table.suffix and not table.of_type]:
            shapes["heir"] = 0.6, lambda: self._heir(name, self.random.choice(inheritable))
        weights = [weight for weight, _ in shapes.values()]
        return self.random.choices([make for _, make in shapes.values()], weights)[0]()

    def _plain(self, name: str, parents: Sequence[Made]) -> Made:
        one = self.feature(KEYS)
        made = Made(name, tuple(one.more), [one.text])
        if one.insert and self.chance(0.15):
            made.rows = one.insert.format(t=name)
            self.use("rows already there")
        if not made.rows:
            for number, parent in enumerate(self.random.sample(parents, min(len(parents), self.random.randint(0, 2)))):
                self.refer(made, parent, f"p{number}", self.not_null())
            if made.key and self.chance(0.3):
                given = self.not_null(0.3)
                self.use("self, NOT NULL" if given else "self")
                self.refer(made, made, "self", given)
            self._columns(made)
        self._around(made)
        return made

    def _columns(self, made: Made) -> None:
        for number in range(self.random.randint(0, 4)):
            made.lines.append(f"v{number} {self.feature(VALUES).text}{self.not_null()}")
        for number in range(self.random.randint(0, 2)):
            one = self.feature(CHECKS)
            made.lines.append(f"c{number} {one.text}{self.not_null()} CHECK ({one.more[0].format(c=f'c{number}')})")
        if self.chance(0.3):
            one = self.feature(PAIRS)
            made.lines += [f"x {one.text}", f"y {one.text}", f"CHECK ({one.more[0].format(a='x', b='y')})"]
        if self.chance(0.6):
            one = self.feature(UNIQUES)
            made.lines += ["u text", "w int", "gone_at timestamptz", "low timestamptz NOT NULL",
                           "high timestamptz NOT NULL", "CHECK (low < high)"]  # fmt: skip
            made.lines += [one.text] if one.text else []
            made.after += [statement.format(t=made.name) for statement in one.more]
            if self.chance(0.3) and not one.extension:
                made.lines.append("made text GENERATED ALWAYS AS (lower(u)) STORED")
                self.use("generated, stored")

    def _around(self, made: Made) -> None:
        """What stands around columns and keys."""
        if self.chance(0.1):
            made.after.append(f"ALTER TABLE {made.name} ADD CONSTRAINT later CHECK (1 = 1) NOT VALID")
            self.use("NOT VALID")
        if self.chance(0.1):
            made.after.append(f"ALTER TABLE {made.name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
            self.use("forced row-level security")
        if self.chance(0.15):
            made.after.append(self.feature(TRIGGERS).text.format(t=made.name))

    def _join(self, name: str, left: Made, right: Made) -> Made:
        self.use("key of foreign keys alone")
        made = Made(name)
        keys = [*self.refer(made, left, "l", "", plain=True), *self.refer(made, right, "r", "", plain=True)]
        made.lines.append(f"PRIMARY KEY ({', '.join(keys)})")
        return made

    def _child(self, name: str, parent: Made) -> Made:
        self.use("key is the parent's")
        names = ", ".join(column.split(" ", 1)[0] for column in parent.key)
        made = Made(name, parent.key, [*parent.key, f"PRIMARY KEY ({names})", "note text"])
        made.lines.append(f"FOREIGN KEY ({names}) REFERENCES {parent.name} ({names})")
        return made

    def _tenants(self, name: str) -> Made:
        """Four tables in one: the last refers twice to tables that share its tenant."""
        self.use("composite", "overlapping", "key of foreign keys alone")
        made = Made(name, ("tenant int", "id int"))
        a, b = f"{name}_a", f"{name}_b"
        self.use("self, composite")
        made.before = [
            f"CREATE TABLE {a} (tenant int, id int, boss int, PRIMARY KEY (tenant, id),"
            f" FOREIGN KEY (tenant, boss) REFERENCES {a})",
            f"CREATE TABLE {b} (tenant int, id int, PRIMARY KEY (tenant, id))",
        ]
        given = self.not_null()
        full = self.random.choice(["", " MATCH FULL"]) if given else ""
        self.use(*(["MATCH FULL"] if full else []))
        made.lines = [
            "tenant int NOT NULL", "id int NOT NULL", f"a int{given}", f"b int{given}", "PRIMARY KEY (tenant, id)",
            f"FOREIGN KEY (tenant, a) REFERENCES {a}{full}", f"FOREIGN KEY (tenant, b) REFERENCES {b}{full}",
        ]  # fmt: skip
        if self.chance(0.5):
            made.lines.append("UNIQUE (tenant, a, b)")
        return made

    def _typed(self, name: str) -> Made:
        self.use("typed table")
        made = Made(name, ("id int",), ["PRIMARY KEY (id)", "label WITH OPTIONS NOT NULL", "CHECK (at > '2024-01-01')"])
        made.before = [f"CREATE TYPE {name}_row AS (id int, label varchar(20), at date)"]
        made.of_type = f"OF {name}_row "
        return made

    def _heir(self, name: str, parent: Made) -> Made:
        self.use("inheritance")
        return Made(name, (), ["extra int CHECK (extra > 3)"], suffix=f" INHERITS ({parent.name})")

    def _period(self, name: str, periods: Sequence[Made]) -> Made:
        self.use("WITHOUT OVERLAPS")
        kinds = [table.key[1].split(" ")[1] for table in periods] or ["daterange", "int4range", "datemultirange"]
        kind = self.random.choice(kinds)
        made = Made(name, ("id int", f"during {kind}"), ["id int", f"during {kind}"], period=True)
        made.lines.append("PRIMARY KEY (id, during WITHOUT OVERLAPS)")
        same = [table for table in periods if table.key == made.key]
        if same and self.chance(0.9):
            self.use("PERIOD")
            made.lines += [f"p int{self.not_null()}", f"FOREIGN KEY (p, PERIOD during) REFERENCES {same[0].name}"
                           " (id, PERIOD during)"]  # fmt: skip
        return made

    def _partitioned(self, name: str, parents: Sequence[Made]) -> Made:
        keys = ["id", "at", "kind"]
        made = Made(name, (), ["id bigint NOT NULL", "at date NOT NULL", "kind text NOT NULL"])
        if parents and self.chance(0.3):
            self.refer(made, self.random.choice(parents), "p0", self.not_null())
        made.lines.append(f"PRIMARY KEY ({', '.join(keys)})")
        strategy = self.random.choice(list(PARTITIONS))
        self.use(strategy)
        made.suffix, bounds = PARTITIONS[strategy]
        made.suffix = f" PARTITION BY {made.suffix}"
        for number, (parent, one) in enumerate(bounds):
            of = f"{name}_{parent}" if parent else name
            made.after.append(f"CREATE TABLE {name}_{number} PARTITION OF {of} {one}")
        return made

    # -- foreign keys -------------------------------------------------------------------------------------------

    def refer(
        self, child: Made, parent: Made, prefix: str, given: str, *, later: bool = False, plain: bool = False
    ) -> list[str]:  # fmt: skip
        """Have ``child`` refer to the key of ``parent``; return its columns."""
        columns = [column.split(" ", 1) for column in parent.key]
        names, to = [f"{prefix}_{name}" for name, _ in columns], ", ".join(name for name, _ in columns)
        kinds = [kind for _, kind in columns]
        if not plain and kinds[0] in WIDER and self.chance(0.15):
            kinds[0] = WIDER[kinds[0]]
            self.use("foreign key of another type")
        options = "" if plain else self._options(len(names))
        key = f"FOREIGN KEY ({', '.join(names)}) REFERENCES {parent.name} ({to}){options}"
        lines = [f"{name} {kind}{given}" for name, kind in zip(names, kinds, strict=True)]
        if later:
            added = ", ".join(f"ADD COLUMN {line}" for line in lines)
            child.after.insert(0, f"ALTER TABLE {child.name} {added}, ADD {key}")
        else:
            child.lines += [*lines, key]
        return names

    def _options(self, columns: int) -> str:
        full = columns > 1 and self.chance(0.5)
        deferrable = self.chance(0.3)
        self.use(*(["MATCH FULL"] if full else []), *(["deferrable"] if deferrable else []))
        self.use(*(["composite"] if columns > 1 else []))
        return f"{' MATCH FULL' if full else ''}{' DEFERRABLE INITIALLY DEFERRED' if deferrable else ''}"


_HALVES = ("FOR VALUES FROM ('2025-01-01') TO ('2025-07-01')", "FOR VALUES FROM ('2025-07-01') TO ('2026-01-01')")
_CORNERS = (
    "FOR VALUES FROM ('a', '2025-01-01') TO ('b', '2025-06-01')",
    "FOR VALUES FROM ('b', '2025-06-01') TO ('d', MINVALUE)",
)
PARTITIONS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "partitions by range, no default": ("RANGE (at)", (("", _HALVES[0]), ("", _HALVES[1]))),
    "partitions by two columns": ("RANGE (kind, at)", (("", _CORNERS[0]), ("", _CORNERS[1]))),
    "partitions by list": ("LIST (kind)", (("", "FOR VALUES IN ('a', 'b')"), ("", "FOR VALUES IN ('c')"))),
    "partitions with a default": ("LIST (kind)", (("", "FOR VALUES IN ('a')"), ("", "DEFAULT"))),
    "partitions by hash": (
        "HASH (id)",
        (("", "FOR VALUES WITH (MODULUS 2, REMAINDER 0)"), ("", "FOR VALUES WITH (MODULUS 2, REMAINDER 1)")),
    ),
    "partitions, nested": (
        "LIST (kind)",
        (
            ("", "FOR VALUES IN ('a') PARTITION BY RANGE (at)"),
            ("0", _HALVES[0]),
            ("0", f"{_HALVES[1]} PARTITION BY HASH (id)"),
            ("2", "FOR VALUES WITH (MODULUS 1, REMAINDER 0)"),
            ("", "FOR VALUES IN ('b', 'c')"),
        ),
    ),
    "partitions, none of them made": ("RANGE (at)", ()),
}  # fmt: skip

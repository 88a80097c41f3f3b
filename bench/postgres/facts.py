"""Read what the catalog and the statistics know of the tables of a database, for who decides on indexes."""

from __future__ import annotations

from collections import defaultdict

from bench.model.facts import ColumnFacts, Facts, StatisticsFacts, TableFacts
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import explained
from bench.postgres.index_facts import foreign_keys, index_facts


def read_facts(connection: Connection) -> Facts:
    """Read everything; as good as the last ANALYZE. Expressions are in words of the connection's search path."""
    with explained("reading the statistics of the tables"), connection.transaction():
        database = rows(connection, "describe_database_facts")[0]
        changing = rows(connection, "list_changing_functions")
        facts = Facts(
            tables=_tables(connection),
            indexes=index_facts(connection, {}),
            definitions={row["name"]: row["definition"] for row in rows(connection, "list_index_definitions")},
            foreign_keys=foreign_keys(connection),
            statistics=tuple(
                StatisticsFacts(
                    row["name"], row["table_name"], tuple(row["kinds"]), tuple(row["columns"]),
                    tuple(row["expressions"]), row["definition"],
                ) for row in rows(connection, "list_statistics_objects")
            ),
            installed=database["installed"],
            available=frozenset(database["available"]),
            collation_is_c=database["collation_is_c"],
            collations=_collations(connection),
            opclasses=_opclasses(connection),
            changing_functions=_functions(changing),
            changing_casts=frozenset((row["cast_from"], row["cast_to"]) for row in changing if row["cast_from"]),
            version=database["version"],
        )  # fmt: skip
    return facts


def _tables(connection: Connection) -> dict[str, TableFacts]:
    columns: defaultdict[str, dict[str, ColumnFacts]] = defaultdict(dict)
    for row in rows(connection, "list_column_facts"):
        common = zip(row["common_values"] or (), row["common_shares"] or (), strict=True)
        columns[row["table_name"]][row["column_name"]] = ColumnFacts(
            row["distinct"], row["null_share"], row["width"], dict(common), row["correlation"]
        )
    return {
        row["name"]: TableFacts(row["rows"], row["pages"], columns.get(row["name"], {}))
        for row in rows(connection, "list_table_facts")
    }


def _collations(connection: Connection) -> dict[str, dict[str, str]]:
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for row in rows(connection, "list_own_collations"):
        found[row["table_name"]][row["column_name"]] = row["collation"]
    return dict(found)


def _opclasses(connection: Connection) -> dict[str, dict[str, str]]:
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for row in rows(connection, "list_default_opclasses"):
        found[row["method"]][row["type"]] = row["name"]
    return dict(found)


def _functions(changing: list[dict[str, object]]) -> dict[str, tuple[tuple[str, ...], ...]]:
    found: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for row in changing:
        if row["name"]:
            found[str(row["name"])].append(tuple(row["arguments"]))  # type: ignore[arg-type]
    return {name: tuple(arguments) for name, arguments in found.items()}

"""What a psql script holds, piece by piece."""

from __future__ import annotations

import pytest

from bench.errors import WorkloadError
from bench.model import Statement
from bench.workload.script import Command, Rows, pieces

DUMP = r"""-- PostgreSQL database dump
\restrict x1
SET client_encoding = 'UTF8';
CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;
COPY public.t (a, b) FROM stdin;
1	it's; -- not the end
2	\N
\.

CREATE TABLE x (a text DEFAULT ';');
\unrestrict x1
SELECT 1"""


def test_a_dump_is_taken_apart_with_its_rows_and_lines():
    found = list(pieces(DUMP, "dump.sql"))
    lines = [piece.statement.line if isinstance(piece, Rows) else piece.line for piece in found]
    assert lines == [2, 3, 4, 5, 10, 11, 12]
    assert found[0] == Command("restrict", "x1", 2)
    assert found[3] == Rows(Statement("COPY public.t (a, b) FROM stdin", 5), "1\tit's; -- not the end\n2\t\\N\n")
    assert found[-1] == Statement("SELECT 1", 12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("-- nothing\n/* at /* all */ */\n;;\n", []),
        ("\\connect app\nSELECT 1;", [Command("connect", "app", 1), Statement("SELECT 1", 2)]),
        ("  \\! rm -rf /", [Command("!", "rm -rf /", 1)]),
        ("COPY t FROM stdin;\n\\.\n", [Rows(Statement("COPY t FROM stdin", 1), "")]),
        ("COPY t FROM stdin;\n1\n", [Rows(Statement("COPY t FROM stdin", 1), "1\n")]),
        ("SELECT $a$;$a$;SELECT 2;", [Statement("SELECT $a$;$a$", 1), Statement("SELECT 2", 1)]),
    ],
)
def test_a_script_is_taken_apart(text: str, expected: list[object]):
    assert list(pieces(text, "a.sql")) == expected


def test_what_is_never_closed_is_named_with_its_line():
    with pytest.raises(WorkloadError, match=r"a\.sql:3: a quoted text that starts here is never closed"):
        list(pieces("SELECT 1;\n\nSELECT 'x;\n", "a.sql"))


def test_a_large_file_takes_time_in_proportion():
    """40,000 statements on as many lines, and a COPY block of 2 MB."""
    rows = "1\tx\n" * 500_000
    text = "CREATE TABLE t (a int);\n" * 40_000 + f"COPY t FROM stdin;\n{rows}\\.\nSELECT 1;"
    found = list(pieces(text, "a.sql"))
    assert len(found) == 40_002
    assert found[-1] == Statement("SELECT 1", 40_000 + 500_000 + 3)

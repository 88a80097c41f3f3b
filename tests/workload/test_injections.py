"""Reading injections: what is accepted, and what each mistake says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.errors import WorkloadError
from bench.workload import read
from bench.workload.injections import read_injections
from tests import SHOP


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the example, with a folder for injections."""
    shutil.copytree(SHOP, tmp_path / "shop")
    (tmp_path / "shop" / "injections").mkdir()
    return tmp_path / "shop"


def head(**values: str) -> str:
    """A good header, but for ``values``; an empty one leaves the line out."""
    lines = {"injection": "T", "kind": "database", "caught-by": "counters", "why": "w"}
    lines |= {key.replace("_", "-"): value for key, value in values.items()}
    return "".join(f"-- {key}: {value}\n" for key, value in lines.items() if value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("VACUUM;", r"x\.sql:1: the header has no '-- injection:' line"),
        (head(why="") + "VACUUM;", r"x\.sql:1: the header has no '-- why:' line"),
        (head(smell="bad") + "VACUUM;", r"x\.sql:5: unknown header key 'smell'"),
        (head(kind="magic") + "VACUUM;", r"x\.sql:2: unknown kind 'magic'.*database, settings, query"),
        (head(caught_by="luck") + "VACUUM;", r"x\.sql:3: unknown caught-by 'luck'"),
        (head(query="nobody") + "VACUUM;", r"x\.sql:5: no query 'nobody'"),
        (head(rows="other") + "VACUUM;", r"x\.sql:5: 'rows' is for"),
        (head(), r"x\.sql:5: no statement here"),
        (head(kind="settings") + "SET jit = off;\nRESET jit;", r"x\.sql:6: not a setting"),
        (head(kind="settings") + "SET LOCAL jit = off;", r"x\.sql:5: not a setting"),
        (head(kind="query") + "SELECT 1;", r"x\.sql:1: .*replaces the text of one query"),
        (head(kind="query", query="open_orders, latest_orders") + "SELECT 1;", r"x\.sql:1: .*replaces the text of one"),
        (head(kind="query", query="latest_orders") + "SELECT 1;\nSELECT 2;", r"x\.sql:7: a second statement"),
        (head(kind="query", query="latest_orders") + "SELECT 1;", r"x\.sql:6: parameter :customer_id is missing"),
        (head(kind="query", query="latest_orders") + "SELECT :customer_id, :z;", r"x\.sql:6: parameter :z is unknown"),
    ],
)
def test_a_wrong_file_says_where_and_what(shop: Path, text: str, message: str) -> None:
    (shop / "injections" / "x.sql").write_text(text)
    with pytest.raises(WorkloadError, match=message):
        read_injections(shop, read(shop).queries)


def test_statements_keep_their_lines(shop: Path) -> None:
    (shop / "injections" / "x.sql").write_text(head() + "\nUPDATE orders\nSET status = status;\nVACUUM;\n")
    (injection,) = read_injections(shop, read(shop).queries)
    assert (injection.name, injection.file, injection.line) == ("x", "injections/x.sql", 6)
    assert [statement.line for statement in injection.statements] == [6, 8]


def test_settings_are_read_as_a_session_takes_them(shop: Path) -> None:
    (shop / "injections" / "x.sql").write_text(head(kind="settings") + "SET Work_mem TO '64kB';\nset jit=off;\n")
    (injection,) = read_injections(shop, read(shop).queries)
    assert injection.settings == {"work_mem": "64kB", "jit": "off"}


def test_a_workload_without_the_folder_has_none() -> None:
    assert read_injections(SHOP, read(SHOP).queries) == ()


def test_injections_do_not_change_the_experiment(shop: Path) -> None:
    before = read(shop).content_hash()
    (shop / "injections" / "x.sql").write_text(head() + "VACUUM;")
    assert read(shop).content_hash() == before

"""The site of the documents: make docs. That the real pages have no dead link, CI sees by building it."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path

import pytest

from bench.cli import cli
from bench.cli.commands import COMMANDS
from bench.report.glossary import terms
from benchmarks import screenshots
from tests import ROOT
from tests.test_docs import every_option

HERE = ROOT / "docs" / "site"
pytestmark = pytest.mark.filterwarnings("ignore:.myst_parser")
PAGES = {
    "README.md": """# Home

[page](docs/page.md#two-words), [a statement](first.sql), [the shop](shop), [gone](gone.sql)

<picture>
  <source media="(prefers-color-scheme: dark)" srcset="docs/a-dark.png">
  <img src="docs/a.png" alt="What it shows">
</picture>
""",
    "docs/page.md": """# Page

[home](../README.md), [nowhere](../README.md#nowhere)

## Two words

<!--=run.table-->
| a |
|---|
| <b>1</b> |
<!--/-->

| | b |
|---|---|
| 1 | 2 |

<img src="https://elsewhere.example/a.png" alt="far">
""",
    "first.sql": "SELECT '<b>';\n",
    "shop/queries/one.sql": "SELECT 1;\n",
    "shop/rows.csv": "1\n",
    "docs/a.png": "",
    "docs/a-dark.png": "",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A small repository as a site, and what was warned of."""
    from sphinx.application import Sphinx

    folder = tmp_path_factory.mktemp("site")
    for name, text in PAGES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    said = StringIO()
    Sphinx(folder, HERE, folder / "out", folder / "doctrees", "html", status=None, warning=said).build()
    return folder / "out", re.sub(r"\x1b\[[\d;]*m", "", said.getvalue())


def test_a_link_to_nothing_is_a_warning_and_warnings_are_errors(built: tuple[Path, str]) -> None:
    assert "README.md:3: WARNING: 'myst' cross-reference target not found: 'gone.sql'" in built[1]
    assert "docs/page.html: ../README.html#nowhere leads to no place of that page" in built[1]
    assert "two-words" not in built[1]
    assert "-W" in (ROOT / "Makefile").read_text().partition("\ndocs:")[2].split("\n\n")[0].split()


def test_nothing_is_loaded_from_elsewhere(built: tuple[Path, str]) -> None:
    assert built[1].count("would be loaded from another host") == 1
    assert "docs/page.html: https://elsewhere.example/a.png would be loaded" in built[1]


def test_a_page_is_whole_for_who_does_not_see_it_or_has_no_mouse(built: tuple[Path, str]) -> None:
    """axe found it in the theme; what its rules say of all pages of this repository takes a browser two minutes."""
    page = (built[0] / "docs" / "page.html").read_text()
    assert re.findall(r"<th[^>]*>\s*(?:<p>\s*</p>)?\s*</th>", page) == []
    asides = re.findall(r"<aside[^>]*>", page)
    assert len(asides) == len({re.findall(r'aria-label="(.+)"', one)[0] for one in asides}) == 2
    assert 'src="../_static/site.js' in page


def test_a_page_that_has_no_place_in_the_contents_is_a_warning(built: tuple[Path, str]) -> None:
    assert "docs/page.md: WARNING: document isn't included in any toctree" in built[1]


def test_files_and_folders_of_the_repository_are_shown_where_a_page_leads_to_them(built: tuple[Path, str]) -> None:
    home = (built[0] / "index.html").read_text()
    assert {'href="first.sql.html"', 'href="shop/index.html"'} <= set(re.findall(r'href="[^"]*"', home))
    assert "&lt;b&gt;" in (built[0] / "first.sql.html").read_text()
    shop = (built[0] / "shop" / "index.html").read_text()
    assert "<h2>queries/one.sql</h2>" in shop
    assert 'href="rows.csv"' in shop
    assert (built[0] / "shop" / "rows.csv").read_text() == "1\n"


def test_a_picture_follows_the_theme_that_the_reader_chose(built: tuple[Path, str]) -> None:
    home = (built[0] / "README.html").read_text()
    assert '<img class="only-dark" src="docs/a-dark.png" alt="What it shows">' in home
    assert (built[0] / "docs" / "a-dark.png").is_file()


def test_a_table_between_marks_is_a_table_and_the_marks_are_gone(built: tuple[Path, str]) -> None:
    page = (built[0] / "docs" / "page.html").read_text()
    assert "<td><p><b>1</b></p></td>" in page
    assert "<!--=" not in page


# ------------------------------------------------------------------------------------------------- the reference
@pytest.fixture(scope="module")
def made() -> Iterator[dict[str, str]]:
    """What make docs writes from the code, by page."""
    sys.path.insert(0, str(HERE))
    import pages

    yield {name: make() for name, make in pages.MADE.items()}
    sys.path.remove(str(HERE))


def test_the_reference_has_every_command_and_option(made: dict[str, str]) -> None:
    page = made["docs/commands"]
    assert [name for name in COMMANDS if f"### pgproof {name}\n" not in page] == []
    assert "#### pgproof cache list" in page
    shown = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", page))
    assert {one for one in every_option(cli) if one.startswith("--")} - shown == {"--version"}
    assert "| `--skew [mild\\|default\\|brutal]` | How unequal the tenants are. \\[default: default\\] |" in page


def test_the_reference_has_every_word_and_leads_from_one_to_the_other(made: dict[str, str]) -> None:
    page = made["docs/words"]
    assert page.count("<span id=") == len(terms())
    assert 'see <a href="#word-parameter-class">parameter class</a>' in page
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))


def test_the_reference_has_every_field_of_every_file(made: dict[str, str]) -> None:
    import records

    sections = {part.splitlines()[0]: part for part in made["docs/file-format"].split("\n### ")[1:]}
    stored = {record for kind in records.kinds() for record in records.records_below(kind.record)}
    assert {record.__name__ for record in stored} == set(sections)
    for record in stored:
        rows = [
            line.split("|")[1].strip(" `") for line in sections[record.__name__].splitlines() if line.startswith("| `")
        ]
        assert rows == [field.name for field in dataclasses.fields(record)]


def test_a_field_is_shown_with_type_meaning_and_whether_it_may_be_missing(made: dict[str, str]) -> None:
    page = made["docs/file-format"]
    assert "| `first_ms` | number or null | The first execution on a new connection" in page
    assert "Not among the samples. *Optional* |" in page
    assert "| `pairs` | list of [Pair](#pair) |" in page


# -------------------------------------------------------------------------------------------------- the pictures
def test_a_picture_is_written_where_it_looks_otherwise(tmp_path: Path) -> None:
    from PIL import Image

    def picture(*, dots: int = 0, shade: int = 255) -> bytes:
        drawn, file = Image.new("RGB", (100, 100), (shade,) * 3), BytesIO()
        for dot in range(dots):
            drawn.putpixel((dot, dot), (0, 0, 0))
        drawn.save(file, "PNG")
        return file.getvalue()

    file = tmp_path / "a.png"
    assert screenshots.put(picture(), file, check=False)
    assert not screenshots.put(picture(dots=10, shade=250), file, check=False)
    assert screenshots.put(picture(dots=11), file, check=True)
    assert file.read_bytes() == picture()
    assert screenshots.put(picture(dots=11), file, check=False)
    assert file.read_bytes() == picture(dots=11)

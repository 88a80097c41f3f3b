"""Cold beside warm in every format."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from bench.experiments.before_after import details
from bench.experiments.before_after.document import EXPERIMENT
from bench.model import Run
from tests.builders import runs
from tests.experiments.before_after.formats import FORMATS

COLD = runs.run(
    runs.cooled(runs.pair("queue", "hot")), runs.cooled(runs.pair("queue", "tiny"), after_ms=7), cold=runs.caches()
)
WARM = runs.run(runs.pair("queue", "hot"), runs.pair("queue", "tiny"))
REFUSED = replace(WARM, cold=runs.caches(buffers="kept", buffers_why="the role reader may not <do> it"))


def terminal(run: Run) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(EXPERIMENT.show(run))
    return " ".join(console.export_text().split())


def section(run: Run) -> str:
    return FORMATS["html"](run).partition('<section id="cold"')[2].partition("</section>")[0].replace("<wbr>", "")


def rows(name: str, run: Run) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(FORMATS[name](run))))


ASSUMING = "✓ meets assuming independent log-normal times"
"""Five executions are not enough to meet a target by themselves, or to show that they are independent."""


def test_the_page_has_warm_and_cold_beside_each_other() -> None:
    shown = section(COLD)
    row = re.findall(r"<tr><th.*?</tr>", shown.partition("<tbody>")[2], re.DOTALL)[0]
    cells = {
        label: " ".join(re.sub(r"<[^>]+>", " ", text).split())
        for label, text in re.findall(r'data-label="([^"]+)"[^>]*>(.*?)</td>', row, re.DOTALL)
    }
    assert list(cells) == [
        "Class",
        *(f"{state} {name}" for state in ("Before", "After") for name in ("warm", "cold", "times", "read", "verdict")),
    ]
    assert (cells["Class"], cells["After read"], cells["After verdict"]) == ("hot", "6", ASSUMING)
    assert re.fullmatch(r"3\.\d+ ms", cells["After warm"])
    assert re.fullmatch(r"(39|4\d)\.\d ms to 4\d\.\d ms", cells["After cold"])


def test_the_page_says_how_the_caches_were_emptied_below_the_table() -> None:
    shown = section(COLD)
    assert shown.index("How cold") > shown.index("</table>")
    assert "pg_buffercache_evict_all" in shown
    assert "nobody can see it" in shown


def test_the_first_screen_and_the_query_have_the_cold_figure() -> None:
    shown = FORMATS["html"](COLD)
    assert "<li>Cold, 1 of 1 query meets 100 ms" in shown.partition("<nav")[0]
    assert re.search(r"<small>cold (39|4\d)\.\d ms</small>", shown.partition('<section id="queries"')[2])


def test_a_page_of_many_queries_leaves_the_other_classes_to_the_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    assert section(COLD).count('data-label="Class"') == 3
    monkeypatch.setattr(details, "DENSE_FROM", 0)
    assert section(COLD).count('data-label="Class"') == 1
    assert "The other classes are in <code>cells.csv</code>." in section(COLD)


def test_a_run_without_cold_executions_has_no_such_section() -> None:
    shown = FORMATS["html"](WARM)
    assert 'id="cold"' not in shown
    assert 'href="#cold"' not in shown
    assert "Cold" not in FORMATS["md"](WARM)
    assert "cold" not in terminal(WARM)


@pytest.mark.parametrize("name", ["html", "md"])
def test_why_nothing_was_executed_cold_is_said_and_escaped(name: str) -> None:
    said = FORMATS[name](REFUSED)
    assert "Nothing was executed cold: the role reader may not &lt;do&gt; it." in said
    assert "<do>" not in said


def test_markdown_has_the_slowest_class_of_each_query() -> None:
    said = FORMATS["md"](COLD).partition("### Cold beside warm")[2].partition("###")[0]
    (row,) = [line for line in said.splitlines() if line.startswith("| Queue")]
    assert "| hot |" in row
    assert row.endswith(f"| 3,960 → 6 | {ASSUMING.replace('✓', '✅')} |")


def test_the_terminal_names_the_slowest() -> None:
    said = terminal(COLD)
    assert re.search(r"slowest cold, warm → cold: Queue, hot: 3\.\d+ ms → \S+ ms, to \S+ ms, 6 blocks read", said)


def test_the_cells_have_cold_columns() -> None:
    before, after = rows("cells", COLD)[:2]
    assert (after["cold_n"], after["cold_read_blocks"], after["cold_hit_blocks"]) == ("5", "6", "0")
    assert (before["cold_verdict"], after["cold_verdict"]) == ("misses", "meets")
    assert float(after["p50_ms"]) < float(after["cold_p50_ms"]) <= float(after["cold_max_ms"])
    empty = rows("cells", WARM)[0]
    assert {empty[name] for name in empty if name.startswith("cold_") and name not in ("cold_n", "cold_censored")} == {
        ""
    }


def test_the_samples_tell_cold_from_warm() -> None:
    counted = [row["cold"] for row in rows("csv", COLD)]
    assert (counted.count("0"), counted.count("1")) == (320, 20)

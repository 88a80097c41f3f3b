"""The page says what the rows look like, whom a query was asked for and why, and how far to trust the figures."""

from __future__ import annotations

import re
from dataclasses import replace

from bench.experiments.before_after.distributions import shares
from bench.model import Bar, Binding, Distribution
from tests.builders import runs
from tests.experiments.before_after.formats import FORMATS
from tests.experiments.before_after.test_document import Page

render = FORMATS["html"]


def part(html: str, section: str) -> str:
    """The text of one section of the page."""
    return Page(re.findall(rf'<section id="{section}".*?</section>', html, re.DOTALL)[0]).text


def asked(**more) -> str:
    """The parameters of a query, as text."""
    pair = runs.pair(**more.pop("pair", {}))
    html = render(runs.run(pair, **more))
    return Page(re.findall(r"<details><summary>Parameters.*?(?=</noscript>)", html, re.DOTALL)[0]).text


def test_a_distribution_is_a_table_of_numbers_and_shares() -> None:
    text = part(render(runs.run(runs.pair())), "dataset")
    assert "Leads per organization organizations by leads in the organization" in text
    assert "1–9 38 19 % 10–99 0 0.0 % 100 or more 160 80 %" in text


def test_a_run_without_distributions_says_so() -> None:
    run = runs.run(runs.pair())
    text = part(render(replace(run, dataset=replace(run.dataset, distributions=()))), "dataset")
    assert "This run counted no distributions" in text


def test_a_distribution_that_found_nothing_is_shown_as_such() -> None:
    run = runs.run()
    empty = Distribution("Nothing", "size", "things", ())
    text = part(render(replace(run, dataset=replace(run.dataset, distributions=(empty,)))), "dataset")
    assert "The data has nothing to count here." in text


def test_a_distribution_is_drawn_with_ids_of_its_own_and_told_in_words() -> None:
    bars = (Bar("a", 1), Bar("b", 3))
    run = runs.run()
    dataset = replace(run.dataset, distributions=(Distribution("A", "x", "y", bars),) * 2)
    assert {(one.total, one.percent) for one in shares(dataset)} == {(4, (25.0, 75.0))}
    first, second = re.findall(
        r'<figure id="distribution.*?</figure>', render(replace(run, dataset=dataset)), re.DOTALL
    )
    assert "<svg" in first
    assert "distribution-2" not in first
    told = [re.findall(r'role="img" aria-label="([^"]+)"', figure) for figure in (first, second)]
    assert told[0] == told[1] != []


def test_a_distribution_of_nothing_has_no_drawing_and_an_open_table() -> None:
    run = runs.run()
    empty = Distribution("Nothing", "size", "things", (Bar("a", 0), Bar("b", 0)))
    html = render(replace(run, dataset=replace(run.dataset, distributions=(empty,))))
    assert '<figure id="distribution-1">' in html
    assert 'role="img"' not in html.partition('id="distribution-1"')[2].partition("</figure>")[0]
    assert "<details open><summary>Numbers" in html


def test_a_class_says_whom_it_stands_for_and_every_binding_its_values() -> None:
    chosen = tuple(Binding({"organization_id": str(n)}, n, f"{n} leads") for n in (71, 72))
    text = asked(pair={"bindings": chosen}, class_reasons={"hot": "the tenant with most leads"})
    assert "hot the tenant with most leads 1 71 leads 71 71 – – 2 72 leads 72 72 – –" in text
    assert "the class, chosen by dataset/classes.sql" in text


def test_a_class_of_the_query_gives_its_own_reason_and_select() -> None:
    query = runs.query(extra_classes={"whale": "SELECT 1", "twin": "SELECT 2"}, class_reasons={"whale": "the largest"})
    text = asked(pair={"parameter_class": "whale"}, queries=(query,), class_reasons={"whale": "not this"})
    assert "whale the largest" in text
    assert "whale, a class of this query alone, is chosen by SELECT 1 twin" in text
    assert "SELECT 2 It has no cell here" in text


def test_more_than_three_bindings_are_folded_not_cut() -> None:
    bindings = tuple(Binding({"organization_id": f"tenant-{n}"}) for n in range(6))
    text = asked(pair={"bindings": bindings})
    assert "3 more" in text
    assert re.findall(r"tenant-\d", text) == [f"tenant-{n}" for n in range(6)]


def test_a_long_value_is_whole_in_the_page() -> None:
    value = '{"tag": "' + "x" * 300 + '"}'
    html = render(runs.run(runs.pair(bindings=(Binding({"organization_id": value}),))))
    assert '<details class="long">' in html
    assert value in Page(html).text


def test_settings_come_with_who_chose_them_and_why() -> None:
    text = part(render(runs.run(runs.pair())), "method")
    assert "jit off pgproof, each connection compiling costs more than it saves" in text


def test_noise_has_a_row_per_class_and_says_what_it_means() -> None:
    text = part(render(runs.run(runs.pair(), runs.pair("queue", "tiny"))), "method")
    assert "In 4 cells their medians differ by" in text
    assert re.search(r"tiny 80 [\d.]+ \([\d.]+–[\d.]+\) ± [\d.]+ % 80 ", text)


def test_what_the_run_cannot_tell_is_in_the_method() -> None:
    text = part(render(runs.run(runs.pair(n=15), notes=("A note.",))), "method")
    assert "What this run cannot tell A note. Times are those of one machine" in text

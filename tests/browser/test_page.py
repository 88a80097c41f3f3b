"""What a reader does with the page, in Chromium."""

from __future__ import annotations

import re

import pytest

from bench.report.glossary import look_up
from tests.builders import runs
from tests.chromium import unfold
from tests.experiments.before_after.formats import FORMATS

TITLES = "document.querySelectorAll('.overview tbody tr:not([hidden]) th')"
TITLES = f"[...{TITLES}].map(cell => cell.textContent)"


@pytest.mark.parametrize("dark", [False, True])
def test_it_opens_from_disk_and_asks_for_nothing_else(opened, html, dark):
    seen = opened(html, dark=dark)
    assert seen.page.title().startswith("✗ 1 misses, 4 of 5 queries meet 100 ms at 100,000 leads")
    assert [address.split("/")[-1] for address in seen.requests] == ["report0.html"]
    assert seen.complaints == []


def test_dark_and_light_are_two_pages(opened, html):
    colours = [
        opened(html, dark=dark).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for dark in (False, True)
    ]
    assert colours == ["rgb(255, 255, 255)", "rgb(20, 23, 27)"]


@pytest.mark.parametrize("width", [360, 768, 1400, 1920])
def test_only_tables_and_charts_scroll_sideways(opened, html, width):
    page = opened(html, width=width).page
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# ------------------------------------------------------------------------------------------ what is open at first
def test_what_misses_is_open_and_what_meets_is_a_line_until_it_is_opened(opened, html):
    page = opened(html).page
    assert page.locator("#query-other_one .asks").is_visible()
    assert page.locator("#query-queue .asks").count() == 0
    assert "332 ms → 3" in re.sub(r"\.\d+", "", page.locator("#query-queue summary").first.inner_text())
    page.locator("#query-queue summary").first.click()
    assert page.locator("#query-queue .asks").is_visible()
    page.locator("#query-queue table.sortable button").first.click()
    assert page.locator("#query-queue th[aria-sort]").count() == 1


def test_unfolding_all_builds_what_is_inside_too(opened, html):
    page = opened(html).page
    page.locator("#queries").get_by_role("button", name="Unfold all").click()
    assert page.locator("#queries details:not([open])").count() == 0
    assert page.locator("#queries noscript").count() == 0
    assert page.locator("#queries pre").first.is_visible()


def test_only_regions_that_scroll_are_stops_of_the_tab_key(opened, html):
    page = opened(html, width=700).page
    unfold(page)
    page.wait_for_timeout(100)  # a frame, in which sizes are observed
    stops = "[...document.querySelectorAll('.scroll, pre')].filter(one => one.checkVisibility())"
    scrolls = "(one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight)"
    assert page.evaluate(f"{stops}.filter(one => {scrolls} !== (one.tabIndex === 0)).length") == 0
    assert 0 < page.evaluate(f"{stops}.filter(one => one.tabIndex === 0).length") < page.evaluate(f"{stops}.length")


def test_a_word_says_what_it_means_where_it_stands_and_in_the_glossary(opened, html):
    page = opened(html).page
    means = look_up("p95").means
    word = page.locator("#query-other_one abbr", has_text="p95").first
    assert word.get_attribute("title") == means
    assert not page.locator(".meaning-of").is_visible()
    word.dispatch_event("click", {"bubbles": True, "pointerType": "touch"})
    assert page.locator(".meaning-of").inner_text() == f"p95: {means}"
    page.keyboard.press("Escape")
    assert not page.locator(".meaning-of").is_visible()
    page.locator("#glossary summary").click()
    assert means in page.locator("#glossary dd").all_inner_texts()


BROKEN = """() => {
  const broken = [], range = document.createRange();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.parentElement.checkVisibility() || node.parentElement.closest("svg, script, pre, .unseen")) continue;
    for (const word of node.data.matchAll(/[\\p{L}\\d]{2,}/gu)) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(one => Math.round(one.top / 8))).size > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""


def test_no_name_is_broken_in_mid_word(opened):
    name = "organizations_by_their_newest_communication_and_score"
    run = runs.run(runs.pair(name, "worst_two_letters_of_a_name", index=f"{name}_idx"), runs.pair(name, "hot"))
    page = opened(FORMATS["html"](run)).page
    unfold(page)
    assert page.evaluate(BROKEN) == []


# ------------------------------------------------------------------------------------------------------- sorting
def test_a_click_on_a_header_sorts_and_another_turns_it_round(opened, html):
    page = opened(html).page
    button = page.locator(".overview thead button", has_text="Query")
    given = page.evaluate(TITLES)
    button.click()
    assert page.evaluate(TITLES) == sorted(given)
    assert page.locator(".overview th[aria-sort]").get_attribute("aria-sort") == "ascending"
    button.click()
    assert page.evaluate(TITLES) == sorted(given, reverse=True)


def test_times_are_sorted_as_times(opened):
    """240 ms is more than 3 ms, and 1.2 s, written 1,200 ms, is more than both."""
    run = runs.run(*(runs.pair(name, after_ms=ms) for name, ms in (("b", 240), ("a", 3), ("c", 1_200), ("d", 12_000))))
    page = opened(FORMATS["html"](run)).page
    page.locator(".overview thead button", has_text="After").first.click()
    assert page.evaluate(TITLES) == ["A", "B", "C", "D"]


def test_the_keyboard_sorts_too(opened, html):
    page = opened(html).page
    page.locator(".overview thead button", has_text="Query").focus()
    page.keyboard.press("Enter")
    assert page.locator(".overview th[aria-sort]").count() == 1


def test_an_optimization_moves_with_its_details(opened, html):
    page = opened(html).page
    page.locator(".attribution thead button", has_text="Optimization").click()
    bodies = page.locator(".attribution > tbody").all()
    assert len(bodies) == 2
    assert all(body.locator("tr.more").count() == 1 for body in bodies)


# ----------------------------------------------------------------------------------------------------- filtering
def test_the_filter_leaves_what_matches_in_table_and_page(opened, html):
    page = opened(html).page
    page.get_by_label("Filter the queries").fill("OTHER one")
    assert page.evaluate(TITLES) == ["Other One"]
    assert page.locator("article:visible").count() == 1
    assert page.get_by_text("1 of 5 shown").first.is_visible()


def test_a_filter_that_matches_nothing_says_so(opened, html):
    page = opened(html).page
    assert not page.get_by_text("Nothing matches.").first.is_visible()
    page.get_by_label("Filter the queries").fill("no such query")
    assert page.get_by_text("Nothing matches.").first.is_visible()


# -------------------------------------------------------------------------------------------- links and clipboard
def test_a_link_leads_to_a_query(opened, html):
    page = opened(html, anchor="#query-other_one").page
    assert page.locator("#query-other_one h3").bounding_box()["y"] < 200


def test_a_link_leads_into_what_is_folded_away(opened, html):
    page = opened(html).page
    folded = page.locator("#optimization-leads_queue_idx > p").first
    assert not folded.is_visible()
    page.evaluate("location.hash = 'optimization-leads_queue_idx'")
    folded.wait_for(state="visible")


def test_a_link_to_what_is_filtered_out_clears_the_filter(opened, html):
    page = opened(html).page
    page.get_by_label("Filter the queries").fill("queue")
    page.evaluate("location.hash = 'query-other_one'")
    page.locator("#query-other_one").wait_for(state="visible")


def test_the_statement_is_copied_as_it_is(opened):
    sql = "SELECT '<b>' AS \"x\"\nFROM t  -- two  spaces\nWHERE id = :organization_id AND name LIKE 'a\\_%'"
    run = runs.run(runs.pair(), queries=(runs.query("queue", sql=sql),))
    page = opened(FORMATS["html"](run)).page
    page.locator("#query-queue summary").first.click()
    page.locator("summary", has_text="SQL").click()
    page.get_by_role("button", name="Copy: As written").click()
    page.get_by_role("button", name="Copy: As written").filter(has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == sql
    page.get_by_role("button", name="Copy: With the values of hot").click()
    page.get_by_role("button", name="Copy: With the values of hot").filter(has_text="Copied").wait_for()
    ready = sql.replace(":organization_id", "'1'::bigint")
    assert page.evaluate("navigator.clipboard.readText()") == f"{ready};"


# ------------------------------------------------------------------------------------------- without comfort
def test_without_its_script_nothing_is_out_of_reach(opened, html):
    """All that is hidden is in details, which open without a script; there are no dead buttons."""
    page = opened(html, script=False).page
    assert page.locator("button, input").count() == 0
    assert page.locator("[hidden]").count() == 0
    folded = page.locator("details:not([open]) > summary")
    for _ in range(folded.count()):
        folded.first.click()
    assert page.locator("pre").first.is_visible()
    assert folded.count() == 0


def test_the_first_tab_skips_to_the_content(opened, html):
    page = opened(html).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the table"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#summary"


def test_everything_that_can_be_used_can_be_reached_by_tab(opened, html):
    page = opened(html).page
    wanted = page.locator("a:visible, button:visible, input:visible, summary:visible").count()
    reached = page.evaluate(
        "[...document.querySelectorAll('a, button, input, summary')]"
        ".filter(one => one.checkVisibility() && one.tabIndex >= 0).length"
    )
    assert reached == wanted > 20


def test_paper_gets_no_controls(opened, html):
    page = opened(html).page
    page.emulate_media(media="print")
    assert page.locator("nav:visible, .tools:visible, .copy:visible").count() == 0


def test_paper_gets_the_answer_and_all_of_it_on_demand(opened, html):
    page = opened(html).page
    page.emulate_media(media="print")
    assert not page.locator("#queries").is_visible()
    assert page.get_by_text("Not printed: queries").is_visible()
    assert all(page.locator(part).is_visible() for part in ("h1", "#chart", "#summary", "#optimizations", "#method"))
    page.evaluate("location.hash = 'everything'; dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#queries").is_visible()
    assert page.locator("details:not([open])").count() == 0


def test_a_card_has_a_command_to_copy_and_leads_to_its_evidence(opened, html):
    page = opened(html).page
    card = page.locator(".card").first
    assert card.locator("pre").inner_text() == "pgproof advise"
    card.get_by_role("button", name="Copy").click()
    card.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "pgproof advise"
    card.get_by_role("link", name="The evidence").click()
    assert page.evaluate("location.hash") == "#query-other_one"


# ------------------------------------------------------------------------------------------------- hostile text
@pytest.mark.parametrize("text", runs.HOSTILE)
def test_no_text_of_others_acts(opened, text):
    seen = opened(FORMATS["html"](runs.hostile(text)))
    assert seen.complaints == []
    assert len(seen.requests) == 1
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 1400
    unfold(seen.page)
    shown = seen.page.locator(".asks").first.inner_text()
    assert re.sub(r"\s+", " ", shown)[:200].strip() == re.sub(r"\s+", " ", visible(text))[:200].strip()


def visible(text: str) -> str:
    return re.sub("[\x00-\x08\x0b-\x1f\u202e\ud800]", "\ufffd", text.replace("\r\n", "\n"))

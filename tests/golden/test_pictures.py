"""Every page as it looks on a desk and on a phone, in the browser that the pictures were taken with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.chromium import Seen
from tests.golden import outputs
from tests.golden.pictures import Pictures

WIDTHS = (1400, 390)
TALLEST = 10_000
"""Pixels of a page that are kept, from its top: the whole page of a run without the four sides."""
SEEN = (
    "run-plain", "run-full", "run-troubled", "now", "load", "maintenance", "traps", "scale", "compare", "history",
    "gate-regression", "advise",
)  # fmt: skip
"""One picture of each sort of page, and of a run with everything and one with every failure; the others look alike."""
PAGES = [(experiment, name) for experiment in SEEN for name in outputs.pages(experiment)]
SETTLED = """async () => {
    document.querySelectorAll("nav").forEach(one => Object.assign(one.style, {position: "static", overflow: "hidden"}))
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
}"""
"""The list of sections in its place, and drawn there."""
VERSION = Path(__file__).parent / "browser.txt"
"""The version of Chromium that the pictures were taken with: another one sets type otherwise."""


def file(experiment: str, name: str, width: int) -> str:
    return f"{experiment}/{name.removesuffix('.html')}-{width}.png"


@pytest.fixture
def pictures(browser: Any, snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """What was accepted; accepting pictures also notes the version of the browser."""
    if snapshot.update_snapshots:
        VERSION.write_text(f"{browser.version}\n")
    then, here = VERSION.read_text().strip(), browser.version
    if then.split(".")[0] != here.split(".")[0]:
        pytest.skip(f"the pictures were taken with Chromium {then}, and this one is {here}")
    return snapshot.use_extension(Pictures)


def taken(page: Any, width: int) -> bytes:
    """The page from its top, as it opens, but with its list of sections in its place.

    What stays in sight while a page scrolls is a layer of its own, set a pixel higher or lower as the browser has time;
    as it still is in a picture taken before the next frame.
    """
    page.evaluate(SETTLED)
    height = page.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST)}
    picture: bytes = page.screenshot(full_page=True, clip=clip, animations="disabled", caret="hide", scale="css")
    return picture


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("experiment", "name"), PAGES)
def test_a_page_looks_as_it_did(
    experiment: str, name: str, width: int, opened: Callable[..., Seen], pictures: SnapshotAssertion
) -> None:
    page = opened(outputs.made(experiment)[name].decode(), width=width).page
    assert taken(page, width) == pictures(name=file(experiment, name, width))


def test_no_picture_is_kept_of_a_page_that_no_experiment_gives() -> None:
    kept = Path(__file__).parent / "__snapshots__"
    found = {picture.relative_to(kept).as_posix() for picture in kept.rglob("*.png")}
    assert found == {file(experiment, name, width) for experiment, name in PAGES for width in WIDTHS}

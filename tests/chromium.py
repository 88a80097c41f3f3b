"""A headless Chromium, and pages opened from disk as a reader would: fixtures, known to all tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

FEATURES_OFF = (
    # an address bar that no one sees: two pages of its own, laid out anew with each page that is opened
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "PreloadTopChromeWebUI",
    # what playwright switches off, since the last list counts
    "AimEnabled", "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding",
    "PreconnectToSearch",
)  # fmt: skip
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    f"--disable-features={','.join(FEATURES_OFF)}",
]  # fmt: skip


@dataclass
class Seen:
    """What went on while a page was open."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on the PATH (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        launched = started.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def tabs(browser: Any) -> Iterator[dict[bool, list[Any]]]:
    """Tabs with and without scripts, not in use now: opening a page in one takes a third of what a new one does.

    Each shows its last page until the next: an empty one in between costs 0.3 s of CPU.
    """
    free: dict[bool, list[Any]] = {True: [], False: []}
    yield free
    for tab in free[True] + free[False]:
        tab.context.close()


def _new_tab(browser: Any, *, script: bool) -> Any:
    permissions = ["clipboard-read", "clipboard-write"]
    context = browser.new_context(reduced_motion="reduce", java_script_enabled=script, permissions=permissions)
    context.set_default_timeout(30_000)  # a page of ten megabytes opens slowly on a busy machine
    return context.new_page()


@pytest.fixture
def opened(browser: Any, tabs: dict[bool, list[Any]], tmp_path: Path) -> Iterator[Callable[..., Seen]]:
    """Open a page from disk: ``opened(html, width=…, dark=…, script=…)``."""
    used: list[tuple[bool, Seen, dict[str, Any]]] = []

    def open_page(html: str, *, width: int = 1400, dark: bool = False, script: bool = True, anchor: str = "") -> Seen:
        file = tmp_path / f"report{len(used)}.html"
        file.write_text(html, encoding="utf-8")
        seen = Seen(tabs[script].pop() if tabs[script] else _new_tab(browser, script=script))
        listeners = {
            "console": lambda message: seen.complaints.append(message.text),
            "pageerror": lambda error: seen.complaints.append(str(error)),
            "dialog": lambda dialog: (seen.complaints.append(dialog.message), dialog.dismiss()),
            "request": lambda request: seen.requests.append(request.url),
        }
        used.append((script, seen, listeners))
        for event, listener in listeners.items():
            seen.page.on(event, listener)
        if seen.page.viewport_size != (size := {"width": width, "height": 900}):
            seen.page.set_viewport_size(size)
        seen.page.emulate_media(media="null", color_scheme="dark" if dark else "light")
        seen.page.goto(f"{file.as_uri()}{anchor}")
        return seen

    yield open_page
    for script, seen, listeners in used:
        for event, listener in listeners.items():
            seen.page.remove_listener(event, listener)
        tabs[script].append(seen.page)


def unfold(page: Any) -> None:
    """Open all that is folded away, and what is built by that."""
    while page.evaluate("[...document.querySelectorAll('details:not([open])')].map(one => one.open = true).length"):
        pass

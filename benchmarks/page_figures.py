"""What a reader meets on a run's page: python benchmarks/page_figures.py [RUN_JSON]

Renders the run and opens it in headless Chromium, a fresh profile each time: screens of 1400 × 900 pixels and elements
before anything is opened, stops of the Tab key before the first query, A4 pages printed, and the time to
DOMContentLoaded as it is and with the processor slowed to a quarter (the fastest of five).
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import evidence
from playwright.sync_api import Browser, sync_playwright
from report_size import SAMPLE, rendered

from bench import storage

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
WIDTH, HEIGHT = 1400, 900
LOADS = 5
SLOWED = 4
STOPS = """() => {
  const first = document.querySelector('#queries article');
  const able = [...document.querySelectorAll('a[href], button, input, summary, [tabindex]')];
  return able.filter(one => one.checkVisibility() && one.tabIndex >= 0
    && first.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_PRECEDING).length;
}"""
LOADED = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


def main() -> None:
    """Print and keep the figures."""
    run = storage.load(storage.RUN, Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE)
    with TemporaryDirectory() as folder, sync_playwright() as started:
        file = Path(folder) / "report.html"
        file.write_text(rendered(run), encoding="utf-8")
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        found = {**laid_out(browser, file.as_uri()), "ms": loads(browser, file.as_uri(), 1)}
        found["slowed_ms"] = loads(browser, file.as_uri(), SLOWED)
        browser.close()
    for name, value in found.items():
        print(f"{name}: {value:,}")
    evidence.keep("page_figures", found)


def laid_out(browser: Browser, address: str) -> dict[str, float]:
    """Figures that do not hang on the machine."""
    page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
    page.goto(address)
    page.wait_for_timeout(500)  # until regions were asked whether they scroll
    made = {
        "screens": round(page.evaluate("document.documentElement.scrollHeight") / HEIGHT, 1),
        "elements": page.evaluate("document.querySelectorAll('*').length"),
        "tab_stops": page.evaluate(STOPS),
        "printed_pages": len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format="A4"))),
    }
    page.context.close()
    return made


def loads(browser: Browser, address: str, slowed: int) -> int:
    """Milliseconds to DOMContentLoaded, the fastest of some."""
    took = []
    for _ in range(LOADS):
        page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowed})
        page.goto(address)
        took.append(page.evaluate(LOADED))
        page.context.close()
    return round(min(took))


if __name__ == "__main__":
    main()

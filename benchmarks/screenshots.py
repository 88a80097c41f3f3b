"""Make the pictures of the README from the committed sample and a stored run: python benchmarks/screenshots.py

Needs Chromium on the PATH and the development dependencies. Each picture is one part of the page, in the light and in
the dark theme, at a width at which text stays readable where the README shows it.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import storage
from bench.experiments.before_after.document import EXPERIMENT as report
from bench.experiments.now.document import EXPERIMENT as now

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "reports" / "sample" / "run.json"
NOW = ROOT / "tests" / "golden" / "runs" / "now" / "now.json"
WIDTH, HEIGHT = 1400, 900

PICTURES = {
    "report": ("report.html", "header"),
    "plans": ("report.html#query-lead_assignment_queue", "#query-lead_assignment_queue details[open] details[open]"),
    "your-schema": ("now/report.html", "header"),
}
"""Name of the picture: the place in a page that is opened, and the part that is shown."""


def main() -> None:
    """Write docs/NAME.png and docs/NAME-dark.png."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or sys.exit("no chromium on the PATH")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        report.write(storage.load(storage.RUN, SAMPLE), Path(folder))
        now.write(storage.load(now.kind, NOW), Path(folder) / "now")
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for scheme, ending in (("light", ""), ("dark", "-dark")):
            for name, (place, part) in PICTURES.items():
                page = browser.new_page(
                    viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme, reduced_motion="reduce"
                )
                page.goto(f"{Path(folder).as_uri()}/{place}")
                _shoot(page, part, ROOT / "docs" / f"{name}{ending}.png")
                page.close()
        browser.close()


def _shoot(page: Any, part: str, file: Path) -> None:  # noqa: ANN401
    box = page.locator(part).first.bounding_box()
    page.screenshot(path=file, full_page=True, clip={**box, "y": box["y"] + page.evaluate("scrollY")})
    print(file.relative_to(ROOT), f"{file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

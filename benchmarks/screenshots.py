"""Make the pictures of the documents, from the committed sample and a stored run: benchmarks/screenshots.py [--check]

Needs Chromium on the PATH and the development dependencies. Each picture is one part of the page, in the light and in
the dark theme, at a width at which text stays readable where a page shows it. One that looks as the committed one does
is left alone, so that a picture in a commit is one that changed; with --check nothing is written, and the exit code is
1 where one would be.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from io import BytesIO
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


SAME = 8
"""Of 255, how far a pixel may be off: edges of letters are drawn a shade otherwise from machine to machine."""
FEW = 0.001
"""Share of the pixels that may be off by more than that."""


def main() -> int:
    """Write docs/NAME.png and docs/NAME-dark.png where they look otherwise."""
    parser = argparse.ArgumentParser(description="Make the pictures of the documents where they look otherwise.")
    parser.add_argument("--check", action="store_true", help="only say which would be written")
    check = parser.parse_args().check
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or sys.exit("no chromium on the PATH")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        report.write(storage.load(storage.RUN, SAMPLE), Path(folder))
        now.write(storage.load(now.kind, NOW), Path(folder) / "now")
        changed = 0
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for scheme, ending in (("light", ""), ("dark", "-dark")):
            for name, (place, part) in PICTURES.items():
                page = browser.new_page(
                    viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme, reduced_motion="reduce"
                )
                page.goto(f"{Path(folder).as_uri()}/{place}")
                changed += put(_shoot(page, part), ROOT / "docs" / f"{name}{ending}.png", check=check)
                page.close()
        browser.close()
    return 1 if check and changed else 0


def _shoot(page: Any, part: str) -> bytes:  # noqa: ANN401
    box = page.locator(part).first.bounding_box()
    shot: bytes = page.screenshot(full_page=True, clip={**box, "y": box["y"] + page.evaluate("scrollY")})
    return shot


def put(picture: bytes, file: Path, *, check: bool) -> bool:
    """Write ``picture`` unless the file looks like it; whether it does not."""
    if file.exists() and looks_like(picture, file.read_bytes()):
        return False
    print(file.name, "would change" if check else f"{len(picture) / 1000:.0f} kB")
    if not check:
        file.write_bytes(picture)
    return True


def looks_like(one: bytes, other: bytes) -> bool:
    """Whether two pictures are of one size, and nearly all of their pixels of one colour."""
    from PIL import Image, ImageChops

    first, second = (Image.open(BytesIO(picture)).convert("RGB") for picture in (one, other))
    if first.size != second.size:
        return False
    off = ImageChops.difference(first, second).convert("L").point(lambda value: 255 if value > SAME else 0)
    return off.histogram()[255] <= FEW * first.size[0] * first.size[1]


if __name__ == "__main__":
    sys.exit(main())

"""What axe-core has against a page with everything unfolded.

Five sixths of its time go into the contrast of every cell of every table with what lies behind it. That is a function
of the styles of an element and of those around it, which are few: one element of each is asked.
"""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe

from tests.chromium import unfold

MARK_ONE_OF_EACH_STYLE = """() => {
  const behind = new Map([[null, ""]]);
  const around = one => {
    if (!behind.has(one)) {
      const s = getComputedStyle(one);
      const own = [s.backgroundColor, s.backgroundImage, s.opacity, s.position, s.filter, s.mixBlendMode, s.zIndex];
      behind.set(one, [around(one.parentElement), one.ariaDisabled, ...own].join("|"));
    }
    return behind.get(one);
  };
  const known = new Set();
  for (const one of document.body.querySelectorAll("*")) {
    const words = [...one.childNodes].some(part => part.nodeType === Node.TEXT_NODE && part.data.trim());
    if (!(words && one.checkVisibility()) && !one.matches("input, select, textarea")) continue;
    const s = getComputedStyle(one);
    const own = [s.color, s.fontSize, s.fontWeight, s.textShadow, s.webkitTextStroke, s.textTransform];
    const style = [one.tagName, one.disabled, ...own, around(one)].join("|");
    if (!known.has(style)) one.dataset.contrast = "";
    known.add(style);
  }
  axe.configure({rules: [{id: "color-contrast", selector: "[data-contrast]"}]});
}"""


def complaints(page: Any, part: str = "document") -> str:
    """What is wrong with the page, or with what the selector ``part`` finds, as a report; empty if nothing is."""
    unfold(page)
    page.evaluate(Axe().axe_script)
    page.evaluate(MARK_ONE_OF_EACH_STYLE)
    run = "part => axe.run(part === 'document' ? document : part, {resultTypes: ['violations']})"
    found = AxeResults(page.evaluate(run, part))
    return str(found.generate_report()) if found.violations_count else ""

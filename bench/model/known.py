"""What other results said of a workload when a run ended: their files may be gone when this one is shown again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """A question that one asks before a release, and what was known of it."""

    question: str
    """Its short name: ``meets``, ``plans``, ``load``, ``cold``, ``scale``, ``ageing``, ``gate``."""
    asks: str
    """The question in words."""
    command: str
    """What finds out."""
    answer: Literal["yes", "no", "cannot tell", "not asked"] = "not asked"
    """``yes``, ``no``, ``cannot tell`` or ``not asked``."""
    said: str = ""
    """Headline of the result that gave the answer; the run's own answers are not kept here, they follow from it."""
    by: str = ""
    """Its command and size."""
    begun_at: str = ""
    """When it began."""
    href: str = ""
    """Where its page is, from the folder of the run."""
    stale: str = ""
    """Why the answer may be another one by now."""

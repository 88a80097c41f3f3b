"""Writes the string pools of the dataset (dataset/pools/*.txt) with Faker. Run once; the files are committed.

    python benchmarks/make_pools.py

Faker's words differ between its releases, and the rows must not: so Faker makes the pools here and the dataset reads
the files. A pool is one value a line, most frequent first; a name has its ASCII form (for e-mail addresses) after
a tab. Every value is made up: no real person or company is meant, domains are under ``.example``, which RFC 2606
reserves.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from faker import Faker

POOLS = Path(__file__).resolve().parent.parent / "dataset" / "pools"
SEED = 20260101
LATIN = ("en_US", "de_DE", "fr_FR", "es_ES", "pl_PL", "pt_BR", "it_IT", "cs_CZ", "sv_SE", "tr_TR")
CJK = ("ja_JP", "zh_CN", "ko_KR")
NAMES = 1500
CJK_EVERY = 33
"""One name in 33 is written in CJK characters: 3 %."""


def ascii_of(text: str) -> str:
    """``text`` without accents, in lower case, letters and digits only."""
    plain = text.replace("ł", "l").replace("ß", "ss").replace("ø", "o").replace("ı", "i").replace("æ", "ae")
    folded = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", folded.lower())


def names(kind: str) -> list[str]:
    """``name<TAB>ascii`` lines for ``kind``, either first_name or last_name."""
    latin, cjk = Faker(list(LATIN)), Faker(list(CJK))
    for fake in (latin, cjk):
        fake.seed_instance(SEED)
    romanized = Faker("ja_JP")
    romanized.seed_instance(SEED)
    lines: dict[str, str] = {}
    for attempt in range(NAMES * 20):
        if len(lines) == NAMES:
            break
        if len(lines) % CJK_EVERY == CJK_EVERY - 1:
            name = getattr(cjk, kind)()
            plain = ascii_of(getattr(romanized, kind.replace("_name", "_romanized_name"))()) or f"n{attempt}"
        else:
            name = getattr(latin, kind)()
            plain = ascii_of(name)
        if plain and "\t" not in name:
            lines.setdefault(name, plain)
    return [f"{name}\t{plain}" for name, plain in lines.items()]


def distinct(make: object, count: int) -> list[str]:
    """Up to ``count`` distinct values of the callable ``make``."""
    values: dict[str, None] = {}
    for _ in range(count * 20):
        values[str(make())] = None  # type: ignore[operator]
        if len(values) == count:
            break
    return list(values)


def main() -> None:
    """Write every pool."""
    fake = Faker(["en_US", "de_DE", "fr_FR", "pl_PL"])
    fake.seed_instance(SEED)
    english = Faker("en_US")
    english.seed_instance(SEED)
    pools = {
        "first_names": names("first_name"),
        "last_names": names("last_name"),
        "companies": [c for c in distinct(fake.company, 2400) if ascii_of(c)],
        "job_titles": distinct(english.job, 600),
        "cities": distinct(fake.city, 600),
        "words": [w.lower() for w in distinct(english.word, 900)],
        "phrases": distinct(english.catch_phrase, 700),
    }
    POOLS.mkdir(exist_ok=True)
    for name, values in pools.items():
        (POOLS / f"{name}.txt").write_text("\n".join(values) + "\n", encoding="utf-8")
        print(f"{name}: {len(values)} values")


if __name__ == "__main__":
    main()

"""What is expected ten times further, as a section: said to be a prediction wherever it is said."""

from __future__ import annotations

from bench.experiments.scale.fit import LEAST
from bench.experiments.scale.further import Expected, ExpectedQuery, Further
from bench.model import Verdict
from bench.report import numbers
from bench.report.document import Block, Cell, Column, Row, Sentences, Table, Tone, columns

WORDS: dict[Verdict, tuple[str, Tone]] = {
    "meets": ("within", "good"), "misses": ("over", "over"), "cannot tell": ("cannot tell", "open"),
}  # fmt: skip
ENDLESS_MS = 3_600_000.0
"""An hour: an upper end beyond it tells nothing."""


def predicted(found: Further | None, unit: str, target_ms: float) -> tuple[Block, ...]:
    """A sentence, a table and what it is worth; nothing where there are too few steps."""
    if found is None:
        return (Sentences(("Nothing can be said about it: that needs three steps.",), "none"),)
    verdicts = [one.expected.verdict for one in found.queries]
    size = f"{numbers.size(found.bytes_before)}, and optimizations {numbers.size(found.bytes_added)}"
    said = (
        f"A prediction, not a measurement. At {found.units:,} {unit} {verdicts.count('meets')} of "
        f"{numbers.plural(len(verdicts), 'query', 'queries')} would be within {target_ms:g} ms at p95, "
        f"{verdicts.count('misses')} over, and {verdicts.count('cannot tell')} cannot be told. "
        f"The database would have {size}; curves know only what the steps had in memory.",
        _worth(found),
    )
    headings = (
        Column("Query"), Column("Class", rank=1), Column("p95 measured", number=True),
        *columns("p95 predicted", "95 % interval", number=True), Column("Predicted"),
    )  # fmt: skip
    caption = f"At {found.units:,} {unit}, for the class of which the worst is expected; measured at the largest step."
    rows = tuple(_row(one) for one in found.queries)
    return Sentences(said, mark="* "), Table("Predictions ten times further", headings, rows, caption, sortable=True)


def _worth(found: Further) -> str:
    if not found.said + found.open:
        return "What such predictions are worth was not checked: that needs four steps."
    unclear = found.said - found.right - found.wrong
    return (
        f"The last step, predicted in the same way from those before it: of {found.said + found.open:,} cells "
        f"{found.said:,} were called within or over, of which {found.right:,} came so, {found.wrong:,} came the other "
        f"way and {unclear:,} could not be told; of {found.open:,} nothing was said."
    )


def _row(one: ExpectedQuery) -> Row:
    told = one.expected
    word, tone = WORDS[told.verdict]
    return (
        Cell(one.title), Cell(one.parameter_class), Cell(numbers.ms(one.measured.p95_ms)),
        Cell(numbers.ms(told.ms)), Cell(_interval(told)),
        Cell(f"{word}: {told.reason}" if told.reason else word, tone),
    )  # fmt: skip


def _interval(told: Expected) -> str:
    if told.low_ms is None or told.high_ms is None:
        return numbers.NOTHING
    if told.high_ms > ENDLESS_MS:
        return "no upper end"
    high = numbers.ms(told.high_ms)
    return f"up to {high}" if told.low_ms <= LEAST else f"{numbers.ms(told.low_ms)} – {high}"

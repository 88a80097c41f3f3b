"""What a report is made of: a title, a verdict, and sections of blocks that name no format.

An experiment makes a ``Document`` from its record and summary; everything in it is decided and worded by then. Each
renderer (``html``, ``markdown``, ``terminal``) knows the blocks and no experiment. Text is plain: renderers escape.

A block that not every format has room for says so in ``formats``. What is one of a kind is a ``Custom`` block: a
template for the page and its text for the other formats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bench.model import vocabulary
from bench.model.vocabulary import Mark
from bench.report.plans import ComparedPlans

Format = Literal["html", "markdown", "terminal"]
EVERYWHERE: frozenset[Format] = frozenset({"html", "markdown", "terminal"})
PAGE: frozenset[Format] = frozenset({"html"})
MARKDOWN: frozenset[Format] = frozenset({"markdown"})
TERMINAL: frozenset[Format] = frozenset({"terminal"})
TEXT: frozenset[Format] = MARKDOWN | TERMINAL

Tone = Literal[
    "", "over", "worse", "better", "good", "open", "quiet", "before", "after", "differs", "strong", "alarm", "unseen"
]  # fmt: skip
"""How a text is meant: ``over`` misses the target or is wrong, ``open`` cannot be told, ``before`` and ``after`` are
the states, ``unseen`` is for who hears the page. A page has a class for each, a terminal a style; Markdown writes what
is loud in bold."""


@dataclass(frozen=True, slots=True)
class Span:
    """A text inside a line: meant in some way, code, smaller, or a link to ``href``."""

    text: str
    tone: Tone = ""
    code: bool = False
    small: bool = False
    bold: bool = False
    italic: bool = False
    href: str = ""
    mark: Mark | None = None
    """Of a verdict: a page shows it as a label, the others with its sign or emoji before it."""


def verdict(word: str) -> Span:
    """A verdict, as it looks everywhere."""
    found = vocabulary.mark(word)
    return Span(word, tone=found.tone, mark=found)


Line = str | Span | tuple[str | Span, ...]
"""A text in one line, of one or several pieces."""


def judged(word: str, assumes: str) -> Line:
    """A verdict, with what it assumes where it assumes something."""
    return (verdict(word), " ", Span(f"assuming {assumes}", small=True)) if assumes else verdict(word)


def spans(line: Line) -> tuple[Span, ...]:
    """The pieces of ``line``."""
    parts = line if isinstance(line, tuple) else (line,)
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)


def marked(text: str) -> Line:
    """A text of ours in which ``*words*`` are in italics and ```names``` are code."""
    parts = re.split(r"(\*[^*]+\*|`[^`]+`)", text)
    return tuple(
        Span(part[1:-1], code=part[0] == "`", italic=part[0] == "*") if part[0] in "*`" else part
        for part in parts
        if part
    )


def plain(line: Line) -> str:
    """``line`` as text without anything."""
    return "".join(part.text for part in spans(line))


# --------------------------------------------------------------------------------------------------------- tables
@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``rank`` says which goes first where a terminal has no room (the highest; 0 stays)."""

    heading: str
    number: bool = False
    """Set to the right."""
    rank: int = 0
    tone: Tone = ""
    label: str = ""
    """What a card calls it, where that is not the heading."""
    href: str = ""
    formats: frozenset[Format] = EVERYWHERE


def columns(*headings: str, number: bool = False) -> tuple[Column, ...]:
    """Columns of which there is no more to say."""
    return tuple(Column(heading, number) for heading in headings)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell; ``tone`` is how all of it is meant, ``value`` what a page sorts it by where that is not its text: last
    where it is an empty one."""

    line: Line
    tone: Tone = ""
    value: float | Literal[""] | None = None
    hint: str = ""
    """What a page says where the pointer rests."""
    span: int = 1
    """Columns that it takes."""
    short: str = ""
    """What a terminal shows in its place where the whole table is too wide."""
    below: tuple[Line, ...] = ()
    """Lines that a page has below it."""
    kind: str = ""
    """A class of the page's style sheets."""

    @property
    def text(self) -> str:
        """The cell as text."""
        return plain(self.line)


Row = tuple[Cell, ...]
NAME_WIDTH = 24


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together, below a line that says why; ``ident`` is their place in a page."""

    rows: tuple[Row, ...]
    title: Line = ""
    ident: str = ""
    name: Line = ""
    """The cell of the first column, where all of them share it: the rows begin at the second."""
    more: Fold | None = None
    """What a page folds away below them."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, whose first column names the row."""

    label: str
    """What it is, for who does not see it."""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: Line = ""
    sortable: bool = False
    filter_label: str = ""
    """Where a page gets a field to filter the rows: what that is called."""
    filters_parts: bool = False
    """Whether that field also hides the parts that the first cells link to, and looks at what those are found by."""
    kind: str = ""
    """A class of the page's style sheets."""
    cards: bool = False
    """On a narrow screen each row is a card, with the headings beside the cells."""
    groups: tuple[Group, ...] = ()
    """In place of ``rows`` where they come in groups."""
    head: tuple[tuple[str, int, Tone], ...] = ()
    """A line above the headings: texts, and how many columns each is for. Below an empty one the headings of its
    columns take both lines."""
    foot: tuple[Row, ...] = ()
    most: int | None = None
    """Rows that a terminal shows; None: all."""
    name_width: int = NAME_WIDTH
    """Characters of the first column for which a terminal leaves others out."""
    formats: frozenset[Format] = EVERYWHERE

    @property
    def all_rows(self) -> tuple[Row, ...]:
        """The rows, of all groups."""
        return self.rows or tuple(
            (Cell(group.name), *row) if group.name else row for group in self.groups for row in group.rows
        )


# --------------------------------------------------------------------------------------------------------- blocks
Style = Literal["lead", "prose", "steps", "paragraph", "note", "reason", "none", "list", "alarm"]


@dataclass(frozen=True, slots=True)
class Sentences:
    """One sentence after the other: a list, or paragraphs where ``style`` is none of a list."""

    items: tuple[Line, ...]
    style: Style = "lead"
    mark: str = ""
    """What stands before each on a terminal."""
    tone: Tone = ""
    gap: bool = False
    """Whether a terminal leaves a line free before them."""
    indent: int = 0
    """Characters by which a terminal moves them to the right, in every line that one takes."""
    most: int | None = None
    """Characters of each that Markdown and a terminal keep, where that is not as usual."""
    label: str = ""
    """Of a list: what it is, for who does not see it."""
    kind: str = ""
    formats: frozenset[Format] = EVERYWHERE


GAP = Sentences(("",), formats=TERMINAL)
"""A free line on a terminal, where no heading brings one."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing for a page, as SVG, with its words for who does not see it; nothing where it is empty."""

    draw: Callable[[], str]
    words: str
    kind: str = ""
    caption: Line = ""
    """Below it, and shown where there is no drawing too."""
    narrow: Callable[[], str] | None = None
    """The drawing for a narrow screen, where that is another one."""
    ident: str = ""
    label: str = ""
    """What the figure with its caption is, for who does not see it."""
    formats: frozenset[Format] = PAGE


@dataclass(frozen=True, slots=True)
class Code:
    """A text to copy."""

    title: str
    text: str
    sql: bool = True
    formats: frozenset[Format] = PAGE


@dataclass(frozen=True, slots=True)
class Plans:
    """Two plans of a statement on common lines, or one."""

    label: str
    """What they are, for who does not see them."""
    caption: str
    plans: ComparedPlans
    marked: int = 0
    """Number of the line to look at first; 0 for none."""
    formats: frozenset[Format] = PAGE


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are."""

    items: tuple[tuple[str, Line], ...]
    kind: str = "facts"
    """A class of the page's style sheets."""
    formats: frozenset[Format] = PAGE


@dataclass(frozen=True, slots=True)
class Fold:
    """A line with blocks behind it, folded away."""

    summary: Line
    blocks: tuple[Block, ...]
    ident: str = ""
    opened: bool = False
    lazy: bool = False
    """Whether a page with its script builds what is behind it when it is opened; without, it is there at once."""
    formats: frozenset[Format] = frozenset({"html", "markdown"})


@dataclass(frozen=True, slots=True)
class Beside:
    """Blocks side by side where there is room; ``kind`` is a class of the page's style sheets."""

    blocks: tuple[Block, ...]
    kind: str = "beside"
    formats: frozenset[Format] = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a section, with a heading of its own."""

    title: Line
    blocks: tuple[Block, ...]
    ident: str = ""
    kind: str = ""
    nav: str = ""
    """What the page's list of sections calls it; not there if empty."""
    find: str = ""
    """What a filter of a page finds it by; such a part has a link to itself."""
    flat: bool = False
    """Whether ``ident`` is the place of its heading alone; otherwise the part is an article of its own."""
    level: int = 3
    """Of its heading; the page has 1, a section 2."""
    line: Line = ""
    """What a page has beside its heading; a part with one is folded to the two, unless it is ``opened``."""
    opened: bool = False
    formats: frozenset[Format] = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Custom:
    """What is one of a kind: a template of the page with its values, and its text for Markdown and terminal."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    markdown: Sequence[str] = ()
    terminal: Sequence[Line] = ()
    formats: frozenset[Format] = EVERYWHERE


Block = Sentences | Table | Figure | Code | Plans | Facts | Fold | Beside | Part | Custom


# ------------------------------------------------------------------------------------------------------- document
@dataclass(frozen=True, slots=True)
class Section:
    """A heading with blocks below it. A format that shows no heading of it has it not in ``headed``."""

    ident: str
    title: str
    blocks: tuple[Block, ...]
    nav: str = ""
    """What the page's list of sections calls it, where that is not its title; ``-``: not there."""
    headed: frozenset[Format] = EVERYWHERE
    on_paper: bool = True
    """Whether it is printed by who does not ask for everything."""
    formats: frozenset[Format] = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Document:
    """Everything that a report shows, the most important first."""

    experiment: str
    """Name of the experiment, as its command."""
    file: str
    """Name of its page without the ending: load.html, load.md."""
    title: str
    """What it is a report of: stands in the window's title and before the headline of Markdown."""
    headline: str
    """The verdict in one sentence."""
    facts: tuple[str, ...]
    """Above the headline of a page: workload, size, time."""
    alarms: tuple[Line, ...]
    """What makes a claim void: to be shown before any figure."""
    lead: tuple[Block, ...]
    sections: tuple[Section, ...]
    pgproof: str
    """The version that measured."""
    footer: Line
    mark: Mark = vocabulary.PLAIN
    """How the headline is meant, where it is a verdict."""
    comments: tuple[str, ...] = ()
    """Lines before all of Markdown that nobody sees, by which a program finds what it wrote before."""
    markdown_title: str | None = None
    """The heading of Markdown before the headline where it is not ``title``."""
    alarm_sign: str = "✗"
    """Before an alarm on a terminal."""
    alarm_lead: str = ""
    """Before an alarm of a page, in bold."""
    styles: tuple[str, ...] = ()
    """Style sheets of the page beside the one that all have."""
    notes: tuple[Line, ...] = ()
    """Below the alarms of a page: what is not finished."""
    target: str = ""
    """Where the page's first link leads; the first section if empty."""
    reloads_s: int = 0
    """Seconds after which the page reloads itself, of what is not finished; 0: never."""


def shown(blocks: Sequence[Block], form: Format) -> tuple[Block, ...]:
    """The blocks that ``form`` has and that hold something."""
    return tuple(block for block in blocks if form in block.formats and not is_empty(block))


def is_empty(block: Block) -> bool:
    """Whether there is nothing in a block."""
    if isinstance(block, Table):
        return not block.all_rows
    if isinstance(block, Sentences | Facts):
        return not block.items
    if isinstance(block, Fold | Beside | Part):
        return all(is_empty(one) for one in block.blocks)
    return False


def sections(document: Document, form: Format) -> tuple[Section, ...]:
    """The sections that ``form`` has and that hold something."""
    return tuple(one for one in document.sections if form in one.formats and shown(one.blocks, form))

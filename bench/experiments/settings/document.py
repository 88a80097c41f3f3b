"""A comparison of settings as a document: a row for each cell, what the plans do differently, the settings."""

from __future__ import annotations

from bench.experiments import about
from bench.experiments.experiment import Experiment
from bench.experiments.settings.record import SETTINGS, SettingsGroup, SettingsRun
from bench.experiments.settings.summary import SettingsCell, SettingsSummary, findings, summarize
from bench.model import DIFFERENCES
from bench.report import numbers
from bench.report.document import PAGE, TEXT, Cell, Column, Document, Facts, Part, Row, Section, Sentences, Table, Tone
from bench.timestamps import when

TONES: dict[str, Tone] = {"faster": "better", "slower": "worse", **dict.fromkeys(DIFFERENCES, "over"), "failed": "over"}


def document(run: SettingsRun, summary: SettingsSummary) -> Document:
    """Place what a comparison of settings says."""
    changed = [cell for cell in summary.cells if cell.plan_changes]
    plans = tuple(
        Part(f"{cell.title}, {cell.parameter_class}", (Sentences(cell.plan_changes, style="prose"),))
        for cell in changed
    )  # fmt: skip
    return Document(
        experiment="settings",
        file="settings",
        title=f"{run.workload}: {run.first.name} against {run.second.name}",
        headline=summary.headline,
        facts=("settings", about.size(run.workload, run.dataset), when(run.started_at)),
        alarms=summary.alarms,
        lead=(Sentences(summary.notes, formats=PAGE),),
        sections=(
            Section("cells", "Queries", (_cells(run, summary),)),
            Section("plans", "What the plans do differently", plans),
            _about(run),
            Section("notes", "Notes", (Sentences(summary.notes, tone="quiet", gap=True),), headed=frozenset(),
                    formats=TEXT),
        ),
        pgproof=run.pgproof,
        footer=f"Made by pgproof {run.pgproof} from settings.json.",
    )  # fmt: skip


def _cells(run: SettingsRun, summary: SettingsSummary) -> Table:
    first, second = run.first.name, run.second.name
    columns = (
        Column("Query"), Column("Class", rank=1), Column(f"p50, {first}", number=True),
        Column(f"p50, {second}", number=True), Column("Times as fast", number=True, rank=2), Column("Says"),
        Column(f"p95, {first}", number=True, rank=5), Column(f"p95, {second}", number=True, rank=4),
        Column("Buffers", number=True, rank=3), Column("Plan", rank=6),
    )  # fmt: skip
    caption = (
        f"In state {run.state}, executed in turn on one database. Times as fast: the ratio of the medians with its "
        "95 % interval; below 1, the second group is slower."
    )
    rows = tuple(_row(cell) for cell in summary.cells)
    return Table("Table: Queries", columns, rows, caption, sortable=True)


def _row(cell: SettingsCell) -> Row:
    between = numbers.interval(cell.ratio)
    buffers = numbers.change(*(side.counters.buffers if side.counters else None for side in (cell.first, cell.second)))
    return (
        Cell(cell.title), Cell(cell.parameter_class), Cell(numbers.figure(cell.first.p50)),
        Cell(numbers.figure(cell.second.p50)), Cell(f"{numbers.times(cell.ratio)}{f' ({between})' if between else ''}"),
        Cell(cell.change, TONES.get(cell.change, "quiet")), Cell(numbers.figure(cell.first.p95)),
        Cell(numbers.figure(cell.second.p95)), Cell(buffers), Cell("another" if cell.another_plan else "same"),
    )  # fmt: skip


def _about(run: SettingsRun) -> Section:
    options = run.options
    facts = Facts((
        ("Status", run.status), (run.first.name, _settings(run.first)), (run.second.name, _settings(run.second)),
        ("Executions", f"{options.rounds} of each cell while its verdict is open, timeout {options.timeout_s:g} s"),
        about.server(run.server), *about.forced(run.server), about.machine(run.machine),
    ))  # fmt: skip
    return Section("about", "About this comparison", (facts,), nav="About", formats=PAGE)


def _settings(group: SettingsGroup) -> str:
    return ", ".join(f"{name} = {value}" for name, value in group.settings.items()) or "as every experiment measures"


EXPERIMENT = Experiment(
    name="settings",
    kind=SETTINGS,
    page="settings.html",
    page_is="settings",
    summarize=summarize,
    document=document,
    findings=findings,
    worth_keeping=lambda run: bool(run.pairs),
    kept=lambda run, folder: (f"{run.status}; {numbers.plural(len(run.pairs), 'cell')} kept: {folder}/settings.html",),
    smallest=("--scale", "1k", "--rounds", "2", "--budget", "0", "--group", "more: work_mem=64MB"),
)

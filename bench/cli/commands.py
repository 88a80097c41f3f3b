"""Every command of pgproof: where it stands, and the first sentence of its help; a test holds the two together."""

from __future__ import annotations

from bench.cli.lazy_group import Entry

COMMANDS = {
    "run": Entry(
        "bench.experiments.before_after.command:run",
        "Run the experiment: fill, clone, optimize, compare, measure, report.",
    ),
    "attribute": Entry(
        "bench.experiments.before_after.command:attribute",
        "Measure the four sides of every optimization: what it gains, costs to write, to store and to ship.",
    ),
    "report": Entry(
        "bench.cli.report:report_command",
        "Write the reports of a stored result again, with no server.",
    ),
    "scale": Entry(
        "bench.experiments.scale.command:scale",
        "Say when each query will cross its target: the experiment before and after, at growing scale.",
    ),
    "load": Entry(
        "bench.experiments.load.command:load",
        "Run the queries as a mix from many clients at once, before and after the optimizations.",
    ),
    "maintain": Entry(
        "bench.experiments.maintain.command:maintain",
        "Measure maintenance: age a copy of the optimized database, then carry out each procedure on a copy of that.",
    ),
    "traps": Entry(
        "bench.experiments.traps.command:traps_command",
        "Execute the plans that each query may get, beside the one that it has.",
    ),
    "compare": Entry(
        "bench.experiments.compare.command:compare",
        "Show stored runs side by side, each held against the first.",
    ),
    "history": Entry(
        "bench.experiments.compare.history.command:history",
        "Show how every query went through the runs below FOLDER, in groups of runs that compare.",
    ),
    "baseline": Entry(
        "bench.experiments.gate.command:baseline",
        "Write the baseline to commit: work counters, plans and rows of every query today.",
    ),
    "gate": Entry(
        "bench.experiments.gate.command:gate",
        "Judge the working tree: does any query do more work, take longer, miss its target, or return other rows?",
    ),
    "selftest": Entry(
        "bench.experiments.selftest.command:selftest",
        "Test the gate on itself: how often does it cry wolf here, and how small a wolf does it see?",
    ),
    "ship-script": Entry(
        "bench.cli.ship_script:ship_script_command",
        "Print a psql script that brings the optimizations to a live database without stopping it.",
    ),
    "verify": Entry(
        "bench.cli.databases:verify",
        "Compare the files with the catalogs of the databases made from them; fail on drift.",
    ),
    "cache": Entry("bench.cli.databases:cache", "Filled databases that later runs start from."),
    "completion": Entry("bench.cli.completion:completion", "Say how to have the shell complete commands and options."),
}

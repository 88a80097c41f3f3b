"""Every command of pgproof: where it stands, and the first sentence of its help; a test holds the two together."""

from __future__ import annotations

from collections.abc import Iterator

from bench.cli.lazy_group import Entry
from bench.experiments import packages


def _of_experiments() -> Iterator[tuple[str, Entry]]:
    for package in packages():
        for name, (place, about) in getattr(package, "COMMANDS", {}).items():
            yield name, Entry(f"{package.__name__}.{place}", about)


COMMANDS = {
    **dict(_of_experiments()),
    "report": Entry(
        "bench.cli.report:report_command",
        "Write the reports of a stored result again, with no server.",
    ),
    "reproduce": Entry(
        "bench.cli.reproduce:reproduce",
        "Print the psql session that repeats one cell of a run by hand: settings, PREPARE, EXPLAIN, EXECUTE.",
    ),
    "check-up": Entry(
        "bench.cli.check_up:check_up",
        "Answer what one asks before a release, within a given time: target, plans, load, cold, scale, ageing, gate.",
    ),
    "explain": Entry(
        "bench.cli.explain:explain",
        "Say what a word of the reports means.",
    ),
    "init": Entry(
        "bench.cli.init:init_command",
        "Write a workload folder from a schema alone: schema.sql, dataset.toml, queries/ and pgproof.toml, to edit.",
    ),
    "ship-script": Entry(
        "bench.cli.ship_script:ship_script_command",
        "Print a psql script that brings the optimizations to a live database without stopping it.",
    ),
    "schema": Entry(
        "bench.cli.schema:schema_command",
        "Write what the files define as one sorted document, to commit: schema.lock.yaml.",
    ),
    "verify": Entry(
        "bench.cli.verify:verify",
        "Hold databases against the files; fail on drift.",
    ),
    "dataset": Entry(
        "bench.cli.dataset:dataset",
        "The rows of a workload, for other programs.",
    ),
    "cache": Entry(
        "bench.cli.databases:cache",
        "Filled databases that later runs start from.",
    ),
    "doctor": Entry(
        "bench.cli.doctor:doctor",
        "Say what this machine can run, and what is missing, with the command that mends it.",
    ),
    "completion": Entry(
        "bench.cli.completion:completion",
        "Say how to have the shell complete commands and options.",
    ),
}

SECTIONS = {
    "Measure a workload": ("run", "attribute", "load", "scale", "traps", "coverage", "maintain", "settings"),
    "Find and ship what helps": ("advise", "ship-script"),
    "Guard every change": ("baseline", "gate", "selftest", "check-up"),
    "Look at what was measured": ("report", "compare", "history", "reproduce", "explain"),
    "Begin, and look after it": ("init", "schema", "verify", "dataset", "doctor", "cache", "completion"),
}
"""The headings of the help, and the commands under each; a test holds that each has one."""

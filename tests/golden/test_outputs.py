"""Every text that an experiment gives, byte for byte; pages as the tree that a browser would read."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.golden import dom, outputs

TEXTS = [(experiment, name) for experiment in outputs.EXPERIMENTS for name in outputs.texts(experiment)]
PAGES = [(experiment, name) for experiment in outputs.EXPERIMENTS for name in outputs.pages(experiment)]


@pytest.mark.parametrize(("experiment", "name"), TEXTS)
def test_a_text_is_as_it_was_to_the_byte(experiment: str, name: str, accepted: SnapshotAssertion) -> None:
    assert outputs.made(experiment)[name] == accepted(name=f"{experiment}/{name}")


@pytest.mark.parametrize(("experiment", "name"), PAGES)
def test_a_page_has_the_nodes_that_it_had(experiment: str, name: str, accepted: SnapshotAssertion) -> None:
    page = outputs.made(experiment)[name].decode()
    assert dom.lines(page).encode() == accepted(name=f"{experiment}/{name}.dom")


def test_every_command_ends_with_the_code_that_it_had(accepted: SnapshotAssertion) -> None:
    codes = b"".join(outputs.made(experiment)[outputs.CODES] for experiment in outputs.EXPERIMENTS)
    assert codes == accepted(name=outputs.CODES)


@pytest.mark.parametrize("experiment", outputs.EXPERIMENTS)
def test_an_experiment_gives_the_outputs_that_are_held_and_no_other(experiment: str) -> None:
    assert set(outputs.made(experiment)) == {*outputs.EXPERIMENTS[experiment][1], outputs.CODES}


def test_nothing_is_kept_that_no_experiment_gives() -> None:
    kept = Path(__file__).parent / "__snapshots__"
    texts = {f"{experiment}/{name}" for experiment, name in TEXTS} | {outputs.CODES}
    pages = {f"{experiment}/{name}.dom" for experiment, name in PAGES}
    found = {file.relative_to(kept).as_posix() for file in kept.rglob("*") if file.is_file() and file.suffix != ".png"}
    assert found == texts | pages

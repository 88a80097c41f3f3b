"""What every experiment keeps to: shown from its file, in every format, safely; stopped anywhere, it leaves no copy.

Each is carried out in its smallest form on the example, with its own command, on a server of these tests.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench import storage
from bench.cli import main
from bench.experiments.experiment import EXPERIMENTS, Experiment, experiment_of
from bench.postgres.connection import Target
from bench.postgres.databases import own_databases
from bench.postgres.servers import ServerOptions, open_server
from bench.results_folder import Checkpoint
from tests import SHOP, axe
from tests.builders import runs
from tests.experiments.before_after.test_document import Page

NAMES = tuple(EXPERIMENTS)
KEPT = tuple(file for file in NAMES if experiment_of(Path(file)).kept is not None)
"""Those that keep a part when they are stopped; a gate has no verdict before its end."""
HOSTILE = (*runs.HOSTILE[:4], runs.HOSTILE[13])
"""Of the texts that the own tests of each try: what would be markup, the cells of a table, several lines."""
FROM_THE_WORKLOAD = ("shop", "orders", "open_orders", "latest_orders", "cancel_order", "Open orders", "Latest orders")


@pytest.fixture(scope="module")
def home(running_home: Path) -> Path:
    return running_home


@pytest.fixture(scope="module")
def workload(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    """The example with a baseline, which a gate wants."""
    folder = Path(shutil.copytree(SHOP, tmp_path_factory.mktemp("contract") / "shop"))
    assert main(["baseline", str(folder), "--home", str(home), "--scale", "1k", "--quiet"]) == 0
    return folder


@pytest.fixture(scope="module")
def as_it_is(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example without optimizations: what is measured of it is one state."""
    folder = Path(shutil.copytree(SHOP, tmp_path_factory.mktemp("now") / "shop"))
    (folder / "optimizations.sql").unlink()
    for query in folder.glob("queries/*.sql"):
        query.write_text(re.sub(r"^-- expects: .*\n", "", query.read_text(), flags=re.MULTILINE))
    return folder


@pytest.fixture(scope="module")
def workload_for(workload: Path, as_it_is: Path) -> Callable[[str], Path]:
    """What the experiment of that file is carried out on."""
    return lambda file: as_it_is if file == "now.json" else workload


@pytest.fixture(scope="module")
def steps() -> dict[str, int]:
    """How often each experiment kept what it had seen, of those in ``results``."""
    return {}


@pytest.fixture(scope="module")
def results(
    tmp_path_factory: pytest.TempPathFactory, workload_for: Callable[[str], Path], home: Path, steps: dict[str, int]
) -> dict[str, Path]:
    """The folder of a finished result of each experiment, made when first asked for."""

    class Made(dict[str, Path]):
        def __missing__(self, file: str) -> Path:
            output = tmp_path_factory.mktemp("reports")
            with stopped_at(None) as kept:
                assert carried_out(experiment_of(Path(file)), workload_for(file), output, home) == 0
            self[file], steps[file] = only_folder(output), len(kept)
            return self[file]

    return Made()


def carried_out(experiment: Experiment, workload: Path, output: Path, home: Path) -> int:
    asked = [str(workload), *experiment.smallest, "--home", str(home), "--output", str(output), "--quiet"]
    return main([experiment.carried_out_by, *asked])


def only_folder(output: Path) -> Path:
    (found,) = (path for path in output.iterdir() if path.is_dir() and not path.is_symlink())
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("file", NAMES)
def test_a_result_is_shown_again_to_the_byte_from_its_file_alone(file, results, tmp_path):
    folder = results[file]
    assert main(["report", str(folder / file), "--output", str(tmp_path)]) == 0
    made, before = contents(tmp_path), contents(folder)
    assert {experiment_of(Path(file)).page} <= set(made)
    assert made == {name: before[name] for name in made}


@pytest.mark.parametrize("file", NAMES)
def test_a_result_has_its_page_whole_without_its_script(file, results, opened):
    page = (results[file] / experiment_of(Path(file)).page).read_text()
    assert "<h1" in page
    with_script, without = (opened(page, script=script).page.locator("main").inner_text() for script in (True, False))
    words = [set(re.findall(r"\w+", text)) for text in (with_script, without)]
    assert words[0] - words[1] <= {"Filter", "Copy", "Unfold", "Fold", "all", "everything", "the", "open"}


@pytest.mark.parametrize("file", NAMES)
@pytest.mark.parametrize(("width", "dark"), [(1400, False), (360, True)])
def test_a_page_fits_and_has_no_violation_with_everything_unfolded(file, width, dark, results, opened):
    seen = opened((results[file] / experiment_of(Path(file)).page).read_text(), width=width, dark=dark)
    assert (seen.complaints, len(seen.requests)) == ([], 1)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe.complaints(seen.page) == ""


@pytest.mark.parametrize("file", NAMES)
def test_what_a_workload_names_is_only_text(file, results, tmp_path):
    """The names of the example, wherever they stand in the record, are exchanged for what would like to be more."""
    experiment = experiment_of(Path(file))

    def named(name: str) -> Page:
        stored = (results[file] / file).read_text()
        for place, word in enumerate(FROM_THE_WORKLOAD):
            stored = stored.replace(f'"{word}"', json.dumps(f"{name}{place}"))
        (tmp_path / file).write_text(stored)
        record = storage.load(experiment.kind, tmp_path / file)
        experiment.write(record, tmp_path)
        return Page((tmp_path / experiment.page).read_text())

    wanted = named("q").structure
    for text in HOSTILE:
        assert named(text).structure == wanted, text
        for made in tmp_path.glob("*.md"):
            assert "<script" not in made.read_text(), text


@contextmanager
def stopped_at(n: int | None) -> Iterator[list[object]]:
    """Interrupt a command when it keeps what it has seen for the n-th time; gives what it kept."""
    seen: list[object] = []
    keep = Checkpoint.keep

    def kept(self: Checkpoint, record: object) -> None:
        keep(self, record)
        seen.append(record)
        if len(seen) == n:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Checkpoint, "keep", kept)
        yield seen


@pytest.mark.parametrize("file", KEPT)
def test_an_interrupted_one_keeps_its_part_and_leaves_no_copy(file, workload_for, home, results, steps, tmp_path):
    assert results[file]
    experiment = experiment_of(Path(file))
    first, middle, last = 1, max(1, steps[file] // 2), max(1, steps[file] - 1)
    for at in sorted({first, middle, last}):  # of few steps some are the same
        output = tmp_path / f"stopped {at}"
        with stopped_at(at):
            assert carried_out(experiment, workload_for(file), output, home) == 130, at
        for kept in output.rglob(file):
            assert storage.load(experiment.kind, kept).status == "interrupted", at
            assert main(["report", str(kept)]) in (0, 1), at
        with open_server("embedded", ServerOptions(home=home)) as server, Target(server.dsn).connect() as admin:
            assert {database.kind for database in own_databases(admin)} <= {"template"}, at

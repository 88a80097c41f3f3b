"""``pgproof scale`` on a real server: the steps, what is kept of an interrupted one, what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench import storage
from bench.cli import main
from bench.errors import DiskFull
from bench.experiments.scale import run as scaling
from bench.experiments.scale.record import SCALE
from bench.model import Options, Run
from bench.postgres.servers import ServerHandle
from bench.progress import silent
from bench.workload import read
from tests.builders.shops import SHOP, setup_of

QUICK = ("--target", "5000", "--rounds", "6", "--budget", "0", "--query", "open_orders", "--quiet")
SHORT = ("--target", "5000", "--rounds", "2", "--budget", "0", "--quiet")
SCALES = (200, 400)


@pytest.fixture
def pgproof(used_home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def call(*arguments: object) -> tuple[int, str]:
        status = main(["scale", *map(str, arguments), "--home", str(used_home)])
        captured = capsys.readouterr()
        return status, " ".join((captured.out + captured.err).split())

    return call


OPTIONS = Options(rounds=1, budget_s=0.0, timeout_s=30.0, warmups=1, seed=1, target_ms=50.0)
SETUP = setup_of(read(SHOP), 0, only=("open_orders",))


def test_steps_are_runs_of_their_own_and_an_interrupted_experiment_goes_on(pgproof, tmp_path, monkeypatch):
    carried_out = scaling.experiment.run

    def stops_at_the_second(setup, *rest):
        if setup.scale > SCALES[0]:
            raise KeyboardInterrupt
        return carried_out(setup, *rest)

    monkeypatch.setattr(scaling.experiment, "run", stops_at_the_second)
    status, said = pgproof(SHOP, "--from", 200, "--to", 400, "--steps", 2, "--output", tmp_path, *QUICK)
    (folder,) = tmp_path.glob("2*-scale")
    assert (status, f"to go on: pgproof scale --resume {folder}" in said) == (130, True)
    kept = storage.load(SCALE, folder / "scale.json")
    assert (kept.status, [step.scale for step in kept.steps], kept.missing) == ("interrupted", [200], (400,))

    monkeypatch.undo()
    first = (folder / "200" / "run.json").read_bytes()
    status, said = pgproof(SHOP, "--resume", folder, "--quiet")
    assert (status, "1 of 1 query stays within 5000 ms up to 400 orders" in said) == (0, True), said
    whole = storage.load(SCALE, folder / "scale.json")
    assert (whole.status, tuple(step.scale for step in whole.steps)) == ("complete", SCALES)
    assert (folder / "200" / "run.json").read_bytes() == first
    assert all(storage.load(storage.RUN, folder / str(scale) / "run.json").status == "complete" for scale in SCALES)
    assert [one.scale for one in whole.tracks[0].readings] == list(SCALES)
    sizes = {one.name: one for one in storage.load(storage.RUN, folder / "400" / "run.json").relations}
    assert (sizes["orders"].method, sizes["orders"].pages > 0, sizes["orders"].rows) == ("heap", True, 400)
    assert (sizes["orders_pkey"].table, sizes["orders_pkey"].keys) == ("orders", ("order_id",))
    assert sizes["orders_pkey"].correlations[0] > 0.9
    assert {"scale.html", "scale.md"} <= {file.name for file in folder.iterdir()}

    status, said = pgproof("--resume", folder)
    assert (status, "was begun with other files of the workload shop" in said) == (2, True)


def test_one_customer_grows_while_the_others_stay_as_they_are(pgproof, tmp_path):
    what = ("--from", 200, "--to", 800, "--steps", 2, "--grow", "tenant", "--query", "latest_orders")
    status, said = pgproof(SHOP, *what, "--output", tmp_path, *SHORT)
    (file,) = tmp_path.glob("2*-scale/scale.json")
    found = storage.load(SCALE, file)
    assert (status, "it has all orders beyond 200" in said, found.asked.grows) == (0, True, "tenant"), said
    rows = [step.tenant_rows for step in found.steps]
    assert rows[1]["hot"] - rows[0]["hot"] == 600
    assert rows[1]["median"] == rows[0]["median"]


def test_a_dataset_that_cannot_make_one_tenant_grow_is_refused_before_a_server_is_started(tmp_path, capsys):
    shop = shutil.copytree(SHOP, tmp_path / "shop")
    (shop / "dataset" / "fill.sql").write_text("SELECT :scale")
    arguments = ("--from", "1k", "--to", "2k", "--grow", "tenant", "--output", str(tmp_path))
    assert (main(["scale", str(shop), *arguments]), "makes use of :base" in capsys.readouterr().err) == (2, True)
    (shop / "dataset" / "__init__.py").write_text("def tables(scale, seed, skew): return []")
    assert (main(["scale", str(shop), *arguments]), "no argument base" in capsys.readouterr().err) == (2, True)


def test_a_step_that_does_not_fit_is_refused_after_the_first_one_told_its_size(server: ServerHandle, admin):
    done: list[Run] = []
    hooks = scaling.Hooks(lambda scale: (silent, lambda run: None), done.append, lambda line: None)
    with pytest.raises(DiskFull, match="the step of 1,000,000 orders needs about"):
        scaling.carry_out(SETUP, OPTIONS, (300, 1_000_000), server, hooks, free_bytes=lambda server: 10**9)
    assert [run.dataset.scale for run in done] == [300]


def test_a_server_whose_disk_is_elsewhere_is_told_of_and_not_checked(server: ServerHandle, admin):
    said: list[str] = []
    hooks = scaling.Hooks(lambda scale: (silent, lambda run: None), lambda run: None, said.append)
    scaling.carry_out(SETUP, OPTIONS, (300,), replace(server, data_dir=None), hooks)
    assert "cannot be looked at" in said[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--from", "1k"), "give --from and --to"),
        (("--from", "2k", "--to", "1k"), "not below"),
        (("--from", "1k", "--to", "2k", "--steps", "1"), "--steps 1: use 2 to 12"),
        (("--from", "many", "--to", "2k"), "not a number of orders"),
        (("--from", "1k", "--to", "2k", "--query", "none"), "no such query"),
        (("--from", "1k", "--to", "2k", "--grow", "nothing"), "--grow nothing: no such choice"),
        (("--resume", "nowhere"), "no such file"),
        (("--resume", "nowhere", "--to", "2k"), "--to cannot be used with --resume"),
    ],
)
def test_what_makes_no_series_is_refused_before_a_server_is_started(arguments, says, tmp_path, capsys):
    status = main(["scale", str(SHOP), "--output", str(tmp_path), *arguments])
    assert (status, says in " ".join(capsys.readouterr().err.split())) == (2, True)

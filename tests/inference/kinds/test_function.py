"""Values by a function of the user's: what it gives, and a line for whatever goes wrong in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.errors import DatasetError
from bench.inference.kinds.function import values_by_function
from bench.inference.plan import ColumnPlan

MODULE = """
def good(numbers, seed):
    return [f"{seed}-{number}" for number in numbers]

def short(numbers, seed):
    return ["one"]

def broken(numbers, seed):
    return 1 / 0

def mixed(numbers, seed):
    return ["a", 1][: len(numbers)]
"""


def call(folder: Path, said: str) -> list[str]:
    (folder / "names.py").write_text(MODULE)
    (folder / "wrong.py").write_text("import nothing_of_that_name\n")
    plan = ColumnPlan("company", "function", options={"function": said, "folder": str(folder), "line": 7})
    found: list[str] = values_by_function(plan, 3)(np.arange(2)).to_pylist()
    return found


def test_the_function_is_given_numbers_and_seed(tmp_path: Path) -> None:
    assert call(tmp_path, "names:good") == ["3-0", "3-1"]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("names:short", "dataset.toml:7: names:short gave 1 values for 2 rows"),
        ("names:broken", "dataset.toml:7: names:broken raised ZeroDivisionError at names.py:9: division by zero"),
        ("names:mixed", "dataset.toml:7: names:mixed raised Arrow"),
        ("names:missing", "dataset.toml:7: company: dataset/names.py has no function missing"),
        ("other:good", "dataset.toml:7: other:good: there is no other.py in "),
        ("wrong:good", "dataset.toml:7: wrong:good: "),
    ],
)
def test_what_goes_wrong_is_one_line(tmp_path: Path, said: str, message: str) -> None:
    with pytest.raises(DatasetError) as caught:
        call(tmp_path, said)
    assert caught.value.message.startswith(message)
    assert "\n" not in caught.value.message

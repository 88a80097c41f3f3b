"""The example notebook runs from its first cell to its last, on a small run."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from contextlib import chdir
from typing import Any

import pgproof
from tests import ROOT

NOTEBOOK = ROOT / "examples" / "stored_run.ipynb"
SMALL = ROOT / "tests" / "golden" / "runs" / "run" / "full"


def executed(cells: list[str], names: dict[str, Any]) -> Iterator[object]:
    """What each cell shows: the value of its last line, as a notebook has it."""
    for number, source in enumerate(cells):
        *first, last = ast.parse(source, f"cell {number}").body
        exec(compile(ast.Module(first, []), f"cell {number}", "exec"), names)
        assert isinstance(last, ast.Expr | ast.Assign)
        if isinstance(last, ast.Expr):
            yield eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
        else:
            exec(compile(ast.Module([last], []), f"cell {number}", "exec"), names)


def test_the_notebook_runs() -> None:
    notebook = json.loads(NOTEBOOK.read_text())
    assert (notebook["nbformat"], {cell["cell_type"] for cell in notebook["cells"]}) == (4, {"markdown", "code"})
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code[0]["metadata"]["tags"] == ["parameters"]
    assert code[0]["source"][0].startswith('RUN = "../reports/sample"')
    cells = [f"RUN = {str(SMALL)!r}", *("".join(cell["source"]) for cell in code[1:])]
    with chdir(NOTEBOOK.parent):
        shown = list(executed(cells, {}))
    import pandas as pd
    from matplotlib.figure import Figure

    assert [type(one) for one in shown] == [pgproof.Run, *[pd.DataFrame] * 2, Figure, *[pd.DataFrame] * 2, Figure]
    assert all(len(one) for one in shown if isinstance(one, pd.DataFrame))

"""Values that a function of the user's gives: ``{ function = "names:company" }`` in dataset.toml."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from traceback import extract_tb
from typing import Any

import pyarrow as pa

from bench.errors import DatasetError
from bench.inference.plan import ColumnPlan, Values

KIND = "function"


def values_by_function(plan: ColumnPlan, seed: int) -> Values:
    """The function that the plan names, called with the numbers of rows (numpy, int64) and the seed.

    Raises:
        DatasetError: there is no such module or function, or it cannot be imported.
    """
    said, at = str(plan.options["function"]), f"dataset.toml:{plan.options['line']}"
    module, _, name = said.partition(":")
    function = getattr(
        _module(Path(plan.options["folder"]) / f"{module.replace('.', '/')}.py", f"{at}: {said}"), name, None
    )
    if not callable(function):
        raise DatasetError(f"{at}: {plan.name}: dataset/{module}.py has no function {name or '(none named)'}",
                           hint='write function = "module:name"')  # fmt: skip
    return _called(function, f"{at}: {said}", seed)


def _called(function: Callable[[Any, int], Any], said: str, seed: int) -> Values:
    def values(numbers: Any) -> pa.Array:  # noqa: ANN401
        try:
            made = function(numbers, seed)
            array = made if isinstance(made, pa.Array) else pa.array(made)
        except Exception as error:  # whatever a user's function raises is told in a line
            last = extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            raise DatasetError(f"{said} raised {type(error).__name__} at {where}: {error}") from error
        if len(array) != len(numbers):
            raise DatasetError(f"{said} gave {len(array)} values for {len(numbers)} rows")
        return array

    return values


def _module(file: Path, said: str) -> Any:  # noqa: ANN401
    name = f"pgproof_values_{blake2b(str(file).encode(), digest_size=6).hexdigest()}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        if not file.exists() or spec is None or spec.loader is None:
            raise DatasetError(f"{said}: there is no {file.name} in {file.parent}")
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:  # whatever a user's module raises is told in a line
            raise DatasetError(f"{said}: {file} cannot be imported: {error}") from error
        sys.modules[name] = module
    return sys.modules[name]

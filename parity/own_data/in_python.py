"""For somebody who has numbers and wants to know: `parity.gradients`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from parity.cases.case import FLOATS
from parity.own_data.errors import OwnDataError
from parity.own_data.files import Named, read
from parity.own_data.gradient_report import ROWS, GradientReport, reported
from parity.own_data.names import (
    argument_names,
    array_names,
    known_function,
    option_parameters,
)
from parity.own_data.question import question
from parity.results.settings import DEFAULT_SEED


def gradients(
    function: str,
    *files: str | Path,
    dtype: str | tuple[str, ...] = (),
    seed: int = DEFAULT_SEED,
    elements: int | str = ROWS,
    **given: Any,
) -> GradientReport:
    """Every element of y and of each gradient of your own numbers, beside its exact value.

    given: the arguments of a function of `refimpl` by name, its options, dy = ∂L/∂y, and results
    that you have, y, dx, dweight, …, which are judged as any order of summation is. Without dy one
    is drawn from the seed; of a loss, whose y is one number, it is 1. files: .npz, .npy and .csv
    with some of them. dtype: "float32", "float64" or both (that of the data). elements: rows of
    `frame` for each tensor, those with the largest errors, or "all".
    Returns: a report that is true if all is right, can be printed, and has a `frame`.
    Raises: ValueError, in one sentence, for data that cannot be judged.

    >>> import numpy as np
    >>> x, dy = np.array([[1.0, -2.0, 3.0]]), np.array([[0.5, 0.25, 2.0]])
    >>> report = gradients("relu", x=x, dy=dy, dx=dy * (x > 0))
    >>> bool(report), list(report.frame["your_verdict"].unique())
    (True, ['', 'within'])
    >>> bool(gradients("relu", x=x, dy=dy, dx=dy * x))
    False
    """
    known = known_function(function)
    for file in files:
        if not isinstance(file, str | Path):
            names = ", ".join(f"{name}=…" for name in argument_names(known))
            raise OwnDataError(
                f"{known}: {type(file).__name__} by position is no file; arrays have names: {names}"
            )
    dtypes = (dtype,) if isinstance(dtype, str) else tuple(dtype)
    for name in dtypes:
        if name not in FLOATS:
            raise OwnDataError(f"dtype must be float32 or float64, but is {name!r}")
    options, arrays = _told_apart(known, given)
    found = read(map(str, files))
    for name, array in arrays.items():
        if name in found:
            raise OwnDataError(f"{name} is given twice: {found[name].where} and {name}")
        found[name] = array
    asked = question(known, found, options, seed, dtypes)
    case = " ".join(map(str, files)) or "own data"
    return reported(asked, rows_of(elements), case)


def _told_apart(function: str, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Named]]:
    """Options, and arrays; None stands for an array that is left out."""
    options = {n: v for n, v in given.items() if _is_option(function, n, v)}
    arrays = {n: Named(v, n) for n, v in given.items() if n not in options and v is not None}
    return options, arrays


def _is_option(function: str, name: str, value: Any) -> bool:
    if name in array_names(function) and not isinstance(value, int | float | np.number):
        return False
    return name in option_parameters(function)


def rows_of(elements: int | str) -> int | None:
    """How many rows a tensor has; None for all. Raises: OwnDataError.

    >>> rows_of("all"), rows_of(100), rows_of("100")
    (None, 100, 100)
    """
    text = str(elements)
    if text == "all":
        return None
    if not text.isdecimal() or not int(text):
        raise OwnDataError(f"elements must be a number from 1 on, or all, but is {elements!r}")
    return int(text)

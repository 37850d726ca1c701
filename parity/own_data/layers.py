"""The layers of somebody's own network as cases: functions, sizes and options out of a file.

Their numbers are drawn. An argument that is not given has the size that it must have, or nearly
always has: x that of the y above it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from parity.cases.case import Array, Case, Classes, Draw, Probabilities, Shape
from parity.cases.functions import FUNCTIONS, forward_of
from parity.own_data.argument_sizes import argument_shapes, extras
from parity.own_data.errors import OwnDataError
from parity.own_data.function_options import option_value
from parity.own_data.layer_files import Listed, read_listed
from parity.own_data.names import argument_names, option_parameters
from parity.own_data.size import too_large
from parity.suite.own_layers import OwnLayer
from parity.suite.selection import SelectionError, function_meant, nearest
from parity.witnesses.pieces import cost
from parity.witnesses.problem import Problem

NUMBERS = 200_000_000  # of the arguments and y: a hundred bytes each, more than most machines have
OF_EVERY = ("function", "name")
# Arguments that are not drawn from the normal distribution.
VALUES = {
    ("dropout", "mask"): "mask",
    ("binary_cross_entropy_with_logits", "target"): "certainty",
    ("log_likelihood", "target"): "certainty",
    ("perceptron_loss", "target"): "labels",
}
PARAMETERS = ("weight", "bias", "kernel")  # which have no axis of samples
Drawn: TypeAlias = Draw | Classes | Probabilities


def read_layers(path: Path) -> list[OwnLayer]:
    """The layers of a CSV or TOML file.

    Raises: OwnDataError with the line of whatever cannot be run.
    """
    found: list[OwnLayer] = []
    lines: dict[str, str] = {}
    for listed in read_listed(path):
        layer = _layer(listed, found[-1] if found else None)
        name = layer.case.name
        if name in lines:
            raise OwnDataError(
                f"{listed.where}: is called {name!r}, as {lines[name]} is; --case needs names that "
                "differ"
            )
        lines[name] = listed.where
        found.append(layer)
    return found


# --- one layer ----------------------------------------------------------------------------


def _layer(listed: Listed, above: OwnLayer | None) -> OwnLayer:
    """Raises: OwnDataError, which begins with where."""
    try:
        return _described(listed, above)
    except (OwnDataError, SelectionError) as error:
        raise OwnDataError(f"{listed.where}: {error}") from None


def _described(listed: Listed, above: OwnLayer | None) -> OwnLayer:
    cells = dict(listed.cells)
    name = _checked_name(cells.pop("name", listed.name))
    if "function" not in cells:
        raise OwnDataError("function is missing: conv2d, max_pool2d, relu, linear, …")
    function = forward_of(function_meant(cells.pop("function")))
    cells = _by_own_names(function, cells)
    _check_known(function, cells)
    shapes = argument_shapes(function, cells, (above.case.id, above.y) if above else None)
    options = _options(function, cells)
    sources = {argument: _source(function, argument, shapes) for argument in shapes}
    numbers = sum(map(prod, shapes.values()))
    _check_numbers(function, numbers, "")
    y = _shape_of_y(function, sources, options)
    _check_numbers(function, numbers + prod(y), " with y")
    arrays = {argument: _nothing(one, one.shape) for argument, one in sources.items()}
    problem = Problem(function, arrays, options, np.broadcast_to(0.0, y))
    case = Case(function, name, sources, options)
    return OwnLayer(case, shapes, y, cost(problem), too_large(problem) != "")


def _checked_name(name: str) -> str:
    """Names stand in commands, between quotes."""
    if not name.isprintable() or "'" in name:
        raise OwnDataError(f"the name {name!r} has a character that cannot stand in a command")
    return name


def _by_own_names(function: str, cells: dict[str, str]) -> dict[str, str]:
    """With the first argument by its own name, which everybody may call x."""
    first = argument_names(function)[0]
    if "x" not in cells or "x" in argument_names(function):
        return cells
    if first in cells:
        raise OwnDataError(f"x and {first} are the same here, and both are given; leave one out")
    return {first if key == "x" else key: text for key, text in cells.items()}


def _check_known(function: str, cells: Mapping[str, str]) -> None:
    known = (*argument_names(function), *extras(function), *option_parameters(function))
    for key in cells:
        if key not in known:
            near = nearest(key, [*known, *OF_EVERY])
            meant = near if "did you mean" in near else ""
            raise OwnDataError(f"{function} has no {key!r}{meant}; it has {', '.join(known)}")


def _options(function: str, cells: Mapping[str, str]) -> dict[str, Any]:
    known = option_parameters(function)
    missing = [n for n, p in known.items() if p.default is p.empty and n not in cells]
    if missing:
        raise OwnDataError(f"{function} needs {' and '.join(missing)}")
    return {n: option_value(n, cells[n], p) for n, p in known.items() if n in cells}


def _check_numbers(function: str, count: int, what: str) -> None:
    if count > NUMBERS:
        raise OwnDataError(
            f"{function} of {count} numbers{what}; at most {NUMBERS} are judged: give fewer samples"
        )


# --- what is drawn ------------------------------------------------------------------------


def _source(function: str, name: str, shapes: Mapping[str, Shape]) -> Drawn:
    shape = shapes[name]
    if function == "cross_entropy" and name == "weight":
        return Probabilities(shape, 0)  # none below 0, and not all 0
    if (function, name) != ("cross_entropy", "target"):
        return Draw(shape, VALUES.get((function, name), "normal"))
    logits = shapes["logits"]
    axis = min(1, len(logits) - 1)
    return Probabilities(shape, axis) if shape == logits else Classes(shape, logits[axis])


def _nothing(source: Drawn, shape: Shape) -> Array:
    """An array that takes no memory, of one number that a function accepts there."""
    if isinstance(source, Classes):
        return np.broadcast_to(np.zeros((), source.dtype), shape)
    if isinstance(source, Probabilities):
        return np.broadcast_to(1 / source.shape[source.axis], shape)
    return np.broadcast_to(float(source.values == "labels"), shape)


# --- what comes out -----------------------------------------------------------------------


def _shape_of_y(function: str, sources: Mapping[str, Drawn], options: Mapping[str, Any]) -> Shape:
    """What refimpl gives of no samples, which takes no time; if that is none, of all of them.

    Raises: OwnDataError with what refimpl says of sizes that it refuses.
    """
    forward, samples = FUNCTIONS[function].forward, next(iter(sources.values())).shape[0]
    few = {name: _without_samples(name, source, samples) for name, source in sources.items()}
    with np.errstate(all="ignore"):
        with suppress(TypeError, ValueError):
            y = forward(few, options).shape
            if y[:1] == (0,):
                return (samples, *y[1:])
        try:
            return forward({n: _nothing(s, s.shape) for n, s in sources.items()}, options).shape
        except (TypeError, ValueError, MemoryError) as error:
            raise OwnDataError(str(error)) from None


def _without_samples(name: str, source: Drawn, samples: int) -> Array:
    has = name not in PARAMETERS and source.shape[:1] == (samples,)
    return _nothing(source, (0, *source.shape[1:]) if has else source.shape)

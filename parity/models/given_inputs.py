"""The inputs that `parity watch` is told of, matched with what a model's forward takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from inspect import Parameter
from pathlib import Path
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.models.errors_of_watch import WatchError
from parity.oracle.observed.model_runs import Input

ONLY = ("input", "x")  # what an .npz may call the only input, whatever forward calls it
PLACED = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
FREE = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
TARGETS = ("target", "t", "labels", "y")


@dataclass(frozen=True)
class GivenInputs:
    """What the command was told: shapes, or an .npz."""

    inputs: tuple[Input, ...]
    target: Array | None = None
    path: Path | None = None


def drawn(shapes: Sequence[str], integers: Sequence[str]) -> GivenInputs:
    """The inputs that "2,3,8,8" or "mask=2,8" say, and "tokens=1000" which are whole numbers.

    Raises: WatchError.

    >>> [(one.name, one.shape, one.below) for one in drawn(["ids=2,9", "h=2,4"], ["ids=50"]).inputs]
    [('ids', (2, 9), 50), ('h', (2, 4), 0)]
    """
    limits = dict(_limit(text) for text in integers)
    found = [_shaped(text) for text in shapes]
    names = [name for name, _ in found]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise WatchError(f"--shape {twice[0]}=…: is given twice")
    if "" in limits and len(found) > 1:
        raise WatchError(
            f"--integers {limits['']}: of which of the {len(found)} inputs? --integers NAME=N"
        )
    for name in limits:
        if name and name not in names:
            raise WatchError(
                f"--integers {name}={limits[name]}: there is no --shape {name}=…, which it is of"
            )
    late = [name for place, name in enumerate(names) if not name and any(names[:place])]
    if late:
        raise WatchError("--shape without a name must stand before those with one")
    alone = limits.get("", 0)
    inputs = (Input(name, shape, limits.get(name, alone)) for name, shape in found)
    return GivenInputs(tuple(inputs))


def stored(path: Path) -> GivenInputs:
    """The arrays of an .npz, and the target apart from them.

    Raises: WatchError for a file that is none, or holds no numbers.
    """
    try:
        with np.load(path) as archive:
            held = {name: archive[name] for name in archive.files}
    except Exception as error:
        raise WatchError(f"{path}: is no .npz that NumPy can read: {error}") from None
    for name, array in held.items():
        if array.dtype.kind not in "fiub":
            raise WatchError(f"{path}: {name} holds {array.dtype}, no numbers")
    inputs = tuple(Input(name, array.shape, array=array) for name, array in held.items())
    return GivenInputs(inputs, path=path)


def matched(given: GivenInputs, forward: Callable[..., Any]) -> GivenInputs:
    """The inputs by the names of forward's parameters; what is a target apart.

    Raises: WatchError that names forward's parameters.
    """
    parameters = _parameters(forward)
    if parameters is None:
        return _of_anything(given)
    if given.path is not None:
        given = _with_target(given, parameters)
        given = _with_the_only(given, parameters)
    _check_against(given, parameters, _called(forward))
    return given


def shape_of(text: str) -> tuple[int, ...]:
    """The shape that "2,3,224,224" says.

    Raises: WatchError.

    >>> shape_of("2,3,8,8"), shape_of("2x3")
    ((2, 3, 8, 8), (2, 3))
    """
    parts = text.replace("x", ",").replace("×", ",").split(",")
    if not all(part.strip().isdecimal() and int(part) for part in parts):
        raise WatchError(f"--shape {text}: must be sizes from 1 on, as in 2,3,224,224")
    return tuple(map(int, parts))


def _shaped(text: str) -> tuple[str, tuple[int, ...]]:
    name, equals, sizes = text.rpartition("=")
    if equals and not name.isidentifier():
        raise WatchError(f"--shape {text}: must be sizes, or NAME=sizes, as in mask=2,8")
    return name, shape_of(sizes)


def _limit(text: str) -> tuple[str, int]:
    name, equals, number = text.rpartition("=")
    if not number.isdecimal() or not int(number) or (equals and not name.isidentifier()):
        raise WatchError(
            f"--integers {text}: must be how many there are, N or NAME=N, as in tokens=1000"
        )
    return name, int(number)


# --- against forward ----------------------------------------------------------------------


def _parameters(forward: Callable[..., Any]) -> list[Parameter] | None:
    """Of a forward; None where nobody knows them."""
    try:
        return list(inspect.signature(forward).parameters.values())
    except (TypeError, ValueError):
        return None


def _of_anything(given: GivenInputs) -> GivenInputs:
    """Of a forward that says nothing: an only input by place."""
    given = _with_target(given, [])
    if len(given.inputs) == 1:
        return GivenInputs((replace(given.inputs[0], name=""),), given.target, given.path)
    return given


def _with_target(given: GivenInputs, parameters: Sequence[Parameter]) -> GivenInputs:
    """An array that is called a target, and that forward does not take."""
    taken = {p.name for p in parameters}
    left = [one for one in given.inputs if one.name in TARGETS and one.name not in taken]
    if not left:
        return given
    target = min(left, key=lambda one: TARGETS.index(one.name))
    inputs = tuple(one for one in given.inputs if one is not target)
    return GivenInputs(inputs, target.array, given.path)


def _with_the_only(given: GivenInputs, parameters: Sequence[Parameter]) -> GivenInputs:
    """The input of a model that takes one may be called input or x."""
    taken = {p.name for p in parameters}
    named = [one for one in given.inputs if one.name in ONLY and one.name not in taken]
    others = [one for one in given.inputs if one not in named]
    if len(named) != 1 or any(p.name == one.name for one in others for p in parameters[:1]):
        return given
    return GivenInputs((replace(named[0], name=""), *others), given.target, given.path)


def _check_against(given: GivenInputs, parameters: Sequence[Parameter], called: str) -> None:
    where = f"{given.path}" if given.path is not None else "--shape"
    kinds = {p.kind for p in parameters}
    names = [p.name for p in parameters if p.kind not in FREE]
    by_place = sum(not one.name for one in given.inputs)
    free = sum(p.kind in PLACED for p in parameters)
    if by_place > free and Parameter.VAR_POSITIONAL not in kinds:
        raise WatchError(
            f"{where}: gives {by_place} inputs without a name, but {called} takes {free} so"
        )
    placed = names[:by_place]
    for one in given.inputs:
        if one.name in placed:
            raise WatchError(f"{where}: gives {one.name} by name and by place to {called}")
        if one.name and one.name not in names and Parameter.VAR_KEYWORD not in kinds:
            raise WatchError(
                f"{where}: has {one.name}, but the model takes {called}: name it as one of these"
            )
    named = {one.name for one in given.inputs} | set(placed)
    lacking = [p.name for p in parameters if _is_needed(p) and p.name not in named]
    if lacking:
        raise WatchError(f"{where}: gives no {', '.join(lacking)}, but {called} needs it")


def _is_needed(parameter: Parameter) -> bool:
    return parameter.kind not in FREE and parameter.default is Parameter.empty


def _called(forward: Callable[..., Any]) -> str:
    names = [str(p).partition(":")[0].partition("=")[0].strip() for p in _parameters(forward) or []]
    return f"forward({', '.join(names)})"

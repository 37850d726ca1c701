"""What somebody's data ask: a function, its arguments, dy, and results to be judged."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from parity.cases.case import FLOATS, Array, Draw, Shape, draw, generator
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.own_data.errors import OwnDataError
from parity.own_data.files import Named
from parity.own_data.floats import (
    check_finite,
    conversions,
    held,
    is_held,
    real_array,
    widest,
)
from parity.own_data.names import (
    array_names,
    check_names,
    check_present,
    option_parameters,
    result_names,
)
from parity.own_data.size import check_arguments, check_problem
from parity.witnesses.problem import Problem

GIVEN, ONE, DRAWN = "given", "1, as y is one number", "drawn"


@dataclass(frozen=True)
class Question:
    """Arrays as they came; `problem` makes them a problem in a dtype.

    yours: y, dx, … that somebody computed elsewhere. where: what each array is called in messages.
    """

    function: str
    arrays: Mapping[str, Array]
    options: Mapping[str, Any]
    dy: Array | None
    yours: Mapping[str, Array]
    where: Mapping[str, str]
    seed: int
    dtypes: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def dy_is(self) -> str:
        """Where dy is from."""
        if self.dy is not None:
            return GIVEN
        return ONE if self.y_shape == () else DRAWN

    @cached_property
    def y_shape(self) -> Shape:
        """The shape of y."""
        return self.value("float64").shape

    def value(self, dtype: str) -> Array:
        """refimpl's y. Raises: OwnDataError with what refimpl says of arguments it refuses."""
        try:
            with np.errstate(all="ignore"):
                return FUNCTIONS[self.function].forward(self.floats(dtype), self.options)
        except (TypeError, ValueError, MemoryError) as error:
            raise OwnDataError(str(error)) from None

    def floats(self, dtype: str) -> dict[str, Array]:
        """The arguments in a dtype; class indices and masks stay."""
        return {
            name: array if self._stays(name) else held(name, self.where[name], array, dtype)
            for name, array in self.arrays.items()
        }

    def _stays(self, name: str) -> bool:
        if name == "mask":
            return self.arrays[name].dtype.kind in "biu"
        classes = (self.function, name) == ("cross_entropy", "target")
        return classes and self.arrays[name].dtype.kind in "iu"

    def problem(self, dtype: str) -> Problem:
        """The problem in a dtype; dy is drawn if none is given."""
        y = self.value(dtype)
        arrays = {**self.floats(dtype), "dy": self._upstream(y, dtype)}
        for array in arrays.values():
            array.setflags(write=False)
        return Problem(self.function, arrays, self.options, arrays.pop("dy"))

    def _upstream(self, y: Array, dtype: str) -> Array:
        if self.dy is not None:
            return held("dy", self.where["dy"], self.dy, dtype)
        if not y.ndim:
            return np.ones((), dtype)
        rng = generator(self.seed, self.function, "dy")
        return np.asarray(draw(Draw(y.shape), dtype, rng))

    def said(self, dtype: str) -> list[str]:
        """What became of the data in this dtype, in sentences."""
        numbers = {name: a for name, a in self.arrays.items() if not self._stays(name)}
        if self.dy is not None:
            numbers["dy"] = self.dy
        return conversions(numbers | dict(self.judged_in(dtype)), dtype)

    def holds(self, dtype: str) -> bool:
        """Whether a dtype holds the data as they are."""
        arrays = [a for name, a in self.arrays.items() if not self._stays(name)]
        return all(is_held(a, dtype) for a in (*arrays, *([] if self.dy is None else [self.dy])))

    def judged_in(self, dtype: str) -> dict[str, Array]:
        """The results that are judged in a dtype: their own, or the only one that was asked for."""
        return {name: a for name, a in self.yours.items() if self._own(a) == dtype}

    def _own(self, array: Array) -> str:
        own = widest([array])
        return own if own in self.dtypes else self.dtypes[0]


def question(
    function: str,
    given: Mapping[str, Named],
    options: Mapping[str, Any],
    seed: int,
    dtypes: Sequence[str] = (),
) -> Question:
    """The question that arrays ask; an option may be among them.

    dtypes: of the reports; that of the data and those of the results if there are none.
    Raises: OwnDataError for whatever cannot be judged, in one sentence.
    """
    check_names(function, given)
    taken = {**_options_among(function, given, options), **options}
    data = {name: one for name, one in given.items() if name not in taken}
    check_present(function, data)
    _check_options(function, {*taken, *data})
    arrays = {n: real_array(n, one.where, one.value) for n, one in data.items()}
    arguments = {n: arrays[n] for n in array_names(function) if n in arrays}
    where = {name: one.where for name, one in data.items()}
    asked = Question(function, arguments, taken, None, {}, where, seed, ("float64",))
    asked = _with_classes(_in_axes(asked, {n for n, one in data.items() if one.matrix}))
    for name, array in asked.arrays.items():
        check_finite(where[name], array)
    asked = _with_results(asked, arrays, {n for n, one in data.items() if one.matrix})
    return _in_dtypes(asked, dtypes)


# --- options ------------------------------------------------------------------------------


def _options_among(
    function: str, given: Mapping[str, Named], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Options that stand among the arrays, as a notebook saves them: stride=2."""
    found = {}
    for name in option_parameters(function):
        if name not in given or name in array_names(function):
            continue
        value = np.asarray(given[name].value)
        if value.ndim > 2 or value.dtype.kind not in "biufU":
            raise OwnDataError(f"{given[name].where} is an option, no array: give a number")
        found[name] = _plain(value.tolist())
        if name in options and options[name] != found[name]:
            raise OwnDataError(
                f"{name} is given twice: {given[name].where} is {found[name]}, the option is "
                f"{options[name]}; leave one out"
            )
    return found


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, list) else value


def _check_options(function: str, given: Collection[str]) -> None:
    needed = [n for n, p in option_parameters(function).items() if p.default is p.empty]
    missing = [name for name in needed if name not in given]
    if missing:
        dashed = " and ".join(f"--{name.replace('_', '-')}" for name in missing)
        named = " and ".join(missing)
        raise OwnDataError(f"{function} needs {named}: an option, {dashed} on a command line")


# --- axes ---------------------------------------------------------------------------------


def axes_of(function: str, name: str) -> tuple[int, ...]:
    """How many axes an argument may have, as the cases of the catalogue have it.

    >>> axes_of("conv2d", "x"), axes_of("convolve2d", "a")
    ((4,), (2, 3, 4))
    """
    shapes = [getattr(c.arrays[name], "shape", None) for c in GOOD if _takes(c, function, name)]
    return tuple(sorted({len(shape) for shape in shapes if shape is not None}))


def _takes(case: Any, function: str, name: str) -> bool:
    return case.function == function and name in case.arrays


def _in_axes(asked: Question, matrices: set[str]) -> Question:
    """Matrices of a text as the arguments that they are: one sample, one channel."""
    first = next(iter(asked.arrays))
    arrays = dict(asked.arrays)
    for name in [name for name in arrays if name in matrices]:
        wanted = axes_of(asked.function, name)
        if name in ("target", "mask"):
            arrays[name] = _fitted(arrays[name], arrays[first].shape)
        elif wanted == (1,):
            arrays[name] = _row(arrays[name])
        elif len(wanted) == 1 and wanted[0] > 2:
            arrays[name] = arrays[name].reshape((1,) * (wanted[0] - 2) + arrays[name].shape)
    notes = tuple(
        f"{name}: a matrix of {a.shape[0]} × {a.shape[1]} taken as {arrays[name].shape}"
        for name, a in asked.arrays.items()
        if arrays[name].shape != a.shape
    )
    return replace(asked, arrays=arrays, notes=notes)


def _row(matrix: Array) -> Array:
    """One row or one column as a vector."""
    return matrix.reshape(-1) if 1 in matrix.shape else matrix


def _fitted(matrix: Array, shape: Shape) -> Array:
    """A matrix in a shape that has the same axes but for those of one element."""
    long = tuple(n for n in matrix.shape if n != 1)
    return matrix.reshape(shape) if long == tuple(n for n in shape if n != 1) else matrix


def _with_classes(asked: Question) -> Question:
    """Class indices that were saved as floats, as integers."""
    if asked.function != "cross_entropy":
        return asked
    target, logits = asked.arrays["target"], asked.arrays["logits"]
    if target.shape == logits.shape or target.dtype.kind != "f":
        return asked
    if target.ndim == 2 and 1 in target.shape and logits.ndim == 2:
        target = target.reshape(-1)
    check_finite(asked.where["target"], target)
    if not np.array_equal(target, np.trunc(target)):
        return asked
    note = "target: whole numbers taken as class indices"
    arrays = {**asked.arrays, "target": target.astype(np.int64)}
    return replace(asked, arrays=arrays, notes=(*asked.notes, note))


# --- dy and results -----------------------------------------------------------------------


def _with_results(asked: Question, arrays: Mapping[str, Array], matrices: set[str]) -> Question:
    """With dy and the results that are brought along, in the shapes that they must have."""
    check_arguments(asked.function, asked.arrays)
    nothing = np.broadcast_to(np.zeros(()), asked.y_shape)
    check_problem(Problem(asked.function, asked.arrays, asked.options, nothing))
    shapes = {"y": asked.y_shape, "dy": asked.y_shape}
    shapes |= {f"d{name}": array.shape for name, array in asked.arrays.items()}
    found: dict[str, Array] = {}
    for name in ("dy", *result_names(asked.function)):
        if name not in arrays:
            continue
        array = _fitted(arrays[name], shapes.get(name, ())) if name in matrices else arrays[name]
        _check_shape(asked, name, array, shapes)
        found[name] = array
    dy = found.pop("dy", None)
    if dy is not None:
        check_finite(asked.where["dy"], dy)
    asked = replace(asked, dy=dy, yours=found)
    gradients = [name for name in found if name != "y"]
    if gradients and asked.dy_is == DRAWN:
        raise OwnDataError(
            f"{gradients[0]} is there, but dy is not: a gradient is judged beside the dy = ∂L/∂y "
            "that it was computed from; of L = y.sum() that is numpy.ones_like(y)"
        )
    return asked


def _check_shape(asked: Question, name: str, array: Array, shapes: Mapping[str, Shape]) -> None:
    if name not in shapes:
        raise OwnDataError(f"{asked.where[name]} is there, but {name[1:]} is not")
    if array.shape != shapes[name]:
        like = "y" if name in ("y", "dy") else name[1:]
        is_ = "is" if name != "y" else "would be"
        raise OwnDataError(
            f"{asked.where[name]} has shape {array.shape}, but {like} {is_} {shapes[name]}"
        )


# --- dtypes -------------------------------------------------------------------------------


def _in_dtypes(asked: Question, dtypes: Sequence[str]) -> Question:
    """In the dtypes that are asked for, or those of the data and of the results."""
    data = [*asked.arrays.values(), *([] if asked.dy is None else [asked.dy])]
    own = {n: widest([a]) for n, a in asked.yours.items() if a.dtype.kind == "f"}
    if not dtypes:
        some = {widest(data), *own.values()}
        return replace(asked, dtypes=tuple(dtype for dtype in FLOATS if dtype in some))
    found = replace(asked, dtypes=tuple(dtype for dtype in FLOATS if dtype in dtypes))
    for name, dtype in own.items():
        if dtype not in dtypes:
            _check_judgeable(found, name, dtype)
    return found


def _check_judgeable(asked: Question, name: str, dtype: str) -> None:
    """Refuse results that only another dtype could judge."""
    (only,) = asked.dtypes
    if only == "float64":
        raise OwnDataError(
            f"{asked.where[name]} is float32, whose digits are too few for --dtype float64: leave "
            "it out, or give --dtype float32, too"
        )
    if not asked.holds(only):
        raise OwnDataError(
            f"{asked.where[name]} is {dtype}, and float32 does not hold the numbers that it was "
            f"computed from: give --dtype {dtype}, too"
        )

"""A verdict in words: for a terminal, a notebook, a test that fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from parity.candidates.said import Example
from parity.cases.case import Array
from parity.witnesses.problem import Problem

INDENT = "  "
LARGEST_SHOWN = 60  # elements of an array that is printed


class Explaining(Protocol):
    """A cause, of a candidate or of a run."""

    @property
    def text(self) -> str: ...
    @property
    def answer(self) -> str: ...
    @property
    def where(self) -> bool: ...


def cause_lines(causes: Sequence[Explaining], answers: bool) -> Iterator[str]:
    """What was done, if anything fits; where it shows."""
    told = 0
    for cause in causes:
        lead = "wrong" if cause.where else "also fits" if told else "looks like"
        told += not cause.where
        yield f"{INDENT}{lead}: {cause.text}"
        if answers and cause.answer:
            yield f"{INDENT * 2}{cause.answer}"


def in_sizes(problem: Problem) -> str:
    """A problem by its sizes and the options that are set.

    >>> x, weight = np.zeros((2, 3, 7, 6)), np.zeros((4, 3, 2, 1))
    >>> arrays = {"x": x, "weight": weight, "bias": np.zeros(4)}
    >>> in_sizes(Problem("conv2d", arrays, {"stride": 2, "padding": 0}, np.zeros((2, 4, 3, 3))))
    'x 2×3×7×6, weight 4×3×2×1, stride 2'
    >>> in_sizes(Problem("relu", {"x": np.zeros((), np.float32)}, {}, np.zeros((), np.float32)))
    'x one number, float32'
    """
    sizes = [
        f"{name} {'×'.join(map(str, array.shape)) or 'one number'}"
        for name, array in problem.arrays.items()
        if name != "bias"
    ]
    options = [f"{name} {value}" for name, value in problem.options.items() if value]
    bias = ["no bias"] if "weight" in problem.arrays and "bias" not in problem.arrays else []
    dtype = [] if problem.dy.dtype == "float64" else [str(problem.dy.dtype)]
    return ", ".join((*sizes, *options, *bias, *dtype))


# --- the smallest problem -----------------------------------------------------------------


def example_lines(example: Example, answers: bool) -> Iterator[str]:
    """The arguments, and both arrays side by side, the wrong places marked."""
    problem = example.problem
    options = ", ".join(f"{name}={value!r}" for name, value in problem.options.items())
    yield f"{INDENT}smallest problem: {options or 'no options'}; {example.said}"
    given = {**problem.arrays, **({} if example.tensor == "y" else {"dy": problem.dy})}
    for name, array in given.items():
        yield from _block(f"{name} {array.shape}", printed(array))
    ours = "" if example.given is None else printed(example.given, example.wrong)
    if answers:
        yield from _beside(
            f"{example.tensor}, expected", printed(example.expected), "yours", ours or "-"
        )
    elif ours:
        yield from _block(f"{example.tensor}, yours; wrong places marked *", ours)


def printed(array: Array, wrong: Array | None = None) -> str:
    """An array as it is read, wrong elements with a star.

    >>> print(printed(np.array([[1.0, 2.5]]), np.array([[False, True]])))
    [[1 2.5*]]
    """
    if array.size > LARGEST_SHOWN:
        return f"({array.size} elements)"
    marks = np.zeros(array.shape, bool) if wrong is None else wrong
    cells = np.empty(array.shape, object)
    for place in np.ndindex(array.shape):
        cells[place] = f"{_number(array[place])}{'*' if marks[place] else ''}"
    if not array.ndim:
        return str(cells[()])
    lines = np.array2string(cells, formatter={"all": str}).split("\n")
    return "\n".join(line for line in lines if line.strip())  # no gaps between maps


def _number(value: Any) -> str:
    """Whole numbers without a point, others to six digits.

    >>> _number(np.float64(3.0)), _number(np.float64(0.1234567))
    ('3', '0.123457')
    """
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e9 else f"{number:.6g}"


def _block(title: str, body: str) -> Iterator[str]:
    yield f"{INDENT * 2}{title}"
    yield from (f"{INDENT * 3}{line}" for line in body.split("\n"))


def _beside(first: str, left: str, second: str, right: str) -> Iterator[str]:
    """Two blocks side by side, or one below the other where they are wide."""
    lefts, rights = [first, *left.split("\n")], [second, *right.split("\n")]
    width = max(map(len, lefts))
    if width + max(map(len, rights)) > 90:
        yield from _block(first, left)
        yield from _block(second, right)
        return
    for k in range(max(len(lefts), len(rights))):
        one = lefts[k] if k < len(lefts) else ""
        other = rights[k] if k < len(rights) else ""
        yield f"{INDENT * 2}{one:<{width}}   {other}".rstrip()

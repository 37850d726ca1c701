"""What other libraries say in other words of functions that only move: a pair of axes, a length.

Their options become those of a problem that the candidate has parameters for; parts that it gives
become one array, as problems have them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from parity.candidates.styles.style import Parameter, Signature
from parity.cases.functions import FUNCTIONS
from parity.witnesses.problem import Problem

Options = Mapping[str, Any]
# Of functions written in C, of which Python knows no parameters.
BUILT_IN = {
    "permute": ("input", "dims"),
    "transpose": ("input", "dim0", "dim1"),
    "swapaxes": ("input", "axis0", "axis1"),
    "swapdims": ("input", "dim0", "dim1"),
    "reshape": ("input", "shape"),
    "narrow": ("input", "dim", "start", "length"),
    "channel_shuffle": ("input", "groups"),
}
PAIRS = (("dim0", "dim1"), ("axis0", "axis1"), ("axis1", "axis2"))
OTHERS = {*(name for pair in PAIRS for name in pair), "length", "indices_or_sections"}


def signature_of_built_in(name: str) -> Signature:
    """The parameters of a function of torch that is written in C; None of others.

    >>> [p.name for p in signature_of_built_in("torch.permute")]
    ['input', 'dims']
    """
    names = BUILT_IN.get(name.rpartition(".")[2])
    if names is None:
        return None
    return tuple(Parameter(one, "POSITIONAL_OR_KEYWORD", False) for one in names)


# --- options ------------------------------------------------------------------------------


def in_its_words(problem: Problem, names: Sequence[str]) -> Problem:
    """The problem with its options as a candidate with parameters of these names has them.

    >>> x, dy = np.zeros((2, 3, 4)), np.zeros((2, 4, 3))
    >>> swapped = Problem("transpose", {"x": x}, {"axes": (0, 2, 1)}, dy)
    >>> in_its_words(swapped, ("input", "dim0", "dim1")).options
    {'dim0': 1, 'dim1': 2}
    """
    said = _said(problem, names)
    return problem._replace(options=said) if said else problem


def not_in_its_words(problem: Problem, names: Sequence[str]) -> str:
    """What of the options cannot be said with parameters of these names; "" if all can.

    >>> turned = Problem("transpose", {"x": np.zeros((2, 3, 4))}, {}, np.zeros((4, 3, 2)))
    >>> not_in_its_words(turned._replace(options={"axes": (1, 2, 0)}), ("x", "axis1", "axis2"))
    'an order of more than two axes'
    >>> not_in_its_words(turned._replace(options={"axes": (1, 2, 0)}), ("x", "dims"))
    ''
    """
    return "" if _said(problem, names) is not None else LACKING[problem.function]


def _said(problem: Problem, names: Sequence[str]) -> Options | None:
    """The options in other words; {} where these are refimpl's own, None where there are none."""
    way = WAYS.get(problem.function)
    if way is None or set(problem.options) & OTHERS:
        return {}
    return way(problem.arrays["x"].shape, problem.options, names)


def _as_a_pair(shape: tuple[int, ...], options: Options, names: Sequence[str]) -> Options | None:
    """Two axes that change places."""
    pair = next((pair for pair in PAIRS if set(pair) <= set(names)), None)
    if pair is None:
        return {}
    order = np.atleast_1d(options.get("axes") or range(len(shape))[::-1])
    moved = [k for k, axis in enumerate(order) if axis % len(shape) != k]
    return dict(zip(pair, moved, strict=True)) if len(moved) == 2 else None


def _by_length(shape: tuple[int, ...], options: Options, names: Sequence[str]) -> Options | None:
    """The first place and how many follow it."""
    if "length" not in names:
        return {}
    axis = options["axis"]
    bounds = slice(options.get("start", 0), options.get("stop"), options.get("step", 1))
    taken = range(shape[axis])[bounds]
    return {"axis": axis, "start": taken.start, "length": len(taken)} if taken.step == 1 else None


def _by_places(shape: tuple[int, ...], options: Options, names: Sequence[str]) -> Options | None:
    """The places to cut at, as NumPy has them."""
    if "indices_or_sections" not in names:
        return {}
    sizes, axis = options["sizes"], options.get("axis", 0)
    if isinstance(sizes, int):
        return {"indices_or_sections": [*range(sizes, shape[axis], sizes)], "axis": axis}
    return {"indices_or_sections": [*accumulate(sizes)][:-1], "axis": axis}


WAYS: dict[str, Callable[[tuple[int, ...], Options, Sequence[str]], Options | None]] = {
    "transpose": _as_a_pair,
    "slice_axis": _by_length,
    "split": _by_places,
}
LACKING = {
    "transpose": "an order of more than two axes",
    "slice_axis": "a step",
    "split": "sizes",
}

# --- parts --------------------------------------------------------------------------------


def parts_as_one(problem: Problem, value: Any) -> Any:
    """Parts that a candidate gave as the one array that the problem has; else as it is."""
    if not FUNCTIONS[problem.function].several or not isinstance(value, tuple | list):
        return value
    alike = {np.ndim(part) for part in value if isinstance(part, np.ndarray)}
    whole = value and len(alike) == 1 and all(isinstance(part, np.ndarray) for part in value)
    return FUNCTIONS[problem.function].as_one(value) if whole else value


def one_as_parts(problem: Problem, dy: Any) -> Any:
    """dy as a candidate takes it: a list of parts where the function gives several."""
    function = FUNCTIONS[problem.function]
    return function.upstream(dy, next(iter(problem.arrays.values())), problem.options)

"""Groups of cases: what the cases of a function have in common, so that a table can say which of
them see a mistake. A case is in every group that fits, and in one at least."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from inspect import Parameter, signature
from typing import Any

import refimpl
from parity.cases.case import ORDINARY, Case, Draw, Given, Photograph

# Kinds of values of which many are the same number.
EQUAL = {"ties", "near_ties", "zeros", "negative_zero", "equal"}
OWN_COLUMN = ("stride", "padding", "dilation", "groups")  # of the options


def groups_of(case: Case) -> list[str]:
    """The groups that a case is in, in the order of `GROUPS`.

    >>> x = {"x": Draw((2, 3, 7, 5)), "weight": Draw((4, 3, 2, 3))}
    >>> groups_of(Case("conv2d", "strided", x, {"stride": 2, "padding": 1}))
    ['stride', 'padding']
    >>> groups_of(Case("conv2d", "plain", x))
    ['plain']
    """
    special = [name for name, holds in SPECIAL.items() if holds(case)]
    return special or [PLAIN]


def _chosen(case: Case) -> list[str]:
    """The options that are other than by default; what has no default is no choice."""
    default = _defaults(case.function)
    return [
        name
        for name, value in case.options.items()
        if default[name] not in (Parameter.empty, value)
    ]


@cache
def _defaults(function: str) -> dict[str, Any]:
    """Of each parameter."""
    known = signature(getattr(refimpl, function)).parameters
    return {name: parameter.default for name, parameter in known.items()}


def _with(option: str) -> Callable[[Case], bool]:
    return lambda case: option in _chosen(case)


def _other_options(case: Case) -> bool:
    return not set(_chosen(case)) <= set(OWN_COLUMN)


def _small(case: Case) -> bool:
    """Whether an array has an axis of one place, or of none, or no axis."""
    return any(min(source.shape, default=1) <= 1 for source in case.arrays.values())


def _views(case: Case) -> bool:
    """Whether an array, or dy, lies in memory in another order than its own."""
    layouts = {getattr(source, "layout", "contiguous") for source in case.arrays.values()}
    return layouts | {case.dy_layout} != {"contiguous"}


def drawn(case: Case) -> set[str]:
    """The kinds of its random numbers."""
    drawn = {source.values for source in case.arrays.values() if isinstance(source, Draw)}
    return drawn | {case.upstream}


def _written_out(case: Case) -> bool:
    return any(isinstance(source, (Given, Photograph)) for source in case.arrays.values())


PLAIN = "plain"
SPECIAL: dict[str, Callable[[Case], bool]] = {
    **{option: _with(option) for option in OWN_COLUMN},
    "other_options": _other_options,
    "small_axes": _small,
    "views": _views,
    "equal_numbers": lambda case: bool(drawn(case) & EQUAL),
    "far_numbers": lambda case: bool(drawn(case) - EQUAL - ORDINARY),
    "written_out": _written_out,
}
GROUPS = (PLAIN, *SPECIAL)


def shares(cases: Sequence[Case], refusing: set[str]) -> dict[str, str]:
    """Of each group how many of its cases refuse something: "12 of 41"; empty where it has none.

    refusing: the ids of the cases that do.
    """
    held: dict[str, list[Case]] = {name: [] for name in GROUPS}
    for case in cases:
        for name in groups_of(case):
            held[name].append(case)
    return {
        f"in_{name}": f"{sum(case.id in refusing for case in group)} of {len(group)}"
        if group
        else ""
        for name, group in held.items()
    }

"""A factor between what was found and what is right, and which of the sizes it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf, isfinite, nan, prod
from typing import NamedTuple

import numpy as np

from parity.cases.case import Array
from parity.diagnosis.call import Call
from parity.diagnosis.cause import Cause
from parity.diagnosis.observation import Observation, by_size

ENOUGH = 2  # failing cases
CLOSE = 1e-4  # of the largest ratio: further apart, they are not one constant
SURE = 1e-4  # a ratio that may be further off, of the smallest numbers there are, tells nothing

Size = Callable[[Call], float]


def _option(name: str) -> Size:
    def of(call: Call) -> float:
        value = call.option(name)
        return float(value) if isinstance(value, int | float) else nan

    return of


def _axis(axis: int) -> Size:
    return lambda call: float(call.x.shape[axis]) if call.x.ndim > axis else nan


def _product(of: Callable[[Call], tuple[int, ...]], axes: int, times: Size | None = None) -> Size:
    """The product of the sizes along so many axes; of a function with more or fewer, none."""

    def size(call: Call) -> float:
        sizes = of(call)
        if len(sizes) != axes:
            return nan
        return float(prod(sizes)) * (times(call) if times else 1)

    return size


def _samples(call: Call) -> float:
    """N; of a fully connected layer all axes but the last count samples."""
    if call.problem.function == "linear":
        return float(prod(call.x.shape[:-1]))
    return float(call.x.shape[0]) if call.x.ndim else nan


def _sides(call: Call) -> tuple[int, ...]:
    return call.sides


def _outputs(call: Call) -> tuple[int, ...]:
    return call.outputs


def _kernel(call: Call) -> tuple[int, ...]:
    return call.kernel


# What a learner divides or multiplies by, by its name; n is the number of losses.
SIZES: Mapping[str, Size] = {
    "N": _samples,
    "C": _axis(1),
    "L": _product(_sides, 1),
    "H·W": _product(_sides, 2),
    "D·H·W": _product(_sides, 3),
    "L_out": _product(_outputs, 1),
    "H_out·W_out": _product(_outputs, 2),
    "D_out·H_out·W_out": _product(_outputs, 3),
    "N·L_out": _product(_outputs, 1, _samples),
    "N·H_out·W_out": _product(_outputs, 2, _samples),
    "N·D_out·H_out·W_out": _product(_outputs, 3, _samples),
    "N·H·W": _product(_sides, 2, _samples),
    "N·C": lambda c: float(prod(c.x.shape[:2])) if c.x.ndim > 1 else nan,
    "k": _product(_kernel, 1),
    "k_h·k_w": _product(_kernel, 2),
    "k_d·k_h·k_w": _product(_kernel, 3),
    "C·k_h·k_w": _product(_kernel, 2, _axis(1)),
    "C_out": lambda c: (
        float(c.problem.dy.shape[1]) if c.in_maps and "weight" in c.parameters else nan
    ),
    "k_h": lambda c: float(c.kernel[-2]) if len(c.kernel) > 1 else nan,
    "k_w": lambda c: float(c.kernel[-1]) if len(c.kernel) > 1 else nan,
    "stride": lambda c: float(c.stride[0]) if len(set(c.stride)) == 1 else nan,
    "product of the strides": lambda c: float(prod(c.stride)) if c.stride else nan,
    "groups": _option("groups"),
    "features": lambda c: float(c.x.shape[-1]) if c.x.ndim else nan,
    "outputs": lambda c: float(c.problem.dy.shape[-1]) if c.problem.dy.ndim else nan,
    "elements of x": lambda c: nan if "target" in c.parameters else float(c.x.size),
    "elements of y": lambda c: float(c.problem.dy.size),
    "1 − p": lambda c: 1 - _option("p")(c),
    "p": _option("p"),
    "slope": _option("negative_slope"),
    "n": lambda c: _losses(c),
}


def _losses(call: Call) -> float:
    target = call.problem.arrays.get("target")
    return float(target.size) if target is not None else nan


def _powered(size: Size, times: float, power: int) -> Size:
    return lambda call: float(times * size(call) ** power)


def _factors() -> dict[str, Size]:
    """Each size, one or two through it, its square, and the opposite sign."""
    made: dict[str, Size] = {}
    for name, size in SIZES.items():
        one = f"({name})" if any(sign in name for sign in "·− ") else name
        made |= {
            name: size,
            f"1/{one}": _powered(size, 1, -1),
            f"2/{one}": _powered(size, 2, -1),
            f"2·{one}": _powered(size, 2, 1),
            f"−{one}": _powered(size, -1, 1),
            f"−1/{one}": _powered(size, -1, -1),
            f"{one}²": _powered(size, 1, 2),
            f"1/{one}²": _powered(size, 1, -2),
        }
    return made


FACTORS = _factors()
CONSTANTS = {
    2.0: "2",
    0.5: "½",
    -1.0: "−1",
    -2.0: "−2",
    -0.5: "−½",
    3.0: "3",
    1 / 3: "⅓",
    4.0: "4",
    0.25: "¼",
    0.1: "1/10",
    0.01: "1/100",
    255.0: "255",
    1 / 255: "1/255",
}


class Ratio(NamedTuple):
    """What the right numbers of a case are multiplied by, and how far off that may be."""

    call: Call
    value: float
    slack: float  # relative


def scaled(
    observations: Sequence[Observation],
    tensor: str,
    of: Callable[[Observation], Array | None] | None = None,
) -> list[str]:
    """The factor between what was found and the right tensor, in words; all that fit equally.

    of: other numbers in the place of the right ones. A size is named where it differs between the
    cases, so that no constant would do; of constants there is only one.
    """
    ratios, shown = [], 0
    for observation in by_size(o for o in observations if tensor in o.right):
        right = of(observation) if of else observation.right[tensor]
        ratio = None if right is None else ratio_of(observation, tensor, right)
        if ratio is None:
            return []
        if ratio.slack < SURE:
            ratios.append(ratio)
            shown += observation.shows(tensor)
    return _in_words(ratios) if shown >= ENOUGH else []


def ratio_of(observation: Observation, tensor: str, right: Array) -> Ratio | None:
    """The factor of one case; None if it is not one factor. Of zeros it may be any."""
    found, call = observation.numbers(tensor), Call(observation.problem)
    if found is None or found.shape != right.shape:
        return None
    finite = np.isfinite(right) & np.isfinite(found)
    if not finite.any():
        return Ratio(call, 1.0, inf)
    with np.errstate(all="ignore"):
        scale = float(np.max(np.abs(right[finite]), initial=0.0))
        if not scale:
            return Ratio(call, 1.0, inf) if observation.gives(tensor, right) else None
        a, b = right[finite] / scale, np.asarray(found[finite], np.float64) / scale
        ratio = float(np.sum(a * b) / np.sum(a * a))
        if not isfinite(ratio) or not observation.gives(tensor, right * ratio):
            return None
    least = observation.least / scale / abs(ratio) if ratio else inf
    return Ratio(call, ratio, max(64 * observation.eps, 1e-12) + 4 * least)


def _in_words(ratios: Sequence[Ratio]) -> list[str]:
    values = [ratio.value for ratio in ratios]
    if max(values) - min(values) <= CLOSE * max(map(abs, values)):
        return [_constant(min(ratios, key=lambda ratio: ratio.slack))]
    return [
        name for name, size in FACTORS.items() if all(_is(_at(size, r.call), r) for r in ratios)
    ]


def _at(factor: Size, call: Call) -> float:
    try:
        return factor(call)
    except ZeroDivisionError:
        return nan


def _is(value: float, ratio: Ratio) -> bool:
    return abs(value - ratio.value) <= ratio.slack * abs(ratio.value)


def _constant(ratio: Ratio) -> str:
    return written(ratio.value, ratio.slack)


def written(number: float, slack: float = 1e-9) -> str:
    """A number as a learner writes it; slack is how far off it may be, relative.

    >>> written(-0.5), written(1.5), written(1 / 3)
    ('−½', '1.5', '⅓')
    """
    named = (said for value, said in CONSTANTS.items() if abs(value - number) <= slack * abs(value))
    return next(named, f"{number:.6g}".replace("-", "−"))


def factor_causes(observations: Sequence[Observation], tensor: str) -> list[Cause]:
    """A factor, the same number or the same size in all cases."""
    return [
        Cause(_sentence(tensor, name), "factor", tensor=tensor)
        for name in scaled(observations, tensor)
        if name != "1"
    ]


def _sentence(tensor: str, name: str) -> str:
    if name == "−1":
        return f"{tensor} has the opposite sign"
    return f"{tensor} is {_times(name)} the right one"


def said_of_factor(name: str) -> str:
    """What becomes of numbers that are right otherwise.

    >>> said_of_factor("1/N"), said_of_factor("−1"), said_of_factor("0")
    ('is 1/N of what it should be', 'has the opposite sign', 'is 0')
    """
    if name == "0":
        return "is 0"
    return "has the opposite sign" if name == "−1" else f"is {_times(name)} what it should be"


def _times(name: str) -> str:
    return f"{name} {'of' if name.startswith(('1/', '½', '⅓', '¼')) else 'times'}"

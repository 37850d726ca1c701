"""What a case may be like that makes wrong code show: the stride, ties, a bias, the dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from parity.cases.case import Array
from parity.diagnosis.call import LOSSES, Call

NEAR = 1e-6  # of the larger of two numbers: nearer ones are near ties
APART = 0.01  # what a mask |x − max| < 0.01 takes for equal
LARGE = 80.0  # e^80 nearly leaves float32


class Circumstance(NamedTuple):
    """What holds of some cases: `text` goes on from "only where".

    otherwise: what holds of the cases that it is told from, where "it does not hold" is too much: a
    1×1 kernel is square and says nothing of square kernels.
    """

    text: str
    holds: Callable[[Call], bool]
    otherwise: Callable[[Call], bool] | None = None

    def spoken_against(self, call: Call) -> bool:
        """Whether a case is of the other kind."""
        return not self.holds(call) if self.otherwise is None else self.otherwise(call)


def _any_above(least: int, of: Callable[[Call], tuple[int, ...]]) -> Callable[[Call], bool]:
    return lambda call: max(of(call), default=least) > least


def _differ(of: Callable[[Call], tuple[int, ...]]) -> Callable[[Call], bool]:
    return lambda call: len(set(of(call))) > 1


def _equal(of: Callable[[Call], tuple[int, ...]]) -> Callable[[Call], bool]:
    """Several sides of one size, which is not 1."""
    return lambda call: len(of(call)) > 1 and len(set(of(call))) == 1 and of(call)[0] > 1


def _padded(call: Call) -> bool:
    return any(sum(pair) for pair in call.padding)


def _unpadded(call: Call) -> bool:
    return "padding" in call.parameters and bool(call.sides) and not _padded(call)


def _overlapping(call: Call) -> bool:
    """Two windows share a place of some axis along which there are several."""
    axes = zip(call.spans, call.stride, call.outputs, strict=False)
    return bool(call.outputs) and any(span > s and n > 1 for span, s, n in axes)


def _side_by_side(call: Call) -> bool:
    """Several windows, none of which shares a place with another."""
    return max(call.outputs, default=1) > 1 and not _overlapping(call)


def _gaps(call: Call) -> bool:
    """Places between two windows that none reads."""
    return bool(call.kernel) and any(
        s > span for span, s in zip(call.spans, call.stride, strict=False)
    )


def _even(call: Call) -> bool:
    return any(k % 2 == 0 for k in call.kernel)


def _odd(call: Call) -> bool:
    return bool(call.kernel) and not _even(call) and max(call.kernel) > 1


def _depthwise(call: Call) -> bool:
    groups = call.option("groups") or 1
    return groups > 1 and groups == call.channels


def _option(name: str, value: Any) -> Callable[[Call], bool]:
    return lambda call: call.option(name) == value


def _given(name: str) -> Callable[[Call], bool]:
    return lambda call: name in call.parameters and call.option(name) not in (None, False)


def _bias(there: bool) -> Callable[[Call], bool]:
    return lambda call: (
        "bias" in call.parameters and (call.problem.arrays.get("bias") is not None) == there
    )


def ties(call: Call, near: float, apart: float = 0.0) -> bool:
    """The maximum of a window is there twice, or nearly: relative to it, or so far apart."""
    windows = call.windows
    if windows is None or windows.shape[-1] < 2 or not windows.size:
        return False
    with np.errstate(all="ignore"):
        ordered = np.sort(windows, axis=-1)
        first, second = ordered[..., -1], ordered[..., -2]
        close = np.isfinite(first) & (first - second <= near * np.abs(first) + apart)
        return bool(np.any(close | (first == second)))


def _dtype(name: str) -> Callable[[Call], bool]:
    return lambda call: call.problem.dy.dtype == name


def _some(of: Callable[[Array], Array]) -> Callable[[Call], bool]:
    """An element of the first array is like this."""

    def holds(call: Call) -> bool:
        with np.errstate(all="ignore"):
            return bool(np.any(of(call.x)))

    return holds


def _view(call: Call) -> bool:
    return any(not a.flags.c_contiguous for a in call.problem.arrays.values())


def _classes(call: Call) -> bool:
    """The target of a loss is class indices."""
    target = call.problem.arrays.get("target")
    return target is not None and target.dtype.kind in "iu"


def _shares(call: Call) -> bool:
    """The target of a loss that knows classes is probabilities."""
    target = call.problem.arrays.get("target")
    return call.subject in LOSSES and target is not None and target.dtype.kind == "f"


def _inner_axis(call: Call) -> bool:
    axis = call.option("axis")
    return isinstance(axis, int) and axis % max(call.x.ndim, 1) != call.x.ndim - 1


# Options and sizes: two of them together may be what separates.
SIZES = (
    Circumstance("stride > 1", _any_above(1, lambda c: c.stride)),
    Circumstance("the strides of two axes differ", _differ(lambda c: c.stride)),
    Circumstance(
        "the stride leaves pixels over: (H + 2p − k) mod s ≠ 0",
        _any_above(0, lambda c: c.left_over),
    ),
    Circumstance("padding > 0", _padded),
    Circumstance(
        "the padding before and after an axis differs",
        lambda c: any(before != after for before, after in c.padding),
    ),
    Circumstance("dilation > 1", _any_above(1, lambda c: c.dilation)),
    Circumstance("groups > 1", lambda c: (c.option("groups") or 1) > 1),
    Circumstance("each group has one channel (depthwise)", _depthwise),
    Circumstance("H ≠ W", _differ(lambda c: c.sides), _equal(lambda c: c.sides)),
    Circumstance("H_out ≠ W_out", _differ(lambda c: c.outputs), _equal(lambda c: c.outputs)),
    Circumstance(
        "the kernel is not square", _differ(lambda c: c.kernel), _equal(lambda c: c.kernel)
    ),
    Circumstance("a side of the kernel is even", _even, _odd),
    Circumstance("the kernel is a single place", lambda c: set(c.kernel) == {1}),
    Circumstance("windows overlap", _overlapping, _side_by_side),
    Circumstance("there are gaps between windows", _gaps),
    Circumstance("ceil_mode is on", _given("ceil_mode")),
    Circumstance("the padding does not count", _option("count_include_pad", False)),
    Circumstance("a divisor is given", _given("divisor_override")),
    Circumstance("there is a bias", _bias(True)),
    Circumstance("there is no bias", _bias(False)),
    Circumstance("there is more than one sample", lambda c: c.samples > 1),
    Circumstance("there is one sample", lambda c: c.samples == 1),
    Circumstance("there is more than one channel", lambda c: c.channels > 1),
    Circumstance("there is one channel", lambda c: c.channels == 1),
    Circumstance(
        "there is more than one output channel",
        lambda c: c.in_maps and "weight" in c.parameters and c.problem.dy.shape[1] > 1,
    ),
)

# The other sides of some of them: not asked about in pairs, nor counted in scores.
OPPOSITES = (
    Circumstance("padding = 0", _unpadded, _padded),
    Circumstance("the kernel is more than a single place", _any_above(1, lambda c: c.kernel)),
)

NUMBERS = (
    Circumstance("a window holds its maximum twice (ties)", lambda c: ties(c, 0.0)),
    Circumstance(
        "the two largest of a window are equal or nearly (ties or near ties)",
        lambda c: ties(c, NEAR),
    ),
    Circumstance(
        "the two largest of a window are less than 0.01 apart",
        lambda c: ties(c, 0.0, APART),
    ),
    Circumstance("the arrays are float32", _dtype("float32")),
    Circumstance("the arrays are float64", _dtype("float64")),
    Circumstance("an element is exactly 0", _some(lambda x: x == 0)),
    Circumstance(
        "an element is larger than 80 or smaller than −80", _some(lambda x: abs(x) > LARGE)
    ),
    Circumstance("an element is NaN or infinite", _some(lambda x: ~np.isfinite(x))),
    Circumstance("an array is a view: reversed, transposed or strided", _view),
    Circumstance("reduction is mean", _option("reduction", "mean")),
    Circumstance("reduction is sum", _option("reduction", "sum")),
    Circumstance("reduction is none", _option("reduction", "none")),
    Circumstance("the target is class indices", _classes),
    Circumstance("the target is probabilities", _shares),
    Circumstance("the first array has more than two axes", lambda c: c.x.ndim > 2),
    Circumstance("an axis is given that is not the last", _inner_axis),
)

CIRCUMSTANCES = (*SIZES, *OPPOSITES, *NUMBERS)

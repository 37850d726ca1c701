"""The probes: at ties, NaN, kinks, paddings, last windows, soft labels, and where digits go.

Each of their numbers follows from the convention that stands beside it, by hand or by the formula;
none was taken from a library.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import inf, nan
from typing import Any

import numpy as np

import refimpl
from parity.candidates.conventions import tied, tied_gradients
from parity.cases.case import Array
from parity.cases.case import generator as random_numbers
from parity.peers.probe import ADDED_WELL, Bitwise, LongSum, Probe

TIES, NOT_A_NUMBER, KINKS = "ties", "NaN", "kinks"
PADDING, CEIL_MODE, SAME = "padding", "ceil_mode", "same"
DEFAULTS, LABELS, INTEGERS = "defaults", "soft labels", "integers"
SUMS, DIVISION, LOST = "long sums", "division", "values lost"
TOPICS = (
    *(TIES, NOT_A_NUMBER, KINKS, PADDING, CEIL_MODE, SAME),
    *(DEFAULTS, LABELS, INTEGERS, SUMS, DIVISION, LOST),
)
KEPT = "a NaN in the window comes out"
SEED = 20261120


@cache
def probes() -> tuple[Probe, ...]:
    """All probes; those that say most first."""
    return (
        *_ties(),
        *_not_a_number(),
        *_kinks(),
        *_paddings(),
        *_ceil_mode(),
        *_same(),
        *_defaults(),
        *_soft_labels(),
        *_values_lost(),
        *_division(),
        *_integers(),
        *_long_sums(),
    )


def _numbers(*values: float) -> Array:
    return np.array(values, np.float64)


def _row(*values: float) -> Array:
    """(1, 1, 1, W)"""
    return _numbers(*values).reshape(1, 1, 1, -1)


# --- maxima -------------------------------------------------------------------------------


def _ties() -> Iterator[Probe]:
    for n in (2, 3, 1):
        asked = tied(f"max_pool{n}d", {"kernel_size": 2, "stride": 2})
        answers = {
            said.removesuffix(", as in torch"): {"dx": dx}
            for said, dx in tied_gradients(asked).items()
        }
        x = asked.arrays["x"]
        yield Probe(
            asked.function, TIES, "equal maxima", {"x": x}, asked.options, asked.dy, answers
        )
    x, other = _numbers(3, -1, 2), _numbers(3, -4, 5)
    shares = {
        "the two share dy": (1, 1),
        "the first argument gets dy": (2, 0),
        "the second argument gets dy": (0, 2),
        "both get dy": (2, 2),
        "neither gets dy": (0, 0),
    }
    answers = {
        said: {"dx": _numbers(a, 3, 0), "dother": _numbers(b, 0, 5)}
        for said, (a, b) in shares.items()
    }
    arrays = {"x": x, "other": other}
    yield Probe("maximum", TIES, "two equal numbers", arrays, {}, _numbers(2, 3, 5), answers)


# Windows of 2×2 in reading order, and what a comparison that NaN fails makes of them.
WINDOWS = ((1.0, nan, 2.0, nan), (nan, 1.0, 2.0, 3.0), (3.0, nan, 1.0, 2.0), (nan,) * 4)
LOWEST = -float(np.finfo(np.float32).max)
OF_WINDOWS = {
    KEPT: (nan, nan, nan, nan),
    "a NaN is passed over": (2.0, 3.0, 3.0, -inf),
    "a NaN is passed over; of NaN alone the lowest number comes out": (2.0, 3.0, 3.0, LOWEST),
    "a NaN comes out where it stands first (x > m ? x : m)": (2.0, nan, 3.0, nan),
    "what follows a NaN replaces it (m > x ? m : x)": (nan, 3.0, 2.0, nan),
}


def _not_a_number() -> Iterator[Probe]:
    rows = np.array(WINDOWS).reshape(4, 2, 2).transpose(1, 0, 2).reshape(2, 8)
    options = {"kernel_size": 2, "stride": 2}
    for maps in (1, 16):
        x = np.broadcast_to(rows, (1, maps, 2, 8))
        answers = {
            said: {"y": np.broadcast_to(_numbers(*y), (1, maps, 1, 4))}
            for said, y in OF_WINDOWS.items()
        }
        name = "values" if maps == 1 else "values of 16 maps"
        dy = np.ones((1, maps, 1, 4))
        yield Probe("max_pool2d", NOT_A_NUMBER, name, {"x": x}, options, dy, answers)
    to = {
        "the last NaN gets dy": 3,
        "the first NaN gets dy": 1,
        "the largest number gets dy": 0,
        "the largest number behind the last NaN gets dy": 4,
    }
    given = {said: {"dx": 3.0 * np.eye(5)[place][None, None]} for said, place in to.items()}
    given |= {
        "no element gets dy": {"dx": np.zeros((1, 1, 5))},
        "the gradient is NaN": {"dx": np.full((1, 1, 5), nan)},
    }
    yield Probe(
        "max_pool1d",
        NOT_A_NUMBER,
        "gradient",
        {"x": _numbers(5, nan, 2, nan, 1).reshape(1, 1, 5)},
        {"kernel_size": 5},
        [[[3.0]]],
        given,
    )
    for function in ("relu", "sigmoid", "leaky_relu"):
        out = {"NaN stays NaN": {"y": _numbers(nan, 0.5)}, "NaN becomes 0": {"y": _numbers(0, 0.5)}}
        if function == "sigmoid":
            out = {s: {"y": np.where([True, False], t["y"], 0.5)} for s, t in out.items()}
        x = _numbers(nan, 0.0 if function == "sigmoid" else 0.5)
        yield Probe(function, NOT_A_NUMBER, "value", {"x": x}, {}, [2.0, 3.0], out)


# --- kinks --------------------------------------------------------------------------------


def _slopes(usual: Mapping[str, float], at: Sequence[float], beside: Sequence[float]) -> Any:
    """Answers: dx = (2·slope, beside …)."""
    return {
        said: {"dx": _numbers(*(2 * slope for _ in at), *beside)} for said, slope in usual.items()
    }


def _kink(
    function: str,
    name: str,
    at: float,
    slopes: Mapping[str, float],
    right: float,
    options: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Probe:
    """The derivative at a kink, beside a number on its right whose slope is known."""
    answers = {f"{name} is {s}": {"dx": _numbers(2 * v, 3 * right)} for s, v in slopes.items()}
    arrays = {"x": _numbers(at, at + 0.5), **(more or {})}
    return Probe(function, KINKS, name, arrays, options or {}, [2.0, 3.0], answers)


def _kinks() -> Iterator[Probe]:
    usual = {"0": 0.0, "½": 0.5, "1": 1.0}
    yield _kink("relu", "the derivative at 0", 0.0, usual, 1.0)
    slope = {"the slope": 0.25, "1": 1.0, "the mean of both": 0.625, "0": 0.0, "both": 1.25}
    leaky = {"negative_slope": 0.25}
    yield _kink("leaky_relu", "the derivative at 0", 0.0, slope, 1.0, leaky)
    more = {"weight": _numbers(0.25)}
    yield _kink("prelu", "the derivative at 0", 0.0, slope, 1.0, more=more)
    yield _kink("hardtanh", "the derivative at −1", -1.0, usual, 1.0)
    yield _kink("absolute", "the derivative at 0", 0.0, {**usual, "−1": -1.0}, 1.0)
    elu = {"alpha": 0.5, "1": 1.0, "the mean of both": 0.75, "0": 0.0, "both": 1.5}
    at_zero = {n: v if isinstance(v, float) else 0.0 for n, v in elu.items()}
    yield _kink("elu", "the derivative at 0", 0.0, at_zero, 1.0, {"alpha": 0.5})
    sixth = {"0": 0.0, "1/12": 1 / 12, "1/6": 1 / 6}
    yield _kink("hardsigmoid", "the derivative at −3", -3.0, sixth, 1 / 6)


# --- padding ------------------------------------------------------------------------------


def _paddings() -> Iterator[Probe]:
    four = np.array([[1.0, 2.0], [3.0, 6.0]])[None, None]
    counted, left = [[0.75, 0.75], [0.75, 1.5]], [[1.0, 2.0], [3.0, 6.0]]
    counted = (four / 4).tolist()[0][0]
    yield Probe(
        "avg_pool2d",
        PADDING,
        "what the library counts by itself",
        {"x": four},
        {"kernel_size": 2, "stride": 2, "padding": 1},
        np.array([[[[2.0, 3.0], [5.0, 7.0]]]]),
        {
            "padding is counted": {"y": np.array(counted)[None, None]},
            "padding is not counted": {"y": np.array(left)[None, None]},
        },
        every_option=False,
    )
    x = -_numbers(5, 3, 4, 9).reshape(1, 1, 4)
    yield Probe(
        "max_pool1d",
        PADDING,
        "what stands in it",
        {"x": x},
        {"kernel_size": 3, "stride": 2, "padding": 1},
        [[[2.0, 3.0]]],
        {
            "padding never is the maximum": {"y": -_numbers(3, 3).reshape(1, 1, 2)},
            "padding is 0": {"y": _numbers(0, -3).reshape(1, 1, 2)},
        },
    )


def _ceil_mode() -> Iterator[Probe]:
    """Six ones, k = 3, s = 2, p = 1: the last window holds a one, a zero, and a place beyond."""
    for counted in (True, False):
        answers = {
            "the place beyond the padding is not counted": (2 / 3, 1.0, 1.0, 1 / 2),
            "the last window is divided by its whole size": (2 / 3, 1.0, 1.0, 1 / 3),
            "padding is not counted": (1.0, 1.0, 1.0, 1.0),
        }
        if not counted:
            answers = {
                "padding is not counted": (1.0, 1.0, 1.0, 1.0),
                "the place beyond the padding is counted": (1.0, 1.0, 1.0, 1 / 2),
                "the last window is divided by its whole size": (2 / 3, 1.0, 1.0, 1 / 3),
            }
        for function, shape in (("avg_pool2d", (1, 1, 3, 6)), ("avg_pool1d", (1, 1, 6))):
            n = len(shape) - 2
            yield Probe(
                function,
                CEIL_MODE,
                f"the divisor of the last window, padding {'' if counted else 'not '}counted",
                {"x": np.ones(shape)},
                {
                    "kernel_size": (3,) * n,
                    "stride": (2,) * n,
                    "padding": (0, 1)[2 - n :] if n == 2 else 1,
                    "ceil_mode": True,
                    "count_include_pad": counted,
                },
                _numbers(2, 3, 5, 7).reshape((1,) * (n + 1) + (4,)),
                {
                    said: {"y": _numbers(*y).reshape((1,) * (n + 1) + (4,))}
                    for said, y in answers.items()
                },
            )
    x = _numbers(4, 1, 3, 2, 5).reshape(1, 1, 5)
    yield Probe(
        "max_pool1d",
        CEIL_MODE,
        "a last window that begins in the padding",
        {"x": x},
        {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True},
        [[[2.0, 3.0]]],
        {
            "it is left out": {"y": _numbers(4, 3).reshape(1, 1, 2)},
            "it gives −∞": {"y": _numbers(4, 3, -inf).reshape(1, 1, 3)},
            "it gives the lowest number": {"y": _numbers(4, 3, LOWEST).reshape(1, 1, 3)},
            "it gives 0": {"y": _numbers(4, 3, 0).reshape(1, 1, 3)},
        },
    )


BEHIND, BEFORE = "the odd zero stands behind", "the odd zero stands in front"


def _same() -> Iterator[Probe]:
    x, weight = _row(1, 2, 3, 4, 5, 6), _row(1, 10, 100)
    yield _same_conv("stride 2", x, weight, {"stride": (1, 2)}, {BEHIND: (0, 1), BEFORE: (1, 0)})
    even = _row(1, 10)
    yield _same_conv("an even kernel", x, even, {}, {BEHIND: (0, 1), BEFORE: (1, 0)})
    yield _same_dilated(_row(1, 2, 3, 4, 5, 6, 7), weight)
    for name, at_end in (("same", True), ("same_lower", False)):
        options = {"kernel_size": (1, 3), "stride": (1, 2), "padding": name}
        behind = {
            f"{BEHIND}, padding is not counted": _row(2, 4, 5.5),
            f"{BEHIND}, padding is counted": _row(2, 4, 11 / 3),
            f"{BEHIND}, the edge is repeated": _row(2, 4, 17 / 3),
        }
        front = {
            f"{BEFORE}, padding is not counted": _row(1.5, 3, 5),
            f"{BEFORE}, padding is counted": _row(1, 3, 5),
            f"{BEFORE}, the edge is repeated": _row(4 / 3, 3, 5),
        }
        found = {**behind, **front} if at_end else {**front, **behind}
        dy = _row(2, 3, 5)
        averages = {said: {"y": y} for said, y in found.items()}
        yield Probe("avg_pool2d", SAME, f"padding {name}", {"x": x}, options, dy, averages,
                    every_option=False)  # fmt: skip
        maxima = {BEHIND: _row(3, 5, 6), BEFORE: _row(2, 4, 6), "a window is missing": _row(3, 5)}
        order = maxima if at_end else {BEFORE: maxima[BEFORE], **maxima}
        tops = {said: {"y": y} for said, y in order.items()}
        yield Probe("max_pool2d", SAME, f"padding {name}", {"x": x}, options, dy, tops,
                    every_option=False)  # fmt: skip


def _same_conv(
    name: str, x: Array, weight: Array, options: Mapping[str, Any], sides: Mapping[str, Any]
) -> Probe:
    """A row of numbers, and the sides of the zeros that "same" may mean."""
    answers = {
        said: {"y": refimpl.conv2d(x, weight, padding=((0, 0), pair), **options)}
        for said, pair in sides.items()
    }
    first = next(iter(answers.values()))["y"]
    dy = _row(*range(2, 2 + first.size))
    arrays = {"x": x, "weight": weight}
    return Probe("conv2d", SAME, name, arrays, {"padding": "same", **options}, dy, answers)


def _same_dilated(x: Array, weight: Array) -> Probe:
    """Of seven numbers by a kernel of three, dilation 2."""
    by = {
        "the zeros are those of the dilated kernel": {"padding": (0, 2), "dilation": (1, 2)},
        "the dilation is left out": {"padding": (0, 1)},
    }
    answers = {said: {"y": refimpl.conv2d(x, weight, **more)} for said, more in by.items()}
    options = {"padding": "same", "dilation": (1, 2)}
    dy = _row(*range(2, 9))
    arrays = {"x": x, "weight": weight}
    return Probe("conv2d", SAME, "dilation 2", arrays, options, dy, answers, choice=False)


# --- defaults -----------------------------------------------------------------------------


def _defaults() -> Iterator[Probe]:
    yield _default("leaky_relu", _numbers(-1, 2), "negative_slope", (0.01, 0.1, 0.2, 0.3))
    yield _default("elu", _numbers(-1, 2), "alpha", (1.0,))
    near = 0.001 * _numbers(-1, 2, 3, -5).reshape(2, 2)
    steps = (1e-5, 1e-3, 1e-6, 1e-12, 1e-7)
    yield _default("layer_norm", near, "eps", steps, {"normalized_shape": (2,)})
    maps = 0.001 * _numbers(-1, 2, 3, -5, 4, 7, -2, 6).reshape(1, 4, 2)
    yield _default("group_norm", maps, "eps", steps, {"num_groups": 2})
    yield _default("batch_norm", near, "eps", steps, {"training": True})
    yield _default("gelu", _numbers(-1, 2), "approximate", ("none", "tanh"))
    five = _numbers(1, -2, 3, 5, -4).reshape(1, 5, 1)
    yield _default("local_response_norm", five, "k", (1.0, 2.0), {"size": 3, "alpha": 0.5})


def _default(
    function: str,
    x: Array,
    option: str,
    values: Sequence[Any],
    more: Mapping[str, Any] | None = None,
) -> Probe:
    """An option that is left to the library, and what comes out at its usual values."""
    x = np.asarray(x, np.float32).astype(np.float64)
    options = dict(more or {})
    answers = {
        f"{option} is {_plainly(value)}": {
            "y": getattr(refimpl, function)(x, **options, **{option: value})
        }
        for value in values
    }
    dy = np.arange(2.0, 2 + x.size).reshape(x.shape)
    return Probe(function, DEFAULTS, option, {"x": x}, options, dy, answers, every_option=False)


def _plainly(value: Any) -> str:
    """A value of an option as people write it."""
    return f"{value:g}" if isinstance(value, float) else repr(value)


# --- losses -------------------------------------------------------------------------------


def _soft_labels() -> Iterator[Probe]:
    logits, target = np.array([[0.5, -1.0, 2.0]]), np.array([[0.5, 0.5, 1.0]])
    p = np.exp(logits) / np.exp(logits).sum()
    yield Probe(
        "cross_entropy",
        LABELS,
        "gradient where they add up to s = 2",
        {"logits": logits, "target": target},
        {"reduction": "sum"},
        3.0,
        {"dlogits is p·s − t": {"dlogits": 3 * (p * 2 - target)},
         "dlogits is p − t": {"dlogits": 3 * (p - target)}},
    )  # fmt: skip
    logits = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
    logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    weight = _numbers(1, 2, 5)
    target = np.array([[0.5, 0.25, 0.25], [0.125, 0.375, 0.5]])
    total = -(weight * target * logs).sum()
    soft = {"the mean divides by N": total / 2, "the mean divides by Σ w·t": total / (weight * target).sum()}  # fmt: skip
    kinds = np.array([2, 0])
    total = -(weight[kinds] * logs[[0, 1], kinds]).sum()
    hard = {"the mean divides by Σ w": total / weight[kinds].sum(), "the mean divides by N": total / 2}  # fmt: skip
    for name, labels, answers, kept in (
        ("weights of classes, probabilities", target, soft, {}),
        ("weights of classes, class indices", kinds, hard, {"target": "int64"}),
    ):
        arrays = {"logits": logits, "target": labels, "weight": weight}
        by_name = {said: {"y": np.asarray(y)} for said, y in answers.items()}
        yield Probe("cross_entropy", LABELS, name, arrays, {}, 3.0, by_name, kept=kept)


# --- arithmetic ---------------------------------------------------------------------------


def _values_lost() -> Iterator[Probe]:
    """Numbers at which a right formula keeps its digits, and what is known to come out instead."""
    x = -_numbers(5, 3, 4, 9).reshape(1, 1, 4) * 1e7
    answers = {"the maximum": -3e7, "never below −2²⁴": -16777216.0, "never below 0": 0.0}
    found = {said: {"y": np.array([[[y]]])} for said, y in answers.items()}
    options = {"kernel_size": 4}
    yield Probe(
        "max_pool1d",
        LOST,
        "below −2²⁴",
        {"x": x},
        options,
        [[[3.0]]],
        found,
        choice=False,
        by_element=True,
    )
    far = np.array([[0.0, -500.0]])
    logs = {"both logarithms": far, "cut at −64": np.array([[0.0, -64.0]])}
    found = {said: {"y": y} for said, y in logs.items()}
    dy = [[2.0, 3.0]]
    yield Probe(
        "log_softmax",
        LOST,
        "far below",
        {"x": far},
        {"axis": 1},
        dy,
        found,
        choice=False,
        by_element=True,
    )
    x = _numbers(-18, -30, 18)
    right = 1 / (1 + np.exp(-x))
    found = {"all digits": {"y": right}, "0 from −18 down": {"y": np.where(x < 0, 0, right)}}
    dy = _numbers(2, 3, 5)
    yield Probe(
        "sigmoid", LOST, "far below", {"x": x}, {}, dy, found, choice=False, by_element=True
    )
    x = _numbers(21, 25)
    plus = x + np.log1p(np.exp(-x))
    found = {"all digits": {"y": plus}, "cut at 20: y = x": {"y": x}}
    yield Probe("softplus", LOST, "above 20, float64", {"x": x}, {}, [2.0, 3.0],
                found, choice=False, by_element=True, dtype="float64")  # fmt: skip
    x = _numbers(-18, -15)
    low = np.log1p(np.exp(x))
    found = {"all digits": {"y": low}, "0": {"y": 0 * x}}
    yield Probe(
        "softplus",
        LOST,
        "far below",
        {"x": x},
        {},
        [2.0, 3.0],
        found,
        choice=False,
        by_element=True,
    )
    logits = np.array([[12.0, 0.0]])
    rounded = np.log(np.float32(1) + np.float32(np.exp(-12.0)))
    found = {
        "all digits": {"y": np.asarray(np.log1p(np.exp(-12.0)))},
        "the logarithm of a rounded sum": {"y": np.asarray(float(rounded))},
    }
    yield Probe("cross_entropy", LOST, "a sure answer", {"logits": logits, "target": [0]},
                {"reduction": "sum"}, 3.0, found, choice=False, by_element=True, kept={"target": "int64"})  # fmt: skip
    answers = {
        "all terms": {"dx": _numbers(1, 34, 0)},
        "0 behind a zero": {"dx": _numbers(1, 0, 0)},
    }
    yield Probe("cumprod", LOST, "the gradient beside a zero", {"x": _numbers(2, 0, 3)}, {},
                _numbers(1, 2, 5), answers, choice=False, by_element=True)  # fmt: skip


def _division() -> Iterator[Probe]:
    """0 … 255 over 255, as pixels are scaled: in float32, each quotient rounded once or twice."""
    x = np.arange(256, dtype=np.float32)
    once = (x / np.float32(255)).astype(np.float64)
    twice = (x * (np.float32(1) / np.float32(255))).astype(np.float64)
    answers = {
        "each quotient is rounded once": {"y": once},
        "it multiplies by the rounded reciprocal": {"y": twice},
    }
    for name, other in (("by a number", 255.0), ("by an array", np.full(256, 255.0))):
        arrays = {"x": x.astype(np.float64), "other": other}
        yield Bitwise("divide", DIVISION, name, arrays, {}, np.arange(2.0, 258.0), answers)


EXACT = "exact"


def _integers() -> Iterator[Probe]:
    """Integers in ±8: every sum is below 2²⁴, so that a direct sum in any order is exact."""
    for maps, size in ((64, 56), (16, 12)):
        rng = random_numbers(SEED, "integers", str(maps))
        x = rng.integers(-8, 9, (1, maps, size, size - 1)).astype(np.float64)
        weight = rng.integers(-8, 9, (16, maps, 3, 3)).astype(np.float64)
        dy = rng.integers(-8, 9, (1, 16, size - 2, size - 3)).astype(np.float64)
        for tensors in (("y",), ("dx", "dweight")):
            found = _convolved(dy, x, weight)
            answers = {EXACT: {t: found[t] for t in tensors}}
            name = f"{maps} maps of {size}×{size - 1}, {' and '.join(tensors)}"
            arrays = {"x": x, "weight": weight}
            yield Bitwise("conv2d", INTEGERS, name, arrays, {}, dy, answers, choice=False)


def _convolved(dy: Array, x: Array, weight: Array) -> dict[str, Array]:
    found = refimpl.conv2d_backward(dy, x, weight)
    return {"y": refimpl.conv2d(x, weight), "dx": found.dx, "dweight": found.dweight}


MILLION = 10**6


def _long_sums() -> Iterator[Probe]:
    tenth = float(np.float32(0.1))
    x = np.full(MILLION, tenth)
    for function, value, axes in (("sum", MILLION * tenth, {}), ("mean", tenth, {})):
        answers = {ADDED_WELL: {"y": np.asarray(value)}}
        yield LongSum(
            function, SUMS, "a million times 0.1", {"x": x}, axes, 2.0, answers, choice=False
        )
    arrays = {"x": np.zeros((1, 1, 1000, 1000)), "weight": np.ones((1, 1, 1, 1)), "bias": [0.5]}
    dy = np.full((1, 1, 1000, 1000), tenth)
    answers = {ADDED_WELL: {"dbias": _numbers(MILLION * tenth)}}
    yield LongSum(
        "conv2d", SUMS, "dbias of a million times 0.1", arrays, {}, dy, answers, choice=False
    )

"""How many digits both sides keep: a function's worst errors over ordinary, far and tiny numbers.

Every element is held against its exact value. Where nothing cancels by nature the error is counted
in ULP of the exact value; elsewhere in roundings, u·Σ|terms|, which cancellation does not change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Any

import numpy as np

from parity.bounds.arithmetic import ALONG
from parity.cases.case import Array, generator
from parity.cases.functions import FUNCTIONS
from parity.own_data.judged import Side, Tensor, judged
from parity.results.settings import Settings
from parity.suite.selection import all_meant
from parity.witnesses.problem import Problem

DTYPES = ("float64", "float32")
ULP, ROUNDINGS = "ULP", "roundings"
SHIFTED = ("softmax", "log_softmax", "cross_entropy")
LIMITS = {"float64": 4.0, "float32": 6.0}  # ULP
Arrays = dict[str, Array]
Draw = Callable[[np.random.Generator, float, float], Arrays]


@dataclass(frozen=True)
class Question:
    """A function with options and arguments of one kind.

    draw: arrays, from a generator, −log(smallest normal number) and −log(smallest number). unit:
    by tensor. terms: K of the sums that a tensor in roundings has. upstream: dy is as small as
    the smallest normal number to this power.
    """

    function: str
    arguments: str
    draw: Draw
    unit: Mapping[str, str]
    options: Mapping[str, Any] = field(default_factory=dict)
    terms: int = 1
    upstream: float = 0.0


@dataclass(frozen=True)
class AccuracyRow:
    """One tensor in one dtype: the columns of accuracy.csv. at: the worst element's arguments."""

    function: str
    tensor: str
    dtype: str
    arguments: str
    elements: int
    unit: str
    limit: float
    refimpl: float
    refimpl_over_limit: float
    refimpl_at: str
    refimpl_value: float
    refimpl_exact: float
    torch: float
    torch_limit: float  # what refimpl keeps to there
    torch_at: str
    torch_value: float
    torch_exact: float


# --- arguments ----------------------------------------------------------------------------

ROWS = 60


def _ordinary(rng: np.random.Generator, normal: float, smallest: float) -> Array:
    return rng.normal(size=ROWS * 10) * 3


def _far(rng: np.random.Generator, normal: float, smallest: float) -> Array:
    return rng.uniform(-normal, normal, ROWS * 10)


def _vanishing(rng: np.random.Generator, normal: float, smallest: float) -> Array:
    """Where e^(−|x|) is subnormal."""
    sizes = rng.uniform(normal, smallest, ROWS * 10)
    return np.asarray(sizes * rng.choice([-1, 1], ROWS * 10))


def _tiny(rng: np.random.Generator, normal: float, smallest: float) -> Array:
    return np.asarray(rng.normal(size=ROWS * 10) * np.exp(-normal))


CURVES: dict[str, Callable[[np.random.Generator, float, float], Array]] = {
    "ordinary": _ordinary,
    "far": _far,
    "e^−|x| subnormal": _vanishing,
    "subnormal": _tiny,
}


def _rows(scale: float, classes: int, sure: float = 0.0) -> Callable[..., Array]:
    """Random logits; sure: up to so many times −log(smallest normal) added to one of a row."""

    def draw(rng: np.random.Generator, normal: float, smallest: float) -> Array:
        rows = rng.normal(size=(ROWS, classes)) * scale
        favoured = rng.integers(0, classes, ROWS)
        rows[np.arange(ROWS), favoured] += rng.uniform(0, sure * normal, ROWS)
        return rows

    return draw


LOGITS: dict[str, tuple[Callable[..., Array], int]] = {
    "ordinary, 10 classes": (_rows(3, 10), 10),
    "ordinary, 1000 classes": (_rows(3, 1000), 1000),
    "far apart, 10 classes": (_rows(30, 10), 10),
    "sure, 10 classes": (_rows(1, 10, 0.98), 10),
}


# --- questions ----------------------------------------------------------------------------


def _curves(
    function: str, name: str, unit: Mapping[str, str], said: str = "", **more: Any
) -> Iterator[Question]:
    """said: the options, where a function is asked twice."""
    for arguments, curve in CURVES.items():

        def draw(rng: Any, normal: float, smallest: float, curve: Any = curve) -> Arrays:
            return {name: curve(rng, normal, smallest)}

        yield Question(function, f"{arguments}{said and f', {said}'}", draw, unit, **more)


def _tails(
    function: str, unit: Mapping[str, str], said: str = "", **more: Any
) -> Iterator[Question]:
    """The lower tail of a gate, to where it is subnormal: e^(−x²/2), or e to the cube of x."""

    def draw(rng: Any, normal: float, smallest: float) -> Arrays:
        end = {"silu": smallest, "gelu": np.sqrt(2 * smallest)}[function]
        return {"x": -rng.uniform(3, end, ROWS * 10)}

    yield Question(function, f"lower tail{said and f', {said}'}", draw, unit, **more)


def _logits(function: str, name: str, unit: Mapping[str, str], **more: Any) -> Iterator[Question]:
    for arguments, (rows, classes) in LOGITS.items():

        def draw(rng: Any, normal: float, smallest: float, rows: Any = rows) -> Arrays:
            return {name: rows(rng, normal, smallest)}

        yield Question(function, arguments, draw, unit, terms=classes, **more)


def _with_target(
    asked: Iterator[Question], said: str, target: Callable[[Any, Array], Array]
) -> Iterator[Question]:
    """The same questions, with a target drawn for the logits."""
    for one in asked:

        def draw(rng: Any, normal: float, smallest: float, one: Question = one) -> Arrays:
            arrays = one.draw(rng, normal, smallest)
            return {**arrays, "target": target(rng, arrays["logits"])}

        arguments = f"{one.arguments}, {said}"
        yield Question(one.function, arguments, draw, one.unit, one.options, one.terms)


def _certain(rng: np.random.Generator, logits: Array) -> Array:
    return rng.integers(0, 2, logits.shape).astype(np.float64)


def _uncertain(rng: np.random.Generator, logits: Array) -> Array:
    return rng.uniform(0, 1, logits.shape)


def _classes(rng: np.random.Generator, logits: Array) -> Array:
    """Half of them the largest logit's."""
    drawn = rng.integers(0, logits.shape[1], len(logits))
    return np.where(rng.integers(0, 2, len(logits)) == 1, logits.argmax(axis=1), drawn)


def _shares(rng: np.random.Generator, logits: Array) -> Array:
    shares = rng.uniform(0.05, 1, logits.shape)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


# From where to where ln x^(p−1) is drawn, and how small dy is, both as multiples of
# −ln(smallest normal number): what x^(p−1) exceeds dy makes good.
POWERS = {
    "x^(p−1) ordinary": (-0.01, 0.01, 0.0),
    "x^(p−1) far": (-0.9, 0.9, 0.0),
    "x^(p−1) too large, dy small": (0.6, 1.4, 0.6),
    "x^(p−1) too small, dy large": (-1.4, -0.7, -0.6),
}


def _powers(unit: Mapping[str, str]) -> Iterator[Question]:
    """Bases from tiny to huge with the exponents that lead where it is asked."""
    for arguments, (low, high, upstream) in POWERS.items():

        def draw(
            rng: Any, normal: float, smallest: float, low: float = low, high: float = high
        ) -> Arrays:
            logarithm = rng.uniform(0.001, 0.9, ROWS * 10) * rng.choice([-1, 1], ROWS * 10)
            exponent = 1 + rng.uniform(low, high, ROWS * 10) / logarithm
            return {"x": np.exp(logarithm * normal), "exponent": exponent}

        yield Question("power", arguments, draw, unit, upstream=upstream)


def questions() -> Iterator[Question]:
    """What is asked of each function: what nothing cancels in, then differences and sums."""
    each, kept = {"reduction": "none"}, {"y": ULP, "dx": ULP}
    yield from _curves("sigmoid", "x", kept)
    yield from _curves("tanh", "x", kept)
    for function in ("exp", "softplus", "elu"):
        yield from _curves(function, "x", kept)
    yield from _curves("softplus", "x", kept, options={"beta": 1.7}, said="beta 1.7")
    yield from _powers({"y": ULP, "dx": ULP, "dexponent": ULP})
    # The two terms of their derivatives cancel where these are 0.
    tanh, gates = {"approximate": "tanh"}, {"y": ULP, "dx": ROUNDINGS}
    for function, said, options in (("silu", "", {}), ("gelu", "", {}), ("gelu", "tanh", tanh)):
        yield from _curves(function, "x", gates, said, options=options, terms=2)
        yield from _tails(function, gates, said, options=options, terms=2)
    binary = "binary_cross_entropy_with_logits"
    kept, cancels = {"y": ULP, "dlogits": ULP}, {"y": ULP, "dlogits": ROUNDINGS}
    yield from _with_target(_curves(binary, "logits", kept, options=each), "t 0 or 1", _certain)
    yield from _with_target(_curves(binary, "logits", cancels, options=each), "any t", _uncertain)
    yield from _with_target(_curves("log_likelihood", "logits", kept), "t 0 or 1", _certain)
    yield from _logits("softmax", "x", {"y": ULP, "dx": ROUNDINGS})
    yield from _logits("log_softmax", "x", {"y": ULP, "dx": ROUNDINGS})
    loss = "cross_entropy"
    yield from _with_target(_logits(loss, "logits", kept, options=each), "classes", _classes)
    yield from _with_target(_logits(loss, "logits", cancels, options=each), "any t", _shares)


def of_functions(asked: Sequence[Question], words: Sequence[str]) -> list[Question]:
    """The questions about functions, which may be called by people's words; all if none are given.

    Raises: SelectionError.
    """
    if not words:
        return list(asked)
    known = list(dict.fromkeys(one.function for one in asked))
    wanted = set(all_meant(words, known, "function whose digits are asked for"))
    return [one for one in asked if one.function in wanted]


# --- answers ------------------------------------------------------------------------------


def worst_errors(asked: Question, dtype: str, settings: Settings) -> list[AccuracyRow]:
    """The worst element of each tensor, on both sides."""
    problem = problem_of(asked, dtype, settings)
    found = judged(problem, {}, settings).tensors
    return [_row(asked, tensor, problem) for tensor in found if tensor.name in asked.unit]


def problem_of(asked: Question, dtype: str, settings: Settings) -> Problem:
    """Arguments of a dtype, and an upstream gradient between ½ and 1 in size, or as asked."""
    rng = generator(settings.seed, "accuracy", asked.function, asked.arguments, dtype)
    info = np.finfo(dtype)
    edges = -np.log(float(info.tiny)), -np.log(float(info.smallest_subnormal))
    drawn = asked.draw(rng, *edges)
    arrays = {n: a if a.dtype.kind in "iu" else a.astype(dtype) for n, a in drawn.items()}
    y = FUNCTIONS[asked.function].forward(arrays, asked.options)
    sizes = rng.uniform(0.5, 1, y.shape) * rng.choice([-1, 1], y.shape)
    sizes *= np.exp(-edges[0] * asked.upstream)
    return Problem(asked.function, arrays, asked.options, sizes.astype(dtype))


def _row(asked: Question, tensor: Tensor, problem: Problem) -> AccuracyRow:
    unit = asked.unit[tensor.name]
    limits = _limits(asked, tensor, problem)
    sides = {who: _errors(side, unit) for who, side in tensor.sides.items()}
    ours, theirs = sides["refimpl"], sides["torch"]
    over = ours / limits
    worst = {"refimpl": int(over.argmax()), "torch": int(theirs.argmax())}
    return AccuracyRow(
        asked.function,
        tensor.name,
        tensor.dtype,
        asked.arguments,
        tensor.elements,
        unit,
        float(limits[worst["refimpl"]]),
        float(ours[worst["refimpl"]]),
        float(over.max()),
        at(problem, tensor.index(worst["refimpl"])),
        float(tensor.sides["refimpl"].values[worst["refimpl"]]),
        float(tensor.exact[worst["refimpl"]]),
        float(theirs[worst["torch"]]),
        float(limits[worst["torch"]]),
        at(problem, tensor.index(worst["torch"])),
        float(tensor.sides["torch"].values[worst["torch"]]),
        float(tensor.exact[worst["torch"]]),
    )


def _errors(side: Side, unit: str) -> Array:
    errors = side.ulp if unit == ULP else side.roundings
    return np.where(np.isnan(errors), 0, errors)


def _limits(asked: Question, tensor: Tensor, problem: Problem) -> Array:
    """4 ULP, in float32 6; of a sum in roundings `ALONG` · log2 K more; of a softmax its shift."""
    least = LIMITS[tensor.dtype]
    if asked.unit[tensor.name] == ROUNDINGS:
        least += ALONG * log2(asked.terms)
    if asked.function not in SHIFTED:
        return np.full(tensor.elements, least)
    return least + shift_error(problem, tensor)


def shift_error(problem: Problem, tensor: Tensor) -> Array:
    """What the rounded shift x − max x may add: to each power its distance, by its weight.

    To a share its own distance and the mean of all, weighted by the powers; to the logarithm of
    their sum the mean of all but the maximum's own, 0; to −Σ_{c≠t} o_c that without the class.
    """
    x = next(iter(problem.arrays.values())).astype(np.float64)
    t = x - x.max(axis=1, keepdims=True)
    distance, power = np.abs(t), np.exp(t)

    def mean(weights: Array) -> Array:
        total = weights.sum(axis=1, keepdims=True)
        weighted = (weights * distance).sum(axis=1, keepdims=True)
        return np.asarray(weighted / np.where(total, total, 1))

    others = power.copy()
    others[np.arange(len(x)), x.argmax(axis=1)] = 0
    classes = problem.arrays.get("target", x)
    if tensor.name == "y" and problem.function != "softmax":
        found = mean(others)
    elif classes.dtype.kind in "iu":
        is_class = np.arange(x.shape[1]) == classes[:, None]
        found = np.where(is_class, mean(np.where(is_class, 0, power)), distance) + mean(power)
    else:  # softmax's gradient has the mean of dy beside its own share
        found = distance + (1 if tensor.name == "y" else 2) * mean(power)
    per_row = tensor.elements == len(x)
    return np.asarray(found[:, 0] if per_row else np.broadcast_to(found, x.shape).reshape(-1))


def at(problem: Problem, index: tuple[int, ...]) -> str:
    """The arguments of an element: a number, or the row of logits by its margin."""
    first, x = next(iter(problem.arrays.items()))
    if x.ndim == 1 and index:
        others = [
            f"{symbol} = {problem.arrays[name][index]:.6g}"
            for name, symbol in (("target", "t"), ("exponent", "p"))
            if name in problem.arrays
        ]
        return ", ".join([f"{_short(first)} = {x[index]:.6g}", *others])
    if x.ndim < 2:
        return f"{x.size} numbers"
    row = np.sort(x[index[0]])[::-1]
    said = f"x − max = {x[index[:2]] - row[0]:.4g}, " if len(index) > 1 else ""
    return f"{said}margin {row[0] - row[1]:.4g} of {len(row)}"


def _short(name: str) -> str:
    return {"logits": "z"}.get(name, name)

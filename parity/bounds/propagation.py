"""How far an error of the inputs moves an output: the accumulated bounds of networks.

Both sides run free, so their inputs already differ. `errors` holds, for each input, the most by
which the two sides may differ there; the centre is torch's value. The accumulated bound is the
*drift*, the most by which exact results of two such inputs may differ, plus the rounding of
both sides at the worst of these inputs.

Where an error interval holds both branches of a function (a kink), the two branch values form
an interval that enters the drift; kinks are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from parity import oracle
from parity.bounds.arithmetic import Sides, gamma
from parity.bounds.bound import OUTWARD, Arrays, Options
from parity.bounds.elementary import exact_sigmoid
from parity.bounds.rules import backward_bounds, forward_bound
from parity.bounds.softmax import Exact, exact_softmax, weights
from parity.cases.case import Array
from refimpl.windows import add_windows, crop, windows

Two = tuple[int, int]


class Accumulated(NamedTuple):
    """The most by which a tensor may differ between the sides, and how many kinks it has."""

    error: Array
    kinks: int = 0


Forward = Callable[[str, Arrays, Arrays, Options], Accumulated]
Backward = Callable[[str, Array, Arrays, Arrays, Options], dict[str, Accumulated]]


@dataclass(frozen=True)
class Rule:
    """The drift of a function and of its gradients, and where its rounding is worst."""

    forward: Forward
    backward: Backward
    worst: Callable[[Arrays, Arrays], dict[str, Array]]
    growth: Callable[[Arrays], float] = lambda errors: 1.0
    worst_backward: Callable[[Arrays, Arrays], dict[str, Array]] | None = None  # as `worst`


def forward_error(
    function: str, arrays: Arrays, errors: Arrays, options: Options, sides: Sides
) -> Accumulated:
    """The accumulated bound of a function's value."""
    rule = RULES[function]
    with np.errstate(all="ignore"):
        drift = rule.forward(function, arrays, errors, options)
        rounding = forward_bound(function, rule.worst(arrays, errors), options, sides).limit
        return _added(drift, rounding * rule.growth(errors))


def backward_errors(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options, sides: Sides
) -> dict[str, Accumulated]:
    """The accumulated bound of each gradient; `errors` also holds that of "dy"."""
    rule = RULES[function]
    with np.errstate(all="ignore"):
        drifts = rule.backward(function, dy, arrays, errors, options)
        wide_dy = widened({"dy": dy}, errors)["dy"]
        worst = (rule.worst_backward or rule.worst)(arrays, errors)
        bounds = backward_bounds(function, wide_dy, worst, options, sides)
        growth = rule.growth(errors)
        return {name: _added(drift, bounds[name].limit * growth) for name, drift in drifts.items()}


def _added(drift: Accumulated, rounding: Array) -> Accumulated:
    """Drift and rounding together; what overflowed on the way (∞ − ∞, 0·∞) bounds nothing."""
    error = drift.error + rounding
    return Accumulated(np.where(np.isnan(error), np.inf, error), drift.kinks)


def widened(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """|array| + its error, rounded outward to the array's dtype."""
    return {
        name: ((np.abs(array.astype(np.float64)) + errors[name]) * OUTWARD).astype(array.dtype)
        for name, array in arrays.items()
    }


def _doubles(arrays: Arrays) -> dict[str, Array]:
    return {name: np.abs(array.astype(np.float64)) for name, array in arrays.items()}


# --- multilinear: f(x', w') − f(x, w) = f(x' − x, w') + f(x, w' − w) ----------------------


def _linear_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    wide = widened(_doubles(arrays), errors)
    moved_x = {**wide, **{n: errors[n] for n in ("x", "bias") if n in arrays}}
    error = oracle.forward(function, moved_x, options)
    if "weight" in arrays:
        moved_weight = {"x": _doubles(arrays)["x"], "weight": errors["weight"]}
        error = error + oracle.forward(function, moved_weight, options)
    return Accumulated(error)


def _linear_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    wide, names = widened(_doubles(arrays), errors), list(arrays)
    moved_dy = oracle.gradients(function, wide, options, errors["dy"], names).gradients
    if "weight" not in arrays:
        return {"x": Accumulated(moved_dy["x"])}
    others = {name: errors[name] for name in names}
    upstream = np.abs(dy.astype(np.float64))
    moved = oracle.gradients(function, others, options, upstream, ["x", "weight"]).gradients
    return {
        name: Accumulated(error + moved[name] if name in moved else error)
        for name, error in moved_dy.items()
    }


# --- joins: every error is added, or moved along ------------------------------------------


def _join_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    return Accumulated(oracle.forward(function, {name: errors[name] for name in arrays}, options))


def _join_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    names, values = list(arrays), _doubles(arrays)
    moved = oracle.gradients(function, values, options, errors["dy"], names).gradients
    return {name: Accumulated(moved[name]) for name in names}


# --- relu, leaky_relu ---------------------------------------------------------------------


def _slope(function: str, options: Options, x: Array) -> float:
    """The slope left of 0: relu has none."""
    default = 0.01 if function == "leaky_relu" else 0.0
    return float(x.dtype.type(options.get("negative_slope", default)))


def _bent_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    x, error = arrays["x"].astype(np.float64), errors["x"]
    slope = _slope(function, options, arrays["x"])
    kinks = (np.abs(x) <= error) & (error > 0)
    steepest = max(1.0, abs(slope))
    return Accumulated(
        error * np.where(kinks, steepest, np.where(x > 0, 1.0, abs(slope))), int(kinks.sum())
    )


def _bent_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    x, slope = arrays["x"].astype(np.float64), _slope(function, options, arrays["x"])
    kinks = (np.abs(x) <= errors["x"]) & (errors["x"] > 0)
    d = np.abs(dy.astype(np.float64))
    both = abs(1 - slope) * d + max(1.0, abs(slope)) * errors["dy"]
    one = np.where(x > 0, 1.0, abs(slope)) * errors["dy"]
    return {"x": Accumulated(np.where(kinks, both, one), int(kinks.sum()))}


def _left_of_zero(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """leaky_relu rounds where x ≤ 0."""
    return {"x": -widened(arrays, errors)["x"]}


# --- sigmoid, tanh: mean value theorem at the steepest point of the interval --------------


def _steepest(function: str, arrays: Arrays, errors: Arrays) -> Array:
    """The largest derivative within the error: that of the point nearest to 0."""
    nearest = np.maximum(np.abs(arrays["x"].astype(np.float64)) - errors["x"], 0)
    if function == "tanh":
        return np.asarray(1 - np.tanh(nearest) ** 2)
    o = exact_sigmoid(nearest)
    return np.asarray(o * (1 - o))


def _smooth_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    return Accumulated(_steepest(function, arrays, errors) * errors["x"])


def _smooth_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """|σ''| ≤ σ' for sigmoid, |tanh''| ≤ 2 tanh'."""
    steepest, curvature = _steepest(function, arrays, errors), 2.0 if function == "tanh" else 1.0
    bend = np.abs(dy.astype(np.float64)) * curvature * errors["x"]
    return {"x": Accumulated(steepest * (errors["dy"] + bend))}


def _saturated(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """Rounding of sigmoid and tanh, and of their backwards, is worst where they are flat."""
    return {"x": np.full_like(arrays["x"], 1000)}


# --- dropout: y = x·mask/(1 − p), the mask the same on both sides ----------------------------


def _dropout_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    moved = {"x": errors["x"], "mask": arrays["mask"]}
    return Accumulated(oracle.forward(function, moved, options))


def _dropout_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    moved = {"x": errors["dy"], "mask": arrays["mask"]}
    return {"x": Accumulated(oracle.forward(function, moved, options))}


def _wide_x(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """Where x is largest; the mask carries no error."""
    return {**arrays, **widened({"x": arrays["x"]}, errors)}


# --- max pooling --------------------------------------------------------------------------


def _max_pool_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    return Accumulated(oracle.forward(function, {"x": errors["x"]}, options))


def _max_pool_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """A place may win or lose a window if its interval reaches the least possible maximum."""
    x, pool = arrays["x"].astype(np.float64), _Pool.of(arrays["x"], dy, options)
    low, high = (pool.windows(edge, -np.inf) for edge in (x - errors["x"], x + errors["x"]))
    may_win = ~(high < low.max(axis=(2, 3), keepdims=True))
    several = may_win.sum(axis=(2, 3), keepdims=True) > 1
    # Where nothing carries an error a tie is a tie, and the convention decides it.
    carried = (pool.windows(errors["x"], 0) > 0) & may_win
    contested = may_win & several & carried.any(axis=(2, 3), keepdims=True)
    d = (np.abs(dy.astype(np.float64)) + errors["dy"])[:, :, None, None]
    moved = np.where(may_win, errors["dy"][:, :, None, None], 0.0)
    drift = pool.sums(np.where(contested, d, moved))
    # The sum of a contested place may have more terms than at the centre: a rounding each.
    terms = pool.sums(np.where(contested, 1.0, 0.0))
    u = float(np.finfo(dy.dtype).eps) / 2
    rounding = np.where(terms > 1, 2 * gamma(terms, u) * pool.sums(np.where(may_win, d, 0.0)), 0)
    return {"x": Accumulated(drift + rounding, int(contested.any(axis=(2, 3)).sum()))}


class _Pool(NamedTuple):
    """The windows of a 2-d pooling over an input that is framed so that every window is whole."""

    kernel: Two
    stride: Two
    dilation: Two
    frame: tuple[Two, ...]
    framed: tuple[int, ...]  # the shape of the framed input

    @classmethod
    def of(cls, x: Array, dy: Array, options: Options) -> _Pool:
        """Behind the input ceil_mode may need more than the padding."""
        kernel, stride, dilation, padding = _pool_options(options)
        frame = [(0, 0), (0, 0)]
        for out, n, k, s, d, p in zip(
            dy.shape[2:], x.shape[2:], kernel, stride, dilation, padding, strict=True
        ):
            frame.append((p, max(p, (out - 1) * s + d * (k - 1) + 1 - n - p)))
        framed = tuple(n + sum(pair) for n, pair in zip(x.shape, frame, strict=True))
        return cls(kernel, stride, dilation, tuple(frame), framed)

    def windows(self, x: Array, outside: float) -> Array:
        """(N, C, K_h, K_w, H_out, W_out): every window of x, `outside` in the frame."""
        framed = np.pad(x, self.frame, constant_values=outside)
        return windows(framed, self.kernel, self.stride, self.dilation)

    def sums(self, parts: Array) -> Array:
        """The adjoint: for each place of x the sum of its parts in all windows."""
        total = np.zeros(self.framed)
        add_windows(total, parts, self.stride, self.dilation)
        return crop(total, self.frame[2:])


def _pool_options(options: Options) -> tuple[Two, Two, Two, Two]:
    def two(value: int | Two) -> Two:
        return (value, value) if isinstance(value, int) else value

    kernel = two(options["kernel_size"])
    stride = two(options.get("stride") or kernel)
    return kernel, stride, two(options.get("dilation", 1)), two(options.get("padding", 0))


# --- softmax: p_i moves by at most p_i·(e^(2D) − 1), D the largest error along the axis -----


def _softmax_moved(arrays: Arrays, errors: Arrays, options: Options) -> tuple[Exact, Array, Array]:
    """softmax, how far each share may move, and how large it may become."""
    axis = options.get("axis", -1)
    exact = exact_softmax(arrays["x"], axis)
    widest = errors["x"].max(axis=axis, keepdims=True)
    largest = np.minimum(1, exact.p * np.exp(2 * widest))
    return exact, np.minimum(1, exact.p * np.expm1(2 * widest)), largest


def _softmax_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    return Accumulated(_softmax_moved(arrays, errors, options)[1])


def _softmax_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """p_i·(dy_i − Σ_j dy_j p_j): the share moves, dy moves, and so does their sum."""
    exact, moved, largest = _softmax_moved(arrays, errors, options)
    d, e = np.abs(dy.astype(np.float64)), errors["dy"]
    of_sum = exact.sum(largest * e + moved * d)
    return {"x": Accumulated(moved * (d + exact.sum(d * exact.p)) + largest * (e + of_sum))}


def _softmax_growth(errors: Arrays) -> float:
    """As `_growth`, with the largest error of all."""
    return float(np.exp(4 * np.max(errors["x"], initial=0)))


# --- cross_entropy ------------------------------------------------------------------------


def _cross_entropy_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    """|∂l/∂z_c| = |p_c − t_c| ≤ p_c + t_c, with p at most p·e^(2D) within the error."""
    exact, target = exact_softmax(arrays["logits"], 1), weights(arrays, 1)
    largest = np.minimum(1, exact.p * np.exp(2 * _widest(errors)))
    per_sample = ((largest + target) * errors["logits"]).sum(axis=1)
    return Accumulated(np.asarray(per_sample.mean()))


def _cross_entropy_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """p_c moves by at most p_c·(e^(2D) − 1), and never by more than 1."""
    exact = exact_softmax(arrays["logits"], 1)
    widest, target = _widest(errors), weights(arrays, 1)
    moved = np.minimum(1, exact.p * np.expm1(2 * widest))
    slope = np.minimum(1, exact.p * np.exp(2 * widest)) + target
    drift = moved * np.abs(dy) + slope * errors["dy"]
    return {"logits": Accumulated(drift / len(exact.p))}


def _widest(errors: Arrays) -> Array:
    """D, the largest error among each sample's logits."""
    return np.asarray(errors["logits"].max(axis=1, keepdims=True))


def _growth(errors: Arrays) -> float:
    """Shares, distances and log S in the rounding all grow by less than e^(4D)."""
    return float(np.exp(4 * _widest(errors).max()))


def _centre(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    return dict(arrays)


# --- squared_error ------------------------------------------------------------------------


def _squared_error_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    """½((d + e)² − d²) = d·e + ½e² in each term, d = y − t."""
    difference, error = np.abs(_residual(arrays)), errors["output"]
    return Accumulated(np.asarray(np.sum(difference * error + error**2 / 2)))


def _squared_error_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    difference, error = np.abs(_residual(arrays)), errors["output"]
    drift = np.abs(dy.astype(np.float64)) * error + errors["dy"] * (difference + error)
    return {"output": Accumulated(drift)}


def _residual(arrays: Arrays) -> Array:
    residual: Array = arrays["output"].astype(np.float64) - arrays["target"]
    return residual


def _farthest(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """The output as far from its target as the errors allow: rounding is worst there."""
    output, target = arrays["output"], arrays["target"].astype(np.float64)
    residual = _residual(arrays)
    away = np.where(residual < 0, -1.0, 1.0)
    farthest = target + away * (np.abs(residual) + errors["output"]) * OUTWARD
    return {"output": farthest.astype(output.dtype), "target": arrays["target"]}


# --- binary_cross_entropy_with_logits -----------------------------------------------------


def _binary_slope(arrays: Arrays, errors: Arrays) -> tuple[Array, Array]:
    """|σ(z) − t| and the most by which it may move: |σ'| ≤ ¼."""
    slope = np.abs(exact_sigmoid(arrays["logits"]) - arrays["target"])
    return slope, np.minimum(1, errors["logits"] / 4)


def _binary_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """|∂l/∂z| = |σ(z) − t| ≤ 1."""
    slope, moved = _binary_slope(arrays, errors)
    return Accumulated(np.asarray(np.mean(np.minimum(1, slope + moved) * errors["logits"])))


def _binary_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """dy·(σ(z) − t)/N"""
    slope, moved = _binary_slope(arrays, errors)
    drift = moved * np.abs(dy.astype(np.float64)) + (slope + moved) * errors["dy"]
    return {"logits": Accumulated(drift / slope.size)}


def _negative_logits(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """max(−z, 0) and (1 − t)·|z| are largest at −(|z| + e)."""
    return {**arrays, "logits": -widened({"x": arrays["logits"]}, {"x": errors["logits"]})["x"]}


def _tail_growth(errors: Arrays) -> float:
    """S = log(1 + e^(−|z|)) falls by less than e^(2D) from any point to that one."""
    return float(np.exp(2 * np.max(errors["logits"], initial=0)))


def _certain_logits(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """σ + t·(1 − σ), what the gradient's rounding is relative to, is largest where σ = 1."""
    return {**arrays, "logits": np.full_like(arrays["logits"], 1000)}


# --- perceptron_loss ----------------------------------------------------------------------


def _wrong_side(arrays: Arrays, errors: Arrays) -> tuple[Array, Array]:
    """−t·s, positive on the wrong side, and where its interval holds 0."""
    margin = -(arrays["target"] * arrays["score"].astype(np.float64))
    return margin, ~(np.abs(margin) > errors["score"]) & ~(errors["score"] == 0)


def _perceptron_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    """max(0, −t·s) moves where −t·s may be positive."""
    margin, kinks = _wrong_side(arrays, errors)
    moved = np.where(kinks | (margin > 0), errors["score"], 0)
    return Accumulated(np.asarray(np.sum(moved)), int(kinks.sum()))


def _perceptron_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """−t·dy on the wrong side, 0 on the other; at a kink either."""
    margin, kinks = _wrong_side(arrays, errors)
    either = np.abs(dy.astype(np.float64)) + errors["dy"]
    certain = np.where(margin > 0, errors["dy"], 0)
    return {"score": Accumulated(np.where(kinks, either, certain), int(kinks.sum()))}


def _most_wrong(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """Every score as far on the wrong side as the errors allow: the sum is rounded most there."""
    score, target = arrays["score"], arrays["target"]
    moved = score.astype(np.float64) - target * errors["score"]
    outward = np.where(moved * target < 0, OUTWARD, 1 / OUTWARD)
    exact = errors["score"] == 0
    return {"score": np.where(exact, score, moved * outward).astype(score.dtype), "target": target}


RULES: dict[str, Rule] = {
    "conv2d": Rule(_linear_forward, _linear_backward, widened),
    "linear": Rule(_linear_forward, _linear_backward, widened),
    "avg_pool2d": Rule(_linear_forward, _linear_backward, widened),
    "flatten": Rule(_linear_forward, _linear_backward, widened),
    "add": Rule(_join_forward, _join_backward, widened),
    "concatenate": Rule(_join_forward, _join_backward, _centre),
    "relu": Rule(_bent_forward, _bent_backward, _centre),
    "leaky_relu": Rule(_bent_forward, _bent_backward, _left_of_zero),
    "sigmoid": Rule(_smooth_forward, _smooth_backward, _saturated),
    "tanh": Rule(_smooth_forward, _smooth_backward, _saturated),
    "dropout": Rule(_dropout_forward, _dropout_backward, _wide_x),
    "max_pool2d": Rule(_max_pool_forward, _max_pool_backward, _centre),
    "softmax": Rule(_softmax_forward, _softmax_backward, _centre, _softmax_growth),
    "cross_entropy": Rule(_cross_entropy_forward, _cross_entropy_backward, _centre, _growth),
    "binary_cross_entropy_with_logits": Rule(
        _binary_forward, _binary_backward, _negative_logits, _tail_growth, _certain_logits
    ),
    "perceptron_loss": Rule(_perceptron_forward, _perceptron_backward, _most_wrong),
    "squared_error": Rule(_squared_error_forward, _squared_error_backward, _farthest),
}

"""Case i of a sweep: a pure function of the seed, i and what the sweep is narrowed to.

Where torch is known to do something else than the formula, nothing is drawn, so that every
disagreement of a sweep is news:

- avg_pool3d: torch refuses an input smaller than the window, though padding makes room;
- convolutions with a stride, from a dy with NaN or ∞: ∞ times the 0 of the padding is NaN, but
  torch in float32 (oneDNN) leaves padding out of ∂L/∂weight and gives ∞ or 0;
- sign of NaN, also in a perceptron of sums that overflow: NaN here, 0 in torch;
- log_likelihood from dy = ±∞, and binary cross-entropy of z = −∞: torch gives NaN where the formula
  is infinite, or 0.

The models' sums of wide values are drawn although some bounds then say nothing: such a case is
blind, which a sweep tells and never counts as agreement.
"""

from __future__ import annotations

from dataclasses import dataclass

from parity.cases.case import FLOATS, Case
from parity.cases.functions import FUNCTIONS
from parity.sweep import layers, windows
from parity.sweep.dice import Dice
from parity.sweep.windows import Arguments, Maker

MAKERS: dict[str, Maker] = {
    **{f"conv{n}d": windows.convolution(n) for n in (1, 2, 3)},
    **{f"max_pool{n}d": windows.maximum(n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": windows.average(n) for n in (1, 2, 3)},
    "correlate2d": windows.correlation,
    "convolve2d": windows.correlation,
    "rot180": layers.alone("a", layers.MOVED, least=2),
    "shared_conv2d": windows.shared,
    "weighted_pool2d": windows.weighted,
    "gaussian_pool2d": windows.gaussian,
    "downsample": windows.downsample,
    "linear": layers.linear,
    "flatten": layers.alone("x", layers.MOVED, least=2),
    "add": layers.add,
    "concatenate": layers.concatenate,
    "relu": layers.alone("x", layers.CURVED),
    "leaky_relu": layers.leaky,
    "sigmoid": layers.alone("x", layers.CURVED),
    "tanh": layers.alone("x", layers.CURVED),
    "dsigmoid": layers.alone("o", (*layers.CURVED, ("certainty", "normal"))),
    "dtanh": layers.alone("o", (*layers.CURVED, ("certainty", "normal"))),
    "sign": layers.alone("x", layers.SIGNED),
    "softmax": layers.along_an_axis,
    "log_softmax": layers.along_an_axis,
    "dropout": layers.dropout,
    "perceptron": layers.model,
    "logistic_regression": layers.model,
    "softmax_regression": layers.model,
    "cross_entropy": layers.cross_entropy,
    "binary_cross_entropy_with_logits": layers.with_target(
        "logits", "certainty", layers.ODDS, layers.REDUCTIONS
    ),
    "log_likelihood": layers.with_target("logits", "certainty", layers.LIKELIHOODS),
    "perceptron_loss": layers.with_target("score", "labels", layers.MARGINS),
    "squared_error": layers.with_target("output", "", layers.DISTANCES),
}


@dataclass(frozen=True)
class Selection:
    """What a sweep is narrowed to; with the seed it fixes every case."""

    seed: int
    functions: tuple[str, ...] = tuple(FUNCTIONS)
    dtypes: tuple[str, ...] = FLOATS


def case_at(selection: Selection, number: int) -> tuple[Case, str]:
    """The case of this number, and its dtype.

    >>> case, dtype = case_at(Selection(seed=3, functions=("linear",)), 5)
    >>> case.id, case == case_at(Selection(seed=3, functions=("linear",)), 5)[0]
    ('linear[3/5]', True)
    """
    dice = Dice(selection.seed, number)
    function, dtype = dice.one_of(selection.functions), dice.one_of(selection.dtypes)
    made: Arguments = MAKERS[function](dice)
    name = f"{selection.seed}/{number}"
    return Case(function, name, made.arrays, made.options, made.upstream, dtypes=(dtype,)), dtype

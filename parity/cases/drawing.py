"""What the random arguments of several subjects share: kinds of values, shapes, options.

All are valid by construction: an axis is as long as its windows need, or longer. Where torch is
known to do something else than the formula, nothing is drawn, so that every disagreement of a
sweep is news:

- avg_pool3d: torch refuses an input smaller than the window, though padding makes room;
- convolutions with a stride, from a dy with NaN or ∞: ∞ times the 0 of the padding is NaN, but
  torch in float32 (oneDNN) leaves padding out of ∂L/∂weight and gives ∞ or 0;
- transposed convolutions with padding, from an x with NaN or ∞: the same of the 0 beyond dy;
- sign of NaN, also in a perceptron of sums that overflow: NaN here, 0 in torch;
- hardtanh of NaN: dy passes here, in torch dy or 0, by the place in the tensor;
- silu, gelu, elu and hardswish at ±∞ and NaN: a limit here, NaN in torch, or what depends on the
  place; gelu's approximation where x³ overflows;
- batch, layer and group normalisation from a dy with ∞: ∞ − ∞ stands elsewhere in torch;
- local_response_norm of ∞: torch takes 0·∞ for the gradient of its neighbours;
- log_likelihood from dy = ±∞, and binary cross-entropy of z = −∞: torch gives NaN where the formula
  is infinite, or 0.

The models' sums of wide values are drawn although some bounds then say nothing: such a case is
blind, which a sweep tells and never counts as agreement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from parity.cases.case import WEIGHTED_VALUES, Draw, Shape
from parity.cases.dice import Arguments, Dice, Maker

# --- kinds of values ----------------------------------------------------------------------

Kinds: TypeAlias = Sequence[tuple[str, str]]  # of x and of dy

PLAIN = ("normal", "normal")
ALIKE = ("normal", "normal", "normal")
WEIGHTED = tuple(kinds[1:] for kinds in WEIGHTED_VALUES)  # x, weight, dy
MOVED: Kinds = (
    ("integers", "integers"),
    ("negative_zero", "negative_zero"),
    ("wide", "wide"),
    ("largest", "largest"),
    ("subnormal", "subnormal"),
    ("special", "special"),
)
SHARED_OUT: Kinds = (
    ("zeros", "normal"),
    ("ties", "normal"),
    ("integers", "integers"),
    ("spread", "normal"),
    ("spread", "wide"),
    ("saturated", "normal"),
    ("logits_1e4", "normal"),
    ("largest", "normal"),
    ("subnormal", "normal"),
    ("minus_inf", "normal"),
    ("special", "normal"),
    ("normal", "special"),
    ("normal", "huge"),
)
# Where z is −∞, torch's binary cross-entropy is NaN: a known finding, which has a case of its own.
ODDS: Kinds = (
    ("spread", "normal"),
    ("saturated", "wide"),
    ("logits_1e4", "normal"),
    ("wide", "normal"),
    ("largest", "normal"),
    ("normal", "largest"),
    ("tiny", "normal"),
    ("subnormal", "normal"),
    ("normal", "subnormal"),
    ("negative_zero", "normal"),
    ("zeros", "normal"),
)
MARGINS: Kinds = (
    ("integers", "normal"),
    ("wide", "normal"),
    ("huge", "normal"),
    ("largest", "normal"),
    ("tiny", "normal"),
    ("subnormal", "normal"),
    ("negative_zero", "normal"),
    ("zeros", "normal"),
    ("special", "normal"),
    ("normal", "special"),
)
POOLED: Kinds = (
    ("integers", "integers"),
    ("ties", "integers"),
    ("negative", "normal"),
    ("negative_zero", "normal"),
    ("zeros", "normal"),
    ("minus_inf", "normal"),
    ("special", "normal"),
    ("normal", "special"),
    ("wide", "wide"),
    ("huge", "huge"),
    ("largest", "largest"),
    ("tiny", "tiny"),
    ("subnormal", "subnormal"),
)

# --- arrays -------------------------------------------------------------------------------


def shape_of(dice: Dice, least: int = 0) -> Shape:
    """Any number of axes from `least` to four; now and then an empty one."""
    shape = dice.sizes(dice.whole(least, 4), 1, 6)
    return (0, *shape[1:]) if shape and dice.chance(0.01) else shape


def alone(name: str, kinds: Kinds, least: int = 0) -> Maker:
    """One array of at least so many axes, no options."""

    def make(dice: Dice) -> Arguments:
        values, upstream = dice.kinds(PLAIN, kinds)
        return Arguments({name: Draw(shape_of(dice, least), values, dice.layout())}, {}, upstream)

    return make


def with_target(name: str, target: str, kinds: Kinds, reductions: tuple[str, ...] = ()) -> Maker:
    """An array and a target of its shape; the target's values are of the kind `target`."""

    def make(dice: Dice) -> Arguments:
        shape, (values, upstream) = shape_of(dice), dice.kinds(PLAIN, kinds)
        arrays = {
            name: Draw(shape, values, dice.layout()),
            "target": Draw(shape, target or values, dice.layout()),
        }
        options: dict[str, Any] = {}
        if reductions:
            options["reduction"] = dice.one_of(reductions)
        return Arguments(arrays, options, upstream)

    return make


def affine(
    dice: Dice,
    x: Shape,
    weight: Shape,
    options: Mapping[str, Any],
    outputs: int | None = None,
) -> Arguments:
    """x, weight and mostly a bias, of as many outputs as the weight has first unless said."""
    values, weights, upstream = dice.kinds(ALIKE, WEIGHTED)
    arrays = {"x": Draw(x, values, dice.layout()), "weight": Draw(weight, weights, dice.layout())}
    if dice.chance(0.7):
        biases = weight[:1] if outputs is None else (outputs,)
        arrays["bias"] = Draw(biases, weights, dice.layout())
    return Arguments(arrays, options, upstream)


def pooled(dice: Dice, x: Shape, options: Mapping[str, Any]) -> Arguments:
    """Arguments of a pooling without weights."""
    values, upstream = dice.kinds(PLAIN, POOLED)
    return Arguments({"x": Draw(x, values, dice.layout())}, options, upstream)


# --- windows and options ------------------------------------------------------------------

KERNELS = {1: 6, 2: 5, 3: 3}  # the largest kernel, by the number of axes


def kernel_of(dice: Dice, n: int) -> tuple[int, ...]:
    """Of three kernels one is a cube, never a large one: its places are a power of its size."""
    if n > 1 and dice.chance(0.3):
        return (dice.whole(1, KERNELS[n]),) * n
    return dice.sizes(n, 1, KERNELS[n])


def window_of(dice: Dice, n: int) -> tuple[tuple[int, ...], Any, tuple[int, ...]]:
    """Window, stride (None: side by side) and a padding of at most half of the window."""
    window = kernel_of(dice, n)
    stride = None if dice.chance(0.3) else each(dice, steps(dice, n, 4))
    padding = tuple(dice.whole(0, k // 2) if dice.chance(0.4) else 0 for k in window)
    return window, stride, padding


def steps(dice: Dice, count: int, highest: int) -> tuple[int, ...]:
    """A stride or a dilation of each axis, half of the time 1."""
    if dice.chance(0.5):
        return (1,) * count
    if dice.chance(0.5):
        return (dice.whole(1, highest),) * count
    return tuple(dice.whole(1, highest) for _ in range(count))


def each(dice: Dice, values: tuple[int, ...]) -> Any:
    """One option for all axes: as one number where they agree and half of the time."""
    return values[0] if len(set(values)) == 1 and dice.chance(0.5) else values


def told(dice: Dice, options: Mapping[str, Any], **defaults: Any) -> dict[str, Any]:
    """Half of the time a default is left out."""
    return {
        name: value
        for name, value in options.items()
        if name not in defaults or value != defaults[name] or dice.chance(0.5)
    }

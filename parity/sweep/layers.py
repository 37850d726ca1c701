"""Random arguments of everything without windows: dense layers, activations, losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parity.cases.case import Classes, Draw, Probabilities, Shape, Source
from parity.sweep.dice import Dice
from parity.sweep.windows import ALIKE, WEIGHTED, Arguments, Maker, affine

Kinds = Sequence[tuple[str, str]]  # of x and of dy

MOVED: Kinds = (
    ("integers", "integers"),
    ("negative_zero", "negative_zero"),
    ("wide", "wide"),
    ("largest", "largest"),
    ("subnormal", "subnormal"),
    ("special", "special"),
)
CURVED: Kinds = (
    ("negative_zero", "normal"),
    ("saturated", "normal"),
    ("saturated", "largest"),
    ("spread", "wide"),
    ("wide", "wide"),
    ("largest", "largest"),
    ("tiny", "tiny"),
    ("subnormal", "subnormal"),
    ("special", "normal"),
    ("normal", "special"),
)
# torch takes 0 for the sign of NaN: a known finding, which has cases of its own.
SIGNED: Kinds = tuple(kinds for kinds in CURVED if "special" not in kinds)
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
# Values of which no sum overflows: torch takes 0 for the sign of the NaN that ∞ − ∞ is.
FINITE = ("integers", "spread", "wide", "tiny", "subnormal", "negative_zero", "zeros")
PLAIN = ("normal", "normal")


def _shape(dice: Dice, least: int = 0) -> Shape:
    """Any number of axes from `least` to four; now and then an empty one."""
    shape = dice.sizes(dice.whole(least, 4), 1, 6)
    return (0, *shape[1:]) if shape and dice.chance(0.01) else shape


# --- dense and joining --------------------------------------------------------------------


def linear(dice: Dice) -> Arguments:
    """Arguments of linear."""
    features = dice.size(1, 8)
    lead = (dice.batch(), *dice.sizes(dice.whole(0, 2), 1, 5))[: dice.whole(0, 3)]
    return affine(dice, (*lead, features), (dice.size(1, 8), features), {})


def model(dice: Dice) -> Arguments:
    """Arguments of a perceptron, a logistic or a softmax regression."""
    features, nodes = dice.size(1, 8), dice.size(1, 8)
    lead = (dice.batch(), *dice.sizes(1, 1, 5))[: dice.whole(0, 2)]
    (values,) = dice.kinds(("normal",), [(kind,) for kind in FINITE])
    arrays = {
        "x": Draw((*lead, features), values, dice.layout()),
        "weight": Draw((nodes, features), values, dice.layout()),
    }
    if dice.chance(0.7):
        arrays["bias"] = Draw((nodes,), values, dice.layout())
    return Arguments(arrays, {})


def add(dice: Dice) -> Arguments:
    """Arguments of add."""
    shape, (values, branch, upstream) = _shape(dice), dice.kinds(ALIKE, WEIGHTED)
    arrays = {
        "x": Draw(shape, values, dice.layout()),
        "branch": Draw(shape, branch, dice.layout()),
    }
    return Arguments(arrays, {}, upstream)


def concatenate(dice: Dice) -> Arguments:
    """Arguments of concatenate: one to four maps."""
    lead, rest = dice.batch(), dice.sizes(dice.whole(0, 3), 1, 5)
    values, upstream = dice.kinds(PLAIN, MOVED)
    arrays = {
        name: Draw((lead, dice.size(1, 5), *rest), values, dice.layout())
        for name in "abcd"[: dice.whole(1, 4)]
    }
    return Arguments(arrays, {}, upstream)


# --- one array ----------------------------------------------------------------------------


def alone(name: str, kinds: Kinds, least: int = 0) -> Maker:
    """One array of at least so many axes, no options."""

    def make(dice: Dice) -> Arguments:
        values, upstream = dice.kinds(PLAIN, kinds)
        return Arguments({name: Draw(_shape(dice, least), values, dice.layout())}, {}, upstream)

    return make


def leaky(dice: Dice) -> Arguments:
    """Arguments of leaky_relu; its slope may be anything, mostly below 1."""
    arguments = alone("x", CURVED)(dice)
    slopes = (0, 0.01, 0.1, 0.5, 1, 2.0, -0.5, dice.real(0, 1))
    return arguments._replace(options={"negative_slope": dice.one_of(slopes)})


def along_an_axis(dice: Dice) -> Arguments:
    """Arguments of softmax and log_softmax."""
    shape = dice.sizes(dice.whole(1, 4), 1, 8)
    values, upstream = dice.kinds(PLAIN, SHARED_OUT)
    axis = dice.whole(-len(shape), len(shape) - 1)
    return Arguments({"x": Draw(shape, values, dice.layout())}, {"axis": axis}, upstream)


def dropout(dice: Dice) -> Arguments:
    """Arguments of dropout."""
    shape, (values, upstream) = _shape(dice), dice.kinds(PLAIN, MOVED)
    arrays = {
        "x": Draw(shape, values, dice.layout()),
        "mask": Draw(shape, "mask", dice.layout()),
    }
    p = dice.one_of((0, 0.5, 0.25, 0.1, 1 / 3, dice.real(0, 0.999)))
    return Arguments(arrays, {"p": p}, upstream)


# --- losses -------------------------------------------------------------------------------

REDUCTIONS = ("mean", "sum", "none")
LOGITS = tuple((values, upstream) for values, upstream in SHARED_OUT if upstream == "normal")
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
# From dy = ±∞ torch's log-likelihood has NaN for infinite gradients: no special dy.
LIKELIHOODS: Kinds = (*ODDS, ("minus_inf", "normal"), ("special", "normal"))
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
DISTANCES: Kinds = (*MARGINS, ("integers", "integers"), ("tiny", "tiny"))


def cross_entropy(dice: Dice) -> Arguments:
    """Arguments of cross_entropy: logits (C,) or (N, C, …); indices or probabilities."""
    classes = dice.size(1, 8)
    behind = dice.sizes(dice.whole(0, 2), 1, 5)
    shape = (classes,) if dice.chance(0.1) else (dice.size(1, 6), classes, *behind)
    axis = min(1, len(shape) - 1)
    target: Source
    if dice.chance(0.5):
        target = Classes(shape[:axis] + shape[axis + 1 :], classes)
    else:
        target = Probabilities(shape, axis)
    values, upstream = dice.kinds(PLAIN, LOGITS)
    arrays: Mapping[str, Source] = {
        "logits": Draw(shape, values, dice.layout()),
        "target": target,
    }
    return Arguments(arrays, {"reduction": dice.one_of(REDUCTIONS)}, upstream)


def with_target(name: str, target: str, kinds: Kinds, reductions: tuple[str, ...] = ()) -> Maker:
    """An array and a target of its shape; the target's values are of the kind `target`."""

    def make(dice: Dice) -> Arguments:
        shape, (values, upstream) = _shape(dice), dice.kinds(PLAIN, kinds)
        arrays = {
            name: Draw(shape, values, dice.layout()),
            "target": Draw(shape, target or values, dice.layout()),
        }
        options: dict[str, Any] = {}
        if reductions:
            options["reduction"] = dice.one_of(reductions)
        return Arguments(arrays, options, upstream)

    return make

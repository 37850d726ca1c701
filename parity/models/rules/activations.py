"""Activations, softmax, losses: functions of refimpl's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Bound
from parity.cases.case import Array
from parity.models.plain.linear_maps import Linear
from parity.models.references import NotUnderstoodError, OfRefimpl
from parity.models.rules.elementary_functions import scaled_elu
from parity.models.rules.losses_by_element import (
    REDUCTIONS,
    binary_cross_entropy,
    huber_loss,
    smooth_l1_loss,
    soft_margin_loss,
    squared_error,
    weighted_cross_entropy_with_logits,
)
from parity.models.understanding import Given, Rule, Understood, same
from parity.witnesses.problem import Problem


def of_x(function: str, **options: str) -> Callable[[Given], Understood]:
    """A function of x; options: what the schema calls each of refimpl's."""

    def understand(given: Given) -> Understood:
        taken = {ours: given[theirs] for ours, theirs in options.items()}
        return Understood(OfRefimpl(function, {"x": given["self"]}, taken), {"x": ("self", same)})

    return understand


@dataclass(frozen=True)
class EluByValue:
    """ELU in place: torch has y alone for its backward, and takes y + α for α·eˣ.

    The sum cancels where y is near −α: its error is u·α, not a part of the slope.
    """

    plain: OfRefimpl

    @property
    def function(self) -> str:
        return self.plain.function

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.plain.inputs

    def value(self) -> Array:
        return self.plain.value()

    def value_bound(self, sides: Sides) -> Bound:
        return self.plain.value_bound(sides)

    def gradients(self, dy: Array) -> Mapping[str, Array]:
        return self.plain.gradients(dy)

    def gradient_bounds(self, dy: Array, sides: Sides) -> Mapping[str, Bound]:
        bound = self.plain.gradient_bounds(dy, sides)["x"]
        alpha = abs(float(self.plain.options.get("alpha", 1)))
        theirs = sides[1]
        value = self.plain.value_bound(sides).torch
        off = np.abs(dy.astype(np.float64)) * (value + 3 * theirs.u * alpha)
        return {"x": replace(bound, limit=bound.limit + off, own=bound.refimpl)}

    def error(self, errors: Mapping[str, Array], sides: Sides) -> Array:
        return self.plain.error(errors, sides)

    def gradient_errors(
        self, dy: Array, errors: Mapping[str, Array], sides: Sides
    ) -> Mapping[str, Array]:
        return self.plain.gradient_errors(dy, errors, sides)

    def problem(self, dy: Array) -> Problem | None:
        return self.plain.problem(dy)


def elu(given: Given) -> Understood:
    """ELU; with scales, SELU."""
    scale, inner = float(given["scale"]), float(given["input_scale"])
    if (scale, inner) != (1, 1):
        return scaled_elu(given, float(given["alpha"]), scale, inner)
    found = of_x("elu", alpha="alpha")(given)
    if not given.operation.written:
        return found
    assert isinstance(found.reference, OfRefimpl)
    return replace(found, reference=EluByValue(found.reference))


def softplus(given: Given) -> Understood:
    """torch cuts off where x·beta exceeds the threshold, 20 if nothing is said."""
    options = {"beta": given["beta"], "threshold": given["threshold"]}
    reference = OfRefimpl("softplus", {"x": given["self"]}, options)
    return Understood(reference, {"x": ("self", same)})


def prelu(given: Given) -> Understood:
    """Its weight comes with an axis for each of x: one number, or one for each channel."""
    weight = given["weight"]
    if weight.size not in (1, max(weight.shape)):
        raise NotUnderstoodError("prelu with weights along several axes")
    arrays = {"x": given["self"], "weight": weight.reshape(-1)}
    sent = {"x": ("self", same), "weight": ("weight", lambda array: array.reshape(-1))}
    return Understood(OfRefimpl("prelu", arrays, {}), sent)


def softmax(function: str) -> Callable[[Given], Understood]:
    def understand(given: Given) -> Understood:
        if given["half_to_float"]:
            raise NotUnderstoodError("softmax from half precision")
        reference = OfRefimpl(function, {"x": given["self"]}, {"axis": given["dim"]})
        return Understood(reference, {"x": ("self", same)})

    return understand


# --- losses -------------------------------------------------------------------------------


def nll_loss(given: Given) -> Understood:
    """−Σ w_t·log p_t, over Σ w_t for the mean: linear in the logarithms."""
    logs, target, reduction = given["self"], given["target"], REDUCTIONS[given["reduction"]]
    where = target != given["ignore_index"]
    weights = np.ones(logs.shape[1]) if given["weight"] is None else given["weight"]
    if np.any(weights < 0):
        raise NotUnderstoodError("nll_loss with weights below 0")
    shares = np.where(where, weights[np.where(where, target, 0)], 0.0).astype(np.float64)
    if reduction == "mean":
        shares = shares / shares.sum()
    picked = np.expand_dims(np.where(where, target, 0), 1)

    def apply(x: Array) -> Array:
        chosen = np.take_along_axis(x, picked, 1).squeeze(1)
        terms = -shares * np.where(where, chosen, 0)
        return np.asarray(terms if reduction == "none" else terms.sum())

    def back(dy: Array, x: Array) -> tuple[Array, ...]:
        spread = np.zeros(x.shape)
        np.put_along_axis(spread, picked, np.expand_dims(-shares * dy, 1), 1)
        return (spread,)

    terms = 1 if reduction == "none" else target.size
    reference = Linear(
        "nll_loss", {"x": logs}, apply, back, terms, (1,), _divided(reduction, terms)
    )
    return Understood(reference, {"x": ("self", same)})


def _divided(reduction: str, terms: int) -> float:
    """Roundings besides those of the sum: the weight, the sum of weights, the quotient."""
    return 2.0 if reduction != "mean" else 3.0 + terms


def mse_loss(given: Given) -> Understood:
    if "target" in given.operation.wanted:
        return squared_error(given)
    arrays = {"output": given["self"], "target": given["target"]}
    options = {"reduction": REDUCTIONS[given["reduction"]]}
    reference = OfRefimpl("mse_loss", arrays, options)
    return Understood(reference, {"output": ("self", same)})


def binary_cross_entropy_with_logits(given: Given) -> Understood:
    weighted = given["weight"] is not None or given["pos_weight"] is not None
    if weighted or "target" in given.operation.wanted:
        return weighted_cross_entropy_with_logits(given)
    arrays = {"logits": given["self"], "target": given["target"]}
    options: dict[str, Any] = {"reduction": REDUCTIONS[given["reduction"]]}
    reference = OfRefimpl("binary_cross_entropy_with_logits", arrays, options)
    return Understood(reference, {"logits": ("self", same)})


RULES = {
    "relu": Rule(of_x("relu"), by_value=True),
    "leaky_relu": Rule(of_x("leaky_relu", negative_slope="negative_slope")),
    "hardtanh": Rule(of_x("hardtanh", min_val="min_val", max_val="max_val")),
    "sigmoid": Rule(of_x("sigmoid")),
    "tanh": Rule(of_x("tanh")),
    "exp": Rule(of_x("exp")),
    "silu": Rule(of_x("silu")),
    "gelu": Rule(of_x("gelu", approximate="approximate")),
    "hardsigmoid": Rule(of_x("hardsigmoid")),
    "hardswish": Rule(of_x("hardswish")),
    "elu": Rule(elu),
    "softplus": Rule(softplus),
    "_prelu_kernel": Rule(prelu),
    "_softmax": Rule(softmax("softmax")),
    "_log_softmax": Rule(softmax("log_softmax")),
    "nll_loss_forward": Rule(nll_loss),
    "nll_loss2d_forward": Rule(nll_loss),
    "mse_loss": Rule(mse_loss),
    "smooth_l1_loss": Rule(smooth_l1_loss),
    "huber_loss": Rule(huber_loss),
    "soft_margin_loss": Rule(soft_margin_loss),
    "binary_cross_entropy": Rule(binary_cross_entropy),
    "binary_cross_entropy_with_logits": Rule(binary_cross_entropy_with_logits),
}

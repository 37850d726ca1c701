"""Mistakes in steps of optimisers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from refimpl.elements import parameter

Given = dict[str, Any]
sgd_step: Callable[..., Array] = refimpl.sgd_step  # of any number of moments, as options say
adam_step: Callable[..., Array] = refimpl.adam_step


def along(value: Array, gradient: Array, given: Given) -> Array:
    """What a step of SGD goes along, but for its velocity: with its sign and its decay."""
    plain = {key: given[key] for key in ("weight_decay", "maximize") if key in given}
    moved: Array = sgd_step(value, gradient, **plain)[1]
    return moved


def rate_of(given: Given, like: Array) -> Any:
    """α as an element."""
    return parameter(given.get("learning_rate", 1e-3), like=like)


# --- gradient descent with momentum -------------------------------------------------------


@mistake(
    "sgd_step",
    "the velocity holds the learning rate",
    "v = μv + αg, W − v: the same as long as the rate stays",
)
def sgd_rate_in_velocity(
    value: Array, gradient: Array, velocity: Array | None = None, **given: Any
) -> Array:
    stepped, moved = sgd_step(value, gradient, velocity, **given)
    if velocity is None or not given.get("momentum"):
        return np.stack([stepped, moved])
    rate, mu = rate_of(given, value), parameter(given["momentum"], like=value)
    taken = parameter(1 - given.get("dampening", 0), like=value)
    faster = mu * velocity + taken * (rate * along(value, gradient, given))
    return np.asarray(np.stack([value - faster, faster]), value.dtype)


@mistake(
    "sgd_step",
    "the step goes up the gradient",
    "the gradient says where to go",
)
def sgd_uphill(value: Array, gradient: Array, velocity: Array | None = None, **given: Any) -> Array:
    stepped, moved = sgd_step(value, gradient, velocity, **given)
    return np.asarray(np.stack([value + (value - stepped), moved]), value.dtype)


@mistake(
    "sgd_step",
    "the velocity is an average, μv + (1 − μ)g",
    "momentum is a running mean of the gradients",
)
def sgd_velocity_averaged(
    value: Array, gradient: Array, velocity: Array | None = None, **given: Any
) -> Array:
    if given.get("nesterov"):
        return sgd_step(value, gradient, velocity, **given)
    return sgd_step(value, gradient, velocity, **{**given, "dampening": given.get("momentum", 0)})


@mistake(
    "sgd_step",
    "the first step is dampened, too",
    "the velocity starts at 0",
)
def sgd_first_step_dampened(
    value: Array, gradient: Array, velocity: Array | None = None, **given: Any
) -> Array:
    if velocity is None and not given.get("nesterov"):
        velocity = np.zeros_like(value) if value.dtype != object else value * 0
    return sgd_step(value, gradient, velocity, **given)


@mistake(
    "sgd_step",
    "the weight decay is added behind the momentum",
    "decay is no part of the gradient",
)
def sgd_decay_behind_momentum(
    value: Array, gradient: Array, velocity: Array | None = None, **given: Any
) -> Array:
    decay = given.get("weight_decay", 0)
    stepped, moved = sgd_step(value, gradient, velocity, **{**given, "weight_decay": 0})
    shrunk = rate_of(given, value) * parameter(decay, like=value) * value if decay else 0
    return np.asarray(np.stack([stepped - shrunk, moved]), value.dtype)


@mistake(
    "sgd_step",
    "to maximise, the weight decay changes its sign as well",
    "maximising is a step in the other direction",
)
def sgd_decay_maximized(
    value: Array, gradient: Array, velocity: Array | None = None, **given: Any
) -> Array:
    decay = given.get("weight_decay", 0) * (-1 if given.get("maximize") else 1)
    pulled = gradient
    if given.get("maximize") and decay:
        pulled = gradient - parameter(2 * decay, like=value) * value
    return sgd_step(value, pulled, velocity, **given)


@mistake(
    "sgd_step",
    "Nesterov's step does not look ahead",
    "nesterov is the same as momentum",
)
def sgd_nesterov_as_momentum(
    value: Array, gradient: Array, velocity: Array | None = None, **given: Any
) -> Array:
    return sgd_step(value, gradient, velocity, **{**given, "nesterov": False})


@mistake(
    "sgd_step",
    "Nesterov's step looks ahead without the gradient",
    "the velocity holds the gradient already",
)
def sgd_nesterov_without_gradient(
    value: Array, gradient: Array, velocity: Array | None = None, **given: Any
) -> Array:
    stepped, moved = sgd_step(value, gradient, velocity, **given)
    if given.get("nesterov"):
        mu = parameter(given["momentum"], like=value)
        stepped = value - rate_of(given, value) * (mu * moved)
    return np.asarray(np.stack([stepped, moved]), value.dtype)


# --- Adam ---------------------------------------------------------------------------------


def of_moments(wrong: Callable[..., Array]) -> Callable[..., Array]:
    """A step that takes the moments as `adam_step` does; they are there together or not at all."""

    def stepped(
        value: Array,
        gradient: Array,
        first_moment: Array | None = None,
        second_moment: Array | None = None,
        max_second_moment: Array | None = None,
        **given: Any,
    ) -> Array:
        moments = (first_moment, second_moment, max_second_moment)
        return wrong(value, gradient, *(m for m in moments if m is not None), **given)

    # The signature stays that of the step; by its name it reaches another process.
    stepped.__name__, stepped.__qualname__ = wrong.__name__, wrong.__qualname__
    return stepped


def stepped_by(
    value: Array, first: Array, root: Array, correction: Any, t: int, given: Given
) -> Array:
    """The value from m', a root that stands for √v', and what it is divided by."""
    beta_1, _ = given.get("betas", (0.9, 0.999))
    one = parameter(1, like=value)
    rate = rate_of(given, value) / (one - parameter(beta_1, like=value) ** t)
    eps = parameter(given.get("eps", 1e-8), like=value)
    moved: Array = shrunk(value, given) - rate * (first / (root / correction + eps))
    return moved


def shrunk(value: Array, given: Given) -> Array:
    """The value behind a decoupled decay."""
    if not given.get("decoupled_weight_decay"):
        return value
    decay = rate_of(given, value) * parameter(given.get("weight_decay", 0), like=value)
    return np.asarray(value * (parameter(1, like=value) - decay))


def correction_of(t: int, given: Given, like: Array) -> Any:
    """1 − β₂ᵗ"""
    beta_2 = parameter(given.get("betas", (0.9, 0.999))[1], like=like)
    return parameter(1, like=like) - beta_2**t


@mistake(
    "adam_step",
    "the bias is not corrected",
    "moments that start at 0 soon are right",
)
@of_moments
def adam_without_correction(value: Array, gradient: Array, *moments: Array, **given: Any) -> Array:
    right = adam_step(value, gradient, *moments, **given)
    eps = parameter(given.get("eps", 1e-8), like=value)
    root = np.sqrt(right[-1] if given.get("amsgrad") else right[2])
    stepped = shrunk(value, given) - rate_of(given, value) * (right[1] / (root + eps))
    return np.asarray(np.stack([stepped, *right[1:]]), value.dtype)


@mistake(
    "adam_step",
    "the bias is corrected by the next step's number",
    "the step is counted up before it is taken, and once more",
)
@of_moments
def adam_next_step(value: Array, gradient: Array, *moments: Array, **given: Any) -> Array:
    if not moments:
        blank = np.zeros_like(value) if value.dtype != object else value * 0
        moments = (blank,) * (2 + bool(given.get("amsgrad")))
    return adam_step(value, gradient, *moments, **{**given, "step": given.get("step", 1) + 1})


@mistake(
    "adam_step",
    "β₁ and β₂ are exchanged",
    "the larger one smooths the gradient",
)
@of_moments
def adam_betas_exchanged(value: Array, gradient: Array, *moments: Array, **given: Any) -> Array:
    beta_1, beta_2 = given.get("betas", (0.9, 0.999))
    return adam_step(value, gradient, *moments, **{**given, "betas": (beta_2, beta_1)})


@mistake(
    "adam_step",
    "eps stands inside the root",
    "√(v + ε) keeps the root from 0, as in batch normalisation",
)
@of_moments
def adam_eps_inside(value: Array, gradient: Array, *moments: Array, **given: Any) -> Array:
    right = adam_step(value, gradient, *moments, **given)
    kept, t = right[-1] if given.get("amsgrad") else right[2], given.get("step", 1)
    eps = parameter(given.get("eps", 1e-8), like=value)
    root = np.sqrt(kept / correction_of(t, given, value) + eps)
    one = parameter(1, like=value)
    stepped = stepped_by(value, right[1], root, one, t, {**given, "eps": 0})
    return np.asarray(np.stack([stepped, *right[1:]]), value.dtype)


@mistake(
    "adam_step",
    "eps is added before the root is corrected",
    "α·√(1 − β₂ᵗ)/(1 − β₁ᵗ) in front of m/(√v + ε) is only another order",
)
@of_moments
def adam_eps_before_correction(
    value: Array, gradient: Array, *moments: Array, **given: Any
) -> Array:
    right = adam_step(value, gradient, *moments, **given)
    kept, t = right[-1] if given.get("amsgrad") else right[2], given.get("step", 1)
    eps = parameter(given.get("eps", 1e-8), like=value)
    correction, one = np.sqrt(correction_of(t, given, value)), parameter(1, like=value)
    root = (np.sqrt(kept) + eps) / correction
    stepped = stepped_by(value, right[1], root, one, t, {**given, "eps": 0})
    return np.asarray(np.stack([stepped, *right[1:]]), value.dtype)


@mistake(
    "adam_step",
    "the decoupled decay goes into the gradient",
    "weight decay and an L2 penalty are the same",
)
@of_moments
def adam_decay_coupled(value: Array, gradient: Array, *moments: Array, **given: Any) -> Array:
    return adam_step(value, gradient, *moments, **{**given, "decoupled_weight_decay": False})


@mistake(
    "adam_step",
    "the decay of the gradient is decoupled",
    "Adam with a weight decay is AdamW",
)
@of_moments
def adam_decay_decoupled(value: Array, gradient: Array, *moments: Array, **given: Any) -> Array:
    return adam_step(value, gradient, *moments, **{**given, "decoupled_weight_decay": True})


@mistake(
    "adam_step",
    "the decoupled decay is not multiplied by the rate",
    "(1 − λ)·W: the decay has nothing to do with the gradient's step",
)
@of_moments
def adam_decay_without_rate(value: Array, gradient: Array, *moments: Array, **given: Any) -> Array:
    if not (given.get("decoupled_weight_decay") and given.get("weight_decay")):
        return adam_step(value, gradient, *moments, **given)
    left = value * parameter(1 - given["weight_decay"], like=value)
    return adam_step(left, gradient, *moments, **{**given, "weight_decay": 0})


@mistake(
    "adam_step",
    "AMSGrad keeps the maximum of corrected moments",
    "what is compared over the steps must first be without bias",
)
@of_moments
def adam_maximum_corrected(value: Array, gradient: Array, *moments: Array, **given: Any) -> Array:
    right = adam_step(value, gradient, *moments, **given)
    if not given.get("amsgrad"):
        return right
    t = given.get("step", 1)
    corrected = right[2] / correction_of(t, given, value)
    kept = np.maximum(moments[2], corrected) if moments else corrected
    stepped = stepped_by(value, right[1], np.sqrt(kept), parameter(1, like=value), t, given)
    return np.asarray(np.stack([stepped, right[1], right[2], kept]), value.dtype)


@mistake(
    "adam_step",
    "AMSGrad's maximum becomes the second moment",
    "there is one second moment, and it never falls",
)
@of_moments
def adam_maximum_as_moment(value: Array, gradient: Array, *moments: Array, **given: Any) -> Array:
    right = adam_step(value, gradient, *moments, **given)
    if not given.get("amsgrad"):
        return right
    return np.stack([right[0], right[1], right[3], right[3]])

"""One step of an optimiser on one parameter: its new value, and what the next step needs.

Nothing is kept: what torch's optimisers remember of a parameter goes in and comes out, stacked
behind the new value along a first axis.
"""

from __future__ import annotations

from numbers import Rational
from typing import Any

import numpy as np

from refimpl.checks import check_flag, check_int, check_methods, check_number
from refimpl.elements import Array, parameter, zero_of, zeros
from refimpl.optimizer_checks import (
    check_amount,
    check_betas,
    check_moments,
    check_nesterov,
    check_stepped,
)


def sgd_step(
    value: Array,
    gradient: Array,
    velocity: Array | None = None,
    learning_rate: Any = 1e-3,
    momentum: Any = 0,
    dampening: Any = 0,
    weight_decay: Any = 0,
    nesterov: bool = False,
    maximize: bool = False,
) -> Array:
    """Gradient descent with momentum: a step of torch.optim.SGD.

    g' = g + λ · W
    v' = μ · v + (1 − τ) · g'
    W' = W − α · v', with nesterov W − α · (g' + μ · v')

    α learning_rate, μ momentum, τ dampening, λ weight_decay; −g stands for g to maximise. At the
    first step, without a velocity, and without a momentum the velocity is the gradient g' itself,
    not dampened. The rate stands in front of the velocity, as in torch: Sutskever et al. have it
    inside, which is another step once the rate changes.

    Shapes: value, gradient and velocity alike -> (2, …): W', v'.
    Raises: ValueError if shapes differ, for a learning rate, momentum or weight decay below 0, and
    for nesterov without momentum or with dampening.
    Source: beyond the documents. Sutskever, Martens, Dahl & Hinton 2013, "On the importance of
    initialization and momentum in deep learning"; torch.optim.SGD.

    >>> weight, slope = np.array([1.0]), np.array([2.0])
    >>> weight, velocity = sgd_step(weight, slope, learning_rate=0.25, momentum=0.5)
    >>> weight, velocity = sgd_step(weight, slope, velocity, learning_rate=0.25, momentum=0.5)
    >>> weight, velocity
    (array([-0.25]), array([3.]))
    """
    where = "sgd_step"
    value, gradient, kept = check_stepped(where, value, gradient, {"velocity": velocity})
    for name, amount in (
        ("learning_rate", learning_rate),
        ("momentum", momentum),
        ("weight_decay", weight_decay),
    ):
        check_amount(where, name, amount, value)
    check_number(where, "dampening", dampening, value)
    check_flag(where, "nesterov", nesterov)
    check_flag(where, "maximize", maximize)
    if nesterov:
        check_nesterov(where, momentum, dampening)

    along = _decayed(value, -gradient if maximize else gradient, weight_decay)
    moved = along
    if kept and momentum != 0:
        taken = parameter(1 - _number(dampening, value), like=value)
        moved = parameter(momentum, like=value) * kept["velocity"] + taken * along
    ahead = along + parameter(momentum, like=value) * moved if nesterov else moved
    stepped = value - parameter(learning_rate, like=value) * ahead
    return np.asarray(np.stack([stepped, moved]), value.dtype)


def adam_step(
    value: Array,
    gradient: Array,
    first_moment: Array | None = None,
    second_moment: Array | None = None,
    max_second_moment: Array | None = None,
    step: int = 1,
    learning_rate: Any = 1e-3,
    betas: Any = (0.9, 0.999),
    eps: Any = 1e-8,
    weight_decay: Any = 0,
    amsgrad: bool = False,
    maximize: bool = False,
    decoupled_weight_decay: bool = False,
) -> Array:
    """Adam, AdamW and AMSGrad: a step of torch.optim.Adam, or of torch.optim.AdamW.

    g' = g + λ · W
    m' = β₁ · m + (1 − β₁) · g'
    v' = β₂ · v + (1 − β₂) · g'²
    v̂' = max(v̂, v') with amsgrad, else v'
    W' = W − α/(1 − β₁ᵗ) · m' / (√v̂'/√(1 − β₂ᵗ) + ε)

    t step, from 1 on; α learning_rate, λ weight_decay, ε eps; −g stands for g to maximise; the
    moments m and v and v̂ are 0 before the first step. With decoupled_weight_decay, which is what
    AdamW does, the gradient stays g, and (1 − α · λ) · W stands for W; AdamW's own default of λ
    is 0.01. AMSGrad takes the maximum before the bias is corrected, as torch does: an older v' then
    gets the correction of step t. Arguments and their order are torch's, but for the state.

    Shapes: value, gradient and the moments alike -> (3, …): W', m', v'; amsgrad: (4, …), v̂' last.
    Raises: ValueError if shapes differ, for a learning rate, eps or weight decay below 0, betas
    outside 0 … 1, a state that is not whole and none after the first step; TypeError for exact
    numbers without a root, as Fraction.
    Source: beyond the documents. Kingma & Ba 2015, "Adam: a method for stochastic optimization",
    arXiv 1412.6980; Loshchilov & Hutter 2019, "Decoupled weight decay regularization", arXiv
    1711.05101; Reddi, Kale & Kumar 2018, "On the convergence of Adam and beyond", arXiv 1904.09237;
    torch.optim.Adam.

    >>> weight, slope = np.array([1.0, 1.0]), np.array([2.0, -0.5])
    >>> weight, *moments = adam_step(weight, slope, learning_rate=0.25, eps=0)
    >>> weight.round(6)  # the first step is α along the sign of each slope
    array([0.75, 1.25])
    >>> weight, *moments = adam_step(weight, slope, *moments, step=2, learning_rate=0.25, eps=0)
    >>> weight.round(6)
    array([0.5, 1.5])
    """
    where = "adam_step"
    names = ("first_moment", "second_moment", "max_second_moment")
    state = dict(zip(names, (first_moment, second_moment, max_second_moment), strict=True))
    value, gradient, kept = check_stepped(where, value, gradient, state)
    t = check_int(where, "step", step, 1)
    for name, amount in (
        ("learning_rate", learning_rate),
        ("eps", eps),
        ("weight_decay", weight_decay),
    ):
        check_amount(where, name, amount, value)
    beta_1, beta_2 = (_number(beta, value) for beta in check_betas(where, betas, value))
    for name, flag in (
        ("amsgrad", amsgrad),
        ("maximize", maximize),
        ("decoupled_weight_decay", decoupled_weight_decay),
    ):
        check_flag(where, name, flag)
    check_moments(where, list(kept), names[: 2 + amsgrad], t)
    check_methods(where, value, "sqrt", name="value")

    rate, along = _number(learning_rate, value), -gradient if maximize else gradient
    if decoupled_weight_decay:
        kept_share = parameter(1 - rate * _number(weight_decay, value), like=value)
        value = np.asarray(value * kept_share, value.dtype)
    else:
        along = _decayed(value, along, weight_decay)
    nothing = zeros(value.shape, like=value)
    first = _moved(kept.get("first_moment", nothing), along, beta_1, value)
    second = _moved(kept.get("second_moment", nothing), along * along, beta_2, value)
    moments = [first, second]
    if amsgrad:
        moments.append(np.maximum(kept.get("max_second_moment", nothing), second))
    correction = parameter(np.sqrt(1 - beta_2**t), like=value)
    deviation = np.sqrt(moments[-1] if amsgrad else second) / correction
    moved = first / (deviation + parameter(eps, like=value))
    stepped = value - parameter(rate / (1 - beta_1**t), like=value) * moved
    return np.asarray(np.stack([stepped, *moments]), value.dtype)


def _decayed(value: Array, gradient: Array, weight_decay: Any) -> Array:
    """g + λ · W; without a decay g alone, also where W is ∞."""
    if weight_decay == 0:
        return gradient
    return np.asarray(gradient + parameter(weight_decay, like=value) * value)


def _moved(before: Array, new: Array, beta: Any, like: Array) -> Array:
    """β · before + (1 − β) · new"""
    kept, taken = (parameter(share, like=like) for share in (beta, 1 - beta))
    return np.asarray(kept * before + taken * new)


def _number(given: Any, like: Array) -> Any:
    """A parameter to reckon with before it is rounded: a float, an exact number beside objects."""
    if like.dtype != object:
        return float(given)
    if isinstance(given, Rational):
        return (zero_of(like) + 1) * given.numerator / given.denominator
    return parameter(given, like=like)

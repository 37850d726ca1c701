"""Checks of what a step of an optimiser is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from refimpl.checks import check_arrays, check_fraction, check_not_negative, check_number
from refimpl.checks import check_same_shape as check_alike
from refimpl.elements import Array


def check_stepped(
    where: str, value: Any, gradient: Any, state: Mapping[str, Any]
) -> tuple[Array, Array, dict[str, Array]]:
    """A parameter, its gradient and the state that is given, all of one shape."""
    given = {name: array for name, array in state.items() if array is not None}
    value, gradient, *arrays = check_arrays(where, value=value, gradient=gradient, **given)
    check_alike(where, "value", value, "gradient", gradient)
    kept = dict(zip(given, arrays, strict=True))
    for name, array in kept.items():
        check_alike(where, "value", value, name, array)
    return value, gradient, kept


def check_amount(where: str, name: str, amount: Any, like: Array) -> None:
    """Refuse what is no number, or below 0; the sign of an object is not asked."""
    check_number(where, name, amount, like)
    if isinstance(amount, Real):
        check_not_negative(where, name, amount)


def check_nesterov(where: str, momentum: Any, dampening: Any) -> None:
    """Refuse a look ahead along no velocity, or along a dampened one, as torch does."""
    if momentum == 0 or dampening != 0:
        raise ValueError(
            f"{where}: nesterov needs a momentum above 0 and a dampening of 0, but momentum is "
            f"{momentum!r} and dampening {dampening!r}"
        )


def check_betas(where: str, betas: Any, like: Array) -> tuple[Any, Any]:
    """The two shares that the moments keep, each at least 0 and less than 1."""
    if not isinstance(betas, tuple | list) or len(betas) != 2:
        raise TypeError(f"{where}: betas must be two numbers, but is {betas!r}")
    for number, beta in enumerate(betas):
        check_fraction(where, f"betas[{number}]", beta, like)
    return betas[0], betas[1]


def check_moments(where: str, kept: Sequence[str], needed: Sequence[str], step: int) -> None:
    """Refuse some moments without the others, and none behind the first step."""
    missing = [name for name in needed if name not in kept]
    beyond = [name for name in kept if name not in needed]
    if beyond:
        raise ValueError(
            f"{where}: {beyond[0]} is given, but amsgrad is False; give amsgrad=True, or leave "
            f"{beyond[0]} out"
        )
    if missing and kept:
        raise ValueError(
            f"{where}: {kept[0]} is given, but {missing[0]} is None; give all that the step "
            "before returned, or none at the first step"
        )
    if missing and step > 1:
        raise ValueError(
            f"{where}: step is {step}, but {missing[0]} is None; give what the step before "
            "returned, or step=1"
        )


HOW = ("foreach", "fused", "capturable", "differentiable")  # how torch computes, not what


def check_how(where: str, name: str, options: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse options that the rule of this name does not have; what torch has is explained."""
    for option in options:
        if option in HOW:
            raise ValueError(
                f"{where}: {option} says how torch computes, not what, and there is one way here; "
                "leave it out"
            )
        if option in ("lr", "learning_rate"):
            raise ValueError(
                f"{where}: {option} is an argument of train, and of update; "
                "give train(network, batches, learning_rate, …)"
            )
        if option not in known:
            raise ValueError(
                f"{where}: {name!r} has no option {option!r}; it has {', '.join(known)}"
            )

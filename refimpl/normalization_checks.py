"""Checks of the arguments of normalisation, with every error text of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from refimpl.checks import check_not_negative, check_number, entries, is_integer
from refimpl.elements import Array


def check_channels(where: str, x: Array, least: int = 2) -> None:
    """Refuse an x without samples and channels, or, of at least 3 axes, without places."""
    if x.ndim < least:
        axes = "N, C, …" if least == 2 else "N, C, L, …"
        lacks = "; give x[None] if it lacks the batch axis" if x.ndim == least - 1 else ""
        raise ValueError(
            f"{where}: x must have at least {least} axes ({axes}), but has {x.ndim} "
            f"(x {x.shape}){lacks}"
        )


def check_each_channel(where: str, x: Array, **arrays: Array | None) -> None:
    """Refuse arrays that are not one number for each channel; None is left out."""
    for name, array in arrays.items():
        if array is not None and array.shape != (x.shape[1],):
            raise ValueError(
                f"{where}: {name} must be ({x.shape[1]},), one for each channel, but is "
                f"{array.shape} (x {x.shape})"
            )


def check_epsilon(where: str, eps: Any, like: Array) -> None:
    """Refuse an eps that is no number, or negative."""
    check_number(where, "eps", eps, like)
    check_not_negative(where, "eps", eps)


def check_statistics(where: str, training: bool, mean: Any, var: Any) -> None:
    """Refuse one running statistic without the other, and none where these are to be used."""
    if (mean is None) != (var is None):
        given, missing = ("running_mean", "running_var")[:: 1 if var is None else -1]
        raise ValueError(f"{where}: {given} is given, but {missing} is None; give both, or none")
    if mean is None and not training:
        raise ValueError(
            f"{where}: training=False needs running_mean and running_var; give both, or "
            "training=True to normalise by the batch's own statistics"
        )


def check_variances(where: str, var: Array) -> None:
    """Refuse negative variances; objects may have no order."""
    if var.dtype != object and (var < 0).any():
        raise ValueError(
            f"{where}: running_var must hold no negative numbers, but holds {var[var < 0][0]}; "
            "the order is x, running_mean, running_var, weight, bias"
        )


def check_no_momentum(where: str, momentum: Any) -> None:
    """Refuse a momentum where nothing is updated."""
    if momentum is not None:
        raise ValueError(
            f"{where}: momentum is {momentum!r}, but running statistics are not updated here; "
            "leave it out, and give it to refimpl.running_statistics, which returns the new ones"
        )


def check_momentum(where: str, momentum: Any, like: Array) -> None:
    """Refuse torch's None, the mean over all batches so far, and what is no number."""
    if momentum is None:
        raise TypeError(
            f"{where}: momentum must be a number, but is None; for the mean over all batches give "
            "1/(number of batches so far)"
        )
    check_number(where, "momentum", momentum, like)


def check_several(where: str, x: Array, values: int) -> None:
    """Refuse statistics of one value."""
    if values == 1:
        raise ValueError(
            f"{where}: the statistics of a batch need more than one value of each channel, but "
            f"x {x.shape} has one; give more samples, or normalise by running statistics"
        )


def check_normalized(where: str, x: Array, normalized_shape: Any) -> tuple[int, ...]:
    """The last axes of x, as they are given."""
    sizes = entries(normalized_shape, 1)
    if not sizes or not all(map(is_integer, sizes)):
        raise TypeError(
            f"{where}: normalized_shape must be an integer or a tuple of at least one, but is "
            f"{normalized_shape!r}"
        )
    found = tuple(map(int, sizes))
    if x.shape[-len(found) :] != found:
        raise ValueError(
            f"{where}: normalized_shape is {found}, but x ends in {x.shape[-len(found) :]} "
            f"(x {x.shape})"
        )
    return found


def check_normalized_affine(
    where: str, normalized_shape: Sequence[int], **arrays: Array | None
) -> None:
    """Refuse weights that have not the shape of what is normalised; None is left out."""
    for name, array in arrays.items():
        if array is not None and array.shape != normalized_shape:
            raise ValueError(
                f"{where}: {name} must be {normalized_shape}, as normalized_shape, but is "
                f"{array.shape}"
            )


def check_num_groups(where: str, x: Array, num_groups: Any, name: str = "num_groups") -> int:
    """How many groups the channels are divided into."""
    if not is_integer(num_groups):
        raise TypeError(f"{where}: {name} must be an integer, but is {num_groups!r}")
    if num_groups < 1 or x.shape[1] % num_groups:
        raise ValueError(
            f"{where}: {name} must divide the {x.shape[1]} channels of x, but is {num_groups} "
            f"(x {x.shape})"
        )
    return int(num_groups)

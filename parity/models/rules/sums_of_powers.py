"""Reductions beyond sums: logarithms of sums of exponentials, products, norms of any order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from parity.bounds.arithmetic import Arithmetic, gamma
from parity.cases.case import Array
from parity.models.plain.by_formula import Formula, Sized
from parity.models.plain.linear_maps import Linear
from parity.models.plain.several_results import Together, laid_out
from parity.models.plain.spread import Spread
from parity.models.references import NotUnderstoodError
from parity.models.rules.element_arithmetic import axes_of, spread
from parity.models.rules.extremes import shared_along
from parity.models.understanding import Given, Rule, Understood, same

X = {"x": ("self", same)}


def _wide(array: Array, axes: tuple[int, ...], keep: bool) -> Array:
    """A result with its axes kept, so that it goes with x."""
    return array if keep else np.expand_dims(array, axes)


def _shaped(array: Array, axes: tuple[int, ...], keep: bool) -> Array:
    return array if keep else np.squeeze(array, axes)


def logsumexp(given: Given) -> Understood:
    """m + log Σ e^(x − m), m the largest.

    x − m is rounded, which moves its term by u·|x − m| of itself; the sum is at least 1, so that
    its relative error is the logarithm's absolute one.
    """
    axes, keep = axes_of(given), bool(given["keepdim"])

    def parts(x: Array) -> tuple[Array, Array, Array]:
        most = x.max(axis=axes, keepdims=True)
        most = np.where(np.isfinite(most), most, 0.0)
        terms = np.exp(x - most)
        return most, terms, terms.sum(axis=axes, keepdims=True)

    def of(x: Array) -> Sized:
        most, _, total = parts(x)
        value = most + np.log(total)
        size = np.abs(most) + np.abs(np.log(total)) + 1
        return Sized(_shaped(value, axes, keep), _shaped(size, axes, keep))

    def off_wide(side: Arithmetic, x: Array) -> Array:
        most, terms, total = parts(x)
        moved = np.sum(np.where(terms > 0, terms * np.abs(x - most), 0.0), axes, keepdims=True)
        count = x.size // max(1, total.size)
        relative = (
            side.elementary + gamma(np.asarray(count + 4), side.u) + 2 * side.u * moved / total
        )
        logarithm = (side.elementary + 2 * side.u) * np.abs(np.log(total))
        return np.asarray(relative + logarithm + 3 * side.u * np.abs(most) + count * side.eta)

    def shares(x: Array) -> Array:
        _, terms, total = parts(x)
        return np.asarray(terms / total)

    def back(dy: Array, x: Array) -> Sequence[Sized]:
        found = _wide(dy, axes, keep) * shares(x)
        return (Sized(found, np.abs(found)),)

    def off_back(side: Arithmetic, dy: Array, x: Array) -> Sequence[Array]:
        value = _wide(of(x).value, axes, keep)
        rounded = 2 * side.u * (np.where(np.isfinite(x), np.abs(x), 0.0) + np.abs(value))
        relative = off_wide(side, x) + rounded + side.elementary + 3 * side.u
        sizes = np.abs(_wide(dy, axes, keep))
        return (sizes * (shares(x) * relative * 1.001 + 4 * side.eta) + side.eta,)

    reference = Formula(
        "logsumexp",
        {"x": given["self"]},
        of,
        lambda side, x: _shaped(off_wide(side, x), axes, keep),
        back,
        off_back,
    )
    return Understood(reference, X)


# --- products -----------------------------------------------------------------------------


def _others(x: Array) -> Array:
    """The product of all others along the last axis, zeros or not."""
    ones = np.ones((*x.shape[:-1], 1))
    before = np.concatenate([ones, np.cumprod(x[..., :-1], -1)], -1)
    behind = np.concatenate([ones, np.cumprod(x[..., :0:-1], -1)], -1)[..., ::-1]
    return np.asarray(before * behind)


def product(given: Given) -> Understood:
    """Π x, of all or along an axis; each one's slope is the product of the others."""
    x, dim, keep = given["self"], given.get("dim"), bool(given.get("keepdim"))
    if not given.dtype:
        raise NotUnderstoodError("a product of whole numbers")
    axes = tuple(range(x.ndim)) if dim is None else (dim % max(x.ndim, 1),) if x.ndim else ()
    count = float(np.prod([x.shape[axis] for axis in axes]))

    def of(x: Array) -> Sized:
        value = np.prod(x, axis=axes, keepdims=keep)
        return Sized(value, np.abs(value))

    def slopes(x: Array) -> Array:
        if not x.ndim:
            return np.ones(())
        if dim is None:
            return _others(x.reshape(-1)).reshape(x.shape)
        return np.moveaxis(_others(np.moveaxis(x, axes[0], -1)), -1, axes[0])

    def back(dy: Array, x: Array) -> Sequence[Sized]:
        found = _wide(dy, axes, keep) * slopes(x)
        return (Sized(found, np.abs(found)),)

    def off(side: Arithmetic, x: Array) -> Array:
        return np.asarray(gamma(np.asarray(count), side.u) * of(x).size + count * side.eta)

    def off_back(side: Arithmetic, dy: Array, x: Array) -> Sequence[Array]:
        size = np.abs(_wide(dy, axes, keep) * slopes(x))
        return (gamma(np.asarray(2 * count + 4), side.u) * size + count * side.eta,)

    return Understood(Formula("prod", {"x": x}, of, off, back, off_back), X)


def cumprod(given: Given) -> Understood:
    """The products of the first, of the first two, …"""
    x = given["self"]
    axis = given["dim"] % max(x.ndim, 1)
    n = x.shape[axis] if x.ndim else 1

    def of(x: Array) -> Sized:
        value = np.cumprod(x, axis).reshape(x.shape)
        return Sized(value, np.abs(value))

    def slopes(dy: Array, x: Array) -> Array:
        """Π_{i<k} x_i · Σ_{j≥k} dy_j · Π_{k<i≤j} x_i, from the last to the first."""
        xs, dys = (np.moveaxis(np.atleast_1d(a), axis, 0) for a in (x, dy))
        before = np.concatenate([np.ones((1, *xs.shape[1:])), np.cumprod(xs[:-1], 0)])
        found, behind = np.zeros(xs.shape), np.zeros(xs.shape[1:])
        for k in range(n - 1, -1, -1):
            behind = dys[k] + (xs[k + 1] * behind if k + 1 < n else 0.0)
            found[k] = before[k] * behind
        return np.moveaxis(found, 0, axis).reshape(x.shape)

    def back(dy: Array, x: Array) -> Sequence[Sized]:
        return (Sized(slopes(dy, x), slopes(np.abs(dy), np.abs(x))),)

    def off(side: Arithmetic, x: Array) -> Array:
        return np.asarray(gamma(np.asarray(n), side.u) * of(x).size + n * side.eta)

    def off_back(side: Arithmetic, dy: Array, x: Array) -> Sequence[Array]:
        size = slopes(np.abs(dy), np.abs(x))
        return (gamma(np.asarray(3 * n + 4), side.u) * size + 2 * n * side.eta,)

    return Understood(Formula("cumprod", {"x": x}, of, off, back, off_back), X)


# --- norms --------------------------------------------------------------------------------


def norm(order: str) -> Rule:
    """(Σ |x|ᵖ)^(1/p). order: what the schema calls p."""

    def understand(given: Given) -> Understood:
        given_order = given.get(order)
        p = 2.0 if given_order is None else float(given_order)
        if given.get("dtype") is not None:
            raise NotUnderstoodError("a norm in another type of numbers")
        axes, keep = axes_of(given), bool(given.get("keepdim"))
        if p == 2:
            reference = Spread("norm", {"x": given["self"]}, axes, keep, False, True, 1.0)
            return Understood(reference, X)
        if p == np.inf:
            return _largest(given)
        if not p >= 1:
            raise NotUnderstoodError(f"a norm of the order {p:g}")
        return Understood(_of_order(p, given["self"], axes, keep), X)

    return Rule(understand)


def _largest(given: Given) -> Understood:
    """The largest |x|; those alike share the gradient."""
    x = given["self"]
    arguments = {**given.operation.arguments, "self": np.abs(x)}
    inner = shared_along(np.max)(given.with_arguments(arguments)).reference
    assert isinstance(inner, Linear)

    def back(dy: Array, x: Array) -> tuple[Array, ...]:
        (found,) = inner.back(dy, x)
        return (np.asarray(found * np.sign(x) if np.any(x < 0) else found),)

    sized = Linear("norm", {"x": x}, inner.apply, back, 1, (3.0,))
    return Understood(sized, X)


def _of_order(p: float, x: Array, axes: tuple[int, ...], keep: bool) -> Formula:
    count = float(np.prod([x.shape[axis] for axis in axes]))

    def wide(x: Array) -> Array:
        if p == 1:
            return np.asarray(np.sum(np.abs(x), axis=axes, keepdims=True))
        return np.asarray(np.sum(np.abs(x) ** p, axis=axes, keepdims=True) ** (1 / p))

    def relative(side: Arithmetic, x: Array) -> Array:
        """Powers and their sum, whose p-th root is taken with a rounded 1/p."""
        if p == 1:
            return np.asarray(gamma(np.asarray(count), side.u))
        powers = gamma(np.asarray(count + 4), side.u) + 2 * side.elementary
        with np.errstate(all="ignore"):
            turned = 2 * side.u * np.abs(np.log(wide(x)))
        turned = np.where(np.isfinite(turned), turned, 0.0)
        return np.asarray(powers / p + turned + 2 * side.elementary + 2 * side.u)

    def of(x: Array) -> Sized:
        value = _shaped(wide(x), axes, keep)
        return Sized(value, value)

    def off(side: Arithmetic, x: Array) -> Array:
        found = wide(x) * relative(side, x) + count * side.eta
        return _shaped(np.asarray(found), axes, keep)

    def back(dy: Array, x: Array) -> Sequence[Sized]:
        length, dys = wide(x), _wide(dy, axes, keep)
        found = dys * np.sign(x)
        if p != 1:
            shares = np.where(length == 0, 0.0, np.abs(x) / np.where(length == 0, 1.0, length))
            found = found * shares ** (p - 1)
        return (Sized(found, np.abs(found)),)

    def off_back(side: Arithmetic, dy: Array, x: Array) -> Sequence[Array]:
        size = back(dy, x)[0].size
        if p == 1:
            return (4 * side.u * size,)
        logs = np.abs(np.log(np.where(x == 0, 1.0, np.abs(x)))) + np.abs(
            np.log(np.where(wide(x) == 0, 1.0, wide(x)))
        )
        bent = p * (relative(side, x) + 2 * side.u * logs) + 6 * side.elementary + 12 * side.u
        return (bent * size + 8 * side.eta,)

    return Formula("norm", {"x": x}, of, off, back, off_back)


# --- two results of one array -------------------------------------------------------------


def _both(name: str, parts: Sequence[Understood]) -> Understood:
    """Their outputs are judged behind one another; what gets no gradient gets 0."""
    reference = Together(name, [part.reference for part in parts])
    shapes = [part.reference.value().shape for part in parts]

    def upstream(dys: list[Array | None], y: Array) -> Array:
        return laid_out(
            [np.zeros(s, y.dtype) if dy is None else dy for s, dy in zip(shapes, dys, strict=True)]
        )

    return Understood(
        reference,
        X,
        value=lambda outputs: laid_out([output for output in outputs if output is not None]),
        upstream=upstream,
    )


def spread_and_mean(name: str, root: bool) -> Rule:
    """A variance, or its root, and the mean."""

    def understand(given: Given) -> Understood:
        x, axes, keep = given["self"], axes_of(given), bool(given["keepdim"])
        count = max(1, int(np.prod([x.shape[axis] for axis in axes])))
        mean = Linear(
            name,
            {"x": x},
            lambda x: np.asarray(np.sum(x, axis=axes, keepdims=keep) / count),
            lambda dy, x: (np.broadcast_to(_wide(dy, axes, keep) / count, x.shape),),
            count,
            (1,),
            2.0,
        )
        return _both(name, [spread(name, root)(given), Understood(mean, X)])

    return Rule(understand)


def aminmax(given: Given) -> Understood:
    return _both("aminmax", [shared_along(np.min)(given), shared_along(np.max)(given)])


RULES = {
    "logsumexp": Rule(logsumexp),
    "prod": Rule(product),
    "cumprod": Rule(cumprod),
    "linalg_vector_norm": norm("ord"),
    "norm": norm("p"),
    "var_mean": spread_and_mean("var_mean", root=False),
    "std_mean": spread_and_mean("std_mean", root=True),
    "aminmax": Rule(aminmax),
}

"""binary_cross_entropy_with_logits: the textbook formula to 40 digits, and what it equals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import reals
import sympy
from plain import assert_exact, assert_same, fractions
from reals import Real, assert_agree, context
from reals import reals as as_reals

from refimpl import (
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_backward,
    cross_entropy,
    cross_entropy_backward,
)
from refimpl.elements import log1p

mp = context
SHAPES = {"one": (), "axis": (4,), "batch": (3, 2), "maps": (2, 3, 1, 5)}
EVERY_SHAPE = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
EVERY_REDUCTION = pytest.mark.parametrize("reduction", ["mean", "sum", "none"])


def targets(rng: np.random.Generator, shape: Any) -> Any:
    """Probabilities in sevenths, 0 and 1 among them."""
    return np.asarray(as_reals(np.asarray(rng.integers(0, 8, shape)).astype(object)) / 7)


def textbook(logits: Any, target: Any, reduction: str) -> Any:
    """−t·log o − (1 − t)·log(1 − o), o = 1/(1 + e^(−z)), element by element."""
    losses = np.empty(logits.shape, object)
    for place in np.ndindex(logits.shape):
        t, o = target[place].value, 1 / (1 + mp.exp(-logits[place].value))
        losses[place] = -t * mp.log(o) - (1 - t) * mp.log(1 - o)
    if reduction == "none":
        return losses
    return np.array(np.sum(losses) / (losses.size if reduction == "mean" else 1))


@EVERY_SHAPE
@EVERY_REDUCTION
def test_formula(rng: np.random.Generator, shape: Any, reduction: str) -> None:
    """The stable formula is the textbook's, both signs, for every reduction."""
    logits, target = reals.draw(rng, shape, 20), targets(rng, shape)
    loss = binary_cross_entropy_with_logits(logits, target, reduction)
    assert_agree(loss, textbook(logits, target, reduction))


@EVERY_SHAPE
@EVERY_REDUCTION
def test_backward_is_the_derivative(rng: np.random.Generator, shape: Any, reduction: str) -> None:
    """⟨dlogits, v⟩ is the loss's own slope along v, to 40 digits."""
    logits, v, target = reals.draw(rng, shape), reals.draw(rng, shape), targets(rng, shape)
    dy = reals.draw(rng, shape if reduction == "none" else ())
    expected = reals.slope(
        lambda z: binary_cross_entropy_with_logits(z, target, reduction), dy, logits, v
    )
    dlogits = binary_cross_entropy_with_logits_backward(dy, logits, target, reduction)
    assert dlogits.shape == shape
    assert_agree(np.array(Real(reals.dot(dlogits, v))), np.array(expected))


def test_a_missing_mean_is_seen(rng: np.random.Generator) -> None:
    """The sum's gradient is not the mean's."""
    arrays = as_reals(1), reals.draw(rng, (3, 2)), targets(rng, (3, 2))
    total, mean = (
        binary_cross_entropy_with_logits_backward(*arrays, reduction)
        for reduction in ("sum", "mean")
    )
    assert_agree(total, mean * 6)
    with pytest.raises(AssertionError):
        assert_agree(total, mean)


def test_both_formulas_in_letters() -> None:
    """On either side of 0 both formulas have the same derivative, σ(z) − t, and value at 0."""
    t, z = sympy.Symbol("t", real=True), sympy.Symbol("z", real=True)
    o = 1 / (1 + sympy.exp(-z))
    defined = -t * sympy.log(o) - (1 - t) * sympy.log(1 - o)
    right = (1 - t) * z + sympy.log(1 + sympy.exp(-z))  # z ≥ 0
    left = -t * z + sympy.log(1 + sympy.exp(z))  # z ≤ 0
    for formula in (defined, right, left):
        assert sympy.simplify(sympy.diff(formula, z) - (o - t)) == 0
        assert sympy.simplify(formula.subs(z, 0) - sympy.log(2)) == 0


def test_it_is_the_cross_entropy_of_two_classes(rng: np.random.Generator) -> None:
    """Logits (z, 0) and targets (t, 1 − t): softmax cross-entropy gives the same, and its dz."""
    z, t, dy = reals.draw(rng, (5,)), targets(rng, (5,)), reals.draw(rng, ())
    logits, target = np.stack([z, z * 0], axis=1), np.stack([t, 1 - t], axis=1)
    assert_agree(binary_cross_entropy_with_logits(z, t), cross_entropy(logits, target))
    both = cross_entropy_backward(dy, logits, target)
    assert_agree(binary_cross_entropy_with_logits_backward(dy, z, t), both[:, 0])
    assert_agree(both[:, 1], -both[:, 0])


# --- floats -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@EVERY_REDUCTION
@pytest.mark.parametrize("shape", [(), (3, 2)])
def test_dtype_is_kept(dtype: str, reduction: str, shape: Any) -> None:
    """Loss and gradient have the dtype of the logits, and are arrays."""
    z, t = np.full(shape, 2, dtype), np.full(shape, 0.5, dtype)
    loss = binary_cross_entropy_with_logits(z, t, reduction)
    dlogits = binary_cross_entropy_with_logits_backward(loss, z, t, reduction)
    for array in (loss, dlogits):
        assert isinstance(array, np.ndarray)
        assert array.dtype == dtype
    assert dlogits.shape == shape


def test_integers_become_float64() -> None:
    """Integer logits and labels are promoted as NumPy does."""
    loss = binary_cross_entropy_with_logits(np.array([800, -800]), np.array([0, 0]), "none")
    assert_exact(loss, [800.0, 0.0], "float64")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_far_out(dtype: str) -> None:
    """Logits of ±10⁴: right is no loss, wrong their distance, the gradient 0 or ±1, no warning."""
    z, t = np.array([1e4, 1e4, -1e4, -1e4], dtype), np.array([1, 0, 1, 0], dtype)
    assert_same(binary_cross_entropy_with_logits(z, t, "none"), [0.0, 1e4, 1e4, 0.0])
    dlogits = binary_cross_entropy_with_logits_backward(np.ones(4, dtype), z, t, "none")
    assert_same(dlogits, [0.0, 1.0, -1.0, 0.0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_nearly_certain_right_answer_keeps_its_digits(dtype: str) -> None:
    """z = ±30 on the right side: the loss is e^(−30) − …, not 0 and not 1e-7."""
    z, t = np.array([30, -30], dtype), np.array([1, 0], dtype)
    exact = float(mp.log1p(mp.exp(-30)))
    loss = binary_cross_entropy_with_logits(z, t, "none")
    assert np.all(np.abs(loss - exact) <= 10 * np.finfo(dtype).eps * exact)


def test_infinite_logits() -> None:
    """Certain and wrong costs ∞; 0 · ∞, certain and right, is NaN; gradients stay finite."""
    z, t = np.array([np.inf, -np.inf, -np.inf]), np.array([0.0, 1.0, 0.5])
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(binary_cross_entropy_with_logits(z, t, "none"), [np.inf] * 3)
        right = binary_cross_entropy_with_logits(z[:2], 1 - t[:2], "none")
    np.testing.assert_array_equal(right, [np.nan, np.nan])
    assert_same(
        binary_cross_entropy_with_logits_backward(np.ones(3), z, t, "none"), [1.0, -1.0, -0.5]
    )


@pytest.mark.parametrize("reduction", ["sum", "none"])
@pytest.mark.parametrize("dtype", ["float32", object])
def test_empty_batch(reduction: str, dtype: Any) -> None:
    """No elements: no loss, and a gradient with no elements."""
    nothing = np.empty((0, 3), dtype)
    loss = binary_cross_entropy_with_logits(nothing, nothing, reduction)
    assert loss.shape == ((0, 3) if reduction == "none" else ())
    assert loss.dtype == dtype
    assert not loss.any()
    dlogits = binary_cross_entropy_with_logits_backward(loss, nothing, nothing, reduction)
    assert (dlogits.shape, dlogits.dtype) == ((0, 3), dtype)


def test_mean_of_nothing() -> None:
    """The mean of no losses is 0/0, NaN; its gradient has no elements and gives no warning."""
    with np.errstate(invalid="ignore"):
        assert np.isnan(binary_cross_entropy_with_logits(np.zeros((0, 3)), np.zeros((0, 3))))
    gradient = binary_cross_entropy_with_logits_backward(
        np.array(1.0), np.zeros((0, 3)), np.zeros((0, 3))
    )
    assert gradient.shape == (0, 3)


# --- log1p --------------------------------------------------------------------------------


def test_log1p_of_objects_is_their_own() -> None:
    """An exact number's log(1 + x) comes from its own log, alone or in an array."""
    assert_agree(log1p(as_reals([0, 3])), np.array([mp.mpf(0), mp.log(4)], object))
    assert_agree(log1p(Real(3)), np.array(mp.log(4)))
    assert log1p(np.array(1e-20)) == 1e-20


def test_log1p_asks_for_a_log() -> None:
    """Fractions have none: NumPy says so."""
    with pytest.raises(TypeError, match="log"):
        log1p(fractions([1]))

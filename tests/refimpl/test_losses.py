"""Losses: the documents' numbers, the textbook formula to 40 digits, exact fractions."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import reals
import sympy
from plain import ELEMENTS, assert_exact, assert_same, dot, draw, fractions, frozen
from reals import Real, assert_agree, context
from reals import reals as as_reals

from refimpl import (
    cross_entropy,
    cross_entropy_backward,
    mse_loss,
    mse_loss_backward,
    softmax,
    squared_error,
    squared_error_backward,
)

mp = context

# --- worked examples ----------------------------------------------------------------------


def logits_of(*probabilities: str) -> Any:
    """Logits whose softmax these probabilities are, to 100 digits."""
    return as_reals([[mp.log(mp.mpf(p)) for p in probabilities]])


@pytest.mark.parametrize(
    ("probability", "loss"), [("0.9", "0.1054"), ("0.8", "0.2231"), ("0.5", "0.6931")]
)
def test_minus_logarithm(probability: str, loss: str) -> None:
    """D2.14: −log(0.9) = 0.1054, −log(0.8) = 0.2231."""
    logits = logits_of(probability, str(mp.mpf(1) - mp.mpf(probability)))
    value = cross_entropy(logits, np.array([0])).item().value
    assert mp.nstr(value, 4) == loss


def test_no_loss() -> None:
    """D2.14: O_t = 1 is a loss of 0."""
    assert_same(cross_entropy(np.array([[1e4, 0.0]]), np.array([0])), np.array(0.0))


def test_three_classes() -> None:
    """D2.15: 0.9503, 0.0473, 0.0024 and the first class: 0.05097…, of which D2 prints 0.0509."""
    logits = logits_of("0.9503", "0.0473", "0.0024")
    one_hot = as_reals([[1, 0, 0]])
    for target in (np.array([0]), one_hot):
        loss = cross_entropy(logits, target).item().value
        assert int(loss * 10**4) == 509


def test_gradient_loop_as_printed() -> None:
    """D2.18: DZ_j = O_j for every j, then DZ_t = O_t − 1."""
    logits, t = as_reals([1, 2, 4]), 1
    o = softmax(logits)
    dz = [o[j] for j in range(3)]
    dz[t] = o[t] - 1
    grads = cross_entropy_backward(as_reals(1), logits, np.array(t))
    assert_agree(grads, np.array(dz, object))


def test_quotient_rule() -> None:
    """D2.17: sympy's derivative of −log(e^(z_t)/Σ e^(z_j)) is O_i, less 1 where i = t."""
    z, t = sympy.symbols("z:3"), 2
    loss = -sympy.log(sympy.exp(z[t]) / sum(map(sympy.exp, z)))
    at = dict(zip(z, (1, -2, 3), strict=True))
    grads = cross_entropy_backward(as_reals(1), as_reals([1, -2, 3]), np.array(t))
    exact = [mp.mpf(str(sympy.diff(loss, name).subs(at).evalf(60))) for name in z]
    assert_agree(grads, np.array(exact, object))


# --- cross entropy to 40 digits -----------------------------------------------------------

SHAPES = {"one sample": (4,), "batch": (2, 4), "image": (2, 4, 3), "volume": (2, 3, 1, 5)}
EVERY_SHAPE = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
EVERY_REDUCTION = pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
EVERY_KIND = pytest.mark.parametrize("kind", ["classes", "probabilities"])


def samples(shape: Any) -> Any:
    """The shape without its class axis, which is the second, or the only one."""
    return shape[:1] + shape[2:] if len(shape) > 1 else ()


def draw_target(rng: np.random.Generator, shape: Any, kind: str) -> Any:
    if kind == "probabilities":  # of any sum, so that their sum is seen in the gradient
        return as_reals(draw(rng, shape, "float64")) / 7
    return frozen(rng.integers(0, shape[min(1, len(shape) - 1)], samples(shape)))


def textbook(logits: Any, target: Any, reduction: str) -> Any:
    """−Σ_c target · log(e^(z_c)/Σ e^z), sample by sample."""
    rows = np.moveaxis(logits, min(1, logits.ndim - 1), -1)
    losses = np.empty(rows.shape[:-1], object)
    for place in np.ndindex(losses.shape):
        powers = [mp.exp(z.value) for z in rows[place]]
        logs = [mp.log(power / sum(powers)) for power in powers]
        if target.dtype == object:
            weights = np.moveaxis(target, min(1, logits.ndim - 1), -1)[place]
            losses[place] = -sum(w.value * log for w, log in zip(weights, logs, strict=True))
        else:
            losses[place] = -logs[target[place]]
    if reduction == "none":
        return losses
    return np.array(losses.sum() / (losses.size if reduction == "mean" else 1))


@EVERY_SHAPE
@EVERY_REDUCTION
@EVERY_KIND
def test_formula(rng: np.random.Generator, shape: Any, reduction: str, kind: str) -> None:
    """D2.15: the textbook formula without any shift, for every layout and reduction."""
    logits, target = reals.draw(rng, shape), draw_target(rng, shape, kind)
    assert_agree(cross_entropy(logits, target, reduction), textbook(logits, target, reduction))


@EVERY_SHAPE
@EVERY_REDUCTION
@EVERY_KIND
def test_backward_is_the_derivative(
    rng: np.random.Generator, shape: Any, reduction: str, kind: str
) -> None:
    """D2.17: ⟨dlogits, v⟩ is the loss's own slope along v, to 40 digits."""
    logits, v, target = (
        reals.draw(rng, shape),
        reals.draw(rng, shape),
        draw_target(rng, shape, kind),
    )
    dy = reals.draw(rng, samples(shape) if reduction == "none" else ())
    expected = reals.slope(lambda z: cross_entropy(z, target, reduction), dy, logits, v)
    dlogits = cross_entropy_backward(dy, logits, target, reduction)
    assert dlogits.shape == shape
    assert_agree(np.array(Real(reals.dot(dlogits, v))), np.array(expected))


def test_a_missing_mean_is_seen(rng: np.random.Generator) -> None:
    """The sum's gradient is not the mean's."""
    logits, target = reals.draw(rng, (2, 4)), np.array([1, 3])
    dy = as_reals(1)
    with pytest.raises(AssertionError):
        assert_agree(
            cross_entropy_backward(dy, logits, target, "sum"),
            cross_entropy_backward(dy, logits, target, "mean"),
        )


def test_one_hot_is_the_class(rng: np.random.Generator) -> None:
    """D2.15: with one-hot probabilities only −log(O_t) is left."""
    logits, target = reals.draw(rng, (3, 4)), np.array([2, 0, 3])
    one_hot, dy = as_reals(np.eye(4)[target]), as_reals(5)
    assert_agree(cross_entropy(logits, one_hot), cross_entropy(logits, target))
    assert_agree(
        cross_entropy_backward(dy, logits, one_hot), cross_entropy_backward(dy, logits, target)
    )


# --- cross entropy in floats --------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@EVERY_KIND
def test_dtype_is_kept(dtype: str, kind: str) -> None:
    """Loss and gradient have the dtype of the logits, and are arrays."""
    logits = frozen(np.array([[1, 2, 4], [0, -1, 3]], dtype))
    target = np.array([2, 0]) if kind == "classes" else np.eye(3, dtype=dtype)[[2, 0]]
    for reduction in ("mean", "sum", "none"):
        loss = cross_entropy(logits, target, reduction)
        dlogits = cross_entropy_backward(loss, logits, target, reduction)
        assert isinstance(loss, np.ndarray)
        assert loss.dtype == dlogits.dtype == dtype


def test_one_sample_without_reduction_is_an_array() -> None:
    """Logits (C,) without reduction give an array without axes, not a scalar."""
    loss = cross_entropy(np.zeros(3), np.array(1), "none")
    assert isinstance(loss, np.ndarray)
    assert loss.shape == ()


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "uint64"])
def test_any_integer_may_be_a_class(dtype: str) -> None:
    """Class indices may be of any integer type."""
    logits, target = np.array([[0.0, 0.0, 1e4]]), np.array([2], dtype)
    assert_same(cross_entropy(logits, target), np.array(0.0))
    assert_same(cross_entropy_backward(np.array(1.0), logits, target), np.zeros((1, 3)))


def test_integer_logits_become_float64() -> None:
    """Integer logits are promoted as NumPy does."""
    logits, target = np.array([[1, 2, 4]]), np.array([0])
    expected = cross_entropy(logits.astype(float), target)
    assert_exact(cross_entropy(logits, target), expected, "float64")
    d = cross_entropy_backward(np.array(1), logits, target)
    assert_exact(d, cross_entropy_backward(np.array(1.0), logits.astype(float), target), "float64")


def test_far_out() -> None:
    """Logits of ±10⁴: the loss is their difference, the gradient ±1, no warning."""
    logits = np.array([[1e4, -1e4], [1e4, -1e4]])
    target = np.array([0, 1])
    assert_same(cross_entropy(logits, target, "none"), [0.0, 20000.0])
    dlogits = cross_entropy_backward(np.ones(2), logits, target, "none")
    assert_same(dlogits, [[0.0, 0.0], [1.0, -1.0]])


def test_impossible_class() -> None:
    """A logit of −∞ at the true class is a loss of ∞ with a finite gradient."""
    logits = np.array([[-np.inf, 0.0]])
    assert_same(cross_entropy(logits, np.array([0])), np.array(np.inf))
    assert_same(cross_entropy_backward(np.array(1.0), logits, np.array([0])), [[-1.0, 1.0]])


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_empty_batch(reduction: str) -> None:
    """No samples: no loss, and a gradient with no elements."""
    logits, target = np.zeros((0, 3)), np.zeros(0, int)
    loss = cross_entropy(logits, target, reduction)
    assert_same(loss, np.zeros(0) if reduction == "none" else np.array(0.0))
    assert cross_entropy_backward(loss, logits, target, reduction).shape == (0, 3)


def test_mean_of_an_empty_batch() -> None:
    """The mean of no losses is 0/0, NaN."""
    with np.errstate(invalid="ignore"):
        assert np.isnan(cross_entropy(np.zeros((0, 3)), np.zeros(0, int)))


def test_gradient_of_the_mean_of_an_empty_batch() -> None:
    """Its gradient has no elements, and is no reason for a warning."""
    dlogits = cross_entropy_backward(np.array(1.0), np.zeros((0, 3)), np.zeros(0, int))
    assert dlogits.shape == (0, 3)


# --- class weights, label smoothing, classes to ignore ------------------------------------

THREE = np.array([[0.5, -1.0, 2.0], [1.5, 0.0, -0.5], [3.0, 1.0, 2.0], [0.0, 0.5, 1.0]])
CLASSES = np.array([2, 0, 1, 2])
W = np.array([0.5, 2.0, 0.25])


def by_hand(classes: Any, w: Any, smoothing: float) -> tuple[Any, Any]:
    """Loss and gradient of each sample, from the definition: 0 of class −100."""
    losses, gradients = [], []
    for z, t in zip(as_reals(THREE), classes, strict=True):
        total = sum((Real(mp.exp(v.value)) for v in z), start=Real(mp.mpf(0)))
        o = [Real(mp.exp(v.value)) / total for v in z]
        v = [w[c] * ((1 - smoothing) * (c == t) + smoothing / 3) * (t != -100) for c in range(3)]
        losses.append(sum(-mp.mpf(v[c]) * mp.log(o[c].value) for c in range(3)))
        gradients.append([o[c].value * mp.mpf(sum(v)) - mp.mpf(v[c]) for c in range(3)])
    return losses, gradients


@pytest.mark.parametrize("smoothing", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("w", [(1.0, 1.0, 1.0), tuple(W)], ids=["no weights", "weights"])
@pytest.mark.parametrize("left_out", [(), (1,), (0, 3)], ids=str)
def test_options_by_hand(smoothing: float, w: tuple[float, ...], left_out: Any) -> None:
    """Every option beside every other: value and gradient, each reduction, to fifteen digits."""
    classes = CLASSES.copy()
    classes[list(left_out)] = -100
    losses, gradients = by_hand(classes, w, smoothing)
    given: dict[str, Any] = {"label_smoothing": smoothing}
    if w != (1.0, 1.0, 1.0):
        given["weight"] = np.array(w)
    divisor = sum(w[t] for t in classes if t != -100)
    dy = np.array([1.5, -2.0, 0.5, 3.0])
    for reduction, expected, scale, up in (
        ("none", losses, dy, dy),
        ("sum", sum(losses), np.full(4, 1.5), np.array(1.5)),
        ("mean", sum(losses) / divisor, np.full(4, 1.5) / divisor, np.array(1.5)),
    ):
        y = cross_entropy(THREE, classes, reduction, **given)
        np.testing.assert_allclose(y, np.array(expected, float), rtol=1e-14, atol=1e-15)
        found = cross_entropy_backward(up, THREE, classes, reduction, **given)
        slopes = np.array(gradients, float) * scale[:, None]
        np.testing.assert_allclose(found, slopes, rtol=1e-14, atol=1e-15)


def test_smoothed_classes_are_smoothed_probabilities() -> None:
    """(1 − ε) at the class, ε/K everywhere: the same with the option, with indices or one-hot."""
    hot = np.eye(3)[CLASSES]
    soft = 0.9 * hot + 0.1 / 3
    expected = cross_entropy(THREE, soft, "none")
    for target in (CLASSES, hot):
        found = cross_entropy(THREE, target, "none", label_smoothing=0.1)
        np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_weighted_probabilities_divide_by_the_samples() -> None:
    """Of class indices the mean divides by Σ w[t], of the same as probabilities by N."""
    of_indices = cross_entropy(THREE, CLASSES, weight=W) * W[CLASSES].sum() / 4
    found = cross_entropy(THREE, np.eye(3)[CLASSES], weight=W)
    np.testing.assert_allclose(found, of_indices, rtol=1e-14)


@pytest.mark.parametrize("options", [{}, {"weight": W}, {"label_smoothing": 0.1}], ids=str)
def test_an_ignored_sample_of_nan_is_left_out(options: Any) -> None:
    """Value and gradients are those without it, and its own gradient is 0."""
    logits, target = THREE.copy(), CLASSES.copy()
    logits[1], target[1] = np.nan, 7
    others = [0, 2, 3]
    given = {**options, "ignore_index": 7}
    one = np.array(1.0)
    expected = cross_entropy(THREE[others], CLASSES[others], **options)
    assert_same(cross_entropy(logits, target, **given), expected)
    found = cross_entropy_backward(one, logits, target, **given)
    assert_same(found[1], np.zeros(3))
    gradient = cross_entropy_backward(one, THREE[others], CLASSES[others], **options)
    assert_same(found[others], gradient)


def test_all_are_ignored() -> None:
    """The sum of none is 0, the mean NaN; every gradient is 0, without a warning."""
    none = np.full(4, -100)
    assert_same(cross_entropy(THREE, none, "sum"), np.array(0.0))
    with np.errstate(invalid="ignore"):
        assert np.isnan(cross_entropy(THREE, none))
    assert_same(cross_entropy_backward(np.array(1.0), THREE, none), np.zeros((4, 3)))


def test_options_on_exact_numbers() -> None:
    """Logits of 0 on exact objects: the gradient 1/K · Σ v − v, without a float."""
    logits, target = as_reals(np.zeros((2, 2))), np.array([1, -100])
    weight = as_reals(np.array([1.0, 3.0]))
    dlogits = cross_entropy_backward(
        as_reals(np.array(1.0)), logits, target, weight=weight, label_smoothing=0.25
    )
    # v = (1 · 1/8, 3 · 7/8), Σ v = 11/4, D = 3
    assert [float(d.value) for d in dlogits[0]] == pytest.approx([10 / 24, -10 / 24], rel=1e-15)
    assert all(isinstance(d, Real) for d in dlogits[0])


def test_weights_of_float16_may_sum_to_more() -> None:
    """120 000 is beyond float16, the weighted mean is not: log 2."""
    logits, weight = np.zeros((2, 2), np.float16), np.full(2, 60000, np.float16)
    loss = cross_entropy(logits, np.array([0, 1]), weight=weight)
    assert_exact(loss, np.array(np.log(2), np.float16), "float16")


def test_a_weight_keeps_the_digits_of_a_sure_answer() -> None:
    """e^−40 times the weight, not 0."""
    logits, target = np.array([[40.0, 0.0]]), np.array([0])
    loss = cross_entropy(logits, target, "sum", weight=np.array([3.0, 1.0]))
    np.testing.assert_allclose(loss, 3 * np.exp(-40.0), rtol=1e-14)


# --- mean squared error -------------------------------------------------------------------


@pytest.mark.parametrize("elements", ELEMENTS)
def test_mse_loss(elements: str) -> None:
    """(4 − 1)² = 9, (−2 − 2)² = 16, (4 − 3)² = 1, (2 − 4)² = 4: of four elements, two samples."""
    y, t = np.array([[1, 2], [3, 4]]), np.array([[4, -2], [4, 2]])
    y, t = (fractions(a) if elements == "fraction" else a.astype(elements) for a in (y, t))
    assert_exact(mse_loss(y, t), np.array(Fraction(30, 4)), elements)
    assert_exact(mse_loss(y, t, "sum"), np.array(30), elements)
    assert_exact(mse_loss(y, t, "none"), np.array([[9, 16], [1, 4]]), elements)


@pytest.mark.parametrize("elements", ELEMENTS)
def test_mse_loss_backward(rng: np.random.Generator, elements: str) -> None:
    """2(y − t) times dy of each element; of a mean over 8 elements a quarter of y − t."""
    y, t, one, each = (draw(rng, s, elements) for s in ((2, 4), (2, 4), (), (2, 4)))
    difference = fractions(y) - fractions(t)
    assert_exact(mse_loss_backward(one, y, t), difference * fractions(one) / 4, elements)
    assert_exact(mse_loss_backward(one, y, t, "sum"), 2 * difference * fractions(one), elements)
    expected = 2 * difference * fractions(each)
    assert_exact(mse_loss_backward(each, y, t, "none"), expected, elements)


def test_mse_loss_derivative(rng: np.random.Generator) -> None:
    """A parabola's central difference is its slope, exactly."""
    y, t, v, dy = (draw(rng, s) for s in ((2, 4), (2, 4), (2, 4), ()))
    difference = mse_loss(y + v, t) - mse_loss(y - v, t)
    assert dy * difference / 2 == dot(mse_loss_backward(dy, y, t), v)


def test_mse_loss_with_weights(rng: np.random.Generator) -> None:
    """The weighted mean that the docstring names: Σ w · l / Σ w and its derivative."""
    y, t, v, w = (draw(rng, (2, 3)) for _ in range(4))
    w = w * w + 1
    share = w / w.sum()
    ahead, behind = ((share * mse_loss(y + s * v, t, "none")).sum() for s in (1, -1))
    gradient = mse_loss_backward(share, y, t, "none")
    assert (ahead - behind) / 2 == dot(gradient, v)


def test_mse_loss_of_nothing() -> None:
    """The sum over no elements is 0, their mean has no value; the gradient is empty."""
    nothing = np.zeros((0, 3))
    assert_exact(mse_loss(nothing, nothing, "sum"), np.array(0.0), "float64")
    with np.errstate(invalid="ignore"):
        assert np.isnan(mse_loss(nothing, nothing))
    assert mse_loss_backward(np.array(1.0), nothing, nothing).shape == (0, 3)


# --- squared error ------------------------------------------------------------------------


@pytest.mark.parametrize("elements", ELEMENTS)
def test_squared_error(elements: str) -> None:
    """D1.4: E = ½ Σ (t − y)²: ½ (9 + 16 + 1) = 13."""
    y, t = np.array([[1, 2, 3]]), np.array([[4, -2, 4]])
    y, t = (fractions(a) if elements == "fraction" else a.astype(elements) for a in (y, t))
    assert_exact(squared_error(y, t), np.array(13), elements)


@pytest.mark.parametrize("elements", ELEMENTS)
def test_squared_error_backward(rng: np.random.Generator, elements: str) -> None:
    """D1.7, D1.9: ∂E/∂y = y − t, times dy."""
    y, t, dy = (draw(rng, s, elements) for s in ((2, 3), (2, 3), ()))
    expected = (fractions(y) - fractions(t)) * fractions(dy)
    assert_exact(squared_error_backward(dy, y, t), expected, elements)


def test_squared_error_derivative(rng: np.random.Generator) -> None:
    """A parabola's central difference is its slope, exactly."""
    y, t, v, dy = (draw(rng, s) for s in ((2, 3), (2, 3), (2, 3), ()))
    difference = squared_error(y + v, t) - squared_error(y - v, t)
    assert dy * difference / 2 == dot(squared_error_backward(dy, y, t), v)


def test_squared_error_in_letters() -> None:
    """D1.4, D1.7: sympy's derivative of ½(t − y)² is y − t."""
    y, t = np.array(sympy.symbols("y:2")), np.array(sympy.symbols("t:2"))
    error = squared_error(y, t).item()
    dy = squared_error_backward(np.array(sympy.Integer(1)), y, t)
    assert [sympy.expand(sympy.diff(error, name) - d) for name, d in zip(y, dy, strict=True)] == [
        0,
        0,
    ]


def test_integers_beside_fractions() -> None:
    """Integers beside Fractions are exact."""
    error = squared_error(fractions([Fraction(1, 2), 3]), np.array([0, 2]))
    assert_exact(error, np.array(Fraction(5, 8)), "fraction")


def test_integers_become_float64() -> None:
    """Integer arrays are promoted as NumPy does: the half of 1 is not 0."""
    assert_exact(squared_error(np.array([1]), np.array([2])), np.array(0.5), "float64")


def test_squared_error_of_nothing() -> None:
    """The sum over no elements is 0, and in object arrays no float."""
    assert_exact(squared_error(np.zeros((0, 3)), np.zeros((0, 3))), np.array(0.0), "float64")
    nothing = np.empty((0, 3), object)
    error = squared_error(nothing, nothing)
    assert error == 0
    assert not isinstance(error.item(), float)


def test_single_values_stay_arrays() -> None:
    """An output without axes gives a gradient without axes, as an array."""
    assert isinstance(
        squared_error_backward(np.array(2.0), np.array(3.0), np.array(1.0)), np.ndarray
    )


def test_squared_error_of_nan() -> None:
    """NaN in an output is NaN in the sum, and in its own gradient only."""
    y, t = np.array([1.0, np.nan]), np.array([0.0, 0.0])
    assert np.isnan(squared_error(y, t))
    np.testing.assert_array_equal(squared_error_backward(np.array(2.0), y, t), [2, np.nan])

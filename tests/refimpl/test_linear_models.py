"""Perceptron, logistic and softmax regression: what D1.2 and D1.3 say of them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import reals
import sympy
from plain import ELEMENTS, assert_exact, assert_same, dot, draw, fractions, frozen
from reals import Real, assert_agree, context
from reals import reals as as_reals

from refimpl import (
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_backward,
    cross_entropy,
    descend,
    linear,
    linear_backward,
    linear_models,
    log_likelihood,
    log_likelihood_backward,
    logistic_regression,
    perceptron,
    perceptron_loss,
    perceptron_loss_backward,
    softmax_regression,
)
from refimpl.sums import matmul

mp = context

# --- the models ---------------------------------------------------------------------------


def test_perceptron(rng: np.random.Generator) -> None:
    """D1.2, D1.3: sign(Θx + b), counted out in fractions, without a bias, too."""
    x, weight, bias = draw(rng, (5, 3)), draw(rng, (4, 3)), draw(rng, (4,))
    for b, given in ((bias, (bias,)), (fractions([0] * 4), ())):
        y = perceptron(x, weight, *given)
        for n, k in np.ndindex(5, 4):
            score = sum(weight[k, j] * x[n, j] for j in range(3)) + b[k]
            assert y[n, k] == (score > 0) - (score < 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_are_rounded_once(monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    """Products of float32 are float64 until they are a score; those of float64 are not copied."""
    products: list[np.ndarray] = []
    monkeypatch.setattr(
        linear_models, "matmul", lambda a, b: products.append(matmul(a, b)) or products[-1]
    )
    score = linear_models._score("here", np.ones((2, 3), dtype), np.ones((4, 3), dtype), None)
    assert score.dtype == dtype
    assert [made.dtype.name for made in products] == ["float64"]
    assert np.shares_memory(score, products[0]) == (dtype == "float64")


def test_logistic_regression(rng: np.random.Generator) -> None:
    """D1.2: 1/(1 + e^(−θᵀx − b)), to 40 digits."""
    x, weight, bias = (reals.draw(rng, shape) for shape in ((5, 3), (2, 3), (2,)))
    scores = (x @ weight.T + bias).ravel()
    expected = [1 / (1 + mp.exp(-s.value)) for s in scores]
    y = logistic_regression(x, weight, bias)
    assert_agree(y, np.array(expected, object).reshape(5, 2))
    assert_agree(logistic_regression(x, weight), logistic_regression(x, weight, bias * 0))


def test_softmax_regression(rng: np.random.Generator) -> None:
    """D1.2: e^(θ_kᵀx + b_k) by the sum over the classes, to 40 digits."""
    x, weight, bias = (reals.draw(rng, shape) for shape in ((5, 3), (4, 3), (4,)))
    powers = np.vectorize(lambda s: mp.exp(s.value), otypes=[object])(x @ weight.T + bias)
    assert_agree(softmax_regression(x, weight, bias), powers / powers.sum(axis=1, keepdims=True))
    assert_agree(softmax_regression(x, weight), softmax_regression(x, weight, bias * 0))


def test_two_classes_are_a_logistic_regression(rng: np.random.Generator) -> None:
    """D1.2: softmax regression of two classes is logistic regression on the difference."""
    x, weight, bias = (reals.draw(rng, shape) for shape in ((5, 3), (2, 3), (2,)))
    both = softmax_regression(x, weight, bias)
    of_first = logistic_regression(x, weight[:1] - weight[1:], bias[:1] - bias[1:])
    assert_agree(both[:, :1], of_first)
    assert_agree(both[:, 1:], 1 - of_first)
    t = as_reals(np.asarray(rng.integers(0, 5, (5,))).astype(object)) / 4
    score = linear(x, weight[:1] - weight[1:], bias[:1] - bias[1:])[:, 0]
    loss = cross_entropy(linear(x, weight, bias), np.stack([t, 1 - t], axis=1))
    assert_agree(binary_cross_entropy_with_logits(score, t), loss)


@pytest.mark.parametrize("model", [perceptron, logistic_regression, softmax_regression])
def test_features_that_disagree_are_refused(model: Any) -> None:
    """The layer says what is wrong."""
    with pytest.raises(ValueError) as info:  # noqa: PT011 (the whole text follows)
        model(np.zeros((5, 3)), np.zeros((2, 4)), np.zeros(2))
    said = "x has 3 features, but weight expects 4 (x (5, 3), weight (2, 4))"
    assert str(info.value) == f"{model.__name__}: {said}"


# --- perceptron_loss ----------------------------------------------------------------------


def labels(rng: np.random.Generator, shape: Any, elements: str = "fraction") -> Any:
    signs = rng.choice([-1, 1], shape)
    return frozen(fractions(signs) if elements == "fraction" else np.asarray(signs, elements))


@pytest.mark.parametrize("elements", ELEMENTS)
@pytest.mark.parametrize("shape", [(), (9,), (3, 7)])
def test_perceptron_loss(rng: np.random.Generator, elements: str, shape: Any) -> None:
    """Σ max(0, −t·s), counted out; right answers and the hyperplane cost nothing."""
    score, target = draw(rng, shape, elements), labels(rng, shape, elements)
    terms = zip(fractions(score).flat, fractions(target).flat, strict=True)
    expected = sum((-t * s for s, t in terms if t * s < 0), Fraction(0))
    assert_exact(perceptron_loss(score, target), np.array(expected), elements)


@pytest.mark.parametrize("elements", ELEMENTS)
@pytest.mark.parametrize("at_zero", [0, 1, Fraction(1, 2)], ids=str)
def test_perceptron_loss_backward(elements: str, at_zero: Any) -> None:
    """−t·dy on the wrong side, 0 on the right one, at_zero of −t·dy on the hyperplane."""
    score, target, dy = ([3, -3, 0, 2, -2, 0], [1, 1, 1, -1, -1, -1], 6)
    arrays = [np.array(a) for a in (dy, score, target)]
    arrays = [fractions(a) if elements == "fraction" else a.astype(elements) for a in arrays]
    expected = fractions([0, -6, -6 * at_zero, 6, 0, 6 * at_zero])
    assert_exact(perceptron_loss_backward(*arrays, at_zero), expected, elements)


def test_perceptron_loss_derivative(rng: np.random.Generator) -> None:
    """Off the hyperplane the loss changes by ⟨dscore, step⟩, exactly."""
    score = draw(rng, (4, 5)) + Fraction(1, 11)
    target, step, dy = labels(rng, (4, 5)), draw(rng, (4, 5)) / 1000, draw(rng, ())
    moved = perceptron_loss(score + step, target) - perceptron_loss(score, target)
    assert dy * moved == dot(perceptron_loss_backward(dy, score, target), step)


def test_perceptron_loss_of_nothing_and_of_nan() -> None:
    """Nothing costs 0, and no float among objects; NaN costs NaN."""
    assert_exact(perceptron_loss(np.zeros((0, 3)), np.zeros((0, 3))), np.array(0.0), "float64")
    nothing = np.empty(0, object)
    assert not isinstance(perceptron_loss(nothing, nothing).item(), float)
    assert perceptron_loss_backward(np.array(1, object), nothing, nothing).shape == (0,)
    assert np.isnan(perceptron_loss(np.array([np.nan, 1.0]), np.array([1.0, 1.0])))


# --- what a perceptron can learn ----------------------------------------------------------

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
AND, OR, XOR = [-1, -1, -1, 1], [-1, 1, 1, 1], [-1, 1, 1, -1]
State = tuple[int, ...]


def descent(target: list[int]) -> Iterator[tuple[State, int]]:
    """D1.2: gradient descent on the perceptron criterion, from 0, at a rate of 1, in integers.

    Yields the weights with the bias, and how many corners are on the wrong side.
    """
    x, t, one = fractions(CORNERS), fractions(target)[:, None], fractions(1)
    weight, bias = fractions([[0, 0]]), fractions([0])
    while True:
        score = linear(x, weight, bias)
        yield (*map(int, weight[0]), int(bias[0])), int(np.sum(perceptron(x, weight, bias) != t))
        dscore = perceptron_loss_backward(one, score, t, at_zero=1)
        _, dweight, dbias = linear_backward(dscore, x, weight)
        weight, bias = descend(weight, dweight, 1), descend(bias, dbias, 1)


def outcome(target: list[int]) -> tuple[str, list[int]]:
    """ "learned", or "cycles" once weights come back: they then come back for ever.

    And the numbers of mistakes, of the whole way or of the cycle.
    """
    seen: dict[State, int] = {}
    mistakes: list[int] = []
    for state, wrong in descent(target):
        if state in seen:
            return "cycles", mistakes[seen[state] :]
        seen[state] = len(mistakes)
        mistakes.append(wrong)
        if not wrong:
            return "learned", mistakes
    raise AssertionError("descent ends only by itself")


@pytest.mark.parametrize("target", [AND, OR], ids=["and", "or"])
def test_a_perceptron_learns_and_and_or(target: list[int]) -> None:
    """D1.3: what a line separates is learned, after some steps."""
    end, mistakes = outcome(target)
    assert end == "learned"
    assert len(mistakes) > 1


def test_a_perceptron_never_learns_xor() -> None:
    """D1.3: the weights come back, with a mistake at every step of the cycle: no limit helps."""
    end, mistakes = outcome(XOR)
    assert end == "cycles"
    assert min(mistakes) > 0


def contradicts(target: list[int]) -> bool:
    """Whether the four inequalities t·(θᵀx + b) > 0, added up, say 0 > 0: no θ, b then holds."""
    a, b, c = sympy.symbols("theta1 theta2 b")
    score = linear(
        np.array(CORNERS.astype(object)) * sympy.Integer(1), np.array([[a, b]]), np.array([c])
    )[:, 0]
    return bool(sympy.expand(sum(t * s for t, s in zip(target, score, strict=True))) == 0)


def test_no_line_separates_xor() -> None:
    """D1.3: −b, θ₁ + b, θ₂ + b and −θ₁ − θ₂ − b cannot all be positive: their sum is 0."""
    assert contradicts(XOR)
    assert not contradicts(AND)


def test_all_functions_of_two_bits() -> None:
    """A perceptron learns every function of two bits whose inequalities do not contradict: 14."""
    functions = [list(target) for target in product((-1, 1), repeat=4)]
    learned = [target for target in functions if outcome(target)[0] == "learned"]
    assert len(learned) == 14
    assert [t for t in functions if t not in learned] == [t for t in functions if contradicts(t)]


def test_two_layers_compute_xor() -> None:
    """D1.3: XOR is the AND of OR and NAND, each a perceptron."""
    hidden = perceptron(CORNERS, np.array([[2.0, 2.0], [-2.0, -2.0]]), np.array([-1.0, 3.0]))
    assert_same(perceptron(hidden, np.array([[1.0, 1.0]]), np.array([-1.0]))[:, 0], XOR)


def test_at_zero_nothing_is_learned_from_zero() -> None:
    """With torch's derivative of the maximum, 0, weights that are 0 stay 0; Rosenblatt's move."""
    score, t = np.zeros(4), np.array(AND)
    assert not perceptron_loss_backward(np.array(1.0), score, t).any()
    assert_same(perceptron_loss_backward(np.array(1.0), score, t, at_zero=1), -t)


# --- log_likelihood -----------------------------------------------------------------------


def targets(rng: np.random.Generator, shape: Any) -> Any:
    return np.asarray(as_reals(np.asarray(rng.integers(0, 8, shape)).astype(object)) / 7)


@pytest.mark.parametrize("shape", [(), (5,), (2, 3, 4)])
def test_log_likelihood(rng: np.random.Generator, shape: Any) -> None:
    """Σ t·log o + (1 − t)·log(1 − o) with o = σ(z), to 40 digits; minus it is the loss."""
    z, t = reals.draw(rng, shape, 20), targets(rng, shape)
    expected = mp.mpf(0)
    for place in np.ndindex(shape):
        o = 1 / (1 + mp.exp(-z[place].value))
        expected += t[place].value * mp.log(o) + (1 - t[place].value) * mp.log(1 - o)
    assert_agree(log_likelihood(z, t), np.array(expected))
    assert_agree(log_likelihood(z, t), -binary_cross_entropy_with_logits(z, t, "sum"))


def test_log_likelihood_is_a_probability() -> None:
    """e^ℓ is the probability of all labels together, a product: 3/4 · 3/4 · 1/4."""
    z, t = as_reals([mp.log(3)] * 3), as_reals([1, 1, 0])
    assert_agree(np.exp(log_likelihood(z, t)), np.array(mp.mpf(9) / 64))


def test_log_likelihood_backward_is_the_derivative(rng: np.random.Generator) -> None:
    """⟨dlogits, v⟩ is the likelihood's own slope along v, to 40 digits."""
    z, v, t, dy = *(reals.draw(rng, (4, 3)) for _ in range(2)), targets(rng, (4, 3)), as_reals(3)
    expected = reals.slope(lambda z: log_likelihood(z, t), dy, z, v)
    dlogits = log_likelihood_backward(dy, z, t)
    assert_agree(np.array(Real(reals.dot(dlogits, v))), np.array(expected))
    with pytest.raises(AssertionError):
        assert_agree(np.array(Real(-reals.dot(dlogits, v))), np.array(expected))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rate", [0.25, 0.1])
def test_ascent_is_descent(rng: np.random.Generator, dtype: str, rate: float) -> None:
    """D1.2: a step up the likelihood and a step down the loss give the same weights, every bit."""
    x, weight, bias = (rng.normal(size=s).astype(dtype) for s in ((20, 5), (3, 5), (3,)))
    t = rng.random((20, 3)).astype(dtype)
    z, one, alpha = linear(x, weight, bias), np.array(1, dtype), np.dtype(dtype).type(rate)
    up = linear_backward(log_likelihood_backward(one, z, t), x, weight)
    down = linear_backward(binary_cross_entropy_with_logits_backward(one, z, t, "sum"), x, weight)
    for value, ascent, descent in (
        (weight, up.dweight, down.dweight),
        (bias, up.dbias, down.dbias),
    ):
        assert ascent.any()
        assert_exact(value + alpha * ascent, descend(value, descent, rate), dtype)
        moved = value + alpha * ascent
        assert np.all(moved != value)
        with pytest.raises(AssertionError):
            assert_same(descend(value, ascent, rate), moved)  # the wrong way


def test_ascent_is_descent_in_letters() -> None:
    """D1.2: ℓ = −loss and ∂ℓ/∂θ = Σ (t − σ)·x = −∂loss/∂θ, whatever t, θ, x and b are."""
    theta, x, b, t = sympy.symbols("theta x b t", real=True)
    o = 1 / (1 + sympy.exp(-(theta * x + b)))
    likelihood = t * sympy.log(o) + (1 - t) * sympy.log(1 - o)
    assert sympy.simplify(sympy.diff(likelihood, theta) - (t - o) * x) == 0
    assert sympy.simplify(sympy.diff(likelihood, b) - (t - o)) == 0
    up = linear_backward(np.array([[t - o]]), np.array([[x]]), np.array([[theta]]))
    down = linear_backward(np.array([[o - t]]), np.array([[x]]), np.array([[theta]]))
    assert sympy.expand(up.dweight[0, 0] + down.dweight[0, 0]) == 0
    assert sympy.simplify(up.dweight[0, 0] - sympy.diff(likelihood, theta)) == 0


def test_one_step_makes_the_labels_likelier(rng: np.random.Generator) -> None:
    """D1.2: a small step up the likelihood raises it, a step the other way lowers it."""
    x, weight = reals.draw(rng, (6, 3)), reals.draw(rng, (1, 3))
    t = as_reals(np.asarray(rng.integers(0, 2, (6, 1))).astype(object))
    dlogits = log_likelihood_backward(as_reals(1), linear(x, weight), t)
    step = linear_backward(dlogits, x, weight).dweight / 1000
    before = log_likelihood(linear(x, weight), t).item()
    assert log_likelihood(linear(x, weight + step), t).item() > before
    assert log_likelihood(linear(x, weight - step), t).item() < before


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_is_kept(dtype: str) -> None:
    """Values and gradients have the dtype they were given, and are arrays."""
    z, one = np.array([2, -3], dtype), np.array(1, dtype)
    for value, gradient in (
        (
            log_likelihood(z, np.array([1, 0], dtype)),
            log_likelihood_backward(one, z, np.array([1, 0], dtype)),
        ),
        (
            perceptron_loss(z, np.array([1, 1], dtype)),
            perceptron_loss_backward(one, z, np.array([1, 1], dtype)),
        ),
    ):
        assert isinstance(value, np.ndarray)
        assert value.dtype == gradient.dtype == dtype


def test_log_likelihood_far_out() -> None:
    """±10⁴: certain and right is a likelihood of 1, certain and wrong e^(−10⁴), no warning."""
    z = np.array([1e4, -1e4])
    assert_same(log_likelihood(z, np.array([1, 0])), np.array(0.0))
    assert_same(log_likelihood(z, np.array([0, 1])), np.array(-2e4))
    assert_same(log_likelihood(np.array([-np.inf]), np.array([1.0])), np.array(-np.inf))
    assert_same(log_likelihood_backward(np.array(1.0), z, np.array([0, 1])), [-1.0, 1.0])


def test_log_likelihood_of_nothing() -> None:
    """No labels are certain: 0; and no float among objects."""
    assert_exact(log_likelihood(np.zeros((0, 3)), np.zeros((0, 3))), np.array(0.0), "float64")
    nothing = np.empty(0, object)
    assert not isinstance(log_likelihood(nothing, nothing).item(), float)
    assert log_likelihood_backward(np.array(1, object), nothing, nothing).shape == (0,)


def test_sigmoid_values_as_fractions() -> None:
    """(t − o)·x and (o − t)·x are each other's negatives for any o: a step ±α apart, exactly."""
    o, t = fractions([Fraction(1, 3), Fraction(5, 7)])[:, None], fractions([1, 0])[:, None]
    x, weight = fractions([[2, -3], [5, 1]]), fractions([[Fraction(1, 2), 4]])
    up, down = (linear_backward(d, x, weight).dweight for d in (t - o, o - t))
    rate = Fraction(2, 9)
    assert_exact(weight + rate * up, descend(weight, down, rate), "fraction")

"""The fully connected layer and the rasterisation."""

from typing import Any

import numpy as np
import pytest
import sympy
from plain import ELEMENTS, assert_exact, assert_same, blank, dot, draw, fractions

from refimpl import flatten, flatten_backward, linear, linear_backward

# --- fully connected ----------------------------------------------------------------------


def test_letters() -> None:
    """D2.20: Z₄₁ = A₃₁W₃₁₁ + A₃₂W₃₂₁ + A₃₃W₃₃₁ + B₄₁; D2's W_3jk stands at weight[k, j]."""
    a, w, b = (np.array(sympy.symbols(names)) for names in ("A31:34", "W3(1:4)(1:3)", "B41:43"))
    z = linear(a[None], w.reshape(3, 2).T, b)
    assert z.shape == (1, 2)
    assert z[0, 0] == sympy.sympify("A31*W311 + A32*W321 + A33*W331 + B41")
    assert z[0, 1] == sympy.sympify("A31*W312 + A32*W322 + A33*W332 + B42")


def test_gradients_as_printed() -> None:
    """D2.21, D2.22: DA_j = Σ_k DZ_k W_jk, DW_jk = DZ_k A_j, DB_k = DZ_k."""
    a, w, dz = (np.array(sympy.symbols(names)) for names in ("a:3", "w(:3)(:2)", "d:2"))
    w = w.reshape(3, 2)
    dx, dweight, dbias = linear_backward(dz[None], a[None], w.T)
    for j in range(3):
        assert dx[0, j] == sum(dz[k] * w[j, k] for k in range(2))
        assert [dweight[k, j] for k in range(2)] == [dz[k] * a[j] for k in range(2)]
    assert dbias.tolist() == dz.tolist()


def test_matrix_form(rng: np.random.Generator) -> None:
    """D1.8, D1.9, D0.10: ∂E/∂Θ = δ oᵀ, ∂E/∂b = δ, the residual below is Θᵀ δ."""
    delta, o, theta = draw(rng, (4,)), draw(rng, (3,)), draw(rng, (4, 3))
    grads = linear_backward(delta[None], o[None], theta)
    assert_same(grads.dweight, np.outer(delta, o))
    assert_same(grads.dbias, delta)
    assert_same(grads.dx[0], theta.T @ delta)


LEADS = pytest.mark.parametrize("lead", [(), (2,), (2, 5), (0,)], ids=str)


@LEADS
@pytest.mark.parametrize("elements", ELEMENTS)
def test_forward(rng: np.random.Generator, lead: Any, elements: str) -> None:
    """y[…,k] = bias[k] + Σ_j x[…,j] · weight[k,j], whatever axes stand in front."""
    x, weight, bias = (draw(rng, s, elements) for s in ((*lead, 3), (4, 3), (4,)))
    expected, a, w = blank((*lead, 4)), fractions(x), fractions(weight)
    for *n, k in np.ndindex(*lead, 4):
        expected[*n, k] = sum(a[*n, j] * w[k, j] for j in range(3))
    assert_exact(linear(x, weight), expected, elements)
    assert_exact(linear(x, weight, bias), expected + fractions(bias), elements)


@LEADS
@pytest.mark.parametrize("elements", ELEMENTS)
def test_backward(rng: np.random.Generator, lead: Any, elements: str) -> None:
    """dweight and dbias collect over every axis in front, dx keeps them."""
    dy, x, weight = (draw(rng, s, elements) for s in ((*lead, 4), (*lead, 3), (4, 3)))
    expected = blank(x.shape), blank((4, 3)), blank((4,))
    d, a, w = map(fractions, (dy, x, weight))
    for n in np.ndindex(*lead):
        for k in range(4):
            expected[2][k] += d[*n, k]
            for j in range(3):
                expected[0][*n, j] += d[*n, k] * w[k, j]
                expected[1][k, j] += d[*n, k] * a[*n, j]
    grads = linear_backward(dy, x, weight)
    for actual, sums in zip(grads, expected, strict=True):
        if 0 in lead and elements == "fraction":  # sums of no elements: the integer 0
            assert_same(actual, sums)
        else:
            assert_exact(actual, sums, elements)


def test_backward_is_the_derivative(rng: np.random.Generator) -> None:
    """⟨dy, y⟩ changes by ⟨gradient, step⟩, exactly, for a step in each argument."""
    arrays = [draw(rng, s) for s in ((2, 3), (4, 3), (4,))]
    dy, steps = draw(rng, (2, 4)), [draw(rng, s) for s in ((2, 3), (4, 3), (4,))]
    grads = linear_backward(dy, *arrays[:2])
    for i, (gradient, step) in enumerate(zip(grads, steps, strict=True)):
        moved = [a + step if i == j else a for j, a in enumerate(arrays)]
        assert dot(dy, linear(*moved) - linear(*arrays)) == dot(gradient, step)


def test_gradient_by_the_wrong_variable_is_seen(rng: np.random.Generator) -> None:
    """dy with the weight turned round, a mistake that fits square sizes, is another dx."""
    dy, x, weight = draw(rng, (2, 3)), draw(rng, (2, 3)), draw(rng, (3, 3))
    with pytest.raises(AssertionError):
        assert_same(linear_backward(dy, x, weight).dx, dy @ weight.T)


def test_reversed_views(rng: np.random.Generator) -> None:
    """Layout changes nothing."""
    dy, x, weight = (draw(rng, s, "float64") for s in ((2, 4), (2, 3), (4, 3)))
    views = [np.flip(np.flip(a).copy()) for a in (dy, x, weight)]
    for actual, expected in zip(
        linear_backward(*views), linear_backward(dy, x, weight), strict=True
    ):
        assert_same(actual, expected)


def test_no_features() -> None:
    """A sum over no features is 0."""
    y = linear(np.zeros((2, 0)), np.zeros((3, 0)), np.array([1.0, 2.0, 3.0]))
    assert_same(y, [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])


def test_integers_become_float64() -> None:
    """Integer arrays are promoted as NumPy does."""
    y = linear(np.array([[1, 2]]), np.array([[3, 4]]), np.array([5]))
    assert_exact(y, [[16]], "float64")


def test_nan_stays_in_its_sample() -> None:
    """NaN in one sample shows in that sample's outputs, all of them, and in no other."""
    y = linear(np.array([[1.0, np.nan], [1.0, 2.0]]), np.ones((3, 2)))
    np.testing.assert_array_equal(y, [[np.nan] * 3, [3.0] * 3])


# --- rasterisation ------------------------------------------------------------------------


def test_order() -> None:
    """D1.19: x₁₁₁, x₁₁₂, …, x₁₁ₙ, x₁₂₁, …, x₁ₘₙ, …, xⱼₘₙ: row by row, map by map."""
    x = np.array(
        [sympy.Symbol(f"x{j}{m}{n}") for j in (1, 2) for m in (1, 2, 3) for n in (1, 2)]
    ).reshape(1, 2, 3, 2)
    names = [str(symbol) for symbol in flatten(x)[0]]
    assert names == [f"x{j}{m}{n}" for j in (1, 2) for m in (1, 2, 3) for n in (1, 2)]


@pytest.mark.parametrize("elements", ELEMENTS)
def test_flatten(rng: np.random.Generator, elements: str) -> None:
    """y[n, (c·H + h)·W + w] = x[n,c,h,w], and the gradient takes the same way back."""
    x = draw(rng, (2, 3, 4, 5), elements)
    dy = draw(rng, (2, 60), elements)
    y, dx = flatten(x), flatten_backward(dy, x)
    assert y.shape == (2, 60)
    for n, c, h, w in np.ndindex(x.shape):
        assert y[n, (c * 4 + h) * 5 + w] == x[n, c, h, w]
        assert dx[n, c, h, w] == dy[n, (c * 4 + h) * 5 + w]
    assert_exact(flatten_backward(y, x), x, elements)


def test_flatten_a_transposed_image(rng: np.random.Generator) -> None:
    """The order is that of the axes, not that of memory."""
    x = draw(rng, (2, 3, 4), "float64").T
    assert_same(
        flatten(x), np.array([[x[i, j, k] for j in range(3) for k in range(2)] for i in range(4)])
    )


@pytest.mark.parametrize("shape", [(0, 3, 4), (2, 0, 4), (3,)], ids=str)
def test_flatten_of_little(shape: Any) -> None:
    """No samples, empty maps, samples that are single numbers."""
    x = np.ones(shape)
    y = flatten(x)
    assert y.shape == (shape[0], int(np.prod(shape[1:])))
    assert flatten_backward(y, x).shape == shape

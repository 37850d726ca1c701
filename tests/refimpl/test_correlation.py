"""Correlation, convolution and D1's layer against scipy, the documents, and exact derivatives."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import scipy.signal
import sympy
from plain import ELEMENTS, assert_exact, assert_same, blank, dot, draw, fractions, frozen

import refimpl
from refimpl import (
    conv2d,
    convolve2d,
    convolve2d_backward,
    correlate2d,
    correlate2d_backward,
    rot180,
    rot180_backward,
    shared_conv2d,
    shared_conv2d_backward,
)

MODES = ("full", "same", "valid")
EVERY_MODE = pytest.mark.parametrize("mode", MODES)
FUNCTIONS = {"correlate2d": scipy.signal.correlate2d, "convolve2d": scipy.signal.convolve2d}
EVERY_FUNCTION = pytest.mark.parametrize("name", FUNCTIONS)
EVERY_ELEMENT = pytest.mark.parametrize("elements", ELEMENTS)

# Odd and even kernels, kernels larger than a on one axis or on both.
SIZES = [(5, 4), (4, 6), (1, 3), (3, 1), (2, 2)]
KERNELS = [(1, 1), (2, 3), (3, 2), (3, 3), (4, 4), (2, 7), (6, 1), (5, 6), (1, 2)]


def fits(a: tuple[int, ...], kernel: tuple[int, ...], mode: str) -> bool:
    """Whether scipy gives an answer: in "valid" one must hold the other."""
    H, W = a[-2:]
    return mode != "valid" or (H - kernel[0]) * (W - kernel[1]) >= 0


# --- against scipy ------------------------------------------------------------------------


@EVERY_FUNCTION
@EVERY_MODE
@pytest.mark.parametrize("kernel", KERNELS, ids=str)
@pytest.mark.parametrize("a", SIZES, ids=str)
def test_matrices_as_in_scipy(
    rng: np.random.Generator, a: tuple[int, int], kernel: tuple[int, int], mode: str, name: str
) -> None:
    """The same numbers as scipy.signal, or ValueError where scipy raises it, too."""
    x, weight = draw(rng, a, "float64"), draw(rng, kernel, "float64")
    ours, theirs = getattr(refimpl, name), FUNCTIONS[name]
    if fits(a, kernel, mode):
        assert_exact(ours(x, weight, mode), theirs(x, weight, mode), "float64")
    else:
        for function in (ours, theirs):
            with pytest.raises(ValueError, match="'valid'"):
                function(x, weight, mode)


def test_the_comparison_can_fail(rng: np.random.Generator) -> None:
    """A kernel that is not turned, and the other middle of an even kernel, are seen."""
    a, kernel = draw(rng, (5, 4), "float64"), draw(rng, (2, 4), "float64")
    for ours, theirs in (
        (correlate2d(a, kernel), scipy.signal.convolve2d(a, kernel)),
        (correlate2d(a, rot180(kernel), "same"), scipy.signal.convolve2d(a, kernel, "same")),
    ):
        with pytest.raises(AssertionError):
            assert_same(ours, theirs)


@EVERY_FUNCTION
@EVERY_MODE
@pytest.mark.parametrize("special", [np.inf, np.nan])
@pytest.mark.parametrize("a", [(5, 6), (2, 3)], ids=str)
def test_special_kernels_as_in_scipy(
    rng: np.random.Generator, a: tuple[int, int], special: float, mode: str, name: str
) -> None:
    """Inside "valid" no padding meets an infinite weight, also where a slides in the kernel."""
    x, weight = rng.uniform(1, 2, a), rng.normal(size=(4, 4))
    weight[1, 2] = special
    with np.errstate(invalid="ignore"):
        y = getattr(refimpl, name)(x, weight, mode)
    if mode == "valid":
        np.testing.assert_array_equal(np.isnan(y), np.isnan(FUNCTIONS[name](x, weight, mode)))
        np.testing.assert_array_equal(np.isinf(y), np.isinf(FUNCTIONS[name](x, weight, mode)))
    else:
        assert np.isnan(y).any()


@EVERY_FUNCTION
def test_full_is_the_default(rng: np.random.Generator, name: str) -> None:
    """As in scipy, also for the gradients."""
    a, kernel = draw(rng, (4, 5)), draw(rng, (3, 2))
    function, backward = getattr(refimpl, name), getattr(refimpl, f"{name}_backward")
    y = function(a, kernel)
    assert_same(y, function(a, kernel, "full"))
    dy = draw(rng, y.shape)
    for found, expected in zip(
        backward(dy, a, kernel), backward(dy, a, kernel, "full"), strict=True
    ):
        assert_same(found, expected)


# --- against loops ------------------------------------------------------------------------


def full_loops(a: Any, kernel: Any) -> Any:
    """D1.14: (a ∗ kernel)(m, n) = Σ_u Σ_v a(u, v) · kernel(m − u, n − v)."""
    a, kernel = fractions(a), fractions(kernel)
    (H, W), (K_h, K_w) = a.shape, kernel.shape
    y = blank((H + K_h - 1, W + K_w - 1))
    for m, n, u, v in product(range(H + K_h - 1), range(W + K_w - 1), range(H), range(W)):
        if 0 <= m - u < K_h and 0 <= n - v < K_w:
            y[m, n] += a[u, v] * kernel[m - u, n - v]
    return y


@EVERY_ELEMENT
def test_convolution_is_its_definition(rng: np.random.Generator, elements: str) -> None:
    """D1.14, D1.15: "full" is the sum itself, "valid" the places where nothing hangs over."""
    a, kernel = draw(rng, (6, 5), elements), draw(rng, (3, 2), elements)
    expected = full_loops(a, kernel)
    assert_exact(convolve2d(a, kernel), expected, elements)
    assert_exact(convolve2d(a, kernel, "valid"), expected[2:6, 1:5], elements)
    assert_exact(convolve2d(a, kernel, "same"), expected[1:7, :5], elements)


@EVERY_ELEMENT
def test_correlation_is_its_definition(rng: np.random.Generator, elements: str) -> None:
    """D4.1: S(i, j) = Σ_m Σ_n X(i + m, j + n) · W(m, n)."""
    a, kernel = draw(rng, (6, 5), elements), draw(rng, (3, 2), elements)
    x, w, y = fractions(a), fractions(kernel), blank((4, 4))
    for i, j, m, n in product(range(4), range(4), range(3), range(2)):
        y[i, j] += x[i + m, j + n] * w[m, n]
    assert_exact(correlate2d(a, kernel, "valid"), y, elements)


@EVERY_FUNCTION
@EVERY_MODE
@pytest.mark.parametrize("a", [(2, 3, 5, 4), (4, 2, 3), (0, 4, 3)], ids=str)
def test_a_batch_is_its_matrices(
    rng: np.random.Generator, a: tuple[int, ...], mode: str, name: str
) -> None:
    """Each matrix with the kernel; dkernel is the sum over them."""
    function, backward = getattr(refimpl, name), getattr(refimpl, f"{name}_backward")
    x, kernel = draw(rng, a), draw(rng, (4, 3))
    y = function(x, kernel, mode)
    dy = draw(rng, y.shape)
    da, dkernel = backward(dy, x, kernel, mode)
    dsum = blank((4, 3))
    for place in np.ndindex(*a[:-2]):
        assert_same(y[place], function(x[place], kernel, mode))
        alone = backward(dy[place], x[place], kernel, mode)
        assert_same(da[place], alone.da)
        dsum = dsum + alone.dkernel
    assert da.shape == a
    assert_same(dkernel, dsum)


def inner(a: Any, b: Any) -> Any:
    """⟨a, b⟩ of numbers of any type."""
    return dot(fractions(a), fractions(b))


# --- gradients ----------------------------------------------------------------------------


@EVERY_FUNCTION
@EVERY_MODE
@EVERY_ELEMENT
@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_gradients_are_the_derivative(
    rng: np.random.Generator, kernel: tuple[int, int], elements: str, mode: str, name: str
) -> None:
    """⟨dy, f(v, k)⟩ = ⟨da, v⟩ and ⟨dy, f(a, v)⟩ = ⟨dkernel, v⟩, exactly: f is bilinear."""
    function, backward = getattr(refimpl, name), getattr(refimpl, f"{name}_backward")
    shape = (2, 4, 5)
    if not fits(shape, kernel, mode):
        return
    a, weight = draw(rng, shape, elements), draw(rng, kernel, elements)
    other, tap = draw(rng, shape, elements), draw(rng, kernel, elements)
    dy = draw(rng, function(a, weight, mode).shape, elements)
    da, dkernel = backward(dy, a, weight, mode)
    assert (da.shape, dkernel.shape) == (shape, kernel)
    assert inner(dy, function(other, weight, mode)) == inner(da, other)
    assert inner(dy, function(a, tap, mode)) == inner(dkernel, tap)


def letters(name: str, rows: int, columns: int) -> Any:
    """A11, A12, … as a matrix of symbols."""
    return np.array(
        [[sympy.Symbol(f"{name}{i}{j}") for j in range(1, columns + 1)] for i in range(1, rows + 1)]
    )


def assert_equal_terms(actual: Any, expected: Any) -> None:
    assert actual.shape == np.shape(expected)
    assert {sympy.expand(a - e) for a, e in zip(actual.flat, np.ravel(expected), strict=True)} == {
        0
    }


def test_the_first_neuron_in_letters() -> None:
    """D1.24: with δ₁₁ alone, ∂E/∂θ₁₁ = δ₁₁ o₂₂, …: the kernel is turned."""
    o, theta, delta = letters("o", 3, 3), letters("t", 2, 2), blank((2, 2))
    delta[0, 0] = sympy.Symbol("d11")
    found = convolve2d_backward(delta, o, theta, "valid").dkernel
    assert_equal_terms(found, [[delta[0, 0] * e for e in r] for r in rot180(o[:2, :2])])
    unturned = correlate2d_backward(delta, o, theta, "valid").dkernel
    assert_equal_terms(unturned, [[delta[0, 0] * e for e in r] for r in o[:2, :2]])


def test_a_frame_of_zeros() -> None:
    """D2.25: DA = (DZ in a frame of zeros) ⊗ (W turned), which is the full convolution."""
    weight, dz, a = letters("W", 3, 3), letters("DZ", 2, 2), letters("A", 4, 4)
    da = correlate2d_backward(dz, a, weight, "valid").da
    assert_equal_terms(da, correlate2d(dz, rot180(weight), "full"))
    assert_equal_terms(da, convolve2d(dz, weight))


def test_nine_neurons() -> None:
    """D1.13: neuron (1, 1) sums θ_(n−i)(n−j) x_ij, the last weight with the first pixel."""
    y = convolve2d(letters("x", 5, 5), letters("t", 3, 3), "valid")
    assert y.shape == (3, 3)
    t, x = letters("t", 3, 3), letters("x", 5, 5)
    assert_equal_terms(y[:1, :1], [[sum(t[2 - i, 2 - j] * x[i, j] for i, j in np.ndindex(3, 3))]])


# --- rot180 -------------------------------------------------------------------------------


@EVERY_ELEMENT
@pytest.mark.parametrize("shape", [(3, 4), (2, 1, 3, 2), (0, 2, 3), (2, 0, 3)], ids=str)
def test_turned_twice_by_ninety_degrees(
    rng: np.random.Generator, shape: tuple[int, ...], elements: str
) -> None:
    """A turn by 180° is two by 90°; its gradient is turned back."""
    a, dy = draw(rng, shape, elements), draw(rng, shape, elements)
    assert_same(rot180(a), np.rot90(a, 2, axes=(-2, -1)))
    assert_same(rot180_backward(dy, a), np.rot90(dy, 2, axes=(-2, -1)))
    assert rot180(a).dtype == a.dtype


# --- the layer of D1 ----------------------------------------------------------------------

LAYERS = {
    "two maps": ((3, 2, 6, 5), (4, 3, 2)),
    "one map": ((2, 1, 5, 6), (3, 2, 4)),
    "one kernel": ((2, 3, 4, 5), (1, 4, 5)),
    "no sample": ((0, 3, 4, 5), (2, 3, 1)),
}
EVERY_LAYER = pytest.mark.parametrize(("x", "weight"), LAYERS.values(), ids=LAYERS)


@EVERY_LAYER
@EVERY_ELEMENT
def test_layer_as_printed(
    rng: np.random.Generator, x: tuple[int, ...], weight: tuple[int, ...], elements: str
) -> None:
    """D1.16: O_j = Σ_i X_i ∗_v Θ_j + b_j, one convolution for each map."""
    maps, theta, b = (draw(rng, s, elements) for s in (x, weight, weight[:1]))
    y = shared_conv2d(maps, theta, b)
    expected = blank(y.shape)
    for n, j, i in product(range(x[0]), range(weight[0]), range(x[1])):
        expected[n, j] += fractions(convolve2d(maps[n, i], theta[j], "valid"))
    assert_same(y, expected + fractions(b)[:, None, None])
    assert_same(shared_conv2d(maps, theta), expected)
    assert y.dtype == maps.dtype


@EVERY_LAYER
@EVERY_ELEMENT
def test_layer_is_a_convolution_with_repeated_kernels(
    rng: np.random.Generator, x: tuple[int, ...], weight: tuple[int, ...], elements: str
) -> None:
    """D1.16: the same kernel for each input map."""
    maps, theta = draw(rng, x, elements), draw(rng, weight, elements)
    repeated = np.repeat(rot180(theta)[:, None], x[1], axis=1)
    assert_same(shared_conv2d(maps, theta), conv2d(maps, repeated))


@EVERY_LAYER
@EVERY_ELEMENT
def test_layer_gradients_as_printed(
    rng: np.random.Generator, x: tuple[int, ...], weight: tuple[int, ...], elements: str
) -> None:
    """D1.25, D1.26, D1.27: rot180((Σ O_q) ∗_v rot180(Δ_p)), Σ Δ_p, Σ_p Δ_p ∗_f rot180(Θ_p)."""
    maps, theta = draw(rng, x, elements), draw(rng, weight, elements)
    dy = draw(rng, shared_conv2d(maps, theta).shape, elements)
    dx, dweight, dbias = shared_conv2d_backward(dy, maps, theta)
    expected_dx, expected_dweight, expected_dbias = blank(x), blank(weight), blank(weight[:1])
    for n, p in product(range(x[0]), range(weight[0])):
        delta, total = fractions(dy[n, p]), fractions(maps[n]).sum(axis=0)
        expected_dweight[p] += rot180(convolve2d(total, rot180(delta), "valid"))
        expected_dbias[p] += delta.sum()
        expected_dx[n] += convolve2d(delta, rot180(fractions(theta[p])), "full")
    assert_same(dweight, expected_dweight)
    assert_same(dbias, expected_dbias)
    assert_same(dx, expected_dx)


@EVERY_LAYER
def test_layer_gradients_are_the_derivative(
    rng: np.random.Generator, x: tuple[int, ...], weight: tuple[int, ...]
) -> None:
    """⟨dy, layer(v, Θ, 0)⟩ = ⟨dx, v⟩ and so on, exactly; with D1's factor O_q it is not."""
    maps, theta, v, t, b = (draw(rng, s) for s in (x, weight, x, weight, weight[:1]))
    dy = draw(rng, shared_conv2d(maps, theta).shape)
    dx, dweight, dbias = shared_conv2d_backward(dy, maps, theta)
    assert dot(dy, shared_conv2d(v, theta)) == dot(dx, v)
    assert dot(dy, shared_conv2d(maps, t)) == dot(dweight, t)
    assert dot(dy, shared_conv2d(maps, theta, b) - shared_conv2d(maps, theta)) == dot(dbias, b)
    if x[0]:
        assert dot(dy, shared_conv2d(v, theta)) != dot(dx * maps, v)


# --- arguments ----------------------------------------------------------------------------


def called(function: Callable[..., Any], *shapes: tuple[int, ...], dtype: Any = np.float64) -> Any:
    """The function on random read-only arrays."""
    rng = np.random.default_rng(3)
    return function(*(frozen(rng.integers(-9, 9, s).astype(dtype)) for s in shapes))


CALLS: dict[str, tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]] = {
    "correlate2d": (correlate2d, ((2, 4, 5), (3, 2))),
    "correlate2d_backward": (correlate2d_backward, ((2, 6, 6), (2, 4, 5), (3, 2))),
    "convolve2d": (convolve2d, ((2, 4, 5), (3, 2))),
    "convolve2d_backward": (convolve2d_backward, ((2, 6, 6), (2, 4, 5), (3, 2))),
    "rot180": (rot180, ((4, 5),)),
    "rot180_backward": (rot180_backward, ((4, 5), (4, 5))),
    "shared_conv2d": (shared_conv2d, ((2, 3, 4, 5), (6, 3, 2), (6,))),
    "shared_conv2d_backward": (shared_conv2d_backward, ((2, 6, 2, 4), (2, 3, 4, 5), (6, 3, 2))),
}


@pytest.mark.parametrize("name", CALLS)
def test_integers_become_float64(name: str) -> None:
    """As everywhere: int64 gives what float64 gives."""
    function, shapes = CALLS[name]
    integers, floats = called(function, *shapes, dtype=np.int64), called(function, *shapes)
    pairs = (
        zip(integers, floats, strict=True) if isinstance(floats, tuple) else [(integers, floats)]
    )
    for found, expected in pairs:
        assert_exact(found, expected, "float64")


@pytest.mark.parametrize("name", ["convolve2d", "correlate2d"])
def test_a_photograph(rng: np.random.Generator, name: str) -> None:
    """512×512 pixels with an 11×11 kernel, which scipy takes through other sums."""
    photograph = rng.integers(0, 256, (512, 512)).astype(np.float64)
    kernel = rng.integers(-9, 10, (11, 11)).astype(np.float64)
    y = getattr(refimpl, name)(photograph, kernel, "same")
    np.testing.assert_array_equal(y, FUNCTIONS[name](photograph, kernel, "same"))


def test_a_shared_kernel_may_have_no_maps() -> None:
    """Without a kernel there is nothing to give, and no gradient but 0."""
    x, weight = np.ones((2, 3, 5, 4)), np.empty((0, 2, 3))
    y = refimpl.shared_conv2d(x, weight)
    assert y.shape == (2, 0, 4, 2)
    dx, dweight, dbias = refimpl.shared_conv2d_backward(y, x, weight)
    np.testing.assert_array_equal(dx, np.zeros_like(x), strict=True)
    assert (dweight.shape, dbias.shape) == ((0, 2, 3), (0,))

"""Convolutions and their gradients against the documents, plain loops and exact derivatives."""

from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from plain import (
    ELEMENTS,
    Conv,
    assert_exact,
    assert_same,
    conv,
    conv_backward,
    dot,
    draw,
    fractions,
    frozen,
)

import refimpl
from refimpl import conv1d, conv1d_backward, conv2d, conv2d_backward, patches
from refimpl import windows as windows_module

# --- worked examples ----------------------------------------------------------------------


def letters(name: str, rows: int, columns: int) -> Any:
    """A11, A12, … as a matrix of symbols."""
    return np.array(
        [[sympy.Symbol(f"{name}{i}{j}") for j in range(1, columns + 1)] for i in range(1, rows + 1)]
    )


def terms(text: str) -> Any:
    """A sum of products as a document prints it."""
    names = set(text.replace("*", " ").replace("+", " ").split()) - {"0"}
    return sympy.sympify(text, {name: sympy.Symbol(name) for name in names})


def assert_terms(actual: Any, printed: list[list[str]]) -> None:
    """The same sums of the same products."""
    assert actual.shape == np.shape(printed)
    for element, text in zip(actual.flat, np.ravel(printed), strict=True):
        assert sympy.expand(element) == terms(str(text))


def one(matrix: Any) -> Any:
    """A matrix as a batch of one image with one channel."""
    return np.asarray(matrix)[None, None]


A, W, DZ = letters("A", 4, 4), letters("W", 3, 3), letters("DZ", 2, 2)


def test_letters_a_to_l() -> None:
    """D0.1: a 3×4 matrix by a 2×2 kernel gives 2×3, S₀₀ = aw + bx + ey + fz."""
    x = np.array([sympy.Symbol(letter) for letter in "abcdefghijkl"]).reshape(3, 4)
    weight = np.array([sympy.Symbol(letter) for letter in "wxyz"]).reshape(2, 2)
    assert_terms(
        conv2d(one(x), one(weight))[0, 0],
        [
            ["a*w + b*x + e*y + f*z", "b*w + c*x + f*y + g*z", "c*w + d*x + g*y + h*z"],
            ["e*w + f*x + i*y + j*z", "f*w + g*x + j*y + k*z", "g*w + h*x + k*y + l*z"],
        ],
    )


@pytest.mark.parametrize("elements", ELEMENTS)
def test_five_by_five(elements: str) -> None:
    """D2.1: the printed 5×5 matrix by the printed 3×3 kernel, first entry 4."""
    a = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    b = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    a, b = (fractions(m) if elements == "fraction" else np.array(m, elements) for m in (a, b))
    assert_exact(conv2d(one(a), one(b))[0, 0], [[4, 3, 4], [2, 4, 3], [2, 3, 4]], elements)


def test_two_kernels_on_a_colour_image() -> None:
    """D0.3: 5×5×3 padded by 1, two 3×3×3 kernels, stride 2: each channel of ones counts windows."""
    x = np.ones((1, 3, 5, 5)) * np.array([1.0, 10.0, 100.0])[:, None, None]
    weight = np.stack([np.ones((3, 3, 3)), -np.ones((3, 3, 3))])
    y = conv2d(x, weight, np.array([0.5, 0.0]), stride=2, padding=1)
    places = np.array([[4, 6, 4], [6, 9, 6], [4, 6, 4]])
    assert_same(y[0], np.stack([111 * places + 0.5, -111.0 * places]))


def test_colour_image_is_the_sum_of_its_channels(rng: np.random.Generator) -> None:
    """D2.2, D4.3: three windows by three kernel slices, multiplied, all summed."""
    x, weight = draw(rng, (1, 3, 5, 6)), draw(rng, (1, 3, 2, 4))
    y = sum(conv2d(x[:, [c]], weight[:, [c]]) for c in range(3))
    assert_same(conv2d(x, weight), y)


def test_four_by_four_forward() -> None:
    """D2.23: Z₁₁, Z₁₂, Z₂₁, Z₂₂ of 4×4 by 3×3, term by term."""
    z = conv2d(one(A), one(W), np.array([sympy.Symbol("b")]))[0, 0]
    assert_terms(
        z,
        [
            [
                "A11*W11 + A12*W12 + A13*W13 + A21*W21 + A22*W22 + A23*W23"
                " + A31*W31 + A32*W32 + A33*W33 + b",
                "A12*W11 + A13*W12 + A14*W13 + A22*W21 + A23*W22 + A24*W23"
                " + A32*W31 + A33*W32 + A34*W33 + b",
            ],
            [
                "A21*W11 + A22*W12 + A23*W13 + A31*W21 + A32*W22 + A33*W23"
                " + A41*W31 + A42*W32 + A43*W33 + b",
                "A22*W11 + A23*W12 + A24*W13 + A32*W21 + A33*W22 + A34*W23"
                " + A42*W31 + A43*W32 + A44*W33 + b",
            ],
        ],
    )


def test_four_by_four_weight_gradient() -> None:
    """D2.24: DW₁₁, DW₁₂, DW₂₂ as printed, and the other six by the same rule."""
    dweight = conv2d_backward(one(DZ), one(A), one(W)).dweight[0, 0]
    for (row, column), element in np.ndenumerate(dweight):
        i, j = row + 1, column + 1
        text = f"A{i}{j}*DZ11 + A{i}{j + 1}*DZ12 + A{i + 1}{j}*DZ21 + A{i + 1}{j + 1}*DZ22"
        assert sympy.expand(element) == terms(text)
    assert sympy.expand(dweight[1, 1]) == terms("A22*DZ11 + A23*DZ12 + A32*DZ21 + A33*DZ22")


def test_four_by_four_input_gradient() -> None:
    """D2.25, D2.26: DA is DZ inside a frame of two zeros by W turned by 180°."""
    framed, turned = np.full((6, 6), sympy.Integer(0)), np.rot90(W, 2)
    framed[2:4, 2:4] = DZ
    dx = conv2d_backward(one(DZ), one(A), one(W)).dx[0, 0]
    for (i, j), element in np.ndenumerate(dx):
        expected = sum(framed[i + u, j + v] * turned[u, v] for u in range(3) for v in range(3))
        assert sympy.expand(element - expected) == 0
    assert dx[0, 0] == terms("DZ11*W11")
    assert sympy.expand(dx[1, 2]) == terms("DZ11*W23 + DZ12*W22 + DZ21*W13 + DZ22*W12")


def test_four_by_four_bias_gradient() -> None:
    """D2.27: db = DZ₁₁ + DZ₁₂ + DZ₂₁ + DZ₂₂."""
    dbias = conv2d_backward(one(DZ), one(A), one(W)).dbias
    assert_terms(dbias, ["DZ11 + DZ12 + DZ21 + DZ22"])


def test_four_by_four_differentiated() -> None:
    """D2.24, D2.25, D2.27: sympy's own derivatives of Σ DZ·Z are the three gradients."""
    bias = sympy.Symbol("b")
    loss = (DZ * conv2d(one(A), one(W), np.array([bias]))[0, 0]).sum()
    dx, dweight, dbias = conv2d_backward(one(DZ), one(A), one(W))
    for gradient, names in ((dx[0, 0], A), (dweight[0, 0], W), (dbias, np.array([bias]))):
        for element, name in zip(gradient.flat, names.flat, strict=True):
            assert sympy.expand(element - sympy.diff(loss, name)) == 0


def test_first_neuron_of_a_turned_kernel() -> None:
    """D1.24: with the kernel turned, ∂E/∂θ₁₁ = δ₁₁o₂₂, ∂E/∂θ₁₂ = δ₁₁o₂₁, and so on."""
    o, theta = letters("o", 2, 2), letters("t", 2, 2)
    dweight = conv2d_backward(np.full((1, 1, 1, 1), sympy.Symbol("d")), one(o), one(theta)).dweight
    dtheta = np.rot90(dweight[0, 0], 2)  # θ stands turned in the kernel
    assert_terms(dtheta, [["d*o22", "d*o21"], ["d*o12", "d*o11"]])


def true_convolution(f: Any, g: Any) -> Any:
    """D1.14: (f ∗ g)(m, n) = Σ_u Σ_v f(u, v) g(m − u, n − v), everywhere it is not 0."""
    full = np.full(np.add(f.shape, g.shape) - 1, Fraction(0))
    for (u, v), a in np.ndenumerate(f):
        for (p, q), b in np.ndenumerate(g):
            full[u + p, v + q] += a * b
    return full


def test_true_convolution(rng: np.random.Generator) -> None:
    """D1.13, D1.14: conv2d with the kernel turned is the convolution of mathematics."""
    x, theta = draw(rng, (5, 6)), draw(rng, (3, 2))
    y = conv2d(one(x), one(np.rot90(theta, 2)), padding="full")
    assert_same(y[0, 0], true_convolution(x, theta))


def test_weight_gradient_as_a_convolution(rng: np.random.Generator) -> None:
    """D1.25: ∂E/∂Θ = rot180(O ∗_v rot180(Δ)), Θ the turned kernel."""
    x, weight, dy = draw(rng, (5, 6)), draw(rng, (3, 2)), draw(rng, (3, 5))
    dtheta = np.rot90(conv2d_backward(one(dy), one(x), one(weight)).dweight[0, 0], 2)
    valid = true_convolution(x, np.rot90(dy, 2))[2:5, 4:6]
    assert_same(dtheta, np.rot90(valid, 2))


def test_input_gradient_as_a_full_convolution(rng: np.random.Generator) -> None:
    """D1.27, D0.12: Δ_q' = Σ_p Δ_p ∗_f rot180(Θ_p), summed over the kernels that read the map."""
    x, weight, dy = draw(rng, (1, 1, 5, 6)), draw(rng, (4, 1, 3, 2)), draw(rng, (1, 4, 3, 5))
    dx = conv2d_backward(dy, x, weight).dx
    assert_same(dx[0, 0], sum(true_convolution(dy[0, p], weight[p, 0]) for p in range(4)))


def test_input_gradient_by_index(rng: np.random.Generator) -> None:
    """D4.11: ∂f/∂x_st = Σ_ij w_{s−i+1, t−j+1} ∂f/∂y_ij."""
    x, weight, dy = draw(rng, (5, 6)), draw(rng, (3, 2)), draw(rng, (3, 5))
    dx = conv2d_backward(one(dy), one(x), one(weight)).dx[0, 0]
    for s, t in np.ndindex(5, 6):
        assert dx[s, t] == sum(
            weight[s - i, t - j] * dy[i, j]
            for i in range(max(0, s - 2), min(3, s + 1))
            for j in range(max(0, t - 1), min(5, t + 1))
        )


def test_weight_gradient_by_slices(rng: np.random.Generator) -> None:
    """D3.9: dw[0,0] = Σ x[0,0, 2h:2h+3, 2w:2w+3] · dout[0,h,w], with 3×3, stride 2, 4×4 outputs."""
    x, weight, dy = draw(rng, (1, 3, 9, 9)), draw(rng, (2, 3, 3, 3)), draw(rng, (1, 2, 4, 4))
    dweight = conv2d_backward(dy, x, weight, stride=2).dweight
    slices = [
        x[0, 0, 2 * h : 2 * h + 3, 2 * w : 2 * w + 3] * dy[0, 0, h, w]
        for h in range(4)
        for w in range(4)
    ]
    assert_same(slices[1], x[0, 0, :3, 2:5] * dy[0, 0, 0, 1])  # as printed
    assert_same(dweight[0, 0], sum(slices))


# --- plain loops --------------------------------------------------------------------------

NO2, NO3 = ((0, 0),) * 2, ((0, 0),) * 3
CASES = {
    "1d": Conv((2, 3, 9), (4, 3, 5), (1,), ((0, 0),), (1,)),
    "1d, everything": Conv((3, 2, 11), (5, 2, 4), (2,), ((3, 3),), (2,)),
    "1d, zeros in front": Conv((3, 2, 5), (4, 2, 6), (1,), ((2, 0),), (1,)),
    "1d, zeros behind": Conv((2, 4, 6), (6, 2, 3), (3,), ((0, 5),), (1,), 2),
    "2d": Conv((2, 3, 9, 8), (4, 3, 5, 6), (1, 1), NO2, (1, 1)),
    "2d, stride": Conv((2, 3, 9, 7), (4, 3, 2, 5), (3, 2), NO2, (1, 1)),
    "2d, padding": Conv((2, 1, 5, 6), (3, 1, 4, 7), (1, 1), ((1, 1), (2, 2)), (1, 1)),
    "2d, dilation": Conv((1, 2, 9, 8), (3, 2, 4, 5), (1, 1), NO2, (2, 1)),
    "2d, everything": Conv((2, 4, 7, 9), (6, 2, 3, 5), (2, 1), ((1, 2), (0, 3)), (2, 1), 2),
    "2d, depthwise": Conv((2, 3, 5, 7), (6, 1, 4, 2), (1, 1), NO2, (1, 1), 3),
    "2d, 1×1": Conv((2, 3, 4, 5), (6, 3, 1, 1), (1, 1), NO2, (1, 1)),
    "2d, one window": Conv((3, 2, 4, 5), (6, 2, 4, 5), (7, 8), NO2, (1, 1)),
    "2d, steps over places": Conv((2, 3, 8, 9), (4, 3, 2, 1), (3, 5), NO2, (1, 1)),
    "2d, windows of zeros": Conv((1, 2, 3, 4), (3, 2, 2, 1), (1, 2), ((4, 0), (1, 5)), (1, 1)),
    "3d": Conv((2, 3, 4, 5, 6), (1, 3, 2, 3, 5), (1, 1, 1), NO3, (1, 1, 1)),
    "3d, everything": Conv(
        (1, 4, 3, 5, 6), (6, 2, 2, 3, 2), (1, 2, 1), ((1, 0), (0, 1), (2, 2)), (1, 1, 2), 2
    ),
}
EVERY_CASE = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
EVERY_ELEMENT = pytest.mark.parametrize("elements", ELEMENTS)


def forward(case: Conv, x: Any, weight: Any, bias: Any = None) -> Any:
    return getattr(refimpl, f"conv{case.axes}d")(x, weight, bias, **case.options)


def backward(case: Conv, dy: Any, x: Any, weight: Any) -> Any:
    return getattr(refimpl, f"conv{case.axes}d_backward")(dy, x, weight, **case.options)


@EVERY_CASE
@EVERY_ELEMENT
def test_forward(rng: np.random.Generator, case: Conv, elements: str) -> None:
    """y is the docstring's sum, term by term, without bias and with one."""
    x, weight, bias = (draw(rng, s, elements) for s in (case.x, case.weight, case.weight[:1]))
    expected = conv(case, x, weight)
    assert_exact(forward(case, x, weight), expected, elements)
    shift = fractions(bias).reshape(-1, *(1,) * case.axes)
    assert_exact(forward(case, x, weight, bias), expected + shift, elements)


@EVERY_CASE
@EVERY_ELEMENT
def test_backward(rng: np.random.Generator, case: Conv, elements: str) -> None:
    """dx, dweight and dbias are the docstring's sums, term by term."""
    dy, x, weight = (draw(rng, shape, elements) for shape in (case.y, case.x, case.weight))
    grads = backward(case, dy, x, weight)
    for actual, expected in zip(grads, conv_backward(case, dy, x, weight), strict=True):
        assert_exact(actual, expected, elements)


@EVERY_CASE
def test_backward_is_the_derivative(rng: np.random.Generator, case: Conv) -> None:
    """⟨dy, ·⟩ of the forward changes by ⟨gradient, step⟩, exactly, for a step in each argument."""
    dy, x, weight = draw(rng, case.y), draw(rng, case.x), draw(rng, case.weight)
    bias, steps = draw(rng, case.weight[:1]), [draw(rng, case.x), draw(rng, case.weight)]
    steps.append(draw(rng, case.weight[:1]))
    y, grads = forward(case, x, weight, bias), backward(case, dy, x, weight)
    moved = (
        forward(case, x + steps[0], weight, bias),
        forward(case, x, weight + steps[1], bias),
        forward(case, x, weight, bias + steps[2]),
    )
    for gradient, step, y_moved in zip(grads, steps, moved, strict=True):
        assert dot(dy, y_moved - y) == dot(gradient, step)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_defaults(rng: np.random.Generator, axes: int) -> None:
    """Unless told otherwise: stride 1, no padding, no dilation, one group, as in torch."""
    case = Conv(
        (2, 3, 6, 5, 4)[: 2 + axes],
        (4, 3, 2, 3, 2)[: 2 + axes],
        (1,) * axes,
        ((0, 0),) * axes,
        (1,) * axes,
    )
    dy, x, weight = draw(rng, case.y), draw(rng, case.x), draw(rng, case.weight)
    assert_same(getattr(refimpl, f"conv{axes}d")(x, weight), conv(case, x, weight))
    grads = getattr(refimpl, f"conv{axes}d_backward")(dy, x, weight)
    for actual, expected in zip(grads, conv_backward(case, dy, x, weight), strict=True):
        assert_same(actual, expected)


def test_loops_refuse_a_known_mistake(rng: np.random.Generator) -> None:
    """A kernel turned by mistake, or a stride forgotten in dweight, is seen."""
    case = CASES["2d, stride"]
    dy, x, weight = draw(rng, case.y), draw(rng, case.x), draw(rng, case.weight)
    turned = forward(case, x, weight[..., ::-1, ::-1])
    with pytest.raises(AssertionError):
        assert_same(turned, conv(case, x, weight))
    unstrided = conv2d_backward(dy, x[:, :, :4, :6], weight).dweight
    with pytest.raises(AssertionError):
        assert_same(unstrided, conv_backward(case, dy, x, weight)[1])


@pytest.mark.parametrize(
    ("padding", "pairs"),
    [("valid", ((0, 0), (0, 0))), ("same", ((2, 3), (0, 1))), ("full", ((5, 5), (3, 3)))],
)
def test_padding_by_name(rng: np.random.Generator, padding: str, pairs: Any) -> None:
    """D1.15, D2.12: the names stand for numbers, forward and backward."""
    x, weight = draw(rng, (2, 3, 7, 9)), draw(rng, (1, 3, 6, 4))
    case = Conv(x.shape, weight.shape, (1, 3), pairs, (1, 1))
    dy = draw(rng, case.y)
    assert_same(conv2d(x, weight, None, (1, 3), padding), conv(case, x, weight))
    for actual, expected in zip(
        conv2d_backward(dy, x, weight, (1, 3), padding),
        conv_backward(case, dy, x, weight),
        strict=True,
    ):
        assert_same(actual, expected)


def test_one_sided_padding_is_zeros_given_by_hand(rng: np.random.Generator) -> None:
    """An asymmetric pair says how many zeros stand before and behind."""
    x, weight = draw(rng, (1, 2, 5)), draw(rng, (3, 2, 4))
    by_hand = np.concatenate([fractions(np.zeros((1, 2, 2), int)), x], axis=2)
    assert_same(conv1d(x, weight, padding=((2, 0),)), conv1d(by_hand, weight))


def test_edge_pixels_are_read_more_often_with_padding() -> None:
    """D3.4: how often each pixel of a 4×4 image is read by 3×3, without and with a ring of 0."""
    x, weight = np.zeros((1, 1, 4, 4)), np.ones((1, 1, 3, 3))
    bare = conv2d_backward(np.ones((1, 1, 2, 2)), x, weight).dx[0, 0]
    ringed = conv2d_backward(np.ones((1, 1, 4, 4)), x, weight, padding=1).dx[0, 0]
    assert_same(bare, np.outer([1, 2, 2, 1], [1, 2, 2, 1]))
    assert_same(ringed, np.outer([2, 3, 3, 2], [2, 3, 3, 2]))


def test_groups_are_convolutions_side_by_side(rng: np.random.Generator) -> None:
    """With groups, each share of the channels has its own kernels."""
    x, weight, bias = draw(rng, (2, 6, 5, 4)), draw(rng, (9, 2, 3, 1)), draw(rng, (9,))
    parts = [
        conv2d(x[:, 2 * g : 2 * g + 2], weight[3 * g : 3 * g + 3], bias[3 * g : 3 * g + 3])
        for g in range(3)
    ]
    assert_same(conv2d(x, weight, bias, groups=3), np.concatenate(parts, axis=1))


def test_groups_of_single_places(rng: np.random.Generator) -> None:
    """Kernels of 1×1 in groups: each share of the channels has its own gradient."""
    x, weight = draw(rng, (2, 6, 4, 5), "float64"), draw(rng, (9, 2, 1, 1), "float64")
    dy = draw(rng, (2, 9, 4, 5), "float64")
    parts = [
        conv2d_backward(
            dy[:, 3 * g : 3 * g + 3], x[:, 2 * g : 2 * g + 2], weight[3 * g : 3 * g + 3]
        )
        for g in range(3)
    ]
    grads = conv2d_backward(dy, x, weight, groups=3)
    assert_same(grads.dx, np.concatenate([part.dx for part in parts], axis=1))
    assert_same(grads.dx[:, :2], np.einsum("nohw,ocij->nchw", dy[:, :3], weight[:3]))
    assert_same(grads.dweight, np.concatenate([part.dweight for part in parts]))


def test_one_axis_is_an_image_of_one_row(rng: np.random.Generator) -> None:
    """conv1d is conv2d on images of height 1."""
    x, weight = draw(rng, (2, 3, 7)), draw(rng, (4, 3, 5))
    expected = conv2d(x[:, :, None], weight[:, :, None], None, (1, 2), (0, 1))[:, :, 0]
    assert_same(conv1d(x, weight, stride=2, padding=1), expected)


# --- blocks -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["1d, everything", "2d, everything", "3d, everything"])
@pytest.mark.parametrize("rows", [1, 2, 8])
def test_blocks_change_nothing(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, name: str, rows: int
) -> None:
    """Patches made one row, two rows or a few samples at a time give the same numbers."""
    case = CASES[name]
    x, weight = draw(rng, case.x, "float64"), draw(rng, case.weight, "float64")
    dy = draw(rng, case.y, "float64")
    row_bytes = case.x[1] * prod(case.weight[2:]) * prod(case.output[1:]) * x.itemsize
    monkeypatch.setattr(windows_module, "BLOCK_BYTES", rows * row_bytes)
    assert_same(forward(case, x, weight), conv(case, x, weight))
    for actual, expected in zip(
        backward(case, dy, x, weight), conv_backward(case, dy, x, weight), strict=True
    ):
        assert_same(actual, expected)


def test_blocks_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above does cut: each block's patches stay under the limit."""
    made = []
    monkeypatch.setattr(windows_module, "BLOCK_BYTES", 2 * 3 * 4 * 8)
    matrix = patches.patch_matrix
    monkeypatch.setattr(
        refimpl.convolution,
        "patch_matrix",
        lambda *a: made.append(matrix(*a).nbytes) or matrix(*a),
    )
    conv1d(np.ones((3, 2, 6)), np.ones((1, 2, 3)))  # 3 samples of 4 windows, 48 bytes a window
    assert made == [192, 192, 192]
    monkeypatch.setattr(windows_module, "BLOCK_BYTES", 2 * 960 - 1)
    conv2d(np.ones((3, 2, 4, 6)), np.ones((1, 2, 3, 2)))  # of 2 rows of 5 windows of 96 bytes
    assert made[3:] == [960, 960, 960]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_kernels_are_not_copied(monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    """The sum over samples is the gradient itself, unless it must be rounded from float64."""
    sums: list[np.ndarray] = []
    result = refimpl.sums.LongSum.result
    monkeypatch.setattr(
        refimpl.sums.LongSum, "result", lambda self: sums.append(result(self)) or sums[-1]
    )
    x, weight = np.ones((2, 1, 3), dtype), np.ones((1, 1, 2), dtype)
    dweight = conv1d_backward(np.ones((2, 1, 2), dtype), x, weight).dweight
    assert dweight.dtype == dtype
    assert [sum.dtype.name for sum in sums] == ["float64"]
    assert np.shares_memory(dweight, sums[0]) == (dtype == "float64")


# --- element types, layouts, edges --------------------------------------------------------


def test_integers_become_float64() -> None:
    """Integer arrays are promoted as NumPy does."""
    x, weight = np.arange(6).reshape(1, 2, 3), np.arange(4).reshape(1, 2, 2)
    y = conv1d(x, weight, np.array([1]))
    assert_exact(
        y, [[[0 * 0 + 1 * 1 + 3 * 2 + 4 * 3 + 1, 1 * 0 + 2 * 1 + 4 * 2 + 5 * 3 + 1]]], "float64"
    )


def test_integers_follow_fractions() -> None:
    """Integers beside Fractions are exact, so they keep the Fractions company."""
    x = fractions([[[1, 2, 4]]]) / 3
    y = conv1d(x, np.array([[[1, 10]]]), np.array([7]))
    assert_exact(y, [[[14, 21]]], "fraction")


@pytest.mark.parametrize("name", ["1d", "2d, everything", "3d, everything"])
def test_layout_changes_nothing(rng: np.random.Generator, name: str) -> None:
    """Reversed, transposed and strided arrays give what their copies give."""
    case = CASES[name]
    arrays = [draw(rng, shape, "float64") for shape in (case.y, case.x, case.weight)]
    views = [np.flip(np.flip(a).copy()) for a in arrays]
    transposed = [a.T.copy().T for a in arrays]
    strided = [np.repeat(a, 2, axis=-1)[..., ::2] for a in arrays]
    for dy, x, weight in (views, transposed, strided):
        assert not x.flags.c_contiguous
        assert_same(forward(case, x, weight), conv(case, x, weight))
        for actual, expected in zip(
            backward(case, dy, x, weight), conv_backward(case, dy, x, weight), strict=True
        ):
            assert_same(actual, expected)


def test_gradients_are_arrays_of_their_own(rng: np.random.Generator) -> None:
    """No gradient shares memory with an input or with another gradient's array."""
    dy, x, weight = (draw(rng, s, "float64") for s in ((2, 4, 3, 2), (2, 3, 4, 6), (4, 3, 2, 5)))
    dx, *_ = grads = conv2d_backward(dy, x, weight)
    assert dx.flags.c_contiguous
    assert not any(np.shares_memory(g, a) for g in grads for a in (dy, x, weight))


@EVERY_ELEMENT
def test_empty_batch(rng: np.random.Generator, elements: str) -> None:
    """No samples: no output, and gradients of 0 for weight and bias."""
    x, weight = draw(rng, (0, 3, 7, 6), elements), draw(rng, (4, 3, 5, 2), elements)
    y = conv2d(x, weight, draw(rng, (4,), elements))
    assert y.shape == (0, 4, 3, 5)
    assert y.dtype == x.dtype
    dx, dweight, dbias = conv2d_backward(y, x, weight)
    assert dx.shape == x.shape
    assert_same(dweight, np.zeros(weight.shape))
    assert_same(dbias, np.zeros(4))
    assert {a.dtype for a in (dx, dweight, dbias)} == {x.dtype}


def test_empty_batch_of_fractions_has_fractions_for_weight(rng: np.random.Generator) -> None:
    """dweight has the elements of weight, of which there are some, even where x has none."""
    x, weight = draw(rng, (0, 3, 7)), draw(rng, (4, 3, 5))
    assert_exact(conv1d_backward(conv1d(x, weight), x, weight).dweight, 0 * weight, "fraction")


def test_no_input_channels(rng: np.random.Generator) -> None:
    """A sum over no channels is 0, so the bias is all there is."""
    x, weight, bias = np.zeros((2, 0, 5, 4)), np.zeros((3, 0, 2, 1)), np.array([1.0, 2.0, 3.0])
    y = conv2d(x, weight, bias)
    assert_same(y, np.broadcast_to(bias[:, None, None], (2, 3, 4, 4)))
    dx, dweight, dbias = conv2d_backward(y, x, weight)
    assert dx.shape == x.shape
    assert dweight.shape == weight.shape
    assert_same(dbias, bias * 32)


def test_no_output_channels() -> None:
    """No kernels: no maps, and nothing flows back."""
    x, weight = np.ones((2, 3, 5, 4)), np.zeros((0, 3, 2, 1))
    y = conv2d(x, weight)
    assert y.shape == (2, 0, 4, 4)
    assert_same(conv2d_backward(y, x, weight).dx, np.zeros(x.shape))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_inf_stay_in_their_windows(value: float) -> None:
    """A value that is not finite shows in the windows that hold it, and nowhere else."""
    x = np.ones((1, 1, 6))
    x[0, 0, 2] = value
    y = conv1d(x, np.ones((1, 1, 2)))[0, 0]
    np.testing.assert_array_equal(y, [2, value, value, 2, 2])


# --- properties ---------------------------------------------------------------------------

SEEDS = st.integers(0, 10**6)
STEPS = st.tuples(st.integers(1, 3), st.integers(1, 3))


@given(SEEDS, STEPS, STEPS, st.tuples(st.integers(0, 2), st.integers(0, 2)))
def test_linear_in_x(seed: int, stride: Any, dilation: Any, padding: Any) -> None:
    """conv(2x + 3z) = 2 conv(x) + 3 conv(z), and the same for the kernel."""
    rng = np.random.default_rng(seed)
    x, z = (draw(rng, (2, 3, 8, 9), "float64") for _ in range(2))
    v, w = (draw(rng, (4, 3, 3, 2), "float64") for _ in range(2))
    options = {"stride": stride, "dilation": dilation, "padding": padding}

    def f(x: Any, w: Any) -> Any:
        return conv2d(x, w, **options)

    assert_same(f(2 * x + 3 * z, w), 2 * f(x, w) + 3 * f(z, w))
    assert_same(f(x, 2 * v + 3 * w), 2 * f(x, v) + 3 * f(x, w))


@given(SEEDS, st.integers(1, 3), st.integers(1, 4))
def test_translation(seed: int, stride: int, steps: int) -> None:
    """The maps of an image moved by whole strides are the maps, moved by as many places."""
    rng = np.random.default_rng(seed)
    x, w = draw(rng, (2, 3, 20), "float64"), draw(rng, (4, 3, 5), "float64")
    moved = conv1d(x[:, :, stride * steps :], w, stride=stride)
    assert_same(moved, conv1d(x, w, stride=stride)[:, :, steps:])


@given(SEEDS, STEPS)
def test_input_gradient_is_a_full_convolution(seed: int, dilation: Any) -> None:
    """D2.25: dx = dy by the turned kernel with padding "full", channels in and out swapped."""
    rng = np.random.default_rng(seed)
    x, w = draw(rng, (2, 3, 9, 8), "float64"), draw(rng, (4, 3, 2, 3), "float64")
    y = conv2d(x, w, dilation=dilation)
    dy = draw(rng, y.shape, "float64")
    turned = frozen(w[:, :, ::-1, ::-1].swapaxes(0, 1))
    assert_same(
        conv2d_backward(dy, x, w, dilation=dilation).dx,
        conv2d(dy, turned, padding="full", dilation=dilation),
    )


@given(SEEDS, STEPS)
def test_weight_gradient_is_a_convolution(seed: int, stride: Any) -> None:
    """D0.13, D3.9: dweight = x by dy dilated by the stride, samples and channels swapped."""
    rng = np.random.default_rng(seed)
    x, w = draw(rng, (2, 3, 9, 8), "float64"), draw(rng, (4, 3, 3, 2), "float64")
    dy = draw(rng, conv2d(x, w, stride=stride).shape, "float64")
    correlated = conv2d(x.swapaxes(0, 1), dy.swapaxes(0, 1), dilation=stride).swapaxes(0, 1)
    assert_same(conv2d_backward(dy, x, w, stride).dweight, correlated[:, :, :3, :2])


@given(SEEDS, st.integers(1, 4))
def test_gradients_of_a_batch(seed: int, samples: int) -> None:
    """D0.14: dweight and dbias of a batch are the sums over its samples, dx stands side by side."""
    rng = np.random.default_rng(seed)
    x, w = draw(rng, (samples, 2, 7), "float64"), draw(rng, (3, 2, 4), "float64")
    dy = draw(rng, (samples, 3, 2), "float64")
    dx, dweight, dbias = conv1d_backward(dy, x, w, stride=2)
    each = [conv1d_backward(dy[[n]], x[[n]], w, stride=2) for n in range(samples)]
    assert_same(dx, np.concatenate([grads.dx for grads in each]))
    assert_same(dweight, sum(grads.dweight for grads in each))
    assert_same(dbias, sum(grads.dbias for grads in each))

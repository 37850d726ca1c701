"""Transposed convolutions and their gradients against plain loops and exact derivatives."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest
import sympy
from plain import ELEMENTS, Place, assert_exact, assert_same, blank, dot, draw, fractions

import refimpl
from refimpl import conv2d, conv_transpose1d, conv_transpose2d, conv_transpose2d_backward
from refimpl import windows as windows_module


def _reached(n: int, k: int, s: int, d: int) -> range:
    """All places up to the last one that a tap of the last place of x reaches."""
    return range(max(h * s + i * d for h in range(n) for i in range(k)) + 1)


class Transposed(NamedTuple):
    """A transposed convolution: shapes, and an option for each axis."""

    x: Place
    weight: Place
    stride: Place
    padding: Place
    output_padding: Place
    dilation: Place
    groups: int = 1

    @property
    def options(self) -> dict[str, Any]:
        names = ("stride", "padding", "output_padding", "groups", "dilation")
        return {name: getattr(self, name) for name in names}

    @property
    def output(self) -> Place:
        """What the last tap of the last place reaches, cropped, and the places behind."""
        axes = zip(
            self.x[2:],
            self.weight[2:],
            self.stride,
            self.padding,
            self.output_padding,
            self.dilation,
            strict=True,
        )
        return tuple(len(_reached(n, k, s, d)) - 2 * p + more for n, k, s, p, more, d in axes)

    @property
    def y(self) -> Place:
        return (self.x[0], self.weight[1] * self.groups, *self.output)

    def taps(self) -> Any:
        """Every (place in x, place in the kernel, place in y) that meet."""
        for h in product(*map(range, self.x[2:])):
            for i in product(*map(range, self.weight[2:])):
                u = tuple(
                    q * s + k * d - p
                    for q, k, s, d, p in zip(
                        h, i, self.stride, self.dilation, self.padding, strict=True
                    )
                )
                if all(0 <= place < n for place, n in zip(u, self.output, strict=True)):
                    yield h, i, u

    def channels(self) -> Any:
        """Every (sample, input channel, output channel, its number inside the group)."""
        inputs = self.x[1] // self.groups
        for n, c, o in product(range(self.x[0]), range(self.x[1]), range(self.weight[1])):
            yield n, c, c // inputs * self.weight[1] + o, o


CASES = {
    "plain": Transposed((2, 3, 4), (3, 2, 3), (1,), (0,), (0,), (1,)),
    "every option": Transposed((2, 4, 3), (4, 3, 2), (3,), (1,), (2,), (2,), 2),
    "behind a crop": Transposed((1, 2, 4), (2, 3, 3), (2,), (2,), (1,), (1,)),
    "an image": Transposed((2, 3, 3, 4), (3, 2, 2, 3), (2, 1), (0, 1), (0, 0), (1, 1)),
    "groups": Transposed((2, 6, 3, 2), (6, 2, 2, 3), (2, 3), (1, 0), (1, 2), (1, 2), 3),
    "depthwise": Transposed((2, 3, 3, 4), (3, 1, 3, 2), (2, 2), (1, 1), (1, 0), (1, 1), 3),
    "gaps of its own": Transposed((1, 2, 3, 2), (2, 1, 1, 2), (3, 4), (0, 0), (2, 0), (1, 1)),
    "of a dilation alone": Transposed((1, 2, 3, 2), (2, 3, 1, 1), (1, 1), (0, 0), (1, 2), (2, 3)),
    "a volume": Transposed((1, 2, 2, 3, 2), (2, 3, 2, 1, 3), (1, 2, 2), (0, 0, 1), (0, 1, 1),
                           (2, 1, 1)),
    "no sample": Transposed((0, 3, 3, 4), (3, 2, 2, 3), (2, 1), (0, 1), (0, 0), (1, 1)),
}  # fmt: skip
EVERY_CASE = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
EVERY_ELEMENT = pytest.mark.parametrize("elements", ELEMENTS)


def call(case: Transposed, *arrays: Any, backward: bool = False) -> Any:
    """conv_transpose1d, 2d or 3d, or its backward."""
    name = f"conv_transpose{len(case.stride)}d" + "_backward" * backward
    return getattr(refimpl, name)(*arrays, **case.options)


def scattered(case: Transposed, x: Any, weight: Any, bias: Any) -> Any:
    """y[n, o, h·s + i·d − p] += x[n,c,h] · weight[c,o,i], and the bias at every place."""
    y = blank(case.y) + fractions(bias).reshape(-1, *(1,) * len(case.stride))
    x, weight = fractions(x), fractions(weight)
    for h, i, u in case.taps():
        for n, c, o, inner in case.channels():
            y[n, o, *u] += x[n, c, *h] * weight[c, inner, *i]
    return y


@EVERY_CASE
@EVERY_ELEMENT
@pytest.mark.parametrize("block_bytes", [windows_module.BLOCK_BYTES, 64])
def test_forward(
    rng: np.random.Generator,
    case: Transposed,
    elements: str,
    block_bytes: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each place of x is written into a window of y, block by block or at once."""
    monkeypatch.setattr(windows_module, "BLOCK_BYTES", block_bytes)
    x, weight, bias = (draw(rng, s, elements) for s in (case.x, case.weight, case.y[1:2]))
    assert_exact(call(case, x, weight, bias), scattered(case, x, weight, bias), elements)
    without = scattered(case, x, weight, np.zeros(case.y[1]))
    assert_exact(call(case, x, weight), without, elements)


@EVERY_CASE
@EVERY_ELEMENT
@pytest.mark.parametrize("block_bytes", [windows_module.BLOCK_BYTES, 64])
def test_gradients_are_the_derivative(
    rng: np.random.Generator,
    case: Transposed,
    elements: str,
    block_bytes: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """⟨dy, f(v, w)⟩ = ⟨dx, v⟩, ⟨dy, f(x, t)⟩ = ⟨dw, t⟩, ⟨dy, b⟩ = ⟨db, b⟩, exactly, in loops."""
    monkeypatch.setattr(windows_module, "BLOCK_BYTES", block_bytes)
    shapes = (case.x, case.weight, case.x, case.weight, case.y[1:2], case.y)
    x, weight, v, t, b, dy = (draw(rng, s, elements) for s in shapes)
    none = np.zeros(case.y[1])
    dx, dweight, dbias = call(case, dy, x, weight, backward=True)
    assert {g.dtype for g in (dx, dweight, dbias)} == {x.dtype}
    assert (dx.shape, dweight.shape, dbias.shape) == (x.shape, weight.shape, b.shape)
    exact = fractions(dy)
    assert dot(exact, scattered(case, v, weight, none)) == dot(fractions(dx), fractions(v))
    assert dot(exact, scattered(case, x, t, none)) == dot(fractions(dweight), fractions(t))
    biases = scattered(case, np.zeros(case.x), np.zeros(case.weight), b)
    assert dot(exact, biases) == dot(fractions(dbias), fractions(b))


@EVERY_CASE
def test_it_is_a_convolution_of_an_x_with_gaps(rng: np.random.Generator, case: Transposed) -> None:
    """Dumoulin & Visin, ch. 4: s − 1 zeros between the places, the kernel turned, its axes swapped.

    The frame of zeros has d·(K − 1) − p on each side, and behind as many more as output_padding
    says; where that is negative, places are cut off.
    """
    x, weight = draw(rng, case.x), draw(rng, case.weight)
    wide = blank(
        (*case.x[:2], *((n - 1) * s + 1 for n, s in zip(case.x[2:], case.stride, strict=True)))
    )
    wide[:, :, *(slice(None, None, s) for s in case.stride)] = x
    spans = [d * (k - 1) for k, d in zip(case.weight[2:], case.dilation, strict=True)]
    whole = np.pad(wide, [(0, 0), (0, 0), *((span, span) for span in spans)])
    every = (slice(None),) * 2
    turned = weight[(*every, *(slice(None, None, -1) for _ in case.stride))]
    G, inputs = case.groups, case.x[1] // case.groups
    kernels = np.concatenate(
        [turned[g * inputs : (g + 1) * inputs].swapaxes(0, 1) for g in range(G)]
    )
    convolve = getattr(refimpl, f"conv{len(case.stride)}d")
    y = convolve(whole, kernels, dilation=case.dilation, groups=G)
    y = np.pad(y, [(0, 0), (0, 0), *((0, more) for more in case.output_padding)])
    cut = [slice(p, n - p) for p, n in zip(case.padding, y.shape[2:], strict=True)]
    assert_same(call(case, x, weight), y[(*every, *cut)])


def test_letters() -> None:
    """A place of x brings a whole kernel; where two meet, their products are added."""
    a, b, p, q, r = sympy.symbols("a b p q r")
    x, weight = np.array([[[a, b]]]), np.array([[[p, q, r]]])
    (y,) = conv_transpose1d(x, weight, stride=2)[0]
    assert list(y) == [a * p, a * q, a * r + b * p, b * q, b * r]
    (cropped,) = conv_transpose1d(x, weight, stride=2, padding=1, output_padding=1)[0]
    assert list(cropped) == [a * q, a * r + b * p, b * q, b * r]


def test_a_place_that_no_window_reaches_has_the_bias() -> None:
    """Between windows that lie apart, and behind all of them."""
    x, weight, bias = np.array([[[1.0, 2.0]]]), np.array([[[10.0]]]), np.array([0.5])
    y = conv_transpose1d(x, weight, bias, stride=3, output_padding=2)
    assert_same(y, [[[10.5, 0.5, 0.5, 20.5, 0.5, 0.5]]])


def test_output_padding_chooses_among_inputs_of_one_size(rng: np.random.Generator) -> None:
    """Images of 7 and of 8 both become 4 by a stride of 2; it says which of them comes back."""
    weight = draw(rng, (2, 3, 3, 3), "float64")
    for size, more in ((7, 0), (8, 1)):
        x = draw(rng, (1, 3, size, size), "float64")
        down = conv2d(x, weight, stride=2, padding=1)
        assert down.shape == (1, 2, 4, 4)
        up = conv_transpose2d(down, weight, stride=2, padding=1, output_padding=more)
        assert up.shape == x.shape


def test_the_order_of_the_options_is_that_of_torch(rng: np.random.Generator) -> None:
    """groups stands before dilation."""
    x, weight = draw(rng, (2, 4, 3, 5), "float64"), draw(rng, (4, 3, 2, 3), "float64")
    named = conv_transpose2d(x, weight, stride=2, padding=1, groups=2, dilation=3)
    assert_same(conv_transpose2d(x, weight, None, 2, 1, 0, 2, 3), named)


def test_a_swapped_stride_is_seen(rng: np.random.Generator) -> None:
    """The derivative with stride and dilation exchanged is not this one's."""
    x, weight, v = draw(rng, (1, 2, 3, 3)), draw(rng, (2, 1, 3, 3)), draw(rng, (1, 2, 3, 3))
    y = conv_transpose2d(v, weight, stride=2, dilation=1)
    dy = draw(rng, y.shape)
    assert dot(dy, y) == dot(conv_transpose2d_backward(dy, x, weight, stride=2).dx, v)
    assert y.shape == conv_transpose2d(v, weight, stride=1, dilation=2, output_padding=0).shape
    assert dot(dy, y) != dot(conv_transpose2d_backward(dy, x, weight, dilation=2).dx, v)

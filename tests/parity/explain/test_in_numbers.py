"""Each idea is shown by numbers that are computed, and that are right."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import refimpl
from parity.explain.ideas import IDEAS
from parity.explain.page_of import Look, lines_of
from parity.explain.setting_up import demonstration
from parity.explain.training_in_numbers import DEEP, batch, chain
from parity.explain.windows_in_numbers import IM2COL, matrices, scattered

# What must be seen on a page, in numbers.
SHOWN = {
    "im2col": ("rows @ columns", "y[0,1,0,1] = 22 + bias[1] = 25"),
    "transposed-convolution": ("z[1]·weight  ·   ·   −6  6  3", "sum          8  −8  −10"),
    "receptive-field": ("6 + 1·(5 − 1)·2 = 14", "14 + 1·(2 − 1)·2 = 16"),
    "vanishing-gradient": ("1·0.225 = 0.225", "= 0.000486"),
    "padding": ("same     0 + 1", "−1 1 −4 [0]", "it goes behind"),
    "output-size": ("⌊4/2⌋ + 1 = 3", "⌈3/2⌉ + 1 = 3"),
    "stride": ("⌊2/2⌋ + 1 = 2",),
    "mean-over-batch": ("reduction = sum", "reduction = mean", "0.886  −1.84  0.958",
                        "0.443  −0.922   0.479", "0.221  −0.461   0.239"),
    "ties": ("[4] 0", "4 [4]"),
    "pooling": ("= max(13, 8, 1, 4) = 13", "/ 4"),
    "stable-softmax": ("inf  ", "nan  ", "−1  ", "0.2689"),
    "gradient-descent": ("−1    8     −4              1",),
    "gradient-check": ("1e−01", "1e−11", "0.104993585404"),
    "parameters": ("96 · 3/1 · 11 · 11 + 96 = 34944", "256 · 96/2 · 5 · 5 + 256 = 307456"),
    "softmax-derivative": ("o − t", "−0.8858"),
    "cross-entropy-loss": ("0, 0", "0.5", "0.6931"),
    "relu-at-zero": ("at_zero=1", "dx[2] = dy[2] = 2"),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_an_idea_is_shown(name: str) -> None:
    text = "\n".join(lines_of([name], Look(width=80)))
    assert [shown for shown in SHOWN[name] if shown not in text] == []


def test_every_idea_has_numbers() -> None:
    """An example of refimpl, or numbers of its own."""
    assert [idea.name for idea in IDEAS if not (idea.example or idea.own)] == []


def test_im2col_is_the_convolution() -> None:
    """The product and the bias are y; other windows are not."""
    demo = demonstration("conv2d", IM2COL)
    rows, columns, product = matrices(demo)
    x, weight, bias = (demo.arguments[name] for name in ("x", "weight", "bias"))
    y = refimpl.conv2d(x, weight, bias)[0].reshape(len(rows), -1)
    assert (product + bias[:, None] == y).all()
    assert (rows @ columns[:, ::-1] + bias[:, None] != y).any()


def test_what_is_scattered_adds_up() -> None:
    """Each share is z times the kernel at its place, by hand."""
    z, weight, shares, dx = scattered()
    expected = np.zeros_like(shares)
    for k, element in enumerate(z):
        expected[k, 2 * k : 2 * k + weight.size] = element * weight
    assert (shares == expected).all()
    assert (expected.sum(axis=0) == dx).all()


def test_the_chain_is_a_product_of_slopes() -> None:
    """Of o(1 − o), by the outputs that are shown; through ReLUs all of it arrives."""
    found = chain("sigmoid_backward", "sigmoid")
    assert len(found) == DEEP
    product = np.cumprod([o * (1 - o) for o, _ in found])
    np.testing.assert_allclose([gradient for _, gradient in found], product, rtol=2**-40)
    assert found[-1][1] < 1 / 4**DEEP < chain("relu_backward", "relu")[-1][1] == 1


def test_one_division_by_n() -> None:
    """The gradient of the mean is that of the sum by 2, and differs from one divided twice."""
    found = batch()
    (of_sum, bias_of_sum), (of_mean, bias_of_mean) = found["sum"], found["mean"]
    np.testing.assert_allclose(of_mean, of_sum / 2, rtol=2**-40)
    np.testing.assert_allclose(bias_of_mean, of_mean[0] + of_mean[1], rtol=2**-40)
    assert not np.allclose(bias_of_mean, bias_of_sum / 4)


def test_steps_go_down() -> None:
    """½(w − 3)² from w = −1: half of the way is left after each step."""
    text = "\n".join(lines_of(["gradient-descent"], Look(width=80)))
    w = Fraction(-1)
    for _ in range(3):
        after = w - (w - 3) / 2
        assert f"{w}".replace("-", "−").rjust(3) in text
        w = after

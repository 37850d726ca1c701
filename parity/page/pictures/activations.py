"""Activations and their derivatives as curves; softmax and its Jacobian."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes

from parity.cases.case import Array
from parity.page.bilingual import both
from parity.page.drawings import INK, LINE, REFIMPL, TORCH, drawing, to_svg
from parity.page.pictures.picture import Figure, Picture, Step, coloured, grid
from parity.texts.translations import said_in
from refimpl import (
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    softmax,
    softmax_backward,
    tanh,
    tanh_backward,
)


class Curve(NamedTuple):
    """A function and its derivative, and what is to see there."""

    name: str
    forward: Callable[[Array], Array]
    backward: Callable[[Array, Array], Array]
    caption: str


CURVES = (
    Curve(
        "ReLU",
        relu,
        relu_backward,
        "ReLU passes the gradient where n > 0. At n = 0 D2 has the derivative 1 (the dot), "
        "refimpl and torch have 0 (the square).",
    ),
    Curve(
        "sigmoid",
        sigmoid,
        sigmoid_backward,
        "The derivative of sigmoid is o(1 − o): at most 1/4, so that gradients shrink from "
        "layer to layer.",
    ),
    Curve(
        "tanh",
        tanh,
        tanh_backward,
        "The derivative of tanh is 1 − o²: 1 at n = 0, and almost 0 where |n| > 3.",
    ),
)


def drawn(curve: Curve) -> Markup:
    """o = φ(n) and φ′(n) over n, as refimpl computes them."""
    n = np.linspace(-4, 4, 81)
    slopes = curve.backward(np.ones_like(n), n)
    with drawing(3.1, 2.3) as figure:
        axes = figure.add_subplot()
        axes.axhline(0, color=LINE, linewidth=0.8)
        axes.axvline(0, color=LINE, linewidth=0.8)
        axes.plot(n, curve.forward(n), color=REFIMPL, label="φ(n)")
        if curve.forward is relu:  # the derivative jumps
            for side in (n < 0, n > 0):
                axes.plot(n[side], slopes[side], color=TORCH, linestyle="--", label="φ′(n)")
            _at_kink(axes)
        else:
            axes.plot(n, slopes, color=TORCH, linestyle="--", label="φ′(n)")
        axes.set(xlabel="n", ylim=(-1.1, 1.6), xticks=range(-4, 5, 2))
        axes.set_title(curve.name, color=INK)
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(handles[:2], labels[:2], frameon=False, loc="lower right")
    label = "{name} and its derivative over n"
    return to_svg(figure, *(said_in(lang, label, name=curve.name) for lang in ("en", "zh")))


def _at_kink(axes: Axes) -> None:
    """ReLU's derivative at 0 under both conventions."""
    for at_zero, mark in ((0, "s"), (1, "o")):
        slope = relu_backward(np.ones(1), np.zeros(1), at_zero)
        axes.plot(0, slope, mark, color=TORCH, zorder=3)


def jacobian(z: Array) -> Step:
    """Softmax of z, and ∂O_i/∂z_j: a row for each output, by softmax_backward of unit vectors."""
    rows = np.stack([softmax_backward(unit, z) for unit in np.eye(len(z))])
    return Step(
        (
            grid("z", z[None]),
            "→",
            coloured("O = softmax(z)", softmax(z)[None]),
            coloured(Markup("∂O<sub>i</sub>/∂z<sub>j</sub>"), rows),
        ),
        both("Row i is how Oᵢ changes with each zⱼ; every row and every column adds up to 0."),
    )


# --- the pictures -------------------------------------------------------------------------


def pictures() -> Iterator[Picture]:
    """The curves, and softmax on D2's example."""
    yield Picture(
        "activations",
        "Activations and their derivatives",
        ("Backwards an activation multiplies each gradient by its slope, the dashed curve.",),
        ("relu", "relu_backward", "sigmoid", "sigmoid_backward", "tanh", "tanh_backward"),
        ("D2.9", "D2.19", "D1.10", "D1.33"),
        figures=tuple(Figure(drawn(curve), both(curve.caption)) for curve in CURVES),
    )
    yield Picture(
        "softmax",
        "Softmax and its Jacobian",
        (
            "Every output depends on every input: on the diagonal stands Oᵢ(1 − Oᵢ), elsewhere "
            "−Oᵢ·Oⱼ, which D2 once takes for 0. The colour goes from blue, below 0, to orange.",
        ),
        ("softmax", "softmax_backward"),
        ("D2.8", "D2.17"),
        (jacobian(np.array([1.0, 2.0, 4.0])),),
    )

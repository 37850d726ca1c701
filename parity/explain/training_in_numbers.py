"""Ideas about losses and training in numbers: 1/N, vanishing gradients, steps, differences."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.explain.folding import beside
from parity.explain.grids import maps
from parity.explain.setting_up import demonstration, exact
from parity.explain.sheet import Sheet
from parity.explain.writing_out import number

DEEP = 5  # sigmoids behind each other


def shown(value: float, digits: int = 4) -> str:
    """A float in a few digits.

    >>> shown(-0.25), shown(0.000030517578)
    ('−0.25', '3.052e−05')
    """
    return f"{value:.{digits}g}".replace("-", "−")


def _rounded(array: Array) -> Array:
    texts = np.empty(array.shape, object)
    for index in np.ndindex(array.shape):
        texts[index] = shown(float(array[index]), 3)
    return texts


# --- 1/N ----------------------------------------------------------------------------------


def batch() -> dict[str, tuple[Array, Array]]:
    """By reduction: dlogits of two samples, and the gradient of a bias that is added to them.

    >>> found = batch()
    >>> bool(np.allclose(found["sum"][1], 2 * found["mean"][1]))
    True
    """
    given = demonstration("cross_entropy_backward").arguments
    logits, found = given["logits"].astype(float), {}
    for reduction in ("sum", "mean"):
        dlogits = refimpl.cross_entropy_backward(
            np.array(1.0), logits, given["target"], reduction=reduction
        )
        bias = refimpl.linear_backward(dlogits, np.zeros((2, 1)), np.zeros((3, 1))).dbias
        found[reduction] = dlogits, np.asarray(bias)
    return found


def divided_once(sheet: Sheet) -> None:
    """Two samples: the sum, the mean, and what a second division makes of it."""
    found = batch()
    for reduction, (dlogits, bias) in found.items():
        blocks = [
            *maps("dlogits", _rounded(dlogits), sheet.width - 2),
            *maps("dbias", _rounded(bias), sheet.width - 2),
        ]
        sheet.gap()
        sheet.raw(f"reduction = {reduction}", indent=2)
        sheet.drawn(beside(blocks, sheet.width - 2))
    sheet.gap()
    _, bias = found["mean"]
    (wrong,) = maps("dbias / 2", _rounded(bias / 2), sheet.width - 2)
    sheet.text("N = 2 divided out once more: wrong", indent=2)
    sheet.drawn(wrong)
    sheet.gap()
    sheet.text(
        "A row is a sample, dbias the sum of the rows. With the mean each row has its 1/2 already, "
        "from the loss.",
        indent=2,
    )


# --- softmax and the cross-entropy --------------------------------------------------------


def minus_target(sheet: Sheet) -> None:
    """o, t, o − t, and what the backward of the loss gives."""
    logits, target = np.array([[1.0, 2.0, 4.0]]), np.array([1])
    o, t = refimpl.softmax(logits)[0], np.eye(3)[target][0]
    dlogits = refimpl.cross_entropy_backward(np.array(1.0), logits, target)[0]
    lines = {"logits": logits[0], "o": o, "t": t, "o − t": o - t, "dlogits": dlogits}
    rows = [[name, *(shown(value) for value in values)] for name, values in lines.items()]
    sheet.table(rows)
    sheet.gap()
    sheet.text("The last line is what cross_entropy_backward gives.", indent=2)


def surprise(sheet: Sheet) -> None:
    """The loss of a right class that is more and more unlikely."""
    rows = [["logits", sheet.said("probability"), sheet.said("loss")]]
    for z in (5.0, 1.0, 0.0, -1.0, -5.0):
        logits = np.array([[z, 0.0]])
        likely, loss = refimpl.softmax(logits)[0, 0], refimpl.cross_entropy(logits, np.array([0]))
        rows.append([f"{shown(z)}, 0", shown(float(likely)), shown(float(loss))])
    sheet.table(rows)
    sheet.gap()
    sheet.text("The right class is the first of the two.", indent=2)


def large_logits(sheet: Sheet) -> None:
    """Logits whose powers overflow, with the maximum subtracted and without."""
    x = np.array([1000.0, 1001.0])
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.exp(x)
        plain = powers / powers.sum()
    lines = {
        "x": x,
        "e^x": powers,
        "e^x / Σ e^x": plain,
        "x − max(x)": x - x.max(),
        "e^(x − max(x))": np.exp(x - x.max()),
        "softmax(x)": refimpl.softmax(x),
    }
    rows = [[name, *(shown(float(value)) for value in values)] for name, values in lines.items()]
    sheet.table(rows)
    sheet.gap()
    sheet.text("In float64: inf / inf is nan, no number.", indent=2)


# --- gradients that vanish ----------------------------------------------------------------


def chain(backward: str, forward: str) -> list[tuple[float, float]]:
    """Of each layer, the last one first: its output, and the gradient at its input.

    >>> [round(gradient, 4) for _, gradient in chain("sigmoid_backward", "sigmoid")][:2]
    [0.2246, 0.0504]
    """
    x, values = np.array([1.0]), []
    for _ in range(DEEP):
        values.append((x, getattr(refimpl, forward)(x)))
        x = values[-1][1]
    gradient, found = np.array([1.0]), []
    for x, o in reversed(values):
        gradient = getattr(refimpl, backward)(gradient, x)
        found.append((float(o[0]), float(gradient[0])))
    return found


def vanishing(sheet: Sheet) -> None:
    """Back through five sigmoids; through five ReLUs for comparison."""
    rows = [[sheet.said("layer l"), "o", "dy · o(1 − o) = ∂L/∂x"]]
    found = chain("sigmoid_backward", "sigmoid")
    before = 1.0
    for k, (o, gradient) in enumerate(found):
        product = f"{shown(before, 3)}·{shown(o * (1 - o), 3)} = {shown(gradient, 3)}"
        rows.append([str(DEEP - k), shown(o, 3), product])
        before = gradient
    sheet.table(rows)
    sheet.gap()
    sheet.text(
        "Five layers o = sigmoid(x), each the input of the next, all weights 1: of a gradient of 1 "
        "at the end {left} arrives in front. Behind ReLUs it is {relu}.",
        indent=2,
        left=shown(found[-1][1], 3),
        relu=shown(chain("relu_backward", "relu")[-1][1]),
    )


# --- steps and differences ----------------------------------------------------------------


def steps(sheet: Sheet) -> None:
    """Three steps towards the least of ½(w − 3)²."""
    rows = [["w", "L", "∂L/∂w", "w − ∂L/∂w / 2"]]
    w, aim = exact([-1]), exact([3])
    for _ in range(3):
        loss = refimpl.squared_error(w, aim)
        gradient = refimpl.squared_error_backward(exact(1), w, aim)
        after = refimpl.descend(w, gradient, Fraction(1, 2))
        rows.append([number(Fraction(str(v))) for v in (w[0], loss, gradient[0], after[0])])
        w = after
    sheet.table(rows)
    sheet.gap()
    sheet.text("L = ½(w − 3)², learning_rate 1/2: w comes nearer to 3.", indent=2)


def differences(sheet: Sheet) -> None:
    """A difference quotient beside the derivative: neither a large nor a tiny h is good."""
    x, one = np.array([2.0]), np.array([1.0])
    slope = float(refimpl.sigmoid_backward(one, x)[0])
    rows = [["h", sheet.said("quotient"), sheet.said("error")]]
    for power in (1, 3, 5, 8, 11):
        h = 10.0**-power
        quotient = float(((refimpl.sigmoid(x + h) - refimpl.sigmoid(x - h)) / (2 * h))[0])
        rows.append([f"1e−{power:02}", f"{quotient:.12f}", shown(abs(quotient - slope), 1)])
    sheet.table(rows)
    sheet.gap()
    sheet.text(
        "(f(x + h) − f(x − h)) / 2h for f = sigmoid at x = 2, whose derivative is {slope}: a large "
        "h is too coarse, a tiny one loses digits.",
        indent=2,
        slope=f"{slope:.12f}",
    )


def parameters(sheet: Sheet) -> None:
    """AlexNet's first convolution, one in groups, a dense layer."""
    calls = (
        ("conv_parameters(3, 96, (11, 11))", "96 · 3/1 · 11 · 11 + 96"),
        ("conv_parameters(96, 256, (5, 5), groups=2)", "256 · 96/2 · 5 · 5 + 256"),
        ("dense_parameters(9216, 4096)", "4096 · 9216 + 4096"),
    )
    totals = (
        refimpl.conv_parameters(3, 96, (11, 11)),
        refimpl.conv_parameters(96, 256, (5, 5), groups=2),
        refimpl.dense_parameters(9216, 4096),
    )
    for (call, products), total in zip(calls, totals, strict=True):
        sheet.raw(call, indent=2, hang=4)
        sheet.raw(f"{products} = {total.total}", indent=4, hang=2)

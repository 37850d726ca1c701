"""Evidence on D2's softmax and cross-entropy."""

from __future__ import annotations

import numpy as np
import sympy

import refimpl
from parity.bounds.arithmetic import sides
from parity.cases.case import Array
from parity.documents.asking import (
    autograd,
    backward_bounds,
    derivative,
    floats,
    forward_bound,
    integers,
    layer,
    rationals,
    value,
)
from parity.documents.evidence import RATIONALS, SYMPY, TORCH, Evidence, evidence
from parity.documents.printed import d2_softmax as printed
from parity.documents.printed.notation import build
from parity.witnesses.symbols import branched, expressions, symbols

FLOAT64 = sides("float64")
T = 7  # the class of the slides' example
SUM = {"reduction": "sum"}
CERTAIN = np.array([sympy.Integer(1)])  # the expected probability of the one right class
DY = np.array([3])  # an upstream gradient


def example() -> tuple[Array, Array]:
    """Values of the ten output neurons, and the exact predictions."""
    z = integers("D2 logits", printed.CLASSES, low=-3, high=3)
    return z, printed.softmax(rationals(z))


@evidence("D2.8")
def softmax(evidence: Evidence) -> None:
    """The formula, and the printed values for z = 1, 2, 4."""
    z = np.array([1.0, 2.0, 4.0])
    exact = printed.softmax(rationals(z))
    limit = forward_bound("softmax", {"x": z}, {}, FLOAT64).limit
    evidence.printed(TORCH, "softmax(1, 2, 4)", value("softmax", {"x": z}), exact, limit)
    evidence.implemented(SYMPY, "softmax", refimpl.softmax(z), exact, limit)
    evidence.implemented(SYMPY, "Softmax", refimpl.Softmax().forward(z), exact, limit)
    for digits, number in zip(("0.04201", "0.114195", "0.84379"), exact, strict=True):
        evidence.number(f"{sympy.sstr(number)}", digits, number)


# --- the loss -----------------------------------------------------------------------------


@evidence("D2.14")
def loss(evidence: Evidence) -> None:
    """−log of the prediction for the class is torch's cross_entropy; its printed values."""
    z, O = example()  # noqa: E741 (the slides' letter)
    arrays = {"logits": floats(z[None]), "target": np.array([T])}
    limit = forward_bound("cross_entropy", arrays, SUM, FLOAT64).limit
    exact = printed.softmax_loss(O, T)
    evidence.printed(TORCH, "L", exact, value("cross_entropy", arrays, SUM), limit)
    ours = refimpl.cross_entropy(arrays["logits"], arrays["target"], "sum")
    evidence.implemented(SYMPY, "cross_entropy", ours, exact, limit)
    evidence.implemented(
        SYMPY, "log_softmax", -refimpl.log_softmax(arrays["logits"])[0, T], exact, limit
    )
    for prediction, digits in (("1", "0"), ("0.9", "0.1054"), ("0.8", "0.2231")):
        evidence.number(f"−log({prediction})", digits, -sympy.log(sympy.Rational(prediction)))


@evidence("D2.15")
def cross_entropy(evidence: Evidence) -> None:
    """The sum is right; its last form takes the log of the expected probability, which is 1."""
    z, P = example()
    O = np.arange(printed.CLASSES) == T  # noqa: E741
    expected = rationals(O.astype(int))
    arrays = {"logits": floats(z[None]), "target": floats(expected[None])}
    limit = forward_bound("cross_entropy", arrays, SUM, FLOAT64).limit
    found = value("cross_entropy", arrays, SUM)
    summed = printed.cross_entropy(expected, P)
    evidence.printed(TORCH, "Σ −O_i log(P_i)", summed, found, limit)
    ours = refimpl.cross_entropy(arrays["logits"], arrays["target"], "sum")
    evidence.implemented(TORCH, "cross_entropy", ours, found, limit)
    any_P = symbols("P", printed.CLASSES, first=0)
    defined = printed.cross_entropy(expected, any_P)
    shortened = printed.softmax_loss(expected, T)
    evidence.refuted(SYMPY, "L = −log(O_t), O expected", shortened, defined)
    evidence.corrected(SYMPY, "L = −log(P_t)", -sympy.log(any_P[T]), defined)
    predicted = ("0.9503", "0.0473", "0.0024")
    whole = sum(map(sympy.Rational, predicted))
    evidence.printed(RATIONALS, "the three probabilities add up to 1", whole, 1)
    evidence.number("−log(0.9503)", "0.0509", -sympy.log(sympy.Rational("0.9503")))
    evidence.false_at(
        "expected O = (1, 0), predicted P = (1/2, 1/2), t the first: "
        f"Σ −O_i log(P_i) = {two_classes()}, but −log(O_t) = {printed.softmax_loss(CERTAIN, 0)}"
    )


def two_classes() -> sympy.Basic:
    """The sum for two classes that are equally likely; the other eight have O_i = 0."""
    half = sympy.Rational(1, 2)
    O = [sympy.Integer(i == 0) for i in range(printed.CLASSES)]  # noqa: E741
    return printed.cross_entropy(np.array(O), np.array([half] * printed.CLASSES))


# --- its gradient -------------------------------------------------------------------------


@evidence("D2.16")
def by_prediction(evidence: Evidence) -> None:
    """dL/dO_t = −1/O_t, 0 for the others; O_t depends on every neuron before the activation."""
    O = rationals([0.125, 0.5, 0.25, 0.0625, 0.0625])  # noqa: E741
    for t in range(len(O)):
        found = autograd(lambda O, t=t: build((1,), lambda _: printed.softmax_loss(O, t)), DY, O=O)  # noqa: E741
        gradient = DY * printed.loss_by_prediction(O, t)
        evidence.printed(TORCH, f"dL/dO, t = {t}", gradient, found.gradients["O"])
    z = symbols("z", 4, first=0)
    through_refimpl(evidence, z)
    slopes = derivative(printed.softmax(z)[1], z)
    depends = [sympy.simplify(slope) != 0 for slope in slopes]
    evidence.printed(SYMPY, "O_t depends on every z_i", [True] * 4, depends)


def through_refimpl(evidence: Evidence, z: Array) -> None:
    """From the printed dL/dO back to z, on symbols: sympy's derivative of the loss."""
    t, predictions = 2, printed.softmax(z)
    right = derivative(printed.softmax_loss(predictions, t), z)
    dO = printed.loss_by_prediction(predictions, t)
    places = dict(zip(z, (1, -2, 3, 0), strict=True))

    def at_places(array: Array) -> Array:
        return branched(array, [entry.subs(places) for entry in map(sympy.sympify, array)])

    logits, one = at_places(z), branched(np.array([1]), [1])[0]
    ours = expressions(refimpl.softmax_backward(at_places(dO), logits))
    evidence.implemented(SYMPY, "softmax_backward of dL/dO", ours, right)
    by_logarithm = at_places(dO * predictions)  # d(log O) = dO/O
    ours = expressions(refimpl.log_softmax_backward(by_logarithm, logits))
    evidence.implemented(SYMPY, "log_softmax_backward of O · dL/dO", ours, right)
    dy = np.array(one, dtype=object)
    ours = refimpl.cross_entropy_backward(dy, logits[None], np.array([t]), "sum")[0]
    evidence.implemented(SYMPY, "cross_entropy_backward", expressions(ours), right)


@evidence("D2.17")
def by_activation(evidence: Evidence) -> None:
    """The cases are right, step by step; the line before them and a label are not, for i ≠ t."""
    z = symbols("z", printed.CLASSES, first=0)
    at_integers = dict(
        zip(z, map(sympy.log, integers("D2.17 e^z", 10, low=1, high=9)), strict=True)
    )

    def given(expression: sympy.Basic) -> sympy.Basic:
        """At z_j = log(n_j), n_j whole, every e^(z_j) is n_j and everything is rational."""
        return sympy.simplify(sympy.sympify(expression).subs(at_integers))

    x = sympy.Symbol("x")
    u, v = (sympy.Function(name)(x) for name in "uv")
    quotient = printed.quotient_rule(u, v, u.diff(x), v.diff(x))
    evidence.printed(SYMPY, "(u/v)'", quotient, sympy.diff(u / v, x))
    S, O_t = printed.denominator(z), sympy.exp(z[T]) / printed.denominator(z)
    dL_dO = -1 / O_t
    gradient = [given(sympy.diff(-sympy.log(O_t), z_i)) for z_i in z]
    for number, step in enumerate(printed.steps_of_the_class(dL_dO, z, T)):
        evidence.printed(SYMPY, f"i = t, step {number + 1}", given(step), gradient[T])
    for i in (0, 9):
        slope = sympy.diff(1 / S, z[i])
        for number, step in enumerate(printed.steps_of_another(dL_dO, z, T, i, slope)):
            what = f"i = {i} ≠ t, step {number + 1}"
            evidence.printed(SYMPY, what, given(step), gradient[i])
    for i in (T, 2):
        named = f"dL/dO_t · d/dz_i(e^z_i/Σ), i = {i}"
        general = given(dL_dO * sympy.diff(printed.what_is_differentiated(z, i), z[i]))
        keep = evidence.printed if i == T else evidence.refuted
        keep(SYMPY, named, general, gradient[i])
        corrected = given(dL_dO * sympy.diff(printed.what_is_differentiated(z, T), z[i]))
        evidence.corrected(SYMPY, f"dL/dO_t · d/dz_i(e^z_t/Σ), i = {i}", corrected, gradient[i])
    depends = [given(sympy.diff(O_t, z_i)) != 0 for z_i in z]
    labelled = [printed.has_to_do_with(T, i) for i in range(printed.CLASSES)]
    evidence.refuted(SYMPY, "with which z_i O_t has to do", labelled, depends)
    O = [given(o) for o in printed.softmax(z)]  # noqa: E741
    slopes = [given(sympy.diff(O_t, z_i)) for z_i in z]
    right = [O[T] - O[T] ** 2 if i == T else -O[T] * O[i] for i in range(printed.CLASSES)]
    evidence.corrected(SYMPY, "dO_t/dz_i = −O_t·O_i for i ≠ t", right, slopes)
    softmax_gradient(evidence)
    evidence.false_at(counterexample())


def softmax_gradient(evidence: Evidence) -> None:
    """refimpl's two ways from dL/dO to dL/dz, through softmax and through its logarithm."""
    z, P = example()
    O = refimpl.softmax(floats(z))  # noqa: E741
    dO = np.zeros(O.shape)
    dO[T] = -1 / O[T]
    found = layer("softmax", rationals(dO), {"x": z}).gradients["x"]
    limit = backward_bounds("softmax", dO, {"x": floats(z)}, {}, FLOAT64)["x"].limit
    ours = refimpl.softmax_backward(dO, floats(z))
    evidence.implemented(TORCH, "softmax_backward", ours, found, limit)
    dlog = np.where(np.arange(printed.CLASSES) == T, -1.0, 0.0)
    limit = backward_bounds("log_softmax", dlog, {"x": floats(z)}, {}, FLOAT64)["x"].limit
    ours = refimpl.log_softmax_backward(dlog, floats(z))
    evidence.implemented(SYMPY, "log_softmax_backward", ours, printed.loop(P, T), limit)


def counterexample() -> str:
    """The smallest: two neurons with the value 0, t the first, i the second."""
    z = symbols("z", 2)
    zero = dict.fromkeys(z, 0)
    O_t = printed.softmax(z)[0]
    slope = sympy.diff(O_t, z[1]).subs(zero)
    as_printed = (-1 / O_t * sympy.diff(printed.what_is_differentiated(z, 1), z[1])).subs(zero)
    right = sympy.diff(printed.softmax_loss(printed.softmax(z), 0), z[1]).subs(zero)
    if printed.has_to_do_with(0, 1) or as_printed == right:
        return ""
    return (
        f"z = (0, 0), t the first and i the second: dO_t/dz_i = {slope}, not 0; "
        f"−1/O_t · d/dz_i(e^z_i/Σ) = {as_printed}, but dL/dz_i = {right}"
    )


@evidence("D2.18")
def loop(evidence: Evidence) -> None:
    """The loop gives torch's gradient of cross_entropy, for every class."""
    z, O = example()  # noqa: E741
    for t in (0, T, 9):
        arrays = {"logits": floats(z[None]), "target": np.array([t])}
        dy = np.array(1.0)
        found = layer("cross_entropy", dy, arrays, SUM).gradients["logits"][0]
        limit = backward_bounds("cross_entropy", dy, arrays, SUM, FLOAT64)["logits"].limit[0]
        exact = printed.loop(O, t)
        evidence.printed(TORCH, f"DZ, t = {t}", exact, found, limit)
        ours = refimpl.cross_entropy_backward(dy, arrays["logits"], arrays["target"], "sum")[0]
        evidence.implemented(SYMPY, f"cross_entropy_backward, t = {t}", ours, exact, limit)

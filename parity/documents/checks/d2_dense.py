"""Evidence on D2's ReLU and fully connected layers."""

from __future__ import annotations

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.documents.absent import asks_torch
from parity.documents.asking import (
    Judged,
    autograd,
    derivative,
    distinct,
    expanded,
    floats,
    integers,
    layer,
    rationals,
    right_hand,
    value,
)
from parity.documents.evidence import (
    COUNTING,
    RATIONALS,
    SYMPY,
    TORCH,
    Evidence,
    evidence,
    same,
)
from parity.documents.printed import d2_dense as printed
from parity.documents.printed.d2_softmax import softmax, softmax_loss
from parity.documents.printed.notation import build
from parity.witnesses.symbols import symbols

# --- ReLU ---------------------------------------------------------------------------------


@evidence("D2.19")
def relu(evidence: Evidence) -> None:
    """torch's ReLU but for the slope at 0, which is 1: the right-hand derivative."""
    Z = np.append(rationals(np.append(distinct("D2.19 Z", 8), [0.5, -0.5])), 0)
    DA = distinct("D2.19 DA", *Z.shape)
    A = np.array([printed.relu(z) for z in Z])
    found = layer("relu", DA, {"x": Z})
    evidence.under_convention(TORCH, "A", A, found.y)
    DZ, A_behind = printed.relu_loop(DA, Z, Z)
    evidence.under_convention(TORCH, "A behind the loop", A_behind, found.y)
    evidence.under_convention(TORCH, "DZ where Z ≠ 0", DZ[:-1], found.gradients["x"][:-1])
    evidence.refuted(TORCH, "DZ where Z = 0", DZ[-1], found.gradients["x"][-1])
    right = right_hand(lambda x: np.array([max(0, v) for v in x]), DA, Z)
    evidence.under_convention(RATIONALS, "DZ, right-hand derivative", DZ, right)
    slopes = DA * np.array([printed.slope(z) for z in Z])
    evidence.under_convention(RATIONALS, "DA · slope, right-hand derivative", slopes, right)
    ours = refimpl.relu_backward(DA, Z, at_zero=1)
    evidence.implemented(RATIONALS, "relu_backward, at_zero = 1", ours, right)
    evidence.implemented(TORCH, "relu_backward", refimpl.relu_backward(DA, Z), found.gradients["x"])
    evidence.implemented(TORCH, "relu", refimpl.relu(Z), found.y)


# --- a fully connected layer --------------------------------------------------------------


@asks_torch
def torch_linear(DZ: Array, A: Array, W: Array, B: Array) -> Judged:
    """torch's linear on one sample, its gradients turned to the slides' indices."""
    arrays = {"x": A[None], "weight": W.T, "bias": B}
    y, gradients = layer("linear", DZ[None], arrays)
    return Judged(
        y[0], {"A": gradients["x"][0], "W": gradients["weight"].T, "B": gradients["bias"]}
    )


@evidence("D2.20")
def neuron(evidence: Evidence) -> None:
    """refimpl's linear on symbols, multiplied out, has the printed terms."""
    A, W, B = symbols("A3", 3), symbols("W3", 3, 2), symbols("B4", 2)
    ours = expanded(refimpl.linear(A[None], W.T, B))[0]
    evidence.printed(SYMPY, "Z41", printed.first_neuron(A, W, B), (A @ W + B)[0])
    evidence.implemented(SYMPY, "linear", ours, printed.forward(A, W, B))
    A, W, B = integers("D2.20 A", 3), integers("D2.20 W", 3, 2), integers("D2.20 B", 2)
    found = value("linear", {"x": A[None], "weight": W.T, "bias": B})
    evidence.printed(TORCH, "Z41", printed.first_neuron(A, W, B), found[0, 0])


@evidence("D2.21")
def dense_gradients(evidence: Evidence) -> None:
    """DA, DW and DB are torch's gradients of linear, and sympy's of the printed forward."""
    A, W, B = integers("D2.21 A", 4), integers("D2.21 W", 4, 3), integers("D2.21 B", 3)
    DZ = distinct("D2.21 DZ", 3)
    found = torch_linear(DZ, A, W, B).gradients
    evidence.printed(TORCH, "DA", printed.gradient_of_neurons(DZ, W), found["A"])
    evidence.printed(TORCH, "DW", printed.gradient_of_weights(DZ, A), found["W"])
    evidence.printed(TORCH, "DB", printed.gradient_of_biases(DZ), found["B"])
    ours = refimpl.linear_backward(DZ[None], A[None], W.T)
    evidence.implemented(TORCH, "linear_backward dx", ours.dx[0], found["A"])
    evidence.implemented(TORCH, "linear_backward dweight", ours.dweight.T, found["W"])
    evidence.implemented(TORCH, "linear_backward dbias", ours.dbias, found["B"])
    A, W, B = symbols("A3", 3), symbols("W3", 3, 2), symbols("B4", 2)
    Z, DZ = printed.forward(A, W, B), symbols("DZ4", 2)
    for what, formula, inputs in (
        ("DA", printed.gradient_of_neurons(DZ, W), A),
        ("DW", printed.gradient_of_weights(DZ, A), W),
        ("DB", printed.gradient_of_biases(DZ), B),
    ):
        evidence.printed(SYMPY, what, formula, derivative(Z, inputs, DZ))


@evidence("D2.22")
def loop(evidence: Evidence) -> None:
    """DA starts from what it held, and only the last neuron gets a DZ; corrected it is right."""
    Z, W, B = distinct("D2.22 Z", 4), integers("D2.22 W", 4, 3), integers("D2.22 B", 3)
    DZ_next = distinct("D2.22 DZ", 3)

    def network(Z: Array, W: Array, B: Array) -> Array:
        A = build(Z.shape, lambda j: printed.relu(Z[j - 1]))
        return printed.forward(A, W, B)

    A = build(Z.shape, lambda j: printed.relu(Z[j - 1]))
    by_neuron = torch_linear(DZ_next, A, W, B).gradients["A"]
    of_network = autograd(network, DZ_next, Z=Z, W=W, B=B).gradients
    right = (by_neuron, of_network["W"], of_network["Z"], of_network["Z"])
    names = ("DA", "DW", "DZ", "DB")
    first = printed.dense_loop(0 * Z, DZ_next, W, A, Z)
    again = printed.dense_loop(first[0], DZ_next, W, A, Z)
    corrected = printed.corrected_loop(DZ_next, W, A, Z)
    evidence.corrected(TORCH, "DA, run once on zeros", first[0], by_neuron)
    evidence.refuted(TORCH, "DA, run again", again[0], by_neuron)
    for name, found in zip(("DZ", "DB"), first[2:], strict=True):
        is_set = [v is not None for v in found]
        evidence.refuted(TORCH, f"every {name}_ij is set", is_set, [True] * len(Z))
    for name, found, expected in zip(names, corrected, right, strict=True):
        evidence.corrected(TORCH, name, found, expected)
    grads = refimpl.linear_backward(DZ_next[None], A[None], W.T)
    evidence.implemented(TORCH, "linear_backward", grads.dx[0], by_neuron)
    ours = refimpl.relu_backward(grads.dx[0], Z)
    evidence.implemented(TORCH, "relu_backward of linear_backward", ours, of_network["Z"])
    evidence.false_at(counterexample())


@asks_torch
def counterexample() -> str:
    """Two neurons, one behind them, everything 1: after a second run, and of the first neuron."""
    one, two = rationals([1]), rationals([1, 1])
    first = printed.dense_loop(two * 0, one, two[:, None], two, two)
    again = printed.dense_loop(first[0], one, two[:, None], two, two)
    right = torch_linear(one, two, two[:, None], one).gradients["A"]
    if same(again[0], right) or first[2][0] is not None:
        return ""
    return (
        "N_i = 2, N_(i+1) = 1, every Z, W and DZ_(i+1)1 = 1: at the second run "
        f"DA = {[int(v) for v in again[0]]}, but dL/dA = {[int(v) for v in right]}; "
        "with the if behind both loops DZ_i1 is never set"
    )


# --- from the output to the layer before ----------------------------------------------------


@evidence("D2.30")
def output_and_sum(evidence: Evidence) -> None:
    """The loop sets DZ from number 0, the sum reads it from 1; from 1 both, torch's gradient."""
    tenths = rationals(np.ones(10)) / 10
    read = printed.read_by_the_sum(10)
    evidence.refuted(COUNTING, "the loop sets what the sum reads", numbers(tenths), read)
    corrected = sorted(printed.set_from_one(tenths, 7))
    evidence.corrected(COUNTING, "the loop sets what the sum reads", corrected, read)
    A, W = integers("D2.30 A", 5), integers("D2.30 W", 5, 8)
    B = -printed.forward(A, W, rationals(np.zeros(8)))  # every Z is 0: predictions of 1/8, exact
    logits, dL = printed.forward(A, W, B), np.array([3])
    O = softmax(logits)  # noqa: E741 (the slides' letter)
    for t in (0, 6, 7):

        def loss(A: Array, W: Array, B: Array, t: int = t) -> Array:
            return build((1,), lambda _: softmax_loss(softmax(printed.forward(A, W, B)), t))

        right = autograd(loss, dL, A=A, W=W, B=B).gradients["A"]
        DA = printed.sum_over_the_output(printed.set_from_one(O, t), W)
        evidence.corrected(TORCH, f"DA, t = {t}", dL * DA, right)
        target = np.array([t])
        dlogits = refimpl.cross_entropy_backward(floats(dL), floats(logits)[None], target, "none")
        ours = refimpl.linear_backward(dlogits, floats(A)[None], floats(W.T)).dx[0]
        evidence.implemented(TORCH, f"linear_backward, t = {t}", ours, right)
    two = numbers(tenths[:2]), printed.read_by_the_sum(2)
    loop_sets, sum_reads = (", ".join(f"DZ_{number}" for number in found) for found in two)
    evidence.false_at(f"two classes: the loop sets {loop_sets}; the sum reads {sum_reads}")


def numbers(O: Array) -> list[int]:  # noqa: E741
    """Of which neurons the printed loop sets DZ."""
    return sorted(printed.set_by_the_output_loop(O, 0))

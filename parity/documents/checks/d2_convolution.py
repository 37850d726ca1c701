"""Evidence on D2's convolution of a 4×4 with a 3×3, spelt out, and its gradients."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.documents.absent import if_found
from parity.documents.asking import (
    derivative,
    distinct,
    expanded,
    integers,
    layer,
    rationals,
    right_hand,
    value,
)
from parity.documents.evidence import RATIONALS, SYMPY, TORCH, Evidence, evidence
from parity.documents.printed import d2_convolution as printed
from parity.witnesses.symbols import symbols

A, W, DZ = symbols("A", 4, 4), symbols("W", 3, 3), symbols("DZ", 2, 2)
B = symbols("b", 1)


def numbers(row_id: str) -> dict[str, Array]:
    """Random A, W, b and DZ of the slides' sizes."""
    return {
        "A": integers(f"{row_id} A", 4, 4),
        "W": integers(f"{row_id} W", 3, 3),
        "b": integers(f"{row_id} b", 1),
        "DZ": distinct(f"{row_id} DZ", 2, 2),
    }


def gradients(given: dict[str, Array]) -> dict[str, Array]:
    """torch's gradients of conv2d, as matrices."""
    arrays = {"x": given["A"][None, None], "weight": given["W"][None, None], "bias": given["b"]}
    found = layer("conv2d", given["DZ"][None, None], arrays).gradients
    return {"A": found["x"][0, 0], "W": found["weight"][0, 0], "b": found["bias"]}


def on_symbols() -> dict[str, Array]:
    """refimpl's gradients on symbols, multiplied out."""
    dx, dweight, dbias = refimpl.conv2d_backward(DZ[None, None], A[None, None], W[None, None])
    return {"A": expanded(dx[0, 0]), "W": expanded(dweight[0, 0]), "b": expanded(dbias)}


@evidence("D2.23")
def forward(evidence: Evidence) -> None:
    """The four sums are those of refimpl's conv2d on symbols, and torch's conv2d."""
    ours = expanded(refimpl.conv2d(A[None, None], W[None, None], B))[0, 0]
    windows = np.lib.stride_tricks.sliding_window_view(A, (3, 3))
    definition = (windows * W).sum((2, 3)) + B
    evidence.printed(SYMPY, "Z", printed.forward(A, W, B[0]), definition)
    evidence.implemented(SYMPY, "conv2d", ours, definition)
    given = numbers("D2.23")
    arrays = {"x": given["A"][None, None], "weight": given["W"][None, None], "bias": given["b"]}
    found = value("conv2d", arrays)[0, 0]
    evidence.printed(TORCH, "Z", printed.forward(given["A"], given["W"], given["b"][0]), found)


@evidence("D2.24")
def of_kernel(evidence: Evidence) -> None:
    """The three sums and DW = A ⊗ DZ are the derivatives of the printed forward."""
    right = derivative(printed.forward(A, W, B[0]), W, DZ)
    three = [right[u - 1, v - 1] for u, v in printed.DW_TERMS]
    evidence.printed(SYMPY, "DW11, DW12, DW22", printed.gradients_written_out(DZ, A), three)
    evidence.printed(SYMPY, "DW = A ⊗ DZ", printed.gradient_of_kernel(DZ, A), right)
    evidence.implemented(SYMPY, "conv2d_backward dweight", on_symbols()["W"], right)
    given = numbers("D2.24")
    found = gradients(given)["W"]
    evidence.printed(TORCH, "DW", printed.gradient_of_kernel(given["DZ"], given["A"]), found)


@evidence("D2.25")
def of_input(evidence: Evidence) -> None:
    """The frame of 6×6 with the turned kernel gives the derivatives of the printed forward."""
    right = derivative(printed.forward(A, W, B[0]), A, DZ)
    evidence.printed(SYMPY, "DA", printed.gradient_of_input(DZ, W), right)
    evidence.implemented(SYMPY, "conv2d_backward dx", on_symbols()["A"], right)
    evidence.implemented(SYMPY, "convolve2d", expanded(refimpl.convolve2d(DZ, W)), right)
    framed = refimpl.correlate2d(DZ, refimpl.rot180(W))
    evidence.implemented(SYMPY, "correlate2d with rot180", expanded(framed), right)
    given = numbers("D2.25")
    found = gradients(given)["A"]
    evidence.printed(TORCH, "DA", printed.gradient_of_input(given["DZ"], given["W"]), found)


@evidence("D2.26")
def of_input_in_the_summary(evidence: Evidence) -> None:
    """The frame has 7 columns, so that 4×5 come out; with 6 it is right."""
    right = derivative(printed.forward(A, W, B[0]), A, DZ)
    as_printed = printed.gradient_of_input_in_the_summary(DZ, W)
    evidence.refuted(SYMPY, "DA", as_printed, right)
    evidence.printed(SYMPY, "DA, first four columns", as_printed[:, :4], right)
    evidence.corrected(SYMPY, "DA, frame of 6×6", printed.gradient_of_input(DZ, W), right)
    evidence.implemented(SYMPY, "conv2d_backward dx", on_symbols()["A"], right)
    given = numbers("D2.26")
    found = gradients(given)["A"]
    evidence.corrected(TORCH, "DA", printed.gradient_of_input(given["DZ"], given["W"]), found)
    one = {**given, "DZ": rationals(np.zeros((2, 2))), "W": rationals(np.zeros((3, 3)))}
    one["DZ"][0, 0] = one["W"][0, 0] = Fraction(1)
    wrong = printed.gradient_of_input_in_the_summary(one["DZ"], one["W"])
    evidence.false_at(
        "DZ and W 1 at (1, 1), else 0: the printed product has "
        f"{wrong.shape[0]}×{wrong.shape[1]} entries, {as_integers(wrong)}, "
        f"but DA is {as_integers(gradients(one)['A'])}"
    )


@evidence("D2.27")
def of_bias(evidence: Evidence) -> None:
    """db is the sum of DZ; of the ReLU before the convolution, 1 is the slope at 0."""
    right = derivative(printed.forward(A, W, B[0]), B, DZ)
    evidence.under_convention(SYMPY, "db", [printed.gradient_of_bias(DZ)], right)
    evidence.implemented(SYMPY, "conv2d_backward dbias", on_symbols()["b"], right)
    given = numbers("D2.27")
    found = gradients(given)
    evidence.under_convention(TORCH, "db", [printed.gradient_of_bias(given["DZ"])], found["b"])
    z = distinct("D2.27 z", 4, 4)
    z[1, 2] = 0
    DA = found["A"]
    dz = printed.before_the_activation(DA, z)
    of_torch = layer("relu", DA, {"x": z}).gradients["x"]
    elsewhere = z != 0
    evidence.under_convention(TORCH, "dz where z ≠ 0", dz[elsewhere], of_torch[elsewhere])
    evidence.refuted(TORCH, "dz where z = 0", dz[1, 2], of_torch[1, 2])
    right_handed = right_hand(lambda z: np.maximum(z, 0), DA, z)
    evidence.under_convention(RATIONALS, "dz, right-hand derivative", dz, right_handed)
    ours = if_found(refimpl.relu_backward)(DA, z, at_zero=1)
    evidence.implemented(RATIONALS, "relu_backward, at_zero = 1", ours, right_handed)


def as_integers(array: Array) -> list[object]:
    """Whole numbers as a nested list."""
    whole: list[object] = array.astype(int).tolist()
    return whole

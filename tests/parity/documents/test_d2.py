"""D2's evidence refuses a mistake in what was printed, and in refimpl."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import refimpl
from parity.documents.asking import autograd, layer, rationals, right_hand
from parity.documents.audit import audit_row
from parity.documents.checks import d2_filters as filters_checks
from parity.documents.checks.d2_pooling import maxima
from parity.documents.ledger import ledger
from parity.documents.printed import (
    d2_backward,
    d2_connections,
    d2_convolution,
    d2_dense,
    d2_filters,
    d2_networks,
    d2_pooling,
    d2_softmax,
)
from parity.documents.printed.d2_terms import correlate, evaluate, matrix
from parity.documents.printed.notation import build

Change = Callable[[Any], Any]


def refused(row_id: str) -> None:
    """The row's evidence was collected to its end, and does not support the ledger."""
    problem = audit_row(ledger()[row_id]).problem
    assert problem.startswith("the ledger"), problem


# --- mistakes in what was printed -----------------------------------------------------------


def entry(change: int) -> Change:
    """Another number in the first entry of a matrix."""

    def wrong(printed: Any) -> Any:
        changed = printed.copy()
        changed[0, 0] += change
        return changed

    return wrong


def at(place: tuple[int, int], change: int) -> Change:
    """Another number somewhere in a matrix."""

    def wrong(printed: Any) -> Any:
        changed = printed.copy()
        changed[place] += change
        return changed

    return wrong


def result(change: Change) -> Change:
    """A function that gives something else."""
    return lambda function: lambda *args: change(function(*args))


def text(old: str, new: str) -> Change:
    """One place of a printed sum or matrix read differently."""
    return lambda printed: printed.replace(old, new, 1)


def negative(values: Any) -> Any:
    """Everything with the other sign."""
    return -values


def last_is_off(steps: list[Any]) -> list[Any]:
    """The last step of a derivation is 1 too much."""
    return [*steps[:-1], steps[-1] + 1]


MISREAD = [
    ("D2.1", d2_filters, "convolved", result(negative)),
    ("D2.1", d2_filters, "A", entry(1)),
    ("D2.1", d2_filters, "A", at((4, 4), 1)),
    ("D2.1", d2_filters, "B", at((2, 0), -1)),
    ("D2.1", d2_filters, "OVERLAY", text("1x1", "1x0")),
    ("D2.2", d2_filters, "convolved_colours", result(lambda found: found / 3)),
    ("D2.3", d2_filters, "UPPER_STROKE", entry(-1)),
    ("D2.3", d2_filters, "UPPER_STROKE", at((1, 1), 2)),
    ("D2.4", d2_filters, "SOBEL_X", entry(1)),
    ("D2.4", d2_filters, "SOBEL_Y", negative),
    ("D2.4", d2_filters, "SCHARR_Y", entry(1)),
    ("D2.4", d2_filters, "SCHARR_X", entry(1)),
    ("D2.4", d2_filters, "LAPLACIAN", entry(1)),
    ("D2.5", d2_filters, "gaussian", result(lambda density: 2 * density)),
    ("D2.6", d2_filters, "EDGE_1", negative),
    ("D2.6", d2_filters, "DIAGONAL", entry(-5)),
    *(
        ("D2.6", d2_filters, name, at((0, 0), change))
        for name, change in (("EDGE_1", 6), ("EDGE_2", -6), ("LINE", 6), ("DIAGONAL", -6))
    ),
    ("D2.7", d2_connections, "connected_when_convolving", result(lambda count: count + 1)),
    ("D2.7", d2_connections, "connected_when_dense", result(lambda count: count - 1)),
    ("D2.7", d2_connections, "dense_neuron", result(negative)),
    ("D2.8", d2_softmax, "softmax", result(lambda found: found[::-1])),
    ("D2.9", d2_networks, "relu", result(negative)),
    ("D2.9", d2_networks, "leaky_relu", result(lambda y: y / 10)),
    ("D2.9", d2_networks, "sigmoid", result(lambda y: 1 - y)),
    ("D2.10", d2_networks, "activated", result(negative)),
    ("D2.10", d2_networks, "over_maps", result(lambda found: found / 2)),
    ("D2.11", d2_networks, "LENET_COUNTS", lambda counts: {**counts, "full": 3}),
    ("D2.11", d2_networks, "LENET", lambda words: (*words[:3], "conv 5", *words[4:])),
    ("D2.11", d2_networks, "LENET", lambda words: (*words[:4], "full 30", *words[6:])),
    ("D2.12", d2_networks, "valid", lambda valid: lambda W, w, s: (W - w + 1) // s),
    ("D2.12", d2_networks, "same", lambda same: lambda W, s: W // s),
    ("D2.13", d2_networks, "ALEXNET_COUNTS", lambda counts: {**counts, "conv": 4}),
    ("D2.13", d2_networks, "valid", lambda valid: lambda W, w, s: (W - w) // s),
    ("D2.13", d2_networks, "dropped", lambda dropped: lambda h, chosen: h.copy()),
    ("D2.14", d2_softmax, "softmax_loss", result(negative)),
    ("D2.15", d2_softmax, "cross_entropy", result(negative)),
    ("D2.16", d2_softmax, "loss_by_prediction", result(lambda dO: dO - 1)),
    ("D2.17", d2_softmax, "steps_of_the_class", result(last_is_off)),
    ("D2.17", d2_softmax, "steps_of_another", result(last_is_off)),
    ("D2.17", d2_softmax, "quotient_rule", result(negative)),
    ("D2.17", d2_softmax, "has_to_do_with", lambda label: lambda t, i: True),
    ("D2.18", d2_softmax, "loop", result(lambda DZ: np.where(DZ < 0, DZ + 1, DZ))),
    ("D2.19", d2_dense, "relu", result(negative)),
    ("D2.19", d2_dense, "slope", lambda slope: lambda Z: 1),
    ("D2.19", d2_dense, "relu_loop", result(lambda behind: (2 * behind[0], behind[1]))),
    ("D2.20", d2_dense, "Z41", text("W321", "W311")),
    ("D2.21", d2_dense, "gradient_of_neurons", result(negative)),
    ("D2.21", d2_dense, "gradient_of_weights", result(negative)),
    ("D2.21", d2_dense, "gradient_of_biases", result(negative)),
    ("D2.22", d2_dense, "corrected_loop", result(lambda found: (2 * found[0], *found[1:]))),
    ("D2.22", d2_dense, "corrected_loop", result(lambda found: (*found[:3], 2 * found[3]))),
    ("D2.23", d2_convolution, "Z12", text("A14*W13", "A13*W14")),
    ("D2.23", d2_convolution, "Z22", text(" + b", "")),
    ("D2.24", d2_convolution, "DW_TERMS", lambda terms: {**terms, (2, 1): terms[1, 2]}),
    ("D2.24", d2_convolution, "gradient_of_kernel", result(negative)),
    ("D2.25", d2_convolution, "TURNED", text("W33 W32", "W32 W33")),
    ("D2.25", d2_convolution, "FRAME", text("DZ11 DZ12 0", "0 DZ11 DZ12")),
    ("D2.26", d2_convolution, "FRAME", text("DZ21", "DZ12")),
    ("D2.26", d2_convolution, "FRAME_OF_THE_SUMMARY", lambda frame: d2_convolution.FRAME),
    ("D2.26", d2_convolution, "FRAME_OF_THE_SUMMARY", text("DZ21", "DZ12")),
    ("D2.27", d2_convolution, "DB", text("DZ22", "DZ12")),
    ("D2.27", d2_convolution, "before_the_activation", result(negative)),
    ("D2.28", d2_pooling, "avg_pooling", result(lambda DA: DA * 4)),
    ("D2.28", d2_pooling, "max_pooling", result(negative)),
    ("D2.29", d2_backward, "before_the_activation", result(negative)),
    ("D2.29", d2_backward, "framed", result(lambda frame: frame[::-1, ::-1])),
    ("D2.29", d2_backward, "output_before_the_activation", result(lambda DZ: 2 * DZ)),
    ("D2.30", d2_dense, "set_by_the_output_loop", lambda loop: d2_dense.set_from_one),
    ("D2.30", d2_dense, "set_from_one", result(lambda DZ: {k: -v for k, v in DZ.items()})),
    ("D2.31", d2_connections, "FEWER", lambda fewer: {**fewer, "operations": False}),
    ("D2.32", d2_connections, "neurons_that_use_a_weight", lambda count: lambda n, h, w: h * w),
    ("D2.32", d2_connections, "is_connected_with_all", lambda claim: lambda k, size: k == size),
    ("D2.32", d2_connections, "is_connected_with_all", result(lambda all_of_it: not all_of_it)),
]


@pytest.mark.parametrize(("row_id", "module", "name", "change"), MISREAD)
def test_a_misread_formula_is_refused(
    monkeypatch: pytest.MonkeyPatch, row_id: str, module: Any, name: str, change: Change
) -> None:
    """Each row with a mistake in its transcription, or without the mistake that was printed."""
    monkeypatch.setattr(module, name, change(getattr(module, name)))
    refused(row_id)


def test_every_row_has_a_misreading() -> None:
    """No row goes without one."""
    assert {row_id for row_id, *_ in MISREAD} == {
        row_id for row_id, row in ledger().items() if row.document == "D2"
    }


# --- mistakes in refimpl --------------------------------------------------------------------


def doubled(found: Any) -> Any:
    """Everything twice too large."""
    if hasattr(found, "_fields"):
        return type(found)(*(2 * part for part in found))
    return 2 * found


WRONG = [
    *(("conv2d", row_id) for row_id in ("D2.1", "D2.2", "D2.3", "D2.6", "D2.23")),
    *(("conv2d_backward", f"D2.{number}") for number in (24, 25, 26, 27)),
    *(("relu_backward", row_id) for row_id in ("D2.9", "D2.19", "D2.22", "D2.27")),
    *(("linear_backward", row_id) for row_id in ("D2.21", "D2.22")),
    *(("max_pool2d", "D2.28"), ("max_pool2d_backward", "D2.28"), ("avg_pool2d", "D2.28")),
    *(("avg_pool2d_backward", "D2.28"), ("linear", "D2.20"), ("relu", "D2.19")),
    *(("gaussian_kernel", "D2.5"), ("haar_kernel", "D2.6"), ("correlate2d", "D2.1")),
    *(("convolve2d", "D2.25"), ("rot180", "D2.25"), ("local_connections", "D2.7")),
    *(("dense_connections", "D2.7"), ("conv_output_size", "D2.12")),
    *(("pool_output_size", "D2.12"), ("dropout", "D2.13"), ("dropout_backward", "D2.13")),
    *(("softmax", "D2.8"), ("leaky_relu", "D2.9"), ("sigmoid_backward", "D2.9")),
    *(("cross_entropy", "D2.14"), ("cross_entropy", "D2.15"), ("log_softmax", "D2.14")),
    *(("softmax_backward", "D2.17"), ("log_softmax_backward", "D2.17")),
    ("cross_entropy_backward", "D2.18"),
    *((f"{name}_backward", "D2.16") for name in ("softmax", "log_softmax", "cross_entropy")),
    *(("cross_entropy_backward", "D2.30"), ("linear_backward", "D2.30")),
    *((f"{kind}_connections", "D2.31") for kind in ("dense", "local")),
    *((f"{kind}_parameters", "D2.31") for kind in ("dense", "local", "conv")),
    *((f"{kind}_parameters", "D2.32") for kind in ("dense", "conv")),
    ("local_parameters", "D2.11"),
]


@pytest.mark.parametrize(("name", "row_id"), WRONG)
def test_a_wrong_implementation_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, row_id: str
) -> None:
    """The same evidence when a function of refimpl gives twice what it should."""
    right = getattr(refimpl, name)
    monkeypatch.setattr(refimpl, name, lambda *a, **options: doubled(right(*a, **options)))
    refused(row_id)


KERNELS = [
    ("UPPER_STROKE", "D2.3"),
    *((name, "D2.4") for name in ("SOBEL_X", "SOBEL_Y", "SCHARR_X", "SCHARR_Y", "LAPLACIAN")),
    ("LINE", "D2.6"),
]


@pytest.mark.parametrize(("name", "row_id"), KERNELS)
def test_a_wrong_kernel_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, row_id: str) -> None:
    """One entry of a fixed kernel."""
    monkeypatch.setattr(refimpl, name, entry(1)(getattr(refimpl, name)))
    refused(row_id)


def test_networks_with_another_layer_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """LeNet's maximum for the mean, and no dropout in AlexNet."""
    lenet, alexnet = refimpl.lenet, refimpl.alexnet

    def with_maximum(rng: np.random.Generator) -> refimpl.Sequential:
        return refimpl.Sequential({**lenet(rng).layers, "pool2": refimpl.MaxPool2d(2)})

    def without_dropout(rng: np.random.Generator) -> refimpl.Sequential:
        return refimpl.Sequential({**alexnet(rng).layers, "dropout": refimpl.ReLU()})

    monkeypatch.setattr(refimpl, "lenet", with_maximum)
    monkeypatch.setattr(refimpl, "alexnet", without_dropout)
    refused("D2.11")
    refused("D2.13")


def test_a_convolution_of_another_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A convolution without the last of its windows."""
    conv2d = refimpl.conv2d
    monkeypatch.setattr(refimpl, "conv2d", lambda *a, **options: conv2d(*a, **options)[..., :-1])
    refused("D2.12")


def test_a_layer_left_out_of_a_backward_pass_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ReLU's gradient taken as 1 everywhere."""
    monkeypatch.setattr(refimpl.ReLU, "backward", lambda self, dy, x: refimpl.LayerGrads(dy, {}))
    refused("D2.29")


# --- what the notes say ---------------------------------------------------------------------


def test_a_tie_is_no_subgradient() -> None:
    """Two maxima raised together raise the maximum once; the printed gradients add up to two."""
    tie, half = rationals([[3, 3], [1, 2]]), Fraction(1, 2)
    together = (maxima(tie + half * (tie == 3)) - maxima(tie)) / half
    printed = d2_pooling.max_pooling(rationals([[1]]), tie)
    assert (together.sum(), printed.sum()) == (1, 2)


def test_overlapping_windows_need_a_sum() -> None:
    """An element that is the maximum of two windows: the printed assignment keeps one of them."""
    A, DZ = rationals([[1, 9, 2], [3, 4, 5]]), rationals([[10, 7]])
    torch = layer(
        "max_pool2d", DZ[None, None], {"x": A[None, None]}, {"kernel_size": 2, "stride": 1}
    )
    assert torch.gradients["x"][0, 0, 0, 1] == 17
    assert d2_pooling.max_pooling(DZ, A, stride=1)[0, 1] == 7


def test_a_bright_plain_answers_an_edge_kernel() -> None:
    """Each of the four patterns adds up to 9."""
    for name in filters_checks.PATTERNS:
        assert getattr(d2_filters, name).sum() == 9


def test_exactly_half_of_the_nodes() -> None:
    """Of the 64 choices among 6 nodes 20 drop exactly 3."""
    dropped = [int(mask).bit_count() for mask in range(64)]
    assert dropped.count(3) == 20


def test_samples_of_the_gaussian() -> None:
    """0.78 for 3×3 and σ = 1."""
    assert round(float(refimpl.gaussian_kernel(3, 1).sum()), 2) == 0.78


def test_the_probabilities_that_were_rounded_before_the_loss() -> None:
    """Softmax of 6, 3, 0 gives the three printed probabilities; its loss is the printed one."""
    probabilities = refimpl.softmax(np.array([6.0, 3.0, 0.0]))
    assert probabilities.round(4).tolist() == [0.9503, 0.0473, 0.0024]
    assert round(float(-np.log(probabilities[0])), 4) == 0.0509
    assert round(float(-np.log(0.9503)), 4) == 0.051


# --- helpers ----------------------------------------------------------------------------------


def test_an_overlay() -> None:
    """The image without the numbers beside it, and these."""
    image, kernel = d2_filters.overlaid("1x5 2x6 0\n3x7 4x8 9")
    assert (image.tolist(), kernel.tolist()) == ([[1, 2, 0], [3, 4, 9]], [[5, 6], [7, 8]])


def test_a_sum_over_what_was_not_set() -> None:
    """The printed loop leaves the last DZ that the sum reads unset."""
    O = rationals([1, 2])  # noqa: E741
    with pytest.raises(KeyError, match="2"):
        d2_dense.sum_over_the_output(d2_dense.set_by_the_output_loop(O, 0), np.eye(2))


def test_printed_sums() -> None:
    """Names, indices from 1, numbers, and zeros outside."""
    A, W = np.array([[2, 3], [5, 7]]), np.array([10, 20])
    assert evaluate("A12*W2 + A21 + -4", A=A, W=W) == 3 * 20 + 5 - 4
    assert evaluate("b*A11", A=A, b=np.array(9)) == 18
    assert matrix("1 A22\n-1 0", A=A).tolist() == [[1, 7], [-1, 0]]
    assert correlate(A, W[None] / 10).tolist() == [[8], [19]]


@pytest.mark.parametrize("text", ["B11", "A1", "A111", "A1x", "2.5", ""])
def test_a_printed_sum_of_unknown_elements_is_refused(text: str) -> None:
    """Another array, or other indices than it has."""
    with pytest.raises(ValueError, match=r"is no element of A"):
        evaluate(text, A=np.eye(2))


def test_right_hand_derivatives() -> None:
    """Of |x|, by the definition: 1 at 0; of a sum of them, weighted by dy."""
    x, dy = np.array([-2, 0, 3]), np.array([5, 7, 11])
    assert right_hand(lambda x: np.array([abs(v) for v in x]), dy, x).tolist() == [-5, 7, 11]


def test_autograd_of_a_printed_formula_at_a_kink() -> None:
    """torch takes the branch that the printed formula takes."""
    x, dy = np.array([-2, 0, 3]), np.array([5, 7, 11])
    found = autograd(lambda x: build(x.shape, lambda i: d2_dense.relu(x[i - 1])), dy, x=x)
    assert found.gradients["x"].tolist() == [0, 7, 11]


def test_rectangles_of_the_integral_image() -> None:
    """The sum of a whole 2×3 less the sum of the one beside it."""
    image = rationals(np.arange(12).reshape(2, 6))
    found = filters_checks.from_integral_image(image, d2_filters.HAAR["two beside"])
    assert found.tolist() == [[18]]

"""The evidence on D1 notices a mistake in every row, and its helpers do what they say."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from planting import plant

import refimpl
from parity.documents.asking import rationals
from parity.documents.audit import audit_row
from parity.documents.checks import d1_backward as backward
from parity.documents.checks import d1_cnn as cnn
from parity.documents.checks import d1_counts as counts
from parity.documents.checks import d1_depth as depth
from parity.documents.checks import d1_mlp as mlp
from parity.documents.checks import d1_perceptron as perceptron
from parity.documents.ledger import ledger
from parity.documents.printed import d1_backward, d1_cnn, d1_counts, d1_mlp

Change = Callable[[Any], Any]


def doubled(value: Any) -> Any:
    return 2 * value


def one_more(value: Any) -> Any:
    return value + 1


def flipped(value: Any) -> Any:
    return np.flip(value)


def opposite(value: Any) -> Any:
    return not value


def a_little_too_large(value: Any) -> Any:
    """0.05 %"""
    return value * 1.0005


def first_field_flipped(grads: Any) -> Any:
    return grads._replace(**{grads._fields[0]: np.flip(grads[0])})


# A mistake for every row: where it is put, into what, and which. Some go into the formula as
# printed, some into what implements it.
MISTAKES: dict[str, tuple[Any, str, Change]] = {
    "D1.1": (refimpl, "sigmoid", one_more),
    "D1.2": (refimpl, "log_likelihood_backward", a_little_too_large),
    "D1.3": (d1_mlp, "xor_mlp", doubled),
    "D1.4": (d1_mlp, "loss", doubled),
    "D1.5": (d1_mlp, "chain_b", doubled),
    "D1.6": (d1_mlp, "error_by_output", flipped),
    "D1.7": (d1_mlp, "delta_output", lambda delta: -delta),
    "D1.8": (d1_mlp, "dtheta", flipped),
    "D1.9": (d1_mlp, "dtheta_matrix", flipped),
    "D1.10": (d1_mlp, "dtanh", one_more),
    "D1.11": (d1_counts, "neurons_along_a_side", one_more),
    "D1.12": (d1_counts, "pooled_side", one_more),
    "D1.13": (refimpl, "shared_conv2d", flipped),
    "D1.14": (refimpl, "convolve2d", flipped),
    "D1.15": (d1_cnn, "full_size", lambda size: size[::-1]),
    "D1.16": (d1_cnn, "conv_layer", flipped),
    "D1.17": (refimpl, "gaussian_pool2d", a_little_too_large),
    "D1.18": (refimpl, "downsample", flipped),
    "D1.19": (d1_cnn, "rasterised", flipped),
    "D1.20": (d1_cnn, "rasterised", flipped),
    "D1.21": (d1_backward, "delta_r", flipped),
    "D1.22": (d1_backward, "cut_back", flipped),
    "D1.23": (refimpl, "upsample", doubled),
    "D1.24": (d1_backward, "first_neuron", flipped),
    "D1.25": (d1_backward, "dtheta", flipped),
    "D1.26": (d1_backward, "db", doubled),
    "D1.27": (refimpl, "shared_conv2d_backward", first_field_flipped),
    "D1.28": (refimpl, "cross_entropy_backward", a_little_too_large),
    "D1.29": (d1_backward, "softmax", doubled),
    "D1.30": (refimpl, "dtanh", doubled),
    "D1.31": (d1_mlp, "error_by_output", flipped),
    "D1.32": (refimpl, "sigmoid_backward", a_little_too_large),
    "D1.33": (refimpl, "upsample", doubled),
    "D1.34": (d1_backward, "dtheta_11", one_more),
    "D1.35": (d1_backward, "neurons_reading", one_more),
    "D1.36": (refimpl, "dense_parameters", lambda counts: counts._replace(weights=1)),
    "D1.37": (refimpl, "perceptron_loss_backward", doubled),
}


@pytest.mark.parametrize("row_id", [row for row in ledger() if row.startswith("D1.")])
def test_a_mistake_is_noticed(monkeypatch: pytest.MonkeyPatch, row_id: str) -> None:
    """The row is supported, and no more once something in it is wrong."""
    assert audit_row(ledger()[row_id]).supported
    plant(monkeypatch, *MISTAKES[row_id])
    audited = audit_row(ledger()[row_id])
    assert not audited.supported
    assert "broke off" not in audited.problem


# Every name that a row gives as its implementation is run by its evidence: a few of them.
RUN: dict[str, tuple[str, Change]] = {
    "D1.9": ("squared_error_backward", doubled),
    "D1.17": ("downsample", flipped),
    "D1.31": ("linear_backward", first_field_flipped),
    "D1.37": ("perceptron", doubled),
}


@pytest.mark.parametrize("row_id", RUN)
def test_what_implements_a_row_is_run(monkeypatch: pytest.MonkeyPatch, row_id: str) -> None:
    """A mistake in a function that the row names beside others is noticed, too."""
    name, change = RUN[row_id]
    assert f"refimpl.{name}" in ledger()[row_id].implementation
    plant(monkeypatch, refimpl, name, change)
    audited = audit_row(ledger()[row_id])
    assert not audited.supported
    assert name in audited.problem


def test_one_term_too_many_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """D1.13: an upper limit of n + 1 adds zeros only, but it is not what is printed."""
    places = d1_cnn.neuron_places
    monkeypatch.setattr(d1_cnn, "neuron_places", lambda n, lower: places(n + 1, lower))
    assert "n = 2, from 0: terms" in audit_row(ledger()["D1.13"]).problem


def test_sizes_of_parameters_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """D1.11: a second bias, or a neuron that reads one pixel less, is not what is printed."""
    monkeypatch.setattr(counts, "parameters_of_convolution", lambda: (100, 2))
    assert not audit_row(ledger()["D1.11"]).supported
    monkeypatch.undo()
    plant(monkeypatch, counts, "pixels_of_one_neuron", lambda count: count - 1)
    assert not audit_row(ledger()["D1.11"]).supported


CORRECTED: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "D1.23": (d1_backward, "upsample_max", lambda delta: 0),
    "D1.27": (
        d1_backward,
        "delta_q",
        lambda Delta, Theta, O_q: d1_backward.sum_over_kernels(Delta, Theta),
    ),
    "D1.21": (d1_backward, "unit_vector", lambda size: np.ones(size, object)),
    "D1.29": (d1_backward, "classes_of_softmax", lambda k: k),
    "D1.36": (d1_counts, "dense_weights_behind_the_pooling", lambda: 100),
}


@pytest.mark.parametrize("row_id", CORRECTED)
def test_an_erratum_must_be_false(monkeypatch: pytest.MonkeyPatch, row_id: str) -> None:
    """Were something else printed, the row would not be supported as it stands."""
    owner, name, other = CORRECTED[row_id]
    monkeypatch.setattr(owner, name, other)
    assert not audit_row(ledger()[row_id]).supported


# --- printed formulas ---------------------------------------------------------------------


def test_a_neuron_by_hand() -> None:
    """θ turned over x: 5·4 + 6·3 + 7·2 + 8·1, and the bias."""
    theta, x = np.array([[5, 6], [7, 8]], object), np.array([[1, 2], [3, 4]], object)
    assert d1_cnn.neuron(theta, x, 100, n=1, lower=0, theta_from=0, x_from=0) == 160


def test_turned_and_not_turned() -> None:
    """A full convolution of one row, by hand."""
    f, g = np.array([[1, 2, 3]], object), np.array([[10, 1]], object)
    assert d1_cnn.full(f, g).tolist() == [[10, 21, 32, 3]]
    assert d1_cnn.valid(f, g).tolist() == [[21, 32]]
    assert cnn.turned(g).tolist() == [[1, 10]]


@pytest.mark.parametrize(("corner", "sign"), [((0, 0), -1), ((0, 1), 1), ((1, 0), 1), ((1, 1), -1)])
def test_xor(corner: tuple[int, int], sign: int) -> None:
    """Four corners, as the article's MLP has to have them."""
    assert d1_mlp.xor_mlp(*corner) == sign


def test_the_perceptron_rule_stops() -> None:
    """On XOR after the passes that it was given, on one sample at once."""
    samples = [(np.array(x, object), sign) for x, sign in perceptron.XOR.items()]
    assert d1_mlp.train_perceptron(samples, passes=7)[2] is False
    theta, b, ended = d1_mlp.train_perceptron(samples[1:2], passes=2)
    assert (theta.tolist(), b, ended) == ([0, 1], 1, True)


def test_the_edge() -> None:
    """Dropped and filled, on both axes."""
    x = np.arange(1, 10).reshape(3, 3).astype(object)
    assert d1_cnn.without_edge(x).tolist() == [[1, 2], [4, 5]]
    assert d1_cnn.filled_edge(x)[2:].tolist() == [[7, 8, 9, 0], [0, 0, 0, 0]]
    assert d1_cnn.filled_edge(x[:2, :2]).shape == (2, 2)


# --- helpers of the checks ----------------------------------------------------------------


def test_the_product_of_polynomials() -> None:
    """(1 + 2s)(3 + 4s) = 3 + 10s + 8s²."""
    f, g = rationals([[1, 2]]), rationals([[3, 4]])
    assert cnn.product_of_polynomials(f, g).tolist() == [[3, 10, 8]]


def test_extent() -> None:
    """Rows and columns of a block."""
    assert cnn.extent([(2, 0), (2, 1), (2, 2)]) == (1, 3)


def test_a_chain_of_sigmoids() -> None:
    """δ from the last layer to the first, by torch and by refimpl."""
    expected = [Fraction(1), Fraction(-3, 4)]
    assert depth.chain(-3, layers=2) == depth.chain_of_refimpl(-3, layers=2) == expected
    assert not depth.growing(expected)
    assert depth.growing([Fraction(1), Fraction(2)])


def test_signs() -> None:
    """Both, and nothing else."""
    assert set(mlp.signs("both", 40)) == {-1, 1}


def test_windows_without_ties() -> None:
    """The first one holds the smallest four different numbers."""
    x, dy = next(backward.without_ties())
    assert x.ravel().tolist() == [0, 1, 2, 3]
    assert dy.ravel().tolist() == [0]


def test_kernels_for_torch() -> None:
    """One kernel for every map."""
    weight = backward.shared(rationals([[[1, 2]], [[3, 4]]]), 3)
    assert weight.shape == (2, 3, 1, 2)
    assert weight[1, :, 0].tolist() == [[3, 4]] * 3


def test_what_a_perceptron_computes() -> None:
    """AND with θ = (2, 2), b = −3, not with b = −1."""
    assert perceptron.computes(perceptron.AND, (2, 2), -3)
    assert not perceptron.computes(perceptron.AND, (2, 2), -1)

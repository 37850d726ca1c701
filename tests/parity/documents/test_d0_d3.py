"""The evidence on D0 and D3: it refuses mistakes, and its helpers count what they say."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from planting import plant

import refimpl
from parity.documents.asking import rationals
from parity.documents.audit import audit, select
from parity.documents.checks import (
    d0_backward,
    d0_forward,
    d0_network,
    d3_convolution,
    d3_gradients,
)
from parity.documents.printed import d0_backward as printed_backward
from parity.documents.printed import d0_forward as printed_forward
from parity.documents.printed import d0_network as printed_network
from parity.documents.printed import d3_convolution as printed_convolution
from parity.documents.printed import d3_gradients as printed_gradients


def problem(row_id: str) -> str:
    """What the audit has against a row."""
    (row,) = audit(select([row_id], []))
    return row.problem


def doubled(value: Any) -> Any:
    """Twice too large."""
    return 2 * value


def turned(value: Any) -> Any:
    """The last two axes turned by 180°."""
    return value[..., ::-1, ::-1]


PLANTED: tuple[tuple[str, ModuleType, str, Callable[[Any], Any]], ...] = (
    ("D0.1", printed_forward, "small_example", turned),
    ("D0.1", refimpl, "conv2d", turned),
    ("D0.2", refimpl, "conv_output_size", lambda sizes: sizes[1:]),
    ("D0.3", printed_forward, "convolve", doubled),
    ("D0.3", printed_forward, "with_zeros", lambda x: x[1:-1, 1:-1]),
    ("D0.4", printed_forward, "pool", turned),
    ("D0.4", refimpl, "avg_pool2d", doubled),
    ("D0.5", printed_forward, "plus", doubled),
    ("D0.5", refimpl, "conv3d", turned),
    ("D0.6", printed_forward, "sums_of_convolutions", turned),
    ("D0.7", printed_forward, "pool", doubled),
    ("D0.8", printed_network, "affine", doubled),
    ("D0.8", printed_network, "softmax", lambda p: p[::-1]),
    ("D0.8", refimpl, "softmax", lambda p: p + 2.0**-40),
    ("D0.9", printed_network, "pool_layer", turned),
    ("D0.9", printed_network, "relu", lambda a: -a),
    ("D0.10", printed_backward, "hidden_delta", doubled),
    ("D0.10", printed_backward, "weight_gradient", turned),
    ("D0.10", printed_backward, "output_delta", doubled),
    ("D0.11", printed_backward, "upsample", doubled),
    ("D0.11", refimpl, "upsample", turned),
    ("D0.12", printed_backward, "rot180", turned),
    ("D0.12", printed_backward, "framed", turned),
    ("D0.13", printed_backward, "kernel_gradient", turned),
    ("D0.13", printed_backward, "bias_gradient_of_kernel", doubled),
    ("D0.14", printed_network, "summed", lambda pair: pair and tuple(v / 3 for v in pair)),
    ("D0.14", printed_network, "delta_before_convolution", turned),
    ("D0.14", printed_network, "no_activation", lambda ones: 0 * ones),
    ("D0.14", refimpl, "gradient_descent", lambda end: end._replace(losses=end.losses[1:])),
    ("D0.15", printed_forward, "more_weights_than_a_dnn", lambda more: not more),
    ("D0.16", printed_forward, "convolution_of_mathematics", turned),
    ("D0.16", refimpl, "convolve2d", turned),
    ("D0.17", printed_backward, "no_activation", lambda ones: 0 * ones),
    ("D3.1", printed_convolution, "filter_depths", lambda depths: [depths[0], 5, depths[2]]),
    ("D3.2", printed_convolution, "inner_products", turned),
    ("D3.3", printed_convolution, "wasted", lambda pixels: pixels + 1),
    ("D3.4", d3_convolution, "times_used", lambda times: min(times, 1)),
    ("D3.4", printed_convolution, "padded", lambda x: x[1:]),
    ("D3.5", printed_convolution, "output_size", lambda size: size - 1),
    ("D3.6", printed_gradients, "mean_pooling", doubled),
    ("D3.7", printed_convolution, "layer", turned),
    ("D3.8", printed_gradients, "dw", doubled),
    ("D3.8", printed_gradients, "example_backward", lambda dx: -dx),
    ("D3.9", d3_gradients, "all_terms", turned),
    ("D3.9", refimpl, "conv2d_backward", lambda grads: grads._replace(dweight=grads.dweight + 1)),
    ("D3.10", printed_gradients, "max_pooling_backward", lambda dx: abs(dx)),
    ("D3.10", refimpl, "avg_pool2d_backward", doubled),
    ("D3.11", printed_convolution, "weight_gradient_without_zeros", doubled),
    ("D3.9", printed_gradients, "dw_00", lambda dw: -dw),
    ("D3.12", printed_convolution, "shared_weights", lambda ws: [turned(ws[0]), *ws[1:]]),
    ("D3.13", printed_convolution, "said_of_sizes", lambda said: said | {"ho, wo": (4, 4)}),
    ("D3.13", refimpl, "conv_output_size", lambda size: size[::-1]),
)


@pytest.mark.parametrize(
    ("row_id", "owner", "name", "change"),
    PLANTED,
    ids=[f"{row_id} {name}" for row_id, _, name, _ in PLANTED],
)
def test_a_mistake_leaves_the_row_without_support(
    row_id: str,
    owner: ModuleType,
    name: str,
    change: Callable[[Any], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the printed formula, its correction or the implementation."""
    plant(monkeypatch, owner, name, change)
    found = problem(row_id)
    assert found
    assert "broke off" not in found


def test_a_wrong_slice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """D3.9's three terms are each checked alone: rows 5 to 8 instead of 6 to 9."""
    monkeypatch.setitem(
        d3_gradients.TERMS, (3, 3), lambda x, dout: x[0, 0, 5:8, 5:8] * dout[0, 3, 3]
    )
    assert "the term of dout(3, 3)" in problem("D3.9")


def test_a_wrong_word_on_strides_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """D3.3, if it said that stride 2 wastes pixels."""
    monkeypatch.setitem(printed_convolution.WASTES, 2, True)
    assert "pixels are wasted" in problem("D3.3")


def test_edge_pixels_used_twice_would_not_be_an_erratum(monkeypatch: pytest.MonkeyPatch) -> None:
    """D3.4, if it said at most nine times: the ledger's verdict no longer follows."""
    monkeypatch.setattr(printed_convolution, "AT_MOST", 9)
    assert "LookupError: no edge pixel is used more than once" in problem("D3.4")


# --- helpers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "count"), [((5, 3, 1), 3), ((5, 3, 2, 1), 3), ((4, 2, 2), 2), ((2, 3, 1), 0)]
)
def test_windows_are_counted(arguments: tuple[int, ...], count: int) -> None:
    """Along one axis: pixels, filter, stride, padding."""
    assert d0_forward.windows(*arguments) == count


@pytest.mark.parametrize(("size", "F", "stride", "pad"), [(4, 2, 1, 0), (5, 3, 2, 1), (7, 3, 3, 0)])
def test_reads_counts_the_windows_over_a_pixel(size: int, F: int, stride: int, pad: int) -> None:
    """As a loop over all windows does."""
    counted = np.zeros((size + 2 * pad,) * 2, int)
    for i in range(0, size + 2 * pad - F + 1, stride):
        for j in range(0, size + 2 * pad - F + 1, stride):
            counted[i : i + F, j : j + F] += 1
    inside = counted[pad : pad + size, pad : pad + size]
    assert np.array_equal(d3_convolution.reads(size, F, stride, pad), inside)


def test_the_edge_is_the_outermost_ring() -> None:
    """Of 4×4: twelve pixels."""
    assert len(set(d3_convolution.edge(4))) == 12
    assert (1, 2) not in set(d3_convolution.edge(4))


def test_every_parameter_of_the_network_takes_part() -> None:
    """D0.14's step moves something of every W and b: none is switched off by ReLU."""
    for how in ("MAX", "Average"):
        before = d0_network.drawn("D0.14")
        x = d0_network.integers("D0.14 x0", 1, 5, 7, low=-3, high=3)
        samples = [(x, d0_network.integers("D0.14 y0", 5))]
        layers = d0_network.network(how, before)
        trained = printed_network.gradient_descent(
            samples, layers, Fraction(1, 8), 1, 0, d0_network.difference, printed_network.identity
        )
        after = d0_network.parameters_of(trained.layers)
        assert all(np.any(after[name] != before[name]) for name in before)


def test_a_dense_network_has_the_shapes_asked_for() -> None:
    """Layer by layer, from the second."""
    assert d0_backward.parameters(3, 6, 5) == {"W2": (6, 3), "b2": (6,), "W3": (5, 6), "b3": (5,)}


def test_the_two_definitions_differ() -> None:
    """D0.16: on an unsymmetric kernel the turned one gives something else."""
    x, w = rationals([[1, 2, 3]]), rationals([[10, 1]])
    plain = printed_forward.convolve(x, w)
    turned_over = printed_forward.convolution_of_mathematics(x, w)
    assert plain.tolist() == [[12, 23]]
    assert turned_over.tolist() == [[10, 21, 32, 3]]


def test_factors_of_different_shapes_are_refused() -> None:
    """⊙ needs two of one shape."""
    with pytest.raises(ValueError, match=r"⊙ of \(2,\) and \(3,\)"):
        printed_backward.hadamard(rationals([1, 2]), rationals([1, 2, 3]))

"""The evidence on D4 refuses mistakes: in the printed formulas, in refimpl."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import refimpl
from parity.documents.audit import audit_row
from parity.documents.checks import d4_convolution as convolution_checks
from parity.documents.checks import d4_derivatives as derivative_checks
from parity.documents.ledger import ledger
from parity.documents.printed import d4_architecture as architecture
from parity.documents.printed import d4_backward as backward
from parity.documents.printed import d4_convolution as convolution
from parity.documents.printed import d4_derivatives as derivatives

Wrong = Callable[[Callable[..., Any]], Callable[..., Any]]


def results(change: Callable[[Any], Any]) -> Wrong:
    """A function whose results are changed."""
    return lambda right: lambda *args, **options: change(right(*args, **options))


def turned_weight_gradient(right: Callable[..., Any]) -> Callable[..., Any]:
    def wrong(*args: Any, **options: Any) -> Any:
        grads = right(*args, **options)
        return grads._replace(dweight=grads.dweight[..., ::-1, ::-1])

    return wrong


def copied(delta: Any, a: Any, size: tuple[int, int]) -> Any:
    """D1's upsampling: every place of a window gets the residual."""
    return np.kron(delta, np.ones(size, int))


PLANTED: dict[str, tuple[str, Any, str, Wrong]] = {
    "kernel turned": (
        "D4.1",
        convolution,
        "slide",
        lambda right: lambda X, W: right(X, W[::-1, ::-1]),
    ),
    "correlation upside down": ("D4.1", refimpl, "correlate2d", results(lambda y: y[::-1])),
    "no convolution": ("D4.2", refimpl, "convolve2d", lambda _: refimpl.correlate2d),
    "a channel too often": ("D4.3", convolution, "several_channels", results(lambda y: 2 * y)),
    "absolute value": ("D4.4", convolution, "relu", lambda _: abs),
    "sum for mean": ("D4.4", convolution, "average", lambda _: sum),
    "no bias": (
        "D4.5",
        convolution,
        "weighted_input",
        lambda right: lambda a, W, b: right(a, W, 0 * b),
    ),
    "a window too many": ("D4.5", refimpl, "window_counts", results(lambda y: y + 1)),
    "residual copied": ("D4.6", backward, "upsample_max", lambda _: copied),
    "mean for maximum": (
        "D4.6",
        refimpl,
        "upsample",
        lambda right: lambda dy, x, size, how: right(dy, x, size, "mean"),
    ),
    "only upside down": ("D4.7", backward, "rot180", results(lambda W: W[:, ::-1])),
    "not turned": ("D4.7", refimpl, "rot180", lambda _: lambda a: a),
    "bias of one row": ("D4.8", backward, "bias_gradient", lambda _: lambda delta: sum(delta[0])),
    "weight gradient turned": ("D4.8", refimpl, "conv2d_backward", turned_weight_gradient),
    "the first row everywhere": (
        "D4.9",
        derivatives,
        "y",
        lambda right: lambda W, X, i, j: right(W, X, 1, j),
    ),
    "the first row again": (
        "D4.10",
        derivatives,
        "df_dw",
        lambda right: lambda dY, X, W, u, v: right(dY, X, W, 1, v),
    ),
    "kernel gradient turned": ("D4.10", refimpl, "conv2d_backward", turned_weight_gradient),
    "a row further": (
        "D4.11",
        derivatives,
        "df_dx",
        lambda right: lambda dY, W, X, s, t: right(dY, W, X, s + 1, t),
    ),
    "not turned back": ("D4.11", refimpl, "convolve2d", lambda _: refimpl.correlate2d),
    "neurons in front": ("D4.12", refimpl, "local_connections", lambda _: lambda n, m: n * m),
    "no bias counted": ("D4.13", architecture, "shared_parameters", lambda _: lambda m: m),
    "no biases counted": (
        "D4.14",
        convolution,
        "feature_map_parameters",
        lambda _: lambda p, D, m, n: p * D * m * n,
    ),
    "windows without stride": (
        "D4.15",
        refimpl,
        "receptive_field",
        lambda right: lambda layers: right([(k, 1) for k, _ in layers]),
    ),
    "x forgotten": (
        "D4.16",
        architecture,
        "residual_unit",
        lambda _: lambda x, theta, f: f(theta, x),
    ),
    "branch forgotten": ("D4.16", refimpl, "add", lambda _: lambda x, branch: x),
    "a zero too many": (
        "D4.17",
        convolution,
        "wide_length",
        lambda right: lambda n, m: (m, right(n, m)[1]),
    ),
    "another order": ("D4.18", refimpl, "concatenate", results(lambda y: y[:, ::-1])),
    "no dense biases": (
        "D4.19",
        refimpl,
        "dense_parameters",
        lambda right: lambda n, m: right(n, m)._replace(biases=0),
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_mistake_leaves_the_row_unsupported(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The evidence comes to another verdict, and does not merely break off."""
    row_id, owner, name, wrong = PLANTED[planted]
    monkeypatch.setattr(owner, name, wrong(getattr(owner, name)))
    row = audit_row(ledger()[row_id])
    assert not row.supported
    assert row.problem.startswith("the ledger says")


RIGHT_AFTER_ALL: dict[str, tuple[str, Any, str, Wrong]] = {
    "minus signs": (
        "D4.2",
        convolution,
        "mathematical_convolution",
        lambda _: convolution_checks.corrected_convolution,
    ),
    "wide": ("D4.11", derivatives, "df_dX", lambda _: derivative_checks.wide_over_the_kernel),
    "all maps": ("D4.14", convolution, "feature_maps", lambda _: convolution_checks.corrected_maps),
}


@pytest.mark.parametrize("planted", RIGHT_AFTER_ALL)
def test_erratum_needs_a_printed_formula_that_is_false(
    planted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the right formula printed, the row could not call it an erratum."""
    row_id, owner, name, right = RIGHT_AFTER_ALL[planted]
    monkeypatch.setattr(owner, name, right(getattr(owner, name)))
    assert not audit_row(ledger()[row_id]).supported


def test_every_row_has_a_planted_mistake() -> None:
    """A row whose evidence cannot fail would be no evidence."""
    rows = {row.id for row in ledger().values() if row.document == "D4"}
    assert {row_id for row_id, *_ in PLANTED.values()} == rows


def test_sliding_and_convolution_as_numpy_has_them() -> None:
    """In one dimension NumPy has both."""
    x, w = np.array([3, 1, 4, 1, 5]), np.array([2, 7, 1])
    X, W = x[None].astype(object), w[None].astype(object)
    assert convolution.slide(X, W)[0].tolist() == np.correlate(x, w, "valid").tolist()
    right = convolution.everywhere(convolution_checks.corrected_convolution, X, W)
    assert right[0].tolist() == np.convolve(x, w).tolist()
    assert convolution_checks.convolution_by_autograd(X, W)[0].tolist() == right[0].tolist()


def test_wide_correlation_as_numpy_has_it() -> None:
    """rot180(∂f/∂Y) slid over a wide frame is the full convolution."""
    dY, W = np.array([[3, 1, 4, 1]], object), np.array([[2, 7, 1]], object)
    full = np.convolve(dY[0].astype(int), W[0].astype(int))
    assert derivative_checks.wide_over_the_kernel(dY, W)[0].tolist() == full.tolist()
    assert derivative_checks.wide_over_the_gradient(dY, W)[0].tolist() == full.tolist()


def test_sizes_that_do_not_fit_are_undefined() -> None:
    """Neither product is broadcast."""
    assert backward.times_each(np.ones((1, 2)), np.ones((1, 1))) is backward.UNDEFINED
    assert backward.delta_by_jacobian(np.ones((2, 3)), np.ones(2)) is backward.UNDEFINED


def test_printed_formula_with_a_kernel_that_does_not_fit_is_empty() -> None:
    """The narrow ⊗ has no place for it."""
    assert derivatives.correlate(np.ones((1, 3)), np.ones((2, 2))).shape == (2, 0)


@pytest.mark.parametrize(("m", "widths"), [(2, {6, 8}), (4, {6, 8}), (3, {7})])
def test_equal_width_needs_an_odd_kernel(m: int, widths: set[int]) -> None:
    """D4.17's (m − 1)/2 rounded down and up: an even kernel is one short or one too long."""
    p, n = convolution.equal_length(7, m)
    assert n == 7
    lengths = {
        convolution_checks.positions(7, m, int(zeros)) for zeros in (np.floor(p), np.ceil(p))
    }
    assert lengths == widths

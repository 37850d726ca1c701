"""Who is blamed: the side that is wrong, and nobody where a convention or no value decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from implementations import put_in_place

import refimpl
from parity import oracle
from parity.bounds.terms import forget_terms
from parity.cases.case import Array, Case, Draw, Given
from parity.judges.layer import check_case
from parity.oracle import torch_functions
from parity.results.message import describe
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.results.verdicts import OUTSIDE
from parity.suite.task import CASES
from parity.witnesses import kinks
from parity.witnesses.definitions.every import DEFINITIONS

SETTINGS = Settings()
PLAIN, SPECIAL = CASES["conv2d[plain]"], CASES["conv2d[special]"]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with oracle.single_threaded():
        yield
    forget_terms()  # what a torch that is wrong has counted


def failed(case: Case, tensor: str, dtype: str = "float64") -> Row:
    """The failed row of a tensor; what it says is the last line but one of its message."""
    (row,) = [r for r in check_case(case, dtype, SETTINGS).failures if r.tensor == tensor]
    assert row.verdict == OUTSIDE
    assert row.opinion in describe(row)
    return row


# --- NaN of one side ----------------------------------------------------------------------


def give_nan(monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    """torch's conv2d has NaN in one place of a batch."""
    right = torch_functions.FUNCTIONS["conv2d"]

    def wrong(*given: Any, **options: Any) -> torch.Tensor:
        y: torch.Tensor = right(*given, **options)
        factors = torch.ones_like(y)
        factors.view(-1)[place : place + 1] = torch.nan
        return y * factors if y.shape[:2].numel() > 1 else y

    monkeypatch.setitem(torch_functions.FUNCTIONS, "conv2d", wrong)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nan_of_torch_is_torchs_fault(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bound is NaN there too, which is no reason to call refimpl off."""
    give_nan(monkeypatch, 7)
    row = failed(PLAIN, "y", dtype)
    assert "torch inf ULP off: torch gives nan and is off; no bound judges refimpl" in row.opinion
    assert "both" not in row.opinion
    assert row.closer == "refimpl"


def test_nan_of_refimpl_is_refimpls_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """And torch is within its bound."""

    def wrong(*given: Any, **options: Any) -> Array:
        y = refimpl.convolution.conv2d(*given, **options).copy()
        y.reshape(-1)[7] = np.nan
        return y

    put_in_place(monkeypatch, "conv2d", wrong)
    row = failed(PLAIN, "y")
    assert row.opinion.endswith(
        "refimpl stands alone (its formula is right, its arithmetic is not)"
    )


def test_both_nan_and_wrong_is_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refimpl that is outside a bound that exists is off as well."""
    right = torch_functions.FUNCTIONS["relu"]
    monkeypatch.setitem(
        torch_functions.FUNCTIONS, "relu", lambda x: torch.where(x > 1, torch.nan, right(x))
    )
    put_in_place(monkeypatch, "relu", lambda x: np.full_like(x, np.inf))
    assert "both are off" in failed(Case("relu", "plain", {"x": Draw((4, 5))}), "y").opinion


def test_nan_elsewhere_among_the_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """An element that depends on no NaN has an exact value, and it says who is right."""
    give_nan(monkeypatch, 7)
    for tensor in ("dx", "dbias"):  # these depend on dy and the weight, on dy
        assert failed(SPECIAL, tensor).opinion.endswith("torch inf ULP off: torch stands alone")
    dweight = failed(SPECIAL, "dweight").opinion
    assert dweight == "NaN or ∞ among its inputs: no exact value decides who is right"


# --- a definition that raises -------------------------------------------------------------


def test_a_definition_that_raises_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """refimpl's own formula is no second opinion, so nobody is blamed."""

    def broken(*_: Any) -> Any:
        raise KeyError("stride")

    monkeypatch.setitem(DEFINITIONS, "conv2d", broken)
    right = torch_functions.FUNCTIONS["conv2d"]
    monkeypatch.setitem(
        torch_functions.FUNCTIONS, "conv2d", lambda *a, **o: right(*a, **o) * 1.0005
    )
    opinion = failed(PLAIN, "y").opinion
    assert "by refimpl’s own formula" in opinion
    assert opinion.endswith(
        "off: who is right is not decided; the definition raised KeyError: 'stride'"
    )
    assert "stands alone" not in opinion


# --- conventions --------------------------------------------------------------------------

TERNARY = CASES["relu[ternary]"]
TIES = CASES["max_pool2d[ties]"]
LIMITS = CASES["hardtanh[ternary]"]
DECIDES = "the convention decides, no formula is wrong: torch's is"


def half(function: str, **one: Any) -> Callable[..., Array]:
    """The mean of torch's convention and another one, which many call the right one."""
    right = getattr(refimpl, function)
    return lambda *a, **o: (right(*a, **o) + right(*a, **o, **one)) / 2


def bent_at_zero(dy: Array, x: Array, negative_slope: float = 0.01) -> Array:
    return np.where(x >= 0, dy, dy * x.dtype.type(negative_slope))


def passes_at_limits(dy: Array, x: Array, min_val: float = -1, max_val: float = 1) -> Array:
    return np.where((x < min_val) | (x > max_val), 0, dy)


def last_of_ties(dy: Array, x: Array, size: int, **options: Any) -> Array:
    """upsample, which here takes the last of equal maxima."""
    turned = refimpl.sampling.upsample(dy[..., ::-1, ::-1], x[..., ::-1, ::-1], size, **options)
    return turned[..., ::-1, ::-1].copy()


def every_tie(axes: int) -> Callable[..., Array]:
    """dy to each of equal maxima."""
    right = getattr(refimpl.max_pooling, f"max_pool{axes}d_backward")
    return lambda *a, **o: right(*a, **o, ties="all")


EVEN = {"x": Draw((2, 3, 6, 8), "ties")}
KINKS: list[tuple[Case, str, Callable[..., Array], str]] = [
    (
        TERNARY,
        "relu_backward",
        lambda dy, x: refimpl.activations.relu_backward(dy, x, at_zero=1),
        "at 0",
    ),
    (TERNARY, "relu_backward", half("relu_backward", at_zero=1), "at 0"),
    (
        Case("leaky_relu", "zeros", {"x": Draw((4, 5), "ties")}),
        "leaky_relu_backward",
        bent_at_zero,
        "at 0",
    ),
    (LIMITS, "hardtanh_backward", passes_at_limits, "at a limit"),
    (
        Case(
            "perceptron_loss",
            "zero scores",
            {"score": Given((0, 1, -2)), "target": Given((1, -1, 1))},
        ),
        "perceptron_loss_backward",
        lambda dy, s, t: refimpl.linear_models.perceptron_loss_backward(dy, s, t, at_zero=1),
        "at 0",
    ),
    *(
        (CASES[f"max_pool{n}d[ties]"], f"max_pool{n}d_backward", every_tie(n), "at a tie")
        for n in (1, 2, 3)
    ),
    (TIES, "max_pool2d_backward", half("max_pool2d_backward", ties="all"), "at a tie"),
    (Case("downsample", "ties", EVEN, {"size": 2}), "upsample", last_of_ties, "at a tie"),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("case", "function", "code", "where"), KINKS)
def test_a_convention_is_no_wrong_formula(
    case: Case,
    function: str,
    code: Callable[..., Array],
    where: str,
    dtype: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The row is still outside: it says where, what torch's convention gives, and this code's."""
    put_in_place(monkeypatch, function, code)
    (row,) = check_case(case, dtype, SETTINGS).failures
    assert row.opinion.startswith(f"{where} {DECIDES} ")
    assert "this code gives" in row.opinion
    assert "stands alone" not in row.opinion


def test_what_is_said_of_a_kink(monkeypatch: pytest.MonkeyPatch) -> None:
    """In full."""
    case = Case("relu", "one", {"x": Given((0, 2, -3))}, upstream="integers")
    put_in_place(
        monkeypatch, "relu_backward", lambda dy, x: np.where(x >= 0, dy, 0).astype(dy.dtype)
    )
    row = failed(case, "dx")
    assert row.refimpl_value is not None
    low, high = sorted((0.0, row.refimpl_value))
    assert row.opinion == (
        f"at 0 the convention decides, no formula is wrong: torch's is 0, this code gives "
        f"{row.refimpl_value:.9g}, of {low:.9g} to {high:.9g}"
    )


WRONG: list[tuple[Case, str, Callable[..., Array]]] = [
    # Beyond what any convention gives at the kink.
    (
        TERNARY,
        "relu_backward",
        lambda dy, x: refimpl.activations.relu_backward(dy, x, at_zero=2),
    ),
    (
        TIES,
        "max_pool2d_backward",
        lambda *a, **o: 2 * refimpl.max_pooling.max_pool2d_backward(*a, **o, ties="all"),
    ),
    # A convention, and a mistake beside it.
    (TERNARY, "relu_backward", lambda dy, x: np.where(x >= 0, dy, 0) + dy * (x < 0) / 8),
    (
        Case("hardtanh", "plain", {"x": Draw((4, 5))}),
        "hardtanh_backward",
        lambda dy, x, *a, **o: dy,
    ),
    (
        Case("downsample", "plain", {"x": Draw((2, 3, 6, 8))}, {"size": 2}),
        "upsample",
        lambda *a, **o: refimpl.sampling.upsample(*a, **o)[..., ::-1].copy(),
    ),
]


@pytest.mark.parametrize(("case", "function", "code"), WRONG)
def test_a_mistake_is_no_convention(
    case: Case, function: str, code: Callable[..., Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one element is no derivative of any convention, the formula is wrong, and is shown."""
    put_in_place(monkeypatch, function, code)
    row = failed(case, "dx")
    assert "convention" not in row.opinion
    assert "refimpl stands alone" in row.opinion


def test_of_a_large_pooling_one_map_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows are gone through one by one."""
    put_in_place(
        monkeypatch,
        "max_pool2d_backward",
        lambda *a, **o: refimpl.max_pooling.max_pool2d_backward(*a, **o, ties="all"),
    )
    monkeypatch.setattr(kinks, "LARGEST", 5 * 9 * 7 * 7)  # of one map, not of six
    assert DECIDES in failed(TIES, "dx").opinion
    monkeypatch.setattr(kinks, "LARGEST", 0)
    assert "formula is" in failed(TIES, "dx").opinion


# --- the order of bytes -------------------------------------------------------------------


def test_bytes_in_the_other_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not two dtypes: the order is named, and what turns it."""
    other = np.dtype("float64").newbyteorder()
    put_in_place(
        monkeypatch, "conv2d", lambda *a, **o: refimpl.convolution.conv2d(*a, **o).astype(other)
    )
    row = failed(PLAIN, "y")
    assert row.note == (
        f"refimpl gives float64 with its bytes in the other order ({other.str}), torch in this "
        "machine's; array.astype('float64') turns them"
    )

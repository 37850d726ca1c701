"""One layer case: columns, read-only inputs, exceptions, expectations, bad inputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planting import plant, raise_

import refimpl
from parity.cases.case import Array, BadCase, Case, Classes, Draw, Given, case_arrays
from parity.cases.catalogue import BAD, GOOD
from parity.cases.functions import FUNCTIONS
from parity.judges.layer import bad_arguments, check_case, check_refusal
from parity.results.findings import Findings
from parity.results.settings import Settings
from parity.results.verdicts import OUTSIDE

SETTINGS = Settings(seed=11)

RELU = Case("relu", "small", {"x": Draw((2, 3))}, documents=("D2.9", "D2.19"))
SIGMOID = Case("sigmoid", "small", {"x": Draw((2, 3))})
LINEAR = Case(
    "linear", "small", {"x": Draw((2, 3)), "weight": Draw((4, 3)), "bias": Draw((4,))}, {}
)
WITHOUT_BIAS = Case("linear", "no bias", {"x": Draw((2, 3)), "weight": Draw((4, 3))})
LOSS = Case("cross_entropy", "small", {"logits": Draw((4, 3)), "target": Classes((4,), 3)})


def tensors(findings: Findings) -> list[str]:
    return [row.tensor for row in findings.rows]


# --- rows ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "names"),
    [
        (RELU, ["y", "dx"]),
        (LINEAR, ["y", "dx", "dweight", "dbias"]),
        (WITHOUT_BIAS, ["y", "dx", "dweight"]),
        (LOSS, ["y", "dlogits"]),
    ],
    ids=lambda value: value.id if isinstance(value, Case) else "",
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_row_for_the_value_and_every_gradient(case: Case, names: list[str], dtype: str) -> None:
    """y and each gradient have a row, and all hold."""
    findings = check_case(case, dtype, SETTINGS)
    assert tensors(findings) == names
    assert findings.failures == []
    assert {row.dtype for row in findings.rows} == {dtype}


def test_columns_of_a_case() -> None:
    """Case, function, documents, shape, seed and device say what was compared."""
    y, dx, dweight, dbias = check_case(LINEAR, "float32", SETTINGS).rows
    assert [row.shape for row in (y, dx, dweight, dbias)] == ["(2, 4)", "(2, 3)", "(4, 3)", "(4,)"]
    assert [row.elements for row in (y, dx, dweight, dbias)] == [8, 6, 12, 4]
    assert (y.case, y.function, y.network, y.layer) == ("linear[small]", "linear", "", "")
    assert (y.seed, y.device) == (11, "cpu")
    assert (y.kind, y.direction, y.argument) == ("layer", "forward", "")
    assert (dbias.kind, dbias.direction, dbias.argument) == ("layer", "backward", "bias")


def test_documents_are_the_cases_own() -> None:
    """A case that cites statements is reported with these."""
    assert check_case(RELU, "float32", SETTINGS).rows[0].documents == "D2.9 D2.19"


def test_documents_are_the_functions_otherwise() -> None:
    """A case that cites nothing is reported with what its function implements."""
    expected = " ".join(FUNCTIONS["sigmoid"].documents)
    assert check_case(SIGMOID, "float32", SETTINGS).rows[0].documents == expected != ""


def test_a_row_is_of_the_dtype_under_test() -> None:
    """float32 is compared as float32: the two dtypes differ in their values."""
    single, double = (check_case(SIGMOID, d, SETTINGS).rows[0] for d in ("float32", "float64"))
    assert single.torch_value == float(np.float32(single.torch_value))
    assert double.torch_value != float(np.float32(double.torch_value))


def test_a_timing_for_the_case() -> None:
    """Each case says how long both sides took."""
    (timing,) = check_case(RELU, "float32", SETTINGS).timings
    assert (timing.case, timing.dtype) == ("relu[small]", "float32")
    assert timing.refimpl_seconds > 0
    assert timing.torch_seconds > 0


def test_the_seed_draws_the_inputs() -> None:
    """The same seed gives the same rows, another seed other values."""
    first, again = (check_case(SIGMOID, "float64", SETTINGS).rows for _ in range(2))
    other = check_case(SIGMOID, "float64", Settings(seed=12)).rows
    assert first == again
    assert first[0].torch_value != other[0].torch_value


# --- mistakes -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_gradient_a_little_too_large_is_outside(
    monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    """0.05 % in the backward alone: dx is outside, y is not."""
    plant(monkeypatch, refimpl, "sigmoid_backward", lambda dx: (dx * 1.0005).astype(dx.dtype))
    y, dx = check_case(SIGMOID, dtype, SETTINGS).rows
    assert (y.failed, dx.failed) == (False, True)
    assert dx.outside == 6


def test_a_wrong_value_is_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in the forward alone is found in y."""
    plant(monkeypatch, refimpl, "relu", lambda y: -y)
    y, dx = check_case(RELU, "float64", SETTINGS).rows
    assert (y.failed, dx.failed) == (True, False)


def test_another_shape_is_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gradient of another shape is outside, with both shapes."""
    plant(monkeypatch, refimpl, "relu_backward", lambda dx: dx.T)
    dx = check_case(RELU, "float64", SETTINGS).rows[1]
    assert (dx.verdict, dx.note) == (OUTSIDE, "refimpl gives shape (3, 2), torch (2, 3)")


def test_a_larger_shape_is_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gradient with a row too many: the first place that torch has not, and what is there."""
    plant(monkeypatch, refimpl, "relu_backward", lambda dx: np.vstack([dx, np.full((1, 3), 7.0)]))
    dx = check_case(RELU, "float64", SETTINGS).rows[1]
    assert (dx.verdict, dx.note) == (OUTSIDE, "refimpl gives shape (3, 3), torch (2, 3)")
    assert (dx.worst_index, dx.refimpl_value, dx.torch_value) == ("(2, 0)", 7.0, None)


def test_another_dtype_is_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gradient in a better dtype than was asked for is outside, with both dtypes."""
    plant(monkeypatch, refimpl, "relu_backward", lambda dx: dx.astype(np.float64))
    dx = check_case(RELU, "float32", SETTINGS).rows[1]
    assert (dx.verdict, dx.note) == (OUTSIDE, "refimpl gives float64, torch float32")


@pytest.mark.parametrize("name", ["relu", "relu_backward"])
def test_an_exception_is_an_outside_row(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Whatever refimpl raises is a finding with its text, not a crash."""
    plant(monkeypatch, refimpl, name, lambda y: raise_(IndexError("off by one")))
    findings = check_case(RELU, "float64", SETTINGS)
    (row,) = findings.rows
    assert (row.tensor, row.verdict, row.failed) == ("y", OUTSIDE, True)
    assert row.note == "refimpl raised IndexError: off by one"
    assert len(findings.timings) == 1


# --- inputs -------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["contiguous", "reversed", "strided", "transposed"])
def test_inputs_are_read_only(layout: str) -> None:
    """No layout of an input can be written to."""
    case = replace(LINEAR, arrays={**LINEAR.arrays, "x": Draw((2, 3), layout=layout)})
    arrays = case_arrays(case, "float32", 0)
    assert [array.flags.writeable for array in arrays.values()] == [False] * 3


@pytest.mark.parametrize("argument", [0, 1], ids=["dy", "x"])
def test_changing_an_input_is_outside(monkeypatch: pytest.MonkeyPatch, argument: int) -> None:
    """A backward that writes to dy or to x is found, though its result is right."""
    right = refimpl.sigmoid_backward

    def writes(*args: Array) -> Array:
        dx = right(*args)
        args[argument][...] = 0
        return dx

    monkeypatch.setattr(refimpl, "sigmoid_backward", writes)
    (row,) = check_case(SIGMOID, "float64", SETTINGS).rows
    assert row.note == "refimpl raised ValueError: assignment destination is read-only"
    assert row.failed


def test_dy_is_random() -> None:
    """The upstream gradient is not all ones: a forgotten dy is found."""
    settings = replace(SETTINGS, elements=(RELU.id,))
    elements = check_case(RELU, "float64", settings).elements
    dx = [e.torch_value for e in elements if e.tensor == "dx" and e.torch_value != 0]
    assert len(dx) >= 2
    assert len(set(dx)) == len(dx)


# --- elements -----------------------------------------------------------------------------


def test_elements_of_an_asked_case() -> None:
    """Every element of y and dx, in order."""
    settings = replace(SETTINGS, elements=(RELU.id,))
    elements = check_case(RELU, "float32", settings).elements
    places = [str((i, j)) for i in range(2) for j in range(3)]
    assert [(e.tensor, e.index) for e in elements] == [
        (tensor, place) for tensor in ("y", "dx") for place in places
    ]
    assert check_case(SIGMOID, "float32", settings).elements == []


def test_elements_of_an_outside_tensor_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without being asked for, only the tensor that disagrees is written out."""
    assert check_case(SIGMOID, "float64", SETTINGS).elements == []
    plant(monkeypatch, refimpl, "sigmoid_backward", lambda dx: dx + 1)
    elements = check_case(SIGMOID, "float64", SETTINGS).elements
    assert [e.tensor for e in elements] == ["dx"] * 6


# --- override -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", [RELU, LINEAR, LOSS], ids=lambda case: case.id)
def test_an_override_is_in_every_note(case: Case) -> None:
    """Each row that rests on --rtol and --atol says so."""
    settings = replace(SETTINGS, rtol=0.5, atol=1e-3)
    rows = check_case(case, "float32", settings).rows
    assert {row.note for row in rows} == {"bound overridden: rtol 0.5, atol 0.001"}


# --- bad input ----------------------------------------------------------------------------

BAD_CASE = BAD[0]


def refusal(case: BadCase) -> tuple[bool, str]:
    """Whether a bad input was refused as expected, and the message if not."""
    findings = check_refusal(case, SETTINGS)
    (found,) = findings.refusals
    assert (found.case, found.function) == (case.id, case.function)
    assert findings.holds == found.refused
    assert findings.rows == []
    return found.refused, found.message


def test_a_refused_input_holds() -> None:
    """The right error with the right text."""
    assert refusal(BAD_CASE) == (True, "")


def test_another_text_does_not_hold() -> None:
    """A text that is only a beginning is refused, and both texts are said."""
    short = BAD_CASE.message[:-1]
    name = BAD_CASE.error.__name__
    expected = f"expected {f'{name}: {short}'!r}, got {f'{name}: {BAD_CASE.message}'!r}"
    assert refusal(replace(BAD_CASE, message=short)) == (False, expected)


@pytest.mark.parametrize("error", [Exception, KeyError])
def test_another_type_does_not_hold(error: type[Exception]) -> None:
    """Neither a base class of the error nor another one will do."""
    refused, message = refusal(replace(BAD_CASE, error=error))
    assert not refused
    assert message.startswith(f"expected {f'{error.__name__}: '!r}"[:-1])
    assert f"{BAD_CASE.error.__name__}: " in message


def test_an_accepted_input_does_not_hold() -> None:
    """Bad input that refimpl computes with is a finding."""
    case = BadCase("relu", "fine", {"x": Draw((2,))}, ValueError, "relu: no")
    expected = "expected 'ValueError: relu: no', but refimpl accepted it"
    assert refusal(case) == (False, expected)


def test_bad_arguments() -> None:
    """Sources are drawn, in float64 or as the case says; other values are passed as they are."""
    arguments = {
        "x": Draw((2, 3)),
        "weight": Draw((3,)),
        "target": Classes((4,), 5),
        "given": Given((1, 2)),
        "stride": [0],
    }
    case = BadCase("f", "n", arguments, ValueError, "", {"weight": "float32"})
    found = bad_arguments(case, 3)
    assert {name: a.dtype.name for name, a in found.items() if name != "stride"} == {
        "x": "float64",
        "weight": "float32",
        "target": "int64",
        "given": "float64",
    }
    assert found["stride"] is arguments["stride"]
    np.testing.assert_array_equal(found["x"], bad_arguments(case, 3)["x"])
    assert not np.array_equal(found["x"], bad_arguments(case, 4)["x"])


def test_the_bounds_are_of_the_dtype_under_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """check_case asks for the arithmetic of the dtype it was given."""
    asked = []
    right = Settings.sides
    monkeypatch.setattr(
        Settings, "sides", lambda self, dtype: asked.append(dtype) or right(self, dtype)
    )
    check_case(RELU, "float32", SETTINGS)
    assert asked == ["float32"]


# --- places of maxima ---------------------------------------------------------------------


@pytest.mark.parametrize("function", ["max_pool1d", "max_pool2d", "max_pool3d"])
def test_wrong_indices_are_outside(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """Where a maximum stands is compared too: one place beside it is a disagreement."""
    case = next(c for c in GOOD if c.function == function)
    assert check_case(case, "float32", SETTINGS).failures == []
    plant(monkeypatch, refimpl, f"{function}_with_indices", lambda found: (found[0], found[1] + 1))
    (row,) = check_case(case, "float32", SETTINGS).failures
    assert (row.tensor, row.outside) == ("indices", row.elements)

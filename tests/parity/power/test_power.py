"""The power of the suite: all known mistakes are refused, correct code is not, nothing is taken
for a refusal that is none."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pytest
from planting import raise_

import refimpl
from parity.cases.case import Array, Case, Classes, Draw, Given, Photograph, draw, generator
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS, forward_of
from parity.mistakes.catalogue import EVERY, LOSING_DIGITS, MISTAKES
from parity.mistakes.mistake import Mistake, control
from parity.power import sight, survey
from parity.power.sight import cases_of, examine, redrawn
from parity.power.survey import MistakeRow, power, select, steps
from parity.power.witnesses import WITNESSES, seen_by_balls, seen_by_derivative, seen_by_integers
from parity.results.settings import Settings
from parity.suite.selection import SelectionError

SETTINGS = Settings()


def case_of(id: str) -> Case:
    (found,) = (case for case in GOOD if case.id == id)
    return found


def put_in_place(function: str, wrong: Any) -> Mistake:
    """A mistake that is in no register."""
    return Mistake("planted", function, "planted", "that it is right", ("D2.19",), wrong)


def row_of(known: Mistake) -> MistakeRow:
    """Its row; the first one is that of the control."""
    first, row = power([known], SETTINGS).rows
    assert (first.control, row.control) == (True, False)
    return row


# --- the whole catalogue ------------------------------------------------------------------


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_mistake_is_refused(function: str) -> None:
    """By three cases and two kinds of witness each; the correct code by nothing."""
    known = [one for one in EVERY.values() if forward_of(one.function) == function]
    found = power(known, SETTINGS)
    assert [f"{row.mistake}: {row.problem}" for row in found.rows if row.problem] == []
    assert found.unseeing == {}
    assert found.holds
    for row in found.rows:
        kinds = 1 if row.mistake in LOSING_DIGITS else 2
        assert row.control or (row.refused >= 3 and len(row.witnesses.split()) >= kinds)
        assert not row.control or (row.refused, row.witnesses) == (0, "")


# --- what is no refusal -------------------------------------------------------------------


def test_correct_code_is_no_mistake() -> None:
    """A harmless rewriting is said to be refused by nobody: that fails."""
    row = row_of(
        put_in_place("relu_backward", lambda dy, x: np.where(x <= 0, dy.dtype.type(0), dy))
    )
    assert row.cases > 10
    assert (row.refused, row.blind, row.smallest, row.witnesses) == (0, 0, "", "")
    assert (row.margin, row.median_margin) == (None, None)
    assert row.problem == "no case refuses it"


def test_an_exception_is_no_refusal() -> None:
    """It is counted apart; what only raises is refused by nobody."""
    row = row_of(put_in_place("relu_backward", lambda dy, x: raise_(IndexError("off by one"))))
    assert (row.refused, row.raised, row.witnesses) == (0, row.cases, "")
    assert row.problem == "no case refuses it"
    (seen,) = examine(
        case_of("relu[maps]"),
        [put_in_place("relu", lambda x: raise_(IndexError("off by one")))],
        SETTINGS,
    )
    assert seen.raised == "refimpl raised IndexError: off by one"
    assert (seen.refused, seen.blind) == (False, False)


def test_an_exception_in_one_dtype_does_not_hide_the_other() -> None:
    """What raises in float32 and is wrong in float64 is refused."""

    def wrong(x: Array) -> Array:
        return raise_(TypeError("no")) if x.dtype == np.float32 else -x

    (seen,) = examine(case_of("relu[maps]"), [put_in_place("relu", wrong)], SETTINGS)
    assert (seen.refused, seen.raised) == (True, "")


def test_too_few_cases() -> None:
    """What only two cases refuse has a problem."""

    def wrong(x: Array) -> Array:
        return refimpl.relu(x) + 1 if x.shape in ((), (67,)) else refimpl.relu(x)

    row = row_of(put_in_place("relu", wrong))
    assert (row.refused, row.smallest) == (2, "relu[a single value]")
    assert row.problem == "only 2 of the cases refuse it, 3 must"


def test_too_few_witnesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What torch alone refuses has a problem."""
    monkeypatch.setattr(
        "parity.power.witnesses.WITNESSES", {"integers": lambda *a: False, "balls": lambda *a: None}
    )
    row = row_of(put_in_place("relu", lambda x: -x))
    assert (row.witnesses, row.problem) == ("torch", "only torch sees it, 2 kinds of witness must")


# --- the control --------------------------------------------------------------------------


def test_a_mistake_in_refimpl_shows_in_the_control(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control is whatever `refimpl` holds: once that is wrong, it is refused."""
    known = MISTAKES["relu-absolute-value"]
    monkeypatch.setattr(refimpl, "relu", lambda x: x * 1.0)
    found = power([known], SETTINGS)
    assert found.rows[0].problem.startswith("the correct code is refused by relu[")
    assert not found.holds


def test_witnesses_are_asked_about_the_control(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that stands against correct code is a problem, although no case refuses it."""
    monkeypatch.setattr("parity.power.witnesses.WITNESSES", {"balls": lambda *given: True})
    (row, _) = power([MISTAKES["relu-absolute-value"]], SETTINGS).rows
    assert (row.refused, row.problem) == (0, "the correct code is refused by balls")


# --- cases that see nothing ---------------------------------------------------------------


def blind_case(name: str, source: Draw) -> Case:
    return Case("relu", name, {"x": source}, upstream=source.values)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (Draw((3, 4), "zeros"), "random numbers of its shapes would show one"),
        (Draw((0, 4)), None),  # there is nothing that it could see
        (Draw((3, 4)), None),
    ],
    ids=["zeros", "empty", "random"],
)
def test_a_case_that_sees_nothing(
    monkeypatch: pytest.MonkeyPatch, source: Draw, why: str | None
) -> None:
    """Its data, or its shape; an empty one is excused. Only if all known mistakes were run."""
    case = blind_case("planted", source)
    monkeypatch.setattr(sight, "GOOD", (case,))
    known = [one for one in MISTAKES.values() if one.function == "relu"]
    monkeypatch.setattr(survey, "EVERY", {one.name: one for one in known})
    found = power(known, SETTINGS)
    assert found.unseeing == ({case.id: why} if why else {})
    monkeypatch.setattr(survey, "EVERY", EVERY)
    assert power(known, SETTINGS).unseeing == {}


def test_a_shape_that_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A matrix of one number looks the same turned: said of the shape, not of the data."""
    case = Case("rot180", "planted", {"a": Draw((1, 1))})
    known = [MISTAKES["rot180-one-flip"]]
    monkeypatch.setattr(sight, "GOOD", (case,))
    monkeypatch.setattr(survey, "EVERY", {one.name: one for one in known})
    found = power(known, SETTINGS)
    assert found.unseeing == {case.id: "no known mistake shows in its shapes"}
    assert found.rows[1].blind == 0


def test_blind_is_said_of_a_case_and_a_mistake() -> None:
    """Zeros don't show |x| in the place of max(0, x), random numbers do."""
    (seen,) = examine(
        blind_case("zeros", Draw((3, 4), "zeros")), [MISTAKES["relu-absolute-value"]], SETTINGS
    )
    assert (seen.refused, seen.blind, seen.elements) == (False, True, 24)
    (seen,) = examine(blind_case("zeros", Draw((3, 4), "zeros")), [control("relu")], SETTINGS)
    assert (seen.refused, seen.blind) == (False, False)


def test_no_case_where_torch_is_known_to_be_wrong() -> None:
    """An expected disagreement is no judge."""
    assert [c.id for c in GOOD if c.function == "sign" and c.expect] != []
    assert [c.id for c in cases_of([MISTAKES["sign-of-zero-is-one"]]) if c.expect] == []


# --- other numbers of the same shapes -----------------------------------------------------


def test_redrawn() -> None:
    """Shapes, layouts and options stay; so do targets and masks, and what is no number."""
    arrays = {
        "x": Draw((2, 3), "zeros", "reversed"),
        "given": Given(((1.0, 2.0),)),
        "photograph": Photograph((3, 8), (2, 9), colour=True),
        "classes": Classes((4,), 5),
        "mask": Draw((2, 3), "mask"),
        "target": Given((1, 0)),
    }
    other = redrawn(Case("f", "n", arrays, {"p": 0.5}, "zeros"))
    assert other.arrays == {
        "x": Draw((2, 3), "normal", "reversed"),
        "given": Draw((1, 2), "normal"),
        "photograph": Draw((1, 3, 5, 7), "normal"),
        "classes": arrays["classes"],
        "mask": arrays["mask"],
        "target": arrays["target"],
    }
    assert (other.id, other.options, other.upstream) == ("f[n]", {"p": 0.5}, "normal")


def test_the_target_of_a_squared_error_is_a_number() -> None:
    """There it means nothing but itself, and zeros would hide a mistake."""
    case = Case("squared_error", "n", {"output": Draw((2,)), "target": Draw((2,), "zeros")})
    assert redrawn(case).arrays["target"] == Draw((2,))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_some_largest(dtype: str) -> None:
    """Ordinary numbers beside the largest: some elements overflow, the others can be judged."""
    numbers = draw(Draw((300,), "some_largest"), dtype, generator(0, "some"))
    largest = numbers == np.finfo(dtype).max
    assert 60 < largest.sum() < 140
    assert np.abs(numbers[~largest]).max() < 10


# --- witnesses ----------------------------------------------------------------------------


def test_integers_see_what_is_not_equal() -> None:
    """Where nothing is rounded; of a function that rounds they say nothing."""
    conv = case_of("conv2d[stride(2,1)]")
    assert seen_by_integers(MISTAKES["dx-kernel-not-turned"], conv, SETTINGS) is True
    assert seen_by_integers(control("conv2d_backward"), conv, SETTINGS) is False
    tanh = case_of("tanh[maps]")
    assert seen_by_integers(MISTAKES["tanh-of-half"], tanh, SETTINGS) is None
    raising = put_in_place("relu", lambda x: raise_(IndexError("off by one")))
    assert seen_by_integers(raising, case_of("relu[maps]"), SETTINGS) is None
    pooling = case_of("max_pool2d[one sample]")
    large = replace(pooling, arrays={"x": Draw((64, 64, 64, 64))}, dtypes=("float32",))
    assert seen_by_integers(control("max_pool2d"), large, SETTINGS) is None


@pytest.mark.parametrize(
    ("name", "case", "seen"),
    [
        (
            "average-gradient-not-divided",
            "avg_pool2d[window 2 leaves pixels over]",
            True,
        ),  # multiples of all divisors
        ("leaky-slope-on-wrong-side", "leaky_relu[maps]", True),  # a slope that is a power of 2
        ("max-ties-all", "max_pool2d[window 2 leaves pixels over]", False),  # ranks apart: no ties
        ("relu-passes-at-zero", "relu[maps]", False),  # never 0
    ],
)
def test_integers_are_those_of_the_witness(name: str, case: str, seen: bool) -> None:
    """A mistake is seen by what a run would be asked, and by nothing else."""
    assert seen_by_integers(MISTAKES[name], case_of(case), SETTINGS) is seen


def test_balls_see_what_is_far_from_the_exact_value() -> None:
    """Without torch; where numbers are not finite, or too many, they say nothing."""
    maps = case_of("tanh[maps]")
    assert seen_by_balls(MISTAKES["tanh-of-half"], maps, SETTINGS) is True
    assert seen_by_balls(control("tanh"), maps, SETTINGS) is False
    assert seen_by_balls(MISTAKES["tanh-of-half"], case_of("tanh[special]"), SETTINGS) is None
    large = replace(maps, arrays={"x": Draw((120, 90))})
    assert seen_by_balls(MISTAKES["tanh-of-half"], large, SETTINGS) is None
    raising = put_in_place("tanh", lambda x: raise_(IndexError("off by one")))
    assert seen_by_balls(raising, maps, SETTINGS) is None
    empty = case_of("cross_entropy[empty batch, indices, mean]")  # the mean of nothing
    assert seen_by_balls(control("cross_entropy"), empty, SETTINGS) is None


@pytest.mark.parametrize(
    ("factor", "seen"), [(1 + 2.0**-44, True), (1 + 2.0**-52, False)], ids=["far", "near"]
)
def test_balls_judge_by_the_bound(factor: float, seen: bool) -> None:
    """A rounding more is within the bound of sigmoid, 256 are not."""
    wrong = put_in_place("sigmoid", lambda x: refimpl.sigmoid(x) * x.dtype.type(factor))
    assert seen_by_balls(wrong, case_of("sigmoid[maps]"), SETTINGS) is seen


def test_balls_see_another_shape_and_what_is_no_number() -> None:
    """Neither has a distance."""
    maps = case_of("relu[maps]")
    assert seen_by_balls(put_in_place("relu", lambda x: x[:1]), maps, SETTINGS) is True
    assert seen_by_balls(put_in_place("relu", lambda x: x * np.nan), maps, SETTINGS) is True


def test_the_derivative_sees_what_does_not_fit_the_forward() -> None:
    """A gradient that is none of the right forward, or a forward that has another one."""
    conv = case_of("conv2d[stride(2,1)]")
    assert seen_by_derivative(MISTAKES["dx-kernel-not-turned"], conv, SETTINGS) is True
    assert seen_by_derivative(MISTAKES["conv-kernel-turned"], conv, SETTINGS) is True
    assert seen_by_derivative(control("conv2d"), conv, SETTINGS) is False
    assert seen_by_derivative(control("conv2d_backward"), conv, SETTINGS) is False


def test_where_the_derivative_says_nothing() -> None:
    """What raises, what is not finite or too large, what has no backward."""
    raising = put_in_place("relu_backward", lambda dy, x: raise_(IndexError("off by one")))
    maps = case_of("relu[maps]")
    assert seen_by_derivative(raising, maps, SETTINGS) is None
    assert seen_by_derivative(control("relu"), case_of("relu[special]"), SETTINGS) is None
    large = replace(maps, arrays={"x": Draw((120, 90))})
    assert seen_by_derivative(control("relu"), large, SETTINGS) is None
    assert seen_by_derivative(control("dtanh"), case_of("dtanh[maps]"), SETTINGS) is None


def test_the_witnesses() -> None:
    """What there is beside torch."""
    assert list(WITNESSES) == ["integers", "balls", "derivative"]


# --- rows, selection, processes -----------------------------------------------------------


def test_a_row() -> None:
    """Cases, the smallest that refuses it, how far it is past the bound, who sees it."""
    row = row_of(MISTAKES["slightly-too-large-linear"])
    assert (row.function, row.formulas) == ("linear_backward", "D0.8 D0.10 D1.9 D2.20 D2.21")
    assert row.cases == sum(case.function == "linear" for case in GOOD)
    assert row.smallest == "linear[one number]"
    assert row.witnesses == "torch integers balls derivative"
    assert row.margin is not None
    assert row.median_margin is not None
    assert 1 < row.median_margin <= row.margin < inf
    assert row.problem == ""


def test_the_margin_where_bounds_are_zero() -> None:
    """Any difference is infinitely far past a bound of 0."""
    row = row_of(MISTAKES["relu-absolute-value"])
    assert (row.margin, row.median_margin) == (inf, inf)


def test_select() -> None:
    """By name, by function, by both; everything otherwise."""
    assert select([], []) == list(EVERY.values())
    assert [m.name for m in select(["add-halved"], [])] == ["add-halved"]
    assert {m.function for m in select([], ["downsample"])} == {"downsample", "upsample"}
    assert {m.function for m in select([], ["upsample"])} == {"upsample"}
    assert [m.name for m in select(["add-halved"], ["add", "relu"])] == ["add-halved"]
    assert {m.function for m in select([], ["affine"])} == {"linear", "linear_backward"}


def test_select_by_function_and_word() -> None:
    """A name may be a function's, or a word of a mistake's name or title."""
    assert {m.function for m in select(["conv2d_backward"], [])} == {"conv2d_backward"}
    assert {m.function for m in select(["maxpool"], [])} == {
        f"max_pool{n}d{part}" for n in "123" for part in ("", "_backward")
    }
    strides = select(["Stride"], [])
    assert {"dx-stride-forgotten"} < {m.name for m in strides}
    assert all("stride" in f"{m.name} {m.title}".lower() for m in strides)


@pytest.mark.parametrize(
    ("names", "functions", "text"),
    [
        (["add-halfed"], [], "no known mistake is called 'add-halfed'; did you mean add-halved"),
        (["add-halved"], ["relu"], "none of these mistakes is in these functions"),
        ([], ["rellu"], "no function with known mistakes is called 'rellu'; did you mean relu"),
    ],
)
def test_select_what_is_not_there(names: list[str], functions: list[str], text: str) -> None:
    """The error says what may have been meant."""
    with pytest.raises(SelectionError) as raised:
        select(names, functions)
    assert str(raised.value).startswith(text)


def test_several_processes_find_the_same() -> None:
    """And tell as often that something is done."""
    known = select([], ["flatten", "add"])
    told: list[int] = []
    found = power(known, SETTINGS, 2, told.append)
    assert found == power(known, SETTINGS)
    assert sum(told) == steps(known)


# --- what gives no numbers ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "wrong", "said"),
    [
        ("relu", lambda x: None, "gives object for y"),
        ("relu_backward", lambda dy, x: None, "gives object for dx"),
        ("relu", lambda x: x.astype(str), "gives <U"),
    ],
)
def test_what_holds_no_numbers_is_no_refusal(function: str, wrong: Any, said: str) -> None:
    """A forgotten return ends a program by itself; the other mistakes go on."""
    planted = put_in_place(function, wrong)
    (seen,) = examine(case_of("relu[maps]"), [planted], SETTINGS)
    assert seen.refused is False
    assert seen.raised.startswith(said)
    row = row_of(planted)
    assert (row.refused, row.raised) == (0, row.cases)


def test_a_missing_gradient_is_no_refusal() -> None:
    """Nor is a name that is not there."""
    wrong = lambda dy, x, weight: refimpl.linear_backward(dy, x, weight)[:2]  # noqa: E731
    (seen,) = examine(case_of("linear[plain]"), [put_in_place("linear_backward", wrong)], SETTINGS)
    assert (seen.refused, seen.raised) == (False, "refimpl raised KeyError: 'dbias'")

"""Exact differences: right backwards agree, wrong ones don't, too wide sets are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import isnan
from typing import Any

import numpy as np
import pytest

import refimpl
from parity.cases.case import Array, Case, Draw
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.results.settings import Settings
from parity.results.verdicts import AGREES, INAPPLICABLE, OUTSIDE
from parity.witnesses import derivative, differences
from parity.witnesses.derivative import REFIMPL, Code, case_question, judgement
from parity.witnesses.differences import (
    PRODUCT_BELOW,
    SUM_BELOW,
    Judgement,
    Sets,
    acceptance,
    check_exact,
    inner,
    refuted,
    repetitions_for,
    sets_of,
    sets_of_one_size,
    with_room,
)
from parity.witnesses.directional import FALSE_ACCEPT, RefutedError
from parity.witnesses.integers import representatives
from parity.witnesses.lattices import (
    Geometry,
    Lattice,
    NotExactError,
    geometry,
    patterns,
    without_branch,
)

SETTINGS = Settings(seed=17)
SHAPES = [geometry(case) for case in representatives(GOOD).values()]
PLAIN = {shape.function: shape for shape in reversed(SHAPES) if without_branch(shape)}
BRANCHING = {shape.function: shape for shape in reversed(SHAPES) if differences.has_patterns(shape)}
CONV2 = {"x": Draw((8, 6, 14, 14)), "weight": Draw((16, 6, 5, 5)), "bias": Draw((16,))}
CONV = Case("conv2d", "of LeNet", CONV2)
STRIDED = Case(
    "conv2d",
    "strided",
    {"x": Draw((2, 3, 7, 8)), "weight": Draw((4, 3, 3, 2)), "bias": Draw((4,))},
    {"stride": (2, 1), "padding": 1},
)


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def judge(case: Case, code: Code = REFIMPL) -> Judgement:
    return judgement(case, "float64", SETTINGS, code)


def of_arrays(name: str, options: dict[str, Any] | None = None) -> Case:
    """A case of a function of x alone, with different sizes."""
    arrays = {"x": Draw((3, 2, 6, 8))}
    if name == "dropout":
        arrays["mask"] = Draw((3, 2, 6, 8), "mask")
    return Case(name, "on patterns", arrays, options or {})


# --- right and wrong backwards ------------------------------------------------------------


def test_a_size_that_dual_numbers_refuse() -> None:
    """Eight images: 1 920 000 products; the note says how it was asked."""
    assert derivative.CASE_PRODUCTS < 8 * 16 * 10 * 10 * 6 * 5 * 5
    found = judge(CONV)
    assert found.verdict == AGREES
    assert found.note.startswith("exact differences: 3 repetitions, |S| ")
    assert found.false_accept is not None
    assert -60 < found.false_accept <= FALSE_ACCEPT


Wrong = Callable[..., Any]


def one_off(name: str, place: int) -> Wrong:
    def wrong(dy: Array, x: Array, weight: Array, **options: Any) -> Any:
        grads = refimpl.conv2d_backward(dy, x, weight, **options)
        spoilt = getattr(grads, name).copy()
        spoilt.flat[place] += 1
        return grads._replace(**{name: spoilt})

    return wrong


def factor_swapped(dy: Array, x: Array, weight: Array, **options: Any) -> Any:
    """dx of the kernels turned by half a turn."""
    right = refimpl.conv2d_backward(dy, x, weight, **options)
    turned = weight[:, :, ::-1, ::-1]
    return right._replace(dx=refimpl.conv2d_backward(dy, x, turned, **options).dx)


def bias_forgotten(dy: Array, x: Array, weight: Array, **options: Any) -> Any:
    grads = refimpl.conv2d_backward(dy, x, weight, **options)
    return grads._replace(dbias=np.zeros_like(grads.dbias))


def a_little_too_large(dy: Array, x: Array, weight: Array, **options: Any) -> Any:
    """0.05 %: no integers."""
    grads = refimpl.conv2d_backward(dy, x, weight, **options)
    return grads._replace(dweight=grads.dweight * 2001 / 2000)


def no_number(dy: Array, x: Array, weight: Array, **options: Any) -> Any:
    grads = refimpl.conv2d_backward(dy, x, weight, **options)
    return grads._replace(dx=grads.dx * np.nan)


BACKWARDS = {
    "dx": (one_off("dx", 3), factor_swapped, no_number),
    "dweight": (one_off("dweight", 5), one_off("dweight", -1), a_little_too_large),
    "dbias": (one_off("dbias", 2), bias_forgotten),
}


@pytest.mark.parametrize(("blamed", "wrong"), [(n, w) for n in BACKWARDS for w in BACKWARDS[n]])
def test_a_wrong_gradient_is_refuted_and_named(blamed: str, wrong: Wrong) -> None:
    """By both numbers, and by the one input along which they are apart."""
    found = judge(STRIDED, Code(backward=wrong))
    assert (found.verdict, found.false_accept) == (OUTSIDE, None)
    said, _, names = found.note.partition("; apart in ")
    assert said.startswith("the forward's own derivative along v is ")
    assert ", the backward gives " in said
    assert names == blamed


def test_one_element_of_a_large_case() -> None:
    """Off by 1 where the elements are of the order of 10¹²."""
    assert judge(CONV, Code(backward=one_off("dx", 4711))).verdict == OUTSIDE


def test_a_forward_that_forgets_something() -> None:
    """The bias; what the right backward says of it is not its derivative."""
    found = judge(
        STRIDED, Code(forward=lambda x, weight, bias, **o: refimpl.conv2d(x, weight, 0 * bias, **o))
    )
    assert found.verdict == OUTSIDE
    assert found.note.endswith("apart in dbias")


def test_what_raises_or_has_another_shape() -> None:
    """It stands in the note."""

    def strides_forgotten(dy: Array, x: Array, weight: Array, **options: Any) -> Any:
        return refimpl.conv2d_backward(dy, x, weight, padding=options["padding"])

    def transposed(dy: Array, x: Array, weight: Array, **options: Any) -> Any:
        grads = refimpl.conv2d_backward(dy, x, weight, **options)
        return grads._replace(dx=grads.dx.swapaxes(2, 3))

    found = judge(STRIDED, Code(backward=strides_forgotten))
    assert found.verdict == OUTSIDE
    assert found.note.startswith("refimpl raised ValueError: ")
    found = judge(STRIDED, Code(backward=transposed))
    assert found.note == "the backward gives dx of shape (2, 3, 8, 7), but x is (2, 3, 7, 8)"


# --- the sets -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLAIN)
def test_the_largest_integers_stay_exact(name: str) -> None:
    """refimpl on Python's integers, all of one sign and as large as they get."""
    shape = PLAIN[name]
    sets = sets_of_one_size(shape)
    check_exact(shape, sets)
    most = {name: s.largest().astype(object) for name, s in sets.arrays.items()}
    v = {name: s.largest().astype(object) for name, s in sets.directions.items()}
    dy = most.pop("dy")
    reached = {name: array + v[name] for name, array in most.items()}
    options = dict(shape.options)
    if FUNCTIONS[name].integers != "sums":  # before the division
        reached = {
            name: array * max(differences.divisors(shape)) for name, array in reached.items()
        }
    tensors = FUNCTIONS[name].tensors(dy, reached, options)
    for tensor, values in tensors.items():
        beside = dy if tensor == "y" else v[tensor[1:]]
        assert np.max(values) < SUM_BELOW
        assert np.max(values) * np.max(beside) < PRODUCT_BELOW


@pytest.mark.parametrize("array", ["x", "weight", "dy"])
def test_a_set_that_is_one_bit_too_wide_is_refused(array: str) -> None:
    """Twice as large: a term of an inner product may reach 2⁶²."""
    shape = Geometry("linear", {"x": (2, 400), "weight": (3, 400), "bias": (3,)}, {})
    sets = sets_of_one_size(shape)
    check_exact(shape, sets)
    for pattern in (sets.arrays, sets.directions):
        if array in pattern:
            pattern[array] = replace(
                pattern[array], low=2 * pattern[array].low, high=2 * pattern[array].high
            )
    with pytest.raises(NotExactError, match="past 2⁶²"):
        check_exact(shape, sets)


def test_a_sum_that_may_be_rounded_is_refused() -> None:
    """Factors of 23 bits, beside a dy of one bit."""
    shape = Geometry("linear", {"x": (2, 400), "weight": (3, 400)}, {})
    wide = {
        name: Lattice(np.zeros(size, np.int64), 1, -(2**22), 2**22)
        for name, size in shape.shapes.items()
    }
    dy = Lattice(np.zeros((2, 3), np.int64), 1, -1, 1)
    with pytest.raises(NotExactError, match=r"sums of y reach .*, past the exact 9007199254740992"):
        check_exact(shape, Sets({**wide, "dy": dy}, wide))


def test_averages_are_drawn_from_multiples() -> None:
    """Of all divisors; a divisor with too many bits leaves none, and dual numbers are asked."""
    case = of_arrays("avg_pool2d", {"kernel_size": 2, "divisor_override": 7})
    sets = sets_of_one_size(geometry(case))
    assert {name: lattice.step for name, lattice in sets.arrays.items()} == {"x": 7, "dy": 7}
    assert judge(case).note.startswith("exact differences: ")
    found = judge(replace(case, options={"kernel_size": 2, "divisor_override": 2**40}))
    assert found.verdict == AGREES
    assert found.note == (
        "no exact differences (no integers are small enough for exact differences)"
    )


# --- how probably something wrong passes --------------------------------------------------


def test_the_probability() -> None:
    """dy, each array, and of the directions the smallest."""
    shape = Geometry("linear", {"x": (1, 3), "weight": (2, 3)}, {})
    sets = sets_of_one_size(shape)
    size = 2 * 708_000  # about: the third root of 2⁶⁰/3
    assert all(0.9 < s.size / size < 1.1 for s in sets.arrays.values())
    assert acceptance(sets) == pytest.approx(4 / sets.arrays["x"].size)
    assert repetitions_for(acceptance(sets)) == 3
    with pytest.raises(NotExactError, match="accepts with probability 1"):
        repetitions_for(1.0)


def test_as_often_as_that_a_wrong_backward_passes_a_repetition() -> None:
    """On sets of three and five numbers: sometimes, and no more often than was said."""
    case = Case("linear", "tiny", {"x": Draw((1, 1)), "weight": Draw((1, 1))})

    def wrong(dy: Array, x: Array, weight: Array) -> Any:
        return refimpl.linear_backward(dy, x, -weight)

    small = {name: Lattice(np.zeros((1, 1), np.int64), 1, -2, 2) for name in ("x", "weight")}
    sets = Sets({**small, "dy": Lattice(np.zeros((1, 1), np.int64), 1, -7, 7)}, small)
    question = case_question(case, "float64", SETTINGS, Code(backward=wrong))
    numbers, tries = rng(), 500
    passed = sum(not refuted(question, sets, numbers) for _ in range(tries))
    # P = 2·dy·weight·v_x vanishes where one of three is 0: 1 − (14/15)(4/5)².
    assert passed / tries == pytest.approx(1 - 14 / 15 * 16 / 25, abs=0.07)
    assert passed / tries < acceptance(sets) == pytest.approx(1 / 15 + 3 / 5)


def test_every_repetition_draws_everything_anew() -> None:
    """A backward that is wrong for one sign of its numbers is met by another."""
    seen: list[tuple[Array, Array, Array]] = []

    def recorded(dy: Array, x: Array, weight: Array) -> Any:
        seen.append((dy, x, weight))
        return refimpl.linear_backward(dy, x, weight)

    case = Case("linear", "recorded", {"x": Draw((2, 3)), "weight": Draw((4, 3))})
    assert judge(case, Code(backward=recorded)).verdict == AGREES
    assert len(seen) == 3
    for first, second in zip(seen[0], seen[1], strict=True):
        assert not np.any(first == second)


# --- exact sums ---------------------------------------------------------------------------


def test_inner_products_are_exact() -> None:
    """As Python's integers say, over more than one chunk."""
    a, b = (
        rng().integers(-(2**40), 2**40, (2, 3, 20_000)),
        rng().integers(-(2**21), 2**21, (2, 3, 20_000)),
    )
    expected = sum(x * y for x, y in zip(a.ravel().tolist(), b.ravel().tolist(), strict=True))
    assert inner(a.astype(float), b.astype(float)) == expected
    assert abs(expected) > 2**62


def test_inner_products_of_what_is_wrong() -> None:
    """Numbers between integers, past 64 bits, none at all."""
    b = np.array([3.0, 2.0**30])
    assert inner(np.array([0.25, 1.0]), b) == Fraction(3, 4) + 2**30
    assert inner(np.array([1.0, 2.0**70]), b) == 3 + 2**100
    assert inner(np.array([1.0, 2.0**33]), b) == 3 + 2**63
    assert isnan(float(inner(np.array([1.0, np.inf]), b)))
    assert inner(np.zeros(0), np.zeros(0)) == 0


# --- where nothing is said ----------------------------------------------------------------


def test_a_forward_that_is_no_sum_of_products() -> None:
    """A third of it, in both: dual numbers see that these belong together."""
    third = Code(
        lambda x, weight, bias, **o: refimpl.conv2d(x, weight, bias, **o) / 3,
        lambda dy, x, weight, **o: refimpl.conv2d_backward(dy / 3, x, weight, **o),
    )
    found = judge(STRIDED, third)
    assert found == (
        AGREES,
        "no exact differences (the forward gives no integers, or too large ones)",
        FALSE_ACCEPT,
    )


def test_a_forward_of_another_shape() -> None:
    """Without its stride, in both: the sums are not those that were counted."""
    unstrided = Code(
        lambda x, weight, bias, stride, padding: refimpl.conv2d(x, weight, bias, padding=padding),
        lambda dy, x, weight, stride, padding: refimpl.conv2d_backward(
            dy, x, weight, padding=padding
        ),
    )
    found = judge(STRIDED, unstrided)
    assert found.verdict == AGREES
    assert found.note == (
        "no exact differences (the forward gives y of shape (2, 4, 7, 9), torch (2, 4, 4, 9))"
    )


def test_numbers_that_are_none() -> None:
    """They are said before anything is asked."""
    for values, said in (("special", "NaN or ∞: in x"), ("normal", "NaN or ∞: in dy")):
        upstream = "special" if values == "normal" else "normal"
        case = replace(CONV, arrays={**CONV2, "x": Draw((8, 6, 14, 14), values)}, upstream=upstream)
        assert judge(case) == (INAPPLICABLE, said, None)


# --- branches -----------------------------------------------------------------------------

OPTIONS: dict[str, dict[str, Any]] = {
    "max_pool2d": {"kernel_size": 3, "stride": 2, "padding": 1},
    "downsample": {"size": 2},
    "leaky_relu": {"negative_slope": -3.0},
    "dropout": {"p": 0.3},
}
ON_PATTERNS = ("relu", "leaky_relu", "hardtanh", "sign", "dropout", "max_pool2d", "downsample")


@pytest.mark.parametrize("name", ON_PATTERNS)
def test_functions_with_branches_where_they_are_large(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On patterns that the note names; one element off is refuted."""
    monkeypatch.setattr(derivative, "CASE_PRODUCTS", 0)
    case = of_arrays(name, OPTIONS.get(name))
    found = judge(case)
    assert found.verdict == AGREES
    assert found.note.startswith("exact differences: ")
    assert any(word in found.note for word in ("every element", "window places"))
    assert found.false_accept is not None
    assert found.false_accept <= FALSE_ACCEPT
    right = getattr(refimpl, FUNCTIONS[name].backward_name)

    def wrong(*arguments: Any, **options: Any) -> Any:
        gradient = right(*arguments, **options).copy()
        gradient.flat[7] += 1
        return gradient

    found = judge(case, Code(backward=wrong))
    assert found.verdict == OUTSIDE
    assert "; apart in dx" in found.note


def test_options_that_are_changed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slope becomes a power of 2, limits integers far apart."""
    monkeypatch.setattr(derivative, "CASE_PRODUCTS", 0)
    assert judge(of_arrays("leaky_relu")).note.endswith(", negative_slope 0.0078125")
    assert judge(of_arrays("dropout", {"p": 0.3})).note.endswith(", p 0.5")
    assert "slope" not in judge(of_arrays("leaky_relu", {"negative_slope": 0.25})).note


def test_what_is_right_on_one_side_of_a_kink_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sign of every element is asked."""
    monkeypatch.setattr(derivative, "CASE_PRODUCTS", 0)

    def wrong(dy: Array, x: Array) -> Array:
        gradient = refimpl.relu_backward(dy, x)
        gradient.flat[11] = dy.flat[11]
        return gradient

    assert judge(of_arrays("relu"), Code(backward=wrong)).verdict == OUTSIDE


@pytest.mark.parametrize("name", BRANCHING)
def test_a_direction_keeps_the_branch(name: str) -> None:
    """x ± v takes only numbers that x might have taken."""
    shape = BRANCHING[name]
    whole = patterns(shape, "float64", rng())[0]
    sets = with_room(whole, shape.inputs)
    for array in shape.inputs:
        x, v, all_of_x = sets.arrays[array], sets.directions[array], whole[array]
        assert x.low + v.low >= all_of_x.low
        assert x.high + v.high <= all_of_x.high
        assert v.high == -v.low > 0
        assert np.array_equal(x.base, all_of_x.base)
    found, _ = sets_of(shape, rng())
    for one in found:
        check_exact(shape, one)


def test_sets_without_room() -> None:
    """Three numbers leave none for a direction."""
    narrow = {"x": Lattice(np.zeros(3, np.int64), 1, 1, 3)}
    with pytest.raises(NotExactError, match="the sets of x have no room for a direction"):
        with_room(narrow, ("x",))


@pytest.mark.parametrize("case_id", ["relu[zero and minus zero]", "max_pool2d[ties]"])
def test_what_a_case_is_for_is_asked_on_dual_numbers(case_id: str) -> None:
    """Ties and zeros have branches of their own, which integers of its geometry would not meet."""
    (case,) = (c for c in GOOD if c.id == case_id)
    assert judge(case).note.startswith("at a kink")


def test_losses_have_no_patterns() -> None:
    """They stay with dual numbers, as does what is no polynomial."""
    for name in ("perceptron_loss", "squared_error", "softmax", "gaussian_pool2d"):
        (shape, *_) = (geometry(case) for case in GOOD if case.function == name)
        assert not without_branch(shape)
        assert not differences.has_patterns(shape)


def test_every_refusal_of_an_answer_is_an_error_of_its_own() -> None:
    """What refimpl raises is refuted, not passed on."""
    question = case_question(STRIDED, "float64", SETTINGS)._replace(forward=lambda given: 1 / 0)
    with pytest.raises(RefutedError, match="refimpl raised ZeroDivisionError"):
        refuted(question, sets_of_one_size(geometry(STRIDED)), rng())

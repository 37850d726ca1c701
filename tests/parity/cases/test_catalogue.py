"""The catalogue of cases: complete, reproducible, and wrong where it says so."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pytest

import refimpl
from parity.cases import activations, dropout
from parity.cases.case import (
    FLOATS,
    LAYOUTS,
    VALUES,
    Array,
    BadCase,
    Case,
    Classes,
    Draw,
    Given,
    Photograph,
    Probabilities,
    Shape,
    Source,
    draw,
    generator,
)
from parity.cases.catalogue import BAD, GOOD, RANDOM, SYMBOLIC, check_unique
from parity.cases.functions import FUNCTIONS as COMPARED
from parity.cases.functions import backward_of
from parity.cases.subjects import SUBJECTS, Subject
from parity.judges.layer import call_bad

SEED = 20261120
VALID = {name: arguments for subject in SUBJECTS for name, arguments in subject.VALID.items()}
AnyCase = TypeVar("AnyCase", Case, BadCase)
FUNCTIONS = set(COMPARED)
FORWARD_ONLY = {name for name, function in COMPARED.items() if not function.inputs}
SHAPED = tuple(
    c
    for c in GOOD
    if c.function.startswith(
        ("conv", "corr", "rot", "shared", "max_", "avg_", "weighted", "gaussian", "down", "linear")
    )
)

# Worked examples keep the sizes their document gives them; the kernel is square in D2.13, the
# weight in order to be.
EQUAL_SIZES = {"conv2d[11×11 stride 4]", "linear[weight is square]"}


def of(function: str, cases: Iterable[AnyCase]) -> list[AnyCase]:
    """The cases of a function; there are some."""
    found = [case for case in cases if case.function == function]
    assert found
    return found


def inputs(case: Case, dtype: str) -> dict[str, Array]:
    """The arrays of a good case."""
    return {
        name: draw(source, dtype, generator(SEED, case.id, name))
        for name, source in case.arrays.items()
    }


def forward(case: Case, dtype: str) -> Array:
    """The value of a good case; NaN and overflow are what some cases are there to show."""
    with np.errstate(all="ignore"):
        y: Array = COMPARED[case.function].forward(inputs(case, dtype), case.options)
    return y


# --- the catalogue as a whole -------------------------------------------------------------


def test_catalogue_is_large_enough() -> None:
    """At least 300 good and 80 bad cases."""
    assert len(GOOD) >= 300
    assert len(BAD) >= 80


def test_ids_are_unique() -> None:
    """No two cases share an id."""
    check_unique(case.id for case in GOOD)
    check_unique(case.id for case in BAD)


def test_a_repeated_id_is_refused() -> None:
    """The check of the ids names the id that repeats."""
    with pytest.raises(ValueError, match=r"^every case .* own, but relu\[maps\] repeats$"):
        check_unique(["relu[maps]", "tanh[maps]", "relu[maps]"])


def has_equal_axes(shape: Shape) -> bool:
    """Whether two axes longer than 1 have the same size, so that swapping them goes unseen."""
    sizes = [n for n in shape if n > 1]
    return len(set(sizes)) < len(sizes)


def has_empty_batch(case: Case) -> bool:
    return any(isinstance(s, Draw) and s.shape[:1] == (0,) for s in case.arrays.values())


def has_view(case: Case) -> bool:
    return any(not is_contiguous(source) for source in case.arrays.values())


def is_contiguous(source: Source) -> bool:
    return draw(source, "float64", generator(SEED)).flags.c_contiguous


PROPERTIES: dict[str, Callable[[Case], bool]] = {
    "empty batch": has_empty_batch,
    "non-contiguous view": has_view,
    "float32": lambda case: "float32" in case.dtypes,
    "float64": lambda case: "float64" in case.dtypes,
}


def lacking(cases: Iterable[Case], holds: Callable[[Case], bool]) -> set[str]:
    """The functions without a case for which the property holds."""
    return FUNCTIONS - {case.function for case in cases if holds(case)}


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_function_has_a_case_with(name: str) -> None:
    """Every function is tried on an empty batch, a view and both dtypes."""
    assert lacking(GOOD, PROPERTIES[name]) == set()


@pytest.mark.parametrize("name", ["empty batch", "non-contiguous view"])
def test_a_missing_property_is_noticed(name: str) -> None:
    """Without tanh's cases that have the property, tanh is found to lack it."""
    rest = [c for c in GOOD if not (c.function == "tanh" and PROPERTIES[name](c))]
    assert lacking(rest, PROPERTIES[name]) == {"tanh"}


def test_every_function_has_bad_cases_forward_and_backward() -> None:
    """Every forward and every backward is given something wrong at least once."""
    tried = {case.function for case in BAD}
    assert {f for f in FUNCTIONS if f not in tried} == set()
    assert {f for f in FUNCTIONS if backward_of(f) not in tried} == FORWARD_ONLY


def test_every_function_with_a_backward_has_symbols() -> None:
    """And each case of symbols is of such a function, with an id of its own."""
    assert set(SYMBOLIC) == {name for name, function in COMPARED.items() if function.inputs}
    assert all(SYMBOLIC.values())
    ids = [case.id for subject in SUBJECTS for case in subject.SYMBOLIC]
    assert sum(map(len, SYMBOLIC.values())) == len(ids) == len(set(ids))


def test_every_function_has_random_cases() -> None:
    """And no other; each from one subject."""
    assert set(RANDOM) == set(COMPARED)
    assert len(RANDOM) == sum(len(subject.RANDOM) for subject in SUBJECTS)


def named(subject: Subject) -> set[str]:
    """The functions, forward and backward, that a subject's tables name."""
    cases = (*subject.GOOD, *subject.BAD, *subject.SYMBOLIC)
    return {case.function for case in cases} | set(subject.VALID) | set(subject.RANDOM)


def home(subject: Any) -> str:
    """The file of refimpl that has the name of a subject's file."""
    return f"refimpl.{subject.__name__.rpartition('.')[2]}"


@pytest.mark.parametrize("subject", SUBJECTS, ids=home)
def test_a_file_is_named_after_that_of_refimpl(subject: Subject) -> None:
    """Its tables are of the functions of that file, and of all that are compared."""
    files = {name: getattr(refimpl, name).__module__ for name in named(subject)}
    assert set(files.values()) == {home(subject)}
    here = {name for name in COMPARED if getattr(refimpl, name).__module__ == home(subject)}
    assert here == {name for name in files if name in COMPARED}


def test_a_case_in_another_file_is_noticed() -> None:
    """relu's cases are of refimpl.activations, not of refimpl.dropout."""
    assert "relu" in named(activations)
    assert home(dropout) != refimpl.relu.__module__ == home(activations)


def test_documents_are_cited_by_id() -> None:
    """A case cites statements as D<document>.<number>, each once."""
    for case in GOOD:
        assert all(
            d[0] == "D" and d[1] in "01234" and d[2] == "." and d[3:].isdigit()
            for d in case.documents
        ), case.id
        assert max(Counter(case.documents).values(), default=1) == 1, case.id


# --- sizes --------------------------------------------------------------------------------


@pytest.mark.parametrize("function", sorted({case.function for case in SHAPED}))
def test_sizes_in_an_array_differ(function: str) -> None:
    """No two axes of one input are equally long, and batch and output channels differ.

    Axes of length 1 are free, and so are worked examples: their document gives the sizes.
    """
    for case in of(function, SHAPED):
        if case.id in EQUAL_SIZES or any(isinstance(s, Given) for s in case.arrays.values()):
            continue
        for name, array in inputs(case, case.dtypes[0]).items():
            assert not has_equal_axes(array.shape), f"{case.id}: {name} {array.shape}"
        assert not has_equal_axes(forward(case, case.dtypes[0]).shape[:2]), case.id


def test_equal_sizes_are_noticed() -> None:
    """A square image or a kernel as deep as it is high is refused; axes of length 1 are not."""
    assert has_equal_axes((2, 3, 7, 7))
    assert has_equal_axes((4, 3, 3, 2))
    assert not has_equal_axes((1, 3, 1, 2))


def test_exceptions_to_different_sizes_are_needed() -> None:
    """Each exception names a case that exists and breaks the rule."""
    by_id = {case.id: case for case in GOOD}
    for id in EQUAL_SIZES:
        assert any(has_equal_axes(a.shape) for a in inputs(by_id[id], "float64").values())


# --- draws --------------------------------------------------------------------------------

SOURCES: dict[str, Source] = {
    **{values: Draw((3, 4, 5), values) for values in VALUES},
    "given": Given(((1, 2), (3, 4))),
    "classes": Classes((50,), 7),
    "probabilities": Probabilities((5, 4)),
    "photograph": Photograph((30, 33), (50, 54)),
    "photograph in colour": Photograph((30, 33), (50, 54), colour=True),
}


FIXED = {"given", "zeros", "marks", "photograph", "photograph in colour"}  # whatever the seed


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", SOURCES)
def test_draws_are_reproducible(name: str, dtype: str) -> None:
    """The same seed and labels give the same array, whatever was drawn before."""
    first = draw(SOURCES[name], dtype, generator(SEED, "case", "x"))
    draw(Draw((100,)), dtype, generator(SEED, "another case", "x"))
    np.random.default_rng(1).random(1000)
    second = draw(SOURCES[name], dtype, generator(SEED, "case", "x"))
    np.testing.assert_array_equal(first, second, strict=True)


@pytest.mark.parametrize("name", sorted(set(SOURCES) - FIXED))
@pytest.mark.parametrize(
    "other", [(SEED + 1, "case", "x"), (SEED, "other", "x"), (SEED, "case", "y")]
)
def test_draws_depend_on_seed_and_every_label(name: str, other: tuple[Any, ...]) -> None:
    """Another seed, another case or another argument gives another array."""
    first = draw(SOURCES[name], "float64", generator(SEED, "case", "x"))
    second = draw(SOURCES[name], "float64", generator(*other))
    assert not np.array_equal(first, second, equal_nan=True)


@pytest.mark.parametrize("seed", [0, 20261120, 2**32 - 1, 2**32, 2**70])
def test_a_seed_of_any_size(seed: int) -> None:
    """The numbers are those of NumPy's generator for the seed and the labels' checksums."""
    known = np.random.default_rng([seed, zlib.crc32(b"case"), zlib.crc32(b"x")])
    assert generator(seed, "case", "x").bytes(16) == known.bytes(16)


@pytest.mark.parametrize("shape", [(2, 3, 4), (0, 3), (5,), ()], ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_hold_the_same_numbers(layout: str, shape: Shape) -> None:
    """A layout changes where the numbers lie, not their values, their dtype or their shape."""
    plain = generator(SEED).normal(size=shape)
    expected = np.asarray(plain, np.float32)
    laid_out = draw(Draw(shape, layout=layout), "float32", generator(SEED))
    np.testing.assert_array_equal(laid_out, expected, strict=True)


@pytest.mark.parametrize("layout", sorted(set(LAYOUTS) - {"contiguous"}))
def test_other_layouts_are_not_contiguous(layout: str) -> None:
    """Each other layout is one that code for contiguous arrays could misread."""
    assert not is_contiguous(Draw((2, 3, 4), layout=layout))


# --- good cases ---------------------------------------------------------------------------


@pytest.mark.parametrize("function", COMPARED)
def test_good_inputs_are_accepted(function: str) -> None:
    """The forward accepts the inputs of a good case and answers in their dtype."""
    for case in of(function, GOOD):
        for dtype in case.dtypes:
            assert forward(case, dtype).dtype == dtype, case.id


def test_a_good_case_that_is_refused_is_noticed() -> None:
    """A good case with an option that cannot be does not pass."""
    with pytest.raises(ValueError, match="stride must be at least 1"):
        forward(replace(SHAPED[0], options={"stride": 0}), "float64")


# --- bad cases ----------------------------------------------------------------------------


@pytest.mark.parametrize("function", VALID)
def test_what_bad_cases_start_from_is_valid(function: str) -> None:
    """Without its one mistake, the input of a bad case is accepted."""
    valid = BadCase(function, "valid", VALID[function], ValueError, "")
    assert call_bad(valid, SEED) is not None


def refusal(case: BadCase) -> tuple[type[Exception], str] | None:
    """The type and the text of the error that a call raises; None if it is accepted."""
    try:
        call_bad(case, SEED)
    except Exception as error:
        return type(error), str(error)
    return None


@pytest.mark.parametrize("function", sorted({case.function for case in BAD}))
def test_bad_input_raises_its_whole_text(function: str) -> None:
    """Each bad input raises exactly its error type with exactly its text."""
    for case in of(function, BAD):
        assert refusal(case) == (case.error, case.message), case.id


def test_input_that_is_accepted_is_noticed() -> None:
    """A bad case that raises nothing is no refusal."""
    assert refusal(BadCase("relu", "nothing wrong", VALID["relu"], ValueError, "relu: ")) is None


def test_bad_texts_begin_with_the_function() -> None:
    """An error text begins with the name of the function that was called."""
    for case in BAD:
        assert case.message.startswith(f"{case.function}: "), case.id

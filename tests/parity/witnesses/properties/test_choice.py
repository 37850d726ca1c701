"""Which cases are asked for their properties."""

from __future__ import annotations

from parity.cases.case import FLOATS, Case, Draw
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.witnesses.properties.choice import aspects, chosen, covering, suits

X = {"x": Draw((2, 3))}


def case(name: str, values: str = "normal", **options: object) -> Case:
    return Case("hardtanh", name, {"x": Draw((2, 3), values)}, options)


def test_every_function_is_asked() -> None:
    """In a quick run, too, and in either dtype alone."""
    for dtypes in (FLOATS, ["float32"], ["float64"]):
        for quick in (False, True):
            assert {c.function for c, _ in chosen(GOOD, dtypes, quick)} == set(FUNCTIONS)
            assert {d for _, d in chosen(GOOD, dtypes, quick)} == set(dtypes)


def test_every_option_is_asked() -> None:
    """Also those that only larger cases have; options of one kind of case may be missing."""
    wanted = set().union(*(aspects(c) for c in GOOD if suits(c)))
    assert set().union(*(aspects(c) for c, _ in chosen(GOOD, FLOATS, quick=True))) == wanted
    options = {(c.function, name) for c in GOOD for name in c.options}
    assert options == {(c.function, name) for c, _ in chosen(GOOD, FLOATS) for name in c.options}


def test_ordinary_numbers_alone() -> None:
    """What is rounded or overflows when doubled says nothing about linearity."""
    assert suits(case("plain"))
    assert not suits(case("huge", "huge"))
    assert not suits(Case("relu", "empty", {"x": Draw((0, 3))}))
    assert not suits(Case("relu", "large", {"x": Draw((100, 300))}))
    assert not suits(Case("relu", "expected", X, expect=("outside", "why")))
    assert not suits(Case("relu", "upstream", X, upstream="special"))


def test_a_geometry_is_asked_once() -> None:
    """In one dtype, unless it is one of the few that have all options: then in both."""
    cases = [case("a", min_val=0), case("b", min_val=0), case("c", min_val=-1.5), case("d")]
    asked = [(c.name, d) for c, d in chosen(cases, FLOATS)]
    assert asked == [
        *(("a", d) for d in FLOATS),
        *(("c", d) for d in FLOATS),
        ("d", "float32"),
    ]
    assert [(c.name, d) for c, d in chosen(cases, FLOATS, quick=True)] == [
        ("a", "float32"),
        ("c", "float64"),
    ]


def test_few_cases_that_have_everything() -> None:
    """The one with most that is new comes first."""
    one, both = case("one", min_val=0), case("both", min_val=0, max_val=2)
    assert covering([one, both]) == [both]

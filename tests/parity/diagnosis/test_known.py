"""Known mistakes are named by the numbers that they give."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import product

import pytest
from observing import Tensors, by_mistakes, failing, observed

from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS, forward_of
from parity.diagnosis import known, together
from parity.diagnosis.diagnose import diagnose
from parity.diagnosis.known import known_causes
from parity.diagnosis.observation import Observation
from parity.diagnosis.wrong_code import mistakes_of
from parity.mistakes.catalogue import MISTAKES, Mistake
from parity.witnesses.problem import Problem

PAIRS = [
    *product(
        ("dx-kernel-not-turned", "dx-stride-forgotten", "dx-overlaps-overwritten"),
        ("dweight-averaged", "dweight-turned", "dweight-stride-forgotten"),
    ),
    *product(
        ("dx-kernel-flipped-once", "dx-padding-not-cropped"),
        ("dbias-averaged", "dbias-of-first-place"),
    ),
    *product(
        ("linear-dx-not-transposed", "linear-dx-of-one-output"),
        ("linear-dweight-averaged", "linear-dbias-averaged"),
    ),
]


def part_of(function: str) -> str:
    return "forward" if function in FUNCTIONS else "backward"


def cases_of(made: Mistake) -> list[Observation]:
    """A few cases, or all small ones of the function if few of these show the mistake."""
    function, part = forward_of(made.function), part_of(made.function)
    few = observed(function, by_mistakes(made.name), part, 24)
    return few if failing(few) > 1 else observed(function, by_mistakes(made.name), part, 400)


def test_the_catalogue() -> None:
    """At least nine in ten are named, and what is certain is the mistake that was made."""
    missed, certain = [], 0
    for made in MISTAKES.values():
        observations = cases_of(made)
        causes = known_causes(observations)
        if not any(made.name in cause.mistakes for cause in causes):
            missed.append(made.name)
        certain += any(cause.certain for cause in causes)
        assert not any(c.certain and c.mistakes != (made.name,) for c in causes), made.name
    share = 1 - len(missed) / len(MISTAKES)
    print(f"{share:.1%} of {len(MISTAKES)} known mistakes are named, {certain} of them certain")
    assert share >= 0.9, f"{share:.1%} of {len(MISTAKES)} are named; missed: {missed}"


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_together(first: str, second: str) -> None:
    """One in a gradient, one in another: both are named, and nothing else."""
    function = forward_of(MISTAKES[first].function)
    tensors = [MISTAKES[name].title.partition(":")[0] for name in (first, second)]
    code = by_mistakes((tensors[0], first), (tensors[1], second))
    best = known_causes(observed(function, code, "backward"))[0]
    assert (best.kind, set(best.mistakes)) == ("two known mistakes", {first, second})
    assert best.certain
    assert best.text == f"{MISTAKES[first].title}; {MISTAKES[second].title}"


def test_one_forward_one_backward() -> None:
    """Each direction has its own mistake."""
    code = by_mistakes("conv-kernel-turned", "dweight-averaged")
    best = known_causes(observed("conv2d", code))[0]
    assert best.mistakes == ("conv-kernel-turned", "dweight-averaged")
    assert best.certain


def test_three_gradients_wrong_by_one_mistake() -> None:
    """It is one mistake, not a mistake for each."""
    causes = known_causes(observed("linear", by_mistakes("linear-gradients-negated"), "backward"))
    assert [cause.mistakes for cause in causes] == [("linear-gradients-negated",)]
    assert causes[0].answer.startswith("∂L/∂bias[k] = Σ_n dy[n,k]")
    assert causes[0].answer.endswith("(D0.14, D1.9)")


def test_a_known_mistake_beside_an_unknown_one() -> None:
    """What explains one tensor is named; that it explains all is not said."""
    made = by_mistakes(("dx", "dx-kernel-not-turned"))

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        return {**made(problem, right), "dweight": right["dweight"] ** 3}

    observations = observed("conv2d", code, "backward")
    causes = known_causes(observations)
    assert [(cause.mistakes, cause.tensor) for cause in causes] == [
        (("dx-kernel-not-turned",), "dx")
    ]
    assert not causes[0].certain


def test_a_mistake_made_in_some_cases_alone_is_not_the_known_one() -> None:
    """The cases that pass exclude it."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        return by_mistakes("dx-kernel-not-turned")(problem, right) if len(problem.dy) == 1 else {}

    observations = observed("conv2d", code, "backward")
    assert failing(observations) > 3
    assert known_causes(observations) == []


def test_one_failing_case_is_not_enough_to_be_certain() -> None:
    """The mistake is named all the same."""
    observations = observed("conv2d", by_mistakes("dx-kernel-not-turned"), "backward")
    one = [next(o for o in observations if o.wrong)]
    causes = known_causes(one)
    assert "dx-kernel-not-turned" in {name for cause in causes for name in cause.mistakes}
    assert not any(cause.certain for cause in causes)


def test_right_code_has_no_cause() -> None:
    """Nothing is wrong, nothing is named."""
    assert known_causes(observed("conv2d", by_mistakes(), "both")) == []
    assert known_causes([]) == []


def test_how_long_it_takes() -> None:
    """Most mistakes end at the first case."""
    observations = observed("conv2d", by_mistakes("dweight-turned"), "backward")[:40]
    start = time.process_time()
    known_causes(observations)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("function", ["conv2d", "linear", "max_pool2d", "cross_entropy"])
def test_a_mistake_that_the_catalogue_lacks(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each one taken out in turn: then no other is certain."""
    everything = mistakes_of(function)
    for left_out in [m for m in everything if forward_of(m.function) == function]:
        others = tuple(m for m in everything if m.wrong is not left_out.wrong)
        for user in (known, together):
            monkeypatch.setattr(user, "mistakes_of", lambda name, others=others: others)
        part = part_of(left_out.function)
        observations = observed(function, by_mistakes(left_out.name), part, 24)
        said = [cause for cause in diagnose(observations, part) if cause.certain]
        assert not said, (left_out.name, said)

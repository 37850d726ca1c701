"""A circumstance is named only where it really separates the failing cases from the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from observing import Tensors, observed, problems
from unlisted import uneven, where

from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.diagnosis.call import Call
from parity.diagnosis.circumstances import CIRCUMSTANCES
from parity.diagnosis.separating import separating
from parity.witnesses.problem import Problem


def test_too_few_cases() -> None:
    """Two that fail and two that pass differ in many things by chance."""
    observations = observed("conv2d", where("stride > 1", uneven("dx")), "backward", 60)
    fail = [o for o in observations if o.wrong]
    right = [o for o in observations if not o.wrong]
    assert separating(observations)
    assert separating(fail[:2] + right[:2]) == []
    assert separating(fail) == []


def test_one_case_that_passes_is_enough_to_refuse() -> None:
    """A strided case that passes: the stride is not what separates."""
    observations = observed("conv2d", where("stride > 1", uneven("dx")), "backward", 60)
    strided = [o for o in observations if o.wrong]

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        spared = problem.arrays["x"] is strided[0].problem.arrays["x"]
        return {} if spared else where("stride > 1", uneven("dx"))(problem, right)

    said = [cause.text for cause in separating(observed("conv2d", code, "backward", 60))]
    assert "dx: only where stride > 1" not in said


def test_all_that_separate_are_named() -> None:
    """Where two circumstances hold in the same cases, nobody can tell them apart."""
    observations = observed("conv2d", where("stride > 1", uneven("dx")), "backward", 120)
    calls = [Call(o.problem) for o in observations]
    kept = [
        o
        for o, call in zip(observations, calls, strict=True)
        if (max(call.stride) > 1) == any(map(sum, call.padding))
    ]
    (said,) = [cause.text for cause in separating(kept)]
    assert said.startswith("dx: only where stride > 1 (in these cases the same as padding > 0")


def test_two_together() -> None:
    """Neither the stride nor the padding separates by itself, both together do."""
    inner = where("padding > 0", uneven("dx"))
    observations = observed("conv2d", where("stride > 1", inner), "backward", 120)
    said = [cause.text for cause in separating(observations)]
    assert "dx: only where stride > 1 and padding > 0" in said


def test_one_or_the_other() -> None:
    """Neither alone, nor both together: either is enough."""
    strided, dilated = where("stride > 1", uneven("dx")), where("dilation > 1", uneven("dx"))

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        return strided(problem, right) or dilated(problem, right)

    (said,) = separating(observed("conv2d", code, "backward", 120))
    assert said.text == "dx: only where stride > 1 or dilation > 1"

    def spared(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        return {} if len(problem.dy) == 2 else code(problem, right)

    found = [cause.text for cause in separating(observed("conv2d", spared, "backward", 120))]
    assert not [text for text in found if "stride > 1 or" in text]


def test_one_case_asked_with_several_dy_is_one_case() -> None:
    """What is asked again with other upstream gradients is no further evidence."""
    observations = observed("conv2d", where("stride > 1", uneven("dx")), "backward", 60)
    strided = next(o for o in observations if o.wrong)
    right = [o for o in observations if not o.wrong]
    again = [strided, *(replace(strided, case=f"again {i}") for i in range(3))]
    assert separating([*again, *right]) == []


def test_what_is_0_everywhere_says_nothing() -> None:
    """A case whose dy is 0 passes whatever the code does, and is not counted against it."""
    observations = observed("conv2d", where("groups > 1", uneven("dweight")), "backward", 60)
    assert [cause.text for cause in separating(observations)] == ["dweight: only where groups > 1"]


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_every_circumstance_can_be_asked_of_every_case(function: str) -> None:
    """Whatever the function, sizes or options."""
    for _, problem, _ in problems(function):
        call = Call(problem)
        assert all(held.holds(call) in (True, False) for held in CIRCUMSTANCES)


def test_every_circumstance_holds_somewhere_and_not_everywhere() -> None:
    """None is idle."""
    calls = [Call(problem) for name in FUNCTIONS for _, problem, _ in problems(name)]
    for held in CIRCUMSTANCES:
        assert len({bool(held.holds(call)) for call in calls}) == 2, held.text
        assert len({bool(held.spoken_against(call)) for call in calls}) == 2, held.text


def test_the_opposite_has_to_be_asked() -> None:
    """With 1×1 kernels as the only square ones, nobody knows what a larger square one gives."""
    observations = observed("conv2d", where("the kernel is not square", uneven("dx")), count=200)
    text = "dx: only where the kernel is not square"
    assert text in [cause.text for cause in separating(observations)]
    kernels = [Call(o.problem).kernel for o in observations]
    kept = [
        o
        for o, kernel in zip(observations, kernels, strict=True)
        if len(set(kernel)) > 1 or set(kernel) == {1}
    ]
    assert len([o for o in kept if not o.wrong]) > 2
    assert not [cause.text for cause in separating(kept) if "square" in cause.text]

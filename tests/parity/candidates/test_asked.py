"""What a candidate is asked: something of every function, nothing that its style cannot express."""

from __future__ import annotations

import pytest

from parity.candidates.asked import LARGER, MOST, plainer, plan, suits
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.witnesses.problem import Problem


def nothing(problem: Problem) -> str:
    return ""


def square_alone(problem: Problem) -> str:
    """As a course has it: one stride, one padding, square kernels, nothing else."""
    for name in ("dilation", "groups"):
        if problem.options.get(name, 1) != 1:
            return name
    for name in ("stride", "padding"):
        if not isinstance(problem.options.get(name, 1), int):
            return f"a {name} for each axis"
    *_, height, width = problem.arrays["weight"].shape
    return "" if height == width else "rectangular kernels"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_is_asked(function: str) -> None:
    """The smallest first, in both dtypes, not too large, the same for the same seed."""
    found = plan(function, nothing, 1)
    assert len(found.asked) >= 7
    assert found.lacking == ()
    wide = [one for one in found.asked if one.dtype == "float64"]
    sizes = [sum(a.size for a in one.problem.arrays.values()) + one.problem.dy.size for one in wide]
    assert sizes == sorted(sizes)
    assert max(sizes) <= LARGER
    assert 0 < len(found.asked) - len(wide) <= len(wide) <= MOST
    assert [one.case for one in plan(function, nothing, 1).asked] == [o.case for o in found.asked]


def test_plainer_forms_stand_in() -> None:
    """A style without rectangular kernels is asked other geometries, and told what it lacks."""
    found = plan("conv2d", square_alone, 1)
    assert len(found.asked) > 40
    assert set(found.lacking) == {
        *("dilation", "groups", "rectangular kernels"),
        *("a stride for each axis", "a padding for each axis"),
    }
    assert not any(square_alone(one.problem) for one in found.asked)
    strides = {one.problem.options.get("stride", 1) for one in found.asked}
    paddings = {one.problem.options.get("padding", 0) for one in found.asked}
    assert {1, 2, 3} <= strides
    assert {0, 1, 2} <= paddings
    names = [(one.case.name, one.dtype) for one in found.asked]
    assert len(set(names)) == len(names)


def test_a_style_that_can_express_nothing() -> None:
    """Nothing is asked."""
    assert (
        plan("conv2d", lambda problem: "anything", 1) == ((), ("anything",))
        or not plan("conv2d", lambda problem: "anything", 1).asked
    )


def test_at_ties_the_value_alone_is_asked() -> None:
    """Its gradient is a convention; elsewhere integers are as good as other numbers."""
    by_id = {case.id: case for case in GOOD}
    assert suits(by_id["conv2d[integers]"])
    for part, some in (("forward", True), ("both", True), ("backward", False)):
        asked = plan("max_pool2d", nothing, 1, part).asked
        assert any(one.forward_only for one in asked) is some
    assert not any(one.forward_only for one in plan("conv2d", nothing, 1).asked)
    assert not any(suits(case) for case in GOOD if case.id == "sign[zero and minus zero]")


def test_plainer_names_say_what_is_asked() -> None:
    """Not what the case was before."""
    case = next(case for case in GOOD if case.id == "conv2d[groups 2]")
    names = [form.name for form in plainer(case)]
    assert all("groups" not in name for name in names)
    assert all(name.startswith("x ") for name in names)

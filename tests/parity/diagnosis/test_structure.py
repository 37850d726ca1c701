"""A structure is named only if every case has it, and several show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from observing import Code, Tensors, by_mistakes, observed
from unlisted import border, changed, put, rolled, times

from parity.cases.case import Array
from parity.diagnosis.cause import Cause
from parity.diagnosis.diagnose import diagnose
from parity.diagnosis.places import by_place
from parity.diagnosis.structure import structure
from parity.witnesses.problem import Problem

STRUCTURED: dict[str, Code] = {
    "a factor": times("dx", lambda p: 3),
    "a size": times("dx", lambda p: 1 / max(len(p.dy), 1)),
    "a flip": changed("dx", lambda p, a: a[..., ::-1]),
    "other axes": changed("dx", lambda p, a: a.transpose(0, 2, 3, 1)),
    "a shift": changed("dx", rolled(-1)),
    "zeros": changed("dx", lambda p, a: np.zeros_like(a)),
    "float32": changed("dx", lambda p, a: a.astype(np.float32).astype(a.dtype)),
}


def causes_of(code: Code, count: int = 30) -> list[Cause]:
    return structure(observed("conv2d", code, "backward", count), "dx")


@pytest.mark.parametrize("code", STRUCTURED.values(), ids=STRUCTURED)
def test_one_failing_case_singles_out_nothing(code: Code) -> None:
    """Whatever the numbers of one case are, they are some factor or move."""
    observations = observed("conv2d", code, "backward", 60)
    assert len(structure(observations, "dx")) == 1
    failing = next(o for o in observations if o.wrong)
    assert structure([failing], "dx") == []


@pytest.mark.parametrize("code", STRUCTURED.values(), ids=STRUCTURED)
def test_one_case_without_it_refuses_it(code: Code) -> None:
    """A failing case with other numbers: the structure is not that of all."""
    observations = observed("conv2d", code, "backward", 60)
    at = max(range(60), key=lambda i: bool(observations[i].wrong) * observations[i].size)
    other = np.asarray(observations[at].found["dx"]) + observations[at].right["dx"].max() + 1
    observations[at] = replace(observations[at], found={"dx": other})
    assert structure(observations, "dx") == []


def test_a_size_that_does_not_change_is_a_number() -> None:
    """Where N is 2 in all cases, nobody can tell 1/N from a half."""
    observations = observed("conv2d", times("dx", lambda p: 1 / max(len(p.dy), 1)), "backward", 400)
    pairs = [o for o in observations if len(o.problem.dy) == 2]
    assert [cause.text for cause in structure(pairs, "dx")] == ["dx is ½ of the right one"]


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (2.0, "dx is 2 times the right one"),
        (-1.0, "dx has the opposite sign"),
        (0.25, "dx is ¼ of the right one"),
        (1 / 255, "dx is 1/255 of the right one"),
        (0.37, "dx is 0.37 times the right one"),
        (-1.7, "dx is −1.7 times the right one"),
        (1.001, "dx is 1.001 times the right one"),
    ],
)
def test_a_number(factor: float, text: str) -> None:
    """As a learner writes it."""
    assert [cause.text for cause in causes_of(times("dx", lambda p: factor))] == [text]


def in_range(array: Array) -> bool:
    """Whether float32 holds these numbers."""
    largest = np.abs(array).max(initial=0)
    return bool(1e-30 < largest < 1e30)


def test_numbers_in_a_narrower_dtype() -> None:
    """A known mistake that gives back float32 whatever it was given is still the known one."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        wrong = by_mistakes("dx-kernel-not-turned")(problem, right)
        return {t: np.asarray(a, np.float32) for t, a in wrong.items()}

    observations = observed("conv2d", code, "backward", 60)
    small = [o for o in observations if all(in_range(a) for a in o.right.values())]
    causes = diagnose(small, "backward")
    assert "dx-kernel-not-turned" in {name for cause in causes for name in cause.mistakes}


def test_places_have_to_agree() -> None:
    """The last column in one case and the border in another are no place."""
    observations = observed("conv2d", changed("dx", put((..., -1), 0.5)), "backward", 40)
    assert [c.text for c in by_place(observations, "dx")] == ["dx: only the last column is wrong"]
    others = observed("conv2d", changed("dx", border), "backward", 40)
    assert [c.text for c in by_place(others, "dx")] == ["dx: only the border is wrong"]
    mixed = [b if i % 2 else a for i, (a, b) in enumerate(zip(observations, others, strict=True))]
    assert "only the last column is wrong" not in [c.text for c in by_place(mixed, "dx")]
    assert by_place(observations[:1], "dx") == []

"""What is said of mistakes from outside the catalogue, and what is not said."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from observing import Code, Tensors, by_mistakes, failing, given_by, observed
from unlisted import UNLISTED, Unlisted, changed, times, uneven, where

from parity.cases.case import Array
from parity.diagnosis.cause import KINDS, Cause
from parity.diagnosis.diagnose import diagnose
from parity.mistakes.catalogue import MISTAKES
from parity.witnesses.problem import Problem


@pytest.mark.parametrize("unlisted", UNLISTED, ids=lambda one: f"{one.function} {one.name}")
def test_outside_the_catalogue(unlisted: Unlisted) -> None:
    """The structure or the separating property is named, and nothing is certain."""
    observations = observed(unlisted.function, unlisted.code, count=60)
    assert failing(observations) >= 2
    causes = diagnose(observations, "both")
    assert not [cause.text for cause in causes if cause.certain]
    named = [
        cause for cause in causes if cause.kind == unlisted.kind and unlisted.text in cause.text
    ]
    assert named, [(cause.kind, cause.text) for cause in causes]
    assert {cause.kind for cause in causes} <= set(KINDS)


def test_how_many() -> None:
    """At least 25 of them."""
    assert len(UNLISTED) >= 25


def causes_of(unlisted: str) -> list[Cause]:
    chosen = next(one for one in UNLISTED if one.name == unlisted)
    return diagnose(observed(chosen.function, chosen.code, count=60))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dweight over all places", "dweight is 1/(N·H_out·W_out) of the right one"),
        ("mean of squares", "doutput is 2/n times the right one"),
        ("dbias negated", "dbias has the opposite sign"),
        ("dx turned", "dx is turned by 180°"),
        (
            "the mask without dy",
            "dx: does not depend on dy: it is computed as if dy were 1 everywhere",
        ),
        (
            "only where the stride leaves pixels over",
            "dx: only where the stride leaves pixels over: (H + 2p − k) mod s ≠ 0",
        ),
    ],
)
def test_the_sentence(name: str, text: str) -> None:
    """One of them is the whole answer: nothing else is named."""
    assert [cause.text for cause in causes_of(name)] == [text]


def test_a_known_mistake_made_in_some_cases_alone() -> None:
    """What was done there and where it is done are one sentence."""
    code = where("stride > 1", by_mistakes("dweight-turned"))
    first, *_ = diagnose(observed("conv2d", code, "backward", 60), "backward")
    assert first.text == "dweight: comes out turned by 180°, only where stride > 1"
    assert (first.mistakes, first.certain) == (("dweight-turned",), False)
    assert first.answer.startswith("∂L/∂weight[o,c,i,j] = ")


def test_a_known_mistake_and_a_factor() -> None:
    """Both in one tensor."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        wrong = by_mistakes("dx-kernel-not-turned")(problem, right)["dx"]
        return {"dx": np.asarray(wrong * np.asarray(0.5, problem.dy.dtype))}

    first, *_ = diagnose(observed("conv2d", code, "backward"), "backward")
    assert first.text == "dx: the kernel is not turned by 180°, and it is ½ of what it should be"
    assert not first.certain


@pytest.mark.parametrize(
    ("tensor", "first", "second"),
    [
        ("dx", "dx-stride-forgotten", "dx-kernel-not-turned"),
        ("dx", "dx-overlaps-overwritten", "dx-kernel-flipped-once"),
        ("dx", "dx-padding-cropped-behind", "dx-of-last-output-map"),
        ("dweight", "dweight-stride-forgotten", "dweight-turned"),
        ("dweight", "dweight-padding-forgotten", "dweight-of-last-sample"),
    ],
)
def test_two_known_mistakes_in_one_gradient(tensor: str, first: str, second: str) -> None:
    """Both are named, and no other pair."""
    code = both_in(tensor, first, second)
    plain = [
        o
        for o in observed("conv2d", code, "backward", 60)
        if o.problem.options.get("groups", 1) == 1 and all(map(np.size, o.right.values()))
    ]
    best, *others = diagnose(plain, "backward")
    assert set(best.mistakes) == {first, second}, best.text
    assert not best.certain
    title = MISTAKES[second].title.removeprefix(f"{tensor}: ")
    assert best.text == f"{MISTAKES[first].title}, and {title}"
    assert not [cause.text for cause in others if cause.mistakes]


def both_in(tensor: str, first: str, second: str) -> Code:
    """The first on the arguments, or with the result, of the second."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        if tensor not in right or not right[tensor].size:
            return {}
        changed = {
            "dx-kernel-not-turned": lambda p: turn(p, (2, 3)),
            "dx-kernel-flipped-once": lambda p: turn(p, (3,)),
        }.get(second, lambda p: p)(problem)
        if second == "dweight-of-last-sample":
            changed = changed._replace(dy=alone(changed.dy, 0))
        if second == "dx-of-last-output-map":
            changed = changed._replace(dy=alone(changed.dy, 1))
        wrong = given_by(MISTAKES[first], changed)[tensor]
        return {tensor: np.flip(wrong, (2, 3)) if second == "dweight-turned" else wrong}

    return code


def turn(problem: Problem, axes: tuple[int, ...]) -> Problem:
    weight = np.flip(problem.arrays["weight"], axes)
    return problem._replace(arrays={**problem.arrays, "weight": weight})


def alone(dy: Array, axis: int) -> Array:
    """0 but at the last index of an axis."""
    left = np.zeros_like(dy)
    np.moveaxis(left, axis, 0)[-1:] = np.moveaxis(dy, axis, 0)[-1:]
    return left


def test_a_known_mistake_and_noise_are_no_pair() -> None:
    """What no pair gives is not explained by one."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        wrong = by_mistakes("dx-stride-forgotten")(problem, right)["dx"]
        return uneven("dx")(problem, {"dx": np.asarray(wrong)})

    causes = diagnose(observed("conv2d", code, "backward", 60), "backward")
    assert not [cause.text for cause in causes if cause.mistakes]


def test_each_gradient_for_itself() -> None:
    """A known mistake in one, a factor in another."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        return {
            **by_mistakes("dx-kernel-not-turned")(problem, right),
            "dweight": right["dweight"] * 2,
        }

    texts = [cause.text for cause in diagnose(observed("conv2d", code, "backward"), "backward")]
    assert texts == ["dx: the kernel is not turned by 180°", "dweight is 2 times the right one"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (times("", lambda p: 2), "dx, dweight: each is 2 times the right one"),
        (
            where("stride > 1", times("", lambda p: -1)),
            "dx, dweight: each has the opposite sign, only where stride > 1",
        ),
    ],
)
def test_the_same_in_two_gradients_is_said_once(code: Code, text: str) -> None:
    """One line for both; the third is right and is not named."""

    def both(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        return {t: code(problem, {"": right[t]}).get("", right[t]) for t in ("dx", "dweight")}

    texts = [cause.text for cause in diagnose(observed("conv2d", both, "backward", 60), "backward")]
    assert text in texts
    assert not [one for one in texts if one.startswith(("dx is", "dx has", "dweight"))]


def test_another_factor_in_each_gradient_is_said_of_each() -> None:
    """Two lines: what is said differs."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        return {"dx": right["dx"] * 2, "dweight": right["dweight"] * 3}

    texts = [cause.text for cause in diagnose(observed("conv2d", code, "backward"), "backward")]
    assert texts == ["dx is 2 times the right one", "dweight is 3 times the right one"]


def test_one_part_alone() -> None:
    """Of a backward nothing is said of y, and the other way round."""
    observations = observed("conv2d", by_mistakes("conv-kernel-turned", "dweight-turned"))
    forward, backward = diagnose(observations, "forward"), diagnose(observations, "backward")
    assert [cause.mistakes for cause in forward] == [("conv-kernel-turned",)]
    assert [cause.mistakes for cause in backward] == [("dweight-turned",)]


def test_noise_has_no_cause() -> None:
    """Another wrong number at every place: nothing is singled out."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        noise = np.random.default_rng(right["dx"].size).normal(size=right["dx"].shape)
        return {"dx": (right["dx"] + noise).astype(right["dx"].dtype)}

    assert diagnose(observed("conv2d", code)) == []


def test_what_is_right_or_nothing_has_no_cause() -> None:
    """No failing case, no cause."""
    assert diagnose(observed("max_pool2d", by_mistakes())) == []
    assert diagnose([]) == []


def test_code_that_raises() -> None:
    """Nothing was computed: what remains is where it raises."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        return dict.fromkeys(right, "IndexError: out of bounds")

    observations = observed("conv2d", where("stride > 1", code), count=60)
    assert [cause.text for cause in diagnose(observations)] == ["only where stride > 1"]
    assert diagnose(observed("conv2d", code)) == []


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_wrong_shapes(dtype: str) -> None:
    """Tensors of another shape exclude, and do not break, what compares numbers."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        wrong = problem.dy.dtype == dtype
        return {name: array[None] if wrong else array for name, array in right.items()}

    texts = [cause.text for cause in diagnose(observed("conv2d", code))]
    assert texts == [f"only where the arrays are {dtype}"]


ODD: dict[str, Callable[[Array], Any]] = {
    "a mask": lambda a: a > 0,
    "complex": lambda a: a.astype(complex),
    "objects": lambda a: a.astype(object),
    "texts": lambda a: np.zeros(a.shape, "U3"),
    "a number": lambda a: np.float64(3),
    "no axes": lambda a: np.asarray(3.0),
    "nothing": lambda a: None,
    "infinity": lambda a: np.full(a.shape, np.inf),
}


@pytest.mark.parametrize("made", ODD.values(), ids=ODD)
@pytest.mark.parametrize("function", ["conv2d", "max_pool2d", "cross_entropy"])
def test_what_is_no_gradient_breaks_nothing(function: str, made: Callable[[Array], Any]) -> None:
    """Whatever is given back, nothing certain is said of it, and nothing is raised."""
    observations = [
        replace(o, found={t: made(a) for t, a in o.right.items()}, wrong=tuple(o.right))
        for o in observed(function, by_mistakes())
    ]
    assert not [cause.text for cause in diagnose(observations) if cause.certain]


def test_nan_everywhere() -> None:
    """A value that says only that something else went wrong."""
    causes = diagnose(observed("relu", changed("dx", lambda p, a: np.full_like(a, np.nan))))
    assert [cause.text for cause in causes] == ["dx is NaN everywhere"]


def test_another_convention_at_ties_excludes_no_mistake() -> None:
    """Code that gives the last maximum dy passes; its other mistake is found all the same."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        last = by_mistakes("max-ties-last")(problem, right)["dx"]
        assert isinstance(last, np.ndarray)
        wrong = last.copy()
        wrong[..., -1:, :] = 0
        return {"dx": wrong}

    first, *_ = diagnose(observed("max_pool2d", code, "backward", 60), "backward")
    assert (first.mistakes, first.certain) == (("max-last-row-left-out",), False)
    assert first.text == (
        "dx: the last row is left out, where no values are equal and none lies at a kink"
    )


def test_how_long_it_takes() -> None:
    """40 cases of a convolution, wrong in a way that has no name: everything is tried."""
    observations = observed("conv2d", uneven("dx"), "backward", 40)
    start = time.process_time()
    diagnose(observations, "backward")
    assert time.process_time() - start < 0.5


def test_the_same_cases_give_the_same_causes() -> None:
    """In any order of the cases."""
    observations = observed("linear", times("dweight", lambda p: 3), count=20)
    assert diagnose(observations) == diagnose(observations[::-1])
    assert diagnose(observations)[0].text == "dweight is 3 times the right one"


def test_torch_is_not_loaded() -> None:
    """A check starts without it."""
    code = (
        "import sys, parity.diagnosis.diagnose\n"
        "print([m for m in sys.modules if m == 'torch' or m.startswith('parity.oracle')])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_the_answer_is_apart_from_the_sentence() -> None:
    """What may be kept back stands in `answer` alone."""
    observations = observed("conv2d", by_mistakes("dx-kernel-not-turned"), "backward")
    (cause,) = diagnose(observations, "backward")
    assert cause.text == MISTAKES["dx-kernel-not-turned"].title
    assert cause.answer == (
        "∂L/∂x[n,c,u,v] = Σ_ohwij dy[n,o,h,w] · weight[o,c,i,j] "
        "where u = h·s + i·d, v = w·s + j·d (D0.12, D2.25, D4.7)"
    )

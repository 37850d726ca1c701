"""Numbers without a candidate behind them are explained as a candidate's are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from observing import Tensors, by_mistakes, problems

from parity.candidates.observed import causes_of, observed
from parity.diagnosis.observation import Observation
from parity.diagnosis.tampered import is_finite
from parity.witnesses.problem import Problem


def ordinary() -> Iterator[tuple[str, Problem, Tensors]]:
    """A few cases of numbers that have exact sums."""
    return (one for one in problems("conv2d", 12) if is_finite(one[1]))


def seen(name: str) -> list[Observation]:
    """What a known mistake gives in a few cases."""
    code = by_mistakes(name)
    return [
        observed(case, problem, {t: a for t, a in code(problem, right).items() if t != "y"})
        for case, problem, right in ordinary()
    ]


def test_a_known_mistake() -> None:
    """It is named from the numbers alone."""
    first, *others = causes_of(seen("dweight-turned"), "backward")
    assert first.mistakes == ("dweight-turned",)
    assert first.certain
    assert not any(other.mistakes for other in others)


def test_right_numbers() -> None:
    """Nothing is wrong with refimpl's own."""
    found = [
        observed(case, problem, {"dweight": right["dweight"]})
        for case, problem, right in ordinary()
    ]
    assert not any(one.wrong for one in found)
    assert causes_of(found) == ()


def test_who_judged_elsewhere_says_what_is_wrong() -> None:
    """A verdict that is given is taken, and a text stands for what was raised."""
    case, problem, right = next(ordinary())
    doubled = {"dx": right["dx"] * 2}
    assert observed(case, problem, doubled, wrong=()).wrong == ()
    assert observed(case, problem, {"dx": "ValueError: no"}).wrong == ("dx",)
    assert observed(case, problem, {"dx": np.zeros(1)}).wrong == ("dx",)

"""Numbers that are there already, of whatever code, as the diagnosis sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from parity.candidates.causes import said
from parity.candidates.judge import judge
from parity.candidates.reference import Expected, expected
from parity.candidates.said import Said
from parity.cases.case import Array
from parity.diagnosis.observation import Observation
from parity.witnesses.problem import Problem

Found = Mapping[str, "Array | str"]


def observed(
    case: str, problem: Problem, found: Found, wrong: Iterable[str] | None = None
) -> Observation:
    """One case of code that is not asked any more, beside the exact values.

    found: by the names "y", "dx", …, a text in the place of what was raised. wrong: the tensors
    that somebody found wrong; None judges each as a candidate's.
    Raises: Undecided where no exact value can be had.

    >>> problem = Problem("relu", {"x": np.array([2.0, -1.0])}, {}, np.array([3.0, 5.0]))
    >>> observed("two numbers", problem, {"dx": np.array([3.0, 5.0])}).wrong
    ('dx',)
    """
    right = expected(problem, tuple(found))
    limits = {tensor: right.limits[tensor] for tensor in found}
    odd = _wrong(right, found) if wrong is None else tuple(wrong)
    exact = {tensor: right.right(tensor) for tensor in found}
    return Observation(case, problem, exact, limits, dict(found), odd)


def _wrong(right: Expected, found: Found) -> tuple[str, ...]:
    return tuple(
        tensor
        for tensor, value in found.items()
        if isinstance(value, str) or judge(right, tensor, value).aspect
    )


def causes_of(observations: Iterable[Observation], part: str = "both") -> tuple[Said, ...]:
    """What gives the wrong numbers of these cases, best first; () if nothing is singled out.

    Cases that pass are as telling as those that fail: give both. One function is asked about at a
    time. `parity.candidates.words.cause_lines` prints the result.

    >>> xs = [np.array([2.0, -1.0, 4.0]), np.array([-3.0, 1.5])]
    >>> asked = [Problem("tanh", {"x": x}, {}, np.ones_like(x)) for x in xs]
    >>> seen = [observed(f"case {p.dy.size}", p, {"y": 3 * np.tanh(p.arrays["x"])}) for p in asked]
    >>> [cause.text for cause in causes_of(seen)]
    ['y is 3 times the right one']
    """
    return said(list(observations), part)

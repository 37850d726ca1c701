"""A candidate's answers to all that it is asked, each beside the exact value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from parity.candidates.asked import Asked, Plan, chooses, problem_of
from parity.candidates.judge import RAISED, UNDRAWN, VALUES, Judged, judge
from parity.candidates.reference import Expected, expected, tensors_of
from parity.candidates.said import Example, Misshapen
from parity.cases.case import Array, Case, Draw
from parity.cases.shrink import shrunk
from parity.diagnosis.call import defaults_of
from parity.witnesses.problem import Problem

TRIALS = 120  # of a smaller problem
DRAWS = 6  # of small integers: one of few numbers may be 0


class Answer(NamedTuple):
    """What a candidate gave for one problem.

    tensors: as they came, by refimpl's names. raised: why some are missing. fatal: why it can be
    asked no more. changed, shares: arguments that it changed in place, or gave back memory of.
    patched: functions of NumPy that it replaced. problem: what it answered, where it chose a part
    of the problem itself; without that part where no choice gives these tensors.
    """

    tensors: Mapping[str, Any]
    raised: str = ""
    fatal: str = ""
    changed: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    patched: tuple[str, ...] = ()
    problem: Problem | None = None


Ask = Callable[[Problem], Answer]


@dataclass(frozen=True)
class Outcome:
    """One problem, what is right there and what the candidate gave."""

    asked: Asked
    expected: Expected
    answer: Answer
    judged: tuple[Judged, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        """The tensors that are wrong; all of them where it raised."""
        return tuple(one.tensor for one in self.judged if one.aspect)

    @property
    def undrawn(self) -> bool:
        """Whether it gave what no mask gives: nobody knows then what it should have given."""
        return any(one.aspect == UNDRAWN for one in self.judged)

    @property
    def case(self) -> str:
        dtype = "" if self.asked.dtype == "float64" else f", {self.asked.dtype}"
        return f"{self.asked.case.name}{dtype}"


def tensors_wanted(problem: Problem, part: str) -> tuple[str, ...]:
    """Of a forward y, of a backward the gradients."""
    every = tensors_of(problem)
    return {"forward": every[:1], "backward": every[1:], "both": every}[part]


def outcomes(plan: Plan, ask: Ask, part: str) -> Iterator[Outcome]:
    """All problems of a plan, up to one behind which nothing more can be asked."""
    for asked in plan.asked:
        found = outcome(asked, ask, part)
        yield found
        if found.answer.fatal:
            return


def outcome(asked: Asked, ask: Ask, part: str) -> Outcome:
    """One problem."""
    answer = ask(asked.problem)
    undrawn = answer.problem is not None and not asked.problem.arrays.keys() <= (
        answer.problem.arrays.keys()
    )
    if answer.problem is not None and not undrawn:
        asked = replace(asked, problem=answer.problem)
    wanted = tensors_wanted(asked.problem, "forward" if asked.forward_only else part)
    right = expected(asked.problem, wanted)
    if undrawn:
        judged = tuple(_undrawn(asked.problem, name, answer) for name in wanted)
    else:
        judged = tuple(_judged(right, name, answer) for name in wanted)
    return Outcome(asked, right, answer, judged)


def _undrawn(problem: Problem, name: str, answer: Answer) -> Judged:
    """A tensor of a dropout whose mask nobody can have drawn with its p: too many or too few 0."""
    y, p = answer.tensors["y"], problem.options.get("p", defaults_of(problem.function)["p"])
    zeros = int(np.count_nonzero(np.asarray(y) == 0))
    said = f"{zeros} of {np.size(y)} elements of y are 0: no mask with p = {p} is drawn like that"
    return Judged(name, UNDRAWN, said, values_hold=False)


def _judged(right: Expected, name: str, answer: Answer) -> Judged:
    """A tensor; one that did not come because something was raised is wrong for that."""
    if name not in answer.tensors and (answer.fatal or answer.raised):
        return Judged(name, RAISED, answer.fatal or answer.raised, values_hold=False)
    return judge(right, name, answer.tensors.get(name))


# --- the smallest problem that is wrong ---------------------------------------------------


def smallest(
    found: Sequence[Outcome],
    ask: Ask,
    part: str,
    seed: int,
    refused: Callable[[Asked], str] = lambda asked: "",
) -> Example | None:
    """The smallest case in which the same tensor is wrong in the same way, of small integers.

    refused: what of a case the candidate cannot be asked, or need not take; such a case shows
    nothing.
    """
    shows = (one for one in found if one.wrong and not one.answer.fatal and not one.undrawn)
    failing = next(shows, None)
    if failing is None:
        return None
    first = next(one for one in failing.judged if one.aspect)
    dtype = failing.asked.dtype

    def still(case: Case) -> tuple[Outcome, Judged] | None:
        asked = _valid(case, dtype, seed)
        return None if asked is None or refused(asked) else _failing(asked, ask, part, first)

    def fails(case: Case) -> bool:
        return still(case) is not None

    case = shrunk(failing.asked.case, fails, TRIALS)
    whole = _in_integers(case)
    draws = (replace(whole, name=f"{whole.name}{', again' * n}") for n in range(DRAWS))
    least = next((drawn for drawn in draws if fails(drawn)), case)
    again = still(least)
    shown, judged = again or (failing, first)
    in_ranks = replace(shown.asked, problem=_in_ranks(shown.asked.problem))
    shown, judged = _failing(in_ranks, ask, part, first) or (shown, judged)
    return Example(
        shown.asked.problem,
        first.tensor,
        judged.said,
        shown.expected.right(first.tensor),
        judged.given,
        judged.wrong,
    )


def _valid(case: Case, dtype: str, seed: int) -> Asked | None:
    """The case drawn; None where it is none."""
    try:
        return problem_of(case, dtype, seed)
    except (TypeError, ValueError, ZeroDivisionError):
        return None


def _failing(asked: Asked, ask: Ask, part: str, first: Judged) -> tuple[Outcome, Judged] | None:
    """The case with the tensor that is wrong in the same way there; None if it is not."""
    try:
        found = outcome(asked, ask, part)
    except (TypeError, ValueError, ZeroDivisionError):
        return None  # no exact value
    if found.answer.fatal:
        return None
    for one in found.judged:
        if (one.tensor, one.aspect) == (first.tensor, first.aspect):
            return found, one
    return None


def _in_ranks(problem: Problem) -> Problem:
    """Of a function that chooses: whole numbers in the same order, none of them equal."""
    if not chooses(problem.function):
        return problem
    name, x = next(iter(problem.arrays.items()))
    ranks = np.argsort(np.argsort(x, axis=None)).reshape(x.shape) + 1
    signed = np.where(x > 0, ranks - np.count_nonzero(x <= 0), ranks - np.count_nonzero(x <= 0) - 1)
    whole = np.rint(problem.dy * 4) + np.where(problem.dy >= 0, 1, -1)
    arrays = {**problem.arrays, name: signed.astype(x.dtype)}
    return problem._replace(arrays=arrays, dy=whole.astype(problem.dy.dtype))


def _in_integers(case: Case) -> Case:
    """The case on small integers, as a person computes with them, unless ties would decide."""
    if chooses(case.function):
        return case
    drawn = {
        name: replace(source, values="integers")
        if isinstance(source, Draw) and source.values == "normal"
        else source
        for name, source in case.arrays.items()
    }
    return replace(case, arrays=drawn, upstream="integers")


# --- right in norm ------------------------------------------------------------------------


def normwise(found: Sequence[Outcome], ask: Ask, part: str, seed: int) -> float | None:
    """How many times worse than a direct sum, where errors are small beside the largest sum.

    A fast Fourier transform, Winograd's and Strassen's algorithm add other terms: they are not
    accurate element by element. None where an error is larger than that, or where results on
    small integers do not round to the exact ones.
    """
    worst = 0.0
    for one in found:
        for judged in one.judged:
            if not judged.aspect:
                continue
            if judged.aspect != VALUES or judged.given is None:
                return None
            error = np.abs(judged.given - one.expected.right(judged.tensor))
            largest = float(np.max(one.expected.limits[judged.tensor], initial=0.0))
            if not largest or float(np.max(error)) > largest:
                return None
            worst = max(worst, judged.ratio)
    for one in found:
        asked = problem_of(_in_integers(one.asked.case), one.asked.dtype, seed)
        if asked is not None and not _rounds(outcome(asked, ask, part)):
            return None
    return worst


def _rounds(found: Outcome) -> bool:
    """Whether whole numbers come out to less than ½."""
    return all(
        judged.given is not None
        and judged.given.shape == found.expected.right(judged.tensor).shape
        and bool(np.all(np.rint(judged.given) == found.expected.right(judged.tensor)))
        for judged in found.judged
    )


# --- what is wrong apart from numbers -----------------------------------------------------


def faults(found: Sequence[Outcome], ask: Ask) -> Iterator[str]:
    """Arguments changed in place, results that depend on the calls before."""
    changed = sorted({name for one in found for name in one.answer.changed})
    if changed:
        yield f"it changes its arguments in place: {', '.join(changed)}"
    patched = sorted({name for one in found for name in one.answer.patched})
    if patched:
        yield f"it replaces functions that are not its own: {', '.join(patched)}"
    first = next((one for one in found if not one.answer.raised), None)
    if first is None or found[-1].answer.fatal or first.asked.problem.function == "dropout":
        return  # what a dropout draws may differ each time
    one, other = (ask(first.asked.problem) for _ in range(2))
    for name, before in first.answer.tensors.items():
        limit = first.expected.limits.get(name)
        if not _same(one.tensors.get(name), other.tensors.get(name), limit):
            yield f"the same call twice gives two different {name}: it is random"
        elif not one.raised and not _same(before, one.tensors.get(name), limit):
            yield f"the same call gives another {name} after others: it remembers something"


def _same(one: Any, other: Any, limit: Array | None) -> bool:
    """Whether two answers are equal, or as near as two right ones may be: a library may add up
    in another order where memory lies otherwise."""
    if not _holds_numbers(one) or not _holds_numbers(other):
        return type(one) is type(other)
    if isinstance(one, Misshapen) and isinstance(other, Misshapen):
        one, other = one.value, other.value
    try:
        a, b = np.asarray(one), np.asarray(other)
        if np.array_equal(a, b, equal_nan=True):
            return True
        return limit is not None and a.shape == b.shape and bool(np.all(abs(a - b) <= 2 * limit))
    except (TypeError, ValueError):
        return False


def _holds_numbers(value: Any) -> bool:
    return isinstance(value, Misshapen | np.ndarray | np.generic | list | int | float)


def remarks(found: Sequence[Outcome]) -> Iterator[str]:
    """What is right, and worth knowing."""
    shares = sorted({name for one in found for name in one.answer.shares})
    if shares:
        yield f"what it returns shares memory with its argument: {', '.join(shares)}"
    wide = {
        judged.tensor
        for one in found
        for judged in one.judged
        if one.asked.dtype == "float32" and _dtype(judged.given) == "float64"
    }
    if wide:
        yield f"of float32 it gives float64: {', '.join(sorted(wide))}"


def _dtype(array: Array | None) -> str:
    return "" if array is None else str(array.dtype)

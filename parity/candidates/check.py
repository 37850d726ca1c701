"""A candidate from the first question to the verdict, whoever carries the questions to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from parity.candidates.asked import (
    LARGER,
    MOST,
    USUAL_AXES,
    Asked,
    Fit,
    Lacks,
    Plan,
    elements,
    extremes,
    plan,
)
from parity.candidates.axes import layout_asked_for
from parity.candidates.conventions import Followed, conventions
from parity.candidates.coverage_of_options import chosen, not_shown
from parity.candidates.examine import (
    Answer,
    Ask,
    Outcome,
    faults,
    normwise,
    outcome,
    outcomes,
    remarks,
    smallest,
)
from parity.candidates.judge import VALUES, Judged
from parity.candidates.kept_digits import lost_digits
from parity.candidates.plain_formulas import NORM
from parity.candidates.reference import contradicted
from parity.candidates.said import Answered, Said, Share
from parity.candidates.scores import scores
from parity.candidates.styles.keywords import only_for_some
from parity.candidates.verdict import FAILED, NORMWISE, RIGHT, WRONG, Verdict
from parity.candidates.words import in_sizes
from parity.results.settings import DEFAULT_SEED
from parity.witnesses.problem import Problem


@dataclass(frozen=True)
class Subject:
    """What is judged, as what, and what cannot be asked of it."""

    candidate: str
    function: str
    part: str
    style: str
    lacks: Lacks
    layout: str = "NCHW"
    seed: int = DEFAULT_SEED
    fit: Fit = Fit()  # noqa: RUF009 (it cannot be changed)
    options: Mapping[str, Any] = field(default_factory=dict)  # of an object that is there
    # What else is wrong, asked once more by some of the problems: what an object keeps.
    more: Callable[[Sequence[Asked]], Iterable[str]] = lambda asked: ()


OF_ANOTHER_SHAPE = "Mismatch in shape: grad_output"  # torch, of a gradient and the value
Diagnose = Callable[[Sequence[Outcome], Ask, str], tuple[Said, ...]]


def planned_for(subject: Subject) -> Plan:
    """All that a candidate can be asked."""
    return plan(subject.function, subject.lacks, subject.seed, subject.part, fit=subject.fit)


def check(subject: Subject, planned: Plan, ask: Ask, diagnose: Diagnose) -> Verdict:
    """Ask a candidate all that it can be asked, and say what came out."""
    unchecked = planned.lacking
    if not planned.asked:
        needed = (
            f": all cases of {subject.function} need {', '.join(unchecked)}" if unchecked else ""
        )
        said = f"there is nothing that it can be asked{needed}"
        return _verdict(subject, FAILED, said, unchecked)
    found = list(outcomes(planned, ask, subject.part))
    if found[-1].answer.fatal:
        return _ended(subject, found, unchecked, len(planned.asked))
    unusual, found = _without_unusual(found)
    if unusual:
        found += _in_place_of(subject, unusual, found, ask)
        if found[-1].answer.fatal:
            return _ended(subject, found, (*unchecked, *unusual), len(planned.asked))
        others, found = _without_unusual(found)
        unusual = (*unusual, *others)
        found.sort(key=lambda one: elements(one.asked.problem))
    unchecked = tuple(dict.fromkeys((*unchecked, *unusual)))
    if not subject.fit.settled:
        unchecked = (*unchecked, *not_shown([one.asked.problem for one in found], unchecked))
    odd = tuple(faults(found, ask))
    wrong = any(one.wrong for one in found)
    # Wrong numbers anywhere say nothing of ties and kinks.
    followed = [] if wrong else list(_followed(subject, ask))
    far = [] if wrong else list(_of_extremes(subject, ask, unchecked))
    odd = (*odd, *(one.text for one in followed if not one.known), *_wrong_far_out(far))
    odd = odd or tuple(subject.more([one.asked for one in found if not one.answer.raised]))
    if not wrong and not odd:
        notes = (*(one.text for one in followed), *lost_digits([*found, *far]))
        return _right(subject, found, notes, unchecked)
    worse = None if odd else normwise(found, ask, subject.part, subject.seed)
    if worse is not None:
        return _right_in_norm(subject, found, worse, unchecked)
    return _wrong(subject, found, ask, odd, diagnose, unchecked)


def _followed(subject: Subject, ask: Ask) -> Iterator[Followed]:
    """What it does at ties and kinks, if it can be asked."""
    return conventions(subject.function, _by_problem(ask), subject.options)


def _without_unusual(
    found: Sequence[Outcome],
) -> tuple[tuple[str, ...], list[Outcome]]:
    """What a candidate does not take is no mistake, and is not checked.

    Numbers of axes that a layer need not have; options in a form that no signature shows, a stride
    for each axis for example, where it raises. That holds, too, of a candidate that is wrong in all
    cases.
    """
    # Where no number of axes is usual, each is judged by itself.
    usual = USUAL_AXES.get(found[0].asked.problem.function) != 0
    some = usual and any(not one.wrong for one in found)
    beyond = {one.asked.beyond for one in found if one.wrong and not _takes(one, some)} - {""}
    forms = {_form(one.asked.problem) for one in found if _refuses(one)} - {""}
    left = [
        one
        for one in found
        if one.asked.beyond not in beyond and _form(one.asked.problem) not in forms
    ]
    if all(one.answer.raised for one in left):
        return (), list(found)
    return tuple(sorted(beyond | forms)), left


def _refuses(one: Outcome) -> bool:
    """Whether a candidate raises; not torch, of a y that came in another shape than dy."""
    return bool(one.answer.raised) and OF_ANOTHER_SHAPE not in one.answer.raised


def _in_place_of(
    subject: Subject, unusual: Sequence[str], found: Sequence[Outcome], ask: Ask
) -> list[Outcome]:
    """Plainer problems, and others, for those that the candidate does not take."""

    def lacks(problem: Problem) -> str:
        form = _form(problem)
        return subject.lacks(problem) or (form if form in unusual else "")

    planned = plan(subject.function, lacks, subject.seed, subject.part, fit=subject.fit)
    known = {(one.asked.case.id, one.asked.dtype) for one in found}
    other = [
        one
        for one in planned.asked
        if (one.case.id, one.dtype) not in known and one.beyond not in unusual
    ]
    asked = chosen(other, max(MOST - len(found), 0), [one.asked for one in found])
    return list(outcomes(Plan(asked, ()), ask, subject.part))


def _takes(one: Outcome, some: bool) -> bool:
    """Whether arguments of unusual axes are taken: all tensors come in their shape.

    some: whether the candidate is right anywhere; then a tensor must be right here, too.
    """
    aspects = {judged.aspect for judged in one.judged}
    return ("" in aspects or not some) and aspects <= {"", VALUES}


def _of_extremes(subject: Subject, ask: Ask, unchecked: Sequence[str]) -> Iterator[Outcome]:
    """What comes of large numbers whose right answers are ordinary."""
    for asked in extremes(subject.function, subject.lacks, subject.seed, subject.fit):
        if _form(asked.problem) not in unchecked:
            yield outcome(asked, ask, subject.part)


def _wrong_far_out(far: Sequence[Outcome]) -> tuple[str, ...]:
    """Of large numbers the first tensor that is wrong.

    An element may lose its digits beside a larger one, as the tail of a sigmoid does.
    """
    for found in far:
        for judged in found.judged:
            if judged.aspect and not _in_norm(judged, found):
                largest = max(float(np.max(np.abs(a))) for a in found.asked.problem.arrays.values())
                return (f"of numbers up to {largest:.3g} {judged.said}",)
    return ()


def _in_norm(judged: Judged, found: Outcome) -> bool:
    """Whether numbers are right beside the largest of their tensor."""
    right = found.expected.right(judged.tensor)
    if judged.aspect != VALUES or judged.given is None or judged.given.shape != right.shape:
        return False
    arrays = found.asked.problem.arrays.values()
    # Large numbers are rounded before they are subtracted: their size is the condition.
    largest = max(1.0, *(float(np.max(np.abs(array))) for array in arrays))
    unit = float(np.finfo(found.asked.problem.dy.dtype).eps) * largest
    return bool(np.max(np.abs(judged.given - right)) <= NORM * unit * np.max(np.abs(right)))


def _form(problem: Problem) -> str:
    """What plain code does not expect, though no signature shows it; "" if nothing."""
    said = only_for_some(problem)
    weight, target = problem.arrays.get("weight"), problem.arrays.get("target")
    if not said and weight is not None and len(set(weight.shape[2:])) > 1:
        said = "kernels that are not square"
    if not said and problem.function == "cross_entropy" and target is not None:
        said = "targets that are probabilities" if target.dtype.kind == "f" else ""
    logits = problem.arrays.get("logits")
    if not said and logits is not None and logits.ndim == 2 and logits.shape[1] == 1:
        said = "a single class"
    return "p = 0" if problem.options.get("p") == 0 else said


def _by_problem(ask: Ask) -> Callable[[Problem], Mapping[str, object] | str]:
    def answered(problem: Problem) -> Mapping[str, object] | str:
        answer: Answer = ask(problem)
        return answer.fatal or answer.raised or answer.tensors

    return answered


# --- what came out ------------------------------------------------------------------------


def _right(
    subject: Subject,
    found: Sequence[Outcome],
    remarked: Sequence[str],
    unchecked: tuple[str, ...],
) -> Verdict:
    elements = sum(
        prod(judged.given.shape)
        for one in found
        for judged in one.judged
        if judged.given is not None
    )
    lost = sum(judged.lost for one in found for judged in one.judged)
    which = f"all but {lost} of {elements}" if lost else f"all {elements}"
    said = (
        f"{which} elements are as near to the exact values as any order of summation is, "
        f"in {len(found)} cases"
    )
    said += "; those lose digits where terms of the formula cancel" if lost else ""
    notes = (*remarks(found), *remarked, *_certificate(found))
    return _verdict(subject, RIGHT, said, unchecked, found, remarks=notes)


def _certificate(found: Sequence[Outcome]) -> Iterator[str]:
    """By whom the exact values are vouched for, on the smallest problem."""
    first = found[0].expected
    if sum(map(np.size, first.problem.arrays.values())) > LARGER:
        return  # in Python's loops it would take minutes
    odd = contradicted(first)
    values = sum(len(truth.nearest) for truth in first.truths.values())
    if odd:
        yield f"the definition contradicts the exact {odd}: the verdict is not certain"
    else:
        yield f"the exact values of the smallest case ({values}) are confirmed by the definition"


def _right_in_norm(
    subject: Subject, found: Sequence[Outcome], worse: float, unchecked: tuple[str, ...]
) -> Verdict:
    said = (
        f"whole numbers come out right, and errors are small beside the largest sum, as with FFT "
        f"or Winograd; element by element up to {worse:.3g} times what a direct sum may be off"
    )
    return _verdict(subject, NORMWISE, said, unchecked, found, remarks=tuple(remarks(found)))


def _wrong(
    subject: Subject,
    found: Sequence[Outcome],
    ask: Ask,
    odd: tuple[str, ...],
    diagnose: Diagnose,
    unchecked: tuple[str, ...],
) -> Verdict:
    failing = [one for one in found if one.wrong]
    said = "; ".join(_each_tensor(failing)) or f"its numbers are right in all cases, but {odd[0]}"
    plain = [one for one in found if not _form(one.asked.problem)] or found
    layout = layout_asked_for(subject.function, subject.style, subject.layout, plain)
    said = f"{said} {layout}" if layout else said
    refused = _refused(subject, found)
    example = smallest(found, ask, subject.part, subject.seed, refused)
    causes = diagnose(found, ask, subject.part) if failing else ()
    return _verdict(
        subject, WRONG, said, unchecked, found, faults=odd, example=example, causes=causes
    )


def _refused(subject: Subject, found: Sequence[Outcome]) -> Callable[[Asked], str]:
    """What an example must not hold: what the candidate has not, or what no case here has."""
    usual = {one.asked.beyond for one in found}
    forms = {_form(one.asked.problem) for one in found}

    def refused(asked: Asked) -> str:
        beyond = asked.beyond if asked.beyond not in usual else ""
        form = _form(asked.problem) if _form(asked.problem) not in forms else ""
        return subject.lacks(asked.problem) or beyond or form

    return refused


def _each_tensor(failing: Sequence[Outcome]) -> Iterator[str]:
    """One sentence for each tensor that is wrong somewhere: what is wrong where it first is.

    Sizes and options are said once for all that are first wrong in one case.
    """
    firsts: dict[str, list[str]] = {}
    seen: set[str] = set()
    for one in failing:
        for judged in one.judged:
            if judged.aspect and judged.tensor not in seen:
                if judged.said not in seen:  # what was raised is said once for all tensors
                    firsts.setdefault(in_sizes(one.asked.problem), []).append(judged.said)
                seen |= {judged.tensor, judged.said}
    for where, said in firsts.items():
        yield f"{'; '.join(said)} ({where})"


def _ended(
    subject: Subject, found: Sequence[Outcome], unchecked: tuple[str, ...], planned: int
) -> Verdict:
    """It could be asked no more, of so many cases that were planned."""
    last = found[-1]
    said = f"{last.answer.fatal} ({in_sizes(last.asked.problem)})"
    return _verdict(subject, FAILED, said, unchecked, found, unreached=max(planned - len(found), 0))


def _verdict(
    subject: Subject,
    status: str,
    said: str,
    unchecked: tuple[str, ...],
    found: Sequence[Outcome] = (),
    **more: object,
) -> Verdict:
    return Verdict(
        subject.candidate,
        subject.function,
        subject.part,
        subject.style,
        status,
        said,
        subject.layout,
        subject.seed,
        Share(sum(not one.wrong for one in found), len(found)),
        _shares(found),
        _roundings(found),
        scores(found) if found else {},
        answers=tuple(_answered(found)),
        unchecked=unchecked,
        **more,  # type: ignore[arg-type]
    )


def _answered(found: Sequence[Outcome]) -> Iterator[Answered]:
    """Every tensor of every case."""
    for one in found:
        for judged in one.judged:
            seen = judged.wrong is not None
            ratio, roundings = (judged.ratio, judged.roundings) if seen else (None, None)
            yield Answered(one.case, judged.tensor, judged.said, ratio, roundings)


def _shares(found: Sequence[Outcome]) -> dict[str, Share]:
    """Of each tensor, in how many cases it is right."""
    shares: dict[str, Share] = {}
    for one in found:
        for judged in one.judged:
            before = shares.get(judged.tensor, Share(0, 0))
            shares[judged.tensor] = Share(before.right + (not judged.aspect), before.asked + 1)
    return shares


def _roundings(found: Sequence[Outcome]) -> dict[str, float]:
    """The largest error of each tensor where it is right."""
    worst: dict[str, float] = {}
    for one in found:
        for judged in one.judged:
            if not judged.aspect:
                worst[judged.tensor] = max(worst.get(judged.tensor, 0.0), judged.roundings)
    return worst

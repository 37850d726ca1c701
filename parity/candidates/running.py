"""The running statistics of a batch normalisation that is an object: how training moves them, and
whether it normalises by them when it is not training.

Both conventions of a momentum are right, and both variances; which ones it follows is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from parity.candidates.asked import Asked
from parity.candidates.failures import Failure
from parity.candidates.interview import Interview
from parity.candidates.judge import judge
from parity.candidates.reference import expected
from parity.candidates.styles.as_layer import FORWARDS, forward_step, method
from parity.candidates.styles.constructing import made, parameter_ways, settings_in
from parity.candidates.styles.cs231n import COURSE, MOMENTUM, first
from parity.candidates.styles.dropping import attribute_set, can_evaluate, switching
from parity.candidates.styles.moves import theirs
from parity.candidates.styles.naming import value_in
from parity.candidates.styles.requests import LAYER, attributes, call, construct
from parity.candidates.styles.running_names import running_names
from parity.candidates.styles.standing import last_names
from parity.candidates.styles.style import Reply, Step, value_of
from parity.candidates.wire import Kept as AsKept
from parity.cases.case import Array
from parity.witnesses.problem import Problem

PARAMETER = "bn_param"  # by this name it stays in the candidate's process
STYLES = ("layer", "torch")
NORM = 64  # roundings of the largest number
SAME = 1e-9  # so near to a momentum, a share is that
USUAL = "(1 − s)·before + s·(the batch's)"


class Kept(NamedTuple):
    """Running mean and variance at one moment."""

    mean: Array
    var: Array


class Seen(NamedTuple):
    """What an object kept behind one batch, behind a second, behind an evaluation, and y of that.

    batch: x of the second batch. problem: the evaluation, its running statistics among the arrays.
    momentum: as the object was made.
    """

    first: Kept
    second: Kept
    third: Kept
    batch: Array
    problem: Problem
    y: Any
    momentum: float | None


class Found(NamedTuple):
    """What is wrong, what is right and worth knowing, and what could not be asked."""

    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()


def running(interview: Interview, asked: Sequence[Asked]) -> Found:
    """Of an object that normalises batches; nothing of anything else."""
    told = interview.told
    if told.like != "batch_norm":
        return Found()
    if told.style == "cs231n":
        return _found(_of_course(interview, one.problem) for one in _usual(asked))
    if told.style not in STYLES or told.kind == "function":
        return Found()
    if not can_evaluate(told, told.methods.get(method(told, FORWARDS))):
        return Found(unchecked=("evaluation",))
    return _found(_seen(interview, one.problem) for one in _usual(asked))


def _usual(asked: Sequence[Asked]) -> Iterator[Asked]:
    """Batches that it is asked in training."""
    for one in asked:
        arrays = one.problem.arrays
        if one.dtype == "float64" and arrays["x"].ndim > 1 and "running_mean" not in arrays:
            yield one


def _found(each: Iterable[Seen | Found | str]) -> Found:
    """By the first problem of which there is something to see."""
    for seen in each:
        if isinstance(seen, Found):
            return seen
        if isinstance(seen, Seen):
            return Found(tuple(_faults(seen)), tuple(_notes(seen)))
        if seen:
            return Found(unchecked=(seen,))
    return Found(unchecked=("running statistics",))


# --- what it does -------------------------------------------------------------------------


def _seen(interview: Interview, problem: Problem) -> Seen | str:
    """Two batches in training, a third when it is not; "" if it does not take the problem, or why
    nothing can be seen."""
    told, batches = interview.told, _batches(problem.arrays["x"])
    start = interview.put(*made(problem, told, told.library))
    if isinstance(start, Failure) or not _done(interview, switching(told, True)):
        return ""
    kept = _trained(interview, problem, batches[:2])
    if isinstance(kept, str):
        return kept
    y = _evaluated(interview, _with_x(problem, batches[2]))
    after = _kept(interview, kept[1].mean.size)
    if y is None or after is None:
        return "evaluation"
    evaluation = _evaluation(problem, batches[2], kept[1])
    return Seen(kept[0], kept[1], after, batches[1], evaluation, y, _momentum_set(start))


def _trained(interview: Interview, problem: Problem, batches: Sequence[Array]) -> list[Kept] | str:
    """What it keeps behind each batch; "" if it does not take one, or what it has none of."""
    kept: list[Kept] = []
    for batch in batches:
        y = _forward(interview, _with_x(problem, batch), True)
        now = _kept(interview, batch.shape[1])
        if isinstance(y, Failure):
            return ""
        if now is None:
            return "running statistics"
        kept.append(now)
    return kept


def _evaluated(interview: Interview, problem: Problem) -> Any:
    """y when it is not training, or the failure; None if it cannot be told that it is not."""
    told = interview.told
    flag = attribute_set(told, False)
    copied = interview.put(*construct(LAYER, {}, flag, told.library)) if flag else None
    if isinstance(copied, Failure) or not _done(interview, switching(told, False)):
        return None
    return _forward(interview, problem, False)


def _with_x(problem: Problem, x: Array) -> Problem:
    return problem._replace(arrays={**problem.arrays, "x": x})


def _momentum_set(start: Reply) -> float | None:
    """The momentum among its settings, as it was made."""
    settings = last_names([[name, value] for name, value in settings_in(start).items()])
    momentum = settings.get("momentum")
    return float(momentum) if isinstance(momentum, int | float) else None


def _batches(x: Array) -> tuple[Array, Array, Array]:
    """Three of the same sizes."""
    return x, 1.5 * x[::-1] + 0.5, 0.7 * x - 0.3


def _evaluation(problem: Problem, x: Array, kept: Kept) -> Problem:
    """What is asked of it when it is not training."""
    arrays = {"x": x, "running_mean": kept.mean, "running_var": kept.var}
    others = {name: array for name, array in problem.arrays.items() if name != "x"}
    options = {**problem.options, "training": False}
    return problem._replace(arrays={**arrays, **others}, options=options)


def _of_course(interview: Interview, problem: Problem) -> Seen | Found | str:
    """The course's function, which keeps its running statistics in bn_param."""
    told, batches = interview.told, _batches(problem.arrays["x"])
    name, parameter = told.names[0], {"args[3]": PARAMETER}
    kept: list[Kept] = []
    for batch in batches[:2]:
        given = COURSE.forward(problem, {**problem.arrays, "x": batch})
        given = (*given[:3], AsKept(PARAMETER)) if kept else given
        if isinstance(interview.put(*call(name, given, keep=parameter)), Failure):
            return ""
        now = _kept(interview, batch.shape[1], PARAMETER)
        if now is None:
            said = "running_mean and running_var are not in bn_param behind a batch in training"
            return Found((said,))
        kept.append(now)
    evaluation = _evaluation(problem, batches[2], kept[1])
    reply = interview.put(*call(name, COURSE.forward(evaluation, evaluation.arrays)))
    y = reply if isinstance(reply, Failure) else first(value_of(reply))
    return Seen(kept[0], kept[1], kept[1], batches[1], evaluation, y, MOMENTUM)


def _done(interview: Interview, steps: Sequence[Step]) -> bool:
    """Whether all of these calls ended without an error."""
    return not any(isinstance(interview.put(*step.ask), Failure) for step in steps)


def _forward(interview: Interview, problem: Problem, training: bool) -> Any:
    """y of a call in one of the modes, or why there is none."""
    told = interview.told
    ways = parameter_ways(problem, told)
    if told.style == "torch":
        ask = call(LAYER, (theirs(problem, ways)["x"],), {}, library="torch")
    else:
        ask = forward_step(problem, told, ways, training).ask
    reply = interview.put(*ask)
    return reply if isinstance(reply, Failure) else value_in(value_of(reply))


def _kept(interview: Interview, channels: int, owner: str = LAYER) -> Kept | None:
    """Its running statistics as they are now; None if it has none of so many channels."""
    reply: Reply | Failure = interview.put(*attributes(owner))
    found: Any = {} if isinstance(reply, Failure) else value_of(reply)
    names = running_names(found) if isinstance(found, Mapping) else ("", "")
    arrays = [np.asarray(found[name], np.float64) for name in names if name]
    if len(arrays) < 2 or any(array.size != channels for array in arrays):
        return None
    return Kept(*(array.reshape(channels) for array in arrays))


# --- what is to be said of it ---------------------------------------------------------------


def _statistics(x: Array) -> tuple[Array, Array, int]:
    """Mean and variance of each channel, over all samples and places, and how many these are."""
    over = (0, *range(2, x.ndim))
    wide = np.asarray(x, np.float64)
    return wide.mean(axis=over), wide.var(axis=over), wide.size // wide.shape[1]


def _share(seen: Seen) -> float | None:
    """The share of a batch in the running mean, by the channel that moves most; None if it is not
    the same in all channels."""
    mean, _, _ = _statistics(seen.batch)
    before, after = seen.first.mean, seen.second.mean
    place = int(np.argmax(np.abs(mean - before)))
    with np.errstate(all="ignore"):
        share = float((after - before)[place] / (mean - before)[place])
    return share if _alike(after, before + share * (mean - before), mean, before) else None


def _alike(one: Array, other: Array, *beside: Array) -> bool:
    """Whether numbers are the same up to roundings of the largest one that they come from."""
    largest = max(float(np.max(np.abs(array))) for array in (one, other, *beside))
    with np.errstate(all="ignore"):
        apart = float(np.max(np.abs(one - other)))
    return apart <= NORM * float(np.finfo(float).eps) * largest


def _variance(seen: Seen, share: float) -> str:
    """Which variance of a batch has the same share in the running one; "" if none has."""
    _, var, count = _statistics(seen.batch)
    before, after = seen.first.var, seen.second.var
    for said, one in (("K − 1", var * count / max(count - 1, 1)), ("K", var)):
        if _alike(after, before + share * (one - before), one, before):
            return said
    return ""


def _faults(seen: Seen) -> Iterator[str]:
    """What no convention does."""
    share = _share(seen)
    if share is not None and abs(share) < SAME:
        yield "a batch does not move its running mean while it is training"
    elif share is None:
        yield f"its running mean behind a batch is not {USUAL}, with one s for all channels"
    elif not _variance(seen, share):
        yield (
            f"its running variance behind a batch is not {USUAL}, over K or K − 1, "
            f"with the s of the mean, {share:.4g}"
        )
    if not all(map(np.array_equal, seen.third, seen.second)):
        yield "evaluating moves its running statistics"
    yield from _of_evaluation(seen)


def _of_evaluation(seen: Seen) -> Iterator[str]:
    """Whether it normalises by its running statistics when it is not training."""
    if not all(np.all(np.isfinite(array)) for array in seen.second) or np.any(seen.second.var < 0):
        yield "its running statistics hold NaN, ∞ or a negative variance"
        return
    if isinstance(seen.y, Failure):
        yield f"when it is not training {seen.y.said}"
        return
    judged = judge(expected(seen.problem, ("y",)), "y", seen.y)
    if not judged.aspect:
        return
    names = ("running_mean", "running_var")
    arrays = {name: a for name, a in seen.problem.arrays.items() if name not in names}
    own = seen.problem._replace(arrays=arrays, options={**seen.problem.options, "training": True})
    if not judge(expected(own, ("y",)), "y", seen.y).aspect:
        yield "when it is not training it normalises by the batch, not by its running statistics"
    else:
        yield (
            "when it is not training it does not normalise by its running statistics: "
            f"{judged.said}"
        )


def _notes(seen: Seen) -> Iterator[str]:
    """The conventions that it follows, and torch's."""
    share = _share(seen)
    if share is None:
        return
    variance = _variance(seen, share)
    if variance:
        torch = "as in torch" if variance == "K − 1" else "torch's over K − 1"
        said = f"the variance is over {variance}, {torch}"
        yield f"running statistics: {_momentum(seen, share)}; {said}"


def _momentum(seen: Seen, share: float) -> str:
    """What its momentum is, by the share of a batch."""
    momentum = seen.momentum
    if momentum is not None and abs(share - momentum) < SAME:
        return f"momentum {momentum:g} is the share of the new batch, as in torch"
    if momentum is not None and abs(share - (1 - momentum)) < SAME:
        return f"momentum {momentum:g} is the share that is kept, torch's that of the new batch"
    return f"the second batch has the share {share:.4g}, torch's default is 0.1"

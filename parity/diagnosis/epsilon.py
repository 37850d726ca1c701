"""A small number added against 0, log(p + ε), x / (Σ + ε), and how large it is by the numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import log10
from typing import NamedTuple

import numpy as np

from parity.cases.case import Array
from parity.diagnosis.call import Call
from parity.diagnosis.cause import Cause
from parity.diagnosis.deviations import OUTSIDE
from parity.diagnosis.observation import Observation, by_size
from parity.witnesses.problem import Problem

ENOUGH = 2  # failing cases
LEAST, MOST = 1e-17, 0.1  # between which ε is looked for
LARGEST = 1e30  # of numbers that are asked about
STEPS = 60  # of halving the exponent: more than float64 holds
ROUND = 0.01  # so near to a power of ten, it is that


class Added(NamedTuple):
    """Where ε is added, and what comes of it; from_none: whether it is not the right numbers that
    come without one."""

    text: str
    given: Callable[[Problem, float], Array]
    from_none: bool = False


# --- what ε does --------------------------------------------------------------------------


def probabilities(problem: Problem) -> tuple[Array, Array, int]:
    """p, the share of each class in the target, and the axis of the classes."""
    logits, target = problem.arrays["logits"], problem.arrays["target"]
    axis = min(1, logits.ndim - 1)
    p = exponentials(logits, axis)
    p /= p.sum(axis=axis, keepdims=True)
    if target.dtype.kind in "iu":
        classes = np.arange(logits.shape[axis]).reshape(-1, *(1,) * (logits.ndim - 1 - axis))
        target = (np.expand_dims(target, axis) == classes).astype(float)
    return p, np.asarray(target, float), axis


def exponentials(x: Array, axis: int) -> Array:
    """e^(x − max x) in float64."""
    wide = np.asarray(x, float)
    return np.asarray(np.exp(wide - wide.max(axis=axis, keepdims=True)))


def reduced(losses: Array, problem: Problem) -> Array:
    """As the option says; a likelihood is minus the sum."""
    if problem.function == "log_likelihood":
        return np.asarray(-losses.sum())
    how = problem.options.get("reduction", "mean")
    return losses if how == "none" else np.asarray(getattr(losses, how)())


def upstream(problem: Problem, losses: int) -> Array:
    """dy of each loss."""
    dy = np.asarray(problem.dy, float)
    if problem.function == "log_likelihood":
        return -dy
    return dy / losses if problem.options.get("reduction", "mean") == "mean" else dy


def through_softmax(p: Array, dp: Array, axis: int) -> Array:
    return np.asarray(p * (dp - (dp * p).sum(axis=axis, keepdims=True)))


def log_of_classes(problem: Problem, eps: float) -> Array:
    p, target, axis = probabilities(problem)
    return reduced(-(target * np.log(p + eps)).sum(axis=axis), problem)


def over_classes(problem: Problem, eps: float) -> Array:
    p, target, axis = probabilities(problem)
    dy = upstream(problem, p.size // p.shape[axis])
    dy = np.expand_dims(dy, axis) if dy.ndim else dy
    return through_softmax(p, -dy * target / (p + eps), axis)


def both_sides(problem: Problem) -> tuple[Array, Array, Array]:
    """σ(z), 1 − σ(z) and the target, each with the digits that plain code has."""
    z = np.asarray(problem.arrays["logits"], float)
    p = 1 / (1 + np.exp(-z))
    return p, 1 - p, np.asarray(problem.arrays["target"], float)


def log_of_two(problem: Problem, eps: float) -> Array:
    p, q, target = both_sides(problem)
    losses = -(target * np.log(p + eps) + (1 - target) * np.log(q + eps))
    return reduced(losses, problem)


def over_two(problem: Problem, eps: float) -> Array:
    p, q, target = both_sides(problem)
    dp = (1 - target) / (q + eps) - target / (p + eps)
    return np.asarray(upstream(problem, p.size) * dp * p * q)


def last_or_given(problem: Problem) -> tuple[Array, int]:
    """x and the axis of a softmax."""
    return problem.arrays["x"], Call(problem).option("axis")


def log_of_softmax(problem: Problem, eps: float) -> Array:
    return np.log(over_sum(problem, 0.0) + eps)


def through_log_of_softmax(problem: Problem, eps: float) -> Array:
    p = over_sum(problem, 0.0)
    return through_softmax(p, problem.dy / (p + eps), last_or_given(problem)[1])


def over_sum(problem: Problem, eps: float) -> Array:
    x, axis = last_or_given(problem)
    e = exponentials(x, axis)
    return np.asarray(e / (e.sum(axis=axis, keepdims=True) + eps))


def over_unshifted_sum(problem: Problem, eps: float) -> Array:
    x, axis = last_or_given(problem)
    e = np.exp(np.asarray(x, float))
    return np.asarray(e / (e.sum(axis=axis, keepdims=True) + eps))


def of_softmax(value: Callable[[Problem, float], Array]) -> Callable[[Problem, float], Array]:
    """The gradient that such a value has in the place of the softmax."""
    return lambda problem, eps: through_softmax(
        value(problem, eps), np.asarray(problem.dy, float), last_or_given(problem)[1]
    )


def kept(of: str) -> Callable[[Problem, float], Array]:
    """Dropout over 1 − p + ε."""

    def given(problem: Problem, eps: float) -> Array:
        left = 1 - float(Call(problem).option("p")) + eps
        array = problem.dy if of == "dy" else problem.arrays[of]
        return np.asarray(array * problem.arrays["mask"] / left, float)

    return given


LOG, OVER = "takes log(p + ε)", "divides by p + ε"
SUM, BARE_SUM = "divides by Σ e^(x − max x) + ε", "divides by Σ e^x + ε"
ADDED: Mapping[tuple[str, str], tuple[Added, ...]] = {
    ("cross_entropy", "y"): (Added(LOG, log_of_classes),),
    ("cross_entropy", "dlogits"): (Added(OVER, over_classes),),
    **{
        (function, tensor): (added,)
        for function in ("binary_cross_entropy_with_logits", "log_likelihood")
        for tensor, added in (("y", Added(LOG, log_of_two)), ("dlogits", Added(OVER, over_two)))
    },
    ("log_softmax", "y"): (Added(LOG, log_of_softmax),),
    ("log_softmax", "dx"): (Added(OVER, through_log_of_softmax),),
    ("softmax", "y"): (Added(SUM, over_sum), Added(BARE_SUM, over_unshifted_sum)),
    ("softmax", "dx"): (
        Added(SUM, of_softmax(over_sum)),
        Added(BARE_SUM, of_softmax(over_unshifted_sum)),
    ),
    ("dropout", "y"): (Added("divides by 1 − p + ε", kept("x")),),
    ("dropout", "dx"): (Added("divides by 1 − p + ε", kept("dy")),),
    **{
        (function, "y"): tuple(Added(text, given, from_none=True) for text, given in OUTSIDE)
        for function in ("batch_norm", "layer_norm", "group_norm")
    },
}


# --- which ε ------------------------------------------------------------------------------


def epsilon(observations: Sequence[Observation], tensor: str) -> list[Cause]:
    """The place where an ε is added, and its size, where one ε gives the numbers of all cases.

    Neither twice as much nor half of it may do so, too.
    """
    ordered = by_size(o for o in observations if tensor in o.right and _can_tell(o.problem))
    shown = [o for o in ordered if o.shows(tensor)]
    if len(shown) < ENOUGH:
        return []
    known = ADDED.get((ordered[0].problem.function, tensor), ())
    told = [added for added in known if added.from_none and _fits_its_own(added, ordered, tensor)]
    if told:
        return [Cause(f"{tensor}: {added.text}", "epsilon", tensor=tensor) for added in told]
    return [
        Cause(f"{tensor}: {added.text}, ε ≈ {written(eps)}", "epsilon", tensor=tensor)
        for added in known
        for eps in _sizes(added, shown, tensor)[:1]
        if _fits(added, eps, ordered, tensor)
        and not any(_fits(added, eps * times, ordered, tensor) for times in (2.0, 0.5))
    ]


def _fits_its_own(added: Added, ordered: Sequence[Observation], tensor: str) -> bool:
    """Whether the ε of each case, added there, gives the numbers of all."""
    own = ((o, Call(o.problem).option("eps")) for o in ordered)
    return all(o.gives(tensor, _given(added, eps, o)) for o, eps in own)


def _can_tell(problem: Problem) -> bool:
    """Whether there are numbers, and none is NaN or so large that sums of them overflow."""
    arrays = (*problem.arrays.values(), problem.dy)
    return all(array.size and bool((np.abs(array) < LARGEST).all()) for array in arrays)


def _sizes(added: Added, shown: Sequence[Observation], tensor: str) -> list[float]:
    """The ε that moves the numbers of one case as far as they are off: [] if none does."""

    def off(o: Observation) -> float:
        return _off(o.numbers(tensor), _without(added, o, tensor))

    told = max(shown, key=lambda o: off(o) / (o.eps + o.least))
    wanted = off(told)
    low, high = log10(LEAST), log10(MOST)
    if not np.isfinite(wanted) or wanted > _moved(added, MOST, told, tensor):
        return []
    for _ in range(STEPS):
        middle = (low + high) / 2
        if _moved(added, 10**middle, told, tensor) < wanted:
            low = middle
        else:
            high = middle
    found = 10**high
    power = 10.0 ** round(log10(found))
    return [power if abs(found / power - 1) < ROUND else found]


def _moved(added: Added, eps: float, observation: Observation, tensor: str) -> float:
    without = _without(added, observation, tensor)
    return _off(_given(added, eps, observation), without)


def _without(added: Added, observation: Observation, tensor: str) -> Array:
    """What comes without ε."""
    return _given(added, 0.0, observation) if added.from_none else observation.right[tensor]


def _off(numbers: Array | None, right: Array) -> float:
    """How far numbers are off, all elements together; ∞ for another shape or for NaN."""
    if numbers is None or numbers.shape != right.shape:
        return float("inf")
    off = float(np.abs(np.subtract(numbers, right, dtype=float)).sum())
    return off if np.isfinite(off) else float("inf")


def _given(added: Added, eps: float, observation: Observation) -> Array:
    with np.errstate(all="ignore"):
        return added.given(observation.problem, eps)


def _fits(added: Added, eps: float, ordered: Sequence[Observation], tensor: str) -> bool:
    return all(o.gives(tensor, _given(added, eps, o)) for o in ordered)


def written(eps: float) -> str:
    """As a program has it.

    >>> written(1e-8), written(2.5e-3), written(1e-3), written(0.0)
    ('1e-8', '0.0025', '1e-3', '0')
    """
    said = f"{eps:.2g}"
    power = f"{eps:.0e}" if 0 < eps < 0.1 else said
    return (power if float(power) == float(said) else said).replace("e-0", "e-")

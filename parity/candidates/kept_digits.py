"""Where a candidate that is right has lost digits that refimpl keeps: worth knowing, no fault.

The tail of a sigmoid may be 0 beside 1, and the tensor is right as a whole; its element has no
correct digit. What counts is what counts for torch in a run (`witnesses/lost_digits.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from parity.bounds.arithmetic import arithmetic
from parity.candidates.examine import Outcome
from parity.candidates.judge import Judged, errors_of
from parity.candidates.reference import Expected, bounds_of
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.results.closeness import LostDigits
from parity.witnesses.lost_digits import TIMES, circumstances, most_lost
from parity.witnesses.problem import Problem

FEW = TIMES / 2  # ULP; what most elements of right candidates keep to


class Loss(NamedTuple):
    """What a tensor of a problem has lost most, and the candidate's number there."""

    problem: Problem
    tensor: str
    lost: LostDigits
    given: Array

    @property
    def said(self) -> str:
        """Where, and three numbers: the candidate's, refimpl's error, the exact one."""
        place = int(self.lost.place)
        told = circumstances(self.problem, self.tensor, self.given.shape, place)
        theirs, exact = _apart(self.given.reshape(-1)[place], self.lost.exact)
        return (
            f"{self.tensor} loses digits that need not be lost: at {told} it is "
            f"{theirs}, exactly {exact}; refimpl is right "
            f"to {self.lost.ulp[0]:.2g} ULP (docs/accuracy.md)"
        )


def _apart(theirs: Any, exact: float) -> tuple[str, str]:
    """Two numbers with as many digits as tell them apart, six at least.

    >>> _apart(0.0, 7e-31), _apart(-0.0107914969, -0.0107914962)
    (('0', '7e-31'), ('-0.010791497', '-0.010791496'))
    """
    written = ((f"{theirs:.{n}g}", f"{exact:.{n}g}") for n in (*range(6, 17), 17))
    return next((pair for pair in written if pair[0] != pair[1]), (str(theirs), str(exact)))


def lost_digits(found: Sequence[Outcome]) -> Iterator[str]:
    """Of each tensor one sentence, on its worst element; nothing of one that keeps its digits."""
    worst: dict[str, Loss] = {}
    for one in found:
        for loss in _losses(one):
            before = worst.get(loss.tensor)
            if before is None or loss.lost.ratio > before.lost.ratio:
                worst[loss.tensor] = loss
    yield from (loss.said for loss in worst.values())


def _losses(one: Outcome) -> Iterator[Loss]:
    """Of each tensor of a problem that is there in its shape and dtype."""
    problem = one.expected.problem
    for judged in one.judged:
        given, right = judged.given, one.expected.right(judged.tensor)
        if given is None or given.shape != right.shape or given.dtype != problem.dy.dtype:
            continue
        lost = _most_lost(one.expected, judged.tensor, given) or _beyond_limit(one.expected, judged)
        if lost is not None:
            yield Loss(problem, judged.tensor, lost, given)


def _most_lost(expected: Expected, tensor: str, given: Array) -> LostDigits | None:
    truth, dtype = expected.truths[tensor], expected.problem.dy.dtype
    theirs = errors_of(expected, tensor, given).ulp
    if np.max(theirs, initial=0.0) <= FEW:
        return None
    ours = errors_of(expected, tensor, _by_refimpl(expected.problem, tensor)).ulp
    sides = (arithmetic("refimpl", dtype.name), arithmetic("torch", dtype.name))
    own = np.broadcast_to(bounds_of(expected.problem, sides)[tensor].refimpl, given.shape)
    with np.errstate(over="ignore"):  # beside an exact 0
        rounding = expected.terms[tensor].reshape(-1) * _unit(dtype) / truth.ulp
    normal = float(np.finfo(dtype).smallest_normal)
    return most_lost(truth, (ours, theirs), rounding, own.reshape(-1), normal)


def _beyond_limit(expected: Expected, judged: Judged) -> LostDigits | None:
    """Where a textbook formula is farthest off over the limit; None if it is nowhere beyond it."""
    if not judged.lost or judged.given is None:
        return None
    truth, tensor = expected.truths[judged.tensor], judged.tensor
    theirs = errors_of(expected, tensor, judged.given)
    ours = errors_of(expected, tensor, _by_refimpl(expected.problem, tensor))
    k = int(np.argmax(theirs.ratios))
    each = [(float(ours[n][k]), float(theirs[n][k])) for n in (2, 1)]  # ULP, roundings
    ratio = each[0][1] / max(each[0][0], 0.5)
    return LostDigits(int(truth.flat_places()[k]), float(truth.nearest[k]), each[0], each[1], ratio)


def _unit(dtype: np.dtype[Any]) -> float:
    return float(np.finfo(dtype).eps) / 2


def _by_refimpl(problem: Problem, tensor: str) -> Array:
    function = FUNCTIONS[problem.function]
    with np.errstate(all="ignore"):
        if tensor == "y":
            return np.asarray(function.forward(problem.arrays, problem.options))
        gradients = function.backward(problem.dy, problem.arrays, problem.options)
    return np.asarray(gradients[tensor[1:]])

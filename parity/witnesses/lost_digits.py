"""Where torch has lost digits that refimpl keeps: a finding about torch, no failure.

torch's error is counted where it is more than 2¹⁰ times as large as each of: half an ULP;
refimpl's error there; and what no formula is blamed for, one rounding of Σ|terms|, or refimpl's own
bound where that is smaller. So a sum whose terms cancel is no finding, whichever side is lucky: the
error of its terms is left over. A formula that makes terms cancel that need not is one, and so is a
sum that adds up a thousand roundings.
"""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.cases.function import ELEMENT
from parity.cases.functions import FUNCTIONS
from parity.results.closeness import LostDigits
from parity.witnesses.exact.truth import Truth
from parity.witnesses.problem import Problem

TIMES = 2.0**10
FEW = 6  # elements of an array that are told one by one


def most_lost(
    truth: Truth, errors: tuple[Array, Array], rounding: Array, own: Array, normal: float
) -> LostDigits | None:
    """The element at which torch's error is the most times refimpl's; None where none counts.

    errors, rounding: in ULP; own: refimpl's bound; normal: the dtype's smallest normal number.
    """
    ours, theirs = errors
    if np.max(theirs, initial=0.0) <= TIMES / 2:
        return None
    beside = np.maximum(ours, 0.5)
    with np.errstate(all="ignore"):
        excused = np.maximum(beside, np.minimum(own / truth.ulp, rounding))
        counts = (theirs > TIMES * excused) & (ours * truth.ulp <= own)
        counts &= (np.abs(truth.nearest) >= normal) & (rounding > 0)
        ratio = np.where(counts, theirs / beside, 0.0)
    if not counts.any():
        return None
    k = int(np.argmax(ratio))
    unit = np.broadcast_to(rounding, ratio.shape)[k]
    return LostDigits(
        int(truth.flat_places()[k]),
        float(truth.nearest[k]),
        (float(ours[k]), float(theirs[k])),
        (float(ours[k] / unit), float(theirs[k] / unit)),
        float(ratio[k]),
    )


def circumstances(problem: Problem, shape: tuple[int, ...], place: int) -> str:
    """The arguments of an element (a flat place of a tensor of this shape), in words.

    Few numbers are told one by one, of an array of the tensor's shape the one at the element, of
    what is larger the shape and the range.
    """
    named = {**problem.arrays, "dy": problem.dy}
    alone = problem.function in FUNCTIONS and FUNCTIONS[problem.function].pieces == ELEMENT
    return ", ".join(
        f"{name} {_told(array, place, alone, array.shape == shape)}"
        for name, array in named.items()
        if array.size
    )


def _told(array: Array, place: int, alone: bool, alike: bool) -> str:
    here = f"{array.reshape(-1)[place]:.9g}" if alike else ""
    if here and (alone or array.size == 1):
        return here
    if array.size <= FEW:
        return " ".join(np.array2string(array, separator=" ", precision=9).split())
    sizes = "×".join(map(str, array.shape))
    ranges = f"{sizes} from {np.min(array):.4g} to {np.max(array):.4g}"
    return f"{here} of {ranges}" if here else ranges

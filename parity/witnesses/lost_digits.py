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
LOSSES = (
    "binary_cross_entropy_with_logits",
    "log_likelihood",
    "squared_error",
    "mse_loss",
)  # of one number
Index = tuple[int, ...]


def most_lost(
    truth: Truth, errors: tuple[Array, Array], rounding: Array, own: Array, normal: float
) -> LostDigits | None:
    """The element at which torch's error is the most times refimpl's; None where none counts.

    errors, rounding: in ULP; own: refimpl's bound; normal: the dtype's smallest normal number.
    """
    ours, theirs = errors
    if theirs.max(initial=0.0) <= TIMES / 2:
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


def circumstances(problem: Problem, tensor: str, shape: tuple[int, ...], place: int) -> str:
    """The arguments of an element (a flat place of a tensor of this shape), in words.

    Few numbers are told one by one, of an array of the tensor's shape the one at the element, of
    what is larger the sizes and the range; of a softmax the element's own row is told.
    """
    index = tuple(map(int, np.unravel_index(place, shape))) if shape else ()
    named = dict(problem.arrays) if tensor == "y" else {**problem.arrays, "dy": problem.dy}
    known = FUNCTIONS.get(problem.function)
    alone = problem.function in LOSSES or (known is not None and known.pieces == ELEMENT)
    axis = _axis_of_classes(problem)
    said = []
    for name, array in named.items():
        here, there = array, index if array.shape == shape else None
        if axis is not None:
            here, there = _in_row(array, next(iter(named.values())).shape, axis, shape, index)
        if here.size:
            said.append(f"{name} {_told(here, there, alone)}")
    return ", ".join(said)


def _axis_of_classes(problem: Problem) -> int | None:
    """The axis along which a softmax adds up; None of other functions."""
    axes = next(iter(problem.arrays.values())).ndim
    match problem.function:
        case "softmax" | "log_softmax":
            return int(problem.options.get("axis", -1)) % axes
        case "cross_entropy":
            return min(1, axes - 1)
        case _:
            return None


def _in_row(
    array: Array, whole: Index, axis: int, shape: Index, index: Index
) -> tuple[Array, Index | None]:
    """What an array of that whole shape, or without the axis, has in the row of an element."""
    places = whole[:axis] + whole[axis + 1 :]
    if shape not in (whole, places) or array.shape not in (whole, places):
        return array, None
    inside = shape == whole
    row = index[:axis] + index[axis + 1 :] if inside else index
    if array.shape != whole:
        return np.asarray(array[row]), None
    return np.moveaxis(array, axis, -1)[row], (index[axis],) if inside else None


def _told(array: Array, index: Index | None, alone: bool) -> str:
    """alone: nothing else than the number at the place matters."""
    here = "" if index is None else str(array[index])  # as many digits as the dtype has
    if here and (alone or array.size == 1):
        return here
    if array.size <= FEW:
        return _listed(array)
    sizes = "×".join(map(str, array.shape))
    ranges = f"{sizes} numbers from {np.min(array):.4g} to {np.max(array):.4g}"
    return f"{here} of {ranges}" if here else ranges


def _listed(array: Array) -> str:
    """Numbers, axis by axis: [[1.5, 2.0], [0.1, 0.2]]."""
    return f"[{', '.join(map(_listed, array))}]" if array.ndim else str(array[()])

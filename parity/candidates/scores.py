"""How many answers are right in each aspect, and in each group of cases: for grading in parts."""

from __future__ import annotations

from collections.abc import Sequence

from parity.candidates.examine import Outcome
from parity.candidates.judge import DTYPE, MISSING, NOT_FINITE, RAISED, SHAPE, TYPE, UNDRAWN, VALUES
from parity.candidates.said import Share
from parity.diagnosis.call import Call
from parity.diagnosis.circumstances import SIZES

# What each aspect is called in a score; an answer that fails one is not asked about the next.
ASPECTS = {
    "gives an answer": (RAISED, MISSING),
    "type": (TYPE,),
    "shape": (SHAPE,),
    "finite": (NOT_FINITE,),
    "values": (UNDRAWN, VALUES),
    "dtype": (DTYPE,),
}


def scores(found: Sequence[Outcome]) -> dict[str, Share]:
    """By aspect over all tensors, then by group of cases over all cases of a group.

    A group is told that has cases in it and outside it.
    """
    return {**_by_aspect(found), **_by_group(found)}


def _by_aspect(found: Sequence[Outcome]) -> dict[str, Share]:
    left = [judged.aspect for one in found for judged in one.judged]
    shares = {}
    for name, failing in ASPECTS.items():
        wrong = sum(aspect in failing for aspect in left)
        shares[name] = Share(len(left) - wrong, len(left))
        left = [aspect for aspect in left if aspect not in failing]
    return {name: share for name, share in shares.items() if share.asked}


def _by_group(found: Sequence[Outcome]) -> dict[str, Share]:
    groups = {}
    for circumstance in SIZES:
        inside = [one for one in found if circumstance.holds(Call(one.asked.problem))]
        if 0 < len(inside) < len(found):
            right = sum(not one.wrong for one in inside)
            groups[f"cases where {circumstance.text}"] = Share(right, len(inside))
    return groups

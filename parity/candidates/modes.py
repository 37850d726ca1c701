"""One function with several modes: each is judged, and the verdict covers all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from parity.candidates.said import NOTHING, Share
from parity.candidates.styles.deeplearning_ai import MODES
from parity.candidates.styles.style import Told
from parity.candidates.verdict import FAILED, NORMWISE, RIGHT, UNCLEAR, WRONG, Verdict

BADNESS = (RIGHT, NORMWISE, WRONG, UNCLEAR, FAILED)  # the worst decides


def in_each_mode(told: Told, judged: Callable[[Told], Verdict]) -> Verdict:
    """The verdict on a function of which `told.also` says what else it computes."""
    likes = (told.like, *told.also)
    found = [judged(replace(told, like=like, also=())) for like in likes]
    return found[0] if len(found) == 1 else together(found)


def together(found: Sequence[Verdict]) -> Verdict:
    """All modes as one verdict: example and causes are those of the first that is worst."""
    worst = max(found, key=lambda one: BADNESS.index(one.status))
    bad = [one for one in found if not one] or found
    return replace(
        worst,
        function=", ".join(one.function for one in found),
        said="; ".join(f"{_mode(one)}: {one.said}" for one in bad),
        cases=reduce(_more, (one.cases for one in found), NOTHING),
        tensors=_added([one.tensors for one in found]),
        scores=_added([one.scores for one in found]),
        roundings={
            name: max(one.roundings.get(name, 0.0) for one in found)
            for name in dict.fromkeys(name for one in found for name in one.roundings)
        },
        answers=tuple(
            answer._replace(case=f"{_mode(one)}: {answer.case}")
            for one in found
            for answer in one.answers
        ),
        faults=tuple(f"{_mode(one)}: {fault}" for one in found for fault in one.faults),
        remarks=tuple(f"{_mode(one)}: {remark}" for one in found for remark in one.remarks),
        unchecked=tuple(dict.fromkeys(name for one in found for name in one.unchecked)),
    )


def _mode(one: Verdict) -> str:
    return f"mode {MODES.get(one.function, one.function)}"


def _added(shares: Sequence[Mapping[str, Share]]) -> dict[str, Share]:
    names = dict.fromkeys(name for one in shares for name in one)
    return {
        name: reduce(_more, (one.get(name, NOTHING) for one in shares), NOTHING) for name in names
    }


def _more(one: Share, other: Share) -> Share:
    return Share(one.right + other.right, one.asked + other.asked)

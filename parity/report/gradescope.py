"""A verdict as Gradescope's `results.json`, for one submission.

https://gradescope-autograders.readthedocs.io/en/latest/specs/ says what its keys mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity.candidates.said import Share
from parity.candidates.verdict import Verdict

JUDGED, BESIDE = "it could be judged", "nothing is wrong beside its numbers"


def as_results(verdict: Verdict, points: float) -> dict[str, Any]:
    """The points of each property, in equal parts; what is said has no answers in it.

    A right layer has all of them. Cases that were not reached are not right.
    """
    parts = list(_parts(verdict))
    most = points / len(parts)
    reached = (_reached(share, bool(verdict)) for _, share in parts)
    return {
        "score": round(sum(most * one for one in reached), 2),
        "output": verdict.text(answers=False),
        "output_format": "text",
        "visibility": "visible",
        "tests": [_test(name, share, most, bool(verdict)) for name, share in parts],
    }


def _parts(verdict: Verdict) -> Iterator[tuple[str, Share]]:
    """What points are given for, and how much of it is right."""
    if not verdict.scores:
        yield JUDGED, Share(0, 1)
        return
    reached = verdict.cases.asked / (verdict.cases.asked + verdict.unreached)
    for name, share in verdict.scores.items():
        yield name, Share(share.right, round(share.asked / reached))
    yield BESIDE, Share(not verdict.faults, 1)


def _reached(share: Share, right: bool) -> float:
    return 1.0 if right else share.right / share.asked


def _test(name: str, share: Share, most: float, right: bool) -> dict[str, Any]:
    reached = _reached(share, right)
    full = reached == 1
    said = "yes" if full else f"{share.right} of {share.asked}" if share.asked > 1 else "no"
    return {
        "name": name,
        "score": round(most * reached, 2),
        "max_score": round(most, 2),
        "status": "passed" if full else "failed",
        "output": said,
        "visibility": "visible",
    }

"""Scores: by aspect, and by what cases are like."""

from __future__ import annotations

from typing import Any

from answering import verdict

import refimpl
from parity.candidates.said import Share
from parity.mistakes.catalogue import MISTAKES


def test_a_right_one() -> None:
    """Everything holds, in every group."""
    found = verdict(refimpl.conv2d_backward, "conv2d", "backward")
    assert {"gives an answer", "type", "shape", "finite", "values", "dtype"} <= set(found.scores)
    assert {"cases where stride > 1", "cases where padding > 0"} <= set(found.scores)
    assert all(share.right == share.asked for share in found.scores.values())


def test_a_group_that_is_wrong() -> None:
    """Strides alone."""
    known = MISTAKES["dx-stride-forgotten"]
    scores = verdict(known.wrong, "conv2d", "backward").scores
    strided = scores["cases where stride > 1"]
    assert strided.right < strided.asked / 2
    padded = scores["cases where padding > 0"]
    assert padded.right > 0
    assert scores["shape"] == Share(scores["shape"].asked, scores["shape"].asked)
    assert scores["values"].right < scores["values"].asked


def test_aspects_in_turn() -> None:
    """What has no shape has no values either."""

    def odd(x: Any) -> Any:
        return {3: "text", 4: refimpl.relu(x)[None]}.get(x.ndim, refimpl.relu(x))

    scores = verdict(odd, "relu", "forward").scores
    assert scores["gives an answer"].right == scores["gives an answer"].asked
    assert scores["type"].right < scores["type"].asked == scores["gives an answer"].right
    assert scores["shape"].right < scores["shape"].asked == scores["type"].right
    assert scores["values"].asked == scores["shape"].right == scores["values"].right

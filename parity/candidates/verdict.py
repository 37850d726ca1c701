"""What is said of a candidate in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from parity.candidates.said import NOTHING, Example, Said, Share
from parity.candidates.words import cause_lines, example_lines

RIGHT, NORMWISE, WRONG, FAILED, UNCLEAR = "right", "right norm-wise", "wrong", "failed", "unclear"
HOW = {"forward": "forward", "backward": "backward", "both": "forward and backward"}
INDENT = "  "


@dataclass(frozen=True)
class Verdict:
    """Whether a candidate is right, where it is not, and what it looks like.

    True when right. `raise_if_wrong` is for tests, `frame` for a notebook.
    """

    candidate: str
    function: str  # of refimpl
    part: str  # "forward", "backward", "both"
    style: str
    status: str
    said: str  # in one sentence
    layout: str = "NCHW"
    seed: int = 0
    cases: Share = NOTHING
    tensors: Mapping[str, Share] = field(default_factory=dict)
    roundings: Mapping[str, float] = field(default_factory=dict)  # the largest, by tensor
    scores: Mapping[str, Share] = field(default_factory=dict)  # by property, and by group of cases
    faults: tuple[str, ...] = ()  # what is wrong apart from numbers
    causes: tuple[Said, ...] = ()
    remarks: tuple[str, ...] = ()  # what is right, and worth knowing
    unchecked: tuple[str, ...] = ()
    example: Example | None = None
    output: str = ""  # what the candidate printed
    unreached: int = 0  # cases that it was not asked, as it had ended before

    def __bool__(self) -> bool:
        return self.status in (RIGHT, NORMWISE)

    def __str__(self) -> str:
        return self.text()

    def text(self, answers: bool = True) -> str:
        """All that is to be said; without answers no expected value, formula or correct code."""
        return "\n".join(self._lines(answers))

    def _lines(self, answers: bool) -> Iterator[str]:
        yield f"{self.candidate}: {self.status.upper()}: {self.said}"
        if self.function:
            yield (
                f"{INDENT}judged as {self.function}, {HOW[self.part]}, style {self.style}"
                + (f", {self.layout}" if self.layout != "NCHW" else "")
            )
        yield from (f"{INDENT}{fault}" for fault in self.faults)
        if self.example is not None:
            yield from example_lines(self.example, answers)
        yield from cause_lines(self.causes, answers)
        yield from self._shares()
        yield from (f"{INDENT}note: {remark}" for remark in self.remarks)
        if self.unchecked:
            listed = ", ".join(self.unchecked)
            yield f"{INDENT}not checked, as the candidate has none of it: {listed}"

    def _shares(self) -> Iterator[str]:
        if not self.cases.asked:
            return
        each = ", ".join(f"{name} {s.right}/{s.asked}" for name, s in self.tensors.items())
        left = f"; {self.unreached} more were not reached" if self.unreached else ""
        yield f"{INDENT}right in {self.cases.right} of {self.cases.asked} cases ({each}){left}"
        if self and self.roundings:
            worst = ", ".join(f"{name} {most:.2g}" for name, most in self.roundings.items())
            yield f"{INDENT}largest error in roundings of Σ|terms|: {worst}"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"

    def raise_if_wrong(self) -> None:
        """Raise AssertionError with all that is to be said, unless the candidate is right."""
        if not self:
            raise AssertionError(f"\n{self}")

    @property
    def frame(self) -> Any:
        """How many cases of each tensor and group are right, as a pandas DataFrame."""
        import pandas as pd

        rows = [
            {"of": kind, "name": name, "right": share.right, "asked": share.asked}
            for kind, shares in (("tensor", self.tensors), ("score", self.scores))
            for name, share in shares.items()
        ]
        return pd.DataFrame(rows, columns=["of", "name", "right", "asked"])

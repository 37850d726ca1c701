"""What is said of a candidate in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import nan
from typing import TYPE_CHECKING, Any

from parity.candidates.said import NOTHING, Answered, Example, Said, Share
from parity.candidates.words import cause_lines, example_lines
from parity.notebook.markup import BAD, GOOD, OPEN, folded, headline, table
from parity.notebook.plots import Dots, over_bounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RIGHT, NORMWISE, WRONG, FAILED, UNCLEAR = "right", "right norm-wise", "wrong", "failed", "unclear"
HOW = {"forward": "forward", "backward": "backward", "both": "forward and backward"}
INDENT = "  "


@dataclass(frozen=True, repr=False)
class Verdict:
    """Whether a candidate is right, where it is not, and what it looks like.

    True when right. `raise_if_wrong` is for tests; a notebook shows it, `frame` and `cases_frame`
    are its tables, `plot` its picture.
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
    answers: tuple[Answered, ...] = ()  # every tensor of every case
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

    def __repr__(self) -> str:
        return str(self)

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
        colour = GOOD if self else BAD if self.status == WRONG else OPEN
        shares = ((name, str(one.right), str(one.asked)) for name, one in self.tensors.items())
        asked = table("Cases", ("tensor", "right", "asked"), shares) if self.tensors else ""
        said = headline(self.status, colour, f"{self.candidate}: {self.said}")
        return said + asked + folded("All that is to be said", str(self), not self)

    def raise_if_wrong(self) -> None:
        """Raise AssertionError with all that is to be said, unless the candidate is right."""
        if not self:
            raise AssertionError(f"\n{self}")

    @property
    def frame(self) -> Any:
        """How many cases of each tensor and group are right, as a pandas DataFrame.

        of: "tensor" or "score", what `name` is the name of.
        """
        import pandas as pd

        rows = [
            {"of": kind, "name": name, "right": share.right, "asked": share.asked}
            for kind, shares in (("tensor", self.tensors), ("score", self.scores))
            for name, share in shares.items()
        ]
        return pd.DataFrame(rows, columns=["of", "name", "right", "asked"])

    @property
    def cases_frame(self) -> Any:
        """One row for each tensor of each case, as a pandas DataFrame: what is wrong, if anything
        is, and the largest error, over its limit and in roundings of Σ|terms|."""
        import pandas as pd

        return pd.DataFrame(self.answers, columns=Answered._fields).astype(
            {"ratio": float, "roundings": float}
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The largest error of each case over its limit, a row for each tensor.

        What has no numbers, or NaN or ∞ among them, stands at the right end. ax: where to draw;
        a figure of its own. Raises: ImportError without Matplotlib; ValueError where nothing was
        asked.
        """
        rows: dict[str, list[Dots]] = {}
        for name in dict.fromkeys(one.tensor for one in self.answers):
            of_it = [one for one in self.answers if one.tensor == name]
            right, wrong = (
                [nan if one.ratio is None else one.ratio for one in of_it if bool(one.said) is bad]
                for bad in (False, True)
            )
            rows[name] = [Dots("right", right), Dots("wrong", wrong)]
        return over_bounds(f"{self.candidate}: {self.status}", rows, ax)

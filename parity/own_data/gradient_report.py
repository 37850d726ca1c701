"""The gradients of somebody's own numbers, judged: printed, as a table, as files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from parity.candidates.said import Said
from parity.cases.case import Array
from parity.notebook.markup import BAD, GOOD, OPEN, folded, headline, table
from parity.notebook.plots import Dots, over_bounds
from parity.own_data.causes import causes
from parity.own_data.element_rows import COLUMNS, chosen, columns, csv_parts
from parity.own_data.errors import OwnDataError
from parity.own_data.judged import Tensor, judged
from parity.own_data.question import DRAWN, Question
from parity.own_data.telling import lines
from parity.own_data.written import write_both
from parity.results.settings import Settings
from parity.results.verdicts import EMPTY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROWS = 10_000  # of a tensor: those with the largest error/bound
RIGHT, WRONG, UNDECIDED = "right", "wrong", "undecided"


@dataclass(frozen=True)
class InDtype:
    """What came out in one dtype."""

    dtype: str
    tensors: tuple[Tensor, ...]
    said: tuple[str, ...]  # what became of the data
    confirmed: bool | None  # whether the definitions give the same exact values
    causes: tuple[Said, ...]


@dataclass(frozen=True)
class GradientReport:
    """Every element of y and of each gradient beside its exact value.

    True if all is right. It can be printed; `frame` is a pandas DataFrame of all elements, `plot`
    a picture of them.
    """

    question: Question
    parts: tuple[InDtype, ...]
    rows: int | None = ROWS  # of a tensor; None: all
    case: str = "own data"

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """The tensors of all dtypes."""
        return tuple(tensor for part in self.parts for tensor in part.tensors)

    @property
    def left_out(self) -> int:
        """How many elements have no row."""
        return sum(t.elements - len(chosen(t, self.rows)) for t in self.tensors)

    @property
    def status(self) -> str:
        """ "right", "wrong", or "undecided": what should have been judged has no exact value."""
        if any(np.any(t.verdicts == "outside") or _is_wrong(t) for t in self.tensors):
            return WRONG
        unknown = any(np.isnan(tensor.exact).all() for tensor in self.tensors)
        odd = any(part.confirmed is False for part in self.parts)
        return UNDECIDED if unknown or odd else RIGHT

    def __bool__(self) -> bool:
        return self.status == RIGHT

    def __str__(self) -> str:
        return "\n".join(lines(self.question, self.parts))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        colour = {RIGHT: GOOD, WRONG: BAD, UNDECIDED: OPEN}[self.status]
        said, *_ = str(self).splitlines()
        sides = ("tensor", "elements", "side", "worst error/bound", "outside")
        return "".join(
            [
                headline(self.status, colour, said),
                table("Every element beside its exact value", sides, self._cells(), ("side",)),
                folded("All that is to be said", str(self), not self),
            ]
        )

    def _cells(self) -> Iterator[tuple[str, ...]]:
        """A row for each side of each tensor."""
        for name, tensor in self._named():
            for who, side in tensor.sides.items():
                worst = f"{np.max(side.times, initial=0.0):.3g}"
                yield name, str(tensor.elements), who, worst, str(side.outside)

    def _named(self) -> Iterator[tuple[str, Tensor]]:
        """The tensors by their names, and dtypes where there are several."""
        for tensor in self.tensors:
            yield f"{tensor.name} {tensor.dtype}" if len(self.parts) > 1 else tensor.name, tensor

    def plot(self, ax: Axes | None = None) -> Axes:
        """The error of every element over its bound, a row for each tensor and in it each side.

        Elements without an exact value are left out. ax: where to draw; a figure of its own.
        Raises: ImportError without Matplotlib; ValueError where no element has an exact value.
        """
        rows = {
            name: [
                Dots(who, side.times[side.verdicts != EMPTY]) for who, side in tensor.sides.items()
            ]
            for name, tensor in self._named()
        }
        return over_bounds(f"{self.question.function}: {self.status}", rows, ax, apart=True)

    def raise_if_wrong(self) -> None:
        """Raise AssertionError with all that is to be said, unless all is right."""
        if not self:
            raise AssertionError(f"\n{self}")

    @property
    def frame(self) -> Any:
        """One row for each element, as a pandas DataFrame: the columns of gradients.csv."""
        import pandas as pd

        function = self.question.function
        tables = [
            pd.DataFrame(columns(self.case, function, t, chosen(t, self.rows)), columns=COLUMNS)
            for t in self.tensors
        ]
        return pd.concat(tables, ignore_index=True).astype({"your_value": float})

    def about(self) -> dict[str, Any]:
        """What the numbers depend on, for a JSON file."""
        from parity.results.about import about_machine

        asked = self.question
        return {
            "function": asked.function,
            "options": json.loads(json.dumps(dict(asked.options), default=str)),
            "dtypes": list(asked.dtypes),
            "seed": asked.seed if asked.dy_is == DRAWN else None,
            "dy": asked.dy_is,
            "arrays": _digests(asked),
            "status": self.status,
            "notes": [*asked.notes, *(said for part in self.parts for said in part.said)],
            "tensors": [_summary(tensor, self.rows) for tensor in self.tensors],
            "causes": [cause.text for part in self.parts for cause in part.causes],
            **about_machine(),
        }

    def write(self, folder: str | Path, **more: Any) -> list[Path]:
        """gradients.csv, and gradients.json with what the numbers depend on and `more`.

        Raises: OwnDataError for a folder with the reports of a run; OSError. Old files then stand.
        """
        parts = csv_parts(self.case, self.question.function, self.tensors, self.rows)
        return write_both(Path(folder), parts, lambda: {**more, **self.about()})


def _is_wrong(tensor: Tensor) -> bool:
    return "yours" in tensor.sides and tensor.sides["yours"].outside > 0


def _digests(asked: Question) -> dict[str, Any]:
    given: Mapping[str, Array] = {
        **asked.arrays,
        **({} if asked.dy is None else {"dy": asked.dy}),
        **asked.yours,
    }
    return {
        name: {
            "from": asked.where[name],
            "shape": list(array.shape),
            "dtype": array.dtype.name,
            "sha256": sha256(np.ascontiguousarray(array).tobytes()).hexdigest(),
        }
        for name, array in given.items()
    }


def _summary(tensor: Tensor, rows: int | None) -> dict[str, Any]:
    return {
        "tensor": tensor.name,
        "dtype": tensor.dtype,
        "shape": list(tensor.shape),
        "elements": tensor.elements,
        "exact": int(np.count_nonzero(np.isfinite(tensor.exact))),
        "rows": len(chosen(tensor, rows)),
        "outside": {who: side.outside for who, side in tensor.sides.items()},
    }


def reported(asked: Question, rows: int | None = ROWS, case: str = "own data") -> GradientReport:
    """All that a question asks, in each dtype. Raises: OwnDataError."""
    parts = tuple(_in_dtype(asked, dtype) for dtype in asked.dtypes)
    return GradientReport(asked, parts, rows, case)


def _in_dtype(asked: Question, dtype: str) -> InDtype:
    problem = asked.problem(dtype)
    yours = {name: array.astype(dtype) for name, array in asked.judged_in(dtype).items()}
    try:
        found = judged(problem, yours, Settings(asked.seed))
    except MemoryError:
        raise OwnDataError(f"{asked.function}: there is not enough memory; judge a part") from None
    why = causes(problem, found.tensors)
    return InDtype(dtype, found.tensors, tuple(asked.said(dtype)), found.confirmed, why)

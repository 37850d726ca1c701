"""A run of the suite as an object: printed, as tables, as a picture, as files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.notebook.markup import BAD, GOOD, OPEN, folded, headline, table
from parity.notebook.plots import Dots, over_bounds
from parity.report import overview
from parity.report.files import check_place, write_reports
from parity.report.run_words import against, messages, summary_line
from parity.report.vouching import vouching_note
from parity.results.data_frames import frame_of
from parity.results.findings import Findings
from parity.results.rows import ElementRow, Row, TorchRow, TrainingRow, WitnessRow
from parity.results.settings import Settings
from parity.results.verdicts import BLIND, EMPTY, EXPECTED, OUTSIDE
from parity.results.writing import check_folder_can_be

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RIGHT, WRONG, UNVOUCHED = "holds", "does not hold", "cannot vouch for itself"
WIDTH = 100  # of the printed table
LINES = 3  # of what does not hold, in `repr`
HEAD = ("", "cases", "tensors", "error/bound", "roundings refimpl", "roundings torch", "verdict")
KINDS = {OUTSIDE: "outside", EXPECTED: "expected", BLIND: "blind or empty", EMPTY: "blind or empty"}


@dataclass(frozen=True, repr=False, eq=False)
class RunReport:
    """What `parity.run` found: true if all holds.

    It can be printed; `frame` has a row for each tensor, `witnesses` one for each case and
    witness, `elements` one for each element of the worked examples and of what is outside,
    `training` one for each step, `torch` those where torch loses digits: the files of `write`.
    """

    findings: Findings
    settings: Settings
    about: Mapping[str, Any]  # what the numbers depend on: run.json
    notes: tuple[str, ...] = ()  # what is not asked, in sentences

    @property
    def holds(self) -> bool:
        """Whether both sides and all witnesses agree, and the run saw the mistakes it planted."""
        return self.findings.holds

    def __bool__(self) -> bool:
        return self.holds

    @property
    def status(self) -> str:
        """ "holds", "does not hold", or "cannot vouch for itself"."""
        if self.holds:
            return RIGHT
        return UNVOUCHED if self.findings.agrees else WRONG

    # --- in words -------------------------------------------------------------------------

    def __str__(self) -> str:
        return "\n".join([self._table(), *self._notes(), *self._end()])

    def __repr__(self) -> str:
        found = [text.splitlines()[0] for text in against(self.findings, self.settings)]
        more = [f"… and {len(found) - LINES} more"] if len(found) > LINES else []
        return "\n".join([*self._end(), *found[:LINES], *more])

    def _notes(self) -> Iterator[str]:
        return messages(self.findings, self.settings, self.notes)

    def _end(self) -> Iterator[str]:
        yield summary_line(self.findings)
        yield vouching_note(self.findings, self.settings)

    def _table(self) -> str:
        from rich.console import Console

        text = StringIO()
        console = Console(  # in a notebook it would print there
            file=text, width=WIDTH, color_system=None, highlight=False, force_jupyter=False
        )
        console.print(overview.overview(self.findings))
        return "\n".join(line.rstrip() for line in text.getvalue().splitlines())

    def _repr_html_(self) -> str:
        colour = {RIGHT: GOOD, WRONG: BAD, UNVOUCHED: OPEN}[self.status]
        said, vouched = self._end()
        return "".join(
            [
                headline(self.status, colour, said),
                table("Functions and networks", HEAD, self._cells(), words=("verdict",)),
                folded("What is to be said of it", "\n".join([*self._notes(), vouched]), not self),
            ]
        )

    def _cells(self) -> Iterator[tuple[str, ...]]:
        for one in overview.summaries(self.findings):
            yield (
                one.name,
                "" if one.cases is None else str(one.cases),
                str(one.tensors),
                overview.ratio(one.worst_ratio),
                overview.roundings(one.refimpl_roundings),
                overview.roundings(one.torch_roundings),
                one.verdict,
            )

    def raise_if_wrong(self) -> None:
        """Raise AssertionError with all that is to be said, unless all holds."""
        if not self:
            raise AssertionError(f"\n{self}")

    # --- as tables and as a picture ---------------------------------------------------------

    @property
    def frame(self) -> Any:
        """One row for each tensor of each case, as a pandas DataFrame: summary.csv."""
        return frame_of(Row, self.findings.rows)

    @property
    def witnesses(self) -> Any:
        """One row for each case and witness beside torch: witnesses.csv."""
        return frame_of(WitnessRow, self.findings.witnesses)

    @property
    def elements(self) -> Any:
        """One row for each element that is reported: gradients.csv."""
        return frame_of(ElementRow, self.findings.elements)

    @property
    def training(self) -> Any:
        """One row for each step of training: training.csv."""
        return frame_of(TrainingRow, self.findings.training)

    @property
    def torch(self) -> Any:
        """Where torch loses digits that refimpl keeps: torch.csv."""
        return frame_of(TorchRow, self.findings.torch)

    def plot(self, ax: Axes | None = None) -> Axes:
        """The error of every tensor over its bound, a row for each function and network.

        ax: where to draw; a figure of its own. Raises: ImportError without Matplotlib;
        ValueError where no tensor was judged.
        """
        kinds: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for row in self.findings.judged:
            kind = KINDS.get(row.verdict, "holds")
            kinds[row.network or row.function][kind].append(row.worst_ratio)
        dots = {name: [Dots(k, t) for k, t in found.items()] for name, found in kinds.items()}
        return over_bounds(f"refimpl beside torch: {self.status}", dots, ax)

    # --- as files ----------------------------------------------------------------------------

    def write(self, folder: str | Path) -> list[Path]:
        """The files that `parity run` writes, each of them whole or none; their paths.

        Raises: ValueError for a part of the suite in a folder with the report of a whole one;
        OSError, and old files then stand.
        """
        check_place(Path(folder), self.about["scope"])
        check_folder_can_be(Path(folder))
        return write_reports(self.findings, self.about, Path(folder))

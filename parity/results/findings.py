"""Everything that tasks find, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from parity.results.rows import (
    CauseRow,
    ElementRow,
    Planted,
    Refusal,
    Row,
    TimingRow,
    TorchRow,
    TrainingRow,
    WitnessRow,
)
from parity.results.torch_rows import worst_of_each
from parity.results.verdicts import INFORMATION


@dataclass
class Findings:
    """Everything that one task adds to the reports."""

    rows: list[Row] = field(default_factory=list)
    elements: list[ElementRow] = field(default_factory=list)
    training: list[TrainingRow] = field(default_factory=list)
    timings: list[TimingRow] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    witnesses: list[WitnessRow] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)  # what was chosen and judged by nobody
    causes: list[CauseRow] = field(default_factory=list)  # of what failed, best first
    lost: list[TorchRow] = field(default_factory=list)  # tensors in which torch loses digits

    def extend(self, other: Findings) -> None:
        """Add what another task found."""
        self.rows += other.rows
        self.elements += other.elements
        self.training += other.training
        self.timings += other.timings
        self.refusals += other.refusals
        self.witnesses += other.witnesses
        self.planted += other.planted
        self.gaps += other.gaps
        self.causes += other.causes
        self.lost += other.lost

    @property
    def failures(self) -> list[Row]:
        """The rows that make a run fail."""
        return [row for row in self.rows if row.failed]

    @property
    def torch(self) -> list[TorchRow]:
        """Where torch loses digits, at the worst of each function, tensor and dtype."""
        return worst_of_each(self.lost)

    @property
    def judged(self) -> list[Row]:
        """The rows that have a verdict, not information alone."""
        return [row for row in self.rows if row.verdict != INFORMATION]

    @property
    def accepted(self) -> list[Refusal]:
        """The bad inputs that were not refused as they should be."""
        return [refusal for refusal in self.refusals if not refusal.refused]

    @property
    def refuted(self) -> list[WitnessRow]:
        """What a witness beside torch stands against."""
        return [row for row in self.witnesses if row.failed]

    @property
    def unvouched(self) -> list[Planted]:
        """The planted mistakes for whose sake the run must not say that all hold."""
        return [planted for planted in self.planted if planted.failed]

    @property
    def agrees(self) -> bool:
        """Whether both sides and all witnesses agree and every bad input is refused."""
        return not self.failures and not self.accepted and not self.refuted

    @property
    def holds(self) -> bool:
        """The same of a run that judged what was chosen and saw the mistakes it planted."""
        return self.agrees and not self.gaps and not self.unvouched

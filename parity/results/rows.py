"""The rows of the reports, as data."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from parity.results.verdicts import OUTSIDE


@dataclass(frozen=True)
class Row:
    """One tensor of one case: the columns of summary.csv, documented in reports/README.md."""

    case: str
    kind: str  # "layer", or how a network was run: "local", "accumulated", "training", …
    function: str
    network: str
    layer: str
    tensor: str
    argument: str  # what a gradient is the gradient to: "input", "weight", "bias"
    direction: str  # "forward", "backward", "update"
    documents: str
    dtype: str
    device: str
    shape: str
    elements: int
    seed: int
    max_abs_error: float
    max_rel_error: float
    max_ulp: float
    bound_at_worst: float
    worst_ratio: float
    worst_index: str
    refimpl_value: float | None
    torch_value: float | None
    exact_value: float | None
    refimpl_ulp: float | None
    torch_ulp: float | None
    refimpl_roundings: float | None
    torch_roundings: float | None
    closer: str
    truth_radius: float | None
    exact_elements: int | None
    resolution: float | None
    element_resolution: float | None
    bound_over_value: float | None
    largest_value: float | None
    kinks: int
    overflow: int
    verdict: str
    note: str
    outside: int = 0  # elements
    # Not written: what the message of a failure needs.
    override: str = field(default="", metadata={"written": False})  # options that override bounds
    shapes: str = field(default="", metadata={"written": False})  # the option for its file
    compared: bool = field(default=True, metadata={"written": False})  # element by element
    opinion: str = field(default="", metadata={"written": False})  # who is wrong, out of the note
    sampled: bool = field(default=False, metadata={"written": False})  # exact values of a part
    unfit: bool = field(default=False, metadata={"written": False})  # exact by balls, being odd
    ordinary: bool = field(default=True, metadata={"written": False})  # numbers as everybody has
    step: int | None = field(default=None, metadata={"written": False})  # of a training under watch

    @property
    def failed(self) -> bool:
        """A disagreement that no expectation of its case explains."""
        return self.verdict == OUTSIDE


@dataclass(frozen=True)
class WitnessRow:
    """What a witness beside torch says of one case: the columns of witnesses.csv."""

    case: str
    function: str
    network: str
    dtype: str
    witness: str  # "integers", "derivative", "symbols", …
    tensors: str  # which of them it judged: "y dx dweight"
    elements: int
    verdict: str
    false_accept: float | None  # log2 of the probability that something wrong passes
    note: str

    @property
    def failed(self) -> bool:
        """The witness stands against refimpl, or against torch."""
        return self.verdict == OUTSIDE


@dataclass(frozen=True)
class JudgedElement:
    """One element of one tensor beside its exact value: what every gradients.csv begins with."""

    case: str
    function: str
    tensor: str
    argument: str
    layer: str
    dtype: str
    index: str
    refimpl_value: float
    torch_value: float
    exact_value: float | None
    refimpl_ulp: float | None
    torch_ulp: float | None
    refimpl_roundings: float | None
    torch_roundings: float | None
    difference: float
    bound: float
    verdict: str


@dataclass(frozen=True)
class ElementRow(JudgedElement):
    """One element of a run: the columns of its gradients.csv."""

    chosen: str  # as one of "all", of the "worst", or of a "sample"


@dataclass(frozen=True)
class TorchRow:
    """Where torch loses digits that refimpl keeps, at its worst: the columns of torch.csv."""

    function: str
    tensor: str
    dtype: str
    tensors: int  # of how many cases
    case: str
    layer: str
    index: str
    arguments: str
    exact_value: float
    refimpl_value: float
    torch_value: float
    refimpl_ulp: float
    torch_ulp: float
    refimpl_roundings: float
    torch_roundings: float
    ratio: float


@dataclass(frozen=True)
class TrainingRow:
    """One step of training, both sides free-running: the columns of training.csv."""

    network: str
    dtype: str
    step: int
    refimpl_loss: float
    torch_loss: float
    loss_difference: float
    loss_bound: float
    weight_difference: float
    weight_bound_over_value: float
    refimpl_accuracy: float
    torch_accuracy: float
    local_worst_ratio: float
    local_verdict: str
    accumulated_verdict: str


@dataclass(frozen=True)
class TimingRow:
    """How long each side took for one case: the columns of timings.csv."""

    case: str
    dtype: str
    refimpl_seconds: float
    torch_seconds: float


@dataclass(frozen=True)
class Refusal:
    """One bad input: whether refimpl refused it as the catalogue says."""

    case: str
    function: str
    refused: bool
    message: str


@dataclass(frozen=True)
class Planted:
    """One mistake that a run planted, to vouch for itself, and what it then said of it."""

    case: str
    function: str
    network: str
    dtype: str
    side: str  # in whose place it stood: "refimpl" or "torch"
    mistake: str
    verdict: str  # SEEN, UNSEEN, or IMPOSSIBLE: what was run cannot show it
    note: str  # where it was not seen, or why it cannot be shown
    failed: bool  # whether the run must not say that all hold


@dataclass(frozen=True)
class CauseRow:
    """What the wrong numbers of a function look like, or in which cases alone they are wrong."""

    function: str
    side: str  # whose numbers are wrong: "refimpl" or "torch"
    text: str
    where: bool  # it says in which cases or places, not what was done
    certain: bool
    mistakes: tuple[str, ...]  # the known ones that give exactly these numbers
    answer: str  # the formula, and where it is printed


def columns(row_type: type) -> list[str]:
    """The names of the written columns, in order."""
    return [f.name for f in fields(row_type) if f.metadata.get("written", True)]

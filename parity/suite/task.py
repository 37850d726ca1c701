"""One piece of work of a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from parity.cases.case import Case
from parity.cases.catalogue import BAD, GOOD
from parity.results.verdicts import DERIVATIVE, INTEGERS, SYMBOLS

CASES = {case.id: case for case in GOOD}
BAD_CASES = {case.id: case for case in BAD}
WITNESSES = (
    INTEGERS,
    DERIVATIVE,
    SYMBOLS,
)  # kinds of tasks that --quick leaves out, as it does "half"
GENERATED = "generated"  # a kind, too: a case that is not listed


@dataclass(frozen=True)
class Task:
    """One piece of work: a case in a dtype, a bad case, a network or its training, a witness."""

    # "case", GENERATED, "bad", "network", "training", "properties", "half" or one of WITNESSES
    kind: str
    id: str
    dtype: str
    generated: Case | None = field(default=None, compare=False)
    quick: bool = False  # torch alone is asked about it

    @property
    def case(self) -> Case | None:
        """The layer case that it is about."""
        return self.generated or CASES.get(self.id)

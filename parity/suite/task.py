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
PLANTED = ("planted", "planted training")  # mistakes that a run must see to vouch for itself


@dataclass(frozen=True)
class Task:
    """One piece of work: a case in a dtype, a bad case, a network or its training, a witness.

    kind: "case", GENERATED, "bad", "network", "training", "properties", "half", one of WITNESSES
    or of PLANTED. unlisted: the case itself, where the catalogue has none of that id: a generated
    one, or one of somebody's own. instead: of a planted mistake, other cases that were run, if
    this one cannot show it. seconds: about how long it takes, if not as long as others of its kind.
    """

    kind: str
    id: str
    dtype: str
    unlisted: Case | None = field(default=None, compare=False)
    exactly: bool = True  # otherwise exact values are asked where torch leaves something open
    instead: tuple[Case, ...] = field(default=(), compare=False)
    seconds: float | None = None

    @property
    def case(self) -> Case | None:
        """The layer case that it is about."""
        return self.unlisted or CASES.get(self.id)

    @property
    def layer_case(self) -> Case:
        """The same, where there is one. Raises: KeyError."""
        return self.unlisted or CASES[self.id]

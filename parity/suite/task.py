"""One piece of work of a run."""

from __future__ import annotations

from dataclasses import dataclass

from parity.cases.catalogue import BAD, GOOD
from parity.results.verdicts import DERIVATIVE, INTEGERS, SYMBOLS

CASES = {case.id: case for case in GOOD}
BAD_CASES = {case.id: case for case in BAD}
WITNESSES = (
    INTEGERS,
    DERIVATIVE,
    SYMBOLS,
)  # kinds of tasks that --quick leaves out, as it does "half"
PLANTED = ("planted", "planted training")  # mistakes that a run must see to vouch for itself


@dataclass(frozen=True)
class Task:
    """One piece of work: a case in a dtype, a bad case, a network or its training, a witness.

    instead: of a planted mistake, other cases that were run, if this one cannot show it.
    """

    kind: str  # "case", "bad", "network", "training", "half", one of WITNESSES or of PLANTED
    id: str
    dtype: str
    instead: tuple[str, ...] = ()

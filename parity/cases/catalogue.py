"""The catalogue: the tables of all subjects, one behind the other.

One catalogue for the tests, the command line and the benchmark. A case's id, for example
`conv2d[stride(2,1)]`, says which function it calls and what it is there to show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from parity.cases.case import BadCase, Case
from parity.cases.dice import Maker
from parity.cases.functions import FUNCTIONS
from parity.cases.subjects import SUBJECTS
from parity.cases.symbol_case import SymbolCase


def check_unique(ids: Iterable[str]) -> None:
    """Refuse a catalogue in which two cases have the same id.

    >>> check_unique(["relu[maps]", "tanh[maps]"])
    """
    repeated = sorted(id for id, count in Counter(ids).items() if count > 1)
    if repeated:
        raise ValueError(f"every case needs an id of its own, but {', '.join(repeated)} repeats")


GOOD: tuple[Case, ...] = tuple(case for subject in SUBJECTS for case in subject.GOOD)
BAD: tuple[BadCase, ...] = tuple(case for subject in SUBJECTS for case in subject.BAD)
SYMBOLIC: dict[str, tuple[SymbolCase, ...]] = {
    name: tuple(case for subject in SUBJECTS for case in subject.SYMBOLIC if case.function == name)
    for name, function in FUNCTIONS.items()
    if function.inputs
}
RANDOM: dict[str, Maker] = {
    name: maker for subject in SUBJECTS for name, maker in subject.RANDOM.items()
}

check_unique(case.id for case in GOOD)
check_unique(case.id for case in BAD)

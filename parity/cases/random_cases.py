"""Random case i, of a sweep or a run: a pure function of the seed, i and what it is narrowed to.

What is drawn stands beside the cases of each function; what is not, in `parity/cases/drawing.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from parity.cases.case import FLOATS, Case
from parity.cases.catalogue import RANDOM
from parity.cases.dice import Dice
from parity.cases.functions import FUNCTIONS


@dataclass(frozen=True)
class Selection:
    """What random cases are narrowed to; with the seed it fixes every case."""

    seed: int
    functions: tuple[str, ...] = tuple(FUNCTIONS)
    dtypes: tuple[str, ...] = FLOATS


def case_at(selection: Selection, number: int) -> tuple[Case, str]:
    """The case of this number, and its dtype.

    >>> case, dtype = case_at(Selection(seed=3, functions=("linear",)), 5)
    >>> case.id, case == case_at(Selection(seed=3, functions=("linear",)), 5)[0]
    ('linear[random 5]', True)
    """
    dice = Dice(selection.seed, number)
    function, dtype = dice.one_of(selection.functions), dice.one_of(selection.dtypes)
    made = RANDOM[function](dice)
    case = Case(
        function,
        f"random {number}",
        made.arrays,
        made.options,
        made.upstream,
        dtypes=(dtype,),
        upstream_layout=dice.layout(),
    )
    return case, dtype

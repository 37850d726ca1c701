"""Options left to a candidate's own defaults: another default is no mistake, but worth knowing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from inspect import signature

import refimpl
from parity.candidates.asked import Asked
from parity.candidates.examine import Ask, outcome
from parity.candidates.styles.style import Told
from parity.cases.functions import FUNCTIONS

SEVERAL = 6  # cases: of a window as large as the input no stride is seen


def other_defaults(
    told: Told, asked: Sequence[Asked], part: str, asking: Callable[[Told], Ask]
) -> Iterator[str]:
    """The options whose default gives something else than refimpl's, each left out by itself."""
    known = signature(getattr(refimpl, told.like)).parameters
    given = {p.name for s in told.signatures.values() for p in s or () if p.has_default}
    arrays = ("bias", *FUNCTIONS[told.like].by_name)
    for option in (name for name in known if name in given and name not in arrays):
        left_out = [a for a in asked if option not in a.problem.options and not a.beyond][:SEVERAL]
        ask, given_all = asking(without(told, option)), asking(told)
        odd = (one for one in left_out if outcome(one, ask, part).wrong)
        if any(not outcome(one, given_all, part).wrong for one in odd):
            yield option


def without(told: Told, option: str) -> Told:
    """The candidate as if it had no such option, so that nobody passes it."""
    signatures = {
        name: parameters and tuple(p for p in parameters if p.name != option)
        for name, parameters in told.signatures.items()
    }
    return replace(told, signatures=signatures)

"""Every mistake on every case of its function, and what that says of the suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import repeat
from math import inf, isfinite
from statistics import median
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from parity import oracle
from parity.cases.case import Case, Given, Source
from parity.cases.functions import FUNCTIONS, forward_of
from parity.mistakes.catalogue import EVERY
from parity.mistakes.mistake import Mistake, control, is_forward
from parity.power.sight import Sight, cases_of, examine
from parity.power.witnesses import sight_of_digits, witnesses_of
from parity.results.settings import DEFAULT_SEED, Settings
from parity.suite.processes import pool
from parity.suite.selection import SelectionError, absent, all_meant, nearest
from parity.suite.workers import one_thread

LEAST_CASES = 3  # of a function must refuse each mistake in it
LEAST_WITNESSES = 2


@dataclass(frozen=True)
class MistakeRow:
    """One mistake, or the control of a function: the columns of mistakes.csv."""

    mistake: str
    function: str
    title: str
    formulas: str
    misconception: str
    cases: int
    refused: int
    raised: int
    blind: int
    hidden: int
    smallest: str  # the smallest refusing case, by its elements
    margin: float | None  # the largest finite error/bound; ∞ where every bound was 0
    median_margin: float | None  # of the refusing cases
    witnesses: str
    control: bool  # the right code, not a mistake
    problem: str


@dataclass
class Power:
    """What came out: the rows, and the cases that see no mistake at all."""

    rows: list[MistakeRow] = field(default_factory=list)
    unseeing: dict[str, str] = field(default_factory=dict)  # and why
    hiding: dict[str, str] = field(default_factory=dict)  # rows of ordinary numbers: the mistake
    seed: int = DEFAULT_SEED

    @property
    def holds(self) -> bool:
        """Whether every mistake is refused, the controls are not, and each case sees some."""
        return not self.unseeing and not self.hiding and not any(row.problem for row in self.rows)


def select(names: Sequence[str], functions: Sequence[str]) -> list[Mistake]:
    """The mistakes of these names, or in these functions (forward or backward); all if none.

    names: also functions, and words of the mistakes' names and titles.

    Raises: SelectionError for a name or a function that has none, or if none is left.
    """
    named = {name for word in names for name in _called(word)}
    places = {one.name: {one.function, forward_of(one.function)} for one in EVERY.values()}
    wrong = sorted(set().union(*places.values()))
    asked = set(functions_meant(functions, wrong))
    chosen = [
        one
        for one in EVERY.values()
        if (not names or one.name in named) and (not functions or places[one.name] & asked)
    ]
    if not chosen:
        raise SelectionError("none of these mistakes is in these functions")
    return chosen


def functions_meant(words: Sequence[str], wrong: Sequence[str]) -> list[str]:
    """Functions, forward or backward, that mistakes are in.

    Raises: SelectionError.
    """
    backwards = [word for word in words if word in wrong]
    others = [word for word in words if word not in wrong]
    return backwards + all_meant(others, wrong, "function with known mistakes")


def _called(word: str) -> list[str]:
    """The mistakes of this name, in this function, or with this word in name or title.

    Raises: SelectionError if there are none.
    """
    if word in EVERY:
        return [word]
    places = {one.name: (one.function, forward_of(one.function)) for one in EVERY.values()}
    functions: list[str] = []
    with suppress(SelectionError):
        functions = functions_meant([word], sorted({f for both in places.values() for f in both}))
    found = [name for name, both in places.items() if set(both) & set(functions)]
    found = found or [
        one.name for one in EVERY.values() if word.lower() in f"{one.name} {one.title}".lower()
    ]
    if found:
        return found
    if absent(word):
        raise SelectionError(f"no known mistake is about {word!r}: refimpl has no {absent(word)}")
    near = nearest(word, list(EVERY), "parity mistakes")
    raise SelectionError(f"no known mistake is called {word!r}{near}")


def controls(known: Sequence[Mistake]) -> list[Mistake]:
    """The right code of every function that a mistake is in."""
    return [control(function) for function in dict.fromkeys(m.function for m in known)]


def power(
    known: Sequence[Mistake],
    settings: Settings,
    jobs: int = 1,
    done: Callable[[int], None] = lambda count: None,
) -> Power:
    """Run every mistake, and the controls, on every case of its function."""
    everything = sorted([*controls(known), *known], key=_order)
    seen: dict[str, list[Sight]] = {one.name: [] for one in everything}
    cases = cases_of(known)
    with mapping(jobs) as each:
        together = [_in_function(everything, case.function) for case in cases]
        for sights in each(_examined, cases, together, repeat(settings)):
            for sight in sights:
                seen[sight.mistake].append(sight)
            done(1)
        rows = []
        shown = [_to_be_shown(one, seen[one.name]) for one in everything]
        kinds = each(witnesses_of, everything, shown, repeat(settings))
        for one, found in zip(everything, kinds, strict=True):
            rows.append(to_row(one, seen[one.name], found))
            done(1)
    asked = [case for case in cases if _all_run(case, known)]
    return Power(rows, _unseeing(asked, seen), _hiding(cases, seen), settings.seed)


def _examined(case: Case, known: Sequence[Mistake], settings: Settings) -> list[Sight]:
    """What a case says of each mistake in its function: of lost digits by its exact values."""
    by_formula = [one for one in known if not one.loses_digits]
    by_digits = (sight_of_digits(one, case, settings) for one in known if one.loses_digits)
    return [*(examine(case, by_formula, settings) if by_formula else []), *by_digits]


def steps(known: Sequence[Mistake]) -> int:
    """How often `power` tells that something is done."""
    return len(cases_of(known)) + len(controls(known)) + len(known)


def _order(known: Mistake) -> tuple[int, bool, bool]:
    """By function, the forward first; the control before the mistakes."""
    place = list(FUNCTIONS).index(forward_of(known.function))
    return place, not is_forward(known), not known.control


def _all_run(case: Case, known: Sequence[Mistake]) -> bool:
    """Whether no known mistake in the case's function is left out."""
    return set(_in_function(list(EVERY.values()), case.function)) <= set(known)


def _in_function(known: Sequence[Mistake], function: str) -> list[Mistake]:
    """Those in a function, forward and backward."""
    return [one for one in known if forward_of(one.function) == function]


def _to_be_shown(known: Mistake, sights: Sequence[Sight]) -> list[Case]:
    """The cases that witnesses are asked about: those that refuse it, the smallest first."""
    cases = {case.id: case for case in cases_of([known])}
    wanted = sorted(
        (sight for sight in sights if sight.refused or known.control),
        key=lambda sight: sight.elements,
    )
    return [cases[sight.case] for sight in wanted]


def to_row(known: Mistake, sights: Sequence[Sight], witnesses: Sequence[str]) -> MistakeRow:
    """What all cases and witnesses say of one mistake."""
    refusing = sorted((s for s in sights if s.refused), key=lambda s: s.elements)
    finite = [s.margin for s in refusing if isfinite(s.margin)]
    kinds = [*(["torch"] if refusing and not known.loses_digits else []), *witnesses]
    return MistakeRow(
        mistake=known.name,
        function=known.function,
        title=known.title,
        formulas=" ".join(known.formulas),
        misconception=known.misconception,
        cases=len(sights),
        refused=len(refusing),
        raised=sum(bool(s.raised) for s in sights),
        blind=sum(s.blind for s in sights),
        hidden=sum(bool(s.hidden) for s in sights),
        smallest=refusing[0].case if refusing else "",
        margin=max(finite, default=inf) if refusing else None,
        median_margin=median(s.margin for s in refusing) if refusing else None,
        witnesses=" ".join(kinds),
        control=known.control,
        problem=_problem(known, refusing, kinds),
    )


def _problem(known: Mistake, refusing: Sequence[Sight], kinds: Sequence[str]) -> str:
    if known.control:
        if refusing:
            return f"the correct code is refused by {refusing[0].case}"
        return f"the correct code is refused by {kinds[0]}" if kinds else ""
    if not refusing:
        return "no case refuses it"
    if len(refusing) < LEAST_CASES:
        return f"only {len(refusing)} of the cases refuse it, {LEAST_CASES} must"
    if len(kinds) < (1 if known.loses_digits else LEAST_WITNESSES):
        return f"only {' '.join(kinds)} sees it, {LEAST_WITNESSES} kinds of witness must"
    return ""


def _unseeing(cases: Sequence[Case], seen: Mapping[str, Sequence[Sight]]) -> dict[str, str]:
    """The cases that see no mistake, though none of their arrays is empty; and why."""
    seeing = {s.case for sights in seen.values() for s in sights if s.refused}
    blind = {s.case for sights in seen.values() for s in sights if s.blind}
    return {
        case.id: "random numbers of its shapes would show one"
        if case.id in blind
        else "no known mistake shows in its shapes"
        for case in cases
        if case.id not in seeing and all(_holds_elements(source) for source in case.arrays.values())
    }


def _hiding(cases: Sequence[Case], seen: Mapping[str, Sequence[Sight]]) -> dict[str, str]:
    """The rows of ordinary numbers that hide a mistake: it changes their exact values.

    What is less than float32's roundings is float64's to see.
    """
    ordinary = {case.id for case in cases if case.ordinary}
    return {
        f"{sight.case} {dtype}": sight.mistake
        for sights in seen.values()
        for sight in sights
        for dtype in sight.hidden
        if sight.case in ordinary and not sight.refused
    }


def _holds_elements(source: Source) -> bool:
    """Whether a source holds any element."""
    return 0 not in (np.shape(source.values) if isinstance(source, Given) else source.shape)


@contextmanager
def mapping(jobs: int) -> Iterator[Callable[..., Iterator[Any]]]:
    """`map`, in this process or over several of one thread each."""
    if jobs == 1:
        with threadpool_limits(1), oracle.single_threaded():
            yield map
        return
    with pool(jobs, one_thread) as executor:
        yield lambda *given: executor.map(*given, chunksize=8)

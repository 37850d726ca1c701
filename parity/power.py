"""The power of the suite: which cases, and which kinds of witness, refuse each known mistake.

A mistake takes the place of its function, forward or backward, in every case of it; the case
refuses it if a tensor is outside the bound that the right code is judged by. An exception is
counted apart and never as a refusal. The right code runs beside it as a control.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import repeat
from math import inf, isfinite
from multiprocessing import get_context
from statistics import median
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from parity import oracle
from parity.arithmetic import arithmetic
from parity.cases import GOOD
from parity.cases.case import Array, Case, Draw, Given, Photograph, Source
from parity.check import Prepared, bounds_of, prepare
from parity.compare import OUTSIDE, compare
from parity.findings import Settings, attempt
from parity.functions import FUNCTIONS, forward_of
from parity.mistakes import MISTAKES, Mistake, control
from parity.run import SelectionError, nearest, start_worker
from parity.witnesses.balls import PRECISION, arb_of, exact_balls, precision

LEAST_CASES = 3  # of a function must refuse each mistake in it
LEAST_WITNESSES = 2
TRIES = 8  # cases that a witness is shown, the smallest first
LARGEST = 4000  # elements of a case that is computed exactly


@dataclass(frozen=True)
class Sight:
    """What one case says of one mistake."""

    mistake: str
    case: str
    elements: int
    refused: bool
    raised: str  # the exception, where it gave no result in any dtype
    margin: float  # error/bound at the worst element
    blind: bool  # not refused, but it would be on random numbers of the same shapes


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
    smallest: str  # the smallest refusing case, by its elements
    margin: float | None  # the largest finite error/bound; ∞ where every bound was 0
    median_margin: float | None  # of the refusing cases
    witnesses: str
    problem: str

    @property
    def control(self) -> bool:
        """Whether this is the right code."""
        return not self.misconception


@dataclass
class Power:
    """What came out: the rows, and the cases that see no mistake at all."""

    rows: list[MistakeRow] = field(default_factory=list)
    unseeing: dict[str, str] = field(default_factory=dict)  # and why

    @property
    def holds(self) -> bool:
        """Whether every mistake is refused, the controls are not, and each case sees some."""
        return not self.unseeing and not any(row.problem for row in self.rows)


# --- one mistake, one case ----------------------------------------------------------------


def is_forward(known: Mistake) -> bool:
    """Whether a mistake stands in the place of a forward."""
    return known.function in FUNCTIONS


def cases_of(known: Mistake) -> list[Case]:
    """The cases that run its function; where torch is known to be wrong, it is no judge."""
    function = forward_of(known.function)
    return [case for case in GOOD if case.function == function and case.expect is None]


def tensors_of(known: Mistake, case: Case, arrays: Mapping[str, Array], dy: Array) -> Tensors:
    """What the wrong code gives, by the names of the right tensors."""
    function = FUNCTIONS[case.function]
    if is_forward(known):
        return {"y": function.forward(arrays, case.options, known.wrong)}
    gradients = function.backward(dy, arrays, case.options, known.wrong)
    return {f"d{name}": gradient for name, gradient in gradients.items()}


Tensors = dict[str, Array]


def computed(known: Mistake, prepared: Prepared) -> Tensors | str:
    """The same on the arrays of a prepared case, or what was raised."""
    with np.errstate(all="ignore"):
        return attempt(lambda: tensors_of(known, prepared.case, prepared.arrays, prepared.dy))


def worst_ratio(prepared: Prepared, tensors: Tensors) -> tuple[bool, float]:
    """Whether a tensor is outside its bound, and the largest error/bound."""
    found = [
        compare(tensor, prepared.expected[name], prepared.bounds[name])
        for name, tensor in tensors.items()
    ]
    return (
        any(comparison.verdict == OUTSIDE for comparison in found),
        max((comparison.worst_ratio for comparison in found), default=0.0),
    )


def examine(case: Case, known: Sequence[Mistake], settings: Settings) -> list[Sight]:
    """What a case says of each mistake in its function."""
    ready = [prepare(case, dtype, settings) for dtype in sorted(case.dtypes)]
    elements = sum(array.size for array in (*ready[0].arrays.values(), ready[0].dy))
    ordinary: list[Prepared] = []
    sights = []
    for one in known:
        refused, raised, margin, blind = _look(one, ready)
        if not refused and not raised and one.misconception:
            ordinary = ordinary or [prepare(redrawn(case, "normal"), _widest(case), settings)]
            blind = _look(one, ordinary)[0]
        sights.append(Sight(one.name, case.id, elements, refused, raised, margin, blind))
    return sights


def _look(known: Mistake, ready: Sequence[Prepared]) -> tuple[bool, str, float, bool]:
    """The first dtype that refuses the mistake, or all of them."""
    raised, largest = [], 0.0
    for prepared in ready:
        tensors = computed(known, prepared)
        if isinstance(tensors, str):
            raised.append(tensors)
            continue
        refused, ratio = worst_ratio(prepared, tensors)
        largest = max(largest, ratio)
        if refused:
            return True, "", ratio, False
    return False, raised[0] if len(raised) == len(ready) else "", largest, False


# --- the same shapes with other numbers ---------------------------------------------------

KEPT = ("target", "mask")  # whose values mean something


def redrawn(case: Case, values: str) -> Case:
    """The case with other numbers: shapes, layouts and options stay."""
    free = case.function == "squared_error"
    arrays = {
        name: source if name in KEPT and not free else _redrawn(source, values)
        for name, source in case.arrays.items()
    }
    return replace(case, arrays=arrays, upstream=values)


def _redrawn(source: Source, values: str) -> Source:
    match source:
        case Draw(shape, _, layout):
            return Draw(shape, values, layout)
        case Given(numbers):
            return Draw(np.shape(numbers), values)
        case Photograph():
            return Draw(source.shape, values)
    return source


# --- witnesses ----------------------------------------------------------------------------


def seen_by_integers(known: Mistake, case: Case, settings: Settings) -> bool | None:
    """On integers so small that nothing is rounded, any difference refuses."""
    prepared = prepare(redrawn(case, "integers"), _widest(case), settings)
    tensors = computed(known, prepared)
    if isinstance(tensors, str):
        return None
    exact = {name: tensor for name, tensor in tensors.items() if prepared.bounds[name].exact}
    return worst_ratio(prepared, exact)[0] if exact else None


def seen_by_balls(known: Mistake, case: Case, settings: Settings) -> bool | None:
    """Against the exact value, under the bound of one side."""
    prepared = prepare(case, _widest(case), settings)
    inputs = (*prepared.arrays.values(), prepared.dy)
    if sum(a.size for a in inputs) > LARGEST or not all(np.isfinite(a).all() for a in inputs):
        return None
    tensors = computed(known, prepared)
    if isinstance(tensors, str):
        return None
    side = arithmetic("numpy", prepared.dtype)
    # Twice the bound of one side, which is halved below.
    bounds = bounds_of(case, prepared.dy, prepared.arrays, (side, side))
    exact = attempt(lambda: exact_tensors(known, prepared))
    if isinstance(exact, str):  # the mean of nothing, or a comparison that is undecided
        return None
    return any(
        _is_beyond(tensor, exact[name], bounds[name].limit / 2, bounds[name].overflow)
        for name, tensor in tensors.items()
    )


def exact_tensors(known: Mistake, prepared: Prepared) -> Tensors:
    """The right tensors of a case as balls that hold the exact values."""
    arrays = {
        name: exact_balls(array) if array.dtype.kind == "f" else array
        for name, array in prepared.arrays.items()
    }
    right = control(known.function)
    with precision(PRECISION):
        return tensors_of(right, prepared.case, arrays, exact_balls(prepared.dy))


def _is_beyond(tensor: Array, exact: Array, limit: Array, overflow: Array) -> bool:
    """Whether an element lies certainly farther from its exact value than the limit."""
    if tensor.shape != exact.shape:
        return True
    with precision(PRECISION):
        return any(
            not isfinite(value) or bool(abs(arb_of(value) - arb_of(right)) > most)
            for value, right, most, judged in zip(
                tensor.ravel().tolist(),
                exact.ravel().tolist(),
                np.broadcast_to(limit, tensor.shape).ravel().tolist(),
                np.broadcast_to(~overflow, tensor.shape).ravel().tolist(),
                strict=True,
            )
            if judged
        )


def _widest(case: Case) -> str:
    return max(case.dtypes)


# What stands beside torch: whether a witness sees a mistake in a case; None where it cannot be
# asked (numbers that are not finite, operations that round).
Witness = Callable[[Mistake, Case, Settings], bool | None]
WITNESSES: dict[str, Witness] = {"integers": seen_by_integers, "balls": seen_by_balls}


def witnesses_of(known: Mistake, cases: Sequence[Case], settings: Settings) -> list[str]:
    """The kinds of witness that see a mistake in one of these cases."""
    return [
        name
        for name, sees in WITNESSES.items()
        if any(sees(known, case, settings) for case in cases[:TRIES])
    ]


# --- all of them --------------------------------------------------------------------------


def select(names: Sequence[str], functions: Sequence[str]) -> list[Mistake]:
    """The mistakes of these names, or in these functions (forward or backward); all if none.

    Raises: SelectionError for a name or a function that has none.
    """
    for name in names:
        if name not in MISTAKES:
            raise SelectionError(f"no mistake is called {name!r}{nearest(name, list(MISTAKES))}")
    known = {m.function for m in MISTAKES.values()} | {
        forward_of(m.function) for m in MISTAKES.values()
    }
    for function in functions:
        if function not in known:
            raise SelectionError(
                f"no mistake is in a function {function!r}{nearest(function, sorted(known))}"
            )
    return [
        m
        for m in MISTAKES.values()
        if (not names or m.name in names)
        and (not functions or {m.function, forward_of(m.function)} & set(functions))
    ]


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
    everything = [*controls(known), *known]
    by_function: dict[str, list[Mistake]] = {}
    for one in everything:
        by_function.setdefault(forward_of(one.function), []).append(one)
    cases = [case for case in GOOD if case.function in by_function and case.expect is None]
    with _mapping(jobs) as each:
        seen: dict[str, list[Sight]] = {one.name: [] for one in everything}
        together = [by_function[case.function] for case in cases]
        for sights in each(examine, cases, together, repeat(settings)):
            for sight in sights:
                seen[sight.mistake].append(sight)
            done(1)
        shown = [_to_be_shown(one, seen[one.name]) for one in everything]
        kinds = list(each(witnesses_of, everything, shown, repeat(settings)))
    rows = [
        to_row(one, seen[one.name], found) for one, found in zip(everything, kinds, strict=True)
    ]
    whole = {name for name, run in by_function.items() if _all_of(name) <= {m.name for m in run}}
    return Power(rows, _unseeing([case for case in cases if case.function in whole], seen))


def _to_be_shown(known: Mistake, sights: Sequence[Sight]) -> list[Case]:
    """The cases that witnesses are asked about: those that refuse it, the smallest first."""
    cases = {case.id: case for case in cases_of(known)}
    wanted = sorted(
        (sight for sight in sights if sight.refused or not known.misconception),
        key=lambda sight: sight.elements,
    )
    return [cases[sight.case] for sight in wanted]


def to_row(known: Mistake, sights: Sequence[Sight], witnesses: Sequence[str]) -> MistakeRow:
    """What all cases and witnesses say of one mistake."""
    refusing = sorted((s for s in sights if s.refused), key=lambda s: s.elements)
    finite = [s.margin for s in refusing if isfinite(s.margin)]
    kinds = [*(["torch"] if refusing else []), *witnesses]
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
        smallest=refusing[0].case if refusing else "",
        margin=max(finite, default=inf) if refusing else None,
        median_margin=median(s.margin for s in refusing) if refusing else None,
        witnesses=" ".join(kinds),
        problem=_problem(known, refusing, kinds),
    )


def _problem(known: Mistake, refusing: Sequence[Sight], kinds: Sequence[str]) -> str:
    if not known.misconception:
        if refusing:
            return f"the correct code is refused by {refusing[0].case}"
        return f"the correct code is refused by {kinds[0]}" if kinds else ""
    if not refusing:
        return "no case refuses it"
    if len(refusing) < LEAST_CASES:
        return f"only {len(refusing)} of the cases refuse it, {LEAST_CASES} must"
    if len(kinds) < LEAST_WITNESSES:
        return f"only {' '.join(kinds)} sees it, {LEAST_WITNESSES} kinds of witness must"
    return ""


def _all_of(function: str) -> set[str]:
    """All known mistakes in a function, forward and backward."""
    return {known.name for known in MISTAKES.values() if forward_of(known.function) == function}


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


def _holds_elements(source: Source) -> bool:
    """Whether a source holds any element."""
    return 0 not in (np.shape(source.values) if isinstance(source, Given) else source.shape)


@contextmanager
def _mapping(jobs: int) -> Iterator[Callable[..., Iterator[Any]]]:
    """`map`, in this process or over several of one thread each."""
    if jobs == 1:
        with threadpool_limits(1), oracle.single_threaded():
            yield map
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=start_worker) as pool:
        yield lambda *given: pool.map(*given, chunksize=8)

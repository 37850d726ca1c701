"""Every mistake made only where a circumstance holds, and the right code elsewhere."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import repeat

import numpy as np

from parity.bounds.bound import Bound
from parity.cases.case import Array, Case
from parity.cases.covering.every import TABLES, pair_cases
from parity.cases.functions import forward_of
from parity.judges.block_size import blocks_of
from parity.judges.layer import Prepared, prepare
from parity.mistakes.mistake import Mistake, control, is_forward
from parity.power.circumstances import CIRCUMSTANCES, Call, Circumstance
from parity.power.sight import cases_of, worst_ratio
from parity.power.survey import mapping
from parity.power.wrong_code import Tensors, computed
from parity.results.settings import DEFAULT_SEED, Settings
from parity.suite.planting import replaced
from refimpl import patches, windows

APART = 2e-4  # of a tensor's largest value: more than the rounding of another order of a sum
REFUSED_BY_NONE = "refused by no case that shows it"


@dataclass(frozen=True)
class CircumstanceRow:
    """One mistake, made only in one circumstance: the columns of mistakes_circumstances.csv."""

    mistake: str
    function: str
    circumstance: str
    cases: int  # of the function
    holds: int  # in which the circumstance holds
    met: int  # in which the mistake then makes a difference
    refused: int
    smallest: str  # the smallest refusing case
    problem: str


@dataclass(frozen=True)
class Glimpse:
    """What one case says of one mistake in one circumstance."""

    mistake: str
    circumstance: str
    case: str
    elements: int
    met: bool
    refused: bool


@dataclass
class Conditional:
    """What came out, and by which random numbers."""

    rows: list[CircumstanceRow] = field(default_factory=list)
    seed: int = DEFAULT_SEED

    @property
    def unrefused(self) -> list[CircumstanceRow]:
        """The pairs that a case shows and none refuses."""
        return [row for row in self.rows if row.problem]

    @property
    def unmet(self) -> list[CircumstanceRow]:
        """The pairs that no case shows."""
        return [row for row in self.rows if not row.met]

    @property
    def holds(self) -> bool:
        """Whether every pair that a case shows is refused."""
        return not self.unrefused


def conditional(
    known: Sequence[Mistake],
    settings: Settings,
    jobs: int = 1,
    done: Callable[[int], None] = lambda count: None,
) -> Conditional:
    """Make every mistake in every circumstance that applies, on every case of its function."""
    seen: dict[tuple[str, str], list[Glimpse]] = defaultdict(list)
    cases = asked_cases(known, settings.seed)
    firsts = {case.function: case.id for case in reversed(cases)}
    together = [[m for m in known if forward_of(m.function) == c.function] for c in cases]
    first = [firsts[case.function] == case.id for case in cases]
    with mapping(jobs) as each:
        for glimpses in each(glimpse, cases, together, first, repeat(settings)):
            for found in glimpses:
                seen[found.mistake, found.circumstance].append(found)
            done(1)
    counts = Counter(case.function for case in cases)
    rows = [
        to_row(
            one, circumstance, counts[forward_of(one.function)], seen[one.name, circumstance.name]
        )
        for one in known
        for circumstance in CIRCUMSTANCES
        if circumstance.applies(one)
    ]
    return Conditional(rows, settings.seed)


def asked_cases(known: Sequence[Mistake], seed: int) -> list[Case]:
    """Listed cases, and the generated ones in which every two circumstances meet."""
    functions = dict.fromkeys(forward_of(one.function) for one in known)
    generated = [case for name in functions if name in TABLES for case in pair_cases(name, seed)]
    return [*cases_of(known), *generated]


def to_row(
    known: Mistake, circumstance: Circumstance, cases: int, found: Sequence[Glimpse]
) -> CircumstanceRow:
    """What all cases say of one mistake in one circumstance."""
    refusing = sorted((g for g in found if g.refused), key=lambda g: g.elements)
    met = sum(g.met for g in found)
    return CircumstanceRow(
        known.name,
        known.function,
        circumstance.name,
        cases,
        len(found),
        met,
        len(refusing),
        refusing[0].case if refusing else "",
        REFUSED_BY_NONE if met and not refusing else "",
    )


# --- one case -----------------------------------------------------------------------------


def glimpse(case: Case, known: Sequence[Mistake], first: bool, settings: Settings) -> list[Glimpse]:
    """What a case says of the mistakes in its function, in each circumstance that it meets."""
    found: dict[tuple[str, str], Glimpse] = {}
    for dtype in sorted(case.dtypes):
        prepared = prepare(case, dtype, settings)
        with blocks_of(case.block_bytes):
            seen = _seen(known, prepared, first and dtype == min(case.dtypes))
        for pair, (shown, refused) in seen.items():
            before = found.get(pair)
            found[pair] = Glimpse(
                *pair,
                case.id,
                sum(array.size for array in (*prepared.arrays.values(), prepared.dy)),
                shown or bool(before and before.met),
                refused or bool(before and before.refused),
            )
    return list(found.values())


def _seen(
    known: Sequence[Mistake], prepared: Prepared, first: bool
) -> dict[tuple[str, str], tuple[bool, bool]]:
    """Of each mistake and circumstance of a call: whether it shows, and whether it is refused."""
    call = _call(prepared, first)
    met = [circumstance for circumstance in CIRCUMSTANCES if circumstance.holds(call)]
    return {
        (one.name, circumstance): said
        for one in known
        for circumstance, said in _in_each(one, prepared, call, met).items()
    }


def _in_each(
    known: Mistake, prepared: Prepared, call: Call, met: Sequence[Circumstance]
) -> dict[str, tuple[bool, bool]]:
    """In each circumstance of a call: whether the mistake shows, and whether it is refused."""
    here = [circumstance for circumstance in met if circumstance.applies(known)]
    right, wrong = computed(control(known.function), prepared), computed(known, prepared)
    if not here or isinstance(right, str) or isinstance(wrong, str):
        return {circumstance.name: (False, False) for circumstance in here}
    everywhere = _verdict(prepared, right, wrong)
    return {
        circumstance.name: _in_part(known, prepared, right, wrong, circumstance.part(call))
        if circumstance.part and everywhere[0]
        else everywhere
        for circumstance in here
    }


def _verdict(prepared: Prepared, right: Tensors, wrong: Tensors) -> tuple[bool, bool]:
    """Whether two results are apart, and whether the wrong one is refused."""
    shown = any(
        _apart(tensor, wrong[name], prepared.bounds[name])
        for name, tensor in right.items()
        if name in wrong
    )
    return shown, shown and worst_ratio(prepared, wrong)[0]


def _apart(right: Array, wrong: Array, bound: Bound) -> bool:
    """Whether a tensor is another one by more than rounding, underflow and overflow."""
    if (right.shape, right.dtype) != (wrong.shape, wrong.dtype):
        return True
    kept = ~np.broadcast_to(bound.overflow, right.shape)
    right, wrong = right[kept], wrong[kept]
    with np.errstate(all="ignore"):
        finite = np.isfinite(right)
        if not np.array_equal(finite, np.isfinite(wrong)):
            return True
        largest = np.max(np.abs(right[finite]), initial=0.0)
        least = max(APART * largest, np.finfo(right.dtype).tiny)
        return bool(np.any(np.abs(wrong[finite] - right[finite]) > least))


def _in_part(
    known: Mistake, prepared: Prepared, right: Tensors, wrong: Tensors, part: Array | None
) -> tuple[bool, bool]:
    """The same with the mistake in one part of the output alone.

    A gradient is linear in dy: that of the part by the wrong code, that of the rest by the right
    one. Where the right code cannot be taken apart like this, nothing follows.
    """
    if part is None:
        return False, False
    blended = _blended(known, prepared, right, wrong, part)
    split = _blended(control(known.function), prepared, right, right, part)
    if blended is None or split is None or worst_ratio(prepared, split)[0]:
        return False, False
    return _verdict(prepared, split, blended)


def _blended(
    known: Mistake, prepared: Prepared, right: Tensors, wrong: Tensors, part: Array
) -> Tensors | None:
    if is_forward(known):
        same = wrong["y"].shape == part.shape
        return {"y": np.where(part, wrong["y"], right["y"])} if same else None
    zero = prepared.dy.dtype.type(0)
    of_rest = replace(prepared, dy=np.where(part, zero, prepared.dy))
    of_part = replace(prepared, dy=np.where(part, prepared.dy, zero))
    rest = computed(control(known.function), of_rest)
    wrong_part = computed(known, of_part)
    if isinstance(rest, str) or isinstance(wrong_part, str):
        return None
    if any(rest[name].shape != tensor.shape for name, tensor in wrong_part.items()):
        return None
    with np.errstate(all="ignore"):
        return {name: rest[name] + tensor for name, tensor in wrong_part.items()}


def _call(prepared: Prepared, first: bool) -> Call:
    """A prepared case as a call, and in which blocks refimpl works on it."""
    case = prepared.case
    with _noting_blocks() as blocks:
        computed(control(case.function), prepared)
    return Call(
        case.function,
        prepared.dtype,
        prepared.arrays,
        prepared.dy,
        case.options,
        tuple(blocks),
        first,
    )


@contextmanager
def _noting_blocks() -> Iterator[list[tuple[slice, slice]]]:
    """The blocks that refimpl's convolutions and poolings go through."""
    right, noted = windows.blocks, []

    def noting(*sizes: int) -> Iterator[tuple[slice, slice]]:
        for block in right(*sizes):
            noted.append(block)
            yield block

    with replaced(windows, "blocks", noting), replaced(patches, "blocks", noting):
        yield noted

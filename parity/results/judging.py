"""One tensor judged: a comparison turned into a row of the findings."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from traceback import extract_tb
from typing import NamedTuple, TypeVar

import numpy as np

import refimpl
from parity.bounds.bound import Bound
from parity.cases.case import Array
from parity.results.closeness import Closeness, ExactWitness
from parity.results.comparison import (
    Comparison,
    compare,
    tolerance_bound,
)
from parity.results.elements import element_rows
from parity.results.findings import Findings
from parity.results.in_parts import Quiet
from parity.results.resolution import MISTAKE, Resolution, resolution
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.results.tensors import argument_of, direction_of, kind_of
from parity.results.torch_rows import torch_row
from parity.results.verdicts import BLIND, EMPTY, IDENTICAL, OUTSIDE, WITHIN

# Values of a dtype below which a factor of 1 + MISTAKE is a few units in the last place at most.
SMALL = {
    name: float(np.finfo(name).smallest_normal) / MISTAKE for name in ("float32", "float64")
} | {"float16": 0.0, "bfloat16": 0.0}
MANY_ROUNDINGS = 64  # of torch: what no sum in blocks comes to
SERIAL = "torch adds up serially"

REFIMPL = os.path.join(os.path.dirname(refimpl.__file__), "")  # as tracebacks have it

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """Which tensor of what a row speaks of."""

    case: str
    function: str
    dtype: str
    documents: tuple[str, ...]
    network: str = ""
    layer: str = ""
    ordinary: bool = True


UNASKED = Closeness()  # no exact values


class Power(NamedTuple):
    """What a bound is beside the values of its tensor, and what it could have seen of them.

    blind: why a row that holds says nothing.
    """

    bound_over_value: float | None = None
    largest_value: float | None = None
    kinks: int = 0
    blind: str = ""


UNSAID = Power()


class Said(NamedTuple):
    """What is said of a tensor: both sides beside each other, and beside exact values; the sight.

    terms: K, the largest number of them behind an element.
    """

    comparison: Comparison
    found: Closeness = UNASKED
    seen: Resolution = Resolution()
    terms: float = 0.0
    power: Power = UNSAID


@dataclass(frozen=True)
class Compared:
    """refimpl's and torch's tensor, the bound that judges them, and what it finds."""

    pair: tuple[Array, Array]
    bound: Bound
    comparison: Comparison

    @cached_property
    def seen(self) -> Resolution:
        """What the bound of both sides lets through, beside torch's values."""
        return seen_without_exact(self.bound, self.pair[1])

    @property
    def is_open(self) -> bool:
        """Whether exact values have to be asked: the bound sees nothing, or too much."""
        comparison = self.comparison
        return comparison.compared and (comparison.outside > 0 or self.seen.blind)


def compared(pair: tuple[Array, Array], bound: Bound, settings: Settings) -> Compared:
    """One tensor beside its bound, or beside the tolerances that are set in its place."""
    if settings.override:
        bound = tolerance_bound(pair[1], settings.rtol or 0.0, settings.atol or 0.0)
    return Compared(pair, bound, compare(*pair, bound))


def judge(
    findings: Findings,
    place: Place,
    tensor: str,
    pair: tuple[Array, Array],
    bound: Bound,
    settings: Settings,
    exact: ExactWitness | None = None,
) -> Row:
    """Compare one tensor and add its row."""
    return concluded(findings, place, tensor, compared(pair, bound, settings), settings, exact)


def concluded(
    findings: Findings,
    place: Place,
    tensor: str,
    beside: Compared,
    settings: Settings,
    exact: ExactWitness | None = None,
    power: Power = UNSAID,
) -> Row:
    """Add the row of a tensor that was compared; its elements too if asked for or outside.

    exact: the witness of exact arithmetic, which judges each side by itself.
    """
    pair, bound, comparison = beside.pair, beside.bound, beside.comparison
    found = exact.examine(tensor, pair, comparison) if exact else UNASKED
    seen = found.seen
    if seen is None or seen.tensor is None or settings.override:
        seen = beside.seen
    said = Said(comparison, found, seen, bound.count, power)
    theirs = pair[1]
    row = _row(place, tensor, theirs, said, _verdict(place, theirs, said, settings), settings)
    findings.rows.append(row)
    if found.lost:
        findings.lost.append(torch_row(row, pair, found.lost))
    if comparison.verdict == OUTSIDE or place.case in settings.elements:
        findings.elements.extend(element_rows(row, pair, bound, settings, exact))
    return row


def judged_already(
    findings: Findings,
    place: Place,
    tensor: str,
    theirs: Array,
    found: Quiet,
    worst: tuple[int, ...],
    settings: Settings,
) -> Row:
    """The row of a tensor that was compared part by part, with what torch is off the exact value.

    worst: where the largest error over bound is.
    """
    exact = UNASKED
    if not found.exact:
        exact = Closeness(
            exact_value=found.values[2],
            torch_ulp=found.torch_ulp,
            torch_roundings=found.torch_roundings,
            truth_radius=found.radius,
        )
    said = Said(found.comparison(worst), exact, found.seen, found.count)
    row = _row(place, tensor, theirs, said, _verdict(place, theirs, said, settings), settings)
    findings.rows.append(row)
    return row


def seen_without_exact(bound: Bound, theirs: Array) -> Resolution:
    """What the bound of both sides lets through, beside torch's values."""
    u = float(np.finfo(theirs.dtype).eps) / 2
    judged = ~bound.overflow if np.count_nonzero(bound.overflow) else None
    if bound.exact and judged is None:
        return Resolution(u, u) if theirs.any() else Resolution()
    return resolution(bound.limit, theirs, judged, u)


def _verdict(place: Place, theirs: Array, said: Said, settings: Settings) -> tuple[str, str]:
    """The verdict and the note: `blind` if the bound could have seen nothing."""
    verdict, note = _of_values(place, theirs, said, settings)
    if said.power.blind and verdict != OUTSIDE:
        return BLIND, joined(note, said.power.blind)
    return verdict, note


def _of_values(place: Place, theirs: Array, said: Said, settings: Settings) -> tuple[str, str]:
    """The same beside the values: `blind` if a known mistake would pass, `empty` without any.

    What the exact witness refutes is a disagreement.
    """
    comparison, found = said.comparison, said.found
    verdict = OUTSIDE if found.refuted and not settings.override else comparison.verdict
    note = joined(comparison.note, settings.override, found.note)
    if verdict not in (WITHIN, IDENTICAL, BLIND):
        return verdict, note
    if comparison.overflow == comparison.elements:
        why = "all elements may overflow" if comparison.elements else "no elements"
        return EMPTY, joined(note, why)
    if said.seen.blind and not settings.override_options:
        why = f"a tensor {MISTAKE:.2%} too large would stay under the bound"
        return BLIND, joined(note, why, _why_blind(place.dtype, theirs, found))
    return verdict, joined(note, _of_serial_sum(found, said.terms))


def _why_blind(dtype: str, theirs: Array, found: Closeness) -> str:
    """What is odd about a tensor whose bound says so little."""
    if _all_below(SMALL[dtype], theirs):
        return "numbers below the smallest normal one keep few digits"
    if found.exact_elements is None:
        return "exact values would tell more"
    return "the values are small beside what they are sums of"


def _all_below(size: float, array: Array) -> bool:
    """Whether no finite element is that large; the first few mostly say no."""
    for few in (array.flat[: 1 << 10], array):
        sizes = np.abs(few)
        if np.max(sizes, where=np.isfinite(sizes), initial=0) >= size:
            return False
    return True


def _of_serial_sum(found: Closeness, count: float) -> str:
    """Which side is right where torch adds one term after another, and its errors add up.

    count: K, the largest number of terms behind an element.
    """
    ours, theirs = found.refimpl_roundings, found.torch_roundings
    if ours is None or theirs is None or not MANY_ROUNDINGS <= theirs <= count:
        return ""
    if theirs < 16 * ours:
        return ""
    return (
        f"{SERIAL}: {theirs:.3g} roundings of Σ|terms| off, refimpl {ours:.2g}; refimpl is right, "
        "and torch within the worst case of its sum"
    )


def tensor_row(
    place: Place, tensor: str, theirs: Array, comparison: Comparison, settings: Settings
) -> Row:
    """The row of one tensor of which no more is said than how both sides compare."""
    note = joined(comparison.note, settings.override)
    return _row(place, tensor, theirs, Said(comparison), (comparison.verdict, note), settings)


def _row(
    place: Place,
    tensor: str,
    theirs: Array,
    said: Said,
    verdict: tuple[str, str],
    settings: Settings,
) -> Row:
    """A row made at once: of its many columns each change of one would copy all."""
    comparison, found, seen, _, power = said
    return Row(
        case=place.case,
        kind=kind_of(place.case, place.network),
        function=place.function,
        network=place.network,
        layer=place.layer,
        tensor=tensor,
        argument=argument_of(place.function, tensor),
        direction=direction_of(tensor),
        documents=" ".join(place.documents),
        dtype=place.dtype,
        device=settings.device,
        shape=str(theirs.shape),
        elements=comparison.elements,
        seed=settings.seed,
        max_abs_error=comparison.max_abs_error,
        max_rel_error=comparison.max_rel_error,
        max_ulp=comparison.max_ulp,
        bound_at_worst=comparison.bound_at_worst,
        worst_ratio=comparison.worst_ratio,
        worst_index=str(comparison.worst_index) if comparison.elements else "",
        refimpl_value=comparison.refimpl_value,
        torch_value=comparison.torch_value,
        exact_value=found.exact_value,
        refimpl_ulp=found.refimpl_ulp,
        torch_ulp=found.torch_ulp,
        refimpl_roundings=found.refimpl_roundings,
        torch_roundings=found.torch_roundings,
        closer=found.closer,
        truth_radius=found.truth_radius,
        exact_elements=found.exact_elements,
        resolution=seen.tensor,
        element_resolution=seen.element,
        bound_over_value=power.bound_over_value,
        largest_value=power.largest_value,
        kinks=power.kinks,
        overflow=comparison.overflow,
        verdict=verdict[0],
        note=verdict[1],
        outside=comparison.outside,
        compared=comparison.compared,
        override=settings.override_options,
        shapes=settings.shapes_option,
        opinion=found.note if comparison.outside else "",
        sampled=found.sampled,
        unfit=found.unfit,
        ordinary=place.ordinary,
    )


def joined(*notes: str) -> str:
    """The notes that say something, in one line."""
    return "; ".join(filter(None, notes))


def failure_row(place: Place, tensor: str, reason: str, settings: Settings) -> Row:
    """The row of a tensor that refimpl did not give."""
    comparison = Comparison(
        OUTSIDE, worst_ratio=float("inf"), outside=1, note=reason, compared=False
    )
    return tensor_row(place, tensor, np.empty(()), comparison, settings)


def attempt(run: Callable[[], T]) -> T | str:
    """The result, or one sentence on the exception: code under test may raise anything."""
    try:
        return run()
    except Exception as error:
        return f"refimpl raised {type(error).__name__}: {error}{_where(error)}"


def _where(error: Exception) -> str:
    """The line of refimpl that raised, "(refimpl/windows.py:94)"; nothing where it is not there."""
    frames = [f for f in extract_tb(error.__traceback__) if f.filename.startswith(REFIMPL)]
    if not frames or not frames[-1].lineno:
        return ""
    name = frames[-1].filename.removeprefix(REFIMPL).replace(os.sep, "/")
    return f" (refimpl/{name}:{frames[-1].lineno})"


def shapes_apart(name: str, ours: Array | str, theirs: Array | str) -> str:
    """What each side returned, where the shapes differ; nothing where one of them raised.

    The upstream gradient has the shape of torch's value: with another one refimpl's backward
    raises, and so does the derivation of the bound, though neither is to blame.
    """
    if isinstance(ours, str) or isinstance(theirs, str) or ours.shape == theirs.shape:
        return ""
    return f"torch returned {theirs.shape}, refimpl {ours.shape} for {name}"


def timed(run: Callable[[], T]) -> tuple[T, float]:
    """The result and the seconds it took."""
    start = time.perf_counter()
    result = run()
    return result, time.perf_counter() - start

"""torch in half precision, for information: how far float16 and bfloat16 are from the formula.

refimpl has no half precision. It computes in float32 from the inputs as half precision holds
them, torch in half precision from the same, so that what is seen is torch's error: the bound is
torch's, with u = 2⁻¹¹ (float16) or 2⁻⁸ (bfloat16), and refimpl's small one beside it. Torch adds
up in float32 and rounds at the end: error/bound is well below 1. The rows can't fail. Where one
exceeds its bound, the exact value, from balls, says who is off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from parity import oracle
from parity.bounds.arithmetic import HALVES, arithmetic
from parity.bounds.bound import Bound
from parity.bounds.rules import backward_bounds, forward_bound
from parity.cases.case import Array, Case, Classes, Draw, case_arrays, draw, generator
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.results.comparison import Comparison, compare
from parity.results.findings import Findings
from parity.results.judging import Place, attempt, joined, tensor_row
from parity.results.settings import Settings
from parity.results.verdicts import INFORMATION
from parity.witnesses.balls import PRECISION as BITS
from parity.witnesses.balls import arb_of, exact_balls, precision

DTYPES = tuple(HALVES)
ORDINARY = ("normal", "mask", "labels", "certainty")
MOST_ELEMENTS, EACH = 700, 2  # of a case's arguments; cases of a function


def ordinary(case: Case) -> bool:
    """A small case of ordinary numbers."""
    sources = case.arrays.values()
    drawn = all(
        isinstance(s, Classes) or (isinstance(s, Draw) and s.values in ORDINARY) for s in sources
    )
    shapes = [s.shape for s in sources if isinstance(s, Classes | Draw)]
    sizes = [int(np.prod(shape)) for shape in shapes]
    return drawn and case.upstream == "normal" and min(sizes) > 0 and sum(sizes) <= MOST_ELEMENTS


def half_cases() -> dict[str, Case]:
    """The first ordinary cases of each function, by their ids."""
    chosen: dict[str, list[Case]] = {}
    for case in filter(ordinary, GOOD):
        chosen.setdefault(case.function, []).append(case)
    return {case.id: case for cases in chosen.values() for case in cases[:EACH]}


def check_half(case: Case, dtype: str, settings: Settings) -> Findings:
    """One case with torch in half precision: rows of information."""
    place = Place(
        case.id, case.function, dtype, case.documents or FUNCTIONS[case.function].documents
    )
    arrays, options = _held(case, dtype, settings.seed)
    shape = oracle.forward(case.function, arrays, options).shape
    rng = generator(settings.seed, case.id, "dy")
    dy = oracle.rounded(draw(Draw(shape), "float32", rng).reshape(shape), dtype)
    wanted = [name for name in FUNCTIONS[case.function].inputs if name in arrays]
    try:
        result = oracle.in_half(case.function, arrays, options, dy, wanted, dtype, settings.device)
    except RuntimeError as error:
        reason = f"torch does not compute it in {dtype}: {str(error).splitlines()[0]}"
        row = tensor_row(place, "y", np.empty(0), Comparison(INFORMATION, note=reason), settings)
        return Findings([row])
    with np.errstate(all="ignore"):
        ours = FUNCTIONS[case.function].tensors(dy, arrays, options)
    theirs = {"y": result.y, **{f"d{name}": d for name, d in result.gradients.items()}}
    bounds = _bounds(case.function, dy, arrays, options, dtype)
    findings = Findings()
    for name, expected in theirs.items():
        found = compare(ours[name], expected, bounds[name])
        note = _beyond(case.function, name, found, dy, arrays, options)
        found = replace(
            found,
            verdict=INFORMATION,
            max_ulp=half_ulps(ours[name], expected, dtype),
            note=joined(found.note, note),
        )
        findings.rows.append(tensor_row(place, name, expected, found, settings))
    return findings


def _held(case: Case, dtype: str, seed: int) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arguments and options as half precision holds them."""
    arrays = {
        name: oracle.rounded(array, dtype) if array.dtype.kind == "f" else array
        for name, array in case_arrays(case, "float32", seed).items()
    }
    options = {
        name: float(oracle.rounded(np.array(value, np.float32), dtype))
        if isinstance(value, float)
        else value
        for name, value in case.options.items()
    }
    return arrays, options


def _bounds(
    function: str, dy: Array, arrays: Mapping[str, Array], options: Mapping[str, Any], dtype: str
) -> dict[str, Bound]:
    both = arithmetic("numpy", "float32"), arithmetic("torch", dtype)
    backward = backward_bounds(function, dy, arrays, options, both)
    return {
        "y": forward_bound(function, arrays, options, both),
        **{f"d{name}": bound for name, bound in backward.items()},
    }


def half_ulps(ours: Array, theirs: Array, dtype: str) -> float:
    """The largest difference in units in the last place of half precision."""
    half = arithmetic("torch", dtype)
    largest = np.maximum(np.abs(ours), np.abs(theirs)).astype(np.float64)
    _, exponent = np.frexp(largest)
    unit = np.maximum(np.ldexp(half.u, exponent), half.eta)
    difference = np.abs(ours.astype(np.float64) - theirs)
    return float(np.max(difference / unit, initial=0.0))


def _beyond(
    function: str,
    name: str,
    found: Comparison,
    dy: Array,
    arrays: Mapping[str, Array],
    options: Mapping[str, Any],
) -> str:
    """Of a tensor beyond its bound: how far each side is from the exact value."""
    if not found.outside or found.refimpl_value is None or found.torch_value is None:
        return ""

    def exact() -> float:
        balls = {k: exact_balls(a) if a.dtype.kind == "f" else a for k, a in arrays.items()}
        with precision(BITS):
            tensor = FUNCTIONS[function].tensors(exact_balls(dy), balls, options)[name]
        return float(arb_of(tensor[found.worst_index]).mid())

    value = attempt(exact)
    said = f"{found.outside} of {found.elements} elements beyond the bound"
    if isinstance(value, str):
        return f"{said}; the exact value is not known: {value}"
    ours, theirs = (abs(v - value) for v in (found.refimpl_value, found.torch_value))
    return f"{said}; from the exact {value:.6g} refimpl is off by {ours:.1e}, torch by {theirs:.1e}"

"""One layer case: both sides run on the same arrays, every tensor compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

import refimpl
from parity import oracle
from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Bound, exact_bound
from parity.bounds.rules import tensor_bounds
from parity.cases.case import (
    Array,
    BadCase,
    Case,
    Draw,
    Source,
    case_arrays,
    draw,
    generator,
)
from parity.cases.functions import FUNCTIONS
from parity.judges.block_size import blocks_of
from parity.judges.expectation import Settled, settle
from parity.judges.neighbours import ask_neighbour
from parity.results.findings import Findings
from parity.results.judging import (
    Compared,
    Place,
    attempt,
    compared,
    concluded,
    failure_row,
    shapes_apart,
    timed,
)
from parity.results.rows import Refusal, TimingRow
from parity.results.settings import Settings
from parity.witnesses.problem import Problem

if TYPE_CHECKING:  # flint, which a quick run does without
    from parity.witnesses.closeness import Exact


@dataclass(frozen=True)
class Prepared:
    """What code is given and judged by in one case: arguments, torch's tensors, the bounds."""

    case: Case
    dtype: str
    arrays: Mapping[str, Array]
    dy: Array
    expected: Mapping[str, Array]  # y, the gradients "dx", …
    bounds: Mapping[str, Bound]  # by the same names
    torch_seconds: float

    @property
    def inputs(self) -> tuple[Array, ...]:
        """Arguments and upstream gradient."""
        return (*self.arrays.values(), self.dy)


def prepare(case: Case, dtype: str, settings: Settings) -> Prepared:
    """Draw the arguments of a case and run torch on them."""
    arrays = case_arrays(case, dtype, settings.seed)
    dy, expected, seconds = _torch_side(case, dtype, arrays, settings)
    return Prepared(
        case,
        dtype,
        arrays,
        dy,
        expected,
        bounds_of(case, dy, arrays, settings.sides(dtype)),
        seconds,
    )


def check_case(case: Case, dtype: str, settings: Settings, exactly: bool = True) -> Findings:
    """Forward and backward of one case on both sides.

    Not exactly: exact values are asked for those tensors alone in which the bound of both sides
    would see nothing.
    """
    documents = case.documents or FUNCTIONS[case.function].documents
    place = Place(case.id, case.function, dtype, documents, ordinary=case.ordinary)
    findings = Findings()
    prepared = prepare(case, dtype, settings)
    tensors, refimpl_seconds = refimpl_side(prepared, settings)
    settled = Settled(prepared.expected)
    if isinstance(tensors, str):
        reason = _shapes_apart(case, prepared.arrays, settings.device) or tensors
        findings.rows.append(failure_row(place, "y", reason, settings))
    else:
        settled = settle(case, prepared.arrays, prepared.dy, tensors, prepared.expected)
        prepared, bounds = replace(prepared, expected=settled.torch), prepared.bounds
        found = {
            name: compared((tensors[name], theirs), bounds[name], settings)
            for name, theirs in prepared.expected.items()
        }
        exact = None if settings.quick else _exact(prepared, found, settings, exactly)
        for name, beside in found.items():
            concluded(findings, place, name, beside, settings, exact)
    findings.timings.append(TimingRow(case.id, dtype, refimpl_seconds, prepared.torch_seconds))
    findings.rows = settled.rows(findings.rows)
    return findings


def broken_off(error: Exception, case: Case | None, dtype: str, settings: Settings) -> str:
    """Why there is no comparison: what torch raised or returned, or what this program did."""
    if isinstance(error, oracle.TorchError):
        return str(error)
    apart = case and _shapes_apart(case, case_arrays(case, dtype, settings.seed), settings.device)
    return apart or f"the comparison broke off: {type(error).__name__}: {error}"


def _shapes_apart(case: Case, arrays: Mapping[str, Array], device: str) -> str:
    """What each side returned for y, where the shapes differ."""
    with np.errstate(all="ignore"):
        ours = attempt(lambda: FUNCTIONS[case.function].forward(arrays, case.options))
    theirs = attempt(lambda: oracle.forward(case.function, arrays, case.options, device))
    return shapes_apart("y", ours, theirs)


def _exact(
    prepared: Prepared, found: Mapping[str, Compared], settings: Settings, exactly: bool
) -> Exact | None:
    """The exact witness of a case, beside refimpl's tensors and torch's."""
    sides = {name: beside.pair for name, beside in found.items() if exactly or beside.is_open}
    if not sides:
        return None
    from parity.witnesses.closeness import exact_witness

    case = prepared.case
    problem = Problem(case.function, prepared.arrays, case.options, prepared.dy)
    rng = generator(settings.seed, case.id, "exact")
    return exact_witness(problem, prepared.bounds, sides, rng)


def _torch_side(
    case: Case, dtype: str, arrays: Mapping[str, Array], settings: Settings
) -> tuple[Array, dict[str, Array], float]:
    """dy, drawn for the shape that torch gives; the value and gradients; the seconds taken."""
    device, function = settings.device, FUNCTIONS[case.function]
    wanted = [name for name in function.inputs if name in arrays]
    value, forward_seconds = timed(
        lambda: oracle.differentiable(case.function, arrays, case.options, wanted, device)
    )
    rng = generator(settings.seed, case.id, "dy")
    dy = draw(Draw(value.y.shape, case.upstream, case.dy_layout), dtype, rng)
    dy.setflags(write=False)
    gradients, backward_seconds = timed(lambda: value.gradients(dy))
    named = {"y": value.y, **{f"d{name}": gradient for name, gradient in gradients.items()}}
    if function.has_indices:
        indices = f"{case.function}_with_indices"
        named["indices"] = oracle.forward(indices, arrays, case.options, device).astype(np.float64)
    return dy, named, forward_seconds + backward_seconds


def refimpl_side(prepared: Prepared, settings: Settings) -> tuple[dict[str, Array] | str, float]:
    """The value and gradients, or what refimpl raised; the seconds taken."""
    case, arrays, dy = prepared.case, prepared.arrays, prepared.dy
    function = FUNCTIONS[case.function]
    ask_neighbour(case, arrays, dy, settings.seed)
    with np.errstate(all="ignore"), blocks_of(case.block_bytes):
        return timed(lambda: attempt(lambda: function.tensors(dy, arrays, case.options)))


def bounds_of(case: Case, dy: Array, arrays: Mapping[str, Array], both: Sides) -> dict[str, Bound]:
    """The bound of each tensor of a case, for two sides of these arithmetics."""
    forward, backward = tensor_bounds(case.function, dy, arrays, case.options, both)
    bounds = {"y": forward, **{f"d{name}": bound for name, bound in backward.items()}}
    if FUNCTIONS[case.function].has_indices:
        bounds["indices"] = exact_bound(forward.limit.shape)
    return bounds


# --- bad input ----------------------------------------------------------------------------


def check_refusal(case: BadCase, settings: Settings) -> Findings:
    """Whether refimpl refuses a bad input with exactly the error that the case expects."""
    expected = f"{case.error.__name__}: {case.message}"
    try:
        call_bad(case, settings.seed)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        refused = type(error) is case.error and str(error) == case.message
        message = "" if refused else f"expected {expected!r}, got {said!r}"
    else:
        refused, message = False, f"expected {expected!r}, but refimpl accepted it"
    return Findings(refusals=[Refusal(case.id, case.function, refused, message)])


def call_bad(case: BadCase, seed: int) -> Any:
    """Call refimpl as a bad case does: by keyword, unless its arguments have none."""
    function, arguments = getattr(refimpl, case.function), bad_arguments(case, seed)
    return function(*arguments.values()) if case.by_position else function(**arguments)


def bad_arguments(case: BadCase, seed: int) -> dict[str, Any]:
    """The arguments of a bad case: sources drawn in float64 unless `dtypes` says otherwise."""
    return {
        name: draw(value, case.dtypes.get(name, "float64"), generator(seed, case.id, name))
        if isinstance(value, Source)
        else value
        for name, value in case.arguments.items()
    }

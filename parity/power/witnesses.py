"""The witnesses beside torch, asked whether they see a mistake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf, isfinite, prod
from typing import Any

import numpy as np

from parity import oracle
from parity.cases.case import Array, Case, generator
from parity.judges.layer import Prepared, prepare
from parity.mistakes.mistake import Mistake, control, is_forward
from parity.power.sight import Sight, widest
from parity.power.wrong_code import Tensors, computed, tensors_on, without_numbers
from parity.results.judging import attempt
from parity.results.settings import Settings
from parity.results.verdicts import AGREES, INTEGERS, OUTSIDE
from parity.witnesses.balls import PRECISION, arb_of, exact_balls, precision
from parity.witnesses.derivative import Code, judgement
from parity.witnesses.integers import Drawn, draw, first_difference, torch_tensors
from parity.witnesses.lattices import EXACT, Geometry, NotExactError, geometry, patterns

TRIES = 8  # cases that a witness is shown, the smallest first
LARGEST = 10_000  # elements of a case that is computed exactly


def seen_by_integers(known: Mistake, case: Case, settings: Settings) -> bool | None:
    """On integers of the case's geometry that nothing rounds, any difference refuses.

    Each pattern of the witness is drawn once; the repetitions of a run only see more.
    """
    if case.function not in EXACT:
        return None
    shape, dtype = geometry(case), widest(case)
    rng = generator(settings.seed, case.id, INTEGERS)
    try:
        found = patterns(shape, dtype, rng)
    except NotExactError:
        return None
    verdicts = [_differs(known, case, shape, draw(pattern, dtype, rng)) for pattern in found]
    return None if None in verdicts else any(verdicts)


def _differs(known: Mistake, case: Case, shape: Geometry, drawn: Drawn) -> bool | None:
    """Whether the wrong code and torch differ anywhere; None where it gives no numbers."""
    exact = replace(case, options=shape.options)
    tensors = attempt(lambda: tensors_on(known, exact, drawn.arrays, drawn.dy))
    if isinstance(tensors, str) or without_numbers(tensors):
        return None
    right = torch_tensors(shape, drawn, "cpu", oracle.CONTIGUOUS)
    return any(first_difference(tensors[name], right[name]) is not None for name in tensors)


def seen_by_balls(known: Mistake, case: Case, settings: Settings) -> bool | None:
    """Against the exact value, under the bound of one side."""
    found = beyond_exact(known, case, settings)
    return None if found is None else found > 1


def sight_of_digits(known: Mistake, case: Case, settings: Settings) -> Sight:
    """What the exact values of a case say of a form that loses digits: torch may lose them, too."""
    times = beyond_exact(known, case, settings) or 0.0
    elements = sum(array.size for array in prepare(case, widest(case), settings).inputs)
    return Sight(known.name, case.id, elements, times > 1, "", times, False, ())


def beyond_exact(known: Mistake, case: Case, settings: Settings) -> float | None:
    """How many times refimpl's own bound a mistake is off the exact value, in the widest dtype.

    None where there is no exact value, or no number to judge.
    """
    prepared = prepare(case, widest(case), settings)
    inputs = prepared.inputs
    if sum(a.size for a in inputs) > LARGEST or not all(np.isfinite(a).all() for a in inputs):
        return None
    tensors = computed(known, prepared)
    if isinstance(tensors, str):
        return None
    bounds = prepared.bounds
    exact = attempt(lambda: exact_tensors(known, prepared))
    if isinstance(exact, str):  # the mean of nothing, or a comparison that is undecided
        return None
    return max(
        (
            _times(tensor, exact[name], bounds[name].refimpl, bounds[name].overflow)
            for name, tensor in tensors.items()
        ),
        default=0.0,
    )


def exact_tensors(known: Mistake, prepared: Prepared) -> Tensors:
    """The right tensors of a case as balls that hold the exact values."""
    arrays = {
        name: exact_balls(array) if array.dtype.kind == "f" else array
        for name, array in prepared.arrays.items()
    }
    right = control(known.function)
    with precision(PRECISION):
        return tensors_on(right, prepared.case, arrays, exact_balls(prepared.dy))


def _times(tensor: Array, exact: Array, limit: Array, overflow: Array) -> float:
    """How many times its limit an element certainly lies off its exact value, at most."""
    if tensor.shape != exact.shape:
        return inf
    with precision(PRECISION):
        return max(
            (
                _off(value, arb_of(right), most)
                for value, right, most, judged in zip(
                    tensor.ravel().tolist(),
                    exact.ravel().tolist(),
                    np.broadcast_to(limit, tensor.shape).ravel().tolist(),
                    np.broadcast_to(~overflow, tensor.shape).ravel().tolist(),
                    strict=True,
                )
                if judged
            ),
            default=0.0,
        )


def _off(value: float, right: Any, most: float) -> float:
    """|value − right| over the most that is allowed: the least that the ball of `right` leaves."""
    if not right.is_finite():  # no number is right: the exponent's gradient of a negative x
        return 0.0
    if not isfinite(value):
        return inf
    apart = abs(arb_of(value) - right)
    if most == 0:
        return inf if bool(apart > 0) else 0.0
    return float((apart / most).abs_lower())


def seen_by_derivative(known: Mistake, case: Case, settings: Settings) -> bool | None:
    """The forward's own derivative against the backward, one of which is wrong."""
    shape = geometry(case)
    if not shape.inputs or sum(map(prod, shape.shapes.values())) > LARGEST:
        return None
    raised: list[Exception] = []

    def wrong(*arguments: Any, **options: Any) -> Any:
        try:
            return known.wrong(*arguments, **options)
        except Exception as error:
            raised.append(error)
            raise

    code = Code(forward=wrong) if is_forward(known) else Code(backward=wrong)
    verdict = judgement(case, widest(case), settings, code).verdict
    return verdict == OUTSIDE if verdict in (OUTSIDE, AGREES) and not raised else None


# What stands beside torch: whether a witness sees a mistake in a case; None where it cannot be
# asked (numbers that are not finite, operations that round).
Witness = Callable[[Mistake, Case, Settings], bool | None]
WITNESSES: dict[str, Witness] = {
    "integers": seen_by_integers,
    "balls": seen_by_balls,
    "derivative": seen_by_derivative,
}


def witnesses_of(known: Mistake, cases: Sequence[Case], settings: Settings) -> list[str]:
    """The kinds of witness that see a mistake in one of these cases."""
    return [
        name
        for name, sees in WITNESSES.items()
        if any(sees(known, case, settings) for case in cases[:TRIES])
    ]

"""What wrong code gives in the place of refimpl's."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from parity.cases.case import Array, Case
from parity.judges.layer import Prepared
from parity.mistakes.mistake import Mistake, tensors_of
from parity.results.judging import attempt

Tensors = dict[str, Array]


def tensors_on(known: Mistake, case: Case, arrays: Mapping[str, Array], dy: Array) -> Tensors:
    """What the wrong code gives on the arrays of a case."""
    return tensors_of(known, case.function, arrays, case.options, dy)


def computed(known: Mistake, prepared: Prepared) -> Tensors | str:
    """The same on the arrays of a prepared case, or what was raised."""
    with np.errstate(all="ignore"):
        found = attempt(lambda: tensors_on(known, prepared.case, prepared.arrays, prepared.dy))
    if isinstance(found, str):
        return found
    return without_numbers(found) or found


def without_numbers(tensors: Tensors) -> str:
    """Which of them hold no numbers: a person's program would end there by itself."""
    kinds = {
        name: tensor.dtype for name, tensor in tensors.items() if tensor.dtype.kind not in "fiu"
    }
    return ", ".join(f"gives {dtype} for {name}" for name, dtype in kinds.items())

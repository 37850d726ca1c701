"""What wrong code gives in the place of refimpl's."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from parity.cases.case import Array, Case
from parity.cases.functions import FUNCTIONS
from parity.judges.layer import Prepared
from parity.mistakes.mistake import Mistake
from parity.results.judging import attempt

Tensors = dict[str, Array]


def is_forward(known: Mistake) -> bool:
    """Whether a mistake stands in the place of a forward."""
    return known.function in FUNCTIONS


def tensors_of(known: Mistake, case: Case, arrays: Mapping[str, Array], dy: Array) -> Tensors:
    """What the wrong code gives, by the names of the right tensors."""
    function = FUNCTIONS[case.function]
    if is_forward(known):
        return {"y": function.forward(arrays, case.options, known.wrong)}
    gradients = function.backward(dy, arrays, case.options, known.wrong)
    return {f"d{name}": gradient for name, gradient in gradients.items()}


def computed(known: Mistake, prepared: Prepared) -> Tensors | str:
    """The same on the arrays of a prepared case, or what was raised."""
    with np.errstate(all="ignore"):
        found = attempt(lambda: tensors_of(known, prepared.case, prepared.arrays, prepared.dy))
    if isinstance(found, str):
        return found
    return without_numbers(found) or found


def without_numbers(tensors: Tensors) -> str:
    """Which of them hold no numbers: a person's program would end there by itself."""
    kinds = {
        name: tensor.dtype for name, tensor in tensors.items() if tensor.dtype.kind not in "fiu"
    }
    return ", ".join(f"gives {dtype} for {name}" for name, dtype in kinds.items())

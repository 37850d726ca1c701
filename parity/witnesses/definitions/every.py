"""Every compared function by its definition."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.witnesses.definitions.activations import DEFINITIONS as ACTIVATIONS
from parity.witnesses.definitions.adaptive_pooling import DEFINITIONS as ADAPTIVE_POOLING
from parity.witnesses.definitions.average_pooling import DEFINITIONS as AVERAGE_POOLING
from parity.witnesses.definitions.broadcasting import DEFINITIONS as BROADCASTING
from parity.witnesses.definitions.convolution import DEFINITIONS as CONVOLUTION
from parity.witnesses.definitions.correlation import DEFINITIONS as CORRELATION
from parity.witnesses.definitions.definition import Arrays, Definition, Options, Place
from parity.witnesses.definitions.dense import DEFINITIONS as DENSE
from parity.witnesses.definitions.dropout import DEFINITIONS as DROPOUT
from parity.witnesses.definitions.joining import DEFINITIONS as JOINING
from parity.witnesses.definitions.linear_models import DEFINITIONS as LINEAR_MODELS
from parity.witnesses.definitions.losses import DEFINITIONS as LOSSES
from parity.witnesses.definitions.max_pooling import DEFINITIONS as MAX_POOLING
from parity.witnesses.definitions.normalization import DEFINITIONS as NORMALIZATION
from parity.witnesses.definitions.optimizers import DEFINITIONS as OPTIMIZERS
from parity.witnesses.definitions.padding import DEFINITIONS as PADDING
from parity.witnesses.definitions.piecewise_activations import DEFINITIONS as PIECEWISE_ACTIVATIONS
from parity.witnesses.definitions.powers import DEFINITIONS as POWERS
from parity.witnesses.definitions.rearranging import DEFINITIONS as REARRANGING
from parity.witnesses.definitions.reductions import DEFINITIONS as REDUCTIONS
from parity.witnesses.definitions.sampling import DEFINITIONS as SAMPLING
from parity.witnesses.definitions.smooth_activations import DEFINITIONS as SMOOTH_ACTIVATIONS
from parity.witnesses.definitions.sums import SumOfProducts
from parity.witnesses.definitions.transposed_convolution import (
    DEFINITIONS as TRANSPOSED_CONVOLUTION,
)
from parity.witnesses.definitions.weighted_pooling import DEFINITIONS as WEIGHTED_POOLING

DEFINITIONS: dict[str, Definition] = {
    **CONVOLUTION,
    **TRANSPOSED_CONVOLUTION,
    **CORRELATION,
    **PADDING,
    **MAX_POOLING,
    **AVERAGE_POOLING,
    **ADAPTIVE_POOLING,
    **WEIGHTED_POOLING,
    **SAMPLING,
    **DENSE,
    **JOINING,
    **REARRANGING,
    **BROADCASTING,
    **POWERS,
    **REDUCTIONS,
    **ACTIVATIONS,
    **SMOOTH_ACTIVATIONS,
    **PIECEWISE_ACTIVATIONS,
    **DROPOUT,
    **LOSSES,
    **LINEAR_MODELS,
    **NORMALIZATION,
    **OPTIMIZERS,
}


def exact(function: str, dy: Any, arrays: Arrays, options: Options) -> dict[str, Any]:
    """The exact value "y" and gradients "dx", … of any compared function."""
    return DEFINITIONS[function](dy, arrays, options)


def exact_element(
    function: str, dy: Any, arrays: Arrays, options: Options, tensor: str, place: Place
) -> Any:
    """One element of one tensor; of a sum of products its own terms are all that is computed."""
    definition = DEFINITIONS[function]
    if isinstance(definition, SumOfProducts):
        return definition.element(dy, arrays, options, tensor, place)
    return np.asarray(definition(dy, arrays, options)[tensor])[place]

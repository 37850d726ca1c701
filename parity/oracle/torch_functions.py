"""refimpl's functions, said in torch, by their names."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from parity.oracle.activations import TORCH as ACTIVATIONS
from parity.oracle.adaptive_pooling import TORCH as ADAPTIVE_POOLING
from parity.oracle.average_pooling import TORCH as AVERAGE_POOLING
from parity.oracle.broadcasting import TORCH as BROADCASTING
from parity.oracle.convolution import TORCH as CONVOLUTION
from parity.oracle.correlation import TORCH as CORRELATION
from parity.oracle.dense import TORCH as DENSE
from parity.oracle.dropout import TORCH as DROPOUT
from parity.oracle.joining import TORCH as JOINING
from parity.oracle.linear_models import TORCH as LINEAR_MODELS
from parity.oracle.losses import TORCH as LOSSES
from parity.oracle.max_pooling import TORCH as MAX_POOLING
from parity.oracle.normalization import TORCH as NORMALIZATION
from parity.oracle.optimizers import TORCH as OPTIMIZERS
from parity.oracle.padding import TORCH as PADDING
from parity.oracle.piecewise_activations import TORCH as PIECEWISE_ACTIVATIONS
from parity.oracle.powers import TORCH as POWERS
from parity.oracle.rearranging import TORCH as REARRANGING
from parity.oracle.reductions import TORCH as REDUCTIONS
from parity.oracle.sampling import TORCH as SAMPLING
from parity.oracle.smooth_activations import TORCH as SMOOTH_ACTIVATIONS
from parity.oracle.transposed_convolution import TORCH as TRANSPOSED_CONVOLUTION
from parity.oracle.weighted_pooling import TORCH as WEIGHTED_POOLING

FUNCTIONS: dict[str, Callable[..., Tensor]] = {
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

"""The other side of the comparison: torch and torch.autograd. No other room imports torch.

Arrays go in and come out as NumPy arrays of the same dtype. This is the door: what other rooms
need of torch is here. How each function is said in torch stands in the file of its subject.
"""

from parity.oracle.arrays import CHANNELS_LAST, CONTIGUOUS, LAYOUTS
from parity.oracle.calling import TorchError
from parity.oracle.layer import (
    Calls,
    Differentiable,
    Result,
    calls,
    differentiable,
    evaluated,
    forward,
    gradcheck,
    gradients,
    gradients_alone,
    in_half,
    product,
    rounded,
)
from parity.oracle.networks import NetworkLayer, NetworkResult, descend, network, network_calls
from parity.oracle.scalars import differentiate
from parity.oracle.switches import (
    DeviceError,
    check_device,
    check_tf32,
    flags,
    keeps_float32,
    set_tf32,
    set_threads,
    single_threaded,
    tf32_as,
    thread_count,
    threads,
)
from parity.oracle.torch_functions import FUNCTIONS

__all__ = [
    "CHANNELS_LAST",
    "CONTIGUOUS",
    "FUNCTIONS",
    "LAYOUTS",
    "Calls",
    "DeviceError",
    "Differentiable",
    "NetworkLayer",
    "NetworkResult",
    "Result",
    "TorchError",
    "calls",
    "check_device",
    "check_tf32",
    "descend",
    "differentiable",
    "differentiate",
    "evaluated",
    "flags",
    "forward",
    "gradcheck",
    "gradients",
    "gradients_alone",
    "in_half",
    "keeps_float32",
    "network",
    "network_calls",
    "product",
    "rounded",
    "set_tf32",
    "set_threads",
    "single_threaded",
    "tf32_as",
    "thread_count",
    "threads",
]

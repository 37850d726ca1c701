"""What kind of row a tensor has, and to what it is the gradient, in words alike everywhere."""

from __future__ import annotations

import re
from functools import cache

from parity.cases.functions import FUNCTIONS

WAYS = {"step": "training", "free step": "free training"}
WEIGHTS = ("weight", "kernel", "bias")


def kind_of(case: str, network: str) -> str:
    """How a row came about: "layer", or the way in which a network was run.

    >>> kind_of("relu[maps]", ""), kind_of("lenet[local]", "lenet")
    ('layer', 'local')
    >>> kind_of("lenet[step 7]", "lenet"), kind_of("lenet[free step 7]", "lenet")
    ('training', 'free training')
    """
    if not network:
        return "layer"
    way = case.removeprefix(network).strip("[]").rstrip("0123456789 ")
    return WAYS.get(way, way)


def direction_of(tensor: str) -> str:
    """Where a tensor comes from: "forward", "backward", or the "update" of a step.

    >>> direction_of("y"), direction_of("delta"), direction_of("new weight")
    ('forward', 'backward', 'update')
    """
    if tensor.startswith("new "):
        return "update"
    return "backward" if tensor.startswith("d") else "forward"


@cache
def argument_of(function: str, tensor: str) -> str:
    """What a gradient is the gradient to: "input", "weight", "bias"; nothing of a value.

    Functions call their arguments x, a, logits, weight or kernel; of several inputs the second is
    "input 2". In networks delta is the gradient to a layer's own output.

    >>> argument_of("conv2d", "dweight"), argument_of("convolve2d", "dkernel")
    ('weight', 'weight')
    >>> argument_of("cross_entropy", "dlogits"), argument_of("concatenate", "dc")
    ('input', 'input 3')
    >>> argument_of("conv2d", "delta"), argument_of("conv2d", "y")
    ('output', '')
    """
    if direction_of(tensor) == "forward":
        return ""
    name = re.sub(r"^new |^d", "", tensor)
    if name in WEIGHTS:
        return name.replace("kernel", "weight")
    known = FUNCTIONS.get(function)
    inputs = [n for n in known.inputs if n not in WEIGHTS] if known else []
    if name not in inputs:
        return "output" if tensor in ("delta", "dsum") else "input"
    number = inputs.index(name) + 1
    return "input" if number == 1 else f"input {number}"

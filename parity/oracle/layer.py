"""One function in torch: its value, and its gradients by autograd."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from parity.cases.case import Array
from parity.oracle.arrays import CONTIGUOUS, laid_out, to_array, to_tensor
from parity.oracle.average_pooling import BACKWARD as AVERAGE_POOLING
from parity.oracle.called import value_of
from parity.oracle.calling import asked, recording
from parity.oracle.convolution import BACKWARD as CONVOLUTION
from parity.oracle.dense import BACKWARD as DENSE
from parity.oracle.torch_functions import FUNCTIONS

# Gradients to `wanted` without autograd, by tensors, options and dy; None where there is no way.
Backward = Callable[
    [Mapping[str, Tensor], Mapping[str, Any], Tensor, Sequence[str]], dict[str, Tensor] | None
]
BACKWARD: dict[str, Backward] = {**CONVOLUTION, **DENSE, **AVERAGE_POOLING}


@dataclass(frozen=True)
class Result:
    """What torch computed: the value, and ∂L/∂(input) by the input's name."""

    y: Array
    gradients: dict[str, Array]


def forward(
    function: str,
    arrays: Mapping[str, Array],
    options: Mapping[str, Any],
    device: str = "cpu",
    layout: str = CONTIGUOUS,
) -> Array:
    """The value of a function."""
    tensors = {name: laid_out(to_tensor(a, device), layout) for name, a in arrays.items()}
    with torch.no_grad(), asked():
        return to_array(value_of(function, tensors, options))


class Differentiable(NamedTuple):
    """A value and what torch recorded of it, which is to be asked once for gradients."""

    y: Array
    value: Tensor
    inputs: dict[str, Tensor]  # what the gradients are to
    device: str
    layout: str

    @recording
    def gradients(self, dy: Array) -> dict[str, Array]:
        """∂L/∂(input) by the input's name, for a dy of the value's shape."""
        if not self.inputs:
            return {}
        upstream = laid_out(to_tensor(dy, self.device), self.layout)
        grads = _grads(self.value, tuple(self.inputs.values()), upstream)
        return dict(zip(self.inputs, map(to_array, grads), strict=True))


@recording
def differentiable(
    function: str,
    arrays: Mapping[str, Array],
    options: Mapping[str, Any],
    wanted: Sequence[str],
    device: str = "cpu",
    layout: str = CONTIGUOUS,
) -> Differentiable:
    """The value of a function, and what gives by autograd its gradients to `wanted`."""
    tensors = {name: laid_out(to_tensor(a, device), layout) for name, a in arrays.items()}
    inputs = {name: tensors[name].requires_grad_() for name in wanted}
    with asked():
        y = value_of(function, tensors, options)
    return Differentiable(to_array(y), y, inputs, device, layout)


def gradients(
    function: str,
    arrays: Mapping[str, Array],
    options: Mapping[str, Any],
    dy: Array,
    wanted: Sequence[str],
    device: str = "cpu",
    layout: str = CONTIGUOUS,
) -> Result:
    """The value and, by autograd from the upstream gradient dy, the gradients to `wanted`."""
    found = differentiable(function, arrays, options, wanted, device, layout)
    return Result(found.y, found.gradients(dy))


def gradients_alone(
    function: str,
    arrays: Mapping[str, Array],
    options: Mapping[str, Any],
    dy: Array,
    wanted: Sequence[str],
) -> dict[str, Array]:
    """The gradients of `gradients`, without the value and without autograd where that can be."""
    found = _without_graph(function, arrays, options, dy, wanted)
    return gradients(function, arrays, options, dy, wanted).gradients if found is None else found


def evaluated(
    function: str,
    arrays: Mapping[str, Array],
    options: Mapping[str, Any],
    dy: Array,
    wanted: Sequence[str],
) -> Result:
    """What `gradients` gives, without autograd where that can be: a third less work."""
    if function not in BACKWARD:
        return gradients(function, arrays, options, dy, wanted)
    y = forward(function, arrays, options)
    _check_shapes(y.shape, dy.shape)
    return Result(y, gradients_alone(function, arrays, options, dy, wanted))


def _without_graph(
    function: str,
    arrays: Mapping[str, Array],
    options: Mapping[str, Any],
    dy: Array,
    wanted: Sequence[str],
) -> dict[str, Array] | None:
    """The gradients by what autograd would call; None where that is not known, or raises."""
    if function not in BACKWARD:
        return None
    with torch.inference_mode(False), torch.no_grad():
        tensors = {name: to_tensor(array, "cpu") for name, array in arrays.items()}
        try:
            found = BACKWARD[function](tensors, options, to_tensor(dy, "cpu"), wanted)
        except RuntimeError:  # autograd says whose fault it is
            return None
    if found is None:
        return None
    return {name: to_array(gradient) for name, gradient in found.items()}


def _grads(y: Tensor, inputs: Sequence[Tensor], dy: Tensor) -> tuple[Tensor, ...]:
    """∂(Σ dy·y)/∂input."""
    _check_shapes(y.shape, dy.shape)
    with asked():
        return _backward(y, inputs, dy)


def _backward(y: Tensor, inputs: Sequence[Tensor], dy: Tensor) -> tuple[Tensor, ...]:
    """What torch.autograd.grad(y, inputs, dy) calls when it has compared the shapes of y and dy.

    For that it would load sympy: half a second in each process.
    """
    engine = torch.autograd.Variable._execution_engine
    found: tuple[Tensor, ...] = engine.run_backward(
        (y,), (dy,), False, False, tuple(inputs), False, accumulate_grad=False
    )
    return found


def _check_shapes(y: Sequence[int], dy: Sequence[int]) -> None:
    if y != dy:
        raise ValueError(f"torch returned {tuple(y)} for y, but dy is {tuple(dy)}")


@recording
def in_half(
    function: str,
    arrays: Mapping[str, Array],
    options: Mapping[str, Any],
    dy: Array,
    wanted: Sequence[str],
    dtype: str,
    device: str = "cpu",
) -> Result:
    """The same with torch computing in float16 or bfloat16; arrays go in and out as float32.

    Raises: RuntimeError where torch has no such kernel.
    """
    tensors = {name: _half(to_tensor(array, device), dtype) for name, array in arrays.items()}
    inputs = [tensors[name].requires_grad_() for name in wanted]
    y = value_of(function, tensors, options)
    upstream = _half(to_tensor(dy, device), dtype)
    grads = _backward(y, inputs, upstream) if inputs else ()
    found = {name: to_array(grad.float()) for name, grad in zip(wanted, grads, strict=True)}
    return Result(to_array(y.float()), found)


def rounded(array: Array, dtype: str) -> Array:
    """Each number as float16 or bfloat16 holds it, in float32.

    >>> import numpy as np
    >>> rounded(np.array([1.001, 3.0]), "bfloat16")
    array([1., 3.], dtype=float32)
    """
    return to_array(_half(to_tensor(array, "cpu"), dtype).float())


def _half(tensor: Tensor, dtype: str) -> Tensor:
    """Floating numbers in half precision; indices stay."""
    return tensor.to(getattr(torch, dtype)) if tensor.is_floating_point() else tensor


class Calls(NamedTuple):
    """Forward, and forward with backward, ready to be called again and again."""

    forward: Callable[[], Any]
    step: Callable[[], Any]


def calls(
    function: str,
    arrays: Mapping[str, Array],
    options: Mapping[str, Any],
    dy: Array,
    wanted: Sequence[str],
) -> Calls:
    """What `forward` and `gradients` do, on tensors that are already there: for timing."""
    tensors = {name: to_tensor(array, "cpu") for name, array in arrays.items()}
    inputs, upstream = [tensors[name].requires_grad_() for name in wanted], to_tensor(dy, "cpu")

    def value() -> Tensor:
        return value_of(function, tensors, options)

    def forward() -> Tensor:
        with torch.no_grad():
            return value()

    return Calls(forward, lambda: torch.autograd.grad(value(), inputs, upstream))


def product(a: Array, b: Array) -> Callable[[], Any]:
    """torch's product of two matrices that are already there: for timing."""
    first, second = to_tensor(a, "cpu"), to_tensor(b, "cpu")
    return lambda: torch.mm(first, second)


def gradcheck(
    function: str, arrays: Mapping[str, Array], options: Mapping[str, Any], fast: bool
) -> bool:
    """torch.autograd.gradcheck of torch's own function, which compares it with differences."""
    tensors = [to_tensor(array, "cpu").requires_grad_() for array in arrays.values()]
    return bool(
        torch.autograd.gradcheck(
            lambda *given: FUNCTIONS[function](*given, **options), tensors, fast_mode=fast
        )
    )

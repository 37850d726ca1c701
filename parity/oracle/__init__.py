"""The other side of the comparison: torch and torch.autograd. The only file that imports torch.

Arrays go in and come out as NumPy arrays of the same dtype. Padding rules that torch does not
have ("full", asymmetric, "same" with a stride) are written here once more, from their
definitions, so that a mistake in `refimpl.shapes` has no twin.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (its customary name)

from parity.cases.case import Array

Tensor = torch.Tensor
# Where the channels of a tensor stand in memory: outermost, or beside each other.
CONTIGUOUS, CHANNELS_LAST = LAYOUTS = ("contiguous", "channels_last")


class DeviceError(ValueError):
    """A device that torch cannot use here."""


@dataclass(frozen=True)
class Result:
    """What torch computed: the value, and ∂L/∂(input) by the input's name."""

    y: Array
    gradients: dict[str, Array]


def check_device(device: str) -> None:
    """Refuse a device that torch cannot use on this machine."""
    try:
        _array(torch.zeros(1, device=device))
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise DeviceError(f"device {device}: torch cannot use it here ({reason})") from None


def set_threads(threads: int) -> None:
    """Let torch compute with so many threads."""
    torch.set_num_threads(threads)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """So many torch threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def single_threaded(tf32: bool = False) -> Iterator[None]:
    """One torch thread for a while, and no TF32 unless it is asked for."""
    set_tf32(tf32)
    with threads(1):
        yield


def set_tf32(allowed: bool) -> None:
    """Whether CUDA may round the factors of float32 products; the bounds must know."""
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def check_tf32(device: str) -> None:
    """Refuse TF32 where there are no tensor cores."""
    if torch.device(device).type != "cuda":
        raise DeviceError(f"--tf32: only CUDA devices have TF32, but the device is {device}")


def flags() -> dict[str, Any]:
    """torch's version and everything set in it that changes results."""
    return {
        "version": torch.__version__,
        "threads": torch.get_num_threads(),
        "mkldnn": torch.backends.mkldnn.enabled,
        "build": torch.__config__.show(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cuda": torch.version.cuda,
        "allow_tf32_matmul": torch.backends.cuda.matmul.allow_tf32,
        "allow_tf32_cudnn": torch.backends.cudnn.allow_tf32,
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
    }


class TorchError(RuntimeError):
    """torch raised something, or returned what cannot be compared; said in one line."""


@contextmanager
def _asked(where: str = "") -> Iterator[None]:
    """Say of whatever is raised inside that torch raised it.

    where: the layer of a network.
    """
    try:
        yield
    except Exception as error:
        said = f"torch raised {type(error).__name__}: {' '.join(str(error).split())}"
        raise TorchError(f"{where}: {said}" if where else said) from error


# --- one function -------------------------------------------------------------------------


def forward(
    function: str,
    arrays: Mapping[str, Array],
    options: Mapping[str, Any],
    device: str = "cpu",
    layout: str = CONTIGUOUS,
) -> Array:
    """The value of a function."""
    tensors = {name: _laid_out(_tensor(a, device), layout) for name, a in arrays.items()}
    with torch.no_grad(), _asked():
        return _array(FUNCTIONS[function](*tensors.values(), **options))


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
    tensors = {name: _laid_out(_tensor(a, device), layout) for name, a in arrays.items()}
    inputs = [tensors[name].requires_grad_() for name in wanted]
    with _asked():
        y = FUNCTIONS[function](*tensors.values(), **options)
    upstream = _laid_out(_tensor(dy, device), layout)
    grads = _grads(y, inputs, upstream) if inputs else ()
    return Result(_array(y), dict(zip(wanted, map(_array, grads), strict=True)))


def _grads(y: Tensor, inputs: Sequence[Tensor], dy: Tensor) -> tuple[Tensor, ...]:
    """∂(Σ dy·y)/∂input; what goes backward from y is 1·dy, exactly dy.

    Given dy beside y, torch.autograd.grad would first load sympy: half a second in each process.
    """
    if y.shape != dy.shape:
        raise ValueError(f"torch returned {tuple(y.shape)} for y, but dy is {tuple(dy.shape)}")
    with _asked():
        return torch.autograd.grad((y * dy).sum(), inputs)


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
    tensors = {name: _half(_tensor(array, device), dtype) for name, array in arrays.items()}
    inputs = [tensors[name].requires_grad_() for name in wanted]
    y = FUNCTIONS[function](*tensors.values(), **options)
    upstream = _half(_tensor(dy, device), dtype)
    grads = torch.autograd.grad(y, inputs, upstream) if inputs else ()
    found = {name: _array(grad.float()) for name, grad in zip(wanted, grads, strict=True)}
    return Result(_array(y.float()), found)


def rounded(array: Array, dtype: str) -> Array:
    """Each number as float16 or bfloat16 holds it, in float32.

    >>> rounded(np.array([1.001, 3.0]), "bfloat16")
    array([1., 3.], dtype=float32)
    """
    return _array(_half(_tensor(array, "cpu"), dtype).float())


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
    tensors = {name: _tensor(array, "cpu") for name, array in arrays.items()}
    inputs, upstream = [tensors[name].requires_grad_() for name in wanted], _tensor(dy, "cpu")

    def value() -> Tensor:
        return FUNCTIONS[function](*tensors.values(), **options)

    def forward() -> Tensor:
        with torch.no_grad():
            return value()

    return Calls(forward, lambda: torch.autograd.grad(value(), inputs, upstream))


def gradcheck(
    function: str, arrays: Mapping[str, Array], options: Mapping[str, Any], fast: bool
) -> bool:
    """torch.autograd.gradcheck of torch's own function, which compares it with differences."""
    tensors = [_tensor(array, "cpu").requires_grad_() for array in arrays.values()]
    return bool(
        torch.autograd.gradcheck(
            lambda *given: FUNCTIONS[function](*given, **options), tensors, fast_mode=fast
        )
    )


def differentiate(
    formula: Callable[..., Any], arrays: Mapping[str, Array], dy: Array | None
) -> Result:
    """A formula written with loops and indices, and autograd through each of its operations.

    The formula gets object arrays of scalars of torch. Without dy, the value only.
    """
    leaves = {name: _scalars(array) for name, array in arrays.items()}
    y = np.asarray(formula(**leaves), dtype=object)
    value = np.array([float(v.detach() if isinstance(v, Tensor) else v) for v in y.ravel()])
    value = value.reshape(y.shape)
    if dy is None:
        return Result(value, {})
    total = sum((d * v for d, v in zip(dy.ravel(), y.ravel(), strict=True)), torch.zeros(()))
    flat = [scalar for array in leaves.values() for scalar in array.ravel()]
    found = iter(torch.autograd.grad(total, flat, allow_unused=True))
    gradients = {
        name: np.array([0.0 if g is None else float(g) for g in islice(found, array.size)])
        for name, array in leaves.items()
    }
    return Result(value, {n: g.reshape(arrays[n].shape) for n, g in gradients.items()})


def _scalars(array: Array) -> Array:
    """An object array of differentiable scalars."""
    scalars = np.empty(array.shape, object)
    for index in np.ndindex(*array.shape):
        scalars[index] = torch.tensor(float(array[index]), dtype=torch.float64, requires_grad=True)
    return scalars


def _tensor(array: Array, device: str) -> Tensor:
    """A tensor of its own memory; torch has no negative strides, others are kept in order."""
    return torch.from_numpy(np.array(array, order="K")).to(device)


def _laid_out(tensor: Tensor, layout: str) -> Tensor:
    """Maps and volumes in the layout asked for; others have one only."""
    if layout == CHANNELS_LAST and tensor.ndim in (4, 5):
        last = torch.channels_last if tensor.ndim == 4 else torch.channels_last_3d
        return tensor.contiguous(memory_format=last)
    return tensor


def _array(tensor: Tensor) -> Array:
    return tensor.detach().cpu().numpy()


def _recorded(tensor: Tensor) -> Array:
    """Read-only: a layer that works in place must not spoil its neighbour's input."""
    array = _array(tensor)
    array.setflags(write=False)
    return array


# --- a network ----------------------------------------------------------------------------


@dataclass(frozen=True)
class NetworkLayer:
    """A layer for torch: function, whose outputs it takes, parameters, constants, options."""

    function: str
    inputs: tuple[str, ...]
    parameters: Mapping[str, Array]
    constants: Mapping[str, Array]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class NetworkResult:
    """A network's forward and backward in torch, all by the layer's name."""

    inputs: dict[str, tuple[Array, ...]]
    outputs: dict[str, Array]
    dinputs: dict[str, tuple[Array, ...]]  # ∂L/∂(input of the layer), this layer's part alone
    doutputs: dict[str, Array]  # ∂L/∂(output of the layer), and of "x", the network's input
    dparameters: dict[str, dict[str, Array]]
    loss: Array


def network(
    layers: Mapping[str, NetworkLayer],
    x: Array,
    target: Array,
    loss: str = "cross_entropy",
    loss_options: Mapping[str, Any] | None = None,
    device: str = "cpu",
    layout: str = CONTIGUOUS,
) -> NetworkResult:
    """Run a graph of layers and a loss, and everything autograd finds behind it.

    Without a loss, target is the upstream gradient: L = Σ output · target.
    """
    parameters = {
        name: {
            key: _laid_out(_tensor(p, device), layout).requires_grad_()
            for key, p in layer.parameters.items()
        }
        for name, layer in layers.items()
    }
    values = {"x": _laid_out(_tensor(x, device), layout).requires_grad_()}
    taken: dict[str, tuple[Tensor, ...]] = {}
    for name, layer in layers.items():
        # A view for each layer that takes a value: its gradient is that layer's part alone.
        taken[name] = tuple(values[source].view_as(values[source]) for source in layer.inputs)
        constants = (_tensor(c, device) for c in layer.constants.values())
        with _asked(name):
            values[name] = FUNCTIONS[layer.function](
                *taken[name], *parameters[name].values(), *constants, **layer.options
            )
    output = list(values.values())[-1]
    goal = _tensor(target, device)
    with _asked(loss):
        total = (
            FUNCTIONS[loss](output, goal, **(loss_options or {})) if loss else (output * goal).sum()
        )
    edges = [tensor for tensors in taken.values() for tensor in tensors]
    leaves = [p for layer in parameters.values() for p in layer.values()]
    with _asked():
        found = torch.autograd.grad(total, [*values.values(), *edges, *leaves])
    grads = map(_recorded, found)
    return NetworkResult(
        doutputs={name: next(grads) for name in values},
        dinputs={name: tuple(next(grads) for _ in taken[name]) for name in layers},
        dparameters={n: {key: next(grads) for key in ps} for n, ps in parameters.items()},
        inputs={name: tuple(map(_recorded, taken[name])) for name in layers},
        outputs={name: _recorded(values[name]) for name in layers},
        loss=_array(total),
    )


def network_calls(layers: Mapping[str, NetworkLayer], x: Array, target: Array, loss: str) -> Calls:
    """A network and its loss, and autograd to x and every parameter: for timing."""
    inputs, answers = _tensor(x, "cpu").requires_grad_(), _tensor(target, "cpu")
    parameters = {
        name: [_tensor(p, "cpu").requires_grad_() for p in layer.parameters.values()]
        for name, layer in layers.items()
    }
    constants = {
        name: [_tensor(c, "cpu") for c in layer.constants.values()]
        for name, layer in layers.items()
    }

    def value() -> Tensor:
        values = {"x": inputs}
        for name, layer in layers.items():
            taken = (values[source] for source in layer.inputs)
            values[name] = FUNCTIONS[layer.function](
                *taken, *parameters[name], *constants[name], **layer.options
            )
        return FUNCTIONS[loss](values[name], answers)

    def forward() -> Tensor:
        with torch.no_grad():
            return value()

    leaves = [inputs, *(p for layer in parameters.values() for p in layer)]
    return Calls(forward, lambda: torch.autograd.grad(value(), leaves))


def descend(value: Array, gradient: Array, learning_rate: float, device: str = "cpu") -> Array:
    """What torch.optim.SGD does in a step; the class itself takes a second to import."""
    return _array(_tensor(value, device).add_(_tensor(gradient, device), alpha=-learning_rate))


# --- refimpl's functions, said in torch ---------------------------------------------------


def _conv(n: int) -> Callable[..., Tensor]:
    convolve = (F.conv1d, F.conv2d, F.conv3d)[n - 1]

    def apply(
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        stride, dilation = _each(stride, n), _each(dilation, n)
        if not (isinstance(padding, str) and padding != "full" and max(stride) == 1):
            pairs = _pairs(padding, x.shape[2:], weight.shape[2:], stride, dilation)
            if all(before == after for before, after in pairs):
                padding = tuple(before for before, _ in pairs)
            else:
                x, padding = _padded(x, pairs), 0
        with warnings.catch_warnings():
            # torch tells that "same" with an even kernel costs it a copy.
            warnings.filterwarnings("ignore", "Using padding='same' with even kernel")
            return convolve(x, weight, bias, stride, padding, dilation, groups)

    return apply


def _each(value: Any, n: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, Sequence) else (value,) * n


def _pairs(
    padding: Any, sizes: Any, kernel: Any, stride: Any, dilation: Any
) -> list[tuple[int, int]]:
    """Padding before and after each axis."""
    spans = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    if padding == "valid":
        return [(0, 0)] * len(spans)
    if padding == "full":
        return [(span, span) for span in spans]
    if padding == "same":
        pairs = []
        for size, span, s in zip(sizes, spans, stride, strict=True):
            missing = max(0, (math.ceil(size / s) - 1) * s + span + 1 - size)
            pairs.append((missing // 2, math.ceil(missing / 2)))
        return pairs
    entries = _each(padding, len(spans))
    return [(e, e) if isinstance(e, int) else (e[0], e[1]) for e in entries]


def _padded(x: Tensor, pairs: list[tuple[int, int]]) -> Tensor:
    return F.pad(x, [side for pair in reversed(pairs) for side in pair])


def _correlate2d(a: Tensor, kernel: Tensor, mode: str = "full") -> Tensor:
    k_h, k_w = kernel.shape
    if mode == "same":  # of an even kernel's zeros the odd one behind
        a = F.pad(a, [(k_w - 1) // 2, k_w // 2, (k_h - 1) // 2, k_h // 2])
    return _slide(a, kernel, mode)


def _convolve2d(a: Tensor, kernel: Tensor, mode: str = "full") -> Tensor:
    k_h, k_w = kernel.shape
    if mode == "same":  # the middle of "full" begins at (k − 1)//2
        a = F.pad(a, [k_w // 2, (k_w - 1) // 2, k_h // 2, (k_h - 1) // 2])
    return _slide(a, kernel.flip((-2, -1)), mode)


def _slide(a: Tensor, kernel: Tensor, mode: str) -> Tensor:
    """Every matrix of a (…, H, W) with one kernel; in "valid" the smaller one slides."""
    (h, w), (k_h, k_w) = a.shape[-2:], kernel.shape
    if mode == "valid" and (k_h > h or k_w > w):
        windows = kernel.unfold(0, h, 1).unfold(1, w, 1)
        return torch.einsum("...hw,ijhw->...ij", a, windows).flip((-2, -1))
    padding = (k_h - 1, k_w - 1) if mode == "full" else 0
    y = F.conv2d(a.reshape(-1, 1, h, w), kernel[None, None], padding=padding)
    return y.reshape(*a.shape[:-2], *y.shape[-2:])


def _shared_conv2d(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """One turned kernel for all maps, so for their sum."""
    return F.conv2d(x.sum(1, keepdim=True), weight.flip((-2, -1))[:, None], bias)


def _weighted_pool2d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = None
) -> Tensor:
    """A convolution in which each channel is a group of its own."""
    stride = tuple(weight.shape[1:]) if stride is None else stride
    return F.conv2d(x, weight[:, None], bias, stride, groups=len(weight))


def _gaussian_pool2d(x: Tensor, kernel_size: Any, sigma: float, stride: Any = None) -> Tensor:
    weight = _gaussian_weights(x, _each(kernel_size, 2), sigma)
    return _weighted_pool2d(x, weight.expand(x.shape[1], -1, -1), None, stride)


def _gaussian_weights(x: Tensor, kernel: tuple[int, ...], sigma: float) -> Tensor:
    """e^(−r²/(2σ²)), r the distance from the centre, over their sum; σ in the dtype of x."""
    rows, columns = (torch.arange(k, device=x.device).to(x) - (k - 1) / 2 for k in kernel)
    squares = rows[:, None] ** 2 + columns**2
    width = torch.as_tensor(sigma, dtype=x.dtype, device=x.device)
    # One factor for all of them, so that they don't all underflow.
    powers = torch.exp(-(squares - squares.min()) / 2 / width / width)
    return powers / powers.sum()


def _downsample(x: Tensor, size: Any, how: str = "max", edge: str = "zero_pad") -> Tensor:
    k_h, k_w = _each(size, 2)
    if edge == "zero_pad":
        x = F.pad(x, [0, -x.shape[3] % k_w, 0, -x.shape[2] % k_h])
    return (F.max_pool2d if how == "max" else F.avg_pool2d)(x, (k_h, k_w))


def _cross_entropy(logits: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    return F.cross_entropy(logits, target, reduction=reduction)


def _binary_cross_entropy(logits: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, target, reduction=reduction)


def _log_likelihood(logits: Tensor, target: Tensor) -> Tensor:
    return (target * F.logsigmoid(logits) + (1 - target) * F.logsigmoid(-logits)).sum()


def _perceptron_loss(score: Tensor, target: Tensor) -> Tensor:
    return F.relu(-target * score).sum()


def _dropout(x: Tensor, mask: Tensor, p: float = 0.5) -> Tensor:
    """What F.dropout does on a processor once its mask is drawn: the mask, divided, times x."""
    return x * mask.to(x.dtype).div_(1 - p)


def _squared_error(output: Tensor, target: Tensor) -> Tensor:
    return F.mse_loss(output, target, reduction="sum") / 2


FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    "conv1d": _conv(1),
    "conv2d": _conv(2),
    "conv3d": _conv(3),
    "correlate2d": _correlate2d,
    "convolve2d": _convolve2d,
    "rot180": lambda a: a.flip((-2, -1)),
    "shared_conv2d": _shared_conv2d,
    "max_pool1d": F.max_pool1d,
    "max_pool2d": F.max_pool2d,
    "max_pool3d": F.max_pool3d,
    "max_pool1d_with_indices": lambda *a, **k: F.max_pool1d_with_indices(*a, **k)[1],
    "max_pool2d_with_indices": lambda *a, **k: F.max_pool2d_with_indices(*a, **k)[1],
    "max_pool3d_with_indices": lambda *a, **k: F.max_pool3d_with_indices(*a, **k)[1],
    "avg_pool1d": F.avg_pool1d,
    "avg_pool2d": F.avg_pool2d,
    "avg_pool3d": F.avg_pool3d,
    "weighted_pool2d": _weighted_pool2d,
    "gaussian_pool2d": _gaussian_pool2d,
    "downsample": _downsample,
    "linear": F.linear,
    "flatten": lambda x: torch.flatten(x, 1),
    "add": torch.add,
    "concatenate": lambda *maps: torch.cat(maps, 1),
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "dsigmoid": lambda o: torch.ops.aten.sigmoid_backward(torch.ones_like(o), o),
    "dtanh": lambda o: torch.ops.aten.tanh_backward(torch.ones_like(o), o),
    "sign": torch.sign,
    "softmax": lambda x, axis=-1: F.softmax(x, dim=axis),
    "log_softmax": lambda x, axis=-1: F.log_softmax(x, dim=axis),
    "dropout": _dropout,
    "perceptron": lambda *a: torch.sign(F.linear(*a)),
    "logistic_regression": lambda *a: torch.sigmoid(F.linear(*a)),
    "softmax_regression": lambda *a: F.softmax(F.linear(*a), dim=-1),
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy_with_logits": _binary_cross_entropy,
    "log_likelihood": _log_likelihood,
    "perceptron_loss": _perceptron_loss,
    "squared_error": _squared_error,
}

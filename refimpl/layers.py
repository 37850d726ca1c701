"""Layers: a function of this package together with its parameters and options.

A layer keeps no activations: `backward` is given the input that `forward` was given, so any
layer can be run, and checked, alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any, ClassVar, NamedTuple

import numpy as np

from refimpl import (
    activations,
    adaptive_pooling,
    average_pooling,
    broadcasting,
    convolution,
    dense,
    joining,
    max_pooling,
    normalization,
    padding,
    reductions,
    transposed_convolution,
)
from refimpl.checks import Ints
from refimpl.dropout import dropout, dropout_backward
from refimpl.elements import Array
from refimpl.reductions import Axes
from refimpl.shapes import OutputSize, Padding


class LayerGrads(NamedTuple):
    """∂L/∂x, and ∂L/∂(parameter) by the parameter's name.

    dx is an array; for a layer with several inputs (`Add`, `Multiply`, `Concatenate`) a
    tuple of arrays.
    """

    dx: Any
    dparameters: dict[str, Array]


class Layer:
    """A function with its parameters (arrays that learn) and options (what does not).

    constants: arrays that are given and do not learn (the mask of a dropout).
    Source: D1.30 (its output and backpropagate are forward and backward).

    >>> Conv2d(np.zeros((8, 3, 5, 5)), np.zeros(8), stride=2)
    <Conv2d 3 -> 8, kernel 5x5, stride 2, 608 parameters>
    >>> MaxPool2d(3, padding=1), Dropout(np.array([1, 0, 1])), ReLU()
    (<MaxPool2d kernel_size 3, padding 1>, <Dropout mask 3>, <ReLU>)
    """

    function: ClassVar[str]  # the function of refimpl that this layer applies
    inputs: ClassVar[int | None] = 1  # how many arrays it takes; None: any number

    def __init__(self, parameters: Mapping[str, Array] | None = None, **options: Any) -> None:
        self.parameters: dict[str, Array] = dict(parameters or {})
        self.constants: dict[str, Array] = {}
        self.options = options

    def forward(self, *xs: Any, **named: Any) -> Array:
        """y, the layer's output: `forward(x)`, of a joining layer `forward(*xs)`."""
        raise TypeError(f"{type(self).__name__} is no layer: it has no forward")

    def backward(self, dy: Array, *xs: Any, **named: Any) -> LayerGrads:
        """∂L/∂x and ∂L/∂parameters, given dy = ∂L/∂y and the inputs of the forward."""
        raise TypeError(f"{type(self).__name__} is no layer: it has no backward")

    def __repr__(self) -> str:
        return f"<{described(self)}>"


def described(layer: Layer) -> str:
    """Which layer it is: its sizes, the options that are not left as they are, its parameters.

    >>> described(Linear(np.zeros((2, 4)), np.zeros(2)))
    'Linear 4 -> 2, 10 parameters'
    """
    left = {n: p.default for n, p in signature(type(layer)).parameters.items()}
    options = [f"{n} {v}" for n, v in layer.options.items() if str(v) != str(left.get(n))]
    constants = [f"{n} {by(np.shape(array))}" for n, array in layer.constants.items()]
    said = [*_sizes(layer), *options, *constants, *counted(parameters_of(layer))]
    return " ".join([type(layer).__name__, ", ".join(said)]).strip()


def _sizes(layer: Layer) -> list[str]:
    """How many features or maps go in and out, and the kernel."""
    weight = np.shape(layer.parameters.get("weight", ()))
    if len(weight) < 2:
        return []
    depth, outputs = weight[1] * layer.options.get("groups", 1), weight[0]
    if layer.function == "conv_transpose2d":  # whose weight has the inputs first
        depth, outputs = outputs, depth
    kernel = [f"kernel {by(weight[2:])}"] if weight[2:] else []
    return [f"{depth} -> {outputs}", *kernel]


def by(shape: tuple[int, ...]) -> str:
    """A shape, `3x5`."""
    return "x".join(map(str, shape))


def parameters_of(layer: Layer) -> int:
    """How many numbers of a layer learn.

    >>> parameters_of(Linear(np.zeros((2, 4)), np.zeros(2)))
    10
    """
    return sum(int(np.size(parameter)) for parameter in layer.parameters.values())


def counted(parameters: int) -> list[str]:
    """`2 parameters`, and nothing of none."""
    return [f"{parameters} parameter{'s' * (parameters != 1)}"] if parameters else []


def _given(weight: Array, bias: Array | None) -> dict[str, Array]:
    """The parameters of a layer; the bias only where it has one."""
    return {"weight": weight} if bias is None else {"weight": weight, "bias": bias}


def _of_given(layer: Layer, dweight: Array, dbias: Array) -> dict[str, Array]:
    """The gradients of what `_given` gave."""
    return _given(dweight, dbias if "bias" in layer.parameters else None)


class Conv2d(Layer):
    """Convolution, see `refimpl.conv2d`.

    >>> layer = Conv2d(np.ones((1, 1, 2, 2)), np.array([0.5]))
    >>> layer.forward(np.arange(4.0).reshape(1, 1, 2, 2))
    array([[[[6.5]]]])
    """

    function = "conv2d"

    def __init__(
        self,
        weight: Array,
        bias: Array | None = None,
        stride: Ints = 1,
        padding: Padding = 0,
        dilation: Ints = 1,
        groups: int = 1,
        padding_mode: str = "zeros",
    ) -> None:
        super().__init__(
            _given(weight, bias),
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
            padding_mode=padding_mode,
        )

    def forward(self, x: Array) -> Array:
        p = self.parameters
        return convolution.conv2d(x, p["weight"], p.get("bias"), **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        weight = self.parameters["weight"]
        dx, dweight, dbias = convolution.conv2d_backward(dy, x, weight, **self.options)
        return LayerGrads(dx, _of_given(self, dweight, dbias))


class ConvTranspose2d(Layer):
    """Transposed convolution, see `refimpl.conv_transpose2d`.

    >>> layer = ConvTranspose2d(np.array([[[[1.0, 10.0]]]]), np.array([0.5]), stride=(1, 2))
    >>> layer.forward(np.array([[[[1.0, 2.0]]]]))
    array([[[[ 1.5, 10.5,  2.5, 20.5]]]])
    """

    function = "conv_transpose2d"

    def __init__(
        self,
        weight: Array,
        bias: Array | None = None,
        stride: Ints = 1,
        padding: Ints = 0,
        output_padding: Ints = 0,
        groups: int = 1,
        dilation: Ints = 1,
    ) -> None:
        super().__init__(
            _given(weight, bias),
            stride=stride,
            padding=padding,
            output_padding=output_padding,
            groups=groups,
            dilation=dilation,
        )

    def forward(self, x: Array) -> Array:
        weight, bias = self.parameters["weight"], self.parameters.get("bias")
        return transposed_convolution.conv_transpose2d(x, weight, bias, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        dx, dweight, dbias = transposed_convolution.conv_transpose2d_backward(
            dy, x, self.parameters["weight"], **self.options
        )
        return LayerGrads(dx, _of_given(self, dweight, dbias))


class Pad(Layer):
    """Maps with a frame, see `refimpl.pad`.

    >>> Pad(((0, 0), (2, 1)), "circular").forward(np.array([[[[1.0, 2.0, 3.0]]]]))
    array([[[[2., 3., 1., 2., 3., 1.]]]])
    """

    function = "pad"

    def __init__(self, padding: Padding, mode: str = "constant", value: Any = 0) -> None:
        super().__init__(padding=padding, mode=mode, value=value)

    def forward(self, x: Array) -> Array:
        return padding.pad(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(padding.pad_backward(dy, x, **self.options), {})


class Linear(Layer):
    """Fully connected layer, see `refimpl.linear`.

    >>> layer = Linear(np.array([[3.0, 4.0]]), np.array([0.5]))
    >>> layer.backward(np.array([[2.0]]), np.array([[1.0, 10.0]])).dparameters["weight"]
    array([[ 2., 20.]])
    """

    function = "linear"

    def __init__(self, weight: Array, bias: Array | None = None) -> None:
        super().__init__(_given(weight, bias))

    def forward(self, x: Array) -> Array:
        return dense.linear(x, **self.parameters)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        dx, dweight, dbias = dense.linear_backward(dy, x, self.parameters["weight"])
        return LayerGrads(dx, _of_given(self, dweight, dbias))


class MaxPool2d(Layer):
    """Maximum of each window, see `refimpl.max_pool2d`.

    >>> MaxPool2d(2).forward(np.arange(4.0).reshape(1, 1, 2, 2))
    array([[[[3.]]]])
    """

    function = "max_pool2d"

    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Ints = 0,
        dilation: Ints = 1,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
        )

    def forward(self, x: Array) -> Array:
        return max_pooling.max_pool2d(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(max_pooling.max_pool2d_backward(dy, x, **self.options), {})


class AvgPool2d(Layer):
    """Mean of each window, see `refimpl.avg_pool2d`.

    >>> AvgPool2d(2).forward(np.arange(4.0).reshape(1, 1, 2, 2))
    array([[[[1.5]]]])
    """

    function = "avg_pool2d"

    def __init__(
        self,
        kernel_size: Ints,
        stride: Ints | None = None,
        padding: Ints = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
            divisor_override=divisor_override,
        )

    def forward(self, x: Array) -> Array:
        return average_pooling.avg_pool2d(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(average_pooling.avg_pool2d_backward(dy, x, **self.options), {})


class AdaptiveAvgPool2d(Layer):
    """Mean of each of so many windows, see `refimpl.adaptive_avg_pool2d`.

    >>> AdaptiveAvgPool2d((1, 2)).forward(np.array([[[[1.0, 2.0, 6.0]]]]))
    array([[[[1.5, 4. ]]]])
    """

    function = "adaptive_avg_pool2d"

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__(output_size=output_size)

    def forward(self, x: Array) -> Array:
        return adaptive_pooling.adaptive_avg_pool2d(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(adaptive_pooling.adaptive_avg_pool2d_backward(dy, x, **self.options), {})


class AdaptiveMaxPool2d(Layer):
    """Maximum of each of so many windows, see `refimpl.adaptive_max_pool2d`.

    >>> AdaptiveMaxPool2d((1, 2)).forward(np.array([[[[1.0, 2.0, 6.0]]]]))
    array([[[[2., 6.]]]])
    """

    function = "adaptive_max_pool2d"

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__(output_size=output_size)

    def forward(self, x: Array) -> Array:
        return adaptive_pooling.adaptive_max_pool2d(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(adaptive_pooling.adaptive_max_pool2d_backward(dy, x, **self.options), {})


class GlobalAvgPool(Layer):
    """Mean of each map, see `refimpl.global_avg_pool`.

    >>> GlobalAvgPool().forward(np.array([[[[1.0, 2.0, 6.0]]]]))
    array([[[[3.]]]])
    """

    function = "global_avg_pool"

    def forward(self, x: Array) -> Array:
        return adaptive_pooling.global_avg_pool(x)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(adaptive_pooling.global_avg_pool_backward(dy, x), {})


class Mean(Layer):
    """Mean over axes, see `refimpl.mean`.

    >>> Mean((1, 2)).forward(np.array([[[1.0, 2.0, 6.0]], [[3.0, 4.0, 8.0]]]))
    array([3., 5.])
    """

    function = "mean"

    def __init__(self, axis: Axes = None, keepdims: bool = False) -> None:
        super().__init__(axis=axis, keepdims=keepdims)

    def forward(self, x: Array) -> Array:
        return reductions.mean(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(reductions.mean_backward(dy, x, **self.options), {})


class GlobalMaxPool(Layer):
    """Maximum of each map, see `refimpl.global_max_pool`.

    >>> GlobalMaxPool().forward(np.array([[[[1.0, 2.0, 6.0]]]]))
    array([[[[6.]]]])
    """

    function = "global_max_pool"

    def forward(self, x: Array) -> Array:
        return adaptive_pooling.global_max_pool(x)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(adaptive_pooling.global_max_pool_backward(dy, x), {})


class Flatten(Layer):
    """Feature maps to one vector, see `refimpl.flatten`.

    >>> Flatten().forward(np.zeros((2, 3, 4, 5))).shape
    (2, 60)
    """

    function = "flatten"

    def forward(self, x: Array) -> Array:
        return dense.flatten(x)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(dense.flatten_backward(dy, x), {})


class ReLU(Layer):
    """max(0, x), see `refimpl.relu`.

    >>> ReLU().forward(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    function = "relu"

    def forward(self, x: Array) -> Array:
        return activations.relu(x)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(activations.relu_backward(dy, x), {})


class LeakyReLU(Layer):
    """x or negative_slope · x, see `refimpl.leaky_relu`.

    >>> LeakyReLU(0.5).forward(np.array([-1.0, 2.0]))
    array([-0.5,  2. ])
    """

    function = "leaky_relu"

    def __init__(self, negative_slope: Any = 0.01) -> None:
        super().__init__(negative_slope=negative_slope)

    def forward(self, x: Array) -> Array:
        return activations.leaky_relu(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(activations.leaky_relu_backward(dy, x, **self.options), {})


class Sigmoid(Layer):
    """1/(1 + e^(−x)), see `refimpl.sigmoid`.

    >>> Sigmoid().forward(np.array([0.0]))
    array([0.5])
    """

    function = "sigmoid"

    def forward(self, x: Array) -> Array:
        return activations.sigmoid(x)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(activations.sigmoid_backward(dy, x), {})


class Tanh(Layer):
    """Hyperbolic tangent, see `refimpl.tanh`.

    >>> Tanh().forward(np.array([0.0]))
    array([0.])
    """

    function = "tanh"

    def forward(self, x: Array) -> Array:
        return activations.tanh(x)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(activations.tanh_backward(dy, x), {})


class Softmax(Layer):
    """Softmax along one axis, see `refimpl.softmax`.

    >>> Softmax().forward(np.array([[0.0, 0.0]]))
    array([[0.5, 0.5]])
    """

    function = "softmax"

    def __init__(self, axis: int = -1) -> None:
        super().__init__(axis=axis)

    def forward(self, x: Array) -> Array:
        return activations.softmax(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(activations.softmax_backward(dy, x, **self.options), {})


class Dropout(Layer):
    """Dropout whose mask is given, see `refimpl.dropout`; without a mask x passes as it is.

    >>> Dropout(np.array([1, 0])).forward(np.array([3.0, 5.0]))
    array([6., 0.])
    """

    function = "dropout"

    def __init__(self, mask: Array | None = None, p: Any = 0.5) -> None:
        super().__init__(p=p)
        if mask is not None:
            self.constants["mask"] = mask

    def forward(self, x: Array) -> Array:
        if not self.constants:
            return np.array(x)
        return dropout(x, self.constants["mask"], **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        if not self.constants:
            return LayerGrads(np.array(dy), {})
        return LayerGrads(dropout_backward(dy, x, self.constants["mask"], **self.options), {})


class BatchNorm(Layer):
    """Batch normalisation, see `refimpl.batch_norm`.

    In training it normalises by the batch's own statistics; the running ones are constants, which
    `running_statistics` makes anew for another layer.

    >>> layer = BatchNorm(np.array([10.0]), np.array([0.5]), training=True, eps=0)
    >>> layer.forward(np.array([[1.0], [3.0]]))
    array([[-9.5],
           [10.5]])
    """

    function = "batch_norm"

    def __init__(
        self,
        weight: Array,
        bias: Array,
        running_mean: Array | None = None,
        running_var: Array | None = None,
        training: bool = False,
        momentum: Any = None,
        eps: Any = 1e-5,
    ) -> None:
        super().__init__(
            {"weight": weight, "bias": bias}, training=training, momentum=momentum, eps=eps
        )
        running = {"running_mean": running_mean, "running_var": running_var}
        self.constants |= {name: array for name, array in running.items() if array is not None}

    def forward(self, x: Array) -> Array:
        p = self.parameters
        return normalization.batch_norm(x, *self._running(), p["weight"], p["bias"], **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        weight = self.parameters["weight"]
        dx, dweight, dbias = normalization.batch_norm_backward(
            dy, x, *self._running(), weight, **self.options
        )
        return LayerGrads(dx, {"weight": dweight, "bias": dbias})

    def _running(self) -> tuple[Array | None, Array | None]:
        return self.constants.get("running_mean"), self.constants.get("running_var")


class LayerNorm(Layer):
    """Layer normalisation, see `refimpl.layer_norm`; normalized_shape is that of the weight.

    >>> LayerNorm(np.array([1.0, 5.0]), np.zeros(2), eps=0).forward(np.array([[1.0, 3.0]]))
    array([[-1.,  5.]])
    """

    function = "layer_norm"

    def __init__(
        self,
        weight: Array,
        bias: Array,
        normalized_shape: Ints | None = None,
        eps: Any = 1e-5,
    ) -> None:
        shape = np.shape(weight) if normalized_shape is None else normalized_shape
        super().__init__({"weight": weight, "bias": bias}, normalized_shape=shape, eps=eps)

    def forward(self, x: Array) -> Array:
        p = self.parameters
        return normalization.layer_norm(x, weight=p["weight"], bias=p["bias"], **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        weight = self.parameters["weight"]
        dx, dweight, dbias = normalization.layer_norm_backward(dy, x, weight=weight, **self.options)
        return LayerGrads(dx, {"weight": dweight, "bias": dbias})


class GroupNorm(Layer):
    """Group normalisation, see `refimpl.group_norm`.

    >>> layer = GroupNorm(np.ones(4), np.zeros(4), 2, eps=0)
    >>> layer.forward(np.array([[1.0, 3.0, 10.0, 30.0]]))
    array([[-1.,  1., -1.,  1.]])
    """

    function = "group_norm"

    def __init__(self, weight: Array, bias: Array, num_groups: int, eps: Any = 1e-5) -> None:
        super().__init__({"weight": weight, "bias": bias}, num_groups=num_groups, eps=eps)

    def forward(self, x: Array) -> Array:
        p = self.parameters
        return normalization.group_norm(x, weight=p["weight"], bias=p["bias"], **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        weight = self.parameters["weight"]
        dx, dweight, dbias = normalization.group_norm_backward(dy, x, weight=weight, **self.options)
        return LayerGrads(dx, {"weight": dweight, "bias": dbias})


class LocalResponseNorm(Layer):
    """Local response normalisation, see `refimpl.local_response_norm`.

    >>> LocalResponseNorm(1, alpha=3, beta=1).forward(np.array([[[1.0]]]))
    array([[[0.25]]])
    """

    function = "local_response_norm"

    def __init__(self, size: int, alpha: Any = 1e-4, beta: Any = 0.75, k: Any = 1.0) -> None:
        super().__init__(size=size, alpha=alpha, beta=beta, k=k)

    def forward(self, x: Array) -> Array:
        return normalization.local_response_norm(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(normalization.local_response_norm_backward(dy, x, **self.options), {})


class Add(Layer):
    """Sum of two inputs, which may broadcast, see `refimpl.add`.

    >>> Add().forward(np.array([1.0]), np.array([2.0]))
    array([3.])
    """

    function = "add"
    inputs = 2

    def forward(self, x: Array, other: Array) -> Array:
        return broadcasting.add(x, other)

    def backward(self, dy: Array, x: Array, other: Array) -> LayerGrads:
        return LayerGrads(tuple(broadcasting.add_backward(dy, x, other)), {})


class Multiply(Layer):
    """Product of two inputs that broadcast, see `refimpl.multiply`.

    >>> maps, gate = np.array([[[1.0, 2.0], [3.0, 4.0]]]), np.array([[[10.0], [0.5]]])
    >>> Multiply().forward(maps, gate)
    array([[[10. , 20. ],
            [ 1.5,  2. ]]])
    """

    function = "multiply"
    inputs = 2

    def forward(self, x: Array, other: Array) -> Array:
        return broadcasting.multiply(x, other)

    def backward(self, dy: Array, x: Array, other: Array) -> LayerGrads:
        return LayerGrads(tuple(broadcasting.multiply_backward(dy, x, other)), {})


class Concatenate(Layer):
    """Feature maps stacked along the depth, see `refimpl.concatenate`.

    >>> Concatenate().forward(np.array([[1.0]]), np.array([[2.0, 3.0]]))
    array([[1., 2., 3.]])
    """

    function = "concatenate"
    inputs = None

    def forward(self, *maps: Array) -> Array:
        return joining.concatenate(*maps)

    def backward(self, dy: Array, *maps: Array) -> LayerGrads:
        return LayerGrads(joining.concatenate_backward(dy, *maps), {})

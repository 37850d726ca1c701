"""Layers of the smooth activation functions and of those made of pieces."""

from __future__ import annotations

from typing import Any

from refimpl.elements import Array
from refimpl.layers import Layer, LayerGrads
from refimpl.piecewise_activations import (
    hardsigmoid,
    hardsigmoid_backward,
    hardswish,
    hardswish_backward,
    prelu,
    prelu_backward,
)
from refimpl.smooth_activations import (
    elu,
    elu_backward,
    gelu,
    gelu_backward,
    silu,
    silu_backward,
    softplus,
    softplus_backward,
)


class Softplus(Layer):
    """log(1 + e^(beta · x))/beta, see `refimpl.softplus`.

    >>> Softplus().forward(np.array([0.0]))
    array([0.69314718])
    """

    function = "softplus"

    def __init__(self, beta: Any = 1, threshold: Any = None) -> None:
        super().__init__(beta=beta, threshold=threshold)

    def forward(self, x: Array) -> Array:
        return softplus(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(softplus_backward(dy, x, **self.options), {})


class SiLU(Layer):
    """x · σ(x), see `refimpl.silu`.

    >>> SiLU().forward(np.array([0.0, 2.0]))
    array([0.        , 1.76159416])
    """

    function = "silu"

    def forward(self, x: Array) -> Array:
        return silu(x)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(silu_backward(dy, x), {})


class GELU(Layer):
    """x · Φ(x), see `refimpl.gelu`.

    >>> GELU().forward(np.array([0.0, 1.0]))
    array([0.        , 0.84134475])
    """

    function = "gelu"

    def __init__(self, approximate: str = "none") -> None:
        super().__init__(approximate=approximate)

    def forward(self, x: Array) -> Array:
        return gelu(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(gelu_backward(dy, x, **self.options), {})


class ELU(Layer):
    """x or alpha · (e^x − 1), see `refimpl.elu`.

    >>> ELU(2).forward(np.array([-1.0, 3.0]))
    array([-1.26424112,  3.        ])
    """

    function = "elu"

    def __init__(self, alpha: Any = 1) -> None:
        super().__init__(alpha=alpha)

    def forward(self, x: Array) -> Array:
        return elu(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(elu_backward(dy, x, **self.options), {})


class PReLU(Layer):
    """x or weight · x with slopes that learn, see `refimpl.prelu`.

    >>> layer = PReLU(np.array([0.25]))
    >>> layer.forward(np.array([-4.0, 3.0]))
    array([-1.,  3.])
    >>> layer.backward(np.array([10.0, 10.0]), np.array([-4.0, 3.0])).dparameters["weight"]
    array([-40.])
    """

    function = "prelu"

    def __init__(self, weight: Array) -> None:
        super().__init__({"weight": weight})

    def forward(self, x: Array) -> Array:
        return prelu(x, self.parameters["weight"])

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        dx, dweight = prelu_backward(dy, x, self.parameters["weight"])
        return LayerGrads(dx, {"weight": dweight})


class Hardsigmoid(Layer):
    """min(max(x + 3, 0), 6)/6, see `refimpl.hardsigmoid`.

    >>> Hardsigmoid().forward(np.array([-4.0, 0.0]))
    array([0. , 0.5])
    """

    function = "hardsigmoid"

    def forward(self, x: Array) -> Array:
        return hardsigmoid(x)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(hardsigmoid_backward(dy, x), {})


class Hardswish(Layer):
    """x · min(max(x + 3, 0), 6)/6, see `refimpl.hardswish`.

    >>> Hardswish().forward(np.array([-1.5, 4.0]))
    array([-0.375,  4.   ])
    """

    function = "hardswish"

    def forward(self, x: Array) -> Array:
        return hardswish(x)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(hardswish_backward(dy, x), {})

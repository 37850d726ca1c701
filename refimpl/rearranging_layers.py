"""Layers that move elements and compute nothing; a part of a split is a `SliceAxis`."""

from __future__ import annotations

from refimpl.checks import Ints
from refimpl.elements import Array
from refimpl.layers import Layer, LayerGrads
from refimpl.rearranging import (
    channel_shuffle,
    channel_shuffle_backward,
    reshape,
    reshape_backward,
    slice_axis,
    slice_axis_backward,
    transpose,
    transpose_backward,
)


class Transpose(Layer):
    """The axes in another order, see `refimpl.transpose`; the batch axis is one of them.

    >>> Transpose((0, 2, 1)).forward(np.array([[[1.0, 2.0]]]))
    array([[[1.],
            [2.]]])
    """

    function = "transpose"

    def __init__(self, axes: Ints | None = None) -> None:
        super().__init__(axes=axes)

    def forward(self, x: Array) -> Array:
        return transpose(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(transpose_backward(dy, x, **self.options), {})


class Reshape(Layer):
    """Another shape, see `refimpl.reshape`: -1 for the batch axis lets it have any size.

    >>> Reshape((-1, 2, 2)).forward(np.array([[1.0, 2.0, 3.0, 4.0]]))
    array([[[1., 2.],
            [3., 4.]]])
    """

    function = "reshape"

    def __init__(self, shape: Ints) -> None:
        super().__init__(shape=shape)

    def forward(self, x: Array) -> Array:
        return reshape(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(reshape_backward(dy, x, **self.options), {})


class ChannelShuffle(Layer):
    """The channels of the groups dealt out in turn, see `refimpl.channel_shuffle`.

    >>> ChannelShuffle(2).forward(np.array([[1.0, 2.0, 10.0, 20.0]]))
    array([[ 1., 10.,  2., 20.]])
    """

    function = "channel_shuffle"

    def __init__(self, groups: int) -> None:
        super().__init__(groups=groups)

    def forward(self, x: Array) -> Array:
        return channel_shuffle(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(channel_shuffle_backward(dy, x, **self.options), {})


class SliceAxis(Layer):
    """A part along one axis, see `refimpl.slice_axis`.

    >>> SliceAxis(1, start=1).forward(np.array([[1.0, 2.0, 3.0]]))
    array([[2., 3.]])
    """

    function = "slice_axis"

    def __init__(
        self, axis: int, start: int | None = 0, stop: int | None = None, step: int = 1
    ) -> None:
        super().__init__(axis=axis, start=start, stop=stop, step=step)

    def forward(self, x: Array) -> Array:
        return slice_axis(x, **self.options)

    def backward(self, dy: Array, x: Array) -> LayerGrads:
        return LayerGrads(slice_axis_backward(dy, x, **self.options), {})

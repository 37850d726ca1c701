"""Sizes of layers without any numbers in them: outputs, parameters, connections, receptive fields.

A size is an integer for one spatial axis and a tuple for one to three; options are an integer
for all axes or one for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import NamedTuple, TypeVar

import numpy as np

from refimpl.checks import Ints, check_int, check_ints, check_room, check_sizes, check_windows
from refimpl.elements import Array
from refimpl.shapes import ConvGeometry, Padding, check_share, conv_sizes, pool_sizes
from refimpl.windows import meetings

Size = TypeVar("Size", int, tuple[int, ...])


# --- outputs ------------------------------------------------------------------------------


def conv_output_size(
    size: Size, kernel_size: Ints, stride: Ints = 1, padding: Padding = 0, dilation: Ints = 1
) -> Size:
    """How many windows a convolution has along each axis.

    output = ⌊(size + before + after − d·(k − 1) − 1)/s⌋ + 1
           = ⌈(size − d·(k − 1))/s⌉ for "valid", ⌈size/s⌉ for "same",
             ⌈(size + d·(k − 1))/s⌉ for "full"

    before, after: the zeros on the two sides. padding p puts p on each of them, 2p in all.

    Shapes: size L or (H, W) -> the same axes. padding: as in `conv2d`.
    Raises: ValueError for a window larger than the padded input, a stride of 0 and the like;
    TypeError for sizes that are not integers.
    Source: D0.2, D1.11, D1.15, D2.12, D3.3, D3.5, D3.13, D4.9, D4.13, D4.17.

    >>> conv_output_size((1000, 1000), 10)  # D1.11
    (991, 991)
    >>> [conv_output_size(7, 3, stride) for stride in (1, 2, 3)]  # D3.3
    [5, 3, 2]
    >>> conv_output_size(8, 3, padding=2), conv_output_size(8, 3, padding=1)  # D4.17
    (10, 8)
    """
    _, geometry = _convolution("conv_output_size", size, kernel_size, stride, padding, dilation)
    return _like(size, geometry.output)


def pool_output_size(
    size: Size,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
) -> Size:
    """How many windows a pooling has along each axis.

    output = ⌊(size + 2·padding − d·(k − 1) − 1)/s⌋ + 1, padding on each of the two sides;
    ceil_mode rounds up, which keeps what is left over at the edge, unless that window would start
    behind the input.

    Shapes: size L or (H, W) -> the same axes. stride: kernel_size unless given.
    Raises: ValueError, TypeError as `max_pool2d` does.
    Source: D0.7, D1.12, D1.18, D3.6.

    >>> pool_output_size((991, 991), 2), pool_output_size((991, 991), 2, ceil_mode=True)  # D1.12
    ((495, 495), (496, 496))
    """
    where = "pool_output_size"
    sizes = check_sizes(where, "size", size, 0)
    geometry = pool_sizes(where, "size", sizes, kernel_size, stride, padding, dilation, ceil_mode)
    return _like(size, geometry.output)


def _convolution(
    where: str, size: Ints, kernel_size: Ints, stride: Ints, padding: Padding, dilation: Ints
) -> tuple[tuple[int, ...], ConvGeometry]:
    """The input's sizes, and everything that follows from them."""
    sizes = check_sizes(where, "size", size, 0)
    kernel = check_ints(where, "kernel_size", kernel_size, len(sizes), 1)
    return sizes, conv_sizes(where, sizes, kernel, stride, padding, dilation, 1)


def _like(size: Size, values: tuple[int, ...]) -> Size:
    return values[0] if isinstance(size, int | np.integer) else values


# --- parameters ---------------------------------------------------------------------------


class Parameters(NamedTuple):
    """How many parameters a layer has."""

    weights: int
    biases: int

    @property
    def total(self) -> int:
        """Weights and biases together.

        >>> Parameters(100, 1).total
        101
        """
        return self.weights + self.biases


def dense_parameters(inputs: int, outputs: int) -> Parameters:
    """Parameters of a fully connected layer: inputs · outputs weights, a bias for each output.

    Raises: ValueError, TypeError unless both are integers of at least 1.
    Source: D0.15, D1.3, D1.11, D1.36, D2.31, D2.32, D4.19.

    >>> dense_parameters(1000 * 1000, 1000)  # D1.11
    Parameters(weights=1000000000, biases=1000)
    """
    return _dense("dense_parameters", inputs, outputs)


def _dense(where: str, inputs: int, outputs: int) -> Parameters:
    inputs, outputs = check_int(where, "inputs", inputs, 1), check_int(where, "outputs", outputs, 1)
    return Parameters(inputs * outputs, outputs)


def local_parameters(
    size: Ints,
    kernel_size: Ints,
    stride: Ints = 1,
    padding: Padding = 0,
    dilation: Ints = 1,
    channels_in: int = 1,
    channels_out: int = 1,
) -> Parameters:
    """Parameters of receptive fields that share nothing: a kernel and a bias for every neuron.

    neurons = channels_out · Π output,  weights = neurons · channels_in · Π kernel_size,
    biases = neurons

    Raises: ValueError, TypeError as `conv_output_size` does.
    Source: D1.11, D2.11, D2.31.

    >>> local_parameters((1000, 1000), 10)  # D1.11: 991·991 neurons of 10·10 weights
    Parameters(weights=98208100, biases=982081)
    """
    where = "local_parameters"
    _, geometry = _convolution(where, size, kernel_size, stride, padding, dilation)
    inputs = check_int(where, "channels_in", channels_in, 1)
    neurons = check_int(where, "channels_out", channels_out, 1) * prod(geometry.output)
    return Parameters(neurons * inputs * prod(geometry.kernel), neurons)


def conv_parameters(
    channels_in: int, channels_out: int, kernel_size: Ints, groups: int = 1
) -> Parameters:
    """Parameters of a convolution, whose neurons share a kernel: none for the place.

    weights = channels_out · channels_in/groups · Π kernel_size,  biases = channels_out

    Shapes: kernel_size one number for each axis: (11, 11) for 11×11; a single number is a kernel
    along one axis, of a `conv1d`.
    Raises: ValueError if the groups cannot share the channels equally or a size is below 1;
    TypeError for sizes that are not integers.
    Source: D0.15, D1.11, D2.31, D2.32, D3.12, D4.13, D4.14, D4.19.

    >>> conv_parameters(1, 1, (10, 10))  # D1.11
    Parameters(weights=100, biases=1)
    >>> conv_parameters(3, 96, (11, 11)).total  # AlexNet's first layer
    34944
    """
    where = "conv_parameters"
    inputs = check_int(where, "channels_in", channels_in, 1)
    outputs = check_int(where, "channels_out", channels_out, 1)
    groups = check_int(where, "groups", groups, 1)
    check_share(where, "channels_in", inputs, groups)
    check_share(where, "channels_out", outputs, groups)
    kernel = check_sizes(where, "kernel_size", kernel_size, 1)
    return Parameters(outputs * (inputs // groups) * prod(kernel), outputs)


def shared_conv_parameters(channels_out: int, kernel_size: Ints) -> Parameters:
    """Parameters where one kernel for each output serves all input maps, as D1 has it.

    weights = channels_out · Π kernel_size,  biases = channels_out

    Raises: ValueError, TypeError as `conv_parameters` does.
    Source: D1.16.

    >>> shared_conv_parameters(4, (5, 5))
    Parameters(weights=100, biases=4)
    """
    where = "shared_conv_parameters"
    outputs = check_int(where, "channels_out", channels_out, 1)
    return Parameters(outputs * prod(check_sizes(where, "kernel_size", kernel_size, 1)), outputs)


# --- connections --------------------------------------------------------------------------


def dense_connections(inputs: int, outputs: int) -> int:
    """Connections of a fully connected layer: every neuron to every input.

    Raises: ValueError, TypeError unless both are integers of at least 1.
    Source: D2.7, D2.31, D4.12.

    >>> dense_connections(1024 * 1024, 1)  # D2.7: one neuron on an image
    1048576
    """
    return _dense("dense_connections", inputs, outputs).weights


def local_connections(
    size: Ints,
    kernel_size: Ints,
    stride: Ints = 1,
    padding: Padding = 0,
    dilation: Ints = 1,
    channels_in: int = 1,
    channels_out: int = 1,
) -> int:
    """Connections of receptive fields, shared or not: pairs of a neuron and an input in its window.

    Without padding: neurons · channels_in · Π kernel_size; of windows that hang over the edge
    the places in the padding are no inputs.

    Raises: ValueError, TypeError as `conv_output_size` does.
    Source: D2.7, D2.31, D4.12.

    >>> local_connections(20, 5), dense_connections(20, 16)  # D4.12: 16 neurons of m = 5
    (80, 320)
    """
    where = "local_connections"
    counts = _window_counts(where, size, kernel_size, stride, padding, dilation)
    inputs = check_int(where, "channels_in", channels_in, 1)
    outputs = check_int(where, "channels_out", channels_out, 1)
    return inputs * outputs * prod(int(along.sum()) for along in counts)


def window_counts(
    size: Ints, kernel_size: Ints, stride: Ints = 1, padding: Padding = 0, dilation: Ints = 1
) -> Array:
    """How many windows read each place of the input: 0 where pixels are wasted.

    Shapes: size L or (H, W) -> an array of that shape, integers.
    Raises: ValueError, TypeError as `conv_output_size` does.
    Source: D1.35, D3.3, D3.4, D4.5.

    >>> window_counts((4, 7), (2, 3), stride=(1, 3))  # the last column is wasted
    array([[1, 1, 1, 1, 1, 1, 0],
           [2, 2, 2, 2, 2, 2, 0],
           [2, 2, 2, 2, 2, 2, 0],
           [1, 1, 1, 1, 1, 1, 0]])
    """
    counts = _window_counts("window_counts", size, kernel_size, stride, padding, dilation)
    return np.asarray(prod(np.ix_(*counts)))


def _window_counts(
    where: str, size: Ints, kernel_size: Ints, stride: Ints, padding: Padding, dilation: Ints
) -> list[Array]:
    """The same along each axis; a place's count is the product."""
    sizes, geometry = _convolution(where, size, kernel_size, stride, padding, dilation)
    check_room(where, f"size {size!r}", sizes, 8)
    counts = []
    for n, o, k, s, (before, _), d in zip(
        sizes,
        geometry.output,
        geometry.kernel,
        geometry.stride,
        geometry.padding,
        geometry.dilation,
        strict=True,
    ):
        along = np.zeros(n, np.int64)
        for _, inputs in meetings(n, o, k, s, before, d):
            along[inputs] += 1
        counts.append(along)
    return counts


# --- receptive fields ---------------------------------------------------------------------


class ReceptiveField(NamedTuple):
    """What one neuron behind a chain of layers sees, along each axis of the input."""

    size: int | tuple[int, ...]  # places, from the first to the last that it sees
    jump: int | tuple[int, ...]  # how far its neighbour's field is shifted


def receptive_field(layers: Iterable[tuple[Ints, ...]]) -> ReceptiveField:
    """The receptive field of a neuron behind convolutions and poolings.

    size_l = size_(l−1) + d_l·(k_l − 1)·jump_(l−1),  jump_l = s_l·jump_(l−1),  from 1 and 1

    layers: for each layer (kernel_size, stride, dilation), or the first one or two of them;
    each a number, or one for each axis. Activations and padding change nothing.
    Raises: ValueError for sizes below 1 or another number of axes, TypeError for sizes that are
    not integers.
    Source: D1.11, D2.7, D4.15; A. Araujo, W. Norris, J. Sim, Computing Receptive Fields of
    Convolutional Neural Networks, Distill 2019, doi:10.23915/distill.00021.

    >>> receptive_field([(5,), (2, 2), (5,), (2, 2)])  # LeNet: one pixel behind the last pooling
    ReceptiveField(size=16, jump=4)
    >>> receptive_field([(3, (2, 1)), ((3, 5), 1, (1, 2))])
    ReceptiveField(size=(7, 11), jump=(2, 1))
    """
    axes, chain = check_windows("receptive_field", layers)
    size, jump = [1] * axes, [1] * axes
    for kernel, stride, dilation in chain:
        for axis, (k, s, d) in enumerate(zip(kernel, stride, dilation, strict=True)):
            size[axis] += d * (k - 1) * jump[axis]
            jump[axis] *= s
    alone = axes == 1
    return ReceptiveField(*(v[0] if alone else tuple(v) for v in (size, jump)))

"""Mistakes in convolutions and their gradients. Each works along one, two or three axes."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import add_relatives, mistake
from parity.mistakes.slips import (
    in_float32,
    last_place_alone,
    last_row_left_out,
    slightly_too_large,
)
from refimpl import (
    conv1d,
    conv1d_backward,
    conv2d,
    conv2d_backward,
    conv3d,
    conv3d_backward,
)
from refimpl.convolution import ConvGrads
from refimpl.elements import zeros
from refimpl.padding import framed, unframed
from refimpl.shapes import ConvGeometry, conv_geometry
from refimpl.windows import add_windows, crop, pad, windows

FORWARD: dict[int, Callable[..., Array]] = {1: conv1d, 2: conv2d, 3: conv3d}
BACKWARD: dict[int, Callable[..., ConvGrads]] = {
    1: conv1d_backward,
    2: conv2d_backward,
    3: conv3d_backward,
}

# --- the pieces that the mistakes are made of ---------------------------------------------


def forward(x: Array, weight: Array, bias: Array | None = None, **how: Any) -> Array:
    """The convolution along as many axes as x has."""
    return FORWARD[x.ndim - 2](x, weight, bias, **how)


def backward(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    """Its gradients."""
    return BACKWARD[x.ndim - 2](dy, x, weight, **how)


def geometry_of(
    x: Array,
    weight: Array,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> ConvGeometry:
    """The sizes of a convolution, whatever fills its frame."""
    return conv_geometry("mistake", x.ndim - 2, x, weight, stride, padding, dilation, groups)


def turned(a: Array) -> Array:
    """All spatial axes of (N, C, *S) or (C_out, C_in, *K) reversed."""
    return a[:, :, *(slice(None, None, -1),) * (a.ndim - 2)]


def last_sample(a: Array) -> Array:
    """What is left of a batch where a loop over it assigns: (1, …), of an empty batch (0, …)."""
    return a[len(a) - 1 :]


def spread(dy: Array, x: Array, weight: Array, g: ConvGeometry) -> Array:
    """dy · weight at each place of each window: (N, C_in, *K, *S_out)."""
    outputs = len(weight) // g.groups
    kernels = weight.reshape(g.groups, outputs, prod(weight.shape[1:]))
    upstream = dy.reshape(len(dy), g.groups, outputs, prod(g.output))
    # (G, C·K, C_out/G) @ (N, G, C_out/G, L) -> (N, G, C·K, L)
    return (kernels.swapaxes(1, 2) @ upstream).reshape(*x.shape[:2], *g.kernel, *g.output)


def padded_for(x: Array, g: ConvGeometry, how: dict[str, Any]) -> Array:
    """What the windows slide over."""
    return framed(x, g.padding, how.get("padding_mode", "zeros"))


def without_frame(dpadded: Array, x: Array, g: ConvGeometry, how: dict[str, Any]) -> Array:
    """Its gradient, as that of x."""
    return unframed(dpadded, x.shape, g.padding, how.get("padding_mode", "zeros"))


def collected(parts: Array, padded: Array, g: ConvGeometry) -> Array:
    """The parts of all windows added up in the padded input."""
    dpadded = zeros(padded.shape, like=padded)
    add_windows(dpadded, parts, g.stride, g.dilation)
    return dpadded


def assigned(dy: Array, x: Array, weight: Array, how: dict[str, Any], first: bool = False) -> Array:
    """dx where each window is assigned instead of added: the last one stands, or the first."""
    g = geometry_of(x, weight, **how)
    parts = spread(dy, x, weight, g)
    dpadded = zeros(pad(x, g.padding).shape, like=x)
    offsets = list(np.ndindex(*g.kernel))
    for offset in offsets if first else reversed(offsets):  # the last window reads offset 0
        places = (
            slice(i * d, i * d + s * (n - 1) + 1, s)
            for i, d, s, n in zip(offset, g.dilation, g.stride, g.output, strict=True)
        )
        dpadded[:, :, *places] = parts[:, :, *offset]
    return without_frame(dpadded, x, g, how)


def last_maps(dy: Array, groups: int) -> Array:
    """0 but in the last output map of each group: what a loop over filters leaves of dx."""
    outputs = dy.shape[1] // groups
    left = zeros(dy.shape, like=dy)
    left[:, outputs - 1 :: outputs] = dy[:, outputs - 1 :: outputs]
    return left


def dweight_of(dy: Array, view: Array, weight: Array, g: ConvGeometry) -> Array:
    """Σ dy · x over samples and windows, the windows given: view (N, C_in, *K, *S_out)."""
    outputs, places = len(weight) // g.groups, prod(g.output)
    upstream = dy.reshape(len(dy), g.groups, outputs, places)
    patches = view.reshape(len(dy), g.groups, prod(weight.shape[1:]), places)
    dkernels: Array = (upstream @ patches.swapaxes(-1, -2)).sum(axis=0)
    return dkernels.reshape(weight.shape)


def view_of(padded: Array, g: ConvGeometry) -> Array:
    """The windows that the outputs have, at the stride and dilation of g."""
    every = windows(padded, g.kernel, g.stride, g.dilation)
    index: Any = (..., *(slice(n) for n in g.output))
    view: Array = every[index]
    return view


def ones_like(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """1 for each axis."""
    return (1,) * len(numbers)


def interleaved(channels: int, groups: int) -> Array:
    """Channels dealt out to the groups in turn, 0, G, 2G, …, 1, G + 1, …"""
    return np.arange(channels).reshape(channels // groups, groups).T.ravel()


def same_in_front(x: Array, weight: Array, how: dict[str, Any]) -> dict[str, Any]:
    """The options with the odd zero of "same" in front."""
    if how.get("padding") != "same":
        return how
    pairs = geometry_of(x, weight, **how).padding
    return {**how, "padding": tuple((after, before) for before, after in pairs)}


# --- forward ------------------------------------------------------------------------------


@mistake(
    "conv2d",
    "the kernel is turned by 180° before it slides",
    "what a network calls convolution is the convolution of mathematics",
    "D4.1",
    "D2.23",
)
def conv_kernel_turned(x: Array, weight: Array, bias: Array | None = None, **how: Any) -> Array:
    return forward(x, turned(weight), bias, **how)


@mistake(
    "conv2d",
    "the kernel's rows are read as its columns",
    "the weights are stored column by column",
    "D2.23",
    "D3.7",
)
def conv_kernel_by_columns(x: Array, weight: Array, bias: Array | None = None, **how: Any) -> Array:
    return forward(x, weight.swapaxes(-1, -2).reshape(weight.shape), bias, **how)


@mistake(
    "conv2d",
    "the bias is not added",
    "the kernel is all that a convolution layer has",
    "D0.6",
    "D2.23",
    "D3.2",
)
def conv_bias_left_out(x: Array, weight: Array, bias: Array | None = None, **how: Any) -> Array:
    return forward(x, weight, None, **how)


@mistake(
    "conv2d",
    "the bias is subtracted",
    "a bias is a threshold, which the sum has to exceed",
    "D0.6",
    "D2.23",
)
def conv_bias_subtracted(x: Array, weight: Array, bias: Array | None = None, **how: Any) -> Array:
    return forward(x, weight, None if bias is None else -bias, **how)


@mistake(
    "conv2d",
    "output map p sums only the first p input maps",
    "one letter p for the number of a map and for the number of maps, as D4.14 prints it",
    "D4.14",
)
def conv_sum_ends_at_own_number(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    outputs, inputs = weight.shape[:2]
    taken = np.tri(outputs, inputs, dtype=int).reshape(outputs, inputs, *(1,) * (x.ndim - 2))
    return forward(x, weight * taken.astype(weight.dtype), bias, **how)


@mistake(
    "conv2d",
    "the channels are averaged instead of added up",
    "a colour image has one brightness, the mean of its three",
    "D2.2",
    "D4.3",
)
def conv_channels_averaged(x: Array, weight: Array, bias: Array | None = None, **how: Any) -> Array:
    return forward(x, weight / np.asarray(weight.shape[1], weight.dtype), bias, **how)


@mistake(
    "conv2d",
    "only the first channel is convolved",
    "a kernel is a matrix, and so is an image",
    "D0.3",
    "D3.1",
)
def conv_first_channel_alone(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    first = np.arange(weight.shape[1]).reshape(-1, *(1,) * (x.ndim - 2)) == 0
    return forward(x, weight * first.astype(weight.dtype), bias, **how)


@mistake(
    "conv2d",
    'the odd zero of "same" padding is put in front',
    "either side will do",
    "D2.12",
)
def conv_same_odd_zero_in_front(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    return forward(x, weight, bias, **same_in_front(x, weight, how))


@mistake(
    "conv2d",
    "the frame repeats the edge of the image instead of being zeros",
    "zeros would be a dark frame, which is not in the image",
    "D0.3",
    "D3.4",
)
def conv_padding_repeats_the_edge(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    pairs = geometry_of(x, weight, **how).padding
    return forward(
        np.pad(x, ((0, 0), (0, 0), *pairs), "edge"), weight, bias, **{**how, "padding": 0}
    )


@mistake(
    "conv2d",
    "all of the padding is put behind, none in front",
    "where the zeros stand does not matter as long as the size is right",
    "D0.3",
    "D3.5",
)
def conv_padding_all_behind(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    pairs = geometry_of(x, weight, **how).padding
    behind = tuple((0, before + after) for before, after in pairs)
    return forward(x, weight, bias, **{**how, "padding": behind})


@mistake(
    "conv2d",
    "the dilation sets the size of the output, but the window reads neighbours",
    "dilation is another word for a larger window",
    "D0.5",
)
def conv_dilation_ignored(x: Array, weight: Array, bias: Array | None = None, **how: Any) -> Array:
    g = geometry_of(x, weight, **how)
    close = {**how, "padding": g.padding, "dilation": 1}
    y = forward(x, weight, bias, **close)
    return y[:, :, *(slice(n) for n in g.output)]


@mistake(
    "conv2d",
    "the window moves by 1 whatever the stride is, and the output is cut to size",
    "the stride only says how large the output is",
    "D0.3",
    "D3.3",
    "D3.5",
)
def conv_stride_ignored(x: Array, weight: Array, bias: Array | None = None, **how: Any) -> Array:
    g = geometry_of(x, weight, **how)
    y = forward(x, weight, bias, **{**how, "padding": g.padding, "stride": 1})
    return y[:, :, *(slice(n) for n in g.output)]


@mistake(
    "conv2d",
    "channels are dealt out to the groups in turn instead of in blocks",
    "with two groups, one has the even channels and one the odd ones",
    "D0.5",
)
def conv_groups_mixed(x: Array, weight: Array, bias: Array | None = None, **how: Any) -> Array:
    return forward(x[:, interleaved(x.shape[1], how.get("groups", 1))], weight, bias, **how)


@mistake(
    "conv2d",
    "the frame is zeros whatever padding_mode is",
    "padding adds zeros",
    "D2.23",
)
def conv_padding_mode_ignored(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    return forward(x, weight, bias, **{**how, "padding_mode": "zeros"})


@mistake(
    "conv2d",
    'the frame of "reflect" repeats the border',
    "a mirror shows what stands next to it as well",
    "D2.23",
)
def conv_border_repeated(x: Array, weight: Array, bias: Array | None = None, **how: Any) -> Array:
    if how.get("padding_mode") != "reflect":
        return forward(x, weight, bias, **how)
    pairs = geometry_of(x, weight, **how).padding
    padded = np.pad(x, ((0, 0), (0, 0), *pairs), "symmetric")
    return forward(padded, weight, bias, **{**how, "padding": 0})


# --- gradient of the input ----------------------------------------------------------------


@mistake(
    "conv2d_backward",
    "dx: the kernel is not turned by 180°",
    "backward, the same kernel slides over dy",
    "D0.12",
    "D2.25",
    "D4.7",
)
def dx_kernel_not_turned(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    return backward(dy, x, weight, **how)._replace(dx=backward(dy, x, turned(weight), **how).dx)


@mistake(
    "conv2d_backward",
    "dx: the kernel is turned upside down, but not left to right",
    "rot180 is one flip",
    "D2.25",
    "D4.7",
)
def dx_kernel_flipped_once(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    return backward(dy, x, weight, **how)._replace(dx=backward(dy, x, weight[..., ::-1], **how).dx)


@mistake(
    "conv2d_backward",
    "dx: dy is not spread out by the stride",
    "the transposed convolution always moves by 1",
    "D0.12",
    "D3.3",
)
def dx_stride_forgotten(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    g = geometry_of(x, weight, **how)
    close = g._replace(stride=ones_like(g.stride))
    dpadded = collected(spread(dy, x, weight, g), pad(x, g.padding), close)
    return backward(dy, x, weight, **how)._replace(dx=without_frame(dpadded, x, g, how))


@mistake(
    "conv2d_backward",
    "dx: the dilation is forgotten",
    "only the forward window has gaps",
    "D0.12",
)
def dx_dilation_forgotten(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    g = geometry_of(x, weight, **how)
    close = g._replace(dilation=ones_like(g.dilation))
    dpadded = collected(spread(dy, x, weight, g), pad(x, g.padding), close)
    return backward(dy, x, weight, **how)._replace(dx=without_frame(dpadded, x, g, how))


@mistake(
    "conv2d_backward",
    "dx: keeps the frame of zeros",
    "the gradient is as large as what the kernel slid over",
    "D0.12",
    "D3.11",
)
def dx_padding_not_cropped(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    g = geometry_of(x, weight, **how)
    dpadded = collected(spread(dy, x, weight, g), pad(x, g.padding), g)
    return backward(dy, x, weight, **how)._replace(dx=dpadded)


@mistake(
    "conv2d_backward",
    "dx: the frame of zeros is cut off behind only",
    "cutting to the right size is enough",
    "D0.12",
    "D3.11",
)
def dx_padding_cropped_behind(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    g = geometry_of(x, weight, **how)
    dpadded = collected(spread(dy, x, weight, g), pad(x, g.padding), g)
    first = dpadded[:, :, *(slice(n) for n in x.shape[2:])]
    return backward(dy, x, weight, **how)._replace(dx=first)


@mistake(
    "conv2d_backward",
    "dx: the frame of zeros is cut off in front only",
    "the zeros were put in front",
    "D0.12",
    "D3.11",
)
def dx_padding_cropped_in_front(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    g = geometry_of(x, weight, **how)
    dpadded = collected(spread(dy, x, weight, g), pad(x, g.padding), g)
    surplus = (p - n for p, n in zip(dpadded.shape[2:], x.shape[2:], strict=True))
    last = dpadded[:, :, *(slice(s, None) for s in surplus)]
    return backward(dy, x, weight, **how)._replace(dx=last)


@mistake(
    "conv2d_backward",
    'the gradients take the odd zero of "same" padding to be in front',
    "either side will do, as long as x and dx have one size",
    "D2.12",
)
def gradients_same_odd_zero_in_front(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    return backward(dy, x, weight, **same_in_front(x, weight, how))


@mistake(
    "conv2d_backward",
    "dx: where windows overlap, the last one overwrites the others (= for +=)",
    "each pixel belongs to one window",
    "D0.12",
    "D2.25",
)
def dx_overlaps_overwritten(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    return backward(dy, x, weight, **how)._replace(dx=assigned(dy, x, weight, how))


@mistake(
    "conv2d_backward",
    "dx: a loop over the kernel's places assigns (= for +=): of several windows the first stands",
    "each pixel belongs to one window",
    "D0.12",
    "D2.25",
)
def dx_first_window_stands(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    return backward(dy, x, weight, **how)._replace(dx=assigned(dy, x, weight, how, first=True))


@mistake(
    "conv2d_backward",
    "dx: each step of the loops over windows and filters assigns (= for +=): the last one stands",
    "dx of a window is dy · weight",
    "D0.12",
    "D2.25",
)
def dx_of_last_window_and_filter(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    last = last_maps(dy, how.get("groups", 1))
    return backward(dy, x, weight, **how)._replace(dx=assigned(last, x, weight, how))


@mistake(
    "conv2d_backward",
    "dx: only the last output map sends its gradient back (= for +=)",
    "the loop over the filters assigns",
    "D0.12",
    "D4.5",
)
def dx_of_last_output_map(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    last = last_maps(dy, how.get("groups", 1))
    return backward(dy, x, weight, **how)._replace(dx=backward(last, x, weight, **how).dx)


@mistake(
    "conv2d_backward",
    "dx: only the first output map sends its gradient back",
    "each input map has one output map",
    "D0.12",
    "D4.5",
)
def dx_of_first_output_map(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    right = backward(dy, x, weight, **how)
    first = dy * (np.arange(dy.shape[1]) == 0).reshape(-1, *(1,) * (dy.ndim - 2)).astype(dy.dtype)
    return right._replace(dx=backward(first, x, weight, **how).dx)


@mistake(
    "conv2d_backward",
    "dx: is multiplied by the layer's own input",
    "σ'(z) of a ReLU is its output",
    "D1.27",
    "D4.7",
)
def dx_times_input(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    right = backward(dy, x, weight, **how)
    return right._replace(dx=right.dx * x)


@mistake(
    "conv2d_backward",
    "dx: the frame is cut off whatever filled it, the gradient of the copies is lost",
    "padding has no gradient",
    "D0.12",
)
def dx_copies_lost(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    g = geometry_of(x, weight, **how)
    dpadded = collected(spread(dy, x, weight, g), pad(x, g.padding), g)
    return backward(dy, x, weight, **how)._replace(dx=crop(dpadded, g.padding))


@mistake(
    "conv2d_backward",
    "dweight: x is read with zeros around it whatever padding_mode is",
    "from the padding nothing is learnt",
    "D0.13",
)
def dweight_padding_mode_ignored(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    wrong = backward(dy, x, weight, **{**how, "padding_mode": "zeros"}).dweight
    return backward(dy, x, weight, **how)._replace(dweight=wrong)


# --- gradients of weight and bias ---------------------------------------------------------


@mistake(
    "conv2d_backward",
    "dweight: dy is turned by 180° before it slides over x",
    "backward everything is turned",
    "D2.24",
    "D4.8",
    "D4.10",
)
def dweight_upstream_turned(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    wrong = backward(turned(dy), x, weight, **how).dweight
    return backward(dy, x, weight, **how)._replace(dweight=wrong)


@mistake(
    "conv2d_backward",
    "dweight: comes out turned by 180°",
    "the formula with rot180 of D1, which belongs to a kernel that is turned forward",
    "D0.13",
    "D1.25",
    "D4.8",
)
def dweight_turned(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    right = backward(dy, x, weight, **how)
    return right._replace(dweight=turned(right.dweight))


@mistake(
    "conv2d_backward",
    "dweight: x is read as if the stride were 1",
    "dy slides over x, one step at a time",
    "D0.13",
    "D3.9",
)
def dweight_stride_forgotten(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    g = geometry_of(x, weight, **how)
    view = view_of(padded_for(x, g, how), g._replace(stride=ones_like(g.stride)))
    return backward(dy, x, weight, **how)._replace(dweight=dweight_of(dy, view, weight, g))


@mistake(
    "conv2d_backward",
    "dweight: x is read as if the dilation were 1",
    "only the forward window has gaps",
    "D0.13",
)
def dweight_dilation_forgotten(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    g = geometry_of(x, weight, **how)
    view = view_of(padded_for(x, g, how), g._replace(dilation=ones_like(g.dilation)))
    return backward(dy, x, weight, **how)._replace(dweight=dweight_of(dy, view, weight, g))


@mistake(
    "conv2d_backward",
    "dweight: x is read without the zeros in front of it",
    "from the padding nothing is learnt, so it can be left out",
    "D3.9",
    "D3.11",
)
def dweight_padding_forgotten(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    g = geometry_of(x, weight, **how)
    behind = [(0, before + after) for before, after in g.padding]
    view = view_of(pad(x, behind), g)
    return backward(dy, x, weight, **how)._replace(dweight=dweight_of(dy, view, weight, g))


@mistake(
    "conv2d_backward",
    "dweight: three of the windows, the first two and the last, as D3.9 prints it",
    "the terms that are written out are all there are",
    "D3.9",
)
def dweight_three_terms(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    named = np.zeros(dy.shape[2:], bool).ravel()
    named[[0, min(1, named.size - 1), -1]] = True
    some = dy * named.reshape(dy.shape[2:]).astype(dy.dtype)
    wrong = backward(some, x, weight, **how).dweight
    return backward(dy, x, weight, **how)._replace(dweight=wrong)


@mistake(
    "conv2d_backward",
    "dweight: only the last sample of the batch counts (= for +=)",
    "the loop over the samples assigns",
    "D0.14",
)
def dweight_of_last_sample(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    wrong = backward(last_sample(dy), last_sample(x), weight, **how).dweight
    return backward(dy, x, weight, **how)._replace(dweight=wrong)


@mistake(
    "conv2d_backward",
    "dweight: only the last window of the last sample counts (= for +=)",
    "dweight of a window is dy · x",
    "D0.13",
    "D2.24",
)
def dweight_of_last_window(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    last = last_place_alone(last_sample(dy), dy.ndim - 2)
    wrong = backward(last, last_sample(x), weight, **how).dweight
    return backward(dy, x, weight, **how)._replace(dweight=wrong)


@mistake(
    "conv2d_backward",
    "dweight: only the last window of each sample counts (= for +=)",
    "the loop over the windows assigns",
    "D0.13",
    "D2.24",
)
def dweight_of_last_window_each(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    wrong = backward(last_place_alone(dy, dy.ndim - 2), x, weight, **how).dweight
    return backward(dy, x, weight, **how)._replace(dweight=wrong)


@mistake(
    "conv2d_backward",
    "dweight: is divided by the number of samples, which the loss has done already",
    "a batch has a mean gradient",
    "D0.14",
)
def dweight_averaged(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    right = backward(dy, x, weight, **how)
    return right._replace(dweight=right.dweight / np.asarray(max(len(x), 1), x.dtype))


@mistake(
    "conv2d_backward",
    "the gradients take channels from the groups in turn instead of in blocks",
    "with two groups, one has the even channels and one the odd ones",
    "D0.12",
    "D0.13",
)
def gradients_groups_mixed(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    order = interleaved(x.shape[1], how.get("groups", 1))
    grads = backward(dy, x[:, order], weight, **how)
    return grads._replace(dx=grads.dx[:, np.argsort(order)])


@mistake(
    "conv2d_backward",
    "dbias: the mean over samples and places instead of their sum",
    "one bias, so one typical gradient",
    "D0.13",
    "D1.26",
    "D2.27",
)
def dbias_averaged(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    right = backward(dy, x, weight, **how)
    counted = np.asarray(max(dy.size // dy.shape[1], 1), dy.dtype)
    return right._replace(dbias=right.dbias / counted)


@mistake(
    "conv2d_backward",
    "dbias: dy is reshaped to (C_out, everything else), which mixes samples and channels",
    "reshape moves axes",
    "D0.13",
    "D2.27",
)
def dbias_over_wrong_axes(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    wrong = dy.reshape(dy.shape[1], dy.size // dy.shape[1]).sum(axis=1)
    return backward(dy, x, weight, **how)._replace(dbias=wrong)


@mistake(
    "conv2d_backward",
    "dbias: only the last sample of the batch counts",
    "the loop over the samples assigns",
    "D0.13",
    "D0.14",
)
def dbias_of_last_sample(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    wrong = backward(last_sample(dy), last_sample(x), weight, **how).dbias
    return backward(dy, x, weight, **how)._replace(dbias=wrong)


@mistake(
    "conv2d_backward",
    "dbias: dy of the first place only",
    "the bias is added once",
    "D0.13",
    "D2.27",
    "D4.8",
)
def dbias_of_first_place(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    first = dy.reshape(*dy.shape[:2], prod(dy.shape[2:]))[:, :, 0]
    return backward(dy, x, weight, **how)._replace(dbias=first.sum(axis=0))


@mistake(
    "conv2d_backward",
    "dbias: only the last place of the last sample counts (= for +=)",
    "the loops over samples and places assign",
    "D0.13",
    "D2.27",
)
def dbias_of_last_element(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    last = last_place_alone(last_sample(dy), dy.ndim - 2)
    wrong = backward(last, last_sample(x), weight, **how).dbias
    return backward(dy, x, weight, **how)._replace(dbias=wrong)


@mistake(
    "conv2d_backward",
    "dbias: dy of the last place only (= for +=)",
    "the loop over the places assigns",
    "D0.13",
    "D2.27",
)
def dbias_of_last_place(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    wrong = backward(last_place_alone(dy, dy.ndim - 2), x, weight, **how).dbias
    return backward(dy, x, weight, **how)._replace(dbias=wrong)


# --- the same along one and three axes ----------------------------------------------------

RELATIVES = {
    "conv1d": {
        "conv-kernel-turned": "signals: the kernel is turned round before it slides",
        "conv-padding-all-behind": "signals: all of the padding is put behind",
        "conv-stride-ignored": "signals: the window moves by 1 whatever the stride is",
        "conv-padding-mode-ignored": "signals: the frame is zeros whatever padding_mode is",
    },
    "conv1d_backward": {
        "dx-kernel-not-turned": "signals: dx: the kernel is not turned round",
        "dweight-stride-forgotten": "signals: dweight: x is read as if the stride were 1",
        "dx-copies-lost": "signals: dx: the gradient of the copies is lost",
        "dbias-averaged": "signals: dbias: the mean instead of the sum",
        "dx-of-last-window-and-filter": "signals: dx: each step assigns (= for +=)",
        "dweight-of-last-window": "signals: dweight: only the last window counts (= for +=)",
        "dbias-of-last-element": "signals: dbias: only the last place counts (= for +=)",
    },
    "conv3d": {
        "conv-kernel-turned": "volumes: the kernel is turned before it slides",
        "conv-padding-mode-ignored": "volumes: the frame is zeros whatever padding_mode is",
        "conv-dilation-ignored": "volumes: the window reads neighbours whatever the dilation is",
    },
    "conv3d_backward": {
        "dx-kernel-not-turned": "volumes: dx: the kernel is not turned",
        "dx-copies-lost": "volumes: dx: the gradient of the copies is lost",
        "dx-stride-forgotten": "volumes: dx: dy is not spread out by the stride",
        "dweight-of-last-sample": "volumes: dweight: only the last sample of the batch counts",
        "dx-of-last-window-and-filter": "volumes: dx: each step assigns (= for +=)",
        "dweight-of-last-window": "volumes: dweight: only the last window counts (= for +=)",
    },
}
add_relatives(RELATIVES)

# --- slips that any code can have ---------------------------------------------------------


@mistake(
    "conv2d",
    "the sums are formed in float32, although the arrays are float64",
    "the precision of the intermediate results does not matter",
    "D2.23",
)
def conv_in_float32(x: Array, weight: Array, bias: Array | None = None, **how: Any) -> Array:
    return in_float32(conv2d(x, weight, bias, **how))


@mistake(
    "conv2d_backward",
    "dx: one element is wrong",
    "one pixel at the corner does not show",
    "D0.12",
)
def dx_one_element_wrong(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    right = conv2d_backward(dy, x, weight, **how)
    wrong = right.dx.copy()
    wrong[-1:, -1:, -1, -1] = wrong[-1:, -1:, 0, 0] + 1
    return right._replace(dx=wrong)


@mistake(
    "conv3d_backward",
    "dx: the last row of each layer is left out",
    "range(H − 1)",
    "D0.5",
    "D0.12",
)
def volume_last_row_left_out(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    right = conv3d_backward(dy, x, weight, **how)
    return right._replace(dx=last_row_left_out(right.dx))


@mistake(
    "conv2d_backward",
    "dweight: the last sample of the batch is left out",
    "range(N − 1)",
    "D0.14",
)
def dweight_without_last_sample(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    right = conv2d_backward(dy, x, weight, **how)
    kept = max(len(x) - 1, 0)
    return right._replace(dweight=conv2d_backward(dy[:kept], x[:kept], weight, **how).dweight)


slightly_too_large("conv1d", "conv2d", "conv3d")

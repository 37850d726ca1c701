"""Mistakes in transposed convolutions and their gradients, along one, two or three axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.convolution import interleaved, last_sample, turned
from parity.mistakes.mistake import add_relatives, mistake
from parity.mistakes.slips import last_place_alone, last_row_left_out, slightly_too_large
from refimpl import (
    conv_transpose1d,
    conv_transpose1d_backward,
    conv_transpose2d,
    conv_transpose2d_backward,
    conv_transpose3d,
    conv_transpose3d_backward,
)
from refimpl.convolution import ConvGrads
from refimpl.elements import zeros
from refimpl.patches import kernel_matrix
from refimpl.shapes import TransposedGeometry, transposed_geometry
from refimpl.windows import crop, pad, windows

FORWARD: dict[int, Callable[..., Array]] = {
    1: conv_transpose1d,
    2: conv_transpose2d,
    3: conv_transpose3d,
}
BACKWARD: dict[int, Callable[..., ConvGrads]] = {
    1: conv_transpose1d_backward,
    2: conv_transpose2d_backward,
    3: conv_transpose3d_backward,
}

# --- the pieces that the mistakes are made of ---------------------------------------------


def forward(x: Array, weight: Array, bias: Array | None = None, **how: Any) -> Array:
    """The transposed convolution along as many axes as x has."""
    return FORWARD[x.ndim - 2](x, weight, bias, **how)


def backward(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    """Its gradients."""
    return BACKWARD[x.ndim - 2](dy, x, weight, **how)


def geometry_of(
    x: Array,
    weight: Array,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> TransposedGeometry:
    """The sizes of a transposed convolution."""
    return transposed_geometry(
        "mistake", x.ndim - 2, x, weight, stride, padding, output_padding, groups, dilation
    )


def whole(x: Array, weight: Array, how: dict[str, Any]) -> Array:
    """All that the windows fill: nothing cropped, nothing behind, no bias."""
    return forward(x, weight, **{**how, "padding": 0, "output_padding": 0})


def finished(found: Array, g: TransposedGeometry, bias: Array | None) -> Array:
    """As much of it as the output has, 0 where that is more, and the bias."""
    more = [(0, max(0, n - has)) for n, has in zip(g.output, found.shape[2:], strict=True)]
    y = pad(found, more)[:, :, *(slice(n) for n in g.output)].copy()
    if bias is not None:
        y += bias.reshape(-1, *(1,) * len(g.output))
    return y


def places_in_front(g: TransposedGeometry) -> list[tuple[int, int]]:
    """output_padding, in front."""
    return [(more, 0) for _, more in g.behind]


def gradients_read(
    dy: Array, x: Array, weight: Array, g: TransposedGeometry, shift: Any, step: Any, gap: Any
) -> ConvGrads:
    """dx and dweight where place h and tap i read dy at h·step + i·gap − shift, 0 outside.

    shift: at each end of an axis; of a negative one dy begins later.
    """
    right = backward(dy, x, weight, **options_of(g))
    dy = dy[:, :, *(slice(max(0, -p), None) for p in shift)]
    shift = [max(0, p) for p in shift]
    axes = zip(dy.shape[2:], x.shape[2:], g.conv.kernel, shift, step, gap, strict=True)
    frame = [(p, max(0, (size - 1) * s + (k - 1) * d + 1 - n - p)) for n, size, k, p, s, d in axes]
    view = windows(pad(dy, frame), g.conv.kernel, step, gap)
    every = (slice(None),) * (2 + len(shift))  # samples, maps, the kernel
    read = view[*every, *(slice(n) for n in x.shape[2:])]
    G, L = g.conv.groups, int(np.prod(x.shape[2:]))
    kernels = kernel_matrix(weight, G)
    patches = read.reshape(len(x), G, kernels.shape[2], L)
    columns = x.reshape(len(x), G, x.shape[1] // G, L)
    dx = (kernels @ patches).reshape(x.shape)
    dweight = (columns @ patches.swapaxes(-1, -2)).sum(axis=0).reshape(weight.shape)
    return right._replace(dx=dx, dweight=dweight)


def options_of(g: TransposedGeometry) -> dict[str, Any]:
    """The options that have these sizes."""
    return {
        "stride": g.conv.stride,
        "padding": tuple(p for p, _ in g.conv.padding),
        "output_padding": tuple(more for _, more in g.behind),
        "groups": g.conv.groups,
        "dilation": g.conv.dilation,
    }


def pads_of(g: TransposedGeometry) -> tuple[int, ...]:
    """The padding of each axis."""
    return tuple(p for p, _ in g.conv.padding)


# --- forward ------------------------------------------------------------------------------


@mistake(
    "conv_transpose2d",
    "the kernel is not turned, where zeros are put between the places of x and it slides",
    "a transposed convolution is a convolution of an x with gaps",
)
def transposed_kernel_not_turned(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    return forward(x, turned(weight), bias, **how)


@mistake(
    "conv_transpose2d",
    "the weight is read as (C_out, C_in, …), as a convolution's",
    "both layers store their weight alike",
)
def transposed_weight_of_a_convolution(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    return forward(x, weight.swapaxes(0, 1).reshape(weight.shape), bias, **how)


@mistake(
    "conv_transpose2d",
    "padding puts zeros around the output instead of cropping it",
    "padding adds places, as in a convolution",
)
def transposed_padding_added(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    g = geometry_of(x, weight, **how)
    return finished(pad(whole(x, weight, how), [(p, 0) for p in pads_of(g)]), g, bias)


@mistake(
    "conv_transpose2d",
    "all that padding crops is cropped behind",
    "the first places of the output are those of the first window",
)
def transposed_cropped_behind_alone(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    return finished(whole(x, weight, how), geometry_of(x, weight, **how), bias)


@mistake(
    "conv_transpose2d",
    "the places of output_padding are put in front",
    "either side will do",
)
def transposed_output_padding_in_front(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    g = geometry_of(x, weight, **how)
    found = pad(whole(x, weight, how), places_in_front(g))
    return finished(crop(found, g.conv.padding), g, bias)


@mistake(
    "conv_transpose2d",
    "output_padding puts zeros behind what is cropped already",
    "padding of the output is zeros",
)
def transposed_output_padding_of_zeros(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    g = geometry_of(x, weight, **how)
    plenty = [(0, 2 * p) for p in pads_of(g)]  # what is cropped may be more than there is
    found = whole(x, weight, how)
    inside = pad(found, plenty)[
        :, :, *(slice(p, max(p, n - p)) for p, n in zip(pads_of(g), found.shape[2:], strict=True))
    ]
    return finished(inside, g, bias)


@mistake(
    "conv_transpose2d",
    "the stride sets the size of the output, but windows are written one place apart",
    "the stride is how far the window moves over x",
)
def transposed_stride_ignored(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    g = geometry_of(x, weight, **how)
    found = whole(x, weight, {**how, "stride": 1})
    return finished(found[:, :, *(slice(p, None) for p in pads_of(g))], g, bias)


@mistake(
    "conv_transpose2d",
    "the dilation sets the size of the output, but the taps are written side by side",
    "dilation is another word for a larger kernel",
)
def transposed_dilation_ignored(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    g = geometry_of(x, weight, **how)
    found = whole(x, weight, {**how, "dilation": 1})
    return finished(found[:, :, *(slice(p, None) for p in pads_of(g))], g, bias)


@mistake(
    "conv_transpose2d",
    "where windows meet, the last one overwrites the others (= for +=)",
    "each place of x fills a window of its own",
)
def transposed_overlaps_overwritten(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    g = geometry_of(x, weight, **how)
    found = zeros((len(x), g.channels, *g.reached), like=x)
    one = {**how, "padding": 0, "output_padding": 0}
    for h in np.ndindex(*x.shape[2:]):
        there = [
            slice(q * s, q * s + d * (k - 1) + 1, d)
            for q, s, d, k in zip(h, g.conv.stride, g.conv.dilation, g.conv.kernel, strict=True)
        ]
        one_place = x[:, :, *(slice(q, q + 1) for q in h)]
        found[:, :, *there] = forward(one_place, weight, **{**one, "dilation": 1})
    return finished(crop(pad(found, g.behind), g.conv.padding), g, bias)


@mistake(
    "conv_transpose2d",
    "the input channels are dealt out to the groups in turn",
    "channel c belongs to group c mod G",
)
def transposed_groups_interleaved(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    return forward(x[:, interleaved(x.shape[1], how.get("groups", 1))], weight, bias, **how)


@mistake(
    "conv_transpose2d",
    "every group is written with the kernels of the first one",
    "groups share their weights",
)
def transposed_groups_of_one_kernel(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    groups = how.get("groups", 1)
    first = weight[: len(weight) // groups]
    return forward(x, np.concatenate([first] * groups), bias, **how)


@mistake(
    "conv_transpose2d",
    "the bias is not added where no window reaches",
    "a place without a window has no value",
)
def transposed_bias_in_windows_alone(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    y = forward(x, weight, bias, **how)
    if bias is None:
        return y
    reached = forward(np.ones(x.shape), np.ones(weight.shape), **how) > 0
    return np.where(reached, y, forward(x, weight, None, **how))


# --- backward -----------------------------------------------------------------------------


@mistake(
    "conv_transpose2d_backward",
    "stride and dilation are swapped where dy is read",
    "the backward is a convolution, whose stride is the dilation of the other",
)
def transposed_stride_and_dilation_swapped(
    dy: Array, x: Array, weight: Array, **how: Any
) -> ConvGrads:
    g = geometry_of(x, weight, **how)
    return gradients_read(dy, x, weight, g, pads_of(g), g.conv.dilation, g.conv.stride)


@mistake(
    "conv_transpose2d_backward",
    "dy is read from its first place on, as if nothing had been cropped",
    "what is cropped has no gradient",
)
def transposed_crop_forgotten(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    g = geometry_of(x, weight, **how)
    none = (0,) * len(g.output)
    return gradients_read(dy, x, weight, g, none, g.conv.stride, g.conv.dilation)


@mistake(
    "conv_transpose2d_backward",
    "dy is read as if the places of output_padding were in front",
    "padding comes first",
)
def transposed_dy_behind_output_padding(
    dy: Array, x: Array, weight: Array, **how: Any
) -> ConvGrads:
    g = geometry_of(x, weight, **how)
    shift = [p - more for p, (_, more) in zip(pads_of(g), g.behind, strict=True)]
    return gradients_read(dy, x, weight, g, shift, g.conv.stride, g.conv.dilation)


@mistake(
    "conv_transpose2d_backward",
    "dx: the kernel is turned",
    "what is turned in the forward is turned back",
)
def transposed_dx_kernel_turned(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    return backward(dy, x, weight, **how)._replace(dx=backward(dy, x, turned(weight), **how).dx)


@mistake(
    "conv_transpose2d_backward",
    "dweight is turned by 180°",
    "the kernel is turned where zeros are put between the places of x",
)
def transposed_dweight_turned(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    right = backward(dy, x, weight, **how)
    return right._replace(dweight=turned(right.dweight))


@mistake(
    "conv_transpose2d_backward",
    "dweight of the last sample alone (= for +=)",
    "the loop over samples assigns",
)
def transposed_dweight_of_last_sample(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    last = backward(last_sample(dy), last_sample(x), weight, **how)
    return backward(dy, x, weight, **how)._replace(dweight=last.dweight)


@mistake(
    "conv_transpose2d_backward",
    "dbias adds up the samples, not the places",
    "a bias is one number of a sample",
)
def transposed_dbias_of_one_place(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    one = backward(last_place_alone(dy, dy.ndim - 2), x, weight, **how)
    return backward(dy, x, weight, **how)._replace(dbias=one.dbias)


@mistake(
    "conv_transpose2d_backward",
    "dbias leaves out what no window reaches",
    "a place without a window has no gradient",
)
def transposed_dbias_of_windows_alone(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    reached = forward(np.ones(x.shape), np.ones(weight.shape), **how) > 0
    inside = np.where(reached, dy, zeros((), like=dy))
    return backward(dy, x, weight, **how)._replace(dbias=backward(inside, x, weight, **how).dbias)


@mistake(
    "conv_transpose2d_backward",
    "dx: every group is read with the kernels of the first one",
    "groups share their weights",
)
def transposed_dx_of_one_kernel(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    groups = how.get("groups", 1)
    first = np.concatenate([weight[: len(weight) // groups]] * groups)
    return backward(dy, x, weight, **how)._replace(dx=backward(dy, x, first, **how).dx)


@mistake("conv_transpose2d_backward", "dx: the last row is left out", "range(H − 1)")
def transposed_dx_last_row_left_out(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    right = backward(dy, x, weight, **how)
    return right._replace(dx=last_row_left_out(right.dx))


slightly_too_large("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")

# --- the same along one and three axes ----------------------------------------------------


RELATIVES = {
    "conv_transpose1d": {
        "transposed-kernel-not-turned": "signals: the kernel is not turned where zeros are put in",
        "transposed-padding-added": "signals: padding puts zeros around the output",
        "transposed-output-padding-in-front": "signals: the places of output_padding are in front",
        "transposed-groups-interleaved": "signals: channels are dealt out to the groups in turn",
    },
    "conv_transpose1d_backward": {
        "transposed-stride-and-dilation-swapped": "signals: stride and dilation are swapped",
        "transposed-crop-forgotten": "signals: dy is read as if nothing had been cropped",
        "transposed-dweight-turned": "signals: dweight is turned",
        "transposed-dbias-of-one-place": "signals: dbias adds up the samples, not the places",
    },
    "conv_transpose3d": {
        "transposed-weight-of-a-convolution": "volumes: the weight is read as (C_out, C_in, …)",
        "transposed-cropped-behind-alone": "volumes: all that padding crops is cropped behind",
        "transposed-output-padding-of-zeros": "volumes: output_padding puts zeros behind",
        "transposed-groups-of-one-kernel": "volumes: every group has the kernels of the first one",
    },
    "conv_transpose3d_backward": {
        "transposed-stride-and-dilation-swapped": "volumes: stride and dilation are swapped",
        "transposed-dx-of-one-kernel": "volumes: dx of every group by the first one's kernels",
        "transposed-dweight-of-last-sample": "volumes: dweight of the last sample alone",
        "transposed-dbias-of-one-place": "volumes: dbias adds up the samples, not the places",
    },
}

add_relatives(RELATIVES)

"""Evidence on D3: the convolution layer, its stride and its padding (§1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.documents.absent import asks_torch, if_found
from parity.documents.asking import distinct, integers, layer, rationals, value
from parity.documents.evidence import COUNTING, RATIONALS, TORCH, Evidence, evidence
from parity.documents.printed import d3_convolution as printed


@evidence("D3.1")
def depth(evidence: Evidence) -> None:
    """Of all depths, torch and refimpl accept the input's alone; 6 maps, then 10."""
    x = integers("D3.1 x", 1, 3, 7, 8)
    for filters, kernel in ((6, (3, 2)), (10, (2, 4))):
        said = printed.filter_depths(3)[0 if filters == 6 else 1]
        accepted = depths_of_torch(x, filters, kernel)
        evidence.printed(TORCH, f"depth of the {filters} filters", [said], accepted)
        ours = depths_of_refimpl(x, filters, kernel)
        evidence.implemented(TORCH, f"conv2d, depth of the {filters}", ours, accepted)
        x = behind(x, filters, accepted, kernel)
    evidence.printed(TORCH, "depth of the result", printed.filter_depths(3)[2], x.shape[1])


@asks_torch
def behind(x: Array, filters: int, depth: list[int], kernel: tuple[int, int]) -> Array:
    """torch's convolution of x with filters of the depth that it accepts."""
    weight = integers(f"D3.1 {filters}", filters, *depth, *kernel)
    return value("conv2d", {"x": x, "weight": weight})


@asks_torch
def depths_of_torch(x: Array, filters: int, kernel: tuple[int, int]) -> list[int]:
    """Which depths of filters torch accepts for x."""
    return [depth for depth in range(1, 9) if torch_accepts(x, depth, filters, kernel)]


@if_found
def depths_of_refimpl(x: Array, filters: int, kernel: tuple[int, int]) -> list[int]:
    """Which refimpl accepts."""
    return [depth for depth in range(1, 9) if refimpl_accepts(x, depth, filters, kernel)]


def torch_accepts(x: Array, depth: int, filters: int, kernel: tuple[int, int]) -> bool:
    """Whether torch convolves x with filters of a depth."""
    try:
        value("conv2d", {"x": x, "weight": rationals(np.ones((filters, depth, *kernel)))})
    except RuntimeError:
        return False
    return True


def refimpl_accepts(x: Array, depth: int, filters: int, kernel: tuple[int, int]) -> bool:
    """Whether refimpl does."""
    try:
        refimpl.conv2d(x, rationals(np.ones((filters, depth, *kernel))))
    except ValueError:
        return False
    return True


@evidence("D3.2")
def inner_products(evidence: Evidence) -> None:
    """Wx + b at every place: a padded 7×7×3, two filters, two outputs of 3×3; and unequal sides."""
    b = integers("D3.2 b", 2)
    for image, kernel, outputs in (((7, 7), (3, 3), (3, 3)), ((8, 11), (2, 3), (4, 5))):
        x, w = integers(f"D3.2 x {image}", 3, *image), integers(f"D3.2 w {kernel}", 2, 3, *kernel)
        found = printed.inner_products(x, w, b, stride=2)
        right = value("conv2d", {"x": x[None], "weight": w, "bias": b}, {"stride": 2})[0]
        what = f"{image[0]}×{image[1]}, {kernel[0]}×{kernel[1]}"
        evidence.printed(TORCH, f"Wx + b, {what}", found, right)
        evidence.printed(TORCH, f"two outputs, {what}", (2, *outputs), right.shape)
        ours = refimpl.conv2d(x[None], w, b, stride=2)[0]
        evidence.implemented(TORCH, f"conv2d, {what}", ours, right)


# --- stride and pad -----------------------------------------------------------------------


@asks_torch
def reads(size: int, F: int, stride: int, pad: int = 0) -> Array:
    """How many outputs each pixel has a part in: torch's convolution of one lit pixel."""
    x = np.eye(size**2).reshape(size**2, 1, size, size)
    weight = distinct("reads", F, F)[None, None]
    y = value("conv2d", {"x": rationals(x), "weight": weight}, {"stride": stride, "padding": pad})
    counts = [sum(v != 0 for v in image.ravel()) for image in y]
    return np.array(counts).reshape(size, size)


@evidence("D3.3")
def stride(evidence: Evidence) -> None:
    """7×7 under 3×3: stride 3 alone wastes pixels; fewer outputs, less work, per stride."""
    outputs, wasted = [], []
    for S in (1, 2, 3):
        counts = reads(7, 3, S)
        wasted.append(if_found(int)((counts == 0).sum()))
        outputs.append(if_found(int)(counts.sum()) // 3**2)  # each window is read at nine pixels
        evidence.printed(TORCH, f"stride {S}: wasted", printed.wasted(7, 3, S), wasted[-1])
        evidence.printed(TORCH, f"stride {S}: outputs", printed.outputs(7, 3, S), outputs[-1])
        size = refimpl.conv_output_size(7, 3, S) ** 2
        evidence.implemented(TORCH, f"stride {S}: conv_output_size", size, outputs[-1])
        ours = refimpl.window_counts((7, 7), 3, S)
        evidence.implemented(TORCH, f"stride {S}: window_counts", ours, counts)
    said, found = list(printed.WASTES.values()), [pixels > 0 for pixels in wasted]
    evidence.printed(TORCH, "pixels are wasted at stride 1, 2, 3", said, found)
    evidence.printed(TORCH, "ever fewer outputs", if_found(falling)(outputs), outputs)


def falling(numbers: list[int]) -> list[int]:
    """Each of the numbers once, the largest first."""
    return sorted(set(numbers), reverse=True)


def edge(size: int) -> Iterator[tuple[int, int]]:
    """The pixels of the outermost ring."""
    for u, v in np.ndindex(size, size):
        if u in (0, size - 1) or v in (0, size - 1):
            yield u, v


@evidence("D3.4")
def padding(evidence: Evidence) -> None:
    """Rings of zeros are right; that an edge pixel is used at most once is true of corners."""
    x = integers("D3.4 x", 4, 4)
    for pad in (1, 2):
        right = np.pad(x, pad)
        evidence.printed(RATIONALS, f"pad = {pad}", printed.padded(x, pad), right)
    counts = reads(7, 3, 1)
    said = [True for _ in edge(7)]
    within = [counts[place] <= printed.AT_MOST for place in edge(7)]
    evidence.refuted(TORCH, "edge pixels are used at most once", said, within)
    inside = counts[1:-1, 1:-1]
    several = if_found(np.full)(inside.shape, True)
    evidence.printed(TORCH, "inner ones several times", several, inside > 1)
    ringed = reads(7, 3, 1, pad=1)
    often = [ringed[place] > 1 for place in edge(7)]
    evidence.printed(TORCH, "with a ring, edge pixels too", said, often)
    for size, F, S in ((7, 3, 1), (7, 3, 2), (7, 3, 3), (8, 5, 2), (6, 2, 1), (9, 4, 3)):
        found = [times_used(u, v, size, F, S) for u, v in np.ndindex(size, size)]
        right = reads(size, F, S).ravel()
        evidence.corrected(TORCH, f"r(u)·r(v), {size}×{size}, {F}×{F}, stride {S}", found, right)
        ours = refimpl.window_counts((size, size), F, S).ravel()
        evidence.implemented(TORCH, f"window_counts, {size}×{size}", ours, right)
    ours = refimpl.window_counts((7, 7), 3, padding=1)
    evidence.implemented(TORCH, "window_counts with a ring", ours, ringed)
    evidence.false_at(counterexample())


@asks_torch
def counterexample() -> str:
    """The smallest input with an edge pixel that is used more than once."""
    size, F, place, count = used_more_than_once()
    return (
        f"{size}×{size} input, {F}×{F} filter, stride 1, no padding: edge pixel {place} is used "
        f"{count} times"
    )


def times_used(u: int, v: int, size: int, F: int, stride: int) -> int:
    """The correction: r(u)·r(v) windows read pixel (u, v), counted from 0.

    r(u) = min(⌊u/S⌋, ⌊(n − F)/S⌋) − max(0, ⌈(u − F + 1)/S⌉) + 1: once in a corner, up to F
    times on the rest of the edge, up to F² times inside.
    """

    def r(at: int) -> int:
        last = min(at // stride, (size - F) // stride)
        first = max(0, -((F - 1 - at) // stride))
        return max(0, last - first + 1)

    return r(u) * r(v)


def used_more_than_once() -> tuple[int, int, tuple[int, int], int]:
    """The smallest square input and filter where an edge pixel is used more than once."""
    for size in range(1, 8):
        for F in range(1, size + 1):
            counts = reads(size, F, 1)
            for place in edge(size):
                if counts[place] > printed.AT_MOST:
                    return size, F, place, int(counts[place])
    raise LookupError("no edge pixel is used more than once")


@evidence("D3.11")
def zeros(evidence: Evidence) -> None:
    """The weight gradient without the products of padded places is torch's, padding and all."""
    for pad, S in ((1, 1), (2, 1), (1, 2)):
        x, w = integers("D3.11 x", 2, 3, 5, 6), integers("D3.11 w", 4, 3, 3, 3)
        options: dict[str, Any] = {"padding": pad, "stride": S}
        y = value("conv2d", {"x": x, "weight": w}, options)
        dy = if_found(upstream)(f"D3.11 {pad} {S}", y)
        right = layer("conv2d", dy, {"x": x, "weight": w}, options).gradients["weight"]
        label = f"pad {pad}, stride {S}"
        without = if_found(printed.weight_gradient_without_zeros)(dy, x, w.shape, pad, S)
        evidence.printed(TORCH, f"{label}: dw without the zeros", without, right)
        ours = if_found(refimpl.conv2d_backward)(dy, x, w, **options).dweight
        evidence.implemented(TORCH, f"{label}: dweight", ours, right)


def upstream(label: str, y: Array) -> Array:
    """Integers, an upstream gradient of y."""
    return integers(label, *y.shape)


@evidence("D3.5")
def output_size(evidence: Evidence) -> None:
    """7×7, 3×3 filter, one ring, and other sizes where the windows fit."""
    for hi, F, pad, S in ((7, 3, 1, 1), (7, 3, 1, 2), (7, 3, 1, 3), (8, 2, 0, 3), (9, 5, 2, 4)):
        x, w = integers("D3.5 x", 1, 1, hi, hi), integers("D3.5 w", 1, 1, F, F)
        options = {"padding": pad, "stride": S}
        right = value("conv2d", {"x": x, "weight": w}, options).shape[2:]
        found = printed.output_size(hi, F, pad, S)
        evidence.printed(TORCH, f"{hi}×{hi}, {F}×{F}, pad {pad}, stride {S}", [found] * 2, right)
        evidence.printed(COUNTING, "windows", found, len(starts(hi + 2 * pad, F, S)))
        ours = refimpl.conv_output_size((hi, hi), F, S, pad)
        evidence.implemented(TORCH, "conv_output_size", ours, right)


@evidence("D3.13")
def names_of_sizes(evidence: Evidence) -> None:
    """h_o and w_o are the output's height and width; the notes say the input's."""
    hi, wi, F, pad, S = 7, 7, 3, 1, 2
    for h, w in ((hi, wi), (9, 12)):
        x, weight = integers("D3.13 x", 1, 1, h, w), integers("D3.13 w", 1, 1, F, F)
        right = value("conv2d", {"x": x, "weight": weight}, {"padding": pad, "stride": S}).shape[2:]
        said, what = printed.said_of_sizes(h, w), f"{h}×{w}"
        evidence.printed(TORCH, f"hi, wi: the input, {what}", said["hi, wi"], x.shape[2:])
        evidence.refuted(TORCH, f"ho, wo: the input, {what}", said["ho, wo"], right)
        output = [len(starts(side + 2 * pad, F, S)) for side in (h, w)]
        evidence.corrected(TORCH, f"ho, wo: the output, {what}", output, right)
        ours = refimpl.conv_output_size((h, w), F, S, pad)
        evidence.implemented(TORCH, f"conv_output_size, {what}", ours, right)
        if (h, w) == (hi, wi):
            not_this = "×".join(map(str, said["ho, wo"]))
            evidence.false_at(
                f"{h}×{w} input, {F}×{F} filter, one ring of zeros, stride {S}: h_o×w_o = "
                f"{right[0]}×{right[1]}, the output's size, not {not_this}"
            )


def starts(size: int, F: int, stride: int) -> list[int]:
    """Where a window can start."""
    return [i for i in range(size) if i % stride == 0 and i + F <= size]


# --- layout -------------------------------------------------------------------------------


@evidence("D3.7")
def layout(evidence: Evidence) -> None:
    """x[n, c, h, w] and w[f, c, h, w] are torch's own layout."""
    x, w, b = integers("D3.7 x", 2, 3, 5, 6), integers("D3.7 w", 4, 3, 2, 3), integers("D3.7 b", 4)
    right = value("conv2d", {"x": x, "weight": w, "bias": b})
    evidence.printed(TORCH, "Wx + b", printed.layer(x, w, b), right)
    evidence.implemented(TORCH, "conv2d", refimpl.conv2d(x, w, b), right)


@evidence("D3.12")
def sharing(evidence: Evidence) -> None:
    """The derivative of every output to its window is the one filter."""
    x, w = integers("D3.12 x", 1, 2, 4, 5), integers("D3.12 w", 1, 2, 3, 2)
    places = list(np.ndindex(2, 4))
    found = []
    for i, j in places:
        dy = rationals(np.zeros((1, 1, 2, 4)))
        dy[0, 0, i, j] = 1
        dx = layer("conv2d", dy, {"x": x, "weight": w}).gradients["x"]
        found.append(dx[:, :, i : i + 3, j : j + 2])
    said = np.stack(printed.shared_weights(w, len(places)))
    evidence.printed(TORCH, "the weights at every place", said, np.stack(found))
    ours = refimpl.conv2d(x, w)
    evidence.implemented(TORCH, "conv2d", ours, value("conv2d", {"x": x, "weight": w}))
    weights = refimpl.conv_parameters(2, 1, (3, 2)).weights
    evidence.implemented(COUNTING, "one filter's weights", weights, found[0].size)

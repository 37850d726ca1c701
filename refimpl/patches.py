"""The windows of a convolution as columns of a matrix, and back, block by block (im2col)."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from refimpl.elements import Array
from refimpl.shapes import ConvGeometry
from refimpl.sums import LongSum, matmul, wide
from refimpl.windows import add_windows, blocks, windows


def add_products(dkernels: LongSum, d: Array, patches: Array) -> None:
    """dkernels + Σ_n d[n] @ patches[n]ᵀ, some products at a time: the kernels may be large.

    Shapes: dkernels (G, C_out/G, C·K), d (n, G, C_out/G, L), patches (n, G, C·K, L).
    """
    (n, G, rows, _), (columns, L) = d.shape, patches.shape[2:]
    doubled = 2 * 8 * G * columns * max(rows, L)  # half a block of products, and of wide patches
    for samples, _ in blocks(n, 1, doubled):
        products = matmul(wide(d[samples]), wide(patches[samples]).swapaxes(-1, -2))
        for product in products:
            dkernels.add(product)


def add_patches(dpadded: Array, kernels: Array, d: Array, geometry: ConvGeometry) -> None:
    """Patches kernelsᵀ @ d, added to the zeros of dpadded where they came from.

    Shapes: dpadded (n, C, *S), kernels (G, C_out/G, C/G·K), d (n, G, C_out/G, L).
    """
    (n, G, _, L), C = d.shape, dpadded.shape[1]
    if prod(geometry.kernel) == prod(geometry.stride) == 1:  # each patch is one place of its own
        matmul(kernels.swapaxes(-1, -2), d, out=dpadded.reshape(n, G, C // G, L))
        return
    dpatches = matmul(kernels.swapaxes(-1, -2), d)  # (n, G, C/G·K, L)
    rest = geometry.output[1:]
    shape = (n, C, *geometry.kernel, L // prod(rest), *rest)
    add_windows(dpadded, dpatches.reshape(shape), geometry.stride, geometry.dilation)


def kernel_matrix(weight: Array, groups: int) -> Array:
    """(C_out, C/G, *K) -> (G, C_out/G, C/G·K): one row for each output channel."""
    return weight.reshape(groups, weight.shape[0] // groups, prod(weight.shape[1:]))


def window_blocks(
    padded: Array, geometry: ConvGeometry, kernels: Array
) -> Iterator[tuple[Any, Any]]:
    """Block by block: the index of a part of the padded input, that of the columns of y it gives.

    Blocks are as large as `blocks` says, some samples or some rows of one.
    """
    rows, rest = geometry.output[0], prod(geometry.output[1:])
    k, s, d = geometry.kernel[0], geometry.stride[0], geometry.dilation[0]
    row_bytes = padded.shape[1] * prod(geometry.kernel) * rest * padded.itemsize
    every = slice(None)
    for samples, r in blocks(padded.shape[0], rows, row_bytes, kernels.nbytes):
        needed = slice(r.start * s, (r.stop - 1) * s + d * (k - 1) + 1)
        yield (
            (samples, every, needed),
            (samples, every, every, slice(r.start * rest, r.stop * rest)),
        )


def patch_matrix(part: Array, geometry: ConvGeometry) -> Array:
    """(n, C, *S) -> (n, G, C/G·K, L): one column for each window; the only copy of patches."""
    view = windows(part, geometry.kernel, geometry.stride, geometry.dilation)
    n, C, G = view.shape[0], view.shape[1], geometry.groups
    columns = prod(view.shape[2 + len(geometry.kernel) :])
    return view.reshape(n, G, C // G * prod(geometry.kernel), columns)

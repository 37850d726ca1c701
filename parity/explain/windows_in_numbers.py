"""Ideas about windows in numbers: im2col, scattering, padding, receptive fields."""

from __future__ import annotations

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.explain.demonstration import Demonstration
from parity.explain.folding import beside
from parity.explain.grids import cell, maps
from parity.explain.setting_up import demonstration
from parity.explain.sheet import Sheet
from parity.explain.writing_out import number, place
from refimpl.shapes import conv_sizes
from refimpl.windows import pad, windows

IM2COL = "3x3 kernel 2x2 channels 2 outputs 2"
SCATTER = "7 kernel 3 stride 2"
SAME = "3 kernel 2"
LENET = ((5, 1), (2, 2), (5, 1), (2, 2))  # kernel and stride of its convolutions and poolings


# --- im2col -------------------------------------------------------------------------------


def matrices(demo: Demonstration) -> tuple[Array, Array, Array]:
    """The kernels as rows, the windows as columns, and their product.

    >>> rows, columns, product = matrices(demonstration("conv2d", IM2COL))
    >>> rows.shape, columns.shape, product.shape
    ((2, 8), (8, 4), (2, 4))
    """
    x, weight = demo.arguments["x"], demo.arguments["weight"]
    kernel = weight.shape[2:]
    columns = windows(x, kernel, (1, 1), (1, 1))[0].reshape(weight[0].size, -1)
    rows = weight.reshape(len(weight), -1)
    return rows, columns, rows @ columns


def im2col(sheet: Sheet) -> None:
    """Both matrices and their product, one window and one kernel in brackets."""
    demo = demonstration("conv2d", IM2COL)
    rows, columns, product = matrices(demo)
    o, at = 1, 1  # the kernel and the window that are shown
    marked = {
        "rows": (rows, {(o, k) for k in range(rows.shape[1])}),
        "columns": (columns, {(k, at) for k in range(len(columns))}),
        "rows @ columns": (product, {(o, at)}),
    }
    blocks = []
    for name, (matrix, places) in marked.items():
        blocks += maps(name, matrix, sheet.width - 2, places, sheet.colour)
    sheet.drawn(beside(blocks, sheet.width - 2))
    sheet.gap()
    _one_product(sheet, demo, o, at)


def _one_product(sheet: Sheet, demo: Demonstration, o: int, at: int) -> None:
    """One element of the product, the bias, and which element of y it is."""
    rows, columns, product = matrices(demo)
    bias, total = demo.arguments["bias"][o], number(product[o, at])
    factors = zip(rows[o], columns[:, at], strict=True)
    terms = " + ".join(f"{_closed(a)}·{_closed(b)}" for a, b in factors)
    y = place("y", (0, o, *divmod(at, demo.results["y"].shape[3])))
    sheet.raw(f"(rows @ columns)[{o},{at}] = {terms} = {total}", 2, hang=4)
    sheet.raw(f"{y} = {total} + bias[{o}] = {number(product[o, at] + bias)}", 2)
    sheet.gap()
    sheet.text(
        "The bracketed column is the window of {y}, channel below channel, the bracketed row the "
        "kernel weight[{o}] in the same order; refimpl.conv2d gives the same {y}.",
        indent=2,
        y=y,
        o=o,
    )


def _closed(value: object) -> str:
    text = cell(value)
    return f"({text})" if text.startswith("−") else text


# --- the transposed convolution -----------------------------------------------------------


def scattered() -> tuple[Array, Array, Array, Array]:
    """z, a kernel, what each element of z brings to the output, and the output (dx).

    >>> z, weight, shares, dx = scattered()
    >>> bool((sum(shares) == dx).all())
    True
    """
    demo = demonstration("conv1d_backward", SCATTER)
    z, x, weight = (demo.arguments[name] for name in ("dy", "x", "weight"))
    alone = [np.where(np.arange(z.size) == k, z, 0 * z) for k in range(z.size)]
    results = [refimpl.conv1d_backward(one, x, weight, stride=2).dx for one in (*alone, z)]
    *shares, dx = (result[0, 0] for result in results)
    return z[0, 0], weight[0, 0], np.array(shares), dx


def scatter(sheet: Sheet) -> None:
    """Each element times the kernel, at its place in the output, and the sum of all."""
    z, weight, shares, dx = scattered()
    sheet.raw(f"z = {_row(z)}   weight = {_row(weight)}   stride = 2", indent=2)
    sheet.gap()
    rows = []
    for k, share in enumerate(shares):
        covered = range(2 * k, 2 * k + weight.size)
        cells = [cell(v) if u in covered else "·" for u, v in enumerate(share)]
        rows.append([f"z[{k}]·weight", *cells])
    rows.append([sheet.said("sum"), *map(cell, dx)])
    sheet.table(rows)
    sheet.gap()
    sheet.text(
        "Each element of z puts its multiple of the kernel into the output, {s} places behind the "
        "one before; where they meet, they are added. conv1d_backward(z, x, weight, {s}).dx gives "
        "the same.",
        indent=2,
        s=2,
    )


def _row(values: Array) -> str:
    return "  ".join(map(cell, values))


# --- padding ------------------------------------------------------------------------------


def sides(sheet: Sheet) -> None:
    """The zeros before and after the input by each rule, in brackets."""
    x = demonstration("conv1d", SAME).arguments["x"]
    rows = [["padding", sheet.said("zeros"), sheet.said("size"), "x"]]
    for rule in ("valid", "same", "full", 1):
        found = conv_sizes("conv1d", x.shape[2:], (2,), 1, rule, 1, 1)
        ((before, after),) = found.padding
        inside = range(before, before + x.size)
        zeros = pad(x, found.padding)[0, 0]
        cells = [cell(v) if k in inside else "[0]" for k, v in enumerate(zeros)]
        rows.append([str(rule), f"{before} + {after}", str(found.output[0]), " ".join(cells)])
    sheet.table(rows, left=(0, 3))
    sheet.gap()
    sheet.text(
        'The zeros before and after x, and the size of the output, for a kernel of {k}. "same" '
        "needs {n} zero: it goes behind, as every odd one does.",
        indent=2,
        k=2,
        n=1,
    )


# --- receptive fields ---------------------------------------------------------------------


def fields(sheet: Sheet) -> None:
    """LeNet's layers, one by one: how large the field grows, and how far apart fields are."""
    rows = [[sheet.said("layer l"), "k", "s", sheet.said("field"), sheet.said("jump")]]
    size, jump = 1, 1
    for k in range(1, len(LENET) + 1):
        (kernel, stride), after = LENET[k - 1], refimpl.receptive_field(LENET[:k])
        grown = f"{size} + 1·({kernel} − 1)·{jump} = {after.size}"
        rows.append([str(k), str(kernel), str(stride), grown, f"{jump}·{stride} = {after.jump}"])
        size, jump = int(after.size), int(after.jump)  # type: ignore[arg-type] # one axis
    sheet.table(rows)
    sheet.gap()
    sheet.text(
        "One neuron behind LeNet's second pooling sees {size}×{size} pixels; the field of its "
        "neighbour is shifted by {jump}.",
        indent=2,
        size=size,
        jump=jump,
    )

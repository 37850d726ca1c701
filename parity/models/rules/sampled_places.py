"""Maps read at places between their pixels, which a grid names: spatial transformers, flows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from parity.bounds.arithmetic import Arithmetic, gamma
from parity.cases.case import Array
from parity.models.plain.by_formula import Formula, Sized
from parity.models.plain.linear_maps import Linear
from parity.models.references import NotUnderstoodError
from parity.models.understanding import Given, Rule, Understood, same

BILINEAR, ZEROS, BORDER = 0, 0, 1  # as torch numbers them
PLACE = 6  # roundings of a place, each of up to the size of the axis
AROUND = (-1, 0, 1, 2)  # pixels that a place may read once it is rounded, from its floor on


@dataclass(frozen=True)
class Axis:
    """Where the places lie along one axis of n pixels.

    first: the pixel before. share: that of the pixel behind. slope: of a place by the grid's
    number; 0 where it is held at the border.
    """

    n: int
    first: Array
    share: Array
    slope: Array
    size: Array

    def off(self, side: Arithmetic) -> Array:
        """What a place may be off by, in pixels."""
        return np.asarray(PLACE * side.u * self.size)

    def beside(self, k: int, border: bool) -> Array:
        """The pixel k behind the first; at the border the last one in its place."""
        return np.clip(self.first + k, 0, self.n - 1) if border else self.first + k

    def near(self, side: Arithmetic) -> Array:
        """Whether another pixel may be the one before: 1 or 0."""
        distance = np.minimum(self.share, 1 - self.share)
        return np.asarray(distance <= 2 * self.off(side), np.float64)


def _axis(numbers: Array, n: int, corners: bool, border: bool) -> Axis:
    """From the grid's numbers, −1 … 1 from one end to the other."""
    slope = (n - 1) / 2 if corners else n / 2
    places = (numbers + 1) * slope - (0.0 if corners else 0.5)
    size, slopes = (np.abs(numbers) + 1) * n + 1, np.full(places.shape, slope)
    if border:
        slopes = np.where((places <= 0) | (places >= n - 1), 0.0, slopes)
        places = np.clip(places, 0, n - 1)
    first = np.floor(np.clip(places, -4, n + 3))
    return Axis(n, first.astype(np.int64), places - first, slopes, size)


def _read(x: Array, rows: Array, columns: Array) -> Array:
    """(N, C, …): the pixels at these places of each map; 0 outside."""
    h, w = x.shape[-2:]
    inside = (rows >= 0) & (rows < h) & (columns >= 0) & (columns < w)
    which = np.arange(len(x))[:, None, None]
    found = x[which, :, np.clip(rows, 0, h - 1), np.clip(columns, 0, w - 1)]
    return np.asarray(np.moveaxis(found * inside[..., None], -1, 1))


def _add(shape: tuple[int, ...], rows: Array, columns: Array, parts: Array) -> Array:
    """The adjoint of `_read`: parts (N, C, …) added where they were read."""
    h, w = shape[-2:]
    inside = (rows >= 0) & (rows < h) & (columns >= 0) & (columns < w)
    which = np.broadcast_to(np.arange(shape[0])[:, None, None], rows.shape)
    found = np.zeros((shape[0], h, w, shape[1]))
    np.add.at(
        found, (which[inside], rows[inside], columns[inside]), np.moveaxis(parts, 1, -1)[inside]
    )
    return np.moveaxis(found, -1, 1)


Corner = tuple[Array, Array, Array, Array, Array]


@dataclass(frozen=True)
class _Sampling:
    """Σ over the four pixels around a place of their shares.

    A place is off by PLACE roundings of the size of its axis; that moves a share by as much, and
    near a pixel it may turn to the pixel beside it: the value goes on there, the slope jumps.
    """

    sizes: tuple[int, int]  # of a map
    corners: bool
    border: bool

    def axes(self, grid: Array) -> tuple[Axis, Axis]:
        h, w = self.sizes
        down = _axis(grid[..., 1], h, self.corners, self.border)
        return down, _axis(grid[..., 0], w, self.corners, self.border)

    def four(self, grid: Array) -> Iterator[Corner]:
        """Row, column, share, and the shares' slopes by row and by column."""
        down, right = self.axes(grid)
        for i, (of_row, by_row) in enumerate(((1 - down.share, -1.0), (down.share, 1.0))):
            for j, (of_column, by_column) in enumerate(
                ((1 - right.share, -1.0), (right.share, 1.0))
            ):
                rows, columns = down.first + i, right.first + j
                if self.border:
                    rows, columns = np.minimum(rows, down.n - 1), np.minimum(columns, right.n - 1)
                yield rows, columns, of_row * of_column, by_row * of_column, of_row * by_column

    def largest(self, x: Array, grid: Array) -> Array:
        """(N, C, …): the largest pixel that may be read."""
        down, right = self.axes(grid)
        read = (_read(np.abs(x), down.first + i, right.first + j) for i in AROUND for j in AROUND)
        return np.asarray(np.max(np.stack(list(read)), 0))

    def of(self, x: Array, grid: Array) -> Sized:
        value = sum(share[:, None] * _read(x, r, c) for r, c, share, _, _ in self.four(grid))
        return Sized(np.asarray(value), self.largest(x, grid))

    def moved(self, side: Arithmetic, grid: Array) -> Array:
        down, right = self.axes(grid)
        return (down.off(side) + right.off(side))[:, None]

    def off(self, side: Arithmetic, x: Array, grid: Array) -> Array:
        size = self.largest(x, grid)
        return np.asarray(2 * size * self.moved(side, grid) + 10 * side.u * size + 8 * side.eta)

    def slopes(self, dy: Array, x: Array, grid: Array, sized: bool) -> Array:
        """(N, …, 2): by column and by row, as the grid has them."""
        found = [np.zeros(grid.shape[:-1]), np.zeros(grid.shape[:-1])]
        change: Callable[[Array], Array] = np.abs if sized else np.asarray
        for rows, columns, _, by_row, by_column in self.four(grid):
            reached = np.sum(change(dy) * _read(change(x), rows, columns), 1)
            found[0] += reached * change(by_column)
            found[1] += reached * change(by_row)
        down, right = self.axes(grid)
        return np.stack([found[0] * right.slope, found[1] * down.slope], -1)

    def back(self, dy: Array, x: Array, grid: Array) -> Sequence[Sized]:
        to_x, size = np.zeros(x.shape), np.zeros(x.shape)
        for rows, columns, share, _, _ in self.four(grid):
            to_x += _add(x.shape, rows, columns, share[:, None] * dy)
            size += _add(x.shape, rows, columns, share[:, None] * np.abs(dy))
        return (
            Sized(to_x, size),
            Sized(self.slopes(dy, x, grid, sized=False), self.slopes(dy, x, grid, sized=True)),
        )

    def off_back(self, side: Arithmetic, dy: Array, x: Array, grid: Array) -> Sequence[Array]:
        (_, size), (_, turned) = self.back(dy, x, grid)
        down, right = self.axes(grid)
        spread, counts = np.zeros(x.shape), np.zeros(x.shape)
        each = np.abs(dy) * (2 * self.moved(side, grid) + 6 * side.u)
        for i, j in product(AROUND, AROUND):
            rows, columns = down.beside(i, self.border), right.beside(j, self.border)
            spread += _add(x.shape, rows, columns, each)
            counts += _add(x.shape, rows, columns, np.ones(dy.shape))
        to_x = spread * 1.01 + gamma(counts + 4, side.u) * (size + spread) + counts * side.eta
        reach = np.sum(np.abs(dy) * self.largest(x, grid), 1)
        channels = float(gamma(np.asarray(x.shape[1] * 4.0 + 12), side.u))
        jumps = [4 * right.near(side) + 4 * self.moved(side, grid)[:, 0], 4 * down.near(side)]
        jumps[1] = jumps[1] + 4 * self.moved(side, grid)[:, 0]
        scale = [np.full(reach.shape, axis.slope.max(initial=0.0)) for axis in (right, down)]
        bent = np.stack([reach * jump * s for jump, s in zip(jumps, scale, strict=True)], -1)
        return to_x, bent + channels * turned + 8 * side.eta


def grid_sample(given: Given) -> Understood:
    """Pixels read at the places of a grid, between their four neighbours."""
    if given["interpolation_mode"] != BILINEAR or given["padding_mode"] not in (ZEROS, BORDER):
        raise NotUnderstoodError("grid_sample that is not bilinear, or that reflects")
    x, grid = given["input"], given["grid"]
    h, w = x.shape[-2:]
    made = _Sampling((h, w), bool(given["align_corners"]), given["padding_mode"] == BORDER)
    arrays = {"x": x, "grid": grid}
    reference = Formula("grid_sample", arrays, made.of, made.off, made.back, made.off_back)
    return Understood(reference, {"x": ("input", same), "grid": ("grid", same)})


def affine_grid(given: Given) -> Understood:
    """(N, H, W, 2): the places that affine maps θ (N, 2, 3) send the pixels' middles to."""
    theta, size = given["theta"], given["size"]
    if len(size) != 4:
        raise NotUnderstoodError("affine_grid of volumes")

    def along(n: int) -> Array:
        ends = np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
        return np.asarray(ends if given["align_corners"] else ends * (n - 1) / n)

    h, w = size[2:]
    base = np.stack(
        [
            np.broadcast_to(along(w), (h, w)),
            np.broadcast_to(along(h)[:, None], (h, w)),
            np.ones((h, w)),
        ],
        -1,
    )
    reference = Linear(
        "affine_grid",
        {"x": theta},
        lambda theta: np.einsum("hwk,njk->nhwj", base, theta),
        lambda dy, theta: (np.einsum("hwk,nhwj->njk", base, dy),),
        3.0,
        (float(h * w),),
        8.0,
        lambda theta: np.einsum("hwk,njk->nhwj", np.ones(base.shape), theta),
        lambda dy, theta: (np.einsum("hwk,nhwj->njk", np.ones(base.shape), dy),),
    )
    return Understood(reference, {"x": ("theta", same)})


RULES = {
    "grid_sampler_2d": Rule(grid_sample),
    "affine_grid_generator": Rule(affine_grid, shapes=True),
}

"""Elements put, copied or added to places that an index names; patches cut out and laid back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.models.plain.linear_maps import Linear
from parity.models.plain.moving_elements import Moved, constant
from parity.models.references import NotUnderstoodError
from parity.models.understanding import Given, Rule, Understood, same

Places = tuple[Any, ...]
PUT = {"x": ("self", same), "src": ("src", same)}


def _along(index: Array, axis: int) -> Places:
    """Where each element of an index stands, along one axis by what it says."""
    if not index.ndim:
        return (index,)
    grid = list(np.ogrid[tuple(slice(n) for n in index.shape)])
    grid[axis % index.ndim] = index
    return tuple(grid)


def _rows(index: Array, axis: int, ndim: int) -> Places:
    """Whole slices along an axis."""
    return (slice(None),) * (axis % max(ndim, 1)) + (np.atleast_1d(index),)


def _twice(places: Places, shape: tuple[int, ...]) -> bool:
    """Whether some place is named more than once."""
    counts = np.zeros(shape, np.int64)
    np.add.at(counts, places, 1)
    return bool(np.any(counts > 1))


def put(
    name: str, places: Callable[[Given], Places], source: Callable[[Given, Array], Array]
) -> Callable[[Given], Understood]:
    """Elements of src in the place of those of x. source: the part of src that is put."""

    def understand(given: Given) -> Understood:
        x, where = given["self"], places(given)
        if _twice(where, x.shape):
            raise NotUnderstoodError(f"{name} that names a place twice: torch leaves open who wins")

        def move(arrays: Sequence[Array]) -> Array:
            found = arrays[0].copy()
            found[where] = source(given, arrays[1])
            return found

        reference = Moved(name, {"x": x, "src": given[_source(given)]}, move)
        return Understood(reference, {"x": ("self", same), "src": (_source(given), same)})

    return understand


def _source(given: Given) -> str:
    arguments = given.operation.arguments
    return next(name for name in ("src", "source", "tensor", "values") if name in arguments)


def filled(name: str, places: Callable[[Given], Places]) -> Callable[[Given], Understood]:
    """One number in the place of some elements."""

    def understand(given: Given) -> Understood:
        x, where, value = given["self"], places(given), given["value"]
        number = float(value) if x.dtype.kind == "f" else int(value)

        def move(arrays: Sequence[Array]) -> Array:
            found = arrays[0].copy()
            found[where] = constant(found, number)
            return found

        return Understood(Moved(name, {"x": x}, move), {"x": ("self", same)})

    return understand


def added(
    name: str, places: Callable[[Given], Places], source: Callable[[Given, Array], Array]
) -> Callable[[Given], Understood]:
    """Elements of src, times alpha, added to those of x, as often as a place is named."""

    def understand(given: Given) -> Understood:
        x, where, src = given["self"], places(given), given[_source(given)]
        if x.dtype.kind != "f":
            raise NotUnderstoodError(f"{name} of whole numbers")
        alpha = 1.0 if given.get("alpha") is None else float(given["alpha"])
        counts = np.zeros(x.shape)
        np.add.at(counts, where, 1.0)

        def apply(factor: float) -> Callable[..., Array]:
            def of(x: Array, src: Array) -> Array:
                found = x.copy()
                np.add.at(found, where, factor * source(given, src))
                return found

            return of

        def back(dy: Array, x: Array, src: Array) -> tuple[Array, ...]:
            taken, found = source(given, src), np.zeros(src.shape)
            whole = np.broadcast_to(
                alpha * dy[where], np.broadcast_shapes(dy[where].shape, taken.shape)
            )
            source(given, found)[...] = _summed_to(whole, taken.shape)
            return dy, found

        extra = 0.0 if abs(alpha) == 1 else 2.0
        reference = Linear(
            name,
            {"x": x, "src": src},
            apply(alpha),
            back,
            float(counts.max(initial=0.0)) + 1,
            (1.0, _repeats(where, x, source(given, src))),
            extra,
            sizes=apply(abs(alpha)),
        )
        return Understood(reference, {"x": ("self", same), "src": (_source(given), same)})

    return understand


def _repeats(where: Places, x: Array, taken: Array) -> float:
    """How many elements of the result one element of src went to, by broadcasting."""
    return max(1.0, np.broadcast_to(0.0, x.shape)[where].size / max(1, taken.size))


def _summed_to(array: Array, shape: tuple[int, ...]) -> Array:
    lead = array.ndim - len(shape)
    axes = (*range(lead), *(k + lead for k, n in enumerate(shape) if n == 1))
    return np.asarray(array.sum(axes, keepdims=True)).reshape(shape)


def _cut_to_index(given: Given, src: Array) -> Array:
    """src may be larger than the index: only what it names is taken."""
    shape = given["index"].shape
    return src[tuple(slice(n) for n in shape)] if src.ndim else src


def _whole(given: Given, src: Array) -> Array:
    return src


def _by_index(given: Given) -> Places:
    return _along(given["index"], given["dim"])


def _by_rows(given: Given) -> Places:
    return _rows(given["index"], given["dim"], given["self"].ndim)


def _by_indices(given: Given) -> Places:
    return tuple(slice(None) if place is None else place for place in given["indices"])


def scatter(given: Given) -> Understood:
    if given.get("reduce") is not None:
        raise NotUnderstoodError("a scatter that reduces")
    if given.get("src") is None:
        return filled("scatter", _by_index)(given)
    return put("scatter", _by_index, _cut_to_index)(given)


def scatter_reduce(given: Given) -> Understood:
    if given["reduce"] != "sum" or not given["include_self"]:
        raise NotUnderstoodError(f"scatter_reduce by {given['reduce']}")
    return added("scatter_add", _by_index, _cut_to_index)(given)


def index_put(given: Given) -> Understood:
    """Elements in the place of others, or added to them; a mask names those where it is true."""
    if given["accumulate"]:
        return added("index_put", _by_indices, _whole)(given)
    return put("index_put", _by_indices, _whole)(given)


def masked_scatter(given: Given) -> Understood:
    """The first elements of a source where a mask is true."""
    x, source = given["self"], given["source"]
    mask = np.broadcast_to(given["mask"], x.shape)

    def move(arrays: Sequence[Array]) -> Array:
        found = arrays[0].copy()
        found[mask] = arrays[1].reshape(-1)[: np.count_nonzero(mask)]
        return found

    reference = Moved("masked_scatter", {"x": x, "src": source}, move)
    return Understood(reference, {"x": ("self", same), "src": ("source", same)})


def part_put(name: str, part: Callable[[Given, Array], Array]) -> Rule:
    """A part of x, replaced as a whole: a slice, a row, a diagonal."""

    def understand(given: Given) -> Understood:
        def move(arrays: Sequence[Array]) -> Array:
            found = arrays[0].copy()
            part(given, found)[...] = arrays[1]
            return found

        reference = Moved(name, {"x": given["self"], "src": given["src"]}, move)
        return Understood(reference, PUT)

    return Rule(understand, shapes=True)


def _slice(given: Given, x: Array) -> Array:
    cut = slice(given["start"], given["end"], given["step"])
    found: Array = x[(slice(None),) * (given["dim"] % x.ndim) + (cut,)]
    return found


def _row(given: Given, x: Array) -> Array:
    found: Array = x[(slice(None),) * (given["dim"] % x.ndim) + (given["index"],)]
    return found


def diagonal_of(given: Given, x: Array) -> Array:
    """A diagonal of two axes as the last one: a view that can be written to."""
    found = np.diagonal(x, given["offset"], given["dim1"], given["dim2"])
    if x.flags.writeable:
        found.flags.writeable = True
    return found


# --- patches ------------------------------------------------------------------------------


def _patches(given: Given, x: Array, size: tuple[int, ...]) -> Array:
    """(N, C·K_h·K_w, places): the windows of padded maps."""
    n, c = x.shape[:2]
    kernel, dilation = given["kernel_size"], given["dilation"]
    padding, stride = given["padding"], given["stride"]
    wide = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)], constant_values=constant(x, 0))
    counts = [
        (size[k] + 2 * padding[k] - dilation[k] * (kernel[k] - 1) - 1) // stride[k] + 1
        for k in (0, 1)
    ]
    taken = [
        np.arange(kernel[k])[:, None] * dilation[k] + np.arange(counts[k]) * stride[k]
        for k in (0, 1)
    ]
    found = wide[:, :, taken[0][:, None, :, None], taken[1][None, :, None, :]]
    return found.reshape(n, c * kernel[0] * kernel[1], counts[0] * counts[1])


def im2col(given: Given) -> Understood:
    """The windows of maps, as `unfold` calls it."""
    x = given["self"]
    if x.ndim != 4:
        raise NotUnderstoodError("unfold of maps without a batch")
    reference = Moved(
        "unfold", {"x": x}, lambda arrays: _patches(given, arrays[0], arrays[0].shape[2:])
    )
    return Understood(reference, {"x": ("self", same)})


def col2im(given: Given) -> Understood:
    """Windows laid back and added up where they overlap, as `fold` calls it."""
    x, size = given["self"], tuple(given["output_size"])
    if x.ndim != 3:
        raise NotUnderstoodError("fold of patches without a batch")
    kernel = given["kernel_size"]
    shape = (x.shape[0], x.shape[1] // (kernel[0] * kernel[1]), *size)
    maps = Moved("fold", {"x": np.broadcast_to(0.0, shape)}, lambda a: _patches(given, a[0], size))
    most = float(maps.gradients(np.ones(x.shape))["x"].max(initial=1.0))
    reference = Linear(
        "fold",
        {"x": x},
        lambda x: maps.gradients(x)["x"],
        lambda dy, x: (_patches(given, dy, size),),
        most,
        (1.0,),
    )
    return Understood(reference, {"x": ("self", same)})


def max_unpool(axes: int) -> Rule:
    """Maxima back to their places, zeros elsewhere."""

    def understand(given: Given) -> Understood:
        x, places, size = given["self"], given["indices"], given["output_size"]
        lead = x.shape[: x.ndim - axes]
        flat = places.reshape(*lead, -1)
        if _twice(_along(flat, -1), (*lead, int(np.prod(size)))):
            raise NotUnderstoodError(
                "max_unpool that names a place twice: torch leaves open who wins"
            )

        def move(arrays: Sequence[Array]) -> Array:
            (x,) = arrays
            found = np.full((*lead, int(np.prod(size))), constant(x, 0), x.dtype)
            np.put_along_axis(found, flat, x.reshape(flat.shape), -1)
            return found.reshape(*lead, *size)

        reference = Moved("max_unpool", {"x": x}, move)
        return Understood(reference, {"x": ("self", same)})

    return Rule(understand)


RULES = {
    "scatter": Rule(scatter),
    "scatter_add": Rule(added("scatter_add", _by_index, _cut_to_index)),
    "scatter_reduce": Rule(scatter_reduce),
    "index_add": Rule(added("index_add", _by_rows, _whole)),
    "index_copy": Rule(put("index_copy", _by_rows, _whole)),
    "index_fill": Rule(filled("index_fill", _by_rows)),
    "index_put": Rule(index_put),
    "masked_scatter": Rule(masked_scatter),
    "slice_scatter": part_put("slice_scatter", _slice),
    "select_scatter": part_put("select_scatter", _row),
    "diagonal_scatter": part_put("diagonal_scatter", diagonal_of),
    "im2col": Rule(im2col, shapes=True),
    "col2im": Rule(col2im, shapes=True),
    "max_unpool2d": max_unpool(2),
    "max_unpool3d": max_unpool(3),
}

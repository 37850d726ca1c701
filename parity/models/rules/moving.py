"""Moves: views, permutations, joins, parts, repeats, padding. Nothing is computed forward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.models.plain.interpolated import Axis, Interpolated
from parity.models.plain.moving_elements import NUMBERS, Moved, constant
from parity.models.references import NotUnderstoodError
from parity.models.understanding import Given, Rule, Understood, same

Code = Callable[[Array], Array]


def moved(
    code: Callable[[Given], Code], name: str, argument: str = "self"
) -> Callable[[Given], Understood]:
    """A move of one tensor."""

    def understand(given: Given) -> Understood:
        move = code(given)
        reference = Moved(name, {"x": given[argument]}, lambda arrays: move(arrays[0]))
        return Understood(reference, {"x": (argument, same)})

    return understand


def parts(code: Callable[[Given], Callable[[Array], Sequence[Array]]], name: str) -> Any:
    """A move of one tensor to several: they are judged behind one another."""

    def understand(given: Given) -> Understood:
        cut = code(given)

        def move(arrays: Sequence[Array]) -> Array:
            return _joined(cut(arrays[0]))

        shapes = [part.shape for part in cut(np.broadcast_to(0.0, given["self"].shape))]
        return Understood(
            Moved(name, {"x": given["self"]}, move),
            {"x": ("self", same)},
            value=lambda outputs: _joined([_there(output) for output in outputs]),
            upstream=lambda upstream, y: _joined(
                [
                    np.zeros(shape, y.dtype) if dy is None else dy
                    for shape, dy in zip(shapes, upstream, strict=True)
                ]
            ),
        )

    return understand


def _joined(arrays: Sequence[Array]) -> Array:
    return np.concatenate([array.reshape(-1) for array in arrays])


def _there(array: Array | None) -> Array:
    assert array is not None
    return array


def joined(name: str, code: Callable[[Given], Callable[[Sequence[Array]], Array]]) -> Any:
    """A move of several tensors to one."""

    def understand(given: Given) -> Understood:
        move, tensors = code(given), given["tensors"]
        arrays = {f"x{k + 1}" if k else "x": tensor for k, tensor in enumerate(tensors)}
        sent = {ours: (f"tensors.{k}", same) for k, ours in enumerate(arrays)}
        return Understood(Moved(name, arrays, move), sent)

    return understand


# --- one tensor ---------------------------------------------------------------------------


def _unchanged(given: Given) -> Code:
    return lambda x: x


def _converted(given: Given) -> Code:
    """Numbers as another type has them: whole ones are cut off towards 0; a truth is 1."""
    dtype = (
        next(held.dtype for held in given.operation.outputs if held)
        if given.operation.outputs
        else ""
    )

    def move(x: Array) -> Array:
        if x.dtype == NUMBERS or dtype.startswith(("float", "bfloat")) or not dtype:
            return x
        return x != 0 if dtype == "bool" else x.astype(dtype)

    return move


def _reshaped(given: Given) -> Code:
    size = given.get("size") or given.get("shape")
    return lambda x: x.reshape(size)


def _transposed(given: Given) -> Code:
    first, second = given["dim0"], given["dim1"]
    return lambda x: x.swapaxes(first, second) if x.ndim else x


def _permuted(given: Given) -> Code:
    return lambda x: x.transpose(given["dims"])


def _expanded(given: Given) -> Code:
    size = given["size"]

    def move(x: Array) -> Array:
        lead = len(size) - x.ndim
        old = (1,) * lead + x.shape
        return np.broadcast_to(x, [o if n == -1 else n for n, o in zip(size, old, strict=True)])

    return move


def _sliced(given: Given) -> Code:
    cut = slice(given["start"], given["end"], given["step"])
    return lambda x: x[(slice(None),) * (given["dim"] % x.ndim) + (cut,)]


def _selected(given: Given) -> Code:
    return lambda x: x.take(given["index"], given["dim"])


def _squeezed(given: Given) -> Code:
    dim = given.get("dim")

    def move(x: Array) -> Array:
        axes = range(x.ndim) if dim is None else dim if isinstance(dim, list) else [dim]
        return np.squeeze(x, tuple(a % x.ndim for a in axes if x.shape[a] == 1)) if x.ndim else x

    return move


def _unsqueezed(given: Given) -> Code:
    return lambda x: np.expand_dims(x, given["dim"])


def _repeated(given: Given) -> Code:
    return lambda x: np.tile(x, given["repeats"])


def _flipped(given: Given) -> Code:
    return lambda x: np.flip(x, given["dims"])


def _rolled(given: Given) -> Code:
    axes = given["dims"] or None
    shifts = given["shifts"] if axes else given["shifts"][0]
    return lambda x: np.roll(x, shifts, axes)


def _indexed(given: Given) -> Code:
    places = given["indices"]
    taken = tuple(slice(None) if place is None else place for place in places)
    return lambda x: x[taken]


def _triangle(keep: Callable[..., Array]) -> Callable[[Given], Understood]:
    """One side of the diagonal; zeros on the other."""

    def understand(given: Given) -> Understood:
        x, diagonal = given["self"], given["diagonal"]
        inside = keep(np.ones(x.shape, bool), diagonal)

        def move(arrays: Sequence[Array]) -> Array:
            return np.where(inside, arrays[0], constant(arrays[0], 0))

        return Understood(Moved("triangle", {"x": x}, move), {"x": ("self", same)})

    return understand


def _index_selected(given: Given) -> Code:
    return lambda x: x.take(given["index"], given["dim"])


def _gathered(given: Given) -> Code:
    return lambda x: np.take_along_axis(x, given["index"], given["dim"])


def _embedded(given: Given) -> Understood:
    """Rows by their numbers; the row of the padding gets no gradient."""
    weight, indices, padding = given["weight"], given["indices"], given["padding_idx"]
    if given["scale_grad_by_freq"] or given["sparse"]:
        raise NotUnderstoodError("an embedding whose gradient is sparse or scaled")

    def move(arrays: Sequence[Array]) -> Array:
        rows = np.asarray(arrays[0][indices])
        if rows.dtype == NUMBERS and padding is not None and padding >= 0:
            return np.where((indices == padding)[..., None], constant(rows, 0), rows)
        return rows

    return Understood(Moved("embedding", {"x": weight}, move), {"x": ("weight", same)})


def _shuffled(given: Given) -> Code:
    groups = given["groups"]

    def move(x: Array) -> Array:
        n, c, *places = x.shape
        return x.reshape(n, groups, c // groups, *places).swapaxes(1, 2).reshape(x.shape)

    return move


def _unshuffled(given: Given) -> Code:
    r = given["downscale_factor"]

    def move(x: Array) -> Array:
        *lead, c, h, w = x.shape
        k = len(lead)
        wide = x.reshape(*lead, c, h // r, r, w // r, r)
        order = (*range(k), k, k + 2, k + 4, k + 1, k + 3)
        return wide.transpose(order).reshape(*lead, c * r * r, h // r, w // r)

    return move


def _windows(given: Given) -> Code:
    """Windows along an axis, their elements along a new last one."""
    axis, size, step = given["dimension"], given["size"], given["step"]

    def move(x: Array) -> Array:
        if not x.ndim:
            return x.reshape(size)
        found = np.lib.stride_tricks.sliding_window_view(x, size, axis)
        return np.asarray(found[(slice(None),) * (axis % x.ndim) + (slice(None, None, step),)])

    return move


def _diagonal(given: Given) -> Code:
    return lambda x: np.diagonal(x, given["offset"], given["dim1"], given["dim2"])


def _diagonal_embedded(given: Given) -> Code:
    """The last axis along a diagonal of two new ones; zeros beside it."""
    offset, ends = given["offset"], (given["dim1"], given["dim2"])

    def move(x: Array) -> Array:
        n = x.shape[-1] + abs(offset)
        found = np.full((*x.shape[:-1], n, n), constant(x, 0), x.dtype)
        rows = np.arange(x.shape[-1])
        found[..., rows + max(0, -offset), rows + max(0, offset)] = x
        return np.moveaxis(found, (-2, -1), ends)

    return move


def _quarter_turned(given: Given) -> Code:
    return lambda x: np.rot90(x, given["k"], given["dims"])


def _taken(given: Given) -> Code:
    return lambda x: x.reshape(-1)[given["index"]]


def _selected_by_mask(given: Given) -> Code:
    def move(x: Array) -> Array:
        mask = given["mask"]
        shape = np.broadcast_shapes(x.shape, mask.shape)
        return np.asarray(np.broadcast_to(x, shape)[np.broadcast_to(mask, shape)])

    return move


def _packed(given: Given) -> Understood:
    """The steps of sequences behind one another, of those that last so long."""
    x, sizes = given["input"], [int(n) for n in given["lengths"]]
    many = [sum(length > step for length in sizes) for step in range(max(sizes))]

    def move(arrays: Sequence[Array]) -> Array:
        steps = arrays[0].swapaxes(0, 1) if given["batch_first"] else arrays[0]
        return np.concatenate([steps[step, :n] for step, n in enumerate(many)])

    return Understood(Moved("pack_padded_sequence", {"x": x}, move), {"x": ("input", same)})


def _pixels(given: Given) -> Code:
    r = given["upscale_factor"]

    def move(x: Array) -> Array:
        *lead, c, h, w = x.shape
        wide = x.reshape(*lead, c // (r * r), r, r, h, w)
        k = len(lead)
        order = (*range(k), k, k + 3, k + 1, k + 4, k + 2)
        return wide.transpose(order).reshape(*lead, c // (r * r), h * r, w * r)

    return move


def _nearest_exactly(given: Given) -> Code:
    """The element that the middle of an output's place falls on: ⌊(place + ½) · old/new⌋."""
    return _nearest(given, 0.5)


def _nearest(given: Given, middle: float = 0.0) -> Code:
    """The element that an output's place falls on: ⌊place · old/new⌋, in float32 as torch."""
    scales = given.get("scale_factors") or [
        given.get(name) for name in SCALES[3] if name in given.operation.arguments
    ]

    def move(x: Array) -> Array:
        size = given["output_size"]
        for axis, new in enumerate(size, start=x.ndim - len(size)):
            old = x.shape[axis]
            given_scale = _scale(scales, axis - x.ndim)
            share = np.float32(1 / given_scale) if given_scale else np.float32(old / new)
            places = (np.arange(new, dtype=np.float32) + np.float32(middle)) * share
            x = x.take(np.minimum(np.floor(places).astype(int), old - 1), axis)
        return x

    return move


SCALES = {
    1: ("scales",),
    2: ("scales_h", "scales_w"),
    3: ("scales_d", "scales_h", "scales_w"),
}


def _scale(scales: Sequence[Any], axis: int) -> float | None:
    return scales[axis] if -axis <= len(scales) else None


def interpolated(axes: int) -> Callable[[Given], Understood]:
    """Linear, bilinear, trilinear."""

    def understand(given: Given) -> Understood:
        x, size = given["self"], given["output_size"]
        scales = given.get("scale_factors") or [
            given.get(name) for name in SCALES[axes] if name in given.operation.arguments
        ]
        found = tuple(
            Axis.of(old, new, _scale(scales, k - axes), given["align_corners"])
            for k, (old, new) in enumerate(zip(x.shape[-axes:], size, strict=True))
        )
        return Understood(Interpolated("interpolate", {"x": x}, found), {"x": ("self", same)})

    return understand


def _copied(given: Given) -> Understood:
    """Numbers in the place of all others."""
    x = given["self"]
    arrays = {"x": x, "src": given["src"]}
    reference = Moved("copy", arrays, lambda every: np.broadcast_to(every[1], x.shape))
    return Understood(reference, {"x": ("self", same), "src": ("src", same)})


# --- padding ------------------------------------------------------------------------------


def _padding_of(given: Given, x: Array) -> list[tuple[int, int]]:
    """Before and behind each axis; torch says the last axis first."""
    flat = given.get("pad") or given["padding"]
    pairs = list(zip(flat[::2], flat[1::2], strict=True))[::-1]
    return [(0, 0)] * (x.ndim - len(pairs)) + pairs


def _constant_padded(given: Given) -> Understood:
    x, value = given["self"], float(given["value"])
    padding = _padding_of(given, x)
    cut = tuple(
        slice(max(0, -a), n - max(0, -b)) for (a, b), n in zip(padding, x.shape, strict=True)
    )
    wider = [(max(0, a), max(0, b)) for a, b in padding]

    def move(arrays: Sequence[Array]) -> Array:
        inner = arrays[0][cut]
        return np.pad(inner, wider, constant_values=constant(inner, value))

    return Understood(Moved("pad", {"x": x}, move), {"x": ("self", same)})


def _padded(mode: str) -> Callable[[Given], Code]:
    def code(given: Given) -> Code:
        return lambda x: np.pad(x, _padding_of(given, x), mode=mode)  # type: ignore[call-overload]

    return code


# --- several ------------------------------------------------------------------------------


def _concatenated(given: Given) -> Callable[[Sequence[Array]], Array]:
    """Empty tensors of one axis join anything, as they always did in torch."""
    return lambda arrays: np.concatenate(
        [a for a in arrays if a.shape != (0,)] or list(arrays), given["dim"]
    )


def _stacked(given: Given) -> Callable[[Sequence[Array]], Array]:
    return lambda arrays: np.stack(arrays, given["dim"])


def _split(given: Given) -> Callable[[Array], Sequence[Array]]:
    sizes, dim = given.get("split_sizes") or given["split_size"], given["dim"]

    def cut(x: Array) -> Sequence[Array]:
        n = x.shape[dim]
        ends = np.cumsum(sizes) if isinstance(sizes, list) else np.arange(sizes, n + sizes, sizes)
        return np.split(x, ends[:-1], dim)

    return cut


def _unbound(given: Given) -> Callable[[Array], Sequence[Array]]:
    dim = given["dim"]
    return lambda x: [x.take(k, dim) for k in range(x.shape[dim])]


def _only_shape(understand: Callable[[Given], Understood]) -> Rule:
    return Rule(understand, shapes=True)


RULES = {
    "clone": _only_shape(moved(_unchanged, "copy")),
    "_to_copy": Rule(moved(_converted, "copy"), shapes=True, mixed=True),
    **{
        name: _only_shape(moved(_reshaped, "reshape"))
        for name in ("view", "_unsafe_view", "_reshape_alias")
    },
    "t": _only_shape(moved(lambda given: lambda x: x.T, "transpose")),
    "transpose": _only_shape(moved(_transposed, "transpose")),
    "permute": _only_shape(moved(_permuted, "transpose")),
    "expand": _only_shape(moved(_expanded, "expand")),
    "slice": _only_shape(moved(_sliced, "slice")),
    "select": _only_shape(moved(_selected, "slice")),
    "squeeze": _only_shape(moved(_squeezed, "reshape")),
    "unsqueeze": _only_shape(moved(_unsqueezed, "reshape")),
    "repeat": _only_shape(moved(_repeated, "repeat")),
    "flip": _only_shape(moved(_flipped, "flip")),
    "roll": _only_shape(moved(_rolled, "roll")),
    "index": Rule(moved(_indexed, "index")),
    "triu": _only_shape(_triangle(np.triu)),
    "tril": _only_shape(_triangle(np.tril)),
    "index_select": Rule(moved(_index_selected, "index")),
    "gather": Rule(moved(_gathered, "gather")),
    "take": Rule(moved(_taken, "take")),
    "masked_select": Rule(moved(_selected_by_mask, "masked_select")),
    "diagonal": _only_shape(moved(_diagonal, "diagonal")),
    "diag_embed": _only_shape(moved(_diagonal_embedded, "diagonal")),
    "rot90": _only_shape(moved(_quarter_turned, "rot90")),
    "unfold": _only_shape(moved(_windows, "windows")),
    "pixel_unshuffle": _only_shape(moved(_unshuffled, "pixel_shuffle")),
    "_pack_padded_sequence": Rule(_packed),
    "embedding": Rule(_embedded),
    "native_channel_shuffle": _only_shape(moved(_shuffled, "channel_shuffle")),
    "channel_shuffle": _only_shape(moved(_shuffled, "channel_shuffle")),
    "pixel_shuffle": _only_shape(moved(_pixels, "pixel_shuffle")),
    "upsample_nearest1d": _only_shape(moved(_nearest, "upsample_nearest")),
    "upsample_nearest2d": _only_shape(moved(_nearest, "upsample_nearest")),
    "upsample_nearest3d": _only_shape(moved(_nearest, "upsample_nearest")),
    **{
        f"_upsample_nearest_exact{axes}d": _only_shape(moved(_nearest_exactly, "upsample_nearest"))
        for axes in (1, 2, 3)
    },
    "upsample_linear1d": _only_shape(interpolated(1)),
    "upsample_bilinear2d": _only_shape(interpolated(2)),
    "upsample_trilinear3d": _only_shape(interpolated(3)),
    "copy": Rule(_copied, shapes=True, mixed=True),
    "constant_pad_nd": _only_shape(_constant_padded),
    **{
        f"{ours}_pad{axes}d": _only_shape(moved(_padded(theirs), "pad"))
        for ours, theirs in (("reflection", "reflect"), ("replication", "edge"))
        for axes in (1, 2, 3)
    },
    "cat": _only_shape(joined("concatenate", _concatenated)),
    "stack": _only_shape(joined("stack", _stacked)),
    "split": _only_shape(parts(_split, "split")),
    "unsafe_split": _only_shape(parts(_split, "split")),
    "unsafe_split_with_sizes": _only_shape(parts(_split, "split")),
    "split_with_sizes": _only_shape(parts(_split, "split")),
    "unbind": _only_shape(parts(_unbound, "split")),
}

"""Checks, output sizes and padding rules. Every error text of the package is written here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from refimpl.elements import Array, zero_of

Ints: TypeAlias = "int | Sequence[int]"
Pair: TypeAlias = tuple[int, int]
Padding: TypeAlias = "int | str | Sequence[int | Sequence[int]]"

NOT_REAL = (str, bytes, bool, np.bool_, complex, np.complexfloating, type(None), list)
AXES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}  # spatial axes, as torch names them


# --- arrays -------------------------------------------------------------------------------


def check_arrays(where: str, **arrays: Any) -> list[Array]:
    """The arguments as arrays of one element type; integers become float64, as NumPy promotes.

    Raises: TypeError for boolean, complex or text arrays and for two different dtypes,
    ValueError for rows of different lengths.
    """
    given = {name: _real_array(where, name, array) for name, array in arrays.items()}
    objects = [array for array in given.values() if array.dtype == object]
    checked = {
        name: _promoted(array, objects) if array.dtype.kind in "iu" else array
        for name, array in given.items()
    }
    (first, reference), *others = checked.items()
    for name, array in others:
        if array.dtype != reference.dtype:
            raise TypeError(
                f"{where}: {first} is {_dtype(given[first])}, but {name} is "
                f"{_dtype(given[name])}; give both the same dtype"
            )
    return list(checked.values())


def _real_array(where: str, name: str, value: Any, kinds: str = "fiuO") -> Array:
    if value is None:
        raise TypeError(f"{where}: {name} must hold real numbers, but is None")
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{where}: {name} must be an array, but its rows have different lengths"
        ) from None
    if array.dtype.kind not in kinds:
        raise TypeError(f"{where}: {name} must hold real numbers, but has dtype {array.dtype}")
    if array.dtype == object:
        for element in array.flat:
            if isinstance(element, NOT_REAL):
                raise TypeError(
                    f"{where}: {name} must hold real numbers, but holds {element!r} "
                    f"({type(element).__name__})"
                )
    return array


def _promoted(integers: Array, objects: list[Array]) -> Array:
    """Integers as float64; beside objects as elements of their type, which is exact."""
    if not objects:
        return integers.astype(np.float64)
    return np.asarray(integers.astype(object) + zero_of(objects[0]), object)


def _dtype(array: Array) -> str:
    """An array's dtype; what an integer array is taken for is said too."""
    return f"{array.dtype} (taken as float64)" if array.dtype.kind in "iu" else str(array.dtype)


def check_axes(where: str, name: str, array: Array, axes: Sequence[str]) -> None:
    """Refuse an array whose number of axes is not that of `axes`."""
    if array.ndim != len(axes):
        raise ValueError(
            f"{where}: {name} must have {len(axes)} axes ({', '.join(axes)}), "
            f"but has {array.ndim} ({name} {array.shape})"
        )


def check_gradient(where: str, dy: Array, output: tuple[int, ...]) -> None:
    """Refuse an upstream gradient that has not the shape of the output."""
    if dy.shape != output:
        raise ValueError(
            f"{where}: dy is {dy.shape}, but the output for these arguments is {output}"
        )


def check_same_shape(where: str, first: str, a: Array, second: str, b: Array) -> None:
    """Refuse two arrays whose shapes differ."""
    if a.shape != b.shape:
        raise ValueError(
            f"{where}: {first} is {a.shape}, but {second} is {b.shape}; both must be of one shape"
        )


def check_stackable(where: str, maps: Sequence[Array]) -> None:
    """Refuse maps that differ in anything but their channels, the second axis."""
    if not maps:
        raise ValueError(f"{where}: maps must have at least one array, but has none")
    for k, array in enumerate(maps):
        if array.ndim < 2:
            raise ValueError(
                f"{where}: maps[{k}] must have an axis of channels behind the batch axis, "
                f"but is {array.shape}"
            )
        if _but_channels(array) != _but_channels(maps[0]):
            raise ValueError(
                f"{where}: maps must agree in everything but channels, but maps[0] is "
                f"{maps[0].shape} and maps[{k}] {array.shape}"
            )


def _but_channels(array: Array) -> tuple[int, ...]:
    return (array.shape[0], *array.shape[2:])


def check_choice(where: str, name: str, value: Any, choices: Sequence[str]) -> None:
    """Refuse an option that is not one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        allowed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{where}: {name} must be one of {allowed}, but is {value!r}")


def check_axis(where: str, name: str, array: Array, axis: Any) -> None:
    """Refuse an axis that the array does not have."""
    if not _is_integer(axis):
        raise TypeError(f"{where}: axis must be an integer, but is {axis!r}")
    if not -array.ndim <= axis < array.ndim:
        raise ValueError(
            f"{where}: axis is {axis}, but {name} has {array.ndim} axes ({name} {array.shape})"
        )


def check_number(where: str, name: str, value: Any, like: Array) -> None:
    """Refuse a parameter that is not one real number; beside objects it may be an object."""
    real = isinstance(value, Real) and not isinstance(value, bool)
    if not real and (like.dtype != object or isinstance(value, (*NOT_REAL, tuple, np.ndarray))):
        raise TypeError(f"{where}: {name} must be a number, but is {value!r}")
    if real and like.dtype == object and not math.isfinite(value):
        raise ValueError(f"{where}: {name} must be finite beside exact numbers, but is {value!r}")


def check_positive(where: str, name: str, given: Any, value: Any) -> None:
    """Refuse a parameter that is not positive and finite in the elements' type."""
    if not value > 0 or value == math.inf:
        dtype = f" in {value.dtype}" if isinstance(value, np.generic) else ""
        raise ValueError(f"{where}: {name} must be positive and finite{dtype}, but is {given!r}")


def check_methods(where: str, x: Array, *methods: str, name: str = "x") -> None:
    """Refuse objects without the elementary functions that a formula needs."""
    if x.dtype == object and x.size:
        element = x.flat[0]
        for method in methods:
            if not hasattr(element, method):
                raise TypeError(
                    f"{where}: {name} holds {type(element).__name__}, which has no method "
                    f"{method}; give floats, or objects that have it"
                )


def check_scale(where: str, name: str, value: Any) -> Array:
    """A positive number as an array without axes; an object is given, its sign is not asked."""
    scale = np.asarray(value)
    if scale.ndim or scale.dtype.kind not in "fiuO" or isinstance(value, NOT_REAL):
        raise TypeError(f"{where}: {name} must be a number, but is {value!r}")
    if scale.dtype != object and not 0 < value < math.inf:
        raise ValueError(f"{where}: {name} must be positive and finite, but is {value!r}")
    return scale.astype(np.float64) if scale.dtype.kind in "iu" else scale


def check_flag(where: str, name: str, value: Any) -> None:
    """Refuse a switch that is neither True nor False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{where}: {name} must be True or False, but is {value!r}")


# --- options ------------------------------------------------------------------------------


def check_int(where: str, name: str, value: Any, least: int) -> int:
    """An option as one integer, at least `least`."""
    if not _is_integer(value):
        raise TypeError(f"{where}: {name} must be an integer, but is {value!r}")
    if value < least:
        raise ValueError(f"{where}: {name} must be at least {least}, but is {value!r}")
    return int(value)


def check_ints(where: str, name: str, value: Any, count: int, least: int) -> tuple[int, ...]:
    """An option as `count` integers, each at least `least`; one integer stands for all."""
    values = _entries(value, count)
    if any(not _is_integer(v) for v in values):
        raise TypeError(f"{where}: {name} must be an integer or {count} of them, but is {value!r}")
    if len(values) != count:
        raise ValueError(
            f"{where}: {name} must be one integer or {count}, but has {len(values)} ({value!r})"
        )
    if any(v < least for v in values):
        raise ValueError(f"{where}: {name} must be at least {least}, but is {value!r}")
    return tuple(int(v) for v in values)


def check_sizes(where: str, name: str, value: Any, least: int) -> tuple[int, ...]:
    """Sizes along one axis to three, each at least `least`; one integer is one axis."""
    sizes = _entries(value, 1)
    if len(sizes) not in AXES or not all(map(_is_integer, sizes)):
        raise TypeError(
            f"{where}: {name} must be an integer or a tuple of 1 to {max(AXES)}, but is {value!r}"
        )
    return check_ints(where, name, value, len(sizes), least)


def check_windows(where: str, layers: Any) -> tuple[int, list[list[tuple[int, ...]]]]:
    """How many axes a chain of windows has; of each its kernel_size, stride and dilation."""
    if not isinstance(layers, Iterable):
        raise TypeError(
            f"{where}: layers must be a sequence of (kernel_size, stride, dilation), "
            f"but is {layers!r}"
        )
    chain = list(layers)
    for number, layer in enumerate(chain, 1):
        if not isinstance(layer, tuple | list) or not 1 <= len(layer) <= 3:
            raise TypeError(
                f"{where}: layer {number} must be (kernel_size, stride, dilation) or the first "
                f"one or two of them, but is {layer!r}"
            )
    options = [option for layer in chain for option in layer if not _is_integer(option)]
    axes = max(1, len(_entries(options[0], 1))) if options else 1
    names = ("kernel_size", "stride", "dilation")
    return axes, [
        [
            check_ints(where, f"{name} of layer {number}", value, axes, 1)
            for name, value in zip(names, (*layer, 1, 1)[:3], strict=True)
        ]
        for number, layer in enumerate(chain, 1)
    ]


def _entries(value: Any, count: int) -> tuple[Any, ...]:
    """The entries of a tuple, a list or an array; anything else stands for `count` entries."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return tuple(value) if isinstance(value, tuple | list) else (value,) * count


def _is_integer(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


# --- convolution --------------------------------------------------------------------------


class ConvGeometry(NamedTuple):
    """Everything about a convolution that follows from shapes and options."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[Pair, ...]  # (before, after) for each spatial axis
    groups: int
    output: tuple[int, ...]  # the spatial sizes of y


def conv_geometry(
    where: str,
    n: int,
    x: Array,
    weight: Array,
    stride: Ints,
    padding: Padding,
    dilation: Ints,
    groups: int,
) -> ConvGeometry:
    """Check the arguments of a convolution over n spatial axes; give its sizes."""
    axes = AXES[n]
    check_axes(where, "x", x, ("N", "C_in", *axes))
    check_axes(where, "weight", weight, ("C_out", "C_in/groups", *(f"K_{a.lower()}" for a in axes)))
    groups = check_int(where, "groups", groups, 1)
    _check_groups(where, x, weight, groups)
    kernel = weight.shape[2:]
    check_kernel(where, "weight", weight, kernel)
    return conv_sizes(where, x.shape[2:], kernel, stride, padding, dilation, groups)


def conv_sizes(
    where: str,
    sizes: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: Ints,
    padding: Padding,
    dilation: Ints,
    groups: int,
) -> ConvGeometry:
    """Check the options of a convolution over these spatial sizes; give its sizes."""
    n = len(sizes)
    stride = check_ints(where, "stride", stride, n, 1)
    dilation = check_ints(where, "dilation", dilation, n, 1)
    pairs = padding_pairs(where, padding, sizes, kernel, stride, dilation)
    output = []
    for axis, size, k, s, d, (before, after) in zip(
        AXES[n], sizes, kernel, stride, dilation, pairs, strict=True
    ):
        span = d * (k - 1) + 1
        check_span(where, axis, span, size, before + after)
        output.append((size + before + after - span) // s + 1)
    return ConvGeometry(kernel, stride, dilation, pairs, groups, tuple(output))


def _check_groups(where: str, x: Array, weight: Array, groups: int) -> None:
    outputs = weight.shape[0]
    check_channels(where, x, weight, weight.shape[1] * groups, groups)
    if outputs % groups:
        raise ValueError(
            f"{where}: weight gives {outputs} output channels, which {groups} groups cannot "
            f"share equally (weight {weight.shape})"
        )


def check_share(where: str, name: str, channels: int, groups: int) -> None:
    """Refuse channels that the groups cannot share equally."""
    if channels % groups:
        raise ValueError(f"{where}: {groups} groups cannot share {name} {channels} equally")


def check_channels(where: str, x: Array, weight: Array, expected: int, groups: int = 1) -> None:
    """Refuse channels that the weight does not expect."""
    if x.shape[1] != expected:
        in_groups = f" in {groups} groups" if groups > 1 else ""
        raise ValueError(
            f"{where}: x has {x.shape[1]} channels, but weight expects {expected}{in_groups} "
            f"(x {x.shape}, weight {weight.shape})"
        )


def check_kernel(where: str, name: str, weight: Array, kernel: tuple[int, ...]) -> None:
    """Refuse a kernel without places."""
    if 0 in kernel:
        raise ValueError(f"{where}: the kernel must not be empty ({name} {weight.shape})")


def check_span(where: str, axis: str, span: int, size: int, padding: int) -> None:
    """Refuse a window larger than the padded input."""
    if span > size + padding:
        raise ValueError(
            f"{where}: the window spans {span} along {axis}, but the padded input has only "
            f"{size + padding} ({size} and {padding} of padding)"
        )


def check_bias(where: str, bias: Array, outputs: int) -> None:
    """Refuse a bias that is not one number for each output channel."""
    if bias.shape != (outputs,):
        raise ValueError(
            f"{where}: bias must be ({outputs},), one for each output, but is {bias.shape}"
        )


def padding_pairs(
    where: str,
    padding: Padding,
    sizes: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
) -> tuple[Pair, ...]:
    """Zeros (before, after) each axis for "valid", "same", "full", numbers or pairs of numbers.

    same: ⌈size/stride⌉ windows; an odd zero goes behind (D2.12).
    full: every overlap of at least one element, d·(k − 1) zeros on both sides (D1.15).
    """
    if isinstance(padding, str):
        check_choice(where, "padding", padding, tuple(PADDING_RULES))
        return tuple(map(PADDING_RULES[padding], sizes, kernel, stride, dilation))
    entries: tuple[Any, ...] = _entries(padding, len(sizes))
    if len(entries) != len(sizes):
        raise ValueError(
            f"{where}: padding must have an entry for each of {', '.join(AXES[len(sizes)])}, "
            f"but has {len(entries)} ({padding!r})"
        )
    return tuple(_padding_pair(where, entry, padding) for entry in entries)


def _padding_pair(where: str, entry: Any, padding: Any) -> Pair:
    """(before, after) of one axis, from a number or a pair of numbers."""
    pair = _entries(entry, 2)
    if len(pair) != 2 or not all(map(_is_integer, pair)):
        raise TypeError(
            f"{where}: padding must be an integer, an integer or a pair (before, after) for each "
            f"axis, or one of {', '.join(map(repr, PADDING_RULES))}, but is {padding!r}"
        )
    if min(pair) < 0:
        raise ValueError(f"{where}: padding must be at least 0, but is {padding!r}")
    return int(pair[0]), int(pair[1])


def _no_padding(size: int, k: int, s: int, d: int) -> Pair:
    return 0, 0


def _same_padding(size: int, k: int, s: int, d: int) -> Pair:
    windows = math.ceil(size / s)
    total = max((windows - 1) * s + d * (k - 1) + 1 - size, 0)
    return total // 2, total - total // 2


def _full_padding(size: int, k: int, s: int, d: int) -> Pair:
    return d * (k - 1), d * (k - 1)


PADDING_RULES = {"valid": _no_padding, "same": _same_padding, "full": _full_padding}


# --- correlation --------------------------------------------------------------------------


def check_last_two_axes(where: str, name: str, array: Array) -> None:
    """Refuse an array that holds no matrix."""
    if array.ndim < 2:
        raise ValueError(
            f"{where}: {name} must have at least 2 axes (…, H, W), but has {array.ndim} "
            f"({name} {array.shape})"
        )


def check_matrices(where: str, a: Array, kernel: Array) -> None:
    """Refuse anything but matrices a, one or a batch, and a kernel that is one, none empty."""
    check_last_two_axes(where, "a", a)
    check_axes(where, "kernel", kernel, ("K_h", "K_w"))
    check_kernel(where, "kernel", kernel, kernel.shape)
    if 0 in a.shape[-2:]:
        raise ValueError(f"{where}: a matrix must not be empty (a {a.shape})")


def check_one_holds_other(where: str, a: Array, kernel: Array) -> None:
    """Refuse two matrices of which neither fits into the other."""
    (H, W), (K_h, K_w) = a.shape[-2:], kernel.shape
    if (H - K_h) * (W - K_w) < 0:
        raise ValueError(
            f"{where}: mode 'valid' needs a kernel that fits into a, or holds it, along both "
            f"axes (a {a.shape}, kernel {kernel.shape})"
        )


# --- pooling ------------------------------------------------------------------------------


class PoolGeometry(NamedTuple):
    """Everything about a pooling that follows from shapes and options."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    sizes: tuple[int, ...]  # the spatial sizes of x
    output: tuple[int, ...]  # the spatial sizes of y


def pool_geometry(
    where: str,
    n: int,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
) -> PoolGeometry:
    """Check the arguments of a pooling over n spatial axes; give its sizes."""
    check_axes(where, "x", x, ("N", "C", *AXES[n]))
    return pool_sizes(where, "x", x.shape[2:], kernel_size, stride, padding, dilation, ceil_mode)


def pool_sizes(
    where: str,
    name: str,
    sizes: tuple[int, ...],
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
) -> PoolGeometry:
    """Check the options of a pooling over the spatial sizes of `name`; give its sizes."""
    n = len(sizes)
    kernel = check_ints(where, "kernel_size", kernel_size, n, 1)
    stride = kernel if stride is None else check_ints(where, "stride", stride, n, 1)
    padding = check_ints(where, "padding", padding, n, 0)
    dilation = check_ints(where, "dilation", dilation, n, 1)
    check_flag(where, "ceil_mode", ceil_mode)
    output = []
    for axis, size, k, s, p, d in zip(
        AXES[n], sizes, kernel, stride, padding, dilation, strict=True
    ):
        if size == 0:
            raise ValueError(f"{where}: {name} is empty along {axis}, there is nothing to pool")
        if 2 * p > k:
            raise ValueError(
                f"{where}: padding must be at most half of kernel_size, but along {axis} "
                f"padding is {p} and kernel_size {k}"
            )
        check_span(where, axis, d * (k - 1) + 1, size, 2 * p)
        output.append(_pool_size(size, k, s, p, d, ceil_mode))
    return PoolGeometry(kernel, stride, padding, dilation, sizes, tuple(output))


def _pool_size(size: int, k: int, s: int, p: int, d: int, ceil_mode: bool) -> int:
    """Windows along one axis; the last one must start inside the input or the front padding."""
    free = size + 2 * p - d * (k - 1) - 1
    if not ceil_mode:
        return free // s + 1
    windows = math.ceil(free / s) + 1
    return windows - 1 if (windows - 1) * s >= size + p else windows


def check_window_holds_input(where: str, axis: str, window: int, holds: bool) -> None:
    """Refuse a maximum over a window in which every place is padding."""
    if not holds:
        raise ValueError(
            f"{where}: window {window} along {axis} holds padding only, so it has no maximum"
        )


# --- dense layers and losses --------------------------------------------------------------


def check_linear(where: str, x: Array, weight: Array) -> None:
    """Refuse features that disagree with the weight."""
    check_axes(where, "weight", weight, ("features_out", "features_in"))
    if x.ndim == 0:
        raise ValueError(f"{where}: x must have an axis of features, but is a single value")
    if x.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"{where}: x has {x.shape[-1]} features, but weight expects {weight.shape[1]} "
            f"(x {x.shape}, weight {weight.shape})"
        )


def check_batch(where: str, x: Array) -> None:
    """Refuse a single value where a batch is expected."""
    if x.ndim == 0:
        raise ValueError(f"{where}: x must have a batch axis, but is a single value")


def check_logits(where: str, logits: Array) -> int:
    """The class axis of logits (C,) or (N, C, …), which must not be empty."""
    if logits.ndim == 0:
        raise ValueError(f"{where}: logits must have an axis of classes, but is a single value")
    axis = 0 if logits.ndim == 1 else 1
    if logits.shape[axis] == 0:
        raise ValueError(f"{where}: logits has no classes (logits {logits.shape})")
    return axis


def check_class_indices(where: str, logits: Array, target: Array, axis: int) -> None:
    """Refuse targets that are not one class index for each sample."""
    if target.dtype.kind not in "iu":
        raise TypeError(
            f"{where}: target must hold integer class indices, or probabilities of the shape of "
            f"logits, but is {target.dtype} {target.shape} (logits {logits.shape})"
        )
    expected = logits.shape[:axis] + logits.shape[axis + 1 :]
    if target.shape != expected:
        hint = "; give probabilities as floats" if target.shape == logits.shape else ""
        raise ValueError(
            f"{where}: target is {target.shape}, but logits {logits.shape} need class indices "
            f"of shape {expected}{hint}"
        )
    classes = logits.shape[axis]
    outside = target[(target < 0) | (target >= classes)]
    if outside.size:
        raise ValueError(
            f"{where}: target holds class {outside.flat[0]}, but logits has {classes} classes "
            f"(0 to {classes - 1})"
        )


def check_probabilities(where: str, logits: Array, target: Array) -> None:
    """Refuse targets that are not one probability for each logit."""
    check_same_shape(where, "logits", logits, "target", target)
    if target.dtype == object:  # may have no order
        return
    outside = target[~((target >= 0) & (target <= 1))]
    if outside.size:
        raise ValueError(
            f"{where}: target must hold probabilities from 0 to 1, but holds {outside.flat[0]}"
        )


def check_labels(where: str, score: Array, target: Array) -> None:
    """Refuse targets that are not −1 or 1 for each score."""
    check_same_shape(where, "score", score, "target", target)
    others = target[(target != 1) & (target != -1)]
    if others.size:
        raise ValueError(f"{where}: target must hold only -1 and 1, but holds {others.flat[0]}")


# --- dropout ------------------------------------------------------------------------------


def check_mask(where: str, x: Array, mask: Any) -> Array:
    """Where a mask of x's shape is 1 or True; refuse one that holds anything but 0 and 1."""
    mask = _real_array(where, "mask", mask, kinds="bfiuO")
    check_same_shape(where, "mask", mask, "x", x)
    others = mask[(mask != 0) & (mask != 1)]
    if others.size:
        raise ValueError(f"{where}: mask must hold only 0 and 1, but holds {others.flat[0]}")
    return np.asarray(mask == 1)


def check_fraction(where: str, name: str, value: Any, like: Array) -> None:
    """Refuse a parameter that is not at least 0 and less than 1."""
    check_number(where, name, value, like)
    if isinstance(value, Real) and (value < 0 or not value < 1):
        raise ValueError(f"{where}: {name} must be at least 0 and less than 1, but is {value!r}")


# --- networks -----------------------------------------------------------------------------


def check_named(where: str, name: str, value: Any) -> None:
    """Refuse anything but a mapping from names."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{where}: {name} must map names to them, but is a {type(value).__name__}")


def check_count(where: str, name: str, values: Sequence[Any], count: int) -> None:
    """Refuse a list of another length."""
    if len(values) != count:
        raise ValueError(f"{where}: {name} must have {count} entries, but has {len(values)}")


def check_sources(where: str, name: str, sources: Sequence[str], known: Iterable[str]) -> None:
    """Refuse a layer whose inputs are not there yet when it is computed."""
    before = list(known)
    for source in sources:
        if source not in before:
            raise ValueError(
                f"{where}: layer {name!r} takes {source!r}, but before it there is only "
                f"{', '.join(before)}"
            )


def check_used(where: str, names: Sequence[str], sources: Iterable[str]) -> None:
    """Refuse layers, but for the last, whose output nothing takes."""
    used = set(sources)
    for name in names[:-1]:
        if name not in used:
            raise ValueError(f"{where}: no layer takes the output of {name!r}")


def check_known(where: str, name: str, value: Any, known: Iterable[str]) -> None:
    """Refuse a name that is not there."""
    if value not in known:
        raise ValueError(f"{where}: there is no {name} {value!r}, but {', '.join(known)}")

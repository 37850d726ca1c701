"""Checks of arguments.

Every error text of the package is written here, in `shapes`, `objects`, `network_checks`,
`normalization_checks`, `optimizer_checks` and `rearranging_checks`; what to do about a wrong shape
in `hints`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from numbers import Rational, Real
from typing import Any, TypeAlias

import numpy as np

from refimpl.elements import Array, zero_of
from refimpl.hints import (
    features_turned,
    gradient_turned,
    missing_axes,
    reshaped,
    turned_to_last,
)
from refimpl.objects import NOT_REAL, check_elements, check_one_kind, holds_masked

Ints: TypeAlias = "int | Sequence[int]"

MOST = 2**31 - 1  # of a stride, a dilation and the like: its product with an itemsize fits 64 bits
USUAL_MARK = 255  # a class that data sets of one byte a pixel mark what is to be ignored with
LARGE = 1 << 30  # bytes; smaller arrays are made without asking whether there is room
FLOATS = frozenset(map(np.dtype, "efdg"))  # with their bytes in this machine's order
AXES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}  # spatial axes, as torch names them


def _memory() -> float:
    """How many bytes this machine has; ∞ where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return math.inf


MEMORY = _memory()


# --- arrays -------------------------------------------------------------------------------


def check_arrays(where: str, **arrays: Any) -> list[Array]:
    """The arguments as arrays of one element type; integers become float64, as NumPy promotes.

    Raises: TypeError for boolean, complex or text arrays, masked ones, objects that are no
    numbers or not of one kind, bytes in the other order and for two different dtypes,
    ValueError for rows of different lengths and integers that no float64 holds.
    """
    dtypes = {a.dtype if type(a) is np.ndarray else None for a in arrays.values()}
    if len(dtypes) == 1 and FLOATS.issuperset(dtypes):  # nothing to refuse or to promote
        return list(arrays.values())
    given = {name: _real_array(where, name, array) for name, array in arrays.items()}
    objects = {name: array for name, array in given.items() if array.dtype.kind == "O"}
    if objects:
        check_one_kind(where, objects)
    checked = {
        name: _promoted(array, list(objects.values())) if array.dtype.kind in "iu" else array
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
    array = as_array(where, name, value)
    kind = array.dtype.kind
    if kind not in kinds:
        raise TypeError(f"{where}: {name} must hold real numbers, but has dtype {array.dtype}")
    if kind == "O":
        check_elements(where, name, array)
        return array if isinstance(value, np.ndarray) else _floats(where, name, array)
    if kind == "f" and not array.dtype.isnative:
        native = array.dtype.newbyteorder("=")
        raise TypeError(
            f"{where}: {name} is {native} with its bytes in the other order ({array.dtype.str}); "
            f"give {name}.astype('{native}')"
        )
    return array


def as_array(where: str, name: str, value: Any) -> Array:
    """An argument as an array; refuse a masked one, and rows of different lengths."""
    if type(value) is not np.ndarray and holds_masked(value):  # `np.asarray` drops the mask
        is_one = isinstance(value, np.ndarray)
        raise TypeError(
            f"{where}: {name} {'is' if is_one else 'holds'} a masked array, whose mask would be "
            f"lost; give {name if is_one else 'its'}{'.' if is_one else ' '}filled(…), or leave "
            "the masked elements out"
        )
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{where}: {name} must be an array, but its rows have different lengths"
        ) from None


def _floats(where: str, name: str, array: Array) -> Array:
    """Of a list, whole numbers beyond 64 bits become float64, as those below do."""
    if not {int, float}.issuperset(map(type, array.flat)):
        return array
    for number in array.flat:
        check_fits(where, name, number, np.float64)
    return array.astype(np.float64)


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
            f"but has {array.ndim} ({name} {array.shape}){missing_axes(name, array.shape, axes)}"
        )


def check_gradient(where: str, dy: Array, output: tuple[int, ...], channels: bool = False) -> None:
    """Refuse an upstream gradient that has not the shape of the output.

    channels: the second axis are channels, which others have last.
    """
    if dy.shape != output:
        raise ValueError(
            f"{where}: dy is {dy.shape}, but the output for these arguments is {output}"
            f"{gradient_turned(dy.shape, output, channels)}"
        )


def check_indices(where: str, indices: Any, ties: str, output: tuple[int, ...], size: int) -> Array:
    """Where each window of this output has its maximum, in a map of this size, as intp."""
    places = _real_array(where, "indices", indices)
    if places.dtype.kind not in "iu":
        raise TypeError(f"{where}: indices must hold integers, but has dtype {places.dtype}")
    if ties != "first":
        raise ValueError(
            f"{where}: indices name one maximum of each window, but ties is {ties!r}; leave one out"
        )
    if places.shape != output:
        raise ValueError(
            f"{where}: indices is {places.shape}, but the output for these arguments is {output}"
        )
    least, most = (int(end(initial=0)) for end in (places.min, places.max))
    if least < 0 or most >= size:
        outside = least if least < 0 else most
        raise ValueError(
            f"{where}: indices must be from 0 to {size - 1}, places of one map of x, but hold "
            f"{outside}"
        )
    return places.astype(np.intp, copy=False)


def check_same_shape(where: str, first: str, a: Array, second: str, b: Array) -> None:
    """Refuse two arrays whose shapes differ."""
    if a.shape != b.shape:
        raise ValueError(
            f"{where}: {first} is {a.shape}, but {second} is {b.shape}; both must be of one shape"
            f"{reshaped(second, b.shape, a.shape)}"
        )


def check_broadcast(where: str, **shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that two shapes broadcast to; refuse two that do not."""
    (first, a), (second, b) = shapes.items()
    try:
        return np.broadcast_shapes(a, b)
    except ValueError:
        raise ValueError(
            f"{where}: {first} is {a}, but {second} is {b}; counted from the last axis, sizes must "
            f"be equal, or one of them 1 or missing{reshaped(second, b, a)}"
        ) from None


def check_separate(where: str, maps: Sequence[Any]) -> None:
    """Refuse a list of maps where each map is an argument of its own."""
    for k, given in enumerate(maps):
        if isinstance(given, list | tuple) and any(isinstance(m, np.ndarray) for m in given):
            raise TypeError(
                f"{where}: each map must be an argument of its own, but maps[{k}] is a "
                f"{type(given).__name__} of {len(given)}"
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
                f"{maps[0].shape} and maps[{k}] {array.shape}{_stacked_last(maps[0], array)}"
            )


def _but_channels(array: Array) -> tuple[int, ...]:
    return (array.shape[0], *array.shape[2:])


def _stacked_last(first: Array, other: Array) -> str:
    """A hint where maps agree in everything but their last axis."""
    wanted = (first.shape[0], other.shape[-1], *first.shape[1:-1])
    return turned_to_last("every maps[k]", other.shape, wanted, "channels")


def check_choice(where: str, name: str, value: Any, choices: Sequence[str], hint: str = "") -> None:
    """Refuse an option that is not one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        allowed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{where}: {name} must be one of {allowed}, but is {value!r}{hint}")


def check_axis(where: str, name: str, array: Array, axis: Any) -> None:
    """Refuse an axis that the array does not have."""
    if not is_integer(axis):
        raise TypeError(f"{where}: axis must be an integer, but is {axis!r}")
    if not -array.ndim <= axis < array.ndim:
        raise ValueError(
            f"{where}: axis is {axis}, but {name} has {array.ndim} axes ({name} {array.shape})"
        )


def check_reduced(where: str, name: str, array: Array, axis: Any) -> tuple[int, ...]:
    """The axes that an array is reduced along, from the first; None is all of them.

    >>> check_reduced("here", "x", np.zeros((2, 3, 4)), (-1, 0))
    (0, 2)
    """
    if axis is None:
        axes = tuple(range(array.ndim))
    else:
        given = entries(axis, 1)
        if not all(map(is_integer, given)):
            raise TypeError(
                f"{where}: axis must be an integer, a tuple of them or None, but is {axis!r}"
            )
        if not given:
            raise ValueError(
                f"{where}: axis names no axis, which NumPy takes for none and torch for all; "
                f"leave {name} as it is, or give None for all"
            )
        for one in given:
            check_axis(where, name, array, one)
        axes = tuple(sorted(int(one) % array.ndim for one in given))
        if len(set(axes)) < len(axes):
            raise ValueError(f"{where}: axis names an axis twice: {axis!r} ({name} {array.shape})")
    if any(array.shape[place] == 0 for place in axes):
        raise ValueError(
            f"{where}: {name} has no places along axis {axis!r}, so that there is no mean "
            f"({name} {array.shape})"
        )
    return axes


def check_number(where: str, name: str, value: Any, like: Array) -> None:
    """Refuse a parameter that is not one real number; beside objects it may be an object."""
    real = isinstance(value, Real) and not isinstance(value, bool)
    if not real and (like.dtype != object or isinstance(value, (*NOT_REAL, tuple))):
        raise TypeError(f"{where}: {name} must be a number, but is {value!r}")
    if like.dtype != object:
        check_fits(where, name, value, like.dtype if like.dtype.kind == "f" else np.float64)
    elif real and not isinstance(value, Rational) and not math.isfinite(value):
        raise ValueError(f"{where}: {name} must be finite beside exact numbers, but is {value!r}")


def check_fits(where: str, name: str, value: Any, dtype: Any) -> None:
    """Refuse a whole number that is beyond the largest float of a dtype."""
    largest = np.finfo(dtype).max
    if isinstance(value, int | np.integer) and abs(int(value)) > int(largest):
        raise ValueError(
            f"{where}: {name} must be within ±{largest:.2g}, as {np.dtype(dtype)} is, "
            f"but is {_shown(value)}"
        )


def check_positive(where: str, name: str, given: Any, value: Any) -> None:
    """Refuse a parameter that is not positive and finite in the elements' type."""
    if not value > 0 or value == math.inf:
        dtype = f" in {value.dtype}" if isinstance(value, np.generic) else ""
        raise ValueError(f"{where}: {name} must be positive and finite{dtype}, but is {given!r}")


def check_limits(where: str, min_val: Any, max_val: Any) -> None:
    """Refuse an interval whose ends are in the wrong order, or NaN."""
    if not min_val <= max_val:
        raise ValueError(
            f"{where}: min_val must be at most max_val, but min_val is {min_val!r}, "
            f"max_val {max_val!r}"
        )


def check_slopes(where: str, x: Array, weight: Array) -> None:
    """Refuse slopes that are neither one for each channel of x nor one for all."""
    channels = x.shape[1] if x.ndim > 1 else 1
    if weight.shape not in ((1,), (channels,)):
        allowed = f"({channels},), one for each channel, or (1,)" if channels != 1 else "(1,)"
        raise ValueError(f"{where}: weight must be {allowed}, but is {weight.shape} (x {x.shape})")


def check_not_negative(where: str, name: str, value: Any) -> None:
    """Refuse a number below 0, and NaN."""
    if not value >= 0:
        raise ValueError(f"{where}: {name} must be at least 0, but is {value!r}")


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


def check_whole(where: str, name: str, base: Array, exponents: Array) -> None:
    """Refuse exponents that are no integers of exact numbers without exp and log."""
    if not base.size or all(hasattr(base.flat[0], method) for method in ("exp", "log")):
        return
    for exponent in exponents.flat:
        if isinstance(exponent, Rational) and exponent.denominator != 1:
            raise TypeError(
                f"{where}: {name} must hold integers beside {type(base.flat[0]).__name__}, whose "
                f"other powers are no exact numbers, but holds {exponent}; give floats"
            )


def check_scale(where: str, name: str, value: Any) -> Array:
    """A positive number as an array without axes; an object is given, its sign is not asked."""
    check_fits(where, name, value, np.float64)
    scale = np.asarray(value)
    if scale.ndim or scale.dtype.kind not in "fiuO" or isinstance(value, NOT_REAL):
        raise TypeError(f"{where}: {name} must be a number, but is {value!r}")
    if scale.dtype != object and not 0 < value < math.inf:
        raise ValueError(f"{where}: {name} must be positive and finite, but is {value!r}")
    if scale.dtype.kind == "f" and scale * scale == 0:
        raise ValueError(
            f"{where}: {name} must have a square above 0 in {scale.dtype}, but is {value!r}"
        )
    return scale.astype(np.float64) if scale.dtype.kind in "iu" else scale


def check_flag(where: str, name: str, value: Any) -> None:
    """Refuse a switch that is neither True nor False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{where}: {name} must be True or False, but is {value!r}")


# --- options ------------------------------------------------------------------------------


def check_int(where: str, name: str, value: Any, least: int) -> int:
    """An option as one integer, at least `least`."""
    if not is_integer(value):
        raise TypeError(f"{where}: {name} must be an integer, but is {value!r}")
    if value < least:
        raise ValueError(f"{where}: {name} must be at least {least}, but is {value!r}")
    return int(value)


def check_divisor(where: str, value: Any, dtype: Any) -> int:
    """A divisor as an integer of either sign, which is not 0 and fits into the elements' dtype."""
    if not is_integer(value):
        raise TypeError(f"{where}: divisor_override must be an integer, but is {value!r}")
    if value == 0:
        raise ValueError(f"{where}: divisor_override must not be 0; leave it out for a mean")
    check_fits(where, "divisor_override", value, dtype if dtype.kind == "f" else np.float64)
    return int(value)


def check_most(where: str, **options: Sequence[int]) -> None:
    """Refuse integers that are no step through an array in memory."""
    for name, values in options.items():
        if max(values, default=0) > MOST:
            raise ValueError(
                f"{where}: {name} must be at most {MOST}, but is {_shown(max(values))}"
            )


def check_room(where: str, made: str, shape: Sequence[int], itemsize: int) -> None:
    """Refuse an array that this machine has no memory for; `made`: what makes it that large."""
    size = math.prod(shape) * itemsize
    if size < LARGE:
        return
    if size > MEMORY or not _is_granted(size):
        axes = ", ".join(map(_shown, shape))
        raise ValueError(
            f"{where}: {made} needs an array of ({axes}), {_gigabytes(size)} GB, for which there "
            "is no memory; give less"
        )


def _is_granted(size: int) -> bool:
    """Whether the system gives so many bytes; some give more than there are."""
    try:
        np.empty(size, np.uint8)  # of what is never written no memory is taken
    except (MemoryError, ValueError, OverflowError):
        return False
    return True


def _gigabytes(size: int) -> str:
    """A size in bytes as gigabytes, to two digits.

    >>> _gigabytes(8 * 10**9), _gigabytes(96_000_000_000), _gigabytes(10**400)
    ('8', '96', '1e391')
    """
    digits = str(size // 10**9) if size < 10**1000 else ""
    return digits if len(digits) < 7 and digits else f"1e{int(math.log10(size)) - 9}"


def _shown(value: Any) -> str:
    """A number as it is written; of one with hundreds of digits how many bits it has.

    >>> _shown(2**63), _shown(-(10**400)), _shown(0.5)
    ('9223372036854775808', 'an integer of 1329 bits', '0.5')
    """
    if isinstance(value, int) and value.bit_length() > 256:
        return f"an integer of {value.bit_length()} bits"
    return str(value)


def check_ints(where: str, name: str, value: Any, count: int, least: int) -> tuple[int, ...]:
    """An option as `count` integers, each at least `least`; one stands for all, as in torch.

    >>> check_ints("here", "stride", 2, 3, 1), check_ints("here", "stride", (2,), 3, 1)
    ((2, 2, 2), (2, 2, 2))
    """
    values = for_each(entries(value, count), count)
    if not all(map(is_integer, values)):
        raise TypeError(f"{where}: {name} must be an integer or {count} of them, but is {value!r}")
    if len(values) != count:
        raise ValueError(
            f"{where}: {name} must be one integer or {count}, but has {len(values)} ({value!r})"
        )
    if min(values, default=least) < least:
        raise ValueError(f"{where}: {name} must be at least {least}, but is {value!r}")
    return tuple(map(int, values))


def check_sizes(where: str, name: str, value: Any, least: int) -> tuple[int, ...]:
    """Sizes along one axis to three, each at least `least`; one integer is one axis."""
    sizes = entries(value, 1)
    if len(sizes) not in AXES or not all(map(is_integer, sizes)):
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
    counts = (len(entries(option, 1)) for layer in chain for option in layer)
    axes = next((count for count in counts if count > 1), 1)
    names = ("kernel_size", "stride", "dilation")
    return axes, [
        [
            check_ints(where, f"{name} of layer {number}", value, axes, 1)
            for name, value in zip(names, (*layer, 1, 1)[:3], strict=True)
        ]
        for number, layer in enumerate(chain, 1)
    ]


def entries(value: Any, count: int) -> tuple[Any, ...]:
    """The entries of a tuple, a list or an array; anything else stands for `count` entries."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return tuple(value) if isinstance(value, tuple | list) else (value,) * count


def for_each(values: tuple[Any, ...], count: int) -> tuple[Any, ...]:
    """One entry `count` times, more of them as they are."""
    return values * count if len(values) == 1 else values


def is_integer(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


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


def check_kernel(where: str, name: str, weight: Array, kernel: tuple[int, ...]) -> None:
    """Refuse a kernel without places."""
    if 0 in kernel:
        raise ValueError(f"{where}: the kernel must not be empty ({name} {weight.shape})")


def check_one_holds_other(where: str, a: Array, kernel: Array) -> None:
    """Refuse two matrices of which neither fits into the other."""
    (H, W), (K_h, K_w) = a.shape[-2:], kernel.shape
    if (H - K_h) * (W - K_w) < 0:
        raise ValueError(
            f"{where}: mode 'valid' needs a kernel that fits into a, or holds it, along both "
            f"axes (a {a.shape}, kernel {kernel.shape})"
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
            f"(x {x.shape}, weight {weight.shape}){features_turned(x.shape, weight.shape)}"
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


def is_class_indices(where: str, logits: Array, target: Array) -> bool:
    """Whether targets are class indices; False: probabilities. Refuse what is neither.

    Integers are indices; so are the elements of no other type.
    """
    if target.shape == logits.shape and target.dtype.kind in "fO":
        return False
    if target.dtype.kind not in "iu":
        axis = min(1, logits.ndim - 1)
        expected = logits.shape[:axis] + logits.shape[axis + 1 :]
        are_classes = target.dtype.kind in "fb" and target.shape == expected
        raise TypeError(
            f"{where}: target must hold integer class indices, or probabilities of the shape of "
            f"logits, but is {target.dtype} {target.shape} (logits {logits.shape})"
            f"{'; give target.astype(int)' if are_classes else ''}"
        )
    return True


def check_class_indices(
    where: str, logits: Array, target: Array, axis: int, ignore_index: int
) -> Array | None:
    """Refuse targets that are not one class index for each sample.

    Which of them are not ignore_index, of any integers; None if that are all.
    """
    if type(ignore_index) is not int and not is_integer(ignore_index):
        raise TypeError(f"{where}: ignore_index must be an integer, but is {ignore_index!r}")
    if abs(ignore_index) > MOST:
        check_fits(where, "ignore_index", ignore_index, np.float64)
    expected = logits.shape[:axis] + logits.shape[axis + 1 :]
    if target.shape != expected:
        hint = _target_hint(logits, target, expected)
        raise ValueError(
            f"{where}: target is {target.shape}, but logits {logits.shape} need class indices "
            f"of shape {expected}{hint}"
        )
    classes = logits.shape[axis]
    outside = (target < 0) | (target >= classes)
    if not outside.any() and not 0 <= ignore_index < classes:
        return None
    kept: Array = np.asarray(target != int(ignore_index))
    wrong = target[outside & kept]
    if wrong.size:
        found = int(wrong.flat[0])
        marks = f"; if it marks samples to leave out, give ignore_index={found}"
        raise ValueError(
            f"{where}: target holds class {found}, but logits has {classes} classes "
            f"(0 to {classes - 1}){marks if found < 0 or found == USUAL_MARK else ''}"
        )
    return None if kept.all() else kept


def check_ignored(where: str, ignore_index: int) -> None:
    """Refuse a class to be left out beside probabilities, which name none."""
    if not is_integer(ignore_index):
        raise TypeError(f"{where}: ignore_index must be an integer, but is {ignore_index!r}")
    check_fits(where, "ignore_index", ignore_index, np.float64)
    if ignore_index >= 0:
        raise ValueError(
            f"{where}: ignore_index is {ignore_index}, but target holds probabilities, which name "
            "no class; leave those samples out, or give class indices"
        )


def check_class_weights(where: str, logits: Array, weight: Array, axis: int) -> None:
    """Refuse weights that are not one for each class."""
    classes = logits.shape[axis]
    if weight.shape != (classes,):
        raise ValueError(
            f"{where}: weight must be ({classes},), one for each class, but is {weight.shape} "
            f"(logits {logits.shape}){reshaped('weight', weight.shape, (classes,))}"
        )


def check_smoothing(where: str, value: Any, like: Array) -> None:
    """Refuse a label smoothing that is no number from 0 to 1."""
    check_number(where, "label_smoothing", value, like)
    if not 0 <= value <= 1:
        raise ValueError(f"{where}: label_smoothing must be from 0 to 1, but is {value!r}")


def _target_hint(logits: Array, target: Array, expected: tuple[int, ...]) -> str:
    if target.shape == logits.shape:
        return "; give probabilities as floats"
    wanted = (target.shape[0], logits.shape[-1], *target.shape[1:]) if target.ndim > 1 else ()
    turned = turned_to_last("logits", logits.shape, wanted, "classes")
    return turned or reshaped("target", target.shape, expected)


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
    if mask.ndim == 0 < x.ndim:
        raise ValueError(
            f"{where}: mask must be an array of 0 and 1 like x, {x.shape}, but is {mask}; draw one "
            "with rng.random(x.shape) >= p"
        )
    check_same_shape(where, "x", x, "mask", mask)
    others = mask[(mask != 0) & (mask != 1)]
    if others.size:
        raise ValueError(f"{where}: mask must hold only 0 and 1, but holds {others.flat[0]}")
    return np.asarray(mask == 1)


def check_fraction(where: str, name: str, value: Any, like: Array) -> None:
    """Refuse a parameter that is not at least 0 and less than 1."""
    check_number(where, name, value, like)
    if isinstance(value, Real) and (value < 0 or not value < 1):
        raise ValueError(f"{where}: {name} must be at least 0 and less than 1, but is {value!r}")

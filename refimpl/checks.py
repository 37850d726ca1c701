"""Checks of arguments. Every error text of the package is written here or in `shapes`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Rational, Real
from typing import Any, TypeAlias

import numpy as np

from refimpl.elements import Array, zero_of

Ints: TypeAlias = "int | Sequence[int]"

MOST = 2**31 - 1  # of a stride, a dilation and the like: its product with an itemsize fits 64 bits
LARGE = 1 << 30  # bytes; smaller arrays are made without asking whether there is room
IGNORED = -100  # the class that torch's cross_entropy leaves out
AXES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}  # spatial axes, as torch names them
NOT_REAL = (str, bytes, bool, np.bool_, complex, np.complexfloating, type(None), list, np.ndarray)


# --- arrays -------------------------------------------------------------------------------


def check_arrays(where: str, **arrays: Any) -> list[Array]:
    """The arguments as arrays of one element type; integers become float64, as NumPy promotes.

    Raises: TypeError for boolean, complex or text arrays, masked ones, objects that are no
    numbers, bytes in the other order and for two different dtypes, ValueError for rows of
    different lengths.
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
    check_not_masked(where, name, value)
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{where}: {name} must be an array, but its rows have different lengths"
        ) from None
    if array.dtype.kind not in kinds:
        raise TypeError(f"{where}: {name} must hold real numbers, but has dtype {array.dtype}")
    if array.dtype == object:
        _check_elements(where, name, array)
    elif array.dtype.kind == "f" and not array.dtype.isnative:
        native = array.dtype.newbyteorder("=")
        raise TypeError(
            f"{where}: {name} is {native} with its bytes in the other order ({array.dtype.str}); "
            f"give {name}.astype('{native}')"
        )
    return array


def check_not_masked(where: str, name: str, value: Any) -> None:
    """Refuse a masked array, which `np.asarray` would take for one without a mask."""
    if isinstance(value, np.ndarray) and hasattr(value, "mask"):  # np.ma is not loaded for it
        raise TypeError(
            f"{where}: {name} is a masked array, whose mask would be lost; give "
            f"{name}.filled(…), or leave the masked elements out"
        )


def _check_elements(where: str, name: str, array: Array) -> None:
    """Refuse an object array with elements that are no numbers: with no sum, no product."""
    types = set(map(type, array.flat))  # few, of however many elements
    odd = tuple(found for found in types if issubclass(found, NOT_REAL) or not _computes(found))
    if odd:
        element = next(e for e in array.flat if type(e) in odd)
        raise TypeError(
            f"{where}: {name} must hold real numbers, but holds {element!r} "
            f"({type(element).__name__})"
        )


def _computes(kind: type) -> bool:
    """Whether objects of a type are added and multiplied, as numbers and symbols are.

    >>> from fractions import Fraction
    >>> _computes(Fraction), _computes(dict), _computes(set), _computes(tuple)
    (True, False, False, False)
    """
    return all(hasattr(kind, method) for method in ("__add__", "__sub__", "__mul__"))


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
            f"but has {array.ndim} ({name} {array.shape}){_unbatched(name, array, axes)}"
        )


def _unbatched(name: str, array: Array, axes: Sequence[str]) -> str:
    """How images without batch or channel axis, which torch takes, get them."""
    missing = len(axes) - array.ndim
    if axes[0] != "N" or missing not in (1, 2):
        return ""
    what = "the batch axis" if missing == 1 else "batch and channels"
    return f"; if it lacks {what}, give {name}[{', '.join(['None'] * missing)}]"


def check_gradient(where: str, dy: Array, output: tuple[int, ...]) -> None:
    """Refuse an upstream gradient that has not the shape of the output."""
    if dy.shape != output:
        hint = "; give it the batch axis: dy[None]" if (1, *dy.shape) == output else ""
        raise ValueError(
            f"{where}: dy is {dy.shape}, but the output for these arguments is {output}{hint}"
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
        )


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
    if not is_integer(axis):
        raise TypeError(f"{where}: axis must be an integer, but is {axis!r}")
    if not -array.ndim <= axis < array.ndim:
        raise ValueError(
            f"{where}: axis is {axis}, but {name} has {array.ndim} axes ({name} {array.shape})"
        )


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


def check_divisor(where: str, value: Any) -> int:
    """divisor_override as an integer of at least 1."""
    if is_integer(value) and value < 0:
        raise ValueError(
            f"{where}: divisor_override must be at least 1, but is {value!r}; negate what "
            f"divisor_override={-value} gives"
        )
    return check_int(where, "divisor_override", value, 1)


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
    try:
        np.empty(size, np.uint8)  # of what is never written no memory is taken
    except (MemoryError, ValueError, OverflowError):
        axes = ", ".join(map(_shown, shape))
        raise ValueError(
            f"{where}: {made} needs an array of ({axes}), {_gigabytes(size)} GB, for which there "
            "is no memory; give less"
        ) from None


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
    """An option as `count` integers, each at least `least`; one integer, alone or in a tuple,
    stands for all, as in torch."""
    values = entries(value, count)
    values = values * count if len(values) == 1 else values
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
    options = [option for layer in chain for option in layer if not is_integer(option)]
    axes = max(1, len(entries(options[0], 1))) if options else 1
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
        ignored = (
            "; -100 is torch's ignore_index, which refimpl does not have: leave those samples out"
            if (outside == IGNORED).any()
            else ""
        )
        raise ValueError(
            f"{where}: target holds class {outside.flat[0]}, but logits has {classes} classes "
            f"(0 to {classes - 1}){ignored}"
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
        hint = '; give a dict, {"fc": Linear(…), "act": ReLU()}' if name == "layers" else ""
        raise TypeError(
            f"{where}: {name} must map names to them, but is a {type(value).__name__}{hint}"
        )


def check_one_by_one(where: str, layers: Sequence[Any]) -> None:
    """Refuse a list of layers where each layer is an argument of its own."""
    if len(layers) == 1 and isinstance(layers[0], list | tuple):
        raise TypeError(
            f"{where}: layers must come one by one, or in a dict by their names, but are in a "
            f"{type(layers[0]).__name__} of {len(layers[0])}; give {where}(*layers)"
        )


def check_count(where: str, name: str, values: Sequence[Any], count: int) -> None:
    """Refuse a list of another length."""
    if len(values) != count:
        raise ValueError(f"{where}: {name} must have {count} entries, but has {len(values)}")


def check_not_called(where: str, name: str, layers: Iterable[str]) -> None:
    """Refuse a layer with the name of the network's own input."""
    if name in layers:
        raise ValueError(f"{where}: no layer can be called {name!r}, the name of the input")


def check_sources(where: str, name: str, sources: Sequence[str], before: Sequence[str]) -> None:
    """Refuse a layer whose inputs are not there yet when it is computed."""
    if isinstance(sources, str) or not sources:
        raise ValueError(
            f"{where}: layer {name!r} must take a tuple of names, but takes {sources!r}"
        )
    for source in sources:
        if source not in before:
            raise ValueError(
                f"{where}: layer {name!r} takes {source!r}, but before it there is only "
                f"{', '.join(before)}"
            )


def check_layer(where: str, name: str, layer: Any, kind: type, sources: Sequence[str]) -> None:
    """Refuse what is no layer, and a layer that is given another number of inputs than it takes."""
    if not isinstance(layer, kind):
        what = layer.__name__ if hasattr(layer, "__name__") else repr(layer)
        raise TypeError(
            f"{where}: layer {name!r} must be a layer, such as ReLU(), but is {what} "
            f"({type(layer).__name__})"
        )
    takes: int | None = getattr(layer, "inputs", None)
    if takes is not None and takes != len(sources):
        raise ValueError(
            f"{where}: layer {name!r} ({type(layer).__name__}) takes {takes} input"
            f"{'' if takes == 1 else 's'}, but is given {len(sources)} ({', '.join(sources)})"
        )


def check_layer_class(where: str, name: str, value: Any, kind: type) -> None:
    """Refuse what is not a class of layers."""
    if not (isinstance(value, type) and issubclass(value, kind)):
        raise TypeError(
            f"{where}: {name} must be a class of layers, such as Tanh, but is {value!r}"
        )


def check_keys(where: str, name: str, given: Mapping[str, Any], needed: Sequence[str]) -> None:
    """Refuse a mapping without the keys that are needed."""
    missing = [key for key in needed if key not in given]
    if missing:
        raise ValueError(
            f"{where}: {name} must have {', '.join(map(repr, needed))}, but lacks "
            f"{', '.join(map(repr, missing))} (it has {', '.join(map(repr, given)) or 'nothing'})"
        )


def check_pair(where: str, name: str, value: Any) -> None:
    """Refuse what is not a pair (x, target)."""
    if not (isinstance(value, tuple | list) and len(value) == 2):
        raise TypeError(
            f"{where}: {name} must hold pairs (x, target), but holds a {type(value).__name__}"
        )


def check_used(where: str, names: Sequence[str], sources: Iterable[str]) -> None:
    """Refuse layers, but for the last, whose output nothing takes."""
    used = set(sources)
    for name in names[:-1]:
        if name not in used:
            raise ValueError(f"{where}: no layer takes the output of {name!r}")


def check_least(where: str, name: str, values: Sequence[Any], least: int) -> None:
    """Refuse a list that is too short."""
    if len(values) < least:
        raise ValueError(
            f"{where}: {name} must have at least {least} entries, but has {len(values)}"
        )


def check_known(where: str, name: str, value: Any, known: Iterable[str]) -> None:
    """Refuse a name that is not there."""
    if value not in known:
        raise ValueError(f"{where}: there is no {name} {value!r}, but {', '.join(known)}")

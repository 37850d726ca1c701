"""The sizes of a layer's arguments: those that are given, and those that follow from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from inspect import signature

import refimpl
from parity.cases.case import Shape
from parity.cases.functions import FUNCTIONS
from parity.own_data.errors import OwnDataError
from parity.own_data.function_options import FLAGS
from parity.own_data.names import argument_names, is_optional

SIZE = re.compile(r"[1-9][0-9]{0,9}")
BETWEEN = re.compile(r"\s*[x×X*,]\s*|\s+")
CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
TRANSPOSED = tuple(f"conv_transpose{n}d" for n in (1, 2, 3))  # their inputs stand first
# What may be given in the place of a weight.
EXTRAS = {
    **dict.fromkeys((*CONVOLUTIONS, *TRANSPOSED, "shared_conv2d"), ("out_channels", "kernel_size")),
    **dict.fromkeys(
        ("linear", "perceptron", "logistic_regression", "softmax_regression"), ("out_features",)
    ),
    "weighted_pool2d": ("kernel_size",),
}
LIKE_FIRST = ("other", "mask", "target")  # as large as the first argument, if nothing is said


def extras(function: str) -> tuple[str, ...]:
    """What may be given beside the arguments and options of a function.

    >>> extras("conv2d"), extras("max_pool2d")
    (('out_channels', 'kernel_size'), ())
    """
    return EXTRAS.get(function, ())


def shape_in(name: str, text: str) -> Shape:
    """A shape out of a cell.

    Raises: OwnDataError for anything but sizes from 1 on.

    >>> shape_in("x", "2x3x8x9"), shape_in("x", "(2, 3, 8, 9)"), shape_in("bias", "5")
    ((2, 3, 8, 9), (2, 3, 8, 9), (5,))
    """
    inner = text.strip().strip("()[]").strip().removesuffix(",")
    parts = BETWEEN.split(inner)
    if not all(SIZE.fullmatch(part) for part in parts):
        raise OwnDataError(f"{name} {text!r}: must be sizes from 1 on, as 2x3x224x224")
    return tuple(map(int, parts))


def argument_shapes(
    function: str, cells: Mapping[str, str], above: tuple[str, Shape] | None
) -> dict[str, Shape]:
    """The shape of every argument that the function is given, in its order.

    above: what the layer above is called, and its y, which x is where none is given.

    Raises: OwnDataError where nothing says a size, or two things do.
    """
    names = argument_names(function)
    found = {names[0]: _first(names[0], cells, above)}
    for name in names[1:]:
        shape = _further(function, name, cells, found)
        if shape is not None:
            found[name] = shape
    return found


def _first(name: str, cells: Mapping[str, str], above: tuple[str, Shape] | None) -> Shape:
    if name in cells:
        return shape_in(name, cells[name])
    if above is None:
        raise OwnDataError(f"{name} is missing, and there is no layer above that it could be from")
    case, y = above
    if not y:
        raise OwnDataError(f"{name} is missing, and {case} above gives one number")
    if FUNCTIONS[case.partition("[")[0]].several:
        raise OwnDataError(
            f"{name} is missing, and {case} above gives several arrays; say its size"
        )
    return y


def _further(
    function: str, name: str, cells: Mapping[str, str], found: Mapping[str, Shape]
) -> Shape | None:
    """The shape of another argument; None of one that is left out."""
    given, first = cells.get(name), next(iter(found.values()))
    if is_optional(function, name) and name != "bias":
        return None if given is None else shape_in(name, given)
    if name == "weight":
        return _weight(function, cells, first)
    if name == "bias":
        return _bias(given or "false", _outputs(function, cells, found["weight"]))
    if given is not None:
        return shape_in(name, given)
    if function == "concatenate":
        return None
    if name not in LIKE_FIRST:
        raise OwnDataError(f"{name} is missing: {function} takes {_takes(function)}")
    if function == "cross_entropy":
        return (*first[:1], *first[2:]) if len(first) > 1 else ()  # class indices
    return first


def _outputs(function: str, cells: Mapping[str, str], weight: Shape) -> int:
    """How many outputs a weight of this shape gives."""
    return weight[1] * _groups(cells) if function in TRANSPOSED else weight[0]


def _bias(given: str, outputs: int) -> Shape | None:
    if given in FLAGS:
        return (outputs,) if FLAGS[given] else None
    if not SIZE.fullmatch(given.strip("()[], ")):
        raise OwnDataError(f"bias {given!r}: must be true, false, or a size, as 64")
    return shape_in("bias", given)


def _weight(function: str, cells: Mapping[str, str], x: Shape) -> Shape:
    instead = [name for name in extras(function) if name in cells]
    if "weight" in cells:
        if instead:
            raise OwnDataError(
                f"weight and {instead[0]} are both given: {cells['weight']} and "
                f"{cells[instead[0]]}; leave one out"
            )
        return shape_in("weight", cells["weight"])
    missing = [name for name in extras(function) if name not in cells]
    if missing:
        raise OwnDataError(f"{' and '.join(missing)} missing, or weight with its shape")
    return _weight_of(function, cells, x)


def _weight_of(function: str, cells: Mapping[str, str], x: Shape) -> Shape:
    """From the numbers of outputs and the size of the kernel."""
    if extras(function) == ("out_features",):
        return (_count("out_features", cells), x[-1])
    axes = max(1, len(x) - 2)
    kernel = shape_in("kernel_size", cells["kernel_size"])
    kernel = kernel * axes if len(kernel) == 1 else kernel
    if function == "weighted_pool2d":
        return (*x[1:2], *kernel)
    out = _count("out_channels", cells)
    if function == "shared_conv2d":
        return (out, *kernel)
    if function in TRANSPOSED:
        return (x[1] if len(x) > 1 else 1, _share("out_channels", out, cells), *kernel)
    return (out, _share("channels", x[1] if len(x) > 1 else 1, cells), *kernel)


def _groups(cells: Mapping[str, str]) -> int:
    return _count("groups", cells) if "groups" in cells else 1


def _share(name: str, channels: int, cells: Mapping[str, str]) -> int:
    """The channels of x, or those that come out, of one group."""
    groups = _groups(cells)
    if channels % groups:
        has = f"x has {channels} channels" if name == "channels" else f"{name} is {channels}"
        raise OwnDataError(f"{has}, which {groups} groups do not divide")
    return channels // groups


def _count(name: str, cells: Mapping[str, str]) -> int:
    if not SIZE.fullmatch(cells[name]):
        raise OwnDataError(f"{name} {cells[name]!r}: must be a whole number from 1 on")
    return int(cells[name])


def _takes(function: str) -> str:
    return ", ".join(signature(getattr(refimpl, function)).parameters)

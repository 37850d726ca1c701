"""Objects that are there already: what their attributes say of how they were made.

What they do not say stays open: several ways in which the weights may lie, options that no
attribute shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter, signature
from math import prod
from typing import Any

import numpy as np

import refimpl
from parity.candidates.styles.channels import of_channels
from parity.candidates.styles.constructing import (
    OF_CHANNELS,
    WITH_PARAMETERS,
    attribute_of,
    weights_called,
)
from parity.candidates.styles.dropping import KEEP
from parity.candidates.styles.framing import PAD, made_as
from parity.candidates.styles.keywords import BY_AXIS, one_number
from parity.candidates.styles.moves import (
    AVERAGE_POOLINGS,
    CONVOLUTIONS,
    MAX_POOLINGS,
    TRANSPOSED,
    WAYS,
    as_vector,
    shape_behind,
    window_alone,
)
from parity.candidates.styles.naming import OPTIONS, SIDES, SIZES
from parity.candidates.styles.style import Own, Told, Unclear, Way
from parity.cases.case import Shape
from parity.cases.functions import FUNCTIONS

Settings = Mapping[str, Any]
PER_AXIS = (*BY_AXIS, "output_padding")
POOLINGS = (*MAX_POOLINGS, *AVERAGE_POOLINGS)
MOST = 1_000_000  # elements of its weights
# What refimpl has only in this form.
FIXED = {"transposed": False, "return_indices": False, "inplace": False}
NUMBERS = (
    *("negative_slope", "min_val", "max_val", "alpha", "beta", "threshold", "k", "eps"),
    *("label_smoothing", "value"),
)
SIZED = ("groups", "axis", "divisor_override", "num_groups", "size", "ignore_index")
NAMED = {
    "reduction": ("mean", "sum", "none"),
    "approximate": ("none", "tanh"),
    "padding_mode": ("zeros", "reflect", "replicate", "circular"),
}
# Values of an option that no attribute shows.
TRIED: dict[str, tuple[Any, ...]] = {
    "stride": (2, 3, 1, 4),
    "padding": (1, 2, 3),
    "dilation": (2, 3),
    "groups": (2, 3, 4),
    "negative_slope": (0.1, 0.2, 0.3, 0.05, 0.25),
    "axis": (1,),
    "p": (0.2, 0.1, 0.25, 0.3, 0.4, 0.6, 0.7, 0.75, 0.8, 0.9),
}
WINDOWS = (2, 3, 4, 5)


def last_names(listed: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """The settings by the last part of their names; of several of one name the first.

    >>> last_names([["conv.stride", [2, 1]], ["param['pad']", 1], ["_stride", 3]])
    {'stride': (2, 1), 'pad': 1}
    """
    found: dict[str, Any] = {}
    for name, value in listed:
        last = name.rpartition(".")[2].rpartition("[")[2].strip("]'\"_").lower()
        found.setdefault(last, _as_tuple(value))
    return found


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


def odd_setting(settings: Settings, like: str = "") -> str:
    """What an object is set to that refimpl does not have; "" if nothing.

    like: a transposed convolution says of itself that it is one.

    >>> odd_setting({"return_indices": True, "stride": 2})
    'its return_indices is True: refimpl has False only'
    """
    for name, only in FIXED.items():
        if like in TRANSPOSED and name == "transposed":
            continue
        if settings.get(name, only) != only:
            return f"its {name} is {settings[name]!r}: refimpl has {only!r} only"
    return ""


# --- options ------------------------------------------------------------------------------


def options_of(like: str) -> dict[str, Any]:
    """The options of a function, and what they are unless given."""
    known = signature(getattr(refimpl, like)).parameters.values()
    arrays = {*FUNCTIONS[like].inputs, *FUNCTIONS[like].by_name, "x", "target", "mask"}
    return {p.name: p.default for p in known if p.name not in arrays}


def options_shown(settings: Settings, like: str) -> dict[str, Any]:
    """The options that the attributes show, by refimpl's names.

    >>> options_shown({"stride": 2, "pad": (1, 1), "p": "?"}, "conv2d")
    {'stride': 2, 'padding': 1}
    >>> options_shown({"pool_h": 3, "pool_w": 2, "stride": 1}, "max_pool2d")
    {'kernel_size': (3, 2), 'stride': 1}
    """
    found = {}
    for option in options_of(like):
        named = (n for n in OPTIONS.get(option, (option,)) if n in settings)
        value = next((settings[n] for n in named if _can_be(option, settings[n])), None)
        if value is None and option == "kernel_size":
            sides = next((s for s in SIDES if set(s) <= set(settings)), ())
            value = tuple(settings[side] for side in sides) or None
        if option == "p":
            keeps = (settings[n] for n in KEEP if type(settings.get(n)) in (int, float))
            value = value if value is not None else next((1 - keep for keep in keeps), None)
        if value is not None:
            as_it_is = option not in PER_AXIS or like == PAD  # whose pairs say how many axes it has
            found[option] = value if as_it_is else one_number(value)
    return found


def special(options: Mapping[str, Any], like: str) -> dict[str, Any]:
    """The options that are something else than unless given.

    >>> special({"stride": 2, "padding": 0}, "conv2d")
    {'stride': 2}
    """
    unless = options_of(like)
    return {name: value for name, value in options.items() if value != unless[name]}


def _can_be(option: str, value: Any) -> bool:
    """Whether a value is of the kind that an option takes."""
    if option == "padding" and value in ("same", "valid"):
        return True
    if option in PER_AXIS:
        numbers = np.asarray(value).reshape(-1).tolist()
        return all(type(n) is int and (n > 0 or _may_be(n, option)) for n in numbers)
    if option in ("ceil_mode", "count_include_pad"):
        return type(value) is bool
    if option == "p":
        return type(value) in (int, float) and 0 <= value < 1
    if option in NUMBERS:
        return type(value) in (int, float)
    if option in ("output_size", "normalized_shape"):
        sizes = np.asarray(value, object).reshape(-1).tolist()
        left = option == "output_size"  # None: an axis that is left as it is
        return all((n is None and left) or (type(n) is int and n > 0) for n in sizes)
    if option in SIZED:
        return type(value) is int
    return option in NAMED and value in NAMED[option]


def _may_be(number: int, option: str) -> bool:
    """Of no size but that of a frame: 0, and below 0 where it crops."""
    return option == "padding" or (number == 0 and "padding" in option)


def is_complete(like: str, options: Mapping[str, Any]) -> bool:
    """Whether nothing is missing without which a function cannot be asked.

    >>> is_complete("max_pool2d", {"stride": 2}), is_complete("conv2d", {})
    (False, True)
    """
    return all(
        name in options or value is not Parameter.empty for name, value in options_of(like).items()
    )


def unshown(own: Own, settings: Settings, like: str) -> Iterator[Own]:
    """The object with one option that no attribute shows, a pooling's window beside it.

    What its unknown attributes hold is tried first.
    """
    unknown = [
        v for n, v in settings.items() if n not in _known_names() and type(v) in (int, float)
    ]
    hidden = hidden_options(own, like)
    if "kernel_size" in hidden:
        for size in dict.fromkeys(v for v in (*unknown, *WINDOWS) if _can_be("kernel_size", v)):
            windowed = _with(own, "kernel_size", size)
            yield windowed
            yield from (_with(windowed, "stride", s) for s in (1, 2, 3) if "stride" in hidden)
        return
    if "p" in hidden:
        unknown += [1 - value for value in unknown if 0 < value < 1]
    for option in hidden:
        for value in dict.fromkeys((*unknown, *TRIED[option])):
            if _can_be(option, value) and value != options_of(like)[option]:
                yield _with(own, option, value)


def hidden_options(own: Own, like: str) -> list[str]:
    """The options of a function that no attribute shows, and that can be tried."""
    known = (*TRIED, "kernel_size")
    return [name for name in options_of(like) if name in known and name not in own.shown]


def _known_names() -> set[str]:
    return {name for names in (*OPTIONS.values(), *SIZES.values()) for name in names}


def _with(own: Own, option: str, value: Any) -> Own:
    said = f"{option} {in_short(value)}"
    return own._replace(options={**own.options, option: value}, found=(*own.found, said))


def in_short(value: Any) -> str:
    """A setting as a person reads it.

    >>> in_short(1 - 0.8), in_short((2, 1))
    ('0.2', '(2, 1)')
    """
    return f"{value:g}" if type(value) is float else str(value)


# --- weights ------------------------------------------------------------------------------


def weighted(told: Told, settings: Settings, options: Mapping[str, Any]) -> list[Own] | Unclear:
    """The ways in which the weights may lie in it, the likeliest first."""
    name, shapes = told.names[0], told.attributes or {}
    weight, bias = attribute_of(told, "weight"), attribute_of(told, "bias")
    if not weight:
        listed = ", ".join(shapes) or "none"
        return Unclear(
            f"no array of {name} is called {weights_called(told.like)}; its arrays are: {listed}"
        )
    shape = shapes[weight]
    if prod(shape) > MOST:
        return Unclear(
            f"{name}.{weight} has {prod(shape)} elements, more than {MOST}: give its class, so "
            "that sizes can be chosen"
        )
    fitting = list(_fitting(shape, shapes.get(bias), settings, told.like, options))
    if not fitting:
        beside = f" and {name}.{bias} {shapes[bias]}" if bias else ""
        return Unclear(
            f"{name}.{weight} has the shape {shape}{beside}: none of the layouts that are known"
        )
    made_with = special(options, told.like)
    return [Own(made_with, behind, way, bool(bias), tuple(options)) for way, behind in fitting]


def _fitting(
    shape: Shape, bias: Shape | None, settings: Settings, like: str, options: Mapping[str, Any]
) -> Iterator[tuple[Way, Shape]]:
    """Ways by which weights of a convolution, or of a dense layer, have such a shape there."""
    of_kernels = next((f for f in (CONVOLUTIONS, TRANSPOSED) if like in f), ())
    axes = of_kernels.index(like) + 3 if of_kernels else 2
    kernel, groups = _kernel(settings, axes - 2), options.get("groups", 1)

    def outputs(behind: Shape) -> int:
        return behind[1] * groups if like in TRANSPOSED else behind[0]

    def inputs(behind: Shape) -> int:
        return behind[0] if like in TRANSPOSED else behind[1] * groups

    found: dict[tuple[tuple[int, ...], Shape], tuple[Way, Shape]] = {}
    for way in (*WAYS, window_alone):
        behind = shape_behind(way, shape, kernel)
        if behind is None or len(behind) != axes:
            continue
        if bias is None or as_vector(np.zeros(outputs(behind)), bias):
            found.setdefault((way(np.zeros(behind)).order, behind), (way, behind))
    ways = list(found.values())
    agreeing: tuple[Callable[[Shape], bool], ...] = (
        lambda behind: behind[2:] == kernel or not kernel,
        lambda behind: outputs(behind) in _sizes(settings, "outputs", outputs(behind)),
        lambda behind: inputs(behind) in _sizes(settings, "inputs", inputs(behind)),
    )
    for agrees in agreeing:
        ways = [one for one in ways if agrees(one[1])] or ways
    yield from sorted(ways, key=lambda one: len(set(one[1][2:])))


def _kernel(settings: Settings, axes: int) -> Shape:
    """The kernel's size as the attributes show it; () if they do not."""
    for name in (*SIZES["kernel"], *OPTIONS["kernel_size"]):
        value = settings.get(name)
        if axes and value is not None and _can_be("kernel_size", value):
            sizes = np.asarray(value).reshape(-1).tolist()
            if len(sizes) in (1, axes):
                return tuple(sizes * (axes // len(sizes)))
    return ()


def _sizes(settings: Settings, which: str, otherwise: int) -> set[int]:
    """The numbers of inputs or outputs that the attributes show."""
    shown = {settings[n] for n in SIZES[which] if type(settings.get(n)) is int}
    return shown or {otherwise}


# --- everything together ------------------------------------------------------------------


def standings(told: Told, listed: Sequence[Sequence[Any]]) -> list[Own] | Unclear:
    """How the object may have been made, as far as its attributes tell, the likeliest first.

    listed: its settings, as `construct` tells them.
    """
    settings = last_names(listed)
    odd = odd_setting(settings, told.like)
    if odd:
        return Unclear(odd)
    options = options_shown(settings, told.like)
    if told.like in OF_CHANNELS or (told.like == "cross_entropy" and attribute_of(told, "weight")):
        return of_channels(told, settings, options, special(options, told.like))
    if told.like == PAD:
        every = made_as(options, told.fixed, told.style == "torch")
        return [Own(special(one, told.like), shown=tuple(one)) for one in every]
    if told.like not in WITH_PARAMETERS:
        return [Own(special(options, told.like), shown=tuple(options))]
    return weighted(told, settings, options)


def as_it_stands(own: Own, like: str = "") -> str:
    """How an object was made, in words; "" where there is nothing to say.

    >>> as_it_stands(Own({"stride": 2}, (4, 3, 3, 2), biased=True))
    'stride 2, 3 → 4 channels, kernel 3×2'
    >>> as_it_stands(Own({"stride": 2}, (3, 4, 3, 2), biased=True), "conv_transpose2d")
    'stride 2, 3 → 4 channels, kernel 3×2'
    >>> as_it_stands(Own({"training": True}, (4,), channels=(4,)), "batch_norm")
    '4 channels, without bias'
    """
    shown = {name: value for name, value in own.options.items() if name != "training"}
    sizes = list(_sizes_said(own, like))
    options = (f"{name} {in_short(value)}" for name, value in shown.items())
    return ", ".join((*options, *sizes))


def _sizes_said(own: Own, like: str) -> Iterator[str]:
    """Channels, the kernel, and which weights it has not."""
    if own.channels:
        count, many = own.channels[0], "s" * (own.channels[0] > 1)
        if like == "cross_entropy":
            yield f"weights of {count} classes"
        elif like != "layer_norm":
            yield f"{count} channel{many}"
        if not own.weight:
            yield "without weight"
    elif own.weight:
        kernel, groups = own.weight[2:], own.options.get("groups", 1)
        ins, outs = own.weight[1] * groups, own.weight[0]
        if like in TRANSPOSED:
            ins, outs = outs, ins
        yield f"{ins} → {outs} {'channels' if kernel else 'features'}"
        if kernel:
            yield f"kernel {'×'.join(map(str, kernel))}"
    if own.weight and not own.biased and like not in ("prelu", "cross_entropy"):
        yield "without bias"

"""Objects that hold their parameters: how they are made, and where the problem's arrays go.

Which attribute is the weight, and in which layout, is seen once on an object of other sizes, all
of which differ (`SAMPLES`): the probe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from parity.candidates.styles.dropping import attribute_set, probability_told, with_settings
from parity.candidates.styles.framing import flat_padding
from parity.candidates.styles.keywords import (
    by_keyword,
    keywords,
    names_of,
    one_number,
    said_of_extra,
    settled,
    special,
    takes_anything,
)
from parity.candidates.styles.moves import (
    AVERAGE_POOLINGS,
    CONVOLUTIONS,
    MAX_POOLINGS,
    TRANSPOSED,
    Move,
    as_vector,
    moves,
    theirs,
    way_of,
)
from parity.candidates.styles.naming import ENTRY, SIZES, array_called
from parity.candidates.styles.replies import decoded
from parity.candidates.styles.requests import construct
from parity.candidates.styles.style import (
    HW,
    HWC,
    LAYOUTS,
    NCHW,
    NHWC,
    Ask,
    Own,
    Reply,
    Signature,
    Told,
    Unclear,
)
from parity.cases.case import Array, Shape
from parity.cases.functions import FUNCTIONS
from parity.witnesses.problem import Problem

HOLDERS = ("params", "parameters", "param", "weights")  # dicts and lists of parameters
PARAMETERS = ("weight", "bias")
WITH_PARAMETERS = (*CONVOLUTIONS, *TRANSPOSED, "linear")
NORMALISATIONS = ("batch_norm", "layer_norm", "group_norm")
SWITCHED = ("dropout", "batch_norm")  # they do something else when they are not training
OF_CHANNELS = (*NORMALISATIONS, "prelu")  # a weight for each channel
LAYERS = (
    *(*WITH_PARAMETERS, *MAX_POOLINGS, *AVERAGE_POOLINGS, "flatten"),
    *("relu", "leaky_relu", "hardtanh", "sigmoid", "tanh", "softmax", "log_softmax"),
    *("softplus", "silu", "gelu", "elu", "hardsigmoid", "hardswish"),
    *(*OF_CHANNELS, "global_avg_pool", "global_max_pool"),
    *(f"adaptive_{kind}_pool{n}d" for kind in ("avg", "max") for n in (1, 2, 3)),
    *("cross_entropy", "mse_loss", "local_response_norm", "dropout"),
    *("transpose", "reshape", "channel_shuffle", "slice_axis", "split"),
    "pad",
)

# The layout of so many samples and maps as the probe has.
WITH_BATCH = {**dict.fromkeys(LAYOUTS, NCHW), HWC: NHWC, NHWC: NHWC}

# (C_out, C_in, *K), transposed (C_in, C_out, *K), (features_out, features_in), (C,)
SAMPLES: dict[str, Shape] = {
    "conv1d": (5, 3, 2),
    "conv2d": (5, 3, 2, 2),
    "conv3d": (5, 3, 2, 2, 2),
    **{name: (3, 5, *(2,) * n) for n, name in enumerate(TRANSPOSED, 1)},
    "linear": (5, 3),
    **dict.fromkeys(OF_CHANNELS, (6,)),
}
SAMPLE_OPTIONS: dict[str, dict[str, Any]] = {
    "batch_norm": {"training": True},
    "layer_norm": {"normalized_shape": 6},
    "group_norm": {"num_groups": 2},
}


def sample(like: str) -> Problem:
    """A problem by which an object is made for the probe; its values say nothing.

    >>> sample("linear").arrays["weight"].shape
    (5, 3)
    """
    weight, options = np.zeros(SAMPLES[like]), SAMPLE_OPTIONS.get(like, {})
    channels = 3 if weight.ndim > 1 else weight.size
    x = np.zeros((2, channels, *(4 for _ in weight.shape[2:])))
    arrays = {"x": x, "weight": weight, "bias": np.zeros(outputs(like))}
    if "bias" not in FUNCTIONS[like].inputs:
        arrays.pop("bias")
    return Problem(like, arrays, options, FUNCTIONS[like].forward(arrays, options))


def outputs(like: str) -> int:
    """How many biases an object of the sample's sizes has.

    >>> outputs("conv2d"), outputs("conv_transpose2d"), outputs("batch_norm")
    (5, 5, 6)
    """
    return SAMPLES[like][1 if like in TRANSPOSED else 0]


def probe(told: Told) -> list[Ask]:
    """An object of other sizes, to see its attributes; nothing of one that is there already."""
    if told.like == "dropout" and told.own is None:
        x = np.zeros((2, 3))
        return [made(Problem("dropout", {"x": x, "mask": x}, {}, x), told, told.library)]
    if told.like not in SAMPLES or told.own is not None:
        return []
    return [made(sample(told.like), replace(told, layout=WITH_BATCH[told.layout]), told.library)]


def learned(told: Told, replies: Sequence[Reply]) -> Told | Unclear:
    """The attributes that the probe has shown; `Unclear` if no weight is among them."""
    if told.like == "dropout" and replies:
        return with_settings(told, settings_in(replies[0]))
    if told.like not in SAMPLES or not replies or told.own is not None:
        return told
    shapes = shapes_in(replies[0])
    seen = replace(told, attributes=shapes)
    seen = with_settings(seen, settings_in(replies[0])) if told.like in SWITCHED else seen
    attribute = attribute_of(seen, "weight")
    if takes_array(told.signature(told.names[0]), "weight"):
        return seen
    if not attribute:
        listed = ", ".join(shapes) or "none"
        return Unclear(
            f"no array of {told.names[0]} is called {weights_called(told.like)}; "
            f"its arrays are: {listed}"
        )
    if shapes[attribute] == SAMPLES[told.like][2:] and told.like not in OF_CHANNELS:
        return replace(seen, layout=HW)
    weight = sample(told.like).arrays["weight"]
    way = as_vector if told.like in OF_CHANNELS else way_of
    if way(weight, shapes[attribute]) is None:
        shape, sizes = shapes[attribute], SAMPLES[told.like]
        return Unclear(
            f"{told.names[0]}.{attribute} has the shape {shape} where the weights are {sizes}: "
            "none of the layouts that are known"
        )
    return seen


def with_turned_weight(told: Told) -> Told | None:
    """The same object with weights (in, out): where it is given them, no shape tells which.

    None where that cannot be.
    """
    attribute = attribute_of(told, "weight")
    if told.like != "linear" or told.style != "layer" or not attribute:
        return None
    if not takes_array(told.signature(told.names[0]), "weight"):
        return None
    shapes = dict(told.attributes or {})
    return replace(told, attributes={**shapes, attribute: tuple(shapes[attribute][::-1])})


def shapes_in(reply: Reply) -> dict[str, Shape]:
    """The attributes that `construct` has told, and their shapes."""
    listed = decoded(reply[0].get("attributes", []), reply[1])
    return {str(name): tuple(int(size) for size in shape) for name, shape in listed}


def settings_in(reply: Reply) -> dict[str, Any]:
    """The settings that `construct` has told."""
    return dict(decoded({"list": reply[0].get("settings", [])}, []))


# --- the constructor ----------------------------------------------------------------------


def takes_array(parameters: Signature, array: str) -> bool:
    """Whether a constructor asks for the weight or the bias itself."""
    names = by_keyword(parameters)
    return any(array_called(name, ("weight",)) for name in without_sizes(names)) and any(
        array_called(name, (array,)) for name in without_sizes(names)
    )


def without_sizes(names: Sequence[str]) -> list[str]:
    """The names that are not plainly those of sizes: beside `in_channels` a kernel is a number.

    >>> without_sizes(["filters", "kernel_size"]), without_sizes(["kernel", "b"])
    ([], ['kernel', 'b'])
    """
    numbers = (*SIZES["inputs"], *SIZES["outputs"])
    counted = any(name in numbers for name in names)
    return [n for n in names if not counted or n not in (*numbers, *SIZES["kernel"])]


def arguments(problem: Problem, told: Told, parameters: Signature) -> dict[str, Any]:
    """What the constructor is told, by its own names."""
    if problem.function == "dropout":
        given = keywords(problem, parameters) | probability_told(problem, told, parameters)
        masked = "mask" in by_keyword(parameters)
        return given | ({"mask": problem.arrays["mask"]} if masked else {})
    names = by_keyword(parameters)
    options = keywords(problem, parameters)
    options |= flat_padding(problem, parameters) if told.style == "torch" else {}
    numbers = sizes(problem, names)
    if not has_flag(parameters):
        numbers.pop("bias", None)
    return {**options, **numbers}


def sizes(problem: Problem, names: Sequence[str]) -> dict[str, Any]:
    """The numbers of channels or features, and the kernel's size."""
    values: dict[str, Any] = {}
    if problem.function in OF_CHANNELS:
        values = {"channels": channels(problem), "scaled": "weight" in problem.arrays}
    elif problem.function in WITH_PARAMETERS:
        weight, groups = problem.arrays["weight"], settled(problem).get("groups", 1)
        ins, outs = (0, 1) if problem.function in TRANSPOSED else (1, 0)
        whole = (len(weight), weight.shape[1] * groups)
        values |= {"inputs": whole[ins], "outputs": whole[outs]}
        if weight.ndim > 2:
            values["kernel"] = one_number(weight.shape[2:])
    values |= {"biased": "bias" in problem.arrays} if "weight" in problem.arrays else {}
    named = {next((n for n in SIZES[key] if n in names), ""): v for key, v in values.items()}
    return {name: value for name, value in named.items() if name}


def channels(problem: Problem) -> Any:
    """How many weights an object for a problem has; of several axes their sizes."""
    if problem.function == "layer_norm":
        return one_of_one(settled(problem)["normalized_shape"])
    if "weight" in problem.arrays:
        return problem.arrays["weight"].size
    return problem.arrays["x"].shape[1]


def one_of_one(sizes: Sequence[int]) -> Any:
    """The size of one axis as a number.

    >>> one_of_one((3,)), one_of_one((3, 3))
    (3, (3, 3))
    """
    return sizes[0] if len(sizes) == 1 else sizes


def made(problem: Problem, told: Told, library: str, training: bool = True) -> Ask:
    """An object for a problem, its parameters in it."""
    parameters, ways = told.signature(told.names[0]), parameter_ways(problem, told)
    arrays = theirs(problem, ways)
    to_set = attributes_to_set(arrays, told) | attribute_set(told, training)
    if told.kind == "instance":
        dtype = problem.dy.dtype.name
        return construct(told.names[0], {}, to_set, library, dtype)
    given = arguments(problem, told, parameters)
    for array in PARAMETERS:
        if array in problem.arrays and takes_array(parameters, array):
            given[parameter_called(parameters, array)] = arrays[array]
    dtype = problem.dy.dtype.name if problem.function == "batch_norm" else ""
    return construct(told.names[0], given, to_set, library, dtype)


def parameter_called(parameters: Signature, array: str) -> str:
    """The constructor's name of the weight or the bias."""
    names = without_sizes(by_keyword(parameters))
    return next(name for name in names if array_called(name, (array,)))


def weights_called(like: str) -> str:
    """The usual names of a function's weight, for a sentence."""
    if like in NORMALISATIONS:
        return "weight, gamma or scale"
    return "weight, alpha or slope" if like == "prelu" else WEIGHTS


WEIGHTS = "weight, weights, W, w, kernel or filters"

# --- the attributes -----------------------------------------------------------------------


def parameter_held(name: str, like: str = "") -> str:
    """Which parameter an attribute is, or an entry of one: W, conv.bias, params['W'], params[1].

    >>> [parameter_held(name) for name in ("W", "params['b']", "params[0]", "grads['W']")]
    ['weight', 'bias', 'weight', '']
    """
    entry = ENTRY.fullmatch(name)
    if entry is None:
        return array_called(name, PARAMETERS, like)
    holder, _, key = entry.groups()
    if holder.strip("_").lower() not in HOLDERS:
        return ""
    if key.isdigit():
        return PARAMETERS[int(key)] if int(key) < len(PARAMETERS) else ""
    return array_called(key, PARAMETERS, like)


def attribute_of(told: Told, array: str) -> str:
    """Which attribute of the object holds the weight or the bias; "" if none."""
    return next((n for n in told.attributes or {} if parameter_held(n, told.like) == array), "")


def attributes_to_set(arrays: Mapping[str, Array], told: Told) -> dict[str, Any]:
    """The problem's weight and bias by the object's attributes; a dict or list of them as one."""
    found: dict[str, Any] = {}
    if told.own is not None and told.own.values:
        return found  # they cannot be set
    for name in told.attributes or {}:
        array, entry = parameter_held(name, told.like), ENTRY.fullmatch(name)
        if array not in arrays:
            continue
        if entry is None:
            found[name] = arrays[array]
        elif entry[3].isdigit():
            found[entry[1]] = [*found.get(entry[1], ()), arrays[array]]
        else:
            found[entry[1]] = {**found.get(entry[1], {}), entry[3]: arrays[array]}
    return found


def parameter_ways(problem: Problem, told: Told) -> dict[str, Move]:
    """How the arrays get into the object: maps as the layout says, weights as they were seen."""
    ways = moves(problem, told.layout)
    attributes, known = told.attributes or {}, attribute_of(told, "weight")
    if told.own is not None:
        return ways | ways_of_own(problem, told, told.own)
    if known and "weight" in problem.arrays and told.like in OF_CHANNELS:
        weight = problem.arrays["weight"]
        lying = shape_of_vector(weight.size, attributes[known], told.like)
        ways |= {"weight": Move((), lying)} if lying is not None and weight.ndim == 1 else {}
    elif known and "weight" in problem.arrays:
        way: Callable[[Array], Move] | None = way_of(
            sample(told.like).arrays["weight"], attributes[known]
        )
        if way:
            ways["weight"] = way(problem.arrays["weight"])
    vector = attribute_of(told, "bias")
    if vector and "bias" in problem.arrays:
        bias = problem.arrays["bias"]
        shape = shape_of_vector(bias.size, attributes[vector], told.like)
        ways |= {"bias": Move((), shape)} if shape is not None and bias.ndim == 1 else {}
    return ways


def shape_of_vector(size: int, seen: Shape, like: str) -> Shape | None:
    """The shape of so many biases in an object, as they were seen in the sample, or of so many
    weights, one for each channel; None: as it is.

    >>> shape_of_vector(7, (5, 1), "linear"), shape_of_vector(1, (1,), "conv2d")
    ((7, 1), (1,))
    """
    if prod(seen) == size == 1:
        return seen
    sampled = outputs(like)
    if as_vector(np.zeros(sampled), seen) is None:
        return None
    return tuple(size if n == sampled else n for n in seen)


def ways_of_own(problem: Problem, told: Told, own: Own) -> dict[str, Move]:
    """How weight and bias lie in an object that is there already."""
    attributes, held = told.attributes or {}, attribute_of(told, "bias")
    found = {}
    if own.way is not None and "weight" in problem.arrays:
        found["weight"] = own.way(problem.arrays["weight"])
    if own.biased and "bias" in problem.arrays:
        found["bias"] = Move((), attributes[held])
    return found


def lacking(problem: Problem, told: Told) -> str:
    """The first thing in a problem that the object cannot be told; "" if there is none."""
    parameters = told.signature(told.names[0])
    extra = extra_lacking(problem, told, parameters)
    return (
        extra
        or option_lacking(problem, told, parameters)
        or bias_lacking(problem, told, parameters)
    )


def extra_lacking(problem: Problem, told: Told, parameters: Signature) -> str:
    """Running statistics, which an object keeps itself; weights of classes that it does not take,
    or cannot do without."""
    extras = [name for name in problem.arrays if name in FUNCTIONS[problem.function].extras]
    weighted = problem.function == "cross_entropy" and told.own is None
    takes = weighted and takes_array(parameters, "weight")
    if extras and not takes and not (told.own is not None and told.own.weight):
        return said_of_extra(extras[0])
    given = parameter_called(parameters, "weight") if takes else ""
    asked = any(p.name == given and not p.has_default for p in parameters or ())
    return "class weights left out" if takes and asked and not extras else ""


def option_lacking(problem: Problem, told: Told, parameters: Signature) -> str:
    options = list(special(problem))
    if told.own is not None:
        return other_than(problem, told.own)
    if told.kind == "instance":
        return options[0] if options else ""
    if not takes_anything(parameters):
        names = by_keyword(parameters)
        missing = [option for option in options if not names_of(option, names)]
        if problem.function == "dropout" and probability_told(problem, told, parameters):
            missing = []
        if missing:
            return missing[0]
    given = {*arguments(problem, told, parameters), *array_arguments(parameters)}
    asked = [p.name for p in parameters or () if not p.has_default and not p.variadic]
    return next((f"a value for {name}" for name in asked if name not in given), "")


def other_than(problem: Problem, own: Own) -> str:
    """The first thing in which a problem is made for another object."""
    weight, bias = (problem.arrays.get(name) for name in PARAMETERS)
    if weight is not None and weight.shape != own.weight:
        return "weights of other sizes"
    if weight is not None and (bias is not None) != own.biased:
        return "a bias left out" if own.biased else "bias"
    given, made_with = settled(problem), settled(problem._replace(options=own.options))
    return next((name for name, value in given.items() if value != made_with[name]), "")


def array_arguments(parameters: Signature) -> list[str]:
    """The constructor's arguments that are weight and bias."""
    return [parameter_called(parameters, a) for a in PARAMETERS if takes_array(parameters, a)]


def bias_lacking(problem: Problem, told: Told, parameters: Signature) -> str:
    """Whether a bias cannot be given, or cannot be left out."""
    if told.own is not None:
        return ""
    if problem.function in NORMALISATIONS and "weight" not in problem.arrays:
        flags = SIZES["scaled"]
        return "" if any(n in flags for n in by_keyword(parameters)) else "a weight left out"
    if problem.function in NORMALISATIONS and "bias" not in problem.arrays:
        return "" if has_flag(parameters) else "a bias left out"
    if problem.function not in WITH_PARAMETERS or told.attributes is None:
        return ""
    held = attribute_of(told, "bias") or takes_array(parameters, "bias")
    if "bias" in problem.arrays:
        return "" if held else "bias"
    return "a bias left out" if held and not has_flag(parameters) else ""


def has_flag(parameters: Signature) -> bool:
    """Whether a constructor is told if there is a bias; one that takes the array is not."""
    named = any(name in SIZES["biased"] for name in by_keyword(parameters))
    return named and not takes_array(parameters, "bias")

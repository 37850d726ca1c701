"""Convolutions, dense layers, normalisation: what has weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.models.references import NotUnderstoodError, OfRefimpl
from parity.models.rules.products import added_product, turned
from parity.models.understanding import Given, Rule, Understood, same


def _present(**arrays: Array | None) -> dict[str, Array]:
    return {name: array for name, array in arrays.items() if array is not None}


def _sent(**names: str) -> dict[str, Any]:
    return {ours: (theirs, same) for ours, theirs in names.items()}


def convolution(given: Given) -> Understood:
    """conv1d, conv2d, conv3d and their transposes."""
    weight, axes = given["weight"], given["weight"].ndim - 2
    arrays = _present(x=given["input"], weight=weight, bias=given["bias"])
    options: dict[str, Any] = {
        name: tuple(given[name]) * (axes if len(given[name]) == 1 else 1)
        for name in ("stride", "padding", "dilation")
    }
    options["groups"] = given["groups"]
    name = f"conv{axes}d"
    if given["transposed"]:
        name = f"conv_transpose{axes}d"
        options["output_padding"] = tuple(given["output_padding"])
    sent = _sent(x="input", weight="weight", bias="bias")
    return Understood(OfRefimpl(name, arrays, options), sent)


def convolution_as_a_whole(given: Given) -> Understood:
    """As inference mode has it, where nothing is taken apart."""
    arguments = {**given.operation.arguments, "transposed": False, "output_padding": [0]}
    if isinstance(arguments["padding"], str):
        raise NotUnderstoodError("a padding by name, in inference mode")
    return convolution(given.with_arguments(arguments))


def linear(given: Given) -> Understood:
    """A dense layer as a whole, in inference mode."""
    if given["input"].ndim != 2:
        raise NotUnderstoodError("linear of more than two axes at once")
    arrays = _present(x=given["input"], weight=given["weight"], bias=given["bias"])
    return Understood(OfRefimpl("linear", arrays, {}), {})


def addmm(given: Given) -> Understood:
    """bias + x·Wᵀ: a dense layer, whose weight comes transposed; or any such sum."""
    if (given["beta"], given["alpha"]) != (1, 1) or given["self"].shape != given["mat2"].shape[1:]:
        return added_product(given, "mat1", "mat2")
    arrays = {"x": given["mat1"], "weight": given["mat2"].T, "bias": given["self"]}
    sent = {"x": ("mat1", same), "weight": ("mat2", turned), "bias": ("self", same)}
    return Understood(OfRefimpl("linear", arrays, {}), sent)


def mm(given: Given) -> Understood:
    """x·Wᵀ without a bias."""
    arrays = {"x": given["self"], "weight": given["mat2"].T}
    sent = {"x": ("self", same), "weight": ("mat2", turned)}
    return Understood(OfRefimpl("linear", arrays, {}), sent)


# --- normalisation ------------------------------------------------------------------------


def batch_norm(given: Given) -> Understood:
    """By the batch's statistics, and what becomes of the running ones; or by these."""
    x, training = given["input"], given["training"]
    mean, var = given.get("running_mean"), given.get("running_var")
    options = {"eps": given["eps"], "training": training}
    arrays = _present(x=x, weight=given["weight"], bias=given["bias"])
    if not training:
        arrays |= {"running_mean": mean, "running_var": var}
    also = {}
    if training and mean is not None and given.operation.after:
        after = [given.operation.after[name].array() for name in ("running_mean", "running_var")]
        kept = {"x": x, "running_mean": mean, "running_var": var}
        running = OfRefimpl("running_statistics", kept, {"momentum": given["momentum"]})
        also = {"new running_mean, running_var": (np.stack(after), running)}
    sent = _sent(x="input", weight="weight", bias="bias")
    return Understood(OfRefimpl("batch_norm", arrays, options), sent, also=also)


def layer_norm(given: Given) -> Understood:
    arrays = _present(x=given["input"], weight=given["weight"], bias=given["bias"])
    options = {"normalized_shape": tuple(given["normalized_shape"]), "eps": given["eps"]}
    sent = _sent(x="input", weight="weight", bias="bias")
    return Understood(OfRefimpl("layer_norm", arrays, options), sent)


def group_norm(given: Given) -> Understood:
    arrays = _present(x=given["input"], weight=given["weight"], bias=given["bias"])
    options = {"num_groups": given["group"], "eps": given["eps"]}
    sent = _sent(x="input", weight="weight", bias="bias")
    return Understood(OfRefimpl("group_norm", arrays, options), sent)


RULES = {
    "convolution": Rule(convolution),
    "addmm": Rule(addmm),
    "mm": Rule(mm),
    "linear": Rule(linear),
    **{f"conv{axes}d": Rule(convolution_as_a_whole) for axes in (1, 2, 3)},
    "batch_norm": Rule(batch_norm),
    "native_batch_norm": Rule(batch_norm),
    "_native_batch_norm_legit": Rule(batch_norm),
    "native_layer_norm": Rule(layer_norm),
    "native_group_norm": Rule(group_norm),
}

"""The names that people give to the arguments, parameters and gradients of a layer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

# Options by refimpl's names, and what else they are called; the first that is there counts.
OPTIONS: dict[str, tuple[str, ...]] = {
    "stride": ("stride", "strides", "step", "s"),
    "padding": ("padding", "pad", "paddings", "pads", "p"),
    "dilation": ("dilation", "dilations", "dilation_rate", "d"),
    "groups": ("groups", "group", "num_groups"),
    "kernel_size": (
        *("kernel_size", "pool_size", "filter_size", "window_size", "kernel_shape", "ksize"),
        *("kernel", "window", "size", "pool", "k", "f"),
    ),
    "axis": ("axis", "dim", "dims"),
    "axes": ("axes", "dims", "perm", "permutation", "order"),
    "shape": ("shape", "newshape", "new_shape"),
    "start": ("start", "begin"),
    "stop": ("stop", "end"),
    "sizes": ("sizes", "split_size_or_sections", "split_size", "split_sizes", "sections"),
    "keepdims": ("keepdims", "keepdim", "keep_dims"),
    "exponent": ("exponent", "power", "exp", "p", "n"),
    "mode": ("mode", "padding_mode", "pad_mode"),
    "value": ("value", "constant_values", "constant_value", "fill_value", "pad_value", "fill"),
    "eps": ("eps", "epsilon"),
    "num_groups": ("num_groups", "groups", "n_groups", "G", "g"),
    "learning_rate": ("learning_rate", "lr", "eta", "alpha", "step_size"),
    "step": ("step", "t", "steps", "iteration", "n_steps"),
    "negative_slope": ("negative_slope", "alpha", "slope"),
    "min_val": ("min_val", "min"),
    "max_val": ("max_val", "max"),
    "p": (
        *("p", "p_drop", "drop_prob", "rate", "drop_rate", "dropout_rate", "dropout_ratio"),
        *("dropout_prob", "p_dropout", "drop_probability", "ratio", "prob", "dropout"),
    ),
}

# Windows whose two sizes have names of their own.
SIDES = (
    *(("pool_h", "pool_w"), ("pool_height", "pool_width"), ("kernel_h", "kernel_w")),
    *(("filter_h", "filter_w"), ("window_h", "window_w"), ("kh", "kw"), ("k_h", "k_w")),
)

PAIRS: dict[str, tuple[tuple[str, str], ...]] = {
    "kernel_size": SIDES,
    "betas": (("beta1", "beta2"), ("beta_1", "beta_2"), ("b1", "b2")),
}

# What a constructor is told of the sizes of its weights.
SIZES: dict[str, tuple[str, ...]] = {
    "inputs": (
        *("in_channels", "in_features", "input_channels", "n_in", "c_in", "in_dim", "input_dim"),
        *("input_size", "n_inputs", "num_inputs", "inputs", "in_size", "in_planes", "channels"),
        *("num_channels", "n_channels", "in_units", "fan_in"),
    ),
    "outputs": (
        *("out_channels", "out_features", "output_channels", "n_out", "c_out", "out_dim"),
        *("output_dim", "output_size", "n_outputs", "num_outputs", "outputs", "out_size"),
        *("num_filters", "n_filters", "filters", "out_planes", "num_kernels", "n_kernels"),
        *("units", "out_units", "fan_out"),
    ),
    "kernel": (
        *("kernel_size", "filter_size", "kernel_shape", "filter_shape", "ksize", "kernel"),
        *("size", "field", "k", "f"),
    ),
    "channels": (
        *("num_features", "num_channels", "num_parameters", "normalized_shape", "n_features"),
        *("features", "n_channels", "channels", "in_channels", "input_dim", "dim", "size"),
        *("D", "C", "d", "c", "d_model", "embed_dim", "hidden_size", "width"),
    ),
    "scaled": ("affine", "elementwise_affine"),
    "biased": ("use_bias", "with_bias", "has_bias", "bias"),
}

ARRAYS: dict[str, tuple[str, ...]] = {
    "x": ("x", "input", "inputs", "a_prev", "aprev", "prev", "in", "data", "image"),
    "weight": (
        *("weight", "weights", "w", "kernel", "kernels", "filter", "filters", "theta", "k"),
        *("gamma", "scale", "a_2", "g"),
        *("class_weights", "class_weight", "cls_weight", "cls_weights", "weight_per_class"),
    ),
    "running_mean": (
        *("running_mean", "moving_mean", "running_mu", "mean_running", "run_mean", "mov_mean"),
        *("ema_mean", "pop_mean", "mean", "mu"),
    ),
    "running_var": (
        *("running_var", "moving_var", "running_variance", "moving_variance", "var_running"),
        *("run_var", "mov_var", "ema_var", "pop_var", "var", "variance"),
    ),
    "bias": ("bias", "biases", "b", "beta", "shift", "offset", "b_2"),
    "logits": ("logits", "x", "scores", "input", "z"),
    "output": ("output", "y", "y_pred", "prediction"),
    "score": ("score", "scores"),
    "a": ("a", "x", "input"),
    "kernel": ("kernel", "k", "weight", "w"),
}

# What an array of one function alone is called.
STEPPED = {
    "value": ("value", "w", "weight", "weights", "param", "params", "parameter", "theta", "p", "x"),
    "gradient": ("gradient", "grad", "grads", "g", "dw", "dweight", "dparam", "dtheta", "dx"),
}
OF_ONE: dict[str, dict[str, tuple[str, ...]]] = {
    "prelu": {"weight": ("alpha", "alphas", "slope", "slopes", "a")},
    **{name: {"x": ("a", "left", "u", "numerator")} for name in ("multiply", "subtract", "divide")},
    "sgd_step": {
        **STEPPED,
        "velocity": ("v", "momentum_buffer", "buf", "state", "m"),
    },
    "adam_step": {
        **STEPPED,
        "first_moment": ("m", "exp_avg", "m1", "first", "moment1"),
        "second_moment": ("v", "exp_avg_sq", "m2", "second", "moment2"),
    },
}

# What ∂L/∂y is called.
UPSTREAM = re.compile(
    r"(d_?(y|out|output|z|a|h|next|top|l_d_?out)|dl_?d_?y|grad|gradient|grad_?(out|output|y|in)"
    r"|output_?(grad|gradient|error)|upstream(_?grad)?|delta|dldy|gy|error|d_l_d_out)",
    re.IGNORECASE,
)
SIGNS = re.compile(r"^(grad(ient)?s?|d_?l_?d_?|d_|d|g)(?=.)|_?grad(ient)?s?$", re.IGNORECASE)


def is_upstream(name: str) -> bool:
    """Whether a parameter of that name is ∂L/∂y.

    >>> [name for name in ("dout", "dZ", "grad_output", "x", "d") if is_upstream(name)]
    ['dout', 'dZ', 'grad_output']
    """
    return UPSTREAM.fullmatch(name) is not None


def array_called(name: str, arrays: Sequence[str], like: str = "") -> str:
    """Which of refimpl's arrays an attribute or argument is; "" if none.

    like: the function, where it has names of its own.

    >>> array_called("W", ("x", "weight", "bias")), array_called("conv.bias", ("weight", "bias"))
    ('weight', 'bias')
    >>> array_called("alpha", ("x", "weight")), array_called("alpha", ("x", "weight"), "prelu")
    ('', 'weight')
    """
    plain, own = name.rpartition(".")[2].strip("_").lower(), OF_ONE.get(like, {})
    known = ((array, (*ARRAYS.get(array, (array,)), *own.get(array, ()))) for array in arrays)
    return next((array for array, names in known if plain in names), "")


def gradient_called(name: str, arrays: Sequence[str], like: str = "") -> str:
    """Which array's gradient has that name; "" if none.

    >>> [gradient_called(name, ("x", "weight", "bias")) for name in ("dW", "grad_b", "dA_prev")]
    ['weight', 'bias', 'x']
    >>> gradient_called("weight_grad", ("weight",)), gradient_called("weight", ("weight",))
    ('weight', '')
    """
    last = name.rpartition(".")[2].strip("_")
    bare = SIGNS.sub("", last, count=1)
    return array_called(bare, arrays, like) if bare != last else ""


ENTRY = re.compile(r"(\w+)\[(['\"]?)(\w+)\2\]")  # of a dict or list that an object holds
HOLDERS = ("grads", "grad", "gradients", "gradient", "dparams", "param_grads")


def gradient_held(name: str, arrays: Sequence[str], like: str = "") -> str:
    """Which array's gradient an object's attribute is, or an entry of one: grads[0], grads['W'].

    >>> [gradient_held(name, ("x", "weight", "bias")) for name in ("dW", "grads['b']", "grads[0]")]
    ['weight', 'bias', 'weight']
    """
    entry = ENTRY.fullmatch(name)
    if entry is None:
        return gradient_called(name, arrays, like)
    holder, _, key = entry.groups()
    if holder.strip("_").lower() not in HOLDERS:
        return gradient_called(key, arrays, like)
    if key.isdigit():
        parameters = [array for array in arrays if array != "x"]
        return parameters[int(key)] if int(key) < len(parameters) else ""
    return gradient_called(key, arrays, like) or array_called(key, arrays, like)


def gradients_by_name(
    found: Mapping[Any, Any], arrays: Sequence[str], like: str = ""
) -> dict[str, Any]:
    """Gradients of a dict as dx, dweight, …; a key may be the array's own name.

    >>> gradients_by_name({"dW": 1, "b": 2, "cache": 3}, ("x", "weight", "bias"))
    {'dweight': 1, 'dbias': 2}
    >>> gradients_by_name({"dx": 1, "parameters": {"weight": 2}}, ("x", "weight"))
    {'dweight': 2, 'dx': 1}
    """
    named: dict[str, Any] = {}
    for key, value in found.items():
        array = gradient_called(str(key), arrays, like) or array_called(str(key), arrays, like)
        if array:
            named.setdefault(f"d{array}", value)
    for inner in (value for value in found.values() if isinstance(value, Mapping)):
        named = {**gradients_by_name(inner, arrays, like), **named}
    return named


VALUES = ("y", "out", "output", "outputs", "z", "a", "result", "value", "loss")


def value_in(value: Any) -> Any:
    """What a forward returned: of a dict its one entry, or the one that is called a value.

    >>> value_in({"out": 1}), value_in({"cache": 1, "Z": 2}), value_in(3)
    (1, 2, 3)
    """
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1:
        return next(iter(value.values()))
    named = (part for name, part in value.items() if str(name).lower() in VALUES)
    return next(named, value)


def gradients_in(value: Any, arrays: Sequence[str], like: str = "") -> dict[str, Any]:
    """What a backward returned: by name if it is a dict, else in the order of the arrays.

    >>> gradients_in((1, 2), ("x", "weight", "bias")), gradients_in(3, ("x",))
    ({'dx': 1, 'dweight': 2}, {'dx': 3})
    """
    if isinstance(value, Mapping):
        return gradients_by_name(value, arrays, like)
    several = isinstance(value, tuple) or (isinstance(value, list) and len(arrays) > 1)
    parts = value if several else (value,)
    return {f"d{array}": part for array, part in zip(arrays, parts, strict=False)}

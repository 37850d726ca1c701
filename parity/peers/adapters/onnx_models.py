"""refimpl's functions as ONNX models of one node (or few), for the runtimes that read them."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from peer_tools import Missing, each, need, pairs, spans

OPSET = 22
TYPES = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE, "int64": TensorProto.INT64}


class Graph:
    """Nodes in their order, and constants that stand beside the inputs."""

    def __init__(self, arrays: dict[str, Any]) -> None:
        self.inputs = dict(arrays)
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        """The name of the node's output."""
        name = f"y{len(self.nodes)}"
        used = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(helper.make_node(kind, inputs, [name], **used))
        return name

    def constant(self, value: Any) -> str:
        """The name of an array that is part of the model."""
        name = f"c{len(self.constants)}"
        self.constants.append(onnx.numpy_helper.from_array(np.asarray(value), name))
        return name

    def model(self, output: str, opset: int = OPSET) -> Any:
        """The whole."""
        inputs = [
            helper.make_tensor_value_info(name, TYPES[str(array.dtype)], array.shape)
            for name, array in self.inputs.items()
        ]
        first = next(iter(self.inputs.values()))
        last = helper.make_tensor_value_info(output, TYPES[str(first.dtype)], None)
        graph = helper.make_graph(self.nodes, "one", inputs, [last], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
        model.ir_version = 10
        return model


def model_of(function: str, arrays: dict[str, Any], options: dict[str, Any]) -> Any:
    """The model of one question."""
    graph = Graph(arrays)
    return graph.model(FUNCTIONS[function](graph, **options))


# --- windows ------------------------------------------------------------------------------


def _padding(padding: Any, n: int, kernel: Any = ()) -> dict[str, Any]:
    """auto_pad or pads, which has all that stands before the axes first."""
    if padding == "same":
        return {"auto_pad": "SAME_UPPER"}
    if padding == "same_lower":
        return {"auto_pad": "SAME_LOWER"}
    sides = pairs(padding, n, kernel)
    return {"pads": [before for before, _ in sides] + [behind for _, behind in sides]}


def _given(graph: Graph, *names: str) -> list[str]:
    return [name for name in names if name in graph.inputs]


def _conv(n: int) -> Any:
    def build(graph: Graph, stride: Any, dilation: Any, padding: Any, **options: Any) -> str:
        need(options, padding_mode="zeros")
        weight = graph.inputs["weight"]
        sides = _padding(padding, n, spans(weight, dilation))
        return graph.node(
            "Conv", _given(graph, "x", "weight", "bias"), kernel_shape=weight.shape[2:],
            strides=each(stride, n), dilations=each(dilation, n), group=options["groups"], **sides,
        )  # fmt: skip

    return build


def _conv_transpose(n: int) -> Any:
    def build(graph: Graph, stride: Any, dilation: Any, padding: Any, **options: Any) -> str:
        weight = graph.inputs["weight"]
        return graph.node(
            "ConvTranspose", _given(graph, "x", "weight", "bias"), kernel_shape=weight.shape[2:],
            strides=each(stride, n), dilations=each(dilation, n), group=options["groups"],
            output_padding=each(options["output_padding"], n), **_padding(padding, n),
        )  # fmt: skip

    return build


def _windows(n: int, kernel_size: Any, stride: Any, options: dict[str, Any]) -> dict[str, Any]:
    found = {"kernel_shape": each(kernel_size, n), "strides": each(stride, n)}
    if "padding" in options:
        found.update(_padding(options.pop("padding"), n))
    if "ceil_mode" in options:
        found["ceil_mode"] = int(options.pop("ceil_mode"))
    return found


def _max_pool(n: int) -> Any:
    def build(graph: Graph, kernel_size: Any, stride: Any, **options: Any) -> str:
        attributes = _windows(n, kernel_size, stride, options)
        if "dilation" in options:
            attributes["dilations"] = each(options.pop("dilation"), n)
        return graph.node("MaxPool", ["x"], **attributes)

    return build


def _avg_pool(n: int) -> Any:
    def build(graph: Graph, kernel_size: Any, stride: Any, **options: Any) -> str:
        need(options, divisor_override=None)
        attributes = _windows(n, kernel_size, stride, options)
        if "count_include_pad" in options:
            attributes["count_include_pad"] = int(options["count_include_pad"])
        return graph.node("AveragePool", ["x"], **attributes)

    return build


MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _pad(graph: Graph, padding: Any, mode: str = "constant", value: float = 0) -> str:
    x = graph.inputs["x"]
    sides = [(0, 0), (0, 0), *pairs(padding, x.ndim - 2)]
    ends = [before for before, _ in sides] + [behind for _, behind in sides]
    inputs = ["x", graph.constant(np.array(ends, np.int64)), graph.constant(x.dtype.type(value))]
    return graph.node("Pad", inputs, mode=MODES[mode])


# --- losses, normalisation ----------------------------------------------------------------


def _cross_entropy(graph: Graph, reduction: str | None = None, **options: Any) -> str:
    need(options, label_smoothing=0)
    if graph.inputs["target"].dtype.kind == "f":
        raise Missing("SoftmaxCrossEntropyLoss takes class indices alone")
    return graph.node(
        "SoftmaxCrossEntropyLoss", _given(graph, "logits", "target", "weight"),
        reduction=reduction, ignore_index=options.get("ignore_index"),
    )  # fmt: skip


def _batch_norm(graph: Graph, training: bool = False, **options: Any) -> str:
    need(options, momentum=None)
    if training:
        raise Missing("BatchNormalization is asked with running statistics")
    x = graph.inputs["x"]
    ones = np.ones(x.shape[1], x.dtype)
    usual = {"weight": ones, "bias": 0 * ones, "running_mean": 0 * ones, "running_var": ones}
    names = [n if n in graph.inputs else graph.constant(usual[n]) for n in usual]
    return graph.node("BatchNormalization", ["x", *names], epsilon=options.get("eps"))


def _layer_norm(graph: Graph, normalized_shape: Any, **options: Any) -> str:
    shape = each(normalized_shape, 1)
    dtype = graph.inputs["x"].dtype
    scale = "weight" if "weight" in graph.inputs else graph.constant(np.ones(shape, dtype))
    inputs = ["x", scale, *_given(graph, "bias")]
    attributes = {"axis": -len(shape), "epsilon": options.get("eps")}
    return graph.node("LayerNormalization", inputs, **attributes)


def _group_norm(graph: Graph, num_groups: int, **options: Any) -> str:
    x = graph.inputs["x"]
    ones = np.ones(x.shape[1], x.dtype)
    usual = {"weight": ones, "bias": 0 * ones}
    names = [n if n in graph.inputs else graph.constant(usual[n]) for n in usual]
    attributes = {"num_groups": num_groups, "epsilon": options.get("eps")}
    return graph.node("GroupNormalization", ["x", *names], **attributes)


def _local_response_norm(graph: Graph, size: int, **options: Any) -> str:
    named = {"bias" if name == "k" else name: float(v) for name, v in options.items()}
    return graph.node("LRN", ["x"], size=size, **named)


# --- functions of one element -------------------------------------------------------------


def _of_x(kind: str, **names: str) -> Any:
    """names: what options are called in ONNX."""

    def build(graph: Graph, **options: Any) -> str:
        return graph.node(kind, ["x"], **{names[name]: v for name, v in options.items()})

    return build


def _float(kind: str, **names: str) -> Any:
    build = _of_x(kind, **names)
    return lambda graph, **options: build(graph, **{n: float(v) for n, v in options.items()})


def _softplus(graph: Graph, **options: Any) -> str:
    need(options, beta=1, threshold=None)
    return graph.node("Softplus", ["x"])


def _hardtanh(graph: Graph, min_val: Any = -1, max_val: Any = 1) -> str:
    one = graph.inputs["x"].dtype.type
    return graph.node("Clip", ["x", graph.constant(one(min_val)), graph.constant(one(max_val))])


def _linear(graph: Graph) -> str:
    return graph.node("Gemm", _given(graph, "x", "weight", "bias"), transB=1)


def _mean(graph: Graph, axis: Any = None, keepdims: bool = False) -> str:
    axes = [] if axis is None else [graph.constant(np.array(each(axis, 1), np.int64))]
    return graph.node("ReduceMean", ["x", *axes], keepdims=int(keepdims))


def _power(graph: Graph, exponent: Any = None) -> str:
    if exponent is None:
        return graph.node("Pow", ["x", "exponent"])
    return graph.node("Pow", ["x", graph.constant(graph.inputs["x"].dtype.type(exponent))])


def _of_two(kind: str) -> Any:
    return lambda graph: graph.node(kind, ["x", "other"])


def _prelu(graph: Graph) -> str:
    """ONNX's slope is broadcast from behind: it needs an axis for each place."""
    x = graph.inputs["x"]
    shape = graph.constant(np.array([-1, *(1,) * (x.ndim - 2)], np.int64))
    return graph.node("PRelu", ["x", graph.node("Reshape", ["weight", shape])])


FUNCTIONS = {
    **{f"conv{n}d": _conv(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _conv_transpose(n) for n in (1, 2, 3)},
    **{f"max_pool{n}d": _max_pool(n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": _avg_pool(n) for n in (1, 2, 3)},
    "pad": _pad,
    "linear": _linear,
    "relu": _of_x("Relu"),
    "leaky_relu": _float("LeakyRelu", negative_slope="alpha"),
    "hardtanh": _hardtanh,
    "sigmoid": _of_x("Sigmoid"),
    "tanh": _of_x("Tanh"),
    "softmax": _of_x("Softmax", axis="axis"),
    "log_softmax": _of_x("LogSoftmax", axis="axis"),
    "exp": _of_x("Exp"),
    "softplus": _softplus,
    "gelu": _of_x("Gelu", approximate="approximate"),
    "elu": _float("Elu", alpha="alpha"),
    "prelu": _prelu,
    "hardswish": _of_x("HardSwish"),
    "cross_entropy": _cross_entropy,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "local_response_norm": _local_response_norm,
    "add": _of_two("Add"),
    "subtract": _of_two("Sub"),
    "multiply": _of_two("Mul"),
    "divide": _of_two("Div"),
    "power": _power,
    "mean": _mean,
    "absolute": _of_x("Abs"),
    "maximum": _of_two("Max"),
    "sum": lambda graph: graph.node("ReduceSum", ["x"], keepdims=0),
}
MISSING = {"hardsigmoid": "HardSigmoid has the slope 0.2 unless another is given"}

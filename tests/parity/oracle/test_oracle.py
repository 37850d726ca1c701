"""torch as the oracle: its padding rules, its layouts, its networks, and that it stays alone."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exact import DTYPES, exact, random, sums, twice

import parity
import refimpl
from parity import oracle
from parity.bounds.rules import backward_bounds, forward_bound
from parity.cases.case import LAYOUTS, Draw, draw
from parity.cases.functions import FUNCTIONS
from parity.results.comparison import compare
from parity.results.verdicts import IDENTICAL, WITHIN

# --- one function -------------------------------------------------------------------------

CONVOLUTIONS: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
    ("conv1d", {"x": (2, 3, 7), "weight": (4, 3, 2)}, {"padding": "full"}),
    ("conv1d", {"x": (2, 3, 7), "weight": (4, 3, 2)}, {"padding": ((2, 1),)}),
    ("conv1d", {"x": (2, 3, 8), "weight": (4, 3, 2)}, {"padding": "same", "stride": 3}),
    ("conv1d", {"x": (2, 3, 7), "weight": (4, 3, 3)}, {"padding": "same", "dilation": 2}),
    ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2)}, {"padding": "full", "stride": (2, 1)}),
    ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2)}, {"padding": ((0, 2), (1, 0))}),
    ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2)}, {"padding": (2, 1)}),
    ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2)}, {"padding": ((1, 1), 0)}),
    ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2)}, {"padding": "valid", "stride": 2}),
    ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 4, 2)}, {"padding": "same"}),
    ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 4, 2)}, {"padding": "same", "stride": (2, 3)}),
    (
        "conv2d",
        {"x": (1, 4, 6, 5), "weight": (2, 2, 3, 2)},
        {"padding": "full", "dilation": (1, 2), "groups": 2},
    ),
    ("conv3d", {"x": (1, 2, 3, 2, 4), "weight": (3, 2, 2, 1, 3)}, {"padding": "full"}),
    (
        "conv3d",
        {"x": (1, 2, 3, 2, 4), "weight": (3, 2, 2, 1, 3)},
        {"padding": ((1, 0), (0, 0), (0, 2)), "stride": (1, 2, 1)},
    ),
    ("conv3d", {"x": (1, 2, 3, 2, 5), "weight": (3, 2, 2, 1, 3)}, {"padding": "same", "stride": 2}),
]


def integer_arrays(shapes: Mapping[str, Any], dtype: str = "float64") -> dict[str, Any]:
    return {
        name: draw(shape, dtype, np.random.default_rng(i))
        if isinstance(shape, Draw)
        else random("integers", shape, dtype, 1, i)
        for i, (name, shape) in enumerate(shapes.items())
    }


@pytest.mark.parametrize(("function", "shapes", "options"), CONVOLUTIONS)
@pytest.mark.parametrize("biased", [True, False], ids=["bias", "no bias"])
def test_convolutions_follow_their_definition(
    function: str, shapes: Mapping[str, Any], options: Mapping[str, Any], biased: bool
) -> None:
    """Every padding rule gives the sums of its definition, and so do the gradients."""
    shapes = {**shapes, "bias": shapes["weight"][:1]} if biased else shapes
    arrays = integer_arrays(shapes)
    y = oracle.forward(function, arrays, options)
    dy = random("integers", y.shape, "float64", 2)
    truth = sums(function, dy, arrays, options).values
    np.testing.assert_array_equal(y, truth["y"].astype(float))
    found = oracle.gradients(function, arrays, options, dy, list(arrays))
    np.testing.assert_array_equal(found.y, truth["y"].astype(float))
    assert set(found.gradients) == set(arrays)
    for name, gradient in found.gradients.items():
        np.testing.assert_array_equal(gradient, truth[f"d{name}"].astype(float))


@pytest.mark.parametrize(("size", "kernel", "stride"), [(8, 2, 3), (7, 3, 2), (5, 4, 1), (5, 1, 3)])
def test_same_gives_one_output_for_each_stride(size: int, kernel: int, stride: int) -> None:
    """ "same" has ⌈size/stride⌉ outputs, also where the kernel is smaller than the stride."""
    arrays = integer_arrays({"x": (1, 1, size), "weight": (1, 1, kernel)})
    y = oracle.forward("conv1d", arrays, {"padding": "same", "stride": stride})
    assert y.shape[2] == -(-size // stride)


OTHERS: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
    ("max_pool1d", {"x": (2, 3, 7)}, {"kernel_size": 3, "stride": 2, "padding": 1}),
    ("max_pool2d", {"x": (2, 3, 6, 5)}, {"kernel_size": 2, "ceil_mode": True}),
    ("max_pool3d", {"x": (1, 2, 3, 4, 5)}, {"kernel_size": 2, "stride": 1}),
    *(
        (function, {"a": (2, *a), "kernel": kernel}, {"mode": mode})
        for function in ("correlate2d", "convolve2d")
        for a, kernel, modes in (
            ((5, 4), (3, 2), ("full", "same", "valid")),
            ((4, 5), (2, 4), ("full", "same", "valid")),
            ((3, 2), (4, 5), ("full", "same", "valid")),
            ((2, 5), (4, 3), ("full", "same")),
        )
        for mode in modes
    ),
    ("correlate2d", {"a": (5, 4), "kernel": (3, 2)}, {}),
    ("convolve2d", {"a": (5, 4), "kernel": (3, 2)}, {}),
    ("rot180", {"a": (2, 3, 4)}, {}),
    ("shared_conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 2), "bias": (4,)}, {}),
    ("shared_conv2d", {"x": (2, 3, 5, 4), "weight": (4, 2, 3)}, {}),
    ("weighted_pool2d", {"x": (2, 3, 5, 7), "weight": (3, 2, 3), "bias": (3,)}, {}),
    ("weighted_pool2d", {"x": (2, 3, 5, 7), "weight": (3, 2, 3)}, {"stride": (1, 2)}),
    ("downsample", {"x": (2, 3, 5, 7)}, {"size": 2}),
    ("downsample", {"x": (2, 3, 5, 7)}, {"size": (2, 3), "edge": "drop"}),
    ("downsample", {"x": (2, 3, 5, 7)}, {"size": (2, 4), "how": "mean"}),
    ("downsample", {"x": (2, 3, 5, 7)}, {"size": 4, "how": "mean", "edge": "drop"}),
    ("flatten", {"x": (2, 3, 4)}, {}),
    ("relu", {"x": (3, 5)}, {}),
    ("leaky_relu", {"x": (3, 5)}, {"negative_slope": 0.25}),
    ("linear", {"x": (3, 5), "weight": (2, 5), "bias": (2,)}, {}),
    ("perceptron", {"x": (3, 5), "weight": (2, 5), "bias": (2,)}, {}),
    ("add", {"x": (3, 5, 2), "branch": (3, 5, 2)}, {}),
    ("concatenate", {"a": (3, 2, 5), "b": (3, 1, 5), "c": (3, 4, 5)}, {}),
    ("squared_error", {"output": (3, 4), "target": (3, 4)}, {}),
    ("sign", {"x": (3, 5)}, {}),
    ("dsigmoid", {"o": (3, 5)}, {}),
    ("dtanh", {"o": (3, 5)}, {}),
    ("dropout", {"x": (3, 5), "mask": Draw((3, 5), "mask")}, {}),
    ("dropout", {"x": (3, 5), "mask": Draw((3, 5), "mask")}, {"p": 0}),
    ("perceptron_loss", {"score": (3, 5), "target": Draw((3, 5), "labels")}, {}),
]


@pytest.mark.parametrize(("function", "shapes", "options"), OTHERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_other_functions_follow_their_definition(
    function: str, shapes: Mapping[str, Any], options: Mapping[str, Any], dtype: str
) -> None:
    """On integers torch gives exactly the definition's value and gradients, in their dtype."""
    arrays = integer_arrays(shapes, dtype)
    y = oracle.forward(function, arrays, options)
    dy = np.asarray(random("integers", y.shape, dtype, 2))
    truth = exact(function, dy, arrays, options)
    wanted = [name for name in FUNCTIONS[function].inputs if name in arrays]
    found = oracle.gradients(function, arrays, options, dy, wanted)
    for name, value in {"y": found.y, **{f"d{n}": g for n, g in found.gradients.items()}}.items():
        np.testing.assert_array_equal(value, np.asarray(truth[name], float).astype(dtype))
        assert value.dtype == dtype


@pytest.mark.parametrize("p", [0.5, 0.3, 0.9])
@pytest.mark.parametrize("dtype", DTYPES)
def test_dropout_is_torchs_own(p: float, dtype: str) -> None:
    """With the mask that torch drew, the twin of dropout gives what torch's dropout gave."""
    x = random("normal", (20, 30), dtype, 6)
    oracle.torch.manual_seed(7)
    theirs = oracle.F.dropout(oracle.torch.from_numpy(x), p).numpy()
    mask = theirs != 0
    assert 0 < mask.mean() < 1
    twin = oracle.forward("dropout", {"x": x, "mask": mask}, {"p": p})
    np.testing.assert_array_equal(twin, theirs, strict=True)


def test_nothing_to_differentiate() -> None:
    """A function without differentiable inputs has a value and no gradients."""
    arrays = {"o": np.array([0.25, 0.5])}
    found = oracle.gradients("dsigmoid", arrays, {}, np.ones(2), [])
    assert (found.y.tolist(), found.gradients) == ([0.1875, 0.25], {})


LAYOUT_CASES: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "conv2d": ({"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2), "bias": (4,)}, {"padding": "full"}),
    "max_pool2d": ({"x": (2, 3, 5, 4)}, {"kernel_size": 2}),
    "linear": ({"x": (3, 5), "weight": (2, 5), "bias": (2,)}, {}),
    "flatten": ({"x": (2, 3, 4)}, {}),
    "add": ({"x": (2, 3, 4), "branch": (2, 3, 4)}, {}),
    "concatenate": ({"a": (2, 3, 4), "b": (2, 1, 4)}, {}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("function", LAYOUT_CASES)
def test_views_give_what_copies_give(function: str, layout: str) -> None:
    """Reversed, strided and transposed inputs give the same numbers as plain ones."""
    shapes, options = LAYOUT_CASES[function]
    plain = integer_arrays(shapes)
    views = {name: LAYOUTS[layout](array) for name, array in plain.items()}
    y = oracle.forward(function, plain, options)
    np.testing.assert_array_equal(oracle.forward(function, views, options), y)
    dy = random("integers", y.shape, "float64", 3)
    expected = oracle.gradients(function, plain, options, dy, list(plain))
    found = oracle.gradients(function, views, options, LAYOUTS[layout](dy), list(views))
    for name, gradient in expected.gradients.items():
        np.testing.assert_array_equal(found.gradients[name], gradient)


@pytest.mark.parametrize("function", ["relu", "conv2d", "flatten", "add", "concatenate"])
def test_inputs_are_not_changed_nor_shared(function: str) -> None:
    """torch works on its own memory: inputs stay, and may be read-only; results are no views."""
    shapes, options = LAYOUT_CASES.get(function, ({"x": (3, 5)}, {}))
    arrays = integer_arrays(shapes)
    before = {name: array.copy() for name, array in arrays.items()}
    for array in arrays.values():
        array.setflags(write=False)
    y = oracle.forward(function, arrays, options)
    dy = random("integers", y.shape, "float64", 4)
    dy.setflags(write=False)
    found = oracle.gradients(function, arrays, options, dy, list(arrays))
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, before[name])
        assert not np.shares_memory(found.gradients[name], dy)
        assert not np.shares_memory(found.y, array)


# --- a network ----------------------------------------------------------------------------


def small_network(dtype: str) -> tuple[dict[str, oracle.NetworkLayer], Any, Any]:
    def normal(*shape: int) -> Any:
        return random("normal", shape, dtype, 5, *shape)

    layers = {
        "c1": oracle.NetworkLayer(
            "conv2d",
            ("x",),
            {"weight": normal(3, 2, 2, 3), "bias": normal(3)},
            {},
            {"padding": 1},
        ),
        "a1": oracle.NetworkLayer("relu", ("c1",), {}, {}, {}),
        "p1": oracle.NetworkLayer("max_pool2d", ("a1",), {}, {}, {"kernel_size": 2}),
        "flat": oracle.NetworkLayer("flatten", ("p1",), {}, {}, {}),
        "f1": oracle.NetworkLayer(
            "linear", ("flat",), {"weight": normal(4, 18), "bias": normal(4)}, {}, {}
        ),
    }
    return layers, normal(5, 2, 5, 4), np.array([0, 3, 1, 2, 3])


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_network_is_its_layers_one_after_another(dtype: str) -> None:
    """Values and gradients are those of the single functions, each fed by its neighbour."""
    layers, x, target = small_network(dtype)
    found = oracle.network(layers, x, target)
    both, last = twice("torch", dtype), list(layers)[-1]
    arrays, one = {"logits": found.outputs[last], "target": target}, np.ones((), dtype)
    loss = oracle.gradients("cross_entropy", arrays, {}, one, ["logits"])
    bound = forward_bound("cross_entropy", arrays, {}, both)
    assert compare(found.loss, loss.y, bound).verdict == WITHIN
    upstream = backward_bounds("cross_entropy", one, arrays, {}, both)["logits"]
    assert compare(found.doutputs[last], loss.gradients["logits"], upstream).verdict == WITHIN
    names = list(layers)
    for name, following in zip(names, [*names[1:], None], strict=True):
        layer, dy = layers[name], found.doutputs[name]
        given = {"x": found.inputs[name][0], **layer.parameters}
        alone = oracle.gradients(layer.function, given, layer.options, dy, list(given))
        limits = backward_bounds(layer.function, dy, given, layer.options, both)
        gradients = {"x": found.dinputs[name][0], **found.dparameters[name]}
        assert set(gradients) == set(alone.gradients)
        value = forward_bound(layer.function, given, layer.options, both)
        assert compare(found.outputs[name], alone.y, value).verdict in (WITHIN, IDENTICAL)
        for key, gradient in gradients.items():
            verdict = compare(gradient, alone.gradients[key], limits[key]).verdict
            assert verdict in (WITHIN, IDENTICAL)
        if following:
            np.testing.assert_array_equal(found.outputs[name], found.inputs[following][0])
            np.testing.assert_array_equal(found.doutputs[name], found.dinputs[following][0])
    np.testing.assert_array_equal(found.inputs[names[0]][0], x)


def test_a_value_that_two_layers_take_gets_both_gradients() -> None:
    """Each edge has its part, the output their sum: h = x + 3x, L = −log softmax(h)[1]."""
    weight = {"weight": np.array([[3.0, 0.0], [0.0, 3.0]]), "bias": np.zeros(2)}
    layers = {
        "fc": oracle.NetworkLayer("linear", ("x",), weight, {}, {}),
        "add": oracle.NetworkLayer("add", ("x", "fc"), {}, {}, {}),
    }
    found = oracle.network(layers, np.array([[1.0, 2.0]]), np.array([1]))
    through, around = found.dinputs["fc"][0], found.dinputs["add"][0]
    np.testing.assert_array_equal(around, found.doutputs["add"])
    np.testing.assert_allclose(through, 3 * around, rtol=1e-15)
    np.testing.assert_array_equal(found.doutputs["x"], through + around)


def test_constants_and_another_loss() -> None:
    """A mask gets no gradient; the loss is the one that is named."""
    mask = {"mask": np.array([[True, False, True]])}
    layers = {"drop": oracle.NetworkLayer("dropout", ("x",), {}, mask, {"p": 0.5})}
    x, target = np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 1.0, 1.0]])
    found = oracle.network(layers, x, target, "squared_error")
    np.testing.assert_array_equal(found.outputs["drop"], [[2.0, 0.0, 6.0]])
    np.testing.assert_array_equal(found.doutputs["x"], [[2.0, 0.0, 10.0]])
    assert found.dparameters == {"drop": {}}
    assert found.loss == (1 + 1 + 25) / 2


def test_a_network_changes_no_parameters() -> None:
    """Parameters and input are the same after the run."""
    layers, x, target = small_network("float64")
    before = {n: {k: p.copy() for k, p in layer.parameters.items()} for n, layer in layers.items()}
    kept = x.copy()
    oracle.network(layers, x, target)
    np.testing.assert_array_equal(x, kept)
    for name, layer in layers.items():
        for key, p in layer.parameters.items():
            np.testing.assert_array_equal(p, before[name][key])


def test_descend_goes_against_the_gradient() -> None:
    """w − α·g, exactly where the numbers are, and the weight itself stays."""
    value, gradient = np.array([1.0, -2.0, 0.5]), np.array([4.0, 8.0, -2.0])
    stepped = oracle.descend(value, gradient, 0.25)
    np.testing.assert_array_equal(stepped, [0.0, -4.0, 1.0])
    np.testing.assert_array_equal(value, [1.0, -2.0, 0.5])


# --- devices, threads, settings -----------------------------------------------------------


@pytest.mark.parametrize("device", ["nonsense", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(device: str) -> None:
    """The refusal is one line: the device, and torch's own reason."""
    with pytest.raises(oracle.DeviceError) as raised:
        oracle.check_device(device)
    text = str(raised.value)
    assert text.startswith(f"device {device}: torch cannot use it here (")
    assert text.endswith(")")
    assert len(text.splitlines()) == 1
    assert "()" not in text
    assert raised.value.__suppress_context__


def test_the_reason_of_a_refusal_is_its_first_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a text of several lines, and of an assertion of torch, the first line is given."""

    def fail(*args: Any, **options: Any) -> None:
        raise AssertionError("Torch not compiled with it\nand a stack")

    monkeypatch.setattr(oracle.torch, "zeros", fail)
    with pytest.raises(oracle.DeviceError) as raised:
        oracle.check_device("xpu")
    assert str(raised.value) == (
        "device xpu: torch cannot use it here (Torch not compiled with it)"
    )


def test_the_processor_is_accepted() -> None:
    """The control: "cpu" is refused nowhere."""
    oracle.check_device("cpu")


def test_single_threaded_gives_the_threads_back() -> None:
    """One thread and no TF32 inside, the number of threads as before outside, errors or not."""
    before = oracle.flags()["threads"]
    try:
        oracle.set_threads(2)
        with oracle.single_threaded():
            inside = oracle.flags()
        assert (inside["threads"], oracle.flags()["threads"]) == (1, 2)
        assert (inside["allow_tf32_matmul"], inside["allow_tf32_cudnn"]) == (False, False)
        with pytest.raises(KeyError), oracle.single_threaded():
            raise KeyError
        assert oracle.flags()["threads"] == 2
    finally:
        oracle.set_threads(before)


def test_tf32_is_switched_on_and_off() -> None:
    """Whatever was set before, both switches are as asked for afterwards."""
    switches = ("allow_tf32_matmul", "allow_tf32_cudnn")
    try:
        for allowed in (True, False, True):
            oracle.set_tf32(allowed)
            assert [oracle.flags()[switch] for switch in switches] == [allowed, allowed]
        with oracle.single_threaded():
            assert not any(oracle.flags()[switch] for switch in switches)
        with oracle.single_threaded(tf32=True):
            assert all(oracle.flags()[switch] for switch in switches)
    finally:
        oracle.set_tf32(False)


def test_tf32_needs_tensor_cores() -> None:
    """A CUDA device, whichever number it has; no other."""
    for device in ("cuda", "cuda:1"):
        oracle.check_tf32(device)
    with pytest.raises(oracle.DeviceError) as raised:
        oracle.check_tf32("cpu")
    assert str(raised.value) == "--tf32: only CUDA devices have TF32, but the device is cpu"


def test_flags_say_what_changes_results() -> None:
    """torch's version, threads, kernels and precision settings are all recorded."""
    assert set(oracle.flags()) >= {
        "version",
        "threads",
        "mkldnn",
        "build",
        "cpu_capability",
        "cuda",
        "allow_tf32_matmul",
        "allow_tf32_cudnn",
        "deterministic_algorithms",
    }
    assert oracle.flags()["version"] == oracle.torch.__version__


def test_every_function_has_a_twin() -> None:
    """The functions that are compared are those that the oracle knows."""
    with_indices = {f"{name}_with_indices" for name, f in FUNCTIONS.items() if f.has_indices}
    assert set(oracle.FUNCTIONS) == set(FUNCTIONS) | with_indices


# --- the only file that imports torch -----------------------------------------------------


def imports(source: str, package: str) -> bool:
    """Whether a file imports a package, anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            called = node.func.id if isinstance(node.func, ast.Name) else called
            if called in ("import_module", "__import__"):
                names = [str(node.args[0].value)]
        if any(name.split(".")[0] == package for name in names):
            return True
    return False


def test_only_the_oracle_imports_torch() -> None:
    """No other file of both packages imports torch, at its top or inside a function."""
    files = [
        file
        for package in (parity, refimpl)
        for file in Path(next(iter(package.__path__))).rglob("*.py")
    ]
    assert len(files) > 30
    found = {file.name for file in files if imports(file.read_text(encoding="utf-8"), "torch")}
    assert found == {"oracle.py"}


@pytest.mark.parametrize(
    "source",
    [
        "import torch",
        "import numpy, torch.nn as nn",
        "from torch.nn import functional",
        "def f():\n    import torch",
        "if True:\n    from torch import Tensor",
        "import importlib\nimportlib.import_module('torch.nn')",
        "__import__('torch')",
    ],
)
def test_an_import_of_torch_is_seen(source: str) -> None:
    """The scan finds torch however it is imported."""
    assert imports(source, "torch")


@pytest.mark.parametrize("source", ["import torchvision", "from . import torch", "torch = 1"])
def test_what_only_looks_like_torch_is_not_counted(source: str) -> None:
    """The control: other names with torch in them do not count."""
    assert not imports(source, "torch")

"""Networks in torch: each layer fed by its neighbour, and a step of gradient descent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exact import DTYPES, random, twice

from parity import oracle
from parity.bounds.rules import backward_bounds, forward_bound
from parity.results.comparison import compare
from parity.results.verdicts import IDENTICAL, WITHIN


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

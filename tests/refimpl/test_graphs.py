"""Networks in which layers take the outputs of others: shortcuts, branches, what they refuse."""

from collections import OrderedDict
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from plain import assert_exact, assert_same, dot, draw, fractions

import refimpl
from refimpl import (
    Add,
    Concatenate,
    Conv2d,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2d,
    Network,
    ReLU,
    Sequential,
)
from refimpl.networks import as_tuple, sum_of_parts

# --- a residual block, by hand ------------------------------------------------------------


def scalar(weight: Any, bias: Any) -> Linear:
    return Linear(fractions([[weight]]), fractions([bias]))


def test_residual_by_hand() -> None:
    """D4.16: h = x + f(x) with f(x) = 3·(2x + 1) − 4, so that dh/dx = 1 + 6."""
    layers = {"first": scalar(2, 1), "second": scalar(3, -4), "add": Add()}
    network = Network(layers, {"add": ("x", "second")})
    x, dy = fractions([[5]]), fractions([[10]])
    activations = network.activations(x)
    for actual, expected in zip(activations, [5, 11, 29, 34], strict=True):
        assert_exact(actual, [[expected]], "fraction")
    grads = network.backward(dy, activations)
    around, through = grads.dx["add"]
    assert_exact(around, [[10]], "fraction")
    assert_exact(through, [[10]], "fraction")
    assert_exact(grads.dparameters["second"]["weight"], [[110]], "fraction")
    assert_exact(grads.dparameters["second"]["bias"], [10], "fraction")
    assert_exact(grads.dparameters["first"]["weight"], [[150]], "fraction")
    assert_exact(grads.dparameters["first"]["bias"], [30], "fraction")
    assert_exact(grads.dx["first"], [[60]], "fraction")
    assert_exact(grads.doutputs["x"], [[70]], "fraction")


def test_diamond_by_hand() -> None:
    """h = 2x goes to 3h and to −5h + 1; stacked, then weighted 7 and 11."""
    layers = {
        "top": scalar(2, 0),
        "left": scalar(3, 0),
        "right": scalar(-5, 1),
        "stack": Concatenate(),
        "output": Linear(fractions([[7, 11]]), fractions([0])),
    }
    network = Network(layers, {"right": ("top",), "stack": ("left", "right")})
    assert network.inputs == {
        "top": ("x",),
        "left": ("top",),
        "right": ("top",),
        "stack": ("left", "right"),
        "output": ("stack",),
    }
    activations = network.activations(fractions([[1]]))
    values = [[1]], [[2]], [[6]], [[-9]], [[6, -9]], [[42 - 99]]
    for actual, expected in zip(activations, values, strict=True):
        assert_exact(actual, expected, "fraction")
    grads = network.backward(fractions([[1]]), activations)
    assert_exact(grads.doutputs["stack"], [[7, 11]], "fraction")
    assert_exact(grads.doutputs["left"], [[7]], "fraction")
    assert_exact(grads.doutputs["right"], [[11]], "fraction")
    assert_exact(grads.dx["left"], [[21]], "fraction")
    assert_exact(grads.dx["right"], [[-55]], "fraction")
    assert_exact(grads.doutputs["top"], [[-34]], "fraction")  # both branches together
    assert_exact(grads.dparameters["top"]["weight"], [[-34]], "fraction")
    assert_exact(grads.doutputs["x"], [[-68]], "fraction")


def test_an_output_that_three_layers_take() -> None:
    """What comes back from each is summed: h = x + 2x + (x + 3x)."""
    layers = {"two": scalar(2, 0), "three": scalar(3, 0), "one": Add(), "all": Add()}
    inputs = {"three": ("x",), "one": ("x", "three"), "all": ("two", "one")}
    network = Network(layers, inputs)
    x = fractions([[Fraction(1, 2)]])
    activations = network.activations(x)
    assert_exact(activations[-1], x * 6, "fraction")
    assert_exact(network.backward(fractions([[5]]), activations).doutputs["x"], [[30]], "fraction")


def test_a_layer_that_takes_one_output_twice() -> None:
    """x + x: the gradient comes back by both inputs."""
    network = Network({"double": Add()}, {"double": ("x", "x")})
    x, dy = fractions([[3, 4]]), fractions([[1, -2]])
    assert_exact(network.forward(x), x * 2, "fraction")
    grads = network.backward(dy, network.activations(x))
    assert_exact(grads.doutputs["x"], dy * 2, "fraction")


def test_the_order_of_the_inputs_counts() -> None:
    """Maps are stacked in the order in which `inputs` names them."""
    layers = {"a": scalar(2, 0), "b": scalar(3, 0), "stack": Concatenate()}
    x = fractions([[1]])
    for order, expected in ((("a", "b"), [[2, 3]]), (("b", "a"), [[3, 2]])):
        network = Network(layers, {"b": ("x",), "stack": order})
        assert_exact(network.forward(x), expected, "fraction")


def test_inputs_may_be_lists() -> None:
    """Any sequence of names will do, and it is kept as a tuple of the network's own."""
    sources = ["x", "fc"]
    network = Network({"fc": scalar(2, 0), "add": Add()}, {"add": sources})
    sources.reverse()
    assert network.inputs["add"] == ("x", "fc")


# --- a graph of every kind of join, against its derivative --------------------------------


@pytest.fixture
def graph(rng: np.random.Generator) -> Network:
    """A stem, three branches of which two are stacked and one is added, a maximum, a dense layer.

    stem → (left, right → bend, shortcut); stack(left, bend); add(shortcut, stack)
    """
    layers: dict[str, Layer] = {
        "stem": Conv2d(draw(rng, (2, 3, 2, 1)), draw(rng, (2,))),
        "left": Conv2d(draw(rng, (1, 2, 1, 3)), draw(rng, (1,)), padding=(0, 1)),
        "right": Conv2d(draw(rng, (3, 2, 3, 1)), draw(rng, (3,)), padding=(1, 0)),
        "bend": LeakyReLU(Fraction(1, 5)),
        "stack": Concatenate(),
        "shortcut": Conv2d(draw(rng, (4, 2, 1, 1)), draw(rng, (4,))),
        "add": Add(),
        "max": MaxPool2d(2),
        "flatten": Flatten(),
        "fc": Linear(draw(rng, (5, 16)), draw(rng, (5,))),
    }
    inputs = {
        "right": ("stem",),
        "stack": ("left", "bend"),
        "shortcut": ("stem",),
        "add": ("shortcut", "stack"),
    }
    return Network(layers, inputs)


@pytest.fixture
def x(rng: np.random.Generator) -> Any:
    return draw(rng, (2, 3, 5, 4))


def test_forward_by_the_functions(graph: Network, x: Any) -> None:
    """Every activation is its function of what `inputs` says it takes."""
    p = {name: layer.parameters for name, layer in graph.layers.items()}
    stem = refimpl.conv2d(x, **p["stem"])
    left = refimpl.conv2d(stem, **p["left"], padding=(0, 1))
    right = refimpl.conv2d(stem, **p["right"], padding=(1, 0))
    bend = refimpl.leaky_relu(right, Fraction(1, 5))
    stack = refimpl.concatenate(left, bend)
    shortcut = refimpl.conv2d(stem, **p["shortcut"])
    added = refimpl.add(shortcut, stack)
    pooled = refimpl.max_pool2d(added, 2)
    flat = refimpl.flatten(pooled)
    expected = [x, stem, left, right, bend, stack, shortcut, added, pooled, flat]
    expected.append(refimpl.linear(flat, **p["fc"]))
    for actual, value in zip(graph.activations(x), expected, strict=True):
        assert_exact(actual, value, "fraction")
    assert_same(graph.forward(x), expected[-1])


PARAMETERS = [
    (name, key)
    for name in ("stem", "left", "right", "shortcut", "fc")
    for key in ("weight", "bias")
]


@pytest.mark.parametrize(("name", "key"), PARAMETERS)
def test_parameter_gradients_are_the_derivative(
    rng: np.random.Generator, graph: Network, x: Any, name: str, key: str
) -> None:
    """The output changes by ⟨gradient, step⟩, exactly, for a step of one parameter.

    Between its kinks the network is a polynomial of degree 1 in each parameter array.
    """
    dy, parameters = draw(rng, (2, 5)), graph.layers[name].parameters
    activations = graph.activations(x)
    gradient = graph.backward(dy, activations).dparameters[name][key]
    step = draw(rng, parameters[key].shape) / 10**9
    parameters[key] = parameters[key] + step
    assert dot(dy, graph.forward(x) - activations[-1]) == dot(gradient, step) != 0


def test_input_gradient_is_the_derivative(rng: np.random.Generator, graph: Network, x: Any) -> None:
    """The output changes by ⟨∂L/∂x, step⟩, exactly; the stem alone takes x."""
    dy, step = draw(rng, (2, 5)), draw(rng, x.shape) / 10**9
    activations = graph.activations(x)
    grads = graph.backward(dy, activations)
    assert dot(dy, graph.forward(x + step) - activations[-1]) == dot(grads.doutputs["x"], step) != 0
    assert_same(grads.doutputs["x"], grads.dx["stem"])


def test_every_gradient_has_its_name_and_shape(
    rng: np.random.Generator, graph: Network, x: Any
) -> None:
    """dx by layer, one array for each input; doutputs of every layer and of x."""
    activations = graph.activations(x)
    dy = draw(rng, (2, 5))
    grads = graph.backward(dy, activations)
    values = dict(zip(("x", *graph.layers), activations, strict=True))
    assert list(grads.doutputs) == [*reversed(graph.layers), "x"]
    assert {n: g.shape for n, g in grads.doutputs.items()} == {
        n: v.shape for n, v in values.items()
    }
    assert_same(grads.doutputs["fc"], dy)
    for name, sources in graph.inputs.items():
        found = as_tuple(grads.dx[name])
        assert [g.shape for g in found] == [values[source].shape for source in sources]
        assert isinstance(grads.dx[name], tuple) == (name in ("add", "stack"))


def test_parts_add_up(rng: np.random.Generator, graph: Network, x: Any) -> None:
    """The stem's output goes three ways: its gradient is the sum of all three."""
    grads = graph.backward(draw(rng, (2, 5)), graph.activations(x))
    parts = [grads.dx[name] for name in ("left", "right", "shortcut")]
    assert_exact(grads.doutputs["stem"], parts[0] + parts[1] + parts[2], "fraction")
    for part in parts:
        assert dot(part, part) > 0


def test_backward_leaves_what_it_is_given(rng: np.random.Generator) -> None:
    """Sums are new arrays: no part, and not dy, is added to in place."""
    network = Network({"one": Add(), "two": Add()}, {"one": ("x", "x"), "two": ("x", "one")})
    x, dy = draw(rng, (2, 3), "float64"), draw(rng, (2, 3), "float64")
    kept = dy.copy()
    grads = network.backward(dy, network.activations(x))
    assert_same(grads.doutputs["x"], 3 * kept)
    assert_same(dy, kept)
    assert_same(grads.dx["two"][0], kept)


def test_sum_of_parts_keeps_its_parts() -> None:
    """One part is the sum itself; of several none is changed."""
    a, b, c = (np.array([float(v)]) for v in (1, 2, 4))
    assert sum_of_parts([a]) is a
    assert_same(sum_of_parts([a, b, c]), [7.0])
    assert (a, b, c) == (1, 2, 4)


def test_a_chain_is_a_graph(rng: np.random.Generator) -> None:
    """Sequential takes no inputs; a Network without them is the same row of layers."""
    layers = {"fc1": Linear(draw(rng, (3, 2)), draw(rng, (3,))), "act": LeakyReLU(Fraction(1, 2))}
    chain, graph, x = Sequential(layers), Network(layers), draw(rng, (4, 2))
    assert isinstance(chain, Network)
    assert chain.inputs == graph.inputs == {"fc1": ("x",), "act": ("fc1",)}
    assert_same(chain.forward(x), graph.forward(x))


# --- what it refuses ----------------------------------------------------------------------

FC, ADD = scalar(1, 0), Add()
REFUSED: dict[str, tuple[Any, Any, type[Exception], str]] = {
    "unknown source": (
        {"fc": FC, "add": ADD},
        {"add": ("x", "fx")},
        ValueError,
        "layer 'add' takes 'fx', but before it there is only x, fc",
    ),
    "source after its layer": (
        {"add": ADD, "fc": FC},
        {"add": ("x", "fc")},
        ValueError,
        "layer 'add' takes 'fc', but before it there is only x",
    ),
    "a layer that takes itself": (
        {"fc": FC, "add": ADD},
        {"add": ("fc", "add")},
        ValueError,
        "layer 'add' takes 'add', but before it there is only x, fc",
    ),
    "unused output": (
        {"fc": FC, "other": FC, "add": ADD},
        {"other": ("x",), "add": ("x", "fc")},
        ValueError,
        "no layer takes the output of 'other'",
    ),
    "unused output before a layer of its own": (
        {"fc": FC, "other": FC},
        {"other": ("x",)},
        ValueError,
        "no layer takes the output of 'fc'",
    ),
    "inputs for an unknown layer": (
        {"fc": FC, "add": ADD},
        {"sum": ("x", "fc"), "add": ("x", "fc")},
        ValueError,
        "there is no layer 'sum', but fc, add",
    ),
    "inputs for the input": (
        {"fc": FC},
        {"x": ("fc",)},
        ValueError,
        "there is no layer 'x', but fc",
    ),
    "a layer called x": (
        {"x": FC},
        None,
        ValueError,
        "no layer can be called 'x', the name of the input",
    ),
    "one name for a tuple": (
        {"fc": FC, "act": FC},
        {"act": "fc"},
        ValueError,
        "layer 'act' must take a tuple of names, but takes 'fc'",
    ),
    "a layer that takes nothing": (
        {"fc": FC, "stack": Concatenate()},
        {"stack": ()},
        ValueError,
        "layer 'stack' must take a tuple of names, but takes ()",
    ),
    "layers in a list": (
        [FC, ADD],
        None,
        TypeError,
        'layers must be a dict by the layers\' names, as in {"act": ReLU()}, but is a list',
    ),
    "inputs in a list": (
        {"fc": FC, "add": ADD},
        [("add", ("x", "fc"))],
        TypeError,
        'inputs must be a dict by the layers\' names, as in {"add": ("x", "fc")}, but is a list',
    ),
    "no inputs in a list": (
        {"fc": FC},
        [],
        TypeError,
        'inputs must be a dict by the layers\' names, as in {"add": ("x", "fc")}, but is a list',
    ),
}


@pytest.mark.parametrize(("layers", "inputs", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(layers: Any, inputs: Any, error: type[Exception], message: str) -> None:
    """A graph that cannot be computed, or computes for nothing, with the whole text."""
    with pytest.raises(error) as info:
        Network(layers, inputs)
    assert type(info.value) is error
    assert str(info.value) == f"Network: {message}"


def test_layers_one_after_the_other() -> None:
    """As torch takes them, and called as torch calls them; a mapping is taken as ever."""
    layers = (FC, ReLU())
    by_place, by_name = Sequential(*layers), Sequential(OrderedDict(zip("01", layers, strict=True)))
    assert list(by_place.layers) == ["0", "1"]
    assert by_place.layers == by_name.layers
    assert Sequential(FC).layers == {"0": FC}
    assert Sequential().layers == Sequential({}).layers == {}


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([[FC]], "a list of 1 was given; give Sequential(*layers)"),
        ([FC, (ADD, FC)], "a tuple of 2 was given; give Sequential(*layers)"),
        ([{"fc": FC}, {"add": ADD}], "a dict of 1 was given; give one dict of all of them"),
    ],
)
def test_collections_in_place_of_a_layer(layers: Any, said: str) -> None:
    """The way out is named."""
    with pytest.raises(TypeError) as info:
        Sequential(*layers)
    assert str(info.value) == (
        f"Sequential: layers must come one by one, or in one dict by their names, but {said}"
    )


def test_backward_needs_every_activation(graph: Network, x: Any) -> None:
    """A list that lost one activation is refused with both counts."""
    activations = graph.activations(x)
    with pytest.raises(ValueError) as info:  # noqa: PT011 (the whole text follows)
        graph.backward(activations[-1], activations[:-1])
    assert str(info.value) == "Network.backward: activations must have 11 entries, but has 10"


def test_branches_that_do_not_fit_are_refused_by_the_join() -> None:
    """The join says which shapes met."""
    layers = {"fc": Linear(fractions([[1, 0], [2, 0], [0, 1]]), fractions([0] * 3)), "add": Add()}
    with pytest.raises(ValueError) as info:  # noqa: PT011 (the whole text follows)
        Network(layers, {"add": ("x", "fc")}).forward(fractions([[1, 2]]))
    assert str(info.value) == (
        "add: x is (1, 2), but other is (1, 3); counted from the last axis, sizes must be equal, "
        "or one of them 1 or missing"
    )

"""What comes back: wrong shapes, missing values, masks of its own, another library's requests."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isnan, nan
from typing import Any

import numpy as np
import other_peoples_layers as other
import pytest
from direct_child import DirectChild
from problems import problem, tensors_of

from parity.candidates.styles.every import EVERY
from parity.candidates.styles.moves import WAYS, Misshapen, Move, moves, way_of
from parity.candidates.styles.recognition import recognised
from parity.candidates.styles.replies import decoded
from parity.candidates.styles.style import NHWC, Told
from parity.candidates.wire import Kept, Unsendable, encode
from parity.witnesses.problem import Problem

CONV = problem("conv2d", "float64", x=(2, 3, 6, 7), weight=(5, 3, 2, 2), bias=(5,))
LINEAR = problem("linear", "float64", x=(4, 6), weight=(5, 6), bias=(5,))
RNG = np.random.default_rng(7)
NODES = Problem(
    "dropout",
    {"x": RNG.normal(size=(9, 31)), "mask": RNG.random((9, 31)) < 0.75},
    {"p": 0.25},
    RNG.normal(size=(9, 31)),
)


def known(*code: Any, like: str | None = None, style: str | None = None) -> tuple[Any, Told]:
    child = DirectChild(**{getattr(c, "__name__", "f").removeprefix("cs_"): c for c in code})
    told = recognised(child.load(), like, style)
    assert isinstance(told, Told), told
    return child, told


def read(child: DirectChild, told: Told, asked: Any) -> dict[str, Any]:
    exchange = EVERY[told.style].exchange(asked, told)
    return exchange.read(child.all(exchange.requests))


# --- values -------------------------------------------------------------------------------


def test_values_travel() -> None:
    """There and back they are the same, and JSON in between."""
    sent = {"a": [1, 2.5, "x", None, True], "b": (np.arange(3.0), np.float32(2), inf)}
    arrays: list[Any] = []
    back = decoded(encode(sent, arrays)[0], arrays)
    assert back["a"] == sent["a"]
    assert back["b"][0].tolist() == [0, 1, 2]
    assert back["b"][1:] == (2, inf)
    assert type(back["b"][1]) is np.float32
    assert isnan(decoded(encode(nan, arrays)[0], arrays))
    assert decoded({"object": "m.C"}, []) == Unsendable("m.C")
    assert decoded(encode(Kept("cache"), arrays)[0], []) == Kept("cache")
    assert decoded({"tuple": [1, 2], "fields": ["dx", "dw"]}, []) == {"dx": 1, "dw": 2}


# --- shapes -------------------------------------------------------------------------------


def test_a_bias_of_the_course_has_four_axes() -> None:
    """(C,) is not (1, 1, 1, C): the shape is said in the candidate's layout."""

    def conv_backward(dZ, cache):  # type: ignore[no-untyped-def]
        dA, dW, db = other.conv_backward(dZ, cache)
        return dA.transpose(0, 3, 1, 2), dW, db.reshape(-1)

    found = read(*known(conv_backward), CONV)
    assert isinstance(found["dbias"], Misshapen)
    assert found["dbias"].wanted == (1, 1, 1, 5)
    assert found["dbias"].value.shape == (5,)
    assert isinstance(found["dx"], Misshapen)
    assert found["dx"].wanted == (2, 6, 7, 3)
    np.testing.assert_allclose(found["dweight"], tensors_of(CONV)["dweight"])


def test_what_is_no_array_comes_as_it_is() -> None:
    """None, a list, a number, an object: the judge says it."""

    def linear_backward(dy, x, weight):  # type: ignore[no-untyped-def]
        return None, dy.tolist(), 0.5

    found = read(*known(linear_backward), LINEAR)
    assert found == {"dx": None, "dweight": LINEAR.dy.tolist(), "dbias": 0.5}


def test_a_gradient_that_is_missing() -> None:
    """Two of three values: the third is not there."""

    def linear_backward(dy, x, weight):  # type: ignore[no-untyped-def]
        return dy @ weight, dy.T @ x

    assert set(read(*known(linear_backward), LINEAR)) == {"dx", "dweight"}


def test_replies_so_far() -> None:
    """Where the backward never answers, the value of the forward is read."""
    child, told = known(other.affine_forward, other.affine_backward)
    exchange = EVERY[told.style].exchange(LINEAR, told)
    assert exchange.gives == (("y",), ("dx", "dweight", "dbias"))
    assert set(exchange.read(child.all(exchange.requests[:1]))) == {"y"}
    assert exchange.read([]) == {}


def test_every_way_comes_back() -> None:
    """Axes there and back, for weights whose sizes all differ; each is recognised."""
    weight = np.random.default_rng(3).normal(size=(5, 3, 2, 4))
    for way in WAYS:
        there = way(weight).there(weight)
        assert np.array_equal(way(weight).back(there, like=weight), weight)
        assert way_of(weight, there.shape) is way
    assert way_of(weight, (3, 5, 4, 2)) is None


def test_maps_with_channels_last() -> None:
    """Convolutions move maps and kernels; what has no maps moves nothing."""
    assert moves(CONV, NHWC) == {
        "x": Move((0, 2, 3, 1)),
        "y": Move((0, 2, 3, 1)),
        "weight": Move((2, 3, 1, 0)),
    }
    assert moves(LINEAR, NHWC) == {}
    assert moves(CONV, "NCHW") == {}


# --- masks --------------------------------------------------------------------------------


def judged(*code: Any) -> tuple[dict[str, Any], Any]:
    child, told = known(*code, like="dropout")
    exchange = EVERY[told.style].exchange(NODES, told)
    replies = child.all(exchange.requests)
    return exchange.read(replies), exchange.judged(replies)


def right_in(found: dict[str, Any], asked: Any) -> set[str]:
    right = tensors_of(asked)
    return {name for name, value in found.items() if np.allclose(value, right[name])}


def test_a_mask_of_its_own_is_judged_by_itself() -> None:
    """Value and gradient belong to the mask that was drawn, which is not the problem's."""
    found, asked = judged(other.dropout_forward, other.dropout_backward)
    assert right_in(found, asked) == {"y", "dx"}
    assert not np.array_equal(asked.arrays["mask"], NODES.arrays["mask"])


def test_nothing_dropped_is_refused() -> None:
    """A mask of ones only is never drawn: there is none that the answer could belong to."""

    def dropout_forward(x, dropout_param):  # type: ignore[no-untyped-def]
        return x / dropout_param["p"], (dropout_param, np.ones_like(x))

    found, asked = judged(dropout_forward, other.dropout_backward)
    assert "mask" not in asked.arrays
    assert set(found) == {"y", "dx"}


def test_a_mask_that_the_backward_draws_again_is_refused() -> None:
    """Two masks: the gradient does not belong to the value."""

    def dropout_backward(dout, cache):  # type: ignore[no-untyped-def]
        keep = cache[0]["p"]
        return dout * (np.random.RandomState(1).rand(*dout.shape) < keep) / keep

    assert right_in(*judged(other.dropout_forward, dropout_backward)) == {"y"}


def test_a_probability_to_drop_is_refused() -> None:
    """The older meaning of p: no mask with this p is like that."""

    def dropout_forward(x, dropout_param):  # type: ignore[no-untyped-def]
        return other.dropout_forward(x, {**dropout_param, "p": 1 - dropout_param["p"]})

    _, asked = judged(dropout_forward, other.dropout_backward)
    assert "mask" not in asked.arrays


# --- other libraries ----------------------------------------------------------------------


def test_the_request_to_jax() -> None:
    """One vjp of the function, arrays by position, dy beside them."""
    child, told = known(other.torch_linear, like="linear", style="jax")
    (request, arrays), *more = EVERY["jax"].exchange(LINEAR, told).requests
    assert more == []
    assert (request["do"], request["arrays"], request["wanted"]) == ("vjp", "jax", [0, 1, 2])
    assert [a.shape for a in arrays] == [(4, 6), (5, 6), (5,), (4, 5)]
    assert child.names


def test_options_of_an_autograd_function_by_position() -> None:
    """apply takes no names; a bias that is left out is None."""
    import torch

    class Conv(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w, b, stride, padding):  # type: ignore[no-untyped-def]
            raise NotImplementedError

    asked = problem(
        "conv2d",
        "float64",
        options={"stride": 2, "padding": 1},
        x=(2, 3, 6, 7),
        weight=(5, 3, 2, 4),
    )
    _, told = known(Conv)
    ((request, _),) = EVERY["torch"].exchange(asked, told).requests
    assert request["target"] == "Conv.apply"
    assert request["args"] == [{"array": 0}, {"array": 1}, None, 2, 1]


@pytest.mark.parametrize("method", ["dweight", "grad_W", "weight_grad", "gradients"])
def test_where_layers_keep_their_gradients(method: str) -> None:
    """Attributes of any usual name, a dict of them included."""

    class Dense(other.Dense):
        def backward(self, grad):  # type: ignore[no-untyped-def]
            dx = super().backward(grad)
            dw, db = self.__dict__.pop("grads")
            named = {"W": dw, "b": db} if method == "gradients" else dw
            setattr(self, method, named)
            if method != "gradients":
                self.db = db
            return dx

    child, told = known(Dense)
    style = EVERY["layer"]
    learned = style.learned(told, child.all(style.probe(told)))
    assert isinstance(learned, Told)
    found = read(child, learned, LINEAR)
    right = tensors_of(LINEAR)
    assert set(found) == set(right)
    for name, value in found.items():
        np.testing.assert_allclose(value, right[name])


@pytest.mark.parametrize(
    ("part", "expected"),
    [("forward", {"y"}), ("backward", {"dx", "dweight", "dbias"})],
)
def test_a_part_of_a_layer(part: str, expected: set[str]) -> None:
    """The forward runs before the backward, whether it is judged or not."""
    child, told = known(other.Dense)
    style = EVERY["layer"]
    learned = style.learned(told, child.all(style.probe(told)))
    assert isinstance(learned, Told)
    assert set(read(child, replace(learned, part=part), LINEAR)) == expected


def test_a_function_that_has_no_gradient() -> None:
    """It is called, not differentiated."""
    child, told = known(lambda o: o * (1 - o), like="dsigmoid", style="torch")
    o = np.array([0.5, 0.25])
    asked = Problem("dsigmoid", {"o": o}, {}, np.ones(2))
    assert told.part == "forward"
    assert read(child, told, asked)["y"].tolist() == [0.25, 0.1875]


def test_weights_of_one_kernel_a_map() -> None:
    """(C, K_h, K_w) -> (K_h, K_w, C)"""
    asked = problem("weighted_pool2d", "float64", x=(2, 3, 6, 9), weight=(3, 2, 4))
    assert moves(asked, NHWC)["weight"] == Move((1, 2, 0))


def test_a_forward_without_a_value_of_the_wanted_shape_leaves_the_mask() -> None:
    """What cannot be a dropout is judged by the problem's own mask."""

    def dropout_forward(x, dropout_param):  # type: ignore[no-untyped-def]
        return x.sum(), (dropout_param, x)

    assert judged(dropout_forward)[1] is NODES


def test_a_backward_that_descends() -> None:
    """It is given a learning rate of 0, and x where it asks for it."""

    class Dense(other.Dense):
        def backward(self, d_L_d_out, x, learn_rate):  # type: ignore[no-untyped-def]
            dx = super().backward(d_L_d_out)
            self.weights = self.weights - learn_rate * (x.T @ d_L_d_out)
            return dx

    child, told = known(Dense)
    style = EVERY["layer"]
    learned = style.learned(told, child.all(style.probe(told)))
    assert isinstance(learned, Told)
    found = read(child, learned, LINEAR)
    np.testing.assert_allclose(found["dx"], tensors_of(LINEAR)["dx"])
    assert np.array_equal(child.kept["layer"].weights, LINEAR.arrays["weight"].T)

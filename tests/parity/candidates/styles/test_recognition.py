"""What is plain is recognised, and what is not is asked in one message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import other_peoples_layers as other
import pytest
from direct_child import DirectChild

from parity.candidates.styles.every import EVERY
from parity.candidates.styles.recognition import recognised
from parity.candidates.styles.style import Told, Unclear
from parity.cases.functions import FUNCTIONS


def loaded(*heads: str, kind: str = "function", methods: Sequence[str] = ()) -> dict[str, Any]:
    """A reply to `load` by heads of functions, "f(x, w)"; "f" has no signature."""
    names: dict[str, Any] = {}
    for head in heads:
        name, called, listed = head.rstrip(")").partition("(")
        parts = [part for part in listed.split(", ") if part]
        signature = [
            [part.partition("=")[0], "POSITIONAL_OR_KEYWORD", "=" in part] for part in parts
        ]
        names[name] = {"kind": kind, "signature": signature if called else None, "doc": ""}
        if methods:
            names[name]["methods"] = {
                method: [["x", "POSITIONAL_OR_KEYWORD", False]] for method in methods
            }
    return {"names": names, "public": list(names)}


PLAIN: dict[str, tuple[dict[str, Any], tuple[str, str, str]]] = {
    "refimpl's names": (
        loaded("conv2d_backward(dy, x, weight, stride=1)"),
        ("refimpl", "conv2d", "backward"),
    ),
    "a name that is its own backward": (
        loaded("upsample(dy, x, size)"),
        ("refimpl", "downsample", "backward"),
    ),
    "another name": (loaded("my_max_pool(x, kernel_size=2)"), ("refimpl", "max_pool2d", "forward")),
    "one axis": (loaded("conv_1d(x, w, b)"), ("refimpl", "conv1d", "forward")),
    "a pair": (
        loaded("fc_forward(x, weight, bias)", "fc_backward(dy, x, weight)"),
        ("refimpl", "linear", "both"),
    ),
    "a pair with a cache": (
        loaded("conv_forward(x, w, b, stride=, pad=)", "conv_backward(dout, cache)"),
        ("refimpl", "conv2d", "both"),
    ),
    "arrays by other names": (
        loaded("convolution(inputs, filters, stride)"),
        ("refimpl", "conv2d", "forward"),
    ),
    "a derivative": (loaded("drelu(x)"), ("refimpl", "relu", "backward")),
    "cs231n by name": (
        loaded("conv_forward_naive(x, w, b, conv_param)"),
        ("cs231n", "conv2d", "forward"),
    ),
    "cs231n by parameters": (
        loaded("max_pool_backward_fast(dout, cache)"),
        ("cs231n", "max_pool2d", "backward"),
    ),
    "cs231n's loss": (loaded("softmax_loss(x, y)"), ("cs231n", "cross_entropy", "both")),
    "cs231n's relu": (
        loaded("relu_forward(x)", "relu_backward(dout, cache)"),
        ("cs231n", "relu", "both"),
    ),
    "deeplearning.ai": (
        loaded("conv_forward(A_prev, W, b, hparameters)"),
        ("deeplearning.ai", "conv2d", "forward"),
    ),
    "deeplearning.ai's pooling, backward": (
        loaded("pool_backward(dA, cache, mode=)"),
        ("deeplearning.ai", "max_pool2d", "backward"),
    ),
    "deeplearning.ai's pooling": (
        loaded("pool_forward(A_prev, hparameters, mode=)"),
        ("deeplearning.ai", "max_pool2d", "forward"),
    ),
    "a class": (
        loaded("MyConv2D(n_in, n_out, k)", kind="class", methods=("forward", "backward")),
        ("layer", "conv2d", "both"),
    ),
    "a class without a backward": (
        loaded("ReLU", kind="class", methods=("forward",)),
        ("layer", "relu", "forward"),
    ),
    "an object": (loaded("sigmoid1", kind="instance"), ("layer", "sigmoid", "both")),
    "a module": (loaded("MyLinear(i, o)", kind="torch module"), ("torch", "linear", "both")),
    "an autograd.Function": (
        loaded("LeakyRelu(ctx, x)", kind="torch function"),
        ("torch", "leaky_relu", "both"),
    ),
}


@pytest.mark.parametrize("title", PLAIN)
def test_what_is_plain_is_recognised(title: str) -> None:
    """Style, function and part, from names and signatures alone."""
    reply, expected = PLAIN[title]
    told = recognised(reply)
    assert isinstance(told, Told), told
    assert (told.style, told.like, told.part) == expected


def test_a_pair_in_the_other_order() -> None:
    """The forward comes first, whichever way they were named."""
    told = recognised(loaded("conv_backward_naive(dout, cache)", "conv_forward_naive(x, w, b, p)"))
    assert isinstance(told, Told)
    assert told.names == ("conv_forward_naive", "conv_backward_naive")


def test_a_pooling_that_is_two() -> None:
    """deeplearning.ai's is both modes, unless the person says which."""
    heads = loaded("pool_forward(A_prev, hparameters, mode=)")
    both, one = recognised(heads), recognised(heads, like="avg_pool2d")
    assert isinstance(both, Told)
    assert isinstance(one, Told)
    assert (both.like, both.also) == ("max_pool2d", ("avg_pool2d",))
    assert (one.like, one.also) == ("avg_pool2d", ())


def test_what_the_person_says_counts() -> None:
    """--like and --style before names."""
    told = recognised(loaded("f(dout, x)"), like="relu_backward", style="refimpl")
    assert isinstance(told, Told)
    assert (told.style, told.like, told.part) == ("refimpl", "relu", "backward")
    torch = recognised(loaded("f(x, w)"), like="conv2d", style="torch")
    assert isinstance(torch, Told)
    assert (torch.part, torch.library) == ("both", "torch")
    array = recognised(loaded("f(x, w)"), like="conv2d", style="array:jax")
    assert isinstance(array, Told)
    assert (array.style, array.library, array.part) == ("array", "jax", "forward")


def test_what_is_not_plain_is_asked() -> None:
    """What was seen, and everything that can be answered, in one message."""
    unclear = recognised(loaded("my_thing(a, b)"))
    assert isinstance(unclear, Unclear)
    assert unclear.message.startswith(
        "my_thing(a, b): its style (--style) and the function that it is like (--like) cannot be "
        "told from names and parameters; styles: refimpl, cs231n, deeplearning.ai, layer, torch, "
        "jax, array; functions, each also with _backward: conv1d, conv2d, "
    )
    assert all(name in unclear.message for name in (*EVERY, *FUNCTIONS))


ASKED = {
    "the function of a style": (
        (loaded("g(x, w)"), None, "cs231n"),
        "g(x, w): the function that it is like (--like) cannot be told from names and parameters; "
        "functions, each also with _backward: conv2d, max_pool2d, linear, relu, dropout, "
        "cross_entropy, batch_norm, layer_norm, group_norm",
    ),
    "a function that is none": (
        (loaded("g(x, w)"), "instancenorm", None),
        "--like: no function is called 'instancenorm': refimpl has no such normalisation (that of "
        "an instance is group_norm with num_groups=C); "
        "`parity list` shows what there is",
    ),
    "several functions": (
        (loaded("g(x, w)"), "losses", None),
        "--like: 'losses' may be cross_entropy, binary_cross_entropy_with_logits, mse_loss, "
        "squared_error, log_likelihood, perceptron_loss: say which",
    ),
    "a style that is nearly one": (
        (loaded("g(x, w)"), None, "cs213n"),
        'no style is called "cs213n"; did you mean cs231n?',
    ),
    "a style that is none": (
        (loaded("g(x, w)"), None, "keras"),
        'no style is called "keras"; styles: refimpl, cs231n, deeplearning.ai, layer, torch, jax, '
        "array",
    ),
    "arrays of no library": (
        (loaded("g(x, w)"), None, "array:my arrays"),
        '"array:my arrays": behind the colon stands a library of arrays, as in "array:torch"',
    ),
    "a function that a style has not": (
        (loaded("g(x, w)"), "conv3d", "cs231n"),
        "the style cs231n has no conv3d; styles that have it: refimpl, layer, torch, jax, array",
    ),
    "several functions in one": (
        (loaded("affine_relu_forward(x, w, b)"), None, None),
        "affine_relu_forward(x, w, b): the function that it is like (--like) cannot be told from "
        "names and parameters; functions, each also with _backward: " + ", ".join(FUNCTIONS),
    ),
    "no name": (
        ({"names": {}, "public": ["f", "g"]}, None, None),
        "no name is given; the file defines: f, g",
    ),
}


@pytest.mark.parametrize("title", ASKED)
def test_the_messages(title: str) -> None:
    """Each text in full."""
    given, message = ASKED[title]
    assert recognised(*given) == Unclear(message)


def test_a_layer_without_a_weight_is_asked_about() -> None:
    """The probe shows what arrays there are; the message lists them."""

    class Dense:
        def __init__(self, n_in: int, n_out: int) -> None:
            self.table = np.zeros((n_in, n_out))

        forward = backward = other.Dense.forward

    child = DirectChild(Dense=Dense)
    told = recognised(child.load())
    assert isinstance(told, Told)
    style = EVERY[told.style]
    assert style.learned(told, child.all(style.probe(told))) == Unclear(
        "no array of Dense is called weight, weights, W, w, kernel or filters; its arrays are: "
        "table"
    )


def test_a_layer_whose_weights_lie_in_no_known_way_is_asked_about() -> None:
    """The shape that was seen and the shape that the probe gave."""

    class Dense:
        def __init__(self, n_in: int, n_out: int) -> None:
            self.W = np.zeros((n_in + 1, n_out))

        forward = backward = other.Dense.forward

    child = DirectChild(Dense=Dense)
    told = recognised(child.load())
    assert isinstance(told, Told)
    style = EVERY[told.style]
    assert style.learned(told, child.all(style.probe(told))) == Unclear(
        "Dense.W has the shape (4, 5) where the weights are (5, 3): none of the layouts that are "
        "known"
    )


def test_stars_are_shown() -> None:
    """As they are written."""

    def thing(*arrays, **options):  # type: ignore[no-untyped-def]
        raise NotImplementedError

    unclear = recognised(DirectChild(thing=thing).load())
    assert isinstance(unclear, Unclear)
    assert unclear.message.startswith("thing(*arrays, **options): its style")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("svm_loss", "svm_loss is a hinge loss over several classes by its name, which refimpl"),
        (
            "InstanceNorm2d",
            "InstanceNorm2d is an instance normalisation by its name",
        ),
    ],
)
def test_what_refimpl_has_not(name: str, said: str) -> None:
    """It is not judged, and the sentence says what is."""
    signature = [[parameter, "POSITIONAL_OR_KEYWORD", False] for parameter in ("x", "y")]
    found = recognised({"names": {name: {"kind": "function", "signature": signature}}})
    assert isinstance(found, Unclear)
    assert found.message.startswith(said)
    assert "it is not judged; " in found.message
    named = {"names": {name: {"kind": "function", "signature": signature}}}
    assert isinstance(recognised(named, like="cross_entropy", style="cs231n"), Told)

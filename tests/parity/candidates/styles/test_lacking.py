"""What cannot be told to a candidate is named, and nothing else is left out."""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import Any

import numpy as np
import other_peoples_layers as other
import pytest
from direct_child import DirectChild
from problems import problem

from parity.candidates.styles.every import EVERY
from parity.candidates.styles.keywords import only_for_some
from parity.candidates.styles.recognition import recognised
from parity.candidates.styles.style import Told
from parity.witnesses.problem import Problem


def conv2d(bias: bool = True, kernel: tuple[int, int] = (2, 2), **options: Any) -> Problem:
    groups = options.get("groups", 1)
    shapes = {"x": (2, 4, 7, 9), "weight": (6, 4 // groups, *kernel)}
    return problem(
        "conv2d", "float64", options=options, **shapes, **({"bias": (6,)} if bias else {})
    )


def pool(name: str = "max_pool2d", **options: Any) -> Problem:
    return problem(name, "float64", options=options, x=(2, 3, 7, 9))


def linear(*batch: int, bias: bool = True) -> Problem:
    shapes = {"x": (*batch, 6), "weight": (5, 6)}
    return problem("linear", "float64", **shapes, **({"bias": (5,)} if bias else {}))


def plain(x, w, b):  # type: ignore[no-untyped-def]
    """A convolution that has no options."""


def positional(x, w, b, stride=1, /):  # type: ignore[no-untyped-def]
    """An option that cannot be given by name."""


def needs(x, w, b, activation):  # type: ignore[no-untyped-def]
    """Something that no problem says."""


def two(x, w, stride=1):  # type: ignore[no-untyped-def]
    """No room for a bias."""


def anything(*arrays, **options):  # type: ignore[no-untyped-def]
    """Whatever comes."""


class WithoutBias(other.Conv):
    def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:
        super().__init__(in_channels, out_channels, kernel_size)
        del self.b


class NeedsMore(other.Conv):
    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, image_shape: Any = None
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size)


NeedsMore.__signature__ = Signature(  # type: ignore[attr-defined]
    Parameter(name, Parameter.POSITIONAL_OR_KEYWORD)
    for name in ("in_channels", "out_channels", "kernel_size", "image_shape")
)


def leaky() -> Problem:
    return problem("leaky_relu", "float64", options={"negative_slope": 0.5}, x=(2, 3))


def loss(**options: Any) -> Problem:
    arrays = {"logits": np.zeros((2, 3)), "target": np.array([0, 2])}
    return Problem("cross_entropy", arrays, options, np.ones(()))


CONV = {"conv_forward_naive": other.conv_forward_naive}
COURSE = {"conv_forward": other.conv_forward}
POOL = {"max_pool_forward_naive": other.max_pool_forward_naive}
MODES = {"pool_forward": other.pool_forward}
LACKS: list[tuple[dict[str, Any], str | None, Problem, str]] = [
    ({"plain": plain}, "conv2d", conv2d(), ""),
    ({"plain": plain}, "conv2d", conv2d(stride=(1, 1), padding="valid"), ""),
    ({"plain": plain}, "conv2d", conv2d(stride=2), "stride"),
    ({"plain": plain}, "conv2d", conv2d(bias=False), "a bias left out"),
    ({"conv2d": other.conv2d}, None, conv2d(stride=(2, 1), padding=1), ""),
    ({"conv2d": other.conv2d}, None, conv2d(dilation=2), "dilation"),
    ({"conv2d": other.conv2d}, None, conv2d(groups=2), "groups"),
    ({"conv2d": other.conv2d}, None, conv2d(bias=False), ""),
    (CONV, None, conv2d(stride=2, padding=1), ""),
    (CONV, None, conv2d(stride=(2, 2)), ""),
    (CONV, None, conv2d(stride=(2, 1)), "a stride for each axis"),
    (CONV, None, conv2d(padding=(2, 1)), "padding for each axis"),
    (CONV, None, conv2d(padding=((1, 0), (0, 1))), "padding of its own for each side"),
    (CONV, None, conv2d(padding="same"), 'padding "same"'),
    (CONV, None, conv2d(dilation=2), "dilation"),
    (CONV, None, conv2d(groups=2), "groups"),
    (CONV, None, conv2d(bias=False), "a bias left out"),
    (CONV, None, conv2d(kernel=(2, 3)), ""),
    (COURSE, None, conv2d(kernel=(2, 3)), "kernels that are not square"),
    (COURSE, None, conv2d(stride=3, padding=2), ""),
    (COURSE, None, conv2d(dilation=2), "dilation"),
    (POOL, None, pool(kernel_size=(2, 3), stride=1), ""),
    (POOL, None, pool(kernel_size=(2, 3)), "a stride for each axis"),
    (POOL, None, pool(kernel_size=3, padding=1), "padding"),
    (POOL, None, pool(kernel_size=3, ceil_mode=True), "ceil_mode"),
    (MODES, None, pool(kernel_size=(2, 3), stride=1), "kernels that are not square"),
    (
        MODES,
        "avg_pool2d",
        pool("avg_pool2d", kernel_size=2, divisor_override=3),
        "divisor_override",
    ),
    ({"affine_forward": other.affine_forward}, None, linear(4), ""),
    ({"affine_forward": other.affine_forward}, None, linear(4, 3), "x of other than two axes"),
    ({"affine_forward": other.affine_forward}, None, linear(0), "an empty batch"),
    ({"Conv": other.Conv}, None, conv2d(stride=2, padding=1), ""),
    ({"Conv": other.Conv}, None, conv2d(dilation=2), "dilation"),
    ({"Conv": other.Conv}, None, conv2d(bias=False), "a bias left out"),
    ({"KerasLikeConv": other.KerasLikeConv}, None, conv2d(bias=False), ""),
    ({"SoftmaxWithLoss": other.SoftmaxWithLoss}, None, loss(reduction="sum"), "reduction"),
    ({"linear1": other.torch_module()}, None, linear(4), ""),
    ({"relu1": other.Rectifier()}, None, problem("relu", "float64", x=(2, 0)), "an empty batch"),
    ({"leaky": other.Rectifier()}, None, leaky(), "negative_slope"),
    ({"positional": positional}, "conv2d", conv2d(stride=2), "stride"),
    ({"needs": needs}, "conv2d", conv2d(), "a value for activation"),
    ({"two": two}, "conv2d", conv2d(), "bias"),
    ({"conv2d": anything}, "conv2d", conv2d(stride=2, dilation=2), ""),
    ({"NeedsMore": NeedsMore}, "conv2d", conv2d(), "a value for image_shape"),
    ({"WithoutBias": WithoutBias}, "conv2d", conv2d(), "bias"),
    ({"TorchConv2d": other.TorchConv2d}, None, conv2d(padding="full"), 'padding "full"'),
    ({"TorchConv2d": other.TorchConv2d}, None, conv2d(groups=2), "groups"),
]


@pytest.mark.parametrize(("names", "like", "asked", "expected"), LACKS)
def test_what_is_lacking(
    names: dict[str, Any], like: str | None, asked: Problem, expected: str
) -> None:
    """The first option that cannot be expressed, in a word that a sentence can take."""
    child = DirectChild(**names)
    told = recognised(child.load(), like)
    assert isinstance(told, Told), told
    style = EVERY[told.style]
    learned = style.learned(told, child.all(style.probe(told)))
    assert isinstance(learned, Told)
    assert style.lacks(asked, learned) == expected


def test_targets_of_the_course() -> None:
    """CS231n's loss takes class indices and the mean."""
    style, told = EVERY["cs231n"], Told("cs231n", ("softmax_loss",), "cross_entropy", "both")
    assert style.lacks(loss(), told) == ""
    assert style.lacks(loss(reduction="sum"), told) == "reduction"
    soft = {**loss().arrays, "target": np.full((2, 3), 1 / 3)}
    assert style.lacks(loss()._replace(arrays=soft), told) == "targets that are probabilities"
    maps = {"logits": np.zeros((2, 3, 4)), "target": np.zeros((2, 4), int)}
    assert style.lacks(loss()._replace(arrays=maps), told) == "logits of other than two axes"


def test_a_dropout_alone() -> None:
    """Its backward is judged behind its own forward only."""
    mask = np.ones((2, 3), bool)
    asked = Problem("dropout", {"x": np.ones((2, 3)), "mask": mask}, {}, np.ones((2, 3)))
    style = EVERY["cs231n"]
    alone = Told("cs231n", ("dropout_backward",), "dropout", "backward")
    assert style.lacks(asked, alone) == "a backward without its forward"
    assert style.lacks(asked, Told("cs231n", ("dropout_forward",), "dropout")) == ""


def test_what_signatures_do_not_show() -> None:
    """The judge may forgive an error there: plain code has one number."""
    assert only_for_some(conv2d(stride=(2, 2))) == ""
    assert only_for_some(conv2d(dilation=(1, 2))) == "a dilation for each axis"
    assert only_for_some(pool(kernel_size=(2, 3), stride=1)) == "a window for each axis"

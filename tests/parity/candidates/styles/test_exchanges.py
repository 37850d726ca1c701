"""Right code of each style gives refimpl's tensors, wrong code wrong ones at the right names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import other_peoples_layers as other
import pytest
from direct_child import DirectChild
from problems import tensors_of

import refimpl
from parity.candidates.styles.every import EVERY
from parity.candidates.styles.keywords import only_for_some
from parity.candidates.styles.recognition import recognised
from parity.candidates.styles.style import NHWC, Told
from parity.cases.case import Case, Draw, case_arrays, draw, generator
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.witnesses.problem import Problem

SEED = 20261120
AT_MOST = 3000  # elements: loops of Python are slow


@dataclass(frozen=True)
class Candidate:
    """Code by its names, and what the person says of it; cases: how many it is put at least."""

    names: dict[str, Any]
    cases: int
    like: str | None = None
    style: str | None = None
    layout: str | None = None
    tensors: frozenset[str] = field(default=frozenset())


def of(*code: Any, **more: Any) -> Candidate:
    names = {getattr(c, "__name__", "code").removeprefix("cs_"): c for c in code}
    return Candidate(names, **more)


AFFINE = frozenset({"y", "dx", "dweight", "dbias"})
THROUGH = frozenset({"y", "dx"})
GRADIENTS = AFFINE - {"y"}

RIGHT: dict[str, Candidate] = {
    "refimpl conv2d": of(other.conv2d, cases=20, tensors=frozenset({"y"})),
    "refimpl conv2d_backward": of(other.conv2d_backward, cases=20, tensors=GRADIENTS),
    "refimpl linear, both": of(other.linear, other.linear_backward, cases=10, tensors=AFFINE),
    "refimpl conv, with a cache": of(
        *(other.conv_with_cache, other.conv_with_cache_backward), cases=10, tensors=AFFINE
    ),
    "refimpl relu_backward": of(other.relu_backward, cases=5, tensors=frozenset({"dx"})),
    "refimpl, channels last": of(
        *(other.channels_last,), like="conv2d", layout=NHWC, cases=20, tensors=frozenset({"y"})
    ),
    "cs231n conv": of(
        *(other.conv_forward_naive, other.conv_backward_naive), cases=10, tensors=AFFINE
    ),
    "cs231n conv forward": of(other.conv_forward_naive, cases=10, tensors=frozenset({"y"})),
    "cs231n conv backward": of(other.conv_backward_naive, cases=10, tensors=GRADIENTS),
    "cs231n pool": of(
        *(other.max_pool_forward_naive, other.max_pool_backward_naive), cases=10, tensors=THROUGH
    ),
    "cs231n affine": of(other.affine_forward, other.affine_backward, cases=5, tensors=AFFINE),
    "cs231n affine backward": of(other.affine_backward, cases=5, tensors=GRADIENTS),
    "cs231n relu": of(other.relu_forward, other.cs_relu_backward, cases=5, tensors=THROUGH),
    "cs231n dropout": of(
        *(other.dropout_forward, other.dropout_backward), cases=10, tensors=THROUGH
    ),
    "cs231n softmax_loss": of(other.softmax_loss, cases=3, tensors=frozenset({"y", "dlogits"})),
    "deeplearning.ai conv": of(other.conv_forward, other.conv_backward, cases=3, tensors=AFFINE),
    "deeplearning.ai conv backward": of(other.conv_backward, cases=3, tensors=GRADIENTS),
    "deeplearning.ai pool": of(other.pool_forward, other.pool_backward, cases=5, tensors=THROUGH),
    "deeplearning.ai mean": of(
        *(other.pool_forward, other.pool_backward), like="avg_pool2d", cases=5, tensors=THROUGH
    ),
    "layer conv": of(other.Conv, cases=10, tensors=AFFINE),
    "layer conv, channels last": of(other.KerasLikeConv, cases=3, layout=NHWC, tensors=AFFINE),
    "layer dense": of(other.Dense, cases=5, tensors=AFFINE),
    "layer dense, arrays given": of(other.GivenArrays, like="linear", cases=5, tensors=AFFINE),
    "layer, dicts": of(other.Affine, cases=5, tensors=AFFINE),
    "layer, lists": of(other.MatMul, like="linear", cases=5, tensors=AFFINE),
    "layer of a loss": of(other.SoftmaxWithLoss, cases=3, tensors=frozenset({"y", "dlogits"})),
    "layer of refimpl": of(refimpl.Conv2d, cases=20, tensors=AFFINE),
    "layer that is called": of(other.Called, like="tanh", cases=5, tensors=THROUGH),
    "layer, an object": Candidate({"relu1": other.Rectifier()}, cases=5, tensors=THROUGH),
    "layer sigmoid": of(other.SigmoidOfD1, cases=5, tensors=THROUGH),
    "layer pool": of(other.MaxPool, cases=10, tensors=THROUGH),
    "layer pool, sides": of(other.Pooling, like="max_pool2d", cases=10, tensors=THROUGH),
    "torch function": of(other.torch_conv, style="torch", cases=20, tensors=AFFINE),
    "torch module": of(other.TorchConv2d, cases=10, tensors=AFFINE),
    "torch module, an object": Candidate(
        {"linear1": other.torch_module()}, cases=5, tensors=AFFINE
    ),
    "torch autograd": of(other.LeakyReLUFunction, cases=5, tensors=THROUGH),
    "array": of(
        *(other.torch_linear, other.torch_linear_backward),
        style="array:torch",
        cases=10,
        tensors=AFFINE,
    ),
}


def told_by(candidate: Candidate, child: DirectChild) -> Told:
    """What is known of the code before the first problem."""
    told = recognised(child.load(), candidate.like, candidate.style)
    assert isinstance(told, Told), told
    style = EVERY[told.style]
    learned = style.learned(told, child.all(style.probe(told)))
    assert isinstance(learned, Told), learned
    return replace(learned, layout=candidate.layout or learned.layout)


def problem_of(case: Case) -> Problem | None:
    """The problem of a case; none of an empty one."""
    arrays = case_arrays(case, "float64", SEED)
    if not all(array.size for array in arrays.values()):
        return None
    y = FUNCTIONS[case.function].forward(arrays, case.options)
    dy = draw(Draw(y.shape, case.upstream), "float64", generator(SEED, case.id, "dy"))
    return Problem(case.function, arrays, case.options, dy.reshape(y.shape))


def problems(function: str) -> list[Problem]:
    """The ordinary cases of a function that are not large."""
    cases = (case for case in GOOD if case.function == function and case.ordinary)
    put = [problem_of(case) for case in cases if "float64" in case.dtypes]
    return [p for p in put if p and 0 < p.dy.size <= AT_MOST]


def found_by(told: Told, child: DirectChild, problem: Problem) -> tuple[dict[str, Any], Problem]:
    """The candidate's tensors, and the problem that they belong to."""
    exchange = EVERY[told.style].exchange(problem, told)
    replies = child.all(exchange.requests)
    found = exchange.read(replies)
    assert set(found) <= {tensor for gives in exchange.gives for tensor in gives}
    return found, exchange.judged(replies)


def wrong_in(found: dict[str, Any], judged: Problem) -> set[str]:
    """The tensors that are not refimpl's."""
    right = tensors_of(judged)
    return {
        tensor
        for tensor, value in found.items()
        if np.shape(value) != right[tensor].shape
        or not np.allclose(value, right[tensor], rtol=1e-9, atol=1e-9)
    }


@pytest.mark.parametrize("title", RIGHT)
def test_right_code_gives_the_tensors_of_refimpl(title: str) -> None:
    """On every ordinary case of the catalogue that it can be put."""
    candidate = RIGHT[title]
    child = DirectChild(**candidate.names)
    told = told_by(candidate, child)
    assert title.startswith(told.style)
    put = [p for p in problems(told.like) if not EVERY[told.style].lacks(p, told)]
    assert len(put) >= candidate.cases
    seen: set[str] = set()
    for problem in (p for p in put if not is_beyond(p, title)):
        found, judged = found_by(told, child, problem)
        assert wrong_in(found, judged) == set(), (title, problem.options)
        seen |= set(found)
        expected = {"dbias"} if "bias" not in problem.arrays else set()
        assert set(found) == candidate.tensors - expected
    assert seen == candidate.tensors


def is_beyond(problem: Problem, title: str) -> bool:
    """What the signatures do not show and these candidates cannot do."""
    return only_for_some(problem) != "" and "torch" not in title


# --- wrong code ---------------------------------------------------------------------------


def doubled(code: Any, place: int | None) -> Any:
    """The same code, one of its values, or the only one, twice as large."""

    def wrong(*args: Any, **kwargs: Any) -> Any:
        value = code(*args, **kwargs)
        if place is None:
            return value * 2
        return tuple(part * 2 if k == place else part for k, part in enumerate(value))

    wrong.__name__ = code.__name__
    wrong.__wrapped__ = code  # its signature is that of the right code
    return wrong


class HalfDense(other.Dense):
    """∂L/∂weight is half of the right one."""

    def backward(self, grad):  # type: ignore[no-untyped-def]
        dx = super().backward(grad)
        self.grads[0] = self.grads[0] / 2
        return dx


class HalfConv2d(other.TorchConv2d):
    def forward(self, x):  # type: ignore[no-untyped-def]
        return self.conv(x).detach() + self.conv(x) / 2 - self.conv(x).detach() / 2


WRONG: dict[str, tuple[Candidate, set[str]]] = {
    "refimpl": (of(other.linear, doubled(other.linear_backward, 1), cases=1), {"dweight"}),
    "cs231n": (
        of(other.conv_forward_naive, doubled(other.conv_backward_naive, 2), cases=1),
        {"dbias"},
    ),
    "cs231n forward": (
        of(doubled(other.affine_forward, 0), other.affine_backward, cases=1),
        {"y"},
    ),
    "cs231n loss": (of(doubled(other.softmax_loss, 1), cases=1), {"dlogits"}),
    "deeplearning.ai": (
        of(other.conv_forward, doubled(other.conv_backward, 0), cases=1),
        {"dx"},
    ),
    "layer": (of(HalfDense, cases=1), {"dweight"}),
    "torch module": (of(HalfConv2d, cases=1), {"dx", "dweight", "dbias"}),
    "torch function": (
        of(doubled(other.torch_conv, None), style="torch", cases=1),
        {"y", "dx", "dweight", "dbias"},
    ),
}


@pytest.mark.parametrize("title", WRONG)
def test_wrong_code_is_wrong_at_the_right_names(title: str) -> None:
    """Where one tensor is wrong, that one differs, and the others do not."""
    candidate, expected = WRONG[title]
    child = DirectChild(**candidate.names)
    told = told_by(candidate, child)
    put = [p for p in problems(told.like) if not EVERY[told.style].lacks(p, told)]
    wrong = [wrong_in(*found_by(told, child, p)) for p in put[:3]]
    assert set().union(*wrong) - {"dbias"} == expected - {"dbias"}
    assert expected in wrong

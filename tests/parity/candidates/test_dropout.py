"""Dropout as a layer: it draws its mask itself, and gives x when it is not training."""

from __future__ import annotations

from typing import Any

import numpy as np
import other_peoples_layers as other
import pytest
from torch import nn

import parity


class Inverted:
    """A flag of its forward says whether it is training."""

    def __init__(self, p: float = 0.5) -> None:
        self.p = p

    def forward(self, x: Any, train: bool = True) -> Any:
        if not train:
            return x
        kept = np.random.rand(*x.shape) > self.p  # noqa: NPY002 (as people do)
        self.mask = kept.astype(x.dtype) / x.dtype.type(1 - self.p)
        return x * self.mask

    def backward(self, dout: Any) -> Any:
        return dout * self.mask


class Plain:
    """Not divided while training, times 1 − p afterwards."""

    def __init__(self, dropout_ratio: float = 0.5) -> None:
        self.dropout_ratio = dropout_ratio

    def forward(self, x: Any, train_flg: bool = True) -> Any:
        if not train_flg:
            return x * (1 - self.dropout_ratio)
        self.mask = np.random.rand(*x.shape) > self.dropout_ratio  # noqa: NPY002
        return x * self.mask

    def backward(self, dout: Any) -> Any:
        return dout * self.mask


class Generator:
    """A generator of its own, never the same; an attribute says whether it is training."""

    def __init__(self, keep_prob: float = 0.5) -> None:
        self.q, self.training, self.rng = keep_prob, True, np.random.default_rng()

    def forward(self, x: Any) -> Any:
        if not self.training:
            return x
        kept = self.rng.random(x.shape) < self.q
        self.mask = kept.astype(x.dtype) / x.dtype.type(self.q or 1)
        return x * self.mask

    def backward(self, dout: Any) -> Any:
        return dout * self.mask


class Methods(Generator):
    """Two methods say whether it is training; p is the probability to keep."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p)

    def train(self) -> None:
        self.training = True

    def eval(self) -> None:
        self.training = False


class AlwaysTraining(Inverted):
    def forward(self, x: Any, train: bool = True) -> Any:
        return super().forward(x, True)


class NewMask(Inverted):
    def backward(self, dout: Any) -> Any:
        return super().forward(dout)


class NotDivided(Inverted):
    """Its gradient is."""

    def backward(self, dout: Any) -> Any:
        return dout * (self.mask > 0)


class Nothing(Inverted):
    def forward(self, x: Any, train: bool = True) -> Any:
        self.mask = x.dtype.type(1)
        return x.copy()


class TooFew(Inverted):
    """Keeps with the probability p."""

    def forward(self, x: Any, train: bool = True) -> Any:
        if not train:
            return x
        kept = np.random.rand(*x.shape) < self.p  # noqa: NPY002
        self.mask = kept.astype(x.dtype) / x.dtype.type(1 - self.p)
        return x * self.mask


class PlainForgotten(Plain):
    """Neither divided nor made smaller."""

    def forward(self, x: Any, train_flg: bool = True) -> Any:
        return super().forward(x) if train_flg else x


class OneMaskForAll(Inverted):
    """Of as many elements as a sample has along its last axis."""

    def forward(self, x: Any, train: bool = True) -> Any:
        if not train:
            return x
        kept = np.random.rand(x.shape[-1]) > self.p  # noqa: NPY002
        self.mask = kept.astype(x.dtype) / x.dtype.type(1 - self.p)
        return x * self.mask


class Seeded(Inverted):
    """The same numbers in each call."""

    def forward(self, x: Any, train: bool = True) -> Any:
        np.random.seed(1)  # noqa: NPY002
        return super().forward(x, train)


class SeededOnce(Generator):
    """When it is made: its second mask is another one."""

    def __init__(self, keep_prob: float = 0.5) -> None:
        super().__init__(keep_prob)
        self.rng = np.random.default_rng(0)


class TorchChannels(nn.Module):
    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Any) -> Any:
        return nn.functional.dropout2d(x, self.p, self.training)


class TorchDropout(nn.Module):
    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Any) -> Any:
        return nn.functional.dropout(x, self.p, self.training)


class TorchAlways(TorchDropout):
    def forward(self, x: Any) -> Any:
        return nn.functional.dropout(x, self.p)


KEEPS = "its p is the probability to keep: found by trying"
PLAIN = "while training it does not divide by 1 − p: found by trying"


@pytest.mark.parametrize(
    ("code", "note"),
    [
        (Inverted, ""),
        (Inverted(0.3), "judged as it stands: p 0.3"),
        (Plain, PLAIN),
        (Plain(0.2), PLAIN),
        (Generator, ""),
        (Generator(0.8), "no attribute shows p 0.2"),
        (Methods, KEEPS),
        (nn.Dropout, ""),
        (nn.Dropout(0.3).eval(), "judged as it stands: p 0.3"),
        (TorchDropout, ""),
        (TorchDropout(0.25), "judged as it stands: p 0.25"),
    ],
)
def test_right_ones(code: Any, note: str) -> None:
    """Value and gradient belong to one mask; it can be told that it is not training."""
    found = parity.check(code, like="dropout")
    assert found, str(found)
    assert set(found.tensors) == {"y", "dx"}
    assert "evaluation" not in found.unchecked
    assert note == "" or any(remark.startswith(note) for remark in found.remarks), found.remarks


@pytest.mark.parametrize(
    ("code", "tensors", "said"),
    [
        (AlwaysTraining, set(), "when it is not training it does not give x"),
        (TorchAlways, set(), "when it is not training it does not give x"),
        (PlainForgotten, set(), "when it is not training it does not give x · (1 − p)"),
        (NewMask, {"dx"}, "dx is wrong in "),
        (NotDivided, {"dx"}, "dx is wrong in "),
        (Nothing, {"y", "dx"}, "no mask with p = 0.5 is drawn like that"),
        (TooFew, {"y", "dx"}, "y is wrong in "),
    ],
)
def test_wrong_ones(code: Any, tensors: set[str], said: str) -> None:
    """Each is refused, for what it does."""
    found = parity.check(code, like="dropout")
    assert found.status == "wrong", str(found)
    assert {name for name, share in found.tensors.items() if share.right < share.asked} == tensors
    assert said in found.said


@pytest.mark.filterwarnings("ignore:dropout2d")
@pytest.mark.parametrize(
    ("code", "said"),
    [
        (OneMaskForAll, "the same along axis 0 of x 11×9: one mask for all samples"),
        (nn.Dropout2d, "whole channels are dropped, as by Dropout2d"),
        (nn.Dropout2d(0.3), "whole channels are dropped, as by Dropout2d"),
        (TorchChannels, "whole channels are dropped, as by Dropout2d"),
    ],
)
def test_a_mask_that_is_shared(code: Any, said: str) -> None:
    """Each element is dropped for itself."""
    found = parity.check(code, like="dropout")
    assert found.status == "wrong", str(found)
    assert said in found.said


def test_a_mask_that_never_changes() -> None:
    """It is worth a note; a seed when the object is made is none of that."""
    note = "its mask is the same in each call: it sets a seed, or draws but once"
    for code, noted in (
        (Seeded, True),
        (SeededOnce, False),
        (Inverted, False),
        (nn.Dropout, False),
    ):
        found = parity.check(code, like="dropout")
        assert found, str(found)
        assert (note in found.remarks) is noted


def test_what_cannot_be_told() -> None:
    """A layer that is always training is not asked for more, and that is said."""

    class Always(Inverted):
        def forward(self, x: Any) -> Any:  # type: ignore[override]
            return super().forward(x)

    found = parity.check(Always, like="dropout")
    assert found, str(found)
    assert "evaluation" in found.unchecked


def test_a_course_backward_that_draws_anew() -> None:
    """The forward's mask is not the one of later random numbers."""

    def dropout_backward(dout: Any, cache: Any) -> Any:
        param = cache[0]
        keep = np.random.rand(*dout.shape) < param["p"]  # noqa: NPY002
        return dout * keep / param["p"]

    def dropout_forward(x: Any, dropout_param: Any) -> Any:
        keep = np.random.rand(*x.shape) < dropout_param["p"]  # noqa: NPY002
        mask = keep.astype(x.dtype) / x.dtype.type(dropout_param["p"])
        return x * mask, (dropout_param, mask)

    wrong = parity.check((dropout_forward, dropout_backward))
    assert (wrong.status, wrong.style) == ("wrong", "cs231n")
    assert parity.check((dropout_forward, other.dropout_backward))

"""Objects that are there already: judged in their own sizes, with their own options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import other_peoples_layers as other
import pytest
import torch
from calling import Call
from torch import nn

import parity
from parity.candidates.styles.standing import standings
from parity.candidates.styles.style import Told, Unclear

RNG = np.random.default_rng(7)


def drawn(*shape: int) -> Any:
    return RNG.normal(size=shape)


class Conv:
    """Stride and padding under names of their own, shown or not."""

    def __init__(self, step: int = 1, border: int = 0, **shown: int) -> None:
        self.W, self.b = drawn(4, 3, 3, 3), drawn(4)
        self.given = [step, border]
        vars(self).update(shown)

    def forward(self, x: Any) -> Any:
        self.x = x
        return other.conv2d(x, self.W, self.b, *self.given)

    def backward(self, dy: Any) -> Any:
        grads = other.conv2d_backward(dy, self.x, self.W, *self.given)
        self.dW, self.db = grads["dW"], grads["db"]
        return grads["grad_x"]


class StrideForgotten(Conv):
    """The backward takes the stride for 1."""

    def backward(self, dy: Any) -> Any:
        grads = other.conv2d_backward(dy, self.x, self.W)
        self.dW, self.db = grads["dW"], grads["db"]
        return grads["grad_x"]


class Pool:
    """Nothing tells its window."""

    def forward(self, x: Any) -> Any:
        param = {"pool_height": 3, "pool_width": 3, "stride": 2}
        return other.max_pool_forward_naive(x, param)[0]


@dataclass(frozen=True)
class Frozen:
    """Its weights cannot be replaced."""

    W: Any
    b: Any

    def forward(self, x: Any) -> Any:
        return x @ self.W + self.b


class Stale:
    """Its weights are replaced, and it goes on with what it made of the old ones."""

    def __init__(self) -> None:
        self.W, self.b = drawn(5, 3), drawn(3)
        self.turned = self.W.T.copy()

    def forward(self, x: Any) -> Any:
        return x @ self.turned.T + self.b


class Twice(nn.Linear):
    def forward(self, x: Any) -> Any:
        return 2 * super().forward(x)


class Wrapped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        options = {"stride": (2, 1), "padding": 1, "groups": 2, "bias": False}
        self.conv = nn.Conv2d(4, 6, (3, 2), **options)  # type: ignore[arg-type]

    def forward(self, x: Any) -> Any:
        return self.conv(x)


def keras() -> Any:
    made = other.KerasLikeConv(3, 5, 2)
    made.kernel = drawn(2, 2, 3, 5)
    return made


RIGHT: list[tuple[Any, str | None, str]] = [
    (nn.Conv2d(3, 4, 3), None, "3 → 4 channels, kernel 3×3"),
    (
        nn.Conv2d(3, 4, 3, stride=2, padding=1, dtype=torch.float64),
        None,
        "stride 2, padding 1, 3 → 4 channels, kernel 3×3",
    ),
    (
        Wrapped(),
        "conv2d",
        "stride (2, 1), padding 1, groups 2, 4 → 6 channels, kernel 3×2, without bias",
    ),
    (nn.Conv2d(4, 4, 3, padding="same"), None, "padding same, 4 → 4 channels, kernel 3×3"),
    (nn.Linear(5, 3), None, "5 → 3 features"),
    (nn.LeakyReLU(0.2), None, "negative_slope 0.2"),
    (nn.MaxPool2d(3, 1, 1), None, "kernel_size 3, stride 1, padding 1"),
    (nn.AvgPool2d(3, 2), None, "kernel_size 3, stride 2"),
    (nn.ReLU6(), None, "min_val 0, max_val 6"),
    (other.Conv(3, 4, 3, stride=2), None, "stride 2, 3 → 4 channels, kernel 3×3"),
    (other.Dense(4, 4), None, "4 → 4 features"),
    (other.Affine(3, 4), None, "3 → 4 features"),
    (other.MaxPool(2, 2), None, "kernel_size 2, stride 2"),
    (keras(), None, "3 → 5 channels, kernel 2×2"),
    (Conv(2, 1, hop=2, pad=1), "conv2d", "padding 1, stride 2, 3 → 4 channels, kernel 3×3"),
]


@pytest.mark.parametrize(
    ("made", "like", "stands"), RIGHT, ids=[f"{type(m).__name__}, {s}" for m, _, s in RIGHT]
)
def test_right_objects(made: Any, like: str | None, stands: str) -> None:
    """All tensors, in its own sizes; what cannot vary is said."""
    found = parity.check(made, like=like)
    assert found, str(found)
    assert f"judged as it stands: {stands}" in found.remarks
    assert "other sizes and options than its own" in found.unchecked
    assert found.cases.asked > 8


def test_an_object_is_left_as_it_was() -> None:
    """Weights, their dtype, and what it remembers."""
    layer, mine = nn.Conv2d(3, 4, 3), Conv(1, 0)
    weight, own = layer.weight.detach().clone(), mine.W.copy()
    assert parity.check(layer)
    assert parity.check(mine, like="conv2d")
    assert layer.weight.dtype == torch.float32
    assert torch.equal(layer.weight, weight)
    assert layer.weight.grad is None
    assert np.array_equal(mine.W, own)
    assert not hasattr(mine, "x")


def test_large_weights() -> None:
    """In a few cases, as far as they go."""
    found = parity.check(nn.Linear(200, 60))
    assert found
    assert set(found.tensors) == {"y", "dx", "dweight", "dbias"}
    huge = parity.check(nn.Linear(2000, 600, device="meta").to_empty(device="cpu"))
    assert huge.status == "unclear"
    assert "has 1200000 elements, more than 1000000: give its class" in huge.said


# --- what nothing shows -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "like", "found"),
    [
        (Conv(2, 0), "conv2d", "stride 2"),
        (Conv(1, 1), "conv2d", "padding 1"),
        (Conv(1, 4, margin=4), "conv2d", "padding 4"),
        (Pool(), "max_pool2d", "kernel_size 3 and stride 2"),
    ],
)
def test_options_that_no_attribute_shows(made: Any, like: str, found: str) -> None:
    """One value explains it: it is said, and judged under it."""
    verdict = parity.check(made, like=like)
    assert verdict, str(verdict)
    assert f"no attribute shows {found}: found by trying" in verdict.remarks


def test_a_stride_that_is_shown_is_not_tried() -> None:
    """It says 1 and takes 2: that is wrong."""
    wrong = parity.check(Conv(2, 0, stride=1, pad=0), like="conv2d")
    assert wrong.status == "wrong"
    assert not any("found by trying" in remark for remark in wrong.remarks)


def test_a_wrong_object_with_hidden_options() -> None:
    """None of the values makes it right, and that is said."""

    class Odd(Conv):
        def forward(self, x: Any) -> Any:
            return super().forward(x) + 1

    wrong = parity.check(Odd(2, 0), like="conv2d")
    assert wrong.status == "wrong"
    said = "no attribute shows its stride, padding, dilation, groups: none of the usual values"
    assert any(remark.startswith(said) for remark in wrong.remarks)


@pytest.mark.parametrize("made", [Frozen(drawn(4, 3), drawn(3)), Stale()])
def test_weights_that_cannot_be_replaced(made: Any) -> None:
    """Its own are read and used; wrong ones are seen all the same."""
    found = parity.check(made, like="linear")
    assert found, str(found)
    assert "its weights cannot be replaced: its own were used" in found.remarks

    class Off(type(made)):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return super().forward(x) * 1.001

    wrong = Off(**vars(made)) if isinstance(made, Frozen) else Off()
    assert parity.check(wrong, like="linear").status == "wrong"


# --- wrong and odd ones -------------------------------------------------------------------


def test_wrong_objects() -> None:
    """The mistake is named as of a class."""
    found = parity.check(StrideForgotten(2, 0, stride=2, pad=0), like="conv2d")
    assert (found.status, found.tensors["y"].right) == ("wrong", found.tensors["y"].asked)
    assert "dy is not spread out by the stride" in str(found)
    assert found.example is not None
    assert found.example.problem.options == {"stride": 2}
    assert found.example.problem.arrays["weight"].shape == (4, 3, 3, 3)
    twice = parity.check(Twice(5, 3), like="linear")
    assert twice.status == "wrong"
    assert "2 times the right one" in str(twice)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("padding", [(2, 1), "same"])
def test_convolutions_with_any_frame(mode: str, padding: Any) -> None:
    """torch's module has the option of that name; a frame of zeros in its place is wrong."""
    made = nn.Conv2d(3, 4, (4, 3), padding=padding, padding_mode=mode)
    found = parity.check(made)
    assert found.status == "right", found
    assert f"padding_mode {mode}" in found.remarks[-1]

    class Zeros(nn.Conv2d):
        def forward(self, input: Any) -> Any:
            return nn.functional.conv2d(input, self.weight, self.bias, padding=self.padding)

    wrong = parity.check(Zeros(3, 4, (4, 3), padding=padding, padding_mode=mode), like="conv2d")
    assert wrong.status == "wrong"
    assert "the frame is zeros whatever padding_mode is" in str(wrong)


def test_what_refimpl_does_not_have() -> None:
    """It is not judged, and the sentence says why."""
    odd = parity.check(nn.MaxPool2d(2, return_indices=True))
    assert (odd.status, odd.said) == (
        *("unclear", "its return_indices is True: refimpl has False only"),
    )
    told = Told("layer", ("Dense",), "linear", attributes={"W": (4, 3), "b": (7,)})
    said = standings(told, [])
    assert isinstance(said, Unclear)
    assert said.message == (
        "Dense.W has the shape (4, 3) and Dense.b (7,): none of the layouts that are known"
    )


def test_an_object_that_is_given_its_weights() -> None:
    """It is a function like others: all sizes are asked."""

    class Function:
        def __call__(self, x: Any, weight: Any, bias: Any = None) -> Any:
            return other.linear(x, weight, bias)

    found = parity.check(Function(), like="linear", style="refimpl")
    assert found, str(found)
    assert not any("as it stands" in remark for remark in found.remarks)


def test_an_object_that_cannot_be_copied() -> None:
    """It is never asked itself."""
    made = Conv()
    made.lock = __import__("threading").Lock()  # type: ignore[attr-defined]
    found = parity.check(made, like="conv2d")
    assert found.status == "unclear"
    assert found.said.startswith("Conv cannot be copied (")
    assert found.said.endswith("): give its class")


def test_from_the_shell(call: Call, tmp_path: Any) -> None:
    """An object in a file."""
    path = tmp_path / "mine.py"
    path.write_text("from torch import nn\nconv = nn.Conv2d(2, 3, 2, stride=2)\n")
    code, out, _ = call("check", f"{path}:conv", "--like", "conv2d")
    assert code == 0, out
    assert "note: judged as it stands: stride 2, 2 → 3 channels, kernel 2×2" in out

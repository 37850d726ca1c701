"""Objects with a weight for each channel, transposed convolutions: judged as they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import parity
from parity.candidates.styles.running_names import running_names
from parity.candidates.whole import Wanted, check_file

F = nn.functional


class PReLU:
    """Its weight is called alpha."""

    def __init__(self, num_parameters: int = 1) -> None:
        self.alpha = np.full(num_parameters, 0.25)

    def slope(self, x: Any) -> Any:
        return self.alpha.reshape(-1, *(1,) * (x.ndim - 2)) if x.ndim > 1 else self.alpha

    def forward(self, x: Any) -> Any:
        self.x = x
        return np.where(x > 0, x, self.slope(x) * x)

    def backward(self, dy: Any) -> Any:
        x = self.x
        axes = tuple(n for n in range(x.ndim) if n != 1 or self.alpha.size == 1)
        self.dalpha = (np.where(x > 0, 0, x) * dy).sum(axes).reshape(self.alpha.shape)
        return np.where(x > 0, dy, self.slope(x) * dy)


class MeanPReLU(PReLU):
    def backward(self, dy: Any) -> Any:
        dx = super().backward(dy)
        self.dalpha = self.dalpha / len(dy)
        return dx


class LayerNorm:
    """Weights of a row, (1, D)."""

    def __init__(self, D: int, eps: float = 1e-5) -> None:
        self.scale, self.shift, self.eps = np.ones((1, D)), np.zeros((1, D)), eps

    def forward(self, x: Any) -> Any:
        mean, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
        return self.scale * (x - mean) / np.sqrt(var + self.eps) + self.shift


class BareLayerNorm:
    """No weight, and nothing shows its sizes."""

    def forward(self, x: Any) -> Any:
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)


class Deconvolution:
    """Weights (C_in, C_out, K, K), one number for its stride."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1):
        self.W = np.zeros((in_channels, out_channels, kernel_size, kernel_size))
        self.b, self.stride = np.zeros(out_channels), stride

    def forward(self, x: Any) -> Any:
        k, s = self.W.shape[-1], self.stride
        sizes = [(n - 1) * s + k for n in x.shape[2:]]
        y = np.zeros((len(x), self.W.shape[1], *sizes), x.dtype)
        for i, j in np.ndindex(x.shape[2:]):
            place = (..., slice(i * s, i * s + k), slice(j * s, j * s + k))
            y[place] += np.einsum("nc,cokl->nokl", x[:, :, i, j], self.W)
        return y + self.b[:, None, None]


RIGHT: list[tuple[Any, str | None, str]] = [
    (nn.BatchNorm2d(4), None, "4 channels"),
    (nn.BatchNorm1d(5, eps=1e-3), None, "eps 0.001, 5 channels"),
    (nn.BatchNorm3d(2, affine=False), None, "2 channels, without weight"),
    (nn.LayerNorm(6), None, "normalized_shape (6,)"),
    (nn.LayerNorm((3, 4)), None, "normalized_shape (3, 4)"),
    (
        nn.LayerNorm(6, eps=1e-6, bias=False),
        None,
        "normalized_shape (6,), eps 1e-06, without bias",
    ),
    (nn.LayerNorm(5, elementwise_affine=False), None, "normalized_shape (5,), without weight"),
    (nn.GroupNorm(2, 6), None, "num_groups 2, 6 channels"),
    (nn.GroupNorm(3, 6, affine=False), None, "num_groups 3, 6 channels, without weight"),
    (nn.GroupNorm(3, 3), None, "num_groups 3, 3 channels"),
    (nn.PReLU(), None, "1 channel"),
    (nn.PReLU(3), None, "3 channels"),
    (PReLU(3), None, "3 channels"),
    (LayerNorm(4), "layer_norm", "normalized_shape (4,)"),
    (nn.ConvTranspose2d(3, 4, 3, stride=2), None, "stride 2, 3 → 4 channels, kernel 3×3"),
    (
        nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1),
        None,
        "stride 2, padding 1, output_padding 1, 3 → 4 channels, kernel 3×3",
    ),
    (
        nn.ConvTranspose1d(4, 2, 3, groups=2, bias=False),
        None,
        "groups 2, 4 → 2 channels, kernel 3, without bias",
    ),
    (nn.ConvTranspose3d(2, 3, 2), None, "2 → 3 channels, kernel 2×2×2"),
    (Deconvolution(3, 2, 2, stride=2), "conv_transpose2d", "stride 2, 3 → 2 channels, kernel 2×2"),
    (nn.LocalResponseNorm(5, alpha=1e-3, k=2.0), None, "size 5, alpha 0.001, k 2"),
    (nn.AdaptiveAvgPool2d((None, 3)), None, "output_size (None, 3)"),
    (nn.AdaptiveMaxPool2d((3, 2)), None, "output_size (3, 2)"),
]


@pytest.mark.parametrize(("made", "like", "stands"), RIGHT, ids=lambda one: str(one)[:40])
def test_right_as_it_stands(made: Any, like: str | None, stands: str) -> None:
    found = parity.check(made, like=like)
    assert found.status == "right", str(found)
    assert f"judged as it stands: {stands}" in found.remarks


# --- and wrong ----------------------------------------------------------------------------


class BiasTwice(nn.ConvTranspose2d):
    def forward(self, x: Any) -> Any:  # type: ignore[override]
        assert self.bias is not None
        return super().forward(x) + self.bias.view(1, -1, 1, 1)


class UnbiasedLayerNorm(nn.LayerNorm):
    def forward(self, x: Any) -> Any:
        mean, var = x.mean(-1, keepdim=True), x.var(-1, keepdim=True)
        return (x - mean) / torch.sqrt(var + self.eps) * self.weight + self.bias


class OneGroup(nn.GroupNorm):
    def forward(self, x: Any) -> Any:
        return F.group_norm(x, 1, self.weight, self.bias, self.eps)


class FirstSlope(nn.PReLU):
    def forward(self, x: Any) -> Any:
        return torch.where(x > 0, x, self.weight[0] * x)


class AlwaysTheBatch(nn.BatchNorm2d):
    def forward(self, x: Any) -> Any:
        return F.batch_norm(x, None, None, self.weight, self.bias, True, 0.0, self.eps)


def first_slope() -> FirstSlope:
    """Of several that differ."""
    made = FirstSlope(3)
    made.weight.data = torch.tensor([0.1, 0.2, 0.4])
    return made


@pytest.mark.parametrize(
    ("made", "like", "said", "cause"),
    [
        (BiasTwice(3, 4, 3, stride=2), "conv_transpose2d", "y is wrong", "bias"),
        (UnbiasedLayerNorm(6), "layer_norm", "y is wrong", "the variance is divided by K − 1"),
        (OneGroup(3, 6), "group_norm", "y is wrong", "group"),
        (first_slope(), "prelu", "y is wrong", ""),
        (MeanPReLU(3), "prelu", "dweight is wrong", "1/N of the right one"),
        (MeanPReLU, "prelu", "dweight is wrong", "1/N of the right one"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_wrong_as_it_stands(made: Any, like: str, said: str, cause: str) -> None:
    found = parity.check(made, like=like)
    assert found.status == "wrong", str(found)
    assert found.said.startswith(said)
    assert not cause or any(cause in one.text for one in found.causes), str(found)
    if "PReLU" in str(found):
        assert "its alpha is weight here" in found.remarks


def test_an_object_that_never_uses_what_it_keeps() -> None:
    found = parity.check(AlwaysTheBatch(3), like="batch_norm")
    assert found.status == "wrong"
    said = "when it is not training it normalises by the batch, not by its running statistics"
    assert said in found.faults


def test_an_object_that_does_not_show_its_channels() -> None:
    found = parity.check(BareLayerNorm(), like="layer_norm")
    assert found.status == "unclear"
    assert found.said == (
        "neither a weight nor an attribute of BareLayerNorm shows its channels: give its class"
    )


def test_names_of_a_weight() -> None:
    """Where none is known the message has the function's own."""

    class Strange:
        def __init__(self) -> None:
            self.thing = np.ones(3)

        def forward(self, x: Any) -> Any:
            return x

    found = parity.check(Strange(), like="prelu")
    assert found.said == (
        "no array of Strange is called weight, alpha or slope; its arrays are: thing"
    )
    found = parity.check(Strange, like="layer_norm")
    assert found.said.startswith("no array of Strange is called weight, gamma or scale")


def test_the_class_of_an_object_tells_its_function(tmp_path: Path) -> None:
    """Its own name in a file need not."""
    path = tmp_path / "mine.py"
    path.write_text("from torch import nn\n\nfirst = nn.GroupNorm(2, 4)\n", encoding="utf-8")
    found = check_file(str(path), ["first"], Wanted())
    assert (found.status, found.function) == ("right", "group_norm"), str(found)


def test_statistics_of_one_batch_are_not_kept() -> None:
    """A batch's own mean under a plain name is none of the running ones."""
    assert running_names(["mean", "var", "std"]) == ("", "")
    assert running_names(["batch_mean", "ema_var"]) == ("", "ema_var")

"""What is said of a wrong candidate is what its cases single out, and nothing besides."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from torch import nn

import parity
from parity.candidates.causes import causes
from parity.candidates.verdict import Verdict
from parity.candidates.whole import Wanted, check_file

HEAD = "import numpy as np\n\n"


def judged(folder: Path, code: str, names: str, **wanted: str) -> Verdict:
    """The verdict on a file, with its causes."""
    path = folder / "mine.py"
    path.write_text(HEAD + dedent(code), encoding="utf-8")
    return check_file(str(path), names.split(","), Wanted(**wanted), causes)  # type: ignore[arg-type]


def texts(found: Verdict) -> list[str]:
    return [cause.text for cause in found.causes]


VALID_ONLY = """
def convolve2d(image, kernel, mode="full"):
    (h, w), (m, n) = image.shape, kernel.shape
    turned = kernel[::-1, ::-1]
    return np.array([[(image[i : i + m, j : j + n] * turned).sum() for j in range(w - n + 1)]
                     for i in range(h - m + 1)])
"""


def test_no_square_kernel_was_asked(tmp_path: Path) -> None:
    """A 1×1 kernel is square, and says nothing of larger square ones."""
    found = judged(tmp_path, VALID_ONLY, "convolve2d")
    assert found.status == "wrong"
    assert not [text for text in texts(found) if "square" in text]


LAYER = """
class ConvLayer:
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        self.k, self.s, self.p = kernel_size, stride, padding
        self.W = np.random.randn(out_channels, in_channels, kernel_size, kernel_size)
        self.b = np.random.randn(out_channels)

    def places(self, y):
        for i, j in np.ndindex(y.shape[2:]):
            a, b = i * self.s, j * self.s
            yield i, j, np.s_[:, :, a : a + self.k, b : b + self.k]

    def forward(self, x):
        p = self.p
        self.x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        H, W = ((n - self.k) // self.s + 1 for n in self.x.shape[2:])
        y = np.zeros((len(x), len(self.W), H, W))
        for i, j, at in self.places(y):
            y[:, :, i, j] = np.einsum("ncab,fcab->nf", self.x[at], self.W) + self.b
        return y

    def backward(self, dy):
        dx, self.dW = np.zeros_like(self.x), np.zeros_like(self.W)
        self.db = 2 * dy.sum((0, 2, 3))
        for i, j, at in self.places(dy):
            dx[at] += np.einsum("nf,fcab->ncab", dy[:, :, i, j], self.W)
            self.dW += np.einsum("nf,ncab->fcab", dy[:, :, i, j], self.x[at])
        p = self.p
        return dx[:, :, p : dx.shape[2] - p, p : dx.shape[3] - p]
"""


def test_options_that_it_lacks_are_no_errors(tmp_path: Path) -> None:
    """Though another tensor is wrong everywhere: only that one is wrong, and only that is said."""
    found = judged(tmp_path, LAYER, "ConvLayer")
    right = {name: share.right == share.asked for name, share in found.tensors.items()}
    assert right == {"y": True, "dx": True, "dweight": True, "dbias": False}
    assert "raises" not in found.said
    assert "a stride for each axis" in found.unchecked
    assert texts(found) == ["dbias is 2 times the right one"]


def test_what_it_raises_everywhere_still_counts(tmp_path: Path) -> None:
    """Code that raises in all forms takes none of them: nothing is left out."""
    code = "def conv2d(x, weight, bias=None, stride=1, padding=0):\n    return x.nothing\n"
    found = judged(tmp_path, code, "conv2d")
    assert found.status == "wrong"
    assert "kernels that are not square" not in found.unchecked


DETACHED = """
import torch
from torch import nn
from torch.nn import functional as F

class WConv(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size):
        super().__init__()
        k = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, *k))
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def forward(self, x):
        return F.conv2d(x, self.weight.data, self.bias)
"""


def test_a_gradient_that_is_missing_both_times(tmp_path: Path) -> None:
    """It is no other gradient the second time."""
    found = judged(tmp_path, DETACHED, "WConv", style="torch")
    assert "dweight is missing" in found.said
    assert not [text for text in found.faults if "second" in text]


CS231N = """
def conv_forward_naive(x, w, b, conv_param):
    N, C, {first}, {second} = x.shape
    F, C, HH, WW = w.shape
    s, p = conv_param["stride"], conv_param["pad"]
    Ho, Wo = 1 + (H + 2 * p - HH) // s, 1 + (W + 2 * p - WW) // s
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    out = np.zeros((N, F, Ho, Wo))
    for n, f, i, j in np.ndindex(out.shape):
        out[n, f, i, j] = np.sum(xp[n, :, i * s : i * s + HH, j * s : j * s + WW] * w[f]) + b[f]
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    N, C, {first}, {second} = x.shape
    F, C, HH, WW = w.shape
    s, p = conv_param["stride"], conv_param["pad"]
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    dxp, dx, dw, db = np.zeros_like(xp), np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n, f, i, j in np.ndindex(dout.shape):
        at = np.s_[n, :, i * s : i * s + HH, j * s : j * s + WW]
        db[f] += dout[n, f, i, j]
        dw[f] += dout[n, f, i, j] * xp[at]
        dxp[at] += dout[n, f, i, j] * w[f]
    {cropped}
    return dx, dw, db
"""
NAIVE = "conv_forward_naive,conv_backward_naive"


def naive(cropped: str, first: str = "H", second: str = "W") -> str:
    return CS231N.format(cropped=cropped, first=first, second=second)


def test_nothing_is_left_without_padding(tmp_path: Path) -> None:
    """An empty dx says nothing of dy: what all the cases share is that nothing is padded."""
    found = judged(tmp_path, naive("dx = dxp[:, :, p:-p, p:-p]"), NAIVE)
    assert texts(found) == ["dx: only where padding = 0"]


def test_where_alone_it_raises(tmp_path: Path) -> None:
    found = judged(tmp_path, naive("dx[:] = dxp[:, :, p:-p, p:-p]"), NAIVE)
    assert texts(found) == ["it raises an error only where padding = 0"]


def test_a_backward_that_was_not_reached(tmp_path: Path) -> None:
    """Where the forward raised, nothing is known of the gradients."""
    found = judged(tmp_path, naive("dx = dxp[:, :, p : p + H, p : p + W]", "W", "H"), NAIVE)
    assert found.status == "wrong"
    assert not [text for text in texts(found) if "dweight" in text or "dbias" in text]


ONE_MAP = """
def conv2d(image, kernel):
    (h, w), (m, n) = image.shape, kernel.shape
    turned = kernel[::-1, ::-1]
    return np.array([[(image[i : i + m, j : j + n] * turned).sum() for j in range(w - n + 1)]
                     for i in range(h - m + 1)])
"""
BY_SCIPY = """
from scipy.signal import convolve2d

def conv2d(image, kernel):
    return convolve2d(image, kernel, "valid")
"""


@pytest.mark.parametrize("code", [ONE_MAP, BY_SCIPY])
def test_the_layout_is_asked_for(tmp_path: Path, code: str) -> None:
    """Where the number of axes ends every case; with it said, the mistake is named."""
    found = judged(tmp_path, code, "conv2d")
    assert found.said.endswith("say how: --layout CHW, HWC or HW")
    told = judged(tmp_path, code, "conv2d", layout="HW")
    assert texts(told)[0] == "the kernel is turned by 180° before it slides"


def test_no_layout_where_something_else_is_raised(tmp_path: Path) -> None:
    code = "def conv2d(x, weight):\n    raise ValueError('no')\n"
    assert "--layout" not in judged(tmp_path, code, "conv2d").said


DROPOUT = """
class Dropout:
    def __init__(self, p=0.5):
        self.p, self.training = p, True

    def forward(self, x):
        if not self.training:
            return x
        self.mask = {mask} / (1 - self.p)
        return x * self.mask

    def backward(self, dy):
        return dy * self.mask
"""


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        ("np.ones_like(x)", "0 of 35 elements of y are 0: no mask with p = 0.5 is drawn like that"),
        ("(np.random.rand(*x.shape) >= 0.5)", "elements of y are 0: no mask with p = 0 is"),
        ("(np.random.rand() >= self.p)", "elements of y are 0: no mask with p = 0.5 is drawn"),
    ],
)
def test_a_mask_that_it_never_had(tmp_path: Path, mask: str, said: str) -> None:
    """Nothing is expected of it, and nothing follows for the gradient."""
    found = judged(tmp_path, DROPOUT.format(mask=mask), "Dropout", like="dropout")
    assert found.status == "wrong"
    assert said in found.said
    assert (found.example, found.causes) == (None, ())


def test_a_small_number_is_added_once(tmp_path: Path) -> None:
    """Lost in float32, and no reason to speak of digits or of what is linear."""
    cropped = "db, dx = db + 1e-9, dxp[:, :, p : p + H, p : p + W]"
    found = judged(tmp_path, naive(cropped), NAIVE)
    assert texts(found) == ["to each element of dbias 1e−9 is added"]


SOFTMAX_WITH_LOSS = """
class SoftmaxWithLoss:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.t, self.y = t, e / e.sum(axis=1, keepdims=True)
        if self.t.size == self.y.size:
            self.t = self.t.argmax(axis=1)
        return -np.sum(np.log(self.y[np.arange(len(x)), self.t] + 1e-7)) / len(x)

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(dx)), self.t] -= 1
        return dx * dout / len(dx)
"""


def test_epsilon_beside_a_case_that_raises(tmp_path: Path) -> None:
    """Where an error is raised, there are no numbers to judge."""
    found = judged(tmp_path, SOFTMAX_WITH_LOSS, "SoftmaxWithLoss")
    assert "y: takes log(p + ε), ε ≈ 1e-7" in texts(found)


def test_the_smallest_problem_is_of_whole_numbers(tmp_path: Path) -> None:
    """Though the first draw of so few numbers has a bias of 0, which shows nothing."""
    found = judged(
        tmp_path,
        naive("dx = dxp[:, :, p : p + H, p : p + W]").replace(" + b[f]", ""),
        NAIVE,
    )
    assert found.example is not None
    for array in found.example.problem.arrays.values():
        assert (array == np.rint(array)).all()
    (cause,) = found.causes
    assert "[o,c,i,j], x padded as padding_mode says;" in cause.answer


def test_a_loss_that_is_a_module() -> None:
    found = parity.check(nn.BCEWithLogitsLoss())
    assert found.status == "failed"
    assert found.said.endswith("need a function instead of a module")


def test_a_layout_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="check: layout is 'ABC': give one of NCHW, NHWC, CHW"):
        parity.check(lambda x: x, like="relu", layout="ABC")

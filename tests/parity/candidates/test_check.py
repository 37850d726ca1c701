"""Right candidates are accepted however they compute, wrong ones are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from answering import verdict
from numpy.lib.stride_tricks import sliding_window_view

import refimpl
from parity.candidates.said import Said
from parity.mistakes.catalogue import MISTAKES

# --- right, written otherwise -------------------------------------------------------------


def in_loops(x: Any, weight: Any, bias: Any = None, stride: Any = 1, **more: Any) -> Any:
    """Stride alone; everything else as refimpl does it."""
    if more:
        return refimpl.conv2d(x, weight, bias, stride, **more)
    s, t = stride if isinstance(stride, tuple) else (stride, stride)
    K, L = weight.shape[2:]
    rows, columns = (x.shape[2] - K) // s + 1, (x.shape[3] - L) // t + 1
    y = np.zeros((len(x), len(weight), rows, columns), x.dtype)
    for n, f, i, j in np.ndindex(y.shape):
        y[n, f, i, j] = np.sum(x[n, :, i * s : i * s + K, j * t : j * t + L] * weight[f])
        y[n, f, i, j] += 0 if bias is None else bias[f]
    return y


def by_einsum(x: Any, weight: Any, bias: Any = None, stride: Any = 1, **more: Any) -> Any:
    if more:
        return refimpl.conv2d(x, weight, bias, stride, **more)
    s, t = stride if isinstance(stride, tuple) else (stride, stride)
    windows = sliding_window_view(x, weight.shape[2:], axis=(2, 3))[:, :, ::s, ::t]
    y = np.einsum("nchwij,fcij->nfhw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


def in_float64(*arrays: Any, **options: Any) -> Any:
    wide = [array.astype(np.float64) for array in arrays]
    return refimpl.conv2d(*wide, **options).astype(arrays[0].dtype)


def by_fft(a: Any, kernel: Any, mode: Any = "full") -> Any:
    if mode != "full" or a.ndim != 2:
        return refimpl.convolve2d(a, kernel, mode)
    shape = [n + k - 1 for n, k in zip(a.shape, kernel.shape, strict=True)]
    y = np.fft.irfft2(np.fft.rfft2(a, shape) * np.fft.rfft2(kernel, shape), shape)
    return y.astype(a.dtype)


RIGHT_ONES: dict[str, tuple[Any, str, str, str]] = {
    "loops": (in_loops, "conv2d", "forward", "right"),
    "einsum": (by_einsum, "conv2d", "forward", "right"),
    "float64 inside": (in_float64, "conv2d", "forward", "right"),
    "another order": (
        lambda x, w, b=None, **o: (
            refimpl.conv2d(x[:, ::-1], w[:, ::-1], b, **o)
            if o.get("groups", 1) == 1
            else refimpl.conv2d(x, w, b, **o)
        ),
        "conv2d",
        "forward",
        "right",
    ),
    "FFT": (by_fft, "convolve2d", "forward", "right norm-wise"),
    "sigmoid by tanh": (lambda x: (1 + np.tanh(x / 2)) / 2, "sigmoid", "forward", "right"),
    "relu as a product": (lambda x: x * (x > 0), "relu", "forward", "right"),
    "a mean of quotients": (
        lambda dy, x, *a, **o: refimpl.avg_pool2d_backward(dy * 3, x, *a, **o) / 3,
        "avg_pool2d",
        "backward",
        "right",
    ),
}


@pytest.mark.parametrize("name", RIGHT_ONES)
def test_right(name: str) -> None:
    """None is refused; an FFT is told what it is."""
    code, function, part, status = RIGHT_ONES[name]
    found = verdict(code, function, part)
    assert (found.status, bool(found), found.faults) == (status, True, ()), str(found)
    assert found.cases.right == found.cases.asked or status == "right norm-wise"
    assert found.example is None


# --- wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("dx-kernel-not-turned", "dx-stride-forgotten", "dweight-averaged", "dbias-averaged"),
        *("conv-bias-subtracted", "max-padding-takes-part", "linear-dweight-transposed"),
        *("add-halved", "squared-gradient-averaged", "softmax-regression-by-sigmoids"),
    ],
)
def test_known_mistakes(name: str) -> None:
    """Refused, with a smallest problem in small integers."""
    known = MISTAKES.get(name)
    if known is None:
        pytest.fail(f"{name} is in no catalogue")
    part = "backward" if known.function.endswith("_backward") else "forward"
    found = verdict(known.wrong, known.function.removesuffix("_backward"), part)
    assert (found.status, bool(found)) == ("wrong", False)
    assert found.example is not None
    assert found.example.size <= 40
    assert found.example.wrong is None or found.example.wrong.any()
    with pytest.raises(AssertionError, match="WRONG"):
        found.raise_if_wrong()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda y: y * 1.0005, "y is wrong in its one element (x 1×1×1×1, weight 1×1×1×1)"),
        (lambda y: y.T, "y has shape "),
        (lambda y: None, "y is missing"),
        (lambda y: y.astype(np.float32), "y is float32 where the arguments are float64"),
    ],
)
def test_wrong_values(change: Any, said: str) -> None:
    """In words, with the first case in which it is so."""
    found = verdict(lambda *a, **o: change(refimpl.conv2d(*a, **o)), "conv2d", "forward")
    assert found.status == "wrong"
    assert found.said.startswith(said)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("softmax-overflows", "y holds NaN or ∞ in"),
        ("sigmoid-overflows", "y holds NaN or ∞ in"),
        ("cross-entropy-clipped", "y is wrong in"),
        ("binary-logarithm-of-zero", "y holds NaN or ∞ in"),
    ],
)
def test_large_numbers(name: str, said: str) -> None:
    """Right on ordinary numbers alone."""
    known = MISTAKES[name]
    found = verdict(known.wrong, known.function, "forward")
    assert found.status == "wrong"
    assert found.cases.right == found.cases.asked
    (fault,) = found.faults
    assert fault.startswith("of numbers up to ")
    assert said in fault


def test_code_that_raises() -> None:
    """Where something is given, the sentence says what."""

    def without_stride(x: Any, weight: Any, bias: Any = None) -> Any:
        return refimpl.conv2d(x, weight, bias)

    found = verdict(without_stride, "conv2d", "forward")
    assert found.status == "wrong"
    assert "it raised TypeError" in found.said
    assert found.cases.right > 0


def test_arguments_that_are_changed() -> None:
    """In place: right numbers do not help."""

    def greedy(x: Any) -> Any:
        if not x.flags.writeable:
            raise ValueError("assignment destination is read-only")
        return refimpl.relu(x)

    assert verdict(greedy, "relu", "forward").status == "wrong"


def test_code_that_remembers() -> None:
    """The first call is right."""
    seen: list[Any] = []

    def remembering(x: Any) -> Any:
        seen.append(x)
        return refimpl.relu(x) if len(seen) < 9 else refimpl.relu(x) + 1

    found = verdict(remembering, "relu", "forward")
    assert found.status == "wrong"
    assert found.faults == ("the same call gives another y after others: it remembers something",)


def test_code_that_rounds_otherwise_each_time() -> None:
    """As a library does whose sums depend on where the memory lies; more than that is random."""
    rng = np.random.default_rng(3)

    def shuffled(x: Any, weight: Any, bias: Any = None) -> Any:
        """Its terms in another order each time, by a loop."""
        y = np.zeros((*x.shape[:-1], len(weight)), x.dtype)
        for j in rng.permutation(x.shape[-1]):
            y += x[..., j, None] * weight[:, j]
        return y if bias is None else y + bias

    def random(x: Any, weight: Any, bias: Any = None) -> Any:
        return refimpl.linear(x, weight, bias) * (1 + 1e-3 * rng.uniform(-1, 1))

    assert verdict(shuffled, "linear", "forward").status == "right"
    odd = verdict(random, "linear", "forward")
    assert "the same call twice gives two different y: it is random" in odd.faults


def test_what_cannot_be_asked_is_said() -> None:
    """Right, and not checked."""
    found = verdict(
        refimpl.conv2d,
        "conv2d",
        "forward",
        lacks=lambda problem: "groups" if problem.options.get("groups", 1) > 1 else "",
    )
    assert found
    assert found.unchecked == ("groups",)
    assert "not checked, as the candidate has none of it: groups" in str(found)
    nothing = verdict(refimpl.conv2d, "conv2d", "forward", lacks=lambda problem: "everything")
    said = "there is nothing that it can be asked: all cases of conv2d need everything"
    assert (nothing.status, nothing.said) == ("failed", said)


def test_causes_come_from_the_diagnosis() -> None:
    """It is asked about wrong candidates alone."""
    causes = (Said("it is half of the right one"),)
    wrong = verdict(
        lambda x: refimpl.relu(x) / 2, "relu", "forward", diagnose=lambda *given: causes
    )
    assert wrong.causes == causes
    assert "looks like: it is half of the right one" in str(wrong)
    assert not verdict(refimpl.relu, "relu", "forward", diagnose=lambda *given: causes).causes


def test_the_same_seed_says_the_same() -> None:
    """To the letter."""
    one, other = (verdict(lambda x: x * 2, "relu", "forward", seed=3) for _ in range(2))
    assert str(one) == str(other)
    assert one.seed == 3


@pytest.mark.parametrize("function", ["convolve2d", "correlate2d"])
def test_a_mistake_that_batches_alone_show(function: str) -> None:
    """Who takes batches of matrices, and gives da right, is asked for dkernel, too."""
    name = f"{function.removesuffix('2d')}-dkernel-of-last-matrix"
    found = verdict(MISTAKES[name].wrong, function, "backward")
    assert not found
    assert found.said.startswith("dkernel is wrong in ")
    assert found.unchecked == ()


def test_who_takes_no_batches_is_not_asked_for_them() -> None:
    """A function of matrices alone is right as far as it goes."""

    def matrices(dy: Any, a: Any, kernel: Any, mode: str = "full") -> Any:
        if a.ndim > 2:
            raise ValueError("a is no matrix")
        return refimpl.correlate2d_backward(dy, a, kernel, mode)

    found = verdict(matrices, "correlate2d", "backward")
    assert found, str(found)
    assert "a of 3 axes" in found.unchecked

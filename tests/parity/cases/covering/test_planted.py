"""Mistakes that show in one circumstance only: the generated cases of a run refuse them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import refimpl
from parity.cases.case import FLOATS, Array, Case
from parity.cases.catalogue import GOOD
from parity.cases.covering.every import pair_cases
from parity.cases.functions import FUNCTIONS
from parity.judges.layer import check_case
from parity.results.settings import DEFAULT_SEED, Settings
from refimpl import windows

QUICK = Settings(quick=True)
Where = Callable[..., bool]  # of the arguments of the function


@dataclass(frozen=True)
class Planted:
    """A function that is 0.5 % off in the last elements of what it gives, where `where` holds."""

    code: str
    where: Where

    @property
    def function(self) -> str:
        """The function whose cases must see it."""
        return next(f.name for f in FUNCTIONS.values() if self.code in (f.name, f.backward_name))


def spoiled(result: Any) -> Any:
    """Every array, its last element that is not 0 off."""
    if hasattr(result, "_replace"):
        return type(result)(*map(spoiled, result))
    wrong = np.array(result)
    places = np.argwhere(np.isfinite(wrong) & (wrong != 0))
    if len(places):
        wrong[tuple(places[-1])] *= np.asarray(1.005, wrong.dtype)
    return wrong


def padding_is_uneven(padding: Any) -> bool:
    return isinstance(padding, tuple) and any(
        isinstance(pair, tuple) and pair[0] != pair[1] for pair in padding
    )


def dilated(options: dict[str, Any]) -> bool:
    dilation = options.get("dilation", 1)
    return dilation != 1 and dilation != (1, 1, 1)


def near(x: Array) -> bool:
    """Two numbers that differ by less than 10⁻¹⁰, but do differ."""
    found = np.unique(x[np.isfinite(x)])
    return bool(np.any(np.diff(found) < 1e-6 * np.abs(found[1:])))


PLANTED = {
    "dy transposed, linear": Planted(
        "linear_backward", lambda dy, x, weight: not dy.flags.c_contiguous
    ),
    "dy reversed, conv2d": Planted("conv2d_backward", lambda dy, *_, **__: dy.strides[-1] < 0),
    "dy transposed, max_pool3d": Planted(
        "max_pool3d_backward", lambda dy, *_, **__: dy.flags.f_contiguous
    ),
    "groups, dilation": Planted("conv3d_backward", lambda *_, **o: o["groups"] > 1 and dilated(o)),
    "groups, padding asymmetric": Planted(
        "conv2d", lambda *_, **o: o["groups"] > 1 and padding_is_uneven(o["padding"])
    ),
    "dilation 4": Planted("conv1d", lambda *_, **o: o["dilation"] == 4),
    "small blocks, groups": Planted(
        "conv2d_backward", lambda *_, **o: windows.BLOCK_BYTES < 9999 and o["groups"] == 3
    ),
    "small blocks, ceil_mode": Planted(
        "avg_pool2d", lambda *_, **o: windows.BLOCK_BYTES < 9999 and o["ceil_mode"]
    ),
    "divisor, padding, ceil_mode": Planted(
        "avg_pool3d",
        lambda *_, **o: o.get("divisor_override") and o["ceil_mode"] and any(o["padding"]),
    ),
    "dilation, ceil_mode": Planted("max_pool1d", lambda *_, **o: dilated(o) and o["ceil_mode"]),
    "several NaN, stride 1": Planted(
        "max_pool2d_backward",
        lambda dy, x, **o: np.isnan(x).sum() > 1 and o.get("stride") == 1,
    ),
    "near ties": Planted("max_pool2d", lambda x, **_: near(x)),
    "five samples": Planted("weighted_pool2d_backward", lambda dy, x, *_, **__: len(x) == 5),
    "five channels": Planted("avg_pool1d_backward", lambda dy, x, **_: x.shape[1] == 5),
    "sides above 40": Planted("correlate2d", lambda a, kernel, **_: a.shape[-1] > 40),
    "more than 1000 classes": Planted("softmax_backward", lambda dy, x, axis: x.shape[axis] > 1000),
    "more than 1000 classes, loss": Planted(
        "cross_entropy", lambda logits, *_, **__: max(logits.shape) > 1000
    ),
    "indices of 32 bits": Planted(
        "cross_entropy_backward", lambda dy, logits, target, **_: target.dtype == np.int32
    ),
    "features from 1000 on": Planted("linear", lambda x, *_: x.shape[-1] > 1000),
    "square weight": Planted(
        "linear_backward", lambda dy, x, weight: weight.shape == (len(weight),) * 2 != (1, 1)
    ),
    "equal kernel axes": Planted(
        "conv3d", lambda x, weight, *_, **__: weight.shape[2:] in ((2, 2, 2), (3, 3, 3))
    ),
    "more than four maps": Planted("concatenate_backward", lambda dy, *maps: len(maps) > 4),
    "six axes": Planted("dropout", lambda x, mask, **_: x.ndim == 6),
    "near the target": Planted(
        "squared_error",
        lambda output, target: output.size > 0 and float(np.max(np.abs(output - target))) < 1e-4,
    ),
    "tails beside ordinary numbers": Planted(
        "sigmoid_backward", lambda dy, x: bool(np.any(np.abs(x) > 12) and np.any(np.abs(x) < 2))
    ),
}


def holds(case: Case) -> bool:
    return check_case(case, case.dtypes[0], QUICK).holds


def refused(function: str) -> Iterator[Case]:
    """The generated cases of a function that don't hold now."""
    return (case for case in pair_cases(function, DEFAULT_SEED) if not holds(case))


@pytest.mark.parametrize("name", PLANTED)
def test_a_mistake_in_one_circumstance_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a generated case, which the right code passes."""
    planted = PLANTED[name]
    right = getattr(refimpl, planted.code)

    def wrong(*arrays: Any, **options: Any) -> Any:
        result = right(*arrays, **options)
        return spoiled(result) if planted.where(*arrays, **options) else result

    with monkeypatch.context() as patch:
        patch.setattr(refimpl, planted.code, wrong)
        case = next(refused(planted.function))
    assert holds(case)


def the_loss_cancels(output: Array, target: Array) -> Array:
    """½ Σ (target² − 2·target·output + output²): exact but for what cancels."""
    total = np.sum(target * target - 2 * target * output + output * output)
    return np.asarray(total / 2, output.dtype)


def test_a_loss_that_cancels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Near the target."""
    monkeypatch.setattr(refimpl, "squared_error", the_loss_cancels)
    assert any("near the target" in case.name for case in refused("squared_error"))


@pytest.mark.parametrize("function", ["max_pool1d", "max_pool2d", "max_pool3d"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_ties_within_a_tolerance_are_refused(
    function: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A maximum pooling that takes what is nearly equal for equal: the first of them wins."""
    right = getattr(refimpl, f"{function}_backward")

    def rounded(dy: Array, x: Array, *window: Any, **options: Any) -> Array:
        gradient: Array = right(dy, x.round(6), *window, **options)
        return gradient

    (case,) = [c for c in GOOD if c.id == f"{function}[near ties]"]
    assert check_case(case, dtype, QUICK).holds
    monkeypatch.setattr(refimpl, f"{function}_backward", rounded)
    assert not check_case(case, dtype, QUICK).holds
    assert any("near ties" in c.name for c in refused(function))

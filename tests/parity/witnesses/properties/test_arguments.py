"""Code that depends on how its arguments are written is refused."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import pytest
from asking import faults

import refimpl
from parity.cases.functions import FUNCTIONS
from parity.witnesses.properties.arguments import in_order, written_otherwise
from refimpl import checks, shapes

CASE = "max_pool2d[overlap 3 stride 2]"
RIGHT, RIGHT_BACKWARD = refimpl.max_pool2d, refimpl.max_pool2d_backward


@pytest.mark.parametrize(
    "case",
    [
        CASE,
        "conv2d[plain]",
        "linear[without bias]",
        "hardtanh[maps]",
        "softmax[plain]",
        "leaky_relu[maps]",
        "concatenate[one map]",
    ],
)
def test_the_right_code(case: str) -> None:
    """However it is called."""
    assert faults(written_otherwise, case) == []


def test_lists_taken_for_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list in the place of a tuple."""

    def wrong(x: Any, kernel_size: Any, stride: Any = None, *more: Any, **options: Any) -> Any:
        stride = kernel_size if isinstance(stride, list) else stride
        return RIGHT(x, kernel_size, stride, *more, **options)

    wrong.__signature__ = signature(RIGHT)  # type: ignore[attr-defined]
    monkeypatch.setattr(refimpl, "max_pool2d", wrong)
    (said,) = faults(written_otherwise, CASE)
    assert said.startswith(
        "max_pool2d with options as lists of np.int64, all by keyword: y has shape"
    )


def test_numpy_integers_taken_for_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """np.uint8 counts for 1."""

    def wrong(dy: Any, x: Any, *options: Any, **named: Any) -> Any:
        dx = RIGHT_BACKWARD(dy, x, *options, **named)
        given = np.ravel([o for o in (*options, *named.values()) if isinstance(o, tuple)])
        return dx * 2 if any(isinstance(o, np.uint8) for o in given) else dx

    wrong.__signature__ = signature(RIGHT_BACKWARD)  # type: ignore[attr-defined]
    monkeypatch.setattr(refimpl, "max_pool2d_backward", wrong)
    (said,) = faults(written_otherwise, CASE)
    assert said.startswith(
        "max_pool2d with options as tuples of narrow integers, one for all axes, all by place: "
        "dx at ("
    )


def test_options_in_another_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Padding before stride: only a call by place sees it."""

    def wrong(
        x: Any,
        kernel_size: Any,
        padding: Any = 0,
        stride: Any = None,
        dilation: Any = 1,
        ceil_mode: bool = False,
    ) -> Any:
        return RIGHT(x, kernel_size, stride, padding, dilation, ceil_mode)

    monkeypatch.setattr(refimpl, "max_pool2d", wrong)
    (said,) = faults(written_otherwise, CASE)
    assert said.endswith("max_pool2d: stride must be at least 1, but is (np.uint8(0),)")


def test_an_option_without_a_place_is_a_question_for_the_table() -> None:
    """Every option of every function has its place."""
    for function in FUNCTIONS.values():
        for name in (function.name, *([function.backward_name] if function.inputs else [])):
            known = signature(getattr(refimpl, name)).parameters
            options = [p for p in known.values() if p.default is not Parameter.empty]
            given = ("bias", *function.by_name)
            named = [p.name for p in options if p.name not in given]
            assert named == in_order(named), name


def test_narrow_integers_that_wrap_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes that stay of 8 bits where they are computed with."""

    def entries_as_they_are(where: str, name: str, value: Any, count: int, least: int) -> Any:
        return checks.entries(value, count)

    monkeypatch.setattr(shapes, "check_ints", entries_as_they_are)
    with np.errstate(all="ignore"), catch_warnings():
        simplefilter("ignore")
        assert faults(written_otherwise, "conv1d[plain]")

"""An element that is 0 says why: no window, another maximum, a mask, a branch, a step."""

from __future__ import annotations

import numpy as np
import pytest

from parity.explain.formed import ZERO
from parity.explain.page_of import Look, lines_of
from parity.explain.setting_up import demonstration, has_example
from parity.explain.zeros_said import slides


def said(name: str, size: str, at: str) -> str:
    """What stands below the element's formula."""
    lines = lines_of([name], Look(width=100), size, at=at)
    start = next(k for k, line in enumerate(lines) if line.startswith(f"  {at} = 0"))
    return "\n".join(lines[start + 1 : lines.index("Further")]).strip()


@pytest.mark.parametrize(
    ("name", "size", "at", "reason"),
    [
        ("conv2d_backward", "5x5 kernel 2 stride 2", "dx[0,0,4,4]", "no window covers x[0,0,4,4]"),
        ("avg_pool2d_backward", "5 kernel 2", "dx[0,0,4,0]", "no window covers x[0,0,4,0]"),
        ("max_pool2d_backward", "5 kernel 2", "dx[0,0,4,4]", "no window covers x[0,0,4,4]"),
        ("conv2d_backward", "1 kernel 3 padding 1", "dweight[0,0,0,0]",
         "in every window weight[0,0,0,0] lies on zeros of the padding"),
        ("max_pool2d_backward", "", "dx[0,0,0,0]", "x[0,0,0,0] is the maximum of no window\n"
         "      the maximum of the window of y[0,0,0,0] is x[0,0,1,1] = 16"),
        ("upsample", "3x3 values negative", "dx[0,0,2,2]",
         "x[0,0,2,2] is the maximum of no window\n"
         "      the maximum of the window of y[0,0,1,1] is a 0 of the padding"),
        ("relu_backward", "", "dx[1]", "because x[1] = −3 < 0"),
        ("hardtanh_backward", "", "dx[0]", "because x[0] = 2 > 1"),
        ("dropout", "", "y[1]", "because mask[1] = 0"),
        ("dropout_backward", "", "dx[1]", "because mask[1] = 0"),
        ("sign_backward", "", "dx[0]", "a small change of x[0] changes no output"),
        ("sign_backward", "", "dx[2]", "a step: there is no derivative at 0"),
    ],
)  # fmt: skip
def test_a_zero_says_why(name: str, size: str, at: str, reason: str) -> None:
    assert said(name, size, at).startswith(reason)


@pytest.mark.parametrize("name", ["conv1d", "max_pool1d", "avg_pool1d", "relu", "dropout", "sign"])
def test_every_zero_without_terms_has_a_reason(name: str) -> None:
    """Of the gradient of each element."""
    size = "5 kernel 2 stride 2" if has_example(name) and slides(demonstration(name)) else "5"
    demo = demonstration(f"{name}_backward", size)
    zeros = [i for i in np.ndindex(demo.results["dx"].shape)
             if demo.element("dx", i).formed == ZERO]  # fmt: skip
    assert zeros
    for index in zeros:
        assert said(f"{name}_backward", size, f"dx[{','.join(map(str, index))}]")


def test_a_zero_with_terms_is_added_up() -> None:
    """4 · 0 is a step of the formula: nothing is said beside it."""
    demo = demonstration("conv2d_backward", "5x5 kernel 2 stride 2")
    lines = lines_of(["conv2d_backward"], Look(), "5x5 kernel 2 stride 2", at="dx[0,0,0,0]")
    assert demo.element("dx", (0, 0, 0, 0)).formed != ZERO
    assert "no window covers" not in "\n".join(lines)


@pytest.mark.parametrize(
    ("ties", "reason"),
    [("", "of its equal maxima x[0,0,0,0] is the first"), ("ties all", "is one of its maxima")],
)
def test_equal_maxima_are_said(ties: str, reason: str) -> None:
    text = " ".join(lines_of(["max_pool2d_backward"], Look(), f"2x2 kernel 2 values equal {ties}"))
    assert reason in " ".join(text.split())
    assert reason not in " ".join(" ".join(lines_of(["max_pool2d_backward"], Look())).split())

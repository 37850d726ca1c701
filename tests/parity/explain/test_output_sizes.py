"""The size of an output, by the formula and its numbers."""

from __future__ import annotations

import pytest

from parity.explain.output_sizes import FORMULA, arithmetic, axes, cut
from parity.explain.page_of import Look, lines_of
from parity.explain.setting_up import demonstration

SIZES = (
    ("conv1d", "7 kernel 3 stride 2 padding 1"), ("conv2d", "5x7 kernel 2x3 stride 2x1"),
    ("conv2d", "5x6 kernel 2 padding same"), ("conv2d", "4x5 kernel 3 padding full stride 2"),
    ("conv2d", "6x7 kernel 2 dilation 3 padding 2"), ("conv3d", "3x3x4 kernel 2"),
    ("max_pool2d", "5x6 kernel 2"), ("max_pool2d", "5x6 kernel 2 ceil_mode yes"),
    ("max_pool1d", "4 kernel 2 stride 3 padding 1 ceil_mode yes"),
    ("max_pool2d_with_indices", "5x6 kernel 2"),
    ("avg_pool2d", "5x6 kernel 3 stride 2 padding 1"), ("max_pool1d", "7 kernel 2 dilation 2"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "size"), SIZES)
def test_the_arithmetic_gives_the_output(name: str, size: str) -> None:
    """Each axis: what Python makes of the numbers that are shown is the shape of y."""
    demo = demonstration(name, size)
    for axis, n in zip(axes(demo), demo.results["y"].shape[2:], strict=True):
        shown, _, result = arithmetic(axis).partition(" = ")
        up = shown.startswith("⌈")
        inner = shown.strip("⌊⌈")[: -len("⌋ + 1")].replace("·", "*").replace("−", "-")
        top, _, stride = inner.rpartition("/")
        windows = (-(-eval(top) // int(stride)) if up else eval(top) // int(stride)) + 1
        assert windows - cut(axis) == n == axis.output
        assert result.endswith(f"= {windows}")


def test_padding_is_counted_on_both_sides() -> None:
    """padding 1 is 1 + 1; an odd zero of "same" stands behind."""
    text = "\n".join(lines_of(["output-size"], Look()))
    assert "⌊(5 + 1 + 1 − 1·(3 − 1) − 1)/2⌋ + 1 = ⌊4/2⌋ + 1 = 3" in text
    assert "padding 1 puts one on each" in " ".join(text.split())
    assert FORMULA in text
    (axis, _) = axes(demonstration("conv2d", "5x5 kernel 2 padding same"))
    assert (axis.before, axis.after) == (0, 1)


@pytest.mark.parametrize("name", ["conv_output_size", "pool_output_size", "conv2d", "max_pool2d"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_formula_speaks_of_padding_alone(name: str, lang: str) -> None:
    """Both sides are named, or p counts twice, wherever the formula stands."""
    text = " ".join(" ".join(lines_of([name], Look(lang))).split())
    assert "+ padding −" not in text
    assert any(both in text for both in ("before + after", "2·padding", "+ 2p"))


def test_a_window_behind_the_input_is_left_out() -> None:
    """ceil_mode counts it, the output has not; and it is said."""
    size = "4 kernel 2 stride 3 padding 1 ceil_mode yes"
    assert [cut(axis) for axis in axes(demonstration("max_pool1d", size))] == [True]
    assert "less the last window" in "\n".join(lines_of(["max_pool1d"], Look(), size))
    assert "less the last window" not in "\n".join(lines_of(["max_pool1d"], Look()))

"""The formulas in symbols are those that the documents print."""

from __future__ import annotations

import pytest

from parity.documents.printed import d2_convolution as printed
from parity.explain.page_of import Look, lines_of
from parity.explain.symbols_written import LOWERED


def formulas(name: str, size: str = "", at: str = "") -> dict[str, str]:
    """Each formula by its left side, on one line."""
    lines = lines_of([name], Look(width=400), size, symbols=True, at=at)
    sides = (line.strip().partition(" = ") for line in lines if line.startswith("  "))
    return {left: right for left, _, right in sides if right}


def as_written(text: str) -> str:
    """A formula of the transcription as it stands on the slide."""
    return " ".join(text.replace("*", "").replace("dZ", "DZ").split()).translate(LOWERED)


def test_d2s_convolution() -> None:
    """4×4 ⊗ 3×3: Z₁₁, Z₁₂, Z₂₁, Z₂₂ letter for letter (D2.23)."""
    found = formulas("conv2d", "4x4 kernel 3x3")
    for name in ("Z11", "Z12", "Z21", "Z22"):
        assert found[name.translate(LOWERED)] == as_written(getattr(printed, name))


def test_d2s_gradients() -> None:
    """dL/dW₁₁, dL/dW₁₂, dL/dW₂₂ (D2.24), db (D2.27)."""
    found = formulas("conv2d_backward", "4x4 kernel 3x3")
    for (i, j), text in printed.DW_TERMS.items():
        assert found[f"DW{i}{j}".translate(LOWERED)] == as_written(text)
    assert found["Db"] == as_written(printed.DB)


def test_a_wrong_formula_is_seen() -> None:
    """Z₁₁ is not Z₁₂, nor is it what another kernel size gives."""
    assert formulas("conv2d")["Z₁₁"] != as_written(printed.Z12)
    assert formulas("conv2d", "4x4 kernel 2x2")["Z₁₁"] != as_written(printed.Z11)


@pytest.mark.parametrize(
    ("name", "size", "element", "formula"),
    [
        ("max_pool2d", "2x3 kernel 2 stride 1", "y₂", "max(x₁₂, x₁₃, x₂₂, x₂₃)"),
        ("relu_backward", "5", "dx₁", "dy₁"),
        ("softmax", "2", "y₁", "e^(x₁ − x₂) / (e^(x₁ − x₂) + e^(x₂ − x₂))"),
        ("avg_pool2d", "2x2 kernel 2", "y", "(x₁₁ + x₁₂ + x₂₁ + x₂₂) / 4"),
        ("conv2d", "2x2 kernel 2 channels 2", "Z", "A₁₁₁W₁₁₁ + A₁₁₂W₁₁₂ + A₁₂₁W₁₂₁ + A₁₂₂W₁₂₂ + "
         "A₂₁₁W₂₁₁ + A₂₁₂W₂₁₂ + A₂₂₁W₂₂₁ + A₂₂₂W₂₂₂ + b"),
    ],
)  # fmt: skip
def test_other_functions(name: str, size: str, element: str, formula: str) -> None:
    assert formulas(name, size)[element] == formula


def test_one_element() -> None:
    """`--at` leaves the others out."""
    found = formulas("conv2d_backward", "4x4 kernel 3x3", "dx[0,0,1,1]")
    assert [name for name in found if name.startswith("D") and "x" not in found[name]] == ["DA₂₂"]

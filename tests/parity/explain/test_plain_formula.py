"""Every formula of the ledger is readable without LaTeX."""

from __future__ import annotations

import pytest

from parity.documents.ledger import ledger
from parity.explain.plain_formula import FormulaError, plain

FORMULAS = [
    (row.id, latex) for row in ledger().values() for latex in (row.formula, row.correction) if latex
]


@pytest.mark.parametrize(("id", "latex"), FORMULAS)
def test_nothing_of_latex_is_left(id: str, latex: str) -> None:
    text = "\n".join(plain(latex))
    assert text, id
    assert not set(text) & {"\\", "&"}, text


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{a + b}{c}", "(a + b)/c"),
        (r"x_{ij}^2 - y_{i+1}", "xᵢⱼ² − yᵢ₊₁"),
        (r"W_{CNN}", "W_(CNN)"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "[1 2; 3 4]"),
        (r"\begin{cases}1, & x > 0\\0\end{cases}", "{1, x > 0; 0}"),
        (r"\text{ReLU of }x", "ReLU of x"),
        (r"\partial L / \partial w", "∂L / ∂w"),
    ],
)
def test_pieces(latex: str, text: str) -> None:
    assert plain(latex) == [text]


def test_an_unknown_command_is_refused() -> None:
    with pytest.raises(FormulaError, match=r"\\heartsuit has no plain form"):
        plain(r"\heartsuit")

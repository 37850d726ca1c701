"""The correct form of a tensor and where it is printed: what a grader keeps back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from inspect import getdoc

import refimpl
from parity.cases.functions import FUNCTIONS

END = re.compile(r"(Shapes|Source|Raises): ")


def answer_of(function: str, tensors: Sequence[str], documents: Sequence[str] = ()) -> str:
    """The formula as refimpl's docstring has it, for these tensors, and the statements.

    documents: ids of the ledger; those of the function itself where there are none.

    >>> answer_of("relu", ["dx"], ["D2.19"])
    '∂L/∂x = dy where x > 0, 0 where x < 0, at_zero · dy where x = 0 (D2.19)'
    """
    known = FUNCTIONS[function]
    backward = any(tensor != "y" for tensor in tensors)
    lines = formula_lines(known.backward_name if backward else known.name)
    wanted = [f"∂L/∂{tensor[1:]}" for tensor in tensors] if backward else []
    named = [line for line in lines if any(line.startswith(start) for start in wanted)]
    where = ", ".join(documents or known.documents)
    formula = "; ".join(named or lines)
    return f"{formula} ({where})" if where else formula


def formula_lines(function: str) -> list[str]:
    """The formulas in the docstring of a function of refimpl, one a line.

    >>> formula_lines("linear_backward")[1:2]
    ['∂L/∂weight[k,j] = Σ_n dy[n,k] · x[n,j]']
    """
    summary, _, rest = (getdoc(getattr(refimpl, function)) or "").partition("\n\n")
    block = re.sub(r"\n\s*where", " where", rest.partition("\n\n")[0])
    block = re.sub(r",\n\s*", ", ", block)
    lines = [re.sub(r" {2,}", " ", line.strip()) for line in block.splitlines() if line.strip()]
    if not lines or any(END.match(line) for line in lines):
        return [summary.strip()]
    return lines

"""Evidence on D2's softmax and cross-entropy."""

from __future__ import annotations

import numpy as np
import sympy

import refimpl
from parity.arithmetic import sides
from parity.bounds import forward_bound
from parity.documents.evidence import SYMPY, TORCH, Evidence, evidence
from parity.documents.judges import rationals, value
from parity.documents.printed import d2_softmax as printed


@evidence("D2.8")
def softmax(evidence: Evidence) -> None:
    """The formula, and the printed values for z = 1, 2, 4."""
    z = np.array([1.0, 2.0, 4.0])
    exact = printed.softmax(rationals(z))
    limit = forward_bound("softmax", {"x": z}, {}, sides("float64")).limit
    evidence.printed(TORCH, "softmax(1, 2, 4)", value("softmax", {"x": z}), exact, limit)
    evidence.implemented(SYMPY, "softmax", refimpl.softmax(z), exact, limit)
    for digits, number in zip(("0.04201", "0.114195", "0.84379"), exact, strict=True):
        evidence.number(f"{sympy.sstr(number)}", digits, number)

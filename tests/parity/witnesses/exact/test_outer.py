"""dweight of a dense layer for few samples, beside fractions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exact import exact
from problems import check_errors, problem, tensors_of

from parity.cases.case import Array
from parity.witnesses.exact import outer as module
from parity.witnesses.exact.outer import FEW, dweight_of, is_outer
from parity.witnesses.exact.truth import Truth
from parity.witnesses.problem import Problem


def check(asked: Problem) -> list[Truth]:
    """Every element, part by part."""
    right = np.asarray(exact("linear", asked.dy, asked.arrays, {})["dweight"], object)
    floats = tensors_of(asked)["dweight"]
    parts = list(dweight_of(asked))
    for part in parts:
        assert part.decided.all()
        assert part.elements == right.size
        check_errors(part, floats, right, asked.dy.dtype.name)
    assert [int(p) for part in parts for p in part.flat_places()] == list(range(right.size))
    return parts


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("values", ["normal", "wide"])
@pytest.mark.parametrize("samples", range(1, FEW + 1))
def test_errors_are_those_of_fractions(samples: int, values: str, dtype: str) -> None:
    """Of one sample to as many as are few."""
    asked = problem("linear", dtype, values, x=(samples, 7), weight=(5, 7))
    assert is_outer(asked)
    check(asked)


@pytest.mark.parametrize("samples", [2, 3])
def test_where_terms_cancel(samples: int) -> None:
    """To nothing, and to the last bits of both products."""
    a = 1 + 2.0**-52
    x = np.array([[a, a, 3.0], [a, -a, 3.0], [0.0, 2.0**-105, 0.0]])[:samples]
    dy = np.array([[a, 1.0], [-a - 2.0**-51, 1.0], [1.0, 1.0]])[:samples]
    check(Problem("linear", {"x": x, "weight": np.ones((2, 3))}, {}, dy))


def test_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some outputs at a time."""
    monkeypatch.setattr(module, "BLOCK", 14)
    asked = problem("linear", "float64", x=(2, 7), weight=(5, 7), bias=(5,))
    assert len(check(asked)) == 3


def test_what_is_left_to_slices() -> None:
    """More samples, other shapes, numbers near the ends of float64."""
    assert not is_outer(problem("linear", "float64", x=(FEW + 1, 7), weight=(5, 7)))
    assert not is_outer(problem("linear", "float64", x=(7,), weight=(5, 7)))
    assert not is_outer(problem("conv2d", "float64", x=(2, 3, 5, 4), weight=(4, 3, 3, 2)))
    small = problem("linear", "float64", x=(2, 7), weight=(5, 7))
    arrays = {**small.arrays, "x": small.arrays["x"] * 1e-200}
    assert not is_outer(small._replace(arrays=arrays))


def test_a_lost_error_term_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: products that are rounded."""
    right = module.two_product

    def rounded(a: Array, b: Array) -> Any:
        product = right(a, b)
        return product._replace(lo=0 * product.lo)

    monkeypatch.setattr(module, "two_product", rounded)
    with pytest.raises(AssertionError):
        check(problem("linear", "float64", x=(2, 7), weight=(5, 7)))

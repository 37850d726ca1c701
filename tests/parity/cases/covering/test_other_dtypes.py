"""Integers and float16, which no run compares: they give what float64 gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import refimpl
from parity.cases.case import Array, Case, Draw, case_arrays, draw, generator
from parity.cases.covering.every import TABLES, pair_cases
from parity.cases.functions import FUNCTIONS
from parity.judges.block_size import blocks_of

SEED = 7
SOME = 16  # cases of each function
OF_THEIR_OWN = ("mask", "labels", "certainty")  # values that a function asks for
# Sums of so few products of −1, 0 and 1 that float16 holds them.
EXACT = [name for name in TABLES if FUNCTIONS[name].integers in ("sums", "maxima")]


def ternary(function: str) -> Iterator[tuple[Case, dict[str, Array]]]:
    """Generated cases with −1, 0 and 1 in place of their values, in float64."""
    for case in pair_cases(function, SEED)[:SOME]:
        arrays = {
            name: replace(source, values="ties")
            if isinstance(source, Draw) and source.values not in OF_THEIR_OWN
            else source
            for name, source in case.arrays.items()
        }
        changed = replace(case, arrays=arrays)
        yield changed, case_arrays(changed, "float64", SEED)


def in_order(array: Array, dtype: str) -> Array:
    """In another dtype, lying as it lay."""
    return array.astype(dtype, order="K") if array.dtype == np.float64 else array


def tensors(case: Case, arrays: dict[str, Array], dtype: str) -> dict[str, Array]:
    """The value and the gradients, all in this dtype."""
    function = FUNCTIONS[case.function]
    given = {name: in_order(array, dtype) for name, array in arrays.items()}
    if (
        case.function == "cross_entropy"
        and arrays["target"].dtype == np.float64
        and dtype[0] == "i"
    ):
        given["target"] = arrays["target"]  # integers would be classes
    with blocks_of(case.block_bytes):
        y = function.forward(given, case.options)
        dy = draw(Draw(y.shape, "ties", case.dy_layout), "float64", generator(SEED, case.id))
        return function.tensors(in_order(dy, dtype), given, case.options)


def whole(arrays: dict[str, Array]) -> bool:
    return all(np.array_equal(array, np.trunc(array)) for array in arrays.values())


@pytest.mark.parametrize("dtype", ["int64", "int32", "int8"])
@pytest.mark.parametrize("function", TABLES)
def test_integers_give_what_float64_gives(function: str, dtype: str) -> None:
    """The same bits: they are taken for float64 before anything is computed."""
    compared = 0
    for case, arrays in ternary(function):
        if whole(arrays):
            with np.errstate(divide="ignore", invalid="ignore"):  # a divisor may be 0
                right, found = tensors(case, arrays, "float64"), tensors(case, arrays, dtype)
            assert set(found) == set(right)
            for name, array in found.items():
                np.testing.assert_array_equal(array, right[name], strict=True, err_msg=case.id)
            compared += 1
    assert compared > 3


@pytest.mark.parametrize("function", EXACT)
def test_float16_gives_what_float64_gives(function: str) -> None:
    """In its own dtype, where every sum fits it."""
    for case, arrays in ternary(function):
        right, found = tensors(case, arrays, "float64"), tensors(case, arrays, "float16")
        for name, array in found.items():
            if np.max(np.abs(right[name]), initial=0) < 512:
                expected = right[name] if name == "indices" else right[name].astype("float16")
                np.testing.assert_array_equal(array, expected, strict=True, err_msg=case.id)


def test_integers_that_stay_integers_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: a mean that is rounded."""
    right = refimpl.avg_pool2d
    monkeypatch.setattr(
        refimpl, "avg_pool2d", lambda x, *more, **o: right(x, *more, **o).astype(x.dtype)
    )
    with pytest.raises(AssertionError):
        test_integers_give_what_float64_gives("avg_pool2d", "int64")

"""A row for each element: the columns of gradients.csv of one's own data."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.own_data.judged import Side, Tensor
from parity.results.rows import JudgedElement
from parity.results.tensors import argument_of

PART = 20_000  # rows that are text at a time
KEPT = ("refimpl_value", "torch_value", "your_value")  # NaN is a value here, elsewhere nothing


@dataclass(frozen=True)
class OwnElementRow(JudgedElement):
    """One element, and the same one computed elsewhere; documented in reports/README.md."""

    your_value: float | None
    your_ulp: float | None
    your_roundings: float | None
    your_bound: float | None
    your_verdict: str


COLUMNS = tuple(field.name for field in fields(OwnElementRow))


def chosen(tensor: Tensor, most: int | None) -> Array:
    """The places of so many elements, in order: those with the largest error/bound."""
    if most is None or tensor.elements <= most:
        return np.arange(tensor.elements)
    times = np.max([side.times for side in tensor.sides.values()], axis=0)
    return np.sort(np.argsort(-times, kind="stable")[:most])


def columns(case: str, function: str, tensor: Tensor, places: Array) -> dict[str, list[Any]]:
    """The columns of some elements of a tensor."""
    ours, theirs = tensor.sides["refimpl"], tensor.sides["torch"]
    yours = tensor.sides.get("yours")
    same = {
        "case": case,
        "function": function,
        "tensor": tensor.name,
        "argument": argument_of(function, tensor.name),
        "layer": "",
        "dtype": tensor.dtype,
    }
    found = {
        "index": [str(tensor.index(place)) for place in places.tolist()],
        "refimpl_value": _of(ours.values, places),
        "torch_value": _of(theirs.values, places),
        "exact_value": _of(tensor.exact, places),
        "refimpl_ulp": _of(ours.ulp, places),
        "torch_ulp": _of(theirs.ulp, places),
        "refimpl_roundings": _of(ours.roundings, places),
        "torch_roundings": _of(theirs.roundings, places),
        "difference": _of(tensor.difference, places),
        "bound": _of(tensor.bound, places),
        "verdict": tensor.verdicts[places].tolist(),
        **_of_yours(yours, places),
    }
    return {**{name: [value] * len(places) for name, value in same.items()}, **found}


def _of_yours(yours: Side | None, places: Array) -> dict[str, list[Any]]:
    if yours is None:
        nothing = [float("nan")] * len(places)
        empty = dict.fromkeys(("your_value", "your_ulp", "your_roundings", "your_bound"), nothing)
        return {**empty, "your_value": [None] * len(places), "your_verdict": [""] * len(places)}
    return {
        "your_value": _of(yours.values, places),
        "your_ulp": _of(yours.ulp, places),
        "your_roundings": _of(yours.roundings, places),
        "your_bound": _of(yours.bound, places),
        "your_verdict": yours.verdicts[places].tolist(),
    }


def _of(values: Array, places: Array) -> list[Any]:
    found: list[Any] = values[places].astype(np.float64).tolist()
    return found


def csv_parts(
    case: str, function: str, tensors: Sequence[Tensor], most: int | None
) -> Iterator[str]:
    """The table as text, part by part; floats by repr, an empty field for what is not known."""
    yield ",".join(COLUMNS) + "\n"
    for tensor in tensors:
        places = chosen(tensor, most)
        for start in range(0, len(places), PART):
            part = columns(case, function, tensor, places[start : start + PART])
            yield _text([_known(name, part[name]) for name in COLUMNS])


def _known(name: str, values: list[Any]) -> list[Any]:
    if name in KEPT:
        return values
    return [None if isinstance(v, float) and v != v else v for v in values]


def _text(table: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(zip(*table, strict=True))
    return text.getvalue()

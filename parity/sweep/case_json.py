"""A case as JSON: all that is needed to run it again, wherever it came from."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from parity.cases.case import Case, Classes, Draw, Probabilities, Source
from parity.cases.expected import Expected

KINDS: dict[str, type[Draw | Classes | Probabilities]] = {
    kind.__name__: kind for kind in (Draw, Classes, Probabilities)
}


def to_json(case: Case, dtype: str, seed: int) -> str:
    """Everything that `check_case` needs.

    >>> to_json(Case("relu", "3/5", {"x": Draw((2,))}), "float32", 3)
    '{"function": "relu", "name": "3/5", "dtype": "float32", "seed": 3, "arrays": {"x":
    {"kind": "Draw", "shape": [2], "values": "normal", "layout": "contiguous"}}, "options": {},
    "upstream": "normal", "upstream_layout": "contiguous"}'
    """
    arrays = {
        name: {"kind": type(source).__name__, **vars(source)}
        for name, source in case.arrays.items()
    }
    described: dict[str, Any] = {
        "function": case.function,
        "name": case.name,
        "dtype": dtype,
        "seed": seed,
    }
    described |= {"arrays": arrays, "options": case.options}
    described |= {"upstream": case.upstream, "upstream_layout": case.dy_layout}
    expected = [vars(one) for one in case.expected]
    return json.dumps({**described, **({"expect": expected} if expected else {})})


def from_json(text: str) -> tuple[Case, str, int]:
    """The case, its dtype and its seed."""
    given = json.loads(text)
    arrays = {name: _source(dict(source)) for name, source in given["arrays"].items()}
    options = {name: _tuples(value) for name, value in given["options"].items()}
    dtype = given["dtype"]
    case = Case(
        given["function"],
        given["name"],
        arrays,
        options,
        given["upstream"],
        dtypes=(dtype,),
        upstream_layout=given.get("upstream_layout", "contiguous"),  # older stores have none
    )
    if "expect" in given:
        several = given["expect"] if isinstance(given["expect"], list) else [given["expect"]]
        expected = tuple(map(_expected, several))
        case = replace(case, expect=expected if len(expected) > 1 else expected[0])
    return case, dtype, given["seed"]


def _expected(given: dict[str, Any]) -> Expected:
    return Expected(**{name: _tuples(value) for name, value in given.items()})


def _source(given: dict[str, Any]) -> Source:
    kind = KINDS[given.pop("kind")]
    return kind(**{name: _tuples(value) for name, value in given.items()})


def _tuples(value: Any) -> Any:
    """JSON has lists where options and shapes have tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value

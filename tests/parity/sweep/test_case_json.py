"""A case written down and read again is the same case."""

from __future__ import annotations

import json
from dataclasses import replace

from parity.cases.case import Draw
from parity.cases.catalogue import GOOD
from parity.cases.random_cases import Selection, case_at
from parity.results.settings import Settings
from parity.sweep.batch import rows_of
from parity.sweep.case_json import from_json, to_json


def test_read_again_it_is_the_same() -> None:
    """Of every function: arrays, options with tuples and pairs, dtype and seed."""
    for number in range(400):
        case, dtype = case_at(Selection(8), number)
        assert from_json(to_json(case, dtype, 8)) == (case, dtype, 8)


def test_judged_again_it_finds_the_same() -> None:
    """The numbers are drawn from what is written."""
    case, dtype = case_at(Selection(8, ("conv2d",)), 4)
    again, dtype_again, seed = from_json(to_json(case, dtype, 8))
    settings = Settings(seed=8)
    assert rows_of(again, dtype_again, Settings(seed=seed)) == rows_of(case, dtype, settings)
    text = json.loads(to_json(case, dtype, 8))
    other, _, _ = from_json(json.dumps({**text, "name": "random 5"}))
    assert rows_of(other, dtype, settings) != rows_of(case, dtype, settings)


def test_an_expectation_is_written_down() -> None:
    """Of every case that has one: tensor, places, values and reason."""
    for case in GOOD:
        if case.expect:
            written = replace(case, arrays={"x": Draw((2,))}, dtypes=("float32",), documents=())
            written = replace(written, upstream_layout="contiguous")
            again, _, _ = from_json(to_json(written, "float32", 8))
            assert str(again) == str(written)  # NaN is not itself

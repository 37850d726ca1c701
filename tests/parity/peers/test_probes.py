"""Every answer of a probe is recognised, and none that is slightly something else."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from parity.cases.functions import FUNCTIONS
from parity.peers.chosen_cases import EVERY, EXTRA
from parity.peers.group_verdicts import of_probe
from parity.peers.peer_line import Answer, options_of
from parity.peers.probe import ADDED_WELL, Bitwise, LongSum, Probe
from parity.peers.probes.every import probes
from parity.peers.probes.topics import TOPICS

PROBES = probes()
REFIMPL = [probe for probe in PROBES if probe.function not in EXTRA and probe.every_option]


def test_each_has_a_name_of_its_own_and_a_topic() -> None:
    """Rows are told apart by them."""
    assert len({probe.id for probe in PROBES}) == len(PROBES)
    assert {probe.topic for probe in PROBES} == set(TOPICS)
    assert {probe.function for probe in PROBES} <= set(EVERY)


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.id)
def test_every_answer_is_recognised(probe: Probe) -> None:
    """As itself: two answers never have the same numbers."""
    for name, tensors in probe.answers.items():
        assert probe.recognised(tensors) == name
    usual = next(iter(probe.answers))
    for name, tensors in probe.answers.items():
        said = of_probe(probe, Answer(tensors))
        if isinstance(probe, LongSum):
            assert said.verdict == "within"
        elif probe.choice:
            assert (said.verdict, said.convention) == ("convention", name)
        else:
            assert (said.verdict == "differs") == (name != usual)
            assert said.convention == name


@pytest.mark.parametrize(
    "probe", [p for p in PROBES if not isinstance(p, LongSum)], ids=lambda probe: probe.id
)
def test_another_number_is_none_of_them(probe: Probe) -> None:
    """A largest element that is 0.1 % larger; a shape that is another."""
    tensors = dict(next(iter(probe.answers.values())))
    name = probe.tensors[0]
    array = np.array(tensors[name], np.float64)
    size = np.where(np.isfinite(array), np.abs(array), -1.0)
    place = int(np.argmax(size))
    array.flat[place] = 1.001 * array.flat[place] if size.flat[place] > 0 else 7.5
    said = of_probe(probe, Answer({**tensors, name: array}))
    assert (said.verdict, said.convention) == ("differs", "")
    assert said.said.startswith("none of the known answers: ")
    said = of_probe(probe, Answer({**tensors, name: np.repeat(array.reshape(-1), 2)}))
    assert said.verdict == "differs"


def test_the_last_digit_counts_where_rounding_is_asked() -> None:
    """Quotients and integers one ULP off are no answer."""
    for probe in PROBES:
        if isinstance(probe, Bitwise):
            tensors = dict(next(iter(probe.answers.values())))
            name = probe.tensors[0]
            array = np.asarray(tensors[name], np.float32)
            off = {**tensors, name: np.nextafter(array, np.float32(np.inf))}
            said = of_probe(probe, Answer(off))
            assert said.verdict == "differs"
            assert ", off by up to " in said.said


def test_a_long_sum_says_how_much_is_lost() -> None:
    """Added one after the other in float32."""
    probe = next(p for p in PROBES if isinstance(p, LongSum) and p.function == "sum")
    serial = np.cumsum(np.asarray(probe.problem.arrays["x"], np.float32), dtype=np.float32)[-1]
    said = of_probe(probe, Answer({"y": np.asarray(serial)}))
    assert (said.verdict, said.convention) == ("within", "9.6e-03 of it is lost")
    assert said.roundings is not None
    assert 160_000 < said.roundings < 162_000
    assert of_probe(probe, Answer({"y": 0.9 * serial})).verdict == "differs"
    assert of_probe(probe, Answer({"y": np.asarray(np.nan)})).verdict == "differs"
    exact = {"y": np.asarray(np.float32(probe.answers[ADDED_WELL]["y"]))}
    assert of_probe(probe, Answer(exact)).convention == ADDED_WELL


@pytest.mark.parametrize("probe", REFIMPL, ids=lambda probe: probe.id)
def test_the_first_answer_is_refimpls(probe: Probe) -> None:
    """Where refimpl has the options; it is what others are told from."""
    if str(probe.options.get("padding", "")).startswith("same") and "pool" in probe.function:
        pytest.skip("refimpl's poolings have no padding by name")
    wide = probe.problem
    row = FUNCTIONS[probe.function]
    options = {**options_of(probe.function), **wide.options}
    arrays = {n: np.asarray(a, np.float64) if a.dtype.kind == "f" else a
              for n, a in wide.arrays.items()}  # fmt: skip
    dy = wide.dy.astype(np.float64)
    found = row.tensors(dy, arrays, options)
    if probe.topic == "division":
        found = {"y": row.forward(wide.arrays, options)}
    first = next(iter(probe.answers))
    if isinstance(probe, Bitwise | LongSum):
        assert probe.recognised(found) == first
        return
    usual = probe.recognised(found)
    theirs = ("NaN: gradient",)  # refimpl sends it to another NaN than torch, or as torch
    assert usual == first or probe.group in theirs


def test_answers_differ_by_more_than_rounding() -> None:
    """No two answers of a probe are near each other where that would count."""
    for probe in PROBES:
        for one, other in combinations(probe.answers.values(), 2):
            assert any(
                np.shape(one[t]) != np.shape(other[t])
                or not np.array_equal(one[t], other[t], equal_nan=True)
                for t in one
                if t in other
            ), probe.id

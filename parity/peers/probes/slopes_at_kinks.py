"""Which derivative a function has where it has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from parity.peers.probe import Probe
from parity.peers.probes.topics import KINKS, numbers


def _kink(
    function: str,
    name: str,
    at: float,
    slopes: Mapping[str, float],
    right: float,
    options: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Probe:
    """The derivative at a kink, beside a number on its right whose slope is known."""
    answers = {f"{name} is {s}": {"dx": numbers(2 * v, 3 * right)} for s, v in slopes.items()}
    arrays = {"x": numbers(at, at + 0.5), **(more or {})}
    return Probe(function, KINKS, name, arrays, options or {}, [2.0, 3.0], answers)


def kinks() -> Iterator[Probe]:
    usual = {"0": 0.0, "½": 0.5, "1": 1.0}
    yield _kink("relu", "the derivative at 0", 0.0, usual, 1.0)
    slope = {"the slope": 0.25, "1": 1.0, "the mean of both": 0.625, "0": 0.0, "both": 1.25}
    leaky = {"negative_slope": 0.25}
    yield _kink("leaky_relu", "the derivative at 0", 0.0, slope, 1.0, leaky)
    more = {"weight": numbers(0.25)}
    yield _kink("prelu", "the derivative at 0", 0.0, slope, 1.0, more=more)
    yield _kink("hardtanh", "the derivative at −1", -1.0, usual, 1.0)
    yield _kink("absolute", "the derivative at 0", 0.0, {**usual, "−1": -1.0}, 1.0)
    elu = {"alpha": 0.5, "1": 1.0, "the mean of both": 0.75, "0": 0.0, "both": 1.5}
    at_zero = {n: v if isinstance(v, float) else 0.0 for n, v in elu.items()}
    yield _kink("elu", "the derivative at 0", 0.0, at_zero, 1.0, {"alpha": 0.5})
    smooth = {"1": 1.0, "0": 0.0, "2": 2.0}
    plain = _kink("elu", "the derivative at 0", 0.0, smooth, 1.0, {"alpha": 1.0})
    yield replace(plain, name="the derivative at 0, where there is no kink", choice=False)
    sixth = {"0": 0.0, "1/12": 1 / 12, "1/6": 1 / 6}
    yield _kink("hardsigmoid", "the derivative at −3", -3.0, sixth, 1 / 6)

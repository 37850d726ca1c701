"""Initial weights: the same seed draws the same, from the distributions that are promised."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

import refimpl
from parity.cases.case import Array, Shape, generator
from parity.cases.network_case import NetworkCase
from parity.results.settings import Settings
from parity.witnesses.properties.apart import apart
from refimpl import Network

GAIN = 4.0
DRAWN = (40, 25, 2, 3)  # a convolution's weights: 40 maps from 25, fan-in 150, fan-out 240
DEVIATIONS = 6  # of a mean of 6000 numbers: exceeded with probability 2·10⁻⁹


LIKE_UNIFORM, LIKE_NORMAL = 9 / 5, 3.0  # kurtosis


def initial_weights(case: NetworkCase, dtype: str, settings: Settings) -> Iterator[str]:
    """The network is drawn twice; both distributions are held against their moments."""
    one, another = (_weights(case.network(dtype, settings.seed)) for _ in range(2))
    yield from apart(f"{case.name} drawn again from its seed", another, one)
    limit = uniform_limit(DRAWN, GAIN)
    drawn = refimpl.uniform(generator(settings.seed, case.name, "uniform"), DRAWN, GAIN)
    yield from _shaped("uniform", drawn, limit / np.sqrt(3), LIKE_UNIFORM)
    largest = float(np.abs(drawn).max())
    if not 0.99 * limit < largest <= limit:
        yield f"uniform: the largest of {drawn.size} is {largest:.4g}, limit {limit:.4g}"
    for what, terms, options in (("", 150, {}), (" by fan_out", 240, {"fan": "out"})):
        drawn = refimpl.he_normal(generator(settings.seed, case.name, "normal"), DRAWN, **options)
        yield from _shaped(f"he_normal{what}", drawn, np.sqrt(2 / terms), LIKE_NORMAL)


def uniform_limit(shape: Shape, gain: float) -> float:
    """Glorot's: gain·√(6/(fan_in + fan_out)).

    >>> uniform_limit((2, 4), 1)
    1.0
    """
    return float(gain * np.sqrt(6 / ((shape[0] + shape[1]) * prod(shape[2:]))))


def _shaped(what: str, drawn: Array, deviation: float, kurtosis: float) -> Iterator[str]:
    if drawn.shape != DRAWN:
        yield f"{what}: shape {drawn.shape}, not {DRAWN}"
        return
    yield from moments(what, drawn, deviation, kurtosis)


def moments(what: str, drawn: Array, deviation: float, kurtosis: float) -> Iterator[str]:
    """Mean and standard deviation; the kurtosis tells how far the latter may be off."""
    step = DEVIATIONS / np.sqrt(drawn.size)
    mean, spread = float(drawn.mean()), float(drawn.std())
    if abs(mean) > step * deviation:
        yield f"{what}: mean {mean:.3g}, not 0"
    if abs((spread / deviation) ** 2 - 1) > step * np.sqrt(kurtosis - 1):
        yield f"{what}: standard deviation {spread:.4g}, not {deviation:.4g}"


def _weights(network: Network) -> dict[str, Array]:
    return {
        f"{name} {key}": p
        for name, layer in network.layers.items()
        for key, p in (*layer.parameters.items(), *layer.constants.items())
    }

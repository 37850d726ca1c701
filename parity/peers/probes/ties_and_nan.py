"""What maxima do with equal numbers and with NaN; what other functions do with NaN."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, nan

import numpy as np

from parity.candidates.conventions import tied, tied_gradients
from parity.peers.probe import Probe
from parity.peers.probes.topics import LOWEST, NOT_A_NUMBER, TIES, numbers

KEPT = "a NaN in the window comes out"


def ties() -> Iterator[Probe]:
    for n in (2, 3, 1):
        asked = tied(f"max_pool{n}d", {"kernel_size": 2, "stride": 2})
        answers = {
            said.removesuffix(", as in torch"): {"dx": dx}
            for said, dx in tied_gradients(asked).items()
        }
        x = asked.arrays["x"]
        yield Probe(
            asked.function, TIES, "equal maxima", {"x": x}, asked.options, asked.dy, answers
        )
    x, other = numbers(3, -1, 2), numbers(3, -4, 5)
    shares = {
        "the two share dy": (1, 1),
        "the first argument gets dy": (2, 0),
        "the second argument gets dy": (0, 2),
        "both get dy": (2, 2),
        "neither gets dy": (0, 0),
    }
    answers = {
        said: {"dx": numbers(a, 3, 0), "dother": numbers(b, 0, 5)}
        for said, (a, b) in shares.items()
    }
    arrays = {"x": x, "other": other}
    yield Probe("maximum", TIES, "two equal numbers", arrays, {}, numbers(2, 3, 5), answers)


# Windows of 2×2 in reading order, and what a comparison that NaN fails makes of them.
WINDOWS = ((1.0, nan, 2.0, nan), (nan, 1.0, 2.0, 3.0), (3.0, nan, 1.0, 2.0), (nan,) * 4)
OF_WINDOWS = {
    KEPT: (nan, nan, nan, nan),
    "a NaN is passed over": (2.0, 3.0, 3.0, -inf),
    "a NaN is passed over; of NaN alone the lowest number comes out": (2.0, 3.0, 3.0, LOWEST),
    "a NaN is passed over; of NaN alone NaN comes out": (2.0, 3.0, 3.0, nan),
    "a NaN comes out where it stands first (x > m ? x : m)": (2.0, nan, 3.0, nan),
    "what follows a NaN replaces it (m > x ? m : x)": (nan, 3.0, 2.0, nan),
}


def not_a_number() -> Iterator[Probe]:
    rows = np.array(WINDOWS).reshape(4, 2, 2).transpose(1, 0, 2).reshape(2, 8)
    options = {"kernel_size": 2, "stride": 2}
    for maps in (1, 16):
        x = np.broadcast_to(rows, (1, maps, 2, 8))
        answers = {
            said: {"y": np.broadcast_to(numbers(*y), (1, maps, 1, 4))}
            for said, y in OF_WINDOWS.items()
        }
        name = "values" if maps == 1 else "values of 16 maps"
        dy = np.ones((1, maps, 1, 4))
        yield Probe("max_pool2d", NOT_A_NUMBER, name, {"x": x}, options, dy, answers)
    to = {
        "the last NaN gets dy": 3,
        "the first NaN gets dy": 1,
        "the largest number gets dy": 0,
        "the largest number behind the last NaN gets dy": 4,
    }
    given = {said: {"dx": 3.0 * np.eye(5)[place][None, None]} for said, place in to.items()}
    given |= {
        "no element gets dy": {"dx": np.zeros((1, 1, 5))},
        "the gradient is NaN": {"dx": np.full((1, 1, 5), nan)},
    }
    yield Probe(
        "max_pool1d",
        NOT_A_NUMBER,
        "gradient",
        {"x": numbers(5, nan, 2, nan, 1).reshape(1, 1, 5)},
        {"kernel_size": 5},
        [[[3.0]]],
        given,
    )
    for function in ("relu", "sigmoid", "leaky_relu"):
        out = {"NaN stays NaN": {"y": numbers(nan, 0.5)}, "NaN becomes 0": {"y": numbers(0, 0.5)}}
        if function == "sigmoid":
            out["NaN becomes 1"] = {"y": numbers(1, 0.5)}
        x = numbers(nan, 0.0 if function == "sigmoid" else 0.5)
        yield Probe(function, NOT_A_NUMBER, "value", {"x": x}, {}, [2.0, 3.0], out)
    yield _ignored()


def _ignored() -> Probe:
    """A sample of NaN whose class is ignored, beside one that counts."""
    logits = np.array([[nan, nan, nan], [0.5, -1.0, 2.0]])
    p = np.exp(logits[1]) / np.exp(logits[1]).sum()
    counts = 3 * (p - numbers(1, 0, 0))
    rows = {"its gradient is 0": numbers(0, 0, 0), "its gradient is NaN": numbers(nan, nan, nan)}
    return Probe(
        "cross_entropy",
        NOT_A_NUMBER,
        "an ignored sample of NaN",
        {"logits": logits, "target": [1, 0]},
        {"ignore_index": 1},
        3.0,
        {said: {"dlogits": np.array([row, counts])} for said, row in rows.items()},
        kept={"target": "int64"},
    )

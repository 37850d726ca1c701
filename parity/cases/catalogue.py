"""The catalogue of test cases: good inputs, and bad ones with the whole error text.

One catalogue for the tests, the command line and the benchmark. A case's id, for example
`conv2d[stride(2,1)]`, says which function it calls and what it is there to show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from parity.cases import (
    activations,
    bad,
    convolution,
    correlation,
    dense,
    dropout,
    filters,
    joining,
    linear_models,
    losses,
    pooling,
    sampling,
    weighted_pooling,
)
from parity.cases.case import BadCase, Case


def check_unique(ids: Iterable[str]) -> None:
    """Refuse a catalogue in which two cases have the same id.

    >>> check_unique(["relu[maps]", "tanh[maps]"])
    """
    repeated = sorted(id for id, count in Counter(ids).items() if count > 1)
    if repeated:
        raise ValueError(f"every case needs an id of its own, but {', '.join(repeated)} repeats")


GOOD: tuple[Case, ...] = (
    convolution.CASES
    + filters.CASES
    + correlation.CASES
    + pooling.CASES
    + weighted_pooling.CASES
    + sampling.CASES
    + dense.CASES
    + joining.CASES
    + activations.CASES
    + dropout.CASES
    + losses.CASES
    + linear_models.CASES
)
BAD: tuple[BadCase, ...] = bad.CASES

check_unique(case.id for case in GOOD)
check_unique(case.id for case in BAD)

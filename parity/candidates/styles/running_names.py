"""What a batch normalisation keeps for later: by which names its running statistics go."""

from __future__ import annotations

import re
from collections.abc import Iterable

KEPT = r"(running|run|moving|mov|ema|global|pop(ulation)?|r)"
MEAN = re.compile(rf"{KEPT}_?(mean|mu|avg|average)s?|(mean|mu)_?{KEPT}|rm", re.IGNORECASE)
VARIANCE = re.compile(
    rf"{KEPT}_?(var|variance|sigma2|sigma_?sq)s?|(var|variance)_?{KEPT}|rv", re.IGNORECASE
)


def running_names(names: Iterable[str]) -> tuple[str, str]:
    """Which of an object's arrays are its running mean and variance; "" where none is.

    >>> running_names(["gamma", "running_mean", "running_var"])
    ('running_mean', 'running_var')
    >>> running_names(["bn.running_mean", "bn.running_var"]), running_names(["mean", "var"])
    (('bn.running_mean', 'bn.running_var'), ('', ''))
    >>> running_names(["moving_mean", "movingVariance"])
    ('moving_mean', 'movingVariance')
    """
    known = {name: name.rpartition(".")[2].rpartition("[")[2].strip("]'\"_") for name in names}
    found = (
        next((name for name, last in known.items() if pattern.fullmatch(last)), "")
        for pattern in (MEAN, VARIANCE)
    )
    mean, variance = found
    return mean, variance

"""How tests ask a case for one property."""

from __future__ import annotations

import numpy as np

from parity.results.settings import Settings
from parity.suite.task import CASES
from parity.witnesses.properties.check import Property, asked
from parity.witnesses.properties.situation import situation


def faults(name: Property, case: str, dtype: str = "float64", seed: int = 20261120) -> list[str]:
    """What a case lacks of a property."""
    settings = Settings(seed=seed)
    given = situation(CASES[case], dtype, seed, settings.sides(dtype))
    with np.errstate(all="ignore"):
        return list(asked(name, given))

"""How much can be judged at once: exact values take time and memory."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from parity.cases.functions import FUNCTIONS
from parity.own_data.errors import OwnDataError
from parity.witnesses.pieces import cost
from parity.witnesses.problem import Problem

if TYPE_CHECKING:
    from parity.own_data.question import Question

NUMBERS = 5_000_000  # of the arguments and y: a hundred bytes each
PRODUCTS = 20_000_000_000  # multiply-adds of a forward: a quarter of an hour
ON_BALLS = 1_000_000  # numbers of a function whose exact values are balls: a minute, a gigabyte


def check_size(asked: Question) -> None:
    """Refuse what would take hours, or all memory. Raises: OwnDataError."""
    given = sum(array.size for array in asked.arrays.values())
    most = ON_BALLS if FUNCTIONS[asked.function].elementary else NUMBERS
    if given > most:
        raise _too_large(asked, f"{given} numbers, at most {most}")
    shape = asked.y_shape
    dy = np.broadcast_to(np.zeros(()), shape)
    products = cost(Problem(asked.function, asked.arrays, asked.options, dy))
    if prod(shape) + given > most:
        raise _too_large(asked, f"{prod(shape) + given} numbers with y, at most {most}")
    if products > PRODUCTS:
        raise _too_large(asked, f"{products:.1e} multiply-adds, at most {PRODUCTS:.0e}")


def _too_large(asked: Question, what: str) -> OwnDataError:
    name = next(iter(asked.arrays))
    return OwnDataError(
        f"{asked.function}: {what} are given an exact value each: judge a part, {name}[:8] "
        "for example"
    )

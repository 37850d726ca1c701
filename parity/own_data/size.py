"""How much can be judged at once: exact values take time and memory."""

from __future__ import annotations

from collections.abc import Mapping

from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.own_data.errors import OwnDataError
from parity.witnesses.pieces import cost
from parity.witnesses.problem import Problem

NUMBERS = 5_000_000  # of the arguments and y: a hundred bytes each
PRODUCTS = 20_000_000_000  # multiply-adds of a forward: a quarter of an hour
ON_BALLS = 1_000_000  # numbers of a function whose exact values are balls: a minute, a gigabyte


def check_arguments(function: str, arrays: Mapping[str, Array]) -> None:
    """Refuse more numbers than memory holds exact values of. Raises: OwnDataError."""
    _refuse(function, arrays, _too_many(function, _given(arrays), ""))


def check_problem(problem: Problem) -> None:
    """The same with y, and what would take hours. Raises: OwnDataError."""
    _refuse(problem.function, problem.arrays, too_large(problem))


def too_large(problem: Problem) -> str:
    """Why exact values of a problem would take too long, or more memory than there is; or nothing.

    Only the sizes of its arrays count.
    """
    products = cost(problem)
    if products > PRODUCTS:
        return f"{products:.1e} multiply-adds; exact values are worked out of {PRODUCTS:.0e}"
    return _too_many(problem.function, _given(problem.arrays) + problem.dy.size, " with y")


def _given(arrays: Mapping[str, Array]) -> int:
    return sum(array.size for array in arrays.values())


def _too_many(function: str, count: int, what: str) -> str:
    most = ON_BALLS if FUNCTIONS[function].elementary else NUMBERS
    return f"{count} numbers{what}; exact values are worked out of {most}" if count > most else ""


def _refuse(function: str, arrays: Mapping[str, Array], said: str) -> None:
    if said:
        first = next(iter(arrays))
        raise OwnDataError(f"{function} of {said} at most: judge a part, {first}[:8] for example")

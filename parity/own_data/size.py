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
    _check_numbers(function, arrays, sum(array.size for array in arrays.values()), "")


def check_problem(problem: Problem) -> None:
    """The same with y, and what would take hours. Raises: OwnDataError."""
    given = sum(array.size for array in problem.arrays.values())
    _check_numbers(problem.function, problem.arrays, given + problem.dy.size, " with y")
    products = cost(problem)
    if products > PRODUCTS:
        said = f"{products:.1e} multiply-adds; exact values are worked out of {PRODUCTS:.0e}"
        raise _too_large(problem.function, problem.arrays, said)


def _check_numbers(function: str, arrays: Mapping[str, Array], count: int, what: str) -> None:
    most = ON_BALLS if FUNCTIONS[function].elementary else NUMBERS
    if count > most:
        said = f"{count} numbers{what}; exact values are worked out of {most}"
        raise _too_large(function, arrays, said)


def _too_large(function: str, arrays: Mapping[str, Array], said: str) -> OwnDataError:
    first = next(iter(arrays))
    return OwnDataError(f"{function} of {said} at most: judge a part, {first}[:8] for example")

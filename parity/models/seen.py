"""What is remembered of an operation, and of what is legal but often a mistake."""

from __future__ import annotations

from dataclasses import dataclass, field

from parity.results.rows import Row


@dataclass(frozen=True)
class Noticed:
    """Something legal that is often a mistake, or is meant so, and where."""

    what: str
    module: str
    line: str
    meant: bool = False  # somebody says so


@dataclass
class Seen:
    """One operation, and what came out about it."""

    number: int
    operation: str  # torch's name
    module: str
    line: str
    times: int = 1  # how often the operation was seen in this module, this time included
    why_not: str = ""  # why it was not understood
    elements: int = 0
    seconds: float = 0.0  # that torch took for it
    made: bool = False  # it makes numbers out of none: there is nothing to judge
    differentiated: bool = False  # its backward was seen
    rows: list[Row] = field(default_factory=list)

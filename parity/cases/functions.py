"""The registry: what is compared, one row a function, from the files of all subjects."""

from __future__ import annotations

from parity.cases.function import Function
from parity.cases.subjects import SUBJECTS

FUNCTIONS: dict[str, Function] = {row.name: row for subject in SUBJECTS for row in subject.ROWS}
FORWARDS = {function.backward_name: function.name for function in FUNCTIONS.values()}

# Under which heading each is listed, headings in the order of the subjects.
GROUPS: dict[str, str] = {
    row.name: row.group or subject.GROUP for subject in SUBJECTS for row in subject.ROWS
}


def in_group(group: str) -> tuple[str, ...]:
    """The functions under a heading.

    >>> in_group("dense")
    ('linear', 'flatten')
    """
    return tuple(name for name, listed in GROUPS.items() if listed == group)


def backward_of(name: str) -> str:
    """What the backward of a function is called."""
    return FUNCTIONS[name].backward_name if name in FUNCTIONS else f"{name}_backward"


def forward_of(name: str) -> str:
    """The function that a forward or a backward belongs to.

    >>> forward_of("upsample"), forward_of("relu_backward"), forward_of("relu")
    ('downsample', 'relu', 'relu')
    """
    return FORWARDS.get(name, name.removesuffix("_backward"))

"""The ids of the page's headings: what links end with."""

from __future__ import annotations


def of_function(name: str) -> str:
    """A function's, forward or backward.

    >>> of_function("conv2d_backward")
    'conv2d-backward'
    """
    return name.replace("_", "-")


def of_file(subject: str) -> str:
    """What the functions of a file of refimpl share."""
    return f"file-{subject.replace('_', '-')}"


def of_definition(subject: str) -> str:
    """The plain definitions of a file's functions."""
    return f"definition-{subject.replace('_', '-')}"


def of_statement(row: str) -> str:
    """A statement's of the ledger: its id, D1.23."""
    return row


def of_mistake(name: str) -> str:
    """A known mistake's; names of controls too."""
    return f"mistake-{name}"


def of_network(name: str) -> str:
    """A network's."""
    return f"network-{name.replace('_', '-')}"

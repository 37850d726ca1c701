"""The ids of the page's headings: what links end with."""

from __future__ import annotations


def of_function(name: str) -> str:
    """A function's, forward or backward.

    >>> of_function("conv2d_backward")
    'conv2d-backward'
    """
    return name.replace("_", "-")


def of_closeness(name: str) -> str:
    """Where it says which side is closer to the truth in a function."""
    return f"closer-{of_function(name)}"


def of_group(title: str) -> str:
    """The functions under a heading.

    >>> of_group("softmax and losses")
    'functions-softmax-and-losses'
    """
    return f"functions-{title.replace(' ', '-')}"


def of_heading(document: str, number: int) -> str:
    """A heading of a document, counted from 1.

    >>> of_heading("D1", 3)
    'D1-3'
    """
    return f"{document}-{number}"


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


def of_picture(name: str) -> str:
    """A picture's."""
    return f"picture-{name}"


def of_network(name: str) -> str:
    """A network's."""
    return f"network-{name.replace('_', '-')}"

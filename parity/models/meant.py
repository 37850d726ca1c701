"""What somebody means though no formula says so: surrogate gradients, steps of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from parity.models.errors_of_watch import WatchError


class Meant:
    """Classes by name, each with who says that it is meant, and why.

    >>> meant = Meant({"Spike": "meant by --meant Spike"})
    >>> meant.meet("Relu")
    >>> meant.said("Spike"), meant.said("Relu"), meant.never_met
    ('meant by --meant Spike', '', ['Spike'])
    """

    def __init__(self, said: Mapping[str, str]) -> None:
        self._said = dict(said)
        self._met: set[str] = set()

    def meet(self, name: str) -> None:
        """A class of that name was run."""
        self._met.add(name)

    def said(self, name: str) -> str:
        """Who says that it is meant; nothing if nobody does."""
        return self._said.get(name, "")

    @property
    def never_met(self) -> list[str]:
        """The names of which no class was run."""
        return [name for name in self._said if name not in self._met]


def meant_by(given: Any) -> Meant:
    """What `parity.watch(meant=…)` was given: classes or names, or a mapping from them to reasons.

    Raises: WatchError.
    """
    if not isinstance(given, Iterable) or isinstance(given, str):
        given = [given]
    why = dict(given) if isinstance(given, Mapping) else dict.fromkeys(given, "")
    return Meant({_name(one): _said(_name(one), reason) for one, reason in why.items()})


def _name(one: Any) -> str:
    if isinstance(one, str):
        return one
    if isinstance(one, type):
        return one.__name__
    raise WatchError(
        "watch: meant must be classes of autograd.Functions or optimisers, or their names, but has "
        f"{type(one).__name__}"
    )


def _said(name: str, reason: Any) -> str:
    return f"meant by meant={name}{f': {reason}' if reason else ''}"

"""Checks of networks: layers, their names and what they take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def check_named(where: str, name: str, value: Any, example: str) -> None:
    """Refuse anything but a mapping from names; `example` shows one."""
    if not isinstance(value, Mapping):
        raise TypeError(
            f"{where}: {name} must be a dict by the layers' names, as in {example}, but is a "
            f"{type(value).__name__}"
        )


def check_not_listed(where: str, value: Any) -> None:
    """Refuse a collection of layers in place of a layer."""
    if isinstance(value, list | tuple | Mapping):
        several = isinstance(value, Mapping)
        raise TypeError(
            f"{where}: layers must come one by one, or in one dict by their names, but a "
            f"{type(value).__name__} of {len(value)} was given; give "
            f"{'one dict of all of them' if several else f'{where}(*layers)'}"
        )


def check_count(where: str, name: str, values: Sequence[Any], count: int) -> None:
    """Refuse a list of another length."""
    if len(values) != count:
        raise ValueError(f"{where}: {name} must have {count} entries, but has {len(values)}")


def check_not_called(where: str, name: str, layers: Iterable[str]) -> None:
    """Refuse a layer with the name of the network's own input."""
    if name in layers:
        raise ValueError(f"{where}: no layer can be called {name!r}, the name of the input")


def check_sources(where: str, name: str, sources: Sequence[str], before: Sequence[str]) -> None:
    """Refuse a layer whose inputs are not there yet when it is computed."""
    if isinstance(sources, str) or not sources:
        raise ValueError(
            f"{where}: layer {name!r} must take a tuple of names, but takes {sources!r}"
        )
    for source in sources:
        if source not in before:
            raise ValueError(
                f"{where}: layer {name!r} takes {source!r}, but before it there is only "
                f"{', '.join(before)}"
            )


def check_layer(where: str, name: str, layer: Any, kind: type, sources: Sequence[str]) -> None:
    """Refuse what is no layer, and a layer that is given another number of inputs than it takes."""
    if not isinstance(layer, kind):
        what = layer.__name__ if hasattr(layer, "__name__") else repr(layer)
        raise TypeError(
            f"{where}: layer {name!r} must be a layer, such as ReLU(), but is {what} "
            f"({type(layer).__name__})"
        )
    takes: int | None = getattr(layer, "inputs", None)
    if takes is not None and takes != len(sources):
        raise ValueError(
            f"{where}: layer {name!r} ({type(layer).__name__}) takes {takes} input"
            f"{'' if takes == 1 else 's'}, but is given {len(sources)} ({', '.join(sources)})"
        )


def check_layer_class(where: str, name: str, value: Any, kind: type) -> None:
    """Refuse what is not a class of layers."""
    if not (isinstance(value, type) and issubclass(value, kind)):
        raise TypeError(
            f"{where}: {name} must be a class of layers, such as Tanh, but is {value!r}"
        )


def check_keys(where: str, name: str, given: Mapping[str, Any], needed: Sequence[str]) -> None:
    """Refuse a mapping without the keys that are needed."""
    missing = [key for key in needed if key not in given]
    if missing:
        raise ValueError(
            f"{where}: {name} must have {', '.join(map(repr, needed))}, but lacks "
            f"{', '.join(map(repr, missing))} (it has {', '.join(map(repr, given)) or 'nothing'})"
        )


def check_pair(where: str, name: str, value: Any) -> None:
    """Refuse what is not a pair (x, target)."""
    if not (isinstance(value, tuple | list) and len(value) == 2):
        raise TypeError(
            f"{where}: {name} must hold pairs (x, target), but holds a {type(value).__name__}"
        )


def check_used(where: str, names: Sequence[str], sources: Iterable[str]) -> None:
    """Refuse layers, but for the last, whose output nothing takes."""
    used = set(sources)
    for name in names[:-1]:
        if name not in used:
            raise ValueError(f"{where}: no layer takes the output of {name!r}")


def check_least(where: str, name: str, values: Sequence[Any], least: int) -> None:
    """Refuse a list that is too short."""
    if len(values) < least:
        raise ValueError(
            f"{where}: {name} must have at least {least} entries, but has {len(values)}"
        )


def check_known(where: str, name: str, value: Any, known: Iterable[str]) -> None:
    """Refuse a name that is not there."""
    if value not in known:
        raise ValueError(f"{where}: there is no {name} {value!r}, but {', '.join(known)}")

"""The model that FILE:NAME or MODULE:NAME means, and the arrays it is run on."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.models.errors_of_watch import WatchError

NAMES = {"input": ("input", "x"), "target": ("target", "t", "labels", "y")}


def named(target: str) -> Any:
    """What "models.py:Net" or "package.module:net" names.

    Raises: WatchError.
    """
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise WatchError(f"{target}: say which model, FILE.py:NAME or MODULE:NAME")
    module = _from_file(Path(place)) if place.endswith(".py") else _imported(place)
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise WatchError(
                f"{place} has no {name}; it has {', '.join(_models(module)) or 'no model'}"
            )
        found = getattr(found, part)
    return found


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise WatchError(f"{path}: there is no such file")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    sys.path.insert(0, str(path.absolute().parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise WatchError(f"{path}: cannot be imported: {type(error).__name__}: {error}") from error
    return module


def _imported(name: str) -> ModuleType:
    sys.path.insert(0, "")  # the folder that the command runs in
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise WatchError(f"{name}: cannot be imported: {type(error).__name__}: {error}") from error


def _models(module: ModuleType) -> list[str]:
    """Names of its own classes and functions."""
    own = [
        name
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__
    ]
    return own[:12]


def arrays(path: Path | None) -> Mapping[str, Array]:
    """input and target of an .npz.

    Raises: WatchError for a file that is none, or has no input.
    """
    if path is None:
        return {}
    try:
        with np.load(path) as archive:
            held = {name: archive[name] for name in archive.files}
    except Exception as error:
        raise WatchError(f"{path}: is no .npz that NumPy can read: {error}") from None
    for name, array in held.items():
        if array.dtype.kind not in "fiub":
            raise WatchError(f"{path}: {name} holds {array.dtype}, no numbers")
    found = {}
    for name, others in NAMES.items():
        known = [other for other in others if other in held]
        if known:
            found[name] = held[known[0]]
    if "input" not in found:
        has = ", ".join(held) or "nothing"
        raise WatchError(f"{path}: has {has}; the model’s input must be called input or x")
    return found


def shape_of(text: str) -> tuple[int, ...]:
    """The shape that "2,3,224,224" says.

    Raises: WatchError.

    >>> shape_of("2,3,8,8"), shape_of("2x3")
    ((2, 3, 8, 8), (2, 3))
    """
    parts = text.replace("x", ",").replace("×", ",").split(",")
    if not all(part.strip().isdecimal() and int(part) for part in parts):
        raise WatchError(f"--shape {text}: must be sizes from 1 on, as in 2,3,224,224")
    return tuple(map(int, parts))

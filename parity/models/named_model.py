"""The model that FILE:NAME or MODULE:NAME means, and the folder of its report."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from parity.models.errors_of_watch import WatchError


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


def folder_of(target: str) -> str:
    """What the folder of a model's report is called: two models of one class have two.

    >>> folder_of("examples/models/nets.py:Net"), folder_of("package.nets:Net")
    ('examples.models.nets.Net', 'package.nets.Net')
    """
    place, _, name = target.rpartition(":")
    if place.endswith(".py"):
        path = Path(os.path.abspath(place))
        here = Path.cwd()
        inside = path.relative_to(here) if path.is_relative_to(here) else path
        place = ".".join(part for part in inside.with_suffix("").parts if part != path.anchor)
    return f"{place}.{name}"

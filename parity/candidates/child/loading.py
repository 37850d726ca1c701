"""A candidate's file, module or notebook, and the names in it."""

from __future__ import annotations

import difflib
import os
import re
import sys
import tokenize
import types
from contextlib import suppress
from importlib import import_module
from typing import Any

from . import notebooks
from .faults import NotThereError


class Loaded:
    """What a file or a module defines."""

    def __init__(self, module: types.ModuleType, files: set[str], set_aside: list[str]) -> None:
        self.module, self.files, self.set_aside = module, files, set_aside

    @property
    def namespace(self) -> dict[str, Any]:
        """Its names."""
        return vars(self.module)

    def public(self) -> list[str]:
        """The names that it defines itself, in order."""
        package = self.module.__name__.partition(".")[0]
        return [
            name
            for name, value in self.namespace.items()
            if not name.startswith("_") and _home(value).partition(".")[0] == package
        ]

    def find(self, dotted: str) -> Any:
        """What has this name.

        Raises: NotThereError with the nearest names.
        """
        first, *rest = dotted.split(".")
        if first not in self.namespace:
            names = self.public()
            raise NotThereError("NoName", first, _nearest(first, names) or names[:10])
        value = self.namespace[first]
        for name in rest:
            if not hasattr(value, name):
                raise NotThereError("NoName", dotted, _nearest(name, dir(value)))
            value = getattr(value, name)
        return value


def _nearest(name: str, names: list[str]) -> list[str]:
    return difflib.get_close_matches(name, names, 3, 0.5)


def _home(value: Any) -> str:
    """The module that something, or its class, is defined in."""
    if isinstance(value, types.ModuleType):
        return ""
    home = getattr(value, "__module__", None)
    return home if isinstance(home, str) else str(type(value).__module__)


def is_file(source: str) -> bool:
    """Whether a source is meant as a file.

    >>> is_file("a.b"), is_file("my conv.py"), is_file("conv.ipynb")
    (False, True, True)
    """
    return source.endswith((".py", ".ipynb")) or os.sep in source or os.path.isfile(source)


class Loading:
    """A source that is being loaded: `files` are known before anything of it runs."""

    def __init__(self, source: str, everything: bool) -> None:
        self.source, self.everything = source, everything
        self.path = os.path.abspath(source) if is_file(source) else ""
        self.files = {self.path} if self.path else set()

    def run(self) -> Loaded:
        """Execute it.

        Raises: NotThereError if it is not there; whatever it raises itself.
        """
        if not self.path:
            return self._import()
        if not os.path.isfile(self.path):
            raise NotThereError("NoFile", self.source)
        sys.path.insert(0, os.path.dirname(self.path))
        module = _module(self.path)
        if self.path.endswith(".ipynb"):
            return Loaded(module, self.files, self._run_cells(module))
        code = compile(self._text(), self.path, "exec", dont_inherit=True)
        exec(code, vars(module))
        return Loaded(module, self.files, [])

    def _text(self) -> str:
        with suppress(SyntaxError, UnicodeDecodeError), tokenize.open(self.path) as file:
            text = file.read()
            if "\0" not in text:
                return text
        raise NotThereError("NoText", self.source)

    def _import(self) -> Loaded:
        try:
            module = import_module(self.source)
        except ModuleNotFoundError as error:
            if error.name and f"{self.source}.".startswith(f"{error.name}."):
                raise NotThereError("NoModule", self.source) from None
            raise
        if getattr(module, "__file__", None):
            self.files.add(str(module.__file__))
        return Loaded(module, self.files, [])

    def _run_cells(self, module: types.ModuleType) -> list[str]:
        """The imports that failed because a package is not there: a notebook has many that the
        candidate does not need."""
        set_aside = []
        found = notebooks.cells(self.path, self.everything)
        for name, parsed in found:
            for statement in parsed.body:
                alone = type(parsed)([statement], parsed.type_ignores)
                code = compile(alone, name, "exec", dont_inherit=True)
                try:
                    exec(code, vars(module))
                except ModuleNotFoundError as error:
                    if self.everything or not notebooks.is_import(statement):
                        raise
                    set_aside.append(str(error.name))
        return set_aside


def _module(path: str) -> types.ModuleType:
    """An empty module with the file's name, which its neighbours import by it."""
    name = re.sub(r"\W", "_", os.path.splitext(os.path.basename(path))[0])
    if name in sys.modules:
        name += "_candidate"
    module = types.ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    return module

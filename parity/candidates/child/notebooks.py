"""What is taken from a notebook: imports, definitions and constants; the rest is not run."""

from __future__ import annotations

import ast
import json
import linecache
import re
from typing import Any, NamedTuple

from .faults import NotThereError

KEPT_MAGICS = ("%%time", "%%capture", "%%timeit")  # the rest of such a cell is Python
# %magic, !command, ?question, files = !ls, question?
_MAGIC = re.compile(r"\s*([\w, ]+=\s*)?(%{1,2}[A-Za-z]|!|\?)|\s*[\w.]+\?{1,2}\s*$")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
# Of what the value of a constant may be made.
_CONSTANT = (
    *(ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp, ast.BinOp, ast.BoolOp),
    *(ast.Compare, ast.IfExp, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context),
    *(ast.Name, ast.Attribute),
)


class Cell(NamedTuple):
    """A cell of code: the name that its lines have in messages, and what is run of it."""

    name: str
    module: ast.Module


def cells(path: str, everything: bool) -> list[Cell]:
    """The cells of a notebook, in order.

    Raises: NotThereError if it is no notebook; SyntaxError.
    """
    taken = Taken()
    found = []
    for number, source in enumerate(sources(path), 1):
        name = f"{path}, cell {number}"
        text = without_magics(source)
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        module = ast.parse(text, name)
        if not everything:
            module.body = [statement for statement in module.body if taken.takes(statement)]
        found.append(Cell(name, module))
    return found


def is_import(statement: ast.stmt) -> bool:
    """Whether it is an import statement."""
    return isinstance(statement, _IMPORTS)


def sources(path: str) -> list[str]:
    """The code of a notebook's cells; of other cells nothing, so that the numbers stay."""
    with open(path, encoding="utf-8") as file:
        try:
            found = json.load(file)["cells"]
            return [_text(cell["source"]) if cell["cell_type"] == "code" else "" for cell in found]
        except (ValueError, KeyError, TypeError):
            raise NotThereError("NoNotebook", f"{path} is no notebook of format 4") from None


def _text(source: Any) -> str:
    return source if isinstance(source, str) else "".join(source)


def without_magics(source: str) -> str:
    """A cell with `pass` where IPython has a magic, a shell command or a question.

    >>> without_magics("%matplotlib inline\\nimport os\\nfiles = !ls")
    'pass\\nimport os\\npass'
    >>> without_magics("%%bash\\nls")
    ''
    """
    first = source.lstrip().split("\n", 1)[0]
    if first.startswith("%%") and not first.startswith(KEPT_MAGICS):
        return ""
    if first.startswith("%%"):
        source = source.replace(first, "pass", 1)
    try:
        ast.parse(source)
    except SyntaxError:
        return "\n".join(map(_line, source.split("\n")))
    return source


def _line(line: str) -> str:
    return line[: len(line) - len(line.lstrip())] + "pass" if _MAGIC.match(line) else line


class Taken:
    """Which statements are taken, and the names that they define.

    >>> taken = Taken()
    >>> lines = "import os; K = 3; P = K // 2; q = os.getcwd(); d = os.sep; print(K)"
    >>> [taken.takes(statement) for statement in ast.parse(lines).body]
    [True, True, True, False, True, False]
    """

    def __init__(self) -> None:
        self.names = {"True", "False", "None", "int", "float", "bool", "str"}

    def takes(self, statement: ast.stmt) -> bool:
        """Whether a statement is run."""
        names = self._defined(statement)
        self.names.update(names or ())
        return names is not None

    def _defined(self, statement: ast.stmt) -> list[str] | None:
        if isinstance(statement, _IMPORTS):
            return [(alias.asname or alias.name).split(".")[0] for alias in statement.names]
        if isinstance(statement, _DEFINITIONS):
            return [statement.name]
        if isinstance(statement, ast.Assign) and self._is_constant(statement.value):
            names = [_names(target) for target in statement.targets]
            return None if None in names else [n for some in names if some for n in some]
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            return _names(statement.target) if self._is_constant(statement.value) else None
        return None

    def _is_constant(self, value: ast.expr) -> bool:
        return all(
            isinstance(node, _CONSTANT)
            and (not isinstance(node, ast.Name) or node.id in self.names)
            for node in ast.walk(value)
        )


def _names(target: ast.expr) -> list[str] | None:
    """The names that an assignment gives values; None if it changes anything else."""
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, (ast.Tuple, ast.List)):
        names = [_names(part) for part in target.elts]
        return None if None in names else [n for some in names if some for n in some]
    return None

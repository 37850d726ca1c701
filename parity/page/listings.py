"""Source code as it stands, highlighted."""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib import import_module
from inspect import getsource
from textwrap import dedent
from types import ModuleType
from typing import Any, NamedTuple

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

import refimpl
from parity.witnesses.definitions import sums

FORMATTER = HtmlFormatter(nowrap=True)
PLAIN = re.compile(r'<span class="(?:n|p|o|w|nb|mi|mf)">([^<]*)</span>')  # most of a page's spans


def highlighted(source: str) -> Markup:
    """Python in <span>s; the style sheet colours their classes."""
    return Markup(PLAIN.sub(r"\1", highlight(source, PythonLexer(), FORMATTER).rstrip("\n")))


def of_public(name: str) -> Markup:
    """A public function or class of refimpl without its docstring, which stands elsewhere."""
    return highlighted(without_docstring(dedent(getsource(getattr(refimpl, name)))))


def without_docstring(source: str) -> str:
    """A function or class without the lines of its own docstring.

    >>> without_docstring('def f(x):\\n    \\"\\"\\"Twice.\\"\\"\\"\\n    return 2 * x\\n')
    'def f(x):\\n    return 2 * x\\n'
    """
    first = ast.parse(source).body[0]
    body = getattr(first, "body", [])
    if len(body) < 2 or not _is_text(body[0]):
        return source
    lines = source.splitlines(keepends=True)
    return "".join(lines[: body[0].lineno - 1] + lines[body[0].end_lineno :]).replace(
        "\n\n", "\n", 1
    )


def _is_text(statement: Any) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


@cache
def shared_code(module: ModuleType) -> Markup:
    """What the public functions of a file of refimpl call there: its private functions."""
    private = [
        found
        for name, found in vars(module).items()
        if name.startswith("_")
        and not name.startswith("__")
        and getattr(found, "__module__", "") == module.__name__
    ]
    return highlighted("\n\n".join(map(getsource, private)))


class Definition(NamedTuple):
    """The plain definitions of a subject: their file; of sums of products their gradients, too."""

    code: Markup
    gradients: str  # the formulas by which gradients come from the terms


def definition_of(subject: str) -> Definition | None:
    """The plain definitions of a subject, where it has any."""
    try:
        file = import_module(f"parity.witnesses.definitions.{subject}")
    except ModuleNotFoundError:
        return None
    of_terms = any(isinstance(one, sums.SumOfProducts) for one in _definitions(file))
    return Definition(highlighted(getsource(file)), formulas_of(sums) if of_terms else "")


def _definitions(file: ModuleType) -> list[Any]:
    """Those of the table, and those that they choose from."""
    return [*file.DEFINITIONS.values(), *vars(file).values()]


def formulas_of(file: ModuleType) -> str:
    """The docstring of a file without its heading."""
    return dedent((file.__doc__ or "").partition("\n\n")[2]).strip()


def sums_of_products() -> Markup:
    """The file that adds up terms."""
    return highlighted(getsource(sums))

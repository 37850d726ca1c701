"""What `parity check` found, if its report lies beside: check.json."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup, escape

from parity.candidates.verdict import HOW
from parity.page.tables import Tables

TITLE = "Your layers"


def context(tables: Tables) -> dict[str, Any] | None:
    """The verdicts; nothing where there is no report."""
    if not tables.candidates:
        return None
    return {"candidates": tables.candidates, "drawn": drawn, "how": HOW}


def drawn(values: Any, wrong: Any = None) -> Markup:
    """An array as NumPy writes it, with what is wrong marked.

    >>> drawn([[1.0, 2.5]], [[False, True]])
    Markup('[[  1  <mark>2.5</mark>]]')
    """
    array = np.asarray(values)
    if array.dtype == object or not array.ndim:
        return escape(str(values))
    texts = np.asarray([_short(value) for value in array.flat], object).reshape(array.shape)
    marked = np.zeros(array.shape, bool) if wrong is None else np.asarray(wrong, bool)
    width = max(map(len, texts.flat), default=0)
    return Markup(_rows(texts, marked, width, 1))


def _short(value: Any) -> str:
    return f"{float(value):.6g}"


def _rows(texts: Any, marked: Any, width: int, depth: int) -> str:
    if texts.ndim == 1:
        return f"[{'  '.join(map(_cell, texts, marked, [width] * len(texts)))}]"
    between = "\n" * (texts.ndim - 1) + " " * depth
    rows = (_rows(t, m, width, depth + 1) for t, m in zip(texts, marked, strict=True))
    return f"[{between.join(rows)}]"


def _cell(text: str, wrong: bool, width: int) -> str:
    space = " " * (width - len(text))
    return f"{space}<mark>{text}</mark>" if wrong else space + text

"""Verdicts as text, JSON, a table, or Gradescope's results."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from parity.candidates.verdict import Verdict
from parity.report.check import COLUMNS, as_json, as_row
from parity.report.gradescope import as_results


@dataclass(frozen=True)
class Shown:
    """How verdicts are shown: the format; with what is right, what was printed; the points."""

    form: str = "text"
    answers: bool = True
    output: bool = False
    points: float = 100.0


def rendered(found: Sequence[Verdict], shown: Shown) -> str:
    """All verdicts in one text; of several, JSON is a list. Gradescope has one."""
    return FORMS[shown.form](found, shown)


def _as_text(found: Sequence[Verdict], shown: Shown) -> str:
    return "".join(f"{line}\n" for verdict in found for line in _lines(verdict, shown))


def _lines(verdict: Verdict, shown: Shown) -> Iterator[str]:
    yield verdict.text(shown.answers)
    if shown.output and verdict.output:
        yield f"  it printed:\n{verdict.output.rstrip()}"


def _as_json(found: Sequence[Verdict], shown: Shown) -> str:
    documents = [as_json(verdict, shown.answers) for verdict in found]
    return _dumped(documents[0] if len(documents) == 1 else documents)


def _as_table(found: Sequence[Verdict], shown: Shown) -> str:
    buffer = StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(as_row(verdict) for verdict in found)
    return buffer.getvalue()


def _as_gradescope(found: Sequence[Verdict], shown: Shown) -> str:
    return _dumped(as_results(found[0], shown.points))


def _dumped(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


FORMS: dict[str, Callable[[Sequence[Verdict], Shown], str]] = {
    "text": _as_text,
    "json": _as_json,
    "csv": _as_table,
    "gradescope": _as_gradescope,
}

"""The ledger: what each row states, what implements it, and the verdict on it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

DOCUMENTS = ("D0", "D1", "D2", "D3", "D4")
VERDICTS = ("holds", "convention", "erratum", "number")  # `parity.documents.evidence` says when
ROUNDINGS = ("", "right", "wrong")
KINDS = {"implementation": list, "checked": list, "lost_picture": bool}  # others are texts


class LedgerError(ValueError):
    """A row of the ledger that cannot be read."""


@dataclass(frozen=True)
class LedgerRow:
    """One statement of a document.

    checked: the judges that its evidence calls, names of `parity.documents.evidence.JUDGES`.
    correction: LaTeX, right: the same in a few words, and counterexample: where the printed
    formula is false (errata only).
    rounding: of the printed numbers, "right" or "wrong" where the row has any.
    lost_picture: the formula stood in a picture that is not with the text.
    """

    id: str
    section: str
    states: str
    formula: str
    implementation: tuple[str, ...]
    checked: tuple[str, ...]
    verdict: str
    note: str = ""
    correction: str = ""
    right: str = ""
    counterexample: str = ""
    rounding: str = ""
    lost_picture: bool = False

    @property
    def document(self) -> str:
        """D0 … D4."""
        return self.id.partition(".")[0]

    @property
    def number(self) -> int:
        """The row's number in its document."""
        return int(self.id.partition(".")[2])


@cache
def ledger() -> dict[str, LedgerRow]:
    """Every row by its id, in the order of the documents.

    Raises: LedgerError for a file or row that cannot be read, a row that stands twice, a gap.

    >>> ledger()["D2.8"].verdict
    'number'
    """
    rows = [row for document in DOCUMENTS for row in read_document(document)]
    return {row.id: row for row in rows}


def read_document(document: str) -> list[LedgerRow]:
    """The rows of one document, by their numbers, which run from 1 without gaps."""
    given = _given(document).get("row", [])
    rows = in_order(document, [to_row(document, row) for row in given])
    check_sections(document, rows, sections(document))
    return rows


def sections(document: str) -> tuple[str, ...]:
    """The headings that a document's rows stand under, in the document's order.

    >>> sections("D3")[:2]
    ('1、卷积层', '1、卷积层 · 卷积计算流程')
    """
    return tuple(_given(document).get("sections", ()))


def _given(document: str) -> dict[str, Any]:
    file = f"{document.lower()}.toml"
    try:
        return tomllib.loads((files("parity.documents") / file).read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise LedgerError(f"{file}: {error}") from None


def check_sections(document: str, rows: Sequence[LedgerRow], listed: Sequence[str]) -> None:
    """Refuse a row under no listed heading, and a heading without rows or listed twice."""
    file = f"{document.lower()}.toml"
    for row in rows:
        if row.section not in listed:
            raise LedgerError(f"{file}: {row.id}: sections does not list {row.section!r}")
    used = {row.section for row in rows}
    for place, section in enumerate(listed):
        if section not in used:
            raise LedgerError(f"{file}: no row stands under {section!r}, of sections")
        if section in listed[:place]:
            raise LedgerError(f"{file}: sections lists {section!r} twice")


def in_order(document: str, rows: Sequence[LedgerRow]) -> list[LedgerRow]:
    """The rows by their numbers; refuses one that stands twice and one that is missing."""
    ordered = sorted(rows, key=lambda row: row.number)
    for number, row in enumerate(ordered, start=1):
        if row.number < number:
            raise LedgerError(f"{document.lower()}.toml: {row.id} stands twice")
        if row.number > number:
            raise LedgerError(f"{document.lower()}.toml: {document}.{number} is missing")
    if not ordered:
        raise LedgerError(f"{document.lower()}.toml: has no rows")
    return ordered


def to_row(document: str, given: dict[str, Any]) -> LedgerRow:
    """A row from its table in the TOML file.

    Raises: LedgerError for a row that lacks something or says something unknown.
    """
    name = f"{document.lower()}.toml: {given.get('id', 'a row without id')}"
    for field in fields(LedgerRow):
        if field.name not in given:
            if field.default is MISSING:
                raise LedgerError(f"{name}: the field {field.name!r} is missing")
            continue
        kind, value = KINDS.get(field.name, str), given[field.name]
        if not isinstance(value, kind):
            raise LedgerError(f"{name}: {field.name} must be a {kind.__name__}, but is {value!r}")
    known = {field.name for field in fields(LedgerRow)}
    for key in given:
        if key not in known:
            raise LedgerError(f"{name}: there is no field {key!r}, but {', '.join(sorted(known))}")
    said: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    row = LedgerRow(**said)
    _check(row, document)
    return row


def _check(row: LedgerRow, document: str) -> None:
    if not re.fullmatch(rf"{document}\.[1-9]\d*", row.id):
        raise LedgerError(
            f"{row.id}: stands in the file of {document}, whose ids are {document}.1 …"
        )
    _check_known(row.id, "verdict", row.verdict, VERDICTS)
    _check_known(row.id, "rounding", row.rounding, ROUNDINGS)
    of_errata = (row.correction, row.right, row.counterexample)
    if not (all(of_errata) if row.verdict == "erratum" else not any(of_errata)):
        raise LedgerError(
            f"{row.id}: an erratum has correction, right and counterexample, others have none"
        )
    if row.verdict == "convention" and not row.note:
        raise LedgerError(f"{row.id}: the note must name the convention")


def _check_known(row_id: str, what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise LedgerError(f"{row_id}: {what} must be one of {', '.join(known)}, but is {value!r}")

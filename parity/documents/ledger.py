"""The ledger: what each row states, what implements it, and the verdict on it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from parity.documents.evidence import VERDICTS

DOCUMENTS = ("D0", "D1", "D2", "D3", "D4")
ROUNDINGS = ("", "right", "wrong")


class LedgerError(ValueError):
    """A row of the ledger that cannot be read."""


@dataclass(frozen=True)
class LedgerRow:
    """One statement of a document.

    checked: the judges that its evidence calls, names of `parity.documents.evidence.JUDGES`.
    correction: LaTeX, and counterexample: where the printed formula is false (errata only).
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

    >>> ledger()["D2.8"].verdict
    'number'
    """
    rows = [row for document in DOCUMENTS for row in read_document(document)]
    return {row.id: row for row in rows}


def read_document(document: str) -> list[LedgerRow]:
    """The rows of one document, by their numbers."""
    text = (files("parity.documents") / f"{document.lower()}.toml").read_text("utf-8")
    rows = [to_row(document, given) for given in tomllib.loads(text)["row"]]
    return sorted(rows, key=lambda row: row.number)


def to_row(document: str, given: dict[str, object]) -> LedgerRow:
    """A row from its table in the TOML file.

    Raises: LedgerError for a row that lacks something or says something unknown.
    """
    said = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    try:
        row = LedgerRow(**said)  # type: ignore[arg-type]
    except TypeError as error:
        raise LedgerError(f"{document}: row {given.get('id', 'without id')}: {error}") from None
    _check(row, document)
    return row


def _check(row: LedgerRow, document: str) -> None:
    if row.document != document:
        raise LedgerError(f"{row.id}: stands in the file of {document}")
    _check_known(row.id, "verdict", row.verdict, VERDICTS)
    _check_known(row.id, "rounding", row.rounding, ROUNDINGS)
    if (row.verdict == "erratum") != bool(row.correction and row.counterexample):
        raise LedgerError(
            f"{row.id}: an erratum has a correction and a counterexample, others have neither"
        )
    if row.verdict == "convention" and not row.note:
        raise LedgerError(f"{row.id}: the note must name the convention")


def _check_known(row_id: str, what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise LedgerError(f"{row_id}: {what} must be one of {', '.join(known)}, but is {value!r}")

"""Whether the evidence still supports the ledger, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from parity.documents.evidence import EVIDENCE, UNSUPPORTED, Evidence
from parity.documents.ledger import DOCUMENTS, LedgerError, LedgerRow, ledger


class UnknownRowError(ValueError):
    """An id or document that the ledger does not have."""


@dataclass(frozen=True)
class AuditRow:
    """The verdict on one statement: the columns of audit.csv, documented in reports/README.md."""

    id: str
    document: str
    section: str
    states: str
    formula: str
    lost_picture: bool
    implementation: str
    checked: str
    checks: int
    verdict: str
    rounding: str
    supported: bool
    correction: str
    counterexample: str
    note: str
    problem: str


def select(ids: Sequence[str], documents: Sequence[str]) -> list[LedgerRow]:
    """The rows of ids and documents (in any case of letters); all if none are given.

    Raises: UnknownRowError for an id or document that is not there.
    """
    rows = ledger()
    for row_id in ids:
        if row_id.upper() not in (*rows, *DOCUMENTS):
            raise UnknownRowError(f"the ledger has no row {row_id!r}, rows are {_ranges()}")
    for document in documents:
        if document.upper() not in DOCUMENTS:
            raise UnknownRowError(f"there is no document {document!r}, but {', '.join(DOCUMENTS)}")
    if not (ids or documents):
        return list(rows.values())
    wanted = {name.upper() for name in (*ids, *documents)}
    return [row for row in rows.values() if wanted & {row.id, row.document}]


def _ranges() -> str:
    counts = {d: sum(row.document == d for row in ledger().values()) for d in DOCUMENTS}
    return ", ".join(f"{document}.1 … {document}.{count}" for document, count in counts.items())


def audit(rows: Iterable[LedgerRow], done: Callable[[], None] = lambda: None) -> list[AuditRow]:
    """Collect the evidence of every row and hold it against the ledger."""
    import parity.documents.checks.every  # noqa: F401 (registers the evidence)

    rows = list(rows)
    if {row.id for row in rows} == set(ledger()):
        check_complete(EVIDENCE)
    audited = []
    for row in rows:
        audited.append(audit_row(row))
        done()
    return audited


def check_complete(collectors: Iterable[str]) -> None:
    """Refuse a ledger that has lost a row.

    Raises: LedgerError for evidence that belongs to no row.
    """
    lost = [row_id for row_id in collectors if row_id not in ledger()]
    if lost:
        raise LedgerError(f"there is evidence on {', '.join(lost)}, but no such row in the ledger")


def audit_row(row: LedgerRow) -> AuditRow:
    """One row: its verdict, and what is wrong if the evidence does not support it."""
    evidence, problem = collect(row.id)
    problem = problem or find_problem(row, evidence)
    return AuditRow(
        id=row.id,
        document=row.document,
        section=row.section,
        states=row.states,
        formula=row.formula,
        lost_picture=row.lost_picture,
        implementation=" ".join(row.implementation),
        checked=", ".join(row.checked),
        checks=len(evidence.checks),
        verdict=row.verdict,
        rounding=row.rounding,
        supported=not problem,
        correction=row.correction,
        counterexample=row.counterexample,
        note=row.note,
        problem=problem,
    )


def collect(row_id: str) -> tuple[Evidence, str]:
    """The evidence of a row, and why it could not be collected."""
    evidence = Evidence()
    if row_id not in EVIDENCE:
        return evidence, "no evidence is collected for this row"
    try:
        EVIDENCE[row_id](evidence)
    except Exception as error:
        return evidence, f"collecting the evidence broke off: {type(error).__name__}: {error}"
    return evidence, ""


def find_problem(row: LedgerRow, evidence: Evidence) -> str:
    """What the evidence does not support, in one sentence; empty if it supports the row."""
    if evidence.verdict == UNSUPPORTED or evidence.verdict != row.verdict:
        return f"the ledger says {row.verdict}, the evidence {evidence.verdict}: " + "; ".join(
            _reasons(evidence)
        )
    for what, said, found in (
        ("judges", ", ".join(row.checked), ", ".join(evidence.judges)),
        ("rounding", row.rounding, evidence.rounding),
        ("counterexample", row.counterexample, evidence.counterexample),
    ):
        if said != found:
            return f"the ledger's {what}: {said or 'none'}; of the evidence: {found or 'none'}"
    return ""


WHO = {
    "printed": "what is printed",
    "refuted": "what is said to be refuted",
    "correction": "the correction",
    "convention": "what is printed, under its convention,",
    "implementation": "refimpl",
}


def _reasons(evidence: Evidence) -> list[str]:
    """Which comparisons do not come out as the verdict needs them."""
    reasons = []
    for check in evidence.unexpected:
        if check.equal:
            reasons.append(f"{WHO[check.kind]} agrees with {check.judge} in {check.what!r}")
        else:
            differs = f"differs from {check.judge} in {check.what!r}"
            reasons.append(f"{WHO[check.kind]} {differs}, {check.difference}")
    if reasons:
        return reasons
    refuted = [
        f"{c.what!r} is refuted by {c.judge}" for c in evidence.checks if c.kind == "refuted"
    ]
    return refuted or ["nothing printed is refuted"]

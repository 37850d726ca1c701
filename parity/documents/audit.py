"""Whether the evidence still supports the ledger, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from parity.cases.functions import forward_of
from parity.documents.absent import torch_left_out
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
    left_out: int
    verdict: str
    rounding: str
    supported: bool
    open: bool
    correction: str
    counterexample: str
    note: str
    problem: str

    @property
    def contradicted(self) -> bool:
        """Whether something that was found speaks against the verdict."""
        return not (self.supported or self.open)


def select(ids: Sequence[str], documents: Sequence[str]) -> list[LedgerRow]:
    """The rows of ids and documents (in any case of letters); all if none are given.

    ids: also functions of refimpl, and words of what a row states, of its section and its note;
    these are looked for in the documents, if any are given.

    Raises: UnknownRowError for an id, a word or a document that is not there.
    """
    rows = ledger()
    for document in documents:
        if document.upper() not in DOCUMENTS:
            raise UnknownRowError(f"there is no document {document!r}, but {', '.join(DOCUMENTS)}")
    if not (ids or documents):
        return list(rows.values())
    named = {word.upper() for word in ids} & {*rows, *DOCUMENTS}
    words = [word for word in ids if word.upper() not in named]
    within = {document.upper() for document in documents}
    among = [row for row in rows.values() if row.document in (within or DOCUMENTS)]
    about = [_about(word, among) for word in words]
    wanted = named.union(*about) if words else named | within
    return [row for row in rows.values() if wanted & {row.id, row.document}]


def _about(word: str, among: Sequence[LedgerRow]) -> set[str]:
    """The rows that this function implements, or that this word is in.

    Raises: UnknownRowError if there are none.
    """
    found = {row.id for row in among if word in _functions(row)}
    found = found or {row.id for row in among if word.lower() in _texts(row).lower()}
    if not found:
        documents = dict.fromkeys(row.document for row in among)
        where = f" of {', '.join(documents)}" if len(documents) < len(DOCUMENTS) else ""
        raise UnknownRowError(
            f"the ledger has no row {word!r}, no row{where} of a function of this name and none in "
            f"whose words it is; rows are {_ranges()}"
        )
    return found


def _functions(row: LedgerRow) -> set[str]:
    """What implements a row, a backward also by its function."""
    names = {name.rpartition(".")[2] for name in row.implementation}
    return names | {forward_of(name) for name in names}


def _texts(row: LedgerRow) -> str:
    return "\n".join((row.section, row.states, row.note))


def _ranges() -> str:
    counts = {d: sum(row.document == d for row in ledger().values()) for d in DOCUMENTS}
    return ", ".join(f"{document}.1 … {document}.{count}" for document, count in counts.items())


def audit(
    rows: Iterable[LedgerRow], done: Callable[[], None] = lambda: None, torch: bool = True
) -> list[AuditRow]:
    """Collect the evidence of every row and hold it against the ledger.

    torch: whether it is asked; without it, verdicts that nothing contradicts may stay open.
    """
    import parity.documents.checks.every  # registers the evidence

    if torch:
        import parity.oracle  # noqa: F401 (if that fails, it is no row's fault)

    rows = list(rows)
    if {row.id for row in rows} == set(ledger()):
        check_complete(EVIDENCE)
    audited = []
    with nullcontext() if torch else torch_left_out():
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
    is_open = not problem and is_undecided(row, evidence)
    return AuditRow(
        id=row.id,
        document=row.document,
        section=row.section,
        states=row.states,
        formula=row.formula,
        lost_picture=row.lost_picture,
        implementation=" ".join(row.implementation),
        checked=", ".join(evidence.judges if evidence.left_out else row.checked),
        checks=len(evidence.checks),
        left_out=len(evidence.left_out),
        verdict=row.verdict,
        rounding=row.rounding,
        supported=not (problem or is_open),
        open=is_open,
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
    """What the evidence contradicts, in one sentence; empty if it supports the row.

    Where checks are left out: what it contradicts however these would come out.
    """
    verdict = evidence.best_verdict
    if verdict == UNSUPPORTED or verdict != row.verdict:
        return f"the ledger says {row.verdict}, the evidence {verdict}: " + "; ".join(
            _reasons(evidence)
        )
    for what, said, found in (
        ("judges", ", ".join(row.checked), ", ".join(evidence.all_judges)),
        ("rounding", row.rounding, _rounding(row, evidence)),
        ("counterexample", row.counterexample, _counterexample(row, evidence)),
    ):
        if said != found:
            return f"the ledger's {what}: {said or 'none'}; of the evidence: {found or 'none'}"
    return ""


def is_undecided(row: LedgerRow, evidence: Evidence) -> bool:
    """Whether the row does not follow from the checks that were made alone."""
    made = evidence.verdict, evidence.rounding, evidence.counterexample
    return made != (row.verdict, row.rounding, row.counterexample)


def _rounding(row: LedgerRow, evidence: Evidence) -> str:
    """Of the evidence; the row's, where numbers that are left out may still decide it."""
    if evidence.lacks_numbers and not evidence.rounding:
        return row.rounding or "undecided"  # a row of numbers has one or the other
    return evidence.rounding


def _counterexample(row: LedgerRow, evidence: Evidence) -> str:
    """Of the evidence; the row's, where it is left out."""
    return row.counterexample if evidence.lacks_counterexample else evidence.counterexample


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
    everything = evidence.checks + evidence.left_out
    refuted = [f"{c.what!r} is refuted by {c.judge}" for c in everything if c.kind == "refuted"]
    return refuted or ["nothing printed is refuted"]

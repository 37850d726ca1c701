"""The documents: every statement in their order, with its verdict and what stands behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from markupsafe import Markup

from parity.documents.ledger import DOCUMENTS, VERDICTS, LedgerRow, ledger, sections
from parity.page.formulas import in_both
from parity.page.links import linked
from parity.page.pictures.picture import Picture
from parity.page.sections import pictures
from parity.page.tables import Tables
from parity.texts.translations import said_in

TITLE = "The documents"
TITLES = {  # as printed
    "D0": "CNN BP",
    "D1": "卷积神经网络全面解析",
    "D2": "卷积神经网络原理",
    "D3": "卷积神经网络",
    "D4": "CNN",
}
IN_WORDS = r"\text{(words)}"  # where the document has no formula


class Statement(NamedTuple):
    """A row of the ledger as the page shows it."""

    row: LedgerRow
    formula: Markup | None  # None where the document says it in words
    correction: Markup | None
    counterexample: Markup | None
    note: Markup | None
    functions: list[str]
    pictures: list[Picture]
    evidence: Evidence | None


class Evidence(NamedTuple):
    """What the audit found for a row."""

    outcome: str  # "supported", "open" or "contradicted"
    checks: int
    left_out: int
    judges: list[str]
    problem: str


class Heading(NamedTuple):
    """A heading of a document and the statements under it."""

    title: str
    statements: list[Statement]


class Document(NamedTuple):
    """A document: its title as printed, how many of each verdict, its headings."""

    id: str
    title: str
    counts: Mapping[str, int]
    headings: list[Heading]


class Choice(NamedTuple):
    """An option of the filter, in both languages."""

    value: str
    english: str
    chinese: str


def context(tables: Tables) -> dict[str, Any]:
    """What the template of the documents names."""
    found = {row["id"]: _evidence(row) for row in tables.audit.to_dict("records")}
    documents = [_document(name, found) for name in DOCUMENTS]
    outcomes = Counter(one.outcome for one in found.values())
    return {
        "documents": documents,
        "total": sum((Counter(document.counts) for document in documents), Counter()),
        "audited": bool(found),
        "outcomes": outcomes,
        "checks": sum(one.checks for one in found.values()),
        "verdicts": [_choice("", "anything"), *(_choice(verdict, verdict) for verdict in VERDICTS)],
        "places": [_choice("", "all documents"), *(Choice(name, name, name) for name in DOCUMENTS)],
    }


def _document(name: str, found: Mapping[str, Evidence]) -> Document:
    rows = [row for row in ledger().values() if row.document == name]
    counts = Counter(row.verdict for row in rows)
    headings = [
        Heading(title, [_statement(row, found) for row in rows if row.section == title])
        for title in sections(name)
    ]
    return Document(name, TITLES[name], {v: counts[v] for v in VERDICTS}, headings)


def _statement(row: LedgerRow, found: Mapping[str, Evidence]) -> Statement:
    return Statement(
        row,
        None if row.formula == IN_WORDS else in_both(row.formula, row.id),
        in_both(row.correction, f"{row.id}, corrected") if row.correction else None,
        linked(row.counterexample) if row.counterexample else None,
        linked(row.note) if row.note else None,
        [name.removeprefix("refimpl.") for name in row.implementation],
        pictures.about(row.id),
        found.get(row.id),
    )


def _evidence(row: Mapping[Any, str]) -> Evidence:
    """A row of audit.csv, whose cells are texts."""
    return Evidence(
        _outcome(row["supported"] == "True", row["open"] == "True"),
        int(row["checks"]),
        int(row["left_out"]),
        row["checked"].split(", ") if row["checked"] else [],
        row["problem"],
    )


def _outcome(supported: bool, is_open: bool) -> str:
    if supported:
        return "supported"
    return "open" if is_open else "contradicted"


def _choice(value: str, text: str) -> Choice:
    return Choice(value, said_in("en", text), said_in("zh", text))

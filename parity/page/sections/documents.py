"""The documents: every statement in their order, with its verdict and what stands behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from markupsafe import Markup

from parity.documents.evidence import VERDICTS
from parity.documents.ledger import DOCUMENTS, LedgerRow, ledger, sections
from parity.page.formulas import mathml
from parity.page.links import linked
from parity.page.tables import Tables
from parity.texts.translations import said_in

TITLE = "The documents"
MEANINGS = {
    "holds": "true as printed",
    "convention": "true under another convention than torch's, which the note names",
    "erratum": "false as printed; the right formula and a counterexample stand below",
    "number": "a printed number, recomputed",
}
ABOUT = {  # title as printed, and what it is
    "D0": (
        "CNN BP",
        "Notes on the structure, the forward and the backward pass of a CNN, 2020-04-01, after "
        "three articles by pinard on cnblogs (6483207, 6489633, 6494810). Most of its formulas "
        "stood in pictures that are lost.",
    ),
    "D1": (
        "卷积神经网络全面解析",
        "An article by Moonshile, 2015-09-16: from the perceptron to the CNN, with derivations.",
    ),
    "D2": (
        "卷积神经网络原理",
        "Lecture slides by 张重生 from 《新一代人工智能：从深度学习到大模型》, parts 04-1 to 04-3.",
    ),
    "D3": (
        "卷积神经网络",
        "Study notes: hyper-parameters, the layout of arrays, dw by slices, pooling.",
    ),
    "D4": (
        "CNN",
        "Handwritten notes: correlation, the rules for δ, derivatives by index, residual networks, "
        "Inception.",
    ),
}
ROUNDINGS = {
    "right": "The printed digits are the right rounding.",
    "wrong": "Not all printed digits are the right rounding.",
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
    """A document: its title as printed, what it is, how many of each verdict, its headings."""

    id: str
    title: str
    about: str
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
        "meanings": MEANINGS,
        "roundings": ROUNDINGS,
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
    return Document(name, *ABOUT[name], {v: counts[v] for v in VERDICTS}, headings)


def _statement(row: LedgerRow, found: Mapping[str, Evidence]) -> Statement:
    return Statement(
        row,
        None if row.formula == IN_WORDS else mathml(row.formula, "block", row.id),
        mathml(row.correction, "block", f"{row.id}, corrected") if row.correction else None,
        linked(row.counterexample) if row.counterexample else None,
        linked(row.note) if row.note else None,
        [name.removeprefix("refimpl.") for name in row.implementation],
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

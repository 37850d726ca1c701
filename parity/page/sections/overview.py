"""The overview: verdict, figures, findings, resolution, what was not covered, environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup, escape

from parity.documents.ledger import ledger
from parity.page.bilingual import both
from parity.page.figures import grouped, short
from parity.page.glossary import VERDICTS
from parity.page.sections.closer import asked, by_function, lost_tensors, tally
from parity.page.tables import Tables, numbers
from parity.texts.translations import translations

TITLE = "Overview"
# As parity.judges.expectation notes it.
EXPECTED = re.compile(r"expected outside at (\d+) places?: (.*?)(?=; expected outside at |$)")
FAILURES = 200  # that are written out; summary.csv has them all


class Figure(NamedTuple):
    """A number, what it counts, and the section that says more."""

    number: str
    what: str
    target: str
    values: Mapping[str, object] = {}


def context(tables: Tables) -> dict[str, Any]:
    """What the overview's template names."""
    summary = tables.summary
    return {
        "about": tables.about,
        "figures": list(_figures(tables)),
        "failures": _with(summary, "outside").head(FAILURES),
        "failed": len(_with(summary, "outside")),
        "expected": _with(summary, "expected"),
        "reasons": reasons,
        "wrong": wrong_statements(),
        "statements": len(ledger()),
        "verdicts": _verdicts(tables),
        "resolution": list(_resolutions(summary)),
        "unseen": _unseen(summary),
        **_closer(tables),
        "environment": list(_environment(tables.about)),
    }


def reasons(note: str) -> Markup:
    """Why a tensor differs as its case expects, in both languages; another note as it stands."""
    found = EXPECTED.findall(note)
    if not found or any(reason not in translations() for _, reason in found):
        return Markup(escape(note))
    return Markup("; ").join(
        both("at {n} places:", n=int(n)) + " " + both(reason) for n, reason in found
    )


def _with(summary: pd.DataFrame, verdict: str) -> pd.DataFrame:
    return summary if summary.empty else summary[summary.verdict == verdict]


def _figures(tables: Tables) -> Iterator[Figure]:
    summary, about = tables.summary, tables.about
    if not summary.empty:
        judged = summary[summary.verdict != "information"]
        yield Figure(grouped(len(judged)), "tensors compared with torch", "verdicts")
        layers = judged[judged.network == ""]
        yield Figure(grouped(layers.case.nunique()), "cases of single functions", "functions")
        networks = judged[judged.network != ""].network.nunique()
        if networks:
            yield Figure(str(networks), "networks", "networks")
        exact = numbers(summary.exact_elements).fillna(0)
        yield Figure(grouped(int(exact.sum())), "elements with an exact value", "closer")
    refused = about.get("bad_inputs", {}).get("refused", 0)
    if refused:
        yield Figure(grouped(refused), "bad inputs refused", "functions")
    if not tables.audit.empty:
        supported = int((tables.audit.supported == "True").sum())
        yield Figure(
            f"{supported} / {len(tables.audit)}",
            "verdicts on statements of the documents have evidence; {n} statements are wrong",
            "documents",
            {"n": wrong_statements()},
        )
    if not tables.mistakes.empty:
        wrong = tables.mistakes[tables.mistakes.control != "True"]
        seen = wrong.witnesses != ""
        yield Figure(
            f"{int(seen.sum())} / {len(wrong)}", "known mistakes refused", "known_mistakes"
        )
    if len(tables.torch):
        lost = grouped(lost_tensors(tables.torch))
        yield Figure(lost, "tensors of single functions in which torch loses digits", "closer-lost")


def wrong_statements() -> int:
    """How many statements of the documents are false as printed."""
    return sum(row.verdict == "erratum" for row in ledger().values())


def _verdicts(tables: Tables) -> list[tuple[str, str, str]]:
    """Verdict, how many tensors have it, what it means."""
    counts = tables.about.get("verdicts", {})
    return [
        (one.name, grouped(counts[one.name]), one.means) for one in VERDICTS if one.name in counts
    ]


def _resolutions(summary: pd.DataFrame) -> Iterator[dict[str, str]]:
    """By dtype: how much too large a tensor may be before it is refused."""
    if summary.empty:
        return
    agree = summary.verdict.isin(("within", "identical"))
    judged = summary[agree & (summary.kind == "layer")]
    for dtype, rows in judged.groupby("dtype"):
        of = numbers(rows.resolution).dropna()
        if len(of):
            yield {
                "dtype": str(dtype),
                "median": short(float(of.median())),
                "most": short(float(of.quantile(0.99))),
                "worst": short(float(of.max())),
            }


def _unseen(summary: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Of what counts as no agreement: verdict, kind of row, how many."""
    if summary.empty:
        return []
    rows = summary[summary.verdict.isin(("blind", "empty"))]
    return [(str(v), str(k), len(found)) for (v, k), found in rows.groupby(["verdict", "kind"])]


def _closer(tables: Tables) -> dict[str, Any]:
    """Which side is closer, in all functions together, and where torch loses digits."""
    layers = asked(tables.summary)
    counts = tally(layers)
    return {
        "counts": counts,
        "asked": sum(counts.values()),
        "answered": {name for name, _ in by_function(layers)},
        "lost_tensors": lost_tensors(tables.torch),
        "lost": [] if tables.torch.empty else list(tables.torch["function"].unique()),
    }


def _environment(about: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and value of what the numbers depend on."""
    command = (part.rpartition("/")[2] or part for part in about.get("command", []))
    yield "command", " ".join(command)  # without folders, which are nobody's business
    yield "finished", about.get("finished", "")
    yield "took", f"{short(about['seconds'])} s" if about.get("seconds") else ""
    for name in ("scope", "seed", "device", "jobs"):
        yield name, str(about.get(name, ""))
    yield "versions", ", ".join(f"{n} {v}" for n, v in about.get("versions", {}).items())
    cpu = about.get("cpu", {})
    yield "processor", f"{cpu.get('model', '')}, {cpu.get('cores', '')} cores"
    yield "vector extensions", " ".join(cpu.get("vectors", []))
    libraries = [b for b in about.get("blas", []) if b.get("user_api") == "blas"]
    of_numpy = [
        f"{b['internal_api']} {b.get('version') or ''} {b.get('architecture', '')}"
        for b in libraries
    ]
    yield "BLAS of NumPy", ", ".join(said.strip() for said in of_numpy)
    torch = about.get("torch", {})
    yield "BLAS of torch", f"{torch.get('blas', '')} for {torch.get('cpu_capability', '')}"
    if about.get("override"):
        yield "override", str(about["override"])

"""Every function: formula, sources, code, cases, the worst element, distributions, witnesses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pandas as pd
from markupsafe import Markup

import refimpl
from parity.cases.docstrings import Docstring, docstring
from parity.cases.functions import FUNCTIONS, GROUPS, in_group
from parity.documents.ledger import LedgerRow, ledger
from parity.explain.of_function import BEYOND
from parity.page.bilingual import both
from parity.page.distributions import (
    OF_BOUND,
    OF_BOUND_LABELS,
    ROUNDINGS,
    ROUNDINGS_LABELS,
    Distribution,
    distribution,
)
from parity.page.figures import short
from parity.page.links import linked
from parity.page.listings import (
    definition_of,
    highlighted,
    of_public,
    shared_code,
    sums_of_products,
)
from parity.page.pictures.picture import Picture
from parity.page.sections import pictures
from parity.page.sections.closer import asked, by_function
from parity.page.tables import Tables, numbers
from parity.results.verdicts import EMPTY, INFORMATION

TITLE = "Functions"
UNJUDGED = (INFORMATION, EMPTY)  # verdicts of rows that no bound judges
CASE_COLUMNS = ("case", "verdicts", "worst", "ratio", "ours", "theirs")


@dataclass(frozen=True)
class Named:
    """A public name of refimpl: what its docstring says, and its code."""

    name: str
    said: Docstring
    code: Markup

    @property
    def statements(self) -> list[LedgerRow]:
        """The statements of the documents that it comes from, each once."""
        return [ledger()[id] for id in dict.fromkeys(self.said.statements)]

    @property
    def subject(self) -> str:
        """The file of refimpl that it stands in."""
        return str(getattr(refimpl, self.name).__module__).rpartition(".")[2]

    @classmethod
    def of(cls, name: str) -> Named:
        """By its name; of a constant its value stands for the code."""
        found = getattr(refimpl, name)
        code = of_public(name) if callable(found) else highlighted(f"{name} = {found!r}")
        return cls(name, docstring(name), code)


@dataclass(frozen=True)
class Compared:
    """A function with its backward, and what the report says of both."""

    forward: Named
    backward: Named | None
    judged: pd.DataFrame  # the tensors of its layer cases that a bound judges
    cases: pd.DataFrame  # what CASE_COLUMNS says of each
    witnesses: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    mistakes: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def pictures(self) -> list[Picture]:
        """Those that show it, forward or backward."""
        names = [one.name for one in (self.forward, self.backward) if one]
        return list({one.name: one for name in names for one in pictures.about(name)}.values())

    @property
    def tensors(self) -> Iterator[dict[str, Any]]:
        """For each tensor and dtype: how many were judged, the worst of them, who is closer."""
        for (tensor, dtype), rows in self.judged.groupby(["tensor", "dtype"], sort=False):
            counts = rows.verdict.value_counts()
            closer = rows.closer.value_counts()
            yield {
                "tensor": tensor,
                "dtype": dtype,
                "count": len(rows),
                "verdicts": counts.to_dict(),
                "ratio": short(rows.ratio.max()),
                "ours": short(rows.ours.max()),
                "theirs": short(rows.theirs.max()),
                "refimpl": int(closer.get("refimpl", 0)),
                "torch": int(closer.get("torch", 0)),
                "equal": int(closer.get("equal", 0)),
                "known": bool(rows.closer.any()),
            }

    @property
    def worst(self) -> Iterator[pd.Series]:
        """Of each dtype the row with the largest error/bound."""
        for _, rows in self.judged.groupby("dtype", sort=False):
            if rows.ratio.max() > 0:  # of NaN alone it is not
                yield rows.iloc[int(rows.ratio.argmax())]

    @property
    def of_bound(self) -> Distribution:
        """How large the errors are beside their bounds."""
        series = {str(d): rows.ratio for d, rows in self.judged.groupby("dtype", sort=False)}
        return distribution(series, OF_BOUND, OF_BOUND_LABELS)

    @property
    def in_roundings(self) -> Distribution:
        """How many roundings each side is from the exact value."""
        series = {"refimpl": self.judged.ours, "torch": self.judged.theirs}
        return distribution(series, ROUNDINGS, ROUNDINGS_LABELS)


def context(tables: Tables) -> dict[str, Any]:
    """Compared functions under their headings, the other public names by file."""
    layers = _layers(tables.summary)
    cases = _cases(_layers(tables.summary, UNJUDGED[:1]))
    groups = {
        group: [_compared(name, layers, cases, tables) for name in in_group(group)]
        for group in dict.fromkeys(GROUPS.values())
    }
    shown = {f.forward.name for found in groups.values() for f in found} | {
        f.backward.name for found in groups.values() for f in found if f.backward
    }
    subjects = _subjects(groups)
    files = [subject for found in subjects.values() for subject in found]
    return {
        "groups": groups,
        "subjects": subjects,
        "shared": {file: shared_code(import_module(f"refimpl.{file}")) for file in files},
        "plain": {file: definition_of(file) for file in files},
        "sums": sums_of_products(),
        "others": _others(shown),
        "empty": layers.empty,
        "answered": {name for name, _ in by_function(asked(tables.summary))},
        "linked": linked,
        "sourced": sourced,
    }


def sourced(source: str) -> Markup:
    """A source that is no statement of the documents: that it is none, then the work."""
    _, beyond, work = source.rpartition(BEYOND)
    return (both(BEYOND) if beyond else Markup()) + work


def _subjects(groups: Mapping[str, list[Compared]]) -> dict[str, list[str]]:
    """Under each heading the files that its functions stand in, each under the first of them."""
    found: dict[str, list[str]] = {}
    for group, functions in groups.items():
        before = {file for files in found.values() for file in files}
        files = dict.fromkeys(f.forward.subject for f in functions)
        found[group] = [file for file in files if file not in before]
    return found


def _layers(summary: pd.DataFrame, without: Sequence[str] = UNJUDGED) -> pd.DataFrame:
    """The rows of layer cases but those of some verdicts, with numbers as numbers."""
    if summary.empty:
        return summary
    found = summary[(summary.kind == "layer") & ~summary.verdict.isin(without)]
    return found.assign(
        ratio=numbers(found.worst_ratio),
        ours=numbers(found.refimpl_roundings),
        theirs=numbers(found.torch_roundings),
    )


def _cases(layers: pd.DataFrame) -> pd.DataFrame:
    """For each case its verdicts, and the tensor with the largest error/bound: all that it has."""
    if layers.empty:
        return pd.DataFrame(columns=["function", *CASE_COLUMNS])
    cases = layers.assign(place=layers.ratio.fillna(-1)).groupby(["function", "case"], sort=False)
    worst = layers.loc[cases.place.idxmax()]
    names = worst.case.str.partition("[")[2].str.removesuffix("]")
    return pd.DataFrame(
        {
            "function": worst.function.to_numpy(),
            "case": names.to_numpy(),
            "verdicts": cases.verdict.unique().map(list).to_numpy(),
            "worst": (worst.tensor + " " + worst.dtype).to_numpy(),
            "ratio": worst.ratio.map(short).to_numpy(),
            "ours": worst.ours.map(short).to_numpy(),
            "theirs": worst.theirs.map(short).to_numpy(),
        }
    )


def _of(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows if rows.empty else rows[rows.function == name]


def _compared(name: str, layers: pd.DataFrame, cases: pd.DataFrame, tables: Tables) -> Compared:
    backward = FUNCTIONS[name].backward_name
    names = [name, backward]
    return Compared(
        Named.of(name),
        Named.of(backward) if hasattr(refimpl, backward) else None,
        _of(name, layers),
        _of(name, cases)[list(CASE_COLUMNS)],
        _witnesses(name, tables.witnesses),
        tables.mistakes
        if tables.mistakes.empty
        else tables.mistakes[
            tables.mistakes.function.isin(names) & (tables.mistakes.control != "True")
        ],
    )


def _witnesses(name: str, witnesses: pd.DataFrame) -> dict[str, dict[str, int]]:
    """By witness, how often it said what."""
    if witnesses.empty:
        return {}
    of = witnesses[witnesses.function == name]
    return {
        str(kind): {str(verdict): int(n) for verdict, n in rows.verdict.value_counts().items()}
        for kind, rows in of.groupby("witness", sort=False)
    }


def _others(shown: set[str]) -> dict[str, list[Named]]:
    """The public names that no layer case compares, by the file they stand in."""
    found: dict[str, list[Named]] = {}
    for name in refimpl.__all__:
        if name not in shown:
            module = getattr(getattr(refimpl, name), "__module__", "refimpl.filters")
            found.setdefault(module.rpartition(".")[2], []).append(Named.of(name))
    return found

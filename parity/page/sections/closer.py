"""Which side is closer to the truth: a sentence or two for each function, and its lost digits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from parity.cases.case import ORDINARY, Case
from parity.cases.catalogue import GOOD
from parity.page import anchors
from parity.page.bilingual import both
from parity.page.figures import digits, short
from parity.page.glossary import link
from parity.page.tables import Tables, numbers
from parity.power.groups import drawn, groups_of
from parity.results.verdicts import EMPTY, INFORMATION

TITLE = "Which side is closer to the truth"
SHORT = "Who is closer"
SIDES = ("refimpl", "torch", "equal")
FAR = "far_numbers"  # the group of cases that tails are part of
TAILS = {"tails", "saturated", "spread", "ascending"}  # values up to some hundreds, none special
CLEARLY = 3  # times as many tensors as the other side
SENTENCES = {"refimpl": "refimpl is closer there.", "torch": "torch is closer there."}
NUMBERS = re.compile(
    r"(?:(?P<one>[^\s,]+) of )?(?P<n>[^\s,]+) numbers from (?P<least>[^\s,]+) to (?P<most>[^\s,]+)"
)
TAIL = link("far", "tail")


class Answer(NamedTuple):
    """What is said of a function: who is closer, then where, with all three values."""

    function: str
    said: Markup
    places: list[Markup]


def context(tables: Tables) -> dict[str, Any]:
    """What the template names: the answers, and the table of lost digits."""
    layers = asked(tables.summary)
    counts = tally(layers)
    return {
        "counts": counts,
        "asked": sum(counts.values()),
        "answers": [_answer(str(name), rows, tables.torch) for name, rows in by_function(layers)],
        "lost": tables.torch,
        "lost_tensors": lost_tensors(tables.torch),
        "lost_anchor": _lost_anchor,
        "digits": digits,
        "arguments": arguments,
    }


def asked(summary: pd.DataFrame) -> pd.DataFrame:
    """The tensors of single functions whose elements were held against exact values."""
    if summary.empty:
        return summary
    seen = ~summary["verdict"].isin((INFORMATION, EMPTY)) & (summary["closer"] != "")
    rows = summary[(summary["kind"] == "layer") & seen]
    return rows.assign(far=rows["case"].isin(_far_cases()))


def tally(rows: pd.DataFrame) -> dict[str, int]:
    """In how many tensors which side is closer."""
    found = {} if rows.empty else rows["closer"].value_counts().to_dict()
    return {side: int(found.get(side, 0)) for side in SIDES}


def by_function(rows: pd.DataFrame) -> Iterator[tuple[Any, pd.DataFrame]]:
    """In the order of the report."""
    if not rows.empty:
        yield from rows.groupby("function", sort=False)


def lost_tensors(torch: pd.DataFrame) -> int:
    """In how many tensors torch loses digits."""
    return 0 if torch.empty else int(numbers(torch["tensors"]).sum())


@cache
def _far_cases() -> frozenset[str]:
    """Cases of the catalogue in the tails of their functions."""
    return frozenset(case.id for case in GOOD if in_tail(case))


def in_tail(case: Case) -> bool:
    """Whether its numbers lie where exponentials saturate: large, none huge, tiny, NaN or ∞.

    >>> from parity.cases.case import Draw
    >>> [in_tail(Case("softmax", "", {"x": Draw((3, 5), v)})) for v in ("saturated", "special")]
    [True, False]
    """
    kinds = drawn(case) - ORDINARY
    return FAR in groups_of(case) and bool(kinds) and kinds <= TAILS


def _lost_anchor(row: Any) -> str:
    return f"finding-{anchors.of_function(row.function)}-{row.tensor}-{row.dtype}"


# --- of one function ----------------------------------------------------------------------


def _answer(function: str, rows: pd.DataFrame, torch: pd.DataFrame) -> Answer:
    lost = torch if torch.empty else torch[torch["function"] == function]
    places = [_lost_place(row) for row in lost.to_dict("records")] or _apart(rows)
    return Answer(function, Markup(" ").join([*_said(rows, lost), *_of_tails(rows)]), places)


def _said(rows: pd.DataFrame, lost: pd.DataFrame) -> Iterator[Markup]:
    """Who is closer, in the tensors of all cases."""
    counts = tally(rows)
    if len(lost):
        yield both(
            "refimpl, by far: tensors in which torch loses digits that refimpl keeps: {n}.",
            n=int(numbers(lost["tensors"]).sum()),
        )
    elif counts["equal"] == len(rows):
        exact = not numbers(rows["refimpl_ulp"]).fillna(0).any()
        said = (
            "Both sides give the exact value, to the last digit, in all {n} tensors."
            if exact
            else "Both sides are equally close in all {n} tensors."
        )
        yield both(said, n=len(rows))
        return
    else:
        yield _by_counts(counts)
    yield both(
        "refimpl is closer in {refimpl} of {n} tensors, torch in {torch}; in {equal} both are "
        "equally close.",
        n=len(rows),
        **counts,
    )


def _by_counts(counts: dict[str, int]) -> Markup:
    """Who is closer where torch loses no digits: by how many tensors."""
    more, fewer = sorted(("refimpl", "torch"), key=lambda side: -counts[side])
    if not counts[fewer]:
        return both("{side}, wherever the two differ.", side=more)
    if counts[more] >= CLEARLY * counts[fewer]:
        return both("{side}, in most of the tensors in which the two differ.", side=more)
    return both("No clear winner.")


def _of_tails(rows: pd.DataFrame) -> Iterator[Markup]:
    """The same in the tails alone."""
    tails = rows[rows["far"]]
    counts = tally(tails)
    if len(tails) and tally(rows)["equal"] < len(rows):
        yield both(
            "In its {tail} alone: refimpl in {refimpl} of {n} tensors, torch in {torch}, both "
            "equally in {equal}.",
            tail=TAIL,
            n=len(tails),
            **counts,
        )


def arguments(said: str) -> Markup:
    """Arguments in words, as torch.csv has them, in both languages.

    >>> "4.5 of 7 numbers from -1 to 58" in arguments("x 4.5 of 7 numbers from -1 to 58")
    True
    """
    done, place = Markup(), 0
    for found in NUMBERS.finditer(said):
        text = "{one} of {n} numbers from {least} to {most}"
        if found["one"] is None:
            text = "{n} numbers from {least} to {most}"
        done += said[place : found.start()] + both(text, **found.groupdict())
        place = found.end()
    return done + said[place:]


def _lost_place(row: dict[Any, str]) -> Markup:
    """Where torch has lost most: the arguments, the exact value, both sides."""
    return both(
        "{tensor}, {dtype}, at {arguments}: exact {exact}, refimpl {ours} ({our_ulp} ULP off), "
        "torch {theirs} ({their_ulp} ULP off).",
        tensor=row["tensor"],
        dtype=row["dtype"],
        arguments=arguments(row["arguments"]),
        **_values(row),
        our_ulp=short(row["refimpl_ulp"]),
        their_ulp=short(row["torch_ulp"]),
    ) + Markup(" {}").format(both(SENTENCES["refimpl"]))


def _apart(rows: pd.DataFrame) -> list[Markup]:
    """Where both are farthest apart: in all cases, and in the tail."""
    tail = list(_farthest_apart(rows[rows["far"]]))
    elsewhere = [place for place in _farthest_apart(rows) if place not in tail]
    return elsewhere + [both("In the tail:") + " " + place for place in tail]


def _farthest_apart(rows: pd.DataFrame) -> Iterator[Markup]:
    """Of the worst elements of all tensors the one where the two errors differ most, in ULP."""
    known = rows[rows["exact_value"] != ""]
    if known.empty:
        return
    ours, theirs = (_ulps(known, side) for side in ("refimpl", "torch"))
    apart = (ours - theirs).abs()
    if not apart.max() > 0:
        return
    place = int(apart.argmax())
    row = known.iloc[place].to_dict()
    closer = "refimpl" if ours.iloc[place] < theirs.iloc[place] else "torch"
    yield both(
        "Farthest apart in {tensor}, {dtype}, of {case} at {index}: exact {exact}, refimpl {ours}, "
        "torch {theirs}.",
        tensor=row["tensor"],
        dtype=row["dtype"],
        case=row["case"],
        index=row["worst_index"],
        **_values(row),
    ) + Markup(" {}").format(both(SENTENCES[closer]))


def _ulps(rows: pd.DataFrame, side: str) -> pd.Series[float]:
    """How far a side's worst elements are from the exact ones, in ULP of these; ∞ and NaN are 0."""
    exact, value = numbers(rows["exact_value"]), numbers(rows[f"{side}_value"])
    spacing = [
        float(np.spacing(np.abs(np.dtype(dtype).type(one))))
        for dtype, one in zip(rows["dtype"], exact, strict=True)
    ]
    off = (value - exact).abs() / pd.Series(spacing, rows.index)
    return off.where(np.isfinite(off), 0.0)


def _values(row: dict[Any, str]) -> dict[str, str]:
    """The three values, to the digits of the dtype."""
    dtype = row["dtype"]
    return {
        "exact": digits(row["exact_value"], dtype),
        "ours": digits(row["refimpl_value"], dtype),
        "theirs": digits(row["torch_value"], dtype),
    }

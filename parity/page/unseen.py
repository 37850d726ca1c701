"""Which mistakes the suite would not see, as far as a report says it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from parity.page import anchors
from parity.page.bilingual import both
from parity.page.figures import rough
from parity.page.tables import Tables, numbers
from parity.results.verdicts import BLIND, IDENTICAL, INFORMATION, WITHIN

MOST = 0.99  # of the tensors
FEW = 5  # mistakes that the fewest cases refuse


def known(mistakes: pd.DataFrame) -> pd.DataFrame:
    """The mistakes of mistakes.csv, without the correct code; counts as numbers."""
    found = mistakes[mistakes["control"] == "False"]
    counts = ("cases", "refused", "raised", "blind", "hidden")
    return found.assign(**{name: numbers(found[name]).astype(int) for name in counts})


def unrefused(mistakes: pd.DataFrame) -> pd.DataFrame:
    """Those that are not refused as they must be: by nobody, or by too few."""
    return mistakes[(mistakes["refused"] == 0) | (mistakes["problem"] != "")]


def of_the_known(mistakes: pd.DataFrame) -> Iterator[Markup]:
    """Of the known mistakes: who is refused by nobody, or by few, or by the exact values alone."""
    if mistakes.empty:
        yield both(
            "Known mistakes were not tried for this report: there is no mistakes.csv beside it. "
            "{command} writes one.",
            command=Markup("<code>parity mistakes</code>"),
        )
        return
    ours = known(mistakes)
    yield from _refused(ours, mistakes[mistakes["control"] == "True"])
    few = ours.sort_values("refused", kind="stable").head(FEW)
    yield both(
        "The fewest cases refuse {names}.",
        names=_joined(
            Markup("{} ({}/{})").format(_link(row["mistake"]), row["refused"], row["cases"])
            for _, row in few.iterrows()
        ),
    )
    alone = ours[~ours["witnesses"].str.split().map(lambda kinds: "torch" in kinds)]
    if not alone.empty:
        yield both(
            "Without exact values ({command}) these would pass, which are right as formulas and "
            "lose digits: {names}.",
            command=Markup("<code>parity run --quick</code>"),
            names=_joined(map(_link, alone["mistake"])),
        )
    yield from _hidden(ours)


def _refused(ours: pd.DataFrame, controls: pd.DataFrame) -> Iterator[Markup]:
    missed = unrefused(ours)
    if missed.empty:
        yield both(
            "Of the {count} known mistakes: none. Each is refused by {least} cases or more. The "
            "correct code in their place, {controls} functions, is refused by none.",
            count=len(ours),
            least=int(ours["refused"].min()) if len(ours) else 0,
            controls=len(controls),
        )
    else:
        yield both(
            "Of the {count} known mistakes these {missed} are not refused as they must be: "
            "{names}.",
            count=len(ours),
            missed=len(missed),
            names=_joined(map(_link, missed["mistake"])),
        )
    spoilt = controls[controls["problem"] != ""]
    if not spoilt.empty:
        yield both(
            "The correct code is refused, so that a refusal says nothing there: {names}.",
            names=_joined(spoilt["function"]),
        )


def _hidden(ours: pd.DataFrame) -> Iterator[Markup]:
    if ours["blind"].sum() or ours["hidden"].sum():
        yield both(
            "Single cases see less: {blind} times a case lets a known mistake pass that random "
            "numbers of the same shapes would show (zeros, ties, NaN); {hidden} times a mistake "
            "changes the exact values and stays under the bound (numbers so small or large that "
            "rounding hides it). Other cases refuse these mistakes.",
            blind=int(ours["blind"].sum()),
            hidden=int(ours["hidden"].sum()),
        )


def of_the_run(tables: Tables) -> Iterator[Markup]:
    """Of the run: blind rows, how small a mistake may be, what was left out."""
    yield from _left_out(tables.about)
    summary = tables.summary
    if summary.empty:
        return
    judged = summary[summary["verdict"] != INFORMATION]
    blind = judged[judged["verdict"] == BLIND]
    if not blind.empty:
        layers = int((blind["kind"] == "layer").sum())
        yield both(
            "Blind: in {count} of the {all} tensors a mistake of 0.05 % could hide ({layers} of "
            "single functions, {networks} of networks in which both sides run free). They count as "
            "no agreement; the notes in summary.csv say why.",
            count=len(blind),
            all=len(judged),
            layers=layers,
            networks=len(blind) - layers,
        )
    yield _large(judged)
    rows = judged[(judged["kind"] == "layer") & judged["verdict"].isin([WITHIN, IDENTICAL])]
    for dtype, of_it in rows.groupby("dtype", sort=False):
        yield from _resolution(str(dtype), of_it)


def _large(judged: pd.DataFrame) -> Markup:
    sizes = numbers(judged["elements"]).groupby(judged["network"] != "").max()
    return both(
        "Large: the largest tensor of a single function has {layer} elements, of a network "
        "{network}. What goes wrong from a larger size on is not met.",
        layer=f"{sizes.get(False, 0):.0f}",
        network=f"{sizes.get(True, 0):.0f}",
    )


def _resolution(dtype: str, rows: pd.DataFrame) -> Iterator[Markup]:
    """How small a mistake may be to pass, of the rows that are counted."""
    whole, single = (numbers(rows[name]).dropna() for name in ("resolution", "element_resolution"))
    if whole.empty or single.empty:
        return
    yield both(
        "Small: what is below its resolution passes. In {dtype} half of the tensors refuse one "
        "that is wrong as a whole by {whole} of itself, 99 % of them by {whole_most}; of a single "
        "wrong element half refuse {single} of itself, 99 % {single_most}.",
        dtype=dtype,
        whole=rough(float(whole.median())),
        whole_most=rough(float(whole.quantile(MOST))),
        single=rough(float(single.median())),
        single_most=rough(float(single.quantile(MOST))),
    )


def _left_out(about: dict[str, Any]) -> Iterator[Markup]:
    """What run.json says was not asked, or not seen."""
    scope = about.get("scope", "full")
    if scope != "full":
        yield both("Left out: this report is of a part of the suite ({scope}).", scope=scope)
    if about.get("not_judged"):
        yield both(
            "Chosen, and judged by nobody: {what}.", what=_joined(map(str, about["not_judged"]))
        )
    planted = about.get("planted", {})
    unseen = {
        word: count for word, count in planted.items() if not word.endswith(" seen") and count
    }
    if unseen:
        yield both(
            "Mistakes that the run planted in itself and did not see: {what}.",
            what=_joined(f"{word} {count}" for word, count in unseen.items()),
        )


# --- in one circumstance alone --------------------------------------------------------------


def of_circumstances(pairs: pd.DataFrame) -> dict[str, Any] | None:
    """What mistakes_circumstances.csv says: a mistake made only where something holds.

    None where that was not asked.
    """
    if pairs.empty:
        return None
    met, refused = (numbers(pairs[name]).astype(int) for name in ("met", "refused"))
    passed = pairs[(met > 0) & (refused == 0)]
    unmet = pairs[met == 0]
    return {
        "pairs": len(pairs),
        "refused": int((refused > 0).sum()),
        "passed": [(_link(row["mistake"]), row["circumstance"]) for _, row in passed.iterrows()],
        "unmet": {
            str(circumstance): [_link(name) for name in of_it["mistake"]]
            for circumstance, of_it in unmet.groupby("circumstance", sort=False)
        },
    }


def _link(mistake: str) -> Markup:
    return Markup('<a href="#{}">{}</a>').format(anchors.of_mistake(mistake), mistake)


def _joined(parts: Any) -> Markup:
    return Markup(", ").join(map(escape, parts))

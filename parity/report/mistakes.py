"""What `parity mistakes` says on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from math import isinf
from textwrap import fill

from rich.table import Table

from parity.power.survey import MistakeRow, Power
from parity.texts.counts import counted

WIDTH = 79
CONTROL = "control: the correct code"


def table(rows: Sequence[MistakeRow]) -> Table:
    """The power table: under each function its mistakes, and who sees them."""
    shown = Table(box=None, pad_edge=False)
    shown.add_column("function, mistake", no_wrap=True)
    shown.add_column("refused", justify="right", no_wrap=True)
    shown.add_column("error/bound", justify="right", no_wrap=True)
    shown.add_column("seen by", no_wrap=True)
    shown.add_column("smallest case", overflow="fold")
    for function in dict.fromkeys(row.function for row in rows):
        for row in (row for row in rows if row.function == function):
            shown.add_row(
                function if row.control else f"  {row.mistake}",
                f"{row.refused}/{row.cases}",
                "" if row.median_margin is None else ratio(row.median_margin),
                row.witnesses if row.refused or row.witnesses else "nobody",
                CONTROL if row.control else row.smallest.partition("[")[2].removesuffix("]"),
                style="red" if row.problem else None,
            )
    return shown


def how_far(margin: float | None) -> str:
    """By how much the cases refuse a mistake."""
    if margin is None:
        return ""
    if isinf(margin):
        return "a bound of 0: any difference refuses"
    return f"{ratio(margin)} times the bound, the median of these cases"


def ratio(margin: float) -> str:
    """error/bound; where the bound is 0, every error is past it."""
    return "bound 0" if isinf(margin) else f"{margin:.3g}"


def describe(row: MistakeRow) -> str:
    """One mistake: what is wrong, what was thought, what it violates, who sees it."""
    said = [f"{row.mistake} in {row.function}: {row.title}"]
    for what, text in (
        ("thought", row.misconception),
        ("violates", row.formulas),
        ("refused", f"by {row.refused} of {row.cases} cases, the smallest {row.smallest}"),
        ("by", how_far(row.median_margin)),
        ("seen by", row.witnesses),
        ("hidden", f"in {row.hidden} cases: odd numbers, or float32 alone" if row.hidden else ""),
        ("raised", f"in {row.raised} cases, which says nothing" if row.raised else ""),
    ):  # fmt: skip
        if text:
            indent = f"  {what:9} "
            said.append(
                fill(text, WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent))
            )
    return "\n".join(said)


def problems(power: Power) -> list[str]:
    """Mistakes that too few refuse, controls that are refused, cases that see nothing."""
    said = [
        f"FAIL {row.mistake} in {row.function}: {row.problem}\n"
        f"     again: parity mistakes {_selection(row)} --seed {power.seed}"
        for row in power.rows
        if row.problem
    ]
    return (
        said
        + [
            f"FAIL case {case} sees no mistake: {why}\n"
            f"     again: parity mistakes --function {case.partition('[')[0]} --seed {power.seed}"
            for case, why in power.unseeing.items()
        ]
        + [
            f"FAIL {row} hides {mistake}: it changes the exact values and stays under the bound\n"
            f"     again: parity mistakes {mistake} --seed {power.seed}"
            for row, mistake in power.hiding.items()
        ]
    )


def _selection(row: MistakeRow) -> str:
    return f"--function {row.function}" if row.control else row.mistake


def summary(power: Power) -> str:
    """The power of the suite in one sentence."""
    mistakes = [row for row in power.rows if not row.control]
    controls = [row for row in power.rows if row.control]
    failed = sum(bool(row.problem) for row in mistakes)
    spoilt = sum(bool(row.problem) for row in controls)
    blind, hiding = len(power.unseeing), len(power.hiding)
    parts = (
        f"{counted(len(mistakes), 'mistake')}, "
        + (f"{failed} NOT REFUSED AS IT MUST BE" if failed else "all refused"),
        f"{counted(len(controls), 'control')} "
        + (f"of which {spoilt} NOT CLEAN" if spoilt else "clean"),
        f"{counted(blind, 'case')} BLIND" if blind else "",
        f"{counted(hiding, 'row')} HIDING ONE" if hiding else "",
    )
    return "; ".join(filter(None, parts))

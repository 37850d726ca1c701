"""`parity diff`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.ending import DISAGREE, wrong_call
from parity.texts.counts import counted

if TYPE_CHECKING:
    from collections import Counter

    from parity.report.diff import Change, Difference

SHOWN = 20  # lines of each kind
NAMED = 6  # functions and networks


def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="a run's folder, or its summary.csv")],
    after: Annotated[Path, typer.Argument(metavar="B", help="those of a later run")],
    everything: Annotated[
        bool, typer.Option("--all", help="all changes, not the first 20")
    ] = False,
) -> None:
    """Say what changed between two runs.

    Exit code 1 if a verdict changed, an error grew tenfold, or, of two runs of the same scope, a
    tensor came or went; other values alone are counted, and are no change. 0 otherwise, 2 if a file
    cannot be read. Where torch loses digits in one run alone, or 16 times as many, is listed, and
    is no change.
    """
    from parity.report.diff import SummaryError, difference

    try:
        found = difference(before, after)
    except SummaryError as error:
        wrong_call(error)
    changes = _listed(found.changes, everything)
    for line in (*lines(found), *changes, *found.torch, summary(found)):
        typer.echo(line)
    raise typer.Exit(DISAGREE if found.changed else 0)


def lines(found: Difference) -> list[str]:
    """What was compared, and how the two runs were made."""
    largest = "largest error/bound {:.3g} → {:.3g}".format(*found.ratios)
    said = [
        *found.settings,
        f"{counted(found.both, 'tensor')} in both: {found.equal} equal in every digit, "
        f"{found.both - found.equal} with other values; {largest}",
    ]
    for side, alone in zip("AB", found.alone, strict=True):
        if alone:
            said.append(f"only in {side}: {counted(alone.total(), 'tensor')} ({_named(alone)})")
    if any(line.startswith("seed: ") for line in found.settings):
        said.append("another seed draws other numbers: verdicts are compared, errors are not")
    if not found.same_scope and any(found.alone):
        said.append("the two runs are of another scope: what only one has is no change")
    return said


def _named(alone: Counter[str]) -> str:
    """The functions and networks with the most of them."""
    most = [f"{name} {count}" for name, count in alone.most_common(NAMED)]
    return ", ".join([*most, f"{len(alone) - NAMED} more"] if len(alone) > NAMED else most)


def _listed(changes: tuple[Change, ...], everything: bool) -> list[str]:
    """Verdicts first, then errors."""
    said = []
    for what in ("verdict", "error"):
        found = [change for change in changes if change.what == what]
        shown = found if everything else found[:SHOWN]
        said += [f"{what:8} {c.tensor}: {c.before or '-'} → {c.after or '-'}" for c in shown]
        if len(found) > len(shown):
            said.append(f"… and {len(found) - len(shown)} more of this kind: --all shows them")
    return said


def summary(found: Difference) -> str:
    """The whole in a line."""
    verdicts = sum(change.what == "verdict" for change in found.changes)
    errors = len(found.changes) - verdicts
    if not found.changed:
        return "no verdict changed, no error grew tenfold"
    said = [f"{counted(verdicts, 'verdict')} changed"] if verdicts else []
    said += [f"{counted(errors, 'error')} grew tenfold"] if errors else []
    gone, new = (alone.total() for alone in found.alone)
    if found.same_scope and (gone or new):
        said.append(f"{gone} tensors gone, {new} new")
    return ", ".join(said)

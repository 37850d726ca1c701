"""What a run says of itself: the mistakes it planted, and what nobody judged."""

from __future__ import annotations

from collections.abc import Sequence

from parity.results.findings import Findings
from parity.results.rows import Planted
from parity.results.settings import Settings
from parity.results.verdicts import IMPOSSIBLE, SEEN

SHOWN = 20  # lines of each kind


def vouching_note(findings: Findings, settings: Settings) -> str:
    """How many mistakes were planted on each side, and whether all were seen, in a line."""
    planted = findings.planted
    if not planted:
        return "planted: no mistake, so that nothing vouches for this run"
    torch = sum(one.side == "torch" for one in planted)
    missed = sum(one.verdict not in (SEEN, IMPOSSIBLE) for one in planted)
    impossible = sum(one.verdict == IMPOSSIBLE for one in planted)
    under = f" under {settings.override.partition(': ')[2]}" if settings.override else ""
    said = [f"{missed} NOT SEEN{under}"] if missed else []
    said += [f"{impossible} that the cases cannot show{under}"] if impossible else []
    mistakes = "mistake" if len(planted) - torch == 1 else "mistakes"
    return (
        f"planted: {len(planted) - torch} {mistakes} in refimpl and {torch} in torch's side, "
        f"{', '.join(said) or 'all seen'}"
    )


def reservations(findings: Findings) -> list[str]:
    """Why a run does not say that all hold: what nobody judged, what was not seen."""
    unseen = [one for one in findings.planted if one.verdict != SEEN]
    return [
        *_shortened([f"NOT JUDGED {gap}" for gap in findings.gaps]),
        *_shortened([describe(one) for one in unseen]),
    ]


def describe(planted: Planted) -> str:
    """A planted mistake that was not seen: where, which, why."""
    what = "could not vouch" if planted.verdict == IMPOSSIBLE else "NOT SEEN"
    return f"{what}: {planted.case} in {planted.dtype}: {planted.mistake}: {planted.note}"


def _shortened(lines: Sequence[str]) -> list[str]:
    rest = len(lines) - SHOWN
    return [*lines[:SHOWN], *([f"… and {rest} more"] if rest > 0 else [])]

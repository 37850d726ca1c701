"""From answers to rows: what a library does in a group of cases, in one of five words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from parity.diagnosis.diagnose import diagnose
from parity.peers.judged_cases import NARROW, JudgedCase, off_by, smallest
from parity.peers.peer_line import Answer
from parity.peers.probe import Bitwise, LongSum, Probe

WITHIN, IDENTICAL, CONVENTION, DIFFERS, MISSING = (
    *("within", "identical", "convention", "differs", "missing"),
)
ADAPTER = "adapter"  # it is ours that is wrong: nothing is said of the library
VERDICTS = (WITHIN, IDENTICAL, CONVENTION, DIFFERS, MISSING, ADAPTER)
CASES = "cases"  # groups of them are called "cases, float32"; all others by their probe's topic
SELF_TEST = "self-test"  # the group of a tiny case that goes wrong
NAMED = 3  # conventions, or options that are missing, that are listed


@dataclass(frozen=True)
class PeerRow:
    """A row of peers.csv: one library, one function, one group of cases.

    convention: which one came out. answered: so many of the cases gave numbers; held: so many are
    right. roundings: the largest error among the right ones, in roundings of Σ|terms|. date: when
    the run began. incomplete: why the library was asked no further in it, "" if it was asked all.
    """

    library: str
    version: str
    function: str
    group: str
    verdict: str
    convention: str
    cases: int
    answered: int
    held: int
    roundings: float | None
    said: str
    python: str
    date: str
    incomplete: str = ""


class Said(NamedTuple):
    """What a row says beside which library, function and group it is about."""

    verdict: str
    convention: str = ""
    cases: int = 1
    answered: int = 1
    held: int = 0
    roundings: float | None = None
    said: str = ""


# --- cases --------------------------------------------------------------------------------


def of_cases(found: Sequence[JudgedCase]) -> Said:
    """Cases of one function in one dtype together."""
    answered = [one for one in found if one.judged]
    wrong = [one for one in answered if one.wrong]
    lacking = _lacking(found)
    counts = (len(found), len(answered), len(answered) - len(wrong))
    crashed = [one for one in found if one.answer.crashed]
    if not answered:
        return Said(DIFFERS if crashed else MISSING, "", *counts, None, lacking)
    roundings = max((one.roundings for one in answered), default=0.0)
    if wrong:
        explained = _conventions(wrong)
        if explained and not crashed:
            verdict = DIFFERS if NARROW in explained else CONVENTION
            return Said(verdict, explained, *counts, roundings, _also(_where(wrong), lacking))
        said = _also(_difference(wrong), lacking)
        return Said(DIFFERS, explained, *counts, roundings, said)
    if crashed:
        return Said(DIFFERS, "", *counts, roundings, lacking)
    exact = all(one.exact for one in answered)
    return Said(IDENTICAL if exact else WITHIN, "", *counts, roundings, lacking)


def _conventions(wrong: Sequence[JudgedCase]) -> str:
    """The fewest conventions of which one explains each wrong case; "" if some case has none."""
    left, named = list(wrong), []
    while left:
        counted = Counter(said for one in left for said in sorted(one.conventions))
        if not counted:
            return ""
        best = max(counted.items(), key=lambda pair: (pair[1], pair[0]))[0]
        before = len(left)
        left = [one for one in left if best not in one.conventions]
        named.append(best)
        if len(left) == before:
            return ""
    return "; ".join(sorted(named))


def _where(wrong: Sequence[JudgedCase]) -> str:
    return f"seen in {_named(smallest(wrong))}"


def _difference(wrong: Sequence[JudgedCase]) -> str:
    """The smallest case that is wrong, and the known mistake that gives these numbers."""
    unexplained = [one for one in wrong if not one.conventions] or list(wrong)
    least = smallest(unexplained)
    said = f"{_named(least)}: {least.wrong[0].said}{off_by(least)}"
    causes = diagnose([one.observation for one in unexplained])
    known = [cause.text for cause in causes if not cause.is_where]
    return f"{said}; looks like: {known[0]}" if known else said


def _named(one: JudgedCase) -> str:
    """A case by its name and sizes."""
    arrays = one.asked.problem.arrays.items()
    sizes = ", ".join(
        f"{n} {'×'.join(map(str, a.shape))}" for n, a in arrays if a.ndim and n != "bias"
    )
    options = ", ".join(f"{n}={v!r}" for n, v in one.asked.case.options.items())
    return ", ".join(filter(None, (sizes, options))) or "single numbers"


def _lacking(found: Iterable[JudgedCase]) -> str:
    """What the library has not, or raises, the most frequent first."""
    reasons = Counter(
        one.answer.missing or one.answer.raised or one.answer.crashed
        for one in found
        if not one.judged
    )
    reasons.pop("", None)
    most = [reason for reason, _ in reasons.most_common(NAMED)]
    more = f"; {len(reasons) - NAMED} more" if len(reasons) > NAMED else ""
    return "; ".join(most) + more


def _also(said: str, lacking: str) -> str:
    return f"{said}; missing: {lacking}" if lacking else said


# --- probes -------------------------------------------------------------------------------


def of_probe(probe: Probe, answer: Answer) -> Said:
    """One probe: which of its answers came."""
    if answer.missing or answer.raised:
        return Said(MISSING, answered=0, said=answer.missing or answer.raised)
    if answer.crashed:
        return Said(DIFFERS, answered=0, said=answer.crashed)
    if not set(probe.tensors) & set(answer.tensors):
        return Said(MISSING, answered=0, said="no gradients")
    found = probe.recognised(answer.tensors)
    if found and isinstance(probe, LongSum):
        return Said(WITHIN, found, held=1, roundings=probe.roundings_of(answer.tensors))
    usual = found == next(iter(probe.answers))
    if found and (probe.choice or not usual):
        verdict = CONVENTION if probe.choice else DIFFERS
        said = "" if probe.choice else probe.shown(answer.tensors)
        return Said(verdict, found, held=int(probe.choice), said=said)
    if usual:
        return Said(IDENTICAL if isinstance(probe, Bitwise) else WITHIN, found, held=1)
    return Said(DIFFERS, said=f"none of the known answers: {probe.shown(answer.tensors)}")

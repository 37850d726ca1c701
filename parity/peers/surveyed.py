"""The rows of a library: its answers beside the exact values."""

from __future__ import annotations

from dataclasses import dataclass, field

from parity.candidates.asked import Asked
from parity.peers.chosen_cases import EVERY
from parity.peers.gathering import Gathered
from parity.peers.group_verdicts import (
    ADAPTER,
    CASES,
    DIFFERS,
    SELF_TEST,
    PeerRow,
    Said,
    of_cases,
    of_probe,
)
from parity.peers.judged_cases import JudgedCase, Truths, judged_case
from parity.peers.libraries import Peer
from parity.peers.peer_line import About, Answer
from parity.peers.probe import Probe
from parity.peers.self_test import fault


@dataclass
class Surveyed:
    """What one library gave, judged.

    faults: of each function whose adapter is wrong, what it does: nothing is said of the library.
    doubts: of each that is wrong in its tiny case, by the library or the adapter, how.
    """

    peer: Peer
    about: About | None
    ended: str
    seconds: float
    answered: dict[tuple[str, str], list[JudgedCase]] = field(default_factory=dict)
    probed: list[tuple[Probe, Said]] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> int:
        """How many cases and probes."""
        return sum(len(found) for found in self.answered.values()) + len(self.probed)

    @property
    def answers(self) -> int:
        """How many of them gave numbers."""
        cases = sum(bool(one.judged) for found in self.answered.values() for one in found)
        return cases + sum(said.answered for _, said in self.probed)


def survey(gathered: Gathered, truths: Truths) -> Surveyed:
    """All answers judged; of a function whose adapter is at fault none."""
    found = Surveyed(gathered.peer, gathered.about, gathered.ended, gathered.seconds)
    for step, answer in gathered.answers:
        if step.function in found.faults:
            continue
        if isinstance(step.what, Probe):
            found.probed.append((step.what, of_probe(step.what, answer)))
        elif not (step.is_test and _at_fault(found, step.what, truths, answer)):
            judged = _judged(step.what, truths, answer)
            found.answered.setdefault((step.function, step.what.dtype), []).append(judged)
    return found


def _at_fault(found: Surveyed, asked: Asked, truths: Truths, answer: Answer) -> bool:
    """Whether the adapter is wrong in the tiny case of a function; doubts are kept, too."""
    wrong = fault(asked, truths.of(asked), answer)
    if wrong is not None:
        named = found.faults if wrong.ours else found.doubts
        named[asked.problem.function] = wrong.said
    return wrong is not None and wrong.ours


def _judged(asked: Asked, truths: Truths, answer: Answer) -> JudgedCase:
    return (
        judged_case(asked, truths.of(asked), answer)
        if answer.tensors
        else JudgedCase(asked, answer)
    )


def rows(found: Surveyed, date: str) -> list[PeerRow]:
    """Its rows, functions in their usual order, cases before probes."""
    if found.about is None:
        return []
    said: dict[tuple[str, str], Said] = {
        (function, SELF_TEST): Said(ADAPTER, said=fault) for function, fault in found.faults.items()
    }
    for function, doubt in found.doubts.items():
        said[function, SELF_TEST] = Said(DIFFERS, said=f"{doubt}; the library or our adapter")
    for (function, dtype), cases in found.answered.items():
        said[function, f"{CASES}, {dtype}"] = of_cases(cases)
    for probe, one in found.probed:
        said[probe.function, probe.group] = one
    ordered = sorted(said.items(), key=lambda pair: EVERY.index(pair[0][0]))
    about = found.about
    when = date, found.ended
    return [_row(found.peer.name, about, *where, one, when) for where, one in ordered]


def _row(
    library: str, about: About, function: str, group: str, said: Said, when: tuple[str, str]
) -> PeerRow:
    """when: the run's date, and why it asked no further."""
    roundings = None if said.roundings is None else float(f"{said.roundings:.3g}")
    counts = said.cases, said.answered, said.held
    return PeerRow(
        *(library, about.version, function, group, said.verdict, said.convention),
        *counts,
        roundings,
        said.said,
        about.python,
        *when,
    )

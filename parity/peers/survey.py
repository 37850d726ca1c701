"""One library, all that it is asked: its rows, and whether it was ended before it was through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from parity.candidates.asked import Asked
from parity.cases.functions import FUNCTIONS
from parity.peers.asking import SECONDS, About, Answer, PeerLine
from parity.peers.chosen_cases import COMPILED, EVERY, EXTRA, MOST, chosen, wanted
from parity.peers.judged_cases import JudgedCase, Truths, judged_case
from parity.peers.libraries import Peer
from parity.peers.probe import Probe
from parity.peers.probes import probes
from parity.peers.self_test import fault, tiny
from parity.peers.verdicts import ADAPTER, CASES, PeerRow, Said, of_cases, of_probe

Tick = Callable[[int], None]


@dataclass(frozen=True)
class Question:
    """What every library is asked, the self-tests first; `compiled` is a compiler's part of it."""

    functions: tuple[str, ...]
    cases: tuple[Asked, ...]
    probes: tuple[Probe, ...]

    @property
    def count(self) -> int:
        return len(self.cases) + len(self.probes) + len(self.tested)

    @property
    def tested(self) -> tuple[str, ...]:
        """Functions whose adapter is tried on a tiny case before."""
        return tuple(f for f in self.functions if f not in EXTRA)


def question(functions: Sequence[str], full: bool, compiler: bool) -> Question:
    """The cases and probes of these functions.

    A compiler, which takes seconds for each, is asked fifteen in all unless it is `full`.
    """
    asked = [probe for probe in probes() if probe.function in functions]
    if compiler and not full:
        third = COMPILED // 3
        cases = chosen(functions, third)
        kept = tuple(dict.fromkeys(one.problem.function for one in cases))
        asked = asked[: COMPILED - len(cases) - len(kept)]
        return Question(kept, tuple(cases), tuple(asked))
    cases = chosen(functions, None if full else MOST)
    return Question(tuple(functions), tuple(cases), tuple(asked))


@dataclass
class Surveyed:
    """What one library gave. ended: why it was asked no further; "" if it was asked all."""

    peer: Peer
    about: About | None = None
    ended: str = ""
    answered: dict[tuple[str, str], list[JudgedCase]] = field(default_factory=dict)
    probed: list[tuple[Probe, Said]] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)  # function: what its adapter does wrong
    asked: int = 0
    seconds: float = 0.0

    @property
    def answers(self) -> int:
        """How many cases and probes gave numbers."""
        cases = sum(bool(one.judged) for found in self.answered.values() for one in found)
        return cases + sum(said.answered for _, said in self.probed)


def survey(
    peer: Peer,
    python: str,
    asked: Question,
    truths: Truths,
    tick: Tick = lambda count: None,
    seconds: float = SECONDS,
) -> Surveyed:
    """Ask one library everything, as far as it comes in the time."""
    found = Surveyed(peer)
    with (
        TemporaryDirectory() as folder,
        PeerLine(peer.adapter, python, Path(folder), seconds) as line,
    ):
        found.about = line.about()
        if found.about is not None:
            _ask_all(found, asked, line, truths, tick)
        found.ended = line.ended
        found.seconds = seconds - line.seconds_left
    return found


def _ask_all(found: Surveyed, asked: Question, line: PeerLine, truths: Truths, tick: Tick) -> None:
    assert found.about is not None
    for step in (*_self_tests(asked), *_interleaved(asked)):
        if line.ended:
            return
        _ask(found, step, line, truths)
        tick(1)


def _self_tests(asked: Question) -> Iterator[str]:
    yield from asked.tested


def _interleaved(asked: Question) -> Iterator[Asked | Probe]:
    """Small probes, then cases, then the probes that send millions of numbers."""
    small = [probe for probe in asked.probes if probe.size < LARGE]
    yield from small
    yield from asked.cases
    yield from (probe for probe in asked.probes if probe.size >= LARGE)


LARGE = 100_000  # numbers


def _ask(found: Surveyed, step: str | Asked | Probe, line: PeerLine, truths: Truths) -> None:
    """One question; nothing of a function whose adapter is at fault, or of a dtype that is not."""
    assert found.about is not None
    if isinstance(step, str):
        said = _fault(step, line, truths)
        if said:
            found.faults[step] = said
        return
    function = step.function if isinstance(step, Probe) else step.problem.function
    if function in found.faults or step.dtype not in found.about.dtypes:
        return
    found.asked += 1
    gradients = found.about.gradients
    if isinstance(step, Probe):
        names = step.wanted if gradients else ()
        answer = line.answer(step.problem, names, step.every_option)
        if not line.ended:
            found.probed.append((step, of_probe(step, answer)))
        return
    names = wanted(step, FUNCTIONS[function].inputs) if gradients else ()
    answer = line.answer(step.problem, names)
    if not line.ended:
        judged = _judged(step, truths, answer)
        found.answered.setdefault((function, step.dtype), []).append(judged)


def _judged(asked: Asked, truths: Truths, answer: Answer) -> JudgedCase:
    if not answer.tensors:
        return JudgedCase(asked, answer)
    return judged_case(asked, truths.of(asked), answer)


def _fault(function: str, line: PeerLine, truths: Truths) -> str:
    asked = tiny(function)
    if asked is None:
        return ""
    answer = line.answer(asked.problem, ())
    return fault(asked, truths.of(asked), answer)


# --- rows ---------------------------------------------------------------------------------


def rows(found: Surveyed, date: str) -> list[PeerRow]:
    """Its rows, functions in their usual order, cases before probes."""
    if found.about is None:
        return []
    said: dict[tuple[str, str], Said] = {
        (function, "self-test"): Said(ADAPTER, said=fault)
        for function, fault in found.faults.items()
    }
    for (function, dtype), cases in found.answered.items():
        said[function, f"{CASES}, {dtype}"] = of_cases(cases)
    for probe, one in found.probed:
        said[probe.function, f"{probe.topic}: {probe.name}"] = one
    ordered = sorted(said.items(), key=lambda pair: EVERY.index(pair[0][0]))
    return [
        _row(found, found.about, function, group, one, date) for (function, group), one in ordered
    ]


def _row(
    found: Surveyed, about: About, function: str, group: str, said: Said, date: str
) -> PeerRow:
    return PeerRow(
        found.peer.name,
        about.version,
        function,
        group,
        said.verdict,
        said.convention,
        said.cases,
        said.answered,
        said.held,
        None if said.roundings is None else float(f"{said.roundings:.3g}"),
        said.said,
        about.python,
        date,
    )


def counted(found: Mapping[str, Surveyed]) -> int:
    """How many libraries answered anything."""
    return sum(bool(one.answers) for one in found.values())

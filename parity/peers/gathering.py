"""What a library is asked and answers: cases and probes, in a process of its own, in its time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from parity.candidates.asked import Asked
from parity.cases.functions import FUNCTIONS
from parity.peers.chosen_cases import COMPILED, EXTRA, MOST, chosen, wanted
from parity.peers.libraries import Peer
from parity.peers.peer_line import SECONDS, About, Answer, PeerLine
from parity.peers.probe import Probe
from parity.peers.probes.every import probes
from parity.peers.self_test import tiny

Tick = Callable[[int], None]
LARGE = 100_000  # numbers: probes that send so many come last


@dataclass(frozen=True)
class Question:
    """What a library is asked: a tiny case of each function, probes, cases.

    most: of a compiler, how many it has to answer; what it has not is not counted.
    """

    tested: tuple[Asked, ...]
    cases: tuple[Asked, ...]
    probes: tuple[Probe, ...]
    most: int | None = None

    @property
    def count(self) -> int:
        return len(self.tested) + len(self.cases) + len(self.probes)

    def steps(self) -> Iterator[Step]:
        """Small probes, then cases, then the probes that send millions of numbers; before the first
        question about a function its tiny case."""
        small = [probe for probe in self.probes if probe.size < LARGE]
        large = [probe for probe in self.probes if probe.size >= LARGE]
        left = {one.problem.function: one for one in self.tested}
        asked: tuple[Asked | Probe, ...] = (*small, *self.cases, *large)
        if self.most is not None:
            yield from self._of_a_compiler()
            return
        for step in map(Step, asked):
            if step.function in left:
                yield Step(left.pop(step.function), is_test=True)
            yield step
        yield from (Step(one, is_test=True) for one in left.values())

    def _of_a_compiler(self) -> Iterator[Step]:
        """Probes, then cases, before the first of each function its tiny one."""
        yield from map(Step, self.probes)
        left = {one.problem.function: one for one in self.tested}
        for case in self.cases:
            if case.problem.function in left:
                yield Step(left.pop(case.problem.function), is_test=True)
            yield Step(case)

    def is_enough(self, step: Step, answered: int) -> bool:
        """Whether a compiler that has answered so many is asked no more: a third are for cases."""
        if self.most is None:
            return False
        return answered >= self.most - (self.most // 3 if isinstance(step.what, Probe) else 0)


@dataclass(frozen=True)
class Step:
    """One thing that is asked."""

    what: Asked | Probe
    is_test: bool = False

    @property
    def function(self) -> str:
        return self.what.function if isinstance(self.what, Probe) else self.what.problem.function

    def asked_of(self, line: PeerLine, gradients: bool) -> Answer:
        if isinstance(self.what, Probe):
            names = self.what.wanted if gradients else ()
            return line.answer(self.what.problem, names, self.what.every_option)
        names = wanted(self.what, FUNCTIONS[self.function].inputs) if gradients else ()
        return line.answer(self.what.problem, names)


@dataclass
class Gathered:
    """What one library gave. ended: why it was asked no further, "" if it was asked all."""

    peer: Peer
    about: About | None = None
    ended: str = ""
    answers: list[tuple[Step, Answer]] = field(default_factory=list)
    seconds: float = 0.0


def question(functions: Sequence[str], full: bool, compiler: bool) -> Question:
    """The cases, tiny ones among them, and the probes of these functions.

    A compiler, which takes seconds for each, has to answer fifteen in all unless it is `full`.
    """
    of_functions = tuple(probe for probe in probes() if probe.function in functions)
    tested = _tested(function for function in functions if function not in EXTRA)
    cases = chosen(functions, None if full else MOST - len(tested))
    most = COMPILED if compiler and not full else None
    return Question(tested, tuple(cases), of_functions, most)


def _tested(functions: Iterable[str]) -> tuple[Asked, ...]:
    """The tiny case of each function, once."""
    found = (tiny(function) for function in dict.fromkeys(functions))
    return tuple(one for one in found if one is not None)


def gather(
    peer: Peer,
    python: str,
    asked: Question,
    tick: Tick = lambda count: None,
    seconds: float = SECONDS,
) -> Gathered:
    """Ask one library everything, as far as it comes in the time."""
    found = Gathered(peer)
    with (
        TemporaryDirectory() as folder,
        PeerLine(peer.adapter, python, Path(folder), seconds) as line,
    ):
        found.about = line.about()
        if found.about is not None:
            found.answers = list(_answers(asked, line, found.about, tick))
        found.ended = line.ended
        found.seconds = seconds - line.seconds_left
    return found


def _answers(
    asked: Question, line: PeerLine, about: About, tick: Tick
) -> Iterator[tuple[Step, Answer]]:
    answered = 0
    for step in asked.steps():
        tick(1)
        if step.what.dtype not in about.dtypes or asked.is_enough(step, answered):
            continue
        answer = step.asked_of(line, about.gradients)
        if line.ended:
            line.ended = f"{line.ended}, at {step.function}"
            return
        answered += not answer.missing
        yield step, answer

"""Questions carried to a candidate's process in its style, and its answers brought back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from parity.candidates.examine import Answer
from parity.candidates.failures import Failure
from parity.candidates.fitting import other_than_layout
from parity.candidates.styles.again import again
from parity.candidates.styles.as_layer import evaluating
from parity.candidates.styles.every import EVERY
from parity.candidates.styles.framing import other_axes
from parity.candidates.styles.of_library import evaluating as module_evaluating
from parity.candidates.styles.requests import LAYER
from parity.candidates.styles.style import Exchange, Told, Unclear
from parity.cases.case import Array
from parity.witnesses.problem import Problem

Reply = tuple[Mapping[str, Any], Sequence[Array]]
Put = Callable[[Mapping[str, Any], Sequence[Array]], "Reply | Failure"]  # as `Child.ask`

ARGUMENT = re.compile(r"args\[(\d+)\](.*)")


class Interview:
    """A candidate in its process: what it cannot be asked, and what it answers."""

    def __init__(self, put: Put, told: Told) -> None:
        self.put, self.told, self.style = put, told, EVERY[told.style]

    def prepare(self) -> str:
        """Ask once what the style has to know; why it cannot go on, if it cannot."""
        replies: list[Reply] = []
        for request, arrays in self.style.probe(self.told):
            reply = self.put(request, arrays)
            if isinstance(reply, Failure):
                return reply.said
            replies.append(reply)
        learned = self.style.learned(self.told, replies)
        if isinstance(learned, Unclear):
            return learned.message
        self.told = learned
        return ""

    def lacks(self, problem: Problem) -> str:
        """What of a problem the candidate cannot be told."""
        other = other_than_layout(problem, self.told.layout) or other_axes(problem, self.told)
        return other or self.style.lacks(problem, self.told)

    def ask(self, problem: Problem) -> Answer:
        """The candidate's tensors for a problem; those before an error, if there is one."""
        return self._answer(self.style.exchange(problem, self.told))

    def ask_again(self, first: Problem, second: Problem, how: str = "") -> Answer | None:
        """The tensors for the second problem of an object that has had the first; None of others.

        how: what stands between the two, see `Again`.
        """
        exchange = again(self.told, first, second, how)
        return None if exchange is None else self._answer(exchange)

    def ask_with_seeds(
        self, problem: Problem, seeds: Iterator[int], twice: bool = False
    ) -> Answer | None:
        """As `ask`, or as `ask_again` with one problem, before each call with another seed."""
        exchange = again(self.told, problem, problem) if twice else None
        if twice and exchange is None:
            return None
        exchange = exchange or self.style.exchange(problem, self.told)
        requests = [
            ({**request, "seed": next(seeds)}, arrays) for request, arrays in exchange.requests
        ]
        return self._answer(exchange._replace(requests=requests))

    def evaluate(self, problem: Problem) -> Answer:
        """The value that a dropout gives when it is not training."""
        module = self.told.style == "torch"
        exchange = module_evaluating if module else evaluating
        return self._answer(exchange(problem, self.told))

    def _answer(self, exchange: Exchange) -> Answer:
        """The tensors that an exchange gives."""
        replies: list[Reply] = []
        raised = ""
        for request, arrays in exchange.requests:
            reply = self.put(request, arrays)
            if isinstance(reply, Failure):
                if reply.kind != "raised":
                    return Answer({}, fatal=reply.said)
                raised = reply.said
                break
            replies.append(reply)
        requests = [request for request, _ in exchange.requests]
        try:
            tensors = exchange.read(replies)
        except (IndexError, KeyError, TypeError, ValueError) as error:
            said = f"what it returns cannot be read: {type(error).__name__}: {error}"
            return Answer({}, raised or said)
        return Answer(
            tensors,
            raised,
            changed=self._arguments(requests, replies, "changed"),
            shares=self._arguments(requests, replies, "shares"),
            patched=tuple(
                dict.fromkeys(n for reply, _ in replies for n in reply.get("patched", ()))
            ),
            problem=None if raised else exchange.judged(replies),
        )

    def _arguments(
        self, requests: Sequence[Mapping[str, Any]], replies: Sequence[Reply], field: str
    ) -> tuple[str, ...]:
        """The arguments that a reply's field speaks of, by the candidate's own names."""
        found: dict[str, None] = {}
        for request, (reply, _) in zip(requests, replies, strict=False):
            kept = tuple(f"value[{n}]" for n in request.get("keep", {}))
            for entry in reply.get(field, ()):
                given, path = entry if isinstance(entry, list) else ("", entry)
                if not str(given).startswith((*kept, *self._caches())):  # it may hold what it likes
                    found[self._name(request, str(path))] = None
        return tuple(found)

    def _caches(self) -> tuple[str, ...]:
        """Where a course's forward returns its cache."""
        return ("value[1]",) if self.told.style in ("cs231n", "deeplearning.ai") else ()

    def _name(self, request: Mapping[str, Any], path: str) -> str:
        """An argument as the candidate calls it: "args[0]" is "x"."""
        match = ARGUMENT.fullmatch(path)
        target = str(request.get("target"))
        method = self.told.methods.get(target.removeprefix(f"{LAYER}."))
        listed = self.told.signature(target) or method or ()
        names = [p.name for p in listed if p.name != "self"]
        return names[int(match[1])] + match[2] if match and int(match[1]) < len(names) else path

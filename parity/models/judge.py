"""The judge of what is recorded: every operation by itself, from its own inputs.

The value of an operation from the inputs it had; its share of the gradients from the upstream that
its backward received; the gradient at a tensor as the sum of what its takers sent back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from parity.bounds.arithmetic import Sides, arithmetic
from parity.bounds.bound import Bound
from parity.bounds.sums import parts_bound
from parity.cases.case import Array
from parity.cases.graph import SUM
from parity.models.reference import Reference, no_upstream
from parity.models.rules.every import is_made, rule_of, understood
from parity.models.understanding import NotUnderstoodError, Understood, without_numbers
from parity.oracle.watching.held import Held
from parity.oracle.watching.operation import CUSTOM, Operation, OptimizerStep
from parity.oracle.watching.places import Position
from parity.results.findings import Findings
from parity.models.beside import beside_float64, cast, on_disagreement
from parity.results.judging import Place, failure_row, judge
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.witnesses.problem import SUM as PARTS
from parity.witnesses.problem import Problem
from refimpl.networks import sum_of_parts



@dataclass(frozen=True)
class Noticed:
    """Something legal that is often a mistake, and where."""

    what: str
    module: str
    line: str


@dataclass
class Seen:
    """One operation of the report."""

    number: int
    operation: str  # torch's name
    module: str
    line: str
    why_not: str = ""  # why it was not understood
    elements: int = 0
    made: bool = False
    differentiated: bool = False  # its backward was seen
    rows: list[Row] = field(default_factory=list)


class Judge:
    """Listens to a recorder and judges what it hears."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name, self.settings = name, settings
        self.findings = Findings()
        self.seen: dict[int, Seen] = {}
        self.noticed_things: Counter[Noticed] = Counter()
        self.steps: list[Seen] = []

    # --- what the recorder tells ----------------------------------------------------------

    def forward(self, operation: Operation) -> None:
        seen = self._seen(operation)
        if seen.made or operation.namespace == CUSTOM:
            return
        try:
            known = understood(operation)
        except NotUnderstoodError as why:
            seen.why_not = str(why)
            return
        arrays = [None if held is None else held.array() for held in operation.outputs]
        self._guarded(operation, seen, "y", lambda: self._judge_value(operation, known, arrays))

    def kept(self, operation: Operation) -> None:
        seen = self.seen[operation.number]
        if seen.why_not or seen.made:
            operation.drop()
        elif operation.namespace != CUSTOM and rule_of(operation).shapes:
            without_numbers(operation)

    def backward(
        self, operation: Operation, upstream: Sequence[Held | None], sent: Mapping[str, Held]
    ) -> None:
        seen = self._seen(operation)
        if seen.made or seen.why_not or operation.namespace == CUSTOM:
            return
        known = understood(operation)
        dys = [None if held is None else held.array() for held in upstream]
        grads = {name: held.array() for name, held in sent.items()}
        seen.differentiated = True
        self._guarded(
            operation, seen, "dx", lambda: self._judge_gradients(operation, known, dys, grads)
        )

    def added_up(self, who: Operation | str, parts: Sequence[Held], total: Held) -> None:
        arrays, whole = [part.array() for part in parts], total.array()
        pair = (sum_of_parts([part.astype(np.float64) for part in arrays]), whole)
        bound = parts_bound(arrays, _sides(whole))
        named = {str(k): part for k, part in enumerate(arrays)}
        problem = Problem(PARTS, named, {}, np.zeros_like(arrays[0]))
        place = self._place(who, "add", _judged_as(whole))
        self._add(place, SUM, pair, bound, problem, "y")

    def hooked(self, who: Operation | str, before: Held, after: Held) -> None:
        name = who if isinstance(who, str) else who.position.module
        line = "" if isinstance(who, str) else who.position.line
        what = f"a hook changes the gradient of {_named(who)}{_factor(before.array(), after.array())}"
        self.noticed(what, Position(name, line))

    def noticed(self, what: str, position: Position) -> None:
        self.noticed_things[Noticed(what, position.module, position.line)] += 1

    def stepped(self, step: OptimizerStep) -> None:
        pass

    # --- rows -----------------------------------------------------------------------------

    def _seen(self, operation: Operation) -> Seen:
        if operation.number not in self.seen:
            position = operation.position
            self.seen[operation.number] = Seen(
                operation.number,
                operation.name,
                position.module,
                position.line,
                elements=max(
                    (int(np.prod(held.shape)) for held in operation.outputs if held), default=0
                ),
                made=is_made(operation),
            )
        return self.seen[operation.number]

    def _place(self, who: Operation | str, function: str, dtype: str) -> Place:
        number = f" {who.number}" if isinstance(who, Operation) else ""
        layer = who if isinstance(who, str) else who.position.module
        case = f"{self.name}[watched{number}]"
        return Place(case, function, dtype, (), self.name, layer)

    def _guarded(
        self, operation: Operation, seen: Seen, tensor: str, judged: Callable[[], None]
    ) -> None:
        """What breaks in a judge must not break somebody's training: it is a row."""
        first = len(self.findings.rows)
        try:
            with np.errstate(all="ignore"):
                judged()
        except Exception as error:
            reason = f"the comparison broke off: {type(error).__name__}: {error}"
            place = self._place(operation, operation.stem, "float32")
            self.findings.rows.append(failure_row(place, tensor, reason, self.settings))
        seen.rows += self.findings.rows[first:]

    def _judge_value(
        self, operation: Operation, known: Understood, outputs: list[Array | None]
    ) -> None:
        theirs = known.value(outputs)
        self._judge_one(operation, known.reference, "y", theirs)
        for name, (array, reference) in known.also.items():
            self._judge_one(operation, reference, name, array)

    def _judge_one(
        self, operation: Operation, reference: Reference, tensor: str, theirs: Array
    ) -> None:
        ours = reference.value()
        bound = reference.value_bound(_sides(theirs))
        place = self._place(operation, reference.function, _judged_as(theirs))
        self._add(place, tensor, (ours, theirs), bound, reference.problem(no_upstream(ours)), "y")

    def _judge_gradients(
        self,
        operation: Operation,
        known: Understood,
        upstream: list[Array | None],
        sent: Mapping[str, Array],
    ) -> None:
        reference = known.reference
        wanted = {ours: way for ours, way in known.sent.items() if way[0] in sent}
        if not wanted or all(dy is None for dy in upstream):
            return
        dy = known.upstream(upstream, next(dy for dy in upstream if dy is not None))
        gradients = reference.gradients(dy)
        bounds = reference.gradient_bounds(dy, _sides(dy))
        place = self._place(operation, reference.function, dy.dtype.name)
        problem = reference.problem(dy)
        for ours, (theirs, layout) in wanted.items():
            pair = gradients[ours], layout(sent[theirs])
            self._add(place, f"d{ours}", pair, bounds[ours], problem, f"d{ours}")

    def _add(
        self,
        place: Place,
        tensor: str,
        pair: tuple[Array, Array],
        bound: Bound,
        problem: Problem | None,
        label: str,
    ) -> None:
        ours, theirs = pair[0], pair[1].astype(place.dtype, copy=False)
        both = ours.astype(place.dtype, copy=False), theirs
        names = {} if tensor == label else {tensor: label}
        exact = None if problem is None else on_disagreement(problem, {label: bound}, names)
        row = judge(self.findings, place, tensor, both, cast(bound, ours, theirs), self.settings, exact)
        self.findings.rows[-1] = beside_float64(row, ours, theirs, bound)


def _sides(theirs: Array) -> Sides:
    """refimpl in float64 beside torch in its own dtype."""
    return arithmetic("refimpl", "float64"), arithmetic("torch", _judged_as(theirs))


def _judged_as(array: Array) -> str:
    """Whole numbers are compared as they are; any arithmetic does."""
    return array.dtype.name if array.dtype.kind == "f" else "float64"


def _named(who: Operation | str) -> str:
    return who if isinstance(who, str) else f"{who.name} in {who.position.module or 'no module'}"


def _factor(before: Array, after: Array) -> str:
    """By which factor, where it is one."""
    if before.shape != after.shape or not before.size:
        return ""
    worst = np.unravel_index(np.argmax(np.abs(before)), before.shape)
    if not before[worst]:
        return ""
    factor = after[worst] / before[worst]
    near = np.allclose(after, factor * before, rtol=1e-6, atol=0)
    return f": it is {factor:.6g} times what arrived" if near else ""

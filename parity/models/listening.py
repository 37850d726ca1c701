"""The judge of what is recorded: every operation by itself, from its own inputs.

The value of an operation from the inputs it had; its share of the gradients from the upstream that
its backward received; the gradient at a tensor as the sum of what its takers sent back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from parity.bounds.arithmetic import Sides, arithmetic
from parity.bounds.bound import Bound
from parity.bounds.sums import parts_bound
from parity.cases.case import Array
from parity.cases.graph import SUM
from parity.models.beside_double import beside_exact, beside_float64, cast, on_disagreement
from parity.models.branches import Branches
from parity.models.chain import Ball, derivative, is_small_in_norm
from parity.models.factor import factor_between
from parity.models.optimizer_steps import Moved as MovedBy
from parity.models.optimizer_steps import judged_steps, known_step, looks_like
from parity.models.penalties import Penalties
from parity.models.references import NotUnderstoodError, OfRefimpl, Reference, no_upstream
from parity.models.rules.every import is_made, rule_of, understood
from parity.models.seen import Noticed, Seen
from parity.models.understanding import Understood, without_numbers
from parity.oracle.observed.held import Held
from parity.oracle.observed.operation import CUSTOM, Operation, OptimizerStep
from parity.oracle.observed.positions import Position
from parity.oracle.observed.statistics import Statistics
from parity.results.findings import Findings
from parity.results.judging import Place, failure_row, joined, judge, timed
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.results.verdicts import WITHIN
from parity.witnesses.problem import SUM as PARTS
from parity.witnesses.problem import Problem
from refimpl.networks import sum_of_parts

IN_NORM = (
    "right in norm, though some elements lose digits that they need not lose: their error is small "
    "beside the largest elements, not beside themselves"
)


WATCHED = "watched"
STATISTICS = "new running_mean, running_var"
BIASED = "the variance is the biased one, over K: torch keeps the one over K − 1"


class Judge:
    """Listens to a recorder and judges what it hears."""

    def __init__(self, settings: Settings, name: Callable[[], str], exact: float = 0.0) -> None:
        self.settings, self.name = settings, name
        self.exact_seconds = exact  # that are left for exact values
        self.findings = Findings()
        self.seen: dict[int, Seen] = {}
        self.times: Counter[tuple[str, str]] = Counter()  # of a module, an operation
        self.noticed_things: Counter[Noticed] = Counter()
        self.branches = Branches(self.noticed)
        self.penalties = Penalties(self.noticed)

    # --- forward --------------------------------------------------------------------------

    def forward(self, operation: Operation) -> None:
        self.branches.hear(operation)
        self.penalties.hear(operation)
        seen = self._seen(operation)
        if seen.made or operation.namespace == CUSTOM:
            return
        try:
            known = understood(operation)
        except NotUnderstoodError as why:
            seen.why_not = str(why)
            return
        arrays = [None if held is None else held.array() for held in operation.outputs]
        self._guarded(operation, "y", lambda: self._judge_value(operation, known, arrays))

    def kept(self, operation: Operation) -> None:
        self.branches.joined(operation)
        seen = self.seen[operation.number]
        if seen.why_not or seen.made:
            operation.drop()
        elif operation.namespace != CUSTOM and rule_of(operation).shapes:
            without_numbers(operation)

    def cut(self, operation: Operation) -> None:
        if operation.stem == "detach" or not is_made(operation):
            self.branches.cut(operation)

    def lost(self, operation: Operation) -> None:
        why = "its backward is not to be told apart (in place on a view?); the value is judged"
        self.seen[operation.number].why_not = self.seen[operation.number].why_not or why
        operation.drop()

    # --- backward -------------------------------------------------------------------------

    def backward(
        self, operation: Operation, upstream: Sequence[Held | None], sent: Mapping[str, Held]
    ) -> None:
        seen = self._seen(operation)
        if seen.made or seen.why_not or not operation.arguments:
            return
        seen.differentiated = True
        dys = [None if held is None else held.array() for held in upstream]
        grads = {name: held.array() for name, held in sent.items()}
        judged = self._judge_custom if operation.namespace == CUSTOM else self._judge_gradients
        self._guarded(operation, "dx", lambda: judged(operation, dys, grads))

    def added_up(self, who: Operation | str, parts: Sequence[Held], total: Held) -> None:
        arrays, whole = [part.array() for part in parts], total.array()
        pair = (sum_of_parts([part.astype(np.float64) for part in arrays]), whole)
        bound = parts_bound(arrays, _sides(whole))
        named = {str(k): part for k, part in enumerate(arrays)}
        problem = Problem(PARTS, named, {}, np.zeros_like(arrays[0]))
        dtype = _judged_as(whole)
        if isinstance(who, str):
            place = self._again(who, "add", dtype)
        else:
            place = self._place(who, "add", dtype)
        row = self._add(place, SUM, pair, bound, problem, "y")
        if isinstance(who, Operation):
            self._seen(who).rows.append(row)

    def hooked(self, who: Operation | str, before: Held, after: Held) -> None:
        name = who if isinstance(who, str) else who.position.module
        line = "" if isinstance(who, str) else who.position.line
        of = "" if isinstance(who, str) else f" of what {who.name} gave"
        factor = factor_between(before.array(), after.array())
        how = "" if factor is None else f": it is {factor:.6g} times what arrived"
        self.noticed(f"a hook changes the gradient{of}{how}", Position(name, line))

    def noticed(self, what: str, position: Position) -> None:
        self.noticed_things[Noticed(what, position.module, position.line)] += 1

    def stepped(self, step: OptimizerStep) -> None:
        number = max(self.seen, default=0)
        seen = Seen(number, f"{step.name}.step", "", step.position.line)
        self.seen[-1 - len(self.seen)] = seen
        self.penalties.stepped(step)
        try:
            known_step(step)
        except NotUnderstoodError as why:
            seen.why_not = str(why)
            return
        for reference, moved in judged_steps(step):
            seen.rows += self._judge_step(step, reference, moved)
        seen.elements = sum(row.elements for row in seen.rows)

    def statistics(self, found: Statistics, position: Position) -> None:
        mean, var = (held.array() for held in found.before)
        kept = {"x": found.x.array(), "running_mean": mean, "running_var": var}
        reference = OfRefimpl("running_statistics", kept, {"momentum": found.momentum})
        theirs = np.stack([held.array() for held in found.after])
        place = self._again(position.module, "running_statistics", _judged_as(theirs))
        with np.errstate(all="ignore"):
            ours, bound = reference.value(), reference.value_bound(_sides(theirs))
            row = self._add(place, STATISTICS, (ours, theirs), bound, None, "")
        if row.failed:
            factor = _is_biased(kept["x"], var, theirs[1], found.momentum)
            said = joined(position.line, BIASED if factor else "", row.note)
            self.findings.rows[-1] = replace(row, note=said)

    def broke(self, error: Exception, position: Position) -> None:
        number = max(self.seen, default=0)
        why = f"the judge broke off: {type(error).__name__}: {error}"
        self.seen[-1 - len(self.seen)] = Seen(
            number, "", position.module, position.line, why_not=why
        )

    def seen_in_order(self) -> tuple[Seen, ...]:
        """All operations, and the steps of optimisers behind them."""
        return tuple(sorted(self.seen.values(), key=lambda seen: seen.number))

    # --- rows -----------------------------------------------------------------------------

    def _seen(self, operation: Operation) -> Seen:
        if operation.number not in self.seen:
            position = operation.position
            self.times[position.module, operation.stem] += 1
            self.seen[operation.number] = Seen(
                operation.number,
                operation.name,
                position.module,
                position.line,
                elements=max(
                    (int(np.prod(held.shape)) for held in operation.outputs if held), default=0
                ),
                seconds=operation.seconds,
                times=self.times[position.module, operation.stem],
                made=is_made(operation),
            )
        return self.seen[operation.number]

    def _place(self, who: Operation | str, function: str, dtype: str, times: int = 1) -> Place:
        """Where a row stands. times: how often it was seen there, this time included."""
        stem = who.stem if isinstance(who, Operation) else function
        layer = who if isinstance(who, str) else who.position.module
        times = self._seen(who).times if isinstance(who, Operation) else times
        name = self.name()
        case = f"{name}[{stem}{f' {times}' if times > 1 else ''}]"
        return Place(case, function, dtype, (), name, layer)

    def _again(self, where: str, function: str, dtype: str) -> Place:
        """The same of what belongs to no operation."""
        self.times[where, function] += 1
        return self._place(where, function, dtype, self.times[where, function])

    def _guarded(self, operation: Operation, tensor: str, judged: Callable[[], None]) -> None:
        """What breaks in a judge must not break somebody's training: it is a row."""
        first, seen = len(self.findings.rows), self._seen(operation)
        try:
            with np.errstate(all="ignore"):
                judged()
        except NotUnderstoodError as why:
            seen.why_not = str(why)
        except Exception as error:
            reason = f"the comparison broke off: {type(error).__name__}: {error}"
            place = self._place(operation, operation.stem, "float32")
            self.findings.rows.append(failure_row(place, tensor, reason, self.settings))
        for k in range(first, len(self.findings.rows)):
            self.findings.rows[k] = _with_circumstances(self.findings.rows[k], operation)
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
        upstream: list[Array | None],
        sent: Mapping[str, Array],
    ) -> None:
        known = understood(operation)
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

    def _judge_custom(
        self,
        operation: Operation,
        upstream: list[Array | None],
        sent: Mapping[str, Array],
    ) -> None:
        balls = derivative(operation, upstream, understood, is_made)
        for name, theirs in sent.items():
            place = self._place(operation, operation.name, theirs.dtype.name)
            zero = np.zeros(theirs.shape)
            ball = balls.get(name, Ball(zero, zero))
            overflow = np.zeros(theirs.shape, bool)
            bound = Bound(ball.error, overflow, own=np.zeros(theirs.shape))
            row = self._add(place, f"d{name}", (ball.centre, theirs), bound, None, "")
            factor = factor_between(ball.centre, theirs) if row.failed else None
            if factor is not None:
                said = f"it is {factor:.6g} times the derivative of what the forward ran"
                self.findings.rows[-1] = row = replace(row, note=joined(said, row.note))
            if row.failed and is_small_in_norm(ball, theirs):
                self.findings.rows[-1] = replace(row, verdict=WITHIN, note=IN_NORM)
                self.noticed(f"d{name} of {operation.name}: {IN_NORM}", operation.position)

    def _judge_step(
        self, step: OptimizerStep, reference: OfRefimpl, moved: list[MovedBy]
    ) -> list[Row]:
        rows = []
        with np.errstate(all="ignore"):
            ours, bound = reference.value(), reference.value_bound(_sides(moved[0].torch))
            place = self._again(moved[0].parameter, reference.function, _judged_as(moved[0].torch))
            for one in moved:
                part = _row_of(bound, one.row)
                row = self._add(place, one.tensor, (ours[one.row], one.torch), part, None, "")
                if row.failed:
                    said = joined(
                        f"{step.name}, {step.position.line}",
                        looks_like(reference, one.torch) if not one.row else "",
                    )
                    row = self.findings.rows[-1] = replace(row, note=joined(said, row.note))
                rows.append(row)
        return rows

    def _add(
        self,
        place: Place,
        tensor: str,
        pair: tuple[Array, Array],
        bound: Bound,
        problem: Problem | None,
        label: str,
    ) -> Row:
        ours, theirs = pair[0], pair[1].astype(place.dtype, copy=False)
        both = ours.astype(place.dtype, copy=False), theirs
        names = {} if tensor == label else {tensor: label}
        allowed = cast(bound, ours, theirs)
        exact = None if problem is None else on_disagreement(problem, {label: allowed}, names)
        row = judge(self.findings, place, tensor, both, allowed, self.settings, exact)
        row = replace(beside_float64(row, ours, theirs, bound), kind=WATCHED)
        if problem is not None and self.exact_seconds > 0:
            row, seconds = timed(lambda: beside_exact(row, both, problem, label))
            self.exact_seconds -= seconds
        self.findings.rows[-1] = row
        return row


def _is_biased(x: Array, before: Array, after: Array, momentum: float) -> bool:
    """Whether the variance that was taken is the one over K, not over K − 1."""
    axes = (0, *range(2, x.ndim))
    biased = (1 - momentum) * before + momentum * x.astype(np.float64).var(axis=axes)
    return bool(np.allclose(after, biased, rtol=1e-5, atol=0))


def _sides(theirs: Array) -> Sides:
    """refimpl in float64 beside torch in its own dtype."""
    return arithmetic("refimpl", "float64"), arithmetic("torch", _judged_as(theirs))


def _judged_as(array: Array) -> str:
    """Whole numbers are compared as they are; any arithmetic does."""
    return array.dtype.name if array.dtype.kind == "f" else "float64"


def _row_of(bound: Bound, row: int) -> Bound:
    """The bound of one of the arrays that are stacked."""
    return replace(
        bound,
        limit=bound.limit[row],
        overflow=bound.overflow[row],
        own=None if bound.own is None else bound.own[row],
        terms=None if bound.terms is None else bound.terms[row],
    )


def _with_circumstances(row: Row, operation: Operation) -> Row:
    """What a person needs to find a disagreement."""
    if not row.failed:
        return row
    changed = operation.overwritten
    after = f"its argument was overwritten afterwards, at {changed}" if changed else ""
    return replace(row, note=joined(operation.position.line, after, row.note))

"""The judge of what is recorded: every operation by itself, from its own inputs.

The value of an operation from the inputs it had; its share of the gradients from the upstream that
its backward received; the gradient at a tensor as the sum of what its takers sent back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from parity.bounds.bound import exact_bound
from parity.bounds.sums import parts_bound
from parity.cases.case import Array
from parity.cases.graph import SUM
from parity.models import part_by_part
from parity.models.branches import Branches
from parity.models.chain import Ball, derivative, is_small_in_norm, why_meant
from parity.models.factor import factor_between
from parity.models.meant import Meant
from parity.models.non_finite import NonFinite
from parity.models.optimizer_steps import Moved as MovedBy
from parity.models.optimizer_steps import judged_steps, known_step, looks_like
from parity.models.part_by_part import Judged, Made
from parity.models.penalties import Penalties
from parity.models.references import NotUnderstoodError, OfRefimpl, Reference, no_upstream
from parity.models.rules.every import is_made, rule_of, understood
from parity.models.seen import Noticed, Seen
from parity.models.side_by_side import Workers
from parity.models.understanding import Understood, without_numbers
from parity.models.watched_rows import WatchedRows, freely, judged_as, row_of, sides_of
from parity.oracle.observed.held import Held
from parity.oracle.observed.operation import CUSTOM, Operation, OptimizerStep
from parity.oracle.observed.positions import Position
from parity.oracle.observed.statistics import Statistics
from parity.results.judging import Place, joined
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.results.verdicts import EXPECTED, IDENTICAL, WITHIN
from parity.witnesses.problem import SUM as PARTS
from parity.witnesses.problem import Problem
from refimpl.networks import sum_of_parts

IN_NORM = (
    "right in norm, though some elements lose digits that they need not lose: their error is small "
    "beside the largest elements, not beside themselves"
)


MEANT = "is not the derivative of the forward, but an estimate of somebody's own"
STATISTICS = "new running_mean, running_var"
BIASED = "the variance is the biased one, over K: torch keeps the one over K − 1"


class Judge:
    """Listens to a recorder and judges what it hears."""

    def __init__(
        self,
        settings: Settings,
        name: Callable[[], str],
        exact: float = 0.0,
        meant: Meant | None = None,
    ) -> None:
        self.meant = meant or Meant({})
        self.rows = WatchedRows(settings, name, exact)
        self.workers = Workers()
        self.seen: dict[int, Seen] = {}
        self.noticed_things: Counter[Noticed] = Counter()
        self.branches = Branches(self.noticed)
        self.penalties = Penalties(self.noticed)
        self.non_finite = NonFinite(self.noticed)

    # --- forward --------------------------------------------------------------------------

    def forward(self, operation: Operation) -> None:
        self.branches.hear(operation)
        self.penalties.hear(operation)
        self.non_finite.hear(operation)
        seen = self._seen(operation)
        if operation.namespace == CUSTOM:
            self.meant.meet(operation.name)
        if seen.made or operation.namespace == CUSTOM:
            return
        try:
            known = understood(operation)
        except NotUnderstoodError as why:
            seen.why_not = str(why)
            return
        odd = _unreadable(operation.outputs)
        if odd:
            seen.why_not = odd
            return
        arrays = [None if held is None else held.array() for held in operation.outputs]
        self._guarded(operation, lambda: self._judge_value(operation, known, arrays))
        if rule_of(operation).by_value and all(row.verdict == IDENTICAL for row in seen.rows):
            operation.arguments = {**operation.arguments, "self": operation.outputs[0]}

    def kept(self, operation: Operation) -> None:
        self.branches.joined(operation)
        seen = self._seen(operation)
        if seen.why_not or (seen.made and operation.part is None):
            operation.drop()
        elif operation.namespace != CUSTOM and (seen.made or rule_of(operation).shapes):
            without_numbers(operation)

    def cut(self, operation: Operation) -> None:
        if operation.stem == "detach" or not is_made(operation):
            self.branches.cut(operation)

    def lost(self, operation: Operation, why: str) -> None:
        seen = self._seen(operation)
        seen.why_not = seen.why_not or why
        operation.drop()

    # --- backward -------------------------------------------------------------------------

    def backward(
        self, operation: Operation, upstream: Sequence[Held | None], sent: Mapping[str, Held]
    ) -> None:
        self.non_finite.sent(operation, upstream, sent)
        seen = self._seen(operation)
        if (seen.made and operation.part is None) or seen.why_not or not operation.arguments:
            return
        odd = _unreadable([*upstream, *sent.values()])
        if odd:
            seen.why_not = odd
            return
        seen.differentiated = True
        dys = [None if held is None else held.array() for held in upstream]
        grads = {name: held.array() for name, held in sent.items()}
        judged = self._judge_custom if operation.namespace == CUSTOM else self._judge_gradients
        if operation.part is not None:
            judged = self._judge_part
        self._guarded(operation, lambda: judged(operation, dys, grads))

    def added_up(self, who: Operation | str, parts: Sequence[Held], total: Held) -> None:
        if not all(held.readable for held in (*parts, total)):
            return
        arrays, whole = [part.array() for part in parts], total.array()
        dtype = judged_as(whole)
        if isinstance(who, str):
            place = self.rows.again(who, "add", dtype)
        else:
            place = self._place(who, "add", dtype)
        with np.errstate(all="ignore"):
            found = part_by_part.added_up(arrays, whole, sides_of(whole), self.workers)
        if found is None:
            row = self._judge_sum(place, arrays, whole)
        else:
            row = self.rows.add_judged(place, SUM, whole, found)
        if isinstance(who, Operation):
            self._seen(who).rows.append(row)

    def _judge_sum(self, place: Place, parts: list[Array], whole: Array) -> Row:
        pair = (sum_of_parts([part.astype(np.float64) for part in parts]), whole)
        bound = parts_bound(parts, sides_of(whole))
        named = {str(k): part for k, part in enumerate(parts)}
        problem = Problem(PARTS, named, {}, np.zeros_like(parts[0]))
        return self.rows.add(place, SUM, pair, bound, problem, "y")

    def hooked(self, who: Operation | str, before: Held, after: Held) -> None:
        if not before.readable or not after.readable:
            return
        name = who if isinstance(who, str) else who.position.module
        line = "" if isinstance(who, str) else who.position.line
        of = "" if isinstance(who, str) else f" of what {who.name} gave"
        factor = factor_between(before.array(), after.array())
        how = "" if factor is None else f": it is {factor:.6g} times what arrived"
        self.noticed(f"a hook changes the gradient{of}{how}", Position(name, line))

    def noticed(self, what: str, position: Position, meant: bool = False) -> None:
        self.noticed_things[Noticed(what, position.module, position.line, meant)] += 1

    def stepped(self, step: OptimizerStep) -> None:
        number = max(self.seen, default=0)
        seen = Seen(number, f"{step.name}.step", "", step.position.line)
        self.seen[-1 - len(self.seen)] = seen
        self.penalties.stepped(step)
        self.meant.meet(step.kind)
        try:
            known_step(step)
            for reference, moved in judged_steps(step):
                seen.rows += self._judge_step(step, reference, moved)
        except NotUnderstoodError as why:
            seen.why_not = str(why)
        seen.elements = sum(row.elements for row in seen.rows)

    def statistics(self, found: Statistics, position: Position) -> None:
        if _unreadable([found.x, *found.before]):
            return
        if all(
            np.array_equal(one.array(), other.array())
            for one, other in zip(found.before, found.after, strict=True)
        ):
            self.noticed("a batch norm in training leaves its running statistics alone", position)
            return
        mean, var = (held.array() for held in found.before)
        kept = {"x": found.x.array(), "running_mean": mean, "running_var": var}
        reference = OfRefimpl("running_statistics", kept, {"momentum": found.momentum})
        theirs = np.stack([held.array() for held in found.after])
        place = self.rows.again(position.module, "running_statistics", judged_as(theirs))
        with np.errstate(all="ignore"):
            ours, bound = reference.value(), reference.value_bound(sides_of(theirs))
            row = self.rows.add(place, STATISTICS, (ours, theirs), bound)
        if row.failed:
            factor = _is_biased(kept["x"], var, theirs[1], found.momentum)
            said = joined(position.line, BIASED if factor else "", row.note)
            self.rows.replace_last(replace(row, note=said))

    def unseen(self, name: str, why: str, position: Position) -> None:
        number = max(self.seen, default=0)
        self.seen[-1 - len(self.seen)] = Seen(number, name, *position, why_not=why)

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
            times = self.rows.seen_again(position.module, operation.stem)
            self.seen[operation.number] = Seen(
                operation.number,
                operation.name,
                position.module,
                position.line,
                elements=max(
                    (int(np.prod(held.shape)) for held in operation.outputs if held), default=0
                ),
                seconds=operation.seconds,
                times=times,
                made=is_made(operation),
            )
        return self.seen[operation.number]

    def _place(self, operation: Operation, function: str, dtype: str) -> Place:
        times = self._seen(operation).times
        return self.rows.place(operation.position.module, operation.stem, times, function, dtype)

    def _guarded(self, operation: Operation, judged: Callable[[], None]) -> None:
        """What breaks in a judge must not break somebody's training, and accuses nobody."""
        first, seen = len(self.rows.all), self._seen(operation)
        try:
            with np.errstate(all="ignore"):
                judged()
        except NotUnderstoodError as why:
            seen.why_not = str(why)
        except ValueError as error:
            seen.why_not = f"refimpl refuses its arguments: {error}"
        except Exception as error:
            seen.why_not = f"the comparison broke off: {type(error).__name__}: {error}"
        for k in range(first, len(self.rows.all)):
            self.rows.all[k] = _with_circumstances(self.rows.all[k], operation)
        seen.rows += self.rows.all[first:]

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
        place = self._place(operation, reference.function, judged_as(theirs))
        found = part_by_part.value(reference, theirs, sides_of(theirs), self.workers)
        if isinstance(found, Judged):
            self.rows.add_judged(place, tensor, theirs, found)
            return
        ours, bound = found or (reference.value(), reference.value_bound(sides_of(theirs)))
        self.rows.add(
            place, tensor, (ours, theirs), bound, reference.problem(no_upstream(ours)), "y"
        )

    def _judge_gradients(
        self,
        operation: Operation,
        upstream: list[Array | None],
        sent: Mapping[str, Array],
    ) -> None:
        known = understood(operation)
        reference = known.reference
        wanted = {ours: way for ours, way in known.sent.items() if way[0] in sent}
        others = set(sent) - {theirs for theirs, _ in wanted.values()}
        if others:
            self._seen(operation).why_not = f"its gradient to {', '.join(sorted(others))}"
        if not wanted or all(dy is None for dy in upstream):
            return
        dy = known.upstream(upstream, next(dy for dy in upstream if dy is not None))
        given = {ours: layout(sent[theirs]) for ours, (theirs, layout) in wanted.items()}
        found = part_by_part.gradients(reference, dy, given, sides_of(dy), self.workers)
        if found is None:
            found = _as_a_whole(reference, dy, given)
        problem = reference.problem(dy)
        for ours, theirs in given.items():
            place, one = self._place(operation, reference.function, judged_as(theirs)), found[ours]
            if isinstance(one, Judged):
                self.rows.add_judged(place, f"d{ours}", theirs, one)
            else:
                pair = one.ours, theirs
                self.rows.add(place, f"d{ours}", pair, one.bound, problem, f"d{ours}")

    def _judge_part(
        self,
        operation: Operation,
        upstream: list[Array | None],
        sent: Mapping[str, Array],
    ) -> None:
        """Work in place on a view: its own gradients within, what arrived around it."""
        part, (dy,) = operation.part, upstream
        if part is None or dy is None:
            return
        places = part.places()
        if places is None:
            raise NotUnderstoodError("in place on a view whose base shares memory with itself")
        written, inside = operation.written[0], dict(sent)
        if written in sent:
            whole = inside.pop(written)
            inside[written] = whole.reshape(-1)[places]
            around = np.ones(part.whole.shape, bool)
            around.reshape(-1)[places] = False
            place = self._place(operation, "copy", judged_as(dy))
            pair = dy[around], whole[around]
            self.rows.add(place, "dx around the part", pair, exact_bound(pair[0].shape))
        own = dy.reshape(-1)[places]
        if self._seen(operation).made:
            place = self._place(operation, "fill", judged_as(dy))
            pair = np.zeros(own.shape), inside[written]
            self.rows.add(place, "dx", pair, exact_bound(own.shape))
            return
        self._judge_gradients(operation, [own], inside)

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
            if name not in balls and np.any(theirs) and not why_meant(operation, ball):
                raise NotUnderstoodError(f"its result does not come from {name} in torch alone")
            bound = freely(theirs.shape, ball.error)
            row = self.rows.add(place, f"d{name}", (ball.centre, theirs), bound)
            if row.failed and (why := why_meant(operation, ball)):
                said = f"{MEANT}: {why}"
                self.rows.replace_last(replace(row, verdict=WITHIN, note=said))
                self.noticed(f"d{name} of {operation.name}: {said}", operation.position)
                continue
            factor = factor_between(ball.centre, theirs) if row.failed else None
            said = "it is not the derivative of what the forward ran"
            if factor is not None:
                said = f"it is {factor:.6g} times the derivative of what the forward ran"
                row = self.rows.replace_last(replace(row, note=joined(said, row.note)))
            if row.failed and self.meant.said(operation.name):
                self._take_as_meant(row, operation.name, said, operation.position)
                continue
            if row.failed and is_small_in_norm(ball, theirs):
                self.rows.replace_last(replace(row, verdict=WITHIN, note=IN_NORM))
                self.noticed(f"d{name} of {operation.name}: {IN_NORM}", operation.position)

    def _take_as_meant(self, row: Row, name: str, said: str, position: Position) -> Row:
        """What is wrong as a formula, and meant by somebody who says so."""
        note = f"{said}, and {self.meant.said(name)}"
        self.noticed(f"{row.tensor} of {row.function}: {note}", position, meant=True)
        return self.rows.replace_last(replace(row, verdict=EXPECTED, note=note))

    def _judge_step(
        self, step: OptimizerStep, reference: OfRefimpl, moved: list[MovedBy]
    ) -> list[Row]:
        rows = []
        with np.errstate(all="ignore"):
            ours, bound = reference.value(), reference.value_bound(sides_of(moved[0].torch))
            place = self.rows.again(
                moved[0].parameter, reference.function, judged_as(moved[0].torch)
            )
            for one in moved:
                part = row_of(bound, one.row)
                row = self.rows.add(place, one.tensor, (ours[one.row], one.torch), part)
                if row.failed:
                    said = joined(
                        f"{step.name}, {step.position.line}",
                        looks_like(reference, one.torch) if not one.row else "",
                    )
                    row = self.rows.replace_last(replace(row, note=joined(said, row.note)))
                if row.failed and self.meant.said(step.kind):
                    position = Position(one.parameter, step.position.line)
                    said = f"it is not what the class below {step.kind} does"
                    row = self._take_as_meant(row, step.kind, said, position)
                rows.append(row)
        return rows


def _as_a_whole(
    reference: Reference, dy: Array, wanted: Iterable[str]
) -> dict[str, part_by_part.Found]:
    """The gradients and their bounds."""
    gradients, bounds = reference.gradients(dy), reference.gradient_bounds(dy, sides_of(dy))
    return {name: Made(gradients[name], bounds[name]) for name in wanted}


def _unreadable(tensors: Iterable[Held | None]) -> str:
    """Of which numbers there is an array that NumPy has not."""
    odd = [held.dtype for held in tensors if held is not None and not held.readable]
    return f"numbers of {odd[0]}, or none in memory" if odd else ""


def _is_biased(x: Array, before: Array, after: Array, momentum: float) -> bool:
    """Whether the variance that was taken is the one over K, not over K − 1."""
    axes = (0, *range(2, x.ndim))
    biased = (1 - momentum) * before + momentum * x.astype(np.float64).var(axis=axes)
    return bool(np.allclose(after, biased, rtol=1e-5, atol=0))


def _with_circumstances(row: Row, operation: Operation) -> Row:
    """What a person needs to find a disagreement."""
    if not row.failed:
        return row
    changed = operation.overwritten
    after = f"its argument was overwritten afterwards, at {changed}" if changed else ""
    return replace(row, note=joined(operation.position.line, after, row.note))

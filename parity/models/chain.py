"""Somebody's own autograd.Function: its backward beside the derivative of what its forward ran.

The operations inside its forward are known, and so is where each took its numbers from. The
derivative is refimpl's (or the definition's) of each, one after the other, in float64. What a right
backward may be off by follows the same way: each operation's own rounding, forward and backward,
moved on through the ones behind it, to first order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from parity.bounds.arithmetic import Sides, arithmetic
from parity.cases.case import Array
from parity.models.references import NotUnderstoodError
from parity.models.understanding import Understood
from parity.oracle.observed.operation import Key, Operation


class Ball(NamedTuple):
    """A gradient and what a right one may be off by, element by element."""

    centre: Array
    error: Array


@dataclass
class _Link:
    """One operation inside, understood; of what is only filled in nothing is known, or needed."""

    operation: Operation
    known: Understood | None
    errors: dict[str, Array] = field(default_factory=dict)  # of what it took, by reference's input


def derivative(
    function: Operation,
    dys: list[Array | None],
    understand: Callable[[Operation], Understood],
    is_made: Callable[[Operation], bool],
) -> Mapping[str, Ball]:
    """The gradients of a Function's arguments, by name.

    Raises: NotUnderstoodError if an operation inside its forward is not.
    """
    links = [
        _Link(o, None if is_made(o) else _known(o, understand))
        for o in function.inside
        if _counts(o) and (o.written or not is_made(o))
    ]
    _check_given(function, links)
    _check_memory(links)
    dtype = next(dy.dtype.name for dy in dys if dy is not None)
    sides = arithmetic("torch", dtype), arithmetic("torch", dtype)
    _forward_errors(links, sides)
    arriving: dict[Key, Ball] = {}
    for key, dy in zip(function.given, dys, strict=True):
        if key is not None and dy is not None:
            _add(arriving, key, Ball(dy.astype(np.float64), np.zeros(dy.shape)))
    for link in reversed(links):
        _go_back(link, arriving, sides)
    return {name: arriving[key] for name, key in function.taken.items() if key in arriving}


def _check_given(function: Operation, links: list[_Link]) -> None:
    """What a Function gives must come from what it ran."""
    formed = {key for link in links for key in link.operation.given}
    formed |= {link.operation.part.key for link in links if link.operation.part is not None}
    formed |= set(function.taken.values())
    if any(key is not None and key not in formed for key in function.given):
        raise NotUnderstoodError("what it gives does not come from what its forward ran in torch")


def _check_memory(links: list[_Link]) -> None:
    """What was written to may be read as itself, or as what it is a part of, in no other way."""
    seen: set[Key] = set()
    stale: set[Key] = set()
    for link in links:
        operation, part = link.operation, link.operation.part
        if any(key in stale for key in operation.taken.values()):
            raise NotUnderstoodError(
                f"its forward runs {operation.name}: on a view of what changed"
            )
        own = {key for key in operation.given if key is not None}
        if operation.written:
            whole = {part.key} if part is not None else set()
            places = {key[0] for key in own}
            stale |= {key for key in seen if key[0] in places} - own - whole
        stale -= own
        seen |= own | set(operation.taken.values())


def _counts(operation: Operation) -> bool:
    """Whether a gradient can go through an operation at all."""
    return any(held is not None and held.dtype.startswith("float") for held in operation.outputs)


def _known(operation: Operation, understand: Callable[[Operation], Understood]) -> Understood:
    try:
        return understand(operation)
    except NotUnderstoodError as why:
        raise NotUnderstoodError(f"its forward runs {operation.name}: {why}") from None


def _taken(link: _Link) -> dict[str, Key]:
    """Where each input of the reference lies."""
    if link.known is None:
        return {}
    taken = link.operation.taken
    return {ours: taken[theirs] for ours, (theirs, _) in link.known.sent.items() if theirs in taken}


def _laid(known: Understood, name: str, array: Array) -> Array:
    """As the reference has it, or as torch: every layout is its own inverse, but for its shape."""
    return known.sent[name][1](array)


def _forward_errors(links: list[_Link], sides: Sides) -> None:
    """How far the values inside may be off that a backward keeps, or forms once more."""
    known: dict[Key, Array] = {}
    for link in links:
        error = np.zeros(())
        if link.known is not None:
            link.errors = {
                name: _laid(link.known, name, known[key])
                for name, key in _taken(link).items()
                if key in known
            }
            error = link.known.reference.error(link.errors, sides)
        for key in link.operation.given:
            if key is not None:
                known[key] = np.broadcast_to(error, key[2]) if not error.shape else error
        part = link.operation.part
        if part is not None:
            whole = known.get(part.key, np.zeros(part.whole.shape)).copy()
            whole.reshape(-1)[_places(link)] = error
            known[part.key] = whole


def _places(link: _Link) -> Array:
    """Where in the whole a link wrote."""
    places = None if link.operation.part is None else link.operation.part.places()
    if places is None:
        raise NotUnderstoodError(
            f"its forward runs {link.operation.name}: in place on shared memory"
        )
    return places


def _take_out(link: _Link, arriving: dict[Key, Ball]) -> None:
    """What came back to the whole comes back to the part that was written to, and to it alone."""
    part = link.operation.part
    if part is None or part.key not in arriving:
        return
    places, whole = _places(link), arriving[part.key]
    _add(arriving, _only(link), Ball(*(side.reshape(-1)[places] for side in whole)))
    rest = [side.copy() for side in whole]
    for side in rest:
        side.reshape(-1)[places] = 0.0
    arriving[part.key] = Ball(*rest)


def _only(link: _Link) -> Key:
    key = link.operation.given[0]
    assert key is not None
    return key


def _go_back(link: _Link, arriving: dict[Key, Ball], sides: Sides) -> None:
    _take_out(link, arriving)
    balls = [arriving.pop(key, None) if key is not None else None for key in link.operation.given]
    known = link.known
    if known is None or not any(balls):
        return
    like = next(ball for ball in balls if ball is not None)
    dy = known.upstream([ball and ball.centre for ball in balls], like.centre)
    off = known.upstream([ball and ball.error for ball in balls], like.error)
    gradients = known.reference.gradients(dy)
    errors = known.reference.gradient_errors(dy, {**link.errors, "dy": off}, sides)
    for name, key in _taken(link).items():
        if name in gradients:
            parts = (_laid(known, name, part) for part in (gradients[name], errors[name]))
            _add(arriving, key, Ball(*(part.reshape(key[2]) for part in parts)))


def _add(arriving: dict[Key, Ball], key: Key, ball: Ball) -> None:
    """One more part of a gradient; another addition is another rounding, far below the rest."""
    there = arriving.get(key)
    if there is not None:
        ball = Ball(there.centre + ball.centre, there.error + ball.error)
    arriving[key] = ball


def is_small_in_norm(ball: Ball, theirs: Array) -> bool:
    """Whether every error is below the largest one that is allowed anywhere in the tensor."""
    error = np.abs(theirs.astype(np.float64) - ball.centre)
    return bool(
        np.all(np.isfinite(error)) and np.max(error, initial=0) <= np.max(ball.error, initial=0)
    )


STEPS = {"sign", "floor", "ceil", "round", "trunc", "eq", "ne", "lt", "le", "gt", "ge"}
NOTHING = {"view", "alias", "clone", "detach", "_to_copy", "expand", "copy"}

DRAWN = "its backward draws random numbers"
JUMPING = "the forward is constant between its jumps, which makes the derivative 0"
IDENTITY = "the forward computes nothing, which makes the derivative what arrives"


def why_meant(function: Operation, ball: Ball) -> str:
    """What shows that a backward that is not the derivative is somebody's intention; or nothing.

    A straight-through estimator has a forward of steps, whose derivative is 0; a reversal of
    gradients has one that computes nothing; a derivative draws no random numbers.
    """
    if function.drew:
        return DRAWN
    stems = {operation.stem for operation in function.inside}
    if stems <= NOTHING:
        return IDENTITY
    return JUMPING if stems & STEPS and not np.any(ball.centre) else ""

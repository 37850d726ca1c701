"""What nothing says of a candidate is found by trying, on a few small problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from inspect import Parameter
from typing import Any

import numpy as np

from parity.candidates.asked import LARGER, Asked, plan, problem_of
from parity.candidates.examine import Outcome, outcome
from parity.candidates.failures import Failure
from parity.candidates.fitting import fit_of, layouts_of
from parity.candidates.interview import Interview, Put
from parity.candidates.judge import MISSING, RAISED, SHAPE, TYPE
from parity.candidates.styles.constructing import (
    LAYERS,
    PARAMETERS,
    SWITCHED,
    attribute_of,
    attributes_to_set,
    settings_in,
    shapes_in,
)
from parity.candidates.styles.dropping import with_settings
from parity.candidates.styles.keywords import by_keyword, names_of, takes_anything
from parity.candidates.styles.replies import decoded
from parity.candidates.styles.requests import LAYER, attributes, construct
from parity.candidates.styles.standing import (
    as_it_stands,
    hidden_options,
    is_complete,
    last_names,
    options_of,
    standings,
    unshown,
)
from parity.candidates.styles.style import (
    BACKWARD,
    D1,
    DN,
    FORWARD,
    NC,
    NCHW,
    ONE_SAMPLE,
    D,
    Own,
    Told,
    Unclear,
    value_of,
)
from parity.cases.case import Array

MISFITS = (MISSING, TYPE, SHAPE)  # what comes of arrays that were meant otherwise
SUMMING = ("softmax", "log_softmax")
MODAL = ("correlate2d", "convolve2d")
MODES = ("full", "valid", "same")  # refimpl's first
SEVERAL = 5  # problems that are tried


def fits(put: Put, told: Told, seed: int) -> bool:
    """Whether a candidate is right in all of a few problems."""
    right = _right(put, told, seed)
    return next(right, False) and all(right)


def can_be(put: Put, told: Told, seed: int) -> bool:
    """Whether a candidate is right in one of a few problems."""
    return any(_right(put, told, seed))


def may_be(put: Put, told: Told, seed: int) -> bool:
    """Whether a tensor is right in one of a few problems: dbias, a sum of dy, says nothing."""
    return any(
        not judged.aspect
        for one in _outcomes(put, told, seed)
        for judged in one.judged
        if judged.tensor != "dbias"
    )


def takes_batches(put: Put, told: Told, seed: int) -> bool:
    """Whether several samples go in and all tensors come out in their shapes, right or wrong.

    What sums over them is wrong then, and takes no single sample.
    """
    return _fit_in(_of_batches(put, told, seed))


def _fit_in(found: Sequence[Outcome]) -> bool:
    """Whether there are some, and all tensors come out of each in their shapes."""
    return bool(found) and all(
        not one.answer.raised and not {judged.aspect for judged in one.judged} & {*MISFITS}
        for one in found
    )


def mixing(put: Put, told: Told, seed: int) -> Iterator[str]:
    """What is wrong with a softmax that takes batches, but is right for a vector alone."""
    if told.like not in SUMMING or not fits(put, replace(told, layout=D), seed):
        return
    batches = _of_batches(put, told, seed)
    if _fit_in(batches) and all(one.wrong for one in batches):
        yield "it sums over the batch axis: a vector alone (--layout D) comes out right"


def _of_batches(put: Put, told: Told, seed: int) -> list[Outcome]:
    """What comes of those of a few problems that have several samples."""
    interview = Interview(put, told)
    few = [one for one in _few(told, interview, seed) if _samples(one) > 1]
    return [outcome(one, interview.ask, told.part) for one in few]


def _samples(one: Asked) -> int:
    return len(next(iter(one.problem.arrays.values())))


def fits_in_shape(put: Put, told: Told, seed: int) -> bool:
    """Whether the value has its shape in most of a few problems, right or wrong."""
    firsts = [one.judged[0].aspect for one in _outcomes(put, told, seed)]
    return 2 * sum(aspect not in (RAISED, MISSING, TYPE, SHAPE) for aspect in firsts) > len(firsts)


def in_its_mode(put: Put, told: Told, seed: int) -> tuple[Told, str]:
    """A correlation without a parameter for its mode in the mode that its shapes show, and that
    in words; as it is, where they are refimpl's or none."""
    forward = told.signature(told.names[0])
    odd = told.like in MODAL and told.style in ("refimpl", "array") and told.part != BACKWARD
    if not odd or takes_anything(forward) or names_of("mode", by_keyword(forward)):
        return told, ""
    ways = [replace(told, fixed={"mode": mode}) for mode in MODES]
    found = next((one for one in ways if fits_in_shape(put, one, seed)), told)
    mode = found.fixed.get("mode", MODES[0])
    if mode == MODES[0]:
        return told, ""
    return found, f'it has no mode: judged in mode "{mode}", by the shape of its y'


def _right(put: Put, told: Told, seed: int) -> Iterator[bool]:
    """Of each of a few problems: whether the value is right, of a backward the gradients."""
    return (not one.wrong for one in _outcomes(put, told, seed))


def _outcomes(put: Put, told: Told, seed: int) -> Iterator[Outcome]:
    """What comes of a few problems."""
    interview = Interview(put, told)
    part = BACKWARD if told.part == BACKWARD else FORWARD
    return (outcome(one, interview.ask, part) for one in _few(told, interview, seed))


def _few(told: Told, interview: Interview, seed: int) -> Sequence[Asked]:
    """Not the smallest ones, in which many a mistake does not show."""
    fit = fit_of(told)
    if fit.more and told.own is not None:
        own = (problem_of(case, "float64", seed, max(LARGER, fit.room)) for case in fit.more)
        usual = [one for one in own if one is not None and not interview.lacks(one.problem)]
        return usual[1:3] if fit.room > 2 * LARGER else usual
    planned = plan(told.like, interview.lacks, seed, told.part, fit=fit).asked
    wide = [one for one in planned if one.dtype == "float64"]
    usual = [one for one in wide if not one.beyond] or wide
    places = np.linspace(len(usual) // 4, len(usual) - 1, SEVERAL).round().astype(int)
    return [usual[place] for place in dict.fromkeys(places.tolist())] if usual else []


KEEPS = "its p is the probability to keep"
PLAIN = "while training it does not divide by 1 − p"


def keeping(told: Told) -> Told:
    """The same dropout, its p the probability to keep."""
    return replace(told, dropping=told.dropping._replace(keeps=True))


def not_inverted(told: Told) -> Told:
    """The same dropout, which does not divide while training."""
    return replace(told, dropping=told.dropping._replace(inverted=False))


IN_WORDS = {
    NC: "its y is one number for each map, (N, C)",
    DN: "its samples are in columns",
    D: "it takes one sample at a time, a vector",
    D1: "it takes one sample at a time, a column",
}


def layout_in_words(layout: str) -> str:
    """What a layout means for a candidate.

    >>> layout_in_words("NHWC"), layout_in_words("HWC")
    ('its axes are NHWC', 'it takes one sample at a time, axes H, W, C')
    """
    if layout in IN_WORDS:
        return IN_WORDS[layout]
    if layout in ONE_SAMPLE:
        return f"it takes one sample at a time, axes {', '.join(layout)}"
    return f"its axes are {layout}"


def of_object(told: Told, right: bool, layout_tried: bool) -> Iterator[str]:
    """How an object was judged, in words; of a wrong one also what may be another way of it."""
    own = told.own
    if own is None:
        return
    stands = as_it_stands(own, told.like)
    if stands:
        yield f"judged as it stands: {stands}"
    if own.values:
        yield "its weights cannot be replaced: its own were used"
    if own.found:
        yield f"no attribute shows {' and '.join(own.found)}: found by trying"
    if not told.dropping.inverted:
        yield f"{PLAIN}: found by trying"
    hidden = hidden_options(own, told.like) if told.like in LAYERS else []
    if hidden and not own.found and not right:
        yield f"no attribute shows its {', '.join(hidden)}: none of the usual values makes it right"
    if layout_tried and told.layout != NCHW:
        yield f"{layout_in_words(told.layout)}: found by trying"


# --- objects that are there already -------------------------------------------------------


def standing(put: Put, told: Told, layout: str | None, seed: int) -> Told | str:
    """What is known of an object once it has been looked at and tried, or why nothing is.

    layout: as the person says it; None if it has to be tried.
    """
    name = told.names[0]
    reply = put(*construct(name, {}, library=told.library, dtype="float64"))
    if isinstance(reply, Failure):
        return f"{name} cannot be copied ({reply.said}): give its class"
    told = replace(told, attributes=shapes_in(reply))
    told = with_settings(told, settings_in(reply)) if told.like in SWITCHED else told
    listed = decoded({"list": reply[0].get("settings", [])}, [])
    made = standings(told, listed)
    if isinstance(made, Unclear):
        return made.message
    ways = list(_ways(told, made, layout, last_names(listed)))
    if not ways:
        needed = [n for n, value in options_of(told.like).items() if value is Parameter.empty]
        return f"no attribute of {name} shows its {', '.join(needed)}: give its class"
    held = [
        replace(one, own=_holding(one.own, _values(put, told))) for one in ways if made[0].weight
    ]
    return _best(put, [*ways, *held] if _can_be_set(put, told) else held, seed)


def _best(put: Put, ways: Sequence[Told], seed: int) -> Told:
    """The first way by which it is right in all that is tried; the likeliest, if there is none."""
    for one in ways:
        if fits(put, one, seed) and not _mixes(put, one, ways, seed):
            return one
    shown = [one for one in ways if not one.own or not one.own.found]
    return (shown or ways)[0]


def _mixes(put: Put, one: Told, ways: Sequence[Told], seed: int) -> bool:
    """Whether it is right for one sample alone, and a batch goes in as well."""
    batch = replace(one, layout=NCHW)
    return one.layout in ONE_SAMPLE and batch in ways and takes_batches(put, batch, seed)


def _ways(
    told: Told, made: Sequence[Own], said: str | None, settings: Mapping[str, Any]
) -> Iterator[Told]:
    """All ways to take it, the likeliest first: an option that is not shown comes last."""
    layouts = (said,) if said else layouts_of(told.like)
    shown = [own for own in made if is_complete(told.like, own.options)]
    other = [one for own in made for one in unshown(own, settings, told.like)]
    for own in (*shown, *other):
        for one in (replace(told, own=own, layout=layout) for layout in layouts):
            yield from (one, not_inverted(one)) if told.like == "dropout" else (one,)


def _can_be_set(put: Put, told: Told) -> bool:
    """Whether an object holds the weights that it is given: some compute them from others."""
    rng = np.random.default_rng(1)
    held = {array: attribute_of(told, array) for array in PARAMETERS}
    shapes = told.attributes or {}
    arrays = {array: rng.normal(size=shapes[name]) for array, name in held.items() if name}
    given = attributes_to_set(arrays, told)
    reply = put(*construct(told.names[0], {}, given, told.library, "float64"))
    if isinstance(reply, Failure):
        return False
    found = _arrays(put, LAYER)
    return all(
        held[array] in found and np.array_equal(found[held[array]], arrays[array])
        for array in arrays
    )


def _values(put: Put, told: Told) -> dict[str, Array]:
    """Its own weights and bias, as they lie in it."""
    put(*construct(told.names[0], {}, library=told.library, dtype="float64"))
    found = _arrays(put, LAYER)
    held = {array: attribute_of(told, array) for array in PARAMETERS}
    return {array: np.asarray(found[name], np.float64) for array, name in held.items() if name}


def _arrays(put: Put, target: str) -> dict[str, Any]:
    reply = put(*attributes(target))
    return {} if isinstance(reply, Failure) else dict(value_of(reply))


def _holding(own: Own | None, values: Mapping[str, Array]) -> Own | None:
    """The object with arrays that cannot be replaced, in refimpl's order."""
    if not values or own is None or own.way is None:
        return own
    weight = own.way(np.zeros(own.weight)).back(values["weight"], np.zeros(own.weight))
    found = {"weight": weight}
    if own.biased:
        found["bias"] = values["bias"].reshape(own.channels or -1)
    return own._replace(values=found)

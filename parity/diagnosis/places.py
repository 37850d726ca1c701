"""Where within a tensor the wrong elements lie, where all failing cases agree on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from parity.cases.case import Array
from parity.diagnosis.cause import Cause
from parity.diagnosis.factors import said_of_factor, written
from parity.diagnosis.observation import Observation
from parity.diagnosis.uneven import CLOSE, added_to, multiplied_by, same

MOST = 0.9
ENOUGH = 2  # failing cases, each with elements of both kinds


class Zone(NamedTuple):
    """Part of a tensor: `text` goes on from "dx: ", `inside` marks its elements.

    axis: the one along which a zone is cut, if every other index of it has to be wrong somewhere:
    "only the first sample is right" is not said of a tensor of which one sample is wrong.
    most: whether most of its elements have to be wrong, where no axis says so.
    """

    text: str
    inside: Callable[[tuple[int, ...]], Array | None]
    axis: int | None = None
    most: bool = False


def _ends(axis: int, index: int) -> Callable[[tuple[int, ...]], Array | None]:
    """One end of an axis along which there are several places."""

    def inside(shape: tuple[int, ...]) -> Array | None:
        if len(shape) < max(axis + 1, -axis) or shape[axis] < 2:
            return None
        mask = np.zeros(shape, bool)
        np.moveaxis(mask, axis, 0)[index] = True
        return mask

    return inside


def _but(
    of: Callable[[tuple[int, ...]], Array | None],
) -> Callable[[tuple[int, ...]], Array | None]:
    """Everything else."""

    def inside(shape: tuple[int, ...]) -> Array | None:
        mask = of(shape)
        return None if mask is None else ~mask

    return inside


def _border(shape: tuple[int, ...]) -> Array | None:
    """The outermost places of the last two axes."""
    if len(shape) < 2 or min(shape[-2:]) < 3:
        return None
    mask = np.ones(shape, bool)
    mask[..., 1:-1, 1:-1] = False
    return mask


def _corner(*ends: int) -> Callable[[tuple[int, ...]], Array | None]:
    """One place of a map."""

    def inside(shape: tuple[int, ...]) -> Array | None:
        if len(shape) < 2 or shape[-1] * shape[-2] < 4:
            return None
        mask = np.zeros(shape, bool)
        mask[..., ends[0], ends[1]] = True
        return mask

    return inside


def _one_of_all(index: int) -> Callable[[tuple[int, ...]], Array | None]:
    """One element of the whole tensor."""

    def inside(shape: tuple[int, ...]) -> Array | None:
        if np.prod(shape) < 2:
            return None
        mask = np.zeros(shape, bool)
        mask[(index,) * len(shape)] = True
        return mask

    return inside


SPATIAL = (
    *((f"the {name} row", _ends(-2, index), -2) for name, index in (("first", 0), ("last", -1))),
    *((f"the {name} column", _ends(-1, index), -1) for name, index in (("first", 0), ("last", -1))),
    ("the border", _border, None),
    ("the first corner", _corner(0, 0), None),
    ("the last corner", _corner(-1, -1), None),
    ("the first element", _one_of_all(0), None),
    ("the last element", _one_of_all(-1), None),
)

# What the first axes of a tensor count, by the tensor.
FIRST = {"dweight": "output channel", "dbias": "output channel", "dkernel": ""}
SECOND = {"dweight": "input channel"}


def _axes(
    tensor: str, ndim: int
) -> list[tuple[str, Callable[[tuple[int, ...]], Array | None], int]]:
    """Ends of the axes that count samples and channels."""
    names = [(0, FIRST.get(tensor, "sample")), (1, SECOND.get(tensor, "channel"))]
    if ndim < 3:
        names = names[:1] if ndim == 2 or tensor in FIRST else []
    return [
        (f"the {word} {name}", _ends(axis, index), axis)
        for axis, name in names
        if name
        for word, index in (("first", 0), ("last", -1))
    ]


def zones(tensor: str, ndim: int) -> list[Zone]:
    """Parts of a tensor of which one may say that they alone are wrong, or right."""
    spatial = SPATIAL if ndim > 1 else SPATIAL[-2:]
    ends = [*_axes(tensor, ndim), *spatial]
    alone = [Zone(f"only {text} is wrong", inside) for text, inside, _ in ends]
    rest = [
        Zone(f"only {text} is right", _but(inside), axis, axis is None)
        for text, inside, axis in ends
    ]
    return alone + rest


def by_place(observations: Sequence[Observation], tensor: str) -> list[Cause]:
    """The smallest zone that holds everything wrong in all failing cases, and how it is wrong."""
    failing = [o for o in observations if o.shows(tensor)]
    return [
        Cause(f"{tensor}: {zone.text}{_how(failing, tensor, zone)}", "places", tensor=tensor)
        for zone in _named(tensor, failing)
    ]


def _how(failing: Sequence[Observation], tensor: str, zone: Zone) -> str:
    """The number that is added there, or the factor, if it is the same in all cases."""
    for of, words in ((added_to, _is_added), (multiplied_by, said_of_factor)):
        with np.errstate(all="ignore"):
            found = [of(o, tensor, _mask(zone, o, tensor)) for o in failing]
        numbers = [number for number in found if number is not None]
        if len(numbers) == len(failing) and same(numbers):
            return f": it {words(written(numbers[0], CLOSE))}"
    return ""


def _is_added(number: str) -> str:
    return f"has {number} added"


def _mask(zone: Zone, observation: Observation, tensor: str) -> Array:
    inside = zone.inside(observation.right[tensor].shape)
    assert inside is not None
    return inside


def _named(tensor: str, failing: Sequence[Observation]) -> list[Zone]:
    marked = [mask for o in failing if (mask := wrong_places(o, tensor)) is not None]
    if len(marked) < max(ENOUGH, len(failing)):
        return []
    fitting: list[tuple[int, Zone]] = []
    for zone in zones(tensor, max(mask.ndim for mask in marked)):
        inside = [zone.inside(mask.shape) for mask in marked]
        if all(
            part is not None and _holds(zone, mask, part)
            for mask, part in zip(marked, inside, strict=True)
        ):
            fitting.append((sum(int(part.sum()) for part in inside if part is not None), zone))
    smallest = min((size for size, _ in fitting), default=0)
    return [zone for size, zone in fitting if size == smallest]


def wrong_places(observation: Observation, tensor: str) -> Array | None:
    """The elements that are wrong; None where another shape was found."""
    found, right = observation.numbers(tensor), observation.right[tensor]
    if found is None or found.shape != right.shape:
        return None
    return ~observation.alike(tensor, found, right)


def _holds(zone: Zone, wrong: Array, inside: Array) -> bool:
    """Whether all that is wrong lies in a zone, and along its axis something in every place."""
    if (wrong & ~inside).any() or not wrong.any():
        return False
    if zone.axis is None:
        return not zone.most or bool(wrong.sum() >= MOST * inside.sum())
    axes = tuple(i for i in range(wrong.ndim) if i != zone.axis % wrong.ndim)
    return bool(np.array_equal(wrong.any(axis=axes), inside.any(axis=axes)))

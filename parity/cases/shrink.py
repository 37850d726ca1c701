"""The smallest form of a case that still disagrees.

Greedy and deterministic: of all cases that are simpler in one thing, the first that still
disagrees is taken, until none does. A size is made smaller at several places together, because
sizes that belong together are equal; a candidate whose sizes then do not fit is no valid case,
and does not disagree in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, combinations, product
from typing import Any

from parity.cases.case import Case, Classes, Draw, Probabilities, Source

TRIALS = 400  # a limit for the time that one disagreement takes


def shrunk(case: Case, disagrees: Callable[[Case], bool], trials: int = TRIALS) -> Case:
    """The smallest case found in so many trials; the case itself if none is smaller.

    >>> wide = Case("relu", "wide", {"x": Draw((6, 8), "spread")})
    >>> shrunk(wide, lambda case: case.arrays["x"].shape[-1] >= 3).arrays["x"]
    Draw(shape=(3,), values='normal', layout='contiguous')
    """
    left = trials
    found = True
    while found and left > 0:
        found = False
        for candidate in simpler(case):
            left -= 1
            if disagrees(candidate):
                case, found = candidate, True
                break
            if left <= 0:
                break
    return case


def simpler(case: Case) -> Iterator[Case]:
    """Cases that are simpler in one thing: first those that drop most."""
    yield from _fewer_arrays(case)
    yield from _fewer_axes(case)
    yield from _plainer_options(case)
    yield from _smaller_sizes(case)
    yield from _smaller_options(case)
    yield from _plainer_values(case)


def _fewer_arrays(case: Case) -> Iterator[Case]:
    for name in ("bias", *"fedcb"):
        if name in case.arrays:
            yield replace(case, arrays={n: s for n, s in case.arrays.items() if n != name})


def _fewer_axes(case: Case) -> Iterator[Case]:
    """Without the first axis, where all have one and only one place along it, or one has."""
    single = [name for name, source in case.arrays.items() if _shape(source)[:1] == (1,)]
    for names in (single, *([name] for name in single)):
        if names:
            yield replace(case, arrays={**case.arrays, **_without_first(case.arrays, names)})


def _without_first(arrays: Mapping[str, Source], names: Sequence[str]) -> dict[str, Source]:
    fewer: dict[str, Source] = {}
    for name in names:
        source = arrays[name]
        assert isinstance(source, Draw | Classes | Probabilities)
        fewer[name] = replace(source, shape=source.shape[1:])
    return fewer


def _plainer_options(case: Case) -> Iterator[Case]:
    """An option less: its default is the plain one."""
    for name in case.options:
        fewer = {n: value for n, value in case.options.items() if n != name}
        yield replace(case, options=fewer)
        if name == "groups" and "weight" in case.arrays:  # as many channels as one group has
            x, weight = case.arrays["x"], case.arrays["weight"]
            assert isinstance(x, Draw)
            assert isinstance(weight, Draw)
            one = replace(x, shape=(x.shape[0], weight.shape[1], *x.shape[2:]))
            yield replace(case, options=fewer, arrays={**case.arrays, "x": one})


def _smaller_sizes(case: Case) -> Iterator[Case]:
    """A size smaller at all places that have it, at one of them, at two, at three."""
    shapes = {name: _shape(source) for name, source in case.arrays.items()}
    places = [(name, axis) for name, shape in shapes.items() for axis in range(len(shape))]
    sizes = sorted({shapes[name][axis] for name, axis in places}, reverse=True)
    for size in (size for size in sizes if size > 1):
        equal = [(name, axis) for name, axis in places if shapes[name][axis] == size]
        some = chain([tuple(equal)], *(combinations(equal, count) for count in (1, 2, 3)))
        for chosen, less in product(dict.fromkeys(some), _less(size)):
            yield replace(case, arrays=_resized(case.arrays, chosen, less))


def _smaller_options(case: Case) -> Iterator[Case]:
    """Each integer of an option smaller."""
    for name, value in case.options.items():
        for less in _lesser(value):
            yield replace(case, options={**case.options, name: less})


def _plainer_values(case: Case) -> Iterator[Case]:
    """Ordinary numbers, one behind the other."""
    if case.upstream != "normal":
        yield replace(case, upstream="normal")
    if case.dy_layout != "contiguous":
        yield replace(case, upstream_layout="contiguous")
    for name, source in case.arrays.items():
        if isinstance(source, Draw):
            if source.layout != "contiguous":
                yield replace(
                    case, arrays={**case.arrays, name: replace(source, layout="contiguous")}
                )
            if source.values not in ("normal", "mask", "labels", "certainty"):
                yield replace(case, arrays={**case.arrays, name: replace(source, values="normal")})


def _less(size: int) -> list[int]:
    """Sizes to try in place of one: the smallest first."""
    return sorted({1, size // 2, size - 1} - {0, size})


def _lesser(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple):
        for place, entry in enumerate(value):
            for less in _lesser(entry):
                yield (*value[:place], less, *value[place + 1 :])
    elif isinstance(value, int) and not isinstance(value, bool) and value > 1:
        yield from _less(value)


def _shape(source: Source) -> tuple[int, ...]:
    return source.shape if isinstance(source, Draw | Classes | Probabilities) else ()


def _resized(
    arrays: Mapping[str, Source], places: Sequence[tuple[str, int]], size: int
) -> dict[str, Source]:
    """The arrays with this size at these places (array, axis)."""
    resized = dict(arrays)
    for name, axis in places:
        source = resized[name]
        assert isinstance(source, Draw | Classes | Probabilities)
        shape = (*source.shape[:axis], size, *source.shape[axis + 1 :])
        resized[name] = replace(source, shape=shape)
    return resized

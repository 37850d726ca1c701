"""Padding as others say it: mode and axes in the name, torch's sides from the last axis on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from parity.candidates.styles.keywords import by_keyword, names_of, takes_anything
from parity.candidates.styles.style import Signature, Told
from parity.witnesses.problem import Problem

Fixed: TypeAlias = dict[str, Any]
PAD = "pad"
# What is in a name, and the mode that it then has; of another one it fills with a constant.
MODES = (
    (r"reflect|mirror", "reflect"),
    (r"replic|edge|border|nearest", "replicate"),
    (r"circular|wrap|periodic", "circular"),
)
AXES = re.compile(r"([123])d", re.IGNORECASE)


def fixed_by_name(function: str, name: str, kind: str, listed: Sequence[Signature]) -> Fixed:
    """The mode that the name of a padding shows, where it has no parameter for one; an object
    that is there already may have any.

    >>> fixed_by_name("pad", "nn.ReplicationPad2d", "class", [()])
    {'mode': 'replicate'}
    >>> [fixed_by_name("pad", "frame", kind, [()]) for kind in ("function", "instance")]
    [{'mode': 'constant'}, {}]
    """
    told = any(takes_anything(s) or names_of("mode", by_keyword(s)) for s in listed)
    if function != PAD or (told and kind != "instance"):
        return {}
    found = [mode for word, mode in MODES if re.search(word, name.lower())]
    return {"mode": (*found, "constant")[0]} if found or kind != "instance" else {}


def other_axes(problem: Problem, told: Told) -> str:
    """What a padding for so many axes, as its name says, has no place for; "" if nothing."""
    axes = axes_named(told.names[0]) if problem.function == PAD else 0
    return along(problem) if axes and axes != problem.dy.ndim - 2 else ""


def axes_named(name: str) -> int:
    """Along how many axes something pads by its name; 0 where that does not say it.

    >>> axes_named("nn.ReflectionPad2d"), axes_named("reflect_pad")
    (2, 0)
    """
    found = AXES.search(name)
    return int(found[1]) if found else 0


def along(problem: Problem) -> str:
    """Along how many axes a problem pads."""
    axes = problem.dy.ndim - 2
    return f"{axes} spatial {'axis' if axes == 1 else 'axes'}"


def flat_padding(problem: Problem, parameters: Signature) -> dict[str, Any]:
    """The padding of a problem flat, from the last axis on, by its name there; nothing of a number
    for all axes, which torch's modules take and its own function does not.
    """
    names = by_keyword(parameters)
    known, padding = names_of("padding", names), problem.options.get("padding")
    if problem.function != PAD or not known:
        return {}
    if not (has_pairs(padding) or is_functional(names)):
        return {}
    return {known[0]: tuple(_flat(padding, problem.dy.ndim - 2))}


def is_functional(names: Sequence[str]) -> bool:
    """Whether these are parameters of torch.nn.functional.pad, one of its options left out or none.

    >>> is_functional(["input", "pad", "mode", "value"]), is_functional(["x", "pad"])
    (True, False)
    """
    return {"input", "pad"} <= {*names} and bool({"mode", "value"} & {*names})


def has_pairs(padding: Any) -> bool:
    """Whether a padding has a number for each side, or one for each axis."""
    return isinstance(padding, tuple | list)


def _flat(padding: Any, axes: int) -> Iterator[int]:
    """(before, after) of the last axis, of the one before it, …"""
    entries = padding if has_pairs(padding) else (padding,) * axes
    entries = entries * axes if len(entries) == 1 else entries
    for entry in reversed(entries):
        yield from entry if has_pairs(entry) else (entry, entry)


def as_pairs(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options whose padding lies flat in torch's order, as pairs in the order of the axes.

    >>> as_pairs({"padding": (1, 2, 3, 4)}), as_pairs({"padding": 2})
    ({'padding': ((3, 4), (1, 2))}, {'padding': 2})
    """
    flat: Any = options.get("padding")
    if not has_pairs(flat) or len(flat) % 2:
        return dict(options)
    pairs = tuple(zip(flat[::2], flat[1::2], strict=True))
    return {**options, "padding": pairs[::-1]}


def made_as(
    options: Mapping[str, Any], fixed: Mapping[str, Any], in_torchs_order: bool
) -> list[Fixed]:
    """How an object that pads may have been made: where no name tells, in each of the modes.

    >>> [one["mode"] for one in made_as({"padding": 1}, {}, True)]
    ['constant', 'reflect', 'replicate', 'circular']
    """
    shown = as_pairs(options) if in_torchs_order else dict(options)
    if "mode" in {**shown, **fixed}:
        return [{**shown, **fixed}]
    return [{**shown, "mode": mode} for mode in ("constant", *(mode for _, mode in MODES))]

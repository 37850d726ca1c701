"""Objects that are there already and have a weight for each channel: normalisations, a PReLU."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from parity.candidates.styles.constructing import NORMALISATIONS, attribute_of, weights_called
from parity.candidates.styles.moves import Move
from parity.candidates.styles.naming import SIZES
from parity.candidates.styles.running_names import running_names
from parity.candidates.styles.style import Own, Told, Unclear
from parity.cases.case import Array, Shape

TRAINING = {"batch_norm": {"training": True}}


def of_channels(
    told: Told, settings: Mapping[str, Any], options: Mapping[str, Any], special: Mapping[str, Any]
) -> list[Own] | Unclear:
    """How it has been made: its channels, by its weight or by what it is set to, and its options.

    special: those of the options that are something else than unless given.
    """
    shapes = told.attributes or {}
    weight, bias = attribute_of(told, "weight"), attribute_of(told, "bias")
    if not weight and told.like not in NORMALISATIONS:
        listed = ", ".join(shapes) or "none"
        called = weights_called(told.like)
        return Unclear(f"no array of {told.names[0]} is called {called}; its arrays are: {listed}")
    channels = _channels(told, settings, options, shapes.get(weight))
    if not channels:
        return Unclear(
            f"neither a weight nor an attribute of {told.names[0]} shows its channels: "
            "give its class"
        )
    made_with = dict(special) | TRAINING.get(told.like, {})
    if told.like == "layer_norm":
        made_with["normalized_shape"] = channels
    lying = shapes.get(weight, ())

    def way(array: Array) -> Move:
        return Move((), lying)

    held = channels if weight else ()
    return [Own(made_with, held, way, bool(bias), tuple(options), channels=channels)]


def _channels(
    told: Told, settings: Mapping[str, Any], options: Mapping[str, Any], weight: Shape | None
) -> Shape:
    """How many channels, of a layer normalisation the sizes of its axes; () if it is unknown."""
    if told.like == "layer_norm" and "normalized_shape" in options:
        sizes = options["normalized_shape"]
        return (sizes,) if isinstance(sizes, int) else tuple(sizes)
    if weight is not None:
        return (
            tuple(n for n in weight if n > 1) or (1,)
            if told.like == "layer_norm"
            else (prod(weight),)
        )
    shown = (settings[name] for name in SIZES["channels"] if type(settings.get(name)) is int)
    mean, _ = running_names(told.attributes or {})
    held = (prod((told.attributes or {})[mean]),) if mean else ()
    return next(((n,) for n in shown), held)

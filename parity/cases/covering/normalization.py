"""The factors of normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parity.cases.case import Draw, Shape, Source
from parity.cases.covering.levels import LAYOUT, drawn, layouts
from parity.cases.covering.table import DY, Row, Table
from parity.cases.dice import Arguments, Dice

# Of x, weight and dy.
NORMALISED: Mapping[str, tuple[str, str, str]] = {
    "normal": ("normal", "normal", "normal"),
    "integers": ("integers", "integers", "integers"),
    "wide": ("wide", "normal", "normal"),
    "spread": ("spread", "normal", "normal"),
    "far": ("far", "normal", "normal"),
    "negative zero": ("negative_zero", "negative_zero", "negative_zero"),
    "special": ("special", "normal", "normal"),
    "tiny": ("tiny", "normal", "normal"),
}
# Of x and dy.
RESPONSES: Mapping[str, tuple[str, str]] = {
    "normal": ("normal", "normal"),
    "integers": ("integers", "integers"),
    "wide": ("wide", "normal"),
    "spread": ("spread", "normal"),
    "negative zero": ("negative_zero", "negative_zero"),
    "several NaN": ("nans", "normal"),
}
EPS = (None, 1e-3, 0.5)
AFFINE = ("both", "none", "weight")


def _affine(row: Row, shape: Shape, values: str) -> dict[str, Source]:
    """A weight and a bias, the weight alone, or none of them."""
    names = {"both": ("weight", "bias"), "weight": ("weight",), "none": ()}[row["affine"]]
    return {name: Draw(shape, values, row["weight"]) for name in names}


def _running(row: Row, C: int) -> dict[str, Source]:
    layout = row["running statistics"]
    return {
        "running_mean": Draw((C,), row.get("mean", "normal"), layout),
        "running_var": Draw((C,), row["variance"], layout),
    }


def _told(row: Row, **options: Any) -> dict[str, Any]:
    return options if row["eps"] is None else {**options, "eps": row["eps"]}


def _batch_norm(row: Row, dice: Dice) -> Arguments:
    x, weight, upstream = NORMALISED[row["values"]]
    N, C, places = row["samples"], row["channels"], row["places"]
    dice.taken(N, C)
    shape = (N, C, *dice.sizes(places, 2, 6))
    channels = (C,)
    arrays: dict[str, Source] = drawn(row, x, x=shape)
    if row["statistics"] != "batch":
        arrays |= _running(row, C)
    arrays |= _affine(row, channels, weight)
    training = {} if row["statistics"] == "running" else {"training": True}
    return Arguments(arrays, _told(row, **training), upstream)


def _running_statistics(row: Row, dice: Dice) -> Arguments:
    N, C = row["samples"], row["channels"]
    dice.taken(N, C)
    shape = (N, C, *dice.sizes(row["places"], 2, 6))
    arrays: dict[str, Source] = {
        **drawn(row, row["values"], x=shape),
        **_running(row, C),
    }
    return Arguments(arrays, {"momentum": row["momentum"]})


def _layer_norm(row: Row, dice: Dice) -> Arguments:
    x, weight, upstream = NORMALISED[row["values"]]
    last = dice.sizes(row["axes normalised"], 2, 6)
    shape = (*dice.sizes(row["axes in front"], 1, 5), *last)
    given = last[0] if row["spelled"] == "number" and len(last) == 1 else last
    arrays = {**drawn(row, x, x=shape), **_affine(row, last, weight)}
    return Arguments(arrays, _told(row, normalized_shape=given), upstream)


def _group_norm(row: Row, dice: Dice) -> Arguments:
    x, weight, upstream = NORMALISED[row["values"]]
    groups, each = row["groups"], row["channels of a group"]
    C = groups * each
    dice.taken(C)
    shape = (row["samples"], C, *dice.sizes(row["places"], 2, 6))
    arrays = {**drawn(row, x, x=shape), **_affine(row, (C,), weight)}
    return Arguments(arrays, _told(row, num_groups=groups), upstream)


def _local_response_norm(row: Row, dice: Dice) -> Arguments:
    x, upstream = RESPONSES[row["values"]]
    dice.taken(row["channels"])
    shape = (dice.size(1, 4), row["channels"], *dice.sizes(row["places"], 1, 5))
    options = {name: row[name] for name in ("size", "alpha", "beta", "k")}
    return Arguments(drawn(row, x, x=shape), options, upstream)


SAMPLES = (3, 2, 5)
CHANNELS = (4, 1, 2, 7)
PLACES = (2, 0, 1, 3)
OF_WEIGHTS = {
    "affine": AFFINE,
    "eps": EPS,
    "values": tuple(NORMALISED),
    **layouts("x", "weight", DY),
}
OF_RUNNING = {"variance": ("certainty", "mask"), "running statistics": LAYOUT}

TABLES = {
    "batch_norm": Table(
        {
            "samples": SAMPLES,
            "channels": CHANNELS,
            "places": PLACES,
            "statistics": ("batch", "running", "batch, running given"),
            **OF_RUNNING,
            **OF_WEIGHTS,
        },
        _batch_norm,
    ),
    "running_statistics": Table(
        {
            "samples": SAMPLES,
            "channels": CHANNELS,
            "places": PLACES,
            "momentum": (0.1, 0.5, 1.0, 0.0, 0.3),
            "values": ("normal", "integers", "wide", "far", "special", "tiny"),
            "mean": ("normal", "integers"),
            **OF_RUNNING,
            "x": LAYOUT,
        },
        _running_statistics,
    ),
    "layer_norm": Table(
        {
            "axes in front": (1, 0, 2, 3),
            "axes normalised": (1, 2, 3),
            "spelled": ("tuple", "number"),
            **OF_WEIGHTS,
        },
        _layer_norm,
    ),
    "group_norm": Table(
        {
            "samples": SAMPLES,
            "groups": (2, 1, 3),
            "channels of a group": (2, 3, 1),
            "places": (2, 1, 3),
            **OF_WEIGHTS,
        },
        _group_norm,
    ),
    "local_response_norm": Table(
        {
            "channels": (6, 1, 3, 8),
            "places": (2, 1, 3),
            "size": (5, 1, 2, 3, 9),
            "alpha": (5e-4, 1e-4, 0.1, 2.0),
            "beta": (0.75, 1.0, 0.5, 0.3),
            "k": (2.0, 1.0, 0.5),
            "values": tuple(RESPONSES),
            **layouts("x", DY),
        },
        _local_response_norm,
    ),
}

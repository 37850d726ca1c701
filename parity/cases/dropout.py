"""What the catalogue knows of dropout."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np

from parity.cases.case import BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import MOVED, PLAIN, shape_of
from parity.cases.function import ELEMENT, Function
from parity.cases.symbol_case import AnyNumber, SymbolCase, sums
from parity.cases.texts import LOGITS, Texts, Valid

GROUP = "dropout and joining"

ROWS: tuple[Function, ...] = (
    Function(
        "dropout",
        ("x",),
        ("D2.13",),
        integers="signs",
        ordered=False,
        pieces=ELEMENT,
        in_networks=True,
    ),
)


def _dropout(
    name: str,
    x: Shape | Source,
    mask: Source | None = None,
    values: str = "normal",
    *,
    layout: str = "contiguous",
    upstream: str = "normal",
    documents: tuple[str, ...] = (),
    **options: Any,
) -> Case:
    """One case; a shape stands for random numbers and a random mask of it."""
    if isinstance(x, tuple):
        mask = mask or Draw(x, "mask", layout)
        x = Draw(x, values, layout)
    assert mask is not None
    return Case("dropout", name, {"x": x, "mask": mask}, options, upstream, documents)


EVERY_OTHER = Given(((True, False, True, False), (False, True, False, True)))

GOOD: tuple[Case, ...] = (
    _dropout("plain", (5, 7), documents=("D2.13",)),
    _dropout("half of the nodes, not divided", (5, 8), p=0, documents=("D2.13",)),
    _dropout("maps", (2, 3, 5, 4)),
    _dropout("one axis", (67,)),
    _dropout("a single value", ()),
    _dropout("empty batch", (0, 3, 4)),
    _dropout("4096 nodes", (2, 4096), documents=("D2.13",)),
    _dropout("a boolean mask", (2, 4), EVERY_OTHER),
    _dropout("a boolean mask, p 0.1", (2, 4), EVERY_OTHER, p=0.1),
    _dropout("nothing is kept", (5, 7), Draw((5, 7), "zeros")),
    _dropout("everything is kept", (3,), Given((True, True, True)), p=0.3),
    # 1 − p is rounded to the dtype, unless it is a power of 2.
    *(
        _dropout(f"p {p}", (9, 31), p=p)
        for p in (0.1, 0.2, 1 / 3, 0.25, 0.6, 0.75, 0.8, 0.9, 0.999, 1e-9, 1 - 2.0**-20)
    ),
    *(
        _dropout(f"{name}, p {p}", (9, 31), None, values, upstream=values, p=p)
        for name, values in (
            ("integers", "integers"),
            ("wide", "wide"),
            ("huge", "huge"),
            ("largest overflows", "largest"),
            ("tiny", "tiny"),
            ("subnormal", "subnormal"),
            ("negative zero", "negative_zero"),
            ("special", "special"),
        )
        for p in (0.5, 0.7)
    ),
    *(
        _dropout(f"{layout} views", (3, 5, 4), layout=layout, p=0.4)
        for layout in ("reversed", "strided", "transposed")
    ),
    _dropout(
        "half of four nodes",
        Given(((1, -2, 3, 4),)),
        Given(((1, 0, 0, 1),)),
        upstream="integers",
        documents=("D2.13",),
    ),
)

# --- bad arguments ------------------------------------------------------------------------

MASK = Draw((4, 5), "mask")

VALID: Valid = {
    "dropout": {"x": LOGITS, "mask": MASK},
    "dropout_backward": {"dy": LOGITS, "x": LOGITS, "mask": MASK},
}
says = Texts(VALID)

ZERO_AND_ONE = "only 0 and 1"


def _p(function: str, value: float) -> BadCase:
    message = f"p must be at least 0 and less than 1, but is {value!r}"
    return says.value_error(function, f"p {value!r}", message, p=value)


BAD: tuple[BadCase, ...] = (
    says.shapes("dropout", "mask of another shape", "x", "mask", mask=Draw((5, 4), "mask")),
    says.shapes("dropout", "mask would broadcast", "x", "mask", mask=Draw((1, 5), "mask")),
    says.shapes("dropout_backward", "mask of one row", "x", "mask", mask=Draw((5,), "mask")),
    says.holds(
        "dropout", "a mask of 2", "mask", ZERO_AND_ONE, 2.0, x=Draw((3,)), mask=Given((0, 1, 2))
    ),
    says.holds(
        "dropout", "a mask of −1", "mask", ZERO_AND_ONE, -1.0, x=Draw((2,)), mask=Given((1, -1))
    ),
    says.holds(
        "dropout_backward",
        "a divided mask",
        "mask",
        ZERO_AND_ONE,
        0.5,
        dy=Draw((2,)),
        x=Draw((2,)),
        mask=Given((0, 0.5)),
    ),
    says.holds(
        "dropout_backward",
        "NaN in the mask",
        "mask",
        ZERO_AND_ONE,
        nan,
        dy=Draw((2,)),
        x=Draw((2,)),
        mask=Given((1, nan)),
    ),
    says.not_real("dropout", "a mask of text", "mask", "<U1", x=Draw((2,)), mask=Given(("0", "1"))),
    says.type_error("dropout", "no mask", "mask must hold real numbers, but is None", mask=None),
    says.value_error(
        "dropout",
        "a mask of different rows",
        "mask must be an array, but its rows have different lengths",
        mask=[[1, 0], [1]],
    ),
    *(_p("dropout", value) for value in (1, 1.5, -0.1, nan)),
    _p("dropout_backward", 1.0),
    says.number("dropout", "p as text", "p", "half"),
    says.number("dropout", "p None", "p", None),
    says.number("dropout_backward", "p True", "p", True),
    says.number("dropout_backward", "a p for each node", "p", (0.5, 0.1)),
    says.not_real("dropout", "complex x", "x", "complex128"),
    says.dy("dropout_backward", "dy of another shape", "(4, 5)", dy=Draw((5, 4))),
    says.mixed("dropout_backward", "dy", "x", float32="dy"),
)

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    sums(
        "dropout",
        "any p",
        {"x": (2, 3), "mask": np.array([[1, 0, 1], [0, 1, 1]])},
        p=AnyNumber("p"),
    ),
)

# --- random arguments ---------------------------------------------------------------------


def _random_dropout(dice: Dice) -> Arguments:
    """Arguments of dropout."""
    shape, (values, upstream) = shape_of(dice), dice.kinds(PLAIN, MOVED)
    arrays = {
        "x": Draw(shape, values, dice.layout()),
        "mask": Draw(shape, "mask", dice.layout()),
    }
    p = dice.one_of((0, 0.5, 0.25, 0.1, 1 / 3, dice.real(0, 0.999)))
    return Arguments(arrays, {"p": p}, upstream)


RANDOM: dict[str, Maker] = {"dropout": _random_dropout}

"""Invalid arguments of dropout, of the losses of two classes, of derivatives by the output."""

from __future__ import annotations

from fractions import Fraction
from math import nan

import numpy as np

from parity.cases import bad_texts as says
from parity.cases.bad_texts import BINARY, LABELS, LOGITS
from parity.cases.case import BadCase, Draw, Given

THIRDS = np.array([Fraction(1, 3)])

# --- derivatives by the output ------------------------------------------------------------

DERIVATIVES = tuple(
    case
    for function in ("dsigmoid", "dtanh")
    for case in (
        says.not_real(function, "complex o", "o", "complex64"),
        says.not_real(function, "boolean o", "o", "bool", o=Given((True, False))),
        says.type_error(function, "nothing", "o must hold real numbers, but is None", o=None),
    )
)

# --- dropout ------------------------------------------------------------------------------

ZERO_AND_ONE = "only 0 and 1"


def _p(function: str, value: float) -> BadCase:
    message = f"p must be at least 0 and less than 1, but is {value!r}"
    return says.value_error(function, f"p {value!r}", message, p=value)


DROPOUT = (
    says.shapes("dropout", "mask of another shape", "mask", "x", mask=Draw((5, 4), "mask")),
    says.shapes("dropout", "mask would broadcast", "mask", "x", mask=Draw((1, 5), "mask")),
    says.shapes("dropout_backward", "mask of one row", "mask", "x", mask=Draw((5,), "mask")),
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

# --- losses of two classes ----------------------------------------------------------------

PROBABILITIES = "probabilities from 0 to 1"
REDUCTIONS = "'mean', 'sum', 'none'"

LOGISTIC = tuple(
    case
    for function in BINARY
    for case in (
        says.shapes(function, "transposed", "logits", "target", target=Draw((5, 4), "certainty")),
        says.shapes(
            f"{function}_backward", "one row", "logits", "target", target=Draw((5,), "certainty")
        ),
        says.holds(
            function,
            "the labels of a perceptron",
            "target",
            PROBABILITIES,
            -1.0,
            logits=Draw((2,)),
            target=Given((1, -1)),
        ),
        says.holds(
            f"{function}_backward",
            "a class index",
            "target",
            PROBABILITIES,
            2.0,
            logits=Draw((2,)),
            target=Given((1, 2)),
        ),
        says.holds(
            function,
            "NaN among the targets",
            "target",
            PROBABILITIES,
            nan,
            logits=Draw((2,)),
            target=Given((nan, 1)),
        ),
        says.not_real(
            function,
            "boolean target",
            "target",
            "bool",
            logits=Draw((2,)),
            target=Given((True, False)),
        ),
        says.not_real(function, "complex logits", "logits", "complex128"),
        says.mixed(function, "logits", "target", float32="target"),
        says.mixed(f"{function}_backward", "dy", "logits", float32="dy"),
        says.dy(f"{function}_backward", "dy for each logit", "()", dy=LOGITS),
        *(
            says.type_error(
                f"{function}{backward}",
                "fractions",
                "logits holds Fraction, which has no method exp; "
                "give floats, or objects that have it",
                **dy,
                logits=THIRDS,
                target=THIRDS,
            )
            for backward, dy in (("", {}), ("_backward", {"dy": THIRDS.sum(keepdims=False)}))
        ),
    )
)

BINARY_REDUCTIONS = (
    says.choice(BINARY[0], "unknown reduction", "reduction", REDUCTIONS, "total"),
    says.choice(f"{BINARY[0]}_backward", "reduction None", "reduction", REDUCTIONS, None),
    says.value_error(
        f"{BINARY[0]}_backward",
        "one dy without a reduction",
        "dy is (), but the output for these arguments is (4, 5)",
        reduction="none",
    ),
)

MODELS = tuple(
    case
    for function in ("perceptron", "logistic_regression", "softmax_regression")
    for case in (
        says.sizes(function, "features disagree", "4 features", 5, weight=Draw((3, 5))),
        says.bias(function, "bias too long", 3, Draw((4,))),
        says.not_real(function, "boolean x", "x", "bool", x=Given(((True, False, True, True),))),
        says.mixed(function, "x", "weight", float32="weight"),
    )
)

SIGNED = "only -1 and 1"

PERCEPTRON = (
    says.shapes("perceptron_loss", "transposed", "score", "target", target=Draw((5, 4), "labels")),
    says.shapes(
        "perceptron_loss_backward", "one row", "score", "target", target=Draw((5,), "labels")
    ),
    says.holds(
        "perceptron_loss",
        "the target 0",
        "target",
        SIGNED,
        0.0,
        score=Draw((2,)),
        target=Given((1, 0)),
    ),
    says.holds(
        "perceptron_loss_backward",
        "probabilities",
        "target",
        SIGNED,
        0.25,
        score=Draw((2,)),
        target=Given((0.25, 1)),
    ),
    says.holds(
        "perceptron_loss",
        "NaN among the targets",
        "target",
        SIGNED,
        nan,
        score=Draw((2,)),
        target=Given((nan, 1)),
    ),
    says.not_real(
        "perceptron_loss",
        "boolean target",
        "target",
        "bool",
        score=Draw((2,)),
        target=Given((True, False)),
    ),
    says.mixed("perceptron_loss", "score", "target", float32="target"),
    says.mixed("perceptron_loss_backward", "dy", "score", float32="dy"),
    says.dy("perceptron_loss_backward", "dy for each score", "()", dy=LABELS),
    says.number("perceptron_loss_backward", "at_zero as text", "at_zero", "half"),
)

CASES: tuple[BadCase, ...] = (
    DERIVATIVES + DROPOUT + LOGISTIC + BINARY_REDUCTIONS + MODELS + PERCEPTRON
)

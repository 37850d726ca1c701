"""What the catalogue knows of the models of one layer, perceptron_loss and log_likelihood."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np

from parity.cases.case import BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import MARGINS, ODDS, Kinds, with_target
from parity.cases.function import Function
from parity.cases.symbol_case import SymbolCase, branching
from parity.cases.texts import CERTAINTY, COLUMNS, LOGITS, SCALAR, Texts, Valid

GROUP, LOSSES = "models", "softmax and losses"

ROWS: tuple[Function, ...] = (
    # Models of one layer; their gradients are those of the networks of the same names.
    Function("perceptron", (), ("D1.2", "D1.3", "D1.37")),
    Function("logistic_regression", (), ("D1.2",), elementary=True),
    Function("softmax_regression", (), ("D1.2", "D1.3"), elementary=True),
    Function("log_likelihood", ("logits",), ("D1.2",), elementary=True, group=LOSSES),
    Function(
        "perceptron_loss", ("score",), ("D1.2",), integers="signs", in_networks=True, group=LOSSES
    ),
)

# --- perceptron, logistic_regression, softmax_regression ----------------------------------


def _model(
    function: str,
    name: str,
    x: Shape | Source = (5, 4),
    weight: Shape | Source = (3, 4),
    *,
    values: str = "normal",
    layout: str = "contiguous",
    bias: bool | Source = True,
    documents: tuple[str, ...] = (),
) -> Case:
    """One case; a shape stands for a random array of the given values and layout."""
    arrays: dict[str, Source] = {
        key: Draw(array, values, layout) if isinstance(array, tuple) else array
        for key, array in {"x": x, "weight": weight}.items()
    }
    if bias is True and isinstance(weight, tuple):
        arrays["bias"] = Draw(weight[:1], values, layout)
    elif isinstance(bias, Source):
        arrays["bias"] = bias
    return Case(function, name, arrays, documents=documents)


# AND is separated by a line; the fourth corner of XOR is on the wrong side of this one.
_CORNERS = Given(((0, 0), (0, 1), (1, 0), (1, 1)))

ONE_LAYER = ("perceptron", "logistic_regression", "softmax_regression")

MODELS = tuple(
    case
    for function in ONE_LAYER
    for case in (
        _model(function, "batch"),
        _model(function, "without bias", bias=False),
        _model(function, "features only", (4,)),
        _model(function, "two leading axes", (2, 5, 4)),
        _model(function, "one node", (4, 5), (1, 5)),
        _model(function, "empty batch", (0, 4)),
        _model(function, "784 features", (3, 784), (10, 784)),
        _model(function, "integers", values="integers"),
        _model(function, "spread", (9, 4), (5, 4), values="spread"),
        _model(function, "tiny", values="tiny"),
        _model(function, "zero weight", weight=Draw((3, 4), "zeros"), bias=Draw((3,))),
        *(
            _model(function, f"{layout} views", layout=layout)
            for layout in ("reversed", "strided", "transposed")
        ),
        _model(
            function,
            "the corners of a square",
            _CORNERS,
            Given(((1, 1), (-2, 3), (0.5, -4))),
            bias=Given((-1.5, 0.25, 1)),
            documents=("D1.2", "D1.37"),
        ),
    )
)

# --- perceptron_loss ----------------------------------------------------------------------


def _perceptron(
    name: str,
    score: Shape | Source,
    values: str = "normal",
    target: Source | None = None,
    *,
    layout: str = "contiguous",
    **more: Any,
) -> Case:
    """One case; a shape stands for random scores, and for labels −1 and 1."""
    if isinstance(score, tuple):
        target = target or Draw(score, "labels", layout)
        score = Draw(score, values, layout)
    assert target is not None
    return Case("perceptron_loss", name, {"score": score, "target": target}, **more)


PERCEPTRON = (
    _perceptron("batch", (5, 3), documents=("D1.2",)),
    _perceptron("one axis", (67,)),
    _perceptron("maps", (2, 3, 5, 4)),
    _perceptron("a single value", ()),
    _perceptron("empty batch", (0, 3)),
    _perceptron("4000 samples", (4000,)),
    *(
        _perceptron(name, (9, 31), values)
        for name, values in (
            ("integers", "integers"),
            ("wide", "wide"),
            ("huge", "huge"),
            ("largest overflows or not", "largest"),
            ("tiny", "tiny"),
            ("subnormal", "subnormal"),
            ("on the hyperplane, and minus zero", "negative_zero"),
            ("all on the hyperplane", "zeros"),
            ("minus infinity", "minus_inf"),
            ("special", "special"),
        )
    ),
    _perceptron("special upstream", (5, 3), upstream="special"),
    _perceptron("zero upstream", (5, 3), upstream="zeros"),
    *(
        _perceptron(f"{layout} views", (3, 5, 4), layout=layout)
        for layout in ("reversed", "strided", "transposed")
    ),
    _perceptron(
        "right, wrong and on the hyperplane",
        Given((2, -3, 0, 4, -5, 0)),
        target=Given((1, 1, 1, -1, -1, -1)),
        upstream="integers",
        documents=("D1.2",),
    ),
)

# --- log_likelihood -----------------------------------------------------------------------


def _likelihood(
    name: str,
    logits: Shape | Source,
    values: str = "normal",
    target: Source | None = None,
    *,
    layout: str = "contiguous",
    **more: Any,
) -> Case:
    """One case; a shape stands for random logits, and for targets of which half are 0 or 1."""
    if isinstance(logits, tuple):
        target = target or Draw(logits, "certainty", layout)
        logits = Draw(logits, values, layout)
    assert target is not None
    return Case("log_likelihood", name, {"logits": logits, "target": target}, **more)


LIKELIHOOD = (
    _likelihood("batch", (5, 3), documents=("D1.2",)),
    _likelihood("one axis", (67,)),
    _likelihood("maps", (2, 3, 5, 4)),
    _likelihood("a single value", ()),
    _likelihood("empty batch", (0, 3)),
    _likelihood("4000 samples", (4000,)),
    *(
        _likelihood(name, (9, 31), values)
        for name, values in (
            ("spread", "spread"),
            ("saturated", "saturated"),
            ("1e4", "logits_1e4"),
            ("wide", "wide"),
            ("largest overflows or not", "largest"),
            ("tiny", "tiny"),
            ("subnormal", "subnormal"),
            ("negative zero", "negative_zero"),
            ("minus infinity", "minus_inf"),
            ("special", "special"),
        )
    ),
    _likelihood(
        "minus infinity alone, certainly wrong", Given((float("-inf"), 1)), target=Given((1, 0))
    ),
    _likelihood("where e^(−|z|) is subnormal", Given((-103.9, 730)), target=Given((0, 1))),
    _likelihood("largest upstream", (5, 3), upstream="largest"),
    _likelihood("subnormal upstream", (5, 3), upstream="subnormal"),
    _likelihood("zero upstream", (5, 3), upstream="zeros"),
    *(
        _likelihood(f"{layout} views", (3, 5, 4), layout=layout)
        for layout in ("reversed", "strided", "transposed")
    ),
    _likelihood(
        "both answers, and neither",
        Given((2, -1, 0, 0.5)),
        target=Given((1, 0, 1, 0.5)),
        documents=("D1.2",),
    ),
)

GOOD: tuple[Case, ...] = MODELS + PERCEPTRON + LIKELIHOOD

# --- bad arguments ------------------------------------------------------------------------

LABELS = Draw((4, 5), "labels")

VALID: Valid = {
    **{
        function: {"x": Draw((5, 4)), "weight": Draw((3, 4)), "bias": Draw((3,))}
        for function in ONE_LAYER
    },
    "perceptron_loss": {"score": LOGITS, "target": LABELS},
    "perceptron_loss_backward": {"dy": SCALAR, "score": LOGITS, "target": LABELS},
    "log_likelihood": {"logits": LOGITS, "target": CERTAINTY},
    "log_likelihood_backward": {"dy": SCALAR, "logits": LOGITS, "target": CERTAINTY},
}
says = Texts(VALID)

BAD_MODELS = tuple(
    case
    for function in ONE_LAYER
    for case in (
        says.sizes(function, "features disagree", "4 features", 5, COLUMNS, weight=Draw((3, 5))),
        says.bias(function, "bias too long", 3, Draw((4,))),
        says.not_real(function, "boolean x", "x", "bool", x=Given(((True, False, True, True),))),
        says.mixed(function, "x", "weight", float32="weight"),
    )
)

SIGNED = "only -1 and 1"

BAD_PERCEPTRON = (
    says.beyond("perceptron_loss_backward", "at_zero"),
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

BAD: tuple[BadCase, ...] = says.two_classes("log_likelihood") + BAD_MODELS + BAD_PERCEPTRON

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    branching("log_likelihood", "any targets", {"logits": (2, 3), "target": (2, 3)}),
    branching(
        "perceptron_loss",
        "both sides of the hyperplane",
        {"score": (2, 3), "target": np.array([[1, -1, 1], [-1, 1, -1]])},
    ),
)

# --- random arguments ---------------------------------------------------------------------

# Values of which no sum overflows: torch takes 0 for the sign of the NaN that ∞ − ∞ is.
FINITE = ("integers", "spread", "wide", "tiny", "subnormal", "negative_zero", "zeros")
# From dy = ±∞ torch's log-likelihood has NaN for infinite gradients: no special dy.
LIKELIHOODS: Kinds = (*ODDS, ("minus_inf", "normal"), ("special", "normal"))


def _random_model(dice: Dice) -> Arguments:
    """Arguments of a perceptron, a logistic or a softmax regression."""
    features, nodes = dice.size(1, 8), dice.size(1, 8)
    lead = (dice.batch(), *dice.sizes(1, 1, 5))[: dice.whole(0, 2)]
    (values,) = dice.kinds(("normal",), [(kind,) for kind in FINITE])
    arrays = {
        "x": Draw((*lead, features), values, dice.layout()),
        "weight": Draw((nodes, features), values, dice.layout()),
    }
    if dice.chance(0.7):
        arrays["bias"] = Draw((nodes,), values, dice.layout())
    return Arguments(arrays, {})


RANDOM: dict[str, Maker] = {
    **dict.fromkeys(ONE_LAYER, _random_model),
    "log_likelihood": with_target("logits", "certainty", LIKELIHOODS),
    "perceptron_loss": with_target("score", "labels", MARGINS),
}

"""What the catalogue knows of cross_entropy, of two classes too, mse_loss and squared_error."""

from __future__ import annotations

from dataclasses import replace
from math import inf, log, nan
from typing import Any

import numpy as np

from parity.cases.case import BadCase, Case, Classes, Draw, Given, Probabilities, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import MARGINS, ODDS, PLAIN, SHARED_OUT, Kinds, with_target
from parity.cases.expected import Expected
from parity.cases.function import Function
from parity.cases.symbol_case import SymbolCase, branching
from parity.cases.texts import CERTAINTY, LOGITS, SCALAR, Texts, Valid

GROUP = "softmax and losses"

ROWS: tuple[Function, ...] = (
    Function(
        "cross_entropy",
        ("logits",),
        ("D2.14", "D2.15", "D2.17", "D2.18"),
        elementary=True,
        rounded=("label_smoothing",),
        in_networks=True,
        by_name=("weight",),
    ),
    Function(
        "binary_cross_entropy_with_logits",
        ("logits",),
        ("D1.2",),
        elementary=True,
        in_networks=True,
    ),
    Function("mse_loss", ("output",), integers="squares", ordered=False, in_networks=True),
    Function(
        "squared_error",
        ("output",),
        ("D1.4", "D1.7"),
        integers="squares",
        ordered=False,
        in_networks=True,
    ),
)


def _cross_entropy(
    name: str,
    logits: Shape | Source,
    target: Source,
    values: str = "normal",
    *,
    layout: str = "contiguous",
    upstream: str = "normal",
    documents: tuple[str, ...] = (),
    expect: Expected | None = None,
    weight: Source | None = None,
    **options: Any,
) -> Case:
    """One case; a shape stands for random logits of the given values and layout."""
    source = Draw(logits, values, layout) if isinstance(logits, tuple) else logits
    arrays = {"logits": source, "target": target} | ({"weight": weight} if weight else {})
    return Case("cross_entropy", name, arrays, options, upstream, documents, expect=expect)


def _indices(logits: Shape) -> Classes:
    """A class for each sample and place of logits (N, C, …) or (C,)."""
    return Classes(logits[:1] + logits[2:], logits[1]) if logits[1:] else Classes((), logits[0])


def _probabilities(logits: Shape) -> Probabilities:
    return Probabilities(logits, axis=1 if logits[1:] else 0)


# --- cross_entropy ------------------------------------------------------------------------

LOGIT_SHAPES = {
    "one sample without a batch": (5,),
    "batch": (4, 5),
    "places along one axis": (2, 5, 3),
    "places along two axes": (2, 5, 3, 4),
}

# Every form of logits, every form of target, every reduction.
FORMS = tuple(
    _cross_entropy(f"{form}, {kind}, {reduction}", logits, target(logits), reduction=reduction)
    for form, logits in LOGIT_SHAPES.items()
    for kind, target in (("indices", _indices), ("probabilities", _probabilities))
    for reduction in ("mean", "sum", "none")
)

EMPTY = tuple(
    _cross_entropy(f"empty batch, {kind}, {reduction}", (0, 5), target, reduction=reduction)
    for kind, target in (("indices", Classes((0,), 5)), ("probabilities", Probabilities((0, 5))))
    for reduction in ("mean", "sum", "none")  # the mean of nothing is NaN
)

VALUES = tuple(
    _cross_entropy(f"{name}, {kind}", (9, 7), target((9, 7)), values)
    for name, values in (
        ("spread", "spread"),
        ("saturated", "saturated"),
        ("1e4", "logits_1e4"),
        ("minus infinity", "minus_inf"),
        ("special", "special"),
        ("largest", "largest"),
        ("subnormal", "subnormal"),
        ("all equal", "zeros"),
    )
    for kind, target in (("indices", _indices), ("probabilities", _probabilities))
)

VIEWS = tuple(
    _cross_entropy(
        f"{layout} views", (3, 5, 4), Classes((3, 4), 5), layout=layout, reduction="none"
    )
    for layout in ("reversed", "strided", "transposed")
)


def _log(*probabilities: float) -> tuple[float, ...]:
    return tuple(map(log, probabilities))


OTHERS = (
    _cross_entropy("default reduction", (4, 5), Classes((4,), 5), documents=("D0.8", "D2.17")),
    _cross_entropy("one class", (4, 1), Classes((4,), 1)),
    _cross_entropy("one class, probabilities", (4, 1), Probabilities((4, 1))),
    _cross_entropy("two classes", (5, 2), Classes((5,), 2)),
    _cross_entropy("one sample", (1, 5), Classes((1,), 5)),
    _cross_entropy("1000 classes", (3, 1000), Classes((3,), 1000)),
    _cross_entropy("1000 classes, probabilities", (3, 1000), Probabilities((3, 1000))),
    _cross_entropy("1003 classes, ascending", (1, 1003), Classes((1,), 1003), "ascending"),
    # A third of the answers are sure and right: losses and gradients of e^−40 and less.
    _cross_entropy("sure answers", (31, 3), Classes((31,), 3), "saturated", reduction="none"),
    _cross_entropy("300 samples", (300, 4), Classes((300,), 4)),
    _cross_entropy("integers", (4, 5), Classes((4,), 5), "integers", upstream="integers"),
    _cross_entropy("huge upstream", (4, 5), Classes((4,), 5), upstream="huge", reduction="none"),
    _cross_entropy(
        "special upstream",
        (200, 5),
        Classes((200,), 5),
        upstream="special",
        expect=Expected(
            "dlogits",
            "the target's class, where dy is ±∞",
            "−dy",
            nan,
            "torch takes ∞ − ∞ for the target's class, where the gradient is −∞",
        ),
        reduction="none",
    ),
    _cross_entropy("zero upstream", (4, 5), Classes((4,), 5), upstream="zeros"),
    _cross_entropy(
        "transposed probabilities", (4, 5), Draw((4, 5), "normal", "transposed"), reduction="none"
    ),
    # Targets that do not add up to 1: the gradient is o · Σ target − target.
    _cross_entropy("targets of sum 3", (2, 3), Given(((1, 2, 0), (0, 0, 3)))),
    _cross_entropy("targets of any sign", (4, 5), Draw((4, 5))),
    # 0 · log 0 has no value: NaN, although a class that cannot occur costs nothing.
    _cross_entropy(
        "target 0 where the logit is minus infinity",
        Given(((0.0, -inf, 1.0), (0.5, 2.0, -inf))),
        Given(((1, 0, 0), (0, 1, 0))),
        reduction="none",
    ),
    _cross_entropy(
        "target 1 where the logit is minus infinity",
        Given(((0.0, -inf, 1.0), (0.5, 2.0, -inf))),
        Given(((0.25, 0.5, 0.25), (0.25, 0.25, 0.5))),
        reduction="none",
    ),
    _cross_entropy(
        "loss of 1, 0.9, 0.8",
        Given((_log(1 - 2e-16, 1e-16, 1e-16), _log(0.9, 0.05, 0.05), _log(0.8, 0.1, 0.1))),
        Given(((1, 0, 0), (1, 0, 0), (1, 0, 0))),
        reduction="none",
        documents=("D2.14", "D2.16"),
    ),
    _cross_entropy(
        "0.9503, 0.0473, 0.0024",
        Given((_log(0.9503, 0.0473, 0.0024),)),
        Given(((1, 0, 0),)),
        documents=("D2.15", "D2.17", "D2.18"),
    ),
    # Half of the answers are right and as sure as can be, the others are wrong.
    _cross_entropy("sure answers, mean", (24, 2), Classes((24,), 2), "saturated"),
    _cross_entropy("one sure answer", Given(((38, 0, -1.5),)), Given(((1, 0, 0),))),
    _cross_entropy("sure answers, sum", (21, 3), Classes((21,), 3), "spread", reduction="sum"),
    _cross_entropy(
        "ten digits", (4, 10), Classes((4,), 10), reduction="sum", documents=("D2.15", "D2.18")
    ),
)

# --- its options --------------------------------------------------------------------------


def _class_weights(classes: int) -> Probabilities:
    """A positive weight of each class."""
    return Probabilities((classes,), 0)


NO_OPTIONS: dict[str, Any] = {}
OPTION_SHAPES = {
    "one sample without a batch": (5,),
    "batch": (7, 5),
    "places along two axes": (2, 5, 3, 4),
}
WEIGHTED: dict[str, Any] = {"weight": _class_weights(5)}
SMOOTHED: dict[str, Any] = {"label_smoothing": 0.1}

# Weights and smoothing with every form of target and every reduction.
OPTIONS = tuple(
    _cross_entropy(
        f"{name}, {form}, {kind}, {reduction}",
        logits,
        target(logits),
        reduction=reduction,
        **options,
    )
    for name, options in {
        "weights": WEIGHTED,
        "smoothed": SMOOTHED,
        "weights, smoothed": {**WEIGHTED, **SMOOTHED},
    }.items()
    for form, logits in OPTION_SHAPES.items()
    for kind, target in (("indices", _indices), ("probabilities", _probabilities))
    for reduction in ("mean", "sum", "none")
)

# A class of the logits' own is ignored: of random targets about a third.
IGNORED = tuple(
    _cross_entropy(
        f"{name}, {form}, {reduction}",
        logits,
        replace(_indices(logits), classes=3),
        reduction=reduction,
        ignore_index=1,
        **options,
    )
    for name, options in {
        "one class ignored": NO_OPTIONS,
        "one class ignored, weights": WEIGHTED,
        "one class ignored, smoothed": SMOOTHED,
        "one class ignored, weights, smoothed": {**WEIGHTED, **SMOOTHED},
    }.items()
    for form, logits in {"batch": (9, 5), "places along two axes": (2, 5, 3, 4)}.items()
    for reduction in ("mean", "sum", "none")
)

NAN_IGNORED = (
    "torch multiplies the ignored sample's dy of 0 by its softmax, which is NaN; "
    "refimpl leaves the sample out"
)
SOME_IGNORED = Given((0, -100, 2, -100, 1), "int64")
NOT_A_NUMBER = Given(((0.5, -1, 2), (nan, 1, 0), (0, 3, 1), (inf, -inf, 2), (1, 0, -2)))


def _nan_ignored(name: str, **options: Any) -> Case:
    return _cross_entropy(
        f"ignored samples of NaN, {name}",
        NOT_A_NUMBER,
        SOME_IGNORED,
        expect=Expected(
            "dlogits",
            tuple((n, c) for n in (1, 3) for c in range(3)),
            0.0,
            nan,
            NAN_IGNORED,
        ),
        **options,
    )


WITH_OPTIONS = (
    *OPTIONS,
    *IGNORED,
    *(
        _nan_ignored(name, **options)
        for name, options in {
            "mean": NO_OPTIONS,
            "sum": {"reduction": "sum"},
            "none": {"reduction": "none"},
            "weights": {"weight": _class_weights(3)},
            "smoothed": SMOOTHED,
        }.items()
    ),
    *(
        _cross_entropy(f"−100 is ignored, {reduction}", (5, 3), SOME_IGNORED, reduction=reduction)
        for reduction in ("mean", "sum", "none")
    ),
    *(
        _cross_entropy(
            f"255 is ignored, {reduction}",
            (2, 3, 2, 4),
            Given((((0, 255, 2, 1), (255, 1, 1, 0)), ((2, 2, 255, 0), (1, 255, 255, 2))), "uint8"),
            reduction=reduction,
            ignore_index=255,
        )
        for reduction in ("mean", "none")
    ),
    # The mean of none is NaN; no gradient comes back.
    *(
        _cross_entropy(f"all ignored, {name}", (2, 3), Given((-100, -100), "int32"), **options)
        for name, options in {
            "mean": NO_OPTIONS,
            "sum": {"reduction": "sum"},
            "none": {"reduction": "none"},
            "weights": {"weight": _class_weights(3)},
            "smoothed": SMOOTHED,
        }.items()
    ),
    _cross_entropy(
        "an ignored class that no sample has", (4, 3), Given((0, 2, 0, 2), "int64"), ignore_index=1
    ),
    _cross_entropy(
        "ignored and saturated", (31, 3), Classes((31,), 3), "saturated", ignore_index=0
    ),
    *(
        _cross_entropy(f"weights, {values}, {kind}", (9, 5), target((9, 5)), values, **WEIGHTED)
        for values in ("spread", "saturated", "logits_1e4", "largest", "subnormal")
        for kind, target in (("indices", _indices), ("probabilities", _probabilities))
    ),
    *(
        _cross_entropy(f"smoothed, {values}", (9, 5), Classes((9,), 5), values, **SMOOTHED)
        for values in ("spread", "saturated", "logits_1e4", "subnormal", "zeros")
    ),
    _cross_entropy("smoothed all the way", (4, 5), Classes((4,), 5), label_smoothing=1.0),
    _cross_entropy("smoothed by half", (4, 5), Probabilities((4, 5)), label_smoothing=0.5),
    _cross_entropy("smoothed, one class", (4, 1), Classes((4,), 1), **SMOOTHED),
    _cross_entropy("smoothed, 1000 classes", (3, 1000), Classes((3,), 1000), **SMOOTHED),
    _cross_entropy("smoothed, any targets", (4, 5), Draw((4, 5)), **SMOOTHED),
    _cross_entropy("weights of any sign", (4, 5), Classes((4,), 5), weight=Draw((5,))),
    _cross_entropy(
        "a weight of 0", (4, 3), Given((0, 1, 2, 1), "int64"), weight=Given((0, 0.5, 2))
    ),
    _cross_entropy("wide weights", (9, 5), Classes((9,), 5), weight=Given((1e-6, 3e4, 1, 20, 0.3))),
    _cross_entropy("weights, empty batch", (0, 5), Classes((0,), 5), **WEIGHTED),
    _cross_entropy(
        "weights, huge upstream",
        (4, 5),
        Classes((4,), 5),
        upstream="huge",
        reduction="none",
        **WEIGHTED,
    ),
    *(
        _cross_entropy(
            f"weights, {layout} views",
            (3, 5, 4),
            Classes((3, 4), 5),
            layout=layout,
            reduction="none",
            label_smoothing=0.2,
            **WEIGHTED,
        )
        for layout in ("reversed", "strided", "transposed")
    ),
)

# --- binary_cross_entropy_with_logits -----------------------------------------------------

MINUS_INFINITY = "torch takes −∞ − (−∞) where z is −∞; the loss is ∞ for any t above 0"


def _binary(
    name: str,
    logits: Shape | Source,
    values: str = "normal",
    target: Source | None = None,
    *,
    layout: str = "contiguous",
    upstream: str = "normal",
    documents: tuple[str, ...] = (),
    expect: Expected | None = None,
    **options: Any,
) -> Case:
    """One case; a shape stands for random logits, and for targets of which half are 0 or 1."""
    if isinstance(logits, tuple):
        target = target or Draw(logits, "certainty", layout)
        logits = Draw(logits, values, layout)
    assert target is not None
    arrays = {"logits": logits, "target": target}
    function = "binary_cross_entropy_with_logits"
    return Case(function, name, arrays, options, upstream, documents, expect=expect)


BINARY = (
    *(
        _binary(f"{form}, {reduction}", shape, reduction=reduction)
        for form, shape in {
            "a single value": (),
            "one axis": (67,),
            "batch": (4, 5),
            "maps": (2, 3, 5, 4),
            "empty batch": (0, 5),  # the mean of nothing is NaN
        }.items()
        for reduction in ("mean", "sum", "none")
    ),
    _binary("default reduction", (4, 5), documents=("D1.2",)),
    _binary("300 samples", (300, 4)),
    *(
        _binary(f"{layout} views", (3, 5, 4), layout=layout, reduction="none")
        for layout in ("reversed", "strided", "transposed")
    ),
    *(
        _binary(f"{name}, {reduction}", (9, 31), values, reduction=reduction)
        for name, values in (
            ("spread", "spread"),
            ("saturated", "saturated"),
            ("1e4", "logits_1e4"),
            ("wide", "wide"),
            ("tiny", "tiny"),
            ("subnormal", "subnormal"),
            ("negative zero", "negative_zero"),
            ("all zero", "zeros"),
        )
        for reduction in ("mean", "none")
    ),
    *(
        _binary(f"largest, {reduction}", (9, 31), "largest", reduction=reduction)
        for reduction in ("mean", "sum", "none")
    ),
    _binary(
        "where e^(−|z|) is subnormal",
        Given((-86, 86, -88.5, 89, -95, 100, -103.9, 104, -708, 709, -730, 744, -745.1, 746)),
        target=Given((0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1)),
        reduction="none",
    ),
    _binary("certain and right", Given((800, -800, 3)), target=Given((1, 0, 1)), reduction="none"),
    _binary("certain and wrong", Given((800, -800, 3)), target=Given((0, 1, 0)), reduction="none"),
    _binary(
        "special",
        (200, 5),
        "special",
        expect=Expected("y", "logits are −∞ and the target is above 0", inf, nan, MINUS_INFINITY),
        reduction="none",
    ),
    _binary("special upstream", (6, 7), upstream="special", reduction="none"),
    _binary("largest upstream", (6, 7), upstream="largest", reduction="none"),
    _binary("wide upstream", (9, 31), "saturated", upstream="wide", reduction="none"),
    _binary("subnormal upstream", (6, 7), upstream="subnormal"),
    _binary("zero upstream", (6, 7), upstream="zeros"),
    _binary("target always 0", (6, 7), "spread", Draw((6, 7), "zeros")),
    _binary(
        "both answers, and neither",
        Given((2, -1, 0, 0.5)),
        target=Given((1, 0, 1, 0.5)),
        reduction="sum",
        documents=("D1.2",),
    ),
)

# --- mse_loss -----------------------------------------------------------------------------


def _mse(
    name: str,
    output: Shape | Source,
    values: str = "normal",
    target: Source | None = None,
    *,
    layout: str = "contiguous",
    upstream: str = "normal",
    **options: Any,
) -> Case:
    """One case; a shape stands for random outputs and targets alike."""
    source = Draw(output, values, layout) if isinstance(output, tuple) else output
    arrays = {"output": source, "target": source if target is None else target}
    return Case("mse_loss", name, arrays, options, upstream)


MSE = (
    *(
        _mse(f"{form}, {reduction}", shape, reduction=reduction)
        for form, shape in {
            "a single value": (),
            "one axis": (67,),
            "batch": (4, 3),
            "sixteen outputs": (8, 2),
            "maps": (2, 3, 5, 4),
            "empty batch": (0, 3),  # the mean of nothing is NaN
        }.items()
        for reduction in ("mean", "sum", "none")
    ),
    _mse("default reduction", (4, 3)),
    _mse("one output of each sample", (7, 1)),
    _mse("4000 outputs", (4000,)),
    *(
        _mse(f"{values.replace('_', ' ')}, {reduction}", (9, 31), values, reduction=reduction)
        for values in ("integers", "wide", "largest", "tiny", "subnormal", "negative_zero")
        for reduction in ("mean", "none")
    ),
    _mse("huge overflows or not", (400, 3), "huge"),
    _mse("special", (6, 5), "special", reduction="none"),
    _mse("target 0", (6, 5), target=Draw((6, 5), "zeros")),
    _mse("output 0", (6, 5), "zeros", Draw((6, 5))),
    _mse("special upstream", (3, 4), upstream="special", reduction="none"),
    _mse("tiny upstream", (3, 4), upstream="tiny"),
    _mse("wide upstream", (9, 31), upstream="wide", reduction="none"),
    _mse("zero upstream", (3, 4), upstream="zeros"),
    *(
        _mse(f"{layout} views", (3, 5, 4), layout=layout, reduction="none")
        for layout in ("reversed", "strided", "transposed")
    ),
    _mse("1, 5 for 2, 3", Given((1, 5)), target=Given((2, 3)), upstream="integers"),
)

# --- squared_error ------------------------------------------------------------------------


def _squared_error(
    name: str,
    output: Shape | Source,
    values: str = "normal",
    target: Source | None = None,
    *,
    layout: str = "contiguous",
    upstream: str = "normal",
    documents: tuple[str, ...] = (),
) -> Case:
    """One case; a shape stands for random outputs and targets alike."""
    source = Draw(output, values, layout) if isinstance(output, tuple) else output
    arrays = {"output": source, "target": source if target is None else target}
    return Case("squared_error", name, arrays, upstream=upstream, documents=documents)


SQUARED = (
    _squared_error("batch", (4, 3), documents=("D1.4", "D1.7", "D1.9")),
    _squared_error("one axis", (7,)),
    _squared_error("maps", (2, 3, 5, 4)),
    _squared_error("a single value", ()),
    _squared_error("one output", (1, 1)),
    _squared_error("empty batch", (0, 3)),
    _squared_error("4000 outputs", (4000,)),
    _squared_error("integers", (6, 5), "integers", upstream="integers"),
    _squared_error("wide", (9, 31), "wide"),
    _squared_error("huge overflows or not", (400, 3), "huge"),
    _squared_error("largest overflows", (6, 5), "largest"),
    _squared_error("tiny", (6, 5), "tiny", upstream="tiny"),
    _squared_error("subnormal squares vanish", (6, 5), "subnormal"),
    _squared_error("negative zero", (6, 5), "negative_zero"),
    _squared_error("special", (6, 5), "special"),
    _squared_error("target 0", (6, 5), target=Draw((6, 5), "zeros")),
    _squared_error("output 0", (6, 5), "zeros", Draw((6, 5))),
    _squared_error("special upstream", (3, 4), upstream="special"),
    _squared_error("zero upstream", (3, 4), upstream="zeros"),
    *(
        _squared_error(f"{layout} views", (3, 5, 4), layout=layout)
        for layout in ("reversed", "strided", "transposed")
    ),
    _squared_error(
        "half the sum",
        Given((1, 5, -2)),
        target=Given((2, 3, -2)),
        upstream="integers",
        documents=("D1.4", "D1.7"),
    ),
)

GOOD: tuple[Case, ...] = (
    FORMS + EMPTY + VALUES + VIEWS + OTHERS + WITH_OPTIONS + BINARY + MSE + SQUARED
)

# --- bad arguments ------------------------------------------------------------------------

INDICES = Classes((4,), 5)

VALID: Valid = {
    "cross_entropy": {"logits": LOGITS, "target": INDICES},
    "cross_entropy_backward": {"dy": SCALAR, "logits": LOGITS, "target": INDICES},
    "binary_cross_entropy_with_logits": {"logits": LOGITS, "target": CERTAINTY},
    "binary_cross_entropy_with_logits_backward": {
        "dy": SCALAR,
        "logits": LOGITS,
        "target": CERTAINTY,
    },
    "mse_loss": {"output": LOGITS, "target": LOGITS},
    "mse_loss_backward": {"dy": SCALAR, "output": LOGITS, "target": LOGITS},
    "squared_error": {"output": LOGITS, "target": LOGITS},
    "squared_error_backward": {"dy": SCALAR, "output": LOGITS, "target": LOGITS},
}
says = Texts(VALID)

REDUCTION_NAMES = "'mean', 'sum', 'none'"


def _not_a_target(function: str, name: str, target: Any, is_: str, dtype: str) -> BadCase:
    wanted = "integer class indices, or probabilities of the shape of logits"
    message = f"target must hold {wanted}, but is {is_} (logits (4, 5))"
    message += "; give target.astype(int)" if dtype.startswith("float") and "(4,)" in is_ else ""
    return says.type_error(function, name, message, dtypes={"target": dtype}, target=target)


def _wrong_indices(name: str, target: Any, expected: str, logits: Draw = LOGITS) -> BadCase:
    message = f"target is {target.shape}, but logits {logits.shape} need class indices of shape "
    return says.value_error("cross_entropy", name, message + expected, logits=logits, target=target)


def _wrong_class(function: str, number: int, dtype: str) -> BadCase:
    message = f"target holds class {number}, but logits has 5 classes (0 to 4)"
    if number < 0 or number == 255:
        message += f"; if it marks samples to leave out, give ignore_index={number}"
    target, dtypes = Given((0, 4, number, 1)), {"target": dtype}
    return says.value_error(
        function, f"class {number} of five", message, dtypes=dtypes, target=target
    )


NAMES = Given(("cat", "dog", "cat", "cow"))

BAD_LOSSES = (
    says.masked("cross_entropy", "logits"),
    says.masked("cross_entropy", "target"),
    says.swapped("cross_entropy_backward", "logits"),
    says.value_error(
        "cross_entropy",
        "integer one-hot",
        "target is (4, 5), but logits (4, 5) need class indices of shape (4,); "
        "give probabilities as floats",
        target=Classes((4, 5), 2),
    ),
    says.value_error(
        "cross_entropy",
        "a single logit",
        "logits must have an axis of classes, but is a single value",
        logits=Given(1),
    ),
    says.value_error(
        "cross_entropy",
        "no classes",
        "logits has no classes (logits (4, 0))",
        logits=Draw((4, 0)),
    ),
    says.choice("cross_entropy", "two reductions", "reduction", REDUCTION_NAMES, ("mean", "sum")),
    says.choice("cross_entropy", "unknown reduction", "reduction", REDUCTION_NAMES, "batchmean"),
    says.choice("cross_entropy_backward", "reduction None", "reduction", REDUCTION_NAMES, None),
    *(
        _not_a_target(function, name, target, is_, dtype)
        for function, name, target, is_, dtype in (
            ("cross_entropy", "float indices", Draw((4,)), "float64 (4,)", "float64"),
            ("cross_entropy_backward", "float indices", Draw((4,)), "float32 (4,)", "float32"),
            ("cross_entropy", "booleans", Given((True, False)), "bool (2,)", "bool"),
            ("cross_entropy", "names of classes", NAMES, "<U3 (4,)", "<U3"),
            ("cross_entropy", "complex", Draw((4, 5)), "complex128 (4, 5)", "complex128"),
            ("cross_entropy", "transposed", Probabilities((5, 4)), "float64 (5, 4)", "float64"),
        )
    ),
    says.type_error(
        "cross_entropy",
        "probabilities float32",
        "logits is float64, but target is float32; give both the same dtype",
        dtypes={"target": "float32"},
        target=Probabilities((4, 5)),
    ),
    says.not_real(
        "cross_entropy", "boolean logits", "logits", "bool", logits=Given(((True, False),))
    ),
    says.mixed("cross_entropy_backward", "dy", "logits", float32="dy"),
    _wrong_indices("too few indices", Classes((3,), 5), "(4,)"),
    _wrong_indices("a column of indices", Classes((4, 1), 5), "(4,); give target.reshape(4)"),
    _wrong_indices("indices of no place", Classes((2,), 5), "(2, 3)", Draw((2, 5, 3))),
    _wrong_class("cross_entropy", 5, "int64"),
    _wrong_class("cross_entropy", -1, "int64"),
    _wrong_class("cross_entropy", 255, "int32"),
    _wrong_class("cross_entropy_backward", 5, "uint8"),
    _wrong_class("cross_entropy_backward", -2, "int64"),
    *(
        says.value_error(
            function,
            name,
            f"weight must be (5,), one for each class, but is {weight.shape} (logits (4, 5)){hint}",
            weight=weight,
        )
        for function, name, weight, hint in (
            ("cross_entropy", "weights of four classes", Draw((4,)), ""),
            ("cross_entropy", "a weight of each logit", Draw((4, 5)), ""),
            ("cross_entropy", "one weight", Draw(()), ""),
            (
                "cross_entropy_backward",
                "a row of weights",
                Draw((1, 5)),
                "; give weight.reshape(5)",
            ),
        )
    ),
    says.type_error(
        "cross_entropy",
        "weights of text",
        "weight must hold real numbers, but has dtype <U4",
        weight="none",
    ),
    says.type_error(
        "cross_entropy",
        "weights float32",
        "logits is float64, but weight is float32; give both the same dtype",
        dtypes={"weight": "float32"},
        weight=Draw((5,)),
    ),
    *(
        says.value_error(
            function,
            f"label smoothing {value}",
            f"label_smoothing must be from 0 to 1, but is {value}",
            label_smoothing=value,
        )
        for function, value in (
            ("cross_entropy", -0.1),
            ("cross_entropy", nan),
            ("cross_entropy_backward", 1.5),
        )
    ),
    says.number("cross_entropy", "label smoothing of text", "label_smoothing", "0.1"),
    *(
        says.type_error(
            function,
            f"ignore_index {value!r}",
            f"ignore_index must be an integer, but is {value!r}",
            target=target,
            ignore_index=value,
        )
        for function, value, target in (
            ("cross_entropy", 2.0, INDICES),
            ("cross_entropy_backward", None, Probabilities((4, 5))),
        )
    ),
    *(
        says.value_error(
            function,
            "a class of probabilities ignored",
            "ignore_index is 2, but target holds probabilities, which name no class; "
            "leave those samples out, or give class indices",
            target=Probabilities((4, 5)),
            ignore_index=2,
        )
        for function in ("cross_entropy", "cross_entropy_backward")
    ),
    _wrong_indices(
        "classes last",
        Classes((2, 3, 4), 5),
        "(2, 4, 5); if the classes are last, give logits.transpose(0, 3, 1, 2)",
        Draw((2, 3, 4, 5)),
    ),
    says.value_error(
        "cross_entropy_backward",
        "one dy without a reduction",
        "dy is (), but the output for these arguments is (4,)",
        reduction="none",
    ),
    says.dy("cross_entropy_backward", "dy for each sample of a mean", "()", dy=Draw((4,))),
    says.dy("squared_error_backward", "dy for each output", "()", dy=LOGITS),
    *(
        says.value_error(
            function,
            name,
            f"output is (4, 5), but target is {target.shape}; both must be of one shape",
            target=target,
        )
        for function, name, target in (
            ("squared_error", "transposed target", Draw((5, 4))),
            ("squared_error", "target would broadcast", Draw((1, 5))),
            ("squared_error_backward", "shapes disagree", Draw((4,))),
        )
    ),
    says.mixed("squared_error", "output", "target", float32="target"),
    says.not_real("squared_error", "complex output", "output", "complex128"),
)

BAD_BINARY = (
    *says.two_classes("binary_cross_entropy_with_logits"),
    says.choice(
        "binary_cross_entropy_with_logits",
        "unknown reduction",
        "reduction",
        REDUCTION_NAMES,
        "total",
    ),
    says.choice(
        "binary_cross_entropy_with_logits_backward",
        "reduction None",
        "reduction",
        REDUCTION_NAMES,
        None,
    ),
    says.value_error(
        "binary_cross_entropy_with_logits_backward",
        "one dy without a reduction",
        "dy is (), but the output for these arguments is (4, 5)",
        reduction="none",
    ),
)

BAD_MSE = (
    says.shapes("mse_loss", "transposed target", "output", "target", target=Draw((5, 4))),
    says.shapes("mse_loss", "target would broadcast", "output", "target", target=Draw((1, 5))),
    says.shapes("mse_loss_backward", "shapes disagree", "output", "target", target=Draw((4,))),
    says.choice("mse_loss", "unknown reduction", "reduction", REDUCTION_NAMES, "batchmean"),
    says.choice("mse_loss_backward", "reduction None", "reduction", REDUCTION_NAMES, None),
    says.dy("mse_loss_backward", "dy for each output of a mean", "()", dy=LOGITS),
    says.value_error(
        "mse_loss_backward",
        "one dy without a reduction",
        "dy is (), but the output for these arguments is (4, 5)",
        reduction="none",
    ),
    says.mixed("mse_loss", "output", "target", float32="target"),
    says.mixed("mse_loss_backward", "dy", "output", float32="dy"),
    says.not_real("mse_loss", "complex output", "output", "complex128"),
)

BAD: tuple[BadCase, ...] = BAD_LOSSES + BAD_BINARY + BAD_MSE

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    *(
        branching(
            "cross_entropy",
            f"indices, {reduction}",
            {"logits": (2, 3), "target": np.array([2, 0])},
            reduction=reduction,
        )
        for reduction in ("mean", "sum")
    ),
    branching(
        "cross_entropy",
        "any targets, places",
        {"logits": (1, 3, 2), "target": (1, 3, 2)},
        reduction="none",
    ),
    *(
        branching(
            "cross_entropy",
            f"weights, smoothed, one of class 1 ignored, {reduction}",
            {"logits": (3, 3), "target": np.array([2, 1, 0]), "weight": (3,)},
            reduction=reduction,
            ignore_index=1,
            label_smoothing=0.25,
        )
        for reduction in ("mean", "none")
    ),
    branching(
        "cross_entropy",
        "weights, any targets",
        {"logits": (2, 3), "target": (2, 3), "weight": (3,)},
    ),
    *(
        branching(
            "binary_cross_entropy_with_logits",
            reduction,
            {"logits": (2, 3), "target": (2, 3)},
            reduction=reduction,
        )
        for reduction in ("mean", "sum", "none")
    ),
    *(
        branching("mse_loss", reduction, {"output": (2, 3), "target": (2, 3)}, reduction=reduction)
        for reduction in ("mean", "sum", "none")
    ),
    branching("squared_error", "any targets", {"output": (2, 3), "target": (2, 3)}),
)

# --- random arguments ---------------------------------------------------------------------

REDUCTIONS = ("mean", "sum", "none")
LOGIT_KINDS = tuple((values, upstream) for values, upstream in SHARED_OUT if upstream == "normal")
DISTANCES: Kinds = (*MARGINS, ("integers", "integers"), ("tiny", "tiny"))


UNDEFINED = ("special", "minus_inf")  # kinds of logits of which a row may be NaN


def _random_cross_entropy(dice: Dice) -> Arguments:
    """Arguments of cross_entropy: logits (C,) or (N, C, …); indices or probabilities."""
    classes = dice.size(1, 8)
    behind = dice.sizes(dice.whole(0, 2), 1, 5)
    shape = (classes,) if dice.chance(0.1) else (dice.size(1, 6), classes, *behind)
    axis = min(1, len(shape) - 1)
    indices, (values, upstream) = dice.chance(0.5), dice.kinds(PLAIN, LOGIT_KINDS)
    target: Source
    if indices:
        target = Classes(shape[:axis] + shape[axis + 1 :], classes)
    else:
        target = Probabilities(shape, axis)
    arrays: dict[str, Source] = {"logits": Draw(shape, values, dice.layout()), "target": target}
    if dice.chance(0.3):
        arrays["weight"] = _class_weights(classes)
    options: dict[str, Any] = {"reduction": dice.one_of(REDUCTIONS)}
    if dice.chance(0.3):
        options["label_smoothing"] = dice.one_of((0.05, 0.1, 0.3, 0.9))
    if indices and values not in UNDEFINED and dice.chance(0.3):
        options["ignore_index"] = dice.whole(0, classes - 1)
    return Arguments(arrays, options, upstream)


RANDOM: dict[str, Maker] = {
    "cross_entropy": _random_cross_entropy,
    "binary_cross_entropy_with_logits": with_target("logits", "certainty", ODDS, REDUCTIONS),
    "mse_loss": with_target("output", "", DISTANCES, REDUCTIONS),
    "squared_error": with_target("output", "", DISTANCES),
}

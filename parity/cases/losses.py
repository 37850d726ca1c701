"""Cases of cross_entropy, binary_cross_entropy_with_logits and squared_error."""

from __future__ import annotations

from math import inf, log
from typing import Any

from parity.cases.case import Case, Classes, Draw, Given, Probabilities, Shape, Source


def _cross_entropy(
    name: str,
    logits: Shape | Source,
    target: Source,
    values: str = "normal",
    *,
    layout: str = "contiguous",
    upstream: str = "normal",
    documents: tuple[str, ...] = (),
    expect: tuple[str, str] | None = None,
    **options: Any,
) -> Case:
    """One case; a shape stands for random logits of the given values and layout."""
    source = Draw(logits, values, layout) if isinstance(logits, tuple) else logits
    arrays = {"logits": source, "target": target}
    return Case("cross_entropy", name, arrays, options, upstream, documents, expect=expect)


def _indices(logits: Shape) -> Classes:
    """A class for each sample and place of logits (N, C, …) or (C,)."""
    return Classes(logits[:1] + logits[2:], logits[1]) if logits[1:] else Classes((), logits[0])


def _probabilities(logits: Shape) -> Probabilities:
    return Probabilities(logits, axis=1 if logits[1:] else 0)


# --- cross_entropy ------------------------------------------------------------------------

LOGITS = {
    "one sample without a batch": (5,),
    "batch": (4, 5),
    "places along one axis": (2, 5, 3),
    "places along two axes": (2, 5, 3, 4),
}

# Every form of logits, every form of target, every reduction.
FORMS = tuple(
    _cross_entropy(f"{form}, {kind}, {reduction}", logits, target(logits), reduction=reduction)
    for form, logits in LOGITS.items()
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
    _cross_entropy("300 samples", (300, 4), Classes((300,), 4)),
    _cross_entropy("integers", (4, 5), Classes((4,), 5), "integers", upstream="integers"),
    _cross_entropy("huge upstream", (4, 5), Classes((4,), 5), upstream="huge", reduction="none"),
    _cross_entropy(
        "special upstream",
        (200, 5),
        Classes((200,), 5),
        upstream="special",
        expect=("outside", "torch takes ∞ − ∞ for the target's class, where the gradient is −∞"),
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
    _cross_entropy(
        "ten digits", (4, 10), Classes((4,), 10), reduction="sum", documents=("D2.15", "D2.18")
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
    expect: tuple[str, str] | None = None,
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
        expect=("outside", MINUS_INFINITY),
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

CASES = FORMS + EMPTY + VALUES + VIEWS + OTHERS + BINARY + SQUARED

"""What the catalogue knows of normalisation."""

from __future__ import annotations

from typing import Any

from parity.cases.case import BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import told
from parity.cases.function import AFFINE, Function
from parity.cases.symbol_case import AnyNumber, SymbolCase, branching
from parity.cases.texts import X2, Texts, Valid

GROUP = "normalization"

NORMALISED: dict[str, Any] = {
    "bound": "normalization",
    "ordered": False,
    "by_name": ("running_mean", "running_var", "weight", "bias"),
    "in_networks": True,
}

ROWS: tuple[Function, ...] = (
    Function("batch_norm", AFFINE, **NORMALISED),
    Function("running_statistics", (), ordered=False),
    Function("layer_norm", AFFINE, **NORMALISED),
    Function("group_norm", AFFINE, **NORMALISED),
    Function("local_response_norm", ("x",), ordered=False, elementary=True, in_networks=True),
)


def _case(
    function: str,
    name: str,
    x: Shape | Source,
    weight: Shape | Source | None = None,
    bias: Shape | Source | None = None,
    *,
    values: str = "normal",
    layout: str = "contiguous",
    running: tuple[Source, Source] | None = None,
    upstream: str = "normal",
    **options: Any,
) -> Case:
    """One case; a shape stands for random numbers, of x of the given values and layout."""
    arrays: dict[str, Source] = {"x": Draw(x, values, layout) if isinstance(x, tuple) else x}
    if running:
        arrays["running_mean"], arrays["running_var"] = running
    for key, array in (("weight", weight), ("bias", bias)):
        if array is not None:
            arrays[key] = Draw(array, layout=layout) if isinstance(array, tuple) else array
    return Case(function, name, arrays, options, upstream)


def _batch(name: str, x: Shape | Source, C: int | None = None, **more: Any) -> Case:
    """In training, with a weight and a bias of C channels, if C is given."""
    channels = None if C is None else (C,)
    return _case("batch_norm", name, x, channels, channels, training=True, **more)


def _running(C: int) -> tuple[Source, Source]:
    return Draw((C,)), Draw((C,), "certainty")


# Of x and of dy. From a dy of ∞ in training comes ∞ − ∞, which torch forms elsewhere.
VALUES = (
    ("integers", "integers", "integers"),
    ("spread", "spread", "normal"),
    ("wide", "wide", "normal"),
    ("far from 0", "far", "normal"),
    ("all equal", "equal", "normal"),
    ("all zeros", "zeros", "normal"),
    ("tiny", "tiny", "normal"),
    ("subnormal", "subnormal", "normal"),
    ("negative zero", "negative_zero", "negative_zero"),
    ("special", "special", "normal"),
    ("largest overflows", "largest", "normal"),
    ("wide upstream", "normal", "wide"),
    ("zero upstream", "normal", "zeros"),
)
VIEWS = ("reversed", "strided", "transposed")

BATCH = (
    _batch("plain", (5, 3, 4, 2), 3),
    _batch("without weight and bias", (5, 3, 4)),
    _case("batch_norm", "weight alone", (4, 3, 5), (3,), training=True),
    _case("batch_norm", "bias alone", (4, 3, 5), None, (3,), training=True),
    _batch("features", (6, 4), 4),
    _batch("sequences", (4, 3, 7), 3),
    _batch("volumes", (2, 3, 4, 2, 5), 3),
    _batch("one sample of many places", (1, 3, 6, 5), 3),
    _batch("one channel", (5, 1, 3), 1),
    _batch("two values of each channel", (2, 4), 4),
    _batch("no places", (3, 4, 0), 4),
    _batch("empty batch", (0, 3, 4), 3),
    _batch("1000 samples", (1000, 3), 3),
    _batch("a batch of maps", (4, 6, 15, 17), 6),
    _batch("eps 0.5", (5, 3, 4), 3, eps=0.5),
    _batch("eps of 1e-12", (5, 3, 4), 3, eps=1e-12),
    _batch("running statistics unused", (5, 3, 4), 3, running=_running(3)),
    _case("batch_norm", "zero weight", (5, 3, 4), Draw((3,), "zeros"), (3,), training=True),
    _case("batch_norm", "negative weight", (5, 3, 4), Draw((3,), "negative"), (3,), training=True),
    *(_batch(name, (6, 3, 5), 3, values=x, upstream=dy) for name, x, dy in VALUES),
    *(_batch(f"{layout} views", (4, 3, 5, 2), 3, layout=layout) for layout in VIEWS),
    _batch(
        "four values by hand",
        Given((((1, 3),), ((5, 7),))),
        1,
        upstream="integers",
    ),
    *(
        _case(
            "batch_norm",
            f"running statistics, {name}",
            shape,
            (3,) if affine else None,
            (3,) if affine else None,
            values=values,
            upstream=upstream,
            running=_running(3),
            **options,
        )
        for name, shape, affine, values, upstream, options in (
            ("maps", (4, 3, 5, 2), True, "normal", "normal", {}),
            ("training said", (4, 3, 5), True, "normal", "normal", {"training": False}),
            ("without weight and bias", (4, 3, 5), False, "normal", "normal", {}),
            ("features", (5, 3), True, "normal", "normal", {}),
            ("one value of each channel", (1, 3), True, "normal", "normal", {}),
            ("empty batch", (0, 3, 4), True, "normal", "normal", {}),
            ("eps 0.5", (4, 3, 5), True, "normal", "normal", {"eps": 0.5}),
            ("wide", (4, 3, 5), True, "wide", "wide", {}),
            ("far from 0", (4, 3, 5), True, "far", "normal", {}),
            ("integers", (4, 3, 5), True, "integers", "integers", {}),
            ("special", (4, 3, 5), True, "special", "normal", {}),
            ("special upstream", (4, 3, 5), True, "normal", "special", {}),
        )
    ),
)

RUNNING = tuple(
    Case(
        "running_statistics",
        name,
        {
            "x": Draw(shape, values, layout),
            "running_mean": Draw((shape[1],)),
            "running_var": Draw((shape[1],), "certainty"),
        },
        options,
    )
    for name, shape, values, layout, options in (
        ("plain", (5, 3, 4, 2), "normal", "contiguous", {}),
        ("features", (6, 4), "normal", "contiguous", {}),
        ("sequences", (4, 3, 7), "normal", "contiguous", {}),
        ("volumes", (2, 3, 4, 2, 5), "normal", "contiguous", {}),
        ("two values of each channel", (2, 4), "normal", "contiguous", {}),
        ("1000 samples", (1000, 3), "normal", "contiguous", {}),
        ("momentum 0.5", (5, 3, 4), "normal", "contiguous", {"momentum": 0.5}),
        ("momentum 0", (5, 3, 4), "normal", "contiguous", {"momentum": 0.0}),
        ("momentum 1", (5, 3, 4), "normal", "contiguous", {"momentum": 1.0}),
        ("momentum 1/3", (5, 3, 4), "normal", "contiguous", {"momentum": 1 / 3}),
        ("integers", (5, 3, 4), "integers", "contiguous", {}),
        ("wide", (5, 3, 4), "wide", "contiguous", {}),
        ("far from 0", (5, 3, 4), "far", "contiguous", {}),
        ("all equal", (5, 3, 4), "equal", "contiguous", {}),
        ("special", (5, 3, 4), "special", "contiguous", {}),
        ("empty batch", (0, 3, 4), "normal", "contiguous", {}),
        ("no places", (3, 4, 0), "normal", "contiguous", {}),
        ("tiny", (5, 3, 4), "tiny", "contiguous", {}),
        *((f"{layout} views", (4, 3, 5, 2), "normal", layout, {}) for layout in VIEWS),
    )
)


def _layer(name: str, x: Shape, last: Shape | int, affine: bool = True, **more: Any) -> Case:
    shape = (last,) if isinstance(last, int) else last
    weight = shape if affine else None
    return _case("layer_norm", name, x, weight, weight, normalized_shape=last, **more)


LAYER = (
    _layer("plain", (5, 4), (4,)),
    _layer("a number", (5, 4), 4),
    _layer("maps", (2, 3, 4, 5), (3, 4, 5)),
    _layer("the last axis of three", (2, 3, 5), (5,)),
    _layer("the last two of four axes", (2, 3, 4, 5), (4, 5)),
    _layer("everything", (3, 4), (3, 4)),
    _layer("without weight and bias", (5, 4), (4,), affine=False),
    _case("layer_norm", "weight alone", (5, 4), (4,), normalized_shape=(4,)),
    _case("layer_norm", "bias alone", (5, 4), None, (4,), normalized_shape=(4,)),
    _layer("one value", (5, 1), (1,), values="spread"),
    _layer("empty batch", (0, 4), (4,)),
    _layer("1000 features", (3, 1000), (1000,)),
    _layer("1000 samples", (1000, 3), (3,)),
    _layer("eps 0.5", (5, 4), (4,), eps=0.5),
    _layer("eps 0", (5, 4), (4,), eps=0.0),
    *(_layer(name, (6, 9), (9,), values=x, upstream=dy) for name, x, dy in VALUES),
    *(_layer(f"{layout} views", (4, 3, 5), (3, 5), layout=layout) for layout in VIEWS),
)


def _group(name: str, x: Shape, groups: int, affine: bool = True, **more: Any) -> Case:
    weight = (x[1],) if affine else None
    return _case("group_norm", name, x, weight, weight, num_groups=groups, **more)


GROUPS = (
    _group("plain", (2, 6, 4, 5), 3),
    _group("one group", (2, 6, 3), 1),
    _group("a group for each channel", (3, 4, 5, 2), 4),
    _group("features", (5, 6), 2),
    _group("volumes", (2, 4, 3, 2, 5), 2),
    _group("without weight and bias", (2, 6, 4), 3, affine=False),
    _case("group_norm", "weight alone", (2, 6, 4), (6,), num_groups=2),
    _case("group_norm", "bias alone", (2, 6, 4), None, (6,), num_groups=2),
    _group("one value of a group", (5, 3), 3, values="spread"),
    _group("empty batch", (0, 6, 4), 3),
    _group("one sample", (1, 6, 4), 2),
    _group("maps of 30×31", (2, 4, 30, 31), 2),
    _group("300 samples", (300, 4, 2), 2),
    _group("eps 0.5", (2, 6, 4), 3, eps=0.5),
    _group("eps 0", (2, 6, 4), 3, eps=0.0),
    *(_group(name, (3, 6, 5), 3, values=x, upstream=dy) for name, x, dy in VALUES),
    *(_group(f"{layout} views", (2, 6, 5, 3), 2, layout=layout) for layout in VIEWS),
)


def _response(name: str, x: Shape | Source, size: int, **more: Any) -> Case:
    return _case("local_response_norm", name, x, size=size, **more)


ALEXNET = {"alpha": 5e-4, "beta": 0.75, "k": 2.0}

RESPONSE = (
    _response("defaults", (2, 7, 4, 3), 5),
    _response("of AlexNet", (2, 9, 5, 4), 5, **ALEXNET),
    _response("sequences", (3, 6, 4), 3, alpha=0.5),
    _response("volumes", (2, 5, 3, 2, 4), 3, alpha=0.5),
    _response("a size of 1", (2, 5, 4), 1, alpha=0.5),
    _response("an even size", (2, 6, 4, 3), 4, alpha=2.0),
    _response("a size of 6", (2, 5, 4, 3), 6, alpha=2.0),
    _response("a size of 2", (2, 6, 4, 3), 2, alpha=2.0),
    _response("more than the channels", (2, 3, 4, 5), 9, alpha=2.0),
    _response("one channel", (3, 1, 4), 3, alpha=2.0),
    _response("96 channels", (1, 96, 3, 2), 5, **ALEXNET),
    _response("a size of 101", (2, 120, 2), 101, alpha=3.0),
    _response("beta 1", (2, 6, 5), 3, alpha=1.5, beta=1.0),
    _response("beta 0.3", (2, 6, 5), 3, alpha=1.5, beta=0.3),
    _response("beta 0", (2, 6, 5), 3, alpha=1.5, beta=0.0),
    _response("beta negative", (2, 6, 5), 3, alpha=1.5, beta=-0.5),
    _response("alpha 0", (2, 6, 5), 3, alpha=0.0),
    _response("k 0.1", (2, 6, 5), 3, alpha=1.0, k=0.1),
    _response("k 10", (2, 6, 5), 3, alpha=1.0, k=10.0),
    _response("empty batch", (0, 6, 5), 3),
    *(
        _response(name, (2, 7, 5), 3, values=x, upstream=dy, alpha=0.7, k=2.0)
        for name, x, dy in (
            ("integers", "integers", "integers"),
            ("spread", "spread", "normal"),
            ("wide", "wide", "normal"),
            ("tiny", "tiny", "normal"),
            ("subnormal", "subnormal", "normal"),
            ("zeros", "zeros", "normal"),
            ("negative zero", "negative_zero", "negative_zero"),
            ("several NaN", "nans", "normal"),
            ("wide upstream", "normal", "wide"),
            ("zero upstream", "normal", "zeros"),
        )
    ),
    *(_response(f"{layout} views", (3, 5, 4, 2), 3, layout=layout) for layout in VIEWS),
    _response(  # d = 1 + 5, 1 + 21, 1 + 20: of each other's squares 1, 4, 16
        "three channels by hand",
        Given((((1,), (2,), (4,)),)),
        3,
        alpha=3.0,
        beta=1.0,
        upstream="integers",
    ),
)

GOOD: tuple[Case, ...] = BATCH + RUNNING + LAYER + GROUPS + RESPONSE

# --- bad arguments ------------------------------------------------------------------------

C3, POSITIVE = Draw((3,)), Draw((3,), "certainty")
VALID: Valid = {
    "batch_norm": {"x": X2, "weight": C3, "bias": C3, "training": True},
    "batch_norm_backward": {"dy": X2, "x": X2, "weight": C3, "training": True},
    "running_statistics": {"x": X2, "running_mean": C3, "running_var": POSITIVE},
    "layer_norm": {"x": X2, "weight": Draw((6,)), "normalized_shape": 6},
    "layer_norm_backward": {"dy": X2, "x": X2, "weight": Draw((6,)), "normalized_shape": 6},
    "group_norm": {"x": X2, "weight": C3, "num_groups": 3},
    "group_norm_backward": {"dy": X2, "x": X2, "weight": C3, "num_groups": 3},
    "local_response_norm": {"x": X2, "size": 3},
    "local_response_norm_backward": {"dy": X2, "x": X2, "size": 3},
}
says = Texts(VALID)
X = "(x (2, 3, 7, 6))"


def _for_each_channel(function: str, name: str, array: Draw) -> BadCase:
    message = f"{name} must be (3,), one for each channel, but is {array.shape} {X}"
    return says.value_error(function, f"{name} {array.shape}", message, **{name: array})


def _few_axes(function: str, axes: str, x: Shape, hint: str = "", **more: Any) -> BadCase:
    least = len(axes.split(", ")) - (axes.endswith("…"))
    message = f"x must have at least {least} axes ({axes}), but has {len(x)} (x {x}){hint}"
    return says.value_error(function, f"x {x}", message, x=Draw(x), **more)


NO_BATCH = "; give x[None] if it lacks the batch axis"
MOMENTUM = (
    "momentum is 0.1, but running statistics are not updated here; leave it out, and give it to "
    "refimpl.running_statistics, which returns the new ones"
)
ONE_VALUE = (
    "the statistics of a batch need more than one value of each channel, but x (1, 3) has one; "
    "give more samples, or normalise by running statistics"
)
NEGATIVE = (
    "running_var must hold no negative numbers, but holds -1.0; the order is x, running_mean, "
    "running_var, weight, bias"
)
NO_STATISTICS = (
    "training=False needs running_mean and running_var; give both, or training=True to normalise "
    "by the batch's own statistics"
)
NOT_GIVEN = "running_mean is given, but running_var is None; give both, or none"
VARIANCES = Given((1.0, -1.0, 2.0))

BAD: tuple[BadCase, ...] = (
    _few_axes("batch_norm", "N, C, …", (3,), NO_BATCH, weight=None, bias=None),
    _few_axes("batch_norm_backward", "N, C, …", (), dy=Given(1), weight=None),
    _for_each_channel("batch_norm", "weight", Draw((4,))),
    _for_each_channel("batch_norm", "bias", Draw((1, 3))),
    _for_each_channel("batch_norm_backward", "weight", Draw((3, 1))),
    says.value_error("batch_norm", "no statistics", NO_STATISTICS, training=False),
    says.value_error("batch_norm_backward", "no statistics", NO_STATISTICS, training=False),
    says.value_error("batch_norm", "no variance", NOT_GIVEN, running_mean=C3),
    says.value_error(
        "batch_norm",
        "no mean",
        "running_var is given, but running_mean is None; give both, or none",
        running_var=POSITIVE,
    ),
    says.value_error(
        "batch_norm", "negative variance", NEGATIVE, running_mean=C3, running_var=VARIANCES
    ),
    says.value_error("batch_norm", "one value", ONE_VALUE, x=Draw((1, 3))),
    says.value_error(
        "batch_norm_backward", "one value", ONE_VALUE, x=Draw((1, 3)), dy=Draw((1, 3))
    ),
    says.value_error("batch_norm", "a momentum", MOMENTUM, momentum=0.1),
    says.value_error("batch_norm_backward", "a momentum", MOMENTUM, momentum=0.1),
    says.flag("batch_norm", "training", 1),
    says.number("batch_norm", "eps None", "eps", None),
    says.least("batch_norm", "eps negative", "eps", 0, -1e-5),
    says.mixed("batch_norm", "x", "weight", float32="weight"),
    says.mixed("batch_norm_backward", "dy", "x", float32="dy"),
    says.not_real("batch_norm", "complex x", "x", "complex128"),
    says.dy("batch_norm_backward", "dy of another shape", "(2, 3, 7, 6)", dy=Draw((2, 3, 7))),
    says.type_error(
        "batch_norm",
        "weight as text",
        "weight must hold real numbers, but has dtype <U1",
        dtypes={"weight": "<U1"},
        weight=Given(("a", "b", "c")),
    ),
    _few_axes("running_statistics", "N, C, …", (3,), NO_BATCH),
    _for_each_channel("running_statistics", "running_mean", Draw((4,))),
    says.value_error("running_statistics", "one value", ONE_VALUE, x=Draw((1, 3))),
    says.value_error(
        "running_statistics",
        "negative variance",
        NEGATIVE,
        running_var=VARIANCES,
    ),
    says.type_error(
        "running_statistics",
        "momentum None",
        "momentum must be a number, but is None; for the mean over all batches give "
        "1/(number of batches so far)",
        momentum=None,
    ),
    says.number("running_statistics", "momentum as text", "momentum", "0.1"),
    says.type_error(
        "layer_norm",
        "no shape",
        "normalized_shape must be an integer or a tuple of at least one, but is ()",
        normalized_shape=(),
    ),
    says.type_error(
        "layer_norm",
        "a shape of floats",
        "normalized_shape must be an integer or a tuple of at least one, but is (7.0, 6.0)",
        normalized_shape=(7.0, 6.0),
    ),
    says.value_error(
        "layer_norm",
        "another shape",
        f"normalized_shape is (7, 5), but x ends in (7, 6) {X}",
        normalized_shape=(7, 5),
    ),
    says.value_error(
        "layer_norm",
        "channels",
        f"normalized_shape is (3,), but x ends in (6,) {X}",
        normalized_shape=3,
    ),
    says.value_error(
        "layer_norm",
        "weight of two axes",
        "weight must be (6,), as normalized_shape, but is (7, 6)",
        weight=Draw((7, 6)),
    ),
    says.value_error(
        "layer_norm_backward",
        "weight of two axes",
        "weight must be (6,), as normalized_shape, but is (7, 6)",
        weight=Draw((7, 6)),
    ),
    says.dy("layer_norm_backward", "dy of another shape", "(2, 3, 7, 6)", dy=Draw((2, 3, 7))),
    says.least("layer_norm", "eps negative", "eps", 0, -1.0),
    says.number("layer_norm_backward", "eps as text", "eps", "small"),
    _few_axes("group_norm", "N, C, …", (3,), NO_BATCH, weight=None),
    says.integer("group_norm", "half a group", "num_groups", 1, 0.5),
    *(
        says.value_error(
            function,
            f"{groups} groups",
            f"num_groups must divide the 3 channels of x, but is {groups} {X}",
            num_groups=groups,
        )
        for function, groups in (
            ("group_norm", 2),
            ("group_norm", 0),
            ("group_norm_backward", -3),
        )
    ),
    _for_each_channel("group_norm", "weight", Draw((3, 1, 1))),
    _for_each_channel("group_norm_backward", "weight", Draw((7,))),
    says.dy("group_norm_backward", "dy of another shape", "(2, 3, 7, 6)", dy=Draw((3, 7, 6))),
    _few_axes("local_response_norm", "N, C, L, …", (3, 7), NO_BATCH),
    _few_axes("local_response_norm_backward", "N, C, L, …", (3,), dy=Draw((3,))),
    says.least("local_response_norm", "size 0", "size", 1, 0),
    says.integer("local_response_norm", "half a size", "size", 1, 2.5),
    says.integer("local_response_norm_backward", "a size for each axis", "size", 1, (3, 3)),
    says.number("local_response_norm", "alpha None", "alpha", None),
    says.number("local_response_norm", "beta as text", "beta", "3/4"),
    says.number("local_response_norm_backward", "k True", "k", True),
    says.dy(
        "local_response_norm_backward", "dy of another shape", "(2, 3, 7, 6)", dy=Draw((2, 3, 7))
    ),
)

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    branching(
        "batch_norm",
        "any eps",
        {"x": (3, 2), "weight": (2,), "bias": (2,)},
        training=True,
        eps=AnyNumber("eps", 1),
    ),
    branching(
        "batch_norm",
        "places",
        {"x": (2, 1, 2), "weight": (1,), "bias": (1,)},
        training=True,
        eps=AnyNumber("eps", 1),
    ),
    branching(
        "layer_norm",
        "any eps",
        {"x": (2, 3), "weight": (3,), "bias": (3,)},
        normalized_shape=3,
        eps=AnyNumber("eps", 1),
    ),
    branching(
        "group_norm",
        "two groups",
        {"x": (1, 4), "weight": (4,), "bias": (4,)},
        num_groups=2,
        eps=AnyNumber("eps", 1),
    ),
    branching("local_response_norm", "three channels", {"x": (1, 3, 1)}, size=3, beta=1),
)

# --- random arguments ---------------------------------------------------------------------

KINDS = (
    ("integers", "normal", "integers"),
    ("spread", "normal", "normal"),
    ("wide", "normal", "normal"),
    ("far", "normal", "normal"),
    ("tiny", "normal", "normal"),
    ("negative_zero", "negative_zero", "negative_zero"),
    ("special", "normal", "normal"),
    ("normal", "wide", "normal"),
    ("normal", "normal", "wide"),
)
PLAIN = ("normal", "normal", "normal")
FINITE = tuple(kinds for kinds in KINDS if kinds[0] != "special")
EPS = (1e-5, 1e-3, 0.1, 1e-12)


def _affine(dice: Dice, shape: Shape, values: str) -> dict[str, Source]:
    """Mostly a weight and a bias."""
    names = ("weight", "bias") if dice.chance(0.7) else dice.one_of(((), ("weight",), ("bias",)))
    return {name: Draw(shape, values, dice.layout()) for name in names}


def _random_batch_norm(dice: Dice) -> Arguments:
    x, weight, upstream = dice.kinds(PLAIN, KINDS)
    N, C = dice.size(2, 6), dice.size(1, 6)
    arrays: dict[str, Source] = {
        "x": Draw((N, C, *dice.sizes(dice.whole(0, 3), 1, 5)), x, dice.layout())
    }
    training = dice.chance(0.7)
    if not training or dice.chance(0.2):
        arrays["running_mean"], arrays["running_var"] = _running(C)
    arrays |= _affine(dice, (C,), weight)
    options = told(dice, {"training": training, "eps": dice.one_of(EPS)}, training=False, eps=1e-5)
    return Arguments(arrays, options, upstream)


def _random_running_statistics(dice: Dice) -> Arguments:
    x = dice.kinds(PLAIN, KINDS)[0]
    N, C = dice.size(2, 6), dice.size(1, 6)
    arrays: dict[str, Source] = {
        "x": Draw((N, C, *dice.sizes(dice.whole(0, 3), 1, 5)), x, dice.layout())
    }
    arrays["running_mean"], arrays["running_var"] = _running(C)
    momentum = dice.one_of((0.1, 0.5, 1.0, 0.0, dice.real(0, 1)))
    return Arguments(arrays, told(dice, {"momentum": momentum}, momentum=0.1))


def _random_layer_norm(dice: Dice) -> Arguments:
    x, weight, upstream = dice.kinds(PLAIN, KINDS)
    last = dice.sizes(dice.whole(1, 3), 1, 6)
    shape = (*dice.sizes(dice.whole(0, 2), 1, 5), *last)
    arrays: dict[str, Source] = {"x": Draw(shape, x, dice.layout())}
    arrays |= _affine(dice, last, weight)
    options = told(dice, {"normalized_shape": last, "eps": dice.one_of(EPS)}, eps=1e-5)
    return Arguments(arrays, options, upstream)


def _random_group_norm(dice: Dice) -> Arguments:
    x, weight, upstream = dice.kinds(PLAIN, KINDS)
    groups = dice.size(1, 4)
    C = groups * dice.size(1, 4)
    places = dice.sizes(dice.whole(1, 3), 2, 5)
    arrays: dict[str, Source] = {"x": Draw((dice.size(1, 4), C, *places), x, dice.layout())}
    arrays |= _affine(dice, (C,), weight)
    options = told(dice, {"num_groups": groups, "eps": dice.one_of(EPS)}, eps=1e-5)
    return Arguments(arrays, options, upstream)


def _random_local_response_norm(dice: Dice) -> Arguments:
    x, _, upstream = dice.kinds(PLAIN, FINITE)
    shape = (dice.batch(), dice.size(1, 9), *dice.sizes(dice.whole(1, 3), 1, 5))
    options = {
        "size": dice.whole(1, 9),
        "alpha": dice.one_of((1e-4, 5e-4, 0.1, dice.real(0, 4))),
        "beta": dice.one_of((0.75, 0.5, 1.0, dice.real(0, 2))),
        "k": dice.one_of((1.0, 2.0, dice.real(0.1, 5))),
    }
    given = told(dice, options, alpha=1e-4, beta=0.75, k=1.0)
    return Arguments({"x": Draw(shape, x, dice.layout())}, given, upstream)


RANDOM: dict[str, Maker] = {
    "batch_norm": _random_batch_norm,
    "running_statistics": _random_running_statistics,
    "layer_norm": _random_layer_norm,
    "group_norm": _random_group_norm,
    "local_response_norm": _random_local_response_norm,
}

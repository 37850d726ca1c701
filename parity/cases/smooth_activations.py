"""What the catalogue knows of the smooth activation functions."""

from __future__ import annotations

from fractions import Fraction
from math import inf, nan
from typing import Any

from parity.cases.activations import CURVED
from parity.cases.case import FLOATS, BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import Kinds, alone
from parity.cases.expected import Expected
from parity.cases.function import ELEMENT, Function
from parity.cases.symbol_case import AnyNumber, SymbolCase, branching
from parity.cases.texts import LOGITS, THIRDS, Texts, Valid

GROUP = "smooth activations"

ROWS: tuple[Function, ...] = (
    Function("exp", ("x",), ordered=False, elementary=True, pieces=ELEMENT),
    Function(
        "softplus",
        ("x",),
        elementary=True,
        rounded=("beta",),
        pieces=ELEMENT,
        in_networks=True,
    ),
    Function("silu", ("x",), ordered=False, elementary=True, pieces=ELEMENT, in_networks=True),
    Function("gelu", ("x",), ordered=False, elementary=True, pieces=ELEMENT, in_networks=True),
    Function("elu", ("x",), elementary=True, rounded=("alpha",), pieces=ELEMENT, in_networks=True),
)


def _case(
    function: str,
    name: str,
    x: Shape | Source,
    values: str = "normal",
    *,
    layout: str = "contiguous",
    upstream: str = "normal",
    expect: Expected | tuple[Expected, ...] | None = None,
    dtypes: tuple[str, ...] = FLOATS,
    **options: Any,
) -> Case:
    """One case; a shape stands for a random array of the given values and layout."""
    source = Draw(x, values, layout) if isinstance(x, tuple) else x
    return Case(function, name, {"x": source}, options, upstream, (), dtypes, expect)


# --- good arguments -----------------------------------------------------------------------

TANH: dict[str, Any] = {"approximate": "tanh"}
EVERY: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("exp", "", {}),
    ("softplus", "", {}),
    ("silu", "", {}),
    ("gelu", "", {}),
    ("gelu", "tanh, ", TANH),
    ("elu", "", {}),
)

# torch multiplies dy by e^(beta·x), and x² by x: what it does with the largest numbers says little.
ELEMENTWISE = tuple(
    case
    for function, said, options in EVERY
    for case in (
        _case(function, f"{said}maps", (2, 3, 5, 4), **options),
        _case(function, f"{said}one axis", (67,), **options),
        _case(function, f"{said}a single value", (), **options),
        _case(function, f"{said}empty batch", (0, 3, 4), **options),
        _case(function, f"{said}zero and minus zero", (5, 7), "negative_zero", **options),
        _case(function, f"{said}integers", (6, 7), "integers", upstream="integers", **options),
        _case(function, f"{said}subnormal", (6, 7), "subnormal", **options),
        _case(function, f"{said}tiny", (6, 7), "tiny", upstream="tiny", **options),
        _case(function, f"{said}tails", (9, 31), "tails", **options),
        _case(function, f"{said}spread", (9, 31), "spread", **options),
        _case(function, f"{said}wide upstream", (9, 31), upstream="wide", **options),
        _case(function, f"{said}special upstream", (6, 7), upstream="special", **options),
        _case(function, f"{said}zero upstream", (6, 7), upstream="zeros", **options),
        _case(function, f"{said}reversed views", (3, 5, 4), layout="reversed", **options),
        _case(function, f"{said}strided views", (3, 4, 5), layout="strided", **options),
        _case(function, f"{said}transposed views", (5, 4, 3), layout="transposed", **options),
    )
)

# What torch does otherwise at ±∞ and NaN.
NO_LIMIT = "torch multiplies 0 by ∞ and gives NaN, refimpl the limit"
AT_INFINITY = (
    Expected("y", "x is −∞", 0, nan, NO_LIMIT),
    Expected("dx", "x is −∞", 0, nan, NO_LIMIT),
    Expected("dx", "x is ∞", "dy", nan, NO_LIMIT),
)
BY_PLACE = Expected(
    "dx",
    "x is NaN",
    nan,
    ("dy", nan),
    "where x is NaN, torch lets dy pass or gives NaN, by the place in the tensor; in refimpl it is "
    "NaN",
)
ODD = Given((nan, inf, -inf, 1.5, -2.5))
# A vector has a power of 2 of them, and what is left over is taken one by one.
MANY_NANS = Given((-inf, inf, -1.5, *(nan,) * 64))
# At ∞ torch's gelu of float32 is NaN in a vector of some processors, of all others ∞.
BELOW = Given((nan, -inf, 1.5, -2.5, -inf))

SPECIAL = (
    _case("exp", "special", (6, 7), "special"),
    _case("softplus", "special", (6, 7), "special"),
    _case("silu", "special", (200, 5), "special", expect=AT_INFINITY),
    _case("gelu", "special", ODD, expect=AT_INFINITY, dtypes=("float64",)),
    _case("gelu", "special but ∞", BELOW, expect=AT_INFINITY[:2], dtypes=("float32",)),
    _case("gelu", "tanh, special", ODD, expect=AT_INFINITY, **TANH),
    _case("elu", "special", MANY_NANS, expect=BY_PLACE),
)

BETAS = (0.5, 2.0, 1.7, 0.1, 10)
ZEROS_OF_SLOPES = Given((-1.2784645427610738, -0.7517915246935645, -0.7524614220710162, -1, 1))
OPTIONS = (
    *(_case("softplus", f"beta {beta}", (9, 31), "spread", beta=beta) for beta in BETAS),
    _case("softplus", "beta 1.7 of integers", Given((-3, -2, -1, 0, 1, 2, 3)), beta=1.7),
    _case("softplus", "on both sides of 20", Given((19, 19.99, 20, 20.01, 21, 25))),
    _case("softplus", "beta 2 on both sides of it", Given((9.5, 9.99, 10, 10.01, 12)), beta=2),
    _case("softplus", "threshold 20", Given((19, 20, 21, 25, -25)), threshold=20),
    _case("softplus", "threshold 5 and beta 2", (9, 31), "spread", beta=2, threshold=5),
    _case("softplus", "threshold 20 and beta 2", (9, 31), "spread", beta=2, threshold=20),
    _case("softplus", "threshold 2.5 and beta 0.5", (9, 31), "spread", beta=0.5, threshold=2.5),
    _case("softplus", "threshold 0: relu above 0", (5, 7), threshold=0),
    _case("softplus", "threshold below 0", (5, 7), threshold=-1.5),
    _case("softplus", "saturated", (9, 31), "saturated"),
    _case("silu", "where the derivative is 0", ZEROS_OF_SLOPES),
    _case("silu", "saturated", (9, 31), "saturated"),
    _case("silu", "1e4", (6, 5), "logits_1e4"),
    _case("gelu", "where the derivative is 0", ZEROS_OF_SLOPES),
    _case("gelu", "tanh, where the derivative is 0", ZEROS_OF_SLOPES, **TANH),
    _case("gelu", "lower tail", Given((-3, -4, -5, -8, -13, -20, -30, -38, -40))),
    _case("gelu", "tanh, lower tail", Given((-3, -4, -5, -8, -13, -18, -21, -40)), **TANH),
    _case("gelu", "saturated", (9, 31), "saturated"),
    _case("gelu", "beside the knots", Given((0.0625, -0.0625, 0.625, -1.0625, -7.9375, -8, 8.5))),
    _case("elu", "alpha 0.5", (5, 7), alpha=0.5),
    _case("elu", "alpha 2.5", (9, 31), "spread", alpha=2.5),
    _case("elu", "alpha 0.1 is rounded", (5, 7), alpha=0.1),
    _case("elu", "alpha 0: relu", (5, 7), alpha=0),
    _case("elu", "alpha below 0", (5, 7), alpha=-0.75),
    _case("elu", "both sides of the kink", Given((-2, -1, 0, 1, 2)), upstream="integers", alpha=3),
    _case("elu", "ternary, alpha 0.5", (6, 7), "ties", upstream="integers", alpha=0.5),
    _case("elu", "zeros of both signs, alpha 2", (5, 7), "negative_zero", alpha=2),
    _case("elu", "largest", (6, 7), "largest", upstream="largest"),
    _case("exp", "overflows", (9, 31), "saturated"),
    _case("exp", "beside the largest", Given((88.7, 88.73, 709.7, 709.79, -103, -104, -745, -746))),
)

GOOD: tuple[Case, ...] = ELEMENTWISE + SPECIAL + OPTIONS

# --- bad arguments ------------------------------------------------------------------------

NAMES = ("exp", "softplus", "silu", "gelu", "elu")

VALID: Valid = {
    **{function: {"x": LOGITS} for function in NAMES},
    **{f"{function}_backward": {"dy": LOGITS, "x": LOGITS} for function in NAMES},
}
says = Texts(VALID)


def _fractions(function: str, method: str) -> BadCase:
    return says.type_error(
        function,
        "fractions",
        f"x holds Fraction, which has no method {method}; give floats, or objects that have it",
        x=THIRDS,
    )


BAD: tuple[BadCase, ...] = (
    *(
        case
        for function in NAMES
        for case in (
            says.not_real(function, "complex x", "x", "complex128"),
            says.type_error(function, "nothing", "x must hold real numbers, but is None", x=None),
            says.dy(f"{function}_backward", "dy of another shape", "(4, 5)", dy=Draw((5, 4))),
            says.mixed(f"{function}_backward", "dy", "x", float32="x"),
            _fractions(function, "exp"),
        )
    ),
    *(
        case
        for function in ("softplus", "softplus_backward")
        for case in (
            *(
                says.value_error(
                    function,
                    f"beta {beta}",
                    f"beta must be positive and finite{held}, but is {beta!r}",
                    beta=beta,
                )
                for beta, held in ((0, " in float64"), (-1.5, " in float64"), (inf, " in float64"))
            ),
            says.number(function, "beta as text", "beta", "1"),
            says.number(function, "threshold as text", "threshold", "20"),
        )
    ),
    *(
        case
        for function in ("gelu", "gelu_backward")
        for case in (
            says.choice(function, "approximate erf", "approximate", "'none', 'tanh'", "erf"),
            says.choice(function, "approximate True", "approximate", "'none', 'tanh'", True),
        )
    ),
    says.number("elu", "alpha None", "alpha", None),
    says.number("elu_backward", "alpha for each element", "alpha", (1.0, 2.0)),
    says.beyond("elu", "alpha"),
)

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    *(branching(name, "both signs", {"x": (2, 3)}) for name in ("exp", "silu", "gelu")),
    branching("gelu", "tanh, both signs", {"x": (2,)}, approximate="tanh"),
    branching("softplus", "any beta", {"x": (2, 3)}, beta=AnyNumber("beta", Fraction(3, 2))),
    branching("softplus", "above and below a threshold", {"x": (2, 3)}, beta=2, threshold=1),
    branching("elu", "both signs, any alpha", {"x": (2, 3)}, alpha=AnyNumber("alpha", 2)),
)

# --- random arguments ---------------------------------------------------------------------

# torch gives NaN at ±∞, or what depends on the place at NaN: known, with cases of their own.
FINITE: Kinds = tuple(kinds for kinds in CURVED if kinds[0] != "special")
# torch's x³ overflows.
SMALLER: Kinds = tuple(kinds for kinds in FINITE if "largest" not in kinds)


def _random_softplus(dice: Dice) -> Arguments:
    arguments = alone("x", CURVED)(dice)
    options: dict[str, Any] = {"beta": dice.one_of((1, 1, 0.5, 2.0, 1.7, dice.real(0.1, 4)))}
    if dice.chance(0.3):
        options["threshold"] = dice.one_of((20, 5, 0, 2.5))
    return arguments._replace(options=options)


def _random_gelu(dice: Dice) -> Arguments:
    approximate = dice.one_of(("none", "tanh"))
    arguments = alone("x", FINITE if approximate == "none" else SMALLER)(dice)
    return arguments._replace(options={"approximate": approximate})


def _random_elu(dice: Dice) -> Arguments:
    arguments = alone("x", FINITE)(dice)
    alphas = (1, 1.0, 0.5, 2.0, 0.1, 0, -0.5, dice.real(0, 3))
    return arguments._replace(options={"alpha": dice.one_of(alphas)})


RANDOM: dict[str, Maker] = {
    "exp": alone("x", CURVED),
    "softplus": _random_softplus,
    "silu": alone("x", FINITE),
    "gelu": _random_gelu,
    "elu": _random_elu,
}

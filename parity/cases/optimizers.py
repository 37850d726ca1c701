"""What the catalogue knows of the steps of optimisers."""

from __future__ import annotations

from math import nan
from typing import Any

from parity.cases.case import BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import shape_of, told
from parity.cases.function import Function
from parity.cases.symbol_case import SymbolCase
from parity.cases.texts import LOGITS, THIRDS, Texts, Valid

GROUP = "optimisers"

ROWS: tuple[Function, ...] = (
    Function("sgd_step", (), ordered=False),
    Function("adam_step", (), elementary=True, rounded=("eps",)),
)


def _sgd(
    name: str,
    value: Shape | Source = (5, 7),
    values: str = "normal",
    *,
    first: bool = False,
    gradient: Source | None = None,
    velocity: Source | None = None,
    layout: str = "contiguous",
    **options: Any,
) -> Case:
    """One case; a shape stands for random numbers, of which the first step has no velocity."""
    shape = value if isinstance(value, tuple) else value.shape
    drawn = Draw(shape, values, layout)
    arrays: dict[str, Source] = {
        "value": drawn if isinstance(value, tuple) else value,
        "gradient": gradient or drawn,
    }
    if not first:
        arrays["velocity"] = velocity or drawn
    return Case("sgd_step", name, arrays, options)


HEAVY: dict[str, Any] = {"learning_rate": 0.1, "momentum": 0.9}
EVERYTHING: dict[str, Any] = {**HEAVY, "dampening": 0.25, "weight_decay": 0.05}

SGD = (
    _sgd("no momentum", learning_rate=0.1),
    _sgd("the rate left out"),
    _sgd("momentum", **HEAVY),
    _sgd("momentum, the first step", first=True, **HEAVY),
    _sgd("momentum, dampened", **HEAVY, dampening=0.5),
    _sgd("dampened, the first step", first=True, **HEAVY, dampening=0.5),
    _sgd("dampened entirely", **HEAVY, dampening=1.0),
    _sgd("dampened below 0", **HEAVY, dampening=-0.5),
    _sgd("dampening without momentum", learning_rate=0.1, dampening=0.5),
    _sgd("weight decay", learning_rate=0.1, weight_decay=0.05),
    _sgd("weight decay and momentum", **HEAVY, weight_decay=0.05),
    _sgd("weight decay, the first step", first=True, **EVERYTHING),
    _sgd("everything", **EVERYTHING),
    _sgd("dampened, the first step of a kernel", (4, 3, 2), first=True, **EVERYTHING),
    _sgd("Nesterov", **HEAVY, nesterov=True),
    _sgd("Nesterov, the first step", first=True, **HEAVY, nesterov=True),
    _sgd("Nesterov and weight decay", (3, 2, 4), **HEAVY, weight_decay=0.3, nesterov=True),
    _sgd("uphill", **EVERYTHING, maximize=True),
    _sgd("uphill, a decay, no momentum", learning_rate=0.2, weight_decay=0.3, maximize=True),
    _sgd("uphill, Nesterov", **HEAVY, weight_decay=0.3, nesterov=True, maximize=True),
    _sgd("a rate of 1, whole numbers", (4, 9), "integers", learning_rate=1.0, momentum=1.0),
    _sgd("a rate of 0", learning_rate=0.0, momentum=0.9),
    _sgd("momentum above 1", learning_rate=0.3, momentum=1.5),
    _sgd("one number", (), **EVERYTHING),
    _sgd("an empty parameter", (0, 3), **EVERYTHING),
    _sgd("1000 numbers", (1000,), **EVERYTHING),
    _sgd("a kernel", (4, 3, 5, 2), **EVERYTHING),
    *(
        _sgd(f"{name}, everything", (9, 31), name, **EVERYTHING)
        for name in ("wide", "huge", "largest", "tiny", "subnormal", "negative_zero", "special")
    ),
    *(_sgd(f"{v} views", (3, 5, 4), layout=v, **EVERYTHING) for v in ("reversed", "strided")),
    _sgd(
        "by hand",
        Given((1, -2, 4)),
        gradient=Given((2, 4, -8)),
        velocity=Given((16, -8, 0)),
        learning_rate=0.5,
        momentum=0.25,
        weight_decay=2.0,
    ),
)


def _adam(
    name: str,
    value: Shape | Source = (5, 7),
    values: str = "normal",
    *,
    step: int = 3,
    gradient: Source | None = None,
    second: Source | None = None,
    layout: str = "contiguous",
    **options: Any,
) -> Case:
    """One case; at step 1 without moments, later with random ones, the second at least 0."""
    shape = value if isinstance(value, tuple) else value.shape
    drawn, positive = Draw(shape, values, layout), Draw(shape, "certainty", layout)
    arrays: dict[str, Source] = {
        "value": drawn if isinstance(value, tuple) else value,
        "gradient": gradient or drawn,
    }
    if step > 1:
        arrays |= {
            "first_moment": Draw(shape, "normal", layout),
            "second_moment": second or positive,
        }
        if options.get("amsgrad"):
            arrays["max_second_moment"] = positive
    return Case("adam_step", name, arrays, {"step": step, **options})


AHEAD: dict[str, Any] = {"learning_rate": 0.1}
DECAYED: dict[str, Any] = {**AHEAD, "weight_decay": 0.3}

ADAM = (
    _adam("the first step", step=1, **AHEAD),
    _adam("the second step", step=2, **AHEAD),
    _adam("the rate left out", step=4),
    _adam("step 10", step=10, **AHEAD),
    _adam("step 1000", step=1000, **AHEAD),
    _adam("step 100000", step=100000, **AHEAD),
    _adam("other betas", betas=(0.5, 0.75), **AHEAD),
    _adam("betas of a tenth", betas=(0.1, 0.2), **AHEAD),
    _adam("no memory", betas=(0.0, 0.0), **AHEAD),
    _adam("a first beta above the second", betas=(0.99, 0.9), step=7, **AHEAD),
    _adam("eps 0.1", eps=0.1, **AHEAD),
    _adam("eps 0.1, the first step", step=1, eps=0.1, **AHEAD),
    _adam("eps 1", eps=1.0, step=5, **AHEAD),
    _adam("eps 1, small gradients", (5, 7), "tiny", step=1, eps=1.0, **AHEAD),
    _adam("weight decay", **DECAYED),
    _adam("weight decay, the first step", step=1, **DECAYED),
    _adam("decoupled weight decay", **DECAYED, decoupled_weight_decay=True),
    _adam("decoupled, the first step", step=1, **DECAYED, decoupled_weight_decay=True),
    _adam("decoupled, no decay", step=2, **AHEAD, decoupled_weight_decay=True),
    _adam("AMSGrad", amsgrad=True, **AHEAD),
    _adam("AMSGrad, the first step", step=1, amsgrad=True, **AHEAD),
    _adam("AMSGrad, step 30", step=30, amsgrad=True, **AHEAD),
    _adam("AMSGrad and weight decay", step=2, amsgrad=True, **DECAYED),
    _adam("AMSGrad, decoupled", amsgrad=True, **DECAYED, decoupled_weight_decay=True),
    _adam("uphill", maximize=True, **DECAYED),
    _adam("uphill, decoupled", maximize=True, **DECAYED, decoupled_weight_decay=True),
    _adam("one number", (), **DECAYED),
    _adam("an empty parameter", (0, 3), **DECAYED),
    _adam("1000 numbers", (1000,), **DECAYED),
    _adam("a kernel", (4, 3, 5, 2), **DECAYED),
    *(
        _adam(f"{name}, step {step}", (9, 31), name, step=step, **AHEAD)
        for name in ("integers", "wide", "huge", "largest", "tiny", "negative_zero", "special")
        for step in (1, 6)
    ),
    *(_adam(f"{v} views", (3, 5, 4), layout=v, **DECAYED) for v in ("reversed", "strided")),
    _adam(
        "by hand",
        Given((1, -2, 4)),
        gradient=Given((2, 4, -8)),
        step=1,
        learning_rate=0.5,
        betas=(0.5, 0.75),
    ),
)

GOOD: tuple[Case, ...] = SGD + ADAM

# --- bad arguments ------------------------------------------------------------------------

VALID: Valid = {
    "sgd_step": {"value": LOGITS, "gradient": LOGITS, "momentum": 0.9},
    "adam_step": {"value": LOGITS, "gradient": LOGITS},
}
says = Texts(VALID)
TURNED = Draw((5, 4))


def _amounts(function: str, *names: str) -> tuple[BadCase, ...]:
    return (
        *(says.least(function, f"{name} negative", name, 0, -0.5) for name in names),
        says.least(function, f"{names[0]} NaN", names[0], 0, nan),
        *(says.number(function, f"{name} as text", name, "0.1") for name in names),
    )


def _nesterov(momentum: float, dampening: float) -> BadCase:
    return says.value_error(
        "sgd_step",
        f"Nesterov, momentum {momentum}, dampening {dampening}",
        "nesterov needs a momentum above 0 and a dampening of 0, but momentum is "
        f"{momentum!r} and dampening {dampening!r}",
        nesterov=True,
        momentum=momentum,
        dampening=dampening,
    )


def _beta(number: int, beta: float) -> BadCase:
    betas = (beta, 0.5) if number == 0 else (0.5, beta)
    message = f"betas[{number}] must be at least 0 and less than 1, but is {beta!r}"
    return says.value_error("adam_step", f"betas {betas}", message, betas=betas)


POSITIVE = Draw((4, 5), "certainty")

BAD: tuple[BadCase, ...] = (
    *(
        says.shapes(function, "gradient of another shape", "value", "gradient", gradient=TURNED)
        for function in VALID
    ),
    says.shapes("sgd_step", "velocity of another shape", "value", "velocity", velocity=Draw((5,))),
    *_amounts("sgd_step", "learning_rate", "momentum", "weight_decay"),
    says.number("sgd_step", "dampening None", "dampening", None),
    _nesterov(0, 0),
    _nesterov(0.9, 0.5),
    says.flag("sgd_step", "nesterov", 1),
    says.flag("sgd_step", "maximize", None),
    says.not_real("sgd_step", "complex gradient", "gradient", "complex128"),
    says.mixed("sgd_step", "value", "gradient", float32="gradient"),
    says.shapes(
        "adam_step",
        "first moment of another shape",
        "value",
        "first_moment",
        first_moment=TURNED,
        second_moment=POSITIVE,
    ),
    *_amounts("adam_step", "learning_rate", "eps", "weight_decay"),
    _beta(0, 1.0),
    _beta(1, 1.0),
    _beta(0, -0.1),
    _beta(1, nan),
    says.type_error("adam_step", "one beta", "betas must be two numbers, but is 0.9", betas=0.9),
    says.type_error(
        "adam_step",
        "three betas",
        "betas must be two numbers, but is (0.9, 0.9, 0.9)",
        betas=(0.9, 0.9, 0.9),
    ),
    says.type_error(
        "adam_step", "a beta as text", "betas[1] must be a number, but is '0.9'", betas=(0.9, "0.9")
    ),
    says.least("adam_step", "step 0", "step", 1, 0),
    says.integer("adam_step", "step 1.0", "step", 1, 1.0),
    says.flag("adam_step", "amsgrad", "yes"),
    says.flag("adam_step", "maximize", 0),
    says.flag("adam_step", "decoupled_weight_decay", 0.01),
    says.value_error(
        "adam_step",
        "no second moment",
        "first_moment is given, but second_moment is None; give all that the step before "
        "returned, or none at the first step",
        first_moment=LOGITS,
    ),
    says.value_error(
        "adam_step",
        "no maximum",
        "first_moment is given, but max_second_moment is None; give all that the step before "
        "returned, or none at the first step",
        first_moment=LOGITS,
        second_moment=POSITIVE,
        amsgrad=True,
    ),
    says.value_error(
        "adam_step",
        "a maximum without AMSGrad",
        "max_second_moment is given, but amsgrad is False; give amsgrad=True, or leave "
        "max_second_moment out",
        max_second_moment=POSITIVE,
    ),
    says.value_error(
        "adam_step",
        "no state at step 2",
        "step is 2, but first_moment is None; give what the step before returned, or step=1",
        step=2,
    ),
    says.mixed("adam_step", "value", "gradient", float32="value"),
    says.type_error(
        "adam_step",
        "fractions",
        "value holds Fraction, which has no method sqrt; give floats, or objects that have it",
        value=THIRDS,
        gradient=THIRDS,
    ),
)

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = ()  # they are differentiated by nothing

# --- random arguments ---------------------------------------------------------------------

KINDS = ("integers", "wide", "huge", "largest", "tiny", "subnormal", "negative_zero", "special")
RATES = (0.1, 0.001, 1.0, 0.5, 3.0)
SHARES = (0.0, 0.9, 0.5, 0.99, 1.0)


def _random_sgd(dice: Dice) -> Arguments:
    shape, (values,) = shape_of(dice), dice.kinds(("normal",), [(kind,) for kind in KINDS])
    names = ("value", "gradient", "velocity")[: 2 if dice.chance(0.2) else 3]
    arrays = {name: Draw(shape, values, dice.layout()) for name in names}
    nesterov = dice.chance(0.3)
    options = {
        "learning_rate": dice.one_of((*RATES, dice.real(0, 2))),
        "momentum": dice.one_of((*SHARES[nesterov:], dice.real(0.1, 1))),
        "dampening": 0 if nesterov else dice.one_of((0, 0, 0.5, 1.0, dice.real(-1, 1))),
        "weight_decay": dice.one_of((0, 0, 0.01, dice.real(0, 1))),
        "nesterov": nesterov,
        "maximize": dice.chance(0.2),
    }
    plain: dict[str, Any] = {"momentum": 0, "dampening": 0, "weight_decay": 0}
    return Arguments(arrays, told(dice, options, **plain, nesterov=False, maximize=False))


def _random_adam(dice: Dice) -> Arguments:
    # A moment that is not finite meets itself with another sign where torch interpolates.
    shape, (values,) = shape_of(dice), dice.kinds(("normal",), [(kind,) for kind in KINDS])
    step, amsgrad = dice.one_of((1, 1, 2, 3, 10, 1000, dice.whole(4, 5000))), dice.chance(0.3)
    arrays: dict[str, Source] = {
        name: Draw(shape, values, dice.layout()) for name in ("value", "gradient")
    }
    if step > 1:
        arrays["first_moment"] = Draw(shape, "normal", dice.layout())
        arrays["second_moment"] = Draw(shape, "certainty", dice.layout())
        if amsgrad:
            arrays["max_second_moment"] = Draw(shape, "certainty", dice.layout())
    options = {
        "step": step,
        "learning_rate": dice.one_of((*RATES, dice.real(0, 2))),
        "betas": dice.one_of(
            ((0.9, 0.999), (0.9, 0.999), (0.9, 0.5), (dice.real(0.51, 0.99),) * 2)
        ),
        "eps": dice.one_of((1e-8, 1e-8, 1e-3, 1.0, dice.real(0.1, 1))),
        "weight_decay": dice.one_of((0, 0, 0.01, dice.real(0, 1))),
        "amsgrad": amsgrad,
        "maximize": dice.chance(0.2),
        "decoupled_weight_decay": dice.chance(0.3),
    }
    plain: dict[str, Any] = {"step": 1, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0}
    flags = dict.fromkeys(("amsgrad", "maximize", "decoupled_weight_decay"), False)
    return Arguments(arrays, told(dice, options, **plain, **flags))


RANDOM: dict[str, Maker] = {"sgd_step": _random_sgd, "adam_step": _random_adam}

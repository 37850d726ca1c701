"""Steps of optimisers: by the sums they are, exactly; over several steps beside torch's classes."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from plain import assert_same, draw, fractions

from refimpl import adam_step, sgd_step

THIRD = Fraction(1, 3)


def test_the_velocity_is_the_sum_of_all_gradients(rng: np.random.Generator) -> None:
    """v_n = Σ μ^(n−k) g_k, and W_n = W_0 − α Σ v_k, in fractions exactly."""
    start, slopes = draw(rng, (3, 2)), [draw(rng, (3, 2)) for _ in range(5)]
    value, velocity = start, None
    for slope in slopes:
        value, velocity = sgd_step(value, slope, velocity, THIRD, momentum=Fraction(2, 5))
    powers = [Fraction(2, 5) ** k for k in range(5)]
    assert_same(velocity, sum(p * g for p, g in zip(powers[::-1], slopes, strict=True)))
    # Of g_k all later velocities hold a share: 1 + μ + … + μ^(n−k).
    held = [sum(powers[: 5 - k], Fraction(0)) for k in range(5)]
    assert_same(value, start - THIRD * sum(h * g for h, g in zip(held, slopes, strict=True)))


def test_nesterov_is_a_step_from_ahead(rng: np.random.Generator) -> None:
    """W' of Nesterov's step is that of plain momentum, and one more step along it of share μ."""
    value, slope, velocity = (draw(rng, (4,)) for _ in range(3))
    mu = Fraction(3, 4)
    plain, moved = sgd_step(value, slope, velocity, THIRD, momentum=mu)
    ahead, same = sgd_step(value, slope, velocity, THIRD, momentum=mu, nesterov=True)
    assert_same(same, moved)
    assert_same(ahead - value, mu * (plain - value) - THIRD * slope)


def test_weight_decay_is_the_gradient_of_a_penalty(rng: np.random.Generator) -> None:
    """λ·W is the slope of λ/2·‖W‖²: added by hand, the same step; of −g to maximise."""
    value, slope, velocity = (draw(rng, (2, 3)) for _ in range(3))
    by_hand = sgd_step(value, slope + THIRD * value, velocity, 2, momentum=THIRD, dampening=THIRD)
    options: dict[str, Any] = {"momentum": THIRD, "dampening": THIRD, "weight_decay": THIRD}
    assert_same(sgd_step(value, slope, velocity, 2, **options), by_hand)
    assert_same(sgd_step(value, -slope, velocity, 2, maximize=True, **options), by_hand)


def test_the_first_step_is_not_dampened(rng: np.random.Generator) -> None:
    """As torch has it: the first velocity is the gradient, whatever the dampening."""
    value, slope = draw(rng, (3,)), draw(rng, (3,))
    options: dict[str, Any] = {"momentum": THIRD, "dampening": Fraction(1, 2)}
    assert_same(sgd_step(value, slope, **options)[1], slope)
    assert_same(sgd_step(value, slope, slope, **options)[1], (THIRD + Fraction(1, 2)) * slope)


def test_without_momentum_nothing_is_kept(rng: np.random.Generator) -> None:
    """μ = 0: neither the velocity nor the dampening is asked for."""
    value, slope, velocity = (draw(rng, (3,)) for _ in range(3))
    assert_same(sgd_step(value, slope, velocity, 2, dampening=THIRD), [value - 2 * slope, slope])


def test_infinite_weights_need_a_decay_to_be_felt() -> None:
    """0 · ∞ is not formed: without a decay the gradient stays what it is."""
    value, slope = np.array([np.inf, 1.0]), np.array([1.0, 1.0])
    np.testing.assert_array_equal(sgd_step(value, slope, learning_rate=0.5)[1], slope)
    np.testing.assert_allclose(adam_step(value, slope)[1], [0.1, 0.1])


# --- Adam ---------------------------------------------------------------------------------


def decimals(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Decimals with a few digits."""
    flat = [Decimal(int(n)) / 64 for n in rng.integers(-99, 100, int(np.prod(shape)))]
    array = np.empty(len(flat), object)
    array[:] = flat
    return array.reshape(shape)


def nearly(found: Any, expected: Any, digits: int = 40) -> None:
    """Equal to so many digits."""
    for a, b in zip(np.ravel(found), np.ravel(expected), strict=True):
        assert abs(a - b) <= abs(b) * Decimal(10) ** -digits


@pytest.mark.parametrize("amsgrad", [False, True])
def test_adam_of_decimals(rng: np.random.Generator, amsgrad: bool) -> None:
    """Six steps in 50 digits beside the closed sums: m̂ and v̂ are weighted means of all steps.

    m/(1 − βᵗ) = Σ β^(t−k) g_k / Σ β^(t−k): no recursion and no correction.
    """
    with localcontext(prec=50):
        betas = Decimal("0.75"), Decimal("0.875")
        rate, eps = Decimal("0.5"), Decimal("0.125")
        value, state, slopes = decimals(rng, (3, 2)), [], []
        largest = value * 0
        for t in range(1, 7):
            slopes.append(decimals(rng, (3, 2)) + Decimal("0.001"))
            before = value
            value, *state = adam_step(
                value,
                slopes[-1],
                *state,
                step=t,
                learning_rate=rate,
                betas=betas,
                eps=eps,
                amsgrad=amsgrad,
            )
            shares = [[beta ** (t - k) for k in range(1, t + 1)] for beta in betas]
            mean = sum(s * g for s, g in zip(shares[0], slopes, strict=True)) / sum(shares[0])
            square = sum(s * g * g for s, g in zip(shares[1], slopes, strict=True))
            largest = np.maximum(largest, square * (1 - betas[1]))
            kept = largest if amsgrad else square * (1 - betas[1])
            root = np.frompyfunc(Decimal.sqrt, 1, 1)(kept / (1 - betas[1] ** t))
            nearly(value, before - rate * mean / (root + eps))
            nearly(state[1], square * (1 - betas[1]))


def test_the_first_step_has_the_size_of_the_rate(rng: np.random.Generator) -> None:
    """Whatever the betas: with the bias corrected, m̂ = g and v̂ = g²."""
    value, slope = rng.normal(size=9), rng.normal(size=9)
    for betas in ((0.9, 0.999), (0.5, 0.25), (0.0, 0.0)):
        stepped = adam_step(value, slope, learning_rate=0.25, betas=betas, eps=0)[0]
        np.testing.assert_allclose(stepped, value - 0.25 * np.sign(slope), rtol=1e-13)


def test_decoupled_decay_shrinks_the_weight_alone(rng: np.random.Generator) -> None:
    """AdamW: the moments are those without a decay, the weight is (1 − αλ) of what it was."""
    value, slope = rng.normal(size=9), rng.normal(size=9)
    plain = adam_step(value, slope, learning_rate=0.5)
    apart = adam_step(
        value, slope, learning_rate=0.5, weight_decay=0.25, decoupled_weight_decay=True
    )
    np.testing.assert_array_equal(apart[1:], plain[1:])
    np.testing.assert_allclose(apart[0], plain[0] - 0.125 * value, rtol=1e-13)


def test_coupled_decay_is_part_of_the_gradient(rng: np.random.Generator) -> None:
    value, slope = rng.normal(size=9), rng.normal(size=9)
    found = adam_step(value, slope, weight_decay=0.25)
    np.testing.assert_array_equal(found, adam_step(value, slope + 0.25 * value))


# --- both ---------------------------------------------------------------------------------

SEVERAL = (
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "dampening": 0.25, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.75, "nesterov": True, "weight_decay": 0.1, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"betas": (0.5, 0.75), "eps": 0.01, "weight_decay": 0.1}),
    ("Adam", {"amsgrad": True, "maximize": True}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("AdamW", {"weight_decay": 0.2}),
)


@pytest.mark.parametrize(("name", "options"), SEVERAL, ids=str)
def test_twelve_steps_beside_torch(
    rng: np.random.Generator, name: str, options: dict[str, Any]
) -> None:
    """Each side keeps its own state; the rate changes on the way."""
    torch = pytest.importorskip("torch")
    value = rng.normal(size=(3, 2))
    parameter = torch.tensor(value, requires_grad=True)
    theirs = getattr(torch.optim, name)([parameter], lr=0.1, **options, foreach=False)
    ours = dict(options, **({"decoupled_weight_decay": True} if name == "AdamW" else {}))
    state: list[Any] = []
    for t in range(1, 13):
        slope, rate = rng.normal(size=(3, 2)), 0.1 / t
        theirs.param_groups[0]["lr"] = rate
        parameter.grad = torch.tensor(slope)
        theirs.step()
        if name == "SGD":
            value, *state = sgd_step(value, slope, *state, learning_rate=rate, **ours)
        else:
            value, *state = adam_step(value, slope, *state, step=t, learning_rate=rate, **ours)
        np.testing.assert_allclose(value, parameter.detach().numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_shape_and_dtype_are_kept(shape: tuple[int, ...], dtype: str) -> None:
    """Results are stacked along an axis in front."""
    value = np.full(shape, 3, dtype)
    for found, count in (
        (sgd_step(value, value), 2),
        (adam_step(value, value), 3),
        (adam_step(value, value, amsgrad=True), 4),
    ):
        assert (found.shape, found.dtype) == ((count, *shape), dtype)


def test_fractions_have_a_step_of_their_own_type() -> None:
    """0.5 beside Fractions is 1/2."""
    found = sgd_step(fractions([3, 5]), fractions([1, 2]), learning_rate=0.5)
    assert_same(found, [[Fraction(5, 2), Fraction(4)], [Fraction(1), Fraction(2)]])


NEGATIVE, NO_FLAG = (-1, "must be at least 0, but is -1"), (2, "must be True or False, but is 2")
FIRST = [
    (step, dict.fromkeys(names[k:], value), f"{names[k]} {problem}")
    for step, names, (value, problem) in (
        (sgd_step, ("learning_rate", "momentum", "weight_decay"), NEGATIVE),
        (adam_step, ("learning_rate", "eps", "weight_decay"), NEGATIVE),
        (adam_step, ("amsgrad", "maximize", "decoupled_weight_decay"), NO_FLAG),
    )
    for k in range(3)
]


@pytest.mark.parametrize(
    ("step", "options", "said"), FIRST, ids=lambda one: getattr(one, "__name__", str(one))
)
def test_the_first_that_is_wrong_is_named(step: Any, options: dict[str, Any], said: str) -> None:
    """Of several options, in one order."""
    with pytest.raises((TypeError, ValueError)) as error:
        step(np.ones(2), np.ones(2), **options)
    assert str(error.value) == f"{step.__name__}: {said}"

"""All rules, and the operations about which there is nothing to judge."""

from __future__ import annotations

from parity.models.references import NotUnderstoodError
from parity.models.rules import (
    activations,
    affine,
    attention,
    comparing,
    element_arithmetic,
    elementary_functions,
    extremes,
    moving,
    picking,
    pooling,
    products,
    sampled_places,
    scattering,
    sums_of_powers,
)
from parity.models.understanding import Given, Rule, Understood
from parity.oracle.observed.operation import Operation

RULES: dict[str, Rule] = {
    **affine.RULES,
    **attention.RULES,
    **pooling.RULES,
    **activations.RULES,
    **element_arithmetic.RULES,
    **elementary_functions.RULES,
    **moving.RULES,
    **comparing.RULES,
    **extremes.RULES,
    **picking.RULES,
    **products.RULES,
    **sampled_places.RULES,
    **scattering.RULES,
    **sums_of_powers.RULES,
}

# What makes numbers out of none: memory, constants, random numbers; the same memory once more;
# what answers Python with yes or no.
MADE = frozenset(
    {
        "empty",
        "empty_like",
        "empty_strided",
        "new_empty",
        "new_empty_strided",
        "zeros",
        "zeros_like",
        "new_zeros",
        "zero",
        "ones",
        "ones_like",
        "new_ones",
        "full",
        "full_like",
        "new_full",
        "fill",
        "arange",
        "linspace",
        "eye",
        "scalar_tensor",
        "bernoulli",
        "rand",
        "rand_like",
        "randn",
        "randn_like",
        "randint",
        "randperm",
        "randint_like",
        "multinomial",
        "poisson",
        "tril_indices",
        "triu_indices",
        "_linalg_check_errors",
        "uniform",
        "normal",
        "random",
        "exponential",
        "detach",
        "alias",
        "lift_fresh",
        "set",
        "resize",
        "_local_scalar_dense",
        "equal",
        "allclose",
        "is_pinned",
        "_pin_memory",
    }
)
PROFILER = "profiler"  # what torch tells its profiler: nothing is computed


def is_made(operation: Operation) -> bool:
    """Whether there is nothing to judge about an operation."""
    return operation.stem in MADE or operation.namespace == PROFILER


def understood(operation: Operation) -> Understood:
    """What an operation means.

    Raises: NotUnderstoodError, with the reason.
    """
    rule = rule_of(operation)
    if rule.chosen and len(operation.outputs) > 1 and operation.outputs[1] is not None:
        operation.after["chosen"] = operation.outputs[1]
    given = Given(operation)
    if not rule.mixed:
        given.dtype  # noqa: B018 (it refuses numbers that are not judged)
    return rule.understand(given)


def rule_of(operation: Operation) -> Rule:
    """The rule of an operation. Raises: NotUnderstoodError."""
    if operation.namespace != "aten" or operation.stem not in RULES:
        raise NotUnderstoodError("no rule speaks of it")
    return RULES[operation.stem]

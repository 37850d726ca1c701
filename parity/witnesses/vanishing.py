"""Whether an expression is 0, for every value of its symbols."""

from __future__ import annotations

from typing import Any

import sympy


def vanishes(expression: Any) -> bool:
    """Whether an expression of sums, products, quotients, powers, exp and tanh is 0.

    >>> x = sympy.Symbol("x")
    >>> vanishes(sympy.exp(x) / (1 + sympy.exp(x)) - 1 / (1 + sympy.exp(-x)))
    True
    """
    given = sympy.sympify(expression)
    if sympy.expand(_with_roots_named(given)) == 0:
        return True
    powers = given.replace(sympy.tanh, _by_powers)
    rational = powers.replace(lambda part: isinstance(part, sympy.exp), _as_product)
    numerator, _ = sympy.fraction(sympy.together(rational))
    return bool(sympy.expand(numerator) == 0 or sympy.powsimp(sympy.expand(given)) == 0)


def _with_roots_named(expression: Any) -> Any:
    """b^(−k/2) of a sum b as r_b^k, with a symbol r_b = b^(−1/2) for each b: what is 0 for every
    r is 0. Expanding it leaves the sums inside the roots alone, which takes a fifth of the time."""
    named = {
        power: sympy.Symbol(f"root of {sympy.expand(power.base)}") ** (-2 * power.exp)
        for power in expression.atoms(sympy.Pow)
        if power.base.is_Add and power.exp.is_negative and (2 * power.exp).is_Integer
    }
    return expression.xreplace(named)


def _by_powers(argument: Any) -> Any:
    """tanh a = 1 − 2/(e^(2a) + 1)"""
    return 1 - 2 / (sympy.exp(2 * argument) + 1)


def _as_product(power: Any) -> Any:
    """e^(2a − b) as A²·B⁻¹ with a symbol for each e^(…): a quotient of polynomials is left."""
    terms = sympy.expand(power.args[0]).as_coefficients_dict()
    return sympy.prod(
        sympy.Symbol(f"exp_half_{term}", positive=True) ** (2 * count)
        for term, count in terms.items()
    )

"""The subjects: one file of this folder for each file of refimpl that has functions to compare."""

from __future__ import annotations

from typing import Protocol

from parity.cases import (
    activations,
    adaptive_pooling,
    average_pooling,
    broadcasting,
    convolution,
    correlation,
    dense,
    dropout,
    joining,
    linear_models,
    losses,
    max_pooling,
    normalization,
    optimizers,
    padding,
    piecewise_activations,
    powers,
    rearranging,
    reductions,
    sampling,
    smooth_activations,
    transposed_convolution,
    weighted_pooling,
)
from parity.cases.case import BadCase, Case
from parity.cases.dice import Maker
from parity.cases.function import Function
from parity.cases.symbol_case import SymbolCase
from parity.cases.texts import Valid


class Subject(Protocol):
    """What a file of this folder says about the functions of refimpl's file of the same name."""

    GROUP: str  # under which heading its functions are listed
    ROWS: tuple[Function, ...]  # the registry's rows
    GOOD: tuple[Case, ...]  # valid arguments
    VALID: Valid  # what the bad ones start from, by function
    BAD: tuple[BadCase, ...]  # invalid arguments, each with the whole error text
    SYMBOLIC: tuple[SymbolCase, ...]  # shapes at which the backward is compared with sympy's
    RANDOM: dict[str, Maker]  # how random arguments are drawn, by function


SUBJECTS: tuple[Subject, ...] = (
    convolution,
    transposed_convolution,
    correlation,
    padding,
    max_pooling,
    average_pooling,
    adaptive_pooling,
    weighted_pooling,
    sampling,
    dense,
    joining,
    rearranging,
    broadcasting,
    powers,
    reductions,
    activations,
    smooth_activations,
    piecewise_activations,
    dropout,
    losses,
    linear_models,
    normalization,
    optimizers,
)

"""What a row of the registry says of a function, and how `refimpl` is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from inspect import Parameter, signature
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.cases.parts import apart, stacked

# What an element of a function's tensors depends on: the elements at its own place, its own map,
# the windows it lies in, its own row, the elements that broadcasting lets it meet.
ELEMENT, MAP, WINDOW, ROW, MEETING = "element", "map", "window", "row", "meeting"


@dataclass(frozen=True)
class Function:
    """One row of the registry: what a function is differentiated by, and what is true of it.

    What is true of it says which rules of other rooms apply; `tests/parity/test_aspects.py` says
    which file still lacks something about it.
    """

    name: str
    inputs: tuple[str, ...]  # what it is differentiated by; nothing: the forward alone is compared
    documents: tuple[str, ...] = ()  # the statements it implements
    reverse: str = ""  # its backward, where that is not called name_backward
    bound: str = ""  # its rule in `parity.bounds.rules`, where that is not called name
    integers: str = ""  # its rule in `parity.witnesses.lattices`; nothing: not exact on integers
    ordered: bool = True  # it compares elements or wants their size: exact numbers need an order
    elementary: bool = False  # the errors of exp, log, log1p or tanh enter its bounds
    rounded: tuple[str, ...] = ()  # options that both sides round to the dtype first
    # options at whose values, or minus these, it has a kink; or such a value
    kinks: tuple[str | float, ...] = ()
    pieces: str = ""  # how a small problem with chosen elements is cut out of a large one
    in_networks: bool = False  # it has a rule in `parity.bounds.propagation`
    by_name: tuple[str, ...] = ()  # arrays given by name: an option stands before them
    several: bool = False  # it gives parts, which are compared as one array (`parts.py`)
    group: str = ""  # under which heading it is listed; nothing: that of its subject's file

    @property
    def subject(self) -> str:
        """The file of refimpl that it stands in; every room's file about it has that name."""
        return str(getattr(refimpl, self.name).__module__).rpartition(".")[2]

    @property
    def bound_rule(self) -> str:
        """What its rule is called in the table of bounds."""
        return self.bound or self.name

    @property
    def backward_name(self) -> str:
        """What its backward is called."""
        return self.reverse or f"{self.name}_backward"

    def kinks_at(self, options: Mapping[str, Any], dtype: str) -> tuple[float, ...]:
        """The values of an input, as a dtype holds them, at which it may have a kink.

        >>> Function("relu", ("x",)).kinks_at({}, "float32")
        (0.0,)
        >>> Function("leaky_relu", ("x",), kinks=("negative_slope",)).kinks_at({}, "float64")
        (0.0, 0.01, -0.01)
        """
        known = parameters_of(getattr(refimpl, self.name))
        values = [
            options.get(kink, known[kink].default) if isinstance(kink, str) else kink
            for kink in self.kinks
        ]
        sizes = [float(np.dtype(dtype).type(value)) for value in values]
        return (0.0, *sizes, *(-size for size in sizes))

    def options_in(self, options: Mapping[str, Any], dtype: str) -> dict[str, Any]:
        """The options as both sides take them beside arrays of a dtype, those left out included.

        >>> Function("leaky_relu", ("x",), rounded=("negative_slope",)).options_in({}, "float16")
        {'negative_slope': 0.01000213623046875}
        """
        known = parameters_of(getattr(refimpl, self.name))
        defaults = {n: p.default for n, p in known.items() if p.default is not p.empty}
        left_out = {n: defaults[n] for n in self.rounded if n in defaults and n not in options}
        given = {**options, **left_out}  # a mistake in refimpl's place may not name its options
        rounded = [n for n in self.rounded if n in given]
        return given | {n: float(np.dtype(dtype).type(given[n])) for n in rounded}

    @property
    def extras(self) -> frozenset[str]:
        """Arrays that may be left out and have no gradient: class weights, running statistics."""
        return frozenset(self.by_name) - frozenset(self.inputs)

    def given(self, arrays: Mapping[str, Array]) -> tuple[list[Array], dict[str, Array]]:
        """The arrays that are given by place, and those by name."""
        named = {name: array for name, array in arrays.items() if name in self.by_name}
        return [array for name, array in arrays.items() if name not in named], named

    def forward(
        self,
        arrays: Mapping[str, Array],
        options: Mapping[str, Any],
        code: Callable[..., Any] | None = None,
    ) -> Array:
        """refimpl's value, or that of other code in its place."""
        code = code or getattr(refimpl, self.name)
        return np.asarray(self.called(code, arrays, options))

    def called(
        self,
        code: Callable[..., Any],
        arrays: Mapping[str, Array],
        options: Mapping[str, Any],
        *first: Array,
    ) -> Any:
        """Code in the function's place on arrays and options, behind the arrays `first`."""
        placed, named = self.given(arrays)
        placed = [*first, *placed]
        if not self.several:
            return code(*placed, **named, **options)
        *upstream, x = placed
        if upstream:
            return code(self.upstream(upstream[0], x, options), x, **options)
        return self.as_one(code(x, **options))

    def as_one(self, y: Any) -> Any:
        """What the function gives; several parts as one array."""
        return stacked(y) if self.several else y

    def upstream(self, dy: Array, x: Array, options: Mapping[str, Any]) -> Any:
        """dy as the backward takes it: cut into parts where there are several."""
        if not self.several:
            return dy
        return apart(dy, [part.shape for part in getattr(refimpl, self.name)(x, **options)])

    def backward(
        self,
        dy: Array,
        arrays: Mapping[str, Array],
        options: Mapping[str, Any],
        code: Callable[..., Any] | None = None,
    ) -> dict[str, Array]:
        """refimpl's gradients, or those of other code; without a bias, none for it."""
        if not self.inputs:
            return {}
        code = code or getattr(refimpl, self.backward_name)
        given = {name: array for name, array in arrays.items() if name != "bias"}
        grads = self.called(code, given, options, dy)
        if hasattr(grads, "_asdict"):
            by_name = grads._asdict()
        else:
            parts = grads if isinstance(grads, tuple) else (grads,)
            by_name = {f"d{name}": part for name, part in zip(self.inputs, parts, strict=False)}
        return {n: np.asarray(by_name[f"d{n}"]) for n in self.inputs if n in arrays}

    @property
    def has_indices(self) -> bool:
        """Whether `name_with_indices` tells where each value stands."""
        return hasattr(refimpl, f"{self.name}_with_indices")

    def indices(self, arrays: Mapping[str, Array], options: Mapping[str, Any]) -> Array:
        """refimpl's indices, as float64: they are compared as numbers."""
        _, places = getattr(refimpl, f"{self.name}_with_indices")(*arrays.values(), **options)
        return np.asarray(places, np.float64)

    def tensors(
        self, dy: Array, arrays: Mapping[str, Array], options: Mapping[str, Any]
    ) -> dict[str, Array]:
        """Everything that is compared: "y", "dx", …, and "indices" where there are any."""
        y, gradients = self.forward(arrays, options), self.backward(dy, arrays, options)
        named = {"y": y, **{f"d{name}": gradient for name, gradient in gradients.items()}}
        if self.has_indices:
            named["indices"] = self.indices(arrays, options)
        return named


@cache
def parameters_of(code: Callable[..., Any]) -> Mapping[str, Parameter]:
    """The parameters of a function, looked up once."""
    return signature(code).parameters


AFFINE = ("x", "weight", "bias")


def sum_of_products(name: str, inputs: tuple[str, ...], *documents: str, **more: Any) -> Function:
    """Sums of products of its inputs: nothing is compared, integers stay integers."""
    facts = {"bound": "sums", "integers": "sums", "ordered": False, **more}
    return Function(name, inputs, documents, **facts)


def moved(name: str, inputs: tuple[str, ...], *documents: str, **more: Any) -> Function:
    """Its elements are moved or added: nothing is compared."""
    facts = {"bound": "moved", "integers": "sums", "ordered": False, **more}
    return Function(name, inputs, documents, **facts)


def maximum(name: str, *documents: str, **more: Any) -> Function:
    facts = {"bound": "max_pool", "integers": "maxima", "pieces": MAP, **more}
    return Function(name, ("x",), documents, **facts)


def average(name: str, *documents: str, **more: Any) -> Function:
    facts = {"bound": "sums", "integers": "averages", "ordered": False, "pieces": MAP, **more}
    return Function(name, ("x",), documents, **facts)

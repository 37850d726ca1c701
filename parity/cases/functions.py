"""What is compared: each function's differentiable inputs, and how `refimpl` is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array

# What an element of a function's tensors depends on: the elements at its own place, its own map,
# the windows it lies in, its own row.
ELEMENT, MAP, WINDOW, ROW = "element", "map", "window", "row"


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
    pieces: str = ""  # how a small problem with chosen elements is cut out of a large one
    in_networks: bool = False  # it has a rule in `parity.bounds.propagation`

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

    def forward(
        self,
        arrays: Mapping[str, Array],
        options: Mapping[str, Any],
        code: Callable[..., Any] | None = None,
    ) -> Array:
        """refimpl's value, or that of other code in its place."""
        code = code or getattr(refimpl, self.name)
        return np.asarray(code(*arrays.values(), **options))

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
        given = [array for name, array in arrays.items() if name != "bias"]
        grads = code(dy, *given, **options)
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


_AFFINE = ("x", "weight", "bias")


def _sum_of_products(name: str, inputs: tuple[str, ...], *documents: str, **more: Any) -> Function:
    """Sums of products of its inputs: nothing is compared, integers stay integers."""
    facts = {"bound": "sums", "integers": "sums", "ordered": False, **more}
    return Function(name, inputs, documents, **facts)


def _moved(name: str, inputs: tuple[str, ...], *documents: str, **more: Any) -> Function:
    """Its elements are moved or added: nothing is compared."""
    facts = {"bound": "moved", "integers": "sums", "ordered": False, **more}
    return Function(name, inputs, documents, **facts)


def _maximum(name: str, *documents: str, **more: Any) -> Function:
    facts = {"bound": "max_pool", "integers": "maxima", "pieces": MAP, **more}
    return Function(name, ("x",), documents, **facts)


def _average(name: str, *documents: str, **more: Any) -> Function:
    facts = {"bound": "sums", "integers": "averages", "ordered": False, "pieces": MAP, **more}
    return Function(name, ("x",), documents, **facts)


_WINDOWS = ("D0.4", "D0.11", "D2.28")

FUNCTIONS = {
    function.name: function
    for function in (
        _sum_of_products(
            "conv1d", _AFFINE, "D0.12", "D0.13", "D4.1", "D4.8", "D4.17", pieces=WINDOW
        ),
        _sum_of_products(
            "conv2d",
            _AFFINE,
            *("D0.12", "D0.13", "D2.23", "D2.24", "D2.25", "D4.1", "D4.8"),
            pieces=WINDOW,
            in_networks=True,
        ),
        _sum_of_products("conv3d", _AFFINE, "D0.5", "D0.12", "D0.13", pieces=WINDOW),
        _sum_of_products("correlate2d", ("a", "kernel"), "D1.15", "D4.1", "D4.10", "D4.11"),
        _sum_of_products("convolve2d", ("a", "kernel"), "D1.14", "D1.15", "D1.30", "D4.2"),
        _moved("rot180", ("a",), "D1.25", "D4.7"),
        _sum_of_products(
            "shared_conv2d", _AFFINE, "D1.16", "D1.25", "D1.26", "D1.27", bound="shared_conv2d"
        ),
        _maximum("max_pool1d", *_WINDOWS),
        _maximum("max_pool2d", *_WINDOWS, in_networks=True),
        _maximum("max_pool3d", *_WINDOWS),
        _average("avg_pool1d", *_WINDOWS),
        _average("avg_pool2d", *_WINDOWS, in_networks=True),
        _average("avg_pool3d", *_WINDOWS),
        _sum_of_products("weighted_pool2d", _AFFINE, "D0.11", "D1.17", pieces=MAP),
        Function(
            "gaussian_pool2d",
            ("x",),
            ("D0.11", "D1.17"),
            elementary=True,
            rounded=("sigma",),
            pieces=MAP,
        ),
        Function(
            "downsample",
            ("x",),
            ("D0.11", "D1.18", "D1.23", "D1.30"),
            reverse="upsample",
            integers="downsampled",
            pieces=MAP,
        ),
        _sum_of_products(
            "linear",
            _AFFINE,
            *("D0.8", "D0.10", "D1.9", "D2.20", "D2.21"),
            pieces=ROW,
            in_networks=True,
        ),
        _moved("flatten", ("x",), "D1.19", "D1.22", in_networks=True),
        _moved("add", ("x", "branch"), "D4.16", bound="add", pieces=ELEMENT, in_networks=True),
        _moved("concatenate", ("a", "b", "c", "d"), "D4.18", in_networks=True),
        Function(
            "relu",
            ("x",),
            ("D2.9", "D2.19"),
            bound="moved",
            integers="signs",
            pieces=ELEMENT,
            in_networks=True,
        ),
        Function(
            "leaky_relu",
            ("x",),
            ("D2.9",),
            integers="signs",
            rounded=("negative_slope",),
            pieces=ELEMENT,
            in_networks=True,
        ),
        Function(
            "sigmoid", ("x",), ("D1.10", "D2.9"), elementary=True, pieces=ELEMENT, in_networks=True
        ),
        Function(
            "tanh",
            ("x",),
            ("D1.2", "D1.10"),
            ordered=False,
            elementary=True,
            pieces=ELEMENT,
            in_networks=True,
        ),
        # Derivatives themselves, as functions of the output: no formula differentiates them again.
        Function("dsigmoid", (), ("D1.10", "D1.30"), ordered=False, pieces=ELEMENT),
        Function("dtanh", (), ("D1.10", "D1.30"), ordered=False, pieces=ELEMENT),
        Function("sign", ("x",), ("D1.2",), bound="moved", integers="signs", pieces=ELEMENT),
        Function("softmax", ("x",), ("D1.28", "D2.8"), elementary=True, in_networks=True),
        Function("log_softmax", ("x",), ("D2.8", "D2.17"), elementary=True),
        Function(
            "dropout",
            ("x",),
            ("D2.13",),
            integers="signs",
            ordered=False,
            pieces=ELEMENT,
            in_networks=True,
        ),
        # Models of one layer; their gradients are those of the networks of the same names.
        Function("perceptron", (), ("D1.2", "D1.3", "D1.37")),
        Function("logistic_regression", (), ("D1.2",), elementary=True),
        Function("softmax_regression", (), ("D1.2", "D1.3"), elementary=True),
        Function(
            "cross_entropy",
            ("logits",),
            ("D2.14", "D2.15", "D2.17", "D2.18"),
            elementary=True,
            in_networks=True,
        ),
        Function(
            "binary_cross_entropy_with_logits",
            ("logits",),
            ("D1.2",),
            elementary=True,
            in_networks=True,
        ),
        Function("log_likelihood", ("logits",), ("D1.2",), elementary=True),
        Function("perceptron_loss", ("score",), ("D1.2",), integers="signs", in_networks=True),
        Function(
            "squared_error",
            ("output",),
            ("D1.4", "D1.7"),
            integers="squares",
            ordered=False,
            in_networks=True,
        ),
    )
}


def backward_of(name: str) -> str:
    """What the backward of a function is called."""
    return FUNCTIONS[name].backward_name if name in FUNCTIONS else f"{name}_backward"


def forward_of(name: str) -> str:
    """The function that a forward or a backward belongs to.

    >>> forward_of("upsample"), forward_of("relu_backward"), forward_of("relu")
    ('downsample', 'relu', 'relu')
    """
    forwards = {function.backward_name: function.name for function in FUNCTIONS.values()}
    return forwards.get(name, name.removesuffix("_backward"))

"""What is compared: each function's differentiable inputs, and how `refimpl` is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array


@dataclass(frozen=True)
class Function:
    """A function of `refimpl` that has a twin in torch and, if it has inputs, a backward."""

    name: str
    inputs: tuple[str, ...]  # what it is differentiated by; nothing: the forward alone is compared
    documents: tuple[str, ...]  # the statements it implements
    reverse: str = ""  # its backward, where that is not called name_backward

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

FUNCTIONS = {
    function.name: function
    for function in (
        Function("conv1d", _AFFINE, ("D0.12", "D0.13", "D4.1", "D4.8", "D4.17")),
        Function("conv2d", _AFFINE, ("D0.12", "D0.13", "D2.23", "D2.24", "D2.25", "D4.1", "D4.8")),
        Function("conv3d", _AFFINE, ("D0.5", "D0.12", "D0.13")),
        Function("correlate2d", ("a", "kernel"), ("D1.15", "D4.1", "D4.10", "D4.11")),
        Function("convolve2d", ("a", "kernel"), ("D1.14", "D1.15", "D1.30", "D4.2")),
        Function("rot180", ("a",), ("D1.25", "D4.7")),
        Function("shared_conv2d", _AFFINE, ("D1.16", "D1.25", "D1.26", "D1.27")),
        *(Function(f"max_pool{n}d", ("x",), ("D0.4", "D0.11", "D2.28")) for n in (1, 2, 3)),
        *(Function(f"avg_pool{n}d", ("x",), ("D0.4", "D0.11", "D2.28")) for n in (1, 2, 3)),
        Function("weighted_pool2d", _AFFINE, ("D0.11", "D1.17")),
        Function("gaussian_pool2d", ("x",), ("D0.11", "D1.17")),
        Function("downsample", ("x",), ("D0.11", "D1.18", "D1.23", "D1.30"), "upsample"),
        Function("linear", _AFFINE, ("D0.8", "D0.10", "D1.9", "D2.20", "D2.21")),
        Function("flatten", ("x",), ("D1.19", "D1.22")),
        Function("add", ("x", "branch"), ("D4.16",)),
        Function("concatenate", ("a", "b", "c", "d"), ("D4.18",)),
        Function("relu", ("x",), ("D2.9", "D2.19")),
        Function("leaky_relu", ("x",), ("D2.9",)),
        Function("sigmoid", ("x",), ("D1.10", "D2.9")),
        Function("tanh", ("x",), ("D1.2", "D1.10")),
        # Derivatives themselves, as functions of the output: no formula differentiates them again.
        Function("dsigmoid", (), ("D1.10", "D1.30")),
        Function("dtanh", (), ("D1.10", "D1.30")),
        Function("sign", ("x",), ("D1.2",)),
        Function("softmax", ("x",), ("D1.28", "D2.8")),
        Function("log_softmax", ("x",), ("D2.8", "D2.17")),
        Function("dropout", ("x",), ("D2.13",)),
        # Models of one layer; their gradients are those of the networks of the same names.
        Function("perceptron", (), ("D1.2", "D1.3", "D1.37")),
        Function("logistic_regression", (), ("D1.2",)),
        Function("softmax_regression", (), ("D1.2", "D1.3")),
        Function("cross_entropy", ("logits",), ("D2.14", "D2.15", "D2.17", "D2.18")),
        Function("binary_cross_entropy_with_logits", ("logits",), ("D1.2",)),
        Function("log_likelihood", ("logits",), ("D1.2",)),
        Function("perceptron_loss", ("score",), ("D1.2",)),
        Function("squared_error", ("output",), ("D1.4", "D1.7")),
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

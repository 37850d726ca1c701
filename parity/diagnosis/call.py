"""What a case asks: sizes, options and numbers, by the names that a learner knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from inspect import signature
from math import prod
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.witnesses.problem import Problem

POOLINGS = ("max_pooling", "average_pooling", "weighted_pooling", "sampling")
MAPS = ("convolution", "transposed_convolution", "adaptive_pooling", *POOLINGS)
LOSSES = ("losses", "linear_models")


@cache
def defaults_of(function: str) -> Mapping[str, Any]:
    """The parameters of a function of refimpl, and their defaults."""
    known = signature(getattr(refimpl, function)).parameters
    return {name: parameter.default for name, parameter in known.items()}


@dataclass(frozen=True)
class Call:
    """A problem with its geometry worked out."""

    problem: Problem

    @property
    def subject(self) -> str:
        """The file of refimpl that the function stands in."""
        return FUNCTIONS[self.problem.function].subject

    @property
    def x(self) -> Array:
        """The first array."""
        return next(iter(self.problem.arrays.values()))

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What the function takes, by name, with the defaults."""
        return defaults_of(self.problem.function)

    def option(self, name: str) -> Any:
        """An option as it is given or by default; None in a function without it."""
        return self.problem.options.get(name, self.parameters.get(name))

    @property
    def in_maps(self) -> bool:
        """Whether windows slide over maps: x is (N, C, *S)."""
        return self.subject in MAPS and self.x.ndim > 2

    @property
    def sides(self) -> tuple[int, ...]:
        """The sizes of the maps, (H, W); of a plain image, too."""
        if self.in_maps or self.subject == "dense" or self.x.ndim > 3:
            return self.x.shape[2:]
        return self.x.shape[-2:] if self.subject == "correlation" else ()

    @property
    def outputs(self) -> tuple[int, ...]:
        """The sizes of the maps that come out."""
        return self.problem.dy.shape[2:] if self.in_maps else ()

    @cached_property
    def kernel(self) -> tuple[int, ...]:
        """The sides of a window; () where there is none."""
        weight = self.problem.arrays.get("weight", self.problem.arrays.get("kernel"))
        if self.subject == "correlation" and weight is not None:
            return weight.shape[-2:]
        if not self.in_maps:
            return ()
        if weight is not None:
            return weight.shape[-len(self.sides) :]
        size = self.option("kernel_size")
        return self.each(self.option("size") if size is None else size)

    @cached_property
    def stride(self) -> tuple[int, ...]:
        """How far a window moves; of a pooling without a stride, by its own size."""
        stride = self.option("stride")
        if stride is None and self.subject in POOLINGS:
            return self.kernel
        return self.each(stride)

    @cached_property
    def dilation(self) -> tuple[int, ...]:
        """How far apart the places of a window are."""
        return self.each(self.option("dilation"))

    def each(self, option: Any) -> tuple[int, ...]:
        """An option for one axis or for all, as a number for each axis."""
        n = len(self.sides)
        if option is None:
            return (1,) * n
        numbers = tuple(map(int, option)) if isinstance(option, tuple | list) else (int(option),)
        return numbers * n if len(numbers) == 1 else numbers

    @cached_property
    def spans(self) -> tuple[int, ...]:
        """How much of an axis a window covers, its gaps included."""
        pairs = zip(self.kernel, self.dilation, strict=False)
        return tuple((k - 1) * d + 1 for k, d in pairs)

    @cached_property
    def padding(self) -> tuple[tuple[int, int], ...]:
        """Zeros before and after each axis."""
        padding = self.option("padding")
        if padding is None or padding == "valid" or not self.sides:
            return ((0, 0),) * len(self.sides)
        if padding in ("same", "full"):
            return tuple(self._named(str(padding)))
        entries = tuple(padding) if isinstance(padding, tuple | list) else (padding,)
        entries = entries * len(self.sides) if len(entries) == 1 else entries
        return tuple((e[0], e[1]) if isinstance(e, tuple | list) else (e, e) for e in entries)

    def _named(self, padding: str) -> Iterable[tuple[int, int]]:
        for size, span, s in zip(self.sides, self.spans, self.stride, strict=False):
            total = max((-(-size // s) - 1) * s + span - size, 0)
            yield (total // 2, total - total // 2) if padding == "same" else (span - 1, span - 1)

    @cached_property
    def left_over(self) -> tuple[int, ...]:
        """Places along each axis that no window reaches: (H + 2p − k) mod s."""
        if self.subject == "transposed_convolution":  # whose windows are in the output
            return (0,) * len(self.sides)
        axes = zip(self.sides, self.padding, self.spans, self.stride, strict=False)
        return tuple((n + sum(pair) - span) % s for n, pair, span, s in axes)

    @property
    def samples(self) -> int:
        """N, where the first axis counts samples; 0 elsewhere."""
        batched = self.in_maps or (self.subject in ("dense", *LOSSES) and self.x.ndim > 1)
        return self.x.shape[0] if batched else 0

    @property
    def channels(self) -> int:
        """The channels of maps; 0 elsewhere."""
        return self.x.shape[1] if self.in_maps else 0

    @cached_property
    def windows(self) -> Array | None:
        """What each window of a pooling holds, −∞ outside the input: (N, C, *S_out, K)."""
        if not self.in_maps or not ({"kernel_size", "size"} & self.parameters.keys()):
            return None
        axes = zip(self.padding, self.outputs, self.stride, self.spans, self.sides, strict=True)
        pairs = [
            (before, max(0, (n - 1) * s + span - size - before))
            for (before, _), n, s, span, size in axes
        ]
        padded = np.pad(self.x, ((0, 0), (0, 0), *pairs), constant_values=-np.inf)
        spatial = tuple(range(2, self.x.ndim))
        view = np.lib.stride_tricks.sliding_window_view(padded, self.spans, axis=spatial)
        steps = (slice(None, n * s, s) for n, s in zip(self.outputs, self.stride, strict=True))
        gaps = (slice(None, None, d) for d in self.dilation)
        taken = view[(slice(None), slice(None), *steps, *gaps)]
        return taken.reshape(*taken.shape[: self.x.ndim], prod(self.kernel))

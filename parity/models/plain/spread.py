"""Variance, standard deviation, Euclidean norm over axes: sums of squares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parity.bounds.arithmetic import Arithmetic, Sides, gamma
from parity.bounds.bound import Bound, bounded, each_side
from parity.cases.case import Array
from parity.models.references import NotUnderstoodError
from parity.witnesses.problem import Problem


@dataclass(frozen=True)
class Spread:
    """y = Σ (x − centre)² / divisor over axes, or its root.

    centred: the mean is taken off; otherwise nothing is. root: √ of it. divisor: K − correction of
    a variance, 1 of a norm. Any order of sums is allowed, also Σ x² − K·mean², which cancels: the
    error is γ_{K+6} of what is added up there.
    """

    function: str
    arrays: Mapping[str, Array]
    axes: tuple[int, ...]
    keep: bool
    centred: bool
    root: bool
    divisor: float

    @property
    def inputs(self) -> tuple[str, ...]:
        return ("x",)

    @property
    def _x(self) -> Array:
        return self.arrays["x"].astype(np.float64)

    def _off(self) -> Array:
        x = self._x
        return x - x.mean(axis=self.axes, keepdims=True) if self.centred else x

    def _wide(self) -> Array:
        """The value with its axes kept."""
        squares = np.sum(self._off() ** 2, axis=self.axes, keepdims=True) / self.divisor
        return np.asarray(np.sqrt(squares) if self.root else squares)

    def _shaped(self, wide: Array) -> Array:
        return wide if self.keep else np.squeeze(wide, self.axes)

    def _terms(self) -> Array:
        """How many numbers are added up."""
        return np.asarray(float(np.prod([self._x.shape[axis] for axis in self.axes])) + 6)

    def value(self) -> Array:
        return self._shaped(self._wide())

    def _off_by(self, side: Arithmetic) -> Array:
        """What a side's variance or norm may be off by, its axes kept."""
        sizes = np.sum(self._x**2, axis=self.axes, keepdims=True) / self.divisor
        sizes = sizes * (4 if self.centred else 1)
        off = gamma(self._terms(), side.u) * sizes + self._terms() * side.eta
        if not self.root:
            return np.asarray(off)
        value = self._wide()
        with np.errstate(all="ignore"):
            rooted = np.minimum(off / value, np.sqrt(off))
        return np.asarray(np.where(value > 0, rooted, np.sqrt(off)) + 2 * side.u * value)

    def value_bound(self, sides: Sides) -> Bound:
        limits = each_side(lambda side: self._shaped(self._off_by(side)), sides)
        return bounded(limits, np.sum(self._x**2, axis=self.axes, keepdims=self.keep), sides)

    def _slopes(self, dy: Array) -> Array:
        """dy times the factor of x − centre."""
        wide = dy.astype(np.float64) if self.keep else np.expand_dims(dy, self.axes)
        if not self.root:
            return np.asarray(2 * wide / self.divisor)
        value = self._wide()
        with np.errstate(all="ignore"):
            return np.where(value == 0, 0.0, wide / (self.divisor * value))

    def gradients(self, dy: Array) -> Mapping[str, Array]:
        return {"x": self._slopes(dy) * self._off()}

    def gradient_bounds(self, dy: Array, sides: Sides) -> Mapping[str, Bound]:
        x, slopes = self._x, np.abs(self._slopes(dy))
        sizes = np.abs(x)
        if self.centred:
            sizes = sizes + np.abs(x).mean(axis=self.axes, keepdims=True)

        def of_side(side: Arithmetic) -> Array:
            off = gamma(self._terms(), side.u) * slopes * sizes
            if self.root:
                value = self._wide()
                with np.errstate(all="ignore"):
                    share = np.where(value > 0, self._off_by(side) / value, 0.0)
                off = off + slopes * np.abs(self._off()) * share
            return np.asarray(off + 4 * side.eta)

        return {"x": bounded(each_side(of_side, sides), slopes * sizes, sides)}

    def error(self, errors: Mapping[str, Array], sides: Sides) -> Array:
        raise NotUnderstoodError(f"no rule says how errors go through {self.function}")

    def gradient_errors(
        self, dy: Array, errors: Mapping[str, Array], sides: Sides
    ) -> Mapping[str, Array]:
        raise NotUnderstoodError(f"no rule says how errors go through {self.function}")

    def problem(self, dy: Array) -> Problem | None:
        return None

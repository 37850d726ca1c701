"""An ε that is added is named with its size; what merely is as small is not taken for one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from observing import Code, Tensors, observed

from parity.cases.case import Array
from parity.diagnosis.diagnose import diagnose
from parity.diagnosis.tampered import is_finite
from parity.witnesses.problem import Problem


def softmax(x: Array, axis: int, eps: float = 0.0) -> Array:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(e / (e.sum(axis=axis, keepdims=True) + eps))


def cross_entropy(eps: float) -> Code:
    """-mean(sum(t · log(p + ε))), as it is written in exercises."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        logits, target = problem.arrays["logits"].astype(float), problem.arrays["target"]
        axis = 1 if logits.ndim > 1 else 0
        p = np.moveaxis(softmax(logits, axis), axis, -1)
        if target.dtype.kind in "iu":
            losses = -np.log(np.take_along_axis(p, target[..., None], -1)[..., 0] + eps)
        else:
            losses = -np.sum(np.moveaxis(target, axis, -1) * np.log(p + eps), axis=-1)
        how = problem.options.get("reduction", "mean")
        y = losses if how == "none" else getattr(np, how)(losses)
        return {"y": np.asarray(y, right["y"].dtype)}

    return code


def binary(eps: float) -> Code:
    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        z, t = problem.arrays["logits"].astype(float), problem.arrays["target"]
        p = 1 / (1 + np.exp(-z))
        losses = -(t * np.log(p + eps) + (1 - t) * np.log(1 - p + eps))
        dlogits = (-t / (p + eps) + (1 - t) / (1 - p + eps)) * p * (1 - p)
        how = problem.options.get("reduction", "mean")
        y = losses if how == "none" else getattr(np, how)(losses)
        dlogits = dlogits * problem.dy / (z.size if how == "mean" else 1)
        dtype = right["y"].dtype
        return {"y": np.asarray(y, dtype), "dlogits": np.asarray(dlogits, dtype)}

    return code


def of_softmax(eps: float) -> Code:
    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        x, axis = problem.arrays["x"], problem.options.get("axis", -1)
        return {"y": softmax(x.astype(float), axis, eps).astype(x.dtype)}

    return code


def of_dropout(eps: float) -> Code:
    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        p = float(problem.options.get("p", 0.5))
        return {"y": np.asarray(right["y"] * ((1 - p) / (1 - p + eps)), right["y"].dtype)}

    return code


def has_options(problem: Problem) -> bool:
    """Class weights, label smoothing, samples that are ignored: exercises have none."""
    target = problem.arrays.get("target", np.zeros(1))
    smoothed = bool(problem.options.get("label_smoothing"))
    return (
        smoothed
        or "weight" in problem.arrays
        or (target.dtype.kind == "i" and target.min(initial=0) < 0)
    )


def plain(function: str, code: Code) -> list[str]:
    """What is said of cases whose exponentials stay small."""

    def where_there_are_numbers(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        there = all(a.size for a in problem.arrays.values())
        return code(problem, right) if there and not has_options(problem) else {}

    found = [
        o
        for o in observed(function, where_there_are_numbers, count=60)
        if is_finite(o.problem)
        and not has_options(o.problem)
        and max(abs(a).max(initial=0) for a in o.problem.arrays.values()) < 20
    ]
    assert sum(bool(o.wrong) for o in found) > 1
    return [cause.text for cause in diagnose(found)]


@pytest.mark.parametrize("eps", [1e-8, 1e-10, 1e-5, 3e-7])
def test_in_a_logarithm(eps: float) -> None:
    """The size is that of the code, whatever it is."""
    written = f"{eps:.2g}".replace("e-0", "e-")
    assert f"y: takes log(p + ε), ε ≈ {written}" in plain("cross_entropy", cross_entropy(eps))


def test_in_both_logarithms_and_in_what_follows_of_them() -> None:
    """Value and gradient each have it."""
    said = plain("binary_cross_entropy_with_logits", binary(1e-7))
    assert "y: takes log(p + ε), ε ≈ 1e-7" in said
    assert "dlogits: divides by p + ε, ε ≈ 1e-7" in said


def test_in_a_quotient() -> None:
    """Of a softmax, shifted, and of dropout."""
    said = plain("softmax", of_softmax(1e-6))
    assert "y: divides by Σ e^(x − max x) + ε, ε ≈ 1e-6" in said
    assert not any("Σ e^x" in one for one in said)
    assert "y: divides by 1 − p + ε, ε ≈ 1e-6" in plain("dropout", of_dropout(1e-6))


@pytest.mark.parametrize("function", ["cross_entropy", "softmax", "log_softmax"])
def test_what_is_as_small_is_no_epsilon(function: str) -> None:
    """A factor 1 + 1e-6, and 1e-6 added to the result, are something else."""

    def factor(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        return {"y": right["y"] * right["y"].dtype.type(1 + 1e-6)}

    def added(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        return {"y": right["y"] + right["y"].dtype.type(1e-6)}

    for code in (factor, added):
        assert not [one for one in plain(function, code) if "ε" in one]

"""Dropout that draws its mask itself: the mask is taken from what it gives.

What is judged is that value and gradient belong to one mask, which can have been drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import log, log1p
from typing import Any

import numpy as np

from parity.candidates.styles.keywords import by_keyword, settled
from parity.candidates.styles.requests import LAYER, call
from parity.candidates.styles.style import Signature, Step, Told
from parity.cases.case import Array
from parity.witnesses.problem import Problem

NEVER = 1e-9  # no right code draws a mask that is less probable
KEEP = ("keep_prob", "keep_probability", "p_keep", "keep", "keep_rate", "retain_prob")
# What says whether a layer is training: an argument of its forward, an attribute, two methods.
FLAGS = (
    *("training", "train", "is_training", "is_train", "train_flg", "train_flag", "train_mode"),
    "mode",
)


def drawn(problem: Problem, inverted: bool = True) -> Callable[[Mapping[str, Any]], Problem]:
    """The problem with the mask that was drawn; without one if none can have been.

    inverted: whether it divides by 1 − p; what does not is judged as with p=0.
    """

    def judged(found: Mapping[str, Any]) -> Problem:
        x, p = problem.arrays["x"], settled(problem)["p"]
        kept = nodes_kept(x, found.get("y"), found.get("dx"), problem)
        if kept is None:
            return problem
        if not can_be_drawn(kept[x != 0], 1 - p):
            others = {name: array for name, array in problem.arrays.items() if name != "mask"}
            return problem._replace(arrays=others)
        mask = kept.astype(problem.arrays["mask"].dtype)
        options = problem.options if inverted else {**problem.options, "p": 0}
        return problem._replace(arrays={**problem.arrays, "mask": mask}, options=options)

    return judged


def reseeded(step: Step) -> Step:
    """The call with other random numbers than the one before it: a mask drawn anew is another."""
    request, arrays = step.ask
    return step._replace(ask=({**request, "seed": 1}, arrays))


def nodes_kept(x: Array, y: Any, dx: Any, problem: Problem) -> Array | None:
    """Where y, or dx where x is 0, is not 0; None if y has not the shape of x."""
    if not isinstance(y, np.ndarray) or y.shape != x.shape:
        return None
    kept = np.asarray(y != 0)
    if isinstance(dx, np.ndarray) and dx.shape == x.shape:
        kept = np.where(x == 0, dx != 0, kept)
    return kept


def can_be_drawn(kept: Array, probability: float) -> bool:
    """Whether a mask that keeps so many nodes is more probable than `NEVER`.

    Chernoff: P(share q or one farther from the probability) ≤ 2 e^(−n · KL(q ‖ probability))

    >>> can_be_drawn(np.ones(40, bool), 0.5), can_be_drawn(np.arange(40) % 3 > 0, 0.5)
    (False, True)
    """
    n, ones = kept.size, int(kept.sum())
    if not 0 < probability < 1 or n == 0:
        return bool(n == 0 or ones == n * probability)
    q = ones / n
    information = (q * log(q / probability) if q else 0.0) + (
        (1 - q) * (log1p(-q) - log1p(-probability)) if q < 1 else 0.0
    )
    return log(2) - n * information > log(NEVER)


# --- training and evaluation --------------------------------------------------------------


def flags(parameters: Signature, training: bool) -> dict[str, Any]:
    """What a forward is told of training, if it has a parameter for it.

    >>> from parity.candidates.styles.style import Parameter
    >>> flags((Parameter("x", "", False), Parameter("train_flg", "", True)), False)
    {'train_flg': False}
    """
    named = next((name for name in FLAGS if name in by_keyword(parameters)), "")
    words = {True: "train", False: "test"}
    return {named: words[training] if named == "mode" else training} if named else {}


def switching(told: Told, training: bool) -> list[Step]:
    """The call of train() or eval(), of a layer that has both."""
    has_both = told.style == "torch" or {"train", "eval"} <= set(told.methods)
    return [Step(call(f"{LAYER}.{'train' if training else 'eval'}", ()))] if has_both else []


def attribute_set(told: Told, training: bool) -> dict[str, Any]:
    """The attribute that says whether it is training, if it has one."""
    return {told.dropping.flag: training} if told.dropping.flag else {}


def can_evaluate(told: Told, forward: Signature) -> bool:
    """Whether it can be told that it is not training."""
    return bool(switching(told, False) or attribute_set(told, False) or flags(forward, False))


def probability_told(problem: Problem, told: Told, parameters: Signature) -> dict[str, Any]:
    """The probability to keep, where a constructor asks for that; "p" where trying has shown it."""
    p = settled(problem)["p"]
    names = by_keyword(parameters)
    named = next((name for name in KEEP if name in names), "")
    if not named and told.dropping.keeps:
        named = next((name for name in names if name in ("p", "prob", "rate", "ratio")), "")
    return {named: 1 - p} if named else {}


def with_settings(told: Told, settings: Mapping[str, Any]) -> Told:
    """The attribute that says whether it is training, as an object shows it."""
    named = (n for n, v in settings.items() if n.strip("_") in FLAGS and type(v) is bool)
    return replace(told, dropping=told.dropping._replace(flag=next(named, "")))

"""Targets that are probabilities, weights of classes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parity.cases.case import Array
from parity.peers.probe import Probe
from parity.peers.probes.topics import LABELS, numbers

LOGITS = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
WEIGHT = numbers(1, 2, 5)


def soft_labels() -> Iterator[Probe]:
    """The gradient of labels that add up to 2; what a mean of weighted losses divides by."""
    logits, target = LOGITS[:1], np.array([[0.5, 0.5, 1.0]])
    p = np.exp(logits) / np.exp(logits).sum()
    gradients = {"dlogits is p·s − t": p * 2 - target, "dlogits is p − t": p - target}
    yield Probe(
        "cross_entropy",
        LABELS,
        "gradient where they add up to s = 2",
        {"logits": logits, "target": target},
        {"reduction": "sum"},
        3.0,
        {said: {"dlogits": 3 * gradient} for said, gradient in gradients.items()},
    )
    yield _of_probabilities()
    yield _of_classes()


def _logs() -> Array:
    """log p, (N, C)"""
    return np.asarray(LOGITS - np.log(np.exp(LOGITS).sum(1, keepdims=True)))


def _of_probabilities() -> Probe:
    """Σ_nc w[c]·t[n,c]·(−log p[n,c]), over N or over Σ w·t; or samples weighted by Σ_c w·t."""
    target = np.array([[0.5, 0.25, 0.25], [0.125, 0.375, 0.5]])
    total = -(WEIGHT * target * _logs()).sum()
    of_samples = (WEIGHT * target).sum(1)
    weighted = -(of_samples * (target * _logs()).sum(1)).sum()
    answers = {
        "the mean divides by N": total / 2,
        "the mean divides by Σ w·t": total / of_samples.sum(),
        "a sample is weighted by its Σ w·t, the mean divides by N": weighted / 2,
        "a sample is weighted by its Σ w·t, the mean divides by all of them": (
            weighted / of_samples.sum()
        ),
    }
    # of_samples: (N,)
    arrays = {"logits": LOGITS, "target": target, "weight": WEIGHT}
    return Probe(
        "cross_entropy",
        LABELS,
        "weights of classes, probabilities",
        arrays,
        {},
        3.0,
        {said: {"y": np.asarray(y)} for said, y in answers.items()},
    )


def _of_classes() -> Probe:
    """Σ_n w[t_n]·(−log p[n,t_n]), over Σ w[t_n] or over N."""
    target = np.array([2, 0])
    total = -(WEIGHT[target] * _logs()[[0, 1], target]).sum()
    answers = {
        "the mean divides by Σ w": total / WEIGHT[target].sum(),
        "the mean divides by N": total / 2,
    }
    arrays = {"logits": LOGITS, "target": target, "weight": WEIGHT}
    return Probe(
        "cross_entropy",
        LABELS,
        "weights of classes, class indices",
        arrays,
        {},
        3.0,
        {said: {"y": np.asarray(y)} for said, y in answers.items()},
        kept={"target": "int64"},
    )

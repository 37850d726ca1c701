"""Values or places of `…_with_indices` that are wrong, or of another kind, are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from asking import faults
from planting import plant

import refimpl
from parity.witnesses.properties.indices import with_indices

CASE = "max_pool2d[overlap 3 stride 2]"


@pytest.mark.parametrize("case", [CASE, "max_pool1d[overlap]", "max_pool3d[gaps]", "relu[maps]"])
def test_the_right_code(case: str) -> None:
    """What has no indices is not asked for them."""
    assert faults(with_indices, case) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            lambda both: (2 * both[0], both[1]),
            "max_pool2d_with_indices: the value at (0, 0, 0, 0) ",
        ),
        (lambda both: (both[0], both[1] + 0.0), "max_pool2d_with_indices: indices are float64, "),
        (lambda both: (both[0], both[1].astype(np.int32)), "max_pool2d_with_indices: indices are "),
        (lambda both: (both[0], both[1].tolist()), "max_pool2d_with_indices: indices are list, "),
        (lambda both: (both[0], 0 * both[1]), "max_pool2d_with_indices: x at the indices at (0, "),
        (lambda both: both[1], "max_pool2d_with_indices returns ndarray, not two arrays"),
    ],
)
def test_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], Any], text: str
) -> None:
    """Each in a sentence."""
    plant(monkeypatch, refimpl, "max_pool2d_with_indices", change)
    assert faults(with_indices, CASE)[0].startswith(text)


def test_a_backward_that_takes_the_indices_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gradient at other places than those handed over."""

    def wrong(dy: Any, x: Any, *args: Any, indices: Any = None, **options: Any) -> Any:
        moved = None if indices is None else np.maximum(indices - 1, 0)
        return right(dy, x, *args, indices=moved, **options)

    right = refimpl.max_pool2d_backward
    monkeypatch.setattr(refimpl, "max_pool2d_backward", wrong)
    said = "max_pool2d_backward, handed these indices: dx at (0, "
    assert faults(with_indices, CASE)[0].startswith(said)

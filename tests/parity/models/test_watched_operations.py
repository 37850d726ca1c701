"""Every rule: what torch computes holds, and what is a little off is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import more_operations_asked
import numpy as np
import operations_asked
import pytest
import torch

from parity.models.listening import Judge
from parity.models.rules.every import RULES
from parity.oracle.observed.held import Held
from parity.oracle.observed.operation import Operation
from parity.oracle.observed.recorder import Recorder
from parity.results.settings import Settings

CALLS = operations_asked.CALLS | more_operations_asked.CALLS
FORWARD = operations_asked.FORWARD | more_operations_asked.FORWARD
OFF = 1 + 2.0**-30


class Tampering(Judge):
    """Hears of other numbers than torch computed. what: "y" or "dx"."""

    def __init__(self, what: str, change: Callable[[Any], Any]) -> None:
        super().__init__(Settings(), lambda: "model")
        self.what, self.change = what, change
        self.stems: set[str] = set()
        self.tampered: set[int] = set()

    def forward(self, operation: Operation) -> None:
        self.stems.add(operation.stem)
        if self.what == "y":
            changed = [self._changed(held, operation) for held in operation.outputs]
            operation.outputs = changed  # type: ignore[assignment]
        super().forward(operation)

    def backward(
        self, operation: Operation, upstream: Sequence[Held | None], sent: Mapping[str, Held]
    ) -> None:
        if self.what == "dx":
            sent = {name: self._changed(held, operation) for name, held in sent.items()}  # type: ignore[misc]
        super().backward(operation, upstream, sent)

    def _changed(self, held: Held | None, operation: Operation) -> Held | None:
        if held is None:
            return None
        changed = Held(self.change(held.tensor))
        if not torch.equal(changed.tensor, held.tensor):
            self.tampered.add(operation.number)
        return changed


def run(call: Callable[[], torch.Tensor], what: str = "", change: Any = None) -> Tampering:
    """One call, forward and backward, before a judge."""
    torch.manual_seed(20261130)
    judge = Tampering(what, change)
    with Recorder(judge):
        y = call()
        if y.requires_grad:
            y.backward(torch.randn_like(y))
    return judge


@pytest.mark.parametrize("name", CALLS)
def test_what_torch_computes_holds(name: str) -> None:
    judge = run(CALLS[name])
    assert [row for row in judge.rows.all if row.failed] == []
    assert [seen for seen in judge.seen.values() if seen.why_not] == []
    assert any(row.direction == "backward" for row in judge.rows.all)


@pytest.mark.parametrize("name", ["max_pool2d", "max_pool3d", "adaptive_max_pool2d"])
def test_places_of_maxima_are_judged(name: str) -> None:
    def elsewhere(tensor: torch.Tensor) -> torch.Tensor:
        return tensor if tensor.is_floating_point() else tensor + 1

    assert "indices" in {row.tensor for row in run(CALLS[name]).rows.all}
    failed = {row.tensor for row in run(CALLS[name], "y", elsewhere).rows.all if row.failed}
    assert failed == {"indices"}


@pytest.mark.parametrize("name", FORWARD)
def test_what_has_no_gradient_holds(name: str) -> None:
    judge = run(FORWARD[name])
    assert judge.rows.all
    assert [row for row in judge.rows.all if row.failed] == []
    assert [seen for seen in judge.seen.values() if seen.why_not] == []


def test_every_rule_is_asked() -> None:
    asked = set()
    for call in (*CALLS.values(), *FORWARD.values()):
        asked |= run(call).stems
    elsewhere = {"_native_batch_norm_legit", "_reshape_alias"}  # of other modes and compilers
    assert set(RULES) - asked == elsewhere


@pytest.mark.parametrize("what", ["y", "dx"])
@pytest.mark.parametrize("name", CALLS)
def test_a_small_factor_is_refused(name: str, what: str) -> None:
    """Each operation whose numbers were changed has a tensor that is outside."""
    judge = run(
        CALLS[name], what, lambda tensor: tensor * OFF if tensor.is_floating_point() else tensor
    )
    refused = {
        number for number, seen in judge.seen.items() if any(row.failed for row in seen.rows)
    }
    judged = {number for number in judge.tampered if judge.seen[number].rows}
    assert judged
    assert judged <= refused | _of_zeros(judge, what)


def _larger(tensor: torch.Tensor) -> torch.Tensor:
    return tensor * OFF if tensor.is_floating_point() else tensor


def _of_zeros(judge: Tampering, what: str) -> set[int]:
    """Operations that were changed in outputs that nobody judges: the statistics of a norm."""
    return {
        number
        for number in judge.tampered
        if what == "y" and not any(row.tensor == "y" for row in judge.seen[number].rows)
    }


@pytest.mark.parametrize("name", FORWARD)
def test_another_value_is_refused(name: str) -> None:
    def changed(tensor: torch.Tensor) -> torch.Tensor:
        return ~tensor if tensor.dtype == torch.bool else tensor + 1

    judge = run(FORWARD[name], "y", changed)
    assert any(row.failed for row in judge.rows.all)


@pytest.mark.parametrize("name", ["conv2d", "linear", "max_pool2d", "cat", "add"])
def test_swapped_elements_are_refused(name: str) -> None:
    for what in ("y", "dx"):
        judge = run(CALLS[name], what, lambda tensor: tensor.flip(-1))
        assert any(row.failed for row in judge.rows.all)


def test_float32_is_judged_by_float64() -> None:
    """A factor of 1 + 10⁻⁵ is seen; the errors are counted in roundings."""
    torch.manual_seed(0)
    x = torch.randn(4, 3, 8, 8, requires_grad=True)
    weight = torch.randn(5, 3, 3, 3, requires_grad=True)
    judge = Tampering("dx", lambda tensor: tensor * (1 + 1e-5))
    with Recorder(judge):
        y = torch.nn.functional.conv2d(x, weight)
        y.backward(torch.randn_like(y))
    rows = {row.tensor: row for row in judge.rows.all}
    assert not rows["y"].failed
    assert rows["dx"].failed
    assert rows["y"].torch_roundings is not None
    assert 0 < rows["y"].torch_roundings < 8
    assert rows["y"].exact_value is not None
    assert np.float32(rows["y"].exact_value) == pytest.approx(rows["y"].torch_value, rel=1e-5)

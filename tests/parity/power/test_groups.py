"""Groups of cases: every case is in one, and a table shows which groups see a mistake."""

from __future__ import annotations

from typing import Any

import pytest

import refimpl
from parity.cases.case import Case, Draw, Given
from parity.cases.catalogue import GOOD
from parity.mistakes.mistake import Mistake
from parity.power.groups import GROUPS, groups_of, shares
from parity.power.survey import MistakeRow, power
from parity.results.rows import columns
from parity.results.settings import Settings

MAPS, KERNEL = Draw((2, 3, 7, 5)), Draw((4, 3, 2, 3))


def conv(name: str = "one", upstream: str = "normal", **options: Any) -> Case:
    return Case("conv2d", name, {"x": MAPS, "weight": KERNEL}, options, upstream)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (conv(), ["plain"]),
        (conv(stride=1, padding=0), ["plain"]),  # as by default
        (conv(stride=(2, 1), dilation=2), ["stride", "dilation"]),
        (Case("max_pool2d", "one", {"x": MAPS}, {"kernel_size": 2}), ["plain"]),
        (
            Case("max_pool2d", "one", {"x": MAPS}, {"kernel_size": 2, "ceil_mode": True}),
            ["other_options"],
        ),
        (conv(upstream="special"), ["far_numbers"]),
        (Case("relu", "one", {"x": Draw((3, 4), "ties")}), ["equal_numbers"]),
        (Case("relu", "one", {"x": Draw((3, 4), "tiny", "reversed")}), ["views", "far_numbers"]),
        (Case("relu", "one", {"x": Draw(())}), ["small_axes"]),
        (Case("relu", "one", {"x": Draw((0, 4))}), ["small_axes"]),
        (Case("relu", "one", {"x": Given([[1, 2], [3, 4]])}), ["written_out"]),
    ],
)
def test_the_groups_of_a_case(case: Case, expected: list[str]) -> None:
    """All that fit; plain only where nothing else does."""
    assert groups_of(case) == expected


def test_every_case_is_in_a_group() -> None:
    """Those of the catalogue fill each group."""
    found = [groups_of(case) for case in GOOD]
    assert all(found)
    assert {name for groups in found for name in groups} == set(GROUPS)


def test_every_group_has_a_column() -> None:
    """In the order of the groups, behind all others."""
    assert columns(MistakeRow)[-len(GROUPS) :] == [f"in_{name}" for name in GROUPS]


def test_shares() -> None:
    """A case counts in each of its groups; a group without cases says nothing."""
    cases = [conv("a"), conv("b", stride=2), conv("c", stride=2, padding=1)]
    found = shares(cases, {"conv2d[c]"})
    assert (found["in_plain"], found["in_stride"], found["in_padding"]) == (
        "0 of 1",
        "1 of 2",
        "1 of 1",
    )
    assert found["in_dilation"] == ""


def test_what_one_group_alone_refuses() -> None:
    """A mistake with strides is seen by no plain case."""

    def wrong(x: Any, weight: Any, bias: Any = None, stride: Any = 1, **options: Any) -> Any:
        return refimpl.conv2d(x, weight, bias, stride, **options) * (1 if stride == 1 else 2)

    known = Mistake("planted", "conv2d", "planted", "that it is right", ("D2.19",), wrong)
    control, row = power([known], Settings()).rows
    assert row.in_plain.startswith("0 of ")
    assert not row.in_stride.startswith("0 of ")
    assert control.in_stride.startswith("0 of ")

"""The smallest form of a case that disagrees: the same every time, and really small."""

from __future__ import annotations

from collections.abc import Callable

from parity.cases.case import Case, Draw
from parity.cases.shrink import shrunk

CONV = Case(
    "conv2d",
    "wide",
    {
        "x": Draw((3, 8, 12, 11), "wide", "reversed"),
        "weight": Draw((6, 4, 5, 2), "wide"),
        "bias": Draw((6,)),
    },
    {"stride": (2, 3), "padding": ((1, 2), (0, 3)), "dilation": 2, "groups": 2},
    "wide",
)


def valid(case: Case) -> bool:
    """Channels fit; refimpl and torch would refuse everything else."""
    x, weight = case.arrays["x"], case.arrays["weight"]
    assert isinstance(x, Draw)
    assert isinstance(weight, Draw)
    if len(x.shape) != 4 or len(weight.shape) != 4:
        return False
    groups = case.options.get("groups", 1)
    return x.shape[1] == weight.shape[1] * groups and weight.shape[0] % groups == 0


def fails_if(wrong: Callable[[Case], bool]) -> Callable[[Case], bool]:
    return lambda case: valid(case) and wrong(case)


def test_everything_goes_that_does_not_matter() -> None:
    """One number in, one number out, no options, ordinary values."""
    assert shrunk(CONV, fails_if(lambda case: True)) == Case(
        "conv2d", "wide", {"x": Draw((1, 1, 1, 1)), "weight": Draw((1, 1, 1, 1))}
    )


def test_what_matters_stays() -> None:
    """A mistake that needs a stride beyond 1 and three columns keeps them."""

    def wrong(case: Case) -> bool:
        stride, x = case.options.get("stride", 1), case.arrays["x"]
        assert isinstance(x, Draw)
        return isinstance(stride, tuple) and stride[1] > 1 and x.shape[3] > 2

    smallest = shrunk(CONV, fails_if(wrong))
    assert smallest.options == {"stride": (1, 2)}
    assert smallest.arrays["x"] == Draw((1, 1, 1, 3))


def test_groups_go_with_their_channels() -> None:
    """Where one group is enough to fail, there is one, of as many channels."""
    smallest = shrunk(CONV, fails_if(lambda case: case.arrays["weight"].shape[1] > 3))  # type: ignore[union-attr]
    assert "groups" not in smallest.options
    assert smallest.arrays["x"] == Draw((1, 4, 1, 1))


def test_axes_go_that_do_not_matter() -> None:
    """A mistake in every element of an activation needs one number without axes."""
    relu = Case("relu", "maps", {"x": Draw((2, 1, 3, 4))})
    assert shrunk(relu, lambda case: True).arrays["x"] == Draw(())


def test_it_is_the_same_every_time() -> None:
    """And nothing that is tried twice in a row is simpler still."""

    def wrong(case: Case) -> bool:
        return sum(case.arrays["x"].shape) > 9  # type: ignore[union-attr]

    first = shrunk(CONV, fails_if(wrong))
    assert first == shrunk(CONV, fails_if(wrong)) == shrunk(first, fails_if(wrong))
    assert sum(first.arrays["x"].shape) == 10  # type: ignore[union-attr]


def test_it_ends_after_so_many_trials() -> None:
    """A slow case costs no more than that."""
    tried: list[Case] = []

    def wrong(case: Case) -> bool:
        tried.append(case)
        return True

    shrunk(CONV, wrong, trials=5)
    assert len(tried) == 5


def test_what_is_smallest_already_stays() -> None:
    """Nothing simpler disagrees: the case itself comes back."""
    assert shrunk(CONV, lambda case: False) == CONV

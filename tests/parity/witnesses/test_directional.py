"""The derivative along a direction: what is refuted, what is not judged, and how sharply."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import arb

import refimpl
from parity.cases.case import Array
from parity.results.verdicts import AGREES, INAPPLICABLE, OUTSIDE, UNDECIDED
from parity.witnesses import directional
from parity.witnesses.balls import arb_of
from parity.witnesses.directional import (
    DIRECTIONS,
    KEPT,
    SMOOTH,
    Arrays,
    Question,
    Sides,
    judged,
    keeping_ties,
    random_direction,
)

RNG = np.random.default_rng(3)
X = RNG.normal(size=(3, 4))


def question(
    forward: Callable[[Array], Array],
    backward: Callable[[Array, Array], Array],
    x: Array = X,
    dy: Callable[[tuple[int, ...]], Array] | None = None,
) -> Question:
    """Of a function of one array."""

    def gradients(dy: Array, given: Arrays) -> Arrays:
        return {"x": backward(dy, given["x"])}

    return Question(
        "test",
        7,
        {"x": x},
        ("x",),
        lambda given: forward(given["x"]),
        gradients,
        dy or (lambda shape: np.random.default_rng(5).normal(size=shape)),
    )


FUNCTIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array, Array], Array]]] = {
    name: (getattr(refimpl, name), getattr(refimpl, f"{name}_backward"))
    for name in ("relu", "leaky_relu", "sigmoid", "tanh", "softmax", "log_softmax", "sign")
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_right_backward_agrees(name: str) -> None:
    """Without a word: there is nothing to excuse."""
    assert judged(question(*FUNCTIONS[name])) == (AGREES, "")


def wrong_sign(dx: Array) -> Array:
    return -dx


def a_little_too_large(dx: Array) -> Array:
    """By one part in 2⁶⁰: no float64 would show it."""
    return dx + dx / (1 << 60)


def one_element_off(dx: Array) -> Array:
    """By one part in 2⁶⁰ of that element, the smallest that is not 0."""
    wrong = dx.copy()
    sizes = [float(arb_of(abs(g)).mid()) for g in dx.flat]
    place = np.unravel_index(sizes.index(min(filter(None, sizes))), dx.shape)
    wrong[place] = wrong[place] + wrong[place] / (1 << 60)
    return wrong


def two_elements_exchanged(dx: Array) -> Array:
    wrong = dx.copy()
    wrong[0, 0], wrong[0, 1] = dx[0, 1], dx[0, 0]
    return wrong


def last_row_zero(dx: Array) -> Array:
    wrong = dx.copy()
    wrong[-1] = wrong[-1] * 0
    return wrong


MISTAKES = (
    wrong_sign,
    a_little_too_large,
    one_element_off,
    two_elements_exchanged,
    last_row_zero,
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.__name__)
@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "sign"])
def test_a_wrong_backward_is_refuted(name: str, mistake: Callable[[Array], Array]) -> None:
    """However small the mistake is; both numbers are said."""
    forward, backward = FUNCTIONS[name]
    x = np.abs(X) if "relu" in name else X  # relu's zeros would hide the exchange
    slopes = x * [1, -1, 1, -1] if name == "leaky_relu" else x
    verdict, note = judged(question(forward, lambda dy, x: mistake(backward(dy, x)), slopes))
    assert verdict == OUTSIDE
    ours, theirs = note.removeprefix("the forward's own derivative along v is ").split(
        ", the backward gives "
    )
    assert ours != theirs


def test_a_gradient_that_lets_everything_pass() -> None:
    """sign does not move; a gradient for it is refuted."""
    assert judged(question(refimpl.sign, lambda dy, x: dy))[0] == OUTSIDE


@pytest.mark.parametrize(
    ("backward", "said"),
    [
        (lambda dy, x: dy[:-1], "the backward gives dx of shape (2, 4), but x is (3, 4)"),
        (lambda dy, x: dy.no_such, "refimpl raised AttributeError"),
    ],
)
def test_no_gradient_at_all(backward: Callable[[Array, Array], Array], said: str) -> None:
    """A shape that is not the input's, and an exception, are refuted."""
    verdict, note = judged(question(refimpl.tanh, backward))
    assert verdict == OUTSIDE
    assert note.startswith(said)


def test_a_gradient_that_is_missing() -> None:
    """By its name."""
    asked = question(*FUNCTIONS["tanh"])._replace(backward=lambda dy, given: {})
    assert judged(asked) == (OUTSIDE, "the backward gives no dx")


def test_an_exception_of_the_forward() -> None:
    """It is refimpl's, not the witness's."""

    def broken(x: Array) -> Array:
        raise IndexError("off by one")

    assert judged(question(broken, FUNCTIONS["relu"][1])) == (
        OUTSIDE,
        "refimpl raised IndexError: off by one",
    )


# --- what there is no derivative of -------------------------------------------------------


def test_what_is_not_judged() -> None:
    """NaN, ∞ and nothing at all have no exact value."""
    relu = FUNCTIONS["relu"]
    assert judged(question(*relu, x=np.array([1.0, np.nan]))) == (INAPPLICABLE, "NaN or ∞: in x")
    assert judged(question(*relu, dy=lambda shape: np.full(shape, np.inf))) == (
        INAPPLICABLE,
        "NaN or ∞: in dy",
    )
    assert judged(question(*relu, x=np.zeros((0, 3)))) == (INAPPLICABLE, "no elements")
    logarithm = question(np.log, lambda dy, x: dy / x, x=np.zeros((2, 3)))
    assert judged(logarithm) == (INAPPLICABLE, "the value is not finite")


# --- where branches meet ------------------------------------------------------------------

ZEROS = np.array([[1.5, 0.0, -2.0, 0.0]])


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_pieces_that_join_smoothly_are_judged(name: str) -> None:
    """Where the maximum is taken twice: right agrees, wrong is refuted."""
    forward, backward = FUNCTIONS[name]
    x = np.array([[1.5, 0.0, 1.5, 0.0]])
    assert judged(question(forward, backward, x)) == (AGREES, SMOOTH)
    wrong = question(forward, lambda dy, x: backward(dy, x) * 2, x)
    assert judged(wrong)[0] == OUTSIDE


def test_a_kink_is_judged_along_directions_that_keep_it() -> None:
    """relu at 0: what goes to the zeros is not seen, the rest is."""
    forward, backward = FUNCTIONS["relu"]
    assert judged(question(forward, backward, ZEROS)) == (AGREES, KEPT)
    wrong = question(forward, lambda dy, x: backward(dy, x) * 2, ZEROS)
    assert judged(wrong)[0] == OUTSIDE


def test_a_maximum_that_is_taken_twice() -> None:
    """One of both gets dy, whichever; both of them get too much."""

    def forward(x: Array) -> Array:
        return refimpl.max_pool2d(x, 2)

    def backward(ties: str) -> Callable[[Array, Array], Array]:
        return lambda dy, x: refimpl.max_pool2d_backward(dy, x, 2, ties=ties)

    x = np.array([[[[3.0, 1.0], [3.0, 2.0]]]])
    assert judged(question(forward, backward("first"), x)) == (AGREES, KEPT)
    assert judged(question(forward, backward("all"), x))[0] == OUTSIDE


def test_a_kink_that_no_direction_keeps() -> None:
    """|x − 1| at 1: the inputs are not tied with each other, nor 0."""
    asked = question(lambda x: abs(x - 1), lambda dy, x: dy, np.array([1.0, 2.0]))
    assert judged(asked) == (INAPPLICABLE, "at a kink: there is no derivative")


def test_directions() -> None:
    """Each input its own, by seed and label alone; spread over all of S."""
    asked = question(*FUNCTIONS["relu"])
    v = random_direction(asked, "x", (100, 100))
    again = random_direction(asked, "x", (100, 100))
    other = random_direction(asked, "weight", (100, 100))
    assert (v == again).all()
    assert (v != other).mean() > 0.99
    assert v.min() < -0.99 * DIRECTIONS / 2
    assert v.max() > 0.99 * DIRECTIONS / 2
    assert (abs(v) <= DIRECTIONS // 2).all()
    assert len(np.unique(v)) == v.size


def test_directions_that_keep_ties() -> None:
    """Equal elements go the same way, −0 and 0 nowhere; without ties nothing changes."""
    x = np.array([[0.5, -0.0, 0.5], [0.0, 2.0, 1.0]])
    v = np.arange(1, 7).reshape(2, 3)
    assert keeping_ties(x, v).tolist() == [[1, 0, 1], [0, 5, 6]]
    distinct = keeping_ties(X, np.arange(12).reshape(3, 4))
    assert (distinct == np.arange(12).reshape(3, 4)).all()


# --- precision ----------------------------------------------------------------------------


def test_the_precision_is_raised_until_every_element_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """e^(−150) beside 1: an error of a millionth there needs more than the first precision."""
    forward, backward = FUNCTIONS["softmax"]
    x = np.array([[0.0, -150.0, -0.5]])
    asked: list[int] = []
    right = directional.both_sides

    def counted(question: Question) -> Any:
        asked.append(1)
        return right(question)

    monkeypatch.setattr(directional, "both_sides", counted)
    assert judged(question(forward, backward, x)) == (AGREES, "")
    assert len(asked) == 2

    def slightly_wrong(dy: Array, x: Array) -> Array:
        dx = backward(dy, x)
        dx[0, 1] = dx[0, 1] + dx[0, 1] / 10**6
        return dx

    assert judged(question(forward, slightly_wrong, x))[0] == OUTSIDE


def test_what_no_precision_reaches_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The elements that are not seen, and how large the others are."""
    monkeypatch.setattr(directional, "MOST", directional.FIRST)
    asked = question(*FUNCTIONS["softmax"], np.array([[0.0, -150.0, -0.5]]))
    verdict, note = judged(asked)
    assert verdict == AGREES
    assert re.fullmatch(r"elements below 2\^-17\d are not seen \(the largest are 2\^-2\)", note)
    monkeypatch.setattr(directional, "FIRST", 60)
    monkeypatch.setattr(directional, "MOST", 60)
    assert judged(asked)[0] == UNDECIDED


def test_a_comparison_that_stays_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted, and never taken for agreement."""

    def forward(x: Array) -> Array:
        third = x / 3
        return np.asarray(third * 3 > x)

    verdict, note = judged(question(forward, lambda dy, x: dy))
    assert verdict == UNDECIDED
    assert note.startswith("undecided at 3240 bits: ")


def sides(forward: arb, backward: arb, smallest: str = "1", largest: str = "1") -> Sides:
    return Sides(forward, backward, arb(smallest), arb(largest))


def test_sides() -> None:
    """Apart, sharp and usable, each on both sides of its limit."""
    assert sides(arb(1), arb(2)).apart
    assert not sides(arb(1, 0.6), arb(2, 0.6)).apart
    exact = sides(arb(1), arb(1))
    assert exact.resolution == 0
    assert exact.sharp
    assert exact.usable
    near = sides(arb(1, 2.0**-24), arb(1))
    assert arb(2) ** -22 <= near.resolution < arb(2) ** -21
    assert near.sharp
    assert not near.usable
    assert not sides(arb(1, 2.0**-24), arb(1), smallest="1e-3").sharp
    tiny = sides(arb(0, arb(2) ** -1200), arb(0), smallest="0", largest="0")
    assert tiny.sharp


def test_the_message_has_as_many_digits_as_it_takes() -> None:
    """Two numbers that differ in the 20th digit."""
    close = Sides(arb("1.23456789"), arb("1.23456789") + arb(10) ** -12, arb(1), arb(1))
    assert directional.disagreement(close.forward, close.backward) == (
        "the forward's own derivative along v is 1.234567890000, the backward gives 1.234567890001"
    )

"""The yardsticks themselves: the loops give hand values, the comparisons refuse what is wrong."""

from fractions import Fraction

import numpy as np
import pytest
import reals
from plain import (
    Conv,
    Pool,
    assert_exact,
    assert_same,
    avg_pool,
    avg_pool_backward,
    conv,
    conv_backward,
    divisor,
    dot,
    draw,
    fractions,
    max_pool,
    max_pool_backward,
)


def test_same_refuses_one_wrong_number() -> None:
    """One unit in the last place of one element is a difference."""
    with pytest.raises(AssertionError, match="1 differ"):
        assert_same(np.array([1.0, np.nextafter(2.0, 3.0)]), np.array([1.0, 2.0]))


def test_same_refuses_another_shape() -> None:
    """Equal numbers in another shape are not the same."""
    with pytest.raises(AssertionError):
        assert_same(np.ones((1, 2)), np.ones((2, 1)))


def test_same_refuses_nan() -> None:
    """NaN is equal to nothing."""
    with pytest.raises(AssertionError, match="1 differ"):
        assert_same(np.array([np.nan]), np.array([np.nan]))


@pytest.mark.parametrize("element", [0.5, 1])
def test_exact_refuses_what_is_no_fraction(element: float) -> None:
    """A float or an int among Fractions is refused, though it is the same number."""
    actual = np.array([element, Fraction(1, 3)], object)
    with pytest.raises(AssertionError):
        assert_exact(actual, np.array([Fraction(element), Fraction(1, 3)]), "fraction")


def test_exact_refuses_another_dtype() -> None:
    """float64 is not float32."""
    with pytest.raises(AssertionError):
        assert_exact(np.ones(1), np.ones(1), "float32")


def test_agree_refuses_a_difference() -> None:
    """10⁻³⁹ is too much."""
    wrong = reals.Real(1) + reals.Real(reals.context.mpf(10) ** -39)
    with pytest.raises(AssertionError):
        reals.assert_agree(np.array([wrong]), reals.reals([1]))


def test_agree_refuses_floats() -> None:
    """An element that became a float is refused."""
    with pytest.raises(AssertionError):
        reals.assert_agree(np.array([1.0], object), reals.reals([1]))


def test_drawn_numbers_cannot_be_changed(rng: np.random.Generator) -> None:
    """Every test that draws its inputs also shows that they are not written to."""
    with pytest.raises(ValueError, match="read-only"):
        draw(rng, (2,))[0] = 0


def test_dot() -> None:
    """1·3 + 2·4 = 11."""
    assert dot(np.array([1, 2]), np.array([3, 4])) == 11


CONV = Conv((1, 1, 3), (1, 1, 2), (1,), ((1, 0),), (1,))


def test_conv_by_hand() -> None:
    """x = 1 2 4 behind one zero, kernel 10 1: 0·10+1·1, 1·10+2·1, 2·10+4·1, bias 100."""
    y = conv(CONV, [[[1, 2, 4]]], [[[10, 1]]], [100])
    assert_same(y, fractions([[[101, 112, 124]]]))


def test_conv_backward_by_hand() -> None:
    """dy = 1 3 5: dweight = 3·1+5·2, 1·1+3·2+5·4; dx = 1·1+3·10, 3·1+5·10, 5·1; dbias = 9."""
    dx, dweight, dbias = conv_backward(CONV, [[[1, 3, 5]]], [[[1, 2, 4]]], [[[10, 1]]])
    assert_same(dweight, fractions([[[13, 27]]]))
    assert_same(dx, fractions([[[31, 53, 5]]]))
    assert_same(dbias, fractions([9]))


POOL = Pool((1, 1, 4), (3,), (2,), (1,), (1,))
CEIL = Pool((1, 1, 5), (2,), (3,), (0,), (1,), ceil_mode=True)


def test_max_pool_by_hand() -> None:
    """5 2 | 2 7 7 (windows of three, every second place, one place of padding)."""
    y, indices = max_pool(POOL, np.array([[[5, 2, 7, 7]]]))
    assert_same(y, fractions([[[5, 7]]]))
    assert_same(indices, [[[0, 2]]])


@pytest.mark.parametrize(
    ("ties", "expected"),
    [("first", [1, 0, 3, 0]), ("all", [1, 0, 3, 3]), ("split", [1, 0, 1.5, 1.5])],
)
def test_max_pool_backward_by_hand(ties: str, expected: list[int]) -> None:
    """The second window has its maximum twice."""
    dx = max_pool_backward(POOL, np.array([[[1, 3]]]), np.array([[[5, 2, 7, 7]]]), ties)
    assert_same(dx, fractions([[expected]]))


@pytest.mark.parametrize(("include", "expected"), [(True, 7), (False, Fraction(21, 2))])
def test_avg_pool_by_hand(include: bool, expected: Fraction) -> None:
    """(0 + 6 + 15)/3 with the padding counted, (6 + 15)/2 without."""
    y = avg_pool(POOL, np.array([[[6, 15, 0, 0]]]), include)
    assert y[0, 0, 0] == expected


def test_avg_pool_backward_by_hand() -> None:
    """A third of dy to each place; place 1 lies in both windows."""
    dx = avg_pool_backward(POOL, np.array([[[3, 6]]]))
    assert_same(dx, fractions([[[1, 3, 2, 2]]]))


def test_ceil_mode_by_hand() -> None:
    """ceil_mode keeps the window that hangs over the end; it counts one place."""
    assert CEIL.starts == [[0, 3]]
    assert Pool((1, 1, 6), *CEIL[1:]).starts == [[0, 3]]
    assert Pool((1, 1, 4), *CEIL[1:]).starts == [[0, 3]]
    assert Pool((1, 1, 3), *CEIL[1:]).starts == [[0]]
    assert divisor(CEIL, [(4,), (5,)], True, None) == 1

"""The fixed kernels find what the document says that they find."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import reals
from plain import assert_same, fractions
from reals import Real, context

import refimpl
from refimpl import conv2d, gaussian_kernel, haar_kernel

PRINTED = {  # D2.3, D2.4, D2.6, copied from the slides
    "UPPER_STROKE": "1 1 1 / 1 -1 1 / 1 1 1",
    "SOBEL_X": "-1 0 1 / -2 0 2 / -1 0 1",
    "SOBEL_Y": "1 2 1 / 0 0 0 / -1 -2 -1",
    "SCHARR_X": "-3 0 3 / -10 0 10 / -1 0 3",
    "SCHARR_Y": "-3 -10 -3 / 0 0 0 / 3 10 3",
    "LAPLACIAN": "1 1 1 / 1 -8 1 / 1 1 1",
    "EDGE_1": "-1 -1 5 / -1 -1 5 / -1 -1 5",
    "EDGE_2": "5 5 5 / -1 -1 -1 / -1 -1 -1",
    "LINE": "-1 5 -1 / -1 5 -1 / -1 5 -1",
    "DIAGONAL": "5 -1 -1 / -1 5 -1 / -1 -1 5",
}
PATTERNS = ("EDGE_1", "EDGE_2", "LINE", "DIAGONAL")
WRONG = "SCHARR_X"  # as printed


def kernel(name: str) -> Any:
    return getattr(refimpl, name)


def as_printed(name: str) -> Any:
    return np.array([[int(n) for n in row.split()] for row in PRINTED[name].split("/")])


def answers(image: Any, kernel: Any) -> Any:
    """The kernel's answer at every place of an image."""
    return conv2d(np.asarray(image)[None, None], np.asarray(kernel)[None, None])[0, 0]


def linear(down: Any, right: Any, offset: Any = Fraction(7, 3)) -> Any:
    """An image (6, 5) that grows by `down` with each row and by `right` with each column."""
    rows, columns = np.indices((6, 5)).astype(object)
    return down * rows + right * columns + offset


# --- the kernels as printed ---------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(PRINTED) - {WRONG}))
def test_as_printed(name: str) -> None:
    """Nine of the ten kernels are the document's."""
    np.testing.assert_array_equal(kernel(name), as_printed(name), strict=True)


def test_printed_scharr_x_has_one_wrong_entry() -> None:
    """Its last row begins with −1 instead of −3: a plain of 5 would have the slope 10."""
    assert np.argwhere(as_printed(WRONG) != kernel(WRONG)).tolist() == [[2, 0]]
    assert (answers(np.full((4, 5), 5), as_printed(WRONG)) == 10).all()
    assert (answers(np.full((4, 5), 5), kernel(WRONG)) == 0).all()


@pytest.mark.parametrize(("name", "smooth"), [("SOBEL", (1, 2, 1)), ("SCHARR", (3, 10, 3))])
def test_derivatives_are_a_difference_and_a_mean(name: str, smooth: tuple[int, ...]) -> None:
    """X is a difference along the row times weights along the column."""
    np.testing.assert_array_equal(kernel(f"{name}_X"), np.outer(smooth, (-1, 0, 1)))


# --- derivatives --------------------------------------------------------------------------

SLOPES: dict[str, Callable[[Any, Any], Any]] = {  # (down, right) -> answer
    "SOBEL_X": lambda down, right: 8 * right,
    "SOBEL_Y": lambda down, right: -8 * down,
    "SCHARR_X": lambda down, right: 32 * right,
    "SCHARR_Y": lambda down, right: 32 * down,
    "LAPLACIAN": lambda down, right: 0,
}


@pytest.mark.parametrize("name", SLOPES)
def test_derivatives_of_a_linear_image(name: str) -> None:
    """X gives the slope to the right, Sobel's Y upwards, Scharr's Y downwards, the Laplacian 0."""
    down, right = Fraction(3, 7), Fraction(-5, 2)
    expected = np.full((4, 3), Fraction(SLOPES[name](down, right)), object)
    assert_same(answers(linear(down, right), kernel(name)), expected)


def test_laplacian_of_a_paraboloid() -> None:
    """x² + y²: second differences 2, 2, 4 and 4 along row, column and both diagonals."""
    rows, columns = np.indices((6, 5))
    assert (answers(rows**2 + columns**2, refimpl.LAPLACIAN) == 12).all()


@pytest.mark.parametrize("name", ["SOBEL", "SCHARR"])
def test_edges(name: str) -> None:
    """X answers beside a vertical edge and nowhere else, Y not at all; turned, the other way."""
    image = np.where(np.arange(8) < 4, 1, 6) * np.ones((5, 1), int)
    x, y = kernel(f"{name}_X"), kernel(f"{name}_Y")
    assert (answers(image, x) != 0).tolist() == [[False, False, True, True, False, False]] * 3
    assert (answers(image, y) == 0).all()
    assert (answers(image.T, y) != 0).T.tolist() == [[False, False, True, True, False, False]] * 3
    assert (answers(image.T, x) == 0).all()


@pytest.mark.parametrize("name", ["SOBEL_X", "SOBEL_Y", "SCHARR_X", "SCHARR_Y"])
def test_convolution_turns_the_sign(name: str) -> None:
    """Turned by 180°, as a true convolution turns it, a derivative answers with the other sign."""
    np.testing.assert_array_equal(np.rot90(kernel(name), 2), -kernel(name))


# --- patterns -----------------------------------------------------------------------------

NINE = """
. . . . . . .
. . # # # . .
. . # . # . .
. . # # # . .
. . . . # . .
. . # # # . .
"""
ONE = """
. . . # . . .
. . # # . . .
. . . # . . .
. . . # . . .
. . # # # . .
. . . . . . .
"""
SIX = "\n".join(NINE.strip().splitlines()[::-1])


def drawn(picture: str) -> Any:
    """1 for a stroke, −1 elsewhere."""
    return np.array(
        [[1 if c == "#" else -1 for c in row.split()] for row in picture.split("\n") if row]
    )


def test_upper_stroke_of_a_nine() -> None:
    """In a 9 every element agrees, at one place; in a 1 at no place."""
    found = answers(drawn(NINE), refimpl.UPPER_STROKE)
    assert np.argwhere(found == 9).tolist() == [[1, 2]]
    assert found.max() == 9
    assert answers(drawn(ONE), refimpl.UPPER_STROKE).max() < 9


def test_a_loop_is_not_yet_a_nine() -> None:
    """A 6 holds the same loop, below: the place of the answer tells them apart."""
    found = answers(drawn(SIX), refimpl.UPPER_STROKE)
    assert np.argwhere(found == 9).tolist() == [[2, 2]]


def every_image() -> Any:
    """All 512 images (N, 1, 3, 3) of 1 and −1."""
    return np.array(list(product((1, -1), repeat=9))).reshape(-1, 1, 3, 3)


@pytest.mark.parametrize("name", ["UPPER_STROKE", *PATTERNS])
def test_no_other_image_answers_as_much(name: str) -> None:
    """Of all images of 1 and −1 only the pattern itself gets the sum of the kernel's |entries|."""
    images = every_image()
    found = conv2d(images, kernel(name)[None, None]).ravel()
    assert found.max() == np.abs(kernel(name)).sum()
    best = np.flatnonzero(found == found.max())
    assert [images[i, 0].tolist() for i in best] == [np.sign(kernel(name)).tolist()]


def test_stroke_counts_differences() -> None:
    """Each of the nine places that differs costs 2."""
    images = every_image()
    differing = (images[:, 0] != refimpl.UPPER_STROKE).sum(axis=(1, 2))
    found = conv2d(images, refimpl.UPPER_STROKE[None, None]).ravel()
    np.testing.assert_array_equal(found, 9 - 2 * differing)


@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_answer_to_a_plain(name: str) -> None:
    """Each pattern of D2.6 adds up to 9: a bright plain is answered too."""
    assert (answers(np.full((4, 5), 3), kernel(name)) == 27).all()


# --- Haar features ------------------------------------------------------------------------

RECTANGLES = {  # how many stand below and beside each other, and which are added
    "two beside": (1, 2, {(0, 1)}),
    "two stacked": (2, 1, {(0, 0)}),
    "three beside": (1, 3, {(0, 1)}),
    "three stacked": (3, 1, {(1, 0)}),
    "four": (2, 2, {(0, 0), (1, 1)}),
}


@pytest.mark.parametrize("feature", refimpl.HAAR)
def test_haar_features_are_sums_of_rectangles(feature: str, rng: np.random.Generator) -> None:
    """At every place: sums of the rectangles, added or subtracted one by one."""
    h, w = 2, 3
    below, beside, added = RECTANGLES[feature]
    image = rng.integers(0, 256, (9, 11))
    found = answers(image, haar_kernel(feature, (h, w)))
    assert found.shape == (9 - below * h + 1, 11 - beside * w + 1)
    for top, left in np.ndindex(found.shape):
        expected = 0
        for i, j in product(range(below), range(beside)):
            part = image[top + i * h : top + (i + 1) * h, left + j * w : left + (j + 1) * w]
            expected += part.sum() if (i, j) in added else -part.sum()
        assert found[top, left] == expected


def test_every_feature_is_tried() -> None:
    """The table above has all of them."""
    assert set(refimpl.HAAR) == set(RECTANGLES)


def test_haar_features_of_a_window() -> None:
    """Of every size and at every place, 24×24 pixels hold 162,336 of these five features."""
    number = 0
    for feature in refimpl.HAAR.values():
        below, beside = feature.shape
        for h, w in product(range(1, 24 // below + 1), range(1, 24 // beside + 1)):
            rows, columns = refimpl.conv_output_size((24, 24), (below * h, beside * w))
            number += rows * columns
    assert number == 162_336


def test_one_number_is_a_square() -> None:
    """A rectangle of one number has sides of that length."""
    np.testing.assert_array_equal(haar_kernel("four", 2), haar_kernel("four", (2, 2)))


# --- Gaussian -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (4, 5), (7, 2)])
def test_gaussian_by_its_formula(size: tuple[int, int]) -> None:
    """Each sample is the density at its distance from the centre, to 40 digits."""
    sigma = context.mpf("1.3")
    samples = gaussian_kernel(size, Real(sigma))
    expected = np.empty(size, object)
    for i, j in np.ndindex(size):
        y, x = i - context.mpf(size[0] - 1) / 2, j - context.mpf(size[1] - 1) / 2
        exponent = -(x**2 + y**2) / (2 * sigma**2)
        expected[i, j] = Real(context.exp(exponent) / (2 * context.pi * sigma**2))
    reals.assert_agree(samples, expected)


class Unordered(Real):
    """A number that does not say whether it is larger than another, as letters do."""

    __lt__ = __le__ = __gt__ = __ge__ = None  # type: ignore[assignment]


def test_gaussian_of_what_has_no_order() -> None:
    """An object is not asked for its sign."""
    with pytest.raises(TypeError):
        assert Unordered("1.3") > 0
    samples = gaussian_kernel(3, Unordered("1.3"))
    reals.assert_agree(samples, gaussian_kernel(3, Real("1.3")))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gaussian_in_floats(dtype: str) -> None:
    """The same in the dtype of sigma, within the roundings on the way.

    exp is wrong by 4 units, its argument, at most 1.9, by 2 roundings; 4 more stand before it.
    """
    sigma = np.asarray(1.3, dtype)[()]
    samples = gaussian_kernel((5, 4), sigma)
    exact = [float(e.value) for e in gaussian_kernel((5, 4), Real(float(sigma))).flat]
    assert samples.dtype == dtype
    np.testing.assert_allclose(samples.ravel(), exact, rtol=8 * np.finfo(dtype).eps)


def test_gaussian_is_symmetric() -> None:
    """Under both mirrors and the transpose, with the largest sample in the middle."""
    samples = gaussian_kernel(7, 1.5)
    for other in (samples[::-1], samples[:, ::-1], samples.T):
        np.testing.assert_array_equal(samples, other)
    assert np.unravel_index(samples.argmax(), samples.shape) == (3, 3)


def test_gaussian_falls_with_the_distance() -> None:
    """Farther from the centre is smaller."""
    samples = gaussian_kernel((7, 9), 2)
    y, x = np.ix_(np.arange(-3, 4), np.arange(-4, 5))
    order = np.argsort((y**2 + x**2).ravel(), kind="stable")
    distances, falling = (y**2 + x**2).ravel()[order], samples.ravel()[order]
    assert (np.diff(falling)[np.diff(distances) > 0] < 0).all()


@pytest.mark.parametrize("sigma", [1, 1.5, 2.5])
def test_gaussian_tends_to_one(sigma: float) -> None:
    """The sum misses 1 by less, the wider the kernel; from 6σ on each side on by less than 1e-7.

    The whole lattice misses it by about 4·e^(−2π²σ²), 1.1e-8 for σ = 1 (Poisson's summation).
    """
    reach = [round(n * sigma) for n in (1, 2, 3, 4, 6)]
    missing = [1 - gaussian_kernel(2 * n + 1, sigma).sum() for n in reach]
    assert (np.diff(missing) < 0).all()
    assert abs(missing[-1]) < 1e-7
    assert missing[0] > 0.1


def test_narrow_gaussian_is_no_mean() -> None:
    """Samples of a density narrower than a pixel add up to far more than 1."""
    assert gaussian_kernel(9, 0.2).sum() > 3


def test_gaussian_smooths() -> None:
    """A plain keeps its level times the sum; a single bright pixel becomes the kernel."""
    samples = gaussian_kernel(5, 1)
    np.testing.assert_allclose(
        answers(np.full((6, 7), 8.0), samples), 8 * samples.sum(), rtol=1e-14
    )
    spot = np.zeros((9, 9))
    spot[4, 4] = 1
    np.testing.assert_array_equal(answers(spot, samples), samples)


# --- reading and refusing -----------------------------------------------------------------


@pytest.mark.parametrize("name", PRINTED)
def test_kernels_cannot_be_written_to(name: str) -> None:
    """A caller who tries to change one is told so; they hold integers."""
    with pytest.raises(ValueError, match="read-only"):
        kernel(name)[0, 0] = 5
    assert kernel(name).dtype.kind == "i"


def test_features_cannot_be_changed() -> None:
    """Neither the mapping nor its kernels; what `haar_kernel` gives is the caller's own."""
    with pytest.raises(TypeError):
        refimpl.HAAR["four"] = refimpl.LINE  # type: ignore[index]
    with pytest.raises(ValueError, match="read-only"):
        refimpl.HAAR["four"][0, 0] = 5
    own = haar_kernel("four", 1)
    own[0, 0] = 5
    assert refimpl.HAAR["four"][0, 0] == 1


@pytest.mark.parametrize("name", PRINTED)
def test_exact_beside_fractions(name: str) -> None:
    """The kernels run on an image of Fractions."""
    image = fractions(np.arange(12).reshape(3, 4)) / 7
    assert {type(v) for v in answers(image, kernel(name)).flat} == {Fraction}


class WithoutPi(Fraction):
    """A number with a method exp, and no more."""

    exp = Fraction.__abs__


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "unknown feature": (
        lambda: haar_kernel("five", 2),
        ValueError,
        "haar_kernel: feature must be one of 'two beside', 'two stacked', 'three beside', "
        "'three stacked', 'four', but is 'five'",
    ),
    "empty rectangle": (
        lambda: haar_kernel("four", (2, 0)),
        ValueError,
        "haar_kernel: rectangle must be at least 1, but is (2, 0)",
    ),
    "rectangle of three": (
        lambda: haar_kernel("four", (2, 3, 4)),
        ValueError,
        "haar_kernel: rectangle must be one integer or 2, but has 3 ((2, 3, 4))",
    ),
    "kernel without size": (
        lambda: gaussian_kernel(0, 1),
        ValueError,
        "gaussian_kernel: kernel_size must be at least 1, but is 0",
    ),
    "half a pixel": (
        lambda: gaussian_kernel(2.5, 1),  # type: ignore[arg-type]
        TypeError,
        "gaussian_kernel: kernel_size must be an integer or 2 of them, but is 2.5",
    ),
    "no width": (
        lambda: gaussian_kernel(3, 0),
        ValueError,
        "gaussian_kernel: sigma must be positive and finite, but is 0",
    ),
    "negative width": (
        lambda: gaussian_kernel(3, -1.5),
        ValueError,
        "gaussian_kernel: sigma must be positive and finite, but is -1.5",
    ),
    "infinite width": (
        lambda: gaussian_kernel(3, float("inf")),
        ValueError,
        "gaussian_kernel: sigma must be positive and finite, but is inf",
    ),
    "width that is not a number": (
        lambda: gaussian_kernel(3, float("nan")),
        ValueError,
        "gaussian_kernel: sigma must be positive and finite, but is nan",
    ),
    "two widths": (
        lambda: gaussian_kernel(3, (1, 2)),
        TypeError,
        "gaussian_kernel: sigma must be a number, but is (1, 2)",
    ),
    "no number": (
        lambda: gaussian_kernel(3, None),
        TypeError,
        "gaussian_kernel: sigma must be a number, but is None",
    ),
    "truth": (
        lambda: gaussian_kernel(3, True),
        TypeError,
        "gaussian_kernel: sigma must be a number, but is True",
    ),
    "without exp": (
        lambda: gaussian_kernel(3, Fraction(1)),
        TypeError,
        "gaussian_kernel: sigma holds Fraction, which has no method exp; "
        "give floats, or objects that have it",
    ),
    "without pi": (
        lambda: gaussian_kernel(3, WithoutPi(1)),
        TypeError,
        "gaussian_kernel: sigma holds WithoutPi, which has no method pi; "
        "give floats, or objects that have it",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str) -> None:
    """The whole text."""
    call, error, text = REFUSED[what]
    with pytest.raises(error) as raised:
        call()
    assert (type(raised.value), str(raised.value)) == (error, text)

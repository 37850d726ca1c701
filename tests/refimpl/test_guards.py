"""What is no array of numbers, and sizes that no memory holds, end in one clear sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from flint import arb

import refimpl
from refimpl import objects
from refimpl.checks import (
    LARGE,
    MOST,
    _gigabytes,
    _shown,
    check_arrays,
    check_fits,
    check_most,
    check_room,
)

X = np.ones((1, 1, 3, 3))
IMAGE = np.ma.masked_less(np.arange(9.0).reshape(1, 1, 3, 3), 2)
SWAPPED = X.astype(X.dtype.newbyteorder())
MANY_SAMPLES = np.broadcast_to(1.0, (10**5, 1, 1, 1))
MANY_KERNELS = np.broadcast_to(1.0, (10**12, 1, 1, 1))  # of one number in memory
MOST_TEXT = "must be at most 2147483647, but is 9223372036854775808"
MASKED = "is a masked array, whose mask would be lost; give"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("conv2d", (IMAGE, X)),
        ("conv2d", (X, IMAGE)),
        ("conv2d", (X, X, np.ma.array([1.0]))),
        ("conv2d_backward", (IMAGE, X, X)),
        ("relu", (IMAGE,)),
        ("max_pool2d", (IMAGE, 2)),
        ("cross_entropy", (np.ones((2, 3)), np.ma.array([1, 2]))),
        ("cross_entropy_backward", (np.array(1.0), np.ones((2, 3)), np.ma.array([1, 2]))),
        ("dropout", (X, np.ma.array(X))),
        ("flatten", (IMAGE,)),
        ("add", (X, IMAGE)),
        ("concatenate", (X, IMAGE)),
        ("descend", (X, IMAGE, 0.1)),
    ],
)
def test_masked_arrays(name: str, arguments: tuple[Any, ...]) -> None:
    """The mask is not dropped in silence, also where nothing is masked."""
    with pytest.raises(TypeError, match=f"^{name}: .* {MASKED}"):
        getattr(refimpl, name)(*arguments)


@pytest.mark.parametrize("given", [[IMAGE], [[1.0, np.ma.masked]], (1.0, [IMAGE[0, 0]])])
def test_masked_arrays_in_lists(given: Any) -> None:
    """Where `np.asarray` would drop the mask, or make NaN of what is masked."""
    with pytest.raises(TypeError) as said:
        refimpl.flatten(given)
    assert str(said.value) == (
        "flatten: x holds a masked array, whose mask would be lost; give its filled(…), or leave "
        "the masked elements out"
    )


def test_other_masks() -> None:
    """What becomes an array and has a method of this name, as pandas' columns have, is taken."""

    class Column:
        def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
            return np.array([-1.0, 2.0])

        def mask(self) -> None:
            """Replace values."""

    assert refimpl.relu(Column()).tolist() == [0.0, 2.0]  # type: ignore[arg-type]


class NeverAdded:
    """Has a difference and a product."""

    def __sub__(self, other: Any) -> Any:
        return self

    __mul__ = __sub__


@pytest.mark.parametrize(
    "element",
    [{}, {"a": 1}, {1}, (1, 2), object(), [1], np.ones(2), len, Counter("ab"), NeverAdded()],
)
def test_objects_that_are_no_numbers(element: Any) -> None:
    """What is not added and multiplied is refused, wherever in the array it stands."""
    x = np.array([Fraction(1, 2), None, Fraction(1, 3)], object)
    x[1] = element
    with pytest.raises(TypeError, match=r"^relu: x must hold real numbers, but holds ") as said:
        refimpl.relu(x)
    assert str(said.value).endswith(f"({type(element).__name__})")


@pytest.mark.parametrize(
    "element", [timedelta(1), np.datetime64("2020-01-01"), np.timedelta64(1), np.void(b"1")]
)
def test_objects_with_the_methods_of_numbers(element: Any) -> None:
    """They are asked to add and multiply: a method of that name may refuse."""
    with pytest.raises(TypeError, match=r"^relu: x must hold real numbers, but holds "):
        refimpl.relu(np.array([element, None], object)[:1])


@pytest.mark.parametrize(
    ("x", "other", "text"),
    [
        (
            [Fraction(1, 2)],
            [Decimal(1)],
            "x holds Fraction(1, 2) (Fraction), but other holds Decimal('1') (Decimal)",
        ),
        (
            [Fraction(1, 2), 0.5],
            [2, Decimal(1)],
            "x holds Fraction(1, 2) (Fraction), but other holds Decimal('1') (Decimal)",
        ),
    ],
)
def test_numbers_of_two_kinds(x: Any, other: Any, text: str) -> None:
    """Each is a number, but they have no sum."""
    with pytest.raises(TypeError) as said:
        refimpl.add(np.array(x, object), np.array(other, object))
    assert str(said.value) == f"add: {text}, and they cannot be added; give numbers of one type"


@pytest.mark.parametrize("x", [Decimal("Infinity"), np.float64(1e308), 10**400])
def test_numbers_beyond_their_range(x: Any) -> None:
    """∞ − ∞, 1e308 + 1e308 and 10⁴⁰⁰ + 0.5 cannot be computed; numbers they are all the same."""
    arrays = {"x": np.array([x], object), "other": np.array([type(x)(1)], object)}
    assert [array.dtype for array in check_arrays("here", **arrays)] == [object, object]
    if isinstance(x, int):
        check_arrays("here", **arrays, third=np.array([0.5], object))


def test_kinds_that_are_added() -> None:
    """Integers and floats beside Fractions."""
    x = np.array([Fraction(1, 2), 2, 0.5], object)
    assert list(refimpl.add(x, x)) == [1, 4, 1.0]


@pytest.mark.parametrize("large", [2**64, -(2**63) - 1, 10**300])
def test_large_integers_in_lists(large: int) -> None:
    """Beyond 64 bits as below: float64; in an array of objects they stay exact."""
    assert refimpl.add([large, 0.5], [0, 0]).dtype == np.float64  # type: ignore[arg-type]
    exact = np.array([large, 1], object)
    assert refimpl.add(exact, exact).tolist() == [2 * large, 2]


@pytest.mark.parametrize(
    "element", [Fraction(1, 2), Decimal("0.5"), arb("0.5"), sympy.Symbol("s"), 2**70, np.float64(1)]
)
def test_numbers_and_symbols_stay(element: Any) -> None:
    """Objects that compute go on to work."""
    x = np.array([element, element], object)
    (taken,) = check_arrays("here", x=x)
    assert taken is x


def test_each_type_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of however many elements: an object array costs no more than a set of their types."""
    asked: list[type] = []
    right = objects.computes
    monkeypatch.setattr(objects, "computes", lambda a, b: asked.append(type(a)) or right(a, b))
    check_arrays("here", x=np.array([Fraction(k) for k in range(1000)], object))
    assert asked == [Fraction]


@pytest.mark.parametrize(
    ("name", "arguments", "array"),
    [
        ("relu", (SWAPPED,), "x"),
        ("conv2d", (X, SWAPPED), "weight"),
        ("relu_backward", (SWAPPED, SWAPPED), "dy"),
        ("linear", (SWAPPED, X[0, 0]), "x"),
    ],
)
def test_bytes_in_the_other_order(name: str, arguments: tuple[Any, ...], array: str) -> None:
    """Both are float64, so no dtypes differ: the order of the bytes is named, and what turns it."""
    text = (
        f"{name}: {array} is float64 with its bytes in the other order ({SWAPPED.dtype.str}); "
        f"give {array}.astype('float64')"
    )
    with pytest.raises(TypeError) as said:
        getattr(refimpl, name)(*arguments)
    assert str(said.value) == text
    turned = [a.astype("float64") for a in arguments]
    getattr(refimpl, name)(*turned)  # what it says helps


def test_integers_in_the_other_order_become_floats() -> None:
    """As all integers do."""
    x = np.array([1, 2], np.dtype("int64").newbyteorder())
    assert refimpl.relu(x).dtype == np.dtype("float64")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: refimpl.conv2d(X, X, stride=2**63), f"conv2d: stride {MOST_TEXT}"),
        (lambda: refimpl.max_pool2d(X, 2, np.uint64(2**63)), f"max_pool2d: stride {MOST_TEXT}"),
        (
            lambda: refimpl.conv2d(X, X[:, :, :1, :1], dilation=(1, 2**63)),
            f"conv2d: dilation {MOST_TEXT}",
        ),
        (
            lambda: refimpl.max_pool2d(X, (MOST + 1, 1), padding=((MOST + 1) // 2, 0)),
            "max_pool2d: kernel_size must be at most 2147483647, but is 2147483648",
        ),
        (
            lambda: refimpl.max_pool2d(X, (1, 2), dilation=(MOST + 1, 1)),
            "max_pool2d: dilation must be at most 2147483647, but is 2147483648",
        ),
        (
            lambda: refimpl.conv2d(MANY_SAMPLES, MANY_KERNELS),
            "conv2d: the output needs an array of (100000, 1000000000000, 1, 1), 1e8 GB, "
            "for which there is no memory; give less",
        ),
        (
            lambda: refimpl.conv2d(X, X, padding=10**9),
            "conv2d: the padding needs an array of (1, 1, 2000000003, 2000000003), 1e10 GB, "
            "for which there is no memory; give less",
        ),
        (
            lambda: refimpl.linear(np.ones((10**6, 1)), np.ones((10**6, 1))),
            "linear: the output needs an array of (1000000, 1000000), 8000 GB, "
            "for which there is no memory; give less",
        ),
        (
            lambda: refimpl.shared_conv2d(MANY_SAMPLES, MANY_KERNELS[:, 0]),
            "shared_conv2d: the output needs an array of (100000, 1000000000000, 1, 1), 1e8 GB, "
            "for which there is no memory; give less",
        ),
        (
            lambda: refimpl.correlate2d(np.ones((10**6, 1)), np.ones((1, 10**6)), "same"),
            "correlate2d: mode 'same' needs an array of (1000000, 1000000), 8000 GB, "
            "for which there is no memory; give less",
        ),
        (
            lambda: refimpl.downsample(X, 2**63),
            f"downsample: size {2**63} needs an array of (1, 1, {2**63}, {2**63}), 1e29 GB, "
            "for which there is no memory; give less",
        ),
        (
            lambda: refimpl.gaussian_kernel((10**6, 10**8), 1.0),
            "gaussian_kernel: kernel_size (1000000, 100000000) needs an array of "
            "(1000000, 100000000), 800000 GB, for which there is no memory; give less",
        ),
        (
            lambda: refimpl.haar_kernel("three beside", 5 * 10**6),
            "haar_kernel: rectangle 5000000 needs an array of (5000000, 15000000), "
            "600000 GB, for which there is no memory; give less",
        ),
        (
            lambda: refimpl.mlp(np.random.default_rng(0), (1, 10**7 + 1, 10**7)),
            "mlp: sizes (1, 10000001, 10000000) needs an array of "
            "(10000000, 10000002), 800000 GB, for which there is no memory; give less",
        ),
        (
            lambda: refimpl.window_counts((10**7, 10**7), 3),
            "window_counts: size (10000000, 10000000) needs an array of "
            "(10000000, 10000000), 800000 GB, for which there is no memory; give less",
        ),
        (
            lambda: refimpl.descend(X, X, 10**400),
            "descend: learning_rate must be within ±1.8e+308, as float64 is, "
            "but is an integer of 1329 bits",
        ),
        (
            lambda: refimpl.leaky_relu(X.astype(np.float32), -4 * 10**38),
            "leaky_relu: negative_slope must be within ±3.4e+38, as float32 is, "
            f"but is -4{'0' * 38}",
        ),
        (
            lambda: refimpl.gaussian_kernel(3, 10**400),
            "gaussian_kernel: sigma must be within ±1.8e+308, as float64 is, "
            "but is an integer of 1329 bits",
        ),
        (
            lambda: refimpl.avg_pool2d(X, 2, divisor_override=10**400),
            "avg_pool2d: divisor_override must be within ±1.8e+308, as float64 is, "
            "but is an integer of 1329 bits",
        ),
    ],
)
def test_too_large(call: Callable[[], Any], text: str) -> None:
    """Neither OverflowError nor MemoryError: where, what, its value, what to do."""
    with pytest.raises(ValueError, match=r"must be|needs") as said:
        call()
    assert str(said.value) == text


def test_sizes_without_arrays_have_no_limit() -> None:
    """Python's integers count as far as one likes."""
    assert refimpl.conv_output_size(2**80, 3) == 2**80 - 2
    assert refimpl.dense_parameters(2**80, 2).weights == 2**81


@pytest.mark.parametrize("sigma", [np.datetime64("2020-01-01"), np.timedelta64(1), np.void(b"1")])
def test_scalars_that_are_no_numbers(sigma: Any) -> None:
    """NumPy's, which are none of Python's kinds."""
    with pytest.raises(TypeError, match=r"^gaussian_kernel: sigma must be a number, but is np\."):
        refimpl.gaussian_kernel(3, sigma)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_largest_number_fits(dtype: str) -> None:
    """Up to it and with either sign, not one beyond; NumPy's integers are asked as Python's are."""
    largest = int(np.finfo(dtype).max)
    for fits in (largest, -largest, np.int64(1), 0.5, np.inf):
        check_fits("here", "this", fits, dtype)
    for beyond in (largest + 1, -largest - 1):
        with pytest.raises(ValueError, match=rf"^here: this must be within ±.*, as {dtype} is"):
            check_fits("here", "this", beyond, dtype)


def test_no_axes_have_no_steps() -> None:
    """Nothing is refused of no integers."""
    check_most("here", stride=())


def test_numbers_in_texts() -> None:
    """Six digits of gigabytes, 256 bits of an integer: what is longer is told in short."""
    sizes = (999_999 * 10**9, 10**15, 10**1000 - 1, 10**2000)
    assert [*map(_gigabytes, sizes)] == ["999999", "1e6", "1e991", "1e1991"]
    assert _shown(2**255) == str(2**255)
    assert _shown(2**256 - 1) == str(2**256 - 1)
    assert _shown(2**256) == "an integer of 257 bits"


def test_exact_numbers_have_no_largest_float() -> None:
    """Beside fractions an integer stays an integer."""
    x = np.array([Fraction(-1, 2)], object)
    assert refimpl.leaky_relu(x, 10**400)[0] == Fraction(-(10**400), 2)


def test_what_fits_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit itself passes, and small arrays are not even tried."""
    assert refimpl.conv2d(X, X, stride=MOST).shape == (1, 1, 1, 1)
    tried: list[Any] = []
    monkeypatch.setattr(np, "empty", lambda *a: tried.append(a))
    monkeypatch.setattr(refimpl.checks, "MEMORY", LARGE)
    check_room("here", "this", (LARGE // 8 - 1,), 8)
    assert not tried
    check_room("here", "this", (LARGE // 8,), 8)
    assert tried == [(LARGE, np.uint8)]


def test_memory_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system says no, too, however small the array is."""

    def no(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(np, "empty", no)
    with pytest.raises(ValueError, match=r"^here: this needs an array of \(1073741824\), 8 GB, "):
        check_room("here", "this", (LARGE,), 8)


def test_memory_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system would give more than it has, too: nothing is even tried."""
    monkeypatch.setattr(np, "empty", None)
    monkeypatch.setattr(refimpl.checks, "MEMORY", LARGE)
    with pytest.raises(ValueError, match=r"^here: this needs an array of \(1073741825\), 1 GB, "):
        check_room("here", "this", (LARGE + 1,), 1)

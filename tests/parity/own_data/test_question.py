"""Arrays as they come, and the sentence on what cannot be judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity.own_data.errors import OwnDataError
from parity.own_data.files import Named
from parity.own_data.in_python import gradients
from parity.own_data.names import known_function
from parity.own_data.question import Question, question

RNG = np.random.default_rng(20261120)
X, WEIGHT = RNG.normal(size=(2, 3, 6, 5)), RNG.normal(size=(4, 3, 2, 3))
DY = RNG.normal(size=(2, 4, 5, 3))


def asked(
    function: str,
    options: dict[str, Any] | None = None,
    dtypes: tuple[str, ...] = (),
    matrices: tuple[str, ...] = (),
    **arrays: Any,
) -> Question:
    """The question of some arrays."""
    given = {name: Named(a, name, name in matrices) for name, a in arrays.items()}
    return question(function, given, options or {}, 1, dtypes)


def with_(array: np.ndarray[Any, Any], place: tuple[int, ...], value: float) -> Any:
    """A copy with another number at a place."""
    changed = array.copy()
    changed[place] = value
    return changed


TAKES = (
    "conv2d takes x, weight, bias (if there is one), dy, and to be judged y, dx, dweight, dbias; "
    "its options are stride, padding, dilation, groups, padding_mode"
)
ODD = "what is computed from it has no exact value"
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown": ({"kernel": WEIGHT}, f"conv2d has no 'kernel'; did you mean weight?; {TAKES}"),
    "another case": ({"Weight": WEIGHT}, f"conv2d has no 'Weight'; did you mean weight?; {TAKES}"),
    "nothing like it": ({"epochs": X}, f"conv2d has no 'epochs'; {TAKES}"),
    "missing": ({"weight": None}, f"weight missing; {TAKES}"),
    "complex": (
        {"x": X * 1j},
        "x must hold real numbers, but holds complex ones, complex128; "
        "judge x.real and x.imag apart",
    ),
    "NaN": ({"x": with_(X, (1, 2, 3, 4), np.nan)}, f"x holds nan at (1, 2, 3, 4); {ODD}"),
    "infinite": (
        {"weight": with_(with_(WEIGHT, (0, 1, 1, 2), np.inf), (3, 0, 0, 0), -np.inf)},
        f"weight holds inf at (0, 1, 1, 2), 2 such elements in all; {ODD}",
    ),
    "NaN in dy": ({"dy": with_(DY, (0, 3, 2, 1), np.nan)}, f"dy holds nan at (0, 3, 2, 1); {ODD}"),
    "text": (
        {"x": np.array(["one", "two"])},
        "x must hold real numbers, but holds text: 'one' at (0,)",
    ),
    "objects": (
        {"x": np.array([None])},
        "x must hold real numbers, but holds object, Python objects; give numpy.asarray(x, float)",
    ),
    "booleans": (
        {"x": X > 0},
        "x must hold real numbers, but holds True and False; give x.astype('float32')",
    ),
    "float16": (
        {"x": X.astype(np.float16)},
        "x is float16, but float32 and float64 are judged; give x.astype('float32')",
    ),
    "longdouble": (
        {"x": X.astype(np.longdouble)},
        f"x is {np.dtype(np.longdouble)}, but float32 and float64 are judged; "
        "give x.astype('float64')",
    ),
    "masked": (
        {"x": np.ma.masked_less(X, 0)},
        "x is a masked array, whose mask would be lost; give .filled(…)",
    ),
    "ragged": ({"x": [[1, 2], [3]]}, "x is no array: its rows have different lengths"),
    "empty": ({"x": X[:0]}, "x is empty: it has shape (0, 3, 6, 5)"),
    "one sample": (
        {"x": X[0]},
        "conv2d: x must have 4 axes (N, C_in, H, W), but has 3 (x (3, 6, 5)); "
        "give x[None] if it lacks the batch axis, x[:, None] if it lacks the channels",
    ),
    "one map": (
        {"x": X[0, 0]},
        "conv2d: x must have 4 axes (N, C_in, H, W), but has 2 (x (6, 5)); "
        "give x[None, None] if it lacks the batch axis and the channels",
    ),
    "other channels": (
        {"x": X[:, :2]},
        "conv2d: x has 2 channels, but weight expects 3 (x (2, 2, 6, 5), weight (4, 3, 2, 3)); "
        "if the channels are last, give weight.transpose(3, 2, 0, 1)",
    ),
    "another dy": ({"dy": DY[:1]}, "dy has shape (1, 4, 5, 3), but y is (2, 4, 5, 3)"),
    "another dx": ({"dy": DY, "dx": X[:1]}, "dx has shape (1, 3, 6, 5), but x is (2, 3, 6, 5)"),
    "another y": ({"y": DY[0]}, "y has shape (4, 5, 3), but y would be (2, 4, 5, 3)"),
    "dbias of no bias": ({"dy": DY, "dbias": DY[0, 0, 0]}, "dbias is there, but bias is not"),
    "a gradient without dy": (
        {"dx": X},
        "dx is there, but dy is not: a gradient is judged beside the dy = ∂L/∂y that it was "
        "computed from; of L = y.sum() that is numpy.ones_like(y)",
    ),
    "an option of words": (
        {"stride": np.array(["a", "b"], object)},
        "stride is an option, no array: give a number",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_judged(what: str) -> None:
    """The whole sentence."""
    changed, sentence = BAD[what]
    arrays = {n: a for n, a in {"x": X, "weight": WEIGHT, **changed}.items() if a is not None}
    with pytest.raises(OwnDataError) as error:
        asked("conv2d", **arrays)
    assert str(error.value) == sentence


def test_functions_that_are_none() -> None:
    """A near name, a network; a backward means its function."""
    with pytest.raises(OwnDataError, match="no function is called 'conv2'; did you mean conv2d"):
        known_function("conv2")
    with pytest.raises(OwnDataError, match="lenet is a network"):
        known_function("lenet")
    assert known_function("relu_backward") == "relu"


def test_an_option_that_is_needed() -> None:
    """It is named as it is given."""
    with pytest.raises(OwnDataError) as error:
        asked("max_pool2d", x=X)
    assert str(error.value) == (
        "max_pool2d needs kernel_size: an option, --kernel-size on a command line"
    )


def test_options_among_the_arrays() -> None:
    """As a notebook saves them; two that differ are refused."""
    found = asked("conv2d", x=X, weight=WEIGHT, stride=np.array([2, 1]))
    assert found.options == {"stride": (2, 1)}
    with pytest.raises(OwnDataError, match="stride is given twice: stride is 2, the option is 1"):
        asked("conv2d", {"stride": 1}, x=X, weight=WEIGHT, stride=np.array(2))


def test_matrices_of_one_channel() -> None:
    """A matrix is one sample, one channel; a bias one row or column; results what they must be."""
    found = asked(
        "conv2d",
        matrices=("x", "weight", "bias", "dy", "dx"),
        x=X[0, 0],
        weight=WEIGHT[0, 0],
        bias=np.array([[2.0]]),
        dy=DY[0, 0],
        dx=X[1, 1],
    )
    shapes = {name: array.shape for name, array in found.arrays.items()}
    assert shapes == {"x": (1, 1, 6, 5), "weight": (1, 1, 2, 3), "bias": (1,)}
    assert found.dy is not None
    assert found.dy.shape == (1, 1, 5, 3)
    assert found.yours["dx"].shape == (1, 1, 6, 5)
    assert found.notes[0] == "x: a matrix of 6 × 5 taken as (1, 1, 6, 5)"


def test_a_matrix_stays_one_where_the_function_takes_it() -> None:
    """A dense layer's, and a correlation's."""
    found = asked("convolve2d", matrices=("a", "kernel"), a=X[0, 0], kernel=WEIGHT[0, 0])
    assert [array.ndim for array in found.arrays.values()] == [2, 2]


def test_classes_as_floats() -> None:
    """Whole numbers are indices; others are left to refimpl, which refuses them."""
    logits = RNG.normal(size=(4, 3))
    found = asked("cross_entropy", logits=logits, target=np.array([0.0, 2.0, 1.0, 1.0]))
    assert found.arrays["target"].dtype == np.int64
    assert found.dy_is == "1, as y is one number"
    column = np.array([[0.0], [2.0], [1.0], [1.0]])
    assert asked("cross_entropy", logits=logits, target=column).arrays["target"].shape == (4,)
    with pytest.raises(OwnDataError, match="target must hold integer class indices"):
        asked("cross_entropy", logits=logits, target=np.array([0.0, 2.5, 1.0, 1.0]))


# --- dtypes -------------------------------------------------------------------------------

SINGLE = np.float32


def test_reports_are_in_the_dtype_of_the_data() -> None:
    """And in that of results; integers are taken as floats."""
    whole = np.rint(9 * X).astype(np.int16)
    assert asked("conv2d", x=X, weight=WEIGHT).dtypes == ("float64",)
    narrow = asked("conv2d", x=whole, weight=WEIGHT.astype(SINGLE))
    assert narrow.dtypes == ("float32",)
    assert narrow.said("float32") == ["x: integers taken as float32, the same numbers"]
    both = asked("conv2d", x=X, weight=WEIGHT, dy=DY, dx=X.astype(SINGLE))
    assert both.dtypes == ("float32", "float64")
    assert both.said("float32") == ["x, weight, dy: rounded to float32"]
    assert [list(both.judged_in(dtype)) for dtype in both.dtypes] == [["dx"], []]


def test_a_dtype_that_judges_nothing() -> None:
    """Too few digits for float64, or numbers that float32 does not hold."""
    with pytest.raises(OwnDataError, match="dx is float32, whose digits are too few"):
        asked("conv2d", {}, ("float64",), x=X, weight=WEIGHT, dy=DY, dx=X.astype(SINGLE))
    with pytest.raises(OwnDataError, match="float32 does not hold the numbers"):
        asked("conv2d", {}, ("float32",), x=X, weight=WEIGHT, dy=DY, dx=X)
    whole = {"x": np.rint(X), "weight": np.rint(WEIGHT), "dy": np.rint(DY)}
    assert asked("conv2d", {}, ("float32",), **whole, dx=X).said("float32")[-1] == (
        "dx: rounded to float32"
    )


def test_numbers_beyond_a_dtype() -> None:
    """They are not made ∞."""
    with pytest.raises(OwnDataError, match=r"x holds 1e\+300 at \(0, 1\), which float32 does not"):
        asked("relu", {}, ("float32",), x=np.array([[1.0, 1e300]])).problem("float32")


def test_bytes_in_the_other_order() -> None:
    """They are the same numbers."""
    found = asked("relu", x=np.array([1.5, -2.0], np.dtype("f4").newbyteorder()))
    assert found.dtypes == ("float32",)
    assert found.problem("float32").arrays["x"].tolist() == [1.5, -2.0]


# --- dy -----------------------------------------------------------------------------------


def test_dy_depends_on_the_seed_alone() -> None:
    """The same numbers in both dtypes, up to rounding."""
    found = asked("conv2d", {}, ("float32", "float64"), x=np.rint(X), weight=WEIGHT)
    wide, narrow = (found.problem(dtype).dy for dtype in ("float64", "float32"))
    np.testing.assert_array_equal(wide.astype(SINGLE), narrow)
    assert len(np.unique(wide)) == wide.size
    other = question("conv2d", {"x": Named(X, "x"), "weight": Named(WEIGHT, "weight")}, {}, 2)
    assert not np.array_equal(other.problem("float64").dy, wide)


def test_too_much() -> None:
    """Before anything is computed."""
    with pytest.raises(OwnDataError, match="relu of 6000000 numbers; exact values are worked out"):
        asked("relu", x=np.broadcast_to(np.ones(()), (6, 1000, 1000)))
    with pytest.raises(OwnDataError, match="softmax of 1200000 numbers; exact values"):
        asked("softmax", x=np.broadcast_to(np.ones(()), (12, 100, 1000)))


def test_an_array_by_position() -> None:
    """It has no name; nor is it a file."""
    with pytest.raises(OwnDataError, match="ndarray by position is no file; arrays have names: x="):
        gradients("linear", np.ones((2, 3)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("word", "said"), [("instancenorm", "normalisation"), ("pooling", "max_pool2d")]
)
def test_words_that_name_no_function(word: str, said: str) -> None:
    """The same sentence as of any command."""
    with pytest.raises(OwnDataError, match=said):
        gradients(word, x=np.ones((2, 3)))

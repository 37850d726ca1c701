"""Options of refimpl's functions as words of a command, strictly."""

from __future__ import annotations

import pytest

from parity.cases.functions import FUNCTIONS
from parity.own_data.errors import OwnDataError
from parity.own_data.function_options import separated
from parity.own_data.names import option_parameters

WORDS = {
    ("conv2d", "--stride", "2,1", "--padding", "same"): {"stride": (2, 1), "padding": "same"},
    ("conv2d", "--stride=(2, 1)", "--groups", "3"): {"stride": (2, 1), "groups": 3},
    ("conv2d", "--padding", "(1,2),(0,1)"): {"padding": ((1, 2), (0, 1))},
    ("conv2d", "--padding", "((1, 2), (0, 1))"): {"padding": ((1, 2), (0, 1))},
    ("conv1d", "--padding", "((1,2),)"): {"padding": ((1, 2),)},
    ("max_pool2d", "--kernel-size", "3", "--ceil-mode"): {"kernel_size": 3, "ceil_mode": True},
    ("max_pool2d", "--kernel_size", "3", "--ceil-mode=false"): {
        "kernel_size": 3,
        "ceil_mode": False,
    },
    ("avg_pool2d", "--no-count-include-pad"): {"count_include_pad": False},
    ("avg_pool2d", "--stride", "None", "--divisor-override", "5"): {
        "stride": None,
        "divisor_override": 5,
    },
    ("mean", "--axis", "0,-1", "--keepdims"): {"axis": (0, -1), "keepdims": True},
    ("mean", "--axis=None"): {"axis": None},
    ("power", "--exponent", "-0.5"): {"exponent": -0.5},
    ("adaptive_avg_pool2d", "--output-size", "4,None"): {"output_size": (4, None)},
    ("adaptive_max_pool2d", "--output-size", "(2, 3)"): {"output_size": (2, 3)},
    ("adaptive_avg_pool1d", "--output-size", "None"): {"output_size": None},
    ("softmax", "--axis", "-2"): {"axis": -2},
    ("leaky_relu", "--negative-slope", "-0.25"): {"negative_slope": -0.25},
    ("cross_entropy", "--reduction", "sum"): {"reduction": "sum"},
}


@pytest.mark.parametrize("words", WORDS)
def test_values(words: tuple[str, ...]) -> None:
    """Whole numbers, one for each axis, pairs, names, flags, real numbers."""
    function, *rest = words
    assert separated(function, ["x.csv", *rest, "y.csv"]) == (["x.csv", "y.csv"], WORDS[words])


BAD = {
    ("conv2d", "--strid", "2"): "there is no --strid; did you mean --stride or --seed?; conv2d has "
    "--stride, --padding, --dilation, --groups, --padding-mode; the command has --dtype, --seed, "
    "--elements, --out",
    ("relu", "--what", "2"): "there is no --what; relu has no options; the command has --dtype, "
    "--seed, --elements, --out",
    ("conv2d", "--stride", "2.5"): "--stride '2.5': must be a whole number, or one for each axis: "
    "2 or 2,1",
    ("conv2d", "--stride", "2,x"): "--stride '2,x': must be a whole number, or one for each axis: "
    "2 or 2,1",
    (
        "conv2d",
        "--stride",
    ): "--stride needs a value: a whole number, or one for each axis: 2 or 2,1",
    ("conv2d", "--stride", "--groups", "1"): "--stride needs a value: a whole number, or one for "
    "each axis: 2 or 2,1",
    ("adaptive_avg_pool2d", "--output-size", "4,x"): "--output-size '4,x': must be a whole number, "
    "or one for each axis, None where it stays as it is: 2 or 2,None",
    ("mean", "--axis", "rows"): "--axis 'rows': must be a whole number, several, or None for all "
    "axes: 2 or 0,2",
    ("conv2d", "--groups", "2,1"): "--groups '2,1': must be a whole number",
    ("conv2d", "--stride", "1", "--stride", "2"): "--stride is given twice",
    ("conv2d", "--padding", "(1,2),(0"): "--padding '(1,2),(0': must be a whole number, "
    '"same", "full" or "valid", one for each axis, 2,1, or a pair for each, "(1,2),(0,1)"',
    ("max_pool2d", "--ceil-mode=maybe"): "--ceil-mode 'maybe': must be true or false",
    ("leaky_relu", "--negative-slope", "small"): "--negative-slope 'small': must be a number",
}


@pytest.mark.parametrize("words", BAD)
def test_what_is_none(words: tuple[str, ...]) -> None:
    """The whole sentence: what is wrong, and what there is."""
    function, *rest = words
    with pytest.raises(OwnDataError) as error:
        separated(function, rest)
    assert str(error.value) == BAD[words]


def test_every_option_has_a_kind_that_is_parsed() -> None:
    """An option of a new kind must not be taken for a number."""
    kinds = {str(p.annotation) for name in FUNCTIONS for p in option_parameters(name).values()}
    assert kinds == {
        *("Ints", "Ints | None", "Padding", "OutputSize", "int", "int | None", "bool", "str"),
        *("Any", "Axes"),
    }

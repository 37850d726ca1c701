"""The error texts that the bad cases of several subjects share, and the arrays they start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import nan, prod
from typing import Any, TypeAlias

import numpy as np

from parity.cases.case import BadCase, Draw, Given

Valid: TypeAlias = Mapping[str, Mapping[str, Any]]  # a function's name, its valid arguments

X1, X2, X3 = Draw((2, 3, 9)), Draw((2, 3, 7, 6)), Draw((2, 3, 7, 6, 5))
POOLED1, POOLED2, POOLED3 = Draw((2, 3, 4)), Draw((2, 3, 3, 3)), Draw((2, 3, 3, 3, 2))
LOGITS, CERTAINTY = Draw((4, 5)), Draw((4, 5), "certainty")
SCALAR = Given(1)

PROBABILITIES = "probabilities from 0 to 1"
# By how many axes are missing.
LACKING = {
    1: "; if it lacks the batch axis, give {0}[None]",
    2: "; if it lacks batch and channels, give {0}[None, None]",
}
THIRDS = np.array([Fraction(1, 3)])


@dataclass(frozen=True)
class Texts:
    """The bad cases of a subject: valid arguments of its functions, and one thing wrong in each.

    >>> texts = Texts({"relu": {"x": LOGITS}})
    >>> texts.not_real("relu", "complex x", "x", "complex128").message
    'relu: x must hold real numbers, but has dtype complex128'
    """

    valid: Valid

    def bad(
        self,
        error: type[Exception],
        function: str,
        name: str,
        message: str,
        dtypes: Mapping[str, str] | None = None,
        **changes: Any,
    ) -> BadCase:
        """The valid arguments with these changes; `message` follows the function's name."""
        arguments = {**self.valid[function], **changes}
        return BadCase(function, name, arguments, error, f"{function}: {message}", dtypes or {})

    def value_error(self, function: str, name: str, message: str, **changes: Any) -> BadCase:
        return self.bad(ValueError, function, name, message, **changes)

    def type_error(self, function: str, name: str, message: str, **changes: Any) -> BadCase:
        return self.bad(TypeError, function, name, message, **changes)

    def axes(
        self, function: str, name: str, axes: str, array: str = "x", **changes: Any
    ) -> BadCase:
        """An array of the wrong number of axes."""
        shape = changes[array].shape
        wanted = f"must have {len(axes.split(', '))} axes ({axes})"
        hint = LACKING.get(len(axes.split(", ")) - len(shape), "") if axes[0] == "N" else ""
        message = f"{array} {wanted}, but has {len(shape)} ({array} {shape}){hint.format(array)}"
        return self.value_error(function, name, message, **changes)

    def dy(self, function: str, name: str, output: str, **changes: Any) -> BadCase:
        """An upstream gradient of another shape than the output."""
        shape = {**self.valid[function], **changes}["dy"].shape
        message = f"dy is {shape}, but the output for these arguments is {output}"
        return self.value_error(function, name, message, **changes)

    def sizes(
        self, function: str, name: str, has: str, expects: int | str, hint: str = "", **changes: Any
    ) -> BadCase:
        """Channels or features that the weight does not expect."""
        arguments = {**self.valid[function], **changes}
        shapes = f"x {arguments['x'].shape}, weight {arguments['weight'].shape}"
        message = f"x has {has}, but weight expects {expects} ({shapes}){hint}"
        return self.value_error(function, name, message, **changes)

    def span(
        self, function: str, name: str, span: int, axis: str, padded: str, **changes: Any
    ) -> BadCase:
        """A window larger than the padded input."""
        message = f"the window spans {span} along {axis}, but the padded input has only {padded}"
        return self.value_error(function, name, message, **changes)

    def bias(self, function: str, name: str, outputs: int, bias: Draw) -> BadCase:
        """A bias that is not one number for each output."""
        message = f"bias must be ({outputs},), one for each output, but is {bias.shape}"
        message += "; give bias.reshape(-1)" if prod(bias.shape) == outputs else ""
        return self.value_error(function, name, message, bias=bias)

    def least(self, function: str, name: str, option: str, least: int, value: Any) -> BadCase:
        """An integer that is too small."""
        message = f"{option} must be at least {least}, but is {value!r}"
        return self.value_error(function, name, message, **{option: value})

    def count(self, function: str, name: str, option: str, count: int, value: Any) -> BadCase:
        """The wrong number of integers."""
        message = f"{option} must be one integer or {count}, but has {len(value)} ({value!r})"
        return self.value_error(function, name, message, **{option: value})

    def integer(self, function: str, name: str, option: str, count: int, value: Any) -> BadCase:
        """Something that is not an integer where one or `count` are expected."""
        several = f" or {count} of them" if count > 1 else ""
        message = f"{option} must be an integer{several}, but is {value!r}"
        return self.type_error(function, name, message, **{option: value})

    def most(self, function: str, option: str, value: Any) -> BadCase:
        """An integer that is no step through an array."""
        largest = max(value) if isinstance(value, tuple) else value
        message = f"{option} must be at most {2**31 - 1}, but is {largest}"
        return self.value_error(function, f"{option} {value}", message, **{option: value})

    def beyond(self, function: str, option: str, bits: int = 1329) -> BadCase:
        """A whole number of so many bits, which no float64 holds."""
        message = (
            f"{option} must be within ±1.8e+308, as float64 is, but is an integer of {bits} bits"
        )
        value = 1 << (bits - 1)
        return self.value_error(function, f"{option} beyond float64", message, **{option: value})

    def room(
        self, function: str, name: str, made: str, axes: str, gigabytes: str, **changes: Any
    ) -> BadCase:
        """An array for which no machine has the memory."""
        message = (
            f"{made} needs an array of ({axes}), {gigabytes} GB, for which there is no memory; "
            "give less"
        )
        return self.value_error(function, name, message, **changes)

    def masked(self, function: str, array: str) -> BadCase:
        """A masked array, whose mask would be lost."""
        message = (
            f"{array} is a masked array, whose mask would be lost; give {array}.filled(…), "
            "or leave the masked elements out"
        )
        masked = np.ma.masked_invalid(np.array([[1.0, nan], [2.0, 3.0]]))
        return self.type_error(function, f"masked {array}", message, **{array: masked})

    def no_numbers(self, function: str, array: str, element: Any) -> BadCase:
        """An object array with an element that is no number."""
        kind = type(element).__name__
        message = f"{array} must hold real numbers, but holds {element!r} ({kind})"
        objects = np.array([Fraction(1, 2), None], object)
        objects[1] = element
        return self.type_error(function, f"{kind} in {array}", message, **{array: objects})

    def swapped(self, function: str, array: str) -> BadCase:
        """Floats whose bytes are in the other order."""
        other = np.dtype("float64").newbyteorder().str
        message = (
            f"{array} is float64 with its bytes in the other order ({other}); "
            f"give {array}.astype('float64')"
        )
        turned = np.ones((2, 3)).astype(other)
        return self.type_error(function, f"bytes of {array} swapped", message, **{array: turned})

    def flag(self, function: str, option: str, value: Any) -> BadCase:
        """A switch that is neither True nor False."""
        message = f"{option} must be True or False, but is {value!r}"
        return self.type_error(function, f"{option} {value!r}", message, **{option: value})

    def choice(self, function: str, name: str, option: str, choices: str, value: Any) -> BadCase:
        """A name that is not among the choices."""
        message = f"{option} must be one of {choices}, but is {value!r}"
        return self.value_error(function, name, message, **{option: value})

    def number(self, function: str, name: str, option: str, value: Any) -> BadCase:
        """A parameter that is not a number."""
        return self.type_error(
            function, name, f"{option} must be a number, but is {value!r}", **{option: value}
        )

    def not_real(self, function: str, name: str, array: str, dtype: str, **changes: Any) -> BadCase:
        """Elements that are not real numbers."""
        message = f"{array} must hold real numbers, but has dtype {dtype}"
        return self.type_error(function, name, message, dtypes={array: dtype}, **changes)

    def mixed(self, function: str, first: str, second: str, float32: str) -> BadCase:
        """Two arrays of which one is float32, the other float64."""
        is_first, is_second = ("float32" if float32 == a else "float64" for a in (first, second))
        message = f"{first} is {is_first}, but {second} is {is_second}; give both the same dtype"
        return self.type_error(
            function, f"{float32} alone is float32", message, dtypes={float32: "float32"}
        )

    def shapes(self, function: str, name: str, first: str, second: str, **changes: Any) -> BadCase:
        """Two arrays that must be of one shape."""
        arguments = {**self.valid[function], **changes}
        a, b = arguments[first].shape, arguments[second].shape
        message = f"{first} is {a}, but {second} is {b}; both must be of one shape"
        return self.value_error(function, name, message, **changes)

    def holds(
        self, function: str, name: str, array: str, only: str, value: Any, **changes: Any
    ) -> BadCase:
        """Elements that are numbers, but none of those that are allowed."""
        message = f"{array} must hold {only}, but holds {value}"
        return self.value_error(function, name, message, **changes)

    def two_classes(self, function: str) -> tuple[BadCase, ...]:
        """Of a loss of logits and of probabilities of one of two classes, and of its backward."""
        return (
            self.shapes(
                function, "transposed", "logits", "target", target=Draw((5, 4), "certainty")
            ),
            self.shapes(
                f"{function}_backward",
                "one row",
                "logits",
                "target",
                target=Draw((5,), "certainty"),
            ),
            self.holds(
                function,
                "the labels of a perceptron",
                "target",
                PROBABILITIES,
                -1.0,
                logits=Draw((2,)),
                target=Given((1, -1)),
            ),
            self.holds(
                f"{function}_backward",
                "a class index",
                "target",
                PROBABILITIES,
                2.0,
                logits=Draw((2,)),
                target=Given((1, 2)),
            ),
            self.holds(
                function,
                "NaN among the targets",
                "target",
                PROBABILITIES,
                nan,
                logits=Draw((2,)),
                target=Given((nan, 1)),
            ),
            self.not_real(
                function,
                "boolean target",
                "target",
                "bool",
                logits=Draw((2,)),
                target=Given((True, False)),
            ),
            self.not_real(function, "complex logits", "logits", "complex128"),
            self.mixed(function, "logits", "target", float32="target"),
            self.mixed(f"{function}_backward", "dy", "logits", float32="dy"),
            self.dy(f"{function}_backward", "dy for each logit", "()", dy=LOGITS),
            *(
                self.type_error(
                    f"{function}{backward}",
                    "fractions",
                    "logits holds Fraction, which has no method exp; "
                    "give floats, or objects that have it",
                    **dy,
                    logits=THIRDS,
                    target=THIRDS,
                )
                for backward, dy in (("", {}), ("_backward", {"dy": THIRDS.sum(keepdims=False)}))
            ),
        )

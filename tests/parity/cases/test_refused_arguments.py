"""Every argument of every function: what is no array of numbers, and options beyond all sizes.

Each is refused in one sentence that begins with the function and, of arrays, the argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
import pytest

import refimpl
from parity.cases.case import Array, Draw, Source, draw, generator
from parity.cases.functions import FUNCTIONS
from parity.cases.subjects import SUBJECTS


class Usual(NamedTuple):
    """A function of refimpl with arguments that it takes."""

    name: str
    arrays: dict[str, Array]
    options: Mapping[str, Any]

    def call(self, **changes: Any) -> Any:
        """With some of them changed; maps have no keyword."""
        code = getattr(refimpl, self.name)
        arrays = {key: changes.pop(key, array) for key, array in self.arrays.items()}
        if any(key.endswith("]") for key in arrays):
            return code(*arrays.values())
        return code(**arrays, **{**self.options, **changes})


def usual(name: str, valid: Mapping[str, Any]) -> Usual:
    """The arguments of a function that the bad cases start from, and a bias where it takes one."""
    taken = {n: v for n, v in valid.items() if isinstance(v, Source)}
    if "bias" in signature(getattr(refimpl, name)).parameters:
        taken.setdefault("bias", Draw((taken["weight"].shape[0],)))
    arrays = {n: draw(v, "float64", generator(0, name, n)) for n, v in taken.items()}
    return Usual(name, arrays, {n: v for n, v in valid.items() if n not in taken})


CALLS = [usual(name, valid) for s in SUBJECTS for name, valid in s.says.valid.items()]
CALLS += [
    call._replace(name=f"{call.name}_with_indices")
    for call in CALLS
    if call.name in FUNCTIONS and FUNCTIONS[call.name].has_indices
]
ARGUMENTS = [(call, name) for call in CALLS for name in call.arrays]


def of_objects(element: Any) -> Callable[[Array], Any]:
    """An array of the same shape, of one object."""

    def make(array: Array) -> Array:
        objects = np.empty(array.shape, object)
        objects.reshape(-1)[:] = [element] * array.size
        return objects

    return make


NO_NUMBERS: dict[str, Callable[[Array], Any]] = {
    "a masked array": np.ma.masked_array,
    "a list of masked arrays": lambda array: [np.ma.masked_array(array)],
    "a list with a masked element": lambda array: [1.0, np.ma.masked],
    "dicts": of_objects({}),
    "lengths of time": of_objects(timedelta(1)),
    "dates": of_objects(np.datetime64("2020-01-01")),
    "integers that no float64 holds": lambda array: [10**400],
    "rows of two lengths": lambda array: [[1.0], [1.0, 2.0]],
    "text": lambda array: ["a"],
    "nothing": lambda array: None,
}


@pytest.mark.parametrize("kind", NO_NUMBERS)
@pytest.mark.parametrize(("call", "name"), ARGUMENTS, ids=[f"{c.name} {n}" for c, n in ARGUMENTS])
def test_no_array_of_numbers(call: Usual, name: str, kind: str) -> None:
    """The function and the argument are named."""
    optional = ("bias", "weight") if "_norm" in call.name else ("bias",)
    if kind == "nothing" and name in optional:
        call.call(**{name: None})
        return
    with pytest.raises((TypeError, ValueError)) as said:
        call.call(**{name: NO_NUMBERS[kind](call.arrays[name])})
    assert str(said.value).startswith(f"{call.name}: "), said.value
    assert f" {name} " in str(said.value), said.value


def test_every_argument_is_taken_as_it_is() -> None:
    """Of all functions, so that what the test above changes is what is refused."""
    backward = {f.backward_name for f in FUNCTIONS.values() if f.inputs}
    assert {call.name for call in CALLS} >= {*FUNCTIONS, *backward}
    for call in CALLS:
        call.call()


def options_of(call: Usual) -> list[str]:
    """Everything that a function takes beside arrays."""
    known = signature(getattr(refimpl, call.name)).parameters.values()
    taken = [p.name for p in known if p.kind is not p.VAR_POSITIONAL]
    return [name for name in taken if name not in (*call.arrays, "bias")]


OPTIONS = [(call, option) for call in CALLS for option in options_of(call)]
BEYOND: dict[str, Any] = {
    "2⁶³": 2**63,
    "−2⁶³": -(2**63),
    "10⁴⁰⁰": 10**400,
    "a tuple of 2⁶³": (2**63,),
    "10¹²": 10**12,
    "a dict": {},
    "a masked array": np.ma.masked_array([1.0, 2.0], [True, False]),
    "masked": np.ma.masked,
    "a length of time": timedelta(1),
    "a set": {1},
    "nested lists": [[[1]]],
}
NUMBERS = ("negative_slope", "min_val", "max_val", "at_zero", "sigma", "divisor_override")
NUMBERS += ("ignore_index",)  # any whole number may mark what is left out
NUMBERS += ("start", "stop")  # as of Python's slices
NUMBERS += ("eps", "momentum", "alpha", "beta", "k", "threshold", "value")
NUMBERS += ("learning_rate", "dampening", "weight_decay")  # of optimisers


@pytest.mark.parametrize("kind", BEYOND)
@pytest.mark.parametrize(("call", "option"), OPTIONS, ids=[f"{c.name} {o}" for c, o in OPTIONS])
def test_options_beyond_all_sizes(call: Usual, option: str, kind: str) -> None:
    """No OverflowError, no MemoryError, nothing from inside NumPy; numbers may be that large."""
    with np.errstate(all="ignore"):  # a power of them
        said = refused(lambda: call.call(**{option: BEYOND[kind]}))
    if said:
        assert said.startswith(f"{call.name}: ")
        assert any(word in said for word in (option, "padding", "window", "the output"))
    else:
        assert option in NUMBERS
        assert kind in ("2⁶³", "−2⁶³", "10¹²")


def refused(call: Callable[[], Any]) -> str:
    """What is said of bad arguments; nothing if they are taken. Other errors go on."""
    try:
        call()
    except (TypeError, ValueError) as error:
        return str(error)
    return ""


POOLS = [f"{kind}_pool{n}d" for kind in ("max", "avg") for n in (1, 2, 3)]
LAYERS = [*POOLS, "conv1d", "conv2d", "conv3d", "weighted_pool2d", "gaussian_pool2d"]
OF_IMAGES = ["downsample", "upsample", "shared_conv2d", "shared_conv2d_backward"]
OF_IMAGES += [*LAYERS, *(f"{name}_backward" for name in LAYERS)]
OF_IMAGES += [f"max_pool{n}d_with_indices" for n in (1, 2, 3)]
WITH_SAMPLES = [call for call in CALLS if call.name in OF_IMAGES]


@pytest.mark.parametrize("call", WITH_SAMPLES, ids=[call.name for call in WITH_SAMPLES])
def test_images_without_a_batch(call: Usual) -> None:
    """What the sentence says, done, is what the function takes; of dy too."""
    x = call.arrays["x"]
    assert x.ndim > 2
    for image, mended in ((x[0], "x[None]"), (x[0, 0], "x[None, None]")):
        with pytest.raises(ValueError, match=rf"^{call.name}: x must have ") as said:
            call.call(x=image)
        assert f"; give {mended} if it lacks the batch axis" in str(said.value)
    assert len(WITH_SAMPLES) == len(OF_IMAGES)
    if "dy" not in call.arrays:
        call.call(x=x[0][None])
        return
    with pytest.raises(ValueError, match=rf"^{call.name}: dy is ") as said:
        call.call(x=x[0][None], dy=call.arrays["dy"][0])
    dy = call.arrays["dy"][:1]
    assert str(said.value).endswith(f"; give dy.reshape{dy.shape}")
    call.call(x=x[0][None], dy=dy)

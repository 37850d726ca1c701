"""A problem's options under the names that the candidate has for them, and what it has none for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from inspect import Parameter, signature
from math import inf
from typing import Any

import numpy as np

import refimpl
from parity.candidates.styles.naming import OPTIONS, PAIRS, array_called
from parity.candidates.styles.rearranged import in_its_words, not_in_its_words
from parity.candidates.styles.style import Signature
from parity.cases.functions import FUNCTIONS
from parity.witnesses.problem import Problem

# An optimiser's, which stand by no other name at a place of their own.
STATES = ("velocity", "first_moment", "second_moment", "max_second_moment")
# What an option is given as that has to be given, where it is None: a momentum changes no value.
NONE_GIVEN = {"threshold": inf, "momentum": 0.9}
BY_AXIS = ("stride", "padding", "dilation", "kernel_size")


def one_number(value: Any) -> Any:
    """Equal numbers for all axes as one.

    >>> one_number((2, 2)), one_number((2, 1)), one_number(((1, 1), (1, 1))), one_number("same")
    (2, (2, 1), 1, 'same')
    >>> one_number(((1, 2), (1, 2)))
    ((1, 2), (1, 2))
    """
    if not isinstance(value, tuple | list):
        return value
    parts = [one_number(part) for part in value]
    alike = all(not isinstance(part, tuple | list) and part == parts[0] for part in parts)
    return parts[0] if parts and alike else value


def defaults(problem: Problem) -> dict[str, Any]:
    """Every option of the function, and what it is unless given; an array is none."""
    return {
        known.name: known.default
        for known in _parameters(getattr(refimpl, problem.function))
        if known.name not in (*problem.arrays, "bias") and known.kind is not known.VAR_POSITIONAL
    }


@cache
def _parameters(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    """What a function of refimpl takes: asked of every option of every problem."""
    return tuple(signature(function).parameters.values())


def settled(problem: Problem) -> dict[str, Any]:
    """The value of every option, those left out included; one number where all axes agree.

    >>> arrays, dy = {"x": np.zeros((1, 1, 4))}, np.zeros((1, 1, 2))
    >>> settled(Problem("max_pool1d", arrays, {"kernel_size": (2,)}, dy))
    {'kernel_size': 2, 'stride': 2, 'padding': 0, 'dilation': 1, 'ceil_mode': False}
    """
    values = {**defaults(problem), **problem.options}
    values = {n: one_number(v) if n in BY_AXIS else v for n, v in values.items()}
    if values.get("stride", 1) is None:
        values["stride"] = window(problem, values)
    for name in ("normalized_shape", "shape", "axes"):
        if isinstance(values.get(name), int):
            values[name] = (values[name],)
    if "axes" in values and values["axes"] is None:
        values["axes"] = reversed_axes(problem)
    return {**values, "padding": 0} if values.get("padding") == "valid" else values


def reversed_axes(problem: Problem) -> tuple[int, ...]:
    """The order of a transposition unless something else is said."""
    return tuple(range(problem.arrays["x"].ndim))[::-1]


def window(problem: Problem, values: Mapping[str, Any]) -> Any:
    """The size of a pooling's windows: how far they are apart unless something else is said."""
    if "kernel_size" in values:
        return values["kernel_size"]
    return one_number(problem.arrays["weight"].shape[1:])


def special(problem: Problem) -> dict[str, Any]:
    """The options whose values are not what they are unless given.

    >>> special(Problem("max_pool1d", {"x": np.zeros((1, 1, 4))}, {"kernel_size": 2}, np.zeros(2)))
    {'kernel_size': 2}
    """
    values, unless_given = settled(problem), defaults(problem)
    if "stride" in values and unless_given["stride"] is None:
        unless_given["stride"] = window(problem, values)
    if "axes" in values and unless_given["axes"] is None:
        unless_given["axes"] = reversed_axes(problem)
    unless_given |= {n: v for n, v in of_course(problem).items() if n in unless_given}
    return {
        n: v
        for n, v in values.items()
        if n not in unless_given or (v is not unless_given[n] and v != unless_given[n])
    }


def of_course(problem: Problem) -> dict[str, Any]:
    """What an option is in code that has no parameter for it, where refimpl asks for it or has
    another default: statistics are the batch's own; a layer's
    normalisation is over the last axis.
    """
    training = "running_mean" not in problem.arrays
    last = next(iter(problem.arrays.values())).shape[-1:]
    return {"training": training, "normalized_shape": last}


def known_as(option: str, names: Sequence[str]) -> str:
    """What an option is called among the names of parameters; "" if it is not there.

    >>> known_as("padding", ("x", "w", "pad")), known_as("groups", ("x", "w", "pad"))
    ('pad', '')
    """
    return next((name for name in OPTIONS.get(option, (option,)) if name in names), "")


def names_of(option: str, names: Sequence[str]) -> tuple[str, ...]:
    """The names that an option goes by: one, two for the sides of a window, or none.

    >>> names_of("kernel_size", ("x", "pool_h", "pool_w")), names_of("stride", ("x", "s"))
    (('pool_h', 'pool_w'), ('s',))
    """
    name = known_as(option, names)
    if name:
        return (name,)
    return next((pair for pair in PAIRS.get(option, ()) if set(pair) <= set(names)), ())


def named(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The options that the names have, by these names.

    >>> named({"kernel_size": 3, "stride": 2}, ("x", "pool_h", "pool_w"))
    {'pool_h': 3, 'pool_w': 3}
    """
    found: dict[str, Any] = {}
    for option, value in values.items():
        known = names_of(option, names)
        sides = np.broadcast_to(value, 2).tolist() if len(known) == 2 else [value]
        found |= dict(zip(known, sides, strict=False))
    return found


def by_keyword(parameters: Signature) -> list[str]:
    """The parameters that can be given by name."""
    known = [p for p in parameters or () if not p.variadic]
    return [p.name for p in known if plain(p.kind) != "POSITIONAL_ONLY"]


def plain(kind: str) -> str:
    """A parameter's kind in one spelling.

    >>> plain("keyword-only"), plain("KEYWORD_ONLY")
    ('KEYWORD_ONLY', 'KEYWORD_ONLY')
    """
    return kind.upper().replace("-", "_").replace(" ", "_")


def takes_anything(parameters: Signature) -> bool:
    """Whether every keyword is taken, as far as one can tell."""
    return parameters is None or any(p.takes_any_keyword for p in parameters)


def keywords(problem: Problem, parameters: Signature) -> dict[str, Any]:
    """The options under the candidate's names; refimpl's where any keyword is taken."""
    names = by_keyword(parameters)
    problem = in_its_words(problem, names)
    values = settled(problem)
    optional = {p.name for p in parameters or () if p.has_default}
    found = {
        name: NONE_GIVEN.get(name) if value is None else value
        for name, value in named(values, names).items()
        if value is not None or name not in optional
    }
    if takes_anything(parameters):
        asked = special(problem)
        if "keepdims" in asked:
            asked = {"axis": values["axis"], **asked}  # torch's mean takes none without the other
        found |= {n: v for n, v in asked.items() if not names_of(n, names)}
    return found


def option_lacking(problem: Problem, parameters: Signature) -> str:
    """The first option of a problem that the candidate has no parameter for.

    >>> from parity.candidates.styles.style import Parameter
    >>> x, w = (Parameter(n, "POSITIONAL_OR_KEYWORD", False) for n in "xw")
    >>> arrays = {"x": np.zeros((1, 1, 4)), "weight": np.zeros((1, 1, 2))}
    >>> option_lacking(Problem("conv1d", arrays, {"dilation": 2}, np.zeros((1, 1, 2))), (x, w))
    'dilation'
    """
    if takes_anything(parameters):
        return ""
    names = by_keyword(parameters)
    return next((option for option in special(problem) if not names_of(option, names)), "")


def array_parameters(problem: Problem, parameters: Signature) -> list[Any]:
    """The parameters, by position, that are no options."""
    names = by_keyword(parameters)
    known = (*defaults(problem), *in_its_words(problem, names).options)
    options = {name for option in known for name in names_of(option, names)}
    return [
        p
        for p in parameters or ()
        if p.name not in options and not p.variadic and plain(p.kind) != "KEYWORD_ONLY"
    ]


def arrays_named(problem: Problem, parameters: Signature) -> dict[str, str]:
    """The arrays that are given by name, as an option may stand before them, and these names.

    >>> from parity.candidates.styles.style import Parameter
    >>> arrays = {"x": np.zeros((2, 3)), "weight": np.zeros(3)}
    >>> problem = Problem("batch_norm", arrays, {"training": True}, arrays["x"])
    >>> x, gamma = (Parameter(n, "POSITIONAL_OR_KEYWORD", False) for n in ("x", "gamma"))
    >>> arrays_named(problem, (x, gamma))
    {'weight': 'gamma'}
    """
    names = by_keyword(parameters)
    found: dict[str, str] = {}
    for array in (name for name in FUNCTIONS[problem.function].by_name if name in problem.arrays):
        called = (name for name in names if array_called(name, (array,)))
        name = next(called, array if takes_anything(parameters) else "")
        found |= {array: name} if name else {}
    return found


def has_room_for_any(parameters: Signature) -> bool:
    """Whether any number of arrays is taken, as far as one can tell."""
    return parameters is None or any(plain(p.kind) in ("VAR_POSITIONAL",) for p in parameters)


def lacking(problem: Problem, parameters: Signature, given: int) -> str:
    """The first thing that the candidate cannot be told; given: how many arrays it is given."""
    extra = extra_lacking(problem, parameters)
    if extra:
        return extra
    names = by_keyword(parameters)
    unsaid = not_in_its_words(problem, names)
    if unsaid:
        return unsaid
    problem = in_its_words(problem, names)
    wanted = array_parameters(problem, parameters)
    if not has_room_for_any(parameters):
        like = problem.function
        states = (n for n in problem.arrays if n in STATES)
        left = [n for n in states if not any(array_called(name, (n,), like) for name in names)]
        if left:
            return left[0]
        asked = [p.name for p in parameters or () if p.name in STATES and not p.has_default]
        without = [name for name in asked if name not in problem.arrays]
        if without:
            return f"{without[0]} left out"
        if len(wanted) < given:
            return "bias" if "bias" in problem.arrays else "all of its arrays"
        missing = [p.name for p in wanted[given:] if not p.has_default]
        has_bias = "bias" in FUNCTIONS[problem.function].inputs
        if has_bias and missing and "bias" not in problem.arrays and len(missing) == 1:
            return "a bias left out"
        if missing and array_called(missing[0], ("weight",)) and "weight" not in problem.arrays:
            return "a weight left out"
        if missing:
            return f"a value for {missing[0]}"
        if asks_for_statistics(problem, parameters):
            return "running statistics"
    return option_lacking(problem, parameters)


def extra_lacking(problem: Problem, parameters: Signature) -> str:
    """Weights of classes or running statistics for which no parameter has a name; "" if none."""
    names = by_keyword(parameters)
    extras = (n for n in problem.arrays if n in FUNCTIONS[problem.function].extras)
    left = (n for n in extras if not any(array_called(name, (n,)) for name in names))
    return next((said_of_extra(name) for name in left), "")


def said_of_extra(array: str) -> str:
    """What an array is that many layers have no place for.

    >>> said_of_extra("weight"), said_of_extra("running_var")
    ('class weights', 'running statistics')
    """
    return "class weights" if array == "weight" else "running statistics"


def asks_for_statistics(problem: Problem, parameters: Signature) -> bool:
    """Whether running statistics have to be given where there are none; torch's own function
    takes None for them."""
    names = by_keyword(parameters)
    if "running_mean" in problem.arrays or {"input", "training", "running_var"} <= {*names}:
        return False
    asked = [p.name for p in parameters or () if not p.has_default]
    return "running_mean" in asked or "running_var" in asked


def other_than_fixed(problem: Problem, fixed: Mapping[str, Any]) -> str:
    """The first thing in a problem that is another than what a candidate always does.

    >>> problem = Problem("correlate2d", {"a": np.zeros((3, 3)), "kernel": np.zeros((2, 2))}, {},
    ...                   np.zeros((4, 4)))
    >>> other_than_fixed(problem, {"mode": "valid"}), other_than_fixed(problem, {"bias": None})
    ('mode', '')
    """
    values = {**settled(problem), "bias": problem.arrays.get("bias")}
    a, kernel = (problem.arrays.get(name, problem.dy) for name in ("a", "kernel"))
    if fixed.get("mode") == "valid" and np.any(np.less(a.shape[-2:], kernel.shape[-2:])):
        return "a kernel larger than a"
    return next((name for name, value in fixed.items() if _differs(values[name], value)), "")


def _differs(value: Any, fixed: Any) -> bool:
    """Whether an option is another; an array is never one."""
    return value is not fixed and (isinstance(value, np.ndarray) or value != fixed)


def without_fixed(problem: Problem, fixed: Mapping[str, Any]) -> Problem:
    """The problem as it is told a candidate that has no parameter for some options."""
    return problem._replace(options={n: v for n, v in problem.options.items() if n not in fixed})


def unusual_padding(problem: Problem) -> str:
    """Padding that is neither a number nor one for each axis; "" if it is."""
    padding = settled(problem).get("padding", 0)
    if isinstance(padding, str):
        return f'padding "{padding}"'
    pairs = isinstance(padding, tuple | list) and any(isinstance(p, tuple | list) for p in padding)
    if pairs:
        return "padding of its own for each side"
    negative = not isinstance(padding, str) and np.min(padding, initial=0) < 0
    return "padding that takes places away" if negative else ""


def degenerate(problem: Problem) -> str:
    """Arrays that no course thinks of: without axes, or without elements; "" if there are none.

    >>> degenerate(Problem("relu", {"x": np.zeros((0, 3))}, {}, np.zeros((0, 3))))
    'an empty batch'
    """
    arrays = [array for name, array in problem.arrays.items() if name != "target"]
    if any(array.ndim == 0 for array in arrays):
        return "x without axes"
    return "" if all(array.size for array in (*arrays, problem.dy)) else "an empty batch"


def only_for_some(problem: Problem) -> str:
    """What plain code does not expect though its signature does not show it; "" if nothing.

    >>> arrays = {"x": np.zeros((1, 1, 4, 4)), "weight": np.zeros((1, 1, 2, 2))}
    >>> only_for_some(Problem("conv2d", arrays, {"stride": (2, 1)}, np.zeros((1, 1, 2, 3))))
    'a stride for each axis'
    """
    values = settled(problem)
    apart = [name for name in BY_AXIS if isinstance(values.get(name), tuple | list)]
    words = {"kernel_size": "a window", "padding": "padding"}
    said = (f"{words.get(name, f'a {name}')} for each axis" for name in apart)
    kept = None in np.atleast_1d(np.asarray(values.get("output_size", 0), object)).tolist()
    left = "an axis that is left as it is" if kept else ""
    return degenerate(problem) or unusual_padding(problem) or left or next(said, "")

"""Every argument that torch documents is refimpl's too, or refused in a sentence."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import refimpl

OTHER_NAMES = {
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "power": "pow",
    "concatenate": "cat",
    "transpose": "permute",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
}
WITH = "_with_indices"
# Called by their overloads' dispatcher, so that Python knows no signature of theirs.
OF_MAXIMA = [
    "input",
    "kernel_size",
    "stride",
    "padding",
    "dilation",
    "ceil_mode",
    "return_indices",
]
DISPATCHED = {f"max_pool{n}d{more}": OF_MAXIMA for n in (1, 2, 3) for more in ("", WITH)}
DISPATCHED |= {
    f"adaptive_max_pool{n}d{more}": ["input", "output_size", "return_indices"]
    for n in (1, 2, 3)
    for more in ("", WITH)
}
NOT_DOCUMENTED = {"args", "kwargs", "_stacklevel", "self"}
OTHERWISE_MEANT = {"upsample"}  # torch's is interpolation


def theirs(name: str) -> Callable[..., Any] | None:
    """torch's function of the same meaning."""
    if name in OTHERWISE_MEANT:
        return None
    known = OTHER_NAMES.get(name, name)
    found = getattr(torch, known, None) if name in OTHER_NAMES else getattr(functional, name, None)
    return found or getattr(torch, known, None)


def documented(name: str, function: Callable[..., Any]) -> set[str]:
    """The names of its arguments, from its signature or the first line that shows a call."""
    if name in DISPATCHED:
        return set(DISPATCHED[name])
    try:
        names = set(inspect.signature(function).parameters)
    except ValueError:
        names = set()
    call = re.compile(rf"\s*(?:\.\. function:: )?{function.__name__}\((.*)\) ->")
    for line in (function.__doc__ or "").splitlines():
        if found := call.match(line):
            inner = re.sub(r"\([^)]*\)", "", found[1])
            names |= {one.split("=")[0].strip(" *") for one in inner.split(",")}
    return names - NOT_DOCUMENTED - {""}


def arguments() -> Iterator[Any]:
    for name in dir(refimpl):
        ours, function = getattr(refimpl, name), theirs(name)
        if inspect.isfunction(ours) and function is not None:
            others = documented(name, function) - set(inspect.signature(ours).parameters)
            yield from (pytest.param(name, one, id=f"{name} {one}") for one in sorted(others))


@pytest.mark.parametrize(("name", "argument"), list(arguments()))
def test_what_refimpl_lacks_is_refused_in_a_sentence(name: str, argument: str) -> None:
    said = f"^{name}: {argument} is an argument of torch's alone: .{{12}}"
    with pytest.raises(TypeError, match=said):
        getattr(refimpl, name)(np.ones((2, 3)), **{argument: None})


def test_no_function_of_torch_is_without_arguments() -> None:
    """What is not found could not be refused."""
    ours = [name for name in dir(refimpl) if inspect.isfunction(getattr(refimpl, name))]
    found = {name: function for name in ours if (function := theirs(name))}
    assert [name for name, function in found.items() if not documented(name, function)] == []
    assert len(found) > 50


def test_every_sentence_has_its_argument_in_torch() -> None:
    """A name that torch does not document would be advice for nobody."""
    for name, ours in vars(refimpl).items():
        told = inspect.getclosurevars(ours).nonlocals if inspect.isfunction(ours) else {}
        if advice := told.get("instead"):
            function = theirs(name)
            assert function is not None, name
            known = documented(name, function) | {"input"}
            if name == "transpose":
                known |= documented(name, torch.transpose)
            assert set(advice) <= known, name

"""Other conventions than refimpl's, as other problems: the exact answer to these is theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.diagnosis.call import Call
from parity.witnesses.problem import Problem

Back = Callable[[Array], Array]


@dataclass(frozen=True)
class Alternative:
    """What else a function may be taken for. back: how a gradient of the other problem becomes
    one of this, where it does not stay as it is."""

    said: str
    problem: Problem
    back: Mapping[str, Back] = field(default_factory=dict)


def alternatives(problem: Problem) -> Iterator[Alternative]:
    """The conventions that this problem can tell from refimpl's; those of the field, by option."""
    for subject, kinds in KINDS.items():
        if FUNCTIONS[problem.function].subject == subject:
            for kind in kinds:
                yield from kind(problem)
    yield from _rounded(problem)


def mixed_up(problem: Problem) -> Iterator[Alternative]:
    """What an adapter may do wrong: a kernel turned, axes taken for others."""
    if "weight" in problem.arrays and problem.arrays["weight"].ndim > 2:
        yield _turned(problem)
    yield from _axes(problem)


def _with(problem: Problem, said: str, **options: Any) -> Iterator[Alternative]:
    """With other options."""
    yield from _fitting(said, problem._replace(options={**problem.options, **options}))


def _given(problem: Problem, said: str, **arrays: Array) -> Iterator[Alternative]:
    """With other arrays."""
    yield from _fitting(said, problem._replace(arrays={**problem.arrays, **arrays}))


def _fitting(said: str, problem: Problem) -> Iterator[Alternative]:
    """With dy of the size that y has; nothing where sizes and options do not fit."""
    try:
        y = FUNCTIONS[problem.function].forward(problem.arrays, problem.options)
    except (TypeError, ValueError):
        return
    dy = problem.dy if y.shape == problem.dy.shape else np.zeros(y.shape, problem.dy.dtype)
    yield Alternative(said, problem._replace(dy=dy))


# --- windows ------------------------------------------------------------------------------


def _same(problem: Problem) -> Iterator[Alternative]:
    """The zeros of "same": the odd one in front; without the stride; without the dilation."""
    if problem.options.get("padding") != "same":
        return
    call = Call(problem)
    swapped = tuple((behind, before) for before, behind in call.padding)
    yield from _with(problem, "the odd zero of “same” stands in front", padding=swapped)
    spans = [d * (k - 1) for k, d in zip(call.kernel, call.dilation, strict=True)]
    unstrided = tuple((span // 2, span - span // 2) for span in spans)
    yield from _with(problem, "“same” puts as many zeros as with stride 1", padding=unstrided)
    if set(call.dilation) != {1}:
        yield from _with(problem, "“same” leaves the dilation out", dilation=1)


def _counting(problem: Problem) -> Iterator[Alternative]:
    """What an average pooling divides by."""
    if problem.options.get("divisor_override"):
        yield from _with(problem, "divisor_override is left out", divisor_override=None)
        return
    counted = problem.options.get("count_include_pad", True)
    said = f"padding is {'not ' if counted else ''}counted"
    yield from _with(problem, said, count_include_pad=not counted)
    whole = int(np.prod(Call(problem).kernel))
    yield from _with(problem, "each window is divided by its whole size", divisor_override=whole)


def _rounding_up(problem: Problem) -> Iterator[Alternative]:
    """The other ceil_mode."""
    up = bool(problem.options.get("ceil_mode"))
    yield from _with(problem, f"ceil_mode is {'left out' if up else 'on'}", ceil_mode=not up)


def _undilated(problem: Problem) -> Iterator[Alternative]:
    if problem.options.get("dilation", 1) != 1:
        yield from _with(problem, "dilation is left out", dilation=1)


def _turned(problem: Problem) -> Alternative:
    """The kernel turned by 180°: a true convolution where a correlation is asked, or the other
    way round."""
    axes = tuple(range(2, problem.arrays["weight"].ndim))

    def turn(array: Array) -> Array:
        return np.flip(array, axes)

    arrays = {**problem.arrays, "weight": turn(problem.arrays["weight"])}
    said = "the kernel is turned by 180°"
    return Alternative(said, problem._replace(arrays=arrays), {"dweight": turn})


def _middle(problem: Problem) -> Iterator[Alternative]:
    """The middle of an even kernel's "same", one place further: zeros before and behind swapped."""
    if problem.options.get("mode") != "same":
        return
    a, kernel = problem.arrays["a"], problem.arrays["kernel"]
    first = tuple(k // 2 for k in kernel.shape)
    if problem.function == "convolve2d":
        first = tuple((k - 1) // 2 for k in kernel.shape)
    lead = ((0, 0),) * (a.ndim - 2)
    sides = tuple((f, k - 1 - f) for f, k in zip(first, kernel.shape, strict=True))
    inner = tuple(slice(f, f + n) for f, n in zip(first, a.shape[-2:], strict=True))
    other = problem._replace(
        arrays={**problem.arrays, "a": np.pad(a, (*lead, *sides))},
        options={**problem.options, "mode": "valid"},
    )
    said = "the middle of an even kernel lies one place further"
    yield Alternative(said, other, {"da": lambda da: np.asarray(da[..., inner[0], inner[1]])})


# --- one at a time ------------------------------------------------------------------------


def _approximated(problem: Problem) -> Iterator[Alternative]:
    if problem.function == "gelu":
        other = "none" if problem.options.get("approximate") == "tanh" else "tanh"
        said = {"none": "the exact GELU", "tanh": "the approximation by tanh"}[other]
        yield from _with(problem, said, approximate=other)


def _rounded(problem: Problem) -> Iterator[Alternative]:
    """Options that pass through float32 on their way, as attributes of ONNX do."""
    known = {**Call(problem).parameters, **problem.options}
    floats = {name: v for name, v in known.items() if isinstance(v, float)}
    narrow = {name: float(np.float32(v)) for name, v in floats.items()}
    for name in floats:
        if narrow[name] != floats[name] and problem.dy.dtype == np.float64:
            yield from _with(problem, f"{name} is rounded to float32", **{name: narrow[name]})


def _undivided(problem: Problem) -> Iterator[Alternative]:
    """AlexNet's α, which is not divided by the size."""
    if problem.function == "local_response_norm":
        alpha, size = Call(problem).option("alpha"), Call(problem).option("size")
        yield from _with(problem, "alpha is not divided by size", alpha=alpha * size)


KINDS: Mapping[str, tuple[Callable[[Problem], Iterator[Alternative]], ...]] = {
    "convolution": (_same,),
    "correlation": (_middle,),
    "max_pooling": (_rounding_up, _undilated),
    "average_pooling": (_counting, _rounding_up),
    "smooth_activations": (_approximated,),
    "normalization": (_undivided,),
}

# --- an adapter's axes --------------------------------------------------------------------


def _axes(problem: Problem) -> Iterator[Alternative]:
    """Maps, and kernels with them, that lie on their side; x read as if its channels stood last."""
    name, x = next(iter(problem.arrays.items()))
    if x.ndim < 4:
        return
    weight = problem.arrays.get("weight")
    if weight is not None and weight.ndim == x.ndim:
        yield from _given(
            problem, "height and width of the kernel are mixed up", weight=weight.swapaxes(-1, -2)
        )
    behind = x.shape[0], *x.shape[2:], x.shape[1]
    for said, other in (
        ("x is read as if its channels stood last", np.moveaxis(x.reshape(behind), -1, 1)),
        ("height and width of x are mixed up", x.swapaxes(-1, -2)),
        ("x is written as if its channels stood last", np.moveaxis(x, 1, -1).reshape(x.shape)),
    ):
        yield from _given(problem, said, **{name: other})

"""Loops that assign where they should add, as learners write them: each is named for what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest
from observing import Tensors, observed

from parity.cases.case import Array
from parity.diagnosis.call import Call
from parity.diagnosis.known import known_causes
from parity.diagnosis.tampered import is_finite
from parity.witnesses.problem import Problem

Loops = Callable[[Problem], Mapping[str, Array]]
Places = tuple[slice, ...]


def steps(call: Call) -> Iterator[tuple[tuple[int, ...], Places]]:
    """Each window's place in y, and what it reads of the padded input, row by row."""
    for place in np.ndindex(*call.outputs):
        spans = zip(place, call.stride, call.spans, call.dilation, strict=True)
        yield place, tuple(slice(h * s, h * s + span, d) for h, s, span, d in spans)


def padded(call: Call, x: Array) -> Array:
    return np.pad(x, ((0, 0), (0, 0), *call.padding))


def inside(call: Call, framed: Array) -> Array:
    cut = zip(call.padding, call.sides, strict=True)
    return framed[:, :, *(slice(before, before + n) for (before, _), n in cut)]


def channels(call: Call, f: int) -> slice:
    """The input channels of a filter's group."""
    weight, groups = call.problem.arrays["weight"], call.option("groups")
    first = f // (len(weight) // groups) * weight.shape[1]
    return slice(first, first + weight.shape[1])


def every_step(problem: Problem) -> Mapping[str, Array]:
    """All three gradients with = in the innermost of the loops over n, f, h and w."""
    call, (x, weight) = Call(problem), (problem.arrays["x"], problem.arrays["weight"])
    framed = padded(call, x)
    dx, dweight = np.zeros_like(framed), np.zeros_like(weight)
    dbias = np.zeros(len(weight), weight.dtype)
    for n, f in np.ndindex(problem.dy.shape[:2]):
        for place, reads in steps(call):
            dy, window = problem.dy[(n, f, *place)], (n, channels(call, f), *reads)
            dx[window] = weight[f] * dy
            dweight[f] = framed[window] * dy
            dbias[f] = dy
    return {"dx": inside(call, dx), "dweight": dweight, "dbias": dbias}


def every_window(problem: Problem) -> Mapping[str, Array]:
    """The loops over n and f add, the innermost over h and w assign: into arrays of their own."""
    call, (x, weight) = Call(problem), (problem.arrays["x"], problem.arrays["weight"])
    framed = padded(call, x)
    dx, dweight = np.zeros_like(framed), np.zeros_like(weight)
    dbias = np.zeros(len(weight), weight.dtype)
    for n, f in np.ndindex(problem.dy.shape[:2]):
        one, (of_weight, of_bias) = np.zeros_like(framed), (np.zeros_like(weight[f]), 0)
        for place, reads in steps(call):
            dy, window = problem.dy[(n, f, *place)], (n, channels(call, f), *reads)
            one[window] = weight[f] * dy
            of_weight, of_bias = framed[window] * dy, dy
        dx += one
        dweight[f] += of_weight
        dbias[f] += of_bias
    return {"dx": inside(call, dx), "dweight": dweight, "dbias": dbias}


def every_offset(problem: Problem) -> Mapping[str, Array]:
    """dx by a loop over the kernel's places, as col2im is written, with =."""
    call, weight = Call(problem), problem.arrays["weight"]
    framed = np.zeros_like(padded(call, problem.arrays["x"]))
    for offset in np.ndindex(*call.kernel):
        axes = zip(offset, call.dilation, call.stride, call.outputs, strict=True)
        reads = [slice(i * d, i * d + s * (n - 1) + 1, s) for i, d, s, n in axes]
        parts = np.zeros((*framed.shape[:2], *call.outputs), framed.dtype)
        for f in range(len(weight)):
            kernel = weight[(f, slice(None), *offset)].reshape(-1, *(1,) * len(call.sides))
            parts[:, channels(call, f)] += problem.dy[:, f : f + 1] * kernel
        framed[:, :, *reads] = parts
    return {"dx": inside(call, framed)}


def every_filter(problem: Problem) -> Mapping[str, Array]:
    """dx[n] = … in the loop over the filters, each one's part right."""
    call, (x, weight) = Call(problem), (problem.arrays["x"], problem.arrays["weight"])
    dx = np.zeros_like(padded(call, x))
    for n, f in np.ndindex(problem.dy.shape[:2]):
        one = np.zeros_like(dx[n])
        for place, reads in steps(call):
            one[(channels(call, f), *reads)] += weight[f] * problem.dy[(n, f, *place)]
        dx[n, channels(call, f)] = one[channels(call, f)]
    return {"dx": inside(call, dx)}


def mean_windows(problem: Problem) -> Mapping[str, Array]:
    """Average pooling: dx of a window = dy / its size."""
    call = Call(problem)
    framed = np.zeros_like(padded(call, problem.arrays["x"]))
    for place, reads in steps(call):
        dy = problem.dy[:, :, *place]
        framed[:, :, *reads] = (dy / dy.dtype.type(np.prod(call.kernel))).reshape(
            *dy.shape, *(1,) * len(reads)
        )
    return {"dx": inside(call, framed)}


def max_windows(problem: Problem) -> Mapping[str, Array]:
    """Max pooling: dx of a window = mask · dy, over what an earlier window gave."""
    call, axes = Call(problem), tuple(range(2, problem.dy.ndim))
    x = np.pad(problem.arrays["x"], ((0, 0), (0, 0), *call.padding), constant_values=-np.inf)
    framed = np.zeros_like(x)
    for place, reads in steps(call):
        window, dy = x[:, :, *reads], problem.dy[:, :, *place]
        mask = window == window.max(axis=axes, keepdims=True)
        framed[:, :, *reads] = mask * dy.reshape(*dy.shape, *(1,) * len(reads))
    return {"dx": inside(call, framed)}


NAMED: tuple[tuple[str, Loops, Mapping[str, str]], ...] = (
    *(
        (
            function,
            every_step,
            {
                "dx": "dx-of-last-window-and-filter",
                "dweight": "dweight-of-last-window",
                "dbias": "dbias-of-last-element",
            },
        )
        for function in ("conv1d", "conv2d", "conv3d")
    ),
    (
        "conv2d",
        every_window,
        {
            "dx": "dx-overlaps-overwritten",
            "dweight": "dweight-of-last-window-each",
            "dbias": "dbias-of-last-place",
        },
    ),
    ("conv2d", every_offset, {"dx": "dx-first-window-stands"}),
    ("conv2d", every_filter, {"dx": "dx-of-last-output-map"}),
    ("avg_pool1d", mean_windows, {"dx": "average-overlaps-overwritten"}),
    ("avg_pool2d", mean_windows, {"dx": "average-overlaps-overwritten"}),
    ("max_pool1d", max_windows, {"dx": "max-windows-overwritten"}),
    ("max_pool2d", max_windows, {"dx": "max-windows-overwritten"}),
)


@pytest.mark.parametrize(("function", "loops", "named"), NAMED)
def test_the_loop_that_assigns_is_named(
    function: str, loops: Loops, named: Mapping[str, str]
) -> None:
    """In each tensor the one that was written, and none of its neighbours."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        return {t: a for t, a in loops(problem).items() if t in right} if right["dx"].size else {}

    observations = [
        o for o in observed(function, code, "backward", 60) if is_plain(Call(o.problem))
    ]
    causes = known_causes(observations)
    said = {name.removesuffix(f"-{function[-2:]}") for c in causes for name in c.mistakes}
    assert said == set(named.values()), [cause.text for cause in causes]


LARGEST = 1e15  # products of two, and sums of these, are finite in float32


def is_plain(call: Call) -> bool:
    """What these loops are written for: whole windows among zeros, numbers whose products are
    finite, no equal maxima."""
    if call.option("padding_mode") not in (None, "zeros"):
        return False
    given = (*call.problem.arrays.values(), call.problem.dy)
    if any(np.max(np.abs(array), initial=0) > LARGEST for array in given):
        return False
    if call.option("ceil_mode") or call.option("divisor_override"):
        return False
    if call.option("count_include_pad") is False or not is_finite(call.problem):
        return False
    windows = call.windows if "pool" in call.problem.function else None
    if windows is None:
        return True
    ordered = np.sort(windows, axis=-1)
    return windows.shape[-1] < 2 or bool((ordered[..., -1] > ordered[..., -2]).all())

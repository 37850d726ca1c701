"""Small problems that hold chosen elements of a large one: what they depend on, and no more.

An element of a convolution depends on one window, an element of its dweight on one tap of all
windows, a pooling on its own map only. So an element of a tensor that is too large for exact
arithmetic can be computed exactly all the same.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from parity.cases.case import Array
from parity.cases.function import ELEMENT, MAP, MEETING, ROW, WINDOW
from parity.cases.functions import FUNCTIONS
from parity.witnesses.definitions.windows import each, margins, window_of
from parity.witnesses.problem import SUM, Problem


class Piece(NamedTuple):
    """A small problem; where it has the elements, and where the whole has them (flat places)."""

    problem: Problem
    here: Array
    there: Array


ORDERED_COST = 5  # a comparison of balls takes as long as so many products of plain arbs
ELEMENTARY_COST = 50  # and an exponential as so many

# What np.pad calls the modes of a convolution's padding.
FRAMES: dict[str, Any] = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}
SAMPLE = 16  # elements of a tensor that are computed one by one


def cut_of(problem: Problem) -> str:
    """What an element depends on; of a sum of gradients, the elements at its own place.

    Of arrays that broadcast the same, where none of them is repeated.
    """
    cut = ELEMENT if problem.function == SUM else FUNCTIONS[problem.function].pieces
    alike = all(array.shape == problem.dy.shape for array in problem.arrays.values())
    return ELEMENT if cut == MEETING and alike else cut


def shape_of(problem: Problem, tensor: str) -> tuple[int, ...]:
    """The shape of one of the problem's tensors."""
    return problem.dy.shape if tensor == "y" else problem.arrays[tensor[1:]].shape


def cost(problem: Problem) -> int:
    """About how many multiply-adds of plain arbs the forward takes."""
    arrays, outputs = problem.arrays, int(problem.dy.size)
    elements = int(next(iter(arrays.values())).size)
    match problem.function:
        case "conv1d" | "conv2d" | "conv3d" | "weighted_pool2d":
            return outputs * prod(arrays["weight"].shape[1:])
        case "shared_conv2d":
            return outputs * prod(arrays["weight"].shape[1:]) * int(arrays["x"].shape[1])
        case "correlate2d" | "convolve2d":
            return outputs * min(int(arrays["kernel"].size), prod(arrays["a"].shape[-2:]))
        case "linear" | "perceptron" | "logistic_regression" | "softmax_regression":
            return outputs * int(arrays["x"].shape[-1])
        case "flatten" | "concatenate" | "rot180" | "sum" | "dropout" | "dsigmoid" | "dtanh":
            return outputs
        case "transpose" | "reshape" | "channel_shuffle" | "slice_axis" | "split":
            return outputs
        case "add" | "multiply" | "subtract" | "divide":
            return outputs
        case "power":
            return ELEMENTARY_COST * outputs
        case "mean":
            return elements
        case name if "pool" in name or name == "downsample":
            return ORDERED_COST * outputs * _window(problem)
        case "relu" | "leaky_relu" | "sign" | "mse_loss" | "squared_error" | "perceptron_loss":
            return ORDERED_COST * elements
        case _:
            return ELEMENTARY_COST * elements


def _window(problem: Problem) -> int:
    return prod(window_of(problem.arrays["x"].shape, problem.options))


# --- one element --------------------------------------------------------------------------


def piece_with(problem: Problem, tensor: str, place: tuple[int, ...]) -> Piece | None:
    """A small problem with one element of a tensor; None for functions that have none."""
    flat = np.ravel_multi_index(place, shape_of(problem, tensor)) if place else 0
    if cut_of(problem) == ELEMENT:
        return elements_of(problem, np.array([flat]))
    if cut_of(problem) == MAP:
        return _map(problem, tensor, place[:2]) if tensor in ("y", "dx") else None
    if cut_of(problem) == MEETING:
        return Piece(_met(problem, tensor, place), np.array([0]), np.array([flat]))
    if cut_of(problem) == WINDOW:
        if tensor == "dx" and problem.options.get("padding_mode", "zeros") != "zeros":
            return None  # a place has copies in several windows
        smaller, here = _OF_CONVOLUTION[tensor](_Convolution(problem), place)
    elif cut_of(problem) == ROW:
        smaller, here = _of_linear(problem, tensor, place)
    else:
        return None
    return Piece(smaller, np.array([here]), np.array([flat]))


def elements_of(problem: Problem, places: Array) -> Piece:
    """Chosen elements (flat places) of a function of one element."""
    arrays = {name: array.reshape(-1)[places] for name, array in problem.arrays.items()}
    smaller = problem._replace(arrays=arrays, dy=problem.dy.reshape(-1)[places])
    return Piece(smaller, np.arange(len(places)), places)


def _map(problem: Problem, tensor: str, map_: tuple[int, ...]) -> Piece:
    """One map of one sample, with its weights if it has any."""
    (n, c), (_, C, *sizes) = map_, shape_of(problem, tensor)
    arrays = {
        name: array[n : n + 1, c : c + 1] if name == "x" else array[c : c + 1]
        for name, array in problem.arrays.items()
    }
    smaller = problem._replace(arrays=arrays, dy=problem.dy[n : n + 1, c : c + 1])
    here = np.arange(prod(sizes))
    return Piece(smaller, here, (n * C + c) * prod(sizes) + here)


def _met(problem: Problem, tensor: str, place: tuple[int, ...]) -> Problem:
    """What one element meets: along axes that it lacks, or has one place of, everything."""
    y, own = problem.dy.shape, shape_of(problem, tensor)
    missing = len(y) - len(own)
    taken = [
        slice(at, at + 1) if own[axis] > 1 or y[missing + axis] == 1 else slice(None)
        for axis, at in enumerate(place)
    ]
    taken = [*[slice(None)] * missing, *taken]
    arrays = {
        name: array[
            tuple(
                cut if size > 1 else slice(None)
                for size, cut in zip(array.shape, taken[len(y) - array.ndim :], strict=True)
            )
        ]
        for name, array in problem.arrays.items()
    }
    return problem._replace(arrays=arrays, dy=problem.dy[tuple(taken)])


class _Convolution:
    """A convolution whose padding has become part of x."""

    def __init__(self, problem: Problem) -> None:
        x, weight, options = problem.arrays["x"], problem.arrays["weight"], problem.options
        axes = x.ndim - 2
        self.problem, self.weight, self.dy = problem, weight, problem.dy
        self.kernel, self.output = weight.shape[2:], problem.dy.shape[2:]
        self.stride = each(options.get("stride", 1), axes)
        self.dilation = each(options.get("dilation", 1), axes)
        self.spans = tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))
        padding = margins(options.get("padding", 0), x.shape[2:], self.spans, self.stride)
        self.before = [before for before, _ in padding]
        mode = FRAMES[options.get("padding_mode", "zeros")]
        self.x = np.pad(x, [(0, 0), (0, 0), *padding], mode)
        self.maps_in, self.maps_out = weight.shape[1], len(weight) // options.get("groups", 1)

    def cut(self, x: Array, weight: Array, dy: Array, outputs: slice) -> Problem:
        """The convolution of parts, without padding and groups."""
        arrays = {"x": x, "weight": weight}
        if "bias" in self.problem.arrays:
            arrays["bias"] = self.problem.arrays["bias"][outputs]
        options = {"stride": self.stride, "dilation": self.dilation}
        return Problem(self.problem.function, arrays, options, dy)

    def inputs_of(self, output: int) -> slice:
        """The maps of x that an output map sees."""
        first = output // self.maps_out * self.maps_in
        return slice(first, first + self.maps_in)


def _y_of_convolution(conv: _Convolution, place: tuple[int, ...]) -> tuple[Problem, int]:
    """One window, one kernel."""
    n, o, *h = place
    window = [
        slice(i * s, i * s + span) for i, s, span in zip(h, conv.stride, conv.spans, strict=True)
    ]
    x = conv.x[(slice(n, n + 1), conv.inputs_of(o), *window)]
    outputs = slice(o, o + 1)
    there = (slice(n, n + 1), outputs, *(slice(i, i + 1) for i in h))
    return conv.cut(x, conv.weight[outputs], conv.dy[there], outputs), 0


def _dweight_of_convolution(conv: _Convolution, place: tuple[int, ...]) -> tuple[Problem, int]:
    """One tap of every window, as a kernel of one element."""
    o, c, *i = place
    outputs, channel = slice(o, o + 1), conv.inputs_of(o).start + c
    taps = [
        slice(k * d, k * d + s * (count - 1) + 1)
        for k, d, s, count in zip(i, conv.dilation, conv.stride, conv.output, strict=True)
    ]
    x = conv.x[(slice(None), slice(channel, channel + 1), *taps)]
    weight = conv.weight[(outputs, slice(c, c + 1), *(slice(k, k + 1) for k in i))]
    return conv.cut(x, weight, conv.dy[:, outputs], outputs), 0


def _dbias_of_convolution(conv: _Convolution, place: tuple[int, ...]) -> tuple[Problem, int]:
    return _dweight_of_convolution(conv, (*place, 0, *(0 for _ in conv.kernel)))


def _dx_of_convolution(conv: _Convolution, place: tuple[int, ...]) -> tuple[Problem, int]:
    """All windows that hold the place."""
    n, c, *u = place
    group, inner = divmod(c, conv.maps_in)
    outputs = slice(group * conv.maps_out, (group + 1) * conv.maps_out)
    rows, taken, inside = [], [], []
    for v, s, span, count in zip(
        (p + before for p, before in zip(u, conv.before, strict=True)),
        conv.stride,
        conv.spans,
        conv.output,
        strict=True,
    ):
        last = min(v // s, count - 1)
        first = min(max(0, -((span - 1 - v) // s)), last)  # h·s + span > v; none: any window
        rows.append(slice(first * s, max(last * s + span, v + 1)))
        taken.append(slice(first, last + 1))
        inside.append(v - first * s)
    x = conv.x[(slice(n, n + 1), slice(c, c + 1), *rows)]
    dy = conv.dy[(slice(n, n + 1), outputs, *taken)]
    weight = conv.weight[outputs, inner : inner + 1]
    here = int(np.ravel_multi_index(inside, x.shape[2:]))
    return conv.cut(x, weight, dy, outputs), here


_OF_CONVOLUTION = {
    "y": _y_of_convolution,
    "dx": _dx_of_convolution,
    "dweight": _dweight_of_convolution,
    "dbias": _dbias_of_convolution,
}


def _of_linear(problem: Problem, tensor: str, place: tuple[int, ...]) -> tuple[Problem, int]:
    x, weight, dy = problem.arrays["x"], problem.arrays["weight"], problem.dy
    rows = prod(x.shape[:-1])
    rows_in, rows_out = x.reshape(rows, x.shape[-1]), dy.reshape(rows, dy.shape[-1])
    all_, one = slice(None), [slice(p, p + 1) for p in place]
    if tensor in ("y", "dx"):
        number = int(np.ravel_multi_index(place[:-1], x.shape[:-1])) if x.ndim > 1 else 0
        samples = slice(number, number + 1)
        outputs, features = (one[-1], all_) if tensor == "y" else (all_, one[-1])
    else:
        samples, outputs = all_, one[0]
        features = one[1] if tensor == "dweight" else slice(0, 1)
    arrays = {"x": rows_in[samples, features], "weight": weight[outputs, features]}
    if "bias" in problem.arrays:
        arrays["bias"] = problem.arrays["bias"][outputs]
    return Problem("linear", arrays, {}, rows_out[samples, outputs]), 0


# --- a sample -----------------------------------------------------------------------------


def sample(
    problem: Problem, tensor: str, budget: int, rng: np.random.Generator
) -> list[Piece] | None:
    """Pieces with random elements of a tensor; None for functions that have none."""
    shape = shape_of(problem, tensor)
    size = prod(shape)
    if cut_of(problem) == ELEMENT:
        count = min(size, max(1, budget * size // max(1, cost(problem))))
        return [elements_of(problem, np.sort(rng.choice(size, count, replace=False)))]
    if cut_of(problem) == MAP:
        if tensor not in ("y", "dx"):
            return None
        maps = shape[0] * shape[1]
        count = min(maps, max(1, budget * maps // max(1, cost(problem))))
        chosen = np.sort(rng.choice(maps, count, replace=False))
        return [_map(problem, tensor, divmod(int(number), shape[1])) for number in chosen]
    flat = np.sort(rng.choice(size, min(size, SAMPLE), replace=False))
    places = [tuple(map(int, np.unravel_index(number, shape))) for number in flat]
    pieces = [piece_with(problem, tensor, place) for place in places]
    found = [piece for piece in pieces if piece is not None]
    return found if len(found) == len(pieces) else None

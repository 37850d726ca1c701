"""From which integers the arguments of a function are drawn, so that nothing is rounded.

An array's element is base + step·k with k drawn uniformly and independently from low … high.
The sets are as large as exactness allows: every product, and every sum of any of its terms in
any order, stays below 2²⁴ in float32 and 2⁵³ in float64, where all integers are representable.
What a pattern holds fixed (base, the sign of step, masks, labels) decides every branch of the
function, so that on one pattern it is a polynomial: of degree at most 1 in each of its arrays,
of a squared error at most 2.

| functions | drawn from | fixed by a pattern |
|---|---|---|
| sums of products or squares, selections without a branch | −M … M | nothing |
| two arrays element by element | −M … M | nothing |
| a quotient of two arrays | x: multiples of 16, dy: of 4 | the divisors: ±1, ±2, ±4 |
| averages | multiples of every window's divisor | nothing |
| maxima | a rank apart plus 1 … B − 1: the order of all elements never changes | the order |
| functions with a kink at 0, dropout | ±1 … ±M | every element's sign, the mask |
| hardtanh | below, between, above its limits, which are moved far apart | where every element is |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import frexp, isqrt, lcm, prod
from typing import Any

import numpy as np

from parity import oracle
from parity.bounds import sampling
from parity.bounds.terms import RULES as COUNTED
from parity.bounds.terms import terms_of
from parity.cases.case import Array, Case, Given, Shape
from parity.cases.functions import FUNCTIONS
from parity.witnesses.definitions import windows
from parity.witnesses.definitions.windows import each

Options = Mapping[str, Any]
TF32_BITS = 11  # of a factor that TF32 holds exactly
EXACT_BELOW = {"float32": 2**24, "float64": 2**53}
MOST_ORDERS = 8  # of a maximum: more would take longer than it is worth
DIVISORS = 4  # patterns of divisors


class NotExactError(ValueError):
    """No set of integers is small enough for exact sums, or so small that it proves nothing."""


@dataclass(frozen=True)
class Lattice:
    """The integers base + step·k, k = low … high, that each element of an array is drawn from."""

    base: Array
    step: Array | int = 1
    low: int = 0
    high: int = 0

    @property
    def size(self) -> int:
        """|S|, the number of values of each element; 1 of what is fixed."""
        return self.high - self.low + 1

    def draw(self, rng: np.random.Generator) -> Array:
        """One array, in 64-bit integers."""
        drawn = rng.integers(self.low, self.high, self.base.shape, endpoint=True)
        drawn *= self.step
        drawn += self.base
        return drawn

    def largest(self) -> Array:
        """The largest |value| of each element."""
        low, high = (np.abs(self.base + self.step * k) for k in (self.low, self.high))
        return np.asarray(np.maximum(low, high))


Pattern = dict[str, Lattice]  # by the array's name, "dy" among them


@dataclass(frozen=True)
class Geometry:
    """What is left of a case without its numbers: function, shapes, options."""

    function: str
    shapes: Mapping[str, Shape]
    options: Options

    @property
    def key(self) -> str:
        """The same for two cases of one geometry."""
        return f"{self.function} {sorted(self.shapes.items())} {sorted(self.options.items())}"

    @property
    def inputs(self) -> tuple[str, ...]:
        """The arrays that it is differentiated by."""
        return tuple(name for name in FUNCTIONS[self.function].inputs if name in self.shapes)


def geometry(case: Case) -> Geometry:
    """The geometry of a case; slopes become powers of 2, a dropout's 1 − p too; limits integers,
    and what a frame is filled with."""
    shapes = {
        name: np.shape(source.values) if isinstance(source, Given) else source.shape
        for name, source in case.arrays.items()
    }
    options = dict(case.options)
    if case.function == "leaky_relu":
        options["negative_slope"] = power_of_two(options.get("negative_slope", 0.01))
    if case.function == "dropout" and frexp(1 - options.get("p", 0.5))[0] != 1 / 2:
        options["p"] = 0.5
    if case.function == "hardtanh":
        limits = _far_apart(options.get("min_val", -1), options.get("max_val", 1))
        options["min_val"], options["max_val"] = limits
    if case.function == "pad" and options.get("value"):
        options["value"] = 1 if options["value"] > 0 else -1
    return Geometry(case.function, shapes, options)


def _far_apart(low: float, high: float) -> tuple[int, int]:
    """Limits with many integers between them, of the signs of these.

    >>> _far_apart(-1, 1), _far_apart(0, 6), _far_apart(0.5, 0.5)
    ((-1048576, 1048576), (0, 1048576), (524288, 1048576))
    """
    far = 2**20
    if low > 0:
        return far // 2, far
    if high < 0:
        return -far, -far // 2
    return -far if low < 0 else 0, far if high > 0 or low == 0 else 0


def power_of_two(slope: float) -> float:
    """The power of 2 next below |slope|, with its sign; 0 stays.

    >>> power_of_two(0.1), power_of_two(-0.5), power_of_two(0)
    (0.0625, -0.5, 0.0)
    """
    mantissa, exponent = frexp(slope)
    return float(np.copysign(2.0 ** (exponent - 1), slope)) if mantissa else 0.0


# --- the patterns of a geometry -----------------------------------------------------------


def patterns(
    shape: Geometry, dtype: str, rng: np.random.Generator, tf32: bool = False
) -> list[Pattern]:
    """What is held fixed while numbers are drawn, one pattern after the other.

    tf32: factors stay below 2¹¹, so that TF32 holds them exactly, and their products.
    Raises: NotExactError where no set is small enough for exact sums.
    """
    found = patterns_below(shape, EXACT_BELOW[dtype], rng)
    if tf32 and dtype == "float32" and {"weight", "kernel"} & set(shape.shapes):
        return [_factors_below(2**TF32_BITS, pattern) for pattern in found]
    return found


def patterns_below(shape: Geometry, limit: int, rng: np.random.Generator) -> list[Pattern]:
    """The same, with every product and every sum below a limit."""
    return _rule(shape)(shape, limit, rng)


def without_branch(shape: Geometry) -> bool:
    """Whether it only adds and multiplies, whatever the numbers: averages among them."""
    rule = FUNCTIONS[shape.function].integers
    return rule in ("sums", "averages") or (
        rule == "downsampled" and not sampling.is_maximum(shape.options)
    )


def _rule(shape: Geometry) -> Rule:
    return RULES[FUNCTIONS[shape.function].integers]


def _factors_below(limit: int, pattern: Pattern) -> Pattern:
    """Sets cut down to −limit … limit; a bias is no factor."""
    return {
        name: lattice
        if name == "bias"
        else Lattice(lattice.base, lattice.step, max(lattice.low, -limit), min(lattice.high, limit))
        for name, lattice in pattern.items()
    }


def _around_zero(shape: Shape, most: int, step: int = 1) -> Lattice:
    """step·(−most … most)"""
    if most < 1:
        raise NotExactError("no integers are small enough for exact sums")
    return Lattice(np.zeros(shape, np.int64), step, -most, most)


def _ones(shape: Geometry) -> dict[str, Array]:
    return {name: np.ones(size) for name, size in shape.shapes.items()}


def output_shape(shape: Geometry) -> Shape:
    """The shape of torch's value."""
    zeros = {name: np.zeros(size) for name, size in shape.shapes.items()}
    return oracle.forward(shape.function, zeros, shape.options).shape


def _sums(shape: Geometry, limit: int, rng: np.random.Generator) -> list[Pattern]:
    """Sums of products of two arrays, or of one array alone.

    With K_t terms in an element of tensor t, K_y·M_x·M_w, K_dx·M_dy·M_w and K_dw·M_dy·M_x must
    stay below the limit; the largest product of the three M has all of them reach it. The bias
    gets a sixteenth.
    """
    dy_shape = output_shape(shape)
    factors = [name for name in shape.inputs if name != "bias"]
    terms = terms_of_sums(shape, dy_shape)
    if "weight" not in factors and "kernel" not in factors:
        of_inputs = (limit - 1) // terms["dy"]
        of_dy = (limit - 1) // max(terms[name] for name in factors)
        most = {**dict.fromkeys(factors, of_inputs), "dy": of_dy}
    else:
        budget, bias = (limit - 1) * 15 // 16, (limit - 1) // 16
        names = (*factors, "dy")
        # Of the product of the other two; where it is 0, no integers are found below.
        allowed = {name: max(1, budget // terms[name]) for name in names}
        most = {
            name: isqrt(prod(allowed[other] for other in names if other != name) // allowed[name])
            for name in names
        }
        most = _no_larger(most, allowed)
        most |= {"bias": bias, "dy": min(most["dy"], (limit - 1) // terms.get("bias", 1))}
    shapes = {**shape.shapes, "dy": dy_shape}
    pattern = {name: _around_zero(size, most[name]) for name, size in shapes.items()}
    _check_exact(shape, pattern, limit)
    return [pattern]


def terms_of_sums(shape: Geometry, dy_shape: Shape) -> dict[str, int]:
    """K of each gradient by the input's name, and of the value by that of dy, at least 1.

    By the operation on ones. That of the value counts the bias, which asks for a little too much.
    """
    function, options = shape.function, shape.options
    if function in COUNTED:
        of_value, of_gradients = terms_of(function, shape.shapes, options)[:2]
    else:
        dy, ones = np.ones(dy_shape), _ones(shape)
        found = oracle.gradients(function, ones, options, dy, shape.inputs)
        of_value, of_gradients = found.y, found.gradients
    of_inputs = {name: _most(of_gradients[name], shape.shapes[name]) for name in shape.inputs}
    return {"dy": _most(of_value, dy_shape), **of_inputs}


def _most(terms: Array, size: Shape) -> int:
    """The largest K of a tensor of this size; an empty one has no sums."""
    return max(1, int(terms.max(initial=0))) if prod(size) else 1


def _no_larger(most: dict[str, int], allowed: dict[str, int]) -> dict[str, int]:
    """Where one would be less than 1, or a product too large, the same for all three."""
    names = list(most)
    fits = all(
        prod(most[other] for other in names if other != name) <= allowed[name] for name in names
    )
    if fits and min(most.values()) > 0:
        return most
    return dict.fromkeys(names, isqrt(min(allowed.values())))


def _check_exact(shape: Geometry, pattern: Pattern, limit: int) -> None:
    """Refuse sets whose largest sums of |products|, by torch in float64, reach the limit."""
    largest = {name: lattice.largest().astype(np.float64) for name, lattice in pattern.items()}
    dy = largest.pop("dy")
    result = oracle.gradients(shape.function, largest, shape.options, dy, shape.inputs)
    for magnitude in (result.y, *result.gradients.values()):
        if not magnitude.max(initial=0.0) < limit:
            raise NotExactError(f"sums reach {np.max(magnitude):.0f}, past the exact {limit}")


def _averages(shape: Geometry, limit: int, rng: np.random.Generator) -> list[Pattern]:
    """Multiples of every divisor. No sum has more terms than a window has places, or a place
    windows; each of them stays below the limit before it is divided."""
    step, places = divisors_multiple(shape), terms_at_most(shape)
    most = (limit - 1) // (places * step)
    return [
        {
            "x": _around_zero(shape.shapes["x"], most, step),
            "dy": _around_zero(output_shape(shape), most, step),
        }
    ]


def divisors_multiple(shape: Geometry) -> int:
    """The least common multiple of what the windows' sums are divided by."""
    return lcm(*divisors(shape))


def divisors(shape: Geometry) -> set[int]:
    """What the windows' sums are divided by but for its sign, from torch; if by nothing, 1."""
    function, options = shape.function, shape.options
    if FUNCTIONS[function].integers not in ("averages", "downsampled"):
        return {1}
    if function == "downsample":
        function, options = "avg_pool2d", sampling.as_pooling(options)
    averages = oracle.forward(function, _ones(shape), options)
    terms = terms_of(function, shape.shapes, options).value
    return {round(abs(float(d))) for d in np.unique(terms / averages)}


def window_of(shape: Geometry) -> tuple[int, ...]:
    """The sides of the largest window."""
    return windows.window_of(shape.shapes["x"], shape.options)


def terms_at_most(shape: Geometry) -> int:
    """The places of a window, or the windows of a place if these may be more; a mean's places."""
    if shape.function == "mean":
        return terms_of(shape.function, shape.shapes, shape.options).most
    return windows.most_terms(shape.shapes["x"], shape.options)


def _downsampled(shape: Geometry, limit: int, rng: np.random.Generator) -> list[Pattern]:
    rule = _maxima if sampling.is_maximum(shape.options) else _averages
    return rule(shape, limit, rng)


def _squares(shape: Geometry, limit: int, rng: np.random.Generator) -> list[Pattern]:
    """Σ (t − y)², and dy·2(t − y), which torch forms before it halves, below the limit.

    A mean divides exactly by a power of 2 alone.
    """
    count = prod(shape.shapes["output"])
    is_mean = shape.function == "mse_loss" and shape.options.get("reduction", "mean") == "mean"
    if is_mean and (not count or count & (count - 1)):
        raise NotExactError(f"a mean of {count} squares is rounded")
    most = isqrt((limit - 1) // max(1, prod(shape.shapes["output"]))) // 2
    of_dy = (limit - 1) // (4 * max(1, most))
    arrays = {name: _around_zero(size, most) for name, size in shape.shapes.items()}
    return [{**arrays, "dy": _around_zero(output_shape(shape), of_dy)}]


def _repeated(shape: Geometry, limit: int, rng: np.random.Generator) -> list[Pattern]:
    """Two arrays element by element: products, or differences, of any two, and sums of those.

    An element that is repeated K times has K terms in its gradient.
    """
    y = output_shape(shape)
    repeated = max(prod(y) // max(1, prod(shape.shapes[name])) for name in shape.inputs)
    terms = max(2, repeated)
    most = isqrt((limit - 1) // terms) if shape.function == "multiply" else (limit - 1) // terms
    return [{name: _around_zero(size, most) for name, size in {**shape.shapes, "dy": y}.items()}]


def _quotients(shape: Geometry, limit: int, rng: np.random.Generator) -> list[Pattern]:
    """Multiples of every divisor's square, divisors that are powers of 2: nothing is rounded.

    On one pattern y, ∂L/∂x and ∂L/∂other = −Σ dy·x/other² are linear in x and in dy. An element
    that is repeated K times has K terms in its gradient.
    """
    size, of_y = shape.shapes["other"], output_shape(shape)
    terms = max(prod(of_y) // max(1, prod(shape.shapes[name])) for name in shape.inputs)
    most = isqrt((limit - 1) // (64 * max(1, terms)))
    patterns = []
    for _ in range(DIVISORS):
        other = rng.choice(np.array([-4, -2, -1, 1, 2, 4]), size=size)
        drawn = {"x": _around_zero(shape.shapes["x"], most, 16), "dy": _around_zero(of_y, most, 4)}
        patterns.append({"x": drawn["x"], "other": Lattice(np.asarray(other)), "dy": drawn["dy"]})
    return patterns


# --- maxima -------------------------------------------------------------------------------


def _maxima(shape: Geometry, limit: int, rng: np.random.Generator) -> list[Pattern]:
    """Random orders of all elements, until every place of the window was the maximum.

    Two ranks lie B apart and each element moves by 1 … B − 1: the order stays, there are no ties
    (also not with a 0 of padding), and every element has a set of its own. A place wins no more
    windows than a window has places.
    """
    size = shape.shapes["x"]
    elements = prod(size)
    apart = (limit - 1) // (elements // 2 + 1)
    if apart < 3:
        raise NotExactError(f"{elements} elements are too many to be kept apart")
    dy = _around_zero(output_shape(shape), (limit - 1) // terms_at_most(shape))
    found: list[Pattern] = []
    seen: set[Shape] = set()
    while len(found) < MOST_ORDERS and len(seen) < prod(window_of(shape)):
        ranks = rng.permutation(elements).reshape(size) - elements // 2
        pattern = {"x": Lattice(apart * ranks, 1, 1, apart - 1), "dy": dy}
        found.append(pattern)
        if not dy.base.size:
            break
        seen |= winners(shape, pattern)
    return found


def winners(shape: Geometry, pattern: Pattern) -> set[Shape]:
    """Which places of a window are the maximum of some window, on one pattern."""
    x, options = pattern["x"].base.astype(np.float64), shape.options
    window, axes = window_of(shape), x.ndim - 2
    if shape.function == "downsample":
        hanging = [(0, -n % k) for n, k in zip(x.shape[2:], window, strict=True)]
        if options.get("edge", "zero_pad") == "zero_pad":
            x = np.pad(x, [(0, 0), (0, 0), *hanging])
        function, options = "max_pool2d", {"kernel_size": window}
    else:
        function = shape.function
    if windows.is_adaptive(options):
        return _winners_of_adaptive(x, options)
    indices = oracle.forward(f"{function}_with_indices", {"x": x}, options)
    stride = each(options.get("stride") or window, axes)
    padding = each(options.get("padding", 0), axes)
    dilation = each(options.get("dilation", 1), axes)
    places = np.unravel_index(indices, x.shape[2:])  # one array (N, C, …) for each axis
    starts = np.indices(indices.shape)[2:]
    offsets = [
        (place - (start * s - p)) // d
        for place, start, s, p, d in zip(places, starts, stride, padding, dilation, strict=True)
    ]
    return set(zip(*(offset.ravel().tolist() for offset in offsets), strict=True))


def _winners_of_adaptive(x: Array, options: Options) -> set[Shape]:
    """The same where each window has a beginning of its own."""
    axes = x.ndim - 2
    asked = {"output_size": options.get("output_size", 1)}
    indices = oracle.forward(f"adaptive_max_pool{axes}d_with_indices", {"x": x}, asked)
    places = np.unravel_index(indices.astype(np.intp), x.shape[2:])
    offsets = []
    for axis, (place, n, output) in enumerate(
        zip(places, x.shape[2:], each(asked["output_size"], axes), strict=True), start=2
    ):
        starts = np.array([span.start for span in windows.adaptive_spans(n, output)])
        offsets.append(place - starts.reshape(-1, *(1,) * (x.ndim - 1 - axis)))
    return set(zip(*(offset.ravel().tolist() for offset in offsets), strict=True))


def covered(shape: Geometry, found: list[Pattern]) -> str:
    """Which branches the patterns take, in words; nothing where there is none."""
    if shape.function == "dropout":
        return "every element kept and dropped"
    if _rule(shape) is _quotients:
        return "divisors of both signs"
    if _rule(shape) is _signs:
        return "both signs of every element"
    if _rule(shape) is _regions:
        return "every element below, between and above the limits"
    if _rule(shape) is _maxima or (
        shape.function == "downsample" and sampling.is_maximum(shape.options)
    ):
        won: set[Shape] = set()
        for pattern in found:
            won |= winners(shape, pattern) if pattern["dy"].base.size else set()
        return f"{len(won)} of {prod(window_of(shape))} window places as the maximum"
    return ""


# --- kinks at 0, dropout ------------------------------------------------------------------


def _signs(shape: Geometry, limit: int, rng: np.random.Generator) -> list[Pattern]:
    """Every element with both signs, never 0. A factor is a power of 2: nothing is rounded."""
    (name,) = shape.inputs
    size = shape.shapes[name]
    most = (limit - 1) // (max(1, prod(size)) if shape.function == "perceptron_loss" else 1)
    signs = rng.choice(np.array([-1, 1]), size=size)
    fixed = {key: _fixed(shape, key, rng) for key in shape.shapes if key != name}
    dy = _around_zero(output_shape(shape), limit - 1)
    return [
        {name: Lattice(np.zeros(size, np.int64), signs * side, 1, most), **constants, "dy": dy}
        for side, constants in ((1, fixed), (-1, _turned(fixed)))
    ]


def _fixed(shape: Geometry, name: str, rng: np.random.Generator) -> Lattice:
    """A dropout's mask of 0 and 1, a perceptron's labels −1 and 1."""
    values = {"mask": [0, 1], "target": [-1, 1]}[name]
    return Lattice(rng.choice(np.array(values), size=shape.shapes[name]))


def _turned(fixed: Pattern) -> Pattern:
    """What was dropped is kept; labels stay, so that right becomes wrong as the scores turn."""
    return {
        name: Lattice(1 - lattice.base) if name == "mask" else lattice
        for name, lattice in fixed.items()
    }


# --- kinks anywhere -----------------------------------------------------------------------


def _regions(shape: Geometry, limit: int, rng: np.random.Generator) -> list[Pattern]:
    """Every element below, between and above the limits of hardtanh, never at them."""
    low, high = shape.options["min_val"], shape.options["max_val"]
    size, most = shape.shapes["x"], high - low - 1
    bases, steps = np.array([low, low, high]), np.array([-1, 1, 1])
    region, dy = rng.integers(0, 3, size), _around_zero(output_shape(shape), limit - 1)
    return [
        {"x": Lattice(bases[turned], steps[turned], 1, most), "dy": dy}
        for turned in ((region + k) % 3 for k in range(3))
    ]


Rule = Callable[[Geometry, int, np.random.Generator], list[Pattern]]
# By the rule that the registry names for a function (`Function.integers`).
RULES: dict[str, Rule] = {
    "sums": _sums,
    "averages": _averages,
    "maxima": _maxima,
    "downsampled": _downsampled,
    "squares": _squares,
    "repeated": _repeated,
    "quotients": _quotients,
    "signs": _signs,
    "regions": _regions,
}
BRANCHES = ("maxima", "downsampled", "signs", "regions")  # rules that fix every branch
EXACT = tuple(f.name for f in FUNCTIONS.values() if f.integers)  # exact on integers

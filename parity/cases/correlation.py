"""What the catalogue knows of correlate2d, convolve2d, rot180 and shared_conv2d."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parity.cases.case import FLOATS, BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import ALIKE, MOVED, WEIGHTED, affine, alone, kernel_of
from parity.cases.function import AFFINE, Function, moved, sum_of_products
from parity.cases.symbol_case import SymbolCase, sums
from parity.cases.texts import NO_BATCH, NO_CHANNEL, X2, Texts, Valid

GROUP = "convolution"

ROWS: tuple[Function, ...] = (
    sum_of_products("correlate2d", ("a", "kernel"), "D1.15", "D4.1", "D4.10", "D4.11"),
    sum_of_products("convolve2d", ("a", "kernel"), "D1.14", "D1.15", "D1.30", "D4.2"),
    moved("rot180", ("a",), "D1.25", "D4.7"),
    sum_of_products(
        "shared_conv2d", AFFINE, "D1.16", "D1.25", "D1.26", "D1.27", bound="shared_conv2d"
    ),
)

BOTH = ("correlate2d", "convolve2d")


def _case(
    function: str,
    name: str,
    arrays: Mapping[str, Shape | Source],
    *,
    values: str = "normal",
    layout: str = "contiguous",
    upstream: str = "normal",
    documents: tuple[str, ...] = (),
    dtypes: tuple[str, ...] = FLOATS,
    mode: str | None = None,
) -> Case:
    """One case; a shape stands for a random array of the given values and layout."""
    sources = {
        key: Draw(array, values, layout) if isinstance(array, tuple) else array
        for key, array in arrays.items()
    }
    options = {} if mode is None else {"mode": mode}
    return Case(function, name, sources, options, upstream, documents, dtypes)


def _both(name: str, a: Shape | Source, kernel: Shape | Source, **more: Any) -> tuple[Case, ...]:
    """The same arguments for the correlation and for the convolution."""
    return tuple(_case(function, name, {"a": a, "kernel": kernel}, **more) for function in BOTH)


# --- matrices -----------------------------------------------------------------------------

# "full": every overlap. "same": even kernels have their odd zero on one side or the other.
# "valid": where the kernel holds a on both axes, a slides inside it.
SIZES: dict[str, tuple[Shape, Shape, tuple[str, ...]]] = {
    "odd kernel": ((7, 6), (3, 5), ("full", "same", "valid")),
    "even kernel": ((7, 6), (2, 4), ("full", "same", "valid")),
    "even and odd kernel": ((8, 6), (4, 3), ("full", "same", "valid")),
    "kernel 1×1": ((5, 4), (1, 1), ("full", "same", "valid")),
    "kernel is one row": ((5, 7), (1, 4), ("full", "same", "valid")),
    "kernel is one column": ((7, 5), (4, 1), ("full", "same", "valid")),
    "kernel as large as a": ((5, 4), (5, 4), ("full", "same", "valid")),
    "kernel higher than a": ((3, 7), (6, 4), ("full", "same")),
    "kernel wider than a": ((7, 3), (4, 6), ("full", "same")),
    "kernel holds a": ((3, 2), (5, 7), ("full", "same", "valid")),
    "kernel holds a, one axis alike": ((3, 4), (6, 4), ("full", "same", "valid")),
    "a is one number": ((1, 1), (4, 3), ("full", "same", "valid")),
    "one number each": ((1, 1), (1, 1), ("full", "same", "valid")),
    "a batch": ((3, 6, 5), (2, 4), ("full", "same", "valid")),
    "a batch of two axes": ((2, 3, 5, 4), (3, 2), ("full", "same", "valid")),
    "a batch that the kernel holds": ((4, 2, 3), (6, 5), ("full", "same", "valid")),
    "empty batch": ((0, 5, 6), (3, 2), ("full", "same", "valid")),
    "empty batch that the kernel holds": ((0, 2, 3), (6, 5), ("valid",)),
}
MODES = tuple(
    case
    for name, (a, kernel, modes) in SIZES.items()
    for mode in modes
    for case in _both(f"{name}, {mode}", a, kernel, mode=mode, documents=("D1.15",))
)

MATRICES = (
    *_both("plain", (7, 6), (4, 3)),
    *_both("blocks of samples", (13, 40, 39), (3, 8), mode="same"),
    *_both("blocks of rows", (70, 80), (9, 8), mode="same"),
    *_both("K is 560", (24, 23), (28, 20), mode="full"),
    *_both("K is 560, wide", (24, 23), (28, 20), mode="same", values="wide", upstream="wide"),
    *_both("zero kernel", (7, 6), Draw((3, 2), "zeros")),
    *_both("zero upstream", (7, 6), (3, 2), upstream="zeros"),
    *_both("special upstream", (9, 8), (2, 4), upstream="special", mode="valid"),
    *_both(
        "a reversed, kernel strided",
        Draw((7, 6), layout="reversed"),
        Draw((3, 4), layout="strided"),
        mode="same",
    ),
    # An infinite weight times the 0 of the padding is NaN; torch in float32 (oneDNN) leaves
    # padding out, so only float64 runs there.
    *_both("special kernel", (7, 6), Draw((4, 2), "special"), mode="valid"),
    *_both("special kernel holds a", (3, 2), Draw((5, 7), "special"), mode="valid"),
    *_both(
        "special kernel, same", (7, 6), Draw((3, 2), "special"), mode="same", dtypes=("float64",)
    ),
    *_both("special kernel, full", (7, 6), Draw((3, 2), "special"), dtypes=("float64",)),
)

FAMILIES = tuple(
    case
    for mode in ("full", "same", "valid")
    for name, values, kernels, upstream in (
        ("integers", "integers", "integers", "integers"),
        ("ternary", "ties", "ties", "ties"),
        ("wide values", "wide", "wide", "wide"),
        ("huge", "huge", "huge", "huge"),
        ("largest", "largest", "normal", "normal"),
        ("largest kernel and upstream", "tiny", "largest", "largest"),
        ("tiny", "tiny", "tiny", "tiny"),
        ("subnormal", "subnormal", "integers", "subnormal"),
        ("negative zero", "negative_zero", "negative_zero", "negative_zero"),
        ("special", "special", "normal", "normal"),
    )
    for case in _both(
        f"{name}, {mode}",
        Draw((2, 8, 7), values),
        Draw((4, 3), kernels),
        upstream=upstream,
        mode=mode,
    )
)

VIEWS = tuple(
    case
    for layout in ("reversed", "strided", "transposed")
    for mode in ("same", "valid")
    for case in _both(f"{layout} views, {mode}", (2, 7, 6), (4, 5), layout=layout, mode=mode)
)

# --- turned by 180° -----------------------------------------------------------------------

TURNED = (
    _case("rot180", "plain", {"a": (4, 3)}, documents=("D1.25", "D4.7")),
    _case("rot180", "one row", {"a": (1, 5)}),
    _case("rot180", "one number", {"a": (1, 1)}),
    _case("rot180", "kernels", {"a": (5, 3, 2, 4)}),
    _case("rot180", "empty batch", {"a": (0, 3, 2)}),
    _case("rot180", "empty matrices", {"a": (3, 0, 2)}),
    *(
        _case("rot180", f"{layout} views", {"a": (2, 3, 4)}, layout=layout)
        for layout in ("reversed", "strided", "transposed")
    ),
    *(
        _case("rot180", values, {"a": (2, 4, 5)}, values=values, upstream=values)
        for values in ("integers", "largest", "subnormal", "negative_zero", "special")
    ),
)

# --- one kernel for all input maps --------------------------------------------------------


def _shared(
    name: str,
    x: Shape | Source,
    weight: Shape | Source,
    bias: Source | None = None,
    biased: bool = True,
    **more: Any,
) -> Case:
    """With a random bias, unless it is given or not wanted."""
    arrays: dict[str, Shape | Source] = {"x": x, "weight": weight}
    if bias is not None:
        arrays["bias"] = bias
    elif biased and isinstance(weight, tuple):
        arrays["bias"] = weight[:1]
    return _case("shared_conv2d", name, arrays, **more)


SHARED = (
    _shared("plain", (2, 3, 7, 6), (5, 2, 4), documents=("D1.16", "D1.25", "D1.26", "D1.27")),
    _shared("without bias", (2, 3, 7, 6), (5, 4, 2), biased=False),
    _shared("one sample", (1, 3, 7, 6), (5, 2, 4)),
    _shared("one map", (2, 1, 7, 6), (5, 4, 2), documents=("D1.14",)),
    _shared("one kernel", (2, 3, 6, 7), (1, 2, 4)),
    _shared("one number", (1, 1, 1, 1), (1, 1, 1)),
    _shared("empty batch", (0, 3, 7, 6), (5, 2, 4)),
    _shared("kernel 1×1", (2, 5, 4, 3), (6, 1, 1)),
    _shared("kernel as large as a map", (2, 3, 5, 4), (6, 5, 4)),
    _shared("kernel is one row", (2, 3, 7, 6), (4, 1, 5)),
    _shared("kernel is one column", (2, 3, 7, 6), (4, 5, 1)),
    _shared("K is 384", (2, 32, 7, 6), (5, 3, 4)),
    _shared("K is 384, wide", (2, 32, 7, 6), (5, 3, 4), values="wide", upstream="wide"),
    _shared("blocks of samples", (11, 3, 32, 30), (2, 5, 4)),
    _shared("special upstream", (2, 3, 9, 8), (5, 2, 4), upstream="special"),
    _shared("special weight", (2, 3, 7, 6), Draw((5, 2, 4), "special"), bias=Draw((5,))),
    *(
        _shared(f"{layout} views", (2, 3, 7, 6), (5, 2, 4), layout=layout)
        for layout in ("reversed", "strided", "transposed")
    ),
    *(
        _shared(
            name,
            Draw((2, 4, 8, 7), values),
            Draw((6, 5, 3), weights),
            bias=Draw((6,), weights),
            upstream=upstream,
        )
        for name, values, weights, upstream in (
            ("integers", "integers", "integers", "integers"),
            ("ternary", "ties", "ties", "ties"),
            ("wide values", "wide", "wide", "wide"),
            ("huge", "huge", "huge", "huge"),
            ("largest", "largest", "normal", "normal"),
            ("largest by tiny", "largest", "tiny", "tiny"),
            ("largest weight and upstream", "tiny", "largest", "largest"),
            ("tiny", "tiny", "tiny", "tiny"),
            ("subnormal", "subnormal", "integers", "subnormal"),
            ("negative zero", "negative_zero", "negative_zero", "negative_zero"),
            ("special", "special", "normal", "normal"),
        )
    ),
)

# --- worked examples of the documents -----------------------------------------------------

IMAGE = ((1, 1, 1, 0, 0), (0, 1, 1, 1, 0), (0, 0, 1, 1, 1), (0, 0, 1, 1, 0), (0, 1, 1, 0, 0))
SCHARR_X = ((-3, 0, 3), (-10, 0, 10), (-1, 0, 3))  # as printed: turning it shows
MAP, THETA = ((1, 2, 3), (4, 5, 6), (7, 8, 9)), ((1, 10), (100, 1000))


def _worked(function: str, name: str, a: Any, kernel: Any, **more: Any) -> Case:
    arrays = {"a": Given(a), "kernel": Given(kernel)}
    return _case(function, name, arrays, upstream="integers", **more)


WORKED = (
    _worked(
        "convolve2d", "nine neurons", IMAGE, SCHARR_X, mode="valid", documents=("D1.13", "D1.14")
    ),
    _worked("convolve2d", "full, 5×5 by 3×3", IMAGE, SCHARR_X, documents=("D1.15",)),
    _worked("convolve2d", "3×3 by 2×2", MAP, THETA, mode="valid", documents=("D1.24", "D1.25")),
    _worked(
        "convolve2d", "Δ with a frame of zeros", THETA, MAP, documents=("D1.27", "D2.25", "D2.26")
    ),
    _worked(
        "correlate2d",
        "nothing is turned",
        IMAGE,
        SCHARR_X,
        mode="valid",
        documents=("D4.1", "D4.9"),
    ),
    _worked("correlate2d", "a filter, same", IMAGE, SCHARR_X, mode="same", documents=("D2.4",)),
    _worked("correlate2d", "the wide one", MAP, THETA, mode="full", documents=("D4.17",)),
    _case("rot180", "2×2", {"a": Given(THETA)}, upstream="integers", documents=("D1.25", "D2.25")),
    _case(
        "shared_conv2d",
        "one kernel on two maps",
        {
            "x": Given(((MAP, ((1, 0, 2), (0, 3, 0), (4, 0, 5))),)),
            "weight": Given((THETA,)),
            "bias": Given((7,)),
        },
        upstream="integers",
        documents=("D1.16", "D1.25", "D1.26", "D1.27"),
    ),
)

GOOD: tuple[Case, ...] = MATRICES + MODES + FAMILIES + VIEWS + TURNED + SHARED + WORKED

# --- bad arguments ------------------------------------------------------------------------

BATCH, KERNEL = Draw((2, 7, 6)), Draw((3, 4))

VALID: Valid = {
    **{name: {"a": BATCH, "kernel": KERNEL} for name in BOTH},
    **{f"{name}_backward": {"dy": Draw((2, 9, 9)), "a": BATCH, "kernel": KERNEL} for name in BOTH},
    "rot180": {"a": BATCH},
    "rot180_backward": {"dy": BATCH, "a": BATCH},
    "shared_conv2d": {"x": X2, "weight": Draw((5, 2, 4)), "bias": Draw((5,))},
    "shared_conv2d_backward": {"dy": Draw((2, 5, 6, 3)), "x": X2, "weight": Draw((5, 2, 4))},
}
says = Texts(VALID)

MODE_NAMES = "'full', 'same', 'valid'"


def _no_matrix(function: str, name: str, **changes: Any) -> BadCase:
    """An array with fewer than two axes."""
    shape = changes["a"].shape
    message = f"a must have at least 2 axes (…, H, W), but has {len(shape)} (a {shape})"
    return says.value_error(function, name, message, **changes)


def _apart(function: str, name: str, a: Draw, kernel: Draw) -> BadCase:
    """Each matrix is larger than the other along one axis."""
    message = (
        "mode 'valid' needs a kernel that fits into a, or holds it, along both axes "
        f"(a {a.shape}, kernel {kernel.shape})"
    )
    return says.value_error(function, name, message, a=a, kernel=kernel, mode="valid")


BAD_MATRICES = tuple(
    case
    for function in BOTH
    for backward in (function, f"{function}_backward")
    for case in (
        _no_matrix(backward, "a is a row", a=Draw((5,))),
        says.axes(backward, "a batch of kernels", "K_h, K_w", "kernel", kernel=Draw((2, 3, 4))),
        says.value_error(
            backward,
            "an empty kernel",
            "the kernel must not be empty (kernel (3, 0))",
            kernel=Draw((3, 0)),
        ),
        says.value_error(
            backward,
            "empty matrices",
            "a matrix must not be empty (a (2, 0, 3))",
            a=Draw((2, 0, 3)),
        ),
        says.choice(backward, "unknown mode", "mode", MODE_NAMES, "wrap"),
        says.choice(backward, "a number as mode", "mode", MODE_NAMES, 2),
        _apart(backward, "the kernel is wider", Draw((2, 7, 3)), Draw((2, 5))),
        _apart(backward, "the kernel is higher", Draw((3, 7)), Draw((5, 2))),
    )
)

BAD_PAIRS = (
    *(
        case
        for function in BOTH
        for case in (
            says.not_real(function, "complex a", "a", "complex128"),
            says.mixed(function, "a", "kernel", float32="kernel"),
            says.mixed(f"{function}_backward", "dy", "a", float32="dy"),
            says.dy(f"{function}_backward", "dy of mode full", "(2, 7, 6)", mode="same"),
            says.dy(f"{function}_backward", "dy without its batch", "(2, 9, 9)", dy=Draw((9, 9))),
        )
    ),
    says.not_real("convolve2d", "boolean kernel", "kernel", "bool", kernel=Given(((True, False),))),
    says.type_error(
        "correlate2d", "no kernel", "kernel must hold real numbers, but is None", kernel=None
    ),
)

BAD_TURNED = (
    _no_matrix("rot180", "a is a row", a=Draw((5,))),
    _no_matrix("rot180_backward", "a is one number", a=Draw(()), dy=Draw(())),
    says.not_real("rot180", "complex a", "a", "complex64"),
    says.dy("rot180_backward", "dy turned by 90°", "(2, 7, 6)", dy=Draw((2, 6, 7))),
    says.mixed("rot180_backward", "dy", "a", float32="a"),
)

BAD_SHARED = (
    says.axes("shared_conv2d", "no batch axis", "N, C_in, H, W", hint=NO_BATCH, x=Draw((3, 7, 6))),
    says.axes(
        "shared_conv2d",
        "a kernel for each map",
        "C_out, K_h, K_w",
        "weight",
        weight=Draw((5, 3, 2, 4)),
    ),
    says.axes(
        "shared_conv2d_backward", "a matrix", "N, C_in, H, W", hint=NO_CHANNEL, x=Draw((7, 6))
    ),
    says.value_error(
        "shared_conv2d",
        "an empty kernel",
        "the kernel must not be empty (weight (5, 0, 4))",
        weight=Draw((5, 0, 4)),
    ),
    says.span(
        "shared_conv2d", "large kernel", 8, "H", "7 (7 and 0 of padding)", weight=Draw((5, 8, 4))
    ),
    says.span(
        "shared_conv2d_backward",
        "large kernel",
        7,
        "W",
        "6 (6 and 0 of padding)",
        weight=Draw((5, 2, 7)),
    ),
    says.bias("shared_conv2d", "bias of the input's maps", 5, Draw((3,))),
    says.not_real("shared_conv2d", "complex bias", "bias", "complex128"),
    says.mixed("shared_conv2d", "x", "weight", float32="x"),
    says.mixed("shared_conv2d_backward", "dy", "x", float32="dy"),
    says.dy("shared_conv2d_backward", "dy of the full size", "(2, 5, 6, 3)", dy=Draw((2, 5, 8, 9))),
    says.dy(
        "shared_conv2d_backward", "dy of the input's maps", "(2, 5, 6, 3)", dy=Draw((2, 3, 6, 3))
    ),
)

BAD: tuple[BadCase, ...] = BAD_MATRICES + BAD_PAIRS + BAD_TURNED + BAD_SHARED

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    *(
        sums(function, name, {"a": a, "kernel": kernel}, mode=mode)
        for function in ("correlate2d", "convolve2d")
        for name, a, kernel, mode in (
            ("full", (2, 3), (2, 4), "full"),
            ("same", (2, 3, 4), (2, 3), "same"),
            ("valid", (2, 3, 4), (2, 3), "valid"),
            ("valid, the kernel is larger", (2, 1, 2), (3, 4), "valid"),
        )
    ),
    sums("rot180", "batch", {"a": (2, 3, 4)}),
    sums("shared_conv2d", "plain", {"x": (2, 3, 3, 4), "weight": (2, 2, 3), "bias": (2,)}),
)

# --- random arguments ---------------------------------------------------------------------


def _random_pair(dice: Dice) -> Arguments:
    """Arguments of correlate2d or convolve2d: one matrix or a batch."""
    mode = dice.one_of(("full", "same", "valid"))
    kernel = dice.sizes(2, 1, 5)
    if mode != "valid":
        a = dice.sizes(2, 1, 8)
    elif dice.chance(0.3):  # the kernel holds a
        a = tuple(dice.whole(1, k) for k in kernel)
    else:
        a = tuple(dice.size(k, k + 5) for k in kernel)
    lead = tuple(dice.size(1, 3) for _ in range(dice.whole(0, 2)))
    values, kernels, upstream = dice.kinds(ALIKE, WEIGHTED)
    arrays = {
        "a": Draw((*lead, *a), values, dice.layout()),
        "kernel": Draw(kernel, kernels, dice.layout()),
    }
    return Arguments(arrays, {"mode": mode}, upstream)


def _random_shared(dice: Dice) -> Arguments:
    """Arguments of shared_conv2d."""
    kernel = kernel_of(dice, 2)
    sizes = tuple(dice.size(k, k + 5) for k in kernel)
    return affine(dice, (dice.batch(), dice.size(1, 4), *sizes), (dice.size(1, 5), *kernel), {})


RANDOM: dict[str, Maker] = {
    "correlate2d": _random_pair,
    "convolve2d": _random_pair,
    "rot180": alone("a", MOVED, least=2),
    "shared_conv2d": _random_shared,
}

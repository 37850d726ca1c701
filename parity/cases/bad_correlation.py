"""Invalid arguments of correlate2d, convolve2d, rot180 and shared_conv2d."""

from __future__ import annotations

from typing import Any

from parity.cases import bad_texts as says
from parity.cases.case import BadCase, Draw, Given

MODES = "'full', 'same', 'valid'"
CORRELATIONS = ("correlate2d", "convolve2d")


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


MATRICES = tuple(
    case
    for function in CORRELATIONS
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
        says.choice(backward, "unknown mode", "mode", MODES, "wrap"),
        says.choice(backward, "a number as mode", "mode", MODES, 2),
        _apart(backward, "the kernel is wider", Draw((2, 7, 3)), Draw((2, 5))),
        _apart(backward, "the kernel is higher", Draw((3, 7)), Draw((5, 2))),
    )
)

CORRELATED = (
    *(
        case
        for function in CORRELATIONS
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

TURNED = (
    _no_matrix("rot180", "a is a row", a=Draw((5,))),
    _no_matrix("rot180_backward", "a is one number", a=Draw(()), dy=Draw(())),
    says.not_real("rot180", "complex a", "a", "complex64"),
    says.dy("rot180_backward", "dy turned by 90°", "(2, 7, 6)", dy=Draw((2, 6, 7))),
    says.mixed("rot180_backward", "dy", "a", float32="a"),
)

SHARED = (
    says.axes("shared_conv2d", "no batch axis", "N, C_in, H, W", x=Draw((3, 7, 6))),
    says.axes(
        "shared_conv2d",
        "a kernel for each map",
        "C_out, K_h, K_w",
        "weight",
        weight=Draw((5, 3, 2, 4)),
    ),
    says.axes("shared_conv2d_backward", "a matrix", "N, C_in, H, W", x=Draw((7, 6))),
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

CASES: tuple[BadCase, ...] = MATRICES + CORRELATED + TURNED + SHARED

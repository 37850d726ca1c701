"""Evidence on D2's first part: the convolution of an image, and kernels that find features."""

from __future__ import annotations

from itertools import product

import numpy as np
import sympy
from sympy import stats

import refimpl
from parity.bounds.arithmetic import arithmetic
from parity.cases.case import Array
from parity.documents.absent import asks_torch
from parity.documents.asking import distinct, floats, integers, rationals, torch_forward, value
from parity.documents.evidence import (
    RATIONALS,
    SYMPY,
    TORCH,
    Evidence,
    evidence,
    small_integers,
    smallest,
)
from parity.documents.printed import d2_filters as printed
from parity.documents.printed.notation import build


def response(image: Array, kernel: Array) -> Array:
    """torch's answer of a kernel to an image."""
    x, weight = rationals(image)[None, None], rationals(kernel)[None, None]
    answer: Array = value("conv2d", {"x": x, "weight": weight})[0, 0]
    return answer


def windows(*values: int) -> Array:
    """Every 3×3 window of these values, as a batch of images in float64."""
    return np.array(list(product(values, repeat=9)), np.float64).reshape(-1, 1, 3, 3)


# --- convolution --------------------------------------------------------------------------


@evidence("D2.1")
def feature_map(evidence: Evidence) -> None:
    """The rule is torch's conv2d; the first entry of the feature map is 4, as printed."""
    found = response(printed.A, printed.B)
    evidence.printed(TORCH, "A convolved with B", printed.convolved(printed.A, printed.B), found)
    image, kernel = printed.overlaid(printed.OVERLAY)
    evidence.printed(RATIONALS, "A, and in the overlay", printed.A, image)
    evidence.printed(RATIONALS, "B, and in the overlay", printed.B, kernel)
    a, b = integers("D2.1 a", 4, 6), integers("D2.1 b", 2, 3)
    evidence.printed(TORCH, "any A and B", printed.convolved(a, b), response(a, b))
    evidence.number("first entry of the feature map", "4", found[0, 0])
    ours = refimpl.conv2d(printed.A[None, None], printed.B[None, None])[0, 0]
    evidence.implemented(TORCH, "conv2d", ours, found)
    ours = refimpl.correlate2d(printed.A, printed.B, "valid")
    evidence.implemented(TORCH, "correlate2d", ours, found)


@evidence("D2.2")
def colour_image(evidence: Evidence) -> None:
    """The windows of the three channels, each with its slice of the kernel, are all summed."""
    x, weight = integers("D2.2 x", 1, 3, 5, 4), integers("D2.2 weight", 1, 3, 3, 3)
    image, kernel = (dict(zip("RGB", a[0], strict=True)) for a in (x, weight))
    found = value("conv2d", {"x": x, "weight": weight})
    evidence.printed(TORCH, "sum", printed.convolved_colours(image, kernel), found[0, 0])
    evidence.implemented(TORCH, "conv2d", refimpl.conv2d(x, weight), found)


# --- kernels as features ------------------------------------------------------------------


def answers(batch: Array, kernel: Array) -> Array:
    """torch's answer of a kernel to each window of a batch."""
    return torch_forward("conv2d", {"x": batch, "weight": floats(kernel)[None, None]}).ravel()


@asks_torch
def strongest(batch: Array, kernel: Array) -> list[bool]:
    """For which windows torch's answer is the largest of all."""
    found = answers(batch, kernel)
    largest = max(found)
    return [bool(answer == largest) for answer in found]


def shows(batch: Array, feature: Array) -> list[bool]:
    """Which windows are the feature, pixel by pixel."""
    return [bool(np.all(window == feature)) for window in batch[:, 0]]


@evidence("D2.3")
def feature_detector(evidence: Evidence) -> None:
    """Of all 512 windows of 1 and −1 only the stroke itself gives the largest answer, 9."""
    batch = windows(-1, 1)
    evidence.printed(
        TORCH,
        "the answer is largest where the feature is, and nowhere else",
        shows(batch, printed.UPPER_STROKE),
        strongest(batch, printed.UPPER_STROKE),
    )
    ring = [[1 if max(abs(i), abs(j)) == 1 else -1 for j in (-1, 0, 1)] for i in (-1, 0, 1)]
    evidence.printed(RATIONALS, "a ring around the middle", printed.UPPER_STROKE, ring)
    found = answers(batch, printed.UPPER_STROKE)
    ours = refimpl.conv2d(batch, floats(refimpl.UPPER_STROKE)[None, None])
    evidence.implemented(TORCH, "UPPER_STROKE", ours.ravel(), found)


# --- derivatives and smoothing ------------------------------------------------------------

DIFFERENCE = np.array([-1, 0, 1])


@evidence("D2.4")
def derivative_kernels(evidence: Evidence) -> None:
    """Scharr X has a wrong entry; Sobel Y counts y upwards, Scharr Y downwards."""
    # A derivative kernel smooths along one axis and takes differences along the other.
    sobel, scharr = np.array([1, 2, 1]), np.array([3, 10, 3])
    scharr_x = np.outer(scharr, DIFFERENCE)
    evidence.refuted(RATIONALS, "Scharr X", printed.SCHARR_X, scharr_x)
    transposed = printed.SCHARR_Y.T
    evidence.corrected(RATIONALS, "Scharr X is Scharr Y transposed", scharr_x, transposed)
    evidence.printed(RATIONALS, "Scharr Y", printed.SCHARR_Y, np.outer(DIFFERENCE, scharr))
    evidence.printed(RATIONALS, "Sobel X", printed.SOBEL_X, np.outer(sobel, DIFFERENCE))
    upwards = np.outer(-DIFFERENCE, sobel)
    evidence.under_convention(RATIONALS, "Sobel Y, y upwards", printed.SOBEL_Y, upwards)
    slopes_of_a_plane(evidence)
    curvature(evidence)
    (window,), wrong, right = smallest(
        small_integers((3, 3), most=1),
        lambda window: response(window, printed.SCHARR_X),
        lambda window: response(window, scharr_x),
    )
    constant = response(np.ones((3, 3), dtype=int), printed.SCHARR_X)
    evidence.false_at(
        f"window {window.tolist()}: {wrong[0, 0]}, but Scharr's operator gives {right[0, 0]}; "
        f"a window of ones: {constant[0, 0]}, but a constant has no slope"
    )


def slopes_of_a_plane(evidence: Evidence) -> None:
    """The plane 5 − 3·row + 7·column: Sobel gives 8 times its slopes, Scharr 32 times."""
    plane = build((5, 6), lambda row, column: 5 - 3 * row + 7 * column)
    everywhere = np.ones((3, 4), dtype=int)
    along_x, along_y, upwards = 7 * everywhere, -3 * everywhere, 3 * everywhere
    evidence.refuted(TORCH, "Scharr X", response(plane, printed.SCHARR_X), 32 * along_x)
    evidence.printed(TORCH, "Sobel X", response(plane, printed.SOBEL_X), 8 * along_x)
    evidence.printed(TORCH, "Scharr Y", response(plane, printed.SCHARR_Y), 32 * along_y)
    for what, kernel, slope in (
        ("SOBEL_X", refimpl.SOBEL_X, 8 * along_x),
        ("SOBEL_Y, y upwards", refimpl.SOBEL_Y, 8 * upwards),
        ("SCHARR_X", refimpl.SCHARR_X, 32 * along_x),
        ("SCHARR_Y", refimpl.SCHARR_Y, 32 * along_y),
    ):
        evidence.implemented(TORCH, what, response(plane, kernel), slope)


def curvature(evidence: Evidence) -> None:
    """On any quadratic the Laplacian kernel gives three times ∂²/∂x² + ∂²/∂y²."""
    x, y = sympy.symbols("x y", real=True)
    quadratic = 2 - 3 * x + 4 * y + 5 * x**2 - 6 * x * y + 7 * y**2
    laplacian = int(sympy.diff(quadratic, x, 2) + sympy.diff(quadratic, y, 2))
    image = build((4, 5), lambda row, column: int(quadratic.subs({x: column, y: row})))
    expected = np.full((2, 3), 3 * laplacian)
    evidence.printed(TORCH, "Laplacian", response(image, printed.LAPLACIAN), expected)
    evidence.implemented(TORCH, "LAPLACIAN", response(image, refimpl.LAPLACIAN), expected)


@evidence("D2.5")
def gaussian(evidence: Evidence) -> None:
    """The density of two independent normal variables: its integral over the plane is 1."""
    x, y = sympy.symbols("x y", real=True)
    sigma = sympy.Symbol("sigma", positive=True)
    density = stats.density(stats.Normal("N", 0, sigma))
    formula = printed.gaussian(x, y, sigma)
    evidence.printed(SYMPY, "product of two normal densities", formula, density(x) * density(y))
    plane = ((x, -sympy.oo, sympy.oo), (y, -sympy.oo, sympy.oo))
    evidence.printed(SYMPY, "the integral over the plane", 1, sympy.integrate(formula, *plane))
    side = arithmetic("numpy", "float64")
    for scale in (1, 2):  # squares and quotients are exact: what rounds is exp, π, a division
        right = build(
            (3, 5), lambda i, j, s=scale: printed.gaussian(j - 3, i - 2, sympy.Integer(s))
        )
        limit = [[float(v) * (side.elementary + 4 * side.u) for v in row] for row in right]
        ours = refimpl.gaussian_kernel((3, 5), scale)
        evidence.implemented(SYMPY, f"gaussian_kernel, σ = {scale}", ours, right, limit)


# --- patterns -----------------------------------------------------------------------------

PATTERNS = ("EDGE_1", "EDGE_2", "LINE", "DIAGONAL")


@evidence("D2.6")
def patterns(evidence: Evidence) -> None:
    """Each kernel answers most where its pattern is: bright at its 5s, dark at its −1s."""
    for dark in (-1, 0):
        batch = windows(dark, 1)
        for name in PATTERNS:
            kernel = getattr(printed, name)
            feature = np.where(kernel == 5, 1, dark)
            what = f"{name}, dark pixels {dark}"
            evidence.printed(TORCH, what, shows(batch, feature), strongest(batch, kernel))
            ours = refimpl.conv2d(batch, floats(getattr(refimpl, name))[None, None])
            evidence.implemented(TORCH, what, ours.ravel(), answers(batch, kernel))
    structure(evidence)
    image = distinct("D2.6 image", 6, 11)
    for name, kernel in printed.HAAR.items():
        rectangles = from_integral_image(image, kernel)
        evidence.printed(RATIONALS, f"Haar, {name}", response(image, kernel), rectangles)
        ours = response(image, refimpl.haar_kernel(name, (2, 3)))
        evidence.implemented(RATIONALS, f"haar_kernel, {name}", ours, rectangles)


def structure(evidence: Evidence) -> None:
    """One edge is the other turned by a quarter; a line runs down, a diagonal through i = j."""
    turned = np.rot90(printed.EDGE_1)
    evidence.printed(RATIONALS, "edge 2 is edge 1 turned", printed.EDGE_2, turned)
    for name, bright in (("EDGE_1", [2]), ("LINE", [1])):
        columns = build((3, 3), lambda i, j, bright=bright: 5 if j - 1 in bright else -1)
        evidence.printed(RATIONALS, f"{name}, along columns", getattr(printed, name), columns)
    diagonal = 6 * np.eye(3, dtype=int) - 1
    evidence.printed(RATIONALS, "the diagonal, 6·I − 1", printed.DIAGONAL, diagonal)


def from_integral_image(image: Array, kernel: Array) -> Array:
    """Differences of sums over rectangles of 2×3, each read from four corners of the integral.

    As Viola & Jones compute a feature: no kernel slides.
    """
    integral = np.zeros((image.shape[0] + 1, image.shape[1] + 1), dtype=object)
    integral[1:, 1:] = image.cumsum(0).cumsum(1)

    def rectangle(top: int, left: int) -> object:
        corners = integral[top : top + 3 : 2, left : left + 4 : 3]
        return corners[0, 0] - corners[0, 1] - corners[1, 0] + corners[1, 1]

    shape = tuple(n - k + 1 for n, k in zip(image.shape, kernel.shape, strict=True))
    found = np.zeros(shape, dtype=object)
    for i, j in np.ndindex(*shape):
        for u, v in np.ndindex(kernel.shape[0] // 2, kernel.shape[1] // 3):
            found[i, j] += kernel[2 * u, 3 * v] * rectangle(i + 2 * u, j + 3 * v)
    return found

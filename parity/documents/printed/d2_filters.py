"""D2's first part as printed: the convolution of an image, and kernels that find features."""

from __future__ import annotations

import re
from math import isqrt
from typing import Any

import numpy as np
import sympy

from parity.documents.printed.d2_terms import correlate, matrix
from parity.documents.printed.notation import Array, exp

# D2.1: the image A and the kernel B.
A = matrix("1 1 1 0 0\n0 1 1 1 0\n0 0 1 1 1\n0 0 1 1 0\n0 1 1 0 0")
B = matrix("1 0 1\n0 1 0\n1 0 1")

# D2.1, again: the image with the kernel's numbers beside those of the window, "1 x0" as 1x0.
OVERLAY = """
1x1 1x0 1x1 0 0
0x0 1x1 1x0 1 0
0x1 0x0 1x1 1 1
0 0 1 1 0
0 1 1 0 0
"""

# D2.3: the upper stroke of a 9, where strokes are 1 and everything else −1.
UPPER_STROKE = matrix("1 1 1\n1 -1 1\n1 1 1")

# D2.4
SOBEL_Y = matrix("1 2 1\n0 0 0\n-1 -2 -1")
SOBEL_X = matrix("-1 0 1\n-2 0 2\n-1 0 1")
LAPLACIAN = matrix("1 1 1\n1 -8 1\n1 1 1")
SCHARR_Y = matrix("-3 -10 -3\n0 0 0\n3 10 3")
SCHARR_X = matrix("-3 0 3\n-10 0 10\n-1 0 3")

# D2.6: edge 1, edge 2, line, diagonal.
EDGE_1 = matrix("-1 -1 5\n-1 -1 5\n-1 -1 5")
EDGE_2 = matrix("5 5 5\n-1 -1 -1\n-1 -1 -1")
LINE = matrix("-1 5 -1\n-1 5 -1\n-1 5 -1")
DIAGONAL = matrix("5 -1 -1\n-1 5 -1\n-1 -1 5")

# D2.6: the Haar kernels stood in a picture; as in Viola & Jones 2001, section 2: the sum of
# the pixels in rectangles of one kind less the sum in the others, each rectangle 2×3 here.
HAAR = {
    "two beside": matrix("-1 -1 -1 1 1 1\n-1 -1 -1 1 1 1"),
    "two stacked": matrix("1 1 1\n1 1 1\n-1 -1 -1\n-1 -1 -1"),
    "three beside": matrix("-1 -1 -1 1 1 1 -1 -1 -1\n-1 -1 -1 1 1 1 -1 -1 -1"),
    "four": matrix("1 1 1 -1 -1 -1\n1 1 1 -1 -1 -1\n-1 -1 -1 1 1 1\n-1 -1 -1 1 1 1"),
}


def overlaid(overlay: str) -> tuple[Array, Array]:
    """The image and the kernel that an overlay shows; the kernel is square."""
    beside = [int(number) for number in re.findall(r"x(\d)", overlay)]
    kernel = np.array(beside, dtype=object).reshape(isqrt(len(beside)), -1)
    return matrix(re.sub(r"x\d", "", overlay)), kernel


def convolved(A: Array, B: Array) -> Array:
    """D2.1: for every window of A, the element-wise product with B, summed."""
    return correlate(A, B)


def convolved_colours(image: dict[str, Array], kernel: dict[str, Array]) -> Array:
    """D2.2: the windows W_R, W_G, W_B with the matrices R, G, B, multiplied and summed."""
    red, green, blue = (correlate(image[c], kernel[c]) for c in "RGB")
    return red + green + blue


def gaussian(x: Any, y: Any, sigma: Any) -> Any:
    """D2.5: 1/(2πσ·σ) · e^{−(x·x + y·y)/(2σ·σ)}."""
    return 1 / (2 * sympy.pi * sigma * sigma) * exp(-(x * x + y * y) / (2 * sigma * sigma))

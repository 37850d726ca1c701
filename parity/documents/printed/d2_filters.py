"""D2's first part as printed: the convolution of an image, and kernels that find features."""

from __future__ import annotations

from typing import Any

import sympy

from parity.documents.printed.d2_terms import correlate, matrix
from parity.documents.printed.notation import Array, exp, total

# D2.1: the image A and the kernel B.
A = matrix("1 1 1 0 0\n0 1 1 1 0\n0 0 1 1 1\n0 0 1 1 0\n0 1 1 0 0")
B = matrix("1 0 1\n0 1 0\n1 0 1")

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


# D2.7: how many neurons of the layer before one neuron is connected with.
def connected_when_convolving(kernel: Array) -> int:
    """Only those in the window: as many as the kernel has entries, 9 for 3×3."""
    return kernel.size


def connected_when_dense(height: int, width: int) -> int:
    """All of them."""
    return height * width


def dense_neuron(pixels: Array, weights: Array) -> Any:
    """A neuron that is connected with every pixel, each connection with a weight of its own."""
    return total(x * w for x, w in zip(pixels, weights, strict=True))

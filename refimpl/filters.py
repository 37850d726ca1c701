"""Fixed kernels (D2.3–D2.6): what each finds in an image, before any kernel is learned.

They are applied as a network applies its kernels, by `conv2d`, which does not turn them; turned
by 180°, as in a true convolution, the derivatives change their sign. The kernels with fixed
numbers are integer arrays (K_h, K_w) that cannot be written to; beside float32 give
`SOBEL_X.astype("float32")`. Rows are counted downwards, as in every image. A kernel's answer to
a constant image is its sum times that constant: 0 for the derivatives, 9 times it for D2.6's
patterns.

>>> from refimpl import SOBEL_X, UPPER_STROKE, conv2d
>>> step = np.array([[0, 0, 1, 1, 1]] * 3)
>>> conv2d(step[None, None], SOBEL_X[None, None])[0, 0]
array([[4., 4., 0.]])
>>> nine = np.array([[1, 1, 1, -1], [1, -1, 1, -1], [1, 1, 1, -1], [-1, -1, 1, -1]])
>>> conv2d(nine[None, None], UPPER_STROKE[None, None])[0, 0]
array([[ 9., -1.],
       [ 1., -3.]])
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from refimpl.checks import Ints, check_choice, check_ints, check_methods, check_room, check_scale
from refimpl.elements import Array, pi_of


def _fixed(*rows: tuple[int, ...]) -> Array:
    kernel = np.array(rows)
    kernel.setflags(write=False)
    return kernel


# --- a pattern of 1 and −1 ----------------------------------------------------------------

# The loop of a 9 (D2.3). In an image of 1 for strokes and −1 elsewhere the answer is 9 minus
# twice the places that differ: 9 where the whole pattern is there, and nowhere else.
UPPER_STROKE = _fixed((1, 1, 1), (1, -1, 1), (1, 1, 1))

# --- derivatives (D2.4) -------------------------------------------------------------------

# X answers where the image grows brighter to the right, by 8 times the step of a linear image.
# Y, as printed, where it grows brighter upwards: SOBEL_Y is −SOBEL_X transposed.
SOBEL_X = _fixed((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))
SOBEL_Y = _fixed((1, 2, 1), (0, 0, 0), (-1, -2, -1))

# By 32 times the step; Y, as printed, answers where the image grows brighter *downwards*:
# SCHARR_Y is SCHARR_X transposed, so its sign is opposite to SOBEL_Y's. The last row of X is
# printed −1 0 3; a constant image would then have a slope.
SCHARR_X = _fixed((-3, 0, 3), (-10, 0, 10), (-3, 0, 3))
SCHARR_Y = _fixed((-3, -10, -3), (0, 0, 0), (3, 10, 3))

# The sum of the second differences along the rows, the columns and both diagonals: 0 for every
# linear image, negative at a bright spot.
LAPLACIAN = _fixed((1, 1, 1), (1, -8, 1), (1, 1, 1))

# --- patterns (D2.6) ----------------------------------------------------------------------

# Largest, 21 in an image of 1 and −1, where the image has the 5s bright and the rest dark.
# Each adds up to 9, so a bright plain gets an answer too.
EDGE_1 = _fixed((-1, -1, 5), (-1, -1, 5), (-1, -1, 5))  # dark left of a bright column
EDGE_2 = _fixed((5, 5, 5), (-1, -1, -1), (-1, -1, -1))  # a bright row over dark
LINE = _fixed((-1, 5, -1), (-1, 5, -1), (-1, 5, -1))  # a bright column between dark ones
DIAGONAL = _fixed((5, -1, -1), (-1, 5, -1), (-1, -1, 5))  # a bright line falling to the right

# --- Haar features (D2.6) -----------------------------------------------------------------

# Rectangles of one size and the sign with which their pixels are summed. The three-rectangle
# features count the one in the middle, as in the paper, once.
HAAR: Mapping[str, Array] = MappingProxyType(
    {
        "two beside": _fixed((-1, 1)),
        "two stacked": _fixed((1,), (-1,)),
        "three beside": _fixed((-1, 1, -1)),
        "three stacked": _fixed((-1,), (1,), (-1,)),
        "four": _fixed((1, -1), (-1, 1)),
    }
)


def haar_kernel(feature: str, rectangle: Ints) -> Array:
    """A feature of rectangles as a kernel: sums of pixels, added or subtracted by the rectangle.

    kernel[i, j] = HAAR[feature][⌊i/h⌋, ⌊j/w⌋]

    Shapes: rectangle (h, w), or a number for both -> (h · rows, w · columns) of the feature,
    integers. Sliding over an image by `conv2d` it gives the feature at every place.
    Raises: ValueError for an unknown feature or a rectangle without pixels; TypeError for one
    that is not integers.
    Source: D2.6; P. Viola, M. Jones, Rapid Object Detection using a Boosted Cascade of Simple
    Features, CVPR 2001, section 2.

    >>> haar_kernel("three beside", (2, 1))
    array([[-1,  1, -1],
           [-1,  1, -1]])
    """
    check_choice("haar_kernel", "feature", feature, tuple(HAAR))
    h, w = check_ints("haar_kernel", "rectangle", rectangle, 2, 1)
    rows, columns = HAAR[feature].shape
    check_room("haar_kernel", f"rectangle {rectangle!r}", (h * rows, w * columns), 8)
    return HAAR[feature].repeat(h, axis=0).repeat(w, axis=1)


# --- smoothing (D2.5) ---------------------------------------------------------------------


def gaussian_kernel(kernel_size: Ints, sigma: Any) -> Array:
    """Samples of the Gaussian density about the kernel's centre.

    kernel[i, j] = 1/(2πσσ) · e^{−(x² + y²)/(2σσ)}
    where y = i − (K_h − 1)/2, x = j − (K_w − 1)/2

    Shapes: kernel_size (K_h, K_w), or a number for both -> (K_h, K_w), of sigma's type: float64
    for numbers of Python, float32 for np.float32, objects for an object that has exp and pi.
    The samples add up to 1 only nearly, and for that the kernel must reach about 3σ on every
    side and σ be at least about 1; for the weights of a mean, divide by their sum.
    Raises: ValueError unless sigma is positive and finite; TypeError if it is not a number or
    an object without exp or pi.
    Source: D2.5, D1.17.

    >>> gaussian_kernel(3, 1).round(4)
    array([[0.0585, 0.0965, 0.0585],
           [0.0965, 0.1592, 0.0965],
           [0.0585, 0.0965, 0.0585]])
    """
    K_h, K_w = check_ints("gaussian_kernel", "kernel_size", kernel_size, 2, 1)
    check_room("gaussian_kernel", f"kernel_size {kernel_size!r}", (K_h, K_w), 8)
    scale = check_scale("gaussian_kernel", "sigma", sigma)
    check_methods("gaussian_kernel", scale, "exp", "pi", name="sigma")
    y, x = np.ix_(*(2 * np.arange(K) - (K - 1) for K in (K_h, K_w)))  # twice the distances
    squares = (x * x + y * y).astype(scale.dtype)  # 4(x² + y²)
    variance = scale * scale
    kernel: Array = np.exp(-squares / (8 * variance)) / (2 * pi_of(scale) * variance)
    return kernel

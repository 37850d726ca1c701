"""Cases of the fixed filters: convolutions with the kernels that D2 prints.

Grey levels and kernels are whole numbers and every sum stays below 2²⁴, so both sides must give
the same numbers; only the Gaussian's samples are not whole.
"""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array, Case, Given, Photograph, Source
from parity.cases.worked.convolution import IMAGE
from refimpl import filters
from refimpl.filters import gaussian_kernel, haar_kernel

FACE = Photograph(rows=(8, 104), columns=(60, 170))  # and the upper part of a rocket
COLOUR_FACE = Photograph(rows=(8, 88), columns=(60, 134), colour=True)
DIGITS = Given(  # strokes are 1: a 9 and a 1
    (
        (((-1, 1, 1, 1, -1), (-1, 1, -1, 1, -1), (-1, 1, 1, 1, -1), (-1, -1, -1, 1, -1)),),
        (((-1, -1, 1, -1, -1), (-1, 1, 1, -1, -1), (-1, -1, 1, -1, -1), (-1, -1, 1, -1, -1)),),
    )
)
DERIVATIVES = {
    "Sobel X": filters.SOBEL_X,
    "Sobel Y": filters.SOBEL_Y,
    "Scharr X": filters.SCHARR_X,
    "Scharr Y": filters.SCHARR_Y,
    "Laplacian": filters.LAPLACIAN,
}
PATTERNS = (filters.EDGE_1, filters.EDGE_2, filters.LINE, filters.DIAGONAL)
HAAR_RECTANGLES = {  # no kernel is square
    "two beside": (6, 4),
    "two stacked": (4, 7),
    "three beside": (8, 3),
    "three stacked": (2, 5),
    "four": (5, 4),
}


def _filtered(
    name: str, x: Source, kernels: Array, document: str, upstream: str = "integers"
) -> Case:
    """conv2d of an image with kernels (C_out, C_in, K_h, K_w)."""
    return Case(
        "conv2d",
        name,
        {"x": x, "weight": Given(kernels.tolist())},
        upstream=upstream,
        documents=(document,),
    )


def _stacked(*kernels: Array) -> Array:
    """Kernels of one channel, each for an output of its own."""
    return np.stack(kernels)[:, None]


WORKED = (
    _filtered("a stroke of a 9", DIGITS, _stacked(filters.UPPER_STROKE), "D2.3"),
    *(
        _filtered(name, Given(((IMAGE,),)), _stacked(kernel), "D2.4")
        for name, kernel in DERIVATIVES.items()
    ),
)

ON_THE_PHOTOGRAPH = (
    _filtered("derivatives of a photograph", FACE, _stacked(*DERIVATIVES.values()), "D2.4"),
    _filtered("patterns in a photograph", FACE, _stacked(*PATTERNS), "D2.6"),
    _filtered(
        "derivatives of a photograph in colour",
        COLOUR_FACE,
        np.stack(  # two outputs of three channels
            [
                (filters.SOBEL_X, filters.SCHARR_Y, filters.LAPLACIAN),
                (filters.LINE, filters.SOBEL_Y, filters.SCHARR_X),
            ]
        ),
        "D2.2",
    ),
    *(
        _filtered(
            f"a photograph under a Gaussian, {size}×{size}",
            FACE,
            _stacked(*(gaussian_kernel(size, sigma) for sigma in sigmas)),
            "D2.5",
            upstream="normal",
        )
        for size, sigmas in ((3, (0.5, 1)), (7, (1, 1.5, 2.5)))
    ),
    *(
        _filtered(
            f"Haar feature in a photograph, {feature}",
            FACE,
            _stacked(haar_kernel(feature, rectangle)),
            "D2.6",
        )
        for feature, rectangle in HAAR_RECTANGLES.items()
    ),
)

GOOD: tuple[Case, ...] = WORKED + ON_THE_PHOTOGRAPH

"""The fixed filters: the upper stroke of a 9, and kernels on the photograph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from markupsafe import Markup

from parity.cases.case import Array
from parity.cases.filters import DERIVATIVES, DIGITS, FACE, HAAR_RECTANGLES, PATTERNS
from parity.cases.photograph import grey as photograph
from parity.page.bilingual import both
from parity.page.pictures import rasters
from parity.page.pictures.convolution import Example, sliding
from parity.page.pictures.equations import shown
from parity.page.pictures.picture import Figure, Picture
from refimpl import UPPER_STROKE, conv2d, gaussian_kernel, haar_kernel

PATTERNED = {
    **dict(zip(("Edge 1", "Edge 2", "Line", "Diagonal"), PATTERNS, strict=True)),
    "Gaussian": gaussian_kernel(7, 1.5),
}
HAAR_KERNELS = {
    f"Haar, {feature}": haar_kernel(feature, rectangle)
    for feature, rectangle in HAAR_RECTANGLES.items()
}


def filtered(kernel: Array) -> Array:
    """The face in the photograph, under a kernel."""
    rows, columns = slice(*FACE.rows), slice(*FACE.columns)
    face = photograph()[rows, columns].astype(np.float64)
    found: Array = conv2d(face[None, None], kernel.astype(np.float64)[None, None])[0, 0]
    return found


def figures(kernels: Mapping[str, Array], by_sign: bool) -> Iterator[Figure]:
    """What each kernel finds, by its sign or in grey."""
    for name, kernel in kernels.items():
        found = filtered(kernel)
        png = rasters.signed(found) if by_sign else rasters.grey(found)
        image = rasters.as_image(png, "The photograph under this filter")
        yield Figure(image, both(name) + " " + written(kernel))


def written(kernel: Array) -> Markup:
    """A kernel of at most 3×3 whole numbers as a matrix, the size of another."""
    if kernel.dtype.kind != "i" or kernel.size > 9:
        return Markup("{}×{}").format(*kernel.shape)
    rows = Markup().join(
        Markup("<mtr>{}</mtr>").format(
            Markup().join(Markup("<mtd><mn>{}</mn></mtd>").format(shown(v)) for v in row)
        )
        for row in kernel
    )
    return Markup("<math><mrow><mo>(</mo><mtable>{}</mtable><mo>)</mo></mrow></math>").format(rows)


# --- the pictures -------------------------------------------------------------------------


def pictures() -> Iterator[Picture]:
    """D2.3's stroke, the derivatives, and what follows them in D2."""
    nine = np.array(DIGITS.values)[0, 0]
    yield Picture(
        "filter-stroke",
        "A filter finds the upper stroke of a 9",
        (
            "Strokes are 1, the rest is −1. The answer is 9 where the whole pattern is there, and "
            "2 less for each place that differs.",
        ),
        ("conv2d",),
        ("D2.3",),
        tuple(sliding(Example(nine, np.array(UPPER_STROKE)))),
    )
    yield Picture(
        "filters-derivatives",
        "Derivative filters on a photograph",
        (
            "Blue is negative, orange positive, pale is 0: plain parts vanish, edges stay. Sobel Y "
            "answers where it grows brighter upwards, Scharr Y, as printed, where it grows "
            "brighter downwards. The −1 that D2 prints in Scharr X is a 3 here.",
        ),
        ("conv2d",),
        ("D2.4",),
        figures=(_original(), *figures(DERIVATIVES, by_sign=True)),
    )
    yield Picture(
        "filters-patterns",
        "Pattern filters, Gaussian and Haar features",
        (
            "Bright is a large answer; the Haar features are coloured by sign. The Gaussian "
            "smooths; a Haar feature is the sum over its rectangles, added or subtracted; where "
            "it has three, a plain gets an answer, too.",
        ),
        ("gaussian_kernel", "haar_kernel"),
        ("D2.5", "D2.6"),
        figures=(*figures(PATTERNED, by_sign=False), *figures(HAAR_KERNELS, by_sign=True)),
    )


def _original() -> Figure:
    one = np.ones((1, 1), np.int64)
    image = rasters.as_image(rasters.grey(filtered(one)), "A woman in a space suit, smiling")
    return Figure(image, both("The photograph"))

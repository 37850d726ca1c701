"""Arrays as small images: PNG inside the page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO

import numpy as np
from markupsafe import Markup
from PIL import Image

from parity.cases.case import Array
from parity.page.bilingual import attribute

LEVELS = 32  # as many as one sees in a small picture, in fewer bytes than 256
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
BLUE, PALE, ORANGE = (33, 90, 158), (247, 247, 245), (190, 92, 16)


def grey(array: Array) -> bytes:
    """A matrix as PNG, from black, its smallest element, to white, its largest.

    >>> grey(np.eye(2))[:4]
    b'\\x89PNG'
    """
    low, high = np.nanmin(array), np.nanmax(array)
    return _png((array - low) / (high - low or 1), [BLACK, WHITE])


def signed(array: Array) -> bytes:
    """A matrix as PNG, blue below 0, orange above, pale at 0; the largest magnitude is full."""
    largest = np.nanmax(abs(array)) or 1
    return _png((array / largest + 1) / 2, [BLUE, PALE, ORANGE])


def _png(shares: Array, colours: Sequence[tuple[int, int, int]]) -> bytes:
    """0 … 1 as places in a row of colours between those given; NaN is transparent."""
    places = np.where(np.isnan(shares), LEVELS + 1, np.rint(np.nan_to_num(shares) * LEVELS))
    image = Image.frombytes("P", shares.shape[::-1], places.astype(np.uint8).tobytes())
    stops = np.linspace(0, LEVELS, len(colours))
    channels = [np.interp(np.arange(LEVELS + 1), stops, c) for c in zip(*colours, strict=True)]
    image.putpalette([*np.rint(np.stack(channels, axis=1)).astype(int).ravel().tolist(), 0, 0, 0])
    file = BytesIO()
    image.save(file, "PNG", optimize=True, transparency=LEVELS + 1)
    return file.getvalue()


def side_by_side(maps: Array, columns: int) -> Array:
    """Feature maps (C, H, W) in rows of so many, NaN between them: one matrix.

    >>> side_by_side(np.arange(2).reshape(2, 1, 1), 2)
    array([[ 0., nan,  1.]])
    """
    apart = np.pad(maps.astype(np.float64), ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    rows = [np.concatenate(list(apart[k : k + columns]), 1) for k in range(0, len(maps), columns)]
    return np.concatenate(rows)[:-1, :-1]


def as_image(png: bytes, text: str, **values: object) -> Markup:
    """PNG as an <img>, and what is to be seen, for those who do not see it."""
    source = f"data:image/png;base64,{b64encode(png).decode()}"
    alt = attribute("alt", text, **values)
    return Markup('<img class="pictures-raster" src="{}" {}>').format(source, alt)

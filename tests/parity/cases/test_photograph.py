"""The photograph that filters and AlexNet are run on."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import numpy as np
import pytest

from parity.cases.case import FLOATS, Photograph, draw, generator
from parity.cases.photograph import grey, images, photograph

PROVENANCE = (files("parity.cases") / "photograph.md").read_text(encoding="utf-8")


def digest() -> str:
    return hashlib.sha256(photograph().tobytes()).hexdigest()


def test_it_is_the_photograph() -> None:
    """227×227 pixels of three colours, byte for byte those that the file beside them names."""
    assert photograph().shape == (227, 227, 3)
    assert photograph().dtype == np.uint8
    assert f"`{digest()}`" in PROVENANCE


def test_another_pixel_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One level more in one colour of one pixel has another digest."""
    other = photograph().copy()
    other[100, 100, 1] += 1
    monkeypatch.setitem(globals(), "photograph", lambda: other)
    assert digest() not in PROVENANCE


@pytest.mark.parametrize("said", ["public domain", "NASA", "skimage.data.astronaut()", "BT.601"])
def test_provenance_lies_beside_the_data(said: str) -> None:
    """A file beside the photograph names its licence, its source and what is made of it."""
    assert said in PROVENANCE


def test_it_is_small() -> None:
    """It costs those who install the package less than 150 kB."""
    assert len((files("parity.cases") / "photograph.npz").read_bytes()) < 150_000


def test_it_is_a_photograph() -> None:
    """Most levels from 0 to 255 occur; neighbours are alike, as in nature, in both directions."""
    levels = grey().astype(int)
    assert len(np.unique(levels)) > 240
    assert abs(levels - levels[::-1, ::-1]).mean() > 40
    for axis in (0, 1):
        assert np.abs(np.diff(levels, axis=axis)).mean() < 15


def test_grey_levels() -> None:
    """(299 R + 587 G + 114 B)/1000, pixel by pixel, to the nearest whole number."""
    red, green, blue = np.moveaxis(photograph().astype(int), 2, 0)
    weighted = 299 * red + 587 * green + 114 * blue
    assert grey().dtype == np.uint8
    assert np.abs(1000 * grey().astype(int) - weighted).max() <= 500


@pytest.mark.parametrize("dtype", FLOATS)
def test_images_for_a_network(dtype: str) -> None:
    """The photograph and its mirror image, maps first, in [−1, 1]: level v is (2v − 255)/255."""
    x = images(dtype)
    assert (x.shape, x.dtype) == ((2, 3, 227, 227), dtype)
    assert (x.min(), x.max()) == (-1, 1)
    np.testing.assert_array_equal(x[1], x[0, :, :, ::-1])
    assert not np.array_equal(x[0], x[1])
    restored = np.rint((x[0].astype(np.float64) * 255 + 255) / 2)
    np.testing.assert_array_equal(restored.transpose(1, 2, 0), photograph())


def test_the_stored_images_cannot_be_written_to() -> None:
    """What is loaded once is shared by everyone; a network's batch is the caller's own."""
    for shared in (photograph(), grey()):
        with pytest.raises(ValueError, match="read-only"):
            shared[0, 0] = 0
    images()[0, 0, 0, 0] = 0


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_part_of_it(dtype: str) -> None:
    """A case's part holds the levels themselves, in grey or in three colours."""
    rows, columns = (3, 8), (20, 27)
    part = draw(Photograph(rows, columns), dtype, generator(1))
    colours = draw(Photograph(rows, columns, colour=True), dtype, generator(1))
    assert part.dtype == colours.dtype == dtype
    assert part.shape == Photograph(rows, columns).shape == (1, 1, 5, 7)
    assert colours.shape == Photograph(rows, columns, colour=True).shape == (1, 3, 5, 7)
    for i, j in np.ndindex(5, 7):
        assert part[0, 0, i, j] == grey()[3 + i, 20 + j]
        assert colours[0, :, i, j].tolist() == photograph()[3 + i, 20 + j].tolist()

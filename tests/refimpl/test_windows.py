"""Windows as views, their adjoint, blocks, and where windows meet the input."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain import assert_exact, assert_same, draw, frozen

from refimpl import windows as module
from refimpl.windows import (
    add_windows,
    blocks,
    crop,
    map_blocks,
    meetings,
    pad,
    short_rows,
    windows,
)

# (shape of x, kernel, stride, dilation)
GEOMETRIES = {
    "1d": ((2, 3, 9), (4,), (2,), (1,)),
    "2d": ((2, 3, 9, 8), (4, 2), (1, 3), (2, 5)),
    "3d": ((1, 2, 4, 5, 6), (3, 2, 1), (1, 2, 4), (1, 3, 2)),
    "1×2": ((2, 3, 4, 5), (1, 2), (1, 1), (3, 1)),
    "1×1, not every row": ((2, 3, 5, 4), (1, 1), (2, 1), (1, 1)),
    "3×1×1": ((1, 2, 6, 4, 5), (3, 1, 1), (1, 1, 2), (2, 1, 1)),
}
EVERY_GEOMETRY = pytest.mark.parametrize(
    ("shape", "kernel", "stride", "dilation"), GEOMETRIES.values(), ids=GEOMETRIES
)


@pytest.mark.parametrize("elements", ["fraction", "float64", "float32"])
def test_pad(rng: np.random.Generator, elements: str) -> None:
    """Zeros of the elements' type around, x inside."""
    x = draw(rng, (2, 3, 4), elements)
    padded = pad(x, [(1, 0), (0, 2)])
    expected = np.zeros((2, 4, 6), object)
    expected[:, 1:, :4] = x
    assert_exact(padded, expected, elements)


def test_pad_by_nothing() -> None:
    """Without padding x itself comes back, and nothing is copied."""
    x = np.ones((1, 2))
    assert pad(x, [(0, 0)]) is x


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=3))
def test_crop_undoes_pad(padding: list[tuple[int, int]]) -> None:
    """What was padded lies inside the padding."""
    x = np.arange(48.0).reshape(2, 4, 2, 3)
    assert_same(crop(pad(x, padding), padding), x)


@EVERY_GEOMETRY
@pytest.mark.parametrize("turned", [False, True], ids=["contiguous", "reversed"])
def test_windows(shape: Any, kernel: Any, stride: Any, dilation: Any, turned: bool) -> None:
    """out[n, c, i…, h…] = x[n, c, h·stride + i·dilation, …], whatever x's strides."""
    x = np.arange(np.prod(shape)).reshape(shape)
    if turned:
        x = np.flip(x)
    out = windows(x, kernel, stride, dilation)
    axes = len(kernel)
    for place in np.ndindex(out.shape):
        (n, c), i, h = place[:2], place[2 : 2 + axes], place[2 + axes :]
        source = (a * s + b * d for a, s, b, d in zip(h, stride, i, dilation, strict=True))
        assert out[place] == x[n, c, *source]


@EVERY_GEOMETRY
def test_windows_leave_no_window_out(shape: Any, kernel: Any, stride: Any, dilation: Any) -> None:
    """One more window along any axis would not fit."""
    out = windows(np.zeros(shape), kernel, stride, dilation)
    for n, k, s, d, count in zip(
        shape[2:], kernel, stride, dilation, out.shape[2 + len(kernel) :], strict=True
    ):
        reach = (count - 1) * s + (k - 1) * d
        assert reach < n <= reach + s


def test_windows_are_a_view() -> None:
    """No element is copied, and nobody writes to x by way of a window."""
    x = np.arange(5.0).reshape(1, 1, 5)
    out = windows(x, (2,), (1,), (1,))
    assert np.shares_memory(out, x)
    assert not out.flags.writeable


@EVERY_GEOMETRY
@pytest.mark.parametrize("elements", ["fraction", "float64"])
def test_add_windows_is_the_adjoint(
    rng: np.random.Generator, shape: Any, kernel: Any, stride: Any, dilation: Any, elements: str
) -> None:
    """⟨windows(x), parts⟩ = ⟨x, add_windows(parts)⟩."""
    x = draw(rng, shape, elements)
    out = windows(x, kernel, stride, dilation)
    parts = draw(rng, out.shape, elements)
    into = np.zeros(shape, x.dtype)
    add_windows(into, parts, stride, dilation)
    assert (out * parts).sum() == (x * into).sum()


def test_add_windows_adds() -> None:
    """What is there already stays."""
    into = np.array([[[100.0, 200.0]]])
    add_windows(into, np.array([[[[1.0, 2.0]]]]), (1,), (1,))
    assert_same(into, [[[101.0, 202.0]]])


def test_add_windows_reads_only() -> None:
    """The parts are left as they are."""
    into, parts = np.zeros((1, 1, 3)), frozen(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))
    add_windows(into, parts, (1,), (1,))
    assert_same(parts, [[[[1.0, 2.0], [3.0, 4.0]]]])


def test_short_rows_leave_numpy_as_it_was() -> None:
    """The buffer has its size again, behind an error too."""
    before = np.getbufsize()
    with short_rows():
        assert np.getbufsize() == module.BUFFER < before
    assert np.getbufsize() == before
    with pytest.raises(IndexError):
        add_windows(np.zeros((1, 1, 3)), np.zeros((1, 1)), (1,), (1,))
    assert np.getbufsize() == before


@given(st.integers(0, 9), st.integers(1, 9), st.integers(0, 150))
def test_blocks_cover_everything_once(batch: int, rows: int, row_bytes: int) -> None:
    """Every row of every sample lies in exactly one block; one of several rows fits the limit."""
    count = np.zeros((batch, rows), int)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", 100)
        for samples, part in blocks(batch, rows, row_bytes):
            block = count[samples, part]
            block += 1
            assert block.size == 1 or block.size * row_bytes <= 100
    assert (count == 1).all()


# 100 bytes for (batch, rows, row_bytes): samples and rows of each block
LARGEST = {
    "two rows of three, each sample apart": (
        (2, 3, 40),
        [(0, 1, 0, 2), (0, 1, 2, 3), (1, 2, 0, 2), (1, 2, 2, 3)],
    ),
    "two samples of one row": ((5, 1, 40), [(0, 2, 0, 1), (2, 4, 0, 1), (4, 5, 0, 1)]),
    "one sample of three rows, not two": ((2, 3, 20), [(0, 1, 0, 3), (1, 2, 0, 3)]),
    "rows of a byte": ((1, 150, 1), [(0, 1, 0, 100), (0, 1, 100, 150)]),
    "rows of no bytes": ((2, 50, 0), [(0, 2, 0, 50)]),
    "rows that are too large go one by one": ((1, 2, 300), [(0, 1, 0, 1), (0, 1, 1, 2)]),
    "beside 100 bytes": ((2, 3, 40, 100), [(0, 1, 0, 2), (0, 1, 2, 3), (1, 2, 0, 2), (1, 2, 2, 3)]),
    "beside more, twice as many": ((2, 3, 40, 101), [(0, 1, 0, 3), (1, 2, 0, 3)]),
}


@pytest.mark.parametrize(("sizes", "expected"), LARGEST.values(), ids=LARGEST)
def test_blocks_are_as_large_as_allowed(sizes: Any, expected: Any) -> None:
    """As many whole samples as fit, or else as many rows of one sample, at least one row."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", 100)
        found = [(n.start, n.stop, r.start, r.stop) for n, r in blocks(*sizes)]
    assert found == expected


def test_map_blocks() -> None:
    """As many maps at a time as the limit allows for the first array, the others' beside them."""
    x, y = np.arange(24.0).reshape(2, 3, 2, 2), np.arange(6.0).reshape(2, 3, 1, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", 4 * 32 + 31)
        found = list(map_blocks(x, y))
    assert [(a.shape, b.shape) for a, b in found] == [
        ((4, 2, 2), (4, 1, 1)),
        ((2, 2, 2), (2, 1, 1)),
    ]
    for number, array in enumerate((x, y)):
        parts = [views[number] for views in found]
        assert_same(np.concatenate(parts).reshape(array.shape), array)
        assert all(np.shares_memory(part, array) for part in parts)


def test_maps_beyond_the_limit_go_one_by_one() -> None:
    """A map larger than a block is still done as a whole, and once."""
    x = np.arange(24.0).reshape(2, 3, 4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", 31)
        found = [maps for (maps,) in map_blocks(x)]
    assert [maps.shape for maps in found] == [(1, 4)] * 6
    assert_same(np.concatenate(found).reshape(x.shape), x)


def test_map_blocks_of_nothing() -> None:
    """Without samples or channels there are no maps."""
    assert list(map_blocks(np.zeros((0, 3, 4)))) == list(map_blocks(np.zeros((2, 0, 4)))) == []


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("p", [0, 1, 3])
def test_meetings(size: int, p: int) -> None:
    """Offset i of window o reads o·s − p + i·d where x has that place, and nothing else."""
    for output, k, s, d in product((1, 2, 4), (1, 3), (1, 2, 3), (1, 2)):
        pairs = meetings(size, output, k, s, p, d)
        assert len(pairs) == k
        for i, (outputs, inputs) in enumerate(pairs):
            expected = [
                (o, o * s - p + i * d) for o in range(output) if 0 <= o * s - p + i * d < size
            ]
            places = np.arange(size)[inputs].tolist()
            found = list(zip(np.arange(output)[outputs].tolist(), places, strict=True))
            assert found == expected

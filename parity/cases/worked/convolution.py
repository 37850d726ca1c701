"""The convolutions that the documents work out, in whole numbers."""

from __future__ import annotations

from typing import Any

from parity.cases.case import Case, Given

COUNTING = tuple(tuple(range(7 * row + 1, 7 * row + 8)) for row in range(7))  # 1 … 49
IMAGE = ((1, 1, 1, 0, 0), (0, 1, 1, 1, 0), (0, 0, 1, 1, 1), (0, 0, 1, 1, 0), (0, 1, 1, 0, 0))
CROSS = ((1, 0, 1), (0, 1, 0), (1, 0, 1))
COLOURS = tuple(
    tuple(tuple((2 * c + 3 * h + h * w + w) % 3 for w in range(5)) for h in range(5))
    for c in range(3)
)
TWO_KERNELS = tuple(
    tuple(
        tuple(tuple((o + 2 * c + h + w * w) % 3 - 1 for w in range(3)) for h in range(3))
        for c in range(3)
    )
    for o in range(2)
)


def _image(rows: Any) -> Given:
    """One sample of one channel, or one kernel."""
    return Given(((rows,),))


def _conv2d(
    name: str,
    x: Given,
    weight: Given,
    documents: tuple[str, ...],
    bias: Given | None = None,
    **options: Any,
) -> Case:
    arrays = {"x": x, "weight": weight} | ({} if bias is None else {"bias": bias})
    return Case("conv2d", name, arrays, options, "integers", documents)


WORKED: tuple[Case, ...] = (
    _conv2d(  # two decimal digits of S for each product
        "3×4 by 2×2",
        _image(((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12))),
        _image(((1, 100), (10000, 1000000))),
        ("D0.1",),
    ),
    _conv2d("5×5 by 3×3", _image(IMAGE), _image(CROSS), ("D0.2", "D2.1")),
    _conv2d(
        "5×5×3 by two kernels",
        Given((COLOURS,)),
        Given(TWO_KERNELS),
        ("D0.3", "D2.2", "D3.2"),
        bias=Given((1, 0)),
        stride=2,
        padding=1,
    ),
    _conv2d(
        "4×4 by 3×3",
        _image(((3, -1, 2, 0), (1, 4, -2, 5), (0, 2, 1, -3), (6, 1, 0, 2))),
        _image(((2, 0, 1), (-1, 3, 0), (1, -2, 4))),
        ("D2.23", "D2.24", "D2.25", "D2.27"),
        bias=Given((7,)),
    ),
    *(
        _conv2d(
            f"7×7 with stride {stride}", _image(COUNTING), _image(CROSS), ("D3.3",), stride=stride
        )
        for stride in (1, 2, 3)
    ),
    _conv2d(
        "dw as a sum of slices",
        _image(COUNTING),
        _image(((-3, 0, 3), (-10, 0, 10), (-1, 0, 3))),
        ("D3.9",),
        stride=2,
        padding=1,
    ),
    _conv2d(
        "3×3 by 2×2",
        _image(((2, -1, 3), (0, 4, 1), (-2, 5, 6))),
        _image(((1, 2), (-3, 4))),
        ("D4.9", "D4.10", "D4.11"),
    ),
)

"""Cases of dropout."""

from __future__ import annotations

from typing import Any

from parity.cases.case import Case, Draw, Given, Shape, Source


def _dropout(
    name: str,
    x: Shape | Source,
    mask: Source | None = None,
    values: str = "normal",
    *,
    layout: str = "contiguous",
    upstream: str = "normal",
    documents: tuple[str, ...] = (),
    **options: Any,
) -> Case:
    """One case; a shape stands for random numbers and a random mask of it."""
    if isinstance(x, tuple):
        mask = mask or Draw(x, "mask", layout)
        x = Draw(x, values, layout)
    assert mask is not None
    return Case("dropout", name, {"x": x, "mask": mask}, options, upstream, documents)


EVERY_OTHER = Given(((True, False, True, False), (False, True, False, True)))

CASES = (
    _dropout("plain", (5, 7), documents=("D2.13",)),
    _dropout("half of the nodes, not divided", (5, 8), p=0, documents=("D2.13",)),
    _dropout("maps", (2, 3, 5, 4)),
    _dropout("one axis", (67,)),
    _dropout("a single value", ()),
    _dropout("empty batch", (0, 3, 4)),
    _dropout("4096 nodes", (2, 4096), documents=("D2.13",)),
    _dropout("a boolean mask", (2, 4), EVERY_OTHER),
    _dropout("a boolean mask, p 0.1", (2, 4), EVERY_OTHER, p=0.1),
    _dropout("nothing is kept", (5, 7), Draw((5, 7), "zeros")),
    _dropout("everything is kept", (3,), Given((True, True, True)), p=0.3),
    # 1 − p is rounded to the dtype, unless it is a power of 2.
    *(
        _dropout(f"p {p}", (9, 31), p=p)
        for p in (0.1, 0.2, 1 / 3, 0.25, 0.6, 0.75, 0.8, 0.9, 0.999, 1e-9, 1 - 2.0**-20)
    ),
    *(
        _dropout(f"{name}, p {p}", (9, 31), None, values, upstream=values, p=p)
        for name, values in (
            ("integers", "integers"),
            ("wide", "wide"),
            ("huge", "huge"),
            ("largest overflows", "largest"),
            ("tiny", "tiny"),
            ("subnormal", "subnormal"),
            ("negative zero", "negative_zero"),
            ("special", "special"),
        )
        for p in (0.5, 0.7)
    ),
    *(
        _dropout(f"{layout} views", (3, 5, 4), layout=layout, p=0.4)
        for layout in ("reversed", "strided", "transposed")
    ),
    _dropout(
        "half of four nodes",
        Given(((1, -2, 3, 4),)),
        Given(((1, 0, 0, 1),)),
        upstream="integers",
        documents=("D2.13",),
    ),
)

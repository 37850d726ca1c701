"""Where torch loses digits that refimpl keeps, on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parity.results.rows import TorchRow


def torch_notes(rows: Sequence[TorchRow], verbose: bool) -> Iterator[str]:
    """How many tensors, and a line for the worst of each function.

    verbose: every tensor and dtype, with both values at the worst element.
    """
    if not rows:
        return
    worst: dict[str, TorchRow] = {}
    for row in rows:
        known = worst.setdefault(row.function, row)
        worst[row.function] = max(known, row, key=lambda found: found.ratio)
    tensors = sum(row.tensors for row in rows)
    plural = "tensor" if tensors == 1 else "tensors"
    yield f"torch loses digits that refimpl keeps in {tensors} {plural} (torch.csv):"
    for row in rows if verbose else worst.values():
        yield f"  {row.function} {row.tensor} {row.dtype}: {row.ratio:.2g} × refimpl’s error"
        if verbose:
            yield from _values(row)


def _values(row: TorchRow) -> Iterator[str]:
    yield (
        f"     {row.case} at {row.index}: exact {row.exact_value:.9g}, "
        f"refimpl {row.refimpl_value:.9g} ({row.refimpl_ulp:.3g} ULP), "
        f"torch {row.torch_value:.9g} ({row.torch_ulp:.3g} ULP)"
    )
    yield f"     {row.arguments}"

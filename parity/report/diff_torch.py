"""What changed between two runs in where torch loses digits that refimpl keeps."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

TORCH = "torch.csv"
FACTOR = 2.0**4
Key = tuple[str, str, str]  # function, tensor, dtype


def torch_changes(
    before: Path, after: Path, both: Collection[tuple[str, str]], same_seed: bool
) -> Iterator[str]:
    """What is new, gone, or 16 times as large or small, in a line each.

    before, after: the summaries beside which torch.csv lies; where one has none, which an older
    run did not write, nothing is said. both: functions and dtypes that both runs judged. Other
    seeds have other arguments: ratios are compared of the same alone.
    Raises: ValueError for a file that is no torch.csv.
    """
    files = [path.parent / TORCH for path in (before, after)]
    if not all(file.exists() for file in files):
        return
    a, b = map(_ratios, files)
    for key in dict.fromkeys((*a, *b)):
        function, tensor, dtype = key
        if (function, dtype) not in both:
            continue
        old, new = a.get(key), b.get(key)
        what = _what(old, new, same_seed)
        if what:
            yield f"{what} {function} {tensor} {dtype}: {_said(old)} → {_said(new)}"


def _ratios(file: Path) -> dict[Key, float]:
    """By function, tensor and dtype. Raises: ValueError if it cannot be read as a torch.csv."""
    try:
        with file.open(encoding="utf-8", newline="") as text:
            return {
                (row["function"], row["tensor"], row["dtype"]): float(row["ratio"])
                for row in csv.DictReader(text)
            }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file}: cannot be read as a torch.csv ({error!r})") from None


def _what(old: float | None, new: float | None, same_seed: bool) -> str:
    if old is None:
        return "torch new   "
    if new is None:
        return "torch gone  "
    apart = max(old, new) >= FACTOR * min(old, new)
    return "torch other " if apart and same_seed else ""


def _said(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2g} × refimpl’s error"

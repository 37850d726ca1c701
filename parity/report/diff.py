"""What changed between the summaries of two runs."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from parity.report.diff_torch import torch_changes
from parity.results.rows import Row, columns

SUMMARY = "summary.csv"
KEY = ["case", "network", "layer", "tensor", "dtype", "device"]
STEP = "step"  # of a training under watch, whose tensors come again in each step
# What a run computes: where one of them differs, the tensor has other values.
VALUES = ["max_abs_error", "worst_index", "refimpl_value", "torch_value"]
NEEDED = [*KEY, "function", *VALUES, "worst_ratio", "verdict"]
GROWTH = 10
# Of run.json: what values depend on.
SETTINGS = ("scope", "seed", "device", "tf32", "override")


class SummaryError(ValueError):
    """A file that is not a summary.csv, or not all of one."""


class Change(NamedTuple):
    """One tensor that is not as it was: its name, what changed, before and after."""

    tensor: str
    what: str  # "verdict", "error"
    before: str
    after: str


class Summary(NamedTuple):
    """The summary.csv of a run, and its run.json where that lies beside it."""

    path: Path
    rows: pd.DataFrame
    about: dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """Two summaries side by side.

    alone: how many tensors only one of them has, by function or network. ratios: the largest
    error/bound in each, of the tensors in both that the bound judges.
    """

    settings: tuple[str, ...]  # what the two runs were made with, where it differs
    both: int
    equal: int  # in every digit
    changes: tuple[Change, ...]
    alone: tuple[Counter[str], Counter[str]]
    same_scope: bool  # so that a tensor that one lacks is a change
    ratios: tuple[float, float]
    torch: tuple[str, ...] = ()  # where torch loses digits in one alone, or more in one: no change

    @property
    def changed(self) -> bool:
        """Whether a verdict changed, an error grew tenfold, or tensors came or went."""
        return bool(self.changes) or (self.same_scope and any(map(bool, self.alone)))


def difference(before: Path, after: Path) -> Difference:
    """Changed verdicts, errors that grew at least tenfold, and what only one of them has.

    before, after: summary.csv, or the folder that it lies in.
    Raises: SummaryError if one cannot be read as a summary.csv.
    """
    a, b = read_summary(before), read_summary(after)
    merged = a.rows.merge(
        b.rows, on=[*KEY, STEP], how="outer", suffixes=("_a", "_b"), indicator=True, sort=True
    )
    both = merged[merged["_merge"] == "both"]
    if both.empty and len(merged):
        raise SummaryError(f"{a.path} and {b.path} have no tensor in common")
    same_seed = a.about.get("seed") == b.about.get("seed")
    equal = (
        both[[f"{v}_a" for v in VALUES]].values == both[[f"{v}_b" for v in VALUES]].values
    ).all(axis=1)
    found = [change for row in both.to_dict("records") for change in _changes(row, same_seed)]
    return Difference(
        tuple(_settings(a.about, b.about)),
        len(both),
        int(equal.sum()),
        tuple(found),
        (_by_name(merged, "left_only", "_a"), _by_name(merged, "right_only", "_b")),
        a.about.get("scope") == b.about.get("scope"),
        (_largest(both, "_a"), _largest(both, "_b")),
        _of_torch(a, b, both, same_seed),
    )


def _of_torch(a: Summary, b: Summary, both: pd.DataFrame, same_seed: bool) -> tuple[str, ...]:
    """Where torch loses digits, of the functions and dtypes that both runs have."""
    if (a.path.name, b.path.name) != (SUMMARY, SUMMARY):
        return ()
    judged = set(zip(both["function_a"], both["dtype"], strict=True))
    try:
        return tuple(torch_changes(a.path, b.path, judged, same_seed))
    except ValueError as error:
        raise SummaryError(str(error)) from None


def _changes(row: Mapping[Any, Any], same_seed: bool) -> list[Change]:
    """Errors of other numbers, which another seed draws, cannot have grown."""
    name = " ".join(str(row[key]) for key in KEY if row[key] and key != "network")
    name += f" step {row[STEP]}" if row[STEP] else ""
    if row["verdict_a"] != row["verdict_b"]:
        return [Change(name, "verdict", row["verdict_a"], row["verdict_b"])]
    before, after = (float(row[f"max_abs_error_{side}"]) for side in "ab")
    if same_seed and after > before and after >= GROWTH * before:
        return [Change(name, "error", f"{before:.3g}", f"{after:.3g}")]
    return []


def _by_name(merged: pd.DataFrame, side: str, suffix: str) -> Counter[str]:
    """How many tensors only one side has, by function or network."""
    rows = merged[merged["_merge"] == side]
    return Counter(rows["network"].where(rows["network"] != "", rows[f"function{suffix}"]))


def _largest(both: pd.DataFrame, suffix: str) -> float:
    judged = both[f"verdict{suffix}"].isin(["within", "identical", "outside"])
    ratios = pd.to_numeric(both[f"worst_ratio{suffix}"])[judged]
    return float(ratios.max()) if len(ratios) else 0.0


def _settings(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    """What values depend on, where the two runs differ in it."""
    if not a or not b:
        return [
            "no run.json or watch.json lies beside "
            + ("both" if not a and not b else "one of them")
        ]
    sides = [
        {name: about.get(name) for name in SETTINGS}
        | dict(about.get("versions", {}))
        | {"cpu": about.get("cpu", {}).get("model")}
        for about in (a, b)
    ]
    names = dict.fromkeys((*sides[0], *sides[1]))
    return [
        f"{name}: {sides[0].get(name)} → {sides[1].get(name)}"
        for name in names
        if sides[0].get(name) != sides[1].get(name)
    ]


# --- reading ------------------------------------------------------------------------------


def read_summary(path: Path) -> Summary:
    """A summary.csv, or that of a folder: its key, what is compared, and the run.json beside it.

    Raises: SummaryError if it cannot be read, is cut off, or is none.
    """
    file = path / SUMMARY if path.is_dir() else path
    try:
        content = file.read_bytes()
        frame = pd.read_csv(file, keep_default_na=False, dtype=str)
    except FileNotFoundError:
        raise SummaryError(f"{file}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise SummaryError(
            f"{file}: cannot be read as a summary.csv ({str(error).strip()})"
        ) from None
    missing = [name for name in NEEDED if name not in frame.columns]
    if missing:
        raise SummaryError(
            f"{file}: is no summary.csv: it has no column {', '.join(missing)} "
            f"(a summary has {', '.join(columns(Row))})"
        )
    about = _about(file)
    _check_whole(file, content, about)
    for name in ("max_abs_error", "worst_ratio"):
        try:
            pd.to_numeric(frame[name])
        except (ValueError, TypeError) as error:
            raise SummaryError(f"{file}: {name} must hold numbers ({error})") from None
    steps = frame[STEP] if STEP in frame.columns else ""
    return Summary(file, frame[NEEDED].assign(**{STEP: steps}), about)


def _about(file: Path) -> dict[str, Any]:
    """The run.json beside a summary.csv, of a watch its watch.json; nothing where there is none.

    Raises: SummaryError if it cannot be read.
    """
    beside = file.parent / "run.json"
    if not beside.exists():
        beside = file.parent / "watch.json"
    try:
        found = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
    except (OSError, ValueError) as error:
        raise SummaryError(f"{beside}: cannot be read ({error})") from None
    belongs = isinstance(found, dict) and file.name == SUMMARY
    return found if belongs else {}


def _check_whole(file: Path, content: bytes, about: dict[str, Any]) -> None:
    """Refuse a file that was cut off, or is not the one that run.json has the digest of."""
    if not content.endswith(b"\n"):
        raise SummaryError(f"{file}: is cut off in the middle of a line")
    digest = about.get("sha256", {}).get(SUMMARY)
    if digest and digest != hashlib.sha256(content).hexdigest():
        raise SummaryError(
            f"{file}: is not as the run wrote it: run.json beside it has another digest"
        )

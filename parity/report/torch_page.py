"""docs/torch.md: where torch loses digits that refimpl keeps, made from runs by its versions."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from parity.results.writing import replace_files

TEXT = """# Where torch loses digits

Elements at which torch's result is more than 2¹⁰ times as far from the exact value as `refimpl`'s,
where that is a normal number of the dtype: findings about torch, by which no run fails. Made by
`make torch` from {runs}; nothing here is written by hand.

An element counts where torch's error is more than 2¹⁰ times as large as each of: half an ULP;
`refimpl`'s error; and one rounding of Σ|terms| or, where that is smaller, the most that `refimpl`'s
formula may be off ([bounds](bounds.md)). So terms that cancel by nature are nobody's fault,
whichever side is lucky; a formula whose terms need not cancel, and a sum that adds up a thousand
roundings, are findings. Of each function, tensor and dtype the element with the largest ratio is
shown; [torch.csv](../reports/README.md) of each run has the errors in roundings too.

{table}

- *exact*: what real numbers give from the very floats of the case, to as many digits as tell two
  floats of the dtype apart.
- In parentheses each side's error in units in the last place of the exact value.
- *times*: torch's error over `refimpl`'s, or over half an ULP where that is larger; of the first
  version that has the finding.
- *tensors*: in how many tensors of the run torch loses digits like this.
- `–`: this version has no such finding; *elsewhere*: it loses most at another element, in a row of
  its own.

Again, with one version: `parity run NAME --case ID --dtype DTYPE -v`.

{made}
"""


class Run(NamedTuple):
    """A run's findings about torch, by function, tensor and dtype, and its run.json."""

    version: str
    found: dict[tuple[str, str, str], dict[str, str]]
    about: dict[str, Any]


def write(page: str, *folders: str) -> None:
    """Write the page from the reports of runs, one folder for each version of torch."""
    replace_files({Path(page): torch_page([read(Path(folder)) for folder in folders])})


def read(folder: Path) -> Run:
    """The findings about torch in a report folder."""
    about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    with (folder / "torch.csv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    found = {(row["function"], row["tensor"], row["dtype"]): row for row in rows}
    return Run(about["versions"]["torch"].partition("+")[0], found, about)


def torch_page(runs: Sequence[Run]) -> str:
    """The whole page."""
    names = [f"torch {run.version}" for run in runs]
    return TEXT.format(
        runs=f"a run with {' and one with '.join(names)}",
        table="\n".join(_table(runs)),
        made="\n".join(_made(run) for run in runs),
    )


def _table(runs: Sequence[Run]) -> list[str]:
    """Function by function; two rows where versions lose most at different elements."""
    heads = ["tensor", "case, arguments", "exact", "refimpl"]
    heads += [*(f"torch {run.version}" for run in runs), "times", "tensors"]
    lines = [_line(heads), _line(["---"] * len(heads))]
    for key in dict.fromkeys(key for run in runs for key in run.found):
        places = dict.fromkeys(_place(run.found[key]) for run in runs if key in run.found)
        lines += [_row(key, place, runs) for place in places]
    return lines


def _place(row: Mapping[str, str]) -> tuple[str, ...]:
    """The element that a finding speaks of, and what refimpl has there."""
    names = ("case", "layer", "index", "arguments", "exact_value", "refimpl_value")
    return tuple(row[name] for name in names)


def _row(key: tuple[str, str, str], place: tuple[str, ...], runs: Sequence[Run]) -> str:
    here = [
        row if row and _place(row) == place else None
        for row in (run.found.get(key) for run in runs)
    ]
    first = next(row for row in here if row)
    sides = [
        _value(row, "torch") if row else "elsewhere" if key in run.found else "–"
        for row, run in zip(here, runs, strict=True)
    ]
    where = " ".join(filter(None, (first["case"], first["layer"])))
    return _line(
        [
            f"{key[0]} {key[1]}, {key[2]}",
            f"{where} at {first['index']}: {first['arguments']}",
            _digits(first["exact_value"], key[2]),
            _value(first, "refimpl"),
            *sides,
            f"{float(first['ratio']):.2g}",
            " / ".join(dict.fromkeys(row["tensors"] for row in here if row)),
        ]
    )


def _value(row: Mapping[str, str], side: str) -> str:
    return f"{_digits(row[f'{side}_value'], row['dtype'])} ({float(row[f'{side}_ulp']):.3g})"


def _digits(value: str, dtype: str) -> str:
    """As many as tell two floats of the dtype apart."""
    return value if dtype == "float64" else f"{float(value):.9g}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _made(run: Run) -> str:
    """What a run was made with."""
    about, versions = run.about, run.about["versions"]
    return (
        f"- torch {versions['torch']}, NumPy {versions['numpy']}, Python {versions['python']}: "
        f"{about['cpu']['model']}, {' '.join(about['cpu']['vectors'][-1:])}, device "
        f"{about['device']}, scope {about['scope']}, seed {about['seed']}, "
        f"{about['torch_loses_digits']} tensors with lost digits."
    )

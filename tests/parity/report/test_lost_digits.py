"""Where torch loses digits: the worst of each function, the lines of a run, the page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from parity.report.lost_digits import torch_notes
from parity.report.torch_page import Run, read, torch_page, write
from parity.results.findings import Findings
from parity.results.rows import TorchRow
from parity.results.writing import to_csv

ROW = TorchRow(
    *("tanh", "dx", "float32", 1, "tanh[saturated]", "", "(0, 30)", "x -18.119268, dy -0.0046"),
    *(-3.4338833847812136e-18, -3.4338833554926625e-18, -0.0, 0.25, 1.5e7, 0.25, 1.5e7, 3e7),
)
WORSE = replace(ROW, case="tanh[largest]", index="(4,)", ratio=3.2e7)
DOUBLE = replace(ROW, dtype="float64", ratio=1e16)
LONG = replace(ROW, function="binary_cross_entropy_with_logits", tensor="dlogits", ratio=3.3e7)


def test_the_worst_of_each() -> None:
    """By function, tensor and dtype; counted are all."""
    findings = Findings(lost=[ROW, DOUBLE, WORSE, LONG])
    assert findings.torch == [replace(WORSE, tensors=2), DOUBLE, LONG]


def test_lines() -> None:
    """The number of tensors, then one line for each function, none too wide."""
    said = list(torch_notes([replace(WORSE, tensors=2), DOUBLE, LONG], verbose=False))
    assert said == [
        "torch loses digits that refimpl keeps in 4 tensors (torch.csv):",
        "  tanh dx float64: 1e+16 × refimpl’s error",
        "  binary_cross_entropy_with_logits dlogits float32: 3.3e+07 × refimpl’s error",
    ]
    assert max(map(len, said)) <= 80
    assert list(torch_notes([], verbose=True)) == []


def test_lines_of_a_verbose_run() -> None:
    """Each tensor and dtype, where it is, all three values, the arguments."""
    assert list(torch_notes([ROW], verbose=True)) == [
        "torch loses digits that refimpl keeps in 1 tensor (torch.csv):",
        "  tanh dx float32: 3e+07 × refimpl’s error",
        "     tanh[saturated] at (0, 30): exact -3.43388338e-18, refimpl -3.43388336e-18 "
        "(0.25 ULP), torch -0 (1.5e+07 ULP)",
        "     x -18.119268, dy -0.0046",
    ]


# --- the page -----------------------------------------------------------------------------


def run_of(version: str, *rows: TorchRow) -> Run:
    """A run with these findings, as its files have them."""
    found = {
        (row.function, row.tensor, row.dtype): {k: str(v) for k, v in vars(row).items()}
        for row in rows
    }
    return Run(
        version,
        found,
        {
            "versions": {"torch": f"{version}+cpu", "numpy": "2.4.6", "python": "3.11.7"},
            "cpu": {"model": "A processor", "vectors": ["AVX", "AVX2"]},
            "device": "cpu",
            "scope": "default",
            "seed": 5,
            "torch_loses_digits": sum(row.tensors for row in rows),
        },
    )


def table_of(*runs: Run) -> list[list[str]]:
    lines = [line for line in torch_page(runs).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_two_versions_that_agree() -> None:
    """One row, a column for each version, the versions and the processor named."""
    runs = run_of("2.13.0", ROW), run_of("2.14.1", replace(ROW, tensors=3))
    assert table_of(*runs) == [
        [
            "tanh dx, float32",
            "tanh[saturated] at (0, 30): x -18.119268, dy -0.0046",
            "-3.43388338e-18",
            "-3.43388336e-18 (0.25)",
            *["-0 (1.5e+07)"] * 2,
            "3e+07",
            "1 / 3",
        ]
    ]
    page = torch_page(runs)
    assert "a run with torch 2.13.0 and one with torch 2.14.1;" in page
    assert "| torch 2.13.0 | torch 2.14.1 |" in page
    made = "- torch 2.14.1+cpu, NumPy 2.4.6, Python 3.11.7: A processor, AVX2, device cpu, "
    assert f"{made}scope default, seed 5, 3 tensors with lost digits." in page


@pytest.mark.parametrize("turned", [False, True])
def test_a_version_without_the_finding(turned: bool) -> None:
    """Has a dash, whichever it is."""
    runs = [run_of("2.13.0", ROW), run_of("2.14.1")]
    (row,) = table_of(*(runs[::-1] if turned else runs))
    assert row[4:6] == (["–", "-0 (1.5e+07)"] if turned else ["-0 (1.5e+07)", "–"])


def test_versions_with_other_elements() -> None:
    """Each has its row, and the other version says that it is elsewhere."""
    first, second = table_of(run_of("2.13.0", ROW), run_of("2.14.1", WORSE))
    assert (first[4:7], second[4:7]) == (
        ["-0 (1.5e+07)", "elsewhere", "3e+07"],
        ["elsewhere", "-0 (1.5e+07)", "3.2e+07"],
    )


def test_the_page_is_made_of_reports(tmp_path: Path) -> None:
    """Of the torch.csv and run.json of each run, in the order given."""
    runs = [run_of("2.13.0", ROW, DOUBLE), run_of("2.14.1", LONG)]
    for run, rows in zip(runs, ([ROW, DOUBLE], [LONG]), strict=True):
        folder = tmp_path / run.version
        folder.mkdir()
        (folder / "torch.csv").write_text(to_csv(TorchRow, rows), encoding="utf-8")
        (folder / "run.json").write_text(json.dumps(run.about), encoding="utf-8")
    folders = [tmp_path / run.version for run in runs]
    assert [read(folder) for folder in folders] == runs
    write(str(tmp_path / "torch.md"), *map(str, folders))
    assert (tmp_path / "torch.md").read_text(encoding="utf-8") == torch_page(runs)

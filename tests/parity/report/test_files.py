"""The files of a run: exact numbers, and whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import os
import re
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from parity.report import files as module
from parity.report.files import write_reports
from parity.results import about as about_module
from parity.results.about import about_run
from parity.results.findings import Findings
from parity.results.judging import Place, failure_row
from parity.results.rows import (
    CauseRow,
    ElementRow,
    Refusal,
    Row,
    TimingRow,
    TorchRow,
    TrainingRow,
    WitnessRow,
)
from parity.results.settings import Settings
from parity.results.writing import replace_files, to_csv

ROW = replace(
    failure_row(Place("relu[maps]", "relu", "float32", ("D2.9",)), "dx", "", Settings()),
    verdict="within",
    worst_ratio=0.25,
)
ELEMENT = ElementRow(
    *("relu[maps]", "relu", "dx", "input", "", "float32", "(0, 1)", 1.0, 2.0),
    *(2.0, 3.0, 0.0, None, None, 1.0, 0.5, "outside", "worst"),
)
TRAINING = TrainingRow("lenet", "float32", 1, *[0.5] * 9, "within", "blind")
TIMING = TimingRow("relu[maps]", "float32", 0.25, 0.125)
WITNESS = WitnessRow(
    "relu[maps]", "relu", "", "float32", "integers", "y dx", 12, "identical", -61.5, ""
)
TORCH = TorchRow(
    *("tanh", "dx", "float32", 1, "tanh[far]", "", "(0, 1)", "x 20, dy 1.5"),
    *(2.5e-17, 2.5e-17, 0.0, 0.25, 1.5e7, 0.25, 1.5e7, 3e7),
)
FINDINGS = Findings(
    *([ROW], [ELEMENT], [TRAINING], [TIMING], [Refusal("r[b]", "relu", True, "")], [WITNESS]),
    lost=[TORCH],
)
NAMES = [
    *("summary.csv", "witnesses.csv", "gradients.csv", "torch.csv", "training.csv"),
    *("timings.csv", "run.json"),
]

HEADERS = {
    Row: "case,kind,function,network,layer,tensor,argument,direction,documents,dtype,device,shape,"
    "elements,seed,"
    "max_abs_error,max_rel_error,max_ulp,bound_at_worst,worst_ratio,worst_index,refimpl_value,"
    "torch_value,exact_value,refimpl_ulp,torch_ulp,refimpl_roundings,torch_roundings,closer,"
    "truth_radius,"
    "exact_elements,resolution,element_resolution,bound_over_value,largest_value,kinks,overflow,verdict,note,"
    "outside",
    WitnessRow: "case,function,network,dtype,witness,tensors,elements,verdict,false_accept,note",
    ElementRow: "case,function,tensor,argument,layer,dtype,index,refimpl_value,torch_value,"
    "exact_value,refimpl_ulp,torch_ulp,refimpl_roundings,torch_roundings,difference,bound,verdict,"
    "chosen",
    TorchRow: "function,tensor,dtype,tensors,case,layer,index,arguments,exact_value,refimpl_value,"
    "torch_value,refimpl_ulp,torch_ulp,refimpl_roundings,torch_roundings,ratio",
    TrainingRow: "network,dtype,step,refimpl_loss,torch_loss,loss_difference,loss_bound,"
    "weight_difference,weight_bound_over_value,refimpl_accuracy,torch_accuracy,"
    "local_worst_ratio,local_verdict,accumulated_verdict",
    TimingRow: "case,dtype,refimpl_seconds,torch_seconds",
}


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# --- CSV ----------------------------------------------------------------------------------


@pytest.mark.parametrize("row_type", HEADERS, ids=lambda t: t.__name__)
def test_header(row_type: type) -> None:
    """The header is the written columns, in order, with and without rows."""
    assert to_csv(row_type, []) == HEADERS[row_type] + "\n"


@pytest.mark.parametrize(
    "row", [ROW, ELEMENT, TORCH, TRAINING, TIMING], ids=lambda r: type(r).__name__
)
def test_each_value_is_under_its_name(row: Any) -> None:
    """Every written field reads back under its own column."""
    # A value of its own for each field, so that two exchanged columns are seen.
    marked = replace(row, **{f.name: f'{i}, "{f.name}"' for i, f in enumerate(fields(row))})
    (found,) = read(to_csv(type(row), [marked]))
    assert found == {name: getattr(marked, name) for name in found}
    assert ",".join(found) == HEADERS[type(row)]


def test_what_only_messages_need_is_not_written() -> None:
    """What overrides the bounds, and the opinion of the note, are no columns."""
    assert to_csv(Row, [replace(ROW, opinion="torch is off", override=" --rtol 1")]) == to_csv(
        Row, [ROW]
    )


FLOATS = (0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 1e22, float(np.float32(0.1)), 2.0**-149)


@pytest.mark.parametrize("value", FLOATS)
def test_a_float_reads_back_to_the_same_number(value: float) -> None:
    """Written by repr: no digit is lost, nor the sign of a zero."""
    (found,) = read(to_csv(Row, [replace(ROW, max_abs_error=value)]))
    assert found["max_abs_error"] == repr(value)
    back = float(found["max_abs_error"])
    assert (back, math.copysign(1, back)) == (value, math.copysign(1, value))


@pytest.mark.parametrize(
    ("value", "text"),
    [(math.inf, "inf"), (-math.inf, "-inf"), (math.nan, "nan"), (None, "")],
)
def test_forms_of_what_is_no_number(value: float | None, text: str) -> None:
    """Infinities and NaN have names; what is not there is empty."""
    (found,) = read(to_csv(Row, [replace(ROW, refimpl_value=value)]))
    assert found["refimpl_value"] == text


def test_lines_end_alike_everywhere() -> None:
    """One newline, on every system, so that reports compare byte by byte."""
    assert "\r" not in to_csv(Row, [ROW, ROW])
    assert to_csv(Row, [ROW, ROW]).count("\n") == 3


# --- the files of a run -------------------------------------------------------------------


def test_all_files_are_written(tmp_path: Path) -> None:
    """Each file holds its own rows; the folder is made if need be; nothing else is left."""
    out = tmp_path / "deep" / "reports"
    written = write_reports(FINDINGS, {}, out)
    assert written == [out / name for name in NAMES]
    assert sorted(os.listdir(out)) == sorted(NAMES)
    for name, row in zip(NAMES, (ROW, WITNESS, ELEMENT, TORCH, TRAINING, TIMING), strict=False):
        assert (out / name).read_bytes() == to_csv(type(row), [row]).encode()


def test_text_is_utf8(tmp_path: Path) -> None:
    """Case names with × or − are written as UTF-8 whatever the locale is."""
    write_reports(Findings([replace(ROW, case="relu[2×3 − ∞]")]), {}, tmp_path)
    assert "relu[2×3 − ∞]".encode() in (tmp_path / "summary.csv").read_bytes()


def test_files_can_be_read_by_others(tmp_path: Path) -> None:
    """Reports have the rights of ordinary files, not those of temporary ones."""
    write_reports(FINDINGS, {}, tmp_path)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in NAMES} == {0o644}


def test_run_json_holds_the_digests_of_the_others(tmp_path: Path) -> None:
    """run.json says what belongs to it: the digest of each other file as it lies there."""
    write_reports(FINDINGS, {"seed": 5}, tmp_path)
    about = json.loads((tmp_path / "run.json").read_text())
    assert about["seed"] == 5
    assert about["sha256"] == {
        name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in NAMES[:-1]
    }


def test_run_json_is_replaced_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sees the new run.json sees the new reports."""
    order: list[str] = []
    right = os.replace

    def note(source: Path, target: Path) -> None:
        order.append(Path(target).name)
        right(source, target)

    monkeypatch.setattr(os, "replace", note)
    write_reports(FINDINGS, {}, tmp_path)
    assert order == NAMES


def test_nothing_is_replaced_before_all_is_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file is flushed to the disk before the first one is moved into its place."""
    order: list[str] = []
    sync, move = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (order.append("sync"), sync(fd)))
    monkeypatch.setattr(os, "replace", lambda a, b: (order.append("move"), move(a, b)))
    write_reports(FINDINGS, {}, tmp_path)
    assert order == ["sync"] * len(NAMES) + ["move"] * len(NAMES)


# --- whole or not at all ------------------------------------------------------------------


def failing(function: Callable[..., Any], number: int) -> Callable[..., Any]:
    """The function, but its call of this number (from 0) fails as on a full disk."""
    calls = iter(range(1000))

    def call(*args: Any, **options: Any) -> Any:
        if next(calls) == number:
            raise OSError(28, "No space left on device")
        return function(*args, **options)

    return call


@pytest.mark.parametrize("number", range(len(NAMES)))
@pytest.mark.parametrize("name", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("there", [True, False], ids=["over an old report", "in a new folder"])
def test_a_failed_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int, there: bool
) -> None:
    """If writing or replacing any file fails, the folder is as it was, byte by byte."""
    if there:
        write_reports(FINDINGS, {"run": 1}, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(before) == (len(NAMES) if there else 0)
    monkeypatch.setattr(os, name, failing(getattr(os, name), number))
    with pytest.raises(OSError, match="No space left"):
        write_reports(Findings([ROW] * 9), {"run": 2}, tmp_path)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_interruption_leaves_no_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while writing cleans up as well."""

    def interrupted(fd: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_reports(FINDINGS, {}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_writes_succeed_without_a_failure(tmp_path: Path) -> None:
    """The tests above fail for the failure alone: otherwise the new report replaces the old."""
    write_reports(FINDINGS, {"run": 1}, tmp_path)
    write_reports(Findings([ROW] * 9), {"run": 2}, tmp_path)
    assert json.loads((tmp_path / "run.json").read_text())["run"] == 2
    assert len(read((tmp_path / "summary.csv").read_text())) == 9


def test_replace_files_says_what_it_wrote(tmp_path: Path) -> None:
    """The paths come back in the order they were given."""
    texts = {tmp_path / "b": "2\n", tmp_path / "a": "1\n"}
    assert replace_files(texts) == [tmp_path / "b", tmp_path / "a"]
    assert {path.read_text() for path in texts} == {"1\n", "2\n"}


# --- run.json -----------------------------------------------------------------------------

SETTINGS = Settings(seed=5, device="cpu", rtol=0.5)


@pytest.fixture
def about() -> dict[str, Any]:
    """What run.json says of a run with one blind row, one failure and an accepted input."""
    rows = [ROW, replace(ROW, verdict="blind"), replace(ROW, verdict="outside"), ROW]
    refusals = [Refusal("a", "relu", True, ""), Refusal("b", "relu", False, "accepted")]
    causes = [CauseRow("relu", "refimpl", "dx is 0", False, True, ("dead",), "D2.19")]
    found = about_run(
        Findings(rows, refusals=refusals, causes=causes),
        SETTINGS,
        ["parity", "run", "relu"],
        3,
        1.23456,
    )
    again: dict[str, Any] = json.loads(json.dumps(found))
    return again


def test_run_json_says_what_came_out(about: dict[str, Any]) -> None:
    """Whether it holds, how often each verdict was given, and the bad inputs."""
    assert about["holds"] is False
    assert about["verdicts"] == {"blind": 1, "outside": 1, "within": 2}
    assert about["bad_inputs"] == {"refused": 1, "accepted": 1}
    assert [(cause["text"], cause["mistakes"]) for cause in about["causes"]] == [
        ("dx is 0", ["dead"])
    ]


def test_run_json_says_how_it_was_run(about: dict[str, Any]) -> None:
    """Command, seed, device, processes, seconds, override."""
    assert about["command"] == ["parity", "run", "relu"]
    assert (about["seed"], about["device"], about["jobs"]) == (5, "cpu", 3)
    assert about["seconds"] == 1.235
    assert about["override"] == "bound overridden: rtol 0.5, atol 0.0"
    assert about_run(Findings(), Settings(), [], 1, 0.0)["override"] is None
    assert about["scope"] == "default"
    assert about_run(Findings(), Settings(), [], 1, 0.0, "part")["scope"] == "part"


def test_run_json_says_what_computed(about: dict[str, Any]) -> None:
    """Versions, processor, threads, BLAS and torch's flags."""
    assert about["versions"]["numpy"] == np.__version__
    assert about["versions"]["torch"] == metadata.version("torch")
    assert about["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert about["cpu"]["model"]
    assert about["cpu"]["cores"] == os.cpu_count()
    assert about["torch"]["threads"] == 1
    assert any(library["user_api"] == "blas" for library in about["blas"])
    assert about["torch"]["version"] == torch.__version__
    assert about["torch"]["allow_tf32_matmul"] == torch.backends.cuda.matmul.allow_tf32
    assert about["torch"]["mkldnn"] == torch.backends.mkldnn.enabled


def test_run_json_has_no_path_of_this_machine(about: dict[str, Any]) -> None:
    """Where the libraries lie is nobody's business and differs everywhere."""
    text = json.dumps(about)
    places = [sys.prefix, sys.base_prefix, str(Path(np.__file__).parents[1]), str(Path.home())]
    assert min(map(len, places)) > 1
    assert [p for p in places if re.search(rf"(?<![\w.-]){re.escape(p)}/", text)] == []
    assert "filepath" not in text


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is not installed stops no report."""
    monkeypatch.setattr(about_module, "PACKAGES", ("numpy", "no-such-package-of-ours"))
    versions = about_run(Findings(), Settings(), [], 1, 0.0)["versions"]
    assert versions["no-such-package-of-ours"] == "not installed"
    assert versions["numpy"] == np.__version__


@pytest.mark.parametrize("text", [None, "flags: fpu\n"], ids=["no file", "no model"])
def test_the_processor_where_linux_does_not_tell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None
) -> None:
    """Without a model name in /proc/cpuinfo, what Python knows of the machine."""
    if text is not None:
        (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(about_module, "Path", lambda _: tmp_path / "cpuinfo")
    monkeypatch.setattr(about_module.platform, "processor", lambda: "some processor")
    assert about_run(Findings(), Settings(), [], 1, 0.0)["cpu"]["model"] == "some processor"


def test_module_names_the_files_it_writes() -> None:
    """The names of the reports are those that the documentation explains."""
    assert all(f'"{name}"' in Path(module.__file__).read_text() for name in NAMES)

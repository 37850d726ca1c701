"""What changed between the summaries of two runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from parity.report.diff import Change, SummaryError, changes
from parity.results.judging import Place, failure_row
from parity.results.rows import Row, columns
from parity.results.settings import Settings
from parity.results.writing import to_csv

ROW = replace(
    failure_row(Place("relu[maps]", "relu", "float32", ("D2.9",)), "dx", "", Settings()),
    verdict="within",
    max_abs_error=0.5,
)
OTHER = replace(ROW, tensor="y")
NAME = "relu[maps] dx float32 cpu"


def found(tmp_path: Path, before: list[Row], after: list[Row]) -> list[Change]:
    """The changes between two lists of rows, written and read."""
    paths = tmp_path / "a.csv", tmp_path / "b.csv"
    for path, rows in zip(paths, (before, after), strict=True):
        path.write_text(to_csv(Row, rows), encoding="utf-8")
    return changes(*paths)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [ROW, OTHER],
        [replace(ROW, verdict="outside", max_abs_error=float("inf"))],
        [replace(ROW, max_abs_error=0.0)],
        [replace(ROW, case="relu[NA]", layer="nan", note='a, "b"\nc')],
    ],
    ids=["empty", "two rows", "infinite", "zero", "names like numbers that are missing"],
)
def test_a_run_equals_itself(tmp_path: Path, rows: list[Row]) -> None:
    """Between two equal summaries nothing changed."""
    assert found(tmp_path, rows, rows) == []


def test_the_order_of_rows_is_no_change(tmp_path: Path) -> None:
    """Rows are found by what they are of, not by where they stand."""
    assert found(tmp_path, [ROW, OTHER], [OTHER, ROW]) == []


def test_a_new_tensor(tmp_path: Path) -> None:
    """A row that was not there, with its verdict."""
    assert found(tmp_path, [OTHER], [OTHER, ROW]) == [Change(NAME, "new", "", "within")]


def test_a_tensor_that_is_gone(tmp_path: Path) -> None:
    """A row that is not there any more, with what it was."""
    assert found(tmp_path, [OTHER, ROW], [OTHER]) == [Change(NAME, "gone", "within", "")]


def test_all_new_and_all_gone(tmp_path: Path) -> None:
    """An empty summary beside a full one."""
    assert found(tmp_path, [], [ROW]) == [Change(NAME, "new", "", "within")]
    assert found(tmp_path, [ROW], []) == [Change(NAME, "gone", "within", "")]


@pytest.mark.parametrize("after", ["outside", "blind", "identical"])
def test_a_changed_verdict(tmp_path: Path, after: str) -> None:
    """Any other verdict is a change, for the better too; the error is not said beside it."""
    rows = [replace(ROW, verdict=after, max_abs_error=50.0)]
    assert found(tmp_path, [ROW], rows) == [Change(NAME, "verdict", "within", after)]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (0.5, 5.0, ("0.5", "5")),
        (0.5, 4.5, None),
        (0.5, 0.05, None),
        (1.25e-07, 1.25e-05, ("1.25e-07", "1.25e-05")),
        (0.0, 5e-324, ("0", "4.94e-324")),
        (0.0, 0.0, None),
        (1e300, float("inf"), ("1e+300", "inf")),
        (float("inf"), 1.0, None),
    ],
)
def test_an_error_that_grew_tenfold(
    tmp_path: Path, before: float, after: float, said: tuple[str, str] | None
) -> None:
    """Ten times as large is a change, nine times is none, and from 0 any error is one."""
    rows = [[replace(ROW, max_abs_error=error)] for error in (before, after)]
    assert found(tmp_path, *rows) == ([Change(NAME, "error", *said)] if said else [])


@pytest.mark.parametrize("column", ["case", "network", "layer", "tensor", "dtype", "device"])
def test_rows_are_told_apart_by(tmp_path: Path, column: str) -> None:
    """A row of another case, layer, tensor, dtype or device is another row."""
    change = {column: "other"}
    kinds = {change.what for change in found(tmp_path, [ROW], [replace(ROW, **change)])}
    assert kinds == {"new", "gone"}


@pytest.mark.parametrize("column", ["seed", "documents", "note", "torch_value"])
def test_other_columns_are_no_change(tmp_path: Path, column: str) -> None:
    """What identifies no row and is no result is not compared."""
    assert found(tmp_path, [ROW], [replace(ROW, **{column: 7})]) == []


def test_a_networks_tensor_is_named_by_its_layer(tmp_path: Path) -> None:
    """The case names the network already."""
    row = replace(ROW, case="lenet[local]", network="lenet", layer="conv1")
    assert found(tmp_path, [], [row])[0].tensor == "lenet[local] conv1 dx float32 cpu"


# --- files that are no summary ------------------------------------------------------------


def refused(tmp_path: Path, content: bytes | None) -> str:
    """The error for a second file of this content (None: there is no file)."""
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(to_csv(Row, [ROW]))
    if content is not None:
        bad.write_bytes(content)
    with pytest.raises(SummaryError) as first:
        changes(good, bad)
    with pytest.raises(SummaryError) as second:
        changes(bad, good)
    assert str(first.value) == str(second.value)
    assert str(first.value).startswith(f"{bad}: ")
    assert "\n" not in str(first.value)
    return str(first.value).removeprefix(f"{bad}: ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        (b"", "No columns to parse from file"),
        (b"\xff\xfe\x00", "codec can't decode"),
        (b"a,b\n1,2,3\n1,2\n1,2,3,4,5\n", "Error tokenizing data"),
    ],
    ids=["missing", "empty", "binary", "ragged"],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """Which file, and why, in one line."""
    said = refused(tmp_path, content)
    assert said.startswith("cannot be read as a summary.csv (")
    assert reason in said


def test_a_folder_is_no_summary(tmp_path: Path) -> None:
    """The folder of a report is not its summary.csv."""
    with pytest.raises(SummaryError, match=r"cannot be read as a summary\.csv"):
        changes(tmp_path, tmp_path)


def test_another_csv_is_no_summary(tmp_path: Path) -> None:
    """The columns that it lacks, and those that a summary has."""
    assert refused(tmp_path, b"case,tensor,dtype\na,b,c\n") == (
        "is no summary.csv: it has no column network, layer, device, verdict, max_abs_error "
        f"(a summary has {', '.join(columns(Row))})"
    )


def test_an_error_that_is_no_number_is_no_summary(tmp_path: Path) -> None:
    """A summary with a word for an error is refused, not compared."""
    text = to_csv(Row, [replace(ROW, max_abs_error="much")])  # type: ignore[arg-type]
    assert "much" in refused(tmp_path, text.encode())

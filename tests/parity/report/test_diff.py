"""What changed between the summaries of two runs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from parity.commands.diff import lines, summary
from parity.report.diff import Change, Difference, SummaryError, difference
from parity.results.judging import Place, failure_row
from parity.results.rows import Row, TorchRow, columns
from parity.results.settings import Settings
from parity.results.writing import to_csv

ROW = replace(
    failure_row(Place("relu[maps]", "relu", "float32", ("D2.9",)), "dx", "", Settings()),
    verdict="within",
    max_abs_error=0.5,
)
OTHER = replace(ROW, tensor="y")
NAME = "relu[maps] dx float32 cpu"


def compared(tmp_path: Path, before: list[Row], after: list[Row]) -> Difference:
    """Two lists of rows, written and read."""
    paths = tmp_path / "a.csv", tmp_path / "b.csv"
    for path, rows in zip(paths, (before, after), strict=True):
        path.write_text(to_csv(Row, rows), encoding="utf-8")
    return difference(*paths)


def found(tmp_path: Path, before: list[Row], after: list[Row]) -> list[Change]:
    """The tensors that are not as they were."""
    return list(compared(tmp_path, before, after).changes)


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


def test_a_training_is_compared_step_by_step(tmp_path: Path) -> None:
    """The same tensor comes again in each step; what changed says in which."""
    steps = [replace(ROW, step=number, max_abs_error=float(number + 1)) for number in range(3)]
    wrong = [*steps[:2], replace(steps[2], verdict="outside")]
    for name, rows in (("a", steps), ("b", wrong)):
        path = tmp_path / f"{name}.csv"
        path.write_text(to_csv(Row, rows, ["step"]), encoding="utf-8")
    same = difference(tmp_path / "a.csv", tmp_path / "a.csv")
    assert (same.both, same.equal, same.changes) == (3, 3, ())
    (change,) = difference(tmp_path / "a.csv", tmp_path / "b.csv").changes
    assert change == Change(f"{NAME} step 2", "verdict", "within", "outside")


def test_the_order_of_rows_is_no_change(tmp_path: Path) -> None:
    """Rows are found by what they are of, not by where they stand."""
    assert found(tmp_path, [ROW, OTHER], [OTHER, ROW]) == []


@pytest.mark.parametrize(
    ("before", "after", "alone"),
    [
        ([OTHER], [OTHER, ROW], (0, 1)),
        ([OTHER, ROW], [OTHER], (1, 0)),
        ([OTHER], [ROW, OTHER, replace(ROW, dtype="float64")], (0, 2)),
    ],
)
def test_what_only_one_has(
    tmp_path: Path, before: list[Row], after: list[Row], alone: tuple[int, int]
) -> None:
    """Rows that came or went are counted by function, and are a change."""
    seen = compared(tmp_path, before, after)
    assert tuple(side.total() for side in seen.alone) == alone
    assert {name for side in seen.alone for name in side} == {"relu"}
    assert seen.changed
    assert summary(seen) == f"{alone[0]} tensors gone, {alone[1]} new"


def test_nothing_in_common(tmp_path: Path) -> None:
    """That nothing changed of nothing is worth nothing."""
    with pytest.raises(SummaryError, match="have no tensor in common"):
        compared(tmp_path, [ROW], [OTHER])
    with pytest.raises(SummaryError, match="have no tensor in common"):
        compared(tmp_path, [ROW], [])


def test_another_seed(tmp_path: Path) -> None:
    """Its errors are those of other numbers; verdicts are compared all the same."""
    larger = replace(ROW, max_abs_error=50.0)
    written(tmp_path / "a", [ROW, OTHER], seed=5)
    written(tmp_path / "b", [larger, replace(OTHER, verdict="outside")], seed=6)
    (change,) = difference(tmp_path / "a", tmp_path / "b").changes
    assert change.what == "verdict"
    written(tmp_path / "c", [larger, OTHER], seed=5)
    (change,) = difference(tmp_path / "a", tmp_path / "c").changes
    assert change.what == "error"


def test_a_run_json_that_cannot_be_read(tmp_path: Path) -> None:
    """It would say what the summary must be."""
    written(tmp_path / "a", [ROW])
    (tmp_path / "a" / "run.json").write_text("{")
    with pytest.raises(SummaryError, match=r"run\.json: cannot be read"):
        difference(tmp_path / "a", tmp_path / "a")


def test_what_a_smaller_suite_lacks_is_no_change(tmp_path: Path) -> None:
    """A quick run beside a default one: what both have is compared, and that is said."""
    folders = [tmp_path / scope for scope in ("default", "quick")]
    for folder, rows in zip(folders, ([ROW, OTHER], [OTHER]), strict=True):
        written(folder, rows, scope=folder.name)
    seen = difference(*folders)
    assert not seen.changed
    assert lines(seen)[0] == "scope: default → quick"
    assert lines(seen)[-2:] == [
        "only in A: 1 tensor (relu 1)",
        "the two runs are of another scope: what only one has is no change",
    ]


def test_what_the_runs_were_made_with(tmp_path: Path) -> None:
    """Versions, seed and processor, where they differ; that there is no run.json."""
    a = {"scope": "quick", "seed": 5, "versions": {"torch": "2.13.0", "numpy": "2"}}
    b = {"scope": "quick", "seed": 6, "versions": {"torch": "2.14.1", "numpy": "2"}}
    written(tmp_path / "a", [ROW], **a, cpu={"model": "one"})
    written(tmp_path / "b", [ROW], **b, cpu={"model": "other"})
    seen = difference(tmp_path / "a", tmp_path / "b")
    assert seen.settings == ("seed: 5 → 6", "torch: 2.13.0 → 2.14.1", "cpu: one → other")
    assert difference(tmp_path / "a", tmp_path / "a").settings == ()
    assert compared(tmp_path, [ROW], [ROW]).settings == (
        "no run.json or watch.json lies beside both",
    )


def test_what_two_watches_were_made_with(tmp_path: Path) -> None:
    """A watched model has a watch.json where a run has a run.json."""
    for name, version in (("a", "2.13.0"), ("b", "2.14.1")):
        written(tmp_path / name, [ROW], seed=5, versions={"torch": version})
        (tmp_path / name / "run.json").rename(tmp_path / name / "watch.json")
    seen = difference(tmp_path / "a", tmp_path / "b")
    assert seen.settings == ("torch: 2.13.0 → 2.14.1",)


def written(folder: Path, rows: list[Row], **about: object) -> None:
    """A summary.csv and a run.json that belong together."""
    folder.mkdir()
    text = to_csv(Row, rows)
    (folder / "summary.csv").write_text(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    (folder / "run.json").write_text(json.dumps({**about, "sha256": {"summary.csv": digest}}))


def test_other_values_are_counted(tmp_path: Path) -> None:
    """And are no change, as long as verdicts stay and no error grows tenfold."""
    rows = [replace(ROW, torch_value=7.0, worst_ratio=0.25), replace(OTHER, worst_ratio=0.5)]
    seen = compared(tmp_path, [ROW, OTHER], rows)
    assert (seen.both, seen.equal, seen.changed) == (2, 1, False)
    assert seen.ratios[1] == 0.5
    assert summary(seen) == "no verdict changed, no error grew tenfold"


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
    alone = compared(tmp_path, [ROW, OTHER], [OTHER, replace(ROW, **change)]).alone
    assert [side.total() for side in alone] == [1, 1]


@pytest.mark.parametrize("column", ["seed", "documents", "note", "torch_value"])
def test_other_columns_are_no_change(tmp_path: Path, column: str) -> None:
    """What identifies no row and is no result is not compared."""
    assert found(tmp_path, [ROW], [replace(ROW, **{column: 7})]) == []


def test_a_networks_tensor_is_named_by_its_layer(tmp_path: Path) -> None:
    """The case names the network already."""
    row = replace(ROW, case="lenet[local]", network="lenet", layer="conv1")
    (change,) = found(tmp_path, [row], [replace(row, verdict="outside")])
    assert change.tensor == "lenet[local] conv1 dx float32 cpu"


# --- files that are no summary ------------------------------------------------------------


def refused(tmp_path: Path, content: bytes | None) -> str:
    """The error for a second file of this content (None: there is no file)."""
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(to_csv(Row, [ROW]))
    if content is not None:
        bad.write_bytes(content)
    with pytest.raises(SummaryError) as first:
        difference(good, bad)
    with pytest.raises(SummaryError) as second:
        difference(bad, good)
    assert str(first.value) == str(second.value)
    assert str(first.value).startswith(f"{bad}: ")
    assert "\n" not in str(first.value)
    return str(first.value).removeprefix(f"{bad}: ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "there is no such file"),
        (b"", "No columns to parse from file"),
        (b"\xff\xfe\x00", "codec can't decode"),
        (b"a,b\n1,2,3\n1,2\n1,2,3,4,5\n", "Error tokenizing data"),
    ],
    ids=["missing", "empty", "binary", "ragged"],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """Which file, and why, in one line."""
    said = refused(tmp_path, content)
    assert content is None or said.startswith("cannot be read as a summary.csv (")
    assert reason in said


def test_a_folder_without_a_summary(tmp_path: Path) -> None:
    """The file that is missing is named."""
    with pytest.raises(SummaryError, match=r"summary\.csv: there is no such file"):
        difference(tmp_path, tmp_path)


@pytest.mark.parametrize("cut", [1, 40])
def test_a_file_that_is_cut_off(tmp_path: Path, cut: int) -> None:
    """In the middle of its last line it is no whole summary."""
    text = to_csv(Row, [OTHER, ROW])
    assert refused(tmp_path, text[:-cut].encode()) == "is cut off in the middle of a line"


def test_a_file_that_is_not_the_runs(tmp_path: Path) -> None:
    """Cut off between two lines, or changed: the digest in run.json says so."""
    written(tmp_path / "a", [ROW, OTHER])
    (tmp_path / "a" / "summary.csv").write_text(to_csv(Row, [ROW]))
    with pytest.raises(SummaryError, match="is not as the run wrote it"):
        difference(tmp_path / "a", tmp_path / "a")


def test_another_csv_is_no_summary(tmp_path: Path) -> None:
    """The columns that it lacks, and those that a summary has."""
    assert refused(tmp_path, b"case,tensor,dtype\na,b,c\n") == (
        "is no summary.csv: it has no column network, layer, device, function, max_abs_error, "
        "worst_index, refimpl_value, torch_value, worst_ratio, verdict "
        f"(a summary has {', '.join(columns(Row))})"
    )


def test_an_error_that_is_no_number_is_no_summary(tmp_path: Path) -> None:
    """A summary with a word for an error is refused, not compared."""
    text = to_csv(Row, [replace(ROW, max_abs_error="much")])  # type: ignore[arg-type]
    assert "much" in refused(tmp_path, text.encode())


# --- where torch loses digits -------------------------------------------------------------

LOST = TorchRow(
    "relu", "dx", "float32", 1, "relu[maps]", "", "(0, 1)", "x 2", *(1.0, 1.0, 0.0), *[0.5] * 4, 4e4
)


def torch_lines(tmp_path: Path, a: list[TorchRow], b: list[TorchRow], seed: int = 5) -> list[str]:
    """What a diff says of two runs with these findings about torch."""
    folders = tmp_path / "before", tmp_path / "after"
    for folder, lost, used in zip(folders, (a, b), (5, seed), strict=True):
        written(folder, [ROW, OTHER], seed=used)
        (folder / "torch.csv").write_text(to_csv(TorchRow, lost))
    seen = difference(*folders)
    assert not seen.changed
    return list(seen.torch)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([], [LOST], ["torch new    relu dx float32: - → 4e+04 × refimpl’s error"]),
        ([LOST], [], ["torch gone   relu dx float32: 4e+04 × refimpl’s error → -"]),
        ([LOST], [LOST], []),
        ([LOST], [replace(LOST, ratio=6e5)], []),
        (
            [LOST],
            [replace(LOST, ratio=6.4e5)],
            ["torch other  relu dx float32: 4e+04 × refimpl’s error → 6.4e+05 × refimpl’s error"],
        ),
        ([LOST], [LOST, replace(LOST, dtype="float64")], []),  # the rows are float32's alone
        ([LOST], [LOST, replace(LOST, function="tanh")], []),
    ],
    ids=["new", "gone", "equal", "15 times", "16 times", "another dtype", "another function"],
)
def test_findings_about_torch(
    tmp_path: Path, before: list[TorchRow], after: list[TorchRow], said: list[str]
) -> None:
    """New, gone, 16 times as large: of what both runs judged, and no change of theirs."""
    assert torch_lines(tmp_path, before, after) == said


def test_findings_about_torch_of_another_seed(tmp_path: Path) -> None:
    """Its arguments are others: ratios are not compared, what is new is said."""
    others = [replace(LOST, ratio=1e9), replace(LOST, tensor="y")]
    said = ["torch new    relu y float32: - → 4e+04 × refimpl’s error"]
    assert torch_lines(tmp_path, [LOST], others, seed=6) == said


def test_a_report_without_findings_about_torch(tmp_path: Path) -> None:
    """An older one: nothing is said of either."""
    written(tmp_path / "a", [ROW])
    written(tmp_path / "b", [ROW])
    (tmp_path / "b" / "torch.csv").write_text(to_csv(TorchRow, [LOST]))
    assert difference(tmp_path / "a", tmp_path / "b").torch == ()


@pytest.mark.parametrize("text", ["function,tensor\nrelu,dx\n", LOST.function + ",\x00\n1\n"])
def test_a_torch_csv_that_is_none(tmp_path: Path, text: str) -> None:
    """Is refused by its name."""
    for name in "ab":
        written(tmp_path / name, [ROW])
        (tmp_path / name / "torch.csv").write_text(text)
    with pytest.raises(SummaryError, match=r"torch\.csv: cannot be read as a torch\.csv"):
        difference(tmp_path / "a", tmp_path / "b")

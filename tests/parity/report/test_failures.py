"""What a run says that does not hold: one block for what fails alike, then what it looks like."""

from __future__ import annotations

from dataclasses import replace

from reported import CASE, NETWORK

from parity.report.failures import BLOCKS, failures
from parity.results.findings import Findings
from parity.results.message import describe
from parity.results.rows import CauseRow, Refusal

OTHERS = [
    replace(CASE, case=f"conv2d[case {n}]", elements=100 + n, dtype=dtype)
    for n in range(7)
    for dtype in ("float32", "float64")
]
CAUSE = CauseRow(
    "conv2d", "refimpl", "dweight: comes out turned by 180°", False, True, ("dweight-turned",), "∂L"
)


def test_a_single_failure() -> None:
    """It is described, and nothing is counted."""
    assert failures(Findings([CASE])) == [describe(CASE)]


def test_the_smallest_is_written_out_and_the_others_are_counted() -> None:
    """Beside how many cases of the function there are, and the first of them by name."""
    held = [replace(CASE, case=f"conv2d[right {n}]", verdict="within") for n in range(3)]
    (said,) = failures(Findings([*OTHERS, CASE, *held]))
    assert said == (
        f"{describe(CASE)}\n     all in all 15 tensors in 8 of 11 cases, float32 and float64; "
        "also 'case 0', 'case 1', 'case 2', 'case 3', 'case 4' and 2 more"
    )


def test_a_case_in_the_other_dtype_alone() -> None:
    """It is no other case."""
    (said,) = failures(Findings([CASE, replace(CASE, dtype="float64")]))
    assert said.endswith("\n     all in all 2 tensors in 1 of 1 cases, float32 and float64")


def test_what_cannot_be_compared_comes_behind() -> None:
    """A tensor that refimpl did not give has no elements, and says least."""
    raised = replace(CASE, case="conv2d[a]", elements=0, compared=False, note="refimpl raised")
    (said,) = failures(Findings([raised, CASE]))
    assert said.startswith(describe(CASE))


def test_tensors_and_networks_have_blocks_of_their_own() -> None:
    """Functions first; of a network the first layer that differs, not the smallest tensor."""
    later = replace(NETWORK, layer="conv1", tensor="dweight", elements=3)
    dx = replace(CASE, tensor="dx")
    assert failures(Findings([NETWORK, later, CASE, dx])) == [
        describe(CASE),
        describe(dx),
        f"{describe(NETWORK)}\n     all in all 2 tensors in float64; also 'conv1 dweight'",
    ]


def test_blocks_up_to_a_limit() -> None:
    """How many tensors the rest are."""
    rows = [replace(CASE, tensor=f"d{n}") for n in range(BLOCKS + 2)]
    said = failures(Findings([*rows, rows[-1]]))
    assert len(said) == BLOCKS + 1
    assert said[-1] == "… and 3 more tensors: verdict `outside` in summary.csv"


def test_what_the_numbers_look_like() -> None:
    """Behind the blocks, by function and side."""
    where = replace(CAUSE, text="only where stride > 1", where=True, answer="")
    torch = replace(CAUSE, function="relu", side="torch", text="dx is 0", answer="")
    assert failures(Findings([CASE], causes=[CAUSE, torch, where])) == [
        describe(CASE),
        "conv2d, refimpl’s numbers:\n"
        "  looks like: dweight: comes out turned by 180°\n"
        "    ∂L\n"
        "  wrong: only where stride > 1",
        "relu, torch’s numbers:\n  looks like: dx is 0",
    ]


def test_only_what_fails_is_said() -> None:
    """Expected disagreements and blind rows are no failures."""
    rows = [replace(CASE, verdict="expected"), replace(CASE, verdict="blind"), NETWORK]
    assert failures(Findings(rows)) == [describe(NETWORK)]
    assert failures(Findings(rows[:2])) == []


def test_accepted_bad_input_is_said() -> None:
    """A bad input that was not refused as expected is a failure of its own."""
    refusals = [Refusal("a[x]", "a", True, ""), Refusal("b[y]", "b", False, "expected A, got B")]
    assert failures(Findings([CASE], refusals=refusals)) == [
        describe(CASE),
        "FAIL bad input b[y]: expected A, got B",
    ]

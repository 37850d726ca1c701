"""What a run says on the terminal, word by word."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from reported import CASE, NETWORK
from rich.console import Console

from parity.report.text import COLUMNS, Line, exact_note, lines, table, training_notes
from parity.results.findings import Findings
from parity.results.judging import Place, failure_row
from parity.results.message import again, describe
from parity.results.rows import Refusal, TrainingRow
from parity.results.settings import Settings

# --- a disagreement -----------------------------------------------------------------------


def test_a_layer_case() -> None:
    """What, where, both values, how far, and how to see it again."""
    assert describe(CASE).splitlines() == [
        "FAIL conv2d_backward dweight · case stride(2,1) · float32 · seed 20261120: "
        "12 of 72 elements outside the bound",
        "     worst at (2, 0, 1, 1): refimpl 0.51231, torch 0.51262; difference 3.1e-04, "
        "bound 1.1e-06, 282 times over",
        "     again: parity run conv2d --case 'stride(2,1)' --dtype float32 --seed 20261120",
    ]


def test_a_value_is_of_the_forward() -> None:
    """y is what the function gives, not its backward."""
    assert describe(replace(CASE, tensor="y")).startswith("FAIL conv2d y · case stride(2,1) · ")


@pytest.mark.parametrize(
    ("case", "where"),
    [
        ("lenet[local]", "[local]"),
        ("lenet[accumulated]", "[accumulated]"),
        ("lenet[free step 3]", "[free step 3]"),
    ],
)
def test_a_network(case: str, where: str) -> None:
    """The network, its layer, and whether it ran locally or free."""
    assert describe(replace(NETWORK, case=case)).splitlines() == [
        f"FAIL lenet pool1 dx · {where} · float64 · seed 20261120: "
        "12 of 72 elements outside the bound",
        "     worst at (2, 0, 1, 1): refimpl 0.51231, torch 0.51262; difference 3.1e-04, "
        "bound 1.1e-06, 282 times over",
        "     again: parity run lenet --dtype float64 --seed 20261120",
    ]


def test_a_note_stands_behind_the_count() -> None:
    """An override is said where the disagreement is."""
    first = describe(replace(CASE, note="bound overridden: rtol 0.0, atol 0.0")).splitlines()[0]
    assert first.endswith(
        ": 12 of 72 elements outside the bound (bound overridden: rtol 0.0, atol 0.0)"
    )


def test_who_is_wrong_has_a_line_of_its_own() -> None:
    """Between the two values and the command; the first line keeps what else is noted."""
    opinion = "exact value 0.51231: refimpl 0.5 ULP, torch 9 ULP off: torch stands alone"
    alone = replace(CASE, note=opinion, opinion=opinion)
    first, _, third, last = describe(alone).splitlines()
    assert first.endswith(": 12 of 72 elements outside the bound")
    assert third == f"     {opinion}"
    assert last.startswith("     again: ")
    first = describe(replace(alone, note=f"expected within; {opinion}")).splitlines()[0]
    assert first.endswith(" outside the bound (expected within)")


def test_a_side_past_its_own_bound() -> None:
    """Both within the bound of both, and yet one too far from the exact value."""
    note = "torch is 3 ULP off the exact value 2 at (0, 1), 1.5 times its own bound"
    first, *_ = describe(replace(CASE, note=note, outside=0)).splitlines()
    assert first.endswith(f": {note}")


def test_a_shape_mismatch_with_less() -> None:
    """The first place that torch has and refimpl has not."""
    row = replace(
        CASE,
        note="refimpl gives shape (3, 2), torch (2, 3)",
        worst_index="(0, 2)",
        refimpl_value=None,
        worst_ratio=float("inf"),
    )
    assert describe(row).splitlines()[:2] == [
        "FAIL conv2d_backward dweight · case stride(2,1) · float32 · seed 20261120: "
        "refimpl gives shape (3, 2), torch (2, 3)",
        "     first difference at (0, 2): refimpl nothing, torch 0.51262",
    ]


def test_a_shape_mismatch_with_more() -> None:
    """The first place that refimpl has and torch has not."""
    row = replace(CASE, note="refimpl gives shape (5,), torch (4,)", torch_value=None)
    first, second, _ = describe(row).splitlines()
    assert first.endswith("(refimpl gives shape (5,), torch (4,))")
    assert second == "     first difference at (2, 0, 1, 1): refimpl 0.51231, torch nothing"


def test_an_exception() -> None:
    """What refimpl raised, and that there is no value."""
    place = Place("relu[maps]", "relu", "float64", ())
    row = failure_row(place, "y", "refimpl raised IndexError: off by one", Settings(seed=3))
    assert describe(row).splitlines() == [
        "FAIL relu y · case maps · float64 · seed 3: refimpl raised IndexError: off by one",
        "     no value to compare",
        "     again: parity run relu --case 'maps' --dtype float64 --seed 3",
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        (1.0, 2.0, "refimpl 1, torch 2"),
        (0.123456789, 0.123456, "refimpl 0.123457, torch 0.123456"),
        (1.0000001, 1.0000002, "refimpl 1.0000001, torch 1.0000002"),
        (0.1, 0.1 + 2**-56, "refimpl 0.10000000000000001, torch 0.10000000000000002"),
        (1e-30, 1.00000001e-30, "refimpl 1e-30, torch 1.00000001e-30"),
        (float("nan"), 1.0, "refimpl nan, torch 1"),
        (float("inf"), 1e38, "refimpl inf, torch 1e+38"),
        (0.5, 0.5, "refimpl 0.5, torch 0.5"),
    ],
)
def test_as_many_digits_as_tell_the_values_apart(ours: float, theirs: float, said: str) -> None:
    """Close values get more digits; up to 17, which tell any two floats apart."""
    line = describe(replace(CASE, refimpl_value=ours, torch_value=theirs)).splitlines()[1]
    assert line.startswith(f"     worst at (2, 0, 1, 1): {said}; difference ")


def test_again_repeats_the_override() -> None:
    """What only an override refuses is refused again."""
    row = replace(CASE, override=Settings(rtol=1e-12).override_options)
    assert again(row).endswith(" --rtol 1e-12")


def test_again_names_the_device() -> None:
    """What was found on another device is run again on that device."""
    assert "--device cuda" in again(replace(CASE, device="cuda"))


# --- notes ---------------------------------------------------------------------------------


STEP = TrainingRow("lenet", "float32", 1, 2.5, 2.25, 0, 0, 1e-7, 0, 0, 0, 0, "within", "within")


@pytest.mark.parametrize(("blind", "until"), [(3, "blind from step 2"), (9, "never blind")])
def test_training_note(blind: int, until: str) -> None:
    """How many steps, from which loss to which, how far apart, from when on blind."""
    steps = [
        replace(
            STEP,
            step=n,
            torch_loss=2.25 / n,
            refimpl_loss=2.5 / n,
            weight_difference=n * 1e-7 if n < 3 else 1.5e-7,
            accumulated_verdict="blind" if n >= blind - 1 else "within",
        )
        for n in (1, 2, 3)
    ]
    assert training_notes(steps) == [
        "lenet float32: 3 steps, loss 2.2500 → 0.7500 (refimpl 0.8333), "
        f"weights apart by at most 2.0e-07, free-running bound {until}"
    ]


def test_a_training_note_for_each_dtype_and_network() -> None:
    """Trainings are kept apart, in the order they ran; without any there is no note."""
    steps = [STEP, replace(STEP, dtype="float64"), replace(STEP, network="tiny"), STEP]
    starts = [note.split(" steps")[0] for note in training_notes(steps)]
    assert starts == ["lenet float32: 2", "lenet float64: 1", "tiny float32: 1"]
    assert training_notes([]) == []


# --- the table ----------------------------------------------------------------------------

HELD = replace(
    CASE,
    verdict="within",
    worst_ratio=0.5,
    refimpl_roundings=2.0,
    torch_roundings=2.0,
    closer="equal",
    resolution=6e-6,
)
UNKNOWN = {"refimpl_roundings": None, "torch_roundings": None, "closer": "", "resolution": None}
FREE = replace(NETWORK, verdict="within", **UNKNOWN)
GROUPED = Findings(
    [
        CASE,
        HELD,
        replace(HELD, case="conv2d[plain]", verdict="identical", resolution=2e-6),
        replace(NETWORK, verdict="identical", kinks=2),
        replace(
            NETWORK, case="lenet[local]", verdict="identical", closer="torch", torch_roundings=0.25
        ),
        replace(
            NETWORK,
            case="lenet[accumulated]",
            kind="accumulated",
            verdict="blind",
            kinks=3,
            **UNKNOWN,
        ),
        replace(NETWORK, case="lenet[step 1]", kind="training", verdict="within", **UNKNOWN),
        replace(
            NETWORK, case="lenet[free step 1]", kind="free training", verdict="within", **UNKNOWN
        ),
        replace(
            NETWORK,
            case="lenet[step 20]",
            kind="training",
            verdict="expected",
            worst_ratio=999.0,
            **UNKNOWN,
        ),
    ],
    refusals=[
        Refusal("conv2d[a]", "conv2d", True, ""),
        Refusal("conv2d_backward[b]", "conv2d_backward", True, ""),
        Refusal("relu[c]", "relu", False, "accepted"),
    ],
)


UNSEEN = (None, None, None, None)


def test_lines_of_the_table() -> None:
    """A line for each function and each way of running a network, its worst and its verdicts.

    What a case expects is counted, but is not the worst that the table shows.
    """
    assert lines(GROUPED) == [
        Line(
            "conv2d",
            2,
            "2/2",
            3,
            281.8,
            2.0,
            3.0,
            (1, 0),
            (4e-6, 6e-6),
            0,
            "1 outside, 1 within, 1 identical",
        ),
        Line(
            "lenet, local",
            1,
            "",
            2,
            281.8,
            0.75,
            3.0,
            (1, 1),
            (2e-6, 2e-6),
            2,
            "2 identical",
        ),
        Line("lenet, accumulated", 1, "", 1, 281.8, *UNSEEN, 3, "1 blind"),
        Line("lenet, training", 2, "", 2, 281.8, *UNSEEN, 0, "1 expected, 1 within"),
        Line("lenet, free training", 1, "", 1, 281.8, *UNSEEN, 0, "1 within"),
        Line("relu", 0, "0/1", 0, 0.0, *UNSEEN, 0, "bad input accepted"),
    ]


def shown(findings: Findings, **options: object) -> str:
    target = io.StringIO()
    Console(file=target, width=160, **options).print(table(findings))  # type: ignore[arg-type]
    return target.getvalue()


def test_the_table_is_plain_text() -> None:
    """A column each under two lines of heads, a line for each group, numbers to three digits."""
    upper, lower, *body = [line.split() for line in shown(GROUPED).splitlines()]
    heads = [head.split("\n") for head in COLUMNS]
    assert upper == [head[0] for head in heads if len(head) == 2]
    assert lower == [head[-1] for head in heads]
    assert len(body) == 6
    assert body[0] == [
        "conv2d",
        "2",
        "2/2",
        "3",
        "282",
        "2",
        "3",
        "1:0",
        "4e-06…6e-06",
        "0",
        "1",
        "outside,",
        "1",
        "within,",
        "1",
        "identical",
    ]
    assert body[-1] == ["relu", "0", "0/1", "0", "0", "0", "bad", "input", "accepted"]


def test_what_does_not_hold_is_red() -> None:
    """On a terminal with colours, exactly the lines with a disagreement are red."""
    text = shown(GROUPED, force_terminal=True, color_system="standard", no_color=False)
    red = [line.split("\x1b[31m")[1].split()[0] for line in text.splitlines() if "[31m" in line]
    assert red == ["conv2d", "relu"]


def test_how_many_elements_are_exact() -> None:
    """Elements and tensors with exact values; what was sampled, and what only balls could do."""
    assert exact_note([replace(CASE, exact_elements=None)]) == []
    rows = [CASE, replace(CASE, exact_elements=8, sampled=True), replace(CASE, unfit=True)]
    assert exact_note(rows[:1]) == ["exact values: 72 elements of 1 tensors; 0 sampled"]
    assert exact_note(rows) == [
        "exact values: 152 elements of 3 tensors, 1 of them by balls, as their numbers don't fit "
        "slices; 1 sampled"
    ]

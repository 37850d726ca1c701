"""What a run says of its witnesses."""

from __future__ import annotations

from dataclasses import replace

from parity.report.failures import BLOCKS
from parity.report.witnesses import again, describe, refutations, witness_notes
from parity.results.rows import WitnessRow

AGREES = WitnessRow(
    "conv2d[groups 2]", "conv2d", "", "float64", "derivative", "dx", 6, "agrees", -40.0, ""
)
REFUTED = replace(AGREES, verdict="outside", note="3, not 4", false_accept=None)
NETWORK = replace(REFUTED, case="lenet", function="", network="lenet", dtype="float32")
SYMBOLS = replace(REFUTED, case="downsample[max]", function="downsample", dtype="")


def test_a_line_for_each_witness() -> None:
    """The worst verdicts first, the reasons of those that need one, the chance of deception."""
    rows = [
        AGREES,
        replace(AGREES, note="2 of 32 samples; where branches meet: they join", false_accept=-39.0),
        replace(AGREES, verdict="inapplicable", note="too large: 7 products", false_accept=None),
        replace(AGREES, verdict="inapplicable", note="too large: 9 products", false_accept=None),
        replace(AGREES, verdict="inapplicable", note="no elements", false_accept=None),
        replace(AGREES, verdict="blind", false_accept=None),
        replace(AGREES, verdict="undecided", note="undecided at 3 bits: 1", false_accept=None),
        REFUTED,
        replace(SYMBOLS, witness="symbols", verdict="agrees", note=""),
    ]
    assert witness_notes(rows) == [
        "derivative: 1 outside; 1 undecided (1 undecided at 3 bits); "
        "2 agrees (1 where branches meet); 3 inapplicable (2 too large, 1 no elements); 1 blind; "
        "a wrong one passes with probability 2^-39",
        "symbols: 1 agrees",
    ]
    assert witness_notes([]) == []


def test_what_a_witness_stands_against() -> None:
    """The backward or the network, the case, the witness, why, and how to see it again."""
    assert describe(REFUTED, 5) == (
        "FAIL conv2d_backward · case groups 2 · witness derivative · float64 · seed 5: 3, not 4\n"
        "     again: parity run conv2d --case 'groups 2' --dtype float64 --seed 5"
    )
    assert describe(NETWORK, 5) == (
        "FAIL lenet · witness derivative · float32 · seed 5: 3, not 4\n"
        "     again: parity run lenet --dtype float32 --seed 5"
    )
    symbols = replace(SYMBOLS, witness="symbols")
    assert describe(symbols, 5) == (
        "FAIL upsample · case max · witness symbols · seed 5: 3, not 4\n"
        "     again: parity run downsample --seed 5"
    )
    broken = replace(symbols, case="downsample")
    assert describe(broken, 5).startswith("FAIL upsample · witness symbols · seed 5")
    assert again(broken, 5) == again(symbols, 5)


def test_one_block_for_each_witness_and_function() -> None:
    """The first case, how many times in all, and the others by name."""
    others = [replace(REFUTED, case=f"conv2d[{name}]") for name in ("a", "b")]
    assert refutations([REFUTED], 5) == [describe(REFUTED, 5)]
    assert refutations([REFUTED, REFUTED], 5) == [
        f"{describe(REFUTED, 5)}\n     all in all 2 times",
    ]
    assert refutations([REFUTED, NETWORK, *others], 5) == [
        f"{describe(REFUTED, 5)}\n     all in all 3 times; also 'a', 'b'",
        describe(NETWORK, 5),
    ]


def test_refutations_up_to_a_limit() -> None:
    """The rest are in witnesses.csv."""
    rows = [replace(NETWORK, network=f"n{k}") for k in range(BLOCKS + 2)]
    said = refutations(rows, 5)
    assert len(said) == BLOCKS + 1
    assert said[-1] == "… and 2 more: verdict `outside` in witnesses.csv"

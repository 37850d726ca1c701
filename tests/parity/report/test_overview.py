"""The table that a run shows at first: few columns, under headings."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from reported import CASE, NETWORK
from rich.console import Console

from parity.cases.functions import FUNCTIONS, GROUPS, in_group
from parity.cases.networks import NETWORKS
from parity.report.overview import COLUMNS, Summary, overview, ratio, summaries
from parity.results.findings import Findings
from parity.results.rows import Refusal, Row, WitnessRow
from parity.results.settings import Settings
from parity.suite.run import run_task
from parity.suite.task import Task

HELD = replace(CASE, verdict="within", worst_ratio=0.5, refimpl_roundings=2.0, torch_roundings=2.0)
EXTREME = replace(HELD, case="conv2d[huge]", torch_roundings=1.12e307, ordinary=False)
HALF = replace(HELD, verdict="information")


def shown(findings: Findings, **options: object) -> list[str]:
    target = io.StringIO()
    Console(file=target, width=80, **options).print(overview(findings))  # type: ignore[arg-type]
    return target.getvalue().splitlines()


def test_a_line_for_each_function_and_network() -> None:
    """However a network is run; headings in the order of the catalogue, networks last."""
    relu = replace(HELD, case="relu[maps]", function="relu", worst_ratio=0.0)
    local, free = replace(NETWORK, verdict="within"), replace(NETWORK, case="lenet[accumulated]")
    free = replace(free, verdict="blind", worst_ratio=0.25, refimpl_roundings=None)
    found = summaries(Findings([local, free, relu, HELD, EXTREME, HALF]))
    assert found == [
        Summary("convolution", "conv2d", 2, 2, 0.5, 2.0, 2.0, "holds"),
        Summary("activations", "relu", 1, 1, 0.0, 2.0, 2.0, "holds"),
        Summary("networks", "lenet", None, 2, 281.8, 0.75, 3.0, "holds"),
    ]


@pytest.mark.parametrize(
    "findings",
    [
        Findings([HELD, CASE]),
        Findings([HELD], refusals=[Refusal("conv2d_backward[a]", "conv2d_backward", False, "")]),
        Findings(
            [HELD],
            witnesses=[
                WitnessRow("conv2d[a]", "conv2d", "", "float32", "integers", "y", 9, "outside",
                           None, "")
            ],
        ),
    ],
    ids=["torch", "bad input", "witness"],
)  # fmt: skip
def test_what_fails(findings: Findings) -> None:
    """Whoever stands against it, its line says so, in red."""
    assert [one.verdict for one in summaries(findings)] == ["FAILS"]
    red = shown(findings, force_terminal=True, color_system="standard", no_color=False)[-1]
    assert red.startswith("\x1b[31m")


def test_what_is_seen_by_nobody() -> None:
    """Rows that are all blind or empty don't hold; refused bad inputs alone do."""
    blind = Findings([replace(HELD, verdict="blind"), replace(HELD, verdict="empty")])
    assert [one.verdict for one in summaries(blind)] == ["blind"]
    refused = Findings(refusals=[Refusal("relu[a]", "relu", True, "")])
    assert [one.verdict for one in summaries(refused)] == ["holds"]


def test_an_expectation_is_not_the_worst() -> None:
    """What a case says that torch does otherwise is not the figure of the line."""
    expected = replace(HELD, verdict="expected", worst_ratio=999.0)
    assert summaries(Findings([HELD, expected]))[0].worst_ratio == 0.5


def widest(network: str, function: str) -> Row:
    """A row whose cells are as wide as they can be."""
    return replace(
        CASE, network=network, function=function, case=f"{network or function}[1]",
        worst_ratio=0.0123,
        refimpl_roundings=123456.0, torch_roundings=123456.0,
    )  # fmt: skip


def test_the_table_fits_80_columns() -> None:
    """All functions and networks, with wide numbers, and hundreds of thousands of tensors."""
    rows = [widest("", name) for name in FUNCTIONS] + [widest(name, "relu") for name in NETWORKS]
    lines = shown(Findings(rows * 9999))
    assert len(lines) == 2 + len(set(GROUPS.values())) + 1 + len(FUNCTIONS) + len(NETWORKS)
    assert max(len(line.rstrip()) for line in lines) <= 80
    assert all(line.rstrip().endswith("FAILS") for line in lines if line.startswith("  b"))
    assert not any("…" in line for line in lines)
    assert len(COLUMNS) == len(Summary._fields) - 1


def test_every_function_has_a_heading() -> None:
    """And every heading has functions."""
    assert list(GROUPS) == list(FUNCTIONS)
    assert [name for group in dict.fromkeys(GROUPS.values()) for name in in_group(group)] != []
    assert in_group("pooling")[:3] == ("max_pool1d", "max_pool2d", "max_pool3d")
    assert {"softmax", "cross_entropy", "perceptron_loss"} <= set(in_group("softmax and losses"))


@pytest.mark.parametrize(
    ("number", "said"),
    [(0.0, "0"), (0.4712, "0.471"), (999999.0, "1e+06"), (2e6, ">1e6"), (1.12e307, ">1e6")],
)
def test_ratio(number: float, said: str) -> None:
    """No number of 300 digits."""
    assert ratio(number) == said


@pytest.mark.parametrize(("case", "ordinary"), [("maps", True), ("tiny", False)])
def test_rows_say_whether_their_numbers_are_ordinary(case: str, ordinary: bool) -> None:
    """Tiny numbers are judged as others are, but are no figure of the table."""
    found = run_task(Task("case", f"sigmoid[{case}]", "float64"), Settings(seed=1, quick=True))
    assert {row.ordinary for row in found.rows} == {ordinary}

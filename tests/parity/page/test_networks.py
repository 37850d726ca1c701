"""The page's networks: what is said follows from the rows; what is outside is marked and said."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reported import NETWORK

from parity.page.build import _environment
from parity.page.layer_plot import layer_plot
from parity.page.network_rows import in_roundings, networks_of
from parity.page.sections import networks
from parity.page.tables import Tables, read_tables
from parity.page.training_plot import training_plot
from parity.results.rows import Row, TrainingRow
from parity.results.writing import to_csv

GOOD = replace(
    NETWORK,
    network="tiny",
    dtype="float32",
    max_abs_error=2.0**-22,
    worst_ratio=0.25,
    bound_over_value=2.0**-20,
    largest_value=2.0,
    resolution=1e-6,
    refimpl_roundings=1.5,
    torch_roundings=3.0,
    verdict="within",
    outside=0,
)
PLACES = (("conv", "z", "conv2d", "forward"), ("loss", "loss", "cross_entropy", "forward"),
    ("conv", "dweight", "conv2d", "backward"))  # fmt: skip
FREE: dict[str, Any] = {"case": "tiny[accumulated]", "kind": "accumulated", "resolution": None}


def rows(**changed: Any) -> list[Row]:
    """Local rows by layer, as a run writes them; the free ones forward, then backward."""
    at = [
        replace(GOOD, layer=layer, tensor=tensor, function=function, direction=direction)
        for layer, tensor, function, direction in PLACES
    ]
    local = [replace(at[n], case="tiny[local]", kind="local") for n in (0, 2, 1)]
    return [*local, *(replace(row, **(FREE | changed)) for row in at)]


STEP = TrainingRow(
    "tiny", "float32", 1, 2.5, 2.5, 1e-7, 1e-3, 2e-7, 0.1, 0.25, 0.25, 0.375, "within", "within"
)
STEPS = [STEP, replace(STEP, step=2, refimpl_loss=1.25, accumulated_verdict="blind")]


def written(folder: Path, found: list[Row], training: list[TrainingRow] | None = None) -> Tables:
    (folder / "run.json").write_text('{"holds": true}')
    (folder / "summary.csv").write_text(to_csv(Row, found))
    (folder / "training.csv").write_text(to_csv(TrainingRow, training or []))
    return read_tables(folder)


def shown(tables: Tables) -> str:
    """The section's English, without tags."""
    context = networks.context(tables)
    assert context is not None
    html = _environment().get_template("networks.html.j2").render(context)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", re.sub(r'<i lang="zh.*?</i>', "", html)))


def test_rounding(tmp_path: Path) -> None:
    """How far, what share of the bound, where it starts, against the exact values."""
    said = shown(written(tmp_path, rows()))
    assert "In every network of this report the difference between refimpl and torch is rou" in said
    assert "float32: rounding # Each of the 3 tensors" in said
    assert "at most 0.25 of it (conv z). A tensor too large by 0.0001 % would have been" in said
    assert "starts in conv z and is at most 2.4e-07, in conv z: 2 roundings (u times the" in said
    assert "|value| there), 0.25 of the accumulated bound." in said
    assert "are blind" not in said
    assert "refimpl is off by at most 1.5 roundings (conv z), torch by 3 (conv z)" in said
    assert "✗ outside a bound" in said
    assert "loses digits" not in said
    assert "blind there" not in said


def test_in_the_order_of_computation(tmp_path: Path) -> None:
    """Forward, then backward, however the local rows stand; each beside its own local row."""
    ((name, found),) = networks_of(written(tmp_path, rows()))
    tensors = found["float32"]
    assert name == "tiny"
    assert list(tensors["tensor"]) == ["z", "loss", "dweight"]
    assert list(in_roundings(tensors, "free", "float32")) == [2, 2, 2]
    assert tensors["verdict_local"].notna().all()


def test_a_local_row_alone_stands_with_its_direction(tmp_path: Path) -> None:
    """Running statistics are compared locally alone: a forward row, before the backward."""
    alone = replace(
        GOOD,
        case="tiny[local]",
        kind="local",
        layer="norm",
        tensor="running",
        function="running_statistics",
        direction="forward",
    )
    ((_, tensors),) = networks_of(written(tmp_path, [*rows(), alone]))
    assert list(tensors["float32"]["tensor"]) == ["z", "loss", "running", "dweight"]
    cells = "norm runningrunning_statistics2.4e-070.25within1.53"  # nothing of both running free
    assert cells in shown(written(tmp_path, [*rows(), alone]))


def test_outside_is_marked_and_said(tmp_path: Path) -> None:
    """Where a bound is exceeded, nobody reads that it is rounding."""
    bad = rows()
    bad[-1] = replace(bad[-1], verdict="outside", worst_ratio=281.8, outside=3)
    tables = written(tmp_path, bad)
    said = shown(tables)
    assert "float32: more than rounding # Tensors outside their bound, of all ways" in said
    assert ": 1; the first is conv dweight in tiny[accumulated], where refimpl has 0.51231" in said
    assert "2.8e+02 times the bound" in said
    assert "rounding, which" not in said
    assert "In every network" not in said
    assert "which rounding does not explain: tiny" in said
    ((name, found),) = networks_of(tables)
    (panel,) = layer_plot(name, found).panels
    assert [mark[2] for mark in panel.marks] == ["✗"]
    assert panel.marks[0][0] > (panel.divider or 0)


def test_a_step_of_training_outside_counts_too(tmp_path: Path) -> None:
    """All ways to run the network: a step that is outside makes it more than rounding."""
    step = replace(GOOD, case="tiny[step 2]", kind="training", verdict="outside")
    said = shown(written(tmp_path, [*rows(), step]))
    assert "more than rounding" in said
    assert "in tiny[step 2]" in said


def test_a_tensor_without_values(tmp_path: Path) -> None:
    """The reason stands in their place."""
    bad = rows()
    bad[0] = replace(
        bad[0], verdict="outside", refimpl_value=None, torch_value=None, note="refimpl raised"
    )
    assert "the first is conv z in tiny[local]: refimpl raised" in shown(written(tmp_path, bad))


@pytest.mark.parametrize("verdict", ["blind", "empty"])
def test_what_could_show_nothing_is_no_rounding(tmp_path: Path, verdict: str) -> None:
    """A blind local row says nothing, and that is said."""
    found = rows()
    found[0] = replace(found[0], verdict=verdict)
    said = shown(written(tmp_path, found))
    assert "float32: cannot tell" in said
    assert "but 1 of them could not have shown" in said
    assert "In every network" not in said
    assert "tensors that could not have shown a mistake: tiny" in said


def test_blind_where_both_run_free(tmp_path: Path) -> None:
    """Grey in the plot, counted in words; the verdict is the layers'."""
    tables = written(tmp_path, rows(verdict="blind"))
    said = shown(tables)
    assert "float32: rounding" in said
    assert "3 of the 3 tensors, the first of them conv z, are blind" in said
    assert "Running free, 3 of 3 tensors are blind" in said
    ((name, found),) = networks_of(tables)
    assert len(layer_plot(name, found).panels[0].spans) == 3


def test_a_bound_beyond_all_numbers(tmp_path: Path) -> None:
    """A share of it says nothing, and is not said."""
    said = shown(written(tmp_path, rows(worst_ratio=0.0)))
    assert "there); the accumulated bound has grown beyond all numbers" in said


@pytest.mark.parametrize(
    ("network", "how"),
    [
        ("lenet", "takes 32 other samples at each step; its learning rate is 0.5."),
        ("xor", "takes the same 4 samples at each step; its learning rate is 2."),
    ],
)
def test_how_it_was_trained(tmp_path: Path, network: str, how: str) -> None:
    """On which data and at which rate, as the catalogue has it; of others nothing."""
    found = [replace(one, network=network) for one in rows()]
    steps = [replace(one, network=network) for one in STEPS]
    assert f"Training {how} In 2 steps" in shown(written(tmp_path, found, steps))
    assert "learning rate" not in shown(written(tmp_path, rows(), STEPS))


def test_branches(tmp_path: Path) -> None:
    """Where rounding decides which way a gradient goes, a large difference is explained."""
    tables = written(tmp_path, rows(kinks=4, max_abs_error=0.5, bound_over_value=1e9))
    assert "in 4 places there rounding may decide" in shown(tables)
    assert "†" in shown(tables)
    assert "†" not in shown(written(tmp_path, rows(kinks=4)))


def test_equal_throughout(tmp_path: Path) -> None:
    """Zeros stand at the bottom of the plot, and the words say it."""
    tables = written(tmp_path, rows(max_abs_error=0.0, worst_ratio=0.0))
    assert "both sides are equal throughout" in shown(tables)
    ((name, found),) = networks_of(tables)
    (panel,) = layer_plot(name, found).panels
    drawn = dict(panel.paths)["networks-free-difference"]
    assert drawn.count("M") == 3
    assert f" {panel.bottom:.4g}h" in drawn


def test_training(tmp_path: Path) -> None:
    """Losses, weights, the worst step; from which step on the bound says nothing."""
    said = shown(written(tmp_path, rows(), STEPS))
    assert "In 2 steps of training the loss goes from 2.5000 to 1.2500 (torch: 2.5000)" in said
    assert "differ by at most 1e-07, their weights by 2e-07" in said
    assert "takes at most 0.38 of a bound" in said
    assert "From step 2 on the bound" in said


def test_a_step_beyond_its_bound_is_marked(tmp_path: Path) -> None:
    """The third panel has its limit, and a cross where a step is beyond it."""
    tables = written(tmp_path, rows(), [replace(one, local_worst_ratio=1.5) for one in STEPS])
    *_, ratios = training_plot("tiny", {"float32": tables.training}).panels
    assert [mark[2] for mark in ratios.marks] == ["✗"]
    tables = written(tmp_path, rows(), STEPS)
    *_, ratios = training_plot("tiny", {"float32": tables.training}).panels
    assert ratios.marks == []


def test_nothing_to_show(tmp_path: Path) -> None:
    """A report without networks has no such section."""
    assert networks.context(written(tmp_path, [replace(GOOD, kind="layer", network="")])) is None
    (tmp_path / "summary.csv").unlink()
    assert networks.context(read_tables(tmp_path)) is None

"""The run as JUnit XML."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from junitparser import JUnitXml, TestCase

from parity.report.junit import to_junit
from parity.results.findings import Findings
from parity.results.judging import Place, failure_row
from parity.results.message import describe
from parity.results.rows import Refusal, Row, TimingRow, WitnessRow
from parity.results.settings import Settings

OUTSIDE = failure_row(Place("relu[maps]", "relu", "float32", ()), "y", "no", Settings())
HELD = replace(OUTSIDE, verdict="within", note="")
FINDINGS = Findings(
    [
        OUTSIDE,
        replace(OUTSIDE, tensor="dx"),
        replace(HELD, dtype="float64"),
        replace(HELD, case="tanh[2×3 <&\"']", function="tanh"),
        replace(OUTSIDE, case="tanh[known]", function="tanh", verdict="expected"),
        replace(HELD, case="lenet[local]", function="conv2d", network="lenet"),
        replace(HELD, case="lenet[local]", function="relu", network="lenet"),
    ],
    timings=[TimingRow("relu[maps]", "float32", 0.25, 0.5)],
    refusals=[
        Refusal("relu[text]", "relu", True, ""),
        Refusal("relu_backward[text]", "relu_backward", False, "expected 'a', got '<b>'"),
    ],
)


def written(findings: Findings, path: Path) -> JUnitXml:
    path.parent.mkdir(exist_ok=True)
    path.write_text(to_junit(findings))
    return JUnitXml.fromfile(str(path))


def cases(xml: JUnitXml) -> dict[str, TestCase]:
    return {case.name: case for suite in xml for case in suite}


@pytest.fixture
def xml(tmp_path: Path) -> JUnitXml:
    """The file as a CI system reads it."""
    return written(FINDINGS, tmp_path / "new" / "junit.xml")


def test_counts(xml: JUnitXml) -> None:
    """A test for each case and dtype and each bad input; two of them fail."""
    assert xml.name == "parity"
    assert (xml.tests, xml.failures, xml.errors, xml.skipped) == (7, 2, 0, 0)


def test_suites_are_functions_and_networks(xml: JUnitXml) -> None:
    """Each function and each network is a suite, with its own counts."""
    assert {suite.name: (suite.tests, suite.failures) for suite in xml} == {
        "relu": (3, 1),
        "tanh": (2, 0),
        "lenet": (1, 0),
        "relu_backward": (1, 1),
    }


def test_names(xml: JUnitXml) -> None:
    """A test is named after its case and dtype, with every character as it was."""
    assert set(cases(xml)) == {
        "relu[maps] float32",
        "relu[maps] float64",
        "tanh[2×3 <&\"'] float32",
        "tanh[known] float32",
        "lenet[local] float32",
        "bad input relu[text]",
        "bad input relu_backward[text]",
    }
    assert cases(xml)["lenet[local] float32"].classname == "lenet"


def test_every_disagreement_is_said(xml: JUnitXml) -> None:
    """The whole message, line by line, for every tensor that disagrees."""
    said = "\n".join(result.message for result in cases(xml)["relu[maps] float32"].result)
    rows: list[Row] = FINDINGS.rows[:2]
    assert said == "\n".join(describe(row) for row in rows)


def test_a_case_fails_once(tmp_path: Path) -> None:
    """However many of its tensors disagree, no more tests fail than there are."""
    xml = written(Findings([OUTSIDE, replace(OUTSIDE, tensor="dx")]), tmp_path / "junit.xml")
    assert (xml.tests, xml.failures) == (1, 1)


def test_an_accepted_bad_input_is_a_failure(xml: JUnitXml) -> None:
    """What was expected and what came."""
    (result,) = cases(xml)["bad input relu_backward[text]"].result
    assert result.message == "expected 'a', got '<b>'"


@pytest.mark.parametrize(
    "name", ["relu[maps] float64", "tanh[known] float32", "bad input relu[text]"]
)
def test_what_holds_or_is_expected_passes(xml: JUnitXml, name: str) -> None:
    """No result at all: the test passed."""
    assert cases(xml)[name].result == []


def test_seconds_of_both_sides(xml: JUnitXml) -> None:
    """A test's time is that of refimpl and torch together."""
    assert cases(xml)["relu[maps] float32"].time == 0.75
    assert cases(xml)["relu[maps] float64"].time == 0


def test_seconds_of_a_network(tmp_path: Path) -> None:
    """The time that a network took is in the file too."""
    row = replace(HELD, case="lenet[local]", network="lenet")
    timings = [TimingRow("lenet", "float32", 0.25, 0.5)]
    xml = written(Findings([row], timings=timings), tmp_path / "junit.xml")
    assert sum(case.time for case in cases(xml).values()) == 0.75


def test_a_message_with_control_characters_can_be_read(tmp_path: Path) -> None:
    """Whatever an exception says, the file stays XML."""
    row = replace(OUTSIDE, note="refimpl raised ValueError: \x00 and \x1b[31m")
    xml = written(Findings([row]), tmp_path / "junit.xml")
    assert xml.failures == 1


def test_witnesses_are_tests(tmp_path: Path) -> None:
    """Each row of a witness; one that stands against something fails with its note."""
    agrees = WitnessRow(
        "relu[maps]", "relu", "", "float64", "derivative", "dx", 6, "agrees", -40.0, ""
    )
    refuted = replace(agrees, case="relu[a]", verdict="outside", note="1, not 2")
    network = replace(agrees, case="lenet", function="", network="lenet", dtype="float32")
    symbols = replace(agrees, witness="symbols", dtype="", verdict="inapplicable")
    found = Findings(witnesses=[agrees, refuted, network, symbols])
    xml = written(found, tmp_path / "junit.xml")
    assert {name: len(case.result) for name, case in cases(xml).items()} == {
        "derivative relu[maps] float64": 0,
        "derivative relu[a] float64": 1,
        "derivative lenet float32": 0,
        "symbols relu[maps]": 0,
    }
    assert cases(xml)["derivative relu[a] float64"].result[0].message == "1, not 2"
    assert {suite.name for suite in xml} == {"relu", "lenet"}

"""`parity run` does not say that all hold where it could not have seen that they don't."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from calling import Call
from junitparser import JUnitXml
from planting import plant

from parity import oracle
from parity.judges import layer
from parity.results import judging
from parity.results.verdicts import WITHIN

RUN = ("run", "tanh", "--quick", "--jobs", "1")
CANNOT = "nothing disagrees, but THE RUN CANNOT VOUCH FOR ITSELF; "


def test_a_run_that_vouches(call: Call, tmp_path: Path) -> None:
    """The last line says what was planted; run.json and JUnit do, too."""
    junit = tmp_path / "junit.xml"
    code, out, _ = call(*RUN, "--out", tmp_path, "--junit", junit)
    assert code == 0
    assert out.splitlines()[-1] == (
        "planted: 6 mistakes in refimpl and 2 in torch's side, all seen"
    )
    about = json.loads((tmp_path / "run.json").read_text())
    assert about["planted"] == {"refimpl seen": 6, "torch seen": 2}
    assert about["not_judged"] == []
    names = [case.name for suite in JUnitXml.fromfile(str(junit)) for case in suite]
    assert len([name for name in names if name.startswith("planted ")]) == 8


def test_nothing_chosen(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue that has lost its cases."""
    monkeypatch.setattr("parity.suite.scope.select", lambda *given, **options: [])
    code, out, _ = call(*RUN, "--out", tmp_path)
    assert code == 1
    assert "NOT JUDGED no tensor was judged\n" in out
    assert CANNOT in out
    assert "all hold" not in out
    assert out.endswith("planted: no mistake, so that nothing vouches for this run\n")
    assert json.loads((tmp_path / "run.json").read_text())["holds"] is False


def test_every_bound_is_infinite(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row says that it is blind."""
    right = judging.compare
    monkeypatch.setattr(
        judging,
        "compare",
        lambda ours, theirs, bound: right(
            ours, theirs, replace(bound, limit=np.full(theirs.shape, np.inf), exact=False)
        ),
    )
    code, out, _ = call(*RUN, "--out", tmp_path)
    assert code == 1
    assert "NOT JUDGED no tensor was judged: " in out
    assert CANNOT in out
    assert out.endswith(" that the cases cannot show\n")


def test_a_comparison_that_sees_nothing(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is compared is within: each mistake that is not seen is named."""
    plant(monkeypatch, judging, "compare", lambda found: replace(found, verdict=WITHIN))
    junit = tmp_path / "junit.xml"
    code, out, _ = call(*RUN, "--out", tmp_path, "--junit", junit)
    assert code == 1
    assert "NOT SEEN: tanh[" in out
    assert " in float32: the value is 0.05 % too large: y is within\n" in out
    assert CANNOT in out
    assert out.endswith("planted: 6 mistakes in refimpl and 2 in torch's side, 8 NOT SEEN\n")
    assert JUnitXml.fromfile(str(junit)).failures == 8


def test_every_array_is_zero(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sides agree that f(0) = f(0)."""
    plant(monkeypatch, layer, "case_arrays", zeros)
    plant(monkeypatch, layer, "draw", np.zeros_like)
    monkeypatch.setattr("parity.suite.vouching.case_arrays", layer.case_arrays)
    code, out, _ = call(*RUN, "--out", tmp_path)
    assert code == 1
    assert "could not vouch: tanh[" in out
    assert "y: x is 0 everywhere" in out
    assert CANNOT in out


def zeros(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    return {name: np.zeros_like(array) for name, array in arrays.items()}


def test_every_upstream_gradient_is_zero(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No gradient says anything."""
    plant(monkeypatch, layer, "draw", np.zeros_like)
    code, out, _ = call(*RUN, "--out", tmp_path)
    assert code == 1
    assert "every gradient is 0.05 % too large: dx: dy is 0 everywhere\n" in out
    assert CANNOT in out


def test_without_a_backward(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks for gradients, on neither side."""
    plant(monkeypatch, oracle, "differentiable", lambda found: found._replace(inputs={}))
    code, out, _ = call(*RUN, "--out", tmp_path)
    assert code == 1
    assert "NOT JUDGED tanh in float64: no gradient was judged\n" in out
    assert "NOT JUDGED tanh[maps] in float32: nobody looked at dx\n" in out
    assert CANNOT in out


def test_one_dtype(call: Call, tmp_path: Path) -> None:
    """What was asked for holds; that it is half of it is said."""
    code, out, _ = call(*RUN, "--dtype", "float64", "--out", tmp_path)
    assert code == 0
    assert ": all hold, in float64 alone; " in out


def test_an_override(call: Call, tmp_path: Path) -> None:
    """What it lets pass is said in the last line."""
    code, out, _ = call("run", "relu", "--quick", "--rtol", "0.1", "--out", tmp_path)
    assert code == 0
    assert out.endswith(" NOT SEEN under rtol 0.1, atol 0.0\n")


def test_an_empty_case(call: Call, tmp_path: Path) -> None:
    """A case without numbers holds nothing."""
    code, out, _ = call("run", "relu", "--quick", "--case", "empty batch", "--out", tmp_path)
    assert code == 1
    assert "NOT JUDGED no tensor was judged: 4 empty\n" in out

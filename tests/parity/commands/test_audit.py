"""`parity audit`: what it says, what it writes, how it ends."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from calling import Call

import parity.documents.checks.every  # noqa: F401 (registers the evidence)
from parity.documents import audit
from parity.documents.evidence import EVIDENCE, RATIONALS, TORCH, Evidence
from parity.documents.ledger import LedgerError, ledger


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "audit.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row(call: Call, tmp_path: Path) -> None:
    """A named statement: counts, all that is known of it, the report; exit code 0."""
    code, out, err = call("audit", "D1.23", "--out", tmp_path)
    assert (code, err) == (0, "")
    row = ledger()["D1.23"]
    assert f"D1.23 erratum: {row.states}" in out
    for said in ("printed", "false at", "correct", "code", "checked"):
        assert f"\n  {said} " in out
    assert " ".join(row.counterexample.split()) in " ".join(out.split())
    assert "every verdict is supported" in out
    assert out.endswith(f"report: {tmp_path / 'audit.csv'}\n")
    (written,) = rows(tmp_path)
    assert (written["id"], written["verdict"], written["supported"]) == ("D1.23", "erratum", "True")
    assert written["formula"] == row.formula


def test_a_document_shows_its_errata(call: Call, tmp_path: Path) -> None:
    """The counts first, then the errata and nothing else."""
    code, out, _ = call("audit", "--document", "D4", "--out", tmp_path)
    assert code == 0
    assert out.splitlines()[1].startswith("document")
    assert max(len(line.rstrip()) for line in out.splitlines()[:3]) <= 80
    own = [row for row in ledger().values() if row.document == "D4"]
    assert [row["id"] for row in rows(tmp_path)] == [row.id for row in own]
    for row in own:
        assert (f"\n{row.id} erratum:" in out) == (row.verdict == "erratum")
        assert row.verdict == "erratum" or f"\n{row.id} " not in out


def test_a_part_is_not_written_over_the_whole(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --out an audit of some rows writes nothing."""
    monkeypatch.chdir(tmp_path)
    code, out, _ = call("audit", "D2.8")
    assert code == 0
    assert "report: none of a part" in out
    assert list(tmp_path.iterdir()) == []


def test_a_verdict_without_support(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row, what the ledger says, what the evidence; exit code 1; the report says it too."""

    def other(found: Evidence) -> None:
        found.printed(RATIONALS, "the sum", 1, 2)

    monkeypatch.setitem(EVIDENCE, "D2.8", other)
    code, out, _ = call("audit", "D2.8", "D1.23", "--out", tmp_path)
    assert code == 1
    assert "FAIL D2.8: the ledger says number, the evidence unsupported" in out
    assert "what is printed differs from exact rationals in 'the sum', 1, right 2" in out
    assert "     again: parity audit D2.8\n" in out
    assert "1 NOT SUPPORTED" in out
    assert [row["supported"] for row in rows(tmp_path)] == ["True", "False"]


# --- without torch ------------------------------------------------------------------------


def test_torch_left_out(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds, what is open, what is left out; exit code 0, and no report unless wanted."""
    monkeypatch.chdir(tmp_path)
    code, out, err = call("audit", "--no-torch", "D1.21", "D1.23")
    assert (code, err) == (0, "")
    above, header, counts = out.splitlines()[:3]
    assert (above.split()[-1], header.split()[-2:]) == ("not", ["supported", "open"])
    assert counts.split()[-2:] == ["0", "1"]
    assert f"\nD1.21 erratum: {ledger()['D1.21'].states}\n" in out
    assert "\n  checked   4 checks: sympy; 2 checks left out: they ask torch\n" in out
    assert f"\nD1.23 erratum (open): {ledger()['D1.23'].states}\n" in out
    assert "\n  checked   1 check: exact rationals; 6 checks left out: they ask torch\n" in out
    assert out.endswith(
        "\n\n2 statements, 5 checks: 1 verdict supported, 1 open; "
        "8 checks left out: they ask torch\n"
        "report: none of a part; --out DIR writes one\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_report_says_what_is_left_out(call: Call, tmp_path: Path) -> None:
    """Row by row; of a whole audit nothing is."""
    arguments = ("D1.21", "D1.23", "D2.5", "--out", tmp_path)
    columns = ("id", "checked", "checks", "left_out", "supported", "open", "problem")
    call("audit", "--no-torch", *arguments)
    assert [[row[name] for name in columns] for row in rows(tmp_path)] == [
        ["D1.21", "sympy", "4", "2", "True", "False", ""],
        ["D1.23", "exact rationals", "1", "6", "False", "True", ""],
        ["D2.5", "sympy", "4", "0", "True", "False", ""],
    ]
    call("audit", *arguments)
    assert [[row[name] for name in columns[3:]] for row in rows(tmp_path)] == [
        ["0", "True", "False", ""]
    ] * 3


def test_the_whole_audit_without_torch_is_a_part(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not take the place of reports/audit.csv."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(audit, "select", lambda ids, documents: [ledger()["D2.5"]])
    code, out, _ = call("audit", "--no-torch")
    assert code == 0
    assert out.endswith(
        "\n1 statement, 4 checks: every verdict is supported\n"
        "report: none of a part; --out DIR writes one\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_contradiction_without_torch(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1 and how to see it again; what is open is counted beside it."""

    def other(found: Evidence) -> None:
        found.printed(RATIONALS, "the sum", 1, 2)
        found.printed(TORCH, "the sum", 1, 1)

    monkeypatch.setitem(EVIDENCE, "D2.8", other)
    code, out, _ = call("audit", "--no-torch", "D2.8", "D1.23", "D2.5", "--out", tmp_path)
    assert code == 1
    assert "FAIL D2.8: the ledger says number, the evidence unsupported" in out
    assert "     again: parity audit --no-torch D2.8\n" in out
    assert "\n3 statements, 6 checks: 1 NOT SUPPORTED, 1 verdict supported, 1 open; " in out
    assert [(row["supported"], row["open"]) for row in rows(tmp_path)] == [
        ("False", "True"),
        ("True", "False"),
        ("False", "False"),
    ]


# --- wrong calls --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("D2.999",), "parity: the ledger has no row 'D2.999'"),
        (("--document", "D7"), "parity: there is no document 'D7'"),
    ],
)
def test_a_wrong_call(call: Call, arguments: tuple[str, ...], text: str) -> None:
    """One line on stderr, exit code 2."""
    code, out, err = call("audit", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(text)
    assert err.count("\n") == 1


def test_a_broken_ledger(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line on stderr, exit code 2; no traceback."""

    def broken(*given: object) -> None:
        raise LedgerError("d1.toml: D1.23 stands twice")

    monkeypatch.setattr(audit, "select", broken)
    assert call("audit") == (2, "", "parity: d1.toml: D1.23 stands twice\n")


def test_a_report_that_cannot_be_written(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old report stands; exit code 2."""
    call("audit", "D2.8", "--out", tmp_path)
    before = (tmp_path / "audit.csv").read_bytes()

    def full(*paths: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full)
    code, _, err = call("audit", "D1.23", "--out", tmp_path)
    assert code == 2
    assert "the old one stands: No space left on device" in err
    assert (tmp_path / "audit.csv").read_bytes() == before

"""The section on other frameworks: from peers.csv, in both languages, and only where it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages_made import SAMPLE, report_in

from parity.page.build import section
from parity.page.sections import other_frameworks
from parity.page.tables import read_tables
from parity.peers.group_verdicts import PeerRow
from parity.results.writing import to_csv

ROW = PeerRow(
    *("torch", "2.13.0", "relu", "kinks: the derivative at 0", "convention"),
    *("the derivative at 0 is 0", 1, 1, 1, None, "", "3.11.7", "2026-11-30"),
)
WRONG = PeerRow(
    *("paddle", "3.3.1", "log_softmax", "values lost: far below", "differs"),
    *("cut at −64", 1, 1, 0, None, "y [0, -64]", "3.11.7", "2026-11-30"),
    incomplete="stopped after 90 s, at exp",
)


def test_what_came_out_is_shown(tmp_path: Path) -> None:
    """Libraries with their counts, conventions with their libraries, what differs."""
    folder = report_in(tmp_path)
    (folder / "peers.csv").write_text(to_csv(PeerRow, [ROW, WRONG]), encoding="utf-8")
    shown = section(other_frameworks, read_tables(folder))
    assert shown is not None
    assert "<td>2.13.0</td>" in shown.body
    assert "the derivative at 0 is 0</td><td>torch</td>" in shown.body
    assert "cut at −64</td><td>paddle</td>" in shown.body
    assert 'paddle: <span lang="en-GB">stopped after 90 s, at exp</span>' in shown.body
    assert "没有问完，因此下面缺几行：" in shown.body
    assert "torch: <span" not in shown.body
    assert '<i lang="zh-Hans">不可导处的导数。</i>' in shown.body


def test_what_is_english_alone_is_shown_in_chinese(tmp_path: Path) -> None:
    """The page hides each lang="en" there: only what has its Chinese beside may be that."""
    folder = report_in(tmp_path)
    (folder / "peers.csv").write_text(to_csv(PeerRow, [ROW, WRONG]), encoding="utf-8")
    shown = section(other_frameworks, read_tables(folder))
    assert shown is not None
    assert '<td lang="en-GB">the derivative at 0</td>' in shown.body
    assert shown.body.count('lang="en"') == shown.body.count('lang="zh-Hans"')


def test_without_a_table_there_is_no_section() -> None:
    """As in the sample."""
    assert section(other_frameworks, read_tables(SAMPLE)) is None


def test_a_table_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    """With the command that writes it anew."""
    folder = report_in(tmp_path)
    (folder / "peers.csv").write_text("library,version\ntorch,2.13.0\n", encoding="utf-8")
    with pytest.raises(ValueError, match="`parity peers --out"):
        read_tables(folder)

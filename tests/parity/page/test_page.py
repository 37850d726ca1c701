"""The page as HTML: complete, self-contained, every link answered, written whole or not at all."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from pages_made import SAMPLE, Links, report_in, sample_page

import refimpl
from parity.documents.ledger import ledger
from parity.page import anchors, build
from parity.page.build import write_page
from parity.page.sections import overview
from parity.page.tables import read_tables

LIMIT = 5_000_000


@pytest.fixture(scope="module")
def links() -> Links:
    return Links(sample_page())


def test_an_id_stands_once(links: Links) -> None:
    """Links would not know where to go."""
    assert [name for name, count in Counter(links.ids).items() if count > 1] == []


def test_every_link_of_the_page_is_answered(links: Links) -> None:
    """Of a part of the suite too, whose report knows no mistakes."""
    inside = {target[1:] for target in links.targets if target.startswith("#")}
    assert inside - set(links.ids) == set()


def test_a_link_to_nowhere_is_seen() -> None:
    """The test above can fail."""
    found = Links('<a href="#here" id="there">x</a>')
    assert {target[1:] for target in found.targets} - set(found.ids) == {"here"}


def test_nothing_is_fetched(links: Links) -> None:
    """One file, no network: what is embedded is data."""
    assert {source for source in links.fetched if not source.startswith(("data:", "#"))} == set()
    assert not re.search(r"url\((?!['\"]?(data:|#))|@import", sample_page())


def test_every_public_name_has_its_place(links: Links) -> None:
    """Also what no case compares: sizes, filters, layers."""
    missing = [n for n in refimpl.__all__ if anchors.of_function(n) not in links.ids]
    assert missing == []


def test_every_statement_has_its_place(links: Links) -> None:
    """The ledger's rows, once each."""
    rows = [name for name in links.ids if re.fullmatch(r"D[0-4]\.\d+", name)]
    assert sorted(rows) == sorted(anchors.of_statement(row) for row in ledger())


def test_the_page_is_small() -> None:
    """Of a sample far below what a whole run may have."""
    assert len(sample_page().encode()) < LIMIT


# --- written ------------------------------------------------------------------------------


def test_the_page_stands_beside_its_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new page replaces the old one."""
    monkeypatch.setattr(build, "SECTIONS", (overview,))
    folder = report_in(tmp_path)
    (folder / "index.html").write_text("old")
    path = write_page(folder)
    assert path == folder / "index.html"
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_page_that_fails_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is half written."""
    folder = report_in(tmp_path)
    (folder / "index.html").write_text("old")

    def fails(*_: object) -> str:
        raise MemoryError

    monkeypatch.setattr(build, "page", fails)
    with pytest.raises(MemoryError):
        write_page(folder)
    assert (folder / "index.html").read_text() == "old"
    assert not list(folder.glob(".index*"))


def test_a_folder_without_a_report_is_refused(tmp_path: Path) -> None:
    """In a sentence that says what writes one."""
    with pytest.raises(
        ValueError, match=r"has no run\.json and no watch\.json; `parity run --out .*` writes"
    ):
        write_page(tmp_path)


def test_a_report_of_another_version_is_refused(tmp_path: Path) -> None:
    """What lacks is named, and what writes it anew."""
    folder = report_in(tmp_path)
    (folder / "audit.csv").write_text("id,document\n")
    with pytest.raises(ValueError, match=r"audit\.csv: lacks section, .*`parity audit --out "):
        read_tables(folder)


# --- what it says -------------------------------------------------------------------------


def overview_of(folder: Path) -> str:
    """The overview of a report."""
    found = build.section(overview, read_tables(folder))
    assert found is not None
    return str(found.body)


def test_a_run_that_holds_says_so() -> None:
    """And has no finding."""
    assert "All hold: no tensor" in sample_page()
    assert 'id="finding-1"' not in sample_page()


def test_what_is_wrong_elsewhere_is_said_where_nothing_disagrees() -> None:
    """Of the documents' statements."""
    html = overview_of(SAMPLE)
    wrong = sum(row.verdict == "erratum" for row in ledger().values())
    said = f"{wrong} of {len(ledger())} statements of the documents are wrong."
    assert "No tensor disagrees." in html
    assert f'{said}</i><i lang="zh-Hans">' in html


def test_why_torch_differs_is_said_in_both_languages() -> None:
    """What a case expects; another note stands as it is."""
    note = "expected outside at 49 places: torch multiplies 0 by ∞ and gives NaN, refimpl the limit"
    html = str(overview.reasons(f"{note}; {note}"))
    assert html.count("torch 计算 0 乘 ∞ 得 NaN") == 2
    assert "在 49 处：" in html
    assert overview.reasons("a < b") == "a &lt; b"


def test_the_environment_names_no_folder(tmp_path: Path) -> None:
    """Of a report that was written into one's own."""
    folder = report_in(tmp_path)
    about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    changed = {**about, "command": ["parity", "run", "--out", "/home/me/r"], "seconds": 284.033}
    (folder / "run.json").write_text(json.dumps(changed), encoding="utf-8")
    html = overview_of(folder)
    assert "parity run --out r<" in html
    assert "/home/me" not in html
    assert "284 s<" in html


def test_every_figure_leads_to_its_section(links: Links) -> None:
    """As a link."""
    figures = overview.context(read_tables(SAMPLE))["figures"]
    assert len(figures) >= 5
    assert {one.target for one in figures} <= set(links.ids)


def test_a_disagreement_is_said_and_has_a_link(tmp_path: Path) -> None:
    """A row that is outside: in the verdict, among the findings, with both values."""
    folder = report_in(tmp_path)
    lines = (folder / "summary.csv").read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace(",within,", ",outside,").replace(",identical,", ",outside,")
    (folder / "summary.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(json.dumps({**about, "holds": False}), encoding="utf-8")
    html = overview_of(folder)
    assert "Tensors that do not hold: 1." in html
    assert 'href="#finding-1"' in html
    assert "All hold: no tensor" not in html


def test_a_run_that_cannot_vouch_for_itself_does_not_hold(tmp_path: Path) -> None:
    """Nothing disagrees, and yet."""
    folder = report_in(tmp_path)
    about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    said = {**about, "holds": False, "not_judged": ["relu in float32: no gradient was judged"]}
    (folder / "run.json").write_text(json.dumps(said), encoding="utf-8")
    html = overview_of(folder)
    assert "the run cannot vouch for itself" in html
    assert "relu in float32: no gradient was judged" in html


def test_what_reports_say_is_text(tmp_path: Path) -> None:
    """A note with signs of HTML stays a note."""
    folder = report_in(tmp_path)
    about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(
        json.dumps({**about, "command": ["<b>bold"]}), encoding="utf-8"
    )
    html = overview_of(folder)
    assert "&lt;b&gt;bold" in html
    assert "<b>bold" not in html


def test_the_sample_has_the_columns_of_today() -> None:
    """The page reads them by name."""
    from parity.results.rows import Row, columns

    head = (SAMPLE / "summary.csv").read_text(encoding="utf-8").partition("\n")[0]
    assert head.split(",") == list(columns(Row))

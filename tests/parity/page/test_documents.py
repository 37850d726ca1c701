"""The documents on the page: each statement in its place, and what speaks for its verdict."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pages_made import sample_page
from selenium import webdriver

from parity.documents.audit import AuditRow
from parity.documents.ledger import DOCUMENTS, ledger, sections
from parity.page.build import section
from parity.page.links import linked, with_links
from parity.page.sections import documents
from parity.page.tables import read_tables
from parity.results.writing import to_csv


def audited(row_id: str, **changed: Any) -> AuditRow:
    """A row of audit.csv whose verdict is supported, but for what is changed."""
    row = ledger()[row_id]
    said = {name: getattr(row, name) for name in AuditRow.__annotations__ if hasattr(row, name)}
    found = {"implementation": " ".join(row.implementation), "checked": ", ".join(row.checked)}
    found |= {"checks": 7, "left_out": 0, "supported": True, "open": False, "problem": ""}
    return AuditRow(**{**said, **found, **changed})


def body(folder: Path, *rows: AuditRow) -> str:
    """The section of a report with these rows in audit.csv, or without the file."""
    (folder / "run.json").write_text(json.dumps({"scope": "full"}))
    if rows:
        (folder / "audit.csv").write_text(to_csv(AuditRow, rows), encoding="utf-8")
    found = section(documents, read_tables(folder))
    assert found is not None
    return found.body


def card(html: str, row_id: str, lang: str = "en") -> str:
    """What a statement's card says in a language, without tags; formulas by their letters."""
    other = {"en": "zh-Hans", "zh": "en"}[lang]
    [article] = re.findall(rf'<article[^>]* id="{re.escape(row_id)}".*?</article>', html, re.DOTALL)
    one = re.sub(rf'<i lang="{other}">.*?</i>', "", article, flags=re.DOTALL)
    one = re.sub(rf'<div lang="{other}">.*?</div></div>', "", one, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", one))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The section of an audit in which all is supported."""
    return body(tmp_path_factory.mktemp("report"), *(audited(row) for row in ledger()))


# --- statements ---------------------------------------------------------------------------


def test_statements_stand_in_the_documents_order(whole: str) -> None:
    """By heading, as the documents have them, then by number; each once."""
    expected = [
        row.id
        for document in DOCUMENTS
        for heading in sections(document)
        for row in ledger().values()
        if (row.document, row.section) == (document, heading)
    ]
    assert re.findall(r'<article[^>]* id="(.*?)"', whole) == expected
    assert sorted(expected) == sorted(ledger())
    assert expected.index("D0.16") < expected.index("D0.1")  # heading 2 stands before 3


def test_an_erratum_answers_what_is_right(whole: str) -> None:
    """Is max pooling's gradient in D1 right, and if not, what is right?"""
    said = card(whole, "D1.23")
    assert "erratum" in said
    assert "As printed Δp=upsample(Δq)" in said
    assert "false as printed" in said
    formula = said.replace("\u00a0", " ")
    assert "Right is Δp=upsample(Δq)∘ϕ′(Np)," in formula
    assert "=(Δq)ij where (Op)uv is the maximum of window ij, else 0" in formula
    assert "copied [[1, 1], [1, 1]], but the gradient is [[0, 0], [0, 1]]" in said
    assert "Of mean pooling only the spreading is right as worded; for max pooling" in said
    assert "max_pool2d_backward" in said
    assert "supported; 7 checks: torch.autograd, exact rationals" in said


def test_an_erratum_leads_to_its_pictures(whole: str) -> None:
    """Where the gradient of a pooling goes, and what decides at a tie; others have none."""
    [article] = re.findall(r'<article[^>]* id="D1.23".*?</article>', whole, re.DOTALL)
    assert 'href="#picture-max-pooling"' in article
    assert 'href="#picture-max-pooling-tie"' in article
    assert 'href="#D2.28"' in article
    assert "Pictures" not in card(whole, "D3.13")


def test_an_erratum_in_chinese(whole: str) -> None:
    """The same card, nothing of it in English but names."""
    said = card(whole, "D1.23", "zh")
    assert "原文公式 Δp=upsample(Δq)" in said
    assert "正确的是" in said
    assert "原文不成立之例" in said
    assert "7 项检验：" in said
    for english in ("printed", "maximum", "where", "else", "mean"):
        assert english not in said
    assert "最大值" in said


def test_what_only_some_statements_have(whole: str) -> None:
    """A picture that is lost, digits, words in place of a formula."""
    assert "Put together" in card(whole, "D0.16")
    assert "stood in a picture" in card(whole, "D0.16")
    assert "Digits not all that are printed are the right rounding" in card(whole, "D2.15")
    assert "As printed in words, without a formula" in card(whole, "D4.19")
    for absent in ("Put together", "Right is", "Digits", "in words", "Lost picture"):
        assert absent not in card(whole, "D1.4")


def test_verdicts_are_counted(whole: str) -> None:
    """By document and in all, as docs/documents.md has them."""
    table = whole[whole.index("<tbody>") : whole.index("</tbody>")]
    counts = [
        [int(n) for n in re.findall(r'class="number">(\d+)<', line)] for line in table.split("<tr>")
    ]
    assert counts[1:] == [
        [16, 20, 17, 9, 10, 72],
        [1, 8, 4, 0, 2, 15],
        [0, 8, 7, 4, 7, 26],
        [0, 1, 4, 0, 0, 5],
    ]


# --- evidence -----------------------------------------------------------------------------


def test_everything_supported(whole: str) -> None:
    """Said once for all, and at each."""
    assert f"{7 * len(ledger())} checks support all {len(ledger())} verdicts." in whole
    assert whole.count('<dt><i lang="en">Evidence</i>') == len(ledger())


def test_a_contradicted_verdict_is_seen(tmp_path: Path) -> None:
    """Above all, and with its problem."""
    wrong = audited("D1.4", supported=False, problem="the ledger says holds, but 2 < 3")
    html = body(tmp_path, audited("D1.5"), wrong)
    assert "Verdicts that the 14 checks contradict: 1." in html
    assert "support all" not in html
    said = card(html, "D1.4")
    assert "contradicted; the ledger says holds, but 2 &lt; 3 7 checks:" in said
    assert "contradicted" not in card(html, "D1.5")


def test_an_open_verdict_is_seen(tmp_path: Path) -> None:
    """Without torch some checks are left out."""
    undecided = audited("D1.4", supported=False, open=True, checks=1, left_out=3, checked="")
    html = body(tmp_path, audited("D1.5"), undecided)
    assert "The 8 checks contradict no verdict; without torch so many stay open: 1." in html
    said = card(html, "D1.4")
    assert "open: the checks that were made neither give nor contradict" in said
    assert "(left out, because they ask torch: 3)" in said


def test_a_statement_that_was_not_audited(tmp_path: Path) -> None:
    """An audit of a part says nothing of the others."""
    html = body(tmp_path, audited("D1.5"))
    assert "Evidence not asked in this report" in card(html, "D1.4")


def test_without_an_audit(tmp_path: Path) -> None:
    """The ledger alone, and that is said."""
    html = body(tmp_path)
    assert "There is no audit.csv beside this report" in html
    assert "Evidence" not in card(html, "D1.23")
    assert "Right is" in card(html, "D1.23")


# --- links --------------------------------------------------------------------------------


def test_ids_and_functions_of_a_text_are_links() -> None:
    """Ids that exist, names that are no words; text of Chinese too; the rest is escaped."""
    found = with_links("见D1.2与conv2d_backward。a < b, D1.99, D1.234, softmax, x_ij, sigmoid_dx")
    assert found == (
        '见<a href="#D1.2">D1.2</a>与<a href="#conv2d-backward"><code>conv2d_backward</code></a>。'
        "a &lt; b, D1.99, D1.234, softmax, x<sub>ij</sub>, sigmoid_dx"
    )


def test_both_languages_have_the_links() -> None:
    """The same ones."""
    note = linked(ledger()["D1.23"].note)
    assert note.count('<a href="#D1.33">D1.33</a>') == 2
    assert note.count("<i lang=") == 2


# --- in the browser -----------------------------------------------------------------------

SHOWN = """return [...document.querySelectorAll(arguments[0])]
    .filter(one => one.getClientRects().length).map(one => one.id || one.textContent)"""


def test_the_filter_shows_the_errata_of_a_document(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    """Statements of other verdicts and documents are hidden, and headings without any."""
    (tmp_path / "index.html").write_text(sample_page(), encoding="utf-8")
    browser.get((tmp_path / "index.html").as_uri())
    verdicts, places = browser.find_elements("css selector", "#documents .tools select")
    verdicts.send_keys("erratum")
    places.send_keys("D3")
    expected = [r.id for r in ledger().values() if (r.verdict, r.document) == ("erratum", "D3")]
    assert sorted(browser.execute_script(SHOWN, "#documents article")) == sorted(expected)
    assert browser.execute_script(SHOWN, "#documents h3") == ["D3"]
    headings = {ledger()[row].section for row in expected}
    assert set(browser.execute_script(SHOWN, "#documents h4 [lang=zh]")) == headings


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_wider_than_a_phone(
    browser: webdriver.Chrome, tmp_path: Path, language: str
) -> None:
    """Wide formulas scroll in their own place; the headings of the documents stay Chinese."""
    (tmp_path / "index.html").write_text(sample_page(), encoding="utf-8")
    metrics = {"width": 390, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get((tmp_path / "index.html").as_uri())
    browser.find_element("css selector", f"[data-language={language}]").click()
    wide = browser.execute_script(
        """return [...document.querySelectorAll("#documents article, #documents dd, #documents p")]
        .filter(one => one.getBoundingClientRect().right > 390).map(one => one.textContent)"""
    )
    assert wide == []
    scrolling = "[...document.querySelectorAll('#documents .formula')].some(f => f.tabIndex === 0)"
    assert browser.execute_script(f"return {scrolling}")
    assert "池化层" in " ".join(browser.execute_script(SHOWN, "#documents h4 [lang=zh]"))
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

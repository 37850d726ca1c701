"""The page's functions: sources with verdicts, cases by one tensor, gradients by definition."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from pages_made import SAMPLE, report_in, sample_page
from reported import CASE

from parity.cases.docstrings import docstring
from parity.documents.ledger import ledger
from parity.page.build import section
from parity.page.listings import definition_of
from parity.page.sections import functions, overview
from parity.page.tables import read_tables
from parity.results.rows import Row
from parity.results.writing import to_csv


def english(html: str) -> str:
    """Without Chinese and tags."""
    one = re.sub(r'<i lang="zh.*?</i>', "", html)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", one))


def entry(name: str) -> str:
    """From a function's heading to the next one."""
    found = re.search(rf'<h[45] id="{name}">.*?(?=<h[45] )', sample_page(), re.DOTALL)
    assert found
    return found[0]


# --- sources ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["max_pool2d_backward", "conv2d_backward", "softmax"])
def test_each_source_has_its_verdict(name: str) -> None:
    """Behind its id; an erratum with what is right instead."""
    said = english(entry(name.replace("_", "-")))
    for id in docstring(name).statements:
        row = ledger()[id]
        assert f"{id} {row.verdict}" in said
        if row.right:
            assert f"{id} is wrong as printed; right: " in said


def test_an_erratum_is_no_source_like_others() -> None:
    """D1.23 says what is right instead, in both languages."""
    html = entry("max-pool2d-backward")
    assert "the maximum alone gets the residual" in html
    assert "最大池化只把残差传给窗口中的最大元素" in html
    assert '<span class="documents-erratum"><i lang="en">erratum</i>' in html


def test_a_source_beyond_the_documents_is_said_in_both_languages() -> None:
    """The work stands as it is."""
    html = functions.sourced("beyond the documents. torch.mul.")
    assert "文档" in html
    assert str(html).endswith("</i>. torch.mul.")
    assert functions.sourced("torch.mul.") == "torch.mul."


# --- cases --------------------------------------------------------------------------------


def test_a_case_is_told_by_one_tensor(tmp_path: Path) -> None:
    """Of the one with the largest error/bound: its ratio, its roundings, not another's."""
    given = {"case": "relu[two]", "function": "relu", "dtype": "float32", "verdict": "within"}
    rows = [
        replace(CASE, **given, tensor="y", worst_ratio=0.5, refimpl_roundings=1.0),
        replace(CASE, **given, tensor="dx", worst_ratio=0.25, refimpl_roundings=77.0),
    ]
    folder = report_in(tmp_path)
    (folder / "summary.csv").write_text(to_csv(Row, rows), encoding="utf-8")
    found = section(functions, read_tables(folder))
    assert found is not None
    [table] = re.findall(r'<table class="sortable cases">.*?</table>', found.body, re.DOTALL)
    [line] = re.findall(r"<tr><td>.*", table)
    assert re.split(r"<td[^>]*>", line)[1:5] == ["two", "within", "y float32", "0.5"]
    assert "77" not in line
    assert len(line.encode()) < 100  # there are thousands


def test_the_cases_that_are_counted_are_listed() -> None:
    """As many rows as the overview says; those on empty arrays, too."""
    tables = read_tables(SAMPLE)
    [count] = [one.number for one in overview.context(tables)["figures"] if "cases" in one.what]
    groups = functions.context(tables)["groups"]
    listed = sum(len(one.cases) for found in groups.values() for one in found)
    assert f"{listed:,}".replace(",", "\u202f") == count
    assert "empty" in set(tables.summary.verdict)


# --- gradients by definition --------------------------------------------------------------


@pytest.mark.parametrize("subject", ["convolution", "correlation", "dense", "sampling"])
def test_sums_of_products_say_their_gradients(subject: str) -> None:
    """As formulas beside the terms."""
    found = definition_of(subject)
    assert found is not None
    for line in ("y[p]", "∂L/∂x[q]", "∂L/∂weight[r]", "∂L/∂bias[b]"):
        assert any(part.strip().startswith(line) for part in found.gradients.splitlines())


def test_other_definitions_have_theirs_in_the_code() -> None:
    """An activation's gradient stands beside its value."""
    found = definition_of("activations")
    assert found is not None
    assert found.gradients == ""
    assert "dx" in found.code


def test_a_file_without_a_definition() -> None:
    """Is none."""
    assert definition_of("shapes") is None

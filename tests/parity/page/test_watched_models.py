"""The page's models under watch: the first wrong place first, and nothing left out."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from pages_made import Links, report_in
from selenium import webdriver

from parity.models.watch_report import WatchReport
from parity.models.watched import Wanted, watched
from parity.page.build import page, write_page
from parity.page.sections import watched_models
from parity.page.tables import read_tables

NETS = '''
import torch
from torch import nn


class Spike(torch.autograd.Function):
    """A surrogate, meant so."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sigmoid(x)

    @staticmethod
    def backward(ctx, dy):
        return dy / (1 + ctx.saved_tensors[0].abs()) ** 2


class Half(torch.autograd.Function):
    """A factor is forgotten."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, dy):
        return dy * ctx.saved_tensors[0]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(5, 6, 3, padding=1)
        self.head = nn.Linear(6, 4)

    def forward(self, x):
        h = Half.apply(Spike.apply(self.conv(x)))
        h = h + 0.1 * h.detach()
        _, s, _ = torch.linalg.svd(h, full_matrices=False)
        return self.head(h.mean(2)) * s.mean()
'''
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the reports of one step, and of three."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "nets.py").write_text(NETS)
    for name, steps in (("one", 1), ("three", 3)):
        wanted = Wanted(
            f"{folder}/nets.py:Net", ("3,5,9",), steps=steps, meant=("Spike",), out=folder / name
        )
        watched(wanted).to_csv(folder / name)
    return folder


def html_of(folder: Path) -> str:
    return page(read_tables(folder))


@pytest.mark.parametrize("name", ["one", "three"])
def test_every_id_stands_once_and_every_link_is_answered(reports: Path, name: str) -> None:
    links = Links(html_of(reports / name))
    assert [one for one, count in Counter(links.ids).items() if count > 1] == []
    inside = {target[1:] for target in links.targets if target.startswith("#")}
    assert inside - set(links.ids) == set()
    assert {source for source in links.fetched if not source.startswith(("data:", "#"))} == set()


def test_what_is_wrong_comes_first_with_its_values(reports: Path) -> None:
    html = html_of(reports / "one")
    (row,) = WatchReport.read(reports / "one").wrong
    first = html.index('id="watched-1-wrong"')
    assert first < html.index('id="watched-1-noticed-1"') < html.index('id="watched-1-modules"')
    wrong = html[first : html.index('id="watched-1-noticed-1"')]
    assert wrong.count("<li>") == 1
    assert row.function == "Half"
    assert f'<dd class="torch">{row.torch_value:.9g}</dd>' in wrong
    assert f'<dd class="refimpl">{row.refimpl_value:.9g}</dd>' in wrong
    assert f'<dd class="exact">{row.exact_value:.9g}</dd>' in wrong
    assert "it is 0.5 times the derivative" in wrong


def test_nothing_is_left_out(reports: Path) -> None:
    """What is noticed, meant, not understood with its share; every module."""
    html = html_of(reports / "one")
    report = WatchReport.read(reports / "one")
    assert "no gradient goes back through detach()" in html
    assert "meant by --meant Spike" in html
    (unknown,) = report.unknown
    assert f"<code>{unknown.operation}</code>" in html
    assert f"{unknown.share:.1%}" in html
    assert {row.layer for row in report.rows} >= {"conv", "head"}
    for path in {row.layer or report.name for row in report.rows}:
        assert f"<summary><code>{path}</code>" in html
    assert html.count("<details") == len({row.layer or report.name for row in report.rows})


def test_a_right_model_has_no_wrong_place(reports: Path) -> None:
    """The tests above can fail."""
    report = WatchReport.read(reports / "one")
    rows = tuple(row for row in report.rows if not row.failed)
    right = WatchReport("Net", replace(report.tables, rows=rows))
    shown = watched_models.Shown(1, right)
    assert shown.wrong == []
    assert shown.report.status == "right"


def test_a_training_shows_each_tensor_once_and_its_steps(reports: Path) -> None:
    shown = watched_models.Shown(1, WatchReport.read(reports / "three"))
    (place,) = shown.wrong
    assert (place.row.step, place.steps) == (0, (0, 1, 2))
    single = watched_models.Shown(1, WatchReport.read(reports / "one"))
    convs = {
        len(module.places)
        for one in (shown, single)
        for module in one.modules
        if module.path == "conv"
    }
    assert len(convs) == 1
    html = html_of(reports / "three")
    table = html[html.index('id="watched-1-steps"') : html.index('id="watched-1-modules"')]
    assert re.findall(r'data-sort="(\d)"', table) == ["0", "1", "2"]


def test_a_page_of_a_run_has_the_models_that_lie_below_it(reports: Path, tmp_path: Path) -> None:
    folder = report_in(tmp_path / "run")
    assert 'id="watched_models"' not in html_of(folder)
    for name in ("one", "three"):
        shutil.copytree(reports / name, folder / "watch" / name)
    html = html_of(folder)
    assert html.count('<article id="watched-') == 2
    assert 'id="functions"' in html


def test_a_folder_without_any_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no run\.json and no watch\.json; `parity run --out"):
        write_page(tmp_path)


def test_a_report_of_another_version_is_refused(reports: Path, tmp_path: Path) -> None:
    shutil.copytree(reports / "one", tmp_path / "old")
    (tmp_path / "old" / "operations.csv").write_text("number,operation\n1,mul\n")
    with pytest.raises(ValueError, match=r"operations\.csv: has not the 11 columns of this ver"):
        write_page(tmp_path / "old")


# --- in a browser -------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1280])
def test_in_a_browser(browser: webdriver.Chrome, reports: Path, language: str, width: int) -> None:
    """No errors, no wider than the window, one language, nothing that axe finds grave."""
    address = write_page(reports / "three").as_uri()
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == 390}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(address)
    browser.get_log("browser")
    browser.refresh()
    browser.find_element("css selector", f"[data-language={language}]").click()
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    root = "document.documentElement"
    needed, window = browser.execute_script(f"return [{root}.scrollWidth, {root}.clientWidth]")
    assert needed <= window
    titles = [found.text for found in browser.find_elements("css selector", "h2")]
    assert any(("你的模型" if language == "zh" else "Your models") in title for title in titles)
    browser.execute_script(AXE)
    found = browser.execute_async_script(
        "const done = arguments[arguments.length - 1]; axe.run().then(r => done(r.violations))"
    )
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert browser.get_log("browser") == []

"""The pictures show what refimpl computes, their sums are right, and one gets everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import refimpl
from parity.cases.digits import digits
from parity.documents.ledger import ledger
from parity.mistakes.convolution import (
    dx_first_window_stands,
    dx_kernel_not_turned,
    dx_overlaps_overwritten,
)
from parity.page import build
from parity.page.pictures import (
    architectures,
    convolution,
    filters,
    rasters,
)
from parity.page.pictures.equations import Factor, sum_of_products
from parity.page.pictures.picture import Grid, Picture, Step
from parity.page.sections import pictures
from parity.page.tables import read_tables
from parity.witnesses.definitions.convolution import DEFINITIONS

SAMPLE = Path(refimpl.__file__).parents[1] / "reports/sample"
Numbers = NDArray[np.float64]


@pytest.fixture(scope="module")
def shown() -> dict[str, Picture]:
    """Every picture by its name."""
    found = pictures.context(read_tables(SAMPLE))["pictures"]
    return {picture.name: picture for picture in found}


def numbers(grid: Grid) -> Numbers:
    """What a table shows; NaN where it shows nothing yet."""
    texts = [[cell.text.replace("−", "-") or "nan" for cell in row] for row in grid.rows]
    return np.array(texts, np.float64)


def named(step: Step, name: str) -> Grid:
    """The table of a step whose caption begins with this."""
    tables = [grid for grid in step.grids if isinstance(grid, Grid)]
    return next(grid for grid in tables if grid.name.striptags().startswith(name))


def lettered(grid: Grid) -> dict[str, int]:
    """The numbers that are multiplied with others, by their letters."""
    cells = (cell for row in grid.rows for cell in row if cell.pair)
    return {cell.pair: int(cell.text.replace("−", "-")) for cell in cells}


def marked(grid: Grid, mark: str) -> list[int]:
    """The numbers that carry a mark, row by row."""
    cells = (cell for row in grid.rows for cell in row if mark in cell.marks.split())
    return [int(cell.text.replace("−", "-")) for cell in cells]


def value(line: str) -> Fraction:
    """What a line of numbers comes to: `(8 + (−4))/4`."""
    python = line.replace("−", "-").replace("·", "*").replace("/", "/ _ / ")
    exact = re.sub(r"\d+(\.\d+)?", r"F('\g<0>')", python).replace("/ _ /", "/")
    return Fraction(eval(exact, {"F": Fraction}))


# --- sums and arrays ----------------------------------------------------------------------


def test_every_sum_comes_to_what_it_says(shown: dict[str, Picture]) -> None:
    """The line of numbers, computed from its text; nothing is left out by accident."""
    lines = [line for p in shown.values() for step in p.steps for line in step.sums]
    assert len(lines) > 100
    for line in lines:
        _, symbols, *parts = line.striptags().split(" = ")
        assert value(parts[0]) == value(parts[-1]), line
        assert len(parts) == 2 or re.fullmatch(r"dy\d\d", symbols), line


def test_a_wrong_sum_is_refused() -> None:
    """Also where one forgets to divide."""
    three = Factor("x", (0, 0), 3)
    with pytest.raises(ValueError, match="y11 is 5, but its products add up to 9"):
        sum_of_products(Factor("y", (0, 0), 5), [(three, three)])
    with pytest.raises(ValueError, match="y11 is 6, but its products add up to 3"):
        sum_of_products(Factor("y", (0, 0), 6), [(three,), (three,)], 2)


@pytest.mark.parametrize("example", [convolution.SMALL, convolution.STRIDED])
def test_the_last_step_of_a_convolution_shows_the_whole(example: convolution.Example) -> None:
    """y, dx, dweight and dbias as the plain definition has them."""
    options = {"stride": example.stride, "padding": example.padding}
    x, weight, dy = (a[None, None] for a in (example.x, example.weight, example.dy))
    arrays = {"x": x, "weight": weight, "bias": np.zeros(1, np.int64)}
    expected = DEFINITIONS["conv2d"](dy, arrays, options)
    *_, forward = convolution.sliding(example)
    *_, to_x = convolution.to_input(example)
    *_, to_w = convolution.to_weight(example)
    assert np.array_equal(numbers(named(forward, "y")), expected["y"][0, 0])
    assert np.array_equal(numbers(named(to_x, "dx")), expected["dx"][0, 0])
    assert np.array_equal(numbers(named(to_w, "dweight")), expected["dweight"][0, 0])
    assert (
        marked(named(convolution.to_bias(example), "dbias"), "here") == expected["dbias"].tolist()
    )


@pytest.mark.parametrize("example", [convolution.SMALL, convolution.STRIDED])
def test_both_views_of_dx_agree(example: convolution.Example) -> None:
    """The lettered products, and one window of dy among zeros under the turned kernel."""
    for step in convolution.to_input(example):
        (here,) = marked(named(step, "dx"), "here")
        upstream, kernel = lettered(named(step, "dy")), lettered(named(step, "weight"))
        assert upstream.keys() == kernel.keys()
        assert sum(upstream[k] * kernel[k] for k in kernel) == here
        window = marked(named(step, "dy among"), "window")
        assert np.dot(window, marked(named(step, "weight w turned"), "window")) == here


@pytest.mark.parametrize(
    "wrong", [dx_kernel_not_turned, dx_overlaps_overwritten, dx_first_window_stands]
)
def test_a_known_mistake_makes_no_picture(
    wrong: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a wrong backward: the paths of the gradient do not add up to its dx."""
    monkeypatch.setattr(convolution, "conv2d_backward", wrong)
    with pytest.raises(ValueError, match="but its products add up to"):
        list(convolution.to_input(convolution.SMALL))


def test_max_pooling_ends_with_all_of_dx(shown: dict[str, Picture]) -> None:
    """As refimpl has it; in the overlapping picture an element wins several windows."""
    for name, size, stride in (("max-pooling", 2, 2), ("max-pooling-overlapping", 3, 2)):
        last = shown[name].steps[-1]
        x, dy = (numbers(named(last, n))[None, None] for n in ("x", "dy"))
        whole = refimpl.max_pool2d_backward(dy, x, size, stride)[0, 0]
        assert np.array_equal(numbers(named(last, "dx")), whole)
        assert np.array_equal(numbers(named(last, "y")), refimpl.max_pool2d(x, size, stride)[0, 0])
    sums = [step.sums[0].striptags() for step in shown["max-pooling-overlapping"].steps]
    assert max(line.count("dy") for line in sums) > 1


def test_a_tie_differs_by_its_convention(shown: dict[str, Picture]) -> None:
    """The first maximum, or each."""
    (step,) = shown["max-pooling-tie"].steps
    first, every = (numbers(named(step, f'dx, ties="{ties}"')) for ties in ("first", "all"))
    assert np.count_nonzero(first) == 1
    assert np.count_nonzero(every) == 2


def test_average_pooling_ends_with_all_of_dx(shown: dict[str, Picture]) -> None:
    """As refimpl has it, windows side by side and overlapping."""
    for name, stride in (("average-pooling", 2), ("average-pooling-overlapping", 1)):
        last = shown[name].steps[-1]
        dx, dy = (numbers(named(last, n)) for n in ("dx", "dy"))
        whole = refimpl.avg_pool2d_backward(dy[None, None], dx[None, None], 2, stride)[0, 0]
        assert np.array_equal(dx, whole)


def test_softmax_shows_its_derivative(shown: dict[str, Picture]) -> None:
    """O_i(1 − O_i) on the diagonal, −O_i·O_j beside it, to the digits shown."""
    (step,) = shown["softmax"].steps
    o = refimpl.softmax(numbers(named(step, "z"))[0])
    assert np.allclose(numbers(named(step, "∂O")), np.diag(o) - np.outer(o, o), atol=5e-4)


# --- images -------------------------------------------------------------------------------


def pixels(png: bytes) -> NDArray[np.uint8]:
    """Red, green, blue and opacity (H, W, 4)."""
    return np.asarray(Image.open(BytesIO(png)).convert("RGBA"))


def test_images_show_their_numbers() -> None:
    """Dark to bright; by sign; NaN is see-through; a constant has no image to fail on."""
    assert pixels(rasters.grey(np.array([[0.0, 1], [2, 4]])))[..., 0].tolist() == [
        [0, 64],
        [128, 255],
    ]
    below, none, above = pixels(rasters.signed(np.array([[-2.0, 0, 1]])))[0, :, :3].astype(int)
    assert tuple(below) == rasters.BLUE
    assert tuple(none) == rasters.PALE
    assert above[0] > above[2]
    assert pixels(rasters.grey(np.array([[np.nan, 1.0]])))[0, :, 3].tolist() == [0, 255]
    assert pixels(rasters.signed(np.zeros((1, 1))))[0, 0, :3].tolist() == list(rasters.PALE)


def test_a_filter_is_its_convolution() -> None:
    """Sobel X over the photograph: differences of neighbouring columns, written out."""
    face = filters.filtered(np.ones((1, 1), np.int64))
    beside = face[:, 2:] - face[:, :-2]
    expected = beside[:-2] + 2 * beside[1:-1] + beside[2:]
    assert np.array_equal(filters.filtered(filters.DERIVATIVES["Sobel X"]), expected)
    assert not np.array_equal(filters.filtered(filters.DERIVATIVES["Scharr X"]), expected)


def test_lenet_learns_the_digit_that_is_shown() -> None:
    """After training it answers right, surely, and its layers gave something else before."""
    before, after, losses = architectures.before_and_after()
    assert losses[-1] < losses[0] / 5
    right = digits()[1][architectures.DIGIT]
    assert before.probabilities.argmax() != right
    assert after.probabilities.argmax() == right
    assert np.array_equal(before.outputs["x"], after.outputs["x"])
    assert not np.array_equal(before.outputs["conv1"], after.outputs["conv1"])


# --- the section --------------------------------------------------------------------------


def test_links_lead_to_what_there_is(shown: dict[str, Picture]) -> None:
    """Functions of refimpl, rows of the ledger, names that differ."""
    for picture in shown.values():
        assert picture.functions
        assert picture.statements
        assert set(picture.functions) <= set(refimpl.__all__)
        assert set(picture.statements) <= set(ledger())
    assert len(shown) > 10


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of this section alone."""
    path = tmp_path_factory.mktemp("pictures") / "index.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "SECTIONS", (pictures,))
        path.write_text(build.page(read_tables(SAMPLE)), encoding="utf-8")
    return path


def test_the_section_is_small(page: Path) -> None:
    """700 kB of the page's 5 MB."""
    assert 100_000 < page.stat().st_size < 700_000


def test_every_step_is_reached_by_keyboard(page: Path, browser: webdriver.Chrome) -> None:
    """By the slider's arrows and by the button; what is seen is said."""
    browser.get(page.as_uri())
    groups = browser.find_elements(By.CSS_SELECTOR, "[data-pictures-steps]")
    assert len(groups) > 8
    for group in groups:
        slider = group.find_element(By.CSS_SELECTOR, "input[type=range]")
        count = int(slider.get_attribute("max") or 0)
        assert seen(browser, group) == [1]
        slider.send_keys(Keys.ARROW_RIGHT)
        assert seen(browser, group) == [2]
        said = group.find_element(By.CSS_SELECTOR, "[role=status]")
        assert said.get_attribute("textContent").startswith(f"2/{count}")
        slider.send_keys(Keys.END)
        assert seen(browser, group) == [count]
    button = groups[0].find_element(By.CSS_SELECTOR, '[data-go="-1"]')
    reached = [seen(browser, groups[0])]
    for _ in range(8):
        button.send_keys(Keys.ENTER)
        reached.append(seen(browser, groups[0]))
    assert reached == [[k] for k in range(9, 0, -1)]
    assert [line for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []


def seen(browser: webdriver.Chrome, group: object) -> list[int]:
    """The numbers of the steps that are visible."""
    script = """return [...arguments[0].querySelectorAll(".pictures-step")]
        .map((step, k) => step.checkVisibility() ? k + 1 : 0).filter(Boolean)"""
    found: list[int] = browser.execute_script(script, group)
    return found


def test_an_element_is_chosen_by_a_click(page: Path, browser: webdriver.Chrome) -> None:
    """The step of the element that was clicked, of y in the first picture."""
    browser.get(page.as_uri())
    group = browser.find_element(By.CSS_SELECTOR, "#picture-convolution [data-pictures-steps]")
    cells = group.find_elements(By.CSS_SELECTOR, ".current [data-pictures-choose] th ~ td")
    browser.execute_script("arguments[0].click()", cells[5])
    assert seen(browser, group) == [6]


def test_it_reads_without_scripts(page: Path, browser: webdriver.Chrome) -> None:
    """The first step, and the others behind a fold that opens; no button that does nothing."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(page.as_uri())
        group = browser.find_element(By.CSS_SELECTOR, "[data-pictures-steps]")
        steps = group.find_elements(By.CSS_SELECTOR, ".pictures-step")
        assert [step.is_displayed() for step in steps] == [True] + [False] * 8
        assert not group.find_element(By.CSS_SELECTOR, ".pictures-controls").is_displayed()
        group.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
        assert all(step.is_displayed() for step in steps)
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_nothing_plays_where_motion_is_unwanted(page: Path, browser: webdriver.Chrome) -> None:
    """With prefers-reduced-motion there is no button to play."""
    browser.get(page.as_uri())
    play = browser.find_element(By.CSS_SELECTOR, "[data-play]")
    assert play.is_displayed()
    media = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    try:
        assert not play.is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_phone_needs_no_sideways_scrolling(
    page: Path, browser: webdriver.Chrome, lang: str
) -> None:
    """At 390 px, in both languages."""
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        browser.get(page.as_uri())
        browser.execute_script("document.documentElement.dataset.lang = arguments[0]", lang)
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 390
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

"""The page in a real browser: no errors, no network, switches, tables, links, accessibility."""

from __future__ import annotations

import json
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pages_made import sample_page
from selenium import webdriver

from parity.page.shortening import shortened
from parity.results.verdicts import INFORMATION, VERDICTS
from parity.texts.translations import said_in

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
GRAVE = ("serious", "critical")
PHONE, DESK = 390, 1280


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The sample's page as a file."""
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(shortened(sample_page()), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser: webdriver.Chrome, address: str) -> webdriver.Chrome:
    """The page, opened anew, as a reader sees it for the first time."""
    resize(browser, DESK)
    emulate(browser, "light")
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(address)
    browser.execute_script("localStorage.clear()")
    browser.get("about:blank")
    browser.get(address)
    return browser


def resize(browser: webdriver.Chrome, width: int) -> None:
    """A window of another width."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def emulate(browser: webdriver.Chrome, scheme: str) -> None:
    """What the reader's system prefers: light or dark."""
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def speak(browser: webdriver.Chrome, language: str) -> None:
    """Press the switch."""
    browser.find_element("css selector", f"[data-language={language}]").click()


def shown(browser: webdriver.Chrome, selector: str) -> list[str]:
    """The texts that are to be seen."""
    script = """return [...document.querySelectorAll(arguments[0])]
        .filter(e => e.offsetParent !== null).map(e => e.textContent)"""
    found: list[str] = browser.execute_script(script, selector)
    return found


# --- by itself ----------------------------------------------------------------------------


def test_it_opens_without_errors_and_asks_nobody(page: webdriver.Chrome, address: str) -> None:
    """From file://; the console is empty, and nothing but the file and its own data is read."""
    assert page.get_log("browser") == []
    asked = set()
    for entry in page.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.add(message["params"]["request"]["url"])
    foreign = {url for url in asked if not url.startswith((address, "data:", "about:"))}
    assert foreign == set()
    assert address in asked


@pytest.mark.parametrize("width", [360, PHONE, DESK])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_is_no_wider_than_the_window(page: webdriver.Chrome, width: int, language: str) -> None:
    """Wide tables scroll by themselves, unfolded too."""
    resize(page, width)
    speak(page, language)
    page.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    script = """const root = document.documentElement;
        return [root.scrollWidth, root.clientWidth];"""
    needed, window = page.execute_script(script)  # less than the width by the scroll bar
    assert needed <= window


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_formula_is_drawn(page: webdriver.Chrome, language: str) -> None:
    """As MathML of some size, with no element that the browser does not know."""
    speak(page, language)
    page.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    script = """
        const formulas = [...document.querySelectorAll('math')].filter(m => m.checkVisibility());
        const odd = formulas.filter(m => {
            const box = m.getBoundingClientRect();
            return !(box.width > 2 && box.height > 2)
                || [...m.querySelectorAll('*')].some(e => !(e instanceof MathMLElement));
        });
        return [formulas.length, odd.map(m => m.textContent)];"""
    count, odd = page.execute_script(script)
    assert count > 100
    assert odd == []


@pytest.mark.parametrize("width", [PHONE, 768, 1024, DESK])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_header_hides_nothing(page: webdriver.Chrome, width: int, language: str) -> None:
    """What a link leads to, or Shift-Tab, stands below it; at a desk it is one row, in sight."""
    resize(page, width)
    speak(page, language)
    script = """
        const header = document.querySelector('body > header');
        const links = [...document.querySelectorAll('main a[href^="#"]')]
            .filter(a => a.checkVisibility());
        const above = (element) => getComputedStyle(header).position === 'sticky'
            ? element.getBoundingClientRect().top - header.getBoundingClientRect().bottom : 1;
        const heading = document.getElementById('closer-lost');
        heading.scrollIntoView();
        const jumped = above(heading);
        const last = links[60];
        scrollTo(0, scrollY + last.getBoundingClientRect().top - 10);
        last.focus();
        return [jumped, above(last), header.offsetHeight, header.scrollWidth];"""
    jumped, focused, height, wide = page.execute_script(script)
    assert jumped >= 0
    assert focused >= 0
    assert wide <= width
    if width == DESK:
        assert height <= 48


# --- switches -----------------------------------------------------------------------------


def test_the_language_switch(page: webdriver.Chrome) -> None:
    """One language is to be seen, attributes follow, and the choice stays."""
    assert "Overview" in shown(page, "h2 [lang=en]")
    assert shown(page, "[lang=zh-Hans]") == []
    speak(page, "zh")
    assert "概览" in shown(page, "h2 [lang=zh-Hans]")
    assert shown(page, "main [lang=en]") == []
    assert page.execute_script("return document.documentElement.lang") == "zh-Hans"
    assert page.execute_script("return document.querySelector('nav').ariaLabel") == "各部分"
    page.refresh()
    assert "概览" in shown(page, "h2 [lang=zh-Hans]")
    speak(page, "en")
    assert page.execute_script("return document.querySelector('nav').ariaLabel") == "Sections"


@pytest.mark.parametrize(("prefers", "other"), [("light", "dark"), ("dark", "light")])
def test_light_and_dark(page: webdriver.Chrome, prefers: str, other: str) -> None:
    """As the reader's system prefers, until the reader chooses."""

    def scheme() -> str:
        background = "getComputedStyle(document.body).backgroundColor"
        (red, *_) = page.execute_script(f"return {background}.match(/\\d+/g).map(Number)")
        return "light" if red > 128 else "dark"

    emulate(page, prefers)
    assert scheme() == prefers
    page.find_element("id", "theme").click()
    assert scheme() == other


# --- tables and links ---------------------------------------------------------------------


@pytest.mark.parametrize("presses", [1, 2])
def test_a_table_sorts(page: webdriver.Chrome, presses: int) -> None:
    """By numbers as numbers: up, then down, what is empty last; the head says which."""
    script = """
        document.querySelectorAll('details').forEach(d => d.open = true);
        const linear = document.getElementById('linear').closest('article');
        const table = linear.querySelector('table.cases');
        const head = table.tHead.rows[0].cells[3];
        for (let k = 0; k < arguments[0]; k++) head.querySelector('button').click();
        const cells = [...table.tBodies[0].rows].map(row => row.cells[3].textContent.trim());
        return [head.ariaSort, cells];"""
    sort, cells = page.execute_script(script, presses)
    numbers = [float(cell) for cell in cells if cell]
    assert sort == ("descending" if presses == 2 else "ascending")
    assert numbers == sorted(numbers, reverse=presses == 2)
    assert len(set(numbers)) > 5
    assert cells[len(numbers) :] == [cell for cell in cells if not cell]


VERDICT_CELLS = """
    document.querySelectorAll('details').forEach(d => d.open = true);
    const table = document.getElementById('linear').closest('article').querySelector('.cases');
    const button = table.tHead.rows[0].cells[1].querySelector('button');
    if (arguments[0]) button.click();
    return [...table.tBodies[0].rows].map(row => row.cells[1].innerText.trim());"""


def test_verdicts_are_said_in_the_readers_language(page: webdriver.Chrome) -> None:
    """In tables, too; sorted by them, equal ones stand together in both."""
    verdicts = [*VERDICTS, INFORMATION]
    assert set(page.execute_script(VERDICT_CELLS, False)) & set(verdicts)
    speak(page, "zh")
    cells = page.execute_script(VERDICT_CELLS, True)
    assert not [cell for cell in cells if any(verdict in cell for verdict in verdicts)]
    assert {said_in("zh", "within"), said_in("zh", "identical")} <= set(cells)
    assert len([1 for one, other in pairwise(cells) if one != other]) == len(set(cells)) - 1


def test_a_heading_with_a_term_sorts_and_explains(page: webdriver.Chrome) -> None:
    """The ? beside it is no part of what is pressed to sort, and leads to the term."""
    script = """
        document.querySelectorAll('details').forEach(d => d.open = true);
        const head = document.getElementById('linear').closest('article')
            .querySelector('.cases').tHead.rows[0].cells[3];
        const link = head.querySelector('a.term');
        return [!!link.closest('button'), head.querySelector('button').innerText,
            !!document.getElementById(link.hash.slice(1)), link.checkVisibility()];"""
    inside, text, found, visible = page.execute_script(script)
    assert not inside
    assert text == "its error/bound"
    assert found
    assert visible


def test_a_filter_hides_what_does_not_fit(page: webdriver.Chrome) -> None:
    """And says how many are left; an empty one shows everything."""
    entry = page.find_element("css selector", "[data-filter=function-list]")
    everything = len(shown(page, "#function-list [data-row]"))
    entry.send_keys("leaky_relu negative_slope")
    left = shown(page, "#function-list [data-row]")
    assert 0 < len(left) < everything
    assert all("leaky_relu" in text for text in left)
    count = page.find_element("css selector", "[data-count=function-list]").text
    assert count == f"{len(left)} / {everything}"
    entry.clear()
    entry.send_keys("x", "\b")
    assert len(shown(page, "#function-list [data-row]")) == everything


def test_every_link_leads_to_something_that_is_seen(page: webdriver.Chrome) -> None:
    """What it names is there, and unfolded when it is asked for."""
    script = """
        const done = arguments[arguments.length - 1];
        const ids = new Set([...document.querySelectorAll('a[href^="#"]')]
            .map(a => decodeURIComponent(a.hash.slice(1))));
        const lost = [...ids].filter(id => !document.getElementById(id));
        const isFolded = id => document.getElementById(id)?.closest('details:not([open])');
        const folded = [...ids].find(isFolded);
        if (!folded) return done([ids.size, lost, true]);
        location.hash = folded;
        setTimeout(() => done([ids.size, lost,
            document.getElementById(folded).checkVisibility()]), 300);"""
    count, lost, visible = page.execute_async_script(script)
    assert count > 200
    assert lost == []
    assert visible


def test_the_keyboard_reaches_the_switches(page: webdriver.Chrome) -> None:
    """The first stop skips to the content; everything that is pressed can be reached by Tab."""
    script = """return [...document.querySelectorAll('button, a[href], input, select, summary')]
        .filter(e => e.tabIndex < 0).length"""
    assert page.execute_script(script) == 0
    first = page.execute_script(
        "return document.querySelector('a[href], button').getAttribute('href')"
    )
    assert first == "#content"


# --- accessibility ------------------------------------------------------------------------


# Of what repeats, the first three and the last stay: every kind of thing, in seconds.
PRUNED = """
    const repeated = [];
    for (const parent of document.querySelectorAll('main, main *')) {
        const of = Map.groupBy([...parent.children], e => e.tagName + e.getAttribute('class'));
        for (const found of of.values()) repeated.push(...found.slice(3, -1));
    }
    for (const element of repeated) element.remove();
    return document.querySelectorAll('main *').length;"""


def grave(browser: webdriver.Chrome) -> list[str]:
    """What axe-core finds serious or worse: the rule and where."""
    assert browser.execute_script(PRUNED) < 12000
    browser.execute_script(AXE)
    script = """
        const done = arguments[arguments.length - 1];
        axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations));"""
    browser.set_script_timeout(120)
    found: list[dict[str, Any]] = browser.execute_async_script(script)
    return [
        f"{violation['id']}: {node['html'][:120]}"
        for violation in found
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(DESK, "light", "en"), (DESK, "dark", "zh"), (PHONE, "dark", "en"), (PHONE, "light", "zh")],
)
def test_axe_finds_nothing_serious(
    page: webdriver.Chrome, width: int, scheme: str, language: str
) -> None:
    """With everything folded, as the page opens: the active scheme, the visible language."""
    resize(page, width)
    emulate(page, scheme)
    speak(page, language)
    assert grave(page) == []


def test_axe_finds_what_is_planted(browser: webdriver.Chrome, tmp_path: Path) -> None:
    """The test above can fail."""
    bad = tmp_path / "bad.html"
    bad.write_text('<html lang="en"><title>t</title><button></button>', encoding="utf-8")
    browser.get(bad.as_uri())
    assert any("button-name" in line for line in grave(browser))

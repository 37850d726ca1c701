"""The browser that other tests look through: it starts, and where it lacks, nothing passes."""

from __future__ import annotations

import os
import subprocess
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException

FOLDER = Path(__file__).parent
NEEDS_IT = """
def test_title(browser):
    browser.get("data:text/html,<title>here</title>")
    assert browser.title == "here"
"""


def test_it_keeps_what_the_console_says(browser: webdriver.Chrome, tmp_path: Path) -> None:
    """A page's mistake, and a file that it lacks, reach the test."""
    page = tmp_path / "page.html"
    page.write_text("<title>p</title><img src=none.png><script>throw Error('oh')</script>")
    browser.get(page.as_uri())
    said = [entry["message"] for entry in browser.get_log("browser")]
    assert browser.title == "p"
    assert any("oh" in line for line in said)
    assert any("none.png" in line for line in said)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_it_reaches_no_network(browser: webdriver.Chrome, host: str) -> None:
    """Not even a server on this machine."""
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server,
        pytest.raises(WebDriverException, match="ERR_NAME_NOT_RESOLVED"),
    ):
        browser.get(f"http://{host}:{server.server_port}/")


@pytest.mark.parametrize(("required", "outcome"), [("", "1 skipped"), ("1", "1 error")])
def test_without_a_browser(tmp_path: Path, required: str, outcome: str) -> None:
    """A test that needs it is skipped with the reason; where it is required, it fails."""
    (tmp_path / "conftest.py").write_text((FOLDER / "conftest.py").read_text("utf-8"))
    (tmp_path / "test_needing.py").write_text(NEEDS_IT)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", str(tmp_path)],
        env={**os.environ, "PATH": str(tmp_path), "REQUIRE_BROWSER": required},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in ended.stdout, ended.stdout
    assert "there is no chromium on PATH" in ended.stdout

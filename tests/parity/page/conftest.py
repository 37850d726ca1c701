"""The page in a real browser: Debian's Chromium, headless and without network."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

# With this set, a test that needs the browser fails where there is none; else it is skipped.
REQUIRED = "REQUIRE_BROWSER"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRIVER = "chromedriver"
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-device-scale-factor=1",
    "--window-size=1280,900",
)
LOGS = {"browser": "ALL", "performance": "ALL"}  # get_log("browser"): what the console says


def missing() -> str:
    """What the tests in a browser lack, in one sentence; empty if nothing."""
    if not any(map(shutil.which, BROWSERS)):
        return f"there is no {BROWSERS[0]} on PATH: apt-get install chromium chromium-driver"
    if not shutil.which(DRIVER):
        return f"there is no {DRIVER} on PATH: apt-get install chromium-driver"
    if not _draws_chinese():
        return "there is no font for Chinese: apt-get install fonts-wqy-microhei"
    return ""


def _draws_chinese() -> bool:
    """Whether there is a font for it; where nobody can be asked, it is taken for granted."""
    asked = shutil.which("fc-list")
    return asked is None or bool(subprocess.run([asked, ":lang=zh"], capture_output=True).stdout)


def options(profile: Path) -> webdriver.ChromeOptions:
    """Of a browser that starts anew, asks nobody, and keeps its logs for the test."""
    chosen = webdriver.ChromeOptions()
    chosen.binary_location = next(filter(None, map(shutil.which, BROWSERS)))
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        chosen.add_argument(flag)
    chosen.set_capability("goog:loggingPrefs", LOGS)
    return chosen


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Chromium, one for the tests of a file; each test opens its own page in it.

    Its window is 1280×900; `browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", …)`
    makes it a phone's, "Emulation.setEmulatedMedia" dark.
    """
    if lacking := missing():
        if os.environ.get(REQUIRED):
            pytest.fail(f"{REQUIRED} is set, but {lacking}", pytrace=False)
        pytest.skip(lacking)
    profile = tmp_path_factory.mktemp("browser")
    service = webdriver.ChromeService(shutil.which(DRIVER))
    driver = webdriver.Chrome(options=options(profile), service=service)
    yield driver
    driver.quit()

"""The form of the scripts in findings/, without running them: they load packages from the net."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "findings"
SCRIPTS = sorted(FOLDER.glob("*.sh"))
README = (FOLDER / "README.md").read_text()
HEADINGS = ("What", "Packages", "Expected", "Seen", "Why it matters", "Measured", "Usage")


def faults(text: str) -> list[str]:
    """What a script lacks of the form that findings/README.md describes."""
    header = re.match(r"(#.*\n)*", text)
    assert header
    code = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    found = [f"no {word}" for word in HEADINGS if f"# {word}: " not in header[0]]
    if not text.startswith("#!/usr/bin/env bash\n"):
        found.append("no bash")
    if not code.startswith("set -euo pipefail\n"):
        found.append("goes on after an error")
    if not re.search(r"^room=\$\(mktemp -d\)\ntrap 'rm -rf \"\$room\"' EXIT$", code, re.MULTILINE):
        found.append("no temporary folder, or it stays")
    if '"${PYTHON:-python3}" -m venv "$room/venv"' not in code:
        found.append("no environment of its own")
    if not re.search(r"^    (\$packages|[\w.-]+==[\d.]+) \|\|", code, re.MULTILINE):
        found.append("installs other packages than it says")
    packages = re.findall(r'^packages="(.*)"$', code, re.MULTILINE)
    if any(not re.fullmatch(r"[\w.-]+==[\d.]+", word) for word in " ".join(packages).split()):
        found.append("a package without ==")
    if re.search(r"^\s*(?:import|from)\s.*\b(?:refimpl|parity)\b", code, re.MULTILINE):
        found.append("imports this project")
    if not re.search(r"""sys\.exit\(f?"changed: """, code):
        found.append("cannot say that something changed")
    return found


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) >= 3


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_form(script: Path) -> None:
    """Each script can be run, has the form, and stands in the README's table."""
    assert os.access(script, os.X_OK)
    assert faults(script.read_text()) == []
    assert f"| [{script.name}]({script.name}) |" in README


def test_the_table_names_nothing_else() -> None:
    """No row of a script that is gone."""
    named = re.findall(r"^\| \[(.+?)\]", README, re.MULTILINE)
    assert sorted(named) == [path.name for path in SCRIPTS]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("#!/usr/bin/env bash", "#!/bin/sh", "no bash"),
        ("# Seen: ", "# Saw: ", "no Seen"),
        ("set -euo pipefail\n", "", "goes on after an error"),
        ("trap 'rm", "true 'rm", "no temporary folder, or it stays"),
        ("mktemp -d", "mkdir here", "no temporary folder, or it stays"),
        ("-m venv", "-m virtualenv", "no environment of its own"),
        ("jax==0.10.2", "jax>=0.10.2", "a package without =="),
        ("jax==0.10.2", "jax", "a package without =="),
        ("    $packages ||", "    torch ||", "installs other packages than it says"),
        ("import sys\n", "import sys, refimpl\n", "imports this project"),
        ("import sys\n", "from parity.run import run\n", "imports this project"),
        ('"changed: ', '"', "cannot say that something changed"),
    ],
)
def test_a_fault_is_found(old: str, new: str, fault: str) -> None:
    """A good script with one thing spoilt has that fault and no other."""
    good = (FOLDER / "gradient_at_the_kink.sh").read_text()
    assert old in good
    assert faults(good.replace(old, new)) == [fault]

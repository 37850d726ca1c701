"""The contracts of the imports can fail, and a module's name means one thing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import parity
import refimpl

ROOT = Path(parity.__file__).parents[1]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

# Where something is planted, what, and the contract that must break.
PLANTED = {
    "an arrow back up": (
        "parity/witnesses/balls.py",
        "from parity.judges import layer\n",
        "parity's floors: imports point down",
    ),
    "a room without a floor": (
        "parity/attic/__init__.py",
        "",
        "parity's floors: imports point down",
    ),
    "torch outside its room": (
        "parity/bounds/bound.py",
        "def f():\n    import torch\n",
        "torch in parity.oracle only",
    ),
    "refimpl in a bound": (
        "parity/bounds/propagation/max_pooling.py",
        "from refimpl.windows import windows\n",
        "no bound is computed by what it judges",
    ),
    "two files that import each other": (
        "parity/bounds/sums.py",
        "def f():\n    from parity.bounds import rules\n",
        "no circle, between rooms or files",
    ),
    "a third package in refimpl": (
        "refimpl/dense.py",
        "import pandas\n",
        "refimpl imports NumPy only",
    ),
    "refimpl in a definition": (
        "parity/witnesses/definitions/planted.py",
        "import refimpl\n",
        "the definitions share no line with refimpl or torch",
    ),
}


def broken(folder: Path) -> set[str]:
    """The contracts that the tree in a folder breaks."""
    done = subprocess.run([sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True)
    found = (line.partition(" BROKEN") for line in done.stdout.splitlines())
    return {contract for contract, verdict, _ in found if verdict}


def copied(folder: Path) -> Path:
    """Both packages and the contracts, in a folder of their own."""
    for package in (parity, refimpl):
        shutil.copytree(Path(package.__file__).parent, folder / package.__name__)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_no_contract_is_broken(tmp_path: Path) -> None:
    """The tree as it is; a copy, so that the tests below differ in what they plant alone."""
    assert broken(copied(tmp_path)) == set()


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_import_is_refused(tmp_path: Path, what: str) -> None:
    """Each contract refuses what it is there for."""
    file, text, contract = PLANTED[what]
    path = copied(tmp_path) / file
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + text)
    assert contract in broken(tmp_path)


# --- names --------------------------------------------------------------------------------

# Names that several rooms have beside refimpl's subjects and the documents' parts, and what each
# means everywhere.
SHARED = {
    "accuracy": "how exact both sides are, and what is said of it",
    "audit": "the audit of the documents, and what is said of it",
    "bench": "measuring, and what is said of it",
    "check": "one thing judged: somebody's layer, a case's properties; and what is said of it",
    "causes": "what the wrong numbers of somebody or of a run look like",
    "catalogue": "all entries of a room, joined",
    "circumstances": "where alone a mistake is made, and what is said of it",
    "closeness": "both sides beside the exact values, and who finds it",
    "conventions": "what functions do at ties and kinks, where more than one answer is right",
    "diff": "two runs, compared",
    "documents": "the five documents, and their section of the page",
    "every": "what the files of a folder say of every function, or row",
    "explain": "worked examples, and the command that shows them",
    "failures": "how a candidate fails, and how a run does",
    "files": "which files are read or written",
    "in_python": "what a room is for somebody in Python",
    "layer": "one function on given arrays",
    "lost_digits": "where torch loses digits, and what is said of it",
    "functions": "every compared function, and its place on the page",
    "overview": "a run at a glance, on the terminal and on the page",
    "pictures": "the pictures that teach, and their section of the page",
    "page": "the page, and the command that makes it",
    "plots": "drawings of what was found, on the page and in a notebook",
    "pooling": "what maximum and average pooling share",
    "libraries": "what other people's libraries are, to a candidate and among the peers",
    "peers": "other frameworks, and the command that asks them",
    "linearity": "whether a gradient is linear in dy",
    "memory": "bytes that a process needs",
    "mistakes": "known mistakes, and what is said of them",
    "rules": "the table of each function's rule",
    "run": "a run of the suite",
    "softmax": "softmax and what contains it",
    "sums": "sums of products",
    "sweep": "random cases, as many as wanted",
    "tables": "what is kept in columns: a sweep's store, a report folder",
    "texts": "what is said to people",
    "vouching": "whether a run could have seen a mistake, and what is said of it",
    "witnesses": "the witnesses beside torch, and what they say",
    "wrong_code": "what a known mistake gives in the place of refimpl",
}
DOCUMENT = re.compile(r"d[0-4]_")  # the formulas of a part as printed, and their evidence


def repeated(names: dict[str, set[str]]) -> set[str]:
    """Names that several rooms use, are no subject of refimpl's, and are not explained."""
    subjects = {path.stem for path in Path(refimpl.__file__).parent.glob("*.py")}
    several = {name for name, rooms in names.items() if len(rooms) > 1}
    return {name for name in several - subjects - set(SHARED) if not DOCUMENT.match(name)}


def modules() -> dict[str, set[str]]:
    """The names of all files and folders of both packages, and where they are."""
    found: dict[str, set[str]] = defaultdict(set)
    for package in (parity, refimpl):
        for path in Path(package.__file__).parent.rglob("*.py"):
            named = path.parent if path.name == "__init__.py" else path
            found[named.stem].add(str(named.parent))
    return found


def test_a_name_means_one_thing() -> None:
    """Two files of one name are about the same subject of refimpl, or `SHARED` says what."""
    assert repeated(modules()) == set()
    assert set(SHARED) <= {name for name, rooms in modules().items() if len(rooms) > 1}


def test_a_repeated_name_is_seen() -> None:
    """The test above can fail."""
    assert repeated({"helpers": {"parity", "parity/bench"}, "losses": {"a", "b"}}) == {"helpers"}

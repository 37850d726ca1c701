"""The notebooks of examples/ give what they show, and show nothing of whose machine it was."""

from __future__ import annotations

import ast
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from executing import EXAMPLES, METADATA, NOTEBOOKS, ROOT, executed, read, told

NAMES = [path.stem for path in NOTEBOOKS]
WITH_TORCH = {"check_your_own_layer", "watch_a_model"}
# A path, a point in time, a duration.
OWN = re.compile(r"/(home|root|tmp|work|usr|Users|var)/|[A-Z]:\\|\b20\d\d-\d\d|\d s\b|\d:\d\d:\d\d")


def code(notebook: Any) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook: Any) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.fixture(params=NAMES)
def stored(request: pytest.FixtureRequest) -> Any:
    return read(EXAMPLES / f"{request.param}.ipynb")


# A process of its own for each: they wait for nobody.
@pytest.mark.parametrize("name", NAMES)
def test_it_gives_what_it_shows(name: str) -> None:
    """Texts to the letter, but for measured numbers; of pictures that there is one."""
    notebook = read(EXAMPLES / f"{name}.ipynb")
    shown = told(notebook)
    assert told(executed(notebook)) == shown


def test_another_output_is_seen() -> None:
    """A word, a count, a kind; another number measured is none."""
    source = "print('12 of 20 within', 0.25)"
    right = executed(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]))
    for text, same in (("12 of 20 within 0.26\n", True), ("13 of 20 within 0.25\n", False)):
        other = deepcopy(right)
        other.cells[0].outputs[0].text = text
        assert (told(other) == told(right)) is same
    other = deepcopy(right)
    other.cells[0].outputs[0].name = "stderr"
    assert told(other) != told(right)


def test_it_is_valid(stored: Any) -> None:
    """It was executed from its first cell to its last, and nothing else is in it."""
    nbformat.validate(stored)
    assert stored.metadata == METADATA
    cells = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(cell.metadata == {} for cell in stored.cells)


def test_nothing_of_this_machine(stored: Any) -> None:
    """No path, no time; no warning."""
    for outputs in told(stored):
        for kind, text in outputs:
            assert kind != "stderr", text
            assert not OWN.search(text)


@pytest.mark.parametrize("text", ["/home/me/x.py", "in 2.8 s", "at 12:31:07", "2026-11-30"])
def test_paths_and_times_are_seen(text: str) -> None:
    """The test above can fail."""
    assert OWN.search(text)


def test_what_each_has(stored: Any) -> None:
    """A formula, a call of refimpl, something right, something wrong, a picture."""
    given = [one for outputs in told(stored) for one in outputs]
    said = " ".join(text for _, text in given)
    assert "$$" in prose(stored)
    assert any("refimpl." in source for source in code(stored))
    assert any("parity." in source for source in code(stored))
    assert "image/png" in {kind for kind, _ in given}
    assert re.search("WRONG|DO NOT HOLD", said)


def test_torch_is_imported_for_its_layers_alone(stored: Any, request: Any) -> None:
    """refimpl and parity are all that the others need."""
    trees = [ast.parse(source) for source in code(stored)]
    imported = {
        (getattr(node, "module", None) or node.names[0].name).partition(".")[0]
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    name = request.node.callspec.params["stored"]
    assert ("torch" in imported) is (name in WITH_TORCH)


def test_its_links_lead_somewhere(stored: Any) -> None:
    """To files that are there."""
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", prose(stored))
    assert links
    assert [link for link in links if not (EXAMPLES / link).exists()] == []


def test_every_notebook_is_listed_once() -> None:
    """On the page about Python."""
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    listed = re.findall(r"\(\.\./examples/(\w+)\.ipynb\)", page)
    assert sorted(listed) == sorted(NAMES)
    assert Path(EXAMPLES / "convolution.ipynb") in NOTEBOOKS

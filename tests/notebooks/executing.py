"""The notebooks of examples/: executed in a kernel of their own, stored, and compared.

`python tests/notebooks/executing.py` (`make notebooks`) executes all, or those that are named, and
stores what comes out.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SECONDS = 300  # that a cell may take
TEXTS = ("text/plain", "text/html")
MEASURED = re.compile(r"-?\d+\.\d+(e[+-]?\d+)?|-?\d+e[+-]?\d+")  # another processor has others


def read(path: Path) -> Any:
    """A notebook as it is stored."""
    return nbformat.read(path, as_version=4)


def executed(notebook: Any) -> Any:
    """The notebook with what its cells give in a fresh kernel, in the folder of the examples."""
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],  # it warns of other users of this machine
        resources={"metadata": {"path": str(EXAMPLES)}},
    )
    with tempfile.TemporaryDirectory() as own:
        client.execute(env=_environment(own))
    return notebook


def _environment(own: str) -> dict[str, str]:
    """Nothing of whose machine it is: settings and history in a folder of the kernel's own."""
    kept = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    python = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**kept, "IPYTHONDIR": own, "PYTHONPATH": python, "OMP_NUM_THREADS": "1"}


def store(path: Path) -> None:
    """Execute a notebook, and write it without what differs from day to day."""
    notebook = executed(read(path))
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        cell.get("outputs", [])[:] = _joined(cell.get("outputs", []))
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def _joined(outputs: list[Any]) -> list[Any]:
    """What is printed as one output, in however many parts it came."""
    found: list[Any] = []
    for output in outputs:
        if found and output.get("name") == found[-1].get("name") is not None:
            found[-1].text += output.text
        else:
            found.append(output)
    return found


def told(notebook: Any) -> list[list[tuple[str, str]]]:
    """What each cell of code gives: kinds and texts, numbers that are measured left out."""
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return [[one for output in _joined(cell.outputs) for one in _of(output)] for cell in cells]


def _of(output: Any) -> list[tuple[str, str]]:
    if output.output_type == "stream":
        return [(output.name, _plain(output.text))]
    if output.output_type == "error":
        return [("error", f"{output.ename}: {output.evalue}")]
    data = sorted(output.data.items())
    return [(kind, _plain(text) if kind in TEXTS else "") for kind, text in data]


def _plain(text: str) -> str:
    return " ".join(MEASURED.sub("#", text).split())


if __name__ == "__main__":
    for chosen in map(Path, sys.argv[1:] or NOTEBOOKS):
        print(chosen.name)
        store(chosen)

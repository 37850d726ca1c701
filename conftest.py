"""Doctests see NumPy as np, as in the package's docstrings."""

import gc
import os

# Read when NumPy and torch are loaded: arrays are small and each core has a process, so that more
# threads than one only wait for each other. Tests about threads set them.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Pictures go to files; no window opens.
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pytest

collect_ignore_glob = ["parity/peers/adapters/*"]  # scripts for other interpreters


def pytest_collection_finish() -> None:
    """Modules and 18,000 tests are there to the end: the collector need not go over them again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _pages_write_elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page's example writes is no file of the repository."""
    if request.node.path.suffix == ".md":
        monkeypatch.chdir(request.getfixturevalue("tmp_path"))


@pytest.fixture(autouse=True)
def _names_for_doctests(doctest_namespace: dict[str, object]) -> None:
    import refimpl

    doctest_namespace["np"] = np
    doctest_namespace["refimpl"] = refimpl

"""Doctests see NumPy as np, as in the package's docstrings."""

import gc
import os

# torch's idle threads would spin while NumPy computes; read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import pytest


def pytest_collection_finish() -> None:
    """Modules and 18,000 tests are there to the end: the collector need not go over them again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _names_for_doctests(doctest_namespace: dict[str, object]) -> None:
    import refimpl

    doctest_namespace["np"] = np
    doctest_namespace["refimpl"] = refimpl

"""Doctests see NumPy as np, as in the package's docstrings."""

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _names_for_doctests(doctest_namespace: dict[str, object]) -> None:
    import refimpl

    doctest_namespace["np"] = np
    doctest_namespace["refimpl"] = refimpl

"""A fixture for pytest: `def test_mine(parity_check): parity_check(my_conv, like="conv2d")`.

pytest loads this file in every session of an environment that has the package: it imports nothing
of it before the fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def parity_check() -> Callable[..., Any]:
    """`parity.check` whose verdict has to be right; it is returned."""

    def checked(candidate: Any, like: str | None = None, **more: Any) -> Any:
        __tracebackhide__ = True
        from parity.candidates.in_python import check

        verdict = check(candidate, like, **more)
        if not verdict:
            pytest.fail(str(verdict), pytrace=False)
        return verdict

    return checked

"""`import refimpl` in a fresh process loads NumPy and nothing else that has to be installed."""

import subprocess
import sys

import refimpl

ALLOWED = {"refimpl", "numpy", *sys.stdlib_module_names}

PROBE = """
import sys
before = set(sys.modules)
{statement}
print(*sorted({{name.partition(".")[0] for name in set(sys.modules) - before}}))
"""


def foreign(statement: str) -> set[str]:
    """The packages that a statement loads beside NumPy, refimpl and the standard library."""
    command = [sys.executable, "-c", PROBE.format(statement=statement)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(result.stdout.split()) - ALLOWED


def test_numpy_only() -> None:
    """refimpl needs NumPy and no third package."""
    assert foreign("import refimpl") == set()


def test_another_import_is_seen() -> None:
    """The test above can fail."""
    assert "mpmath" in foreign("import refimpl, mpmath")


def test_names_are_there() -> None:
    """Everything in __all__ exists, without doubles, and nothing public is missing."""
    public = {
        name
        for name, value in vars(refimpl).items()
        if not name.startswith("_")
        and getattr(value, "__module__", "refimpl.").startswith("refimpl.")
        and not isinstance(value, type(sys))
    }
    assert len(refimpl.__all__) == len(set(refimpl.__all__))
    assert set(refimpl.__all__) == public

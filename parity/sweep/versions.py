"""What a result depends on beside seed and number: versions, and the code itself."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from pathlib import Path

import refimpl
from parity.results.about import package_versions


@cache
def versions() -> str:
    """One line that is the same wherever the same is computed.

    Whoever changes `refimpl` or a bound sweeps anew: their files are in the digest.
    """
    packages = [f"{name} {package_versions()[name]}" for name in ("cnn-parity", "numpy", "torch")]
    return ", ".join((*packages, f"Python {platform.python_version()}", f"code {_digest()}"))


def _digest() -> str:
    """Of all files of both packages."""
    digest = hashlib.sha256()
    for folder in (*map(Path, refimpl.__path__), Path(__file__).parents[1]):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]

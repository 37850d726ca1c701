"""run.json: everything that the numbers of a run depend on."""

from __future__ import annotations

import os
import platform
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from parity.results.findings import Findings
from parity.results.settings import Settings

# What products of matrices and exponentials gain from, of what NumPy says that there is.
VECTORS = (
    *("AVX", "FMA3", "AVX2", "AVX512F", "AVX512_SKX", "AVX512_ICL", "AVX512_SPR"),
    *("NEON", "ASIMD", "SVE", "VSX", "VXE", "RVV"),
)
PART = "part"  # what the scope of a run begins with that is not of a whole suite
PACKAGES = ("cnn-parity", "numpy", "torch", "pandas", "typer", "rich")


def about_run(
    findings: Findings,
    settings: Settings,
    command: list[str],
    jobs: int,
    seconds: float,
    scope: str = "default",
) -> dict[str, Any]:
    """Versions, machine, threads, flags, seed, command, time, and what came out.

    scope: "quick", "default" or "full", the whole suite; "part: …", of which only that was run.
    """
    return {
        "command": command,
        "scope": scope,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "seed": settings.seed,
        "device": settings.device,
        "tf32": settings.tf32,
        "jobs": jobs,
        "override": settings.override or None,
        "holds": findings.holds,
        "verdicts": dict(sorted(Counter(row.verdict for row in findings.rows).items())),
        "bad_inputs": {
            "refused": len(findings.refusals) - len(findings.accepted),
            "accepted": len(findings.accepted),
        },
        "torch_loses_digits": len(findings.lost),
        "planted": dict(
            sorted(
                Counter(f"{one.side or 'any'} {one.verdict}" for one in findings.planted).items()
            )
        ),
        "not_judged": findings.gaps,
        "causes": [asdict(cause) for cause in findings.causes],
        **about_machine(),
    }


def about_machine() -> dict[str, Any]:
    """Versions, processor, BLAS and torch's flags: what numbers depend on beside the seed."""
    from parity import oracle

    return {
        "versions": {"python": platform.python_version(), **package_versions()},
        "cpu": {
            "model": _cpu_model(),
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            "vectors": vector_extensions(),
            "numpy_simd": np.show_config(mode="dicts")["SIMD Extensions"],
        },
        "platform": " ".join(filter(None, (platform.system(), *platform.libc_ver()))),
        "blas": [_owned(library) for library in threadpool_info()],
        "torch": {**oracle.flags(), "threads": 1},  # as during the run
    }


def package_versions() -> dict[str, str]:
    """The versions of the packages that a run uses."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def vector_extensions() -> list[str]:
    """The processor's vector extensions, by NumPy's names for them."""
    core = import_module("numpy._core._multiarray_umath")
    features: dict[str, bool] = getattr(core, "__cpu_features__", {})
    return [name for name in VECTORS if features.get(name)]


def _owned(library: dict[str, Any]) -> dict[str, Any]:
    """A library with the package that brings it in place of paths on this machine."""
    said = {key: v for key, v in library.items() if key not in ("filepath", "num_threads")}
    return {**said, "package": owner(library["filepath"])}


def owner(path: str) -> str:
    """The installed package whose folder a library lies in; nothing for the system's.

    >>> owner("/venv/lib/python3.11/site-packages/numpy.libs/libopenblas.so"), owner("/lib/x.so")
    ('numpy', '')
    """
    _, found, inside = path.replace("\\", "/").rpartition("/site-packages/")
    return inside.partition("/")[0].partition(".")[0] if found else ""

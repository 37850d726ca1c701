"""Peak memory that a call takes beyond what was there before it.

The peak is what the operating system saw (Linux: VmHWM, which can be reset), so that it counts
NumPy's, torch's and the BLAS's memory alike. It is taken in a process of its own whose malloc
gives every larger block back at once: otherwise memory kept from an earlier call would hide.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
# glibc: blocks from 64 KiB on are mapped on their own and unmapped when freed.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


def peak_extra_bytes(call: Callable[[], Any]) -> int:
    """The most that a second call had beyond what was there before it, its result included.

    The first call may load code and plan; that is no memory of the computation.
    """
    call()
    CLEAR.write_text("5")  # resets the peak to what is there now
    before = _kilobytes("VmRSS")
    result = call()
    peak = _kilobytes("VmHWM")
    del result
    return max(0, peak - before) * 1024


def _kilobytes(field: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1])


def peaks(contender: str, dtype: str, workloads: Sequence[str]) -> dict[str, list[int]]:
    """By workload, the peak bytes of forward and of forward+backward; {} where none are told."""
    if not CLEAR.exists():
        return {}
    command = [sys.executable, "-m", "parity.bench.measure_memory", contender, dtype, *workloads]
    found = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **MALLOC}
    )
    peaks: dict[str, list[int]] = json.loads(found.stdout)
    return peaks

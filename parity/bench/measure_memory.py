"""The process that `parity.bench.memory` starts: the peak memory of every workload, as JSON.

python -m parity.bench.measure_memory CONTENDER DTYPE WORKLOAD…
"""

from __future__ import annotations

import json
import sys

from parity.bench.memory import peak_extra_bytes
from parity.bench.speed import computing_with, contenders
from parity.bench.workloads import WORKLOADS


def main(contender: str, dtype: str, *names: str) -> None:
    """Print {workload: [forward, forward+backward]} in bytes."""
    found: dict[str, list[int]] = {}
    with computing_with(1):
        for workload in (w for w in WORKLOADS if w.name in names):
            calls = contenders(workload, dtype, rivals=False)[0][contender]
            found[workload.name] = [peak_extra_bytes(calls.forward), peak_extra_bytes(calls.step)]
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])

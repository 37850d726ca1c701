#!/usr/bin/env bash
# What: threadpoolctl does not see the BLAS inside torch: a limit on BLAS threads leaves torch's
#   matrix products at all of them.
# Packages: torch 2.13.0 (CPU), numpy 2.4.6, threadpoolctl 3.8.0.
# Expected: threadpool_info() lists NumPy's OpenBLAS and torch's MKL; threadpool_limits(1, "blas")
#   limits both.
# Seen: it lists OpenBLAS and torch's OpenMP, but no MKL, which is linked into torch. Under
#   threadpool_limits(1, "blas") OpenBLAS has 1 thread, torch's MKL still 2. Under
#   threadpool_limits(1), which limits OpenMP as well, it has 1.
# Why it matters: whoever compares the speed of two implementations, or wants sums in one order,
#   with "one BLAS thread" compares one thread with all of them.
# Measured: 2026-11-29, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/blas_limit_misses_torch.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="torch==2.13.0 numpy==2.4.6 threadpoolctl==3.8.0"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
cat > show.py <<'PY'
import os
import re
import sys

import numpy as np
import torch
from threadpoolctl import threadpool_info, threadpool_limits

np.ones((300, 300)) @ np.ones((300, 300))
torch.mm(torch.ones(300, 300), torch.ones(300, 300))


def threads():
    """Of OpenBLAS by threadpoolctl, of MKL by torch."""
    blas = [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"]
    said = re.search(r"mkl_get_max_threads\(\) : (\d+)", torch.__config__.parallel_info())
    return blas, int(said[1]) if said else None


listed = sorted(f"{lib['user_api']}: {lib['internal_api']}" for lib in threadpool_info())
print("torch", torch.__version__, "with MKL:", torch.backends.mkl.is_available())
print("threadpoolctl lists", ", ".join(listed))
seen = {"no limit": threads()}
for name, limit in (('limits(1, "blas")', (1, "blas")), ("limits(1)", (1,))):
    with threadpool_limits(*limit):
        seen[name] = threads()
for name, (blas, mkl) in seen.items():
    print(f"{name:18} threads of the BLAS that is listed {blas}, of torch's MKL {mkl}")
cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
if cores < 2 or not torch.backends.mkl.is_available():
    print("not judged: it takes two cores, and a torch with MKL")
    sys.exit()
stated = {"no limit": cores, 'limits(1, "blas")': cores, "limits(1)": 1}
if listed != ["blas: openblas", "openmp: openmp"] or any(
    seen[name][1] != stated[name] or seen[name][0] != [1 if name != "no limit" else cores]
    for name in stated
):
    sys.exit("changed: threads are not as stated")
print("as stated: torch's MKL is not listed, and a limit on BLAS does not reach it")
PY
env -u OMP_NUM_THREADS -u MKL_NUM_THREADS -u OPENBLAS_NUM_THREADS "$room/venv/bin/python" -I show.py

#!/usr/bin/env bash
# What: After a parallel operation torch's idle worker threads go on using CPU time, and
#   OMP_WAIT_POLICY=PASSIVE stops it only if it is set before torch is imported.
# Packages: torch 2.13.0 (CPU; its wheel brings GNU OpenMP, libgomp).
# Expected: a process that sleeps uses no CPU time; an environment variable set in os.environ
#   works, or else something says that it comes too late.
# Seen: with two threads on two cores, each operation was followed by 2 to 6 ms of CPU time while
#   the process slept; with PASSIVE set outside, or in os.environ before `import torch`, by
#   0.05 ms; with PASSIVE in os.environ after `import torch`, by 2 to 6 ms again. 100 rounds of one
#   operation and some pure Python took three to five times as long as with PASSIVE, on cores that
#   had other work too.
# Why it matters: whoever times a NumPy layer beside torch in turns, or runs one process a core,
#   also times threads that do nothing. The comparison is then unfair to either side.
# Measured: 2026-11-29, Linux, x86-64, 2 cores.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/idle_threads_spin.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

"${PYTHON:-python3}" -c '
import os, sys
cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
if sys.platform != "linux" or cores < 2:
    sys.exit(f"platform {sys.platform}, {cores} core(s)")' || {
    echo "not judged: the finding is about Linux and needs two cores"
    exit 0
}

"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # PIP_INDEX is several words
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    torch==2.13.0 || { echo "not run: pip could not install torch==2.13.0" >&2; exit 2; }

cd "$room"
cat > child.py <<'PY'
import os
import sys
import time
import warnings

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
how = sys.argv[1]
if how == "os.environ before import":
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
import torch

if how == "os.environ after import":
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
torch.set_num_threads(1 if how == "one thread" else 2)
a = torch.zeros(200_000)
a.add_(1)

wall, cpu = time.perf_counter(), time.process_time()
for _ in range(100):
    a.add_(1)
    sum(range(100_000))
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu

asleep = 0.0
for _ in range(50):
    a.add_(1)
    before = time.process_time()
    time.sleep(0.03)
    asleep += time.process_time() - before
print(asleep / 50 * 1e3, wall, cpu)
PY
"$room/venv/bin/python" -I - <<'PY'
import os
import subprocess
import sys

clean = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_", "KMP_"))}
asleep = {}
print(f"{'OMP_WAIT_POLICY=PASSIVE':26}CPU ms while asleep   100 rounds: wall s, CPU s")
environ = ("os.environ before import", "os.environ after import")
for how in ("nowhere", "outside", *environ, "one thread"):
    env = clean | ({"OMP_WAIT_POLICY": "PASSIVE"} if how == "outside" else {})
    command = [sys.executable, "-I", "child.py", how]
    said = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
    asleep[how], wall, cpu = (float(word) for word in said.split())
    print(f"{how:26}{asleep[how]:19.2f}   {wall:18.2f}, {cpu:5.2f}")

quiet = max(asleep["outside"], asleep["os.environ before import"], asleep["one thread"])
for how in ("nowhere", "os.environ after import"):
    if asleep[how] < 5 * quiet:
        sys.exit(f"changed: idle threads no longer spin with PASSIVE {how}: {asleep[how]:.2f} ms")
print("as stated: idle threads use CPU time unless PASSIVE is set before torch is imported")
PY

#!/usr/bin/env bash
# What: The first gradient with an explicit upstream gradient in torch imports sympy, and
#   python-flint with it.
# Packages: torch 2.13.0 (CPU), sympy 1.14.0, python-flint 0.9.0.
# Expected: a gradient of three numbers imports nothing; `import torch` brought what it needs.
# Seen: torch.autograd.grad(y, x, dy) and y.backward(dy) import 534 modules, sympy and flint among
#   them. The call took 0.4 s in a fresh process, and 1.5 s when the cores had other work, the next
#   one 0.0001 s. torch.autograd.grad((y * dy).sum(), x), the same gradient without an explicit
#   upstream gradient, imports nothing.
# Why it matters: whoever times gradients finds the import in the first one, and pays for it in
#   each process that checks one layer. Whoever takes care not to load sympy, or uses it as an
#   independent witness, has it loaded by the library that is checked.
# Measured: 2026-11-29, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/grad_outputs_loads_sympy.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="torch==2.13.0 sympy==1.14.0 python-flint==0.9.0"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
cat > child.py <<'PY'
import sys
import time
import warnings

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
import torch

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
dy = torch.tensor([4.0, 5.0, 6.0])


def gradient(how):
    y = x * x
    if how == "grad(y, x, dy)":
        return torch.autograd.grad(y, x, dy)[0]
    if how == "y.backward(dy)":
        x.grad = None
        y.backward(dy)
        return x.grad
    return torch.autograd.grad((y * dy).sum(), x)[0]


before = [name for name in ("sympy", "flint") if name in sys.modules]
modules = len(sys.modules)
seconds = []
for _ in range(2):
    start = time.perf_counter()
    dx = gradient(sys.argv[1])
    seconds.append(time.perf_counter() - start)
after = [name for name in ("sympy", "flint") if name in sys.modules]
assert dx.tolist() == [8.0, 20.0, 36.0]
modules = len(sys.modules) - modules
print(",".join(before) or "-", ",".join(after) or "-", modules, *seconds)
PY
"$room/venv/bin/python" -I - <<'PY'
import subprocess
import sys

wrong = []
print(f"{'gradient':24}loaded before, after       modules   first call  second call")
for how, stated in (
    ("grad((y * dy).sum(), x)", "-"),
    ("grad(y, x, dy)", "sympy,flint"),
    ("y.backward(dy)", "sympy,flint"),
):
    command = [sys.executable, "-I", "child.py", how]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    before, after, modules, first, second = said.split()
    times = f"{float(first):10.4f} s {float(second):10.4f} s"
    print(f"{how:24}{before:15}{after:12}{modules:>7} {times}")
    if (before, after) != ("-", stated):
        wrong.append(f"{how}: loaded before {before}, after {after}, not -, {stated}")

if wrong:
    sys.exit(f"changed: {'; '.join(wrong)}")
print("as stated: an explicit upstream gradient imports sympy and flint, a scalar's does not")
PY

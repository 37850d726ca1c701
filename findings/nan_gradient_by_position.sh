#!/usr/bin/env bash
# What: In torch the gradient at a NaN input depends on the element's place in the tensor and on
#   the number of threads.
# Packages: torch 2.13.0 (CPU).
# Expected: equal elements get equal gradients: dy, 0 or NaN, but one of them everywhere.
# Seen: of a contiguous tensor of NaNs, hardtanh, relu6, softshrink and hardshrink pass dy to the
#   last few elements and 0 to the others; elu, selu and hardswish pass dy (times the scale) to the
#   last few and NaN to the others. A short tensor, or one with a stride, gets dy everywhere. With
#   two threads, relu6 also passes dy to elements in the middle of a long tensor. relu, clamp and
#   silu treat all elements alike, though each in another way: dy, 0 and NaN. The same in float32
#   and float64.
# Why it matters: there is no one gradient at NaN that a port could copy. A test that compares it
#   passes at one length and fails at another. A gradient of 0 hides that the input was NaN.
# Measured: 2026-11-29, Linux, x86-64 (AVX-512; AVX2 and no vector extension by
#   ATEN_CPU_CAPABILITY=avx2 and =default: only the lengths at which it begins differ).
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/nan_gradient_by_position.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # PIP_INDEX is several words
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    torch==2.13.0 || { echo "not run: pip could not install torch==2.13.0" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import sys
import warnings
from itertools import groupby

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
import torch
import torch.nn.functional as F

DY = 3.0


def gradient(function, x):
    x.requires_grad_()
    y = function(x)
    assert y.isnan().all()
    return torch.autograd.grad(y, x, torch.full_like(y, DY))[0]


def runs(values):
    """[0, 0, 0, 3] as 3 × 0, 1 × 3."""
    groups = groupby(f"{value:.4g}" for value in values)
    return ", ".join(f"{len(list(same))} × {value}" for value, same in groups)


def nans(length, dtype):
    return torch.full((length,), torch.nan, dtype=dtype)


def strided(function, length, dtype):
    both = torch.full((length, 2), torch.nan, dtype=dtype)
    return gradient(lambda x: function(x[:, 0]), both)[:, 0]


functions = {
    name: getattr(F, name)
    for name in "hardtanh relu6 softshrink hardshrink elu selu hardswish relu silu".split()
}
functions["clamp(-1, 1)"] = lambda x: torch.clamp(x, -1, 1)

torch.set_num_threads(1)
by_place = set()
print(f"the gradient at NaN inputs, dy = {DY:g}")
for dtype in (torch.float32, torch.float64):
    print(f"{str(dtype):15}{'1 element':13}{'35 elements':24}35 elements, every second")
    for name, function in functions.items():
        one, many = (runs(gradient(function, nans(n, dtype)).tolist()) for n in (1, 35))
        apart = runs(strided(function, 35, dtype).tolist())
        print(f"{name:15}{one:13}{many:24}{apart}")
        if "," in many:
            by_place.add((name, dtype))

places = {}
for threads in (1, 2):
    torch.set_num_threads(threads)
    dx = gradient(F.relu6, nans(100_003, torch.float32))
    places[threads] = [i for i, value in enumerate(dx.tolist()) if value == DY]
    print(f"relu6, 100003 elements, {threads} thread(s): dx = dy at {places[threads]}, else 0")

stated = {"hardtanh", "relu6", "softshrink", "hardshrink", "elu", "selu", "hardswish"}
if by_place != {(name, dtype) for name in stated for dtype in (torch.float32, torch.float64)}:
    names = ", ".join(sorted({name for name, _ in by_place})) or "no function"
    sys.exit(f"changed: the gradient at NaN depends on the place in {names}")
if not places[1] or places[1] == places[2]:
    sys.exit("changed: relu6's gradient at NaN does not depend on the number of threads")
print("as stated: the gradient at a NaN input depends on the place and on the number of threads")
PY

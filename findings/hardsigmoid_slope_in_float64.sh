#!/usr/bin/env bash
# What: In float64 torch's hardsigmoid divides by 6 forward, and backward multiplies by the sixth
#   that float32 has.
# Packages: torch 2.13.0 (CPU).
# Expected: a slope of 1/6 in the precision of the tensor.
# Seen: hardsigmoid(0.5) is 0.5833333333333334, right to the last digit; its gradient is
#   0.1666666716337204, which is float32's 1/6: 3e-8 of it off, 179,000,000 units in the last place.
#   hardswish, which has the same sixth in its slope, is right.
# Why it matters: a float64 gradient of a network with a hardsigmoid in it has eight right digits.
#   gradcheck, with its tolerance of 1e-3, does not see it.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/hardsigmoid_slope_in_float64.sh
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

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
import torch
import torch.nn.functional as F

SIXTH_OF_FLOAT32 = torch.tensor(1 / 6, dtype=torch.float32).item()


def value_and_slope(function, at):
    x = torch.tensor([at], dtype=torch.float64, requires_grad=True)
    y = function(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    return y.item(), slope.item()


value, slope = value_and_slope(F.hardsigmoid, 0.5)
_, of_hardswish = value_and_slope(F.hardswish, 0.5)
print(f"hardsigmoid(0.5) = {value!r}, its slope {slope!r}, 1/6 = {1 / 6!r}")
print(f"slope of hardswish at 0.5: {of_hardswish!r}, exactly {0.5 / 3 + 0.5!r}")
x = torch.tensor([0.5], dtype=torch.float64, requires_grad=True)
print("gradcheck:", torch.autograd.gradcheck(F.hardsigmoid, (x,)))
stated = [
    abs(value - (0.5 / 6 + 0.5)) < 1e-15,
    slope == SIXTH_OF_FLOAT32 != 1 / 6,
    abs(of_hardswish - (0.5 / 3 + 0.5)) < 1e-15,
]
if not all(stated):
    sys.exit(f"changed: {stated}")
print("as stated: the slope is float32's sixth")
PY

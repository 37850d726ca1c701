#!/usr/bin/env bash
# What: MindSpore's float32 tanh is above 1 from 4.972 to 5, so that its gradient is negative there.
# Packages: mindspore 2.10.0 (CPU, needs Python < 3.13), numpy 1.26.4, setuptools 65.5.0.
# Expected: |tanh| ≤ 1, growing; tanh 5 = 0.9999092, as the example of its documentation prints.
# Seen: tanh 4.9 = 0.9999745, tanh 4.98 = 1.0000027, tanh 5 = 1.0000098, tanh 5.01 = 1, and the same
#   below 0 with the sign turned; up to 1.0e-4 from the truth. The gradient at 4.98 is −5.5e-6
#   and not 1.9e-4. In float64 tanh is right to the last digits.
# Why it matters: arctanh, √(1 − y²) and log(1 − y²) of such a value are NaN (the last stands in the
#   loss of policies squashed by tanh), and the gradient points the wrong way.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/tanh_above_1.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="mindspore==2.10.0 numpy==1.26.4 setuptools==65.5.0"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
HOME="$room" "$room/venv/bin/python" -I - <<'PY'
import sys

import mindspore as ms
import numpy as np
from mindspore import ops

ms.set_device("CPU")
PLACES = np.array([4.9, 4.98, 5, 5.01], "float32")


def tanh(x):
    return ops.tanh(ms.Tensor(x)).numpy()


seen, true = tanh(PLACES), np.tanh(PLACES.astype("float64"))
slopes = ms.grad(lambda x: ops.tanh(x).sum())(ms.Tensor(PLACES)).numpy()
print("    x      tanh      true     gradient        true")
for x, y, right, slope in zip(PLACES, seen, true, slopes, strict=True):
    print(f"{x:5.2f} {y:.7f} {right:.7f} {slope:12.3g} {1 - right**2:11.3g}")
grid = np.linspace(-8, 8, 160_001).astype("float32")
above = np.abs(grid[np.abs(tanh(grid)) > 1])
far = np.abs(tanh(grid) - np.tanh(grid.astype("float64"))).max()
wide = np.abs(tanh(PLACES.astype("float64")) - true).max()
if above.size == 0:
    sys.exit("changed: tanh is nowhere above 1")
print(f"|tanh| is above 1 from {above.min():.3f} to {above.max():.3f}; it is up to {far:.1e} off")
print(f"float64 is up to {wide:.1e} off; log(1 - y²) at 4.98:", end=" ")
with np.errstate(invalid="ignore"):
    print(np.log(1 - seen[1] ** 2))
if not (seen[1] > 1 and seen[2] > 1 and slopes[1] < 0 and 5e-5 < far < 2e-4 and wide < 1e-14):
    sys.exit("changed: another tanh")
print("as stated: tanh passes 1, and its gradient is negative there")
PY

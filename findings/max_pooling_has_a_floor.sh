#!/usr/bin/env bash
# What: MNN's maximum pooling never returns less than −16,777,216: of smaller elements the maximum
#   is one that no window holds.
# Packages: MNN 3.6.1, numpy 2.4.6.
# Expected: one of the window's elements.
# Seen: float32 windows [−5e7, −3e7, −4e7, −9e7], four times −inf, and one whose maximum is
#   −16777218 give −16777216; a window whose maximum is −16777215, and larger ones, give their
#   maximum.
# Why it matters: a mask of −1e9 or −inf before pooling comes out as another number, and a window
#   that is all masked no longer counts as such. A maximum that starts from a large negative number
#   instead of the first element passes every test on random numbers.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/max_pooling_has_a_floor.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="MNN==3.6.1 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import ctypes
import sys

import MNN
import numpy as np
from MNN import expr

FLOOR = -16777216.0


def pooled(values):
    x = expr.const(np.array(values, np.float32).reshape(1, 1, 2, 2), [1, 1, 2, 2], expr.NCHW)
    y = expr.max_pool(expr.convert(x, expr.NC4HW4), (2, 2), (2, 2))
    return float(expr.convert(y, expr.NCHW).read().item())


# window, maximum stated
WINDOWS = [
    ([-5e7, -3e7, -4e7, -9e7], FLOOR),
    ([-np.inf] * 4, FLOOR),
    ([-16777218, -16777220, -2e7, -16777222], FLOOR),
    ([-16777215, -16777220, -2e7, -16777222], -16777215),
    ([-3, -1, -4, -2], -1),
    ([-5e7, 2, -np.inf, 1], 2),
]
print("MNN", MNN.version())
wrong = []
for values, stated in WINDOWS:
    seen = pooled(values)
    print(f"{values}: {seen:.10g}")
    if seen != stated:
        wrong.append(f"{values} give {seen}")
ctypes.CDLL(None).fflush(None)  # what MNN itself prints, before the last line
if wrong:
    sys.exit(f"changed: {'; '.join(wrong)}")
print("as stated: no maximum below −16777216")
PY

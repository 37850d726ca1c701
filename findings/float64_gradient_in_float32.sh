#!/usr/bin/env bash
# What: In float64 Paddle's gradient of an average pooling is that of float32: 1/9 is 0.11111111194,
#   eight right digits; the values are right to the last one.
# Packages: paddlepaddle 3.3.1 (CPU), numpy 2.4.6.
# Expected: float64 in, float64 arithmetic: off by 1e-16.
# Seen: avg_pool2d of 3×3: gradient off by 7.5e-9 relative; a convolution by 1/9: 0. hardsigmoid:
#   slope and value are those of 0.1666667, seven digits.
# Why it matters: float64 is what gradients are checked in: finite differences agree to six digits
#   either way, and a reference that is right to sixteen looks wrong beside it.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/float64_gradient_in_float32.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="paddlepaddle==3.3.1 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import sys

import numpy as np
import paddle
import paddle.nn.functional as F


def gradient(function, shape):
    x = paddle.to_tensor(np.full(shape, 0.5), stop_gradient=False)
    (dx,) = paddle.grad([function(x).sum()], [x])
    return float(dx.numpy().ravel()[0])


kernel = paddle.full([1, 1, 3, 3], 1 / 9, "float64")
# name: gradient seen, right one, whether it is off
GRADIENTS = {
    "avg_pool2d": (gradient(lambda x: F.avg_pool2d(x, 3), (1, 1, 3, 3)), 1 / 9, True),
    "conv2d by 1/9": (gradient(lambda x: F.conv2d(x, kernel), (1, 1, 3, 3)), 1 / 9, False),
    "hardsigmoid": (gradient(F.hardsigmoid, (1,)), 1 / 6, True),
}
wrong = []
for name, (seen, right, stated) in GRADIENTS.items():
    error = abs(seen / right - 1)
    print(f"{name:14} {seen!r}, off by {error:.1e}")
    if (error > 1e-9) != stated:
        wrong.append(name)
if wrong:
    sys.exit(f"changed: another gradient of {', '.join(wrong)}")
print("as stated: eight digits, seven digits")
PY

#!/usr/bin/env bash
# What: Paddle's convolution with padding="SAME" leaves the dilation out: the shape fits, the values
#   are those of dilation 1, and nothing is said.
# Packages: paddlepaddle 3.3.1 (CPU), numpy 2.4.6.
# Expected: dilation 2 with "SAME" is dilation 2 with as many zeros as keep the size.
# Seen: 1…7 by the kernel [1, 10, 100], dilation 2, "SAME": 210, 321, 432, … as without dilation;
#   with the same zeros in numbers (padding=2): 310, 420, 531, …. One, two and three axes.
# Why it matters: a network with dilated convolutions (DeepLab, WaveNet) that is ported by its
#   options loses its receptive field without a word.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/same_padding_without_dilation.sh
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

CONVOLUTIONS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def row(n, **options):
    """1…7 along the last axis, by 1, 10, 100."""
    ones = [1] * (n - 1)
    x = paddle.to_tensor(np.arange(1, 8, dtype="float32").reshape(1, 1, *ones, 7))
    weight = paddle.to_tensor(np.array([1, 10, 100], "float32").reshape(1, 1, *ones, 3))
    return CONVOLUTIONS[n](x, weight, **options).numpy().ravel().tolist()


wrong = []
for n in (1, 2, 3):
    numbers = [0] * (n - 1) + [2]
    seen = row(n, padding="SAME", dilation=2)
    print(f"{n} axes, dilation 2, SAME:      ", *(f"{v:g}" for v in seen))
    print(f"{n} axes, dilation 2, in numbers:", *(f"{v:g}" for v in row(n, padding=numbers, dilation=2)))
    if seen != row(n, padding="SAME") or row(n, padding=numbers, dilation=2)[:2] != [310, 420]:
        wrong.append(str(n))
if wrong:
    sys.exit(f"changed: with {' and '.join(wrong)} axes SAME heeds the dilation, or numbers do not")
print("as stated: SAME leaves the dilation out")
PY

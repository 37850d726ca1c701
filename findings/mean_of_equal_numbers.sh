#!/usr/bin/env bash
# What: The float32 mean of a million equal numbers is 1 % off in MLX and 0.09 % in Paddle.
# Packages: mlx 0.32.4 (CPU), paddlepaddle 3.3.1 (CPU), numpy 2.4.6.
# Expected: sums in blocks or pairs, as NumPy's: right to the last digit or two.
# Seen: a million times 0.1: MLX 0.10096, Paddle 0.09991, NumPy 0.1. Paddle's sum of the same is
#   0.1·10⁶ to 4e-6.
# Why it matters: a loss over many pixels, a mean that normalises images and a variance of a large
#   batch are wrong in the third digit, and no test on small arrays shows it.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/mean_of_equal_numbers.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="mlx==0.32.4 mlx-cpu==0.32.4 paddlepaddle==3.3.1 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import sys

import mlx.core as mx
import numpy as np
import paddle

X = np.full(10**6, 0.1, np.float32)
mx.set_default_device(mx.cpu)
MEANS = {
    "MLX": float(mx.mean(mx.array(X))),
    "Paddle": float(paddle.mean(paddle.to_tensor(X))),
    "NumPy": float(X.mean()),
}
errors = {name: abs(mean / float(X[0]) - 1) for name, mean in MEANS.items()}
for name, mean in MEANS.items():
    print(f"{name:7} {mean:.6f}, off by {errors[name]:.1e}")
if errors["MLX"] < 1e-3 or errors["Paddle"] < 1e-4 or errors["NumPy"] > 1e-5:
    sys.exit("changed: other means")
print("as stated: serial sums in MLX and Paddle")
PY

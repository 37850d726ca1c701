#!/usr/bin/env bash
# What: In float64 Keras on torch multiplies matrices and takes means in float32, and MLX takes exp
#   and softmax in float32; MLX and Keras' mean hand the result over as float64.
# Packages: keras 3.15.1, torch 2.13.0 (CPU), mlx 0.32.4 (CPU), numpy 2.4.6.
# Expected: float64 in, float64 arithmetic; or an error, or a result of type float32.
# Seen: keras.ops.matmul of float64 tensors is float32; keras.ops.mean is float64 and off by 2e-8,
#   its gradient 1/3 by 3e-8; mlx exp(0.1) is float64 and off by 4e-8. keras.ops.exp and a sum of
#   MLX are right to 1e-16.
# Why it matters: gradients are checked in float64 because finite differences need the digits; a
#   check through these is off by 3e-8 in places, and the dtype does not say so.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/float64_by_way_of_float32.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="keras==3.15.1 torch==2.13.0 mlx==0.32.4 mlx-cpu==0.32.4 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
HOME="$room" KERAS_BACKEND=torch "$room/venv/bin/python" -I - <<'PY'
import sys

import mlx.core as mx
import numpy as np
import torch
from keras import ops

X = np.array([0.1, 0.7, 0.3])
mx.set_default_device(mx.cpu)
of_torch = torch.tensor(X, requires_grad=True)
of_mlx = mx.array(X, dtype=mx.float64)
mean = ops.mean(of_torch)
(third,) = torch.autograd.grad(mean, of_torch)
# name: value seen, right one, type stated, whether it is off
VALUES = {
    "Keras, matmul": (ops.matmul(of_torch[None], of_torch[:, None]), X @ X, "float32", True),
    "Keras, mean": (mean, X.mean(), "float64", True),
    "Keras, mean's gradient": (third[0], 1 / 3, "float64", True),
    "Keras, exp": (ops.exp(of_torch)[0], np.exp(X[0]), "float64", False),
    "MLX, exp": (mx.exp(of_mlx)[0], np.exp(X[0]), "float64", True),
    "MLX, softmax": (mx.softmax(of_mlx)[0], np.exp(X[0]) / np.exp(X).sum(), "float64", True),
    "MLX, sum": (mx.sum(of_mlx), X.sum(), "float64", False),
}
wrong = []
for name, (value, right, dtype, stated) in VALUES.items():
    seen = np.array(value.detach() if isinstance(value, torch.Tensor) else value)
    error = abs(float(seen.item()) / right - 1)
    print(f"{name:23} {seen.dtype}, off by {error:.1e}")
    if str(seen.dtype) != dtype or (error > 1e-10) != stated:
        wrong.append(name)
if wrong:
    sys.exit(f"changed: another type or error of {', '.join(wrong)}")
print("as stated: float32 inside, mostly float64 outside")
PY

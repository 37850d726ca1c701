#!/usr/bin/env bash
# What: The gradient of celu at 0, which is 1 from both sides, is 2 in Keras on TensorFlow and 0 in
#   MLX.
# Packages: keras 3.15.1 on tensorflow-cpu 2.21.0, mlx 0.32.4 (CPU), jax 0.10.2 (CPU), numpy 2.4.6.
# Expected: celu is smooth at 0 for alpha 1 and every other alpha; every convention for a maximum's
#   tie gives 1.
# Seen: keras.ops.celu on TensorFlow 2, mlx.nn.celu 0, jax.nn.celu 1. The first two are written
#   max(x, 0) + min(0, …), and the slopes of both at the tie are 1 in TensorFlow and 0 in MLX.
# Why it matters: exact zeros are common behind a ReLU, dropout and padding; a function whose
#   formula has no kink gets one by how it was written.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/celu_slope_at_0.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="keras==3.15.1 tensorflow-cpu==2.21.0 mlx==0.32.4 mlx-cpu==0.32.4 jax==0.10.2 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES= JAX_PLATFORMS=cpu KERAS_BACKEND=tensorflow HOME="$room" "$room/venv/bin/python" -I - <<'PY'
import sys

import jax
import mlx.core as mx
import mlx.nn
import tensorflow as tf
from keras import ops


def of_keras():
    x = tf.constant(0.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = ops.celu(x)
    return float(tape.gradient(y, x))


mx.set_default_device(mx.cpu)
# name: gradient seen, gradient stated
GRADIENTS = {
    "Keras on TensorFlow": (of_keras(), 2),
    "MLX": (mx.grad(lambda x: mlx.nn.celu(x))(mx.array(0.0)).item(), 0),
    "JAX": (float(jax.grad(jax.nn.celu)(0.0)), 1),
}
for name, (seen, _) in GRADIENTS.items():
    print(f"{name:20} {seen:g}")
wrong = [name for name, (seen, stated) in GRADIENTS.items() if seen != stated]
if wrong:
    sys.exit(f"changed: another gradient in {', '.join(wrong)}")
print("as stated: 2, 0 and 1 for a slope that is 1")
PY

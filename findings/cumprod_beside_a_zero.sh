#!/usr/bin/env bash
# What: TensorFlow's gradient of cumprod is 0 behind a zero, where the true one is not, without NaN
#   or warning.
# Packages: tensorflow-cpu 2.21.0, jax 0.10.2 (CPU), numpy 2.4.6.
# Expected: of y = x₁, x₁x₂, x₁x₂x₃ with dy of ones at [2, 0, 3]: [1, 8, 0], as reduce_prod's
#   gradient knows zeros.
# Seen: TensorFlow [1, 0, 0], JAX [1, 8, 0]. tf.reduce_prod at the same place is right: [0, 6, 0].
# Why it matters: a zero is common in products of probabilities, masks and transmittances; there the
#   element that could lift the product never learns.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/cumprod_beside_a_zero.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="tensorflow-cpu==2.21.0 jax==0.10.2 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES= JAX_PLATFORMS=cpu "$room/venv/bin/python" -I - <<'PY'
import sys

import jax
import jax.numpy as jnp
import tensorflow as tf

X = [2.0, 0.0, 3.0]


def of_tensorflow(function):
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(function(x))
    return tape.gradient(y, x).numpy().tolist()


# name: gradient seen, gradient stated
GRADIENTS = {
    "tf.math.cumprod": (of_tensorflow(tf.math.cumprod), [1, 0, 0]),
    "tf.reduce_prod": (of_tensorflow(tf.reduce_prod), [0, 6, 0]),
    "jax.numpy.cumprod": (
        jax.grad(lambda x: jnp.cumprod(x).sum())(jnp.array(X)).tolist(),
        [1, 8, 0],
    ),
}
for name, (seen, _) in GRADIENTS.items():
    print(f"{name:18}", *(f"{v:g}" for v in seen))
wrong = [name for name, (seen, stated) in GRADIENTS.items() if seen != stated]
if wrong:
    sys.exit(f"changed: another gradient of {', '.join(wrong)}")
print("as stated: behind a zero TensorFlow's cumprod hands nothing back")
PY

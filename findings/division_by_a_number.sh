#!/usr/bin/env bash
# What: JAX divides an array by a number by multiplying with the rounded reciprocal, and OpenVINO
#   divides arrays so, too: half of the bytes over 255 come out another float32 than the quotient.
# Packages: jax 0.10.2 (CPU), openvino 2026.4.1 (CPU), numpy 2.4.6.
# Expected: IEEE division: the float32 nearest to the quotient.
# Seen: arange(256)/255: 126 of 256 differ from NumPy in JAX by a number, eager and jit, none by an
#   array of 255s; in OpenVINO 126 by an array. 5/3 is 1.6666667, not 1.6666666.
# Why it matters: images over 255, means and quantisation scales differ in the last digit between
#   libraries and between an array and a number; tests of equality fail, and tests by tolerance do
#   not say why.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/division_by_a_number.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="jax==0.10.2 openvino==2026.4.1 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
JAX_PLATFORMS=cpu "$room/venv/bin/python" -I - <<'PY'
import sys

import jax
import jax.numpy as jnp
import numpy as np
import openvino
from openvino import opset15 as ops

X = np.arange(256, dtype=np.float32)
RIGHT = X / np.float32(255)


def of_openvino():
    x, other = (ops.parameter([256], np.float32) for _ in range(2))
    model = openvino.Model([ops.divide(x, other)], [x, other], "division")
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    return openvino.compile_model(model, "CPU", settings)([X, np.full_like(X, 255)])[0]


QUOTIENTS = {
    "JAX, by a number": jnp.asarray(X) / 255,
    "JAX, by a number, jit": jax.jit(lambda x: x / 255)(X),
    "JAX, by an array": jnp.asarray(X) / jnp.full(256, 255, jnp.float32),
    "OpenVINO, by an array": of_openvino(),
}
counts = {name: int((np.asarray(y) != RIGHT).sum()) for name, y in QUOTIENTS.items()}
for name, count in counts.items():
    print(f"{name:22} {count:3} of 256 differ")
if list(counts.values()) != [126, 126, 0, 126]:
    sys.exit("changed: another number of quotients differs")
print("as stated: the reciprocal is rounded first")
PY

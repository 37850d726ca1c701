#!/usr/bin/env bash
# What: Keras' average pooling with padding "same" has other means at the border on torch than on
#   JAX and TensorFlow: it repeats the last element there.
# Packages: keras 3.15.1, torch 2.13.0 (CPU), jax 0.10.2 (CPU), numpy 2.4.6.
# Expected: a backend changes speed and rounding, not what a layer computes; on the others what was
#   padded is not counted.
# Seen: 1…6, pool 3, strides 2: torch 2, 4, 5.667 (= (5 + 6 + 6)/3), JAX 2, 4, 5.5.
# Why it matters: a model that moves between backends changes at every border that needed padding,
#   and its weights no longer fit it.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/same_pooling_repeats_the_border.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="keras==3.15.1 torch==2.13.0 jax==0.10.2 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
HOME="$room" "$room/venv/bin/python" -I - <<'PY'
import os
import subprocess
import sys

ASKED = """
import numpy as np
from keras import layers
x = np.arange(1, 7, dtype="float32").reshape(1, 6, 1)
pool = layers.AveragePooling1D(3, strides=2, padding="same", data_format="channels_last")
y = pool(x)
print(*(f"{float(v):.4g}" for v in np.asarray(y.detach() if hasattr(y, "detach") else y).ravel()))
"""


def of_backend(name):
    environment = {**os.environ, "KERAS_BACKEND": name, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-I", "-c", ASKED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[-2].split()


STATED = {"torch": ["2", "4", "5.667"], "jax": ["2", "4", "5.5"]}
seen = {name: of_backend(name) for name in STATED}
for name, means in seen.items():
    print(f"{name:6}", *means)
if seen != STATED:
    sys.exit("changed: other means at the border")
print("as stated: on torch the last element counts twice")
PY

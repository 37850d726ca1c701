#!/usr/bin/env bash
# What: Keras' ops.pad with mode "symmetric" repeats the border element on torch; on JAX it mirrors
#   at the border, as NumPy's pad of the same mode does.
# Packages: keras 3.15.1, torch 2.13.0 (CPU), jax 0.10.2 (CPU), numpy 2.4.6.
# Expected: a backend changes speed and rounding, not what a function computes. The documentation
#   names "symmetric" among the modes that the torch backend has, without a difference.
# Seen: 1 2 3 4 padded by 2: torch 1 1 1 2 3 4 4 4, JAX and NumPy 2 1 1 2 3 4 4 3. By 1 they agree,
#   and with mode "reflect" too.
# Why it matters: the shape is the same, and a test that pads by one place, as a 3×3 kernel needs
#   it, sees nothing; a model with larger kernels changes at its borders with the backend.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"]
#   findings/symmetric_padding_repeats_the_border.sh
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
import json
import os
import subprocess
import sys

import numpy as np

ASKED = """
import json
from keras import ops
x = ops.reshape(ops.arange(1, 5, dtype="float32"), (1, 1, 4))
rows = {}
for mode, places in (("symmetric", 1), ("symmetric", 2), ("reflect", 2)):
    y = ops.pad(x, [[0, 0], [0, 0], [places, places]], mode=mode)
    rows[f"{mode} {places}"] = ops.convert_to_numpy(y).ravel().tolist()
print(json.dumps(rows))
"""


def of_backend(name):
    environment = {**os.environ, "KERAS_BACKEND": name, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-I", "-c", ASKED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.strip().split("\n")[-1])


def of_numpy(name):
    mode, places = name.split()
    return np.pad(np.arange(1.0, 5), int(places), mode=mode).tolist()


torch, jax = of_backend("torch"), of_backend("jax")
numpy = {name: of_numpy(name) for name in jax}
for name in numpy:
    for library, rows in (("torch", torch), ("jax", jax), ("numpy", numpy)):
        print(f"{name:12} {library:6}", *(f"{v:g}" for v in rows[name]))
if jax != numpy or torch != {**numpy, "symmetric 2": [1, 1, 1, 2, 3, 4, 4, 4]}:
    sys.exit("changed: another padding")
print("as stated: on torch the border element is repeated")
PY

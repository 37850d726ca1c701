#!/usr/bin/env bash
# What: OpenVINO's CPU device computes int64 in int32 and float64 in float32, and hands the result
#   over as int64 and float64: large integers come out as others, without a warning.
# Packages: openvino 2026.4.1, numpy 2.4.6.
# Expected: arithmetic in the type of the model, or an error, as for types that a device lacks.
# Seen: a model of int64 that only multiplies by 1 takes 2⁴⁰ + 1 to 1, 2³¹ to −2³¹ and −2³⁵ to 0,
#   and so does one that concatenates its one input; of float64, 1 + 10⁻¹² times 1 is 1, and 10³⁰⁰
#   is 3.4028 · 10³⁸. The arrays that come back have the dtypes int64 and float64.
# Why it matters: a model in float64 is made to have a result that is exact enough to judge float32
#   ones; here it is a float32 one. Indices and counts above 2³¹ become others.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/int64_becomes_int32.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="openvino==2026.4.1 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
OPENVINO_TELEMETRY=off "$room/venv/bin/python" -I - <<'PY'
import sys

import numpy as np
import openvino
from openvino import opset13

core = openvino.Core()


def through(model_of, array):
    x = opset13.parameter(array.shape, array.dtype)
    model = openvino.Model([model_of(x)], [x], "one")
    device = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return device([array])[0]


def times_one(x):
    return opset13.multiply(x, opset13.constant(np.ones(1, x.get_element_type().to_dtype())))


def alone(x):
    return opset13.concat([x], 0)


whole = np.array([2**40 + 1, 2**31, -(2**35), 77])
broken = np.array([1 + 1e-12, 1e300, 0.25])
largest = float(np.finfo(np.float32).max)
# name: result, result stated
CASES = {
    "int64 times 1": (through(times_one, whole), [1, -(2**31), 0, 77]),
    "int64 concatenated": (through(alone, whole), [1, -(2**31), 0, 77]),
    "float64 times 1": (through(times_one, broken), [1.0, largest, 0.25]),
}
print("openvino", openvino.__version__)
wrong = []
for name, (seen, stated) in CASES.items():
    print(f"{name:20}{seen.dtype!s:9}{seen.tolist()}")
    if seen.tolist() != stated or seen.dtype not in (np.int64, np.float64):
        wrong.append(name)
if wrong:
    sys.exit(f"changed: {', '.join(wrong)} give another result")
print("as stated: the values are those of int32 and float32, the types int64 and float64")
PY

#!/usr/bin/env bash
# What: ONNX Runtime's float32 Sigmoid is exactly 0 from −18 down, and its logarithm −∞, where
#   float32 has numbers down to −103.
# Packages: onnxruntime 1.32.0 (CPU), onnx 1.23.2, numpy 2.4.6.
# Expected: sigmoid(−20) = 2.06e-9, as 1/(1 + e²⁰) is in float32 without any care.
# Seen: −17: 4.2e-8 (right 4.1e-8), −18, −20 and −80: 0; log(sigmoid(−20)) is −∞ in one graph.
# Why it matters: a detector's scores that were small are 0 after the export, a logarithm behind
#   them −∞, and a loss computed from the runtime's scores infinite.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/sigmoid_ends_at_18.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

X = np.array([-10, -17, -18, -20, -80], np.float32)
x, y, z = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [5]) for name in "xyz")
nodes = [helper.make_node("Sigmoid", ["x"], ["y"]), helper.make_node("Log", ["y"], ["z"])]
graph = helper.make_graph(nodes, "sigmoid", [x], [y, z])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
model.ir_version = 10
seen, logarithm = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": X})
right = 1 / (1 + np.exp(-X.astype(float)))
for row in zip(X, seen, right, logarithm):
    print("x {:4g}  sigmoid {:12.5g}  right {:12.5g}  log {:g}".format(*row))
if (seen == 0).tolist() != [False, False, True, True, True] or not np.isneginf(logarithm[3]):
    sys.exit("changed: sigmoid is 0 elsewhere")
print("as stated: 0 from -18 down")
PY

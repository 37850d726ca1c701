#!/usr/bin/env bash
# What: onnx.reference's LRN normalises as many channels as there are samples, and hands the others
#   through; ONNX Runtime normalises all.
# Packages: onnx 1.23.2, onnxruntime 1.32.0 (CPU), numpy 2.4.6.
# Expected: the evaluator that comes with the standard computes what the standard says, whatever the
#   size of the batch.
# Seen: four channels of 1, size 3, alpha 3, beta 1, bias 1: the runtime 1/3 1/4 1/4 1/3; the
#   reference with one sample 1/3 1 1 1, with two 1/3 1/4 1 1, with four as the runtime; five
#   samples raise an IndexError.
# Why it matters: who tests a port of AlexNet's normalisation against the reference evaluator finds
#   the port wrong from the second channel on, and right with another batch.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/lrn_counts_the_samples.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6"
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
from onnx.reference import ReferenceEvaluator


def normalised(samples):
    """The first sample, by the runtime and by the reference."""
    shape = [samples, 4, 1, 1]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy"]
    node = helper.make_node("LRN", ["x"], ["y"], size=3, alpha=3.0, beta=1.0, bias=1.0)
    graph = helper.make_graph([node], "lrn", values[:1], values[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 10
    given = {"x": np.ones(shape, np.float32)}
    runtime = onnxruntime.InferenceSession(model.SerializeToString())
    return [run.run(None, given)[0][0].ravel() for run in (runtime, ReferenceEvaluator(model))]


right = np.array([1 / 3, 1 / 4, 1 / 4, 1 / 3])
wrong = []
for samples in (1, 2, 4):
    runtime, reference = normalised(samples)
    print(f"{samples} samples: runtime", *np.round(runtime, 4), " reference", *np.round(reference, 4))
    stated = np.where(np.arange(4) < samples, right, 1)
    if not np.allclose([runtime, reference], [right, stated], rtol=1e-6):
        wrong.append(str(samples))
try:
    normalised(5)
    wrong.append("5")
except IndexError as error:
    print(f"5 samples: IndexError: {error}")
if wrong:
    sys.exit(f"changed: another normalisation of {', '.join(wrong)} samples")
print("as stated: as many channels as samples")
PY

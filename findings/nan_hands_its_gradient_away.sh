#!/usr/bin/env bash
# What: Maximum pooling in JAX returns NaN for a window that holds one, and hands the gradient to a
#   finite element beside it; ONNX Runtime returns NaN or not by whether the indices are asked for.
# Packages: jax 0.10.2 (CPU), onnxruntime 1.32.0 (CPU), onnx 1.23.2, numpy 2.4.6.
# Expected: the gradient goes where the value comes from; a second output does not change the first.
# Seen: [5, NaN, 2, 1]: y NaN, gradient [0, 0, 1, 0]: to the maximum of what follows the NaN. [1,
#   NaN, 2, NaN] as a 2×2 window in ONNX Runtime: NaN, with indices 2.
# Why it matters: a NaN that is searched by its gradient is not found where it is: the gradient is
#   finite and at another place; an inference that gives no NaN gives one once an output is removed
#   from the graph.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/nan_hands_its_gradient_away.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="jax==0.10.2 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6"
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
import onnxruntime
from jax import lax
from onnx import TensorProto, helper

NAN = float("nan")


def of_jax(x):
    def pool(v):
        return lax.reduce_window(v, -jnp.inf, lax.max, (4,), (4,), "VALID")

    y, pull = jax.vjp(pool, jnp.array(x))
    return float(y[0]), pull(jnp.ones(1))[0].tolist()


def of_runtime(outputs):
    float32, int64 = TensorProto.FLOAT, TensorProto.INT64
    x = helper.make_tensor_value_info("x", float32, [1, 1, 2, 2])
    y = helper.make_tensor_value_info("y", float32, [1, 1, 1, 1])
    indices = helper.make_tensor_value_info("indices", int64, [1, 1, 1, 1])
    node = helper.make_node("MaxPool", ["x"], outputs, kernel_shape=[2, 2])
    graph = helper.make_graph([node], "pool", [x], [y, indices][: len(outputs)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 10
    given = {"x": np.array([1, NAN, 2, NAN], np.float32).reshape(1, 1, 2, 2)}
    return float(onnxruntime.InferenceSession(model.SerializeToString()).run(["y"], given)[0].item())


value, gradient = of_jax([5.0, NAN, 2.0, 1.0])
alone, beside = of_runtime(["y"]), of_runtime(["y", "indices"])
print(f"JAX, [5, nan, 2, 1]: y {value}, gradient {gradient}")
print(f"ONNX Runtime, [1, nan, 2, nan]: y {alone}, with indices {beside}")
if not np.isnan(value) or gradient != [0, 0, 1, 0] or not np.isnan(alone) or beside != 2:
    sys.exit("changed: another value or gradient beside a NaN")
print("as stated: the NaN comes out, its gradient goes elsewhere; indices change the value")
PY

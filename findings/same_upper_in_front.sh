#!/usr/bin/env bash
# What: OpenCV's dnn puts the odd zero of an ONNX model's SAME_UPPER in front, in maximum and
#   average pooling and in a convolution with a stride; ONNX Runtime puts it behind, as the standard
#   says.
# Packages: opencv-python-headless 5.0.0.93, onnxruntime 1.32.0 (CPU), onnx 1.23.2, numpy 2.4.6.
# Expected: SAME_UPPER: the extra zero at the end; SAME_LOWER: at the beginning.
# Seen: 1…6, window 3, stride 2: MaxPool 3 5 6 in the runtime, 2 4 6 in OpenCV for SAME_UPPER and
#   for SAME_LOWER; Conv with [1, 10, 100]: 321 543 65 against 210 432 654. With stride 1 and an
#   even kernel Conv has it behind in both.
# Why it matters: models from TensorFlow carry SAME_UPPER in every layer with a stride; each shifts
#   its maps by one place, with the right shape and without a word.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/same_upper_in_front.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="opencv-python-headless==5.0.0.93 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import sys

import cv2
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

X = np.arange(1, 7, dtype=np.float32).reshape(1, 1, 1, 6)


def of_both(kind, padding, kernel=None, stride=2, size=3):
    """A row through one node, in ONNX Runtime and in OpenCV."""
    width = 6 // stride
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, X.shape)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, width])
    weights = [] if kernel is None else [np.array(kernel, np.float32).reshape(1, 1, 1, size)]
    windows = {"auto_pad": padding, "kernel_shape": [1, size], "strides": [1, stride]}
    node = helper.make_node(kind, ["x", "w"][: 1 + len(weights)], ["y"], **windows)
    constants = [numpy_helper.from_array(w, "w") for w in weights]
    graph = helper.make_graph([node], "same", [x], [y], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 10
    data = model.SerializeToString()
    runtime = onnxruntime.InferenceSession(data).run(None, {"x": X})[0]
    net = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
    net.setInput(X, "x")
    return runtime.ravel().tolist(), net.forward().ravel().tolist()


# name: both rows seen, both stated
ROWS = {
    "MaxPool, SAME_UPPER": (of_both("MaxPool", "SAME_UPPER"), ([3, 5, 6], [2, 4, 6])),
    "MaxPool, SAME_LOWER": (of_both("MaxPool", "SAME_LOWER"), ([2, 4, 6], [2, 4, 6])),
    "Conv, SAME_UPPER": (
        of_both("Conv", "SAME_UPPER", [1, 10, 100]),
        ([321, 543, 65], [210, 432, 654]),
    ),
    "Conv, stride 1": (
        of_both("Conv", "SAME_UPPER", [1, 10], 1, 2),
        ([21, 32, 43, 54, 65, 6],) * 2,
    ),
}
for name, ((runtime, opencv), _) in ROWS.items():
    print(f"{name:20} runtime", *(f"{v:g}" for v in runtime), " OpenCV", *(f"{v:g}" for v in opencv))
wrong = [name for name, (seen, stated) in ROWS.items() if seen != stated]
if wrong:
    sys.exit(f"changed: other rows of {', '.join(wrong)}")
print("as stated: with a stride OpenCV pads in front")
PY

#!/usr/bin/env bash
# What: onnx.reference, the evaluator that comes with the ONNX standard, pools other windows than
#   the standard's text says: AveragePool and LpPool with ceil_mode, MaxPool with SAME_LOWER.
# Packages: onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6.
# Expected: windows that begin at −pad + i·stride, whatever ceil_mode is; it only adds a last
#   window. A reference that agrees with the runtime.
# Seen: of 1 … 7, kernel 3, stride 3, no padding, ceil_mode: AveragePool [1.5, 4, 6], because the
#   first window begins one place before the input; ONNX Runtime and the text [2, 5, 7]; MaxPool is
#   right. LpPool is shifted in the same way. MaxPool of 1 … 6, kernel 3, stride 2, SAME_LOWER: [3,
#   5, 6], which is SAME_UPPER's answer, where the runtime has [2, 4, 6]; of 1 … 7, kernel 2, stride
#   2, it has three outputs instead of four; AveragePool is right there.
# Why it matters: the evaluator is taken as judge of runtimes and exporters. On pooling it can be
#   the side that is wrong, mostly with the right shape.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/onnx_reference_pooling.sh
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
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def model(operator, length, attributes):
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, length])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, None])
    node = helper.make_node(operator, ["x"], ["y"], **attributes)
    made = helper.make_model(
        helper.make_graph([node], "pooling", [x], [y]),
        opset_imports=[helper.make_opsetid("", 22)],
        ir_version=10,
    )
    onnx.checker.check_model(made, full_check=True)
    return made


def by_the_text(operator, x, kernel, stride, begin, windows):
    """Each window begins at −begin + i·stride; what lies outside the input is left out."""
    starts = [i * stride - begin for i in range(windows)]
    kept = [x[max(start, 0) : start + kernel] for start in starts]
    if operator == "LpPool":
        return [float(np.sqrt((values**2).sum())) for values in kept]
    return [float(values.max() if operator == "MaxPool" else values.mean()) for values in kept]


# operator, length, kernel, stride, padding before, windows, further attributes, whether
# the reference is right
CASES = [
    ("AveragePool", 7, 3, 3, 0, 2, {}, True),
    ("AveragePool", 7, 3, 3, 0, 3, {"ceil_mode": 1}, False),
    ("LpPool", 7, 3, 3, 0, 2, {}, True),
    ("LpPool", 7, 3, 3, 0, 3, {"ceil_mode": 1}, False),
    ("MaxPool", 7, 3, 3, 0, 3, {"ceil_mode": 1}, True),
    ("MaxPool", 6, 3, 2, 0, 3, {"auto_pad": "SAME_UPPER"}, True),
    ("MaxPool", 6, 3, 2, 1, 3, {"auto_pad": "SAME_LOWER"}, False),
    ("AveragePool", 6, 3, 2, 1, 3, {"auto_pad": "SAME_LOWER"}, True),
    ("MaxPool", 7, 2, 2, 1, 4, {"auto_pad": "SAME_LOWER"}, False),
    ("AveragePool", 7, 2, 2, 1, 4, {"auto_pad": "SAME_LOWER"}, True),
]
quiet = onnxruntime.SessionOptions()
quiet.log_severity_level, quiet.intra_op_num_threads = 4, 1
wrong = []
for operator, length, kernel, stride, begin, windows, more, right in CASES:
    x = np.arange(1, length + 1, dtype=np.float32)
    made = model(operator, length, {"kernel_shape": [kernel], "strides": [stride]} | more)
    feed = {"x": x[None, None]}
    reference = ReferenceEvaluator(made).run(None, feed)[0].ravel()
    session = onnxruntime.InferenceSession(made.SerializeToString(), quiet)
    runtime = session.run(None, feed)[0].ravel()
    text = by_the_text(operator, x, kernel, stride, begin, windows)
    name = f"{operator} 1…{length} kernel {kernel} stride {stride} {more or ''}"
    shown = (" ".join(f"{value:.4g}" for value in values) for values in (reference, text))
    print(f"{name:64} {'reference {}; text {}'.format(*shown)}")
    if not np.allclose(runtime, text, rtol=1e-6):
        wrong.append(f"ONNX Runtime's {name} is {runtime.tolist()}")
    if (reference.shape == runtime.shape and np.allclose(reference, text, rtol=1e-6)) != right:
        wrong.append(f"the reference's {name} is {'wrong' if right else 'right'}")
if wrong:
    sys.exit(f"changed: {'; '.join(wrong)}")
print("as stated: ONNX Runtime follows the text everywhere, onnx.reference pools shifted windows")
PY

"""ONNX Runtime on the CPU, one thread, forward only."""

from __future__ import annotations

from typing import Any

import onnxruntime
from onnx_models import FUNCTIONS, MISSING, model_of
from peer_tools import answered

QUIET = 4  # errors of its own are raised as well


def about() -> dict[str, Any]:
    return {
        "library": "onnxruntime",
        "version": onnxruntime.__version__,
        "dtypes": ["float32", "float64"],
        "gradients": False,
        "note": "CPU, opset 22",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    asked = {name: name for name in FUNCTIONS}
    return answered(asked, _compute, function, arrays, options, dy, wanted, MISSING)


def _compute(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.log_severity_level = QUIET
    model = model_of(function, arrays, options).SerializeToString()
    session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
    return {"y": session.run(None, arrays)[0]}

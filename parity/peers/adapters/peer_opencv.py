"""OpenCV's dnn on the CPU, one thread, in float32, forward only: it reads ONNX models."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import onnx
from onnx_models import FUNCTIONS, MISSING, model_of
from peer_tools import Missing, answered

cv2.setNumThreads(1)
LOSSES = {"cross_entropy"}


def about() -> dict[str, Any]:
    return {
        "library": "opencv",
        "version": cv2.__version__,
        "dtypes": ["float32"],
        "gradients": False,
        "note": "cv2.dnn, CPU, ONNX of opset 22",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    asked = {name: name for name in FUNCTIONS if name not in LOSSES}
    return answered(asked, _compute, function, arrays, options, dy, wanted, MISSING)


def _compute(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    if any(array.dtype != np.float32 for array in arrays.values()):
        raise Missing("cv2.dnn computes in float32")
    model = onnx.shape_inference.infer_shapes(model_of(function, arrays, options))
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model.SerializeToString(), np.uint8))
    for name, array in arrays.items():
        net.setInput(np.array(array, order="C"), name)
    return {"y": np.array(net.forward())}

"""onnx.reference, the evaluator that comes with the standard, forward only."""

from __future__ import annotations

from typing import Any

import onnx
from onnx.reference import ReferenceEvaluator
from onnx_models import FUNCTIONS, MISSING, model_of
from peer_tools import answered


def about() -> dict[str, Any]:
    return {
        "library": "onnx",
        "version": onnx.__version__,
        "dtypes": ["float32", "float64"],
        "gradients": False,
        "note": "onnx.reference, opset 22",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    asked = {name: name for name in FUNCTIONS}
    return answered(asked, _compute, function, arrays, options, dy, wanted, MISSING)


def _compute(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    evaluator = ReferenceEvaluator(model_of(function, arrays, options))
    return {"y": evaluator.run(None, arrays)[0]}

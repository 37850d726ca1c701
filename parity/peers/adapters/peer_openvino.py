"""OpenVINO on the CPU, one thread, in float32, forward only: it reads ONNX models."""

from __future__ import annotations

from typing import Any

import openvino
from onnx_models import FUNCTIONS, MISSING, model_of
from peer_tools import answered

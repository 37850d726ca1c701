"""Keras 3 on TensorFlow, on the CPU, eager, one thread."""

from __future__ import annotations

import os
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import tensorflow as tf
from keras_functions import FUNCTIONS, MISSING, about
from peer_tools import answered

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
__all__ = ["about", "answer"]


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted, MISSING)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    tensors = {name: tf.constant(array) for name, array in arrays.items()}
    inputs = [tensors[name] for name in wanted]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = function(**tensors, **options)
    found = {"y": y.numpy()}
    if inputs and tuple(y.shape) == dy.shape:
        gradients = tape.gradient(y, inputs, tf.constant(dy))
        arrays = [tf.convert_to_tensor(g).numpy() for g in gradients]
        found.update({f"d{n}": g for n, g in zip(wanted, arrays)})  # noqa: B905
    return found

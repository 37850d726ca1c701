#!/usr/bin/env bash
# What: TensorFlow's conv2d of an empty batch returns the shape of its input, with oneDNN, which was
#   on by default here.
# Packages: tensorflow-cpu 2.21.0, numpy 2.4.6.
# Expected: the shape that every other batch has, with 0 samples.
# Seen: float32, x n×8×10×6, weight 2×3×6×3, stride 2, VALID: 1 sample gives 1×4×4×3, 0 samples
#   0×8×10×6; a tf.function promises 0×4×4×3 and returns 0×8×10×6. depthwise_conv2d and conv3d do
#   the same, and the gradient to conv2d_transpose's input has the shape of its output. max_pool2d,
#   float64, and all of them with TF_ENABLE_ONEDNN_OPTS=0 have the right shape.
# Why it matters: the last batch of a filtered data set, or an image without detections, is empty;
#   then what follows meets places and channels that the model does not have, and a gradient has
#   not the shape of its array.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/conv_of_an_empty_batch.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="tensorflow-cpu==2.21.0 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import json
import os
import subprocess
import sys

ASKED = """
import json
import tensorflow as tf

def conv2d(x):
    return tf.nn.conv2d(x, tf.ones((2, 3, 6, 3), x.dtype), 2, "VALID")

def depthwise(x):
    return tf.nn.depthwise_conv2d(x, tf.ones((2, 3, 6, 2)), [1, 2, 2, 1], "VALID")

def conv3d(x):
    return tf.nn.conv3d(x[:, None], tf.ones((1, 2, 3, 6, 3)), [1, 1, 2, 2, 1], "VALID")

def gradient(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        shape = (x.shape[0], 17, 21, 3)
        y = tf.nn.conv2d_transpose(x, tf.ones((2, 3, 3, 6)), shape, 2, "VALID")
    return tape.gradient(y, x)

def pool(x):
    return tf.nn.max_pool2d(x, (2, 3), 2, "VALID")

shapes = {}
for n in (1, 0):
    x = tf.ones((n, 8, 10, 6))
    compiled = tf.function(conv2d, autograph=False)
    promised = compiled.get_concrete_function(x).output_shapes
    shapes[n] = {
        "conv2d": conv2d(x).shape,
        "conv2d, tf.function": compiled(x).shape,
        "what it promised": promised,
        "depthwise_conv2d": depthwise(x).shape,
        "conv3d": conv3d(x).shape,
        "gradient of a transposed": gradient(x).shape,
        "conv2d, float64": conv2d(tf.cast(x, "float64")).shape,
        "max_pool2d": pool(x).shape,
    }
print(json.dumps({n: {k: list(v) for k, v in of_n.items()} for n, of_n in shapes.items()}))
"""
STRANGE = [
    "conv2d",
    "conv2d, tf.function",
    "depthwise_conv2d",
    "conv3d",
    "gradient of a transposed",
]


def shapes(onednn):
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    environment = {**os.environ, **quiet, "TF_ENABLE_ONEDNN_OPTS": onednn}
    command = [sys.executable, "-I", "-c", ASKED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.strip().split("\n")[-1])


def fit(of_n):
    """The functions of which 0 samples have the places and channels of 1."""
    return {name for name, shape in of_n["0"].items() if shape == [0, *of_n["1"][name][1:]]}


def written(shape):
    return "×".join(map(str, shape))


on, off = shapes("1"), shapes("0")
print(f"{'':25} {'1 sample':13} {'0 samples':13} without oneDNN")
for name, shape in on["1"].items():
    row = shape, on["0"][name], off["0"][name]
    print(f"{name:25}", " ".join(f"{written(one):13}" for one in row).rstrip())
strange = [name for name in on["0"] if name not in fit(on)]
if strange != STRANGE or fit(off) != set(off["0"]):
    sys.exit(f"changed: with oneDNN of another shape: {', '.join(strange) or 'none'}")
print("as stated: with oneDNN convolutions of an empty batch have another shape")
PY

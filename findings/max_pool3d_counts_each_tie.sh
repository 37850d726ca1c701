#!/usr/bin/env bash
# What: TensorFlow's gradient of max_pool3d hands the whole upstream gradient to each of the tied
#   elements of a window, so that it grows with their number; max_pool1d and max_pool2d hand it to
#   the first one.
# Packages: tensorflow 2.21.0 (CPU), numpy 2.4.6.
# Expected: pooling in three dimensions does what it does in two, and what a window hands on adds up
#   to its upstream gradient.
# Seen: a window of equal elements, dy = 1: 1-D [1, 0], 2-D [1, 0, 0, 0], 3-D eight times 1. A 3-D
#   window of 1×2×2, which pools each slice as 2-D does, has [1, 1, 1, 1]. Under
#   tf.function(jit_compile=True) 3-D hands it to the first one as well. tf.reduce_max of four equal
#   elements has 1/4 each. Without ties the slices agree with 2-D.
# Why it matters: after a ReLU whole windows are 0. Their inputs get up to the window's size times
#   the gradient in 3-D, but not in 2-D or once compiled; a port that keeps the formula is blamed
#   for it.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/max_pool3d_counts_each_tie.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="tensorflow==2.21.0 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES= "$room/venv/bin/python" -I - <<'PY'
import sys

import numpy as np
import tensorflow as tf


def gradient(function, x):
    x = tf.constant(x, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x).numpy().ravel()


def one(x):
    return tf.nn.max_pool1d(x, 2, 2, "VALID")


def two(x):
    return tf.nn.max_pool2d(x, 2, 2, "VALID")


def three(x):
    return tf.nn.max_pool3d(x, 2, 2, "VALID")


def slices(x):
    return tf.nn.max_pool3d(x, [1, 2, 2], [1, 2, 2], "VALID")


@tf.function(jit_compile=True, autograph=False)
def compiled(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = three(x)
    return tape.gradient(y, x)


first = [1, 0, 0, 0, 0, 0, 0, 0]
# name: gradient seen, gradient stated
GRADIENTS = {
    "1-D": (gradient(one, np.ones((1, 2, 1))), first[:2]),
    "2-D": (gradient(two, np.ones((1, 2, 2, 1))), first[:4]),
    "3-D, 1×2×2": (gradient(slices, np.ones((1, 1, 2, 2, 1))), [1] * 4),
    "3-D": (gradient(three, np.ones((1, 2, 2, 2, 1))), [1] * 8),
    "3-D, compiled": (compiled(tf.ones((1, 2, 2, 2, 1))).numpy().ravel(), first),
    "reduce_max": (gradient(tf.reduce_max, np.ones(4)), [0.25] * 4),
}
for name, (seen, _) in GRADIENTS.items():
    print(f"{name:15}", *(f"{share:g}" for share in seen), f"  sum {seen.sum():g}")
wrong = [name for name, (seen, stated) in GRADIENTS.items() if seen.tolist() != stated]

apart = np.random.default_rng(5).permutation(3 * 4 * 6 * 2).reshape(1, 3, 4, 6, 2)
each = [gradient(two, apart[:, d]) for d in range(3)]
if not np.array_equal(gradient(slices, apart), np.concatenate(each)):
    wrong.append("3-D without ties")
if wrong:
    sys.exit(f"changed: another gradient in {', '.join(wrong)}")
print("as stated: 3-D, not compiled, hands the whole gradient to each tied element")
PY

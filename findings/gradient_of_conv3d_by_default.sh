#!/usr/bin/env bash
# What: The gradient of tf.nn.convolution with three spatial axes raises an AttributeError in eager
#   mode, unless the default layout is written out.
# Packages: tensorflow-cpu 2.21.0, numpy 2.4.6.
# Expected: data_format=None is the default "NDHWC", as it is for one and two axes, in the value,
#   and under tf.function.
# Seen: eager, three axes: the value comes, the gradient raises AttributeError: 'NoneType' object
#   has no attribute 'decode'; with data_format="NDHWC", with two axes, and in a tf.function it
#   comes.
# Why it matters: the call works in inference and in a compiled training step and fails when
#   somebody debugs eagerly or checks the gradient; the error names neither the option nor the
#   function.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/gradient_of_conv3d_by_default.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="tensorflow-cpu==2.21.0 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES= "$room/venv/bin/python" -I - <<'PY'
import sys

import tensorflow as tf


def gradient(n, **options):
    x = tf.ones((1, *range(4, 4 + n), 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.convolution(x, tf.ones((2,) * n + (1, 1)), **options)
    return tape.gradient(y, x)


def outcome(function):
    try:
        return str(tuple(function().shape))
    except AttributeError as error:
        return f"AttributeError: {error}"


SEEN = {
    "2 axes": outcome(lambda: gradient(2)),
    "3 axes": outcome(lambda: gradient(3)),
    "3 axes, NDHWC": outcome(lambda: gradient(3, data_format="NDHWC")),
    "3 axes, tf.function": outcome(tf.function(lambda: gradient(3), autograph=False)),
}
for name, said in SEEN.items():
    print(f"{name:20} {said}")
failing = [name for name, said in SEEN.items() if said.startswith("AttributeError")]
if failing != ["3 axes"]:
    sys.exit(f"changed: {', '.join(failing) or 'nothing'} raises now")
print("as stated: only the eager gradient with three axes and the default layout raises")
PY

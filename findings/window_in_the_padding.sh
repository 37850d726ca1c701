#!/usr/bin/env bash
# What: With ceil_mode Paddle keeps a last pooling window that lies in the padding alone, and hands
#   out −3.4e38 as its maximum and NaN or 0 as its mean.
# Packages: paddlepaddle 3.3.1 (CPU), numpy 2.4.6.
# Expected: a window without an element of x is left out, as torch and ONNX (since opset 22) do, or
#   is refused.
# Seen: 1…5, kernel 2, stride 3, padding 1, ceil_mode: maximum [1, 4, −3.4028235e+38], average [1,
#   3.5, NaN]; in two dimensions five of nine. Without ceil_mode [1, 4]. Some runs and lengths give
#   −0 or 0 for the NaN.
# Why it matters: one such place makes the loss NaN or the layer behind it overflow; the same
#   options in torch give an output that is one place shorter, so that weights of a dense layer
#   behind it do not fit.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/window_in_the_padding.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="paddlepaddle==3.3.1 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import sys

import numpy as np
import paddle
import paddle.nn.functional as F


def pooled(pool, *sizes, **options):
    x = np.arange(1, 1 + np.prod(sizes), dtype="float32").reshape(1, 1, *sizes)
    return pool(paddle.to_tensor(x), 2, 3, 1, **options).numpy()[0, 0]


maximum = pooled(F.max_pool1d, 5, ceil_mode=True)
average = pooled(F.avg_pool1d, 5, ceil_mode=True)
plane = pooled(F.max_pool2d, 5, 5, ceil_mode=True)
print("maximum:", maximum, "without ceil_mode:", pooled(F.max_pool1d, 5))
print("average:", average)
print("maximum in two dimensions:", *plane, sep="\n  ")
lowest = np.finfo("float32").min
stated = [1, 4, lowest]
if maximum.tolist() != stated or len(average) != 3 or (plane == lowest).sum() != 5:
    sys.exit("changed: another last window")
print("as stated: a window without elements has a maximum and an average")
PY

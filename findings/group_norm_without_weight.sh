#!/usr/bin/env bash
# What: Paddle's gradient of a group normalisation without weight is wrong; with a weight of ones it
#   is right.
# Packages: paddlepaddle 3.3.1 (CPU), numpy 2.4.6.
# Expected: no weight is a weight of ones; the gradient to x adds up to 0 within each group, because
#   the mean was taken away.
# Seen: float32 and float64, group_norm and the layer GroupNorm(weight_attr=False): values alike,
#   but without weight the gradient lacks the term of the mean of dy: within a group of 8 elements
#   it adds up to −0.33 in place of 0, single elements are off by 0.44. layer_norm without weight is
#   right.
# Why it matters: normalisation without affine parameters is common in front of a modulation;
#   training goes on with a gradient that is off by a constant in each group, and a port that is
#   right is blamed for it.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/group_norm_without_weight.sh
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

rng = np.random.default_rng(20261130)
X, DY = rng.normal(size=(2, 2, 6, 4))
EPS = 1e-5


def formula():
    x, dy = X.reshape(2, 3, 8), DY.reshape(2, 3, 8)
    centred = x - x.mean(2, keepdims=True)
    scale = 1 / np.sqrt(x.var(2, keepdims=True) + EPS)
    y = centred * scale
    slope = dy - dy.mean(2, keepdims=True) - y * (dy * y).mean(2, keepdims=True)
    return (scale * slope).reshape(X.shape)


def of_paddle(dtype, normalise):
    x = paddle.to_tensor(X.astype(dtype), stop_gradient=False)
    (dx,) = paddle.grad([normalise(x)], [x], [paddle.to_tensor(DY.astype(dtype))])
    return dx.numpy()


def ones(dtype):
    return lambda x: F.group_norm(x, 3, EPS, paddle.ones([6], dtype), data_format="NCL")


def none(x):
    return F.group_norm(x, 3, EPS, data_format="NCL")


def layer(x):
    return paddle.nn.GroupNorm(3, 6, EPS, weight_attr=False, bias_attr=False)(x[..., None])[..., 0]


right = formula()
# name: gradient seen, whether it was right
GRADIENTS = {
    "float32, weight of ones": (of_paddle("float32", ones("float32")), True),
    "float64, weight of ones": (of_paddle("float64", ones("float64")), True),
    "float32, no weight": (of_paddle("float32", none), False),
    "float64, no weight": (of_paddle("float64", none), False),
    "float32, layer without": (of_paddle("float32", layer), False),
}
wrong = []
for name, (seen, stated) in GRADIENTS.items():
    off = np.abs(seen - right).max()
    print(f"{name:24} off by {off:8.1e}, first group adds up to {seen[0, :2].sum():8.5f}")
    if (off < 1e-5) != stated or (not stated and off < 0.01):
        wrong.append(name)
if wrong:
    sys.exit(f"changed: another gradient of {', '.join(wrong)}")
print("as stated: without weight the gradient is wrong, with a weight of ones it is right")
PY

#!/usr/bin/env bash
# What: Paddle's softmax, log_softmax and cross_entropy take every logit for at most 64 below the
#   largest one, also in float64, and only the gradient knows the true distance.
# Packages: paddlepaddle 3.3.1 (CPU), numpy 2.4.6.
# Expected: log_softmax([0, −500]) = [0, −500]; a class of −∞ has the share 0; a loss whose gradient
#   is not 0 changes.
# Seen: float32 and float64: log_softmax([0, −500]) = [0, −64], softmax([0, −∞]) = [1, 1.6e-28],
#   cross_entropy of logits [0, 1000] and class 0: 64 in place of 1000, with the gradient [−1, 1].
# Why it matters: masked classes keep a share; a loss above 64 per sample stands still while the
#   weights move, and a log-likelihood that is compared with another library's differs by hundreds.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/softmax_ends_at_64.sh
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

wrong = []
for dtype in ("float32", "float64"):
    logarithm = F.log_softmax(paddle.to_tensor(np.array([0, -500], dtype))).numpy()
    share = F.softmax(paddle.to_tensor(np.array([0, -np.inf], dtype))).numpy()
    logits = paddle.to_tensor(np.array([[0, 1000]], dtype), stop_gradient=False)
    loss = F.cross_entropy(logits, paddle.to_tensor(np.array([0])))
    (gradient,) = paddle.grad([loss], [logits])
    print(f"{dtype}: log_softmax([0, -500]) = {logarithm}")
    print(f"  softmax([0, -inf]) = {share}")
    print(f"  cross_entropy([0, 1000], 0) = {float(loss):g}, gradient {gradient.numpy()[0]}")
    seen = [*logarithm, round(float(loss), 4), *gradient.numpy()[0]]
    if seen != [0, -64, 64, -1, 1] or not 1e-29 < share[1] < 1e-27:
        wrong.append(dtype)
if wrong:
    sys.exit(f"changed: other values in {' and '.join(wrong)}")
print("as stated: nothing is more than 64 below the largest")
PY

#!/usr/bin/env bash
# What: With probabilities as targets, Paddle's cross_entropy multiplies the loss of a sample by the
#   mean weight of its classes, in place of each class's term by that class's weight.
# Packages: paddlepaddle 3.3.1 (CPU), numpy 2.4.6.
# Expected: −Σ_c w_c·t_c·log p_c for each sample, as the formula of the weighted loss has it (and
#   torch's function); the mean divides by N.
# Seen: two classes, weight [1, 9], target [½, ½], log p = [−0.3133, −1.3133]: 4.0663 = (½·1 +
#   ½·9)·(½·0.3133 + ½·1.3133), not 6.0663; the mean divides by Σ w·t = 5: 0.8133. With a class
#   index both formulas agree.
# Why it matters: weights do then not move the emphasis within a sample, and label smoothing with
#   class weights is another loss than in other libraries.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/soft_labels_with_class_weights.sh
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

LOGITS, TARGET, WEIGHT = np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]), np.array([1.0, 9.0])


def loss(target, reduction, **options):
    given = map(paddle.to_tensor, (LOGITS, target, WEIGHT))
    return float(F.cross_entropy(*given, reduction=reduction, **options))


losses = -(LOGITS - np.log(np.exp(LOGITS).sum()))[0]
by_class = (WEIGHT * TARGET[0] * losses).sum()
by_sample = (WEIGHT * TARGET[0]).sum() * (TARGET[0] * losses).sum()
soft = {way: loss(TARGET, way, soft_label=True) for way in ("sum", "mean")}
hard = loss(np.array([1]), "sum")
print(f"each class by its weight {by_class:.4f}, the sample by the mean weight {by_sample:.4f}")
print(f"Paddle: sum {soft['sum']:.4f}, mean {soft['mean']:.4f}; of class 1: {hard:.4f}")
stated = [by_sample, by_sample / 5, 9 * losses[1]]
if not np.allclose([soft["sum"], soft["mean"], hard], stated, rtol=1e-6):
    sys.exit("changed: another weighted loss")
print("as stated: the loss of the sample is weighted, not the terms of its classes")
PY

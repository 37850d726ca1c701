#!/usr/bin/env bash
# What: With label_smoothing Paddle's cross_entropy leaves no sample out for its ignore_index, and
#   divides the mean by the number of classes too.
# Packages: paddlepaddle 3.3.1 (CPU), numpy 2.4.6.
# Expected: a sample with the ignored label has loss 0 and gradient 0, with smoothing as without, and
#   the mean divides by the number of the others; so the documentation of ignore_index for
#   soft_label=False, and torch.
# Seen: four samples, three classes, labels [0, 1, 2, 1], ignore_index 1. Without smoothing samples 1
#   and 3 have 0, the mean divides by 2. With smoothing 0.1 all four have exactly the smoothed loss
#   that they have without ignore_index, and its gradient; the mean is their sum over 12, over 4
#   without ignore_index.
# Why it matters: translation models smooth labels and ignore the label of the padding, which is a
#   class of the vocabulary: they then learn to say padding, without a warning, and the mean loss
#   shrinks by the size of the vocabulary.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/label_smoothing_keeps_ignored_labels.sh
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

LOGITS = np.random.default_rng(0).normal(size=(4, 3))
LABELS, IGNORED, SMOOTHING = np.array([0, 1, 2, 1]), 1, 0.1


def answer(reduction="none", **options):
    """The loss and the gradient of its sum."""
    x = paddle.to_tensor(LOGITS, stop_gradient=False)
    loss = F.cross_entropy(x, paddle.to_tensor(LABELS), reduction=reduction, **options)
    loss.sum().backward()
    return loss.numpy().ravel(), x.grad.numpy()


logs = LOGITS - np.log(np.exp(LOGITS).sum(1, keepdims=True))
target = (1 - SMOOTHING) * np.eye(3)[LABELS] + SMOOTHING / 3
by_hand, slope = -(target * logs).sum(1), np.exp(logs) - target

plain, plain_gradient = answer(ignore_index=IGNORED)
loss, gradient = answer(ignore_index=IGNORED, label_smoothing=SMOOTHING)
mean = answer("mean", ignore_index=IGNORED, label_smoothing=SMOOTHING)[0][0]
usual = answer("mean", label_smoothing=SMOOTHING)[0][0]
print("ignore_index 1, labels", LABELS)
print("without smoothing:", plain.round(4), "gradient of sample 1:", plain_gradient[1].round(4))
print("with smoothing:   ", loss.round(4), "gradient of sample 1:", gradient[1].round(4))
print("by hand, with nothing ignored:", by_hand.round(4), "gradient:", slope[1].round(4))
print(f"mean {mean:.4f}, without ignore_index {usual:.4f}; by hand {by_hand.mean():.4f}")
same = np.allclose(loss, by_hand) and np.allclose(gradient, slope)
means = np.allclose([mean, usual], [by_hand.sum() / 12, by_hand.mean()])
if plain[[1, 3]].any() or plain_gradient[[1, 3]].any():
    sys.exit("changed: another loss of ignored labels without smoothing")
if not same or not means:
    sys.exit("changed: another loss of ignored labels with smoothing")
print("as stated: with smoothing nothing is ignored, and the mean divides by samples times classes")
PY

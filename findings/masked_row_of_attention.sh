#!/usr/bin/env bash
# What: torch's attention layer answers NaN or 0 for a query that may look at no key, and which of
#   them depends on need_weights and, in evaluation mode, on torch.no_grad.
# Packages: torch 2.13.0 (CPU), numpy 2.4.6.
# Expected: the options choose what is returned beside the output, or whether a gradient can be
#   taken; the output is the same.
# Seen: MultiheadAttention, one row of the mask forbids every key. Output of that row, less the
#   bias:
#     need_weights=True                  NaN, training and evaluation, with and without no_grad
#     need_weights=False                 0, training, and evaluation with gradients
#     need_weights=False, no_grad, eval  NaN
#   All other rows are the same in all of them. scaled_dot_product_attention gives 0 as well,
#   softmax of a row of −inf NaN, and jax.nn.dot_product_attention (0.10.2, tried by hand) the mean
#   of the values.
# Why it matters: padded queries have such rows. The loss that is finite in training is NaN in
#   evaluation, and a port that is right by one answer is wrong by another.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/masked_row_of_attention.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="torch==2.13.0 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import contextlib
import itertools
import sys

import torch
from torch.nn.functional import scaled_dot_product_attention

torch.manual_seed(3)
layer = torch.nn.MultiheadAttention(6, 2, batch_first=True)
# the output's bias is 0 at first; this shows that it is added to a 0
torch.nn.init.constant_(layer.out_proj.bias, 0.25)
x = torch.randn(2, 4, 6)
forbidden = torch.zeros(4, 4, dtype=torch.bool)
forbidden[1] = True
forbidden[2, 0] = True


def kind(row):
    if row.isnan().all():
        return "NaN"
    return "the bias alone" if torch.allclose(row, torch.tensor(0.25)) else "other"


seen, kept = {}, []
for training, weights, gradients in itertools.product((True, False), repeat=3):
    layer.train(training)
    with contextlib.nullcontext() if gradients else torch.no_grad():
        y, _ = layer(x, x, x, attn_mask=forbidden, need_weights=weights)
    seen[training, weights, gradients] = kind(y[:, 1])
    kept.append(y[:, [0, 2, 3]].detach())
    print(
        f"{'training' if training else 'evaluation':12}need_weights={weights!s:7}"
        f"{'' if gradients else 'no_grad':9}{kind(y[:, 1])}"
    )
functional = scaled_dot_product_attention(*[x[:, None]] * 3, attn_mask=~forbidden)[:, 0, 1]
softmax = torch.full((4,), -torch.inf).softmax(0)
print("scaled_dot_product_attention:", functional.unique().tolist())
print("softmax of a row of −inf:", softmax.tolist())

wrong = []
for (training, weights, gradients), answer in seen.items():
    nan = weights or not (training or gradients)
    if answer != ("NaN" if nan else "the bias alone"):
        wrong.append(f"{training=} {weights=} {gradients=} gives {answer}")
if not all(torch.allclose(other, kept[0], atol=1e-5) for other in kept):
    wrong.append("the other rows differ")
if functional.unique().tolist() != [0.0] or not softmax.isnan().all():
    wrong.append("the functions give something else")
if wrong:
    sys.exit(f"changed: {'; '.join(wrong)}")
print("as stated: NaN or 0, by need_weights, evaluation mode and no_grad")
PY

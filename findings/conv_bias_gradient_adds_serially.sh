#!/usr/bin/env bash
# What: torch's float32 gradient to the bias of a convolution adds one term after another, so that
#   100,000 equal terms come out 0.09 % wrong; the same sum is right to the last bit as the bias
#   gradient of a linear layer, as a tensor's sum, or of a convolution with one 1×1 kernel.
# Packages: torch 2.13.0 (CPU), numpy 2.4.6.
# Expected: a sum over samples and places that is formed in blocks or pairwise, as torch's own sum
#   is: some units of 10⁻⁷.
# Seen: of some 99,000 terms 0.7123 in float32, relative to the exact sum: convolutions with a 2×3
#   kernel 8.8e-4 and 8.6e-4 off; linear 7e-8, a sum and a 1×1 convolution 1.8e-7.
# Why it matters: whoever compares a bias gradient with torch's blames the side that is right, and
#   a bound that holds for any order of summation lets per cents pass.
# Measured: 2026-11-29, Linux, x86-64, AVX-512, one thread.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/conv_bias_gradient_adds_serially.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="torch==2.13.0 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
cat > show.py <<'PY'
import sys

import torch
from torch.nn.functional import conv2d, linear

torch.set_num_threads(1)
TERM = torch.tensor(0.7123)


def off(y, bias):
    """Relative error of the gradient to the bias, from an upstream gradient of equal terms."""
    (gradient,) = torch.autograd.grad(y, bias, torch.full_like(y, float(TERM)))
    exact = y.numel() // len(bias) * float(TERM)
    return float((gradient.double() / exact - 1).abs().max())


def of_convolution(x, kernel):
    bias = torch.zeros(kernel[0], requires_grad=True)
    weight = torch.ones(kernel, requires_grad=True)
    return off(conv2d(torch.ones(x), weight, bias), bias)


def of_linear(samples):
    bias, weight = torch.zeros(3, requires_grad=True), torch.ones(3, 2, requires_grad=True)
    return off(linear(torch.ones(samples, 2), weight, bias), bias)


print("torch", torch.__version__)
serial = {
    "convolution, 1000×1×12×11 by a 2×3 kernel": of_convolution((1000, 1, 12, 11), (4, 1, 2, 3)),
    "convolution, 20×2×72×70 by a 2×3 kernel": of_convolution((20, 2, 72, 70), (3, 2, 2, 3)),
}
others = {
    "linear, 99,000 samples": of_linear(99_000),
    "sum of 99,000": float((TERM.repeat(99_000).sum().double() / (99_000 * float(TERM)) - 1).abs()),
    "convolution, 1×1×330×300 by a 1×1 kernel": of_convolution((1, 1, 330, 300), (2, 1, 1, 1)),
}
for name, error in (serial | others).items():
    print(f"{name:43} relative error {error:.2g}")
if any(not 1e-4 < error < 1e-2 for error in serial.values()) or any(
    error > 1e-6 for error in others.values()
):
    sys.exit("changed: the sums are not as stated")
print("as stated: the convolution's bias gradient adds serially, the others do not")
PY
"$room/venv/bin/python" -I show.py

#!/usr/bin/env bash
# What: With output_padding MLX's gradient of a transposed convolution to its input has fewer places
#   than the input, and no error is raised.
# Packages: mlx 0.32.4 (CPU), numpy 2.4.6.
# Expected: a gradient has the shape of what it belongs to.
# Seen: conv_transpose1d, 5 places, kernel 3, stride 2: without output_padding the gradient has 5
#   places, with output_padding 1 it has 4; kernel 2, stride 3, output_padding 2: 3.
# Why it matters: output_padding is what a decoder needs to double a size with an odd kernel; behind
#   it the gradient broadcasts or raises far away, in a layer that is right.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/gradient_of_another_shape.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="mlx==0.32.4 mlx-cpu==0.32.4 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import sys

import mlx.core as mx

mx.set_default_device(mx.cpu)


def places(kernel, stride, output_padding):
    """Of the gradient to 5 places."""
    weight = mx.ones((1, kernel, 1))

    def function(x):
        return mx.conv_transpose1d(x, weight, stride=stride, output_padding=output_padding)

    x = mx.arange(5.0).reshape(1, 5, 1)
    _, (dx,) = mx.vjp(function, [x], [mx.ones_like(function(x))])
    return dx.shape[1]


# kernel, stride, output_padding: places stated
STATED = {(3, 2, 0): 5, (3, 2, 1): 4, (2, 3, 0): 5, (2, 3, 1): 4, (2, 3, 2): 3}
seen = {options: places(*options) for options in STATED}
for (kernel, stride, padding), count in seen.items():
    print(f"kernel {kernel}, stride {stride}, output_padding {padding}: {count} places of 5")
if seen != STATED:
    sys.exit("changed: another number of places")
print("as stated: output_padding takes places from the gradient")
PY

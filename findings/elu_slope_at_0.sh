#!/usr/bin/env bash
# What: The gradient of tinygrad's elu at 0 is 0, though its slope with the default alpha 1 is 1 from
#   both sides; celu, the same function for that alpha, has 1.
# Packages: tinygrad 0.14.0 (device PYTHON, which needs no compiler).
# Expected: 1, the slope from both sides, whatever the convention at the kink of relu is.
# Seen: gradients at [−0.001, 0, 0.001]: elu [0.999, 0, 1], celu [0.999, 1, 1]. elu is written
#   relu(x) − alpha·relu(1 − exp x), and relu has the gradient 0 at 0: both terms drop out. The
#   device CPU gives the same.
# Why it matters: exact zeros are common behind a ReLU, dropout and padding; no gradient passes
#   there, and a check by differences says 1.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/elu_slope_at_0.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="tinygrad==0.14.0"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
DEV=PYTHON HOME="$room" "$room/venv/bin/python" -I - <<'PY'
import sys

from tinygrad import Tensor

NEAR = 0.001


def gradient(name):
    x = Tensor([-NEAR, 0.0, NEAR])
    return getattr(x, name)().sum().gradient(x)[0].tolist()


values = Tensor([-NEAR, 0.0, NEAR]).elu().tolist()
slopes = [(values[1] - values[0]) / NEAR, (values[2] - values[1]) / NEAR]
elu, celu = gradient("elu"), gradient("celu")
print("elu, difference quotients on both sides of 0:", *(f"{slope:.4f}" for slope in slopes))
for name, seen in (("elu", elu), ("celu", celu)):
    print(f"{name:4} gradient at -0.001, 0, 0.001:", *(f"{value:.4f}" for value in seen))
beside = [*slopes, elu[0], elu[2], celu[0], celu[2]]
if (elu[1], celu[1]) != (0, 1) or any(abs(value - 1) > 0.01 for value in beside):
    sys.exit("changed: another gradient at 0")
print("as stated: 0 for a slope that is 1 from both sides")
PY

#!/usr/bin/env bash
# What: In MNN sigmoid, tanh, exp, softplus, relu, relu6 and abs of NaN are ordinary numbers.
# Packages: MNN 3.6.1, numpy 2.4.6.
# Expected: NaN, as from NumPy's exp, tanh, maximum, minimum and abs.
# Seen: float32, on the CPU: sigmoid(NaN) and tanh(NaN) are 1, exp(NaN) is 1.6e-38, softplus, relu
#   and abs give 0, relu6 gives 6; in rows of 1 to 20 NaN and among numbers. sqrt, log, sin and
#   negative give NaN.
# Why it matters: a NaN in the input or the weights comes out as a probability of 1, the largest
#   one. A check of the output for NaN passes, and a broken model looks like a sure one.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/nan_becomes_a_number.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="MNN==3.6.1 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import ctypes
import sys

import MNN
import numpy as np
from MNN import expr

ROWS = [*([np.nan] * n for n in range(1, 21)), [1, np.nan, -2, 3, np.nan]]


def of_nan(name):
    """What a function makes of each NaN, alone and among numbers."""
    values = []
    for row in ROWS:
        x = expr.const(row, [len(row)], expr.NCHW)
        y = getattr(expr, name)(x).read()
        values.extend(y[np.isnan(row)])
    return np.array(values)


# function: the number stated, with what it may be off
STATED = {
    "sigmoid": (1, 0),
    "tanh": (1, 0),
    "exp": (0, 1e-30),
    "softplus": (0, 1e-30),
    "relu": (0, 0),
    "relu6": (6, 0),
    "abs": (0, 0),
}
STAYS = ("sqrt", "log", "sin", "negative")
print("MNN", MNN.version())
wrong = []
for name in (*STATED, *STAYS):
    seen = of_nan(name)
    print(f"{name + '(NaN)':14} from {seen.min():.2g} to {seen.max():.2g}")
    number, off = STATED.get(name, (None, None))
    as_stated = np.isnan(seen) if number is None else abs(seen - number) <= off
    if not as_stated.all():
        wrong.append(name)
ctypes.CDLL(None).fflush(None)  # what MNN itself prints, before the last line
if wrong:
    sys.exit(f"changed: another answer of {', '.join(wrong)}")
print("as stated: seven functions make a number of NaN")
PY

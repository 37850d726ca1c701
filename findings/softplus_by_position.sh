#!/usr/bin/env bash
# What: MindSpore's softplus has two answers by the element's place: most elements are log(1 + exp x)
#   in float32, which is 0 at −17; the last few, up to three, are right to five digits.
# Packages: mindspore 2.10.0 (CPU, needs Python < 3.13), numpy 1.26.4, setuptools 65.5.0.
# Expected: one answer for one number; log1p(exp x) has all digits; float64 has more than float32.
# Seen: seven times −17: four times 0, three times 4.139914e-8 (true 4.139938e-8); seven times −10:
#   4.541771e-5 and 4.539873e-5 (true 4.539890e-5). A tensor of three has the second answer, one of
#   eight the first. float64 gives the same numbers as float32 to seven digits.
# Why it matters: a softplus keeps a variance or rate positive: here it is 0, its logarithm −∞, for
#   most elements, and a test with up to three elements does not see it. float64 does not help a
#   check of gradients by differences.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/softplus_by_position.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="mindspore==2.10.0 numpy==1.26.4 setuptools==65.5.0"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
HOME="$room" "$room/venv/bin/python" -I - <<'PY'
import sys

import mindspore as ms
import numpy as np
from mindspore import ops

ms.set_device("CPU")


def softplus(value, count, dtype):
    return ops.softplus(ms.Tensor(np.full(count, value, dtype))).numpy()


def error(seen, value):
    true = np.log1p(np.exp(np.float64(value)))
    return np.abs(seen / true - 1)


for value in (-17, -10):
    print(f"softplus({value}) = {np.log1p(np.exp(value)):.6e}")
    for dtype in ("float32", "float64"):
        seen = softplus(value, 7, dtype)
        print(f"  {seen.dtype}, seven times:", *(f"{one:.6e}" for one in seen))
        wrong = error(seen, value)
        alone, eight = error(softplus(value, 3, dtype), value), softplus(value, 8, dtype)
        stated = (wrong[:4] > 1e-4).all() and (wrong[4:] < 1e-5).all() and (alone < 1e-5).all()
        if seen.dtype != dtype or not stated or (eight != seen[0]).any():
            sys.exit("changed: another softplus")
        if wrong.min() < 1e-8:
            sys.exit("changed: more digits than float32 has")
        if value == -17 and seen[:4].any():
            sys.exit("changed: softplus(-17) is not 0")
print("as stated: two answers by the element's place, in float64 too")
PY

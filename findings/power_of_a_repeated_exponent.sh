#!/usr/bin/env bash
# What: NumPy's power of −∞ depends on how the exponent lies in memory: one that is repeated by
#   broadcasting takes the square root, one that is written out takes C's pow.
# Packages: numpy 2.4.6.
# Expected: the same value for the same numbers.
# Seen: np.power([-inf, 1], …) in float64:
#     0.5, [0.5]     nan, with a warning: √(−∞)
#     [0.5, 0.5]     inf: what C's pow gives, as IEEE 754 has it
# Why it matters: a port that broadcasts an exponent gets another value than the one that repeats
#   it; a test with one element passes with either.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/power_of_a_repeated_exponent.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # PIP_INDEX is several words
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    numpy==2.4.6 || { echo "not run: pip could not install numpy==2.4.6" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import sys

import numpy as np

BASE = np.array([-np.inf, 1.0])
EXPONENTS = {
    "0.5": 0.5,
    "[0.5]": np.array([0.5]),
    "[0.5, 0.5]": np.array([0.5, 0.5]),
    "the same, repeated": np.broadcast_to(0.5, (2,)),
}
STATED = {"0.5": "nan", "[0.5]": "nan", "[0.5, 0.5]": "inf", "the same, repeated": "nan"}

found = {}
with np.errstate(invalid="ignore"):
    for name, exponent in EXPONENTS.items():
        found[name] = str(float(np.power(BASE, exponent)[0]))
        print(f"(−∞) ** {name}: {found[name]}")
if found != STATED:
    sys.exit(f"changed: {found}")
print("as stated: NaN of an exponent that is repeated, ∞ of one that is written out")
PY

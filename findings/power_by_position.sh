#!/usr/bin/env bash
# What: torch's power of a float32 tensor and a number that float32 does not hold depends on the
#   element's place: the vectorised part rounds the exponent to float32 first, the rest does not.
# Packages: torch 2.13.0 (CPU).
# Expected: equal elements get equal powers.
# Seen: 1e9 ** 2.2, exactly 6.3095734e19, in tensors of equal elements:
#     5 elements                6.3095734e19 everywhere
#     37 elements, the last 5   6.3095734e19
#     37 elements, the others   6.3095796e19: the power by 2.20000005, 17 units in the last place off
#   The same in the gradient. With the exponent as a float32 tensor all elements are alike.
# Why it matters: a loss with |error| ** 2.2, or a gamma correction, has two formulas in one tensor.
#   Code that is compared with a short tensor passes, and fails with a long one.
# Measured: 2026-11-30, Linux, x86-64 (AVX2).
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/power_by_position.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # PIP_INDEX is several words
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    torch==2.13.0 || { echo "not run: pip could not install torch==2.13.0" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import sys
import warnings

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
import torch

EXPONENT, BASE = 2.2, 1e9


def alike(values):
    """Each value that occurs, and how often, in the order of places."""
    runs = []
    for value in values.tolist():
        if runs and runs[-1][0] == value:
            runs[-1][1] += 1
        else:
            runs.append([value, 1])
    return runs


def power_and_gradient(length):
    x = torch.full((length,), BASE, requires_grad=True)
    y = x**EXPONENT
    y.sum().backward()
    return alike(y.detach()), alike(x.grad)


torch.set_num_threads(1)
short, of_short = power_and_gradient(5)
long, of_long = power_and_gradient(37)
tensor = alike(torch.full((37,), BASE) ** torch.tensor(EXPONENT))
print("5 elements: ", short)
print("37 elements:", long)
print("gradients:  ", of_long)
print("a tensor as exponent:", tensor)
stated = [
    len(short) == 1,
    [count for _, count in long] == [32, 5],
    long[1][0] == short[0][0] != long[0][0],
    len(of_long) == 2,
    len(tensor) == 1,
]
if not all(stated):
    sys.exit(f"changed: {stated}")
print("as stated: two powers of one number in one tensor")
PY

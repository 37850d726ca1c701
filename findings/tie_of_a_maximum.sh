#!/usr/bin/env bash
# What: The gradient of the maximum of tied elements has five answers in four libraries; CasADi has
#   two, by the type of the symbols, and PyTensor's adds up to four times the upstream gradient.
# Packages: casadi 3.8.2, pytensor 3.0.7, mygrad 2.5.0, autograd 1.9.1, numpy 2.4.6.
# Expected: one share for each tied element, or all for one of them; in any case they add up to dy.
# Seen: of the maximum of [3, 3, 3, 3], dy = 1:
#     MyGrad             1    0    0    0
#     autograd           1/4  1/4  1/4  1/4
#     CasADi, MX         1/4  1/4  1/4  1/4
#     CasADi, SX         1/8  1/8  1/4  1/2
#     PyTensor           1    1    1    1
#     PyTensor, sort     0    0    0    1     (the last element of the sorted ones)
# Why it matters: after a ReLU, of quantised values and of padded regions ties are common. Maximum
#   pooling that is checked against one of these by its gradient disagrees where nothing is wrong;
#   and where the tied gradients grow with their number a flat region learns faster than the others.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/tie_of_a_maximum.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="casadi==3.8.2 pytensor==3.0.7 mygrad==2.5.0 autograd==1.9.1 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
PYTENSOR_FLAGS="cxx=,base_compiledir=$room/pytensor" "$room/venv/bin/python" -I - <<'PY'
import sys

import autograd
import autograd.numpy as anp
import casadi
import mygrad
import numpy as np
import pytensor
import pytensor.tensor as pt

TIED = np.full(4, 3.0)


def of_casadi(kind):
    x = kind.sym("x", 4)
    gradient = casadi.Function("gradient", [x], [casadi.gradient(casadi.mmax(x), x)])
    return np.array(gradient(TIED)).ravel()


def of_pytensor(maximum):
    x = pt.dvector("x")
    return pytensor.function([x], pytensor.grad(maximum(x), x), mode="FAST_COMPILE")(TIED)


def of_mygrad():
    x = mygrad.tensor(TIED)
    mygrad.max(x).backward()
    return x.grad


# name: gradient seen, gradient stated
GRADIENTS = {
    "MyGrad": (of_mygrad(), [1, 0, 0, 0]),
    "autograd": (autograd.grad(anp.max)(TIED), [0.25] * 4),
    "CasADi, MX": (of_casadi(casadi.MX), [0.25] * 4),
    "CasADi, SX": (of_casadi(casadi.SX), [0.125, 0.125, 0.25, 0.5]),
    "PyTensor": (of_pytensor(pt.max), [1, 1, 1, 1]),
    "PyTensor, sort": (of_pytensor(lambda x: pt.sort(x)[-1]), [0, 0, 0, 1]),
}
for name, (seen, _) in GRADIENTS.items():
    print(f"{name:18}", *(f"{share:6g}" for share in seen), f"  sum {seen.sum():g}")
wrong = [name for name, (seen, stated) in GRADIENTS.items() if seen.tolist() != stated]
if wrong:
    sys.exit(f"changed: another gradient at the tie in {', '.join(wrong)}")
print("as stated: first, even, by powers of two, all in full, last")
PY

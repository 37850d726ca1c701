#!/usr/bin/env bash
# What: NumPy's argmax of an object array goes on comparing after a comparison has raised, and may
#   end in a SystemError about another function; argmin, max and sort hand on what was raised.
# Packages: numpy 2.4.6, sympy 1.14.0.
# Expected: the TypeError of sympy, which says that x < y has no truth value, from each of them.
# Seen: of arrays whose rows are the symbols x, y, z:
#     argmax  1×3  TypeError: cannot determine truth value of Relational: y > x
#     argmax  2×3  SystemError: <built-in function hasattr> returned a result with an exception set
#     argmin, max and sort: TypeError, of one row and of two
# Why it matters: a softmax or a maximum pooling that runs on symbols, intervals or balls finds its
#   maximum by argmax. Code that catches "this comparison is undecided" and branches does not see
#   it; comparing with max() beside argmax() does.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/argmax_goes_on_after_an_error.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="numpy==2.4.6 sympy==1.14.0"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import sys

import numpy as np
import sympy

x, y, z = sympy.symbols("x y z")
ARRAYS = {
    "1×3": np.array([[x, y, z]], object),
    "2×3": np.array([[x, y, z]] * 2, object),
}
STATED = {("argmax", "2×3"): SystemError}


def raised_by(function, array):
    try:
        function(array, axis=1)
    except Exception as error:
        return error
    return None


changed = []
for name in ("argmax", "argmin", "max", "sort"):
    for shape, array in ARRAYS.items():
        error = raised_by(getattr(np, name), array)
        print(f"{name:8}{shape}  {type(error).__name__}: {error}")
        if type(error) is not STATED.get((name, shape), TypeError):
            changed.append(f"{name} of {shape}")
if changed:
    sys.exit(f"changed: {', '.join(changed)}")
print("as stated: argmax of two rows of three symbols raises a SystemError, the others sympy's TypeError")
PY

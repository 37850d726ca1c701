#!/usr/bin/env bash
# What: bfloat16 arrays go into files that NumPy's readers don't give back: np.load returns raw
#   bytes of type V2, and safetensors.numpy refuses the file that it has just written.
# Packages: numpy 2.4.6, ml_dtypes 0.6.0, safetensors 0.8.0.
# Expected: the array that was saved, or an error when it is saved.
# Seen: np.savez of a bfloat16 array raises nothing, and np.load gives dtype "|V2" with the right
#   bytes; float8_e4m3fn and int4 both come back as "|V1"; .view(ml_dtypes.bfloat16), or the other
#   type, brings the values back. safetensors.numpy.save writes bfloat16 as BF16, and load of those
#   bytes raises KeyError: 'BF16', as of float8_e4m3fn; float16 works in both.
# Why it matters: weights of JAX and of torch are bfloat16 more often than not. The checkpoint is
#   written without a hint; that it can't be read, or of which type it was, shows when it is needed.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/bfloat16_in_files.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="numpy==2.4.6 ml_dtypes==0.6.0 safetensors==0.8.0"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import io
import sys

import ml_dtypes
import numpy as np
from safetensors.numpy import load, save


def through_npz(array):
    file = io.BytesIO()
    np.savez(file, a=array)
    file.seek(0)
    return np.load(file)["a"]


def through_safetensors(array):
    """The dtype that comes back, or the error of reading."""
    written = save({"a": array})
    try:
        return str(load(written)["a"].dtype)
    except KeyError as error:
        return f"KeyError: {error}"


# type, what npz gives back, what safetensors gives back
STATED = [
    (np.float16, "float16", "float16"),
    (ml_dtypes.bfloat16, "|V2", "KeyError: 'BF16'"),
    (ml_dtypes.float8_e4m3fn, "|V1", "KeyError: 'F8_E4M3'"),
    (ml_dtypes.int4, "|V1", None),
]
wrong = []
for kind, npz, safetensors in STATED:
    array = np.array([1, 2, 3]).astype(kind)
    back = through_npz(array)
    seen = through_safetensors(array) if safetensors else "not tried"
    print(f"{kind.__name__:15} npz {back.dtype!s:9} safetensors {seen}")
    if str(back.dtype) != npz or (safetensors and seen != safetensors):
        wrong.append(f"{kind.__name__} comes back as {back.dtype}, {seen}")
    if not np.array_equal(back.view(kind), array):
        wrong.append(f"{kind.__name__}'s bytes are others")
if wrong:
    sys.exit(f"changed: {'; '.join(wrong)}")
print("as stated: written without an error, read as raw bytes or not at all")
PY

#!/usr/bin/env bash
# What: safetensors.numpy writes an array in Fortran order, or transposed, in the order of its
#   memory under its own shape: it comes back with its values at other places, without an error.
# Packages: safetensors 0.8.0, numpy 2.4.6.
# Expected: the array that was saved, as from np.savez. The documentation of safetensors.numpy.save
#   asks for "contiguous and dense" arrays, which arrays in Fortran order are.
# Seen: [[0, 1, 2], [3, 4, 5]] in Fortran order comes back as [[0, 3, 1], [4, 2, 5]], its transpose
#   as [[0, 1], [2, 3], [4, 5]], and of a kernel whose axes were moved from (H, W, C, F) to (F, C,
#   H, W) 118 of 120 values are at other places; from save as from save_file. np.savez gives all of
#   them back, and so does save after np.ascontiguousarray. (safetensors 0.7.0, tried by hand, gave
#   them back as well.)
# Why it matters: weights are transposed or their axes moved just before they are saved for another
#   framework. Shapes and sums stay right: only what the network returns is wrong.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/safetensors_reorders_arrays.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="safetensors==0.8.0 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import sys

import numpy as np
import safetensors
from safetensors.numpy import load, load_file, save, save_file

plain = np.arange(6.0).reshape(2, 3)
kernel = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
moved = kernel.transpose(3, 2, 0, 1)
# name: array, number of places stated to hold another value
arrays = {
    "C order": (plain, 0),
    "Fortran order": (np.asfortranarray(plain), 4),
    "transposed": (plain.T, 4),
    "axes moved": (moved, 118),
    "axes moved, contiguous": (np.ascontiguousarray(moved), 0),
}
wrong = []
print("safetensors", safetensors.__version__)
for name, (array, stated) in arrays.items():
    back = load(save({"a": array}))["a"]
    save_file({"a": array}, "a.safetensors")
    np.savez("a.npz", a=array)
    if not np.array_equal(load_file("a.safetensors")["a"], back):
        wrong.append(f"save_file differs from save for {name}")
    if not np.array_equal(np.load("a.npz")["a"], array):
        wrong.append(f"np.savez changes {name}")
    if back.shape != array.shape or back.sum() != array.sum():
        wrong.append(f"shape or sum of {name} changes")
    seen = int((back != array).sum())
    print(f"{name:24}{seen:4} of {array.size} at another place; the first ones", back.ravel()[:6])
    if seen != stated:
        wrong.append(f"{name} has {seen} values at other places, not {stated}")
if wrong:
    sys.exit(f"changed: {'; '.join(wrong)}")
print("as stated: arrays that are not in C order come back reordered, without an error")
PY

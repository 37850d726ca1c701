#!/usr/bin/env bash
# What: "same" of an even kernel is not one thing within SciPy: correlate and correlate2d of the
#   same arrays are shifted by one place, convolve and convolve2d are not.
# Packages: scipy 1.17.1, torch 2.13.0 (CPU), opencv-python-headless 5.0.0.93, numpy 2.4.6.
# Expected: one rule, as the four of scipy.signal describe "same" in the same words: the size of the
#   image, centred in the full result. Correlation is convolution with the kernel turned round.
# Seen: a row of the image 1 2 3 4 5 against the kernel [1, 10], zeros outside:
#     10 21 32 43 54   scipy.signal correlate, convolve and convolve2d of the turned kernel,
#                      scipy.ndimage.correlate, cv2.filter2D
#     21 32 43 54 5    scipy.signal.correlate2d, scipy.ndimage.convolve of the turned kernel,
#                      torch's conv2d with padding="same"
#   With the odd kernel [1, 10, 100] all agree.
# Why it matters: whoever checks a convolution layer with a kernel of 2 or 4 against one of these
#   functions finds a shift, and a test of odd kernels only does not show on which side the extra
#   zero lies.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/same_of_an_even_kernel.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="scipy==1.17.1 torch==2.13.0 opencv-python-headless==5.0.0.93 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import sys
import warnings

import cv2
import numpy as np
import torch
from scipy import ndimage, signal

# torch says that an even kernel with padding="same" takes a copy of the input
warnings.filterwarnings("ignore", message="Using padding='same'")


def by_torch(x, kernel):
    x, kernel = (torch.from_numpy(array.copy())[None, None] for array in (x, kernel))
    return torch.nn.functional.conv2d(x, kernel, padding="same")[0, 0].numpy()


FUNCTIONS = {
    "signal.correlate": lambda x, k: signal.correlate(x, k, mode="same"),
    "signal.convolve, turned": lambda x, k: signal.convolve(x, k[::-1, ::-1], mode="same"),
    "signal.convolve2d, turned": lambda x, k: signal.convolve2d(x, k[::-1, ::-1], mode="same"),
    "ndimage.correlate": lambda x, k: ndimage.correlate(x, k, mode="constant"),
    "cv2.filter2D": lambda x, k: cv2.filter2D(x, -1, k, borderType=cv2.BORDER_CONSTANT),
    "signal.correlate2d": lambda x, k: signal.correlate2d(x, k, mode="same"),
    "ndimage.convolve, turned": lambda x, k: ndimage.convolve(x, k[::-1, ::-1], mode="constant"),
    "torch conv2d, same": by_torch,
}
LATE = ("signal.correlate2d", "ndimage.convolve, turned", "torch conv2d, same")
image = np.arange(1.0, 6.0) + 10 * np.arange(4.0)[:, None]
even, odd = np.array([[1.0, 10.0]]), np.array([[1.0, 10.0, 100.0]])
wrong = []
for name, function in FUNCTIONS.items():
    with_even, with_odd = (np.rint(function(image, kernel)[0]) for kernel in (even, odd))
    print(f"{name:26} even {with_even.astype(int).tolist()}, odd {with_odd.astype(int).tolist()}")
    if with_even.tolist() != ([21, 32, 43, 54, 5] if name in LATE else [10, 21, 32, 43, 54]):
        wrong.append(name)
    if with_odd.tolist() != [210, 321, 432, 543, 54]:
        wrong.append(f"{name} with an odd kernel")
if wrong:
    sys.exit(f"changed: {', '.join(wrong)}")
print("as stated: with an even kernel three of the eight are one place later, with an odd one none")
PY

#!/usr/bin/env bash
# What: scipy.signal.convolve of float32 arrays goes through the Fourier transform from small sizes
#   on: one large element spoils values that it has no part in, and the mean of positive numbers
#   comes out negative.
# Packages: scipy 1.17.1, numpy 2.4.6.
# Expected: each output depends on the elements under the kernel, to the rounding of float32.
# Seen: an image of 60×64 values from 0.5 to 1 with one element of 10⁹ in a corner, averaged by a
#   5×5 kernel; outputs at least 26 places away from it: direct 0.66 to 0.81, convolve −0.40 to
#   1.90. With an infinite element all 3840 outputs are NaN (with a warning), directly only the 25
#   over it are infinite. method="auto", the default, takes "fft" there, and "direct" for a
#   60-element row and a 5-element kernel. convolve2d is always direct.
# Why it matters: convolve serves as the independent witness for a convolution layer. With upstream
#   gradients or inputs of very different sizes it is the witness that is wrong, in a place where
#   nobody looks for the cause.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/convolve_spoils_far_values.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="scipy==1.17.1 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import sys
import warnings

import numpy as np
from scipy import signal

image = np.random.default_rng(0).uniform(0.5, 1, (60, 64)).astype(np.float32)
kernel = np.full((5, 5), 1 / 25, np.float32)
FAR = np.s_[30:50, 30:50]


def with_element(value):
    spoilt = image.copy()
    spoilt[3, 4] = value
    return spoilt


bright = with_element(1e9)
ways = {
    "convolve": lambda x: signal.convolve(x, kernel, mode="same"),
    "convolve, direct": lambda x: signal.convolve(x, kernel, mode="same", method="direct"),
    "convolve2d": lambda x: signal.convolve2d(x, kernel, mode="same"),
}
exact = signal.convolve2d(bright.astype(float), kernel.astype(float), mode="same")[FAR]
errors, lowest, spread = {}, {}, {}
with warnings.catch_warnings():
    warnings.simplefilter("ignore", RuntimeWarning)  # of the infinite element
    for name, convolve in ways.items():
        far = convolve(bright)[FAR]
        errors[name] = float(np.abs(far - exact).max())
        lowest[name] = float(far.min())
        spread[name] = int((~np.isfinite(convolve(with_element(np.inf)))).sum())
        print(
            f"{name:18} {far.min():8.4f} to {far.max():.4f}, error {errors[name]:.2g}; "
            f"one infinite element makes {spread[name]} outputs so"
        )
chosen = (
    signal.choose_conv_method(image, kernel, mode="same"),
    signal.choose_conv_method(image[0, :60], kernel[0], mode="same"),
)
print("the method chosen for 60×64 by 5×5, and for 60 by 5:", *chosen)
if chosen != ("fft", "direct"):
    sys.exit("changed: other methods are chosen")
if errors["convolve"] < 0.1 or lowest["convolve"] >= 0 or spread["convolve"] != image.size:
    sys.exit("changed: convolve is not as far off as stated")
if any(errors[name] > 1e-5 or spread[name] != 25 for name in list(ways)[1:]):
    sys.exit("changed: direct convolution is off")
print("as stated: convolve is wrong far from the large element, direct convolution is not")
PY

#!/usr/bin/env bash
# What: scikit-image's block_reduce fills the block that is left over at an edge with zeros and
#   counts them: the maximum of negative numbers there is 0, and the mean is too small.
# Packages: scikit-image 0.26.0, numpy 2.4.6.
# Expected: a block's maximum is one of its elements. The documentation does name cval, 0 unless
#   given, as the padding of an image that the blocks do not divide, and the function as useful for
#   maximum and mean pooling. It does not warn that the one spoils the other.
# Seen: blocks of 2 of −1…−5: max −1 −3 0; of 1…5: min 1 3 0, mean 1.5 3.5 2.5. The maximum with
#   cval=−inf, and nanmean with cval=NaN, are those of the elements alone: −5 and 5 in the end.
# Why it matters: pooling of maps without a ReLU before it gets maxima that no element has, in the
#   last block only and for some sizes only. For the mean a constant cannot be right: the function
#   has to be another one.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/left_over_block_counts_zeros.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="scikit-image==0.26.0 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
"$room/venv/bin/python" -I - <<'PY'
import sys

import numpy as np
from skimage.measure import block_reduce

X = np.arange(1.0, 6)

# name: blocks of 2 seen, stated
BLOCKS = {
    "max of −1…−5": (block_reduce(-X, 2, np.max), [-1, -3, 0]),
    "min of 1…5": (block_reduce(X, 2, np.min), [1, 3, 0]),
    "mean of 1…5": (block_reduce(X, 2, np.mean), [1.5, 3.5, 2.5]),
    "max, cval=−inf": (block_reduce(-X, 2, np.max, cval=-np.inf), [-1, -3, -5]),
    "nanmean, cval=NaN": (block_reduce(X, 2, np.nanmean, cval=np.nan), [1.5, 3.5, 5]),
    "max of −1…−4": (block_reduce(-X[:4], 2, np.max), [-1, -3]),
}
for name, (seen, _) in BLOCKS.items():
    print(f"{name:18}", *(f"{v:g}" for v in seen))
wrong = [name for name, (seen, stated) in BLOCKS.items() if seen.tolist() != stated]
if wrong:
    sys.exit(f"changed: other blocks of {', '.join(wrong)}")
print("as stated: the zeros of the last block are counted")
PY

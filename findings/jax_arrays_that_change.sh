#!/usr/bin/env bash
# What: JAX arrays are immutable, but two ordinary calls make one that changes: jax.device_put of a
#   NumPy array that happens to lie on a 64-byte boundary, and torch.from_dlpack of a JAX array.
# Packages: jax and jaxlib 0.10.2 (CPU), torch 2.13.0 (CPU), numpy 2.4.6.
# Expected: a copy, or an array or tensor that can't be written to, as np.from_dlpack of a JAX array
#   is.
# Seen: after jax.device_put(a), a[:] = 2 changes the JAX array if a's address is a multiple of 64,
#   and not if it is any other multiple of 4; jnp.array and jnp.asarray copy in both cases. An
#   in-place operation on torch.from_dlpack(x) changes the JAX array x, its other name too, without
#   a warning.
# Why it matters: a buffer that is filled again for each batch, or a parameter that another
#   framework updates in place, changes arrays that JAX code takes for constants; and with NumPy's
#   buffers it comes and goes with the place that the allocator chose.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/jax_arrays_that_change.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="jax==0.10.2 jaxlib==0.10.2 torch==2.13.0 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
JAX_PLATFORMS=cpu "$room/venv/bin/python" -I - <<'PY'
import sys
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import torch

warnings.simplefilter("error")


def ones_at(offset):
    """100 float32 ones, so many bytes after a multiple of 64."""
    room = np.zeros(1024, np.uint8)
    begin = -room.ctypes.data % 64 + offset
    ones = room[begin : begin + 400].view(np.float32)
    ones[:] = 1
    return ones


seen = {}
for make in (jax.device_put, jnp.asarray, jnp.array):
    for offset in range(0, 64, 4):
        a = ones_at(offset)
        x = jax.block_until_ready(make(a))
        a[:] = 2
        if float(x[0]) != 1:
            seen.setdefault(make.__name__, []).append(offset)
    found = seen.get(make.__name__, "none")
    print(f"{make.__name__:12} changes with NumPy's array at 64·n +", found)

x = jnp.arange(3.0)
same = x
torch.from_dlpack(x).add_(10)
through_torch = [x.tolist(), same.tolist()]
print("jnp.arange(3.) after torch.from_dlpack(x).add_(10):", through_torch[0])
writable = np.from_dlpack(x).flags.writeable
print("np.from_dlpack(x) can be written to:", writable)

if seen != {"device_put": [0]}:
    sys.exit("changed: other arrays share their memory with NumPy")
if through_torch != [[10.0, 11.0, 12.0]] * 2 or writable:
    sys.exit("changed: what DLPack hands over is not as stated")
print("as stated: device_put by the place in memory, and torch through DLPack, change JAX arrays")
PY

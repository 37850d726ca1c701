#!/usr/bin/env bash
# What: torch's bicubic interpolation is another function with antialias=True, also where there is
#   nothing to smooth: it enlarges with the cubic kernel of a = −0.5 instead of −0.75.
# Packages: torch 2.13.0 (CPU), jax and jaxlib 0.10.2 (CPU), numpy 2.4.6.
# Expected: antialias widens the kernel when an image is made smaller; when it is enlarged nothing
#   changes, as in bilinear mode.
# Seen: 5 values to 10: bilinear is the same with and without antialias, bicubic differs by up to
#   0.13 for values from 0 to 4. Inside, a cubic kernel written out gives the one with a = −0.75,
#   the other with a = −0.5. jax.image.resize's "cubic" is torch's antialias=True everywhere; at the
#   edges that one leaves the outside out, and the other repeats the edge.
# Why it matters: a port of an upsampling layer, or of the preparation of images, is right or wrong
#   by a flag that should have no effect there; "bicubic" alone does not name a function.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/bicubic_has_two_kernels.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="torch==2.13.0 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
JAX_PLATFORMS=cpu "$room/venv/bin/python" -I - <<'PY'
import sys

import jax
import jax.numpy as jnp
import numpy as np
import torch
from torch.nn.functional import interpolate

VALUES = [0.0, 1.0, 4.0, 2.0, 2.0]


def by_torch(mode, antialias):
    x = torch.tensor(VALUES, dtype=torch.float64)[None, None, None]
    return interpolate(x, size=(1, 10), mode=mode, antialias=antialias).numpy().ravel()


def cubic(d, a):
    d = abs(d)
    if d < 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a if d < 2 else 0.0


def written_out(a):
    """The outputs 3 … 6, whose four neighbours lie inside."""
    places = [(i + 0.5) / 2 - 0.5 for i in range(3, 7)]
    return [sum(v * cubic(p - j, a) for j, v in enumerate(VALUES)) for p in places]


plain, smooth = by_torch("bicubic", False), by_torch("bicubic", True)
with jax.enable_x64(True):
    by_jax = np.asarray(jax.image.resize(jnp.asarray(VALUES), (10,), "cubic"))
for name, y in (("bicubic", plain), ("bicubic, antialias", smooth), ("JAX's cubic", by_jax)):
    print(f"{name:19}", " ".join(f"{value:8.4f}" for value in y))
apart = np.abs(plain - smooth).max()
print(f"the first two differ by up to {apart:.4f}")

wrong = []
if not np.array_equal(by_torch("bilinear", False), by_torch("bilinear", True)):
    wrong.append("bilinear depends on antialias")
if not np.allclose(plain[3:7], written_out(-0.75), atol=1e-12):
    wrong.append("bicubic has another kernel than that of −0.75")
if not np.allclose(smooth[3:7], written_out(-0.5), atol=1e-12):
    wrong.append("bicubic with antialias has another kernel than that of −0.5")
if not np.allclose(by_jax, smooth, atol=1e-5):
    wrong.append("JAX's cubic is not torch's with antialias")
if wrong or not 0.12 < apart < 0.14:
    sys.exit(f"changed: {'; '.join(wrong) or 'the two are not so far apart'}")
print("as stated: enlarging, antialias changes nothing but bicubic, whose kernel it exchanges")
PY

#!/usr/bin/env bash
# What: Functions with the same values, some with the same name, have different gradients at their
#   kinks: torch's hard tanh has 0 and JAX's 1, torch's clamp has 1 and JAX's 0.
# Packages: torch 2.13.0 (CPU), jax and jaxlib 0.10.2 (CPU), numpy 2.4.6.
# Expected: one convention in a library, and the same in a port of the function of that name.
# Seen: the gradient at both kinks is
#     1    torch.clamp, torch.where, jax.nn.hard_tanh
#     0.5  torch.minimum of torch.maximum, jnp.minimum of jnp.maximum, jnp.clip
#     0    torch.nn.functional.hardtanh and relu6, jax.lax.clamp, jax.nn.relu6
#   and 0 below, 1 above for relu6 written as torch.clamp(relu(x), max=6). torch.autograd.gradcheck,
#   which takes central differences, refuses hardtanh and clamp at the kinks, accepts both
#   elsewhere, and accepts minimum of maximum everywhere.
# Why it matters: pixels, quantised values and clipped activations lie on kinks exactly. Whoever
#   replaces clip by hardtanh, or ports either, changes gradients though every value agrees. That
#   gradcheck refuses a point doesn't say that the gradient is wrong there.
# Measured: 2026-11-29, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/gradient_at_the_kink.sh
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
import torch
import torch.nn.functional as F

# name: function, gradient stated at the lower kink, at the upper one
TORCH = {
    (-1.0, 1.0): {
        "F.hardtanh(x)": (F.hardtanh, 0, 0),
        "torch.clamp(x, -1, 1)": (lambda x: torch.clamp(x, -1, 1), 1, 1),
        "torch.minimum(torch.maximum(x, -1), 1)": (
            lambda x: torch.minimum(torch.maximum(x, -torch.ones_like(x)), torch.ones_like(x)),
            *(0.5, 0.5),
        ),
        "torch.where(x > 1, 1, torch.where(x < -1, -1, x))": (
            lambda x: torch.where(x > 1, 1.0, torch.where(x < -1, -1.0, x)),
            *(1, 1),
        ),
    },
    (0.0, 6.0): {
        "F.relu6(x)": (F.relu6, 0, 0),
        "torch.clamp(x, 0, 6)": (lambda x: torch.clamp(x, 0, 6), 1, 1),
        "torch.clamp(F.relu(x), max=6)": (lambda x: torch.clamp(F.relu(x), max=6), 0, 1),
    },
}
JAX = {
    (-1.0, 1.0): {
        "jax.nn.hard_tanh(x)": (jax.nn.hard_tanh, 1, 1),
        "jax.lax.clamp(-1, x, 1)": (lambda x: jax.lax.clamp(-1.0, x, 1.0), 0, 0),
        "jnp.clip(x, -1, 1)": (lambda x: jnp.clip(x, -1, 1), 0.5, 0.5),
        "jnp.minimum(jnp.maximum(x, -1), 1)": (
            lambda x: jnp.minimum(jnp.maximum(x, -1.0), 1.0),
            *(0.5, 0.5),
        ),
    },
    (0.0, 6.0): {
        "jax.nn.relu6(x)": (jax.nn.relu6, 0, 0),
        "jnp.clip(x, 0, 6)": (lambda x: jnp.clip(x, 0, 6), 0.5, 0.5),
    },
}


def torch_value_and_gradient(function, at):
    x = torch.tensor(at, requires_grad=True)
    y = function(x)
    return y.item(), torch.autograd.grad(y, x)[0].item()


def jax_value_and_gradient(function, at):
    return tuple(float(value) for value in jax.value_and_grad(function)(at))


def accepts(function, *at):
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    return torch.autograd.gradcheck(function, (x,), raise_exception=False)


wrong = []
for bounds in ((-1.0, 1.0), (0.0, 6.0)):
    low, high = bounds
    print(f"{f'clipped to {low:g} … {high:g}':52}at {low:4g}  at {high:4g}  gradcheck there")
    for library, measure in ((TORCH, torch_value_and_gradient), (JAX, jax_value_and_gradient)):
        for name, (function, *stated) in library[bounds].items():
            for at in (low - 1, low, (low + high) / 4 + 0.25, high, high + 1):
                if measure(function, at)[0] != min(max(at, low), high):
                    wrong.append(f"{name} has another value at {at:g}")
            seen = [measure(function, at)[1] for at in bounds]
            says = ""
            if library is TORCH:
                says = "accepts" if accepts(function, *bounds) else "refuses"
                if not accepts(function, low - 1, (low + high) / 4 + 0.25, high + 1):
                    wrong.append(f"gradcheck refuses {name} off the kinks")
                if (says == "accepts") != (stated == [0.5, 0.5]):
                    wrong.append(f"gradcheck {says} {name} at the kinks")
            print(f"{name:52}{seen[0]:7g}  {seen[1]:7g}  {says}")
            if seen != stated:
                wrong.append(f"{name} has the gradients {seen} at its kinks, not {stated}")

if wrong:
    sys.exit(f"changed: {'; '.join(wrong)}")
print("as stated: the same values everywhere, different gradients at the kinks")
PY

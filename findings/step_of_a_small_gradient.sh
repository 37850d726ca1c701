#!/usr/bin/env bash
# What: With the same arguments torch, Keras and optax take steps of other sizes where the gradient
#   is small: epsilon stands at another place of the formula, or the sum of squares starts elsewhere.
# Packages: torch 2.13.0 (CPU), keras 3.15.1 on jax and jaxlib 0.10.2 (CPU), optax 0.2.8, numpy
#   2.4.6.
# Expected: one formula under one name, and so the same step to rounding.
# Seen: the first step, rate 0.1:
#     Adam, epsilon 1e-8      gradient 1e-6: torch, optax 0.0990, Keras 0.0760
#                             gradient 1e-8: torch, optax 0.0500, Keras 0.0031
#     RMSprop, epsilon 1e-2   gradient 0.01: torch 0.0760, Keras, optax 0.0100
#     Adagrad, epsilon 1e-8   gradient 0.01: torch 0.1000, Keras, optax 0.0032
#   Keras' Adam adds epsilon to the root before its bias correction (the documentation of its
#   epsilon says so, by a hint to the paper's formula); RMSprop adds epsilon under the root outside
#   torch; Adagrad's sum starts from 0.1 there, in torch from 0. For large gradients Adam's steps agree
#   (gradient 1: 0.1000).
# Why it matters: small gradients are those of a saturated layer, of a mean over many elements, or
#   of a loss that is scaled down. A run that is repeated with "the same optimiser" learns at
#   another speed just there, and a comparison at gradients near 1 does not show it.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/step_of_a_small_gradient.sh
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

packages="torch==2.13.0 keras==3.15.1 jax==0.10.2 jaxlib==0.10.2 optax==0.2.8 numpy==2.4.6"
"${PYTHON:-python3}" -m venv "$room/venv"
# shellcheck disable=SC2086 # several words each
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check ${PIP_INDEX:-} \
    $packages || { echo "not run: pip could not install $packages" >&2; exit 2; }

cd "$room"
KERAS_BACKEND=jax KERAS_HOME="$room" JAX_PLATFORMS=cpu "$room/venv/bin/python" -I - <<'PY'
import sys

import jax.numpy as jnp
import keras
import numpy as np
import optax
import torch

RATE = 0.1


def of_torch(name, epsilon, gradient):
    p = torch.zeros(1, requires_grad=True)
    more = {"alpha": 0.9} if name == "RMSprop" else {}
    optimizer = getattr(torch.optim, name)([p], lr=RATE, eps=epsilon, **more)
    p.grad = torch.full_like(p, gradient)
    optimizer.step()
    return -p.item()


def of_keras(name, epsilon, gradient):
    p = keras.Variable(np.zeros(1, np.float32))
    more = {"rho": 0.9} if name == "RMSprop" else {}
    optimizer = getattr(keras.optimizers, name)(RATE, epsilon=epsilon, **more)
    optimizer.apply([jnp.full(1, gradient)], [p])
    return -float(p.value[0])


def of_optax(name, epsilon, gradient):
    p = jnp.zeros(1)
    more = {"decay": 0.9} if name == "RMSprop" else {}
    optimizer = getattr(optax, name.lower())(RATE, eps=epsilon, **more)
    updates, _ = optimizer.update(jnp.full(1, gradient), optimizer.init(p), p)
    return -float(updates[0])


# optimiser, epsilon, gradient, steps stated: of torch, Keras, optax
STATED = [
    ("Adam", 1e-8, 1.0, 0.1, 0.1, 0.1),
    ("Adam", 1e-8, 1e-6, 0.09901, 0.07597, 0.09901),
    ("Adam", 1e-8, 1e-8, 0.05, 0.003065, 0.05),
    ("RMSprop", 1e-2, 1e-2, 0.07597, 0.009995, 0.009995),
    ("Adagrad", 1e-8, 1e-2, 0.1, 0.003161, 0.003161),
]
wrong = []
print(f"{'':9} epsilon  gradient     torch     Keras     optax")
for name, epsilon, gradient, *stated in STATED:
    seen = [step(name, epsilon, gradient) for step in (of_torch, of_keras, of_optax)]
    print(f"{name:9}{epsilon:8.0e}{gradient:10.0e}", *(f"{step:9.4g}" for step in seen))
    if not np.allclose(seen, stated, rtol=1e-3):
        wrong.append(f"{name} at {gradient:g}: {seen}")
if wrong:
    sys.exit(f"changed: {'; '.join(wrong)}")
print("as stated: other steps from the same arguments, where the gradient is small")
PY

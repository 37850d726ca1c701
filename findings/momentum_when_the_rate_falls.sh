#!/usr/bin/env bash
# What: SGD with momentum is one method in torch and optax and another in Keras, from the step on at
#   which the learning rate changes: Keras keeps the old rate in its velocity.
# Packages: torch 2.13.0 (CPU), keras 3.15.1 on jax and jaxlib 0.10.2 (CPU), optax 0.2.8, numpy
#   2.4.6.
# Expected: the same path from the same rate, momentum and gradients, as it is while the rate stays.
# Seen: momentum 0.9, gradient 1, rate 1 for three steps and 0.1 from then on: all three libraries
#   go to −1, −2.9, −5.61; the fourth step is 0.34 in torch and optax, 2.54 in Keras, 7 times as
#   long, and the next ones stay longer. With a rate of 1 throughout they agree for all steps.
# Why it matters: schedules with steps or warm-up are fitted to one of the two. Moving a recipe
#   keeps every number of it and changes the training after each drop.
# Measured: 2026-11-30, Linux, x86-64.
# Usage: [PYTHON=python3] [PIP_INDEX="--extra-index-url …"] findings/momentum_when_the_rate_falls.sh
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

STEPS = 6


def of_torch(rates):
    p, path = torch.zeros(1, requires_grad=True), []
    optimizer = torch.optim.SGD([p], lr=1.0, momentum=0.9)
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        p.grad = torch.ones(1)
        optimizer.step()
        path.append(p.item())
    return path


def of_keras(rates):
    p, path = keras.Variable(np.zeros(1, np.float32)), []
    optimizer = keras.optimizers.SGD(1.0, momentum=0.9)
    for rate in rates:
        optimizer.learning_rate = rate
        optimizer.apply([jnp.ones(1)], [p])
        path.append(float(p.value[0]))
    return path


def of_optax(rates):
    p, path = jnp.zeros(1), []
    optimizer = optax.sgd(lambda step: jnp.asarray(rates)[step], momentum=0.9)
    state = optimizer.init(p)
    for _ in rates:
        updates, state = optimizer.update(jnp.ones(1), state, p)
        p = optax.apply_updates(p, updates)
        path.append(float(p[0]))
    return path


def two_forms(rates):
    """The velocity without the rate, as in torch; the velocity with it, as in Keras."""
    p = np.zeros(2)
    velocity, path = np.zeros(2), []
    for rate in rates:
        velocity = 0.9 * velocity + [1, rate]
        p = p - velocity * [rate, 1]
        path.append(p)
    return np.transpose(path)


wrong = []
for rates in ([1.0] * STEPS, [1.0] * 3 + [0.1] * (STEPS - 3)):
    without, inside = two_forms(rates)
    print("rates", *rates)
    for path, form in ((of_torch, without), (of_keras, inside), (of_optax, without)):
        seen = path(rates)
        print(f"  {path.__name__:9}", *(f"{place:8.4f}" for place in seen))
        if not np.allclose(seen, form, rtol=1e-5):
            wrong.append(f"{path.__name__} goes {seen}")
    if np.allclose(without, inside) != (rates[-1] == 1):
        wrong.append("the two forms are one")
if wrong:
    sys.exit(f"changed: {'; '.join(wrong)}")
print("as stated: the same path until the rate changes, then another in Keras")
PY

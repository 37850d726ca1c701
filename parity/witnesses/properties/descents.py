"""Gradient descent is its single steps: the same bits, at every step and however it is asked for.

The steps are written out once more here, from the layers and the loss, which are judged one by
one. Both sides compute the same, so that nothing adds up from step to step: a descent that
changes from some step on differs in that step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.cases.network_case import Loss, NetworkCase
from parity.results.settings import Settings
from parity.witnesses.properties.apart import apart, difference
from parity.witnesses.properties.networks import few, parameters
from parity.witnesses.properties.situation import Tensors
from refimpl import Network

# A parameter's place, value, gradient and learning rate: its new value.
Moved = Callable[[tuple[str, str], Array, Array, float], Array]
QUICK_STEPS = 10  # of a training, in a quick run
ITERATIONS = 6  # of gradient_descent
# Losses with a reduction.
SUMMED = ("cross_entropy", "binary_cross_entropy_with_logits", "mse_loss")


def trained_by_steps(case: NetworkCase, dtype: str, settings: Settings) -> Iterator[str]:
    """One run of `train` over all batches beside as many single steps.

    The batches come one by one, of one sample more and less, and the learning rate is a number of
    NumPy's, which is wider than float32. The arrays that a layer was given are its user's: they
    stay as they are.
    """
    if not case.steps:
        return
    batches = few(case, dtype, settings)[: QUICK_STEPS if settings.quick else None]
    batches = [batch if k % 3 else _but_one(batch) for k, batch in enumerate(batches, start=1)]
    ours, plain, alone = (case.network(dtype, settings.seed) for _ in range(3))
    rate = np.float64(case.learning_rate)
    loss, by, moved = case.loss, _optimizer(case), _moved(case)
    steps = refimpl.train(ours, iter(batches), rate, loss.function, by, **loss.options)
    by = _optimizer(case)
    initial = parameters(ours)
    copies = {name: array.copy() for name, array in initial.items()}
    kept = [(x.copy(), target.copy()) for x, target in batches]
    for number, (step, batch) in enumerate(zip(steps, kept, strict=True), start=1):
        wanted = single_step(plain, batch, case.loss, case.learning_rate, moved)
        stepped = parameters(plain)
        found = {**_of_step(ours, step), **parameters(ours)}
        faults = list(apart(f"train, step {number}", found, {**wanted, **stepped}))
        refimpl.update(alone, step.grads.dparameters, case.learning_rate, by)
        faults += apart(f"update, step {number}", parameters(alone), stepped)
        if faults:
            yield from faults
            return  # all that follows differs, too
        for name, layer in alone.layers.items():
            layer.parameters = dict(plain.layers[name].parameters)
    for given, copied in zip(batches, kept, strict=True):
        if any(map(difference, given, copied)):
            yield "train changed a batch"
    yield from apart("the array that a layer was given, behind train", initial, copies)


def _optimizer(case: NetworkCase) -> refimpl.Optimizer | None:
    """A new one, where the case has one."""
    if case.optimizer is None:
        return None
    return refimpl.Optimizer(case.optimizer.name, **case.optimizer.options)


def plainly(where: tuple[str, str], value: Array, gradient: Array, rate: float) -> Array:
    """W − α·∂L/∂W"""
    return np.asarray(value - value.dtype.type(rate) * gradient)


def _moved(case: NetworkCase) -> Moved:
    """The step of a parameter, whose state is kept here."""
    said = case.optimizer
    if said is None:
        return plainly
    code, count = getattr(refimpl, said.function), Counter[tuple[str, str]]()
    state: dict[tuple[str, str], tuple[Array, ...]] = {}

    def moved(where: tuple[str, str], value: Array, gradient: Array, rate: float) -> Array:
        count[where] += 1
        counted = {"step": count[where]} if said.function == "adam_step" else {}
        options = {"learning_rate": rate, **counted, **said.said}
        stepped = code(value, gradient, *state.get(where, ()), **options)
        state[where] = tuple(stepped[1:])
        return np.asarray(stepped[0])

    return moved


def _but_one(batch: tuple[Array, Array]) -> tuple[Array, Array]:
    """A batch without its first sample, if it has another."""
    x, target = batch
    return (x[1:], target[1:]) if len(x) > 1 else batch


def descends_by_steps(case: NetworkCase, dtype: str, settings: Settings) -> Iterator[str]:
    """`gradient_descent` on one batch, with a reduction and without: one is not the other's."""
    if not case.steps:
        return
    batch = few(case, dtype, settings)[0]
    given = [{"reduction": "mean"}, {}] if case.loss.function in SUMMED else [{}]
    for more in given:
        loss = Loss(case.loss.function, {**case.loss.options, **more})
        yield from _descends(case, loss, batch, dtype, settings)


def _descends(
    case: NetworkCase, loss: Loss, batch: tuple[Array, Array], dtype: str, settings: Settings
) -> Iterator[str]:
    """Its losses, its weights, and when it has converged."""
    x, target = batch
    rate, plain = case.learning_rate / len(x), case.network(dtype, settings.seed)
    path = [_iteration(plain, batch, _summed(loss), rate) for _ in range(ITERATIONS)]
    first = parameters(case.network(dtype, settings.seed))
    middle = sorted(iteration.change for iteration in path)[ITERATIONS // 2]
    # A change of just the tolerance is no convergence.
    for tolerance, most in (
        (0, ITERATIONS),
        (middle, ITERATIONS),
        (1.001 * middle, ITERATIONS),
        (1.0, 0),
        (0, 1),
    ):
        converged = next((k for k, it in enumerate(path[:most], 1) if it.change < tolerance), 0)
        steps = converged or most
        ours = case.network(dtype, settings.seed)
        count: Any = np.int64(most)  # numbers of NumPy, which give no dtype
        end = refimpl.gradient_descent(
            *(ours, x, target, np.float64(rate), np.float64(tolerance), count, loss.function),
            **loss.options,
        )
        said = f"gradient_descent with tolerance {tolerance:.3g}, {most} iterations at most"
        if (len(end.losses), end.converged) != (steps, bool(converged)):
            yield (
                f"{said}: {len(end.losses)} losses, converged {end.converged}, "
                f"not {steps}, {bool(converged)}"
            )
            continue
        found = {f"loss {k}": np.asarray(value) for k, value in enumerate(end.losses)}
        wanted = {f"loss {k}": it.loss for k, it in enumerate(path[:steps])}
        last = path[steps - 1].weights if steps else first
        yield from apart(said, {**found, **parameters(ours)}, {**wanted, **last})


class Iteration(NamedTuple):
    """The loss before an iteration, the weights behind it, and the largest change of one."""

    loss: Array
    weights: Tensors
    change: float


def _iteration(network: Network, batch: tuple[Array, Array], loss: Loss, rate: float) -> Iteration:
    before = parameters(network)
    value = single_step(network, batch, loss, rate)["loss"]
    after = parameters(network)
    changes = (np.max(np.abs(after[name] - p)) for name, p in before.items())
    return Iteration(value, after, float(max(changes)))


def _summed(loss: Loss) -> Loss:
    """The loss as `gradient_descent` takes it: a sum over the batch, if nothing else is said."""
    summed = {"reduction": "sum"} if loss.function in SUMMED else {}
    return Loss(loss.function, {**summed, **loss.options})


def single_step(
    network: Network,
    batch: tuple[Array, Array],
    loss: Loss,
    rate: float,
    moved: Moved = plainly,
) -> Tensors:
    """Forward, loss, backward and W − α·∂L/∂W, written out; the weights are replaced."""
    x, target = batch
    outputs = {"x": x}
    for name, layer in network.layers.items():
        outputs[name] = layer.forward(*(outputs[source] for source in network.inputs[name]))
    value = getattr(refimpl, loss.function)(outputs[name], target, **loss.options)
    backward, one = getattr(refimpl, f"{loss.function}_backward"), np.ones((), x.dtype)
    back: dict[str, list[Array]] = {key: [] for key in outputs}
    back[name].append(backward(one, outputs[name], target, **loss.options))
    found = {f"a {key}": a for key, a in outputs.items()}
    found |= {"loss": np.asarray(value), "doutput": back[name][0]}
    for name, layer in reversed(network.layers.items()):
        sources = network.inputs[name]
        dy = sum(back[name][1:], start=back[name][0])
        dx, dparameters = layer.backward(dy, *(outputs[source] for source in sources))
        for source, part in zip(sources, dx if isinstance(dx, tuple) else (dx,), strict=True):
            back[source].append(part)
        found |= {f"{name} d{key}": d for key, d in dparameters.items()}
        layer.parameters = {
            key: moved((name, key), p, dparameters[key], rate)
            for key, p in layer.parameters.items()
        }
    return found


def _of_step(network: Network, step: Any) -> Tensors:
    """What `train` yields, by the names of `single_step`."""
    names = ("x", *network.layers)
    found = {f"a {name}": a for name, a in zip(names, step.activations, strict=True)}
    found |= {"loss": np.asarray(step.loss), "doutput": step.doutput}
    for name, by_key in step.grads.dparameters.items():
        found |= {f"{name} d{key}": d for key, d in by_key.items()}
    return found

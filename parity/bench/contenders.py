"""Who is timed: each gives a forward and a forward with backward, ready to be called.

All of them compute the gradients to every argument, from the same upstream gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import refimpl
from parity import oracle
from parity.bench.workloads import Workload
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.cases.network_case import Model, NetworkCase
from parity.oracle import Calls

REFIMPL, TORCH = "refimpl", "torch"
Maker = Callable[[Workload, Mapping[str, Array], Array], Calls]


def of_refimpl(workload: Workload, arrays: Mapping[str, Array], dy: Array) -> Calls:
    """refimpl's function, and its backward behind it, which is handed the indices if there are."""
    function, options = FUNCTIONS[workload.function], workload.options

    def step() -> Any:
        if function.has_indices:
            y, indices = getattr(refimpl, f"{function.name}_with_indices")(
                *arrays.values(), **options
            )
            return y, function.backward(dy, arrays, {**options, "indices": indices})
        y = function.forward(arrays, options)
        return y, function.backward(dy, arrays, options)

    return Calls(lambda: function.forward(arrays, options), step)


def of_torch(workload: Workload, arrays: Mapping[str, Array], dy: Array) -> Calls:
    """torch's function, and torch.autograd."""
    wanted = [name for name in FUNCTIONS[workload.function].inputs if name in arrays]
    return oracle.calls(workload.function, arrays, workload.options, dy, wanted)


def of_mygrad(workload: Workload, arrays: Mapping[str, Array], dy: Array) -> Calls:
    """MyGrad's conv_nd and its autograd."""
    import mygrad
    from mygrad.nnet.layers import conv_nd

    x, weight = mygrad.tensor(arrays["x"]), mygrad.tensor(arrays["weight"])
    options = {"stride": 1, "padding": 0, **workload.options}

    def forward() -> Any:
        with mygrad.no_autodiff:
            return conv_nd(x, weight, **options)

    def step() -> Any:
        y = conv_nd(x, weight, **options)
        y.backward(dy)
        found = x.grad, weight.grad
        x.null_grad()
        weight.null_grad()
        return found

    return Calls(forward, step)


def of_jax(workload: Workload, arrays: Mapping[str, Array], dy: Array) -> Calls:
    """JAX on the CPU, compiled; it takes as many threads as it likes."""
    import jax

    jax.config.update("jax_enable_x64", True)
    p, s = workload.options.get("padding", 0), workload.options.get("stride", 1)

    def convolve(x: Any, weight: Any) -> Any:
        return jax.lax.conv_general_dilated(x, weight, (s, s), [(p, p), (p, p)])

    def gradients(x: Any, weight: Any, d: Any) -> Any:
        return jax.vjp(convolve, x, weight)[1](d)

    x, weight, d = (jax.numpy.asarray(a) for a in (arrays["x"], arrays["weight"], dy))
    forward, backward = jax.jit(convolve), jax.jit(gradients)
    return Calls(
        lambda: forward(x, weight).block_until_ready(),
        lambda: jax.block_until_ready((forward(x, weight), backward(x, weight, d))),
    )


def of_im2col(workload: Workload, arrays: Mapping[str, Array], dy: Array) -> Calls:
    """im2col as courses write it: one patch matrix of the whole batch, filled offset by offset."""
    x, weight = arrays["x"], arrays["weight"]
    p, s = workload.options.get("padding", 0), workload.options.get("stride", 1)
    (N, C, H, W), (K, _, FH, FW) = x.shape, weight.shape
    OH, OW = (H + 2 * p - FH) // s + 1, (W + 2 * p - FW) // s + 1
    flat = weight.reshape(K, -1).T

    def patches() -> Array:
        padded = np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)])
        found = np.zeros((N, C, FH, FW, OH, OW), x.dtype)
        for i in range(FH):
            for j in range(FW):
                found[:, :, i, j] = padded[:, :, i : i + s * OH : s, j : j + s * OW : s]
        return found.transpose(0, 4, 5, 1, 2, 3).reshape(N * OH * OW, -1)

    def forward() -> Array:
        return (patches() @ flat).reshape(N, OH, OW, K).transpose(0, 3, 1, 2)

    def step() -> Any:
        columns = patches()
        y = (columns @ flat).reshape(N, OH, OW, K).transpose(0, 3, 1, 2)
        d = dy.transpose(0, 2, 3, 1).reshape(-1, K)
        dweight = (columns.T @ d).T.reshape(weight.shape)
        dcolumns = (d @ flat.T).reshape(N, OH, OW, C, FH, FW).transpose(0, 3, 4, 5, 1, 2)
        dx = np.zeros((N, C, H + 2 * p + s - 1, W + 2 * p + s - 1), x.dtype)
        for i in range(FH):
            for j in range(FW):
                dx[:, :, i : i + s * OH : s, j : j + s * OW : s] += dcolumns[:, :, i, j]
        return y, dweight, dx[:, :, p : H + p, p : W + p]

    return Calls(forward, step)


OURS: dict[str, Maker] = {REFIMPL: of_refimpl, TORCH: of_torch}
# Of convolutions only; MyGrad and JAX where they are installed.
RIVALS: dict[str, Maker] = {"im2col": of_im2col, "MyGrad": of_mygrad, "JAX": of_jax}


def first_samples(
    case: NetworkCase, dtype: str, batch: int, seed: int
) -> tuple[Model, Array, Array]:
    """A network, and so many samples of its first batch with their targets."""
    model, (x, target) = case.model(dtype, seed), case.data(dtype, seed)[0]
    for layer in model.network.layers.values():
        layer.constants = {name: c[:batch] for name, c in layer.constants.items()}
    return model, x[:batch], target[:batch]


def of_network(case: NetworkCase, dtype: str, batch: int, seed: int) -> dict[str, Calls]:
    """Both sides of a network with its loss, on the first samples of its first batch."""
    model, x, target = first_samples(case, dtype, batch, seed)
    layers = {
        name: oracle.NetworkLayer(
            said.function, said.inputs, layer.parameters, layer.constants, said.options
        )
        for name, layer, said in model.layers()
    }
    ours = Calls(
        lambda: model.network.forward(x), lambda: refimpl.loss_and_grads(model.network, x, target)
    )
    return {REFIMPL: ours, TORCH: oracle.network_calls(layers, x, target, model.loss.function)}

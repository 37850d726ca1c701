"""Candidates in torch and JAX: their own autograd is asked for the gradients."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from parity.candidates import wire

TORCH = """
    import torch
    def f(x, w, stride=1):
        return torch.tanh(x @ w) * stride, "more"
    def no_grad(x, w): return torch.tensor((x @ w).detach().numpy())
    def partly(x, w): return x * 2
    class Net(torch.nn.Module):
        def __init__(self, c):
            super().__init__()
            self.linear = torch.nn.Linear(c, 2, dtype=torch.float64)
            self.frozen = torch.nn.Parameter(torch.ones(1), requires_grad=False)
        def forward(self, x): return self.linear(x)
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x
        @staticmethod
        def backward(ctx, dy):
            return 3 * ctx.saved_tensors[0] * dy  # wrong: 2
    net = Net(3)
    class Plain(torch.nn.Linear): pass
    def view(x): return x[0]
    def changes(x): x.add_(1)
    def numbers(x): return torch.ones(2, dtype=torch.bfloat16), x.sum(), [x]
    def hungry(): return torch.ones(2**28)
"""


@pytest.fixture
def torch_bench(load: Any) -> Any:
    """All of the above, loaded."""
    return load(TORCH, "f", "Net", "net", "Square", library="torch")


def drawn(*shape: int) -> Any:
    """Random numbers."""
    return np.random.default_rng(16).standard_normal(shape)


def gradients(bench: Any, *request: Any, **how: Any) -> tuple[Any, Any, Any, Any]:
    """Value, gradients, those of parameters, and the whole reply."""
    message, arrays = bench.child.ask(*wire.vjp(*request, **how))
    parts = [message[name] for name in ("value", "gradients", "parameters")]
    value, found, parameters = (
        wire.decode(part if n != 1 else {"list": part}, arrays) for n, part in enumerate(parts)
    )
    return value, found, parameters, message


def test_torch(torch_bench: Any) -> None:
    """Functions, modules and functions of autograd, in one process; nothing of torch in ours."""
    names = torch_bench.names
    assert {name: (one["kind"], one["is_class"]) for name, one in names.items()} == {
        "f": ("function", False),
        "Net": ("torch module", True),
        "net": ("torch module", False),
        "Square": ("torch function", True),
    }
    assert names["net"]["methods"] == {"forward": [["x", "POSITIONAL_OR_KEYWORD", False]]}
    x, w, dy = drawn(2, 3), drawn(3, 2), drawn(2, 2) + 1
    y = np.tanh(x @ w)

    # a function: the first element of a tuple is the result
    message, arrays = torch_bench.reply("f", x, w, arrays="torch")
    np.testing.assert_allclose(wire.decode(message["value"], arrays)[0], y)
    assert message["types"] == {"value[0]": "torch.Tensor", "value[1]": "str"}
    value, (dx, dw), _, message = gradients(
        torch_bench, "f", [x, w], dy, [0, 1], "torch", kwargs={"stride": 2}
    )
    np.testing.assert_allclose(value[0], 2 * y)
    dz = 2 * dy * (1 - y**2)
    np.testing.assert_allclose(dx, dz @ w.T)
    np.testing.assert_allclose(dw, x.T @ dz)
    assert (message["changed"], message["shares"]) == ([], [])
    _, (dw,), _, _ = gradients(
        torch_bench, "f", [x], dy / 2, ["w"], "torch", kwargs={"w": w, "stride": 2}
    )
    np.testing.assert_allclose(dw, x.T @ dz / 2)

    # no way back, or to some arguments alone
    assert gradients(torch_bench, "no_grad", [x, w], dy, [0, 1], "torch")[1] == [None, None]
    _, found, _, _ = gradients(torch_bench, "partly", [x, w], x, [0, 1], "torch")
    np.testing.assert_allclose(found[0], 2 * x)
    assert found[1] is None

    # a module: its parameters are set and have gradients
    weight = drawn(2, 3) + 2
    made = wire.construct("Net", "made", [3], {}, {"linear.weight": weight}, "torch")
    found = torch_bench.child.ask(*made)[0]["attributes"]
    assert found == [["frozen", [1]], ["linear.weight", [2, 3]], ["linear.bias", [2]]]
    _, (dx,), parameters, _ = gradients(torch_bench, "made", [x], dy, [0], "torch", parameters=True)
    np.testing.assert_allclose(dx, dy @ weight)
    np.testing.assert_allclose(parameters["linear.weight"], dy.T @ x)
    np.testing.assert_allclose(parameters["linear.bias"], dy.sum(0))
    assert parameters["frozen"] is None
    message, arrays = torch_bench.child.ask(*wire.attributes("made", ["linear.weight"]))
    np.testing.assert_array_equal(wire.decode(message["value"], arrays)["linear.weight"], weight)

    both = {"weight": weight, "bias": np.zeros(2)}  # float32 in the module
    torch_bench.child.ask(*wire.construct("Plain", "plain", [3, 2], {}, both, "torch"))
    np.testing.assert_allclose(torch_bench.value("plain", x, arrays="torch"), x @ weight.T)

    # a function of autograd: its own backward is asked, right or wrong
    _, (dx,), _, _ = gradients(torch_bench, "Square", [x], x, [0], "torch")
    np.testing.assert_allclose(dx, 3 * x * x)
    np.testing.assert_allclose(torch_bench.value("Square", x, arrays="torch"), x * x)

    # on the side
    assert torch_bench.reply("view", x, arrays="torch")[0]["shares"] == [["value", "args[0]"]]
    assert torch_bench.reply("changes", x, arrays="torch")[0]["changed"] == ["args[0]"]
    message, _ = torch_bench.reply("numbers", x, arrays="torch")
    narrow = message["value"]["tuple"][0]["object"]  # NumPy has no bfloat16
    assert narrow.startswith("torch.Tensor whose __array__ raises TypeError: ")


def test_torch_within_its_memory(load: Any) -> None:
    """The limit leaves out the library's code and holds for what a candidate takes."""
    from parity.candidates.process import Limits

    bench = load(TORCH, "hungry", limits=Limits(memory_mb=400), library="torch")
    assert bench.failure("hungry").kind == "memory"


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed: pip install jax")
def test_jax(load: Any) -> None:
    """The VJP, in float64."""
    text = """
        import jax.numpy as jnp
        def f(x, w): return jnp.tanh(x @ w)
    """
    bench = load(text, "f", library="jax")
    x, w, dy = drawn(2, 3), drawn(3, 2), drawn(2, 2) + 1
    y = np.tanh(x @ w)
    value, (dx, dw), _, _ = gradients(bench, "f", [x, w], dy, [0, 1], "jax")
    dz = dy * (1 - y**2)
    np.testing.assert_allclose(value, y)
    np.testing.assert_allclose(dx, dz @ w.T)
    np.testing.assert_allclose(dw, x.T @ dz)
    np.testing.assert_allclose(bench.value("f", x, w, arrays="jax"), y)

"""JAX's functions before the judge: by their VJP, in float64, right and wrong."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent

import pytest

from parity.candidates.many import judged
from parity.candidates.process import Limits
from parity.candidates.verdict import Verdict
from parity.candidates.whole import Wanted

pytestmark = pytest.mark.skipif(
    find_spec("jax") is None, reason="JAX is not installed: pip install '.[jax]'"
)
LONG = Limits(seconds=300)  # it compiles each shape anew, beside other tests
HEAD = "import jax\nimport jax.numpy as jnp\n"
LINEAR = """
    def linear(x, weight, bias):
        return x @ weight.T + bias
"""
WITH_BACKWARD = """
    @jax.custom_vjp
    def linear(x, weight, bias):
        return x @ weight.T + bias
    def forth(x, weight, bias):
        return linear(x, weight, bias), (x, weight)
    def back(saved, dy):
        x, weight = saved
        return dy @ weight, dy.T @ x, dy.{how}(0)
    linear.defvjp(forth, back)
"""
BY_HAND = """
    def linear(x, weight, bias):
        assert isinstance(x, jax.Array)
        return x @ weight.T + bias
    def linear_backward(dy, x, weight, bias):
        assert isinstance(dy, jax.Array)
        return dy @ weight, dy.T @ {x}, dy.sum(0)
"""


def verdict(folder: Path, text: str, name: str, style: str | None = "jax") -> Verdict:
    path = folder / "layers.py"
    path.write_text(HEAD + dedent(text), encoding="utf-8")
    return judged(f"{path}:{name}", Wanted(style=style, limits=LONG))


@pytest.mark.parametrize(
    ("text", "name", "tensors"),
    [
        (LINEAR, "linear", {"y", "dx", "dweight", "dbias"}),
        (WITH_BACKWARD.format(how="sum"), "linear", {"y", "dx", "dweight", "dbias"}),
        ("@jax.jit\ndef tanh(x): return jnp.tanh(x)", "tanh", {"y", "dx"}),
        ("def relu(x): return jax.nn.relu(x)", "relu", {"y", "dx"}),
        ("def sign(x): return jnp.sign(x)", "sign", {"y", "dx"}),
    ],
    ids=["autograd", "custom_vjp", "jit", "a kink", "a gradient of zeros"],
)
def test_right(tmp_path: Path, text: str, name: str, tensors: set[str]) -> None:
    """In every case, float64 and float32."""
    found = verdict(tmp_path, text, name)
    assert found, str(found)
    assert set(found.tensors) == tensors


def test_a_wrong_backward(tmp_path: Path) -> None:
    """A custom_vjp is judged as it stands, and the mistake is named."""
    found = verdict(tmp_path, WITH_BACKWARD.format(how="mean"), "linear")
    assert found.status == "wrong"
    assert [name for name, share in found.tensors.items() if share.right < share.asked] == ["dbias"]
    assert found.causes[0].text == "dbias: the mean over the batch instead of the sum"


@pytest.mark.parametrize("x", ["x", "(x + 1)"], ids=["right", "wrong"])
def test_a_backward_by_hand(tmp_path: Path, x: str) -> None:
    """On JAX's arrays."""
    found = verdict(tmp_path, BY_HAND.format(x=x), "linear,linear_backward", "array:jax")
    assert found.status == ("right" if x == "x" else "wrong"), str(found)


OFF = 'jax.config.update("jax_enable_x64", False)\n'
CONSTANT = "SLOPE = jnp.asarray(0.01)\ndef leaky_relu(x): return jnp.where(x > 0, x, SLOPE * x)\n"


@pytest.mark.parametrize("style", ["jax", None], ids=["jax", "not said"])
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("def tanh(x): return jnp.tanh(x)", "tanh"),
        (OFF + "def tanh(x): return jnp.tanh(x)", "tanh"),
        (CONSTANT, "leaky_relu"),
    ],
    ids=["as it comes", "switched off", "a constant"],
)
def test_float64(tmp_path: Path, text: str, name: str, style: str | None) -> None:
    """It is there, though JAX has it switched off, or the file does."""
    found = verdict(tmp_path, text, name, style)
    assert found, str(found)
    assert found.tensors["y"].asked > 4


def test_float32_inside(tmp_path: Path) -> None:
    """That is refused, and said."""
    found = verdict(tmp_path, "def tanh(x): return jnp.tanh(x.astype(jnp.float32))", "tanh")
    assert found.said.startswith("y is float32 where the arguments are float64: digits are lost")


def test_on_the_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the person says otherwise: a platform that is not there is said."""
    assert "JAX_PLATFORMS" not in os.environ
    monkeypatch.setenv("JAX_PLATFORMS", "nowhere")
    found = verdict(tmp_path, "def tanh(x): return jnp.tanh(x)", "tanh")
    assert found.status in ("failed", "wrong")
    assert "nowhere" in str(found)

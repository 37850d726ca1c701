"""Steps of an optimiser: bit by bit those of torch's classes, which are not made."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from parity import oracle

torch = pytest.importorskip("torch")

CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("sgd_step", {}),
    ("sgd_step", {"momentum": 0.9, "dampening": 0.25, "weight_decay": 0.1, "maximize": True}),
    ("sgd_step", {"momentum": 0.75, "nesterov": True}),
    ("adam_step", {}),
    ("adam_step", {"betas": (0.5, 0.75), "eps": 0.01, "weight_decay": 0.1, "maximize": True}),
    ("adam_step", {"amsgrad": True, "weight_decay": 0.1, "decoupled_weight_decay": True}),
)
STATE = {
    "sgd_step": ("velocity",),
    "adam_step": ("first_moment", "second_moment", "max_second_moment"),
}


@pytest.mark.parametrize(("function", "options"), CASES, ids=str)
def test_five_steps_of_the_class(function: str, options: dict[str, Any]) -> None:
    """What comes back is handed to the next step; other options are torch's own defaults."""
    rng = np.random.default_rng(20261120)
    kind = torch.optim.SGD if function == "sgd_step" else torch.optim.Adam
    value = rng.normal(size=(3, 4)).astype("float32")
    parameter = torch.tensor(value, requires_grad=True)
    theirs = kind([parameter], lr=0.1, **options, foreach=False)
    state: dict[str, Any] = {}
    for step in range(1, 6):
        gradient = rng.normal(size=(3, 4)).astype("float32")
        parameter.grad = torch.tensor(gradient)
        theirs.step()
        counted = {"step": step} if function == "adam_step" else {}
        arrays = {"value": value, "gradient": gradient, **state}
        said = {"learning_rate": 0.1, **counted, **options}
        value, *kept = oracle.forward(function, arrays, said)
        state = dict(zip(STATE[function], kept, strict=False))
        np.testing.assert_array_equal(value, parameter.detach().numpy())


def test_the_compiler_is_not_loaded() -> None:
    """It takes a second in each process."""
    code = (
        "import sys, numpy as np\n"
        "from parity import oracle\n"
        "a = {'value': np.ones(2), 'gradient': np.ones(2)}\n"
        "oracle.forward('sgd_step', a, {}), oracle.forward('adam_step', a, {})\n"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

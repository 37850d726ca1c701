"""An optimiser: the rule by which a training steps, and what it remembers of each parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, NamedTuple

import numpy as np

from refimpl.checks import check_choice
from refimpl.elements import Array
from refimpl.optimizer_checks import check_how
from refimpl.optimizers import adam_step, sgd_step


class Rule(NamedTuple):
    """The function of a step, and what it is given unless something else is said."""

    step: Callable[..., Array]
    usual: Mapping[str, Any]


# As in torch: AdamW is Adam whose decay is decoupled, and is 0.01 if nothing is said.
RULES: Mapping[str, Rule] = {
    "sgd": Rule(sgd_step, {}),
    "adam": Rule(adam_step, {}),
    "adamw": Rule(adam_step, {"weight_decay": 1e-2, "decoupled_weight_decay": True}),
}
GIVEN = ("value", "gradient", "velocity", "first_moment", "second_moment", "max_second_moment")


class Optimizer:
    """torch.optim's SGD, Adam or AdamW, to hand to `train`, which steps by it.

    options are those of `sgd_step` or `adam_step`, but for the state, the step and the learning
    rate, which `train` has. One optimiser belongs to one training: it remembers, by layer and
    parameter, the state and how many steps there were.

    Raises: ValueError for another name, and for an option that the step does not have or that
    says how torch computes: foreach, fused, capturable, differentiable.
    Source: beyond the documents, as `sgd_step` and `adam_step`.

    >>> import numpy as np
    >>> from refimpl import Linear, Sequential, train
    >>> network = Sequential({"fc": Linear(np.zeros((2, 1)), np.zeros(2))})
    >>> batch = np.array([[3.0]]), np.array([1])
    >>> optimizer = Optimizer("adam", betas=(0.5, 0.75))
    >>> [round(float(s.loss), 3) for s in train(network, [batch] * 3, 0.25, optimizer=optimizer)]
    [0.693, 0.127, 0.031]
    >>> optimizer.steps["fc", "weight"]
    3
    """

    def __init__(self, name: str = "sgd", **options: Any) -> None:
        check_choice("Optimizer", "name", name, tuple(RULES))
        self.rule = RULES[name]
        known = [key for key in signature(self.rule.step).parameters if key not in GIVEN]
        check_how("Optimizer", name, options, [k for k in known if k not in _OF_TRAIN])
        self.options = {**self.rule.usual, **options}
        self.state: dict[tuple[str, str], list[Array]] = {}
        self.steps: dict[tuple[str, str], int] = {}

    def step(
        self, layer: str, parameter: str, value: Array, gradient: Array, learning_rate: Any
    ) -> Array:
        """A parameter's new value; its state is kept for the next step.

        Shapes: value and gradient alike.
        Raises: as the step does.
        Source: as the class.
        """
        place = layer, parameter
        count = self.steps.get(place, 0) + 1
        counted = {"step": count} if self.rule.step is adam_step else {}
        stepped, *state = self.rule.step(
            value,
            gradient,
            *self.state.get(place, []),
            learning_rate=learning_rate,
            **counted,
            **self.options,
        )
        self.state[place], self.steps[place] = state, count
        return np.asarray(stepped)


_OF_TRAIN = ("step", "learning_rate")

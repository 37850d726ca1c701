"""A layer that forgets an option, or keeps what it has seen, is refused."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any

import pytest
from asking import faults
from planting import plant

import refimpl
from parity.cases.catalogue import GOOD
from parity.witnesses.properties.choice import chosen
from parity.witnesses.properties.layers import as_layer, layer_classes
from refimpl import AvgPool2d, Conv2d, Dropout, LayerGrads, LeakyReLU, Linear

# Arrays, and what is always refused.
NOT_SET = ("mask", "bias", "parameters", "options", "running_mean", "running_var", "momentum")
OPTIONS = [
    (name, option)
    for name, kind in layer_classes().items()
    for option, parameter in signature(kind).parameters.items()
    if parameter.default is not Parameter.empty and option not in NOT_SET
]


@pytest.mark.parametrize("name", layer_classes())
def test_the_right_layers(name: str) -> None:
    """Every layer is asked about in some case that a run chooses, and is its function."""
    cases = [c for c, _ in chosen(GOOD, ("float64",), quick=True) if c.function == name]
    assert cases
    for case in cases:
        assert faults(as_layer, case.id) == []


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_a_forgotten_option_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, option: str
) -> None:
    """The cases of a run have each option at another value than its default."""
    kind = layer_classes()[name]
    right = kind.__init__  # type: ignore[misc]
    cases = [c for c, _ in chosen(GOOD, ("float64",)) if c.function == name and option in c.options]
    monkeypatch.setattr(kind, "__init__", lambda self, *a, **o: _without(self, right, option, a, o))
    assert any(faults(as_layer, case.id) for case in cases)


def _without(layer: Any, right: Any, option: str, args: Any, options: dict[str, Any]) -> None:
    """Initialise a layer as if an option had not been given."""
    right(layer, *args, **{key: value for key, value in options.items() if key != option})


def test_gradients_of_parameters_that_are_exchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or missing."""
    plant(
        monkeypatch,
        Linear,
        "backward",
        lambda g: LayerGrads(
            g.dx, {"weight": 2 * g.dparameters["weight"], "bias": g.dparameters["bias"]}
        ),
    )
    (said,) = faults(as_layer, "linear[plain]")
    assert said.startswith("Linear(): dweight at (0, 0) is ")
    plant(monkeypatch, Linear, "backward", lambda g: LayerGrads(g.dx, {}))
    (said,) = faults(as_layer, "linear[plain]")
    assert said.endswith("not LayerGrads of weight, bias")


def test_a_layer_that_keeps_its_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its backward uses what the last forward saw."""
    forward, backward = Conv2d.forward, Conv2d.backward

    def keeping(self: Any, x: Any) -> Any:
        self.seen = x
        return forward(self, x)

    monkeypatch.setattr(Conv2d, "forward", keeping)
    monkeypatch.setattr(Conv2d, "backward", lambda self, dy, x: backward(self, dy, self.seen))
    by_name, by_place = faults(as_layer, "conv2d[plain]")
    assert by_name.startswith("Conv2d(): dweight at (0, 0, 0, 0) is ")
    assert by_place.startswith("Conv2d(1, 0, 1, 1, 'zeros'), options by place: dweight at ")


def test_dropout_without_a_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    """It passes x as it is, in memory of its own."""
    right = Dropout.forward
    monkeypatch.setattr(Dropout, "forward", lambda self, x: right(self, x) if self.constants else x)
    assert faults(as_layer, "dropout[maps]") == [
        "Dropout without a mask returns memory of its argument"
    ]
    monkeypatch.setattr(
        Dropout, "forward", lambda self, x: right(self, x) if self.constants else x / 2
    )
    (said,) = faults(as_layer, "dropout[maps]")
    assert said.startswith("Dropout without a mask: y at (0, 0, 0, 0) is ")


def test_options_in_another_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Than the function's: only a call by place sees it."""
    right = AvgPool2d.__init__

    def wrong(
        self: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        count_include_pad: bool = True,
        ceil_mode: bool = False,
        divisor_override: int | None = None,
    ) -> None:
        right(self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)

    monkeypatch.setattr(AvgPool2d, "__init__", wrong)
    (said,) = faults(as_layer, "avg_pool2d[padding 1]")
    assert "dy is (2, 4, 3, 2), but the output for these arguments is (2, 4, 3, 3)" in said


def test_options_of_all_layers_of_a_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last one that is made decides for all."""
    right = LeakyReLU.__init__

    def wrong(self: Any, negative_slope: Any = 0.01) -> None:
        right(self, negative_slope)
        LeakyReLU.options = self.options  # type: ignore[misc]
        del self.options

    monkeypatch.setattr(LeakyReLU, "options", {}, raising=False)
    monkeypatch.setattr(LeakyReLU, "__init__", wrong)
    assert faults(as_layer, "leaky_relu[slope 0.1]")


def test_every_layer_is_known() -> None:
    """All of refimpl's, and the base class is none."""
    public = [getattr(refimpl, name) for name in refimpl.__all__]
    layers = [c for c in public if isinstance(c, type) and issubclass(c, refimpl.Layer)]
    assert len(layer_classes()) == len(layers) - 1

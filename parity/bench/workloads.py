"""What is timed, as data: functions at the sizes of known networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from parity.cases.case import Array, Classes, Draw, Shape, Source, draw, generator

SEED = 20261120


@dataclass(frozen=True)
class Workload:
    """One function at one size; `group` is what a geometric mean is taken over."""

    group: str
    name: str
    function: str
    arrays: Mapping[str, Source]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shapes(self) -> str:
        """The shapes of the arguments, `32×1×32×32 6×1×5×5`."""
        return " ".join("×".join(map(str, shape_of(a))) for a in self.arrays.values())

    def draw(self, dtype: str) -> dict[str, Array]:
        """The arguments in a dtype."""
        return {
            name: draw(source, dtype, generator(SEED, self.name, name))
            for name, source in self.arrays.items()
        }

    def upstream(self, shape: Shape, dtype: str) -> Array:
        """dy for an output of this shape."""
        return draw(Draw(shape), dtype, generator(SEED, self.name, "dy")).reshape(shape)

    def flops(self, output: Shape) -> int | None:
        """Floating-point operations of the forward; None where they are not what takes time.

        Two for each product: of a convolution N·C_out·H_out·W_out·C_in·K_h·K_w products, of a
        dense layer N·out·in.
        """
        if "weight" not in self.arrays:
            return None
        return 2 * prod(output) * prod(shape_of(self.arrays["weight"])[1:])


def shape_of(source: Source) -> Shape:
    """The shape that a source will be drawn in."""
    assert isinstance(source, Draw | Classes)
    return source.shape


def _conv(name: str, x: Shape, weight: Shape, group: str = "convolution", **o: int) -> Workload:
    return Workload(group, name, "conv2d", {"x": Draw(x), "weight": Draw(weight)}, o)


CONVOLUTIONS = (
    _conv("LeNet conv1", (32, 1, 32, 32), (6, 1, 5, 5)),
    _conv("LeNet conv2", (32, 6, 14, 14), (16, 6, 5, 5)),
    _conv("AlexNet conv1", (4, 3, 227, 227), (96, 3, 11, 11), stride=4),
    _conv("AlexNet conv2", (4, 96, 27, 27), (256, 96, 5, 5), padding=2),
    _conv("AlexNet conv3", (4, 256, 13, 13), (384, 256, 3, 3), padding=1),
    _conv("ResNet block", (8, 64, 56, 56), (64, 64, 3, 3), padding=1),
    _conv("1×1", (8, 192, 28, 28), (64, 192, 1, 1)),
    _conv("3×3 stride 2", (8, 64, 56, 56), (128, 64, 3, 3), stride=2),
)

MAPS = (32, 64, 56, 56)
POOLINGS = tuple(
    Workload(
        f"{kind} pooling",
        f"{kind} {k}×{k} stride 2",
        f"{kind}_pool2d",
        {"x": Draw(MAPS)},
        {"kernel_size": k, "stride": 2},
    )
    for kind in ("max", "avg")
    for k in (2, 3)
)

NODES = (64, 4096)
ACTIVATIONS = tuple(
    Workload("activation", function, function, {"x": Draw(NODES)})
    for function in ("relu", "leaky_relu", "sigmoid", "tanh", "softmax", "log_softmax")
)

WORKLOADS = (
    *CONVOLUTIONS,
    *POOLINGS,
    Workload(
        "dense",
        "dense 4096",
        "linear",
        {"x": Draw(NODES), "weight": Draw((4096, 4096)), "bias": Draw((4096,))},
    ),
    Workload(
        "softmax cross-entropy",
        "cross-entropy 1000",
        "cross_entropy",
        {"logits": Draw((1024, 1000)), "target": Classes((1024,), 1000)},
    ),
    *ACTIVATIONS,
    _conv("small convolution", (2, 3, 8, 8), (4, 3, 3, 3), group="overhead"),
)

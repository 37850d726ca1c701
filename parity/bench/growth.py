"""What exact values are timed on, as data: the functions of the benchmark, and two that grow.

An exact value takes many times as long as the float: of large workloads fewer samples are taken.
"""

from __future__ import annotations

from dataclasses import replace

from parity.bench.workloads import WORKLOADS, Workload, shape_of
from parity.cases.case import Classes, Draw, Shape

NETWORKS = ("lenet",)
DATA = ("x", "logits", "target")  # whose first axis are samples
SAMPLES = {
    **dict.fromkeys(("AlexNet conv1", "AlexNet conv3", "ResNet block", "3×3 stride 2", "1×1"), 1),
    **{w.name: 4 for w in WORKLOADS if w.group.endswith("pooling")},
    **dict.fromkeys(("softmax", "log_softmax"), 2),  # on balls
    "cross-entropy 1000": 8,
}
LEFT_OUT = ("AlexNet conv2", "dense 4096")  # half a minute each


def fewer(workload: Workload, samples: int) -> Workload:
    """The same of so many samples.

    >>> fewer(WORKLOADS[0], 2).shapes
    '2×1×32×32 6×1×5×5'
    """
    arrays = {}
    for name, source in workload.arrays.items():
        assert isinstance(source, Draw | Classes)
        shape = (samples, *source.shape[1:]) if name in DATA else source.shape
        arrays[name] = replace(source, shape=shape)
    return replace(workload, arrays=arrays)


def _known() -> tuple[Workload, ...]:
    kept = [workload for workload in WORKLOADS if workload.name not in LEFT_OUT]
    return tuple(
        fewer(w, SAMPLES.get(w.name, shape_of(next(iter(w.arrays.values())))[0])) for w in kept
    )


# --- by size ------------------------------------------------------------------------------


def _conv(axis: str, size: int, x: Shape, K: int = 3) -> Workload:
    """A convolution of 16 kernels that keeps the maps' sizes."""
    arrays = {"x": Draw(x), "weight": Draw((16, x[1], K, K))}
    return Workload(
        f"convolution by {axis}", f"conv2d {axis}={size}", "conv2d", arrays, {"padding": K // 2}
    )


def _dense(axis: str, size: int, N: int, nodes: int) -> Workload:
    arrays = {"x": Draw((N, nodes)), "weight": Draw((nodes, nodes)), "bias": Draw((nodes,))}
    return Workload(f"dense by {axis}", f"linear {axis}={size}", "linear", arrays)


# From 0.2 million multiply-adds of a forward to 100 million.
GROWING = (
    *(_conv("N", N, (N, 8, 16, 16)) for N in (1, 8, 64, 340)),
    *(_conv("C", C, (1, C, 16, 16)) for C in (6, 64, 512, 2700)),
    *(_conv("H", H, (1, 8, H, H)) for H in (13, 48, 128, 294)),
    *(_conv("K", K, (1, 8, 40, 40), K) for K in (1, 3, 9, 21)),
    *(_dense("N", N, N, 256) for N in (4, 64, 1024)),
    *(_dense("width", nodes, 16, nodes) for nodes in (128, 512, 2048)),
)
EXACT_WORKLOADS = (*_known(), *GROWING)

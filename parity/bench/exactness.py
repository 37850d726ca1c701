"""How long the exact values of every element take beside refimpl's floats, by size.

Both are of the same problem, in turns in one process on one thread. The exact values are those of
all tensors, as `parity run` asks for them; what they are compared with is no part of the time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import prod
from statistics import median
from typing import Any, NamedTuple

from parity.bench.contenders import first_samples
from parity.bench.plan import BATCHES
from parity.bench.speed import computing_with
from parity.bench.timing import Spent, ratio, repeats_of, turns, warmed_up
from parity.bench.workloads import SEED, Workload
from parity.cases.case import generator
from parity.cases.functions import FUNCTIONS
from parity.cases.networks import NETWORKS
from parity.judges.network import NETWORK_BUDGET, layer_problem, loss_problem, run_torch
from parity.results.settings import Settings
from parity.witnesses.exact.elementwise import RULES
from parity.witnesses.exact.on_slices import kind_of
from parity.witnesses.exact.truth import Truth
from parity.witnesses.exact.values import BUDGET, Fallback, Found, exact_values
from parity.witnesses.problem import Problem

DTYPES = ("float64", "float32")
FLOAT, EXACT = "float", "exact"
SLICES, DOUBLES, BALLS = "slices", "double-double", "balls"
OF_A_SAMPLE = "balls, a sample"
LINEAR = ("conv2d", "avg_pool2d", "linear")  # of a network, beside the whole


@dataclass(frozen=True)
class ExactRow:
    """The exact values of one subject in one dtype: the columns of bench_exact.csv."""

    group: str
    workload: str
    shapes: str
    dtype: str
    multiply_adds: int | None
    elements: int
    exact_elements: int
    exact_share: float
    method: str
    float_cpu_seconds: float
    float_wall_seconds: float
    exact_cpu_seconds: float
    exact_wall_seconds: float
    ratio: float
    float_us: float | None
    exact_us: float | None
    rounds: int


@dataclass(frozen=True)
class Subject:
    """What one row is of: a function, or the layers of a network, each on its own."""

    group: str
    name: str
    shapes: str
    problems: tuple[Problem, ...]
    budget: int = BUDGET

    @property
    def multiply_adds(self) -> int:
        """Of the forward: y's elements times C_in·K_h·K_w, of a dense layer times its inputs."""
        return sum(
            int(p.dy.size) * prod(p.arrays["weight"].shape[1:])
            for p in self.problems
            if "weight" in p.arrays
        )


def bench_exact(
    workloads: tuple[Workload, ...],
    networks: tuple[str, ...],
    rounds: int,
    done: Callable[[], Any] = lambda: None,
) -> list[ExactRow]:
    """Time the exact values and the floats of every subject in both dtypes."""
    rows = []
    with computing_with(1):
        for subject, dtype in subjects(workloads, networks):
            rows.append(row_of(subject, dtype, rounds))
            done()
    return rows


def steps(workloads: tuple[Workload, ...], networks: tuple[str, ...]) -> int:
    """How many subjects there are: of a network two."""
    return len(DTYPES) * (len(workloads) + 2 * len(networks))


# --- what is timed ------------------------------------------------------------------------


def subjects(
    workloads: tuple[Workload, ...], networks: tuple[str, ...]
) -> Iterator[tuple[Subject, str]]:
    """Every subject in every dtype; its arrays are drawn when it is its turn."""
    for workload in workloads:
        for dtype in DTYPES:
            yield of_workload(workload, dtype), dtype
    for name in networks:
        for dtype in DTYPES:
            yield from ((subject, dtype) for subject in of_network_layers(name, dtype))


def of_workload(workload: Workload, dtype: str) -> Subject:
    """One function."""
    arrays = workload.draw(dtype)
    y = FUNCTIONS[workload.function].forward(arrays, workload.options)
    dy = workload.upstream(y.shape, dtype)
    problem = Problem(workload.function, arrays, workload.options, dy)
    return Subject(workload.group, workload.name, workload.shapes, (problem,))


def of_network_layers(name: str, dtype: str, batch: int | None = None) -> tuple[Subject, Subject]:
    """The layers of a network from what torch recorded, as a run judges them locally."""
    batch = batch or BATCHES[name]
    model, x, target = first_samples(NETWORKS[name], dtype, batch, SEED)
    recorded = run_torch(model, x, target, Settings(SEED))
    layers = tuple(
        layer_problem(layer, said, recorded.doutputs[key], recorded.inputs[key])
        for key, layer, said in model.layers()
    )
    whole = (*layers, loss_problem(model.loss, list(recorded.outputs.values())[-1], target))
    part = tuple(problem for problem in layers if problem.function in LINEAR)
    return (
        Subject("network", f"{name}: conv, pool, dense", f"batch {batch}", part, NETWORK_BUDGET),
        Subject("network", f"{name}: whole", f"batch {batch}", whole, NETWORK_BUDGET),
    )


def tensors_of(problem: Problem) -> list[str]:
    """y and the gradients to all arguments."""
    inputs = FUNCTIONS[problem.function].inputs
    return ["y", *(f"d{name}" for name in inputs if name in problem.arrays)]


def in_floats(subject: Subject) -> None:
    """refimpl's forward and backward."""
    for problem in subject.problems:
        function = FUNCTIONS[problem.function]
        function.forward(problem.arrays, problem.options)
        function.backward(problem.dy, problem.arrays, problem.options)


def exactly(subject: Subject) -> Iterator[tuple[Problem, str, Found]]:
    """The exact values of every element, or of a sample where they take too long."""
    for problem in subject.problems:
        rng = generator(SEED, problem.function, "exact")
        for tensor, found in exact_values(problem, tensors_of(problem), rng, subject.budget):
            yield problem, tensor, found


# --- one row ------------------------------------------------------------------------------


def row_of(subject: Subject, dtype: str, rounds: int) -> ExactRow:
    """Count what is exact, then time in turns."""
    calls: dict[str, Callable[[], Any]] = {
        FLOAT: lambda: in_floats(subject),
        EXACT: lambda: deque(exactly(subject), maxlen=0),
    }
    counts: list[Count] = []
    # Counting is the call that warms up: it may take seconds.
    first = turns({EXACT: lambda: counts.append(count(subject))}, {EXACT: 1}, 1)[EXACT]
    repeats = {FLOAT: warmed_up(calls[FLOAT]), EXACT: repeats_of(first[0].wall)}
    spent = turns(calls, repeats, rounds)
    return _row(subject, dtype, counts[0], spent, rounds)


def _row(
    subject: Subject, dtype: str, found: Count, spent: dict[str, list[Spent]], rounds: int
) -> ExactRow:
    cpu = {name: [s.cpu for s in each] for name, each in spent.items()}
    wall = {name: median(s.wall for s in each) for name, each in spent.items()}
    work = subject.multiply_adds or None
    return ExactRow(
        subject.group,
        subject.name,
        subject.shapes,
        dtype,
        work,
        found.elements,
        found.exact,
        found.exact / found.elements,
        ", ".join(found.methods),
        median(cpu[FLOAT]),
        wall[FLOAT],
        median(cpu[EXACT]),
        wall[EXACT],
        ratio(cpu, EXACT, FLOAT),
        work and 1e6 * median(cpu[FLOAT]) / work,
        work and 1e6 * median(cpu[EXACT]) / work,
        rounds,
    )


class Count(NamedTuple):
    """How many elements there are, how many got an exact value, and by which methods."""

    elements: int
    exact: int
    methods: list[str]


@dataclass
class _Tensor:
    """What was said of one tensor, part by part."""

    method: str
    exact: int = 0
    seen: int = 0
    refusals: list[str] = field(default_factory=list)

    def hear(self, found: Found) -> None:
        if isinstance(found, Fallback):
            self.exact, self.seen, self.method = 0, 0, BALLS
        elif isinstance(found, Truth):
            self.exact += int(found.judges.sum())
            self.seen += len(found.nearest)
        else:
            self.refusals.append(str(found))


def count(subject: Subject) -> Count:
    """Compute the exact values once, and count them."""
    heard: dict[tuple[int, str], _Tensor] = {}
    sizes: dict[tuple[int, str], int] = {}
    for problem in subject.problems:
        for tensor in tensors_of(problem):
            key = (id(problem), tensor)
            heard[key] = _Tensor(method_of(problem))
            sizes[key] = problem.dy.size if tensor == "y" else problem.arrays[tensor[1:]].size
    for problem, tensor, found in exactly(subject):
        heard[id(problem), tensor].hear(found)
    methods: dict[str, None] = {}
    for key, tensor_said in heard.items():
        sampled = tensor_said.method == BALLS and tensor_said.seen < sizes[key]
        said = tensor_said.refusals or [OF_A_SAMPLE if sampled else tensor_said.method]
        methods |= dict.fromkeys(said)
    exact = sum(said.exact for said in heard.values())
    return Count(sum(sizes.values()), exact, list(methods))


def method_of(problem: Problem) -> str:
    """How the exact values of a function are computed, unless its numbers do not fit."""
    if problem.function in RULES:
        return DOUBLES
    return SLICES if kind_of(problem) else BALLS

"""Which problems a candidate is asked: cases of the catalogue that its style can express.

All sizes of a case differ, dy is random. At ties and zeros of functions that choose the value alone
is asked: of gradients there is more than one right answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from parity.candidates.coverage_of_options import chosen
from parity.candidates.geometries import usual
from parity.candidates.plain_formulas import ADDED
from parity.cases.case import Case, Draw, Given, Probabilities, Source, case_arrays, draw
from parity.cases.case import generator as random_numbers
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.witnesses.definitions.windows import each
from parity.witnesses.problem import Problem

LARGEST = 1500  # elements of all arrays and of y: a candidate in Python's loops takes 0.1 s
LARGER = 4000  # where few cases are as small as that
FEW = 20
MOST = 60  # cases
EVERY = 4  # how many cases to one that is asked in float32, too
EXTREME = ("spread", "saturated", "ascending", "logits_1e4")  # numbers whose exponentials overflow
TIED = ("ties", "negative_zero", "zeros")  # values at kinks and ties
CHOOSING = ("integers", *TIED)
JUMPING = ("sign", "perceptron")  # at a kink their value is a convention, too

# Where smooth functions are nearly lines, and terms of textbook formulas cancel.
NEAR_0 = "near 0"
NUMBERS_NEAR_0 = (
    (-0.5, -0.07, -6e-3, -5e-4, -3e-5),
    (-2e-6, -8e-8, 9e-8, 3e-6, 2e-5),
    (4e-4, 7e-3, 0.08, 0.6, -9e-10),
)

# How many axes the first argument has in a course; a layer may take more, and need not.
USUAL_AXES = {
    **dict.fromkeys(("linear", "softmax", "log_softmax", "cross_entropy", "dropout"), 2),
    **dict.fromkeys(("binary_cross_entropy_with_logits", "squared_error", "log_likelihood"), 2),
    **dict.fromkeys(("global_avg_pool", "global_max_pool", "channel_shuffle", "pad"), 4),
    # Layers have one number of axes each, by their names or without: none is usual.
    **dict.fromkeys(("batch_norm", "group_norm"), 0),
    "mse_loss": 2,
    **dict.fromkeys(("perceptron", "logistic_regression", "softmax_regression"), 2),
    **dict.fromkeys(("perceptron_loss", "correlate2d", "convolve2d", "rot180"), 2),
}


Lacks = Callable[[Problem], str]  # the option that a style cannot express; "" if it can
BUDGET = 500_000  # elements of all problems of an object with large weights: two seconds
FEWEST = 4


class Fit(NamedTuple):
    """How cases are made to fit a candidate that takes less than all, or has sizes of its own.

    case: a case as it takes it, None if it takes none. more: cases of its own sizes. room: how many
    elements its problems may have, if its weights are large. settled: its options are settled, and
    no plainer form of a case can be asked.
    """

    case: Callable[[Case], Case | None] = lambda case: case
    more: tuple[Case, ...] = ()
    room: int = 0
    settled: bool = False

    def of(self, cases: Iterable[Case]) -> Iterator[Case]:
        """Those that it takes."""
        return (fitted for fitted in map(self.case, cases) if fitted is not None)


@dataclass(frozen=True)
class Asked:
    """A case, drawn in a dtype."""

    case: Case
    dtype: str
    problem: Problem

    @property
    def forward_only(self) -> bool:
        """Whether the value alone has one right answer: at ties and kinks a function chooses."""
        values = {s.values for s in self.case.arrays.values() if isinstance(s, Draw)}
        return chooses(self.case.function) and bool(values & set(CHOOSING))

    @property
    def beyond(self) -> str:
        """What of it many right layers don't take, as courses have them; "" if it is usual.

        >>> one = next(a for a in plan("linear", lambda problem: "", 1).asked if a.beyond)
        >>> one.beyond, one.problem.arrays["x"].shape
        ('x of 1 axis', (4,))
        """
        name, array = next(iter(self.problem.arrays.items()))
        usual = USUAL_AXES.get(self.problem.function)
        if array.ndim == 0:
            return f"{name} of no axes"
        if array.ndim == usual or (usual is None and array.ndim > 1):
            return ""
        return f"{name} of {array.ndim} ax{'i' if array.ndim == 1 else 'e'}s"


@dataclass(frozen=True)
class Plan:
    """What a candidate is asked, the smallest first, and the options that it does not have."""

    asked: tuple[Asked, ...]
    lacking: tuple[str, ...]


def plan(
    function: str,
    lacks: Lacks,
    seed: int,
    part: str = "both",
    most: int = MOST,
    fit: Fit = Fit(),  # noqa: B008 (it cannot be changed)
) -> Plan:
    """Cases of a function; of those that cannot be expressed a plainer form, if that can.

    part: what is judged. Of a backward nothing is asked whose value alone has one right answer.
    """
    room = max(LARGER, fit.room)
    found, lacking = _expressed(function, lacks, seed, LARGEST, fit)
    if len(found) < FEW:
        found, lacking = _expressed(function, lacks, seed, room, fit)
    asked = [one for one in found.values() if not (part == "backward" and one.forward_only)]
    most = min(most, max(FEWEST, BUDGET // room))
    wide = chosen(sorted(asked, key=lambda one: elements(one.problem)), most)
    narrow = [problem_of(one.case, "float32", seed, room) for one in wide[::EVERY]]
    return Plan((*wide, *(one for one in narrow if one)), tuple(lacking))


def extremes(function: str, lacks: Lacks, seed: int, fit: Fit = Fit()) -> tuple[Asked, ...]:  # noqa: B008
    """Cases with numbers so large that exponentials overflow, and right answers that don't."""
    if not FUNCTIONS[function].elementary:
        return ()
    cases = fit.of(filter(is_extreme, _of(function)))
    asked = (problem_of(case, "float64", seed) for case in cases)
    return tuple(one for one in asked if one and not lacks(one.problem) and not one.beyond)


def is_extreme(case: Case) -> bool:
    """Whether its numbers are large and all else is ordinary."""
    values = {s.values for s in case.arrays.values() if isinstance(s, Draw)}
    return bool(values & set(EXTREME)) and case.upstream == "normal" and case.expect is None


def _expressed(
    function: str, lacks: Lacks, seed: int, largest: int, fit: Fit
) -> tuple[dict[str, Asked], dict[str, None]]:
    """The problems that a style can express, by their geometry, and what it lacks for others."""
    found: dict[str, Asked] = {}
    lacking: dict[str, None] = {}
    cases = (*fit.of(filter(suits, _of(function))), *fit.more)
    for case in sorted(cases, key=lambda case: case.elements):
        for form in (case,) if fit.settled else (case, *plainer(case)):
            asked = problem_of(form, "float64", seed, largest)
            if asked is None:
                continue
            missing = lacks(asked.problem)
            if not missing:
                found.setdefault(_geometry(form), asked)
                break
            lacking[missing] = None
    return found, lacking


def suits(case: Case) -> bool:
    """Whether a case has ordinary numbers, and few of them; ties and zeros are ordinary.

    A normalisation's bias without its weight is not asked, nor are weights of classes that nobody
    gives, or running statistics in training, where torch writes them.
    """
    known = FUNCTIONS[case.function]
    if case.name == NEAR_0:
        return True
    if not _has_usual_extras(case):
        return False
    plain = replace(case, arrays={n: s for n, s in case.arrays.items() if n not in known.extras})
    if "bias" in known.by_name and "bias" in case.arrays and "weight" not in case.arrays:
        return False
    if case.expect or case.block_bytes or _is_beyond(case) or "float64" not in case.dtypes:
        return False
    sources = list(plain.arrays.values())
    if not all(isinstance(source, Draw) and source.values in TIED for source in sources):
        return plain.ordinary
    return chooses(case.function) and case.function not in JUMPING and case.upstream == "normal"


def _has_usual_extras(case: Case) -> bool:
    """Whether weights of classes are positive, and running statistics those of an evaluation."""
    extras = FUNCTIONS[case.function].extras & set(case.arrays)
    if extras == {"weight"}:
        return isinstance(case.arrays["weight"], Probabilities)
    return not (extras and case.options.get("training"))


def chooses(function: str) -> bool:
    """Whether it compares elements, so that at ties and kinks its gradient is a convention.

    A softmax compares them only to shift them, and is smooth.
    """
    known = FUNCTIONS[function]
    return known.ordered and not known.elementary and known.bound_rule != "sums"


def _is_beyond(case: Case) -> bool:
    """Whether a window is larger than what it is moved over: bounds by refimpl have none such."""
    size, x = case.options.get("size"), case.arrays.get("x")
    if case.function != "downsample" or size is None or x is None:
        return False
    return any(k > n for k, n in zip(each(size, 2), x.shape[2:], strict=False))


def problem_of(case: Case, dtype: str, seed: int, largest: int = LARGEST) -> Asked | None:
    """The problem of a case; None where it is invalid, empty or large, or of numbers y is none: a
    mean over nothing."""
    if dtype not in case.dtypes:
        return None
    arrays = case_arrays(case, dtype, seed)
    try:
        with np.errstate(all="ignore"):
            y = FUNCTIONS[case.function].forward(arrays, case.options)
    except (TypeError, ValueError):
        return None
    if not all(array.size for array in (*arrays.values(), y)):
        return None
    if np.any(np.isnan(y)) and all(np.all(np.isfinite(array)) for array in arrays.values()):
        return None
    rng = random_numbers(seed, case.id, "dy")
    dy = np.asarray(draw(Draw(y.shape, case.upstream), dtype, rng)).reshape(y.shape)
    dy.setflags(write=False)
    problem = Problem(case.function, arrays, case.options, dy)
    return Asked(case, dtype, problem) if elements(problem) <= largest else None


# --- plainer forms ------------------------------------------------------------------------

SQUARE = ("weight", "kernel")  # arrays whose last axes are a window
PER_AXIS = ("stride", "padding", "kernel_size", "dilation")
RARE = ("dilation", "groups", "ceil_mode", "count_include_pad", "divisor_override")


def plainer(case: Case) -> Iterator[Case]:
    """The case with fewer options, then with one number for all axes and square windows."""
    if any(isinstance(s, Draw) and s.layout != "contiguous" for s in case.arrays.values()):
        return
    few = {name: value for name, value in case.options.items() if name not in RARE}
    plain = replace(case, options=few, arrays=_ungrouped(case))
    yield named_by_sizes(plain)
    even = {name: _one(value) if name in PER_AXIS else value for name, value in few.items()}
    even = {name: value for name, value in even.items() if (name, value) != ("padding", 0)}
    square = {
        name: _squared(source) if name in SQUARE else source
        for name, source in plain.arrays.items()
    }
    yield named_by_sizes(replace(plain, options=even, arrays=square))


def named_by_sizes(case: Case) -> Case:
    """By its sizes and options: what it was a form of says nothing any more."""
    sizes = (
        f"{n} {'×'.join(map(str, s.shape))}"
        for n, s in case.arrays.items()
        if s.shape and n != "bias"
    )
    options = [f"{name} {value}" for name, value in case.options.items() if value]
    options += sorted({s.values for s in case.arrays.values() if isinstance(s, Draw)} - {"normal"})
    if "weight" in case.arrays and "bias" not in case.arrays:
        options.append("without bias")
    return replace(case, name=", ".join((*sizes, *options)))


def _ungrouped(case: Case) -> Mapping[str, Source]:
    """As many channels in as one group has."""
    if case.options.get("groups", 1) == 1 or "weight" not in case.arrays:
        return case.arrays
    x, weight = case.arrays["x"], case.arrays["weight"]
    if not isinstance(x, Draw) or not isinstance(weight, Draw):
        return case.arrays
    shape = (x.shape[0], weight.shape[1], *x.shape[2:])
    return {**case.arrays, "x": replace(x, shape=shape)}


def _one(option: Any) -> Any:
    """One number for all axes; of padding on two sides the first."""
    while isinstance(option, tuple | list):
        option = option[0]
    return 0 if isinstance(option, str) else option


def _squared(source: Source) -> Source:
    if not isinstance(source, Draw):
        return source
    lead, window = source.shape[:2], source.shape[2:]
    return replace(source, shape=(*lead, *(max(window, default=1),) * len(window)))


# --- which of them ------------------------------------------------------------------------


def _of(function: str) -> list[Case]:
    known = [_usually_written(case) for case in GOOD if case.function == function]
    near = [Case(function, NEAR_0, {"x": Given(NUMBERS_NEAR_0)})] if function in ADDED else []
    return known + near + [named_by_sizes(case) for case in usual(function)]


def _usually_written(case: Case) -> Case:
    """One number for several axes alone: few layers take it in a tuple, as torch and refimpl do.

    >>> images = Case("conv2d", "", {"x": Draw((2, 3, 5, 4))}, {"stride": (2,), "padding": [1]})
    >>> _usually_written(images).options
    {'stride': 2, 'padding': 1}
    """
    if case.function.endswith("1d"):
        return case
    options = {
        name: value[0] if isinstance(value, tuple | list) and len(value) == 1 else value
        for name, value in case.options.items()
    }
    return replace(case, options=options)


def _geometry(case: Case) -> str:
    shapes = {name: source.shape for name, source in case.arrays.items()}
    values = sorted({s.values for s in case.arrays.values() if isinstance(s, Draw)})
    return repr((shapes, sorted(case.options.items()), values))


def elements(problem: Problem) -> int:
    """How many elements its arrays and y have together."""
    return problem.dy.size + sum(array.size for array in problem.arrays.values())

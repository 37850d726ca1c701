"""A run vouches for itself: mistakes that it plants, and must see, where it judged.

For each function and dtype of a run one case that was run is judged again, by the same code, with
a mistake in the place of refimpl's forward, of its backward, with one that people make, and with
one on torch's side. torch alone judges: whoever else a run asks can only see more. Of somebody's
own layers exact values are asked, too, where torch alone sees nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import prod
from typing import Any

import numpy as np

from parity.cases.case import Array, Case, Draw, Given, Source, case_arrays
from parity.cases.function import Function
from parity.cases.functions import FUNCTIONS, forward_of
from parity.cases.network_case import NetworkCase
from parity.cases.networks import NETWORKS
from parity.mistakes.catalogue import MISTAKES
from parity.mistakes.mistake import Mistake
from parity.results.findings import Findings
from parity.results.judging import attempt
from parity.results.rows import Planted, Row
from parity.results.settings import Settings
from parity.results.verdicts import EXPECTED, IDENTICAL, IMPOSSIBLE, OUTSIDE, SEEN, UNSEEN, WITHIN
from parity.suite import planting
from parity.suite.task import CASES, GENERATED, PLANTED, Task
from refimpl import Layer

Judge = Callable[[Task, Settings], Findings]
Tensors = dict[str, Array]

TRIES = 6  # cases of a function, the smallest first, until one shows what is planted
PLAIN = ("normal", "mask", "labels", "certainty")  # values without anything special
SEVERAL = 2, 12  # elements of each array of an ordinary case, of its largest
CLEAR = 0.5  # of the largest value: so far off must a known mistake be to be planted
SLIGHT = "slightly-too-large"  # what the value's and the gradients' mistake is already
SAMPLES = 2  # of a network's batch
WORST_LAST = (SEEN, IMPOSSIBLE, UNSEEN)  # of the tensors of one mistake


# --- which ---------------------------------------------------------------------------------


def planted_tasks(tasks: Sequence[Task], quick: bool = False) -> list[Task]:
    """A task for each function, network and training of a run, in each of its dtypes.

    quick: of networks in the first of them alone, as of those that take long. Where of a function
    only generated cases were run, its listed ones show what is planted.
    """
    run: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for task in tasks:
        if task.kind == "case":
            run[task.layer_case.function, task.dtype].append(task.layer_case)
    generated = {(task.layer_case.function, task.dtype) for task in tasks if task.kind == GENERATED}
    for function, dtype in sorted(generated - run.keys()):
        listed = (case for case in CASES.values() if case.function == function)
        run[function, dtype] = [case for case in listed if dtype in case.dtypes]
    inexactly = {task.id for task in tasks if task.kind == "case" and not task.exactly}
    chosen = []
    for (_, dtype), cases in run.items():
        first, *others = sorted(cases, key=_preference)[:TRIES]
        task = Task(PLANTED[0], first.id, dtype, _unlisted(first), instead=tuple(others))
        chosen.append(replace(task, exactly=first.id not in inexactly))
    kinds = dict(zip(("network", "training"), PLANTED, strict=True))
    networks = [Task(kinds[t.kind], t.id, t.dtype) for t in tasks if t.kind in kinds]
    firsts = {(t.kind, t.id): t for t in reversed(networks)}
    return chosen + [
        t for t in networks if firsts[t.kind, t.id] == t or not (quick or NETWORKS[t.id].full)
    ]


def _unlisted(case: Case) -> Case | None:
    return None if CASES.get(case.id) is case else case


def _preference(case: Case) -> tuple[bool, int, int]:
    """Ordinary cases first, of these the ones with the most gradients, of these the smallest."""
    sizes = [prod(source.shape) for source in case.arrays.values()]
    ordinary = case.upstream == "normal" and not case.expect
    ordinary &= min(sizes) >= SEVERAL[0] and max(sizes) >= SEVERAL[1]
    plain = all(_is_plain(source) for source in case.arrays.values())
    gradients = sum(name in case.arrays for name in FUNCTIONS[case.function].inputs)
    return not (ordinary and plain), -gradients, sum(sizes)


def _is_plain(source: Source) -> bool:
    return source.values in PLAIN if isinstance(source, Draw) else not isinstance(source, Given)


# --- a function ----------------------------------------------------------------------------


def plant(task: Task, settings: Settings, judge: Judge) -> Findings:
    """Plant what a task says, judge it, and report what was seen; nothing stays planted."""
    alone = replace(settings, quick=True, elements=())
    exactly = task.unlisted is not None and task.exactly and not settings.quick
    with planting.unwritten():
        if task.id in NETWORKS:
            found = [_in_network(task, alone, judge)]
        else:
            found = _in_function(task, alone, judge, exactly)
    return Findings(planted=[_excused(one, settings) for one in found])


def broken(task: Task, reason: str) -> Findings:
    """A mistake that could not be planted because something raised."""
    function, network = ("", task.id) if task.id in NETWORKS else (task.id.partition("[")[0], "")
    return Findings(
        planted=[
            Planted(task.id, function, network, task.dtype, "", "any", UNSEEN, reason, failed=True)
        ]
    )


def _excused(planted: Planted, settings: Settings) -> Planted:
    """Where the user has said what may differ, the run says what stays unseen, no more."""
    return replace(planted, failed=False) if settings.override else planted


def _in_function(task: Task, settings: Settings, judge: Judge, exactly: bool) -> list[Planted]:
    """Each mistake on the first case that shows it.

    exactly: exact values may be asked where torch alone is blind, as it is where sums are long.
    """
    best: dict[str, Planted] = {}
    cases = (task.layer_case, *task.instead)
    tries = [(case, settings) for case in cases]
    if exactly:
        tries.append((cases[0], replace(settings, quick=False)))
    for case, by in tries:
        for what, found in _on_case(case, task.dtype, by, judge).items():
            best[what] = min(best.get(what, found), found, key=_rank)
        if all(found.verdict == SEEN for found in best.values()):
            break
    # What the user chose, one case or layers of a network: what it cannot show is said, what it
    # shows counts.
    chosen = task.unlisted is not None or not task.instead
    excused = chosen and any(found.verdict == SEEN for found in best.values())
    return [
        replace(one, failed=False) if excused and one.verdict == IMPOSSIBLE else one
        for one in best.values()
    ]


def _rank(planted: Planted) -> int:
    """Seen on one case is enough; what was not seen is not excused by a case without numbers."""
    return (SEEN, UNSEEN, IMPOSSIBLE).index(planted.verdict)


def _on_case(case: Case, dtype: str, settings: Settings, judge: Judge) -> dict[str, Planted]:
    """What is seen of each mistake on one case, under a word for each."""
    function, by = FUNCTIONS[case.function], _factor(dtype, settings)

    def rows() -> list[Row]:
        return judge(Task("case", case.id, dtype, _unlisted(case), exactly=False), settings).rows

    with ExitStack() as planted:
        calls = [planted.enter_context(planting.in_refimpl(name, by)) for name in _names(function)]
        found = rows()
    given = Drawn(case, case_arrays(case, dtype, settings.seed), calls[-1])
    reasons = given.reasons(by)
    place = partial(
        _judged, Planted(case.id, case.function, "", dtype, "", "", "", "", failed=True)
    )
    values = {name: why for name, why in reasons.items() if not name.startswith("d")}
    said = {"value": place("refimpl", f"the value is {_much(by)}", found, values)}
    if function.inputs:
        gradients = {name: why for name, why in reasons.items() if name.startswith("d")}
        said["gradients"] = place("refimpl", f"every gradient is {_much(by)}", found, gradients)
    with planting.in_torch(case.function, by):
        said["torch"] = place(
            "torch", f"torch's value is {_much(by)}", rows(), given.of_torch(reasons)
        )
    known, wanted = given.known_mistake()
    if known:
        with planting.known(known):
            said["known"] = place("refimpl", known.name, rows(), wanted)
    return said


def _names(function: Function) -> list[str]:
    """What is called of a function, its backward last."""
    indices = [f"{function.name}_with_indices"] if function.has_indices else []
    return [function.name, *indices, *([function.backward_name] if function.inputs else [])]


@dataclass(frozen=True)
class Drawn:
    """What a case gave to refimpl: its arrays, and the calls of the backward."""

    case: Case
    arrays: Tensors
    calls: list[tuple[Any, ...]]

    @cached_property
    def dy(self) -> Array | None:
        """The upstream gradient, or None: nobody called the backward."""
        function = FUNCTIONS[self.case.function]
        backward = self.calls and function.inputs
        return np.asarray(function.as_one(self.calls[0][0])) if backward else None

    def tensors(self, known: Mistake | None = None) -> Tensors:
        """What refimpl gives, or the tensors that a known mistake makes wrong."""
        function, options = FUNCTIONS[self.case.function], self.case.options
        found: Tensors = {}
        code = known.wrong if known else None
        with np.errstate(all="ignore"):
            if not known or known.function == function.name:
                found["y"] = function.forward(self.arrays, options, code)
            if not known and function.has_indices:
                found["indices"] = function.indices(self.arrays, options)
            if self.dy is not None and (not known or known.function == function.backward_name):
                gradients = function.backward(self.dy, self.arrays, options, code)
                found |= {f"d{name}": gradient for name, gradient in gradients.items()}
        return found

    @cached_property
    def right(self) -> Tensors:
        """The value and the gradients of the right code."""
        return self.tensors()

    def reasons(self, by: float) -> dict[str, str]:
        """For every tensor why it can't show that it is off; nothing where it can."""
        inputs = FUNCTIONS[self.case.function].inputs
        wanted = ("y", *(f"d{name}" for name in inputs if name in self.arrays))
        return {name: self._reason(name, by) for name in dict.fromkeys((*wanted, *self.right))}

    @cached_property
    def nothing(self) -> str:
        """Which of the arrays is 0 everywhere: nothing follows from what the case shows."""
        given = {**self.arrays, **({} if self.dy is None else {"dy": self.dy})}
        empty = [n for n, a in given.items() if a.dtype.kind == "f" and a.size and not a.any()]
        return f"{empty[0]} is 0 everywhere" if empty else ""

    def _reason(self, name: str, by: float) -> str:
        if self.nothing:
            return self.nothing
        if name not in self.right:
            return "refimpl's backward is not called"
        tensor = self.right[name]
        if not tensor.size:
            return "it has no elements"
        same = np.array_equal(planting.off(tensor, by), tensor, equal_nan=True)
        return "it holds no number that can be off" if same else ""

    def of_torch(self, reasons: Mapping[str, str]) -> dict[str, str]:
        """The same for torch: what is 0 whatever dy is stays 0 times any factor."""
        return {
            name: why
            for name, why in reasons.items()
            if name != "indices" and (why or self.right[name].any())
        }

    def known_mistake(self) -> tuple[Mistake | None, dict[str, str]]:
        """The first mistake that people make in the function and that shows clearly here."""
        for known in () if self.nothing else MISTAKES.values():
            here = forward_of(known.function) == self.case.function
            if not here or known.name.startswith(SLIGHT):
                continue
            wrong = attempt(partial(self.tensors, known))
            found = {} if isinstance(wrong, str) else wrong
            clear = {n: "" for n, t in found.items() if _is_clear(t, self.right[n])}
            if clear:
                return known, clear
        return None, {}


def _is_clear(wrong: Array, right: Array) -> bool:
    """Whether a tensor is far off, compared with its largest value."""
    if (wrong.shape, wrong.dtype) != (right.shape, right.dtype) or not np.isfinite(right).all():
        return False
    apart = np.max(np.abs(wrong - right), initial=0.0)
    return bool(apart > CLEAR * np.max(np.abs(right), initial=0.0))


def _judged(
    place: Planted, side: str, mistake: str, rows: Iterable[Row], wanted: Mapping[str, str]
) -> Planted:
    """What rows say of a mistake. wanted: the tensors it makes wrong, or why one can't show it."""
    by_tensor = {row.tensor: row for row in rows}
    said = [
        (IMPOSSIBLE, f"{name}: {why}") if why else _said(name, by_tensor.get(name))
        for name, why in wanted.items()
    ]
    verdict = max((verdict for verdict, _ in said), key=WORST_LAST.index, default=IMPOSSIBLE)
    note = ", ".join(dict.fromkeys(note for found, note in said if found == verdict and note))
    return replace(
        place, side=side, mistake=mistake, verdict=verdict, note=note, failed=verdict != SEEN
    )


def _said(tensor: str, row: Row | None) -> tuple[str, str]:
    """Whether the row of a tensor that is off says so. An exception is no refusal."""
    if row is None or not row.compared:
        return UNSEEN, f"{tensor} is compared with nothing"
    if row.verdict == OUTSIDE:
        return SEEN, ""
    seeing = row.verdict in (WITHIN, IDENTICAL, EXPECTED)
    return UNSEEN if seeing else IMPOSSIBLE, f"{tensor} is {row.verdict}"


def _factor(dtype: str, settings: Settings) -> float:
    return planting.COARSE if settings.tf32 and dtype == "float32" else planting.SLIGHT


def _much(factor: float) -> str:
    return f"{100 * (factor - 1):.2g} % too large"


# --- a network -----------------------------------------------------------------------------


def _in_network(task: Task, settings: Settings, judge: Judge) -> Planted:
    """The last layer's output and gradients, or the new weights of a step, are off."""
    case, by = NETWORKS[task.id], _factor(task.dtype, settings)
    place = Planted(case.name, "", case.name, task.dtype, "", "", "", "", True)
    with planting.entered(NETWORKS, case.name, _small(case)):
        if task.kind != PLANTED[0]:
            with planting.in_update(by):
                rows = judge(Task("training", case.name, task.dtype), settings).rows
            first = f"{case.name}[step 1]"
            wrong = [r for r in rows if r.case == first and r.tensor.startswith("new ")]
            mistake = f"every new parameter is {_much(by)}"
        else:
            last = list(case.architecture)[-1]
            with planting.in_layer(_kind_of(case.architecture[last].function), by):
                rows = judge(Task("network", case.name, task.dtype), settings).rows
            local = f"{case.name}[local]"
            wrong = [r for r in rows if r.case == local and r.layer == last]
            mistake = f"all that {last} gives is {_much(by)}"
    # One layer is one mistake: of its tensors one that is refused is enough.
    refused = [row for row in wrong if row.verdict == OUTSIDE and row.compared] or wrong
    labelled = [replace(row, tensor=f"{row.layer} {row.tensor}") for row in refused]
    wanted = dict.fromkeys((row.tensor for row in labelled), "")
    return _judged(place, "refimpl", mistake, labelled, wanted)


def _kind_of(function: str) -> type[Layer]:
    """The layer that applies a function."""
    return next(k for k in Layer.__subclasses__() if getattr(k, "function", "") == function)


def _small(case: NetworkCase) -> NetworkCase:
    """A network with one small batch and, where it is trained, one step."""

    def batches(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
        return [(x[:SAMPLES], target[:SAMPLES]) for x, target in case.batches(1, rng)]

    return replace(case, batches=batches, steps=min(case.steps, 1))

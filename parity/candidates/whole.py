"""A candidate from its file, or from an object that is there, to its verdict."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from parity.candidates.asked import Plan
from parity.candidates.asked_twice import kept, notes
from parity.candidates.axes import TRIED
from parity.candidates.check import Diagnose, Subject, check, planned_for
from parity.candidates.defaults import other_defaults
from parity.candidates.epsilons import in_words, with_its_epsilon
from parity.candidates.evaluation import evaluated, not_evaluated
from parity.candidates.failures import Failure
from parity.candidates.fitting import fit_of, layouts_of, not_asked
from parity.candidates.here import Here
from parity.candidates.interview import Interview, Put
from parity.candidates.masks import repeated, shared
from parity.candidates.modes import in_each_mode
from parity.candidates.own_names import own_names
from parity.candidates.process import Child, Limits
from parity.candidates.running import Found, running
from parity.candidates.said import NOTHING, Said
from parity.candidates.styles.as_layer import BACKWARDS, FORWARDS
from parity.candidates.styles.constructing import with_turned_weight
from parity.candidates.styles.deeplearning_ai import MEANS
from parity.candidates.styles.dropping import flags
from parity.candidates.styles.recognition import (
    LIBRARIES,
    functions_called,
    goes_back,
    one_pair,
    recognised,
)
from parity.candidates.styles.standing import options_of
from parity.candidates.styles.style import (
    BACKWARD,
    BOTH,
    FORWARD,
    NCHW,
    NHWC,
    Told,
    Unclear,
)
from parity.candidates.trying import (
    KEEPS,
    PLAIN,
    can_be,
    in_its_mode,
    keeping,
    layout_in_words,
    may_be,
    mixing,
    not_inverted,
    of_object,
    standing,
    takes_batches,
)
from parity.candidates.verdict import FAILED, UNCLEAR, WRONG, Verdict
from parity.candidates.wire import load
from parity.cases.functions import FUNCTIONS, forward_of
from parity.results.settings import DEFAULT_SEED
from parity.suite.selection import SelectionError, function_meant

Change = Callable[[Told], Told | None]  # None: there is no such way
MODULE = "numpy"  # whose arrays most candidates take
OBJECTS = ("layer", "torch")  # styles whose parameters are inside
# What is raised where arrays of NumPy are given to code on tensors.
TENSORS = re.compile(r"\bTensors?\b|\btorch\.|'numpy\.ndarray' object has no attribute")


BY_TANH = "its Φ is approximated by tanh"
TRAINS = "it normalises by the batch though it is given running statistics"
TURNED = "its weights are (in, out)"
DROPPING: tuple[tuple[str, Change], ...] = (
    (KEEPS, keeping),
    (PLAIN, not_inverted),
    (f"{KEEPS}, {PLAIN}", lambda told: keeping(not_inverted(told))),
)


@dataclass(frozen=True)
class Wanted:
    """What a person says of a candidate; None is what has to be found out."""

    like: str | None = None
    style: str | None = None
    layout: str | None = None
    seed: int = DEFAULT_SEED
    limits: Limits = field(default_factory=Limits)
    python: str = sys.executable
    everything: bool = False  # of a notebook


def library_of(style: str | None) -> str:
    """The library whose arrays a style takes, as far as that is said.

    >>> library_of("array:torch"), library_of("jax"), library_of("cs231n"), library_of(None)
    ('torch', 'jax', 'numpy', 'numpy')
    """
    name, _, library = (style or "").partition(":")
    return library or (name if name in LIBRARIES else MODULE)


def no_diagnosis(*given: object) -> tuple[()]:
    return ()


def check_file(
    source: str, names: Sequence[str], wanted: Wanted, diagnose: Diagnose = no_diagnosis
) -> Verdict:
    """The verdict on names in a file, a notebook or a module, in a process of its own."""
    candidate = f"{source}:{','.join(names)}" if names else source
    with Child(wanted.limits, wanted.python, library=library_of(wanted.style)) as child:
        loaded = child.ask(*load(source, names, wanted.everything))
        if not isinstance(loaded, Failure) and not names:
            names = names_like(loaded[0].get("public", ()), wanted.like)
            loaded = child.ask(*load(source, names, wanted.everything)) if names else loaded
            candidate = f"{source}:{','.join(names)}" if names else source
        if isinstance(loaded, Failure):
            found = Verdict(candidate, "", "", "", FAILED, loaded.said, seed=wanted.seed)
        else:
            found = _verdict(candidate, loaded[0], child.ask, wanted, diagnose)
    return replace(found, output=child.output)


def check_objects(
    named: Mapping[str, Any], wanted: Wanted, diagnose: Diagnose = no_diagnosis
) -> Verdict:
    """The verdict on functions or a class of this process."""
    here = Here(named)
    return _verdict(",".join(named), here.loaded(), here.ask, wanted, diagnose)


def names_like(public: Sequence[str], like: str | None) -> list[str]:
    """Which names of a file are like a function: with a forward also its backward.

    Without a function all names, where they are one, or a forward and its backward.

    >>> names_like(["helper", "conv_step", "conv_forward", "conv_backward", "pool"], "conv2d")
    ['conv_forward', 'conv_backward']
    >>> names_like(["helper", "conv_forward", "conv_backward"], "conv2d_backward")
    ['conv_backward']
    >>> names_like(["mine"], None), names_like(["helper", "mine"], None)
    (['mine'], [])
    """
    if like is None:
        pair = one_pair(public)
        return list(public) if len(public) == 1 else pair
    try:
        like = function_meant(like)
    except SelectionError:
        return []
    fitting = [name for name in public if forward_of(like) in functions_called(name)]
    back = [name for name in fitting if goes_back(name)]
    forth = [name for name in fitting if name not in back]
    if like not in FUNCTIONS:
        return back[:1]
    return one_pair(fitting) or [*forth[:1], *back[: len(forth)][:1]]


def _verdict(
    candidate: str, loaded: Mapping[str, Any], put: Put, wanted: Wanted, diagnose: Diagnose
) -> Verdict:
    odd = [name for name, found in loaded["names"].items() if not _can_be_asked(found)]
    if odd:
        said = f"{odd[0]} is no function, class or layer: it has no forward, backward or __call__"
        return Verdict(candidate, "", "", "", UNCLEAR, said, seed=wanted.seed)
    told = recognised(loaded, wanted.like, wanted.style)
    if isinstance(told, Unclear):
        return Verdict(candidate, "", "", "", UNCLEAR, told.message, seed=wanted.seed)
    if wanted.layout is not None:
        told = replace(told, layout=wanted.layout)
    if told.kind == "instance" and told.style in OBJECTS:
        return _of_object(candidate, told, put, wanted, diagnose)
    return in_each_mode(told, lambda one: _of_code(candidate, one, put, wanted, diagnose))


def _of_code(candidate: str, told: Told, put: Put, wanted: Wanted, diagnose: Diagnose) -> Verdict:
    """The verdict on functions or a class, taken in the way in which most of it is right."""
    told, mode = in_its_mode(put, told, wanted.seed)
    found = _as_told(candidate, told, put, wanted, diagnose)
    for said, change in () if found else evident_ways(told, found):
        other = _as_told(candidate, told, put, wanted, diagnose, change)
        if share_right(other) > max(share_right(found), 0.5) or no_longer_raises(found, other):
            return replace(other, remarks=(*other.remarks, said))
    own = None if found else _with_epsilon(candidate, told, found, put, wanted, diagnose)
    if own is not None:
        return own
    found = replace(found, remarks=(*found.remarks, mode)) if mode else found
    for said, change in _other_ways(told, put, wanted):
        settled = _is_its_way(found)
        if found or (settled and not _of_one_sample(found)):
            break
        other = _as_told(candidate, told, put, wanted, diagnose, change)
        if other if settled else _rightness(other) > _rightness(found):
            share = f"{found.cases.right} of {found.cases.asked} cases are right otherwise"
            remark = f"{said}: found by trying, {share}"
            found = replace(other, remarks=(*other.remarks, remark))
    return found if found or found.layout != told.layout else _mixing(found, told, put, wanted)


def _with_epsilon(
    candidate: str, told: Told, found: Verdict, put: Put, wanted: Wanted, diagnose: Diagnose
) -> Verdict | None:
    """The verdict on a wrong candidate with the ε of its own code; None if that is not better.

    It is where more than before comes out right, and the value everywhere, or where a mistake is
    told that was not.
    """
    interview = Interview(put, told)
    if found.status != WRONG or "eps" not in options_of(told.like) or interview.prepare():
        return None
    for one in with_its_epsilon(put, interview.told, wanted.seed):
        other = _as_told(candidate, one, put, wanted, diagnose)
        values = other.tensors.get("y", NOTHING)
        better = values.right == values.asked and share_right(other) > share_right(found)
        if better or (_tells(other) and not found.causes):
            return replace(other, remarks=(*other.remarks, in_words(one)))
    return None


def _tells(found: Verdict) -> bool:
    """Whether a known mistake gives its numbers."""
    return any(cause.mistakes for cause in found.causes)


def _mixing(found: Verdict, told: Told, put: Put, wanted: Wanted) -> Verdict:
    """A wrong verdict with the likely cause, if all is right for one sample alone."""
    interview = Interview(put, told)
    tried = wanted.layout is None and told.style in TRIED and told.layout == NCHW
    if found.status != WRONG or not tried or interview.prepare():
        return found
    causes = (Said(text) for text in mixing(put, interview.told, wanted.seed))
    return replace(found, causes=(*causes, *found.causes))


def _of_object(candidate: str, told: Told, put: Put, wanted: Wanted, diagnose: Diagnose) -> Verdict:
    """The verdict on an object that is there: in its own sizes, with its own options."""
    stands = standing(put, told, wanted.layout, wanted.seed)
    if isinstance(stands, str):
        return Verdict(
            candidate, told.like, told.part, told.style, UNCLEAR, stands, seed=wanted.seed
        )
    found = _as_told(candidate, stands, put, wanted, diagnose)
    own = None if found else _with_epsilon(candidate, stands, found, put, wanted, diagnose)
    if own is not None:
        found = own
    elif not found:
        found = _mixing(found, stands, put, wanted)
    notes = of_object(stands, bool(found), wanted.layout is None)
    return replace(found, remarks=(*found.remarks, *notes))


def _other_ways(told: Told, put: Put, wanted: Wanted) -> Iterator[tuple[str, Change]]:
    """How else a candidate may take its arrays, where nothing says it."""
    if told.like == "batch_norm" and told.kind == "function" and not _has_modes(told):
        yield TRAINS, _if_promising(put, _training, wanted.seed)
    if told.like == "gelu" and told.kind != "instance":
        yield BY_TANH, _if_promising(put, _by_tanh, wanted.seed)
    if wanted.layout is None and told.style in TRIED:
        layout = NHWC if told.layout == NCHW else NCHW
        turned = _if_promising(put, lambda one: replace(one, layout=layout), wanted.seed)
        yield layout_in_words(layout), turned
    yield TURNED, _if_promising(put, with_turned_weight, wanted.seed)
    if told.like == "dropout" and told.style in OBJECTS:
        yield from DROPPING
    if wanted.layout is None and told.style in TRIED:
        batches = _asked_once(lambda one: takes_batches(put, one, wanted.seed))
        for other in (o for o in layouts_of(told.like) if o not in (NCHW, NHWC)):
            yield layout_in_words(other), _if_tried(put, other, wanted.seed, batches)
            said = f"{layout_in_words(other)}, {TURNED}"
            yield said, _if_tried(put, other, wanted.seed, batches, with_turned_weight)


def evident_ways(told: Told, found: Verdict) -> Iterator[tuple[str, Change]]:
    """How else functions may take their arrays, where what came of them says it."""
    if told.style == "deeplearning.ai" and "dweight is wrong" in found.said:
        yield "its dweight and dbias are means over the samples, as in the course", _of_means
    if told.style != "refimpl" or told.kind != "function":
        return
    if told.part == BACKWARD and "dbias is missing" in found.said:
        yield "it gives no dbias: judged without bias", _without_bias
    if TENSORS.search(found.said):
        yield "it does not take arrays of NumPy: judged on tensors of torch", _on_tensors


def no_longer_raises(found: Verdict, other: Verdict) -> bool:
    """Whether what nothing came of as it was given is plainly wrong otherwise."""
    on_tensors = TENSORS.search(found.said) and not TENSORS.search(other.said)
    return bool(on_tensors) and other.status == WRONG and not share_right(found)


def _without_bias(told: Told) -> Told:
    return replace(told, fixed={"bias": None})


def _by_tanh(told: Told) -> Told:
    return replace(told, fixed={"approximate": "tanh"})


def _has_modes(told: Told) -> bool:
    """Whether a function is told that it is training."""
    signatures = [told.signature(name) for name in told.names]
    return told.style == "cs231n" or any(flags(one, True) for one in signatures)


def _training(told: Told) -> Told:
    return replace(told, fixed={"training": True})


def _of_means(told: Told) -> Told | None:
    return replace(told, fixed={MEANS: True}) if told.like == "linear" else None


def _on_tensors(told: Told) -> Told:
    by_hand = told.part != FORWARD
    part = told.part if by_hand or not FUNCTIONS[told.like].inputs else BOTH
    return replace(told, style="array" if by_hand else "torch", library="torch", part=part)


def _if_promising(put: Put, change: Change, seed: int) -> Change:
    """A change after which something is right in a few problems."""

    def changed(told: Told) -> Told | None:
        other = change(told)
        return other if other is not None and may_be(put, other, seed) else None

    return changed


def _asked_once(question: Callable[[Told], bool]) -> Callable[[Told], bool]:
    """A question whose answer is the same for all ways of one candidate."""
    answers: list[bool] = []

    def asked(told: Told) -> bool:
        if not answers:
            answers.append(question(told))
        return answers[0]

    return asked


def _if_tried(
    put: Put,
    layout: str,
    seed: int,
    batches: Callable[[Told], bool],
    first: Change = lambda told: told,
) -> Change:
    """A layout of one sample, if batches don't fit, and some of a few problems are right in it."""

    def change(told: Told) -> Told | None:
        changed = None if batches(told) else first(told)
        other = replace(changed, layout=layout) if changed is not None else None
        return other if other is not None and can_be(put, other, seed) else None

    return change


def _can_be_asked(described: Mapping[str, Any]) -> bool:
    methods = set(described.get("methods") or ())
    called = described.get("signature") is not None or bool(methods & {*FORWARDS, *BACKWARDS})
    return described.get("kind") != "instance" or called


def _is_its_way(found: Verdict) -> bool:
    """Whether so much is right that the candidate takes its arrays as they were given.

    A tensor that is right in most cases is enough, but for dbias, whose sum other axes may give
    too, and for dropout, whose ways differ in the training alone.
    """
    telling = [n for n in found.tensors if n != "dbias" and found.function != "dropout"]
    shares = [found.cases, *(found.tensors[name] for name in telling)]
    return any(2 * share.right > share.asked for share in shares)


def _of_one_sample(found: Verdict) -> bool:
    """Whether a dense layer may take one sample at a time though its value is right of several: a
    gradient is wrong in most cases, not in its numbers. It then has to be right in all."""
    odd = [name for name, one in found.tensors.items() if 2 * one.right < one.asked]
    shapes = any(f"{name} has shape" in found.said for name in odd)
    return found.function == "linear" and (shapes or (bool(odd) and "raises" in found.said))


def share_right(found: Verdict) -> float:
    """Which share of all tensors is right."""
    return _rightness(found) / max(1, sum(one.asked for one in found.tensors.values()))


def _rightness(found: Verdict) -> int:
    """How many tensors are right, over all cases."""
    return sum(share.right for share in found.tensors.values())


def _as_told(
    candidate: str,
    told: Told,
    put: Put,
    wanted: Wanted,
    diagnose: Diagnose,
    change: Change = lambda told: told,
) -> Verdict:
    interview = Interview(put, told)
    said = interview.prepare()
    if said:
        return Verdict(candidate, told.like, told.part, told.style, FAILED, said, seed=wanted.seed)
    changed = change(interview.told)
    if changed is None:
        return Verdict(candidate, told.like, told.part, told.style, FAILED, "", seed=wanted.seed)
    told, interview = changed, Interview(put, changed)
    subject = Subject(
        candidate,
        told.like,
        told.part,
        told.style,
        interview.lacks,
        told.layout,
        wanted.seed,
        fit_of(told),
        told.own.options if told.own else {},
        lambda asked: (
            *kept(interview, asked, wanted.seed),
            *shared(interview, wanted.seed),
            *evaluated(interview, asked),
            *running(interview, asked).faults,
        ),
    )
    planned = planned_for(subject)
    found = check(subject, planned, interview.ask, diagnose)
    kept_by_it = Found() if found.status == FAILED else running(interview, planned.asked)
    seen = ("running statistics",) if kept_by_it.notes or kept_by_it.faults else ()
    left = (*not_asked(told), *not_evaluated(told), *kept_by_it.unchecked)
    unchecked = dict.fromkeys(one for one in (*found.unchecked, *left) if one not in seen)
    found = replace(found, unchecked=tuple(unchecked))
    if not found:
        named = own_names(told) if found.status == WRONG else ()
        return replace(found, remarks=(*found.remarks, *named))
    more = (
        *notes(interview, planned.asked, wanted.seed),
        *repeated(interview, wanted.seed),
        *kept_by_it.notes,
    )
    found = replace(found, remarks=(*found.remarks, *more))
    return _with_defaults(found, interview, planned)


def _with_defaults(found: Verdict, interview: Interview, planned: Plan) -> Verdict:
    """A right candidate, and what is to be said of its defaults."""
    told, put = interview.told, interview.put
    odd = list(other_defaults(told, planned.asked, told.part, lambda one: Interview(put, one).ask))
    if not odd:
        return found
    said = f"left out, these options are something else than in refimpl: {', '.join(odd)}"
    return replace(found, remarks=(*found.remarks, said))

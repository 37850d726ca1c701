"""Known mistakes that give exactly what was found, alone or two together.

Each is run on the smallest failing case first and left at the first case that excludes it. A
mistake explains a tensor if it gives what was found for it in every case, those that pass
included. It stands alone if it explains all that is wrong and all else that its place gives back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from parity.cases.functions import forward_of
from parity.diagnosis.answers import answer_of
from parity.diagnosis.cause import Cause
from parity.diagnosis.merging import said_of_each
from parity.diagnosis.observation import Observation, by_size, wrong_tensors
from parity.diagnosis.wrong_code import Tensors, computed, gives_back, mistakes_of
from parity.mistakes.catalogue import Mistake

ENOUGH = 2  # failing cases in which a mistake has to show before it is certain


@dataclass
class Fit:
    """The tensors that a mistake explains, in how many cases each shows it, and what it touches."""

    known: Mistake
    explains: set[str]
    shown: Counter[str] = field(default_factory=Counter)
    touches: set[str] = field(default_factory=set)  # the tensors that it makes wrong
    raises: bool = True  # wherever the code that was observed does


def known_causes(observations: Sequence[Observation]) -> list[Cause]:
    """The known mistakes that explain what was found: one of them, or one for each tensor.

    Where a tensor has none, those of the others are named all the same, none of them certain.
    """
    wrong = wrong_tensors(observations)
    if not wrong:
        return []
    fits = fitting(observations, wrong)
    alone = _own([fit for fit in fits if _alone(fit, wrong, observations)], observations)
    if alone:
        certain = len(alone) == 1 and _sure(alone[0], max(alone[0].shown.values()), observations)
        return [_cause(fit.known, wrong, observations, certain) for fit in alone]
    each = {tensor: _of_tensor(tensor, fits, observations) for tensor in wrong}
    return _together(observations, {t: found for t, found in each.items() if found}, wrong)


def raised(observation: Observation) -> bool:
    """Whether the code raised something in the place of a tensor."""
    return any(isinstance(found, str) for found in observation.found.values())


def fitting(observations: Sequence[Observation], wrong: Sequence[str]) -> list[Fit]:
    """Every known mistake that explains at least one of the wrong tensors."""
    ordered = by_size(observations)
    if all(raised(observation) for observation in ordered):
        return []
    tried = (_fit(known, ordered, wrong) for known in mistakes_of(ordered[0].problem.function))
    return [fit for fit in tried if any(fit.shown[t] for t in fit.explains)]


def _fit(known: Mistake, ordered: Sequence[Observation], wrong: Sequence[str]) -> Fit:
    """What is left of a mistake after all cases, or after the one that excludes it."""
    given_back = {t for observation in ordered for t in observation.found}
    fit = Fit(known, {t for t in given_back if gives_back(known, t)})
    for observation in ordered:
        if not fit.explains.intersection(wrong):
            return fit
        if not raised(observation):
            _go_on(fit, observation, computed(known, observation.problem) or {})
    fit.raises = all(computed(known, o.problem) is None for o in ordered if raised(o))
    return fit


def _go_on(fit: Fit, observation: Observation, given: Tensors) -> None:
    """Take one more case into account."""
    for tensor in fit.explains.intersection(observation.found):
        if tensor not in given or not observation.gives(tensor, given[tensor]):
            fit.explains.discard(tensor)
        elif observation.shows(tensor):
            fit.shown[tensor] += 1
    fit.touches |= {
        t for t in given if t in observation.right and not observation.is_right(t, given[t])
    }


def _alone(fit: Fit, wrong: Sequence[str], observations: Sequence[Observation]) -> bool:
    """Whether a mistake explains all that is wrong, and all else that its place gives back."""
    given_back = {t for o in observations for t in o.found if gives_back(fit.known, t)}
    return given_back.union(wrong) <= fit.explains


def _sure(fit: Fit, shown: int, observations: Sequence[Observation]) -> bool:
    """Whether nothing speaks against a mistake: one of the function itself, shown often enough."""
    own = forward_of(fit.known.function) == observations[0].problem.function
    return own and shown >= ENOUGH and fit.raises


def _own(fits: list[Fit], observations: Sequence[Observation]) -> list[Fit]:
    """Mistakes of the function itself, before those of its relatives along other axes."""
    function = observations[0].problem.function
    return [fit for fit in fits if forward_of(fit.known.function) == function] or fits


def _of_tensor(tensor: str, fits: Sequence[Fit], observations: Sequence[Observation]) -> list[Fit]:
    """What explains one tensor: before a mistake that would show elsewhere, one that would not."""
    there = [fit for fit in fits if tensor in fit.explains and fit.shown[tensor]]
    there = _own(there, observations)
    return [fit for fit in there if fit.touches <= fit.explains] or there


def _together(
    observations: Sequence[Observation],
    each: Mapping[str, Sequence[Fit]],
    wrong: Sequence[str],
) -> list[Cause]:
    """Two mistakes where they explain all together, else what explains single tensors."""
    firsts = {tensor: found[0].known for tensor, found in each.items()}
    pair = set(each) == set(wrong) and len({known.name for known in firsts.values()}) > 1
    causes = []
    if pair:
        certain = all(
            len(found) == 1 and _sure(found[0], found[0].shown[t], observations)
            for t, found in each.items()
        )
        causes = [_pair(firsts, observations, certain)]
    return causes + [
        _cause(fit.known, [tensor], observations, certain=False)
        for tensor, found in each.items()
        if not pair or len(found) > 1
        for fit in found
    ]


def _cause(
    known: Mistake, tensors: Sequence[str], observations: Sequence[Observation], certain: bool
) -> Cause:
    """One mistake, for one tensor or for all that are wrong."""
    function = observations[0].problem.function
    several = len(wrong_tensors(observations)) > 1 and len(tensors) == 1
    return Cause(
        said_of(tensors[0], known) if several else known.title,
        "known mistake",
        (known.name,),
        tensors[0] if len(tensors) == 1 else "",
        certain,
        answer_of(function, tensors, known.formulas),
    )


def _pair(
    firsts: Mapping[str, Mistake], observations: Sequence[Observation], certain: bool
) -> Cause:
    """A mistake for each tensor, in one sentence."""
    documents = dict.fromkeys(d for known in firsts.values() for d in known.formulas)
    return Cause(
        said_of_each((tensor, known.title) for tensor, known in firsts.items()),
        "two known mistakes",
        tuple(dict.fromkeys(known.name for known in firsts.values())),
        certain=certain,
        answer=answer_of(observations[0].problem.function, list(firsts), list(documents)),
    )


def said_of(tensor: str, known: Mistake) -> str:
    """The title of a mistake, begun with the tensor that it explains."""
    return known.title if known.title.startswith(f"{tensor}: ") else f"{tensor}: {known.title}"

"""From wrong numbers to what was done wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from parity.diagnosis.cause import KINDS, Cause
from parity.diagnosis.known import known_causes
from parity.diagnosis.linearity import linearity
from parity.diagnosis.merging import merged
from parity.diagnosis.observation import Observation, restricted, wrong_tensors
from parity.diagnosis.places import by_place
from parity.diagnosis.separating import separating
from parity.diagnosis.structure import structure
from parity.diagnosis.undecided import LEFT_ASIDE, settled


def diagnose(observations: Sequence[Observation], part: str = "both") -> list[Cause]:
    """What gives the wrong numbers of these cases, best first; [] if nothing is singled out.

    part: what is asked of the code, "forward", "backward" or "both"; tensors of the other part are
    left alone. From a number that is added follows that a gradient is not linear in dy, and that
    it shows in float64 alone. A structure, and a place, is looked for in tensors that no known
    mistake explains. What the failing cases share is said beside either.
    """
    observed = [o for o in (of_part(observation, part) for observation in observations) if o.right]
    shared = separating(observed)
    causes = known_causes(observed)
    causes += with_a_convention(observed, _unexplained(causes, observed))
    for tensor in _unexplained(causes, observed):
        causes += structure(observed, tensor) or in_circumstances(observed, tensor, shared)
    for tensor in _unexplained(causes, observed):
        causes += by_place(observed, tensor)
    added = {cause.tensor for cause in causes if cause.kind == "added"}
    others = [c for c in (*linearity(observed), *shared) if not c.tensor or c.tensor not in added]
    return merged(ranked([*causes, *others]))


def with_a_convention(observed: Sequence[Observation], tensors: Sequence[str]) -> list[Cause]:
    """The known mistakes of code that has, besides, a convention of its own at ties or kinks."""
    chosen = [restricted(o, set(tensors)) for o in settled(observed)] if tensors else []
    return [
        replace(cause, text=f"{cause.text}, {LEFT_ASIDE}", certain=False)
        for cause in known_causes(chosen)
    ]


def _unexplained(causes: Sequence[Cause], observed: Sequence[Observation]) -> list[str]:
    """The wrong tensors of which no cause speaks; one that names none speaks of all."""
    named = {cause.tensor for cause in causes}
    return [] if "" in named else [t for t in wrong_tensors(observed) if t not in named]


def in_circumstances(
    observed: Sequence[Observation], tensor: str, shared: Sequence[Cause]
) -> list[Cause]:
    """What was done in the failing cases, where something separates them from the others."""
    separate = [c for c in shared if c.tensor in ("", tensor) and not c.mistakes]
    if not separate:
        return []
    failing = [restricted(o, {tensor}) for o in observed if tensor in o.wrong]
    where = " or ".join(cause.text.partition("only where ")[2] for cause in separate)
    return [
        replace(
            cause,
            text=f"{_begun(tensor, cause.text)}, only where {where}",
            tensor=tensor,
            certain=False,
        )
        for cause in known_causes(failing) or structure(failing, tensor)
    ]


def _begun(tensor: str, text: str) -> str:
    return text if text.startswith(tensor) else f"{tensor}: {text}"


def of_part(observation: Observation, part: str) -> Observation:
    """An observation without the tensors of the other part."""
    named = {*observation.right, *observation.found}
    return restricted(observation, {tensor for tensor in named if in_part(tensor, part)})


def in_part(tensor: str, part: str) -> bool:
    """Whether a tensor is asked of this part.

    >>> in_part("y", "backward"), in_part("dx", "backward"), in_part("y", "both")
    (False, True, True)
    """
    return part == "both" or (tensor in ("y", "indices")) == (part == "forward")


def ranked(causes: Sequence[Cause]) -> list[Cause]:
    """Certain ones first, then by their kind; none twice."""
    distinct = list({(cause.text, cause.kind): cause for cause in causes}.values())
    return sorted(distinct, key=lambda cause: (not cause.certain, KINDS.index(cause.kind)))

"""For somebody who has a layer and wants to know: `parity.check`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parity.candidates.process import Limits
from parity.candidates.styles.style import LAYOUTS
from parity.candidates.targets import check_target
from parity.candidates.verdict import Verdict
from parity.candidates.whole import Wanted, check_objects
from parity.results.settings import DEFAULT_SEED


def check(
    candidate: Any,
    like: str | None = None,
    style: str | None = None,
    layout: str | None = None,
    seed: int = DEFAULT_SEED,
    limits: Limits | None = None,
) -> Verdict:
    """Whether a layer of your own is right: a verdict that is true if it is, and can be printed.

    candidate: a function, a class or an object with forward and backward, a pair (forward,
    backward) of which the first may hand a cache to the second, or "FILE:NAME", which runs in a
    process of its own with `limits`. like: the function of `refimpl` that it should be,
    "conv2d_backward"; style: how it takes its arguments; layout: "NCHW", "NHWC", or of one sample
    at a time "CHW", "HWC", "HW", "D" (a vector), "D1" (a column), or "DN" for samples in columns,
    "NC" for a global pooling that gives (N, C).
    All three are found out where that is plain.
    Raises: ValueError for a layout that there is not; nothing for a wrong candidate, see
    `Verdict.raise_if_wrong`.

    >>> import numpy as np
    >>> bool(check(lambda x: np.maximum(x, 0), like="relu", style="refimpl"))
    True
    >>> verdict = check(lambda dy, x: dy * x, like="relu_backward", style="refimpl")
    >>> bool(verdict), verdict.said
    (False, 'dx is wrong in its one element (x one number)')
    """
    if layout not in (None, *LAYOUTS):
        raise ValueError(f"check: layout is {layout!r}: give one of {', '.join(LAYOUTS)}")
    wanted = Wanted(like, style, layout, seed, limits or Limits())
    if isinstance(candidate, str):
        return check_target(candidate, wanted, _diagnose)
    return check_objects(named(candidate), wanted, _diagnose)


def _diagnose(*given: Any) -> Any:
    from parity.candidates.causes import causes  # known mistakes: for wrong candidates alone

    return causes(*given)


def named(candidate: Any) -> Mapping[str, Any]:
    """The objects of a candidate by their names; those without a name are called "candidate"."""
    given: Sequence[Any] = candidate if isinstance(candidate, tuple | list) else (candidate,)
    found: dict[str, Any] = {}
    for number, one in enumerate(given):
        name = getattr(one, "__name__", type(one).__name__)
        if not name.isidentifier() or name in found:
            name = f"candidate{number or ''}"
        found[name] = one
    return found

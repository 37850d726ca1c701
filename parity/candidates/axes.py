"""A candidate that stumbles over the number of axes in all cases: it may take one sample or map."""

from __future__ import annotations

import re
from collections.abc import Sequence

from parity.candidates.examine import Outcome
from parity.candidates.fitting import layouts_of
from parity.candidates.styles.style import ONE_SAMPLE

TRIED = ("refimpl", "layer", "torch", "jax", "array")  # styles that say nothing of the axes' order
# What Python, NumPy and SciPy raise of arrays with more axes than code expects.
TOO_MANY = re.compile(
    r"too many values to unpack|remapped shapes|\bmust (both )?be [123]-D|should be [123]-D"
    r"|same dimensionality|too deep for desired array|must be [123]-?d|expected [123] dimensions"
)


def layout_asked_for(function: str, style: str, layout: str, found: Sequence[Outcome]) -> str:
    """What to say of the layout, if the number of axes ends every case; "" otherwise."""
    known = [name for name in layouts_of(function) if name in ONE_SAMPLE]
    if style not in TRIED or layout in ONE_SAMPLE or not known:
        return ""
    if not all(TOO_MANY.search(one.answer.raised) for one in found):
        return ""
    *others, last = known
    either = f"{', '.join(others)} or {last}" if others else last
    return f"in all cases; if it takes one sample at a time, say how: --layout {either}"

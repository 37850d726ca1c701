"""How often the interpreter looks for garbage that counting references does not find.

Witnesses make lists of hundred thousands of numbers, and torch a million objects as it loads. By
the interpreter's own thresholds, each few of them have all that are alive looked through for
cycles, of which there are none.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (100_000, 20, 20)


def look_seldom() -> None:
    """From here on; what is loaded stays, and is not looked through again."""
    gc.freeze()
    gc.set_threshold(*SELDOM)


@contextmanager
def looked_for_seldom() -> Iterator[None]:
    """Within it."""
    before = gc.get_threshold()
    look_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

"""The end of a process that was one command."""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress


class Leaving:
    """Leave when everything is cleared up, without taking apart what is loaded.

    Python would give back torch's modules object by object, half a second long, before the system
    takes the whole. What is to be done at the end is done before: what was registered later is
    called earlier.
    """

    def __init__(self) -> None:
        self.code: int | None = None  # none: end as Python does
        atexit.register(self._at_once)

    def _at_once(self) -> None:
        if self.code is None:
            return
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):  # full, closed, or none at all
                stream.flush()
        os._exit(self.code)

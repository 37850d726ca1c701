"""The program that a candidate runs in: `PYTHON runner.py MEMORY_MB LIBRARY`.

A script for any Python ≥ 3.8 with NumPy. It imports nothing of ours by our name, and takes its own
folder off the path, so that what a candidate imports is what it finds without us.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module, util

NAME = "_parity_child"  # what `parity.candidates.child` is called in the process


def load(folder: str) -> None:
    """The package of this folder, under that name."""
    start = os.path.join(folder, "child", "__init__.py")
    parts = [os.path.dirname(start)]
    spec = util.spec_from_file_location(NAME, start, submodule_search_locations=parts)
    assert spec is not None
    assert spec.loader is not None
    package = util.module_from_spec(spec)
    sys.modules[NAME] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0]) == here:
        del sys.path[0]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the parent may have it ignored
    load(here)
    import_module(f"{NAME}.serving").main(*sys.argv[1:3])

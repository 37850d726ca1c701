"""Many candidates, one after the other or in several processes: none stops the others."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from hashlib import sha256
from pathlib import Path
from types import FrameType

from parity.candidates.causes import causes
from parity.candidates.process import end_all
from parity.candidates.targets import check_target, split
from parity.candidates.verdict import FAILED, Verdict
from parity.candidates.whole import Wanted
from parity.suite.processes import pool

# The modules of import statements, in the text of a notebook, too.
IMPORTED = re.compile(r"\b(?:import|from)\s+([A-Za-z_][\w.]*)")
SERVED = ("parity.candidates.many",)  # and with it what takes most of a start


def check_many(
    targets: Sequence[str], wanted: Wanted, jobs: int = 1
) -> Iterator[tuple[int, Verdict]]:
    """The verdict on each target and its number, as they are found."""
    if jobs == 1 or len(targets) <= 1:
        yield from ((number, judged(target, wanted)) for number, target in enumerate(targets))
        return
    with pool(min(jobs, len(targets)), _end_with_candidates, served=SERVED) as executor:
        futures = {executor.submit(judged, target, wanted): n for n, target in enumerate(targets)}
        for future in as_completed(futures):
            yield futures[future], future.result()


def judged(target: str, wanted: Wanted) -> Verdict:
    """The verdict on one target; where this program itself goes wrong, it says so."""
    try:
        return check_target(target, wanted, causes)
    except Exception as error:
        said = f"parity itself went wrong: {type(error).__name__}: {error}"
        return Verdict(target, "", "", "", FAILED, said, seed=wanted.seed)


def digest(target: str) -> str:
    """What tells one state of a candidate's file, and of those beside it that it imports, from
    another; "" where it is no file.

    >>> digest("no file")
    ''
    """
    path = Path(split(target)[0])
    if not path.is_file():
        return ""
    read = sha256()
    for file in sorted(_with_imported(path)):
        read.update(file.read_bytes())
    return read.hexdigest()[:16]


def _with_imported(path: Path) -> set[Path]:
    """A file and those of its folder that it seems to import, and these, and so on."""
    found, left = set(), [path]
    while left:
        file = left.pop()
        if file in found:
            continue
        found.add(file)
        for name in IMPORTED.findall(file.read_text(encoding="utf-8", errors="replace")):
            beside = path.parent.joinpath(*name.split("."))
            modules = beside.with_suffix(".py"), beside / "__init__.py"
            left += [module for module in modules if module.is_file()]
    return found


def _end_with_candidates() -> None:
    """A process that is told to end does not leave its candidate running."""
    signal.signal(signal.SIGTERM, _ended)


def _ended(number: int, frame: FrameType | None) -> None:
    end_all()
    os._exit(1)

"""What a candidate is called on the command line: `FILE:NAME`, and its verdict."""

from __future__ import annotations

from pathlib import Path

from parity.candidates.verdict import FAILED, Verdict
from parity.candidates.whole import Wanted, check_file, no_diagnosis

EXAMPLE = "FILE:NAME is needed, layers.py:conv for example"


def check_target(target: str, wanted: Wanted, diagnose: object = no_diagnosis) -> Verdict:
    """The verdict on a target, or why it is none."""
    said = fault(target)
    if said:
        return Verdict(target, "", "", "", FAILED, said, seed=wanted.seed)
    source, names = split(target)
    return check_file(source, names, wanted, diagnose)  # type: ignore[arg-type]


def split(target: str) -> tuple[str, list[str]]:
    """A file or module and the names in it.

    >>> split("layers.py:conv,conv_backward"), split("layers.py")
    (('layers.py', ['conv', 'conv_backward']), ('layers.py', []))
    >>> split("C:/my layers.py:conv")
    ('C:/my layers.py', ['conv'])
    """
    source, colon, names = target.rpartition(":")
    if colon and source and not names:
        return source, []
    listed = [name.strip() for name in names.split(",")]
    if not colon or not all(part.isidentifier() for name in listed for part in name.split(".")):
        return target, []
    return source, listed


def fault(target: str) -> str:
    """Why a target cannot be one; "" if it can.

    >>> fault(""), fault(":conv")
    ('the target is empty: FILE:NAME is needed, layers.py:conv for example', \
'“:conv” names no file: FILE:NAME is needed, layers.py:conv for example')
    """
    source, names = split(target)
    if not target.strip():
        return f"the target is empty: {EXAMPLE}"
    if not source.strip() or target == ":":
        return f"“{target}” names no file: {EXAMPLE}"
    if Path(source).is_dir():
        return f"{source} is a folder: give its files, {Path(source) / '*.py'}"
    before, _, behind = target.rpartition(":")
    if behind and not names and Path(before).is_file():
        return f"“{behind}” is no name in {before}: a function, a class or forward,backward is one"
    return ""

"""The end of a process that was one command: nothing is lost by ending early."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROCESS = """
import atexit, sys
from parity.environment.leaving import Leaving

class Torch:
    def __del__(self):
        print("taken apart")

kept = Torch()
leaving = Leaving()
atexit.register(print, "cleared up")
print("said", end=" ")
{end}
"""


@pytest.mark.parametrize(
    ("end", "code", "out"),
    [
        ("leaving.code = 3", 3, "said cleared up\n"),
        ("leaving.code = 0; sys.exit(5)", 0, "said cleared up\n"),
        ("sys.exit(5)", 5, "said cleared up\ntaken apart\n"),
        ("raise ValueError('broken')", 1, "said cleared up\ntaken apart\n"),
        ("leaving.code = 4; sys.stdout = None", 4, "said "),
        ("leaving.code = 4; sys.stderr.close()", 4, "said cleared up\n"),
    ],
)
def test_all_is_cleared_up_and_said_but_nothing_taken_apart(end: str, code: int, out: str) -> None:
    """Without a code, after an error for example, Python ends as ever."""
    command = [sys.executable, "-c", PROCESS.format(end=end)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (code, out)
    assert ("ValueError: broken" in ended.stderr) == ("broken" in end)

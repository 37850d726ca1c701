"""How torch's threads wait. `bench` times torch as it comes, but for `--check`."""

from __future__ import annotations

import os


def sleep_when_idle() -> None:
    """Let torch's idle threads sleep: by default they spin, as long as the others compute.

    OpenMP reads it when torch is loaded; the processes that a command starts inherit it.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

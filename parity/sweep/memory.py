"""Resident memory of the processes of a sweep, tenth by tenth: whether it stays flat."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

STATM = Path("/proc/self/statm")  # Linux: the pages of this process, in all and in memory
MEGABYTE = 1e6
PARTS = 10


def resident() -> int:
    """The bytes of this process that are in memory now; 0 where the system does not tell."""
    if not STATM.exists():
        return 0
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Memory:
    """The most that was resident in each tenth of a sweep, in bytes; 0 where nothing is known."""

    coordinator: list[int] = field(default_factory=lambda: [0] * PARTS)
    worker: list[int] = field(default_factory=lambda: [0] * PARTS)  # the largest of them

    def saw(self, done: float, coordinator: int, worker: int) -> None:
        """What was resident after this share of the sweep.

        >>> memory = Memory()
        >>> memory.saw(0.1, 90_000_000, 400_000_000), memory.saw(1.0, 91_000_000, 402_000_000)
        (None, None)
        >>> memory.megabytes()
        {'coordinator': [90, 91], 'largest worker': [400, 402]}
        """
        tenth = min(int(done * PARTS), PARTS - 1)
        self.coordinator[tenth] = max(self.coordinator[tenth], coordinator)
        self.worker[tenth] = max(self.worker[tenth], worker)

    def megabytes(self) -> dict[str, list[int]]:
        """Who had how much, in each tenth of which something is known."""
        found = {"coordinator": self.coordinator, "largest worker": self.worker}
        return {
            who: [round(size / MEGABYTE) for size in sizes if size] for who, sizes in found.items()
        }

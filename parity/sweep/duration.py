"""Durations as people write them."""

from __future__ import annotations

import re

PATTERN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def seconds(text: str) -> int:
    """The seconds of a duration.

    Raises: ValueError for anything else.

    >>> seconds("90s"), seconds("1h30m")
    (90, 5400)
    """
    match = PATTERN.fullmatch(text)
    if not text or not match:
        raise ValueError(f"--time must be like 90s, 15m or 1h30m, but is {text!r}")
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return 3600 * hours + 60 * minutes + rest


def spoken(duration: float) -> str:
    """A duration in its two largest units.

    >>> spoken(59.6), spoken(3725), spoken(200000)
    ('1m0s', '1h2m', '55h33m')
    """
    whole = round(duration)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours}h{minutes}m"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"

"""What the commands share on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parity.commands import interruption

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console
    from rich.progress import Progress

NARROW = 80
TABLE_WIDTH = 160  # a narrower terminal folds the lines; rich would cut the verdicts off


def console(stderr: bool = False) -> Console:
    """A console that stays wide where there is no terminal to ask for its width."""
    from rich.console import Console

    shown = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not shown.is_terminal:
        shown.width = 140
    return shown


def wide_console() -> Console:
    """A console that is wide enough for a table."""
    shown = console()
    shown.width = max(shown.width, TABLE_WIDTH)
    return shown


def narrow_console() -> Console:
    """A console for a table that fits 80 columns; a narrower terminal folds its lines."""
    shown = console()
    shown.width = max(shown.width, NARROW)
    return shown


def progress_bar(description: str, total: int, what: str) -> tuple[Progress, Callable[[int], None]]:
    """A progress bar of so many of something, shown on terminals only, and what moves it on."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    target = console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=target,
        transient=True,
        disable=not target.is_terminal,
    )
    shown = bar.add_task(description, total=total)
    interruption.counts(total, what)

    def done(count: int) -> None:
        bar.advance(shown, count)
        interruption.advance(count)

    return bar, done

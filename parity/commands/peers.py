"""`parity peers`"""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.ending import DISAGREE, wrong_call
from parity.commands.options import FOLDER
from parity.commands.reports import write_table
from parity.commands.terminal import progress_bar, wide_console
from parity.environment.needs import need
from parity.results.writing import check_writable
from parity.texts.counts import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parity.peers.group_verdicts import PeerRow
    from parity.peers.libraries import Peer
    from parity.peers.surveyed import Surveyed


AT_ONCE = 2  # libraries, each in a process with one thread


def peers(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="libraries (all that are there)")
    ] = None,
    function: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="of refimpl (all that libraries have)")
    ] = None,
    python: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PATH", help="the interpreter of a library (.peers/NAME)"),
    ] = None,
    adapter: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="an adapter of your own, for another library"),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="all cases, not 120; of compilers not 15; no time limit")
    ] = False,
    difference: Annotated[
        Path | None,
        typer.Option("--diff", metavar="FILE", help="what changed since this peers.csv"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="where the table goes (reports, of all)")
    ] = None,
) -> None:
    """Say what frameworks do with the same layer: each beside the exact value.

    Exit code 1 if --diff finds a change, 2 if nothing could be asked.
    """
    need("flint", "parity peers")
    from parity.peers.atlas import AtlasError, changes, not_compared, read
    from parity.peers.libraries import PeerError, named, pairs

    try:
        pythons = pairs(python or [], "--python")
        files = {name: Path(file) for name, file in pairs(adapter or [], "--adapter").items()}
        named(list(pythons), files)
        chosen = named(names or [], files)
        functions = _functions(function or [])
        before = read(difference) if difference else None
        target = out or (None if names or function else FOLDER)
        if target:
            check_writable(target)
    except (PeerError, AtlasError, OSError) as error:
        wrong_call(error)
    started, date = time.perf_counter(), time.strftime("%Y-%m-%d %H:%M")
    found, absent = _asked(chosen, pythons, functions, full)
    rows = _rows(found, date)
    _show(rows, bool(function or names))
    for line in (*absent, *_summary(found, rows)):
        typer.echo(line)
    typer.echo(f"{time.perf_counter() - started:.0f} s")
    if not rows:
        wrong_call("no library could be asked")
    from parity.peers.group_verdicts import PeerRow

    write_table(target, "peers.csv", PeerRow, rows)
    if target is not None:
        from parity.report.conventions_page import conventions_page
        from parity.results.writing import replace_files

        replace_files({target / "conventions.md": conventions_page(rows)})
    if before is not None:
        said = changes(before, rows)
        for line in said or ["nothing changed"]:
            typer.echo(line)
        if count := not_compared(before, rows):
            typer.echo(f"not compared, being asked once only or of other cases: {count}")
        raise typer.Exit(DISAGREE if said else 0)


def _functions(wanted: Sequence[str]) -> tuple[str, ...]:
    """Those asked for, in the usual order."""
    from difflib import get_close_matches

    from parity.peers.chosen_cases import EVERY
    from parity.peers.libraries import PeerError

    for name in wanted:
        if name not in EVERY:
            near = get_close_matches(name, EVERY, 3, 0.5)
            said = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(EVERY)}"
            raise PeerError(f"libraries are not asked for {name!r}: {said}")
    return tuple(name for name in EVERY if not wanted or name in wanted)


def _asked(
    chosen: Sequence[Peer], pythons: dict[str, str], functions: tuple[str, ...], full: bool
) -> tuple[list[Surveyed], list[str]]:
    """Each library that is there, two at a time, and a sentence on each that is not."""
    from parity.peers.gathering import gather, question
    from parity.peers.judged_cases import Truths
    from parity.peers.libraries import how_to_get, interpreter
    from parity.peers.peer_line import SECONDS, UNLIMITED
    from parity.peers.surveyed import survey

    there = [(peer, interpreter(peer, pythons)) for peer in chosen]
    absent = [f"{peer.name}: {how_to_get(peer)}" for peer, path in there if path is None]
    asked = [
        (peer, path, question(functions, full, peer.compiler))
        for peer, path in there
        if path is not None
    ]
    bar, done = progress_bar("asking", sum(one.count for _, _, one in asked), "question")
    seconds = UNLIMITED if full else SECONDS
    truths = Truths()
    with bar, ThreadPoolExecutor(AT_ONCE) as pool:
        gathered = [pool.submit(gather, *one, done, seconds) for one in asked]
        return [survey(one.result(), truths) for one in gathered], absent


def _rows(found: Sequence[Surveyed], date: str) -> list[PeerRow]:
    from parity.peers.surveyed import rows

    return [row for one in found for row in rows(one, date)]


def _show(rows: Sequence[PeerRow], everything: bool) -> None:
    from parity.report.peers_table import table

    if rows:
        wide_console().print(table(rows, everything))


def _summary(found: Sequence[Surveyed], rows: Sequence[PeerRow]) -> list[str]:
    """A line for each library."""
    said = []
    for one in found:
        if one.about is None:
            said.append(f"{one.peer.name}: {one.ended}")
            continue
        own = Counter(row.verdict for row in rows if row.library == one.peer.name)
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in own.most_common())
        ended = f"incomplete: {one.ended}" if one.ended else ""
        answers = f"{one.answers} of {counted(one.asked, 'question')} answered"
        what = "; ".join(filter(None, (verdicts, ended)))
        said.append(
            f"{one.peer.name} {one.about.version}: {answers} in {one.seconds:.0f} s: {what}"
        )
    return said

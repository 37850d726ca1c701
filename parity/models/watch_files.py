"""The files of a watch: written whole at its end, or step by step while a training runs.

Of a training each step is appended to the tables and put on disk, and then its line to steps.csv,
which says how long the tables are now. What stands behind that length is of a step that a crash or
a signal broke off: nobody reads it, and the next step takes its place.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from parity.models.errors_of_watch import WatchError
from parity.models.watch_tables import NoticedRow, OperationRow, StepRow, WatchTables
from parity.results.reading import rows_of
from parity.results.rows import Row, columns
from parity.results.writing import check_folder_can_be, replace_files, to_csv

SUMMARY, OPERATIONS, NOTICED = "summary.csv", "operations.csv", "noticed.csv"
ABOUT, STEPS = "watch.json", "steps.csv"
STEP = ("step",)  # the column that tables of a training have besides
# What a row of each table is, and which column of steps.csv says how long it is.
TABLES: Mapping[str, tuple[type, str]] = {
    SUMMARY: (Row, "summary_bytes"),
    OPERATIONS: (OperationRow, "operations_bytes"),
    NOTICED: (NoticedRow, "noticed_bytes"),
}


def write(folder: Path, name: str, found: WatchTables) -> list[Path]:
    """Every file, all or none, in the place of what lies there; their paths.

    Raises: OSError; old files then stand.
    """
    check_folder_can_be(folder)
    folder.mkdir(parents=True, exist_ok=True)
    also = STEP if found.steps else ()
    texts = {
        file: to_csv(row_type, rows, also)
        for (file, (row_type, _)), rows in zip(TABLES.items(), _rows(found), strict=True)
    }
    if found.steps:
        texts[STEPS] = to_csv(StepRow, _measured(found))
    texts[ABOUT] = _about(name, found)
    written = replace_files({folder / file: text for file, text in texts.items()})
    if not found.steps:
        (folder / STEPS).unlink(missing_ok=True)  # of an older report
    return written


def read(folder: Path) -> WatchTables:
    """What lies in a folder.

    Raises: WatchError.
    """
    about = _known_about(folder)
    if not about["steps"]:
        found = [_parsed(folder / file, (folder / file).read_bytes(), ()) for file in TABLES]
        return _tables(found, (), about)
    steps = committed(folder)
    found = []
    for file, (_, column) in TABLES.items():
        length = getattr(steps[-1], column) if steps else None
        content = (folder / file).read_bytes()
        if length is None or not content.startswith(_head(file)) or len(content) >= length:
            found.append(_parsed(folder / file, content[:length], STEP))
        else:
            raise WatchError(f"{folder / file}: is cut off: it had {length} bytes")
    return _tables(found, steps, about)


def committed(folder: Path) -> tuple[StepRow, ...]:
    """The steps that are on disk as a whole."""
    path = folder / STEPS
    whole = path.read_bytes().rpartition(b"\n")[0] + b"\n"  # a line without its end is none
    return tuple(_rows_in(path, StepRow, whole, ()))


class StepFiles:
    """A report that grows by a step at a time.

    fresh: in the place of what lies there, once the first step is done; else behind it.
    Raises: WatchError for a report that it cannot go on with.
    """

    def __init__(self, folder: Path, fresh: bool = False) -> None:
        self.folder = folder
        self._lengths: dict[str, int] | None = None  # of the files, once they are there
        self.last: int | None = None  # the last step that is on disk
        check_folder_can_be(folder)
        if not fresh and (folder / ABOUT).exists():
            self._go_on()

    def _go_on(self) -> None:
        """Take up what lies there, without what was broken off."""
        about = _known_about(self.folder)
        if not about["steps"]:
            raise WatchError(
                f"{self.folder}: holds the report of a watch in one piece, which has no steps to "
                "go on from; give another folder"
            )
        found = read(self.folder)
        self.name, steps = str(about["model"]), found.steps
        lengths = {file: len(_head(file)) for file in TABLES}
        if steps:
            self.last = steps[-1].step
            lengths = {file: getattr(steps[-1], column) for file, (_, column) in TABLES.items()}
        lengths[STEPS] = (self.folder / STEPS).read_bytes().rfind(b"\n") + 1
        for file, length in lengths.items():
            os.truncate(self.folder / file, length)
        self._lengths = lengths

    def append(self, name: str, found: WatchTables) -> None:
        """One more step, on disk when this returns.

        Raises: OSError; WatchError if the folder is another model's, or somebody else's by now.
        """
        lengths = self._begin(name, found) if self._lengths is None else self._lengths
        if name != self.name:
            raise WatchError(
                f"{self.folder}: holds the report of {self.name}, not of {name}; give another "
                "folder"
            )
        new: dict[str, int] = {}
        for file, rows in zip(TABLES, _rows(found), strict=True):
            new[file] = self._add(file, to_csv(TABLES[file][0], rows, STEP), lengths[file])
        step = _ending(found.steps[0], new)
        new[STEPS] = self._add(STEPS, to_csv(StepRow, [step]), lengths[STEPS])
        self._lengths, self.last = new, step.step

    def _begin(self, name: str, found: WatchTables) -> dict[str, int]:
        """The files with nothing in them but their heads."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / ABOUT).unlink(missing_ok=True)  # what lies there is nobody's report now
        heads = {file: _head(file).decode() for file in (*TABLES, STEPS)}
        texts = {**heads, ABOUT: _about(name, found)}
        replace_files({self.folder / file: text for file, text in texts.items()})
        self.name = name
        return {file: len(head.encode()) for file, head in heads.items()}

    def _add(self, file: str, text: str, length: int) -> int:
        """Append what stands below the head of a table; how long the file is then."""
        path, body = self.folder / file, text.partition("\n")[2].encode()
        with open(path, "r+b") as opened:
            if opened.seek(0, os.SEEK_END) != length:
                raise WatchError(
                    f"{path}: somebody else has written to it; two watches need two folders"
                )
            try:
                opened.write(body)
                opened.flush()
                os.fsync(opened.fileno())
            except OSError:
                opened.truncate(length)
                raise
        return length + len(body)


def _head(file: str) -> bytes:
    """A table's first line."""
    if file == STEPS:
        return to_csv(StepRow, []).encode()
    return to_csv(TABLES[file][0], [], STEP).encode()


def _rows(found: WatchTables) -> tuple[Sequence[Any], ...]:
    """The rows of each table, in their order."""
    return found.rows, found.operations, found.noticed


def _measured(found: WatchTables) -> list[StepRow]:
    """The steps with how long each table is at their end."""
    lengths = {file: len(_head(file)) for file in TABLES}
    measured = []
    for step in found.steps:
        for (file, (row_type, _)), rows in zip(TABLES.items(), _rows(found), strict=True):
            own = [row for row in rows if row.step == step.step]
            lengths[file] += len(to_csv(row_type, own, STEP).encode()) - len(_head(file))
        measured.append(_ending(step, lengths))
    return measured


def _ending(step: StepRow, lengths: Mapping[str, int]) -> StepRow:
    """A step with how long each table is at its end."""
    return replace(
        step,
        summary_bytes=lengths[SUMMARY],
        operations_bytes=lengths[OPERATIONS],
        noticed_bytes=lengths[NOTICED],
    )


def _about(name: str, found: WatchTables) -> str:
    about = {"model": name, **found.about, "steps": bool(found.steps)}
    if not found.steps:
        about["status"] = found.status
    return json.dumps(about, indent=2, ensure_ascii=False) + "\n"


def _known_about(folder: Path) -> dict[str, Any]:
    path = folder / ABOUT
    if not path.exists():
        raise WatchError(f"{folder}: has no {ABOUT}: no report of a watch lies there")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise WatchError(f"{path}: is no JSON: {error}") from None
    if not isinstance(found, dict) or not {"model", "steps"} <= set(found):
        raise WatchError(f"{path}: is of another version; watch the model anew")
    return found


def _tables(
    found: Sequence[Sequence[Any]], steps: tuple[StepRow, ...], about: Mapping[str, Any]
) -> WatchTables:
    rows, operations, noticed = map(tuple, found)
    return WatchTables(rows, operations, noticed, steps, about)


def _parsed(path: Path, content: bytes, also: Sequence[str]) -> list[Any]:
    return _rows_in(path, TABLES[path.name][0], content, also)


def _rows_in(path: Path, row_type: type, content: bytes, also: Sequence[str]) -> list[Any]:
    try:
        return rows_of(row_type, content.decode("utf-8"), also)
    except ValueError:
        wanted = [*columns(row_type), *also]
        raise WatchError(
            f"{path}: has not the {len(wanted)} columns of this version, or is cut off; give "
            "another folder, or watch the model anew"
        ) from None

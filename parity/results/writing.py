"""Reports as text, and files that are written whole or not at all."""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

from parity.results.rows import columns


def to_csv(row_type: type, rows: Sequence[Any], also: Sequence[str] = ()) -> str:
    """Rows as CSV; floats by repr, which reads back to the same number.

    also: fields that are not written otherwise, as further columns.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [*columns(row_type), *also]
    writer.writerow(names)
    writer.writerows(map(attrgetter(*names), rows))
    return text.getvalue()


def check_writable(out: Path) -> None:
    """Refuse a folder that cannot be written to before anything is computed; make it if it can.

    Raises: OSError that says what is in the way.
    """
    check_folder_can_be(out)
    out.mkdir(parents=True, exist_ok=True)


def check_folder_can_be(folder: Path) -> None:
    """The same without making anything: what is there of it must be a folder, and ours to write."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise NotADirectoryError(f"{there}: is not a folder")
    if not os.access(there, os.W_OK):
        raise PermissionError(f"{there}: cannot be written to")


def replace_files(texts: Mapping[Path, str | Iterable[str]]) -> list[Path]:
    """Write every text beside its place, then move them all into place, or none of them.

    A text that comes in parts is asked for when those before it are written.
    """
    written: list[tuple[Path, Path]] = []
    backups: dict[Path, Path] = {}
    try:
        for path, text in texts.items():
            written.append((_write_beside(path, text), path))
        for temporary, path in written:
            if path.exists():
                backups[path] = Path(shutil.copy2(path, temporary.with_suffix(".old")))
        _move_all(written, backups)
    finally:
        for temporary in (*(temporary for temporary, _ in written), *backups.values()):
            temporary.unlink(missing_ok=True)
    return list(texts)


def _move_all(written: Sequence[tuple[Path, Path]], backups: Mapping[Path, Path]) -> None:
    """Move the new files into place; if one cannot be moved, put the old ones back."""
    try:
        for temporary, path in written:
            os.replace(temporary, path)
    except BaseException:
        for _, path in written:
            if path in backups:
                os.replace(backups[path], path)
            else:
                path.unlink(missing_ok=True)
        raise


def _write_beside(path: Path, text: str | Iterable[str]) -> Path:
    try:
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        error.filename = str(path)  # the name that somebody knows
        raise
    with open(number, "w", encoding="utf-8", newline="") as file:
        try:
            file.writelines([text] if isinstance(text, str) else text)
            file.flush()
            os.fsync(number)
            os.chmod(name, 0o644)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    return Path(name)

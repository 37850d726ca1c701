"""Reports as text, and files that are written whole or not at all."""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from parity.results.rows import columns


def to_csv(row_type: type, rows: Sequence[Any]) -> str:
    """Rows as CSV; floats by repr, which reads back to the same number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = columns(row_type)
    writer.writerow(names)
    writer.writerows([getattr(row, name) for name in names] for row in rows)
    return text.getvalue()


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

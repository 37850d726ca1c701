"""Arrays out of files: `.npz` with several, `.npy` and `.csv` with one each.

The array of a file that holds one is called as the file is, x.csv holds x, or as the call says:
x=photo.csv. Nothing is unpickled.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from parity.cases.case import Array
from parity.own_data.errors import OwnDataError

LARGEST = 1 << 30  # bytes of a file's arrays, unpacked
TEXT = (".csv", ".txt", ".tsv")
MANY = "the numbers of a whole batch are rarely needed: save a part of it, x[:8] for example"


class Named(NamedTuple):
    """An array and where it is from.

    matrix: rows and columns of a text, which knows no further axes.
    """

    value: Any
    where: str  # "x in data.npz", "x.csv"
    matrix: bool = False


def read(words: Iterable[str]) -> dict[str, Named]:
    """The arrays of all files, by name; a word is a file or NAME=FILE.

    Raises: OwnDataError for a file that is not there or holds no arrays, and a name given twice.
    """
    found: dict[str, Named] = {}
    for word in words:
        for name, array in _of_word(word):
            if name in found:
                raise OwnDataError(
                    f"{name} is given twice: {found[name].where} and {array.where}; leave one out"
                )
            found[name] = array
    return found


def _of_word(word: str) -> Iterator[tuple[str, Named]]:
    name, path = _split(word)
    if path.is_dir():
        raise OwnDataError(f"{path}: is a folder; give its files: {path}/*.csv")
    if not path.is_file():
        raise OwnDataError(f"{path}: there is no such file")
    kind = path.suffix.lower()
    if kind not in (".npz", ".npy", *TEXT):
        raise OwnDataError(
            f"{path}: is neither .npz, .npy nor .csv; numpy.savez('data.npz', x=x, weight=weight) "
            "saves arrays by their names"
        )
    try:
        if kind in TEXT:
            yield name or path.stem, Named(_matrix(path), str(path), matrix=True)
        elif kind == ".npy":
            yield name or path.stem, Named(_single(path), str(path))
        else:
            yield from _of_archive(path, name)
    except OSError as error:
        raise OwnDataError(f"{path}: cannot be read: {error.strerror or error}") from None


def _split(word: str) -> tuple[str, Path]:
    """A name, "" if none is given, and a file.

    >>> _split("x=photo.csv"), _split("data.npz")
    (('x', PosixPath('photo.csv')), ('', PosixPath('data.npz')))
    """
    name, sign, file = word.partition("=")
    if sign and name.isidentifier() and not Path(word).exists():
        return name, Path(file)
    return "", Path(word)


# --- NumPy's own files --------------------------------------------------------------------


def _of_archive(path: Path, name: str) -> Iterator[tuple[str, Named]]:
    if name:
        raise OwnDataError(
            f"{name}={path}: an .npz brings its own names; give {path} alone, or {name} as an .npy"
        )
    if _begins_as(path, b"\x93NUMPY"):
        raise OwnDataError(
            f"{path}: is a single array, as numpy.save writes it, not an .npz: call it "
            f"{path.with_suffix('.npy').name}, or save by numpy.savez('{path.name}', x=x, …)"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            _check_size(path, sum(info.file_size for info in archive.infolist()))
        with np.load(path, allow_pickle=False) as arrays:
            for key in arrays.files:
                yield key, Named(_entry(path, arrays, key), f"{key} in {path}")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise OwnDataError(
            f"{path}: is no .npz, or is cut off: it must be what numpy.savez writes"
        ) from None


def _entry(path: Path, arrays: Any, key: str) -> Any:
    try:
        return arrays[key]
    except ValueError as error:
        raise _unreadable(f"{key} in {path}", error) from None


def _single(path: Path) -> Any:
    _check_size(path, path.stat().st_size)
    if not _begins_as(path, b"\x93NUMPY"):
        raise OwnDataError(f"{path}: is no .npy: it must be what numpy.save writes")
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise _unreadable(str(path), error) from None


def _unreadable(what: str, error: Exception) -> OwnDataError:
    """An array that NumPy does not read without pickle, or not at all."""
    if "Object arrays" in str(error):
        return OwnDataError(
            f"{what}: holds Python objects, which are not unpickled as that may run code; save "
            "numbers: numpy.asarray(…, float), each array by its own name"
        )
    return OwnDataError(f"{what}: cannot be read, it is cut off or no array of NumPy's")


def _begins_as(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _check_size(path: Path, size: int) -> None:
    if size > LARGEST:
        raise OwnDataError(
            f"{path}: its arrays take {size / 2**30:.1f} GB, at most {LARGEST >> 30} GB are read; "
            f"{MANY}"
        )


# --- text ---------------------------------------------------------------------------------


def _matrix(path: Path) -> Array:
    """Rows of numbers with commas, tabs or spaces between them; lines with # are comments."""
    _check_size(path, path.stat().st_size)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise OwnDataError(
            f"{path}: is no text in UTF-8; a table of Excel is saved as “CSV UTF-8”"
        ) from None
    rows: list[list[float]] = []
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            rows.append(_row(f"{path}, line {number}", line))
            _check_length(path, number, rows)
    if not rows:
        raise OwnDataError(f"{path}: holds no numbers")
    return np.array(rows)


def _row(where: str, line: str) -> list[float]:
    if ";" in line:
        raise OwnDataError(
            f"{where}: has semicolons; numbers need commas between them and points in them: "
            "1.5,2 not 1,5;2"
        )
    cells = line.split(",") if "," in line else line.split()
    return [_number(f"{where}, column {k}", cell) for k, cell in enumerate(cells, start=1)]


def _number(where: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise OwnDataError(
            f"{where}: {cell.strip()!r} is no number; a matrix has numbers alone, no titles of "
            "rows or columns"
        ) from None


def _check_length(path: Path, number: int, rows: list[list[float]]) -> None:
    if len(rows[-1]) != len(rows[0]):
        raise OwnDataError(
            f"{path}, line {number}: has {len(rows[-1])} numbers, but the first row has "
            f"{len(rows[0])}; all rows of a matrix are equally long"
        )

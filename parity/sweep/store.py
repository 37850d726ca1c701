"""What a sweep has found so far: an SQLite file, written by the coordinator only.

A batch is one transaction, on the disk before the next one: what is stored survives the end of
any process. The connection holds the file's lock until it is closed (or its process is killed),
so that two coordinators cannot write to one store.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from parity.cases.random_cases import Selection
from parity.sweep.batch import Disagreement, Judged, Result

FORMAT = 1
# EXCLUSIVE: one coordinator. FULL: a transaction is on the disk when it ends.
PRAGMAS = ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL")
SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS results (
    number INTEGER PRIMARY KEY,
    function TEXT NOT NULL,
    dtype TEXT NOT NULL,
    verdict TEXT NOT NULL,
    worst_ratio REAL NOT NULL,
    tensor TEXT NOT NULL,
    elements INTEGER NOT NULL,
    seconds REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS disagreements (
    number INTEGER PRIMARY KEY REFERENCES results,
    "case" TEXT NOT NULL,
    shrunk TEXT NOT NULL,
    message TEXT NOT NULL
);
"""
REASONS = {
    "database is locked": "another sweep is writing to it; wait for its end, or give another "
    "--store",
    "database or disk is full": "the disk is full; what is stored stays: make room and give the "
    "same command again",
    "disk I/O error": "the disk cannot be written to; what is stored stays: make room and give "
    "the same command again",
    "file is not a database": "is no store of a sweep; give another --store",
    "unable to open database file": "cannot be opened; does its folder exist?",
    "attempt to write a readonly database": "cannot be written to",
}


class StoreError(ValueError):
    """A store that cannot be used, or no more; the message says why and the way out."""


class Store:
    """The file of a sweep: results by the number of their case."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    # --- writing --------------------------------------------------------------------------

    def add(self, judged: Judged) -> None:
        """Keep a batch, all of it or nothing."""
        with _named(self.path), self._connection as transaction:
            _insert(transaction, "results", Result, judged.results)
            _insert(transaction, "disagreements", Disagreement, judged.disagreements)

    # --- reading --------------------------------------------------------------------------

    def missing(self, first: int, cases: int, size: int) -> Iterator[list[int]]:
        """The numbers without a result, batch by batch; a batch begins at a multiple of size."""
        start, end = first, first + cases
        while start < end:
            stop = min((start // size + 1) * size, end)
            stored = {
                number
                for (number,) in self._rows(
                    "SELECT number FROM results WHERE number BETWEEN ? AND ?", start, stop - 1
                )
            }
            numbers = [number for number in range(start, stop) if number not in stored]
            if numbers:
                yield numbers
            start = stop

    def counts(self, first: int, cases: int) -> tuple[int, int, float]:
        """Of these cases: how many are stored, how many disagree, the worst ratio of the others."""
        between = "FROM results WHERE number BETWEEN ? AND ?"
        ((stored, disagree, worst),) = self._rows(
            "SELECT count(*), total(verdict = 'outside'), "
            f"max(CASE WHEN verdict != 'outside' THEN worst_ratio END) {between}",
            first,
            first + cases - 1,
        )
        return stored, int(disagree), worst or 0.0

    def results(self, first: int, cases: int) -> Iterator[Result]:
        """The results of these cases, function by function and dtype by dtype.

        A row at a time: a store may hold more than memory does.
        """
        query = (
            "SELECT * FROM results WHERE number BETWEEN ? AND ? ORDER BY function, dtype, number"
        )
        return (Result(*row) for row in self._rows(query, first, first + cases - 1))

    def disagreements(self, first: int, cases: int) -> list[Disagreement]:
        """The disagreements among these cases, by number."""
        query = "SELECT * FROM disagreements WHERE number BETWEEN ? AND ? ORDER BY number"
        return [Disagreement(*row) for row in self._rows(query, first, first + cases - 1)]

    def _rows(self, query: str, *values: int) -> sqlite3.Cursor:
        with _named(self.path):
            return self._connection.execute(query, values)


@contextmanager
def opened(path: Path, selection: Selection, versions: str) -> Iterator[Store]:
    """The store of a sweep, a new one if the file is not there.

    Raises: StoreError if it is in use, is of another sweep or cannot be written to.
    """
    if path.is_dir():
        raise StoreError(f"{path}: is a folder; give another --store")
    with _named(path):
        connection = sqlite3.connect(path, timeout=0)
    try:
        with _named(path):
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            connection.executescript(SCHEMA)
            _check_meta(path, connection, selection, versions)
        yield Store(path, connection)
    finally:
        connection.close()


def _check_meta(
    path: Path, connection: sqlite3.Connection, selection: Selection, versions: str
) -> None:
    """Enter what the results depend on, or refuse a store in which it is something else.

    A store without results, which a call that failed leaves, takes up any sweep.
    """
    expected = {
        "format": str(FORMAT),
        "seed": str(selection.seed),
        "functions": json.dumps(selection.functions),
        "dtypes": json.dumps(selection.dtypes),
        "versions": versions,
    }
    with connection:
        if not _holds_anything(connection):
            connection.execute("DELETE FROM meta WHERE key != 'format'")
        connection.executemany("INSERT OR IGNORE INTO meta VALUES (?, ?)", expected.items())
    found = dict(connection.execute("SELECT key, value FROM meta"))
    for key, value in expected.items():
        if found[key] != value:
            raise StoreError(f"{path}: {_differing(key, found[key], value)}; give another --store")


def _holds_anything(connection: sqlite3.Connection) -> bool:
    query = "SELECT EXISTS (SELECT 1 FROM results UNION ALL SELECT 1 FROM disagreements)"
    return bool(connection.execute(query).fetchone()[0])


def _differing(key: str, found: str, expected: str) -> str:
    """What a store was made with, and what it should have been made with.

    >>> _differing("seed", "7", "8")
    'was made with seed 7, but 8 is asked for'
    >>> _differing("functions", '["relu", "linear"]', '["relu"]')
    'was made with relu and linear, but relu is asked for'
    >>> _differing("versions", "torch 2, code a", "torch 2, code b")
    'was made with code a, but now it is code b'
    """
    if key in ("functions", "dtypes"):
        made, asked = json.loads(found), json.loads(expected)
        if len(made) != len(asked):  # long lists by their lengths
            made, asked = (n if len(n) <= 5 else [f"{len(n)} {key}"] for n in (made, asked))
        verb = "is" if expected.count(",") == 0 else "are"
        return f"was made with {' and '.join(made)}, but {' and '.join(asked)} {verb} asked for"
    if key == "versions":
        old, new = found.split(", "), expected.split(", ")
        before = ", ".join(one for one in old if one not in new)
        return f"was made with {before}, but now it is {', '.join(n for n in new if n not in old)}"
    return f"was made with {key} {found}, but {expected} is asked for"


def _insert(
    transaction: sqlite3.Connection, table: str, kind: type, rows: Sequence[Result | Disagreement]
) -> None:
    names = [column.name for column in fields(kind)]
    values = ([getattr(row, name) for name in names] for row in rows)
    marks = ", ".join("?" * len(names))
    transaction.executemany(f"INSERT INTO {table} VALUES ({marks})", values)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """SQLite's errors as sentences that name the file and the way out."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path}: {REASONS.get(str(error), str(error))}") from None

"""The store: whole batches or nothing, one writer, one sweep."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from parity.cases.functions import FUNCTIONS
from parity.cases.random_cases import Selection
from parity.sweep import store as module
from parity.sweep.batch import Disagreement, Judged, Result
from parity.sweep.store import Store, StoreError, opened

SELECTION = Selection(seed=7)
VERSIONS = "torch 2"


def results(numbers: Sequence[int]) -> Judged:
    found = [Result(n, "relu", "float32", "within", n / 100, "y", 12, 0.001) for n in numbers]
    return Judged(found)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sweep.sqlite"


def test_what_is_added_is_there_after_opening_again(path: Path) -> None:
    """Results and disagreements, in the order of their numbers."""
    wrong = Disagreement(1, "{}", "{}", "FAIL")
    outside = replace(results([1]).results[0], verdict="outside", worst_ratio=8.0)
    with opened(path, SELECTION, VERSIONS) as store:
        store.add(results([2, 3]))
        store.add(Judged([outside], [wrong]))
    with opened(path, SELECTION, VERSIONS) as store:
        assert [r.number for r in store.results(0, 10)] == [1, 2, 3]
        assert [r.number for r in store.results(2, 1)] == [2]
        assert next(store.results(0, 10)) == outside
        assert store.disagreements(0, 10) == [wrong]
        assert store.disagreements(2, 8) == []
        assert store.counts(0, 10) == (3, 1, 0.03)
        assert store.counts(4, 10) == (0, 0, 0.0)


def test_missing_numbers_batch_by_batch(path: Path) -> None:
    """Batches begin at the same numbers whatever the range; what is stored is skipped."""
    with opened(path, SELECTION, VERSIONS) as store:
        assert list(store.missing(3, 6, 4)) == [[3], [4, 5, 6, 7], [8]]
        store.add(results([3, 5, 6]))
        assert list(store.missing(3, 6, 4)) == [[4, 7], [8]]
        store.add(results([4, 7, 8]))
        assert list(store.missing(3, 6, 4)) == []


def test_a_batch_is_kept_whole_or_not_at_all(path: Path) -> None:
    """The second of three rows is there already: none of the three is stored."""
    with opened(path, SELECTION, VERSIONS) as store:
        store.add(results([1]))
        with pytest.raises(StoreError, match="UNIQUE constraint failed"):
            store.add(results([0, 1, 2]))
        assert [r.number for r in store.results(0, 10)] == [1]


@pytest.mark.parametrize(
    ("selection", "versions", "text"),
    [
        (Selection(8), VERSIONS, "seed 7, but 8 is asked for"),
        (
            Selection(7, ("relu",)),
            VERSIONS,
            f"{len(FUNCTIONS)} functions, but relu is asked for",
        ),
        (
            Selection(7, dtypes=("float32",)),
            VERSIONS,
            "float32 and float64, but float32 is asked for",
        ),
        (SELECTION, "torch 3", "torch 2, but now it is torch 3"),
    ],
)
def test_a_store_of_another_sweep_is_refused(
    path: Path, selection: Selection, versions: str, text: str
) -> None:
    """One sentence that says what differs; the store stays as it was."""
    with opened(path, SELECTION, VERSIONS) as store:
        store.add(results([1]))
    with (
        pytest.raises(StoreError) as raised,
        opened(path, selection, versions),
    ):
        pass
    assert str(raised.value) == f"{path}: was made with {text}; give another --store"
    with opened(path, SELECTION, VERSIONS) as store:
        assert store.counts(0, 10)[0] == 1


def test_a_store_without_results_takes_up_another_sweep(path: Path) -> None:
    """A call that fails at its start leaves one; with a result it is refused as any other."""
    other = Selection(8, ("relu",), ("float32",))
    with opened(path, SELECTION, VERSIONS):
        pass
    with opened(path, other, "torch 3") as store:
        store.add(results([1]))
    with pytest.raises(StoreError), opened(path, SELECTION, VERSIONS):
        pass
    with opened(path, other, "torch 3") as store:
        assert store.counts(0, 10)[0] == 1


def test_an_empty_store_of_another_format_is_refused(path: Path) -> None:
    """Its tables may be others."""
    with opened(path, SELECTION, VERSIONS):
        pass
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'format'")
    connection.close()
    with pytest.raises(StoreError, match="format"), opened(path, SELECTION, VERSIONS):
        pass


def test_a_store_in_use_is_refused(path: Path) -> None:
    """A second coordinator is told so at once; the first goes on."""
    with opened(path, SELECTION, VERSIONS) as store:
        with (
            pytest.raises(StoreError) as raised,
            opened(path, SELECTION, VERSIONS),
        ):
            pass
        assert str(raised.value) == (
            f"{path}: another sweep is writing to it; wait for its end, or give another --store"
        )
        store.add(results([1]))
    with opened(path, SELECTION, VERSIONS) as store:
        assert store.counts(0, 10)[0] == 1


def test_a_file_that_is_no_store_is_refused(path: Path, tmp_path: Path) -> None:
    """Nor is a folder, or a place in a folder that is not there."""
    path.write_text("number,function\n" * 100)
    for place, text in (
        (path, "is no store of a sweep; give another --store"),
        (tmp_path, "is a folder; give another --store"),
        (tmp_path / "nowhere" / "a.sqlite", "cannot be opened; does its folder exist?"),
    ):
        with pytest.raises(StoreError) as raised, opened(place, SELECTION, VERSIONS):
            pass
        assert str(raised.value) == f"{place}: {text}"


def test_a_full_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence; every batch before it stays, nothing of that batch; then it goes on."""
    monkeypatch.setattr(module, "PRAGMAS", (*module.PRAGMAS, "max_page_count = 12"))
    kept = 0

    def fill(store: Store) -> None:
        nonlocal kept
        for start in range(0, 10_000, 50):
            store.add(results(range(start, start + 50)))
            kept += 50

    with (
        pytest.raises(StoreError) as raised,
        opened(path, SELECTION, VERSIONS) as store,
    ):
        fill(store)
    assert str(raised.value) == (
        f"{path}: the disk is full; what is stored stays: make room and give the same command again"
    )
    assert kept > 0
    monkeypatch.undo()
    with opened(path, SELECTION, VERSIONS) as store:
        assert [r.number for r in store.results(0, 20_000)] == list(range(kept))
        assert next(store.missing(0, 20_000, 50)) == list(range(kept, kept + 50))
        store.add(results(range(kept, kept + 50)))


def test_it_is_a_file_that_other_programs_read(path: Path) -> None:
    """Once the sweep is over."""
    with opened(path, SELECTION, VERSIONS) as store:
        store.add(results([4]))
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT value FROM meta WHERE key = 'seed'").fetchall() == [("7",)]
    connection.close()

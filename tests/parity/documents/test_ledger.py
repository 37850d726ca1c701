"""The ledger is complete, and every link from a row leads somewhere."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import refimpl
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS, forward_of
from parity.cases.networks import NETWORKS
from parity.documents import ledger as module
from parity.documents.ledger import (
    DOCUMENTS,
    LedgerError,
    LedgerRow,
    check_sections,
    in_order,
    ledger,
    to_row,
)

# How many statements the inventory of each document has.
INVENTORY = {"D0": 14, "D1": 32, "D2": 29, "D3": 10, "D4": 18}
BEYOND = "Source: beyond the documents."
ID = re.compile(r"\bD[0-4]\.\d+\b")
PUBLIC = [
    name
    for name in refimpl.__all__
    if inspect.isfunction(getattr(refimpl, name)) or inspect.isclass(getattr(refimpl, name))
]


def resolve(name: str) -> Any:
    """What a dotted name means."""
    parts = name.split(".")
    for depth in range(len(parts), 0, -1):
        try:
            found: Any = import_module(".".join(parts[:depth]))
        except ModuleNotFoundError:
            continue
        for part in parts[depth:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


def sources(thing: Any) -> set[str]:
    """The statements that a docstring names as its source."""
    return set(ID.findall((inspect.getdoc(thing) or "").partition("Source:")[2]))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_statement_has_its_row(document: str) -> None:
    """The inventory's ids are there, and the numbers of a document have no gaps."""
    numbers = [row.number for row in ledger().values() if row.document == document]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= INVENTORY[document]


def test_the_inventory_has_103_statements() -> None:
    """The documents' statements, counted."""
    assert sum(INVENTORY.values()) == 103
    assert len(ledger()) >= 103


@pytest.mark.parametrize("row_id", ledger())
def test_every_implementation_is_there(row_id: str) -> None:
    """Each dotted name of a row can be imported and called, or is an array of filters."""
    row = ledger()[row_id]
    assert row.implementation
    for name in row.implementation:
        assert resolve(name) is not None, name


@pytest.mark.parametrize("row_id", ledger())
def test_code_leads_back_to_the_row(row_id: str) -> None:
    """What implements a row names it as a source, in refimpl."""
    for name in ledger()[row_id].implementation:
        thing = resolve(name)
        if name.startswith("refimpl.") and callable(thing):
            assert row_id in sources(thing), name


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_function_implements_a_row(name: str) -> None:
    """Every function of refimpl is reachable from the documents, or says that it is beyond them.

    A result type is by its function.
    """
    thing = getattr(refimpl, name)
    if BEYOND in (thing.__doc__ or ""):
        assert FUNCTIONS[forward_of(name.removesuffix("_with_indices"))].documents == ()
        return
    reached = {n for row in ledger().values() for n in row.implementation}
    if inspect.isclass(thing):
        functions = {layer.function for layer in vars(refimpl).values() if _is_layer(layer)}
        assert not _is_layer(thing) or thing.function in functions
        return
    assert f"refimpl.{name}" in reached


def _is_layer(thing: Any) -> bool:
    return (
        inspect.isclass(thing) and issubclass(thing, refimpl.Layer) and thing is not refimpl.Layer
    )


@pytest.mark.parametrize("name", PUBLIC)
def test_the_sources_of_docstrings_are_rows(name: str) -> None:
    """A docstring names no statement that there is not."""
    assert sources(getattr(refimpl, name)) <= set(ledger())


def test_the_documents_of_cases_are_rows() -> None:
    """Nor do the catalogue's cases, functions and networks."""
    named = {d for case in (*GOOD, *FUNCTIONS.values(), *NETWORKS.values()) for d in case.documents}
    assert named <= set(ledger())


# --- refusals -----------------------------------------------------------------------------

ROW = {
    "id": "D2.1",
    "section": "1",
    "states": "something",
    "formula": "x",
    "implementation": ["refimpl.conv2d"],
    "checked": ["sympy"],
    "verdict": "holds",
}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"verdict": "maybe"}, "D2.1: verdict must be one of holds, convention, erratum, number"),
        ({"rounding": "up"}, "D2.1: rounding must be one of , right, wrong, but is 'up'"),
        ({"id": "D3.1"}, "D3.1: stands in the file of D2, whose ids are D2.1 …"),
        ({"id": "D2.x"}, "D2.x: stands in the file of D2"),
        ({"id": 23}, "d2.toml: 23: id must be a str, but is 23"),
        ({"checked": "sympy"}, "d2.toml: D2.1: checked must be a list, but is 'sympy'"),
        ({"lost_picture": "yes"}, "lost_picture must be a bool, but is 'yes'"),
        ({"verdict": "erratum"}, "D2.1: an erratum has correction, right and counterexample"),
        (
            {"verdict": "erratum", "correction": "y", "counterexample": "1"},
            "D2.1: an erratum has correction, right and counterexample",
        ),
        ({"correction": "y", "right": "y", "counterexample": "1"}, "others have none"),
        ({"right": "y"}, "others have none"),
        ({"verdict": "convention"}, "D2.1: the note must name the convention"),
        ({"colour": "red"}, "d2.toml: D2.1: there is no field 'colour', but checked, correction"),
    ],
)
def test_a_row_that_says_something_unknown_is_refused(change: dict[str, Any], text: str) -> None:
    """Where, what and what is known."""
    with pytest.raises(LedgerError, match=text):
        to_row("D2", {**ROW, **change})


def test_a_row_that_lacks_something_is_refused() -> None:
    """Every field without a default has to be there."""
    with pytest.raises(LedgerError, match=r"d2.toml: D2.1: the field 'formula' is missing"):
        to_row("D2", {key: value for key, value in ROW.items() if key != "formula"})


def test_a_row_without_id_is_refused() -> None:
    """The file is named where the row cannot be."""
    with pytest.raises(LedgerError, match=r"d2.toml: a row without id: the field 'id' is missing"):
        to_row("D2", {})


def rows(*numbers: int) -> list[LedgerRow]:
    return [to_row("D2", {**ROW, "id": f"D2.{number}"}) for number in numbers]


def test_rows_stand_in_order() -> None:
    """By their numbers, wherever they stand in the file."""
    assert [row.number for row in in_order("D2", rows(10, 1, *range(2, 10)))] == list(range(1, 11))


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((1, 2, 2, 3), "d2.toml: D2.2 stands twice"),
        ((1, 3), "d2.toml: D2.2 is missing"),
        ((2, 3), "d2.toml: D2.1 is missing"),
        ((), "d2.toml: has no rows"),
    ],
)
def test_lost_and_repeated_rows_are_refused(numbers: tuple[int, ...], text: str) -> None:
    """No row is swallowed."""
    with pytest.raises(LedgerError) as raised:
        in_order("D2", rows(*numbers))
    assert str(raised.value) == text


@pytest.mark.parametrize(
    ("listed", "text"),
    [
        (["else"], "d2.toml: D2.1: sections does not list 'HERE'"),
        (["HERE", "else"], "d2.toml: no row stands under 'else', of sections"),
        (["HERE", "HERE"], "d2.toml: sections lists 'HERE' twice"),
    ],
)
def test_headings_have_their_place(listed: list[str], text: str) -> None:
    """Each heading that rows stand under is listed once, in the document's order."""
    row = to_row("D2", {**ROW, "id": "D2.1", "section": "HERE"})
    check_sections("D2", [row], ["HERE"])
    with pytest.raises(LedgerError) as raised:
        check_sections("D2", [row], listed)
    assert str(raised.value) == text


def test_a_file_that_is_no_toml(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The file and the line are named."""
    (tmp_path / "d2.toml").write_text("[[row]]\nid = D2.1\n")
    monkeypatch.setattr(module, "files", lambda package: tmp_path)
    with pytest.raises(LedgerError, match=r"d2\.toml: .*line 2"):
        module.read_document("D2")

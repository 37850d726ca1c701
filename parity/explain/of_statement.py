"""What there is to say about a statement of the documents."""

from __future__ import annotations

from parity.documents.ledger import LedgerRow, ledger
from parity.explain.of_function import mistakes_of
from parity.explain.plain_formula import plain
from parity.explain.setting_up import has_example
from parity.explain.sheet import Sheet

# Each verdict, in a sentence.
MEANING = {
    "holds": "true as printed",
    "convention": "true under another convention, which the note names",
    "erratum": "false as printed",
    "number": "a printed number, recomputed",
}
DIGITS = {"right": "its digits are rounded right", "wrong": "its digits are not the right rounding"}


def tell(sheet: Sheet, id: str) -> None:
    """The page of a statement: as printed, the verdict, what is right, where it stands in code."""
    row = ledger()[id]
    sheet.raw(f"{id} · {row.document}, {row.section}")
    sheet.text(row.states)
    sheet.head("As printed")
    _formula(sheet, row.formula)
    sheet.head("Verdict")
    verdict = f"{sheet.said(row.verdict)}: {sheet.said(MEANING[row.verdict])}"
    sheet.raw(verdict, indent=2)
    if row.rounding:
        sheet.text(DIGITS[row.rounding], indent=2)
    if row.lost_picture:
        sheet.text("The formula stood in a picture that is not with the text.", indent=2)
    if row.counterexample:
        sheet.head("False at")
        sheet.text(row.counterexample, indent=2)
        sheet.head("Correct")
        _formula(sheet, row.correction)
    if row.note:
        sheet.head("Note")
        sheet.text(row.note, indent=2)
    _further(sheet, row)


def _formula(sheet: Sheet, latex: str) -> None:
    for line in plain(latex):
        sheet.raw(line, indent=2, hang=4)


def _further(sheet: Sheet, row: LedgerRow) -> None:
    """The code, examples of it, mistakes that go against the statement, the evidence."""
    functions = [name.removeprefix("refimpl.") for name in row.implementation]
    shown = [name for name in functions if has_example(name)]
    mistakes = mistakes_of(lambda known: row.id in known.formulas)
    sheet.head("Further")
    if functions:
        sheet.item(sheet.said("the code"), ", ".join(functions))
    for name in shown[:3]:
        sheet.item(sheet.said("example"), f"parity explain {name}")
    if mistakes:
        sheet.item(sheet.said("mistakes in it"), ", ".join(mistakes[:6]))
    sheet.item(sheet.said("evidence"), f"parity audit {row.id}")

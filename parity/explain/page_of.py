"""The page of a name, a word or a question, as lines for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import refimpl
from parity.explain import finding, ideas, of_function, of_mistake, of_statement
from parity.explain.finding import FUNCTION, IDEA, MISTAKE, Page
from parity.explain.sheet import Sheet
from parity.explain.sizes_said import SizeError


@dataclass(frozen=True)
class Look:
    """How a page is to look: its language, its width, whether in colours.

    both: whether it says how to get the other language; after a Chinese question it always does.
    """

    lang: str = "en"
    width: int = 79
    colour: bool = False
    both: bool = False


def lines_of(
    words: Sequence[str],
    look: Look,
    size: str = "",
    symbols: bool = False,
    at: str = "",
) -> list[str]:
    """The lines of the page that words are about.

    Raises: UnknownNameError for words without a page, SizeError and refimpl's own errors for sizes.

    >>> lines_of(["flatten"], Look())[0]
    'flatten(x)'
    """
    page, others, unknown = finding.found(words)
    sheet = Sheet(look.lang, look.width, look.colour)
    _tell(sheet, page, size, symbols, at)
    if unknown:
        sheet.gap()
        sheet.text("No page has {words}.", words=", ".join(unknown))
    if others:
        sheet.head("Other pages on this")
        for other in others:
            sheet.item(f"parity explain {other.name}", sheet.said(other.title), 30)
    if look.both or finding.is_chinese(words):
        _other_language(sheet, words)
    return sheet.lines


def _other_language(sheet: Sheet, words: Sequence[str]) -> None:
    """How to get the page in the other language, said in that language."""
    other = "zh" if sheet.lang == "en" else "en"
    lead = "中文" if other == "zh" else "In English"
    sheet.gap()
    asked = " ".join(("parity explain", *words)).rstrip("?？!")
    sheet.raw(f"{lead}: {asked} --lang {other}", hang=2)


def _tell(sheet: Sheet, page: Page, size: str, symbols: bool, at: str) -> None:
    if page.kind == FUNCTION:
        of_function.tell(sheet, page.name, size, symbols, at)
        return
    if size or at or (symbols and page.kind != IDEA):
        raise SizeError(
            f"{page.name} is no function, so it takes no --size, --symbols and --at; its page "
            "names functions that do"
        )
    if page.kind == IDEA:
        ideas.tell(sheet, page.name, symbols)
    elif page.kind == MISTAKE:
        of_mistake.tell(sheet, page.name)
    else:
        of_statement.tell(sheet, page.name)


def contents(look: Look) -> list[str]:
    """What there is to explain: the ideas, the functions, statements and mistakes."""
    sheet = Sheet(look.lang, look.width, look.colour)
    sheet.text("What can be explained: parity explain NAME, or a question in words")
    sheet.head("Ideas")
    for idea in ideas.IDEAS:
        sheet.item(idea.name, sheet.said(idea.title), 26)
    sheet.head("Functions, layers and networks")
    sheet.raw(", ".join(refimpl.__all__), indent=2)
    sheet.head("Statements of the documents")
    sheet.raw("D0.1 … D4.19 (parity audit)", indent=2)
    sheet.head("Mistakes that are known")
    sheet.raw("dx-kernel-not-turned, … (docs/mistakes.md)", indent=2)
    if look.both:
        _other_language(sheet, ())
    return sheet.lines

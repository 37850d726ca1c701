"""What latex2mathml's MathML lacks for browsers, which draw MathML Core with its own spacing.

Each mend changes a tree in place; `mend` makes them all, in their order.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from html import unescape
from itertools import pairwise
from xml.etree.ElementTree import Element

from latex2mathml.commands import FUNCTIONS

SYMBOLS = {  # left as commands in some places
    r"\lfloor": "⌊",
    r"\rfloor": "⌋",
    r"\lceil": "⌈",
    r"\rceil": "⌉",
    r"\langle": "⟨",
    r"\rangle": "⟩",
    r"\arg": "arg",
}
OPENING, CLOSING = "([{⌊⌈⟨", ")]}⌋⌉⟩"
OPERATORS = {*OPENING, *CLOSING, ":", ";", "!", "/"}
ADDED = {"+", "−", "±", "∓"}
DRAWN = {"-": "−", "*": "∗"}  # as TeX draws them
ACCENTS = {"~": "˜", "^": "ˆ", "―": "¯", "`": "ˋ", "´": "ˊ"}
LIMITS = {"max", "min", "sup", "inf", "lim", "lim\u2006sup", "lim\u2006inf", "arg\u2009max"}
LIMITS |= {"arg\u2009min"}
NAMED = {function[1:] for function in FUNCTIONS} | LIMITS | {"arg"}
LARGE = set("∑∏⋃⋂⨁⨂")
CAPITALS = set("ΓΔΘΛΞΠΣΥΦΨΩ")
PRIMES = {"′", "″", "‴"}
LIMIT_TAGS = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
INDEXED = {"msub": 2, "msup": 2, "msubsup": 3}
SCRIPTED = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
THIN = "0.167em"
ALPHABETS = {
    "bold": "BOLD",
    "italic": "ITALIC",
    "bold-italic": "BOLD ITALIC",
    "double-struck": "DOUBLE-STRUCK",
    "script": "SCRIPT",
    "fraktur": "FRAKTUR",
    "sans-serif": "SANS-SERIF",
    "monospace": "MONOSPACE",
}


def mend(root: Element) -> None:
    """Make every mend in a tree of latex2mathml's, what stands inside first."""
    for change in MENDS:
        for element in reversed(list(root.iter())):
            change(element)


def mend_text(element: Element) -> None:
    """Entities are characters, commands symbols."""
    if element.text:
        text = unescape(element.text)
        element.text = SYMBOLS.get(text, text)


def mend_base(element: Element) -> None:
    """The index of a matrix is that of matrix and brackets, not a fourth part beside them."""
    surplus = len(element) - INDEXED.get(element.tag, len(element))
    if surplus > 0:
        base = Element("mrow")
        base.extend(element[: surplus + 1])
        element[: surplus + 1] = [base]


def mend_mathrel(element: Element) -> None:
    r"""\mathrel{+}= is one operator, not a row in an operator."""
    if element.tag == "mo" and len(element):
        element.text = "".join(element.itertext())
        del element[:]
    for left, right in pairwise(list(element)):
        if left.tag == right.tag == "mo" and (left.text, right.text) == ("+", "="):
            left.text = "+="
            element.remove(right)


def mend_word(element: Element) -> None:
    r"""\mathrm{pool} is one name of four letters."""
    letters = [child.text or "" for child in element]
    upright = [c.tag == "mn" or c.get("mathvariant") == "normal" for c in element]
    if element.tag == "mrow" and len(letters) > 1 and all(upright) and element[0].tag == "mi":
        _become(element, "mi", "".join(letters))


def mend_letters(element: Element) -> None:
    """Bold and other letters are characters of their own: browsers know mathvariant="normal"."""
    alphabet = ALPHABETS.get(element.get("mathvariant", ""))
    if alphabet and element.text:
        element.text = "".join(_letter(alphabet, letter) for letter in element.text)
        del element.attrib["mathvariant"]


def _letter(alphabet: str, letter: str) -> str:
    """A letter in another alphabet: 𝐱 for x; itself where there is none.

    >>> _letter("BOLD", "θ"), _letter("DOUBLE-STRUCK", "R"), _letter("BOLD", "1")
    ('𝛉', 'ℝ', '𝟏')
    """
    name = unicodedata.name(letter, "")
    for lost in ("LATIN ", "GREEK ", "LETTER "):
        name = name.replace(lost, "")
    for prefix in ("MATHEMATICAL ", ""):
        try:
            return unicodedata.lookup(f"{prefix}{alphabet} {name}")
        except KeyError:
            continue
    return letter


def mend_upright(element: Element) -> None:
    """A name of several letters is upright anyway; a number always."""
    if element.get("mathvariant") == "normal" and (
        element.tag != "mi" or len(element.text or "") > 1
    ):
        del element.attrib["mathvariant"]


def mend_capitals(element: Element) -> None:
    """Greek capitals are upright, as TeX sets them."""
    if element.tag == "mi" and element.text in CAPITALS:
        element.set("mathvariant", "normal")


def mend_primes(element: Element) -> None:
    """A letter's prime is raised by itself; as an exponent it would be raised twice, and small."""
    if element.tag == "msup" and element[1].text in PRIMES and not len(element[0]):
        element.tag = "mrow"
        _become(element[1], "mo", element[1].text or "")
        element[1].attrib.update(lspace="0", rspace="0", form="postfix")


def mend_operators(element: Element) -> None:
    """Brackets and colons are operators, names of functions too; minus signs are long."""
    text = element.text or ""
    if element.tag == "mi" and text in OPERATORS | NAMED:
        element.tag = "mo"
        element.attrib.clear()
        if text in OPENING or text in CLOSING:
            element.set("stretchy", "false")
    if element.tag == "mo" and text == "…":
        element.tag = "mi"  # the spaces are those of its neighbours
    if element.tag == "mo":
        element.text = DRAWN.get(text, text)
        element.attrib.pop("fence", None)


def mend_limits(element: Element) -> None:
    """What stands at ∑, max and lim stands above and below them in display."""
    if element.tag in LIMIT_TAGS and element[0].tag == "mo":
        if element[0].text in LIMITS:
            element[0].set("movablelimits", "true")  # those of LARGE are so by themselves
        if element[0].text in LIMITS | LARGE:
            element.tag = LIMIT_TAGS[element.tag]


def mend_accents(element: Element) -> None:
    """Accents are those of letters, close above them."""
    if element.tag == "mover" and element[1].tag == "mo":
        text = element[1].text or ""
        if text in ACCENTS or unicodedata.category(text[:1] or " ") == "Sk":
            element[1].text = ACCENTS.get(text, text)
            element[1].set("stretchy", "false")
            element.set("accent", "true")


def mend_table(element: Element) -> None:
    """Columns are aligned by classes: browsers do not know columnalign."""
    if element.tag == "mtable":
        if element.get("displaystyle"):
            element.set("class", "aligned")
        for name in ("columnspacing", "rowspacing"):
            element.attrib.pop(name, None)
    align = element.attrib.pop("columnalign", "center") if element.tag == "mtd" else "center"
    if align != "center":
        element.set("class", align)


def mend_second_column(element: Element) -> None:
    """In a cell that goes on, a sign stands between two terms; no empty letter before it."""
    if element.tag == "mtd" and len(element) and _is_empty(element[0]):
        element.remove(element[0])
        if len(element) and element[0].tag == "mo":
            element[0].set("form", "infix")


def _is_empty(element: Element) -> bool:
    return element.tag == "mi" and not element.text


def mend_signs(element: Element) -> None:
    """A sign after an operator, a bracket or nothing belongs to what follows."""
    for left, sign, _ in _between(element):
        begins = left is None or left.tag == "mspace" or _opens(left)
        if begins and sign.tag == "mo" and sign.text in ADDED and "form" not in sign.attrib:
            sign.set("form", "prefix")


def _opens(element: Element) -> bool:
    """Whether a term begins behind it."""
    operator = _operator(element)
    if operator is None:
        return False
    return operator.get("form") != "postfix" and (operator.text or "") not in CLOSING


def mend_colons(element: Element) -> None:
    """A colon has a space behind it, but for those of slices, in square brackets."""
    depth = 0
    for part in element:
        operator = _operator(part)
        depth += {"[": 1, "]": -1}.get(operator.text or "", 0) if operator is not None else 0
        if part.tag == "mo" and part.text == ":":
            part.attrib.update(lspace="0", rspace="0" if depth else "0.222em")


def mend_bars(element: Element) -> None:
    """Bars come in pairs, one that opens and one that closes; between two spaces they separate."""
    bars = [
        bar
        for left, bar, right in _between(element)
        if bar.tag == "mo" and bar.text in ("|", "‖") and "form" not in bar.attrib
        if not (_is_space(left) and _is_space(right))
    ]
    for number, bar in enumerate(bars):
        bar.set("form", "postfix" if number % 2 else "prefix")


def _is_space(element: Element | None) -> bool:
    return element is not None and element.tag == "mspace"


def mend_functions(element: Element) -> None:
    """A thin space around a function's name, and none before a bracket."""
    for left, child, right in _between(element):
        operator = _operator(child)
        if operator is not None and operator.text in NAMED:
            operator.set("lspace", THIN if _is_term(left) else "0")
            operator.set("rspace", THIN if _is_term(right) else "0")


def _is_term(element: Element | None) -> bool:
    if element is None or element.tag in ("mspace", "mtext"):
        return False
    return _operator(element) is None


def mend_rows(element: Element) -> None:
    """A row of one is that one, and <math> itself is a row."""
    for number, child in enumerate(list(element)):
        if child.tag == "mrow" and len(child) == 1:
            element[number] = child[0]
    if element.tag == "math" and len(element) == 1 and element[0].tag == "mrow":
        element[:] = list(element[0])


def _operator(element: Element) -> Element | None:
    """The operator that an element is, with or without indices."""
    while element.tag in SCRIPTED:
        element = element[0]
    return element if element.tag == "mo" else None


def _between(row: Element) -> Iterator[tuple[Element | None, Element, Element | None]]:
    """Each part of a row, between those before and behind it."""
    parts = [] if row.tag in SCRIPTED else list(row)
    return zip([None, *parts], parts, [*parts[1:], None], strict=False)


def _become(element: Element, tag: str, text: str) -> None:
    element.clear()
    element.tag, element.text = tag, text


MENDS: tuple[Callable[[Element], None], ...] = (
    mend_text,
    mend_base,
    mend_mathrel,
    mend_word,
    mend_letters,
    mend_upright,
    mend_capitals,
    mend_primes,
    mend_operators,
    mend_limits,
    mend_accents,
    mend_table,
    mend_second_column,
    mend_signs,
    mend_colons,
    mend_bars,
    mend_functions,
    mend_rows,
)

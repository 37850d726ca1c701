"""Texts in both languages, side by side; the page's switch shows one of them."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from parity.page.figures import grouped
from parity.texts.translations import LANGUAGES, said_in

TAGS = {"en": "en", "zh": "zh-Hans"}  # of HTML's lang
# A letter with indices, exponents or primes; what stands in code, or is a name, has none.
ONE = r"[_^](?:\{[^{}]+\}|\([^()]*\)|(?<=\^)[a-z]_[a-z0-9]|[A-Za-z0-9]+)"
LETTER = r"(?<![A-Za-z0-9_{])(?P<letter>D[AZ]|d?[A-Za-zα-ωΑ-Ω]|∗|Σ)"
SYMBOL = re.compile(
    rf"{LETTER}(?P<prime>')?(?P<scripts>(?:{ONE})+)(?P<primes>'*)"
    r"|(?P<function>[φσ])(?P<tick>')"
)
SCRIPT = re.compile(ONE.replace("[_^](?:", "([_^])(", 1))
SEPARATORS = (("en", ", "), ("zh", "、"))
CODE = re.compile("`([^`]+)`")  # as docstrings set names


def both(text: str, /, **values: object) -> Markup:
    """A text in every language, the values filled in; values that are Markup stay as they are."""
    shown = {name: escape(_grouped(value)) for name, value in values.items()}
    return Markup().join(
        Markup('<span lang="{}">{}</span>').format(
            TAGS[lang], Markup(_set(said_in(lang, text))).format(**shown)
        )
        for lang in LANGUAGES
    )


def _grouped(value: object) -> object:
    """A count with gaps between its thousands; what is no count stays."""
    return grouped(value) if isinstance(value, int) else value


def _set(text: str) -> str:
    """Escaped, `names` as code, indices and exponents as such."""
    parts = CODE.split(text)  # every second one is a name
    return "".join(
        f"<code>{escape(part)}</code>" if place % 2 else symbols(part)
        for place, part in enumerate(parts)
    )


def symbols(text: str) -> str:
    """Escaped; indices, exponents and primes of letters as people write them.

    >>> symbols("φ'(N_p), e^{z_t}, max_pool2d")
    'φ′(N<sub>p</sub>), e<sup>z<sub>t</sub></sup>, max_pool2d'
    """
    done, place = "", 0
    for found in SYMBOL.finditer(text):
        done += str(escape(text[place : found.start()])) + _symbol(found)
        place = found.end()
    return done + str(escape(text[place:]))


def _symbol(found: re.Match[str]) -> str:
    scripts = "".join(
        "<{0}>{1}</{0}>".format("sub" if mark == "_" else "sup", symbols(_bare(said)))
        for mark, said in SCRIPT.findall(found["scripts"] or "")
    )
    if found["function"]:
        return found["function"] + "′"
    return found["letter"] + ("′" if found["prime"] else "") + scripts + "′" * len(found["primes"])


def _bare(script: str) -> str:
    return script[1:-1] if script.startswith("{") else script


def cell(*texts: str, mark: str = "") -> Markup:
    """The start tag of a table's cell and its words, between commas, as the switch swaps them.

    For tables of thousands of cells: a third of the length of `both`. mark: the cell's class.

    >>> cell("within")
    Markup('<td data-zh="在误差界内">within')
    """
    english, chinese = (sep.join(said_in(lang, one) for one in texts) for lang, sep in SEPARATORS)
    named = Markup(' class="{}"').format(mark) if mark else ""
    return Markup('<td{} data-zh="{}">{}').format(named, chinese, english)


def attribute(name: str, text: str, /, **values: object) -> Markup:
    """An attribute in English, with what the switch puts in its place."""
    return Markup('{}="{}" data-zh-{}="{}"').format(
        name, said_in("en", text, **values), name, said_in("zh", text, **values)
    )

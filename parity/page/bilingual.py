"""Texts in both languages, side by side; the page's switch shows one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

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
    """A text in every language, the values filled in; values that are Markup stay as they are.

    The element is `i`, HTML's for a phrase in another language: it is short, and stands there
    some 30,000 times. What reads alike in every language stands there once.

    >>> both("case")
    Markup('<i lang="en">case</i><i lang="zh-Hans">用例</i>')
    >>> both("torch")
    Markup('torch')
    """
    shown = {name: escape(_grouped(value)) for name, value in values.items()}
    said = {lang: Markup(_set(said_in(lang, text))).format(**shown) for lang in LANGUAGES}
    if len({*said.values()}) == 1:
        return said["en"]
    return Markup().join(
        Markup('<i lang="{}">{}</i>').format(TAGS[lang], words) for lang, words in said.items()
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


def cell(*texts: str, mark: str = "", **values: object) -> Markup:
    """The start tag of a table's cell and its words, between commas, as the switch swaps them.

    For tables of thousands of cells: a third of the length of `both`, which stands in its place
    where words have indices or `names`. mark: the cell's class.

    >>> cell("within")
    Markup('<td data-zh="在误差界内">within')
    """
    named = Markup(' class="{}"').format(mark) if mark else ""
    if len(texts) == 1 and not _is_plain(*texts):
        return Markup("<td{}>{}").format(named, both(*texts, **values))
    shown = {name: _grouped(value) for name, value in values.items()}
    said = {lang: [said_in(lang, one, **shown) for one in texts] for lang in LANGUAGES}
    return _swapped(named, said)


def _is_plain(text: str) -> bool:
    """Whether nothing of it is set otherwise than as it stands."""
    return all(_set(said_in(lang, text)) == escape(said_in(lang, text)) for lang in LANGUAGES)


def counts(found: Mapping[str, int]) -> Markup:
    """A cell that says how often each word: as `cell` of several texts.

    >>> counts({"within": 12, "blind": 1})
    Markup('<td data-zh="12 在误差界内、1 无法分辨">12 within, 1 blind')
    """
    said = {
        lang: [f"{grouped(n)} {said_in(lang, word)}" for word, n in found.items()]
        for lang in LANGUAGES
    }
    return _swapped("", said)


def _swapped(named: str, said: Mapping[str, Sequence[str]]) -> Markup:
    """A cell's start tag with one language's words, which the switch swaps for the other's."""
    words = {lang: between.join(said[lang]) for lang, between in SEPARATORS}
    if words["en"] == words["zh"]:
        return Markup("<td{}>{}").format(named, words["en"])
    return Markup('<td{} data-zh="{}">{}').format(named, words["zh"], words["en"])


def attribute(name: str, text: str, /, **values: object) -> Markup:
    """An attribute in English, with what the switch puts in its place."""
    return Markup('{}="{}" data-zh-{}="{}"').format(
        name, said_in("en", text, **values), name, said_in("zh", text, **values)
    )

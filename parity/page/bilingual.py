"""Texts in both languages, side by side; the page's switch shows one of them."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from parity.texts.translations import LANGUAGES, said_in

TAGS = {"en": "en", "zh": "zh-Hans"}  # of HTML's lang
SEPARATORS = (("en", ", "), ("zh", "、"))
CODE = re.compile("`([^`]+)`")  # as docstrings set names


def both(text: str, /, **values: object) -> Markup:
    """A text in every language, the values filled in; values that are Markup stay as they are."""
    shown = {name: escape(value) for name, value in values.items()}
    return Markup().join(
        Markup('<span lang="{}">{}</span>').format(
            TAGS[lang], Markup(_set(said_in(lang, text))).format(**shown)
        )
        for lang in LANGUAGES
    )


def _set(text: str) -> str:
    """Escaped, and `names` as code."""
    return CODE.sub(r"<code>\1</code>", str(escape(text)))


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

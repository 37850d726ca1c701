"""Which page a name, a word or a question is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from math import log

import refimpl
from parity.cases.docstrings import docstring_of
from parity.documents.ledger import ledger
from parity.explain.ideas import IDEAS
from parity.mistakes.catalogue import EVERY
from parity.suite.selection import SelectionError, absent, function_meant

FUNCTION, STATEMENT, MISTAKE, IDEA = "function", "statement", "mistake", "idea"
# Words that say nothing about what a question is about.
EMPTY = re.compile(
    "a|an|the|is|are|of|in|on|at|to|for|by|do|does|it|its|and|or|with|what|how|my|i|you|we|there|"
    "this|that|be|was|when|where|which|can|should|explain|tell|me|about|的|是|什么|怎么|如何"
)
CHINESE = re.compile(r"[一-鿿]")
# How much a word counts where it stands, and a page of a kind.
IN_WORDS, IN_NAME, IN_TITLE, IN_TEXT = 5.0, 4.0, 3.0, 1.0
OF_KIND = {IDEA: 1.6, FUNCTION: 1.2, MISTAKE: 0.8, STATEMENT: 0.8}
FIXED = "a fixed kernel, a filter"
SHARE = 0.5  # of a question's words that a page must have; of a single word all its parts
ALSO = 5  # other pages that are named below


class UnknownNameError(ValueError):
    """A name or question without a page."""


@dataclass(frozen=True)
class Page:
    """A page: what it is about, by its name, and the words by which it is found."""

    kind: str
    name: str
    title: str
    words: tuple[str, ...] = ()  # what people type for it, whole
    text: str = ""


Index = dict[str, dict[Page, float]]


def stem(word: str) -> str:
    """A word without its ending, so that pooling is pool and turned is turn.

    >>> [stem(word) for word in ("pooling", "turned", "gradients", "padding", "class")]
    ['pool', 'turn', 'gradient', 'pad', 'class']
    """
    bare = re.sub(r"(?<=[a-z]{3})(ing|ed|(?<!s)s)$", "", word)
    return re.sub(r"([dgnpt])\1$", r"\1", bare) if bare != word else word


def tokens(text: str) -> list[str]:
    """The stems of a text's words in small letters; Chinese characters in pairs.

    >>> tokens("Why is the kernel turned?"), tokens("最大池化")
    (['why', 'kernel', 'turn'], ['最大', '大池', '池化'])
    """
    found = []
    for word in re.findall(r"[a-z0-9]+(?:[./][0-9]+)?|[一-鿿]+|1/n|\+=", text.lower()):
        if "一" <= word[0] <= "鿿":
            found += [word[k : k + 2] for k in range(max(1, len(word) - 1))]
        else:
            parts = (
                re.findall(r"\d+d?|[a-z]+", word) if re.fullmatch(r"[a-z]+\d+d", word) else [word]
            )
            found += parts
    return [stem(word) for word in found if not EMPTY.fullmatch(word)]


@cache
def pages() -> tuple[Page, ...]:
    """Every page there is."""
    ideas = (Page(IDEA, i.name, i.title, i.words, i.text) for i in IDEAS)
    functions = (Page(FUNCTION, name, _summary(name)) for name in refimpl.__all__)
    statements = (
        Page(STATEMENT, row.id, row.states, (), f"{row.note} {row.section}")
        for row in ledger().values()
    )
    mistakes = (
        Page(MISTAKE, m.name, m.title, (), m.misconception)
        for m in EVERY.values()
        if not m.name.startswith("slightly-too-large")
    )
    return (*ideas, *functions, *statements, *mistakes)


def _summary(name: str) -> str:
    thing = getattr(refimpl, name)
    return docstring_of(thing).summary if callable(thing) else FIXED


def found(words: Sequence[str]) -> tuple[Page, list[Page]]:
    """The page of a name or question, and others that may be meant.

    Raises: UnknownNameError with the nearest names.

    >>> found(["why", "is", "the", "kernel", "turned"])[0].name
    'turned-kernel'
    >>> found(["d1.23"])[0].name, found(["nn.MaxPool2d"])[0].name
    ('D1.23', 'max_pool2d')
    """
    asked = " ".join(words).strip()
    page = _exactly(asked) or _as_function(asked)
    is_word = " " not in asked
    ranked = [] if is_word and (page or absent(asked)) else _ranked(asked)
    if page is None and ranked:
        page = ranked[0]
    if page is None:
        raise UnknownNameError(_nearest(asked))
    return page, [other for other in ranked if other != page][:ALSO]


def _exactly(asked: str) -> Page | None:
    """The page of this name, or of a word that stands for it."""
    key = re.sub(r"[\s_-]+", "-", asked.lower()).rstrip("?？!.")
    for page in pages():
        if page.name == asked:
            return page
    if asked in EVERY:
        known = EVERY[asked]
        return Page(MISTAKE, known.name, known.title)
    for page in pages():
        names = [page.name, *(page.words if page.kind == IDEA else ())]
        if key in (re.sub(r"[\s_-]+", "-", name.lower()) for name in names):
            return page
    return None


def _as_function(asked: str) -> Page | None:
    """The function that a single word of other libraries or courses stands for."""
    if " " in asked or CHINESE.search(asked):
        return None
    try:
        name = function_meant(asked)
    except SelectionError:
        return None
    return Page(FUNCTION, name, _summary(name)) if name in refimpl.__all__ else None


@cache
def _index() -> Index:
    """By its stem: the pages that a word is about, and how much it says for each."""
    index: Index = {}
    for page in pages():
        for text, counts in (
            (page.text, IN_TEXT),
            (page.title, IN_TITLE),
            (page.name, IN_NAME),
            (" ".join(page.words), IN_WORDS),
        ):
            for token in tokens(text):
                index.setdefault(token, {})[page] = counts
    return index


def _ranked(asked: str) -> list[Page]:
    """Pages that have most of the words, or else half of them, the best first."""
    words = list(dict.fromkeys(tokens(asked)))
    scores: dict[bool, dict[Page, float]] = {True: {}, False: {}}
    for page in pages():
        said = [w for w in page.words if len(w) > 1 and w.lower() in asked.lower()]
        chinese = sum(len(w) for w in said if CHINESE.search(w))
        having = [word for word in words if page in _index().get(word, {})]
        share = len(having) / max(len(words), 1)
        if chinese or share >= (SHARE if " " in asked else 1.0):
            score = sum(_rarity(word) * _index()[word][page] for word in having)
            whole = sum(len(tokens(w)) for w in said if not CHINESE.search(w))
            found = scores[bool(chinese) or share > SHARE]
            found[page] = (score + 2 * whole + 8 * chinese) * OF_KIND[page.kind]
    best = scores[True] or scores[False]
    return sorted(best, key=lambda page: -best[page])


def _rarity(word: str) -> float:
    """The fewer pages have a word, the more it says."""
    return log((1 + len(pages())) / (1 + len(_index()[word])))


def _nearest(asked: str) -> str:
    """The sentence on what has no page."""
    missing = absent(asked)
    if missing:
        return f"nothing is called {asked!r}: refimpl has no {missing}"
    names = {name.lower(): name for name in EVERY}
    names |= {page.name.lower(): page.name for page in pages()}
    for idea in IDEAS:
        names |= {word.lower(): word for word in idea.words if not CHINESE.search(word)}
    if CHINESE.search(asked):
        names = {word: word for idea in IDEAS for word in idea.words if CHINESE.search(word)}
    near = get_close_matches(asked.lower(), list(names), n=3, cutoff=0.5)
    meant = f"; did you mean {' or '.join(names[one] for one in near)}?" if near else ""
    return f"nothing is called {asked!r}{meant}; `parity explain` lists what there is"

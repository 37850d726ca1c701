"""Which page a name, a word or a question is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from inspect import isclass
from itertools import pairwise
from math import log
from typing import NamedTuple

import refimpl
from parity.cases.docstrings import docstring_of
from parity.cases.functions import forward_of
from parity.documents.ledger import ledger
from parity.explain.asked_words import CHINESE, raw_words, tokens
from parity.explain.ideas import IDEAS
from parity.explain.of_function import CONTROL
from parity.mistakes.catalogue import EVERY
from parity.suite.selection import SelectionError, absent, function_meant
from parity.texts.translations import translations

FUNCTION, STATEMENT, MISTAKE, IDEA = "function", "statement", "mistake", "idea"
# How much a word counts where it stands, and a page of a kind.
IN_WORDS, IN_NAME, IN_TITLE, IN_TEXT = 5.0, 4.0, 3.0, 1.0
OF_KIND = {IDEA: 1.6, FUNCTION: 1.2, MISTAKE: 0.8, STATEMENT: 0.8}
OF_CLASS = 1.0  # of a layer: its function, which has the formula, comes first
FIXED = "a fixed kernel, a filter"
NAMED = 20.0
GRADIENT = re.compile("gradient|derivative|differentiat|back|delta")
LEAST = 0.25  # of what the words say that the nearest page must have, where none answers
SHARE = 0.5  # of what a question's words say that a page must have; of a single word all
SHARE_IF_NAMED = 0.3  # where the question has its name
# What people ask for in Chinese, by the English word that says whether refimpl has it.
TOPICS = {
    "谱归一化": "spectralnorm",
    "实例归一化": "instancenorm",
    "权重归一化": "weightnorm",
    "注意力": "attention",
    "循环神经|循环网络|循环层|长短期": "recurrent",
    "嵌入": "embedding",
    "插值": "interpolate",
    "图神经": "gnn",
    "正则化": "regularization",
    "数据增强": "augmentation",
}
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
        if not m.name.startswith(CONTROL)
    )
    return (*ideas, *functions, *statements, *mistakes)


def _summary(name: str) -> str:
    thing = getattr(refimpl, name)
    return docstring_of(thing).summary if callable(thing) else FIXED


class Found(NamedTuple):
    """The page of a question, others that may be meant, and its words that no page has."""

    page: Page
    others: list[Page]
    unknown: list[str]


def found(words: Sequence[str]) -> Found:
    """The page of a name or question.

    Raises: UnknownNameError with the nearest names, and what refimpl has not.

    >>> found(["why", "is", "the", "kernel", "turned"]).page.name
    'turned-kernel'
    >>> found(["d1.23"]).page.name, found(["nn.MaxPool2d"]).page.name
    ('D1.23', 'max_pool2d')
    """
    asked = " ".join(words).strip().rstrip("?？!。.")
    is_word = " " not in asked
    page = _exactly(asked) or _as_function(asked)
    if page and is_word:
        return Found(page, [], [])
    missing, unknown = ("", []) if page else (lacking(asked), _unknown(asked))
    ranked, near = _ranked(asked)
    if missing or not (page or ranked):
        raise UnknownNameError(_nothing(asked, missing, [*ranked, *near][:1]))
    page = page or ranked[0]
    others = [other for other in ranked if other != page][:ALSO]
    return Found(page, others, unknown)


def is_chinese(words: Sequence[str]) -> bool:
    """Whether a question is asked in Chinese.

    >>> is_chinese(["步幅"]), is_chinese(["stride"])
    (True, False)
    """
    return any(map(CHINESE.search, words))


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
    """The function that words of other libraries stand for; "leaky relu" is leaky_relu."""
    if CHINESE.search(asked):
        return None
    try:
        name = function_meant(asked.replace(" ", "_"))
    except SelectionError:
        return None
    return Page(FUNCTION, name, _summary(name)) if name in refimpl.__all__ else None


def lacking(asked: str) -> str:
    """What refimpl has not, if a word of a question means that, and no page has the word.

    >>> lacking("why does an lstm forget"), lacking("循环层的反向传播")
    ('recurrent layer', 'recurrent layer')
    >>> lacking("transposed convolution")  # an idea
    ''
    """
    words = raw_words(asked)
    topics = [word for chinese, word in TOPICS.items() if re.search(chinese, asked)]
    pairs = ("".join(pair) for pair in pairwise(words) if not any(map(absent, pair)))
    for word in (*words, *pairs, *topics):
        missing = absent(word)
        if missing and not any(_is_subject(token) for token in tokens(word)):
            return missing
    return ""


def _is_subject(token: str) -> bool:
    """Whether an idea or a function of refimpl has a word in its name, title or words."""
    pages_with = _index().get(token, {})
    return any(p.kind in (IDEA, FUNCTION) and n > IN_TEXT for p, n in pages_with.items())


@cache
def _index() -> Index:
    """By its stem: the pages that a word is about, and how much it says for each."""
    index: Index = {}
    for page in pages():
        for text, counts in (
            (page.text, IN_TEXT),
            (page.title, IN_TITLE),
            (_in_chinese(page), IN_TITLE),
            (page.name, IN_NAME),
            (page.name.replace("_", ""), IN_NAME),
            (" ".join(page.words), IN_WORDS),
        ):
            for token in tokens(text):
                index.setdefault(token, {})[page] = counts
    return index


def _in_chinese(page: Page) -> str:
    """The Chinese title of an idea or a function."""
    is_named = page.kind in (IDEA, FUNCTION) and page.title
    return translations().get(page.title, "") if is_named else ""


def _ranked(asked: str) -> tuple[list[Page], list[Page]]:
    """Pages that have most of what a question is about, the best first; then those with a part."""
    words = list(dict.fromkeys(tokens(asked)))
    unknown = _unknown(asked)
    whole = sum(map(_rarity, (*(word for word in words if word in _index()), *unknown)))
    scores: dict[bool, dict[Page, float]] = {True: {}, False: {}}
    for page in pages():
        having = [word for word in words if page in _index().get(word, {})]
        counts = [_rarity(word) * min(_index()[word][page] / IN_TITLE, 1) for word in having]
        share = sum(counts) / max(whole, 1)
        if share >= LEAST:
            scores[share >= _enough(page, asked)][page] = (
                sum(_rarity(word) * _index()[word][page] for word in having) + _said(page, asked)
            ) * (_of_kind(page) * share)
    enough, part = (sorted(one, key=lambda page: -one[page]) for one in scores.values())
    return enough, part


def _of_kind(page: Page) -> float:
    """What a page of its kind counts."""
    is_class = page.kind == FUNCTION and isclass(getattr(refimpl, page.name))
    return OF_CLASS if is_class else OF_KIND[page.kind]


def _enough(page: Page, asked: str) -> float:
    """The share of what a question's words say that a page must have."""
    if " " not in asked and not CHINESE.search(asked):
        return 1
    is_named = page.name in raw_words(asked) or _is_called(page, raw_words(asked))
    return SHARE_IF_NAMED if is_named else SHARE


def _is_called(page: Page, words: Sequence[str]) -> bool:
    """Whether a function's name is among the words; of adam_step that is Adam."""
    forward = forward_of(page.name)
    return page.kind == FUNCTION and not {forward, forward.removesuffix("_step")}.isdisjoint(words)


def _said(page: Page, asked: str) -> float:
    """What it counts that a question has words of a page whole, or the name of its function."""
    said = [w for w in page.words if len(w) > 1 and w.lower() in asked.lower()]
    words = raw_words(asked)
    of_gradient = any(GRADIENT.match(word) for word in words)
    is_asked = of_gradient == (forward_of(page.name) != page.name)
    is_named = is_asked and _is_called(page, words)
    counts = (8 * len(w) if CHINESE.search(w) else 2 * len(tokens(w)) for w in said)
    is_idea = page.kind == IDEA and set(tokens(page.name)) <= set(tokens(asked))
    return sum(counts) + NAMED * (is_named or is_idea)


def _unknown(asked: str) -> list[str]:
    """The words of a question that no page has; of Chinese those with a character in no known pair.

    >>> _unknown("how does the quantum kernel turn"), _unknown("嵌入层的梯度")
    (['quantum'], ['嵌入层'])
    """
    return [word for word in dict.fromkeys(raw_words(asked)) if not _is_known(word)]


def _is_known(word: str) -> bool:
    if not CHINESE.match(word):
        return all(token in _index() for token in tokens(word))
    pairs = [word[k : k + 2] for k in range(max(1, len(word) - 1))]
    known = {k + at for k, pair in enumerate(pairs) if pair in _index() for at in range(len(pair))}
    return len(known) == len(word)


def _rarity(word: str) -> float:
    """The fewer pages have a word, the more it says; most of all where none has it."""
    return log((1 + len(pages())) / (1 + len(_index().get(word, ()))))


def _nothing(asked: str, missing: str, near: Sequence[Page]) -> str:
    """The sentence on what has no page."""
    if " " not in asked and not CHINESE.search(asked):
        return _nearest(asked, missing)
    unknown = ", ".join(map(repr, _unknown(asked)))
    why = f"refimpl has no {missing}" if missing else f"no page has {unknown or 'all of that'}"
    also = f"the nearest page is `parity explain {near[0].name}`, and " if near else ""
    return f"nothing answers {asked!r}: {why}; {also}`parity explain` lists what there is"


def _nearest(asked: str, missing: str) -> str:
    """The sentence on a single word."""
    if missing:
        return f"nothing is called {asked!r}: refimpl has no {missing}"
    names = {name.lower(): name for name in EVERY}
    names |= {page.name.lower(): page.name for page in pages()}
    for idea in IDEAS:
        names |= {word.lower(): word for word in idea.words if not CHINESE.search(word)}
    near = get_close_matches(asked.lower(), list(names), n=3, cutoff=0.5)
    meant = f"; did you mean {' or '.join(names[one] for one in near)}?" if near else ""
    return f"nothing is called {asked!r}{meant}; `parity explain` lists what there is"

"""The words of a question: their stems, and which of them say nothing about its subject."""

from __future__ import annotations

import re

# Words that say nothing about what a question is about.
EMPTY = re.compile(
    "a|an|the|is|are|am|of|in|on|at|to|for|by|do|does|did|done|it|its|and|or|but|with|what|how|why|"
    "my|i|you|we|one|there|this|that|these|those|be|been|was|were|when|where|which|who|can|could|"
    "should|would|will|may|must|explain|tell|show|me|about|if|so|as|from|into|out|up|than|then|no|"
    "not|any|some|such|has|have|had|get|gets|got|go|goes|come|comes|work|works|use|used|uses|need|"
    "needs|happen|happens|flow|flows|compute|computed|computes|calculate|calculated|affect|affects|mean|meaning|between|through|please|just|only|also|very|way|thing|"
    "的|是|了"
)
CHINESE = re.compile(r"[一-鿿]")
CHINESE_EMPTY = re.compile(
    "为什么|是什么|什么是|什么|为何|怎么办|怎么样|怎么|怎样|如何|多少|请问|解释|一下|"
    "的|是|了|吗|呢|和|与|要|为|时|算|在|里|有用|有"
)
WORD = re.compile(r"[a-z0-9]+(?:[./][0-9]+)?|[一-鿿]+|1/n|\+=")


def stem(word: str) -> str:
    """A word without its ending, so that pooling is pool and turned is turn.

    >>> [stem(word) for word in ("pooling", "turned", "gradients", "padding", "class")]
    ['pool', 'turn', 'gradient', 'pad', 'class']
    >>> stem("normalisation") == stem("normalization"), stem("accumulate") == stem("accumulated")
    (True, True)
    """
    one = re.sub(r"(?<=[a-z]{3})(?<!s)s$", "", word.replace("isation", "ization"))
    bare = re.sub(r"(?<=[a-z]{3})(ing|ed|e)$", "", one)
    return re.sub(r"([dgnpt])\1$", r"\1", bare) if bare != one else bare


def raw_words(text: str) -> list[str]:
    """The words of a text in small letters; Chinese as it runs, its empty words left out.

    >>> raw_words("Why is the kernel turned?"), raw_words("最大池化怎么反向传播")
    (['kernel', 'turned'], ['最大池化', '反向传播'])
    """
    words = WORD.findall(_spaced(text))
    return [w for w in words if not EMPTY.fullmatch(w) and not (CHINESE.match(w) and len(w) == 1)]


def _spaced(text: str) -> str:
    return CHINESE_EMPTY.sub(" ", text.lower())


def tokens(text: str) -> list[str]:
    """The stems of a text's words in small letters; Chinese characters in pairs.

    >>> tokens("Why is the kernel turned?"), tokens("最大池化")
    (['kernel', 'turn'], ['最大', '大池', '池化'])
    """
    return [stem(part) for word in raw_words(text) for part in _parts(word)]


def _parts(word: str) -> list[str]:
    """A Chinese word in pairs, conv2d as conv and 2d, another as it is."""
    if CHINESE.match(word):
        return [word[k : k + 2] for k in range(max(1, len(word) - 1))]
    if re.fullmatch(r"[a-z]+\d+d", word):
        return re.findall(r"\d+d?|[a-z]+", word)
    return [word]

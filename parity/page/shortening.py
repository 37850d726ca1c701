"""HTML in fewer letters: what may be left out, and words of many cells, which stand once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from html import unescape

from markupsafe import Markup

VERBATIM = re.compile(r"(<(?:script|style)\b.*?</(?:script|style)>)", re.DOTALL)
TAG = re.compile(r"<[a-zA-Z][^<>]*>")
# A value needs quotes for spaces and signs, or where the tag's own / would be taken for its end.
QUOTED = re.compile(r"""="([^\s"'=<>`]+)"(?=[\s>])""")
# The end of a cell, a row, an item, where the next tag says it.
ENDS = (
    re.compile(r"</t[dh]>(?=\s*<(?:t[dhr]\b|/t(?:r|head|body|able)>))"),
    re.compile(r"</tr>(?=\s*<(?:tr\b|/t(?:head|body|able)>))"),
    re.compile(r"</li>(?=\s*<(?:li\b|/[uo]l>))"),
    re.compile(r"</t(?:head|body)>(?=\s*<(?:tbody\b|/table>))"),
)


OFTEN = 4  # so many cells have a word before it gets a number
SWAPPED = re.compile(r' data-zh="([^"]*)"')


def numbered(bodies: Sequence[Markup]) -> tuple[list[Markup], dict[str, str]]:
    """The bodies with a number for each Chinese word of many cells, and the word of each number.

    >>> (body,), words = numbered([Markup('<td data-zh="用例">case') * 4])
    >>> str(body[:21]), words
    ('<td data-zh="#0">case', {'#0': '用例'})
    """
    found = Counter(word for body in bodies for word in SWAPPED.findall(body))
    numbers = {
        word: f"#{place}" for place, (word, n) in enumerate(found.most_common()) if n >= OFTEN
    }
    shorter = [
        Markup(SWAPPED.sub(lambda at: f' data-zh="{numbers.get(at[1], at[1])}"', body))
        for body in bodies
    ]
    return shorter, {number: unescape(word) for word, number in numbers.items()}


def shortened(html: str) -> str:
    """The same elements, attributes and texts in fewer letters; scripts and styles stay.

    >>> shortened('<ul class="worst"><li>1</li>\\n<li id="a b">2</li></ul>')
    '<ul class=worst><li>1\\n<li id="a b">2</ul>'
    >>> shortened('<path d="M0"/><script>"<b id=\\"x\\">"</script>')
    '<path d="M0"/><script>"<b id="x">"</script>'
    """
    parts = VERBATIM.split(html)  # every second one is a script or a style
    parts[::2] = map(_shortened, parts[::2])
    return "".join(parts)


def _shortened(html: str) -> str:
    html = TAG.sub(lambda tag: QUOTED.sub(r"=\1", tag[0]), html)
    for end in ENDS:
        html = end.sub("", html)
    return html

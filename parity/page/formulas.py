"""LaTeX formulas as MathML that browsers draw: MathML Core, well-formed, all of it translated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from functools import cache
from typing import Literal
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element
from markupsafe import Markup

from parity.page.mends import mend
from parity.texts.translations import said_in, translations

# latex2mathml makes tables of the right ones only.
ENVIRONMENTS = {"aligned": "split", "align": "split", "align*": "split"}
WORD = re.compile(r"\\text\{(\s*)([^{}]*?)(\s*)\}")
NAMES = {
    *("(sigmoid)", "(tanh)", "FC", "LeNet (1989)", "LeNet-5 (1998)", "MLP", "act", "conv2d"),
    *("downsample", "dsigmoid", "dtanh", "f", "max-pooling", "mean-pooling", "rot", "rot180"),
    *("sigmoid", "sign", "softmax", "upsample", "万", "(words)"),
}
WIDE = {"1em", "2em"}  # \quad and \qquad, between two formulas

# What https://www.w3.org/TR/mathml-core/ draws, of what LaTeX becomes.
ANYWHERE = {"class", "displaystyle", "scriptlevel"}
CORE: Mapping[str, Set[str]] = {
    "math": {"display"},
    "mfrac": {"linethickness"},
    "mi": {"mathvariant"},
    "mn": set(),
    "mo": {"form", "lspace", "maxsize", "minsize", "movablelimits", "rspace", "stretchy"},
    "mover": {"accent"},
    "mroot": set(),
    "mrow": set(),
    "mspace": {"width"},
    "msqrt": set(),
    "mstyle": set(),
    "msub": set(),
    "msubsup": set(),
    "msup": set(),
    "mtable": set(),
    "mtd": set(),
    "mtext": set(),
    "mtr": set(),
    "munder": {"accentunder"},
    "munderover": {"accent", "accentunder"},
}
CHILDREN = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2}
CHILDREN |= {"msubsup": 3, "munderover": 3}


class FormulaError(ValueError):
    """A formula that browsers would not draw as it is meant."""


@cache
def mathml(latex: str, display: Literal["block", "inline"] = "inline", where: str = "") -> Markup:
    r"""A formula as <math>; in display as a <div class="formula"> of as many as \quad separates.

    where: what an error names, the id of a statement.

    Raises: FormulaError for LaTeX that latex2mathml cannot read, and for what browsers don't draw.

    >>> mathml(r"\frac{1}{x_i}")
    Markup('<math><mfrac><mn>1</mn><msub><mi>x</mi><mi>i</mi></msub></mfrac></math>')
    """
    try:
        return _mathml(latex, display)
    except FormulaError as error:
        raise FormulaError(f"{where}: {error}" if where else str(error)) from error.__cause__


def in_both(latex: str, where: str = "") -> Markup:
    """A formula in display, its words in either language; once where it has none."""
    chinese = WORD.sub(_in_chinese, latex)
    english = mathml(latex, "block", where)
    if chinese == latex:
        return english
    return Markup('<div lang="en">{}</div><div lang="zh-Hans">{}</div>').format(
        english, mathml(chinese, "block", where)
    )


def words(latex: str) -> set[str]:
    r"""What stands in \text{}, without the names, which are the same in every language.

    >>> words(r"\text{upsample}(x) \text{ where } x")
    {'where'}
    """
    return {found[2] for found in WORD.finditer(latex)} - NAMES


def _in_chinese(found: re.Match[str]) -> str:
    said = found[2]
    if said in NAMES or said not in translations():
        return found[0]
    return rf"\text{{{found[1]}{said_in('zh', said)}{found[3]}}}"


def _mathml(latex: str, display: str) -> Markup:
    content = _content(latex, display)
    if display == "inline":
        return _written(content, {})
    pieces = (_written(piece, {"display": "block"}) for piece in _pieces(content))
    return Markup('<div class="formula">{}</div>').format(Markup("\n").join(pieces))


def _content(latex: str, display: str) -> list[Element]:
    """What stands in <math>, mended and checked."""
    try:
        root = convert_to_element(_rewritten(latex), display=display)
    except Exception as error:  # latex2mathml's errors have no type in common, and no text
        raise FormulaError(f"cannot read the LaTeX {latex!r}: {type(error).__name__}") from error
    mend(root)
    for problem in _problems(root):
        raise FormulaError(f"{problem}, of the LaTeX {latex!r}")
    return list(root)


def _rewritten(latex: str) -> str:
    """In words that latex2mathml knows."""
    upright = re.sub(r"\\mathrm\{([A-Za-z])\}", r"\\mathrm{{\1}}", latex)  # else an italic letter
    return re.sub(
        r"\\(begin|end)\{([a-z]+\*?)\}",
        lambda found: rf"\{found[1]}{{{ENVIRONMENTS.get(found[2], found[2])}}}",
        upright,
    )


def _problems(root: Element) -> Iterator[str]:
    """What a browser would leave out or show as it stands."""
    for element in root.iter():
        if element.tag not in CORE:
            yield f"browsers do not draw <{element.tag}>"
        elif unknown := sorted(set(element.keys()) - CORE[element.tag] - ANYWHERE - {"xmlns"}):
            yield f"browsers do not know the attribute {unknown[0]!r} of <{element.tag}>"
        elif element.get("mathvariant", "normal") != "normal":
            yield f"browsers ignore mathvariant={element.get('mathvariant')!r}"
        elif len(element) != CHILDREN.get(element.tag, len(element)):
            yield f"a <{element.tag}> has {CHILDREN[element.tag]} parts, but here {len(element)}"
        elif left := re.search(r"[\\&].*", element.text or ""):
            yield f"{left[0]!r} is left untranslated"


def _pieces(content: list[Element]) -> Iterator[list[Element]]:
    r"""The formulas between wide spaces, so that a narrow screen shows them below each other."""
    piece: list[Element] = []
    for element in content:
        if piece and _separates(piece[-1], element):
            yield piece
            piece = []
        else:
            piece.append(element)
    if piece:
        yield piece


def _separates(left: Element, element: Element) -> bool:
    r"""Whether an element is \quad, \qquad, or a \  behind a comma, a colon or a semicolon."""
    if element.tag == "mspace":
        return element.get("width") in WIDE
    return element.tag == "mtext" and element.text == "\u00a0" and left.text in (",", ":", ";")


def _written(content: list[Element], attributes: dict[str, str]) -> Markup:
    math = Element("math", attributes)
    math.extend(content)
    return Markup(tostring(math, encoding="unicode"))

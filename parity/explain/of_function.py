"""What there is to say about a public name of refimpl."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import refimpl
from parity.cases.docstrings import Docstring, docstring_of, is_prose
from parity.cases.functions import FORWARDS, backward_of, forward_of
from parity.documents.ledger import ledger
from parity.explain.folding import beside
from parity.explain.forms import forms_of
from parity.explain.grids import maps
from parity.explain.setting_up import demonstration, has_example
from parity.explain.sheet import Sheet
from parity.explain.sizes_said import SizeError
from parity.explain.symbols_written import Formulas
from parity.explain.worked_example import Example
from parity.mistakes.catalogue import EVERY
from parity.mistakes.mistake import Mistake

BEYOND = "beyond the documents"
# Before a line that goes on with a sentence, and behind one that ends within it.
GOES_ON = re.compile(r"\n(?=→|[a-z]{2,},? [a-zA-Z](?!:))|(?<= its| the| and)\n")
# Where a further argument or a further value of one is told.
BEFORE_OPTION = re.compile(
    r"""(?<=[.;。；]) ?(?=[a-zA-Z_]+(?:[,、] ?[a-z_]+)*[:：（，])|\s(?="[a-z]+"[ ]{2})"""
)
NAMED = re.compile(r"`(?:refimpl\.)?(\w+)`")
CONTROL = "slightly-too-large"  # of a mistake that the checks must not miss, but nobody makes
SHOWN_ALIKE = 6  # mistakes and statements that are listed


def tell(sheet: Sheet, name: str, size: str = "", symbols: bool = False, at: str = "") -> None:
    """The page of a public name.

    Raises: SizeError, and refimpl's own errors for a size that does not fit.
    """
    thing = getattr(refimpl, name)
    if not (inspect.isfunction(thing) or inspect.isclass(thing)):
        _constant(sheet, name, thing)
        return
    said = docstring_of(thing)
    sheet.raw(signature_of(name, thing), hang=4)
    sheet.gap()
    sheet.text(said.summary)
    _formula(sheet, said)
    _source(sheet, said)
    if has_example(name):
        demo = demonstration(name, size)
        teller = Formulas(sheet, demo) if symbols else Example(sheet, demo)
        teller.tell(at)
    elif size or symbols or at:
        raise SizeError(
            f"{name} has no example of arrays, so it takes no --size, --symbols and --at"
        )
    else:
        _doctest(sheet, said)
    if not (size or symbols or at):
        forms_of(sheet, name)
    _further(sheet, name)


def signature_of(name: str, thing: Any) -> str:
    """The call: the names of the arguments, with their defaults.

    >>> signature_of("relu_backward", refimpl.relu_backward)
    'relu_backward(dy, x, at_zero=0)'
    """
    try:
        parameters = inspect.signature(thing).parameters.values()
    except ValueError:
        return name
    bare = (one.replace(annotation=inspect.Parameter.empty) for one in parameters)
    return f"{name}({', '.join(str(one) for one in bare)})"


def _formula(sheet: Sheet, said: Docstring) -> None:
    """The paragraphs with a formula line by line, the other sentences, the shapes."""
    if said.formula:
        sheet.head("Formula")
    for paragraph in said.formula:
        for line in GOES_ON.sub(" ", _told(sheet, paragraph)).split("\n"):
            indent = len(line) - len(line.lstrip())
            sheet.raw(line.strip(), indent=2 + min(indent, 10), hang=4)
    for paragraph in said.sentences:
        sheet.gap()
        sheet.raw(" ".join(_told(sheet, paragraph).split()))
    if shapes := said.fields.get("Shapes"):
        sheet.head("Shapes")
        for line in BEFORE_OPTION.split(_told(sheet, shapes)):
            sheet.raw(" ".join(line.split()), indent=4 if line.startswith('"') else 2, hang=4)


def _told(sheet: Sheet, text: str) -> str:
    """A text of a docstring; mathematics alone is the same in every language."""
    return sheet.said(text) if is_prose(text) else text


def _source(sheet: Sheet, said: Docstring) -> None:
    """Where the formula stands, with the verdicts on it."""
    source = said.fields.get("Source")
    if not source:
        return
    sheet.head("Source")
    rows = ledger()
    known = [id for id in said.statements if id in rows]
    if known:
        listed = (f"{id} ({sheet.said(rows[id].verdict)})" for id in dict.fromkeys(known))
        sheet.raw(", ".join(listed), indent=2)
    else:
        _, beyond, work = source.rpartition(BEYOND)
        sheet.raw(f"{sheet.said(BEYOND) if beyond else ''}{work}", indent=2)


def _doctest(sheet: Sheet, said: Docstring) -> None:
    """The docstring's example, which runs as a test."""
    if said.example:
        sheet.head("Example, as it runs")
        for line in said.example:
            lead = len(line) - len(line.lstrip())
            sheet.raw(line.strip(), indent=2 + min(lead, 20), hang=4)


def _constant(sheet: Sheet, name: str, thing: Any) -> None:
    """A fixed kernel, or several by name."""
    sheet.raw(name)
    kernels = thing if hasattr(thing, "items") else {name: thing}
    sheet.text("A fixed kernel: what it gives, sliding over an image, is `conv2d(image, kernel)`.")
    blocks = [
        b for key, array in kernels.items() for b in maps(key, np.asarray(array), sheet.width)
    ]
    sheet.gap()
    sheet.drawn(beside(blocks, sheet.width - 2))
    sheet.head("Source")
    sheet.raw("refimpl/filters.py", indent=2)


def relatives(name: str) -> list[str]:
    """The other direction, the other numbers of axes, the layer's class.

    >>> relatives("conv2d")
    ['conv2d_backward', 'conv1d', 'conv3d', 'Conv2d']
    """
    forward = forward_of(name)
    pair = backward_of(forward) if name == forward else forward
    axes = [forward.replace("2d", f"{n}d") for n in (1, 2, 3)] if "d" in forward else []
    near = [pair, *(one if name == forward else backward_of(one) for one in axes)]
    plain = forward.replace("_", "").lower()
    layers = [one for one in refimpl.__all__ if one.lower() == plain and one != forward]
    named = NAMED.findall(docstring_of(getattr(refimpl, name)).summary)
    found = dict.fromkeys((*near, *layers, *named))
    return [one for one in found if one in refimpl.__all__ and one != name]


def _further(sheet: Sheet, name: str) -> None:
    """Relatives, known mistakes, and how to check one's own."""
    mistakes = mistakes_of(lambda known: known.function == name)
    sheet.head("Further")
    if relatives(name):
        sheet.item(sheet.said("see also"), ", ".join(relatives(name)))
    if mistakes:
        sheet.item(sheet.said("mistakes in it"), _some(mistakes))
    if name in FORWARDS or has_example(name):
        sheet.item(sheet.said("your own"), f"parity check mine.py:f --like {name}")
    sheet.item(sheet.said("the code"), _file_of(name))


def mistakes_of(asked: Callable[[Mistake], bool]) -> list[str]:
    """The names of the known mistakes that are asked for, without the controls.

    >>> mistakes_of(lambda known: known.function == "rot180")
    ['rot180-one-flip']
    """
    return [m.name for m in EVERY.values() if asked(m) and not m.name.startswith(CONTROL)]


def _some(names: Sequence[str]) -> str:
    more = len(names) - SHOWN_ALIKE
    return ", ".join(names[:SHOWN_ALIKE]) + (f", … (+{more})" if more > 0 else "")


def _file_of(name: str) -> str:
    module = str(getattr(refimpl, name).__module__)
    return f"{module.replace('.', '/')}.py"

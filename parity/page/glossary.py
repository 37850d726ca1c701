"""The terms of the report, each said once; columns and texts link to what is said here."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from parity.page.bilingual import both


class Term(NamedTuple):
    """A word or a unit: its name in links, what it is called, what it means."""

    name: str
    called: str
    means: str


class Group(NamedTuple):
    """Terms that belong together, under a heading."""

    name: str
    title: str
    terms: tuple[Term, ...]


COMPARED = (
    Term(
        "refimpl",
        "refimpl",
        "The reference implementation in NumPy that this project holds against torch.autograd.",
    ),
    Term(
        "case",
        "case",
        "One call of a function: its arrays, its options, and where they come from.",
    ),
    Term(
        "tensor",
        "tensor",
        "What is compared: y, the value, or dx, dweight, …, the gradient to that argument, of a "
        "case in one dtype.",
    ),
    Term(
        "upstream",
        "upstream gradient",
        "dy = ∂L/∂y, which the backward starts from. It is drawn at random and is never all ones.",
    ),
    Term(
        "exact",
        "exact value",
        "What real numbers give from the very floats of the case, by an arithmetic that knows its "
        "own error.",
    ),
    Term(
        "kinds",
        "kinds of rows",
        "layer: a single function. local: a layer of a network, from identical inputs. "
        "accumulated: a network whose two sides run free from the same start. training and free "
        "training: the same for a step of training.",
    ),
    Term(
        "groups",
        "groups of cases",
        "What cases have in common: a stride, views, far numbers, …; a case counts in each group "
        "that fits.",
    ),
    Term(
        "far",
        "far numbers, tails",
        "Far numbers are tiny, huge, saturated or of one sign, NaN and ∞. The tail of a function "
        "is where it is almost flat, and where digits are lost first: of the far numbers those up "
        "to some hundreds.",
    ),
)
UNITS = (
    Term(
        "rounding",
        "roundings",
        "One rounding is u times a size: u is the unit roundoff, 2⁻²⁴ in float32 and 2⁻⁵³ in "
        "float64. For one element against its exact value the size is Σ|terms|, of the terms that "
        "it is a sum of, whatever cancels. For a tensor of a network in which both sides are "
        "compared it is the largest |value| of the tensor.",
    ),
    Term(
        "ulp",
        "ULP",
        "Unit in the last place: how far apart two neighbouring floats are at the exact value. A "
        "float that is rounded right is off by half a ULP at most.",
    ),
    Term(
        "bound",
        "bound",
        "How far apart two right answers may be, for each element; derived from the arithmetic.",
    ),
    Term(
        "accumulated",
        "accumulated bound",
        "The bound of a network that runs free: what the bounds of all layers before can have "
        "added up to. It is a worst case, and grows from layer to layer.",
    ),
    Term(
        "closer",
        "closer",
        "The side whose largest error in the tensor, in ULP of the exact value, is smaller.",
    ),
    Term(
        "lost",
        "loses digits",
        "torch’s error at an element is more than 1024 times refimpl’s, in a single function, and "
        "no cancelling of terms excuses it. It may still be within torch’s own bound.",
    ),
    Term(
        "ratio",
        "error/bound",
        "How much of its bound the difference of the two sides takes, the largest of all elements. "
        "1 is the limit.",
    ),
    Term(
        "resolution",
        "resolution",
        "The smallest r for which refimpl’s tensor times 1 + r would be refused: a smaller mistake "
        "passes.",
    ),
)
VERDICTS = (
    Term(
        "identical",
        "identical",
        "equal as numbers, every element: nothing is rounded on these inputs",
    ),
    Term("within", "within", "every element of both sides lies within the derived bound"),
    Term("outside", "outside", "at least one element does not: a disagreement"),
    Term(
        "expected",
        "expected",
        "the two sides differ where the case says so, by the values that it names",
    ),
    Term(
        "blind",
        "blind",
        "the bound is so wide that a tensor 0.05 % too large would pass: no agreement (of each "
        "function a gradient that much too large is a known mistake)",
    ),
    Term("empty", "empty", "there is nothing to judge: no agreement"),
    Term("information", "information", "torch in half precision: seen, judged by nobody"),
)
CHECKS = (
    Term(
        "witness",
        "witness",
        "Who judges beside torch and shares no code with it: random integers on which nothing is "
        "rounded, the forward’s derivative, symbols, exact values, and properties that every "
        "function promises. It agrees, is outside, is undecided where its enclosures are too wide, "
        "or is inapplicable where there is nothing exact to compare.",
    ),
    Term(
        "balls",
        "balls",
        "Intervals of 200 bits and more that hold the exact value; the witness of that name.",
    ),
    Term(
        "mistake",
        "known mistake",
        "A wrong version of a function, as people write it; the suite must refuse it.",
    ),
    Term(
        "control",
        "control",
        "The correct code in the place of a known mistake. Nobody may refuse it; else a refusal "
        "would say nothing.",
    ),
    Term(
        "tie",
        "tie, kink",
        "A tie: several elements of a window are its maximum. A kink: the derivative jumps, as "
        "that of ReLU at 0. There a convention decides, torch’s unless said otherwise.",
    ),
)
GROUPS = (
    Group("compared", "What is compared", COMPARED),
    Group("units", "Units", UNITS),
    Group("verdicts", "Verdicts on a tensor", VERDICTS),
    Group("checks", "Who checks, and what", CHECKS),
)
TERMS = {term.name: term for group in GROUPS for term in group.terms}


def anchor_of(name: str) -> str:
    """The id of a term.

    >>> anchor_of("ulp")
    'term-ulp'
    """
    return f"term-{TERMS[name].name}"


def link(name: str, said: str) -> Markup:
    """A text with a link to what a term means."""
    return Markup('<a href="#{}">{}</a>').format(anchor_of(name), both(said))


def term(name: str) -> Markup:
    """What a term is called, with a link to what it means."""
    return link(name, TERMS[name].called)


def what(name: str) -> Markup:
    """A small link behind a column's heading to what the term means."""
    return Markup(' <a class="term" href="#{}" aria-labelledby="what">?</a>').format(
        anchor_of(name)
    )

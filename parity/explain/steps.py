"""One element of a result, step by step, as refimpl computed it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

from parity.explain import zeros_said
from parity.explain.demonstration import Demonstration
from parity.explain.folding import columns, padded
from parity.explain.formed import Constant, Formed, Index, Leaf, Product, Sum
from parity.explain.recording import PI, Choice, elements
from parity.explain.shared_parts import shortened
from parity.explain.sheet import Sheet
from parity.explain.writing_out import (
    approximately,
    is_plain,
    named,
    number,
    ordered_terms,
    place,
    value,
    written,
)

# What a backward's own formula calls a value of the forward.
CALLED = {"softmax_backward": "o", "log_softmax_backward": "o"}
NUMBER_PI = Leaf("π", ())


class Steps:
    """How elements of a demonstration are told on a sheet."""

    def __init__(self, sheet: Sheet, demo: Demonstration) -> None:
        self.sheet, self.demo = sheet, demo
        self.order = list(demo.arguments)
        self.numbers = {**demo.numbers, NUMBER_PI: PI}
        self.rough = {NUMBER_PI}
        self.known = self._known()

    def _known(self) -> dict[Formed, Leaf]:
        """The forward's values that the backward's formula has a letter for."""
        letter = CALLED.get(self.demo.function)
        if letter is None:
            return {}
        x = {"x": self.demo.arguments["x"]}
        y = Demonstration("softmax", x, self.demo.options).results["y"]
        return {element.formed: Leaf(letter, index) for index, element in elements(y)}

    def tell(self, tensor: str, index: Index) -> None:
        """One element: its formula, the numbers, the result, and what decided between branches."""
        self._paths(tensor, index)
        self.formula(tensor, index)
        if not self.because(tensor, index):
            zeros_said.tell(self.sheet, self.demo, tensor, index)

    def _paths(self, tensor: str, index: Index) -> None:
        """In a backward: how many ways lead back to an element."""
        formed = self.demo.element(tensor, index).formed
        terms = formed.terms if isinstance(formed, Sum) else ()
        if self.demo.is_backward and terms and all(sign > 0 and is_plain(t) for sign, t in terms):
            element = place(tensor.removeprefix("d"), index)
            if all(isinstance(term, Leaf) for _, term in terms):
                self.sheet.text(
                    "{n} paths lead back to {element}, each with the factor 1: dy at their ends",
                    indent=2,
                    n=len(terms),
                    element=element,
                )
                return
            self.sheet.text(
                "{n} paths lead back to {element}: dy at the end of each, times what {element} was "
                "multiplied by",
                indent=2,
                n=len(terms),
                element=element,
            )

    def formula(self, tensor: str, index: Index) -> None:
        """One element: its formula, the numbers, the result."""
        element, name = self.demo.element(tensor, index), place(tensor, index)
        terms = ordered_terms(element.formed, self.order)
        plain = all(sign > 0 and is_plain(term) for sign, term in terms)
        if len(terms) < 2 or not plain or not self._table(name, [term for _, term in terms]):
            self._line(name, element.formed)

    # --- a sum of products --------------------------------------------------------------------

    def _table(self, name: str, terms: Sequence[Formed]) -> bool:
        """A line for each term, the sum below; whether it fits, with the numbers or without."""
        write = partial(written, order=self.order)
        parts = [value(term, self.numbers)[0] for term in terms]
        formulas = [write(term) for term in terms]
        numbers = ["" if isinstance(t, Leaf) else write(t, self._value) for t in terms]
        ends = [number(part) for part in (*parts, sum(parts, Fraction(0)))]
        for middles in (numbers, [""] * len(terms)):
            lines = _added_up(formulas, middles, ends)
            if max(map(columns, lines)) + 4 <= self.sheet.width:
                self.sheet.raw(f"{name} =", indent=2)
                self.sheet.drawn(lines, indent=4)
                return True
        return False

    # --- any other formula --------------------------------------------------------------------

    def _line(self, name: str, formed: Formed) -> None:
        """The formula with names, with numbers, the result; repeated parts get a letter."""
        short, parts = shortened(formed, self.known)
        for leaf, part in reversed(parts):  # a part's own parts stand behind it
            self.numbers[leaf], is_exact = value(part, self.numbers, self.rough)
            self.rough = self.rough - {leaf} if is_exact else self.rough | {leaf}
        self._chain(name, short)
        if parts:
            self.sheet.text("where", indent=4)
        for leaf, part in parts:
            self._chain(named(leaf), part, indent=6)

    def _chain(self, name: str, formed: Formed, indent: int = 2) -> None:
        """name = formula = numbers = result, on one line or on three."""
        write = partial(written, order=self.order)
        formula, numbers = write(formed), write(formed, self._value)
        result = approximately(*value(formed, self.numbers, self.rough))
        sign = "≈" if "…" in numbers else "="
        middle = (
            []
            if isinstance(formed, Leaf | Constant) or numbers == formula
            else [f"{sign} {numbers}"]
        )
        start = name if isinstance(formed, Constant) else f"{name} = {formula}"
        whole = " ".join([start, *middle, result])
        if indent + columns(whole) <= self.sheet.width:
            self.sheet.raw(whole, indent)
            return
        self.sheet.raw(start, indent, hang=4)
        for step in (*middle, result):
            self.sheet.raw(step, indent + 2, hang=2)

    def _value(self, leaf: Leaf) -> str:
        """An element's value; of one that is not exact its first digits."""
        if leaf in self.rough:
            return f"{float(self.numbers[leaf]):.4g}…".replace("-", "−")
        return number(self.numbers[leaf])

    # --- branches -----------------------------------------------------------------------------

    def because(self, tensor: str, index: Index) -> bool:
        """The comparisons that decided, each pair of numbers once; whether there are any."""
        told: dict[str, None] = {}
        for choice in self.demo.deciding(tensor, index):
            is_place = choice.sign in "=≠" and not isinstance(choice.right.formed, Constant)
            if not is_place and (said := self._comparison(choice)):
                told[said] = None
        if told:
            listed = ", ".join(told)
            self.sheet.text("because {comparisons}", indent=4, comparisons=listed)
        return bool(told)

    def _comparison(self, choice: Choice) -> str:
        """x[0] = −2 < 0: both sides, and how they stand to each other."""
        formed, flipped = choice.left.formed, 1
        right = choice.right
        if isinstance(formed, Sum) and len(formed.terms) == 1 and right.value == 0:
            flipped, formed = formed.terms[0]
        if not _is_short(formed):
            return ""
        mine = flipped * choice.left.value
        sign = "<" if mine < right.value else ">" if mine > right.value else "="
        shown = written(right.formed, order=self.order)
        if not isinstance(right.formed, Constant):
            shown += f" = {number(right.value)}"
        mean = "" if sign == "=" else f" = {number(mine)}"
        return f"{written(formed, order=self.order)}{mean} {sign} {shown}"


def _is_short(formed: Formed) -> bool:
    """An element, or sums and products of some: nothing that has been through a function."""
    if isinstance(formed, Sum):
        return all(is_plain(term) for _, term in formed.terms)
    return is_plain(formed) or isinstance(formed, Product)


def _added_up(formulas: Sequence[str], middles: Sequence[str], ends: Sequence[str]) -> list[str]:
    """A line for each term with its numbers, if there are any, and its value; below, the sum.

    >>> _added_up(["a·b", "c"], ["2·3", ""], ["6", "1", "7"])
    ['  a·b = 2·3 = 6', '+ c         = 1', '            ───', '            = 7']
    """
    wide, between, behind = (max(map(columns, row)) for row in (formulas, middles, ends))
    numbers = [f"= {padded(m, between, True)} " if m else "" for m in middles]
    between = max(map(columns, numbers))
    lines = [
        f"{'+ ' if k else '  '}{padded(formula, wide)} "
        f"{padded(middle, between)}= {padded(end, behind, right=True)}"
        for k, (formula, middle, end) in enumerate(zip(formulas, numbers, ends, strict=False))
    ]
    before = " " * (columns(lines[0]) - behind - 2)
    return [*lines, f"{before}{'─' * (behind + 2)}", f"{before}= {padded(ends[-1], behind, True)}"]

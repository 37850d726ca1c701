"""Evidence for or against a row, and the verdict that follows from it.

A check compares two things, element by element: what was printed (or its correction, or the
reading under another convention, or the implementation) with what a judge found. They must be
equal; only what is `refuted` must not be. The verdict is derived from the checks; nobody enters
it:

- `holds`: everything printed is equal to what the judges found;
- `convention`: something printed is refuted, but holds under a convention that is named;
- `erratum`: something printed is refuted, its correction holds, and there is a counterexample;
- `number`: the row prints numbers, and nothing in it is refuted;
- `unsupported`: anything else, for example an implementation that differs from the right
  formula, or a refuted formula that holds. No row of the ledger may have it.

Where torch is left out (`parity.documents.absent`), the checks that ask it are left out, too, and
those of other judges that go on from what torch found. What kind of check they are is kept:
`best_verdict` follows if all of them come out as they must, `verdict` from the others alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import sympy
from sympy.core.function import AppliedUndef

from parity.cases.case import Array
from parity.documents.absent import ABSENT, MARK, is_absent, is_left_out
from parity.witnesses.vanishing import vanishes

UNSUPPORTED = "unsupported"

TORCH = "torch.autograd"
RATIONALS = "exact rationals"
SYMPY = "sympy"
COUNTING = "counting"  # sizes, parameters, connections counted one by one
DIGITS = "50 digits"  # a number, recomputed
JUDGES = (TORCH, RATIONALS, SYMPY, COUNTING, DIGITS)

Kind = Literal["printed", "refuted", "correction", "convention", "implementation", "number"]


@dataclass(frozen=True)
class Check:
    """One comparison: of what, with which judge's finding, and how it came out."""

    kind: Kind
    judge: str
    what: str
    equal: bool
    difference: str = ""  # the first place that is not equal, and both values there


@dataclass
class Evidence:
    """The checks of one row."""

    checks: list[Check] = field(default_factory=list)
    left_out: list[Check] = field(default_factory=list)  # as they would have to come out
    counterexample: str = ""
    lacks_counterexample: bool = False  # there is one, in which torch's findings stand

    def printed(self, judge: str, what: str, printed: Any, right: Any, within: Any = None) -> None:
        """What the document prints, beside what the judge found.

        within: where the judge rounds, how far it may be off (a bound from `parity.bounds`).
        """
        self._add("printed", judge, what, printed, right, within)

    def refuted(self, judge: str, what: str, printed: Any, right: Any) -> None:
        """What the document prints and the judge contradicts: the two must differ."""
        self._add("refuted", judge, what, printed, right, None)

    def corrected(
        self, judge: str, what: str, corrected: Any, right: Any, within: Any = None
    ) -> None:
        """The correction of an erratum, beside what the judge found."""
        self._add("correction", judge, what, corrected, right, within)

    def under_convention(
        self, judge: str, what: str, printed: Any, right: Any, within: Any = None
    ) -> None:
        """What the document prints, beside what a judge finds under the document's convention."""
        self._add("convention", judge, what, printed, right, within)

    def implemented(
        self, judge: str, what: str, value: Any, right: Any, within: Any = None
    ) -> None:
        """What `refimpl` gives, beside what the judge found."""
        self._add("implementation", judge, what, value, right, within)

    def number(self, what: str, printed: str, exact: Any) -> None:
        """A printed number: whether its digits are the right rounding of the exact one."""
        what = f"{what} = {printed}"
        if is_absent(exact):
            self.left_out.append(Check("number", DIGITS, what, True))
        else:
            self.checks.append(Check("number", DIGITS, what, is_right_rounding(printed, exact)))

    def false_at(self, what: str) -> None:
        """The smallest counterexample of an erratum, in words and numbers."""
        self.lacks_counterexample = MARK in str(what)
        self.counterexample = "" if self.lacks_counterexample else what

    def _add(self, kind: Kind, judge: str, what: str, left: Any, right: Any, within: Any) -> None:
        if judge not in JUDGES:
            raise ValueError(f"{what}: judge must be one of {', '.join(JUDGES)}, not {judge!r}")
        if (judge == TORCH and is_left_out()) or any(map(is_absent, (left, right, within))):
            self.left_out.append(Check(kind, judge, what, kind != "refuted"))
            return
        difference = first_difference(left, right, within)
        self.checks.append(Check(kind, judge, what, not difference, difference))

    @property
    def judges(self) -> tuple[str, ...]:
        """Who was asked, in the order of `JUDGES`."""
        return _judges(self.checks)

    @property
    def all_judges(self) -> tuple[str, ...]:
        """The same with those whose checks are left out."""
        return _judges(self.checks + self.left_out)

    @property
    def rounding(self) -> str:
        """Whether all printed numbers are the right rounding; empty if there are none.

        Empty, too, where numbers are left out and none of the others is wrong.
        """
        numbers = _of("number", self.checks)
        if not all(check.equal for check in numbers):
            return "wrong"
        return "right" if numbers and not self.lacks_numbers else ""

    @property
    def lacks_numbers(self) -> bool:
        """Whether there are printed numbers that torch has to find."""
        return bool(_of("number", self.left_out))

    @property
    def verdict(self) -> str:
        """What follows from the checks that were made."""
        if self.unexpected:
            return UNSUPPORTED
        return _verdict(self.checks, bool(self.counterexample))

    @property
    def best_verdict(self) -> str:
        """What would follow if the checks that are left out came out as they must."""
        if self.unexpected:
            return UNSUPPORTED
        counterexample = bool(self.counterexample) or self.lacks_counterexample
        return _verdict(self.checks + self.left_out, counterexample)

    @property
    def unexpected(self) -> list[Check]:
        """The checks that came out as they must not: unequal, or refuted and yet equal."""
        return [
            check
            for check in self.checks
            if check.kind != "number" and check.equal == (check.kind == "refuted")
        ]


def _of(kind: Kind, checks: Sequence[Check]) -> list[Check]:
    return [check for check in checks if check.kind == kind]


def _judges(checks: Sequence[Check]) -> tuple[str, ...]:
    asked = {check.judge for check in checks}
    return tuple(judge for judge in JUDGES if judge in asked)


def _verdict(checks: Sequence[Check], counterexample: bool) -> str:
    """What follows from checks of which each came out as it must."""
    printed, refuted = _of("printed", checks), _of("refuted", checks)
    corrections, conventions = _of("correction", checks), _of("convention", checks)
    numbers = _of("number", checks)
    if not (printed or refuted or numbers):
        return UNSUPPORTED
    if not refuted:
        contradicted = corrections or conventions or counterexample
        return UNSUPPORTED if contradicted else "number" if numbers else "holds"
    if corrections:
        return "erratum" if counterexample else UNSUPPORTED
    return "convention" if conventions and not counterexample else UNSUPPORTED


# --- what rows have evidence --------------------------------------------------------------

Collector = Callable[[Evidence], None]
EVIDENCE: dict[str, Collector] = {}


def evidence(row_id: str) -> Callable[[Collector], Collector]:
    """Register the function that collects the evidence of a row."""

    def register(collect: Collector) -> Collector:
        if row_id in EVIDENCE:
            raise ValueError(f"{row_id}: has evidence already")
        EVIDENCE[row_id] = collect
        return collect

    return register


# --- equality -----------------------------------------------------------------------------


def same(left: Any, right: Any, within: Any = None) -> bool:
    """Whether two arrays (or numbers, or expressions) are equal in shape and in every element.

    Numbers are compared exactly, expressions after sympy has simplified their difference.

    >>> same(np.array([0.5, 2.0]), np.array([Fraction(1, 2), 2], dtype=object))
    True
    >>> x = sympy.Symbol("x")
    >>> same((x + 1) ** 2, x**2 + 2 * x + 1)
    True
    """
    return not first_difference(left, right, within)


def first_difference(left: Any, right: Any, within: Any = None) -> str:
    """The first place where two arrays are not equal, and both values; empty if they are.

    >>> first_difference([1, 2], [1, 3])
    'at 1: 2, right 3'
    """
    a, b = np.asarray(left, dtype=object), np.asarray(right, dtype=object)
    if a.shape != b.shape:
        return f"shape {a.shape}, right {b.shape}"
    limits = np.broadcast_to(np.asarray(0 if within is None else within, dtype=object), a.shape)
    for place in np.ndindex(*a.shape):
        if not _same_element(a[place], b[place], limits[place]):
            where = f"at {', '.join(map(str, place))}: " if place else ""
            return f"{where}{_shown(a[place])}, right {_shown(b[place])}"
    return ""


def _shown(value: Any) -> str:
    """A value in few words; a rational of many digits as a decimal number."""
    text = str(value)
    return text if len(text) <= 40 else f"{float(value):.17g}" if _is_number(value) else text[:80]


def _is_number(value: Any) -> bool:
    return bool(value.is_number) if isinstance(value, sympy.Basic) else isinstance(value, Fraction)


def _same_element(x: Any, y: Any, limit: Any) -> bool:
    if isinstance(x, str | bool | np.bool_) or isinstance(y, str | bool | np.bool_):
        return bool(x == y)
    if isinstance(x, sympy.Basic) or isinstance(y, sympy.Basic):
        difference = exact(x) - exact(y)
        if limit:
            return bool(abs(sympy.N(difference, 50)) <= exact(limit))
        return bool(difference == 0 or _vanishes(difference))
    return bool(abs(Fraction(x) - Fraction(y)) <= Fraction(limit))


def _vanishes(difference: Any) -> bool:
    """Whether an expression is 0 everywhere; most that are not are refuted at one point."""
    some = _with_some_function(difference)
    symbols = sorted(some.free_symbols, key=str)
    count = len(symbols) + 1
    point = {symbol: sympy.Rational(i, count) for i, symbol in enumerate(symbols, start=1)}
    value = sympy.N(some.xreplace(point), 30)
    if value.is_number and abs(value) > sympy.Rational(1, 10**20):
        return False
    return vanishes(difference) or bool(sympy.simplify(sympy.expand(difference)) == 0)


def _with_some_function(expression: Any) -> Any:
    """The expression with e^x + x² for every function that is left open, and its derivatives."""
    open_functions = {f.func for f in expression.atoms(AppliedUndef)}
    if not open_functions:
        return expression
    x = sympy.Dummy("x")
    some = sympy.Lambda(x, sympy.exp(x) + x**2)
    return expression.subs(dict.fromkeys(open_functions, some)).doit()


def exact(value: Any) -> Any:
    """A number as sympy's rational of exactly its value; expressions stay as they are."""
    if isinstance(value, sympy.Basic):
        return value
    fraction = Fraction(value)
    return sympy.Rational(fraction.numerator, fraction.denominator)


def is_right_rounding(printed: str, exact_value: Any) -> bool:
    """Whether the printed digits are the exact number rounded to nearest.

    >>> is_right_rounding("0.0509", sympy.log(10000) - sympy.log(9503))
    False
    >>> is_right_rounding("0.0510", sympy.log(10000) - sympy.log(9503))
    True
    """
    digits = len(printed.partition(".")[2])
    distance = abs(exact(Fraction(printed)) - exact(exact_value))
    half = sympy.Rational(1, 2 * 10**digits)
    return bool(distance <= half if distance.is_Rational else sympy.N(distance, 50) <= half)


# --- counterexamples ----------------------------------------------------------------------


def small_integers(*shapes: tuple[int, ...], most: int = 2) -> Iterator[tuple[Array, ...]]:
    """Tuples of arrays of small integers ≥ 0, the smaller sums of entries first.

    >>> [tuple(a.tolist() for a in pair) for pair in small_integers((2,), (1,), most=1)][:3]
    [([0, 0], [0]), ([0, 0], [1]), ([0, 1], [0])]
    """
    sizes = [int(np.prod(shape, dtype=int)) for shape in shapes]
    ends = np.cumsum(sizes)[:-1]
    for total in range(most * sum(sizes) + 1):
        for entries in _with_sum(sum(sizes), total, most):
            parts = np.split(np.array(entries, dtype=object), ends)
            yield tuple(p.reshape(shape) for p, shape in zip(parts, shapes, strict=True))


def _with_sum(count: int, total: int, most: int) -> Iterator[tuple[int, ...]]:
    if count == 0:
        if total == 0:
            yield ()
        return
    for first in range(max(0, total - most * (count - 1)), min(most, total) + 1):
        for rest in _with_sum(count - 1, total - first, most):
            yield first, *rest


def smallest(
    candidates: Iterable[tuple[Array, ...]],
    printed: Callable[..., Any],
    right: Callable[..., Any],
) -> tuple[tuple[Array, ...], Any, Any]:
    """The first candidate for which printed and right differ, and what each gives there.

    All of them are absent where what is right is.

    Raises: LookupError if they agree on all of them.
    """
    for candidate in candidates:
        left, expected = printed(*candidate), right(*candidate)
        if is_absent(left) or is_absent(expected):
            return tuple(ABSENT for _ in candidate), ABSENT, ABSENT
        if not same(left, expected):
            return candidate, left, expected
    raise LookupError("printed and right agree on every candidate")

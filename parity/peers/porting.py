"""From one framework to another: which conventions differ, and the form that gives the other's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from parity.peers.group_verdicts import IDENTICAL, MISSING, WITHIN, PeerRow
from parity.peers.probes.topics import DEFAULTS

SAMPLE = Path(__file__).with_name("peers.csv")  # what was measured last, and committed

RIGHT = "the exact value, to its bound"
# By what is to come out: how to write it in a library that does otherwise.
FORMS = {
    "the first maximum of a window gets dy": (
        "take the windows apart (patches of the padded input) and pick by argmax, which names the "
        "first; its gradient goes to that element alone"
    ),
    "the maxima of a window share dy": (
        "take the windows apart and use a maximum over their axis whose gradient is shared "
        "(jax.numpy.max, tf.reduce_max)"
    ),
    "every maximum of a window gets dy": (
        "multiply dy by (window == its maximum), window by window, and add up"
    ),
    "the two share dy": "(x + other)/2 + |x − other|/2, with a derivative of |·| that is 0 at 0",
    "the first argument gets dy": "where(x >= other, x, other)",
    "the second argument gets dy": "where(x > other, x, other)",
    "a NaN in the window comes out": (
        "pool isnan(x) as numbers, too, and put NaN where that is more than 0"
    ),
    "a NaN is passed over; of NaN alone the lowest number comes out": (
        "put the lowest number for NaN before pooling"
    ),
    "padding is counted": (
        "say that padding is counted (count_include_pad=True, exclusive=False), or pad with zeros "
        "first and pool without padding"
    ),
    "padding is not counted": (
        "say that it is not counted (count_include_pad=False), or divide the pooled x by the "
        "pooled ones, both padded with zeros"
    ),
    "padding never is the maximum": "pad with −∞ first and pool without padding",
    "the place beyond the padding is not counted": (
        "pad with zeros by hand, then pool with padding 0 and without counting what hangs over "
        "(count_include_pad=False, exclusive=True)"
    ),
    "the last window is divided by its whole size": (
        "pad with zeros as far as the last window reaches, and pool without ceil_mode"
    ),
    "it is left out": "cut the last output off: y[…, :−1]",
    "the zeros are those of the dilated kernel": (
        "pad by hand, d·(k − 1) in all at stride 1, then “valid” with the dilation"
    ),
    "dlogits is p·s − t": "−Σ t·log_softmax(z), by the library's own log_softmax",
    "dlogits is p − t": "subtract (s − 1)·softmax(z) from dlogits, s the sum of the labels",
    "the mean divides by N": "reduction “none”, then the plain mean over the samples",
    "the mean divides by Σ w": "reduction “none” times the weights, over Σ w[t]",
    "each quotient is rounded once": (
        "divide by an array of the same shape (where that is not rewritten), or in float64"
    ),
    "it multiplies by the rounded reciprocal": "x · (1/number), the reciprocal in x's own type",
    "all digits": "compute it in float64, or by the stable form of `parity explain`",
    "exact": "take the direct algorithm (no Winograd, no FFT), or float64",
    "no more than 32 roundings": "add in float64, or in two steps: rows first",
    "all terms": "multiply one by one in a loop",
    "both logarithms": "z − max(z) − log(Σ e^(z − max(z)))",
}
IN_FRONT = "⌈t/2⌉ in front and ⌊t/2⌋ behind, then “valid”"
BEHIND = "⌊t/2⌋ in front and ⌈t/2⌉ behind, then “valid”"
# The same answer of several functions: the form is each one's own.
FORMS_OF = {
    ("relu", "NaN stays NaN"): "where(isnan(x), x, relu(x))",
    ("leaky_relu", "NaN stays NaN"): "where(isnan(x), x, leaky_relu(x))",
    ("sigmoid", "NaN stays NaN"): "where(isnan(x), x, sigmoid(x))",
    ("relu", "NaN becomes 0"): "relu(where(isnan(x), 0, x))",
    ("relu", "the derivative at 0 is 0"): "where(x > 0, x, 0)",
    ("relu", "the derivative at 0 is 1"): "where(x >= 0, x, 0)",
    ("relu", "the derivative at 0 is ½"): "(x + |x|)/2, with a derivative of |·| that is 0 at 0",
    ("leaky_relu", "the derivative at 0 is 1"): "where(x >= 0, x, slope·x)",
    ("leaky_relu", "the derivative at 0 is the slope"): "where(x > 0, x, slope·x)",
    ("prelu", "the derivative at 0 is the slope"): "where(x > 0, x, slope·x)",
    ("elu", "the derivative at 0 is alpha"): "where(x > 0, x, alpha·(e^x − 1))",
    ("elu", "the derivative at 0 is 1"): "where(x >= 0, x, alpha·(e^x − 1))",
    ("absolute", "the derivative at 0 is 0"): "where(x > 0, x, −x)·sign(x)²",
    ("absolute", "the derivative at 0 is 1"): "where(x >= 0, x, −x)",
    ("conv2d", "the odd zero stands behind"): f"pad with zeros by hand, {BEHIND}",
    ("conv2d", "the odd zero stands in front"): f"pad with zeros by hand, {IN_FRONT}",
    ("max_pool2d", "the odd zero stands behind"): f"pad with −∞ by hand, {BEHIND}",
    ("max_pool2d", "the odd zero stands in front"): f"pad with −∞ by hand, {IN_FRONT}",
}


class PortingError(ValueError):
    """What the table does not say; one sentence."""


@dataclass(frozen=True)
class Change:
    """One question that the two answer differently. form: how the first gives the other's."""

    function: str
    group: str
    here: str
    there: str
    form: str


def changes(
    rows: Sequence[PeerRow], function: str, start: str, target: str, options: Sequence[str] = ()
) -> list[Change]:
    """What a porter of a function meets; options: words that the questions have to touch.

    Raises: PortingError for a function or a library that the table has not.
    """
    _check_names(rows, function, start, target)
    _check_options([row for row in rows if row.function == function], options)
    by_group = {library: _by_group(rows, function, library) for library in (start, target)}
    return [
        _change(function, group, here, there)
        for group, here in by_group[start].items()
        for there in [by_group[target].get(group)]
        if there is not None
        and _what(here) != _what(there)
        and {here.verdict, there.verdict} != {MISSING}
        and (not options or any(word in _touched(group, here, there) for word in options))
    ]


def not_compared(
    rows: Sequence[PeerRow], function: str, start: str, target: str, options: Sequence[str] = ()
) -> list[str]:
    """The questions that one of the two has not answered, or neither: of them nothing is known."""
    both = [_by_group(rows, function, library) for library in (start, target)]
    found = []
    for group in dict.fromkeys(group for groups in both for group in groups):
        given = [groups[group] for groups in both if group in groups]
        answered = [row for row in given if row.verdict != MISSING]
        is_asked = not options or any(word in _touched(group, *given) for word in options)
        if is_asked and (len(given) < len(both) or not answered):
            found.append(group)
    return found


def _by_group(rows: Sequence[PeerRow], function: str, library: str) -> dict[str, PeerRow]:
    return {r.group: r for r in rows if r.library == library and r.function == function}


def _check_names(rows: Sequence[PeerRow], function: str, start: str, target: str) -> None:
    libraries = list(dict.fromkeys(row.library for row in rows))
    functions = list(dict.fromkeys(row.function for row in rows))
    asked = ((start, libraries, ""), (target, libraries, ""), (function, functions, "function "))
    for name, known, kind in asked:
        if name not in known:
            near = get_close_matches(name, known, 3, 0.5)
            said = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(known)}"
            raise PortingError(f"peers.csv has no {kind}{name}: {said}")


def _check_options(rows: Sequence[PeerRow], options: Sequence[str]) -> None:
    """A word that no question has would be taken for one that makes no difference."""
    for word in options:
        if not any(word in _touched(row.group, row) for row in rows):
            groups = "; ".join(dict.fromkeys(row.group for row in rows))
            raise PortingError(f"no question about {rows[0].function} has {word!r}: {groups}")


def _touched(group: str, *rows: PeerRow) -> str:
    return " ".join((group, *(f"{row.convention} {row.said}" for row in rows)))


def _what(row: PeerRow) -> str:
    """What came out; how many roundings are none of it."""
    if row.convention:
        return row.convention
    return RIGHT if row.verdict in (WITHIN, IDENTICAL) else f"{row.verdict}: {row.said}"


def _change(function: str, group: str, here: PeerRow, there: PeerRow) -> Change:
    return Change(function, group, _what(here), _what(there), form_of(function, group, there))


def form_of(function: str, group: str, target: PeerRow) -> str:
    """How to get what the target does; "" where no form is known."""
    if group.startswith(f"{DEFAULTS}: "):
        return f"say it: {target.convention.replace(' is ', '=')}"
    said = target.convention
    return FORMS_OF.get((function, said)) or FORMS.get(said, "")

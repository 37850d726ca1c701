"""From one framework to another: which conventions differ, and the form that gives the other's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    "a NaN is passed over": "put the lowest number for NaN before pooling",
    "NaN stays NaN": "where(isnan(x), x, relu(x))",
    "NaN becomes 0": "relu(where(isnan(x), 0, x))",
    "the derivative at 0 is 0": "where(x > 0, x, 0)",
    "the derivative at 0 is 1": "where(x >= 0, x, 0)",
    "the derivative at 0 is ½": "(x + |x|)/2, with a derivative of |·| that is 0 at 0",
    "the derivative at 0 is the slope": "where(x > 0, x, slope·x)",
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
    "the odd zero stands behind": "pad by hand, ⌊t/2⌋ in front and ⌈t/2⌉ behind, then “valid”",
    "the odd zero stands in front": "pad by hand, ⌈t/2⌉ in front and ⌊t/2⌋ behind, then “valid”",
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
    known = list(dict.fromkeys(row.library for row in rows))
    for name in (start, target):
        if name not in known:
            raise PortingError(f"peers.csv has no {name}: it has {', '.join(known)}")
    if not any(row.function == function for row in rows):
        raise PortingError(f"peers.csv has no function {function}")
    by_group = {
        library: {r.group: r for r in rows if r.library == library and r.function == function}
        for library in (start, target)
    }
    return [
        _change(function, group, here, there)
        for group, here in by_group[start].items()
        for there in [by_group[target].get(group)]
        if there is not None
        and _what(here) != _what(there)
        and {here.verdict, there.verdict} != {MISSING}
        and (not options or any(word in _touched(group, here, there) for word in options))
    ]


def _touched(group: str, *rows: PeerRow) -> str:
    return " ".join((group, *(f"{row.convention} {row.said}" for row in rows)))


def _what(row: PeerRow) -> str:
    """What came out; how many roundings are none of it."""
    if row.convention:
        return row.convention
    return RIGHT if row.verdict in (WITHIN, IDENTICAL) else f"{row.verdict}: {row.said}"


def _change(function: str, group: str, here: PeerRow, there: PeerRow) -> Change:
    return Change(function, group, _what(here), _what(there), form_of(group, there))


def form_of(group: str, target: PeerRow) -> str:
    """How to get what the target does; "" where no form is known."""
    if group.startswith(f"{DEFAULTS}: "):
        return f"say it: {target.convention.replace(' is ', '=')}"
    return FORMS.get(target.convention, "")

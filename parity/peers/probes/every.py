"""All probes, in the order in which they are asked."""

from __future__ import annotations

from functools import cache

from parity.peers.probe import Probe
from parity.peers.probes.digits_that_go import division, integers, long_sums, values_lost
from parity.peers.probes.labels_and_weights import soft_labels
from parity.peers.probes.left_to_the_library import defaults
from parity.peers.probes.padded_windows import ceil_modes, paddings, same_paddings
from parity.peers.probes.slopes_at_kinks import kinks
from parity.peers.probes.ties_and_nan import not_a_number, ties


@cache
def probes() -> tuple[Probe, ...]:
    """Those first that say most. Each of their numbers follows from the convention that stands
    beside it, by hand or by the formula; none was taken from a library."""
    return (
        *ties(),
        *not_a_number(),
        *kinks(),
        *paddings(),
        *ceil_modes(),
        *same_paddings(),
        *defaults(),
        *soft_labels(),
        *values_lost(),
        *division(),
        *integers(),
        *long_sums(),
    )

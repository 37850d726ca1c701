"""The witness of properties: a case, asked for everything that any function must have."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from parity.cases.case import Case
from parity.results.findings import Findings
from parity.results.rows import WitnessRow
from parity.results.settings import Settings
from parity.results.verdicts import AGREES, OUTSIDE, PROPERTIES
from parity.witnesses.properties.arguments import written_otherwise
from parity.witnesses.properties.conventions import other_conventions
from parity.witnesses.properties.dtypes import half_precision, integers_as_float64
from parity.witnesses.properties.indices import with_indices
from parity.witnesses.properties.kinds import of_right_kind
from parity.witnesses.properties.layers import as_layer
from parity.witnesses.properties.layouts import laid_out_otherwise
from parity.witnesses.properties.linearity import linear_in_upstream
from parity.witnesses.properties.memory import in_own_memory
from parity.witnesses.properties.samples import samples_apart
from parity.witnesses.properties.situation import Situation, situation
from parity.witnesses.properties.sizes import sizes_as_counted
from parity.witnesses.properties.state import backward_first, repeated, without_state
from parity.witnesses.properties.zeros import signs_of_zeros

Property = Callable[[Situation], Iterator[str]]

# Behind a backward before any forward, three look at the first call, in this order: what it was
# given, what came back, its arrays with other numbers in them. The last repeats it.
ALL: tuple[Property, ...] = (
    backward_first,
    in_own_memory,
    of_right_kind,
    without_state,
    written_otherwise,
    integers_as_float64,
    half_precision,
    linear_in_upstream,
    samples_apart,
    laid_out_otherwise,
    signs_of_zeros,
    as_layer,
    with_indices,
    other_conventions,
    sizes_as_counted,
    repeated,
)


def check_properties(case: Case, dtype: str, settings: Settings) -> Findings:
    """One case in a dtype: the first property that it lacks, if it lacks one."""
    given = situation(case, dtype, settings.seed, settings.sides(dtype), settings.device)
    with np.errstate(all="ignore"):
        faults = [fault for name in ALL for fault in asked(name, given)]
    names = ("y", *given.call.gradient_names)
    return Findings(
        witnesses=[
            property_row(case.id, case.function, "", dtype, names, given.call.dy.size, faults)
        ]
    )


def property_row(
    case: str,
    function: str,
    network: str,
    dtype: str,
    tensors: tuple[str, ...],
    elements: int,
    faults: list[str],
) -> WitnessRow:
    """What was found, in a row: the first sentence, and how many more there are."""
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    note = f"{faults[0]}{more}" if faults else ""
    verdict = OUTSIDE if faults else AGREES
    said = " ".join(tensors)
    return WitnessRow(
        case, function, network, dtype, PROPERTIES, said, elements, verdict, None, note
    )


def asked(name: Property, given: Situation) -> Iterator[str]:
    """The faults of one property; code that raises lacks it."""
    try:
        yield from name(given)
    except Exception as error:
        yield f"{name.__name__.replace('_', ' ')}: {type(error).__name__}: {error}"

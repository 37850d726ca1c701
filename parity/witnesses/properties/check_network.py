"""The witness of properties: a network, asked for everything that any network must have."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from parity.cases.network_case import NetworkCase
from parity.results.findings import Findings
from parity.results.settings import Settings
from parity.witnesses.properties.architectures import built_as_promised
from parity.witnesses.properties.check import property_row
from parity.witnesses.properties.descents import descends_by_steps, trained_by_steps
from parity.witnesses.properties.initial import initial_weights
from parity.witnesses.properties.networks import (
    follows_its_arguments,
    one_layer_twice,
    updates_what_it_is_given,
)

Ask = Callable[[NetworkCase, str, Settings], Iterator[str]]

ALL: tuple[Ask, ...] = (
    initial_weights,
    trained_by_steps,
    descends_by_steps,
    follows_its_arguments,
    one_layer_twice,
    updates_what_it_is_given,
    built_as_promised,
)


def check_network_properties(case: NetworkCase, dtype: str, settings: Settings) -> Findings:
    """A network: its initial weights, its training if it has one, its gradients, what builds it."""
    faults: list[str] = []
    with np.errstate(all="ignore"):
        for ask in ALL:
            try:
                faults += ask(case, dtype, settings)
            except Exception as error:
                faults.append(f"{ask.__name__.replace('_', ' ')}: {type(error).__name__}: {error}")
    network = case.network(dtype, settings.seed)
    sizes = [p.size for layer in network.layers.values() for p in layer.parameters.values()]
    row = property_row(case.name, "", case.name, dtype, ("weights",), sum(sizes), faults)
    return Findings(witnesses=[row])

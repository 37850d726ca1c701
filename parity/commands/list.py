"""`parity list`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parity.commands.ending import wrong_call
from parity.commands.options import Dtype, Shapes


def list_cases(
    name: Annotated[
        str | None,
        typer.Argument(help="a function or network: its cases, also those made of pairs"),
    ] = None,
    shapes: Shapes = None,
) -> None:
    """List the functions and networks, the cases of one of them, or the layers of a file."""
    if shapes:
        list_layers(shapes, [name] if name else [])
        return
    from parity.cases.catalogue import BAD, GOOD
    from parity.cases.chains import CHAINS
    from parity.cases.covering.every import TABLES, pair_cases
    from parity.cases.functions import FUNCTIONS, forward_of
    from parity.cases.networks import NETWORKS
    from parity.results.settings import DEFAULT_SEED
    from parity.suite.selection import SelectionError, names_meant
    from parity.suite.tasks import select

    if name is None:
        for function in dict.fromkeys(case.function for case in GOOD):
            good = sum(case.function == function for case in GOOD)
            bad = sum(forward_of(case.function) == function for case in BAD)
            typer.echo(f"{function}: {good} cases, {bad} bad inputs")
        for network in NETWORKS.values():
            training = f", {network.steps} steps of training" if network.steps else ""
            behind = ", with --full or by name" if network.full else ""
            typer.echo(f"{network.name}: network{training}{behind}")
        return
    try:
        meant = names_meant(name, [*FUNCTIONS, *NETWORKS, *CHAINS])
    except SelectionError as error:
        wrong_call(error)
    for one in meant:
        tasks = select([one], None, [d.value for d in Dtype], witnesses=False)
        for task_id in dict.fromkeys(t.id for t in tasks if t.kind in ("case", "network")):
            typer.echo(task_id)
        for case in pair_cases(one, DEFAULT_SEED) if one in TABLES else ():
            typer.echo(case.id)


def list_layers(file: Path, names: list[str]) -> None:
    """Each layer of a file with all its sizes, those too that are not written there."""
    from parity.own_data.layers import read_layers
    from parity.suite.own_layers import layers_meant

    try:
        layers = layers_meant(read_layers(file), names, None)
    except ValueError as error:  # OwnDataError, SelectionError
        wrong_call(error)
    for layer in layers:
        typer.echo(str(layer))

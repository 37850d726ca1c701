"""The networks: how far refimpl and torch are apart in each, layer by layer and step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from parity.cases.networks import NETWORKS
from parity.page.bilingual import both
from parity.page.figures import rough
from parity.page.layer_plot import layer_plot
from parity.page.network_rows import in_roundings, name_of, networks_of
from parity.page.tables import Tables, numbers
from parity.page.training_plot import training_plot
from parity.results.verdicts import BLIND, EMPTY, OUTSIDE

TITLE = "Networks"
LOST = 2**10  # times as far from the exact value as the other side


def context(tables: Tables) -> dict[str, Any] | None:
    """What the networks' template names; None where no network was run."""
    failed = _failed(tables.summary)
    found: list[dict[str, Any]] = []
    for network, tensors in networks_of(tables):
        training = _training(tables.training, network)
        found.append(
            {
                "name": network,
                "layers": list(dict.fromkeys(next(iter(tensors.values()))["layer"])),
                "dtypes": {
                    dtype: _in_dtype(rows, dtype, training.get(dtype), failed.get((network, dtype)))
                    for dtype, rows in tensors.items()
                },
                "layer_plot": layer_plot(network, tensors),
                "training_plot": training_plot(network, training) if training else None,
            }
        )
    if not found:
        return None
    return {
        "networks": found,
        "failing": _names(found, "more than rounding"),
        "unseen": _names(found, "cannot tell"),
        "blind": sum(one["blind"] for network in found for one in network["dtypes"].values()),
        "free": sum(len(one["rows"]) for network in found for one in network["dtypes"].values()),
        "branches": any(one["branches"] for network in found for one in network["dtypes"].values()),
    }


def _training(training: pd.DataFrame, network: str) -> dict[str, pd.DataFrame]:
    """By dtype."""
    if training.empty:
        return {}
    rows = training[training["network"] == network]
    return {str(dtype): found for dtype, found in rows.groupby("dtype", sort=False)}


def _failed(summary: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """By network and dtype the rows that are outside, of all ways to run it."""
    if summary.empty:
        return {}
    rows = summary[(summary["network"] != "") & (summary["verdict"] == OUTSIDE)]
    return {(str(n), str(d)): found for (n, d), found in rows.groupby(["network", "dtype"])}


def _names(found: list[dict[str, Any]], verdict: str) -> list[str]:
    """The networks with this verdict in a dtype."""
    return [
        network["name"]
        for network in found
        if any(one["verdict"] == verdict for one in network["dtypes"].values())
    ]


def _in_dtype(
    tensors: pd.DataFrame, dtype: str, training: pd.DataFrame | None, failed: pd.DataFrame | None
) -> dict[str, Any]:
    """One network in one dtype: what is said, the row of the overview, the table."""
    tensors = tensors.assign(
        name=[name_of(tensor) for _, tensor in tensors.iterrows()],
        roundings=in_roundings(tensors, "free", dtype),
        roundings_local=in_roundings(tensors, "local", dtype),
    )
    sentences = [
        *(_each_by_itself(tensors) if failed is None else _outside(failed)),
        *_running_free(tensors),
        *_branches(tensors),
        *_blind(tensors),
        *_exact(tensors),
        *(_trained(training) if training is not None else ()),
    ]
    return {
        "sentences": sentences,
        "verdict": verdict_of(tensors, failed),
        "blind": int((tensors["verdict_free"] == BLIND).sum()),
        "branches": bool(len(_branching(tensors))),
        "farthest": _largest(tensors, "max_abs_error_free"),
        "closest": _largest(tensors, "worst_ratio_local"),
        "free": _largest(tensors, "worst_ratio_free"),
        "trained": _apart(training) if training is not None else None,
        "rows": tensors.to_dict("records"),
    }


def verdict_of(tensors: pd.DataFrame, failed: pd.DataFrame | None) -> str:
    """Whether the differences are rounding, as each layer from identical inputs says.

    "rounding", "more than rounding"; "cannot tell" where a tensor could not have shown a mistake.
    """
    if failed is not None:
        return "more than rounding"
    unseen = tensors["verdict_local"].isin([BLIND, EMPTY]) | tensors["verdict_local"].isna()
    return "cannot tell" if unseen.any() else "rounding"


def _largest(tensors: pd.DataFrame, column: str) -> dict[str, Any] | None:
    """The row in which a column is largest; None where there is no number."""
    known = tensors[tensors[column].notna()]
    if known.empty:
        return None
    row = known.iloc[int(known[column].argmax())]
    return {str(name): value for name, value in row.items()}


# --- what is said -------------------------------------------------------------------------


def _outside(failed: pd.DataFrame) -> Iterator[Markup]:
    first = failed.iloc[0]
    if "" in (first["refimpl_value"], first["torch_value"]):
        yield both(
            "Tensors outside their bound, of all ways to run it: {count}; the first is {tensor} in "
            "{case}: {note}",
            count=len(failed),
            tensor=name_of(first),
            case=first["case"],
            note=first["note"],
        )
        return
    yield both(
        "Tensors outside their bound, of all ways to run it: {count}; the first is {tensor} in "
        "{case}, where refimpl has {refimpl} and torch {torch}, {ratio} times the bound.",
        count=len(failed),
        tensor=name_of(first),
        case=first["case"],
        refimpl=first["refimpl_value"],
        torch=first["torch_value"],
        ratio=rough(float(first["worst_ratio"])),
    )


def _each_by_itself(tensors: pd.DataFrame) -> Iterator[Markup]:
    worst = _largest(tensors, "worst_ratio_local")
    if worst is None:
        return
    unseen = int(tensors["verdict_local"].isin([BLIND, EMPTY]).sum())
    if unseen:
        yield both(
            "Each tensor, computed by both sides from identical "
            "inputs, is within its bound for rounding, at most {ratio} of it ({tensor}); but "
            "{count} of them could not have shown a mistake.",
            ratio=rough(worst["worst_ratio_local"]),
            tensor=worst["name"],
            count=unseen,
        )
        return
    coarsest = _largest(tensors, "resolution_local")
    yield both(
        "Each of the {count} tensors, computed by both sides from "
        "identical inputs, is within its bound for rounding: at most {ratio} of it ({tensor}). "
        "A tensor too large by {resolution} % would have been refused in any of them.",
        count=len(tensors),
        ratio=rough(worst["worst_ratio_local"]),
        tensor=worst["name"],
        resolution=rough(100 * coarsest["resolution_local"]) if coarsest else "0",
    )


def _running_free(tensors: pd.DataFrame) -> Iterator[Markup]:
    farthest = _largest(tensors, "max_abs_error_free")
    if farthest is None:
        return
    apart = tensors[tensors["max_abs_error_free"] > 0]
    if apart.empty:
        yield both(
            "Running free from the same weights and inputs, both sides are equal throughout."
        )
        return
    said = (
        "Running free from the same weights and inputs, the difference starts in {first} and is at "
        "most {difference}, in {tensor}: {roundings} roundings (u times the largest |value| "
        "there), {ratio} of the accumulated bound."
        if farthest["worst_ratio_free"] > 0
        else "Running free from the same weights and inputs, the difference starts in {first} and "
        "is at most {difference}, in {tensor}: {roundings} roundings (u times the largest |value| "
        "there); the accumulated bound has grown beyond all numbers there."
    )
    yield both(
        said,
        first=apart.iloc[0]["name"],
        difference=rough(farthest["max_abs_error_free"]),
        tensor=farthest["name"],
        roundings=rough(farthest["roundings"]),
        ratio=rough(farthest["worst_ratio_free"]),
    )


def _branching(tensors: pd.DataFrame) -> pd.DataFrame:
    """The tensors in which rounding has decided between two branches, and it shows."""
    return tensors[(tensors["kinks_free"] > 0) & (tensors["roundings"] > LOST)]


def _branches(tensors: pd.DataFrame) -> Iterator[Markup]:
    found = _branching(tensors)
    if found.empty:
        return
    yield both(
        "From {tensor} on single elements are farther apart: in {count} places there rounding may "
        "decide which element of a window is the maximum, or which side of a kink a value is on, "
        "and the gradient goes another way. From identical inputs both sides decide alike.",
        tensor=found.iloc[0]["name"],
        count=int(found.iloc[0]["kinks_free"]),
    )


def _blind(tensors: pd.DataFrame) -> Iterator[Markup]:
    blind = tensors[tensors["verdict_free"] == BLIND]
    if blind.empty:
        return
    yield both(
        "The accumulated bound is a worst case that grows with each layer: {count} of the "
        "{all} tensors, the first of them {tensor}, are blind there and count for nothing (grey).",
        count=len(blind),
        all=len(tensors),
        tensor=blind.iloc[0]["name"],
    )


def _exact(tensors: pd.DataFrame) -> Iterator[Markup]:
    ours, theirs = (_largest(tensors, f"{side}_roundings_local") for side in ("refimpl", "torch"))
    if ours is None or theirs is None:
        return
    yield both(
        "Against the exact values refimpl is off by at most {ours} roundings ({our_tensor}), torch "
        "by {theirs} ({their_tensor}).",
        ours=rough(ours["refimpl_roundings_local"]),
        our_tensor=ours["name"],
        theirs=rough(theirs["torch_roundings_local"]),
        their_tensor=theirs["name"],
    )
    if theirs["torch_roundings_local"] > LOST * (theirs["refimpl_roundings_local"] or 0):
        yield both(
            "In {tensor} torch loses digits; the bound of its own formula allows that.",
            tensor=theirs["name"],
        )


def _apart(training: pd.DataFrame) -> dict[str, Any]:
    """How far the losses and the weights of both sides come apart."""
    return {
        name: float(numbers(training[f"{name}_difference"]).max()) for name in ("loss", "weight")
    }


def _trained_on(network: str) -> Iterator[Markup]:
    """Learning rate and batches, of a network of the catalogue."""
    case = NETWORKS.get(network)
    if case is None:
        return
    batches = case.data("float32", 0)
    same = all(np.array_equal(x, batches[0][0]) for x, _ in batches)
    yield both(
        "Training takes the same {n} samples at each step; its learning rate is {rate}."
        if same
        else "Training takes {n} other samples at each step; its learning rate is {rate}.",
        n=len(batches[0][0]),
        rate=f"{case.learning_rate:g}",
    )


def _trained(training: pd.DataFrame) -> Iterator[Markup]:
    apart = _apart(training)
    yield from _trained_on(str(training["network"].iloc[0]))
    yield both(
        "In {steps} steps of training the loss goes from {before} to {after} (torch: "
        "{theirs}); the losses of the two sides differ by at most {loss}, their weights by "
        "{weight}; each step, repeated from identical weights, takes at most {ratio} of a bound.",
        steps=len(training),
        before=f"{numbers(training['refimpl_loss']).iloc[0]:.4f}",
        after=f"{numbers(training['refimpl_loss']).iloc[-1]:.4f}",
        theirs=f"{numbers(training['torch_loss']).iloc[-1]:.4f}",
        loss=rough(apart["loss"]),
        weight=rough(apart["weight"]),
        ratio=rough(float(numbers(training["local_worst_ratio"]).max())),
    )
    blind = training[training["accumulated_verdict"] == BLIND]
    if not blind.empty:
        yield both(
            "From step {step} on the bound of two trainings that run free says nothing any more.",
            step=blind.iloc[0]["step"],
        )

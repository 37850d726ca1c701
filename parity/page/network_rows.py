"""What the reports say of a network, a row for each tensor in the order of computation."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from parity.page.tables import Tables, numbers

UNIT_ROUNDOFF = {"float32": 2.0**-24, "float64": 2.0**-53}
READ = (
    *("max_abs_error", "worst_ratio", "bound_over_value", "largest_value", "resolution"),
    *("refimpl_roundings", "torch_roundings", "kinks"),
)
KEYS = ["layer", "function", "tensor", "direction"]
JUDGED = ["verdict", *READ]
OF_EACH = [*KEYS, *JUDGED]
FREE, LOCAL = "accumulated", "local"


def networks_of(tables: Tables) -> Iterator[tuple[str, dict[str, pd.DataFrame]]]:
    """Each network of a report, in its order, and its tensors by dtype."""
    summary = tables.summary
    if summary.empty:
        return
    rows = summary[summary["kind"].isin([FREE, LOCAL])]
    rows = rows.assign(**{name: numbers(rows[name]) for name in READ if name in rows})
    for network, of_it in rows.groupby("network", sort=False):
        yield (
            str(network),
            {str(dtype): _tensors(found) for dtype, found in of_it.groupby("dtype", sort=False)},
        )


def _tensors(rows: pd.DataFrame) -> pd.DataFrame:
    """Both ways to run a network side by side: columns end in _free and _local.

    The rows of both sides running free stand forward, then backward; the others may not. What
    has a local row alone stands behind the others of its direction.
    """
    rows = rows.reindex(columns=["kind", *OF_EACH])
    free, local = (rows[rows["kind"] == kind][OF_EACH] for kind in (FREE, LOCAL))
    order = pd.concat([free, local])[KEYS].drop_duplicates()
    order = order.sort_values("direction", ascending=False, kind="stable")  # forward first
    free = free.rename(columns={name: f"{name}_free" for name in JUDGED})
    local = local.rename(columns={name: f"{name}_local" for name in JUDGED})
    return order.merge(free, how="left", on=KEYS).merge(local, how="left", on=KEYS)


def in_roundings(tensors: pd.DataFrame, how: str, dtype: str) -> pd.Series[float]:
    """The largest differences, in roundings of the tensor's largest |value|.

    how: "free" or "local".
    """
    size = UNIT_ROUNDOFF[dtype] * tensors[f"largest_value_{how}"]
    return tensors[f"max_abs_error_{how}"] / size.where(size > 0)


def bound_in_roundings(tensors: pd.DataFrame, how: str, dtype: str) -> pd.Series[float]:
    """The largest bounds in the same unit."""
    return tensors[f"bound_over_value_{how}"] / UNIT_ROUNDOFF[dtype]


def name_of(tensor: pd.Series[str]) -> str:
    """A tensor by its layer and its name there.

    >>> name_of(pd.Series({"layer": "fc1", "tensor": "dweight"}))
    'fc1 dweight'
    """
    same = tensor["layer"] == tensor["tensor"]
    return str(tensor["tensor"] if same else f"{tensor['layer']} {tensor['tensor']}")

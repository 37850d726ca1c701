"""A disagreement in words: what, where, both values, how far, who is right."""

from __future__ import annotations

from parity.cases.functions import backward_of
from parity.results.rows import Row


def describe(row: Row, command: str = "") -> str:
    """A disagreement: what, where, both values, how far, who is right, how to see it again.

    command: what runs it again, where that is not `parity run`.
    """
    what = _tensor_name(row)
    case = "" if row.network else f" · case {case_name(row)}"
    way = row.case.removeprefix(row.network) if row.network else ""
    where = f" · {way}" if way else ""
    said = [
        f"FAIL {what}{case}{where} · {row.dtype} · seed {row.seed}: {_how_many(row)}",
        f"     {_worst(row)}",
        f"     {row.opinion}" if row.opinion else "",
        f"     again: {command or again(row)}",
    ]
    return "\n".join(filter(None, said))


def _tensor_name(row: Row) -> str:
    if row.network:
        return " ".join(filter(None, (row.network, row.layer, row.tensor)))
    function = backward_of(row.function) if row.tensor.startswith("d") else row.function
    return f"{function} {row.tensor}".strip()


def case_name(row: Row) -> str:
    """What a case is called beside its function."""
    return row.case.removeprefix(f"{row.function}[").removesuffix("]")


def _how_many(row: Row) -> str:
    if row.note and (row.refimpl_value is None or not row.outside):
        return row.note
    said = f"{row.outside} of {row.elements} elements outside the bound"
    rest = row.note.removesuffix(row.opinion).removesuffix("; ")  # that has a line of its own
    return f"{said} ({rest})" if rest else said


def _worst(row: Row) -> str:
    if row.refimpl_value is None and row.torch_value is None:
        return "no value to compare"
    ours, theirs = _pair(row.refimpl_value, row.torch_value)
    if row.refimpl_value is None or row.torch_value is None:
        return f"first difference at {row.worst_index}: refimpl {ours}, torch {theirs}"
    if not row.compared:
        return f"at {row.worst_index}: refimpl {ours}, torch {theirs}"
    difference = abs(row.refimpl_value - row.torch_value)
    return (
        f"worst at {row.worst_index}: refimpl {ours}, torch {theirs}; "
        f"difference {difference:.1e}, bound {row.bound_at_worst:.1e}, "
        f"{row.worst_ratio:.3g} times over"
    )


def _pair(ours: float | None, theirs: float | None) -> tuple[str, str]:
    """Both values with as many digits as it takes to tell them apart."""
    for digits in range(6, 18):
        a, b = ("nothing" if v is None else f"{v:.{digits}g}" for v in (ours, theirs))
        if a != b:
            break
    return a, b


def again(row: Row) -> str:
    """The command that runs this case alone."""
    what = row.network or f"{row.function} --case '{case_name(row)}'"
    device = "" if row.device == "cpu" else f" --device {row.device}"
    return (
        f"parity run {what} --dtype {row.dtype}{device} --seed {row.seed}{row.override}{row.shapes}"
    )

"""What a run says of the witnesses beside torch."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from parity.cases.functions import backward_of
from parity.report.failures import BLOCKS, also
from parity.results.rows import WitnessRow
from parity.results.verdicts import AGREES, IDENTICAL, INAPPLICABLE, OUTSIDE, UNDECIDED

WORST_FIRST = (OUTSIDE, UNDECIDED, AGREES, INAPPLICABLE)


def witness_notes(rows: Sequence[WitnessRow]) -> list[str]:
    """One line for each witness: its verdicts, and how likely it is to be deceived."""
    return [
        _note(name, [row for row in rows if row.witness == name])
        for name in dict.fromkeys(row.witness for row in rows)
    ]


def _note(name: str, rows: Sequence[WitnessRow]) -> str:
    counts = Counter(row.verdict for row in rows)
    verdicts = [
        *(v for v in WORST_FIRST if counts[v]),
        *(v for v in counts if v not in WORST_FIRST),
    ]
    said = [f"{counts[v]} {v}{_why([row for row in rows if row.verdict == v])}" for v in verdicts]
    chances = [row.false_accept for row in rows if row.false_accept is not None]
    if chances:
        said.append(f"a wrong one passes with probability 2^{max(chances):.3g}")
    return f"{name}: {'; '.join(said)}"


def _why(rows: Sequence[WitnessRow]) -> str:
    """How often which reason is given: what stands before the colon of a note."""
    reasons = Counter(row.note.rpartition("; ")[2].partition(":")[0] for row in rows)
    del reasons[""]
    if not reasons or rows[0].verdict in (OUTSIDE, IDENTICAL):
        return ""
    return f" ({', '.join(f'{count} {reason}' for reason, count in reasons.items())})"


def refutations(rows: Sequence[WitnessRow], seed: int, shapes: str = "") -> list[str]:
    """The messages of the witnesses that stand against something: one for each and function.

    shapes: the option for the file that has the cases.
    """
    alike: dict[tuple[str, str], list[WitnessRow]] = defaultdict(list)
    for row in rows:
        alike[row.network or row.function, row.witness].append(row)
    said = [_block(found, seed, shapes) for found in list(alike.values())[:BLOCKS]]
    rest = sum(map(len, list(alike.values())[BLOCKS:]))
    return [*said, f"… and {rest} more: verdict `outside` in witnesses.csv"] if rest else said


def _block(rows: Sequence[WitnessRow], seed: int, shapes: str) -> str:
    """The first of them, then how many others there are."""
    first, *others = rows
    names = dict.fromkeys(_case_name(row) for row in others if row.case != first.case)
    beside = [f"     all in all {len(rows)} times{also(names)}"] if others else []
    return "\n".join([describe(first, seed, shapes), *beside])


def describe(row: WitnessRow, seed: int, shapes: str = "") -> str:
    """What a witness stands against, why, and how to see it again."""
    judged_forward = "y" in row.tensors.split()
    what = row.network or (row.function if judged_forward else backward_of(row.function))
    case = "" if row.network or row.case == row.function else f" · case {_case_name(row)}"
    dtype = f" · {row.dtype}" if row.dtype else ""
    return "\n".join(
        (
            f"FAIL {what}{case} · witness {row.witness}{dtype} · seed {seed}: {row.note}",
            f"     again: {again(row, seed)}{shapes}",
        )
    )


def _case_name(row: WitnessRow) -> str:
    return row.case.removeprefix(f"{row.function}[").removesuffix("]")


def again(row: WitnessRow, seed: int) -> str:
    """The command that asks this witness again."""
    what = row.network or row.function
    case = f" --case '{_case_name(row)}'" if row.dtype and not row.network else ""
    dtype = f" --dtype {row.dtype}" if row.dtype else ""
    return f"parity run {what}{case}{dtype} --seed {seed}"


def name(row: WitnessRow) -> str:
    """What a witness and its case are called among a run's tests."""
    return " ".join(filter(None, (row.witness, row.case, row.dtype)))

"""The messages of a run that does not hold: one block for what fails alike, then why.

A block is about one tensor of a function, or one way of running a network. Its smallest case is
written out, as it is the easiest to look into; the others are counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from parity.candidates.words import cause_lines
from parity.report.text import group
from parity.results.findings import Findings
from parity.results.message import case_name, describe
from parity.results.rows import Row

BLOCKS = 20  # written out; the rest are in summary.csv
NAMED = 5  # other cases that are named


def failures(findings: Findings) -> list[str]:
    """Functions first, as what fails there fails in networks, too; bad inputs last."""
    blocks = _blocks(findings.failures)
    said = [_block(rows, findings.judged) for rows in blocks[:BLOCKS]]
    if len(blocks) > BLOCKS:
        rest = sum(map(len, blocks[BLOCKS:]))
        said.append(f"… and {rest} more tensors: verdict `outside` in summary.csv")
    said += _diagnoses(findings)
    return said + [f"FAIL bad input {r.case}: {r.message}" for r in findings.accepted]


def _blocks(rows: Sequence[Row]) -> list[list[Row]]:
    """What fails alike: one tensor of a function, one way of running a network."""
    alike: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: bool(row.network)):
        alike[group(row), "" if row.network else row.tensor].append(row)
    return list(alike.values())


def _block(rows: Sequence[Row], judged: Sequence[Row]) -> str:
    """The case to look into, then how many others there are."""
    first, *others = rows if rows[0].network else sorted(rows, key=_size)
    return "\n".join([describe(first), *_beside(first, others, judged)])


def _size(row: Row) -> tuple[bool, int]:
    """What can be compared element by element comes first, and of that the smallest."""
    return not row.compared, row.elements


def _beside(first: Row, others: Sequence[Row], judged: Sequence[Row]) -> Iterator[str]:
    if not others:
        return
    dtypes = " and ".join(sorted({first.dtype, *(row.dtype for row in others)}))
    if first.network:
        names = dict.fromkeys(f"{row.layer} {row.tensor}".strip() for row in others)
        where = f"in {dtypes}"
    else:
        names = dict.fromkeys(case_name(row) for row in others if row.case != first.case)
        alike = {row.case for row in judged if (group(row), row.tensor) == _key(first)}
        where = f"in {len({first.case, *(row.case for row in others)})} of {len(alike)} cases"
        where += f", {dtypes}"
    yield f"     all in all {len(others) + 1} tensors {where}{also(names)}"


def also(names: Collection[str]) -> str:
    """The first of some others by name, and how many there are behind them.

    >>> also(["padding 1", "stride 2"])
    "; also 'padding 1', 'stride 2'"
    """
    named = ", ".join(f"'{name}'" for name in list(names)[:NAMED])
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"; also {named}{more}" if names else ""


def _key(row: Row) -> tuple[str, str]:
    return group(row), row.tensor


def _diagnoses(findings: Findings) -> Iterator[str]:
    """What the wrong numbers of each function look like."""
    for function, side in dict.fromkeys((cause.function, cause.side) for cause in findings.causes):
        found = [c for c in findings.causes if (c.function, c.side) == (function, side)]
        yield "\n".join([f"{function}, {side}’s numbers:", *cause_lines(found, answers=True)])

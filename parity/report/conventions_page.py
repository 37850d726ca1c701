"""docs/conventions.md: what frameworks do, from a peers.csv."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from parity.peers.group_verdicts import (
    ADAPTER,
    CASES,
    CONVENTION,
    DIFFERS,
    IDENTICAL,
    MISSING,
    WITHIN,
    PeerRow,
)
from parity.peers.probes.topics import TOPICS

SIGNS = {WITHIN: "w", IDENTICAL: "=", CONVENTION: "c", DIFFERS: "d", MISSING: "–", ADAPTER: "?"}
ABOUT = {
    "ties": "Equal maxima: who gets the gradient.",
    "NaN": "A NaN among other numbers.",
    "kinks": "The derivative where there is none.",
    "padding": "What padding holds, and what the library counts unless it is told.",
    "ceil_mode": "The last window, which hangs over.",
    "same": "Where “same” puts its zeros.",
    "defaults": "What a library takes where nothing is said.",
    "soft labels": "Targets that are probabilities, weights of classes.",
    "integers": "Sums of integers below 2²⁴, which any direct sum gives exactly.",
    "long sums": "A million equal numbers.",
    "division": "0 … 255 over 255 in float32.",
    "values lost": "Where a right formula keeps its digits.",
}


def conventions_page(rows: Sequence[PeerRow]) -> str:
    """The page as Markdown."""
    return "\n".join([*_head(rows), *_libraries(rows), *_topics(rows), *_cases(rows)]) + "\n"


def _head(rows: Sequence[PeerRow]) -> Iterator[str]:
    begun = runs(rows)
    when = begun[0] if len(begun) == 1 else f"in {len(begun)} runs ({', '.join(begun)})"
    yield "# What frameworks do with the same layer"
    yield ""
    yield f"Measured by `parity peers`, {when}."
    yield "Made from its table, in which each row has its date;"
    yield "[what the words mean](peers.md#what-it-says). Nothing here is taken from a manual: each"
    yield "convention was recognised from the numbers that came out."
    yield ""


def runs(rows: Sequence[PeerRow]) -> list[str]:
    """When each run began that rows are from."""
    return sorted({row.date for row in rows})


def incomplete(rows: Sequence[PeerRow]) -> dict[str, str]:
    """Of each library that was not asked all: why."""
    return {row.library: row.incomplete for row in rows if row.incomplete}


COUNTED = (WITHIN, IDENTICAL, CONVENTION, DIFFERS, MISSING)


def libraries(rows: Sequence[PeerRow]) -> list[tuple[str, str, list[int]]]:
    """Each library, its version and how many rows have each verdict of `COUNTED`."""
    found = []
    for library in _names(rows):
        own = [row for row in rows if row.library == library]
        counts = Counter(row.verdict for row in own)
        found.append((library, own[0].version, [counts[verdict] for verdict in COUNTED]))
    return found


def _libraries(rows: Sequence[PeerRow]) -> Iterator[str]:
    yield "| library | version | within | identical | convention | differs | missing |"
    yield "|---|---|---|---|---|---|---|"
    for library, version, counts in libraries(rows):
        yield f"| {library} | {version} | {' | '.join(map(str, counts))} |"
    yield ""
    for library, why in incomplete(rows).items():
        yield f"- {library} is incomplete: {why}. It was asked no further."
    if not incomplete(rows):
        yield "Each was asked all of it, a compiler until it had answered 15."
    yield ""


def _names(rows: Iterable[PeerRow]) -> list[str]:
    return list(dict.fromkeys(row.library for row in rows))


# --- probes -------------------------------------------------------------------------------


class Answer(NamedTuple):
    """What comes out of a probe, in these libraries; differs: it is no right answer."""

    function: str
    question: str
    what: str
    differs: bool
    libraries: list[str]


def answers(rows: Sequence[PeerRow], topic: str) -> list[Answer]:
    """Of each probe of a topic what comes out, the most frequent first."""
    own = [row for row in rows if row.group.startswith(f"{topic}: ") and row.answered]
    found: dict[tuple[str, str], dict[tuple[str, bool], list[str]]] = {}
    for row in own:
        what = row.convention or row.said, row.verdict == DIFFERS
        of_probe = found.setdefault((row.function, row.group.partition(": ")[2]), {})
        of_probe.setdefault(what, []).append(row.library)
    return [
        Answer(*where, *what, libraries)
        for where, named in found.items()
        for what, libraries in sorted(named.items(), key=lambda pair: -len(pair[1]))
    ]


def _topics(rows: Sequence[PeerRow]) -> Iterator[str]:
    for topic in TOPICS:
        found = answers(rows, topic)
        if not found:
            continue
        yield from (f"## {topic}", "", ABOUT[topic], "")
        yield "| function | question | what comes out | libraries |"
        yield "|---|---|---|---|"
        before = ("", "")
        for one in found:
            where = one.function, one.question
            function, question = (f"`{where[0]}`", where[1]) if where != before else ("", "")
            before = where
            what = _cell(f"**differs**: {one.what}" if one.differs else one.what)
            yield f"| {function} | {question} | {what} | {', '.join(one.libraries)} |"
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


# --- cases --------------------------------------------------------------------------------


def _cases(rows: Sequence[PeerRow]) -> Iterator[str]:
    own = [row for row in rows if row.group.startswith(f"{CASES}, ") or row.verdict == ADAPTER]
    libraries = _names(own)
    yield "## Cases"
    yield ""
    yield "float32, then float64: w within the bound, = no rounding at all, c another convention,"
    yield "d differs, – missing, ? our adapter is at fault."
    yield ""
    yield f"| | {' | '.join(libraries)} |"
    yield f"|---|{'---|' * len(libraries)}"
    for function in dict.fromkeys(row.function for row in own):
        signs = [_signs(own, function, library) for library in libraries]
        yield f"| `{function}` | {' | '.join(signs)} |"
    yield ""
    other = [row for row in own if row.verdict in (CONVENTION, DIFFERS)]
    if other:
        yield "What another convention is, and what differs:"
        yield ""
        for row in other:
            what = "; ".join(filter(None, (row.convention, row.said)))
            yield f"- {row.library}, `{row.function}`, {row.group.partition(', ')[2]}: {what}"
        yield ""


def _signs(rows: Sequence[PeerRow], function: str, library: str) -> str:
    own = [r for r in rows if (r.function, r.library) == (function, library)]
    return " ".join(SIGNS[row.verdict] for row in sorted(own, key=lambda row: row.group))

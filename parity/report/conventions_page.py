"""docs/conventions.md: what frameworks do, from a peers.csv."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

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
    dates = sorted({row.date for row in rows})
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    yield "# What frameworks do with the same layer"
    yield ""
    yield f"Measured by `parity peers` on {when}, and made from its table; [what the words"
    yield "mean](peers.md#what-it-says). Nothing here is taken from a manual: each convention was"
    yield "recognised from the numbers that came out."
    yield ""


def _libraries(rows: Sequence[PeerRow]) -> Iterator[str]:
    yield "| library | version | within | identical | convention | differs | missing |"
    yield "|---|---|---|---|---|---|---|"
    for library in _names(rows):
        own = [row for row in rows if row.library == library]
        counts = Counter(row.verdict for row in own)
        numbers = " | ".join(
            str(counts[v]) for v in (WITHIN, IDENTICAL, CONVENTION, DIFFERS, MISSING)
        )
        yield f"| {library} | {own[0].version} | {numbers} |"
    yield ""


def _names(rows: Iterable[PeerRow]) -> list[str]:
    return list(dict.fromkeys(row.library for row in rows))


# --- probes -------------------------------------------------------------------------------


def _topics(rows: Sequence[PeerRow]) -> Iterator[str]:
    for topic in TOPICS:
        own = [row for row in rows if row.group.startswith(f"{topic}: ") and row.answered]
        if own:
            yield f"## {topic}"
            yield ""
            yield ABOUT[topic]
            yield ""
            yield "| function | question | what comes out | libraries |"
            yield "|---|---|---|---|"
            yield from _answers(own)
            yield ""


def _answers(rows: Sequence[PeerRow]) -> Iterator[str]:
    """A line for each thing that comes out, the most frequent first."""
    for function, group in dict.fromkeys((row.function, row.group) for row in rows):
        own = [row for row in rows if (row.function, row.group) == (function, group)]
        found: dict[str, list[str]] = {}
        for row in own:
            found.setdefault(_came_out(row), []).append(row.library)
        ordered = sorted(found.items(), key=lambda pair: -len(pair[1]))
        for place, (what, libraries) in enumerate(ordered):
            name, question = (f"`{function}`", group.partition(": ")[2]) if not place else ("", "")
            yield f"| {name} | {question} | {_cell(what)} | {', '.join(libraries)} |"


def _came_out(row: PeerRow) -> str:
    wrong = "**differs**: " if row.verdict == DIFFERS else ""
    return wrong + (row.convention or row.said)


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

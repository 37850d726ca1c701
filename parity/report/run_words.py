"""What is said of a run beside its table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parity.report.failures import failures
from parity.report.lost_digits import torch_notes
from parity.report.text import blind_note, exact_note, half_note, serial_notes, training_notes
from parity.report.vouching import reservations
from parity.report.witnesses import refutations, witness_notes
from parity.results.findings import Findings
from parity.results.settings import Settings
from parity.results.verdicts import BLIND, EMPTY
from parity.texts.counts import counted


def messages(
    findings: Findings, settings: Settings, not_asked: Sequence[str] = (), verbose: bool = False
) -> Iterator[str]:
    """What is said under the table: notes, then what does not hold.

    not_asked: sentences on what the run leaves out.
    """
    yield from training_notes(findings.training)
    for note in (exact_note, blind_note, serial_notes):
        yield from note(findings.rows)
    yield from torch_notes(findings.torch, verbose)
    yield from witness_notes(findings.witnesses)
    yield from half_note(findings.rows)
    yield from not_asked
    yield from against(findings, settings)
    if settings.override:
        yield f"The verdicts rest on an override, not on derived bounds: {settings.override}"


def against(findings: Findings, settings: Settings) -> Iterator[str]:
    """What does not hold, and why a run does not say that all hold."""
    yield from failures(findings)
    yield from refutations(findings.refuted, settings.seed, settings.shapes_option)
    yield from reservations(findings)


def summary_line(findings: Findings) -> str:
    """The run in one sentence."""
    failed = len(findings.failures) + len(findings.accepted) + len(findings.refuted)
    cases = len({row.case for row in findings.judged if not row.network})
    networks = len({row.network for row in findings.rows if row.network})
    unseen = sum(row.verdict in (BLIND, EMPTY) for row in findings.judged)
    without = f", {unseen} of them blind or empty and not counted" if unseen else ""
    dtypes = {row.dtype for row in findings.judged if row.dtype}
    held = f"all hold{f', in {next(iter(dtypes))} alone' if len(dtypes) == 1 else ''}"
    if not findings.holds:
        held = "nothing disagrees, but THE RUN CANNOT VOUCH FOR ITSELF"
    return (
        f"{counted(len(findings.judged), 'tensor')} ({counted(cases, 'layer case')}, "
        f"{counted(networks, 'network')}){without}, "
        f"{counted(len(findings.refusals), 'bad input')}: "
        f"{f'{failed} DO NOT HOLD' if failed else held}"
    )

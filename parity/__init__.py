"""Comparison of `refimpl` with torch.autograd under error bounds derived from the arithmetic.

`parity.run` runs the suite, `parity.check` judges somebody's own layer, `parity.watch` a model
while it trains, `parity.gradients` somebody's own numbers, `parity.exact` gives exact values alone;
all else is the command line.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity.candidates.in_python import check
    from parity.candidates.verdict import Verdict
    from parity.models.in_python import watch
    from parity.models.watch_report import WatchReport
    from parity.own_data.gradient_report import GradientReport
    from parity.own_data.in_python import gradients
    from parity.report.in_python import run
    from parity.report.run_report import RunReport
    from parity.witnesses.exact.alone import ExactTensor, exact

__all__ = [
    "ExactTensor",
    "GradientReport",
    "RunReport",
    "Verdict",
    "WatchReport",
    "check",
    "exact",
    "gradients",
    "run",
    "watch",
]

WHERE = {
    "ExactTensor": "parity.witnesses.exact.alone",
    "exact": "parity.witnesses.exact.alone",
    "GradientReport": "parity.own_data.gradient_report",
    "gradients": "parity.own_data.in_python",
    "Verdict": "parity.candidates.verdict",
    "check": "parity.candidates.in_python",
    "WatchReport": "parity.models.watch_report",
    "watch": "parity.models.in_python",
    "RunReport": "parity.report.run_report",
    "run": "parity.report.in_python",
}


def __getattr__(name: str) -> Any:
    """Public names, imported when they are asked for: `parity --help` needs no arithmetic.

    Raises: ImportError in one sentence for a package that is missing.
    """
    if name not in WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(WHERE[name]), name)
    except Exception as error:
        from parity.environment.needs import NeedError, explanation

        sentence = explanation(error, f"parity.{name}")
        if sentence is None:
            raise
        raise NeedError(sentence) from error


def __dir__() -> list[str]:
    """With the names that are not imported yet: a notebook completes them."""
    return sorted({*globals(), *WHERE})

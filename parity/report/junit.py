"""The run as JUnit XML, for CI systems: one test case for each case and dtype."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from junitparser import Failure, JUnitXml, TestCase, TestSuite

from parity.findings import Findings
from parity.report.files import replace_files
from parity.report.text import describe
from parity.rows import Row


def write_junit(findings: Findings, path: Path) -> None:
    """Write the whole run; each disagreement is a failure with its message."""
    seconds = {(t.case, t.dtype): t.refimpl_seconds + t.torch_seconds for t in findings.timings}
    by_case: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in findings.rows:
        by_case[row.case, row.dtype].append(row)
    suites: dict[str, TestSuite] = {}
    for (case, dtype), rows in by_case.items():
        failures = [describe(row) for row in rows if row.failed]
        name = rows[0].network or rows[0].function
        _suite(suites, name).add_testcase(
            _test_case(f"{case} {dtype}", name, failures, seconds.get((case, dtype), 0.0))
        )
    for refusal in findings.refusals:
        failures = [] if refusal.refused else [refusal.message]
        _suite(suites, refusal.function).add_testcase(
            _test_case(f"bad input {refusal.case}", refusal.function, failures, 0.0)
        )
    xml = JUnitXml("parity")
    for suite in suites.values():
        xml.add_testsuite(suite)
    xml.update_statistics()
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_files({path: xml.tostring().decode()})


def _suite(suites: dict[str, TestSuite], name: str) -> TestSuite:
    return suites.setdefault(name, TestSuite(name))


def _test_case(name: str, classname: str, failures: list[str], seconds: float) -> TestCase:
    case = TestCase(name, classname, seconds)
    case.result = [Failure(message) for message in failures]
    return case

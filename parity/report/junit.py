"""The run as JUnit XML, for CI systems: one test case for each case and dtype."""

from __future__ import annotations

import re
from collections import defaultdict

from junitparser import Failure, JUnitXml, TestCase, TestSuite

from parity.report import vouching, witnesses
from parity.results.findings import Findings
from parity.results.message import describe
from parity.results.rows import Row

NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # what XML cannot hold


def to_junit(findings: Findings) -> str:
    """The whole run; a case with a disagreement is one failure with all its messages."""
    seconds = {(t.case, t.dtype): t.refimpl_seconds + t.torch_seconds for t in findings.timings}
    by_case: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in findings.rows:
        by_case[row.case, row.dtype].append(row)
    suites: dict[str, TestSuite] = {}
    for (case, dtype), rows in by_case.items():
        failures = [describe(row) for row in rows if row.failed]
        name = rows[0].network or rows[0].function
        timed = case.removesuffix("[local]")  # a network's time is that of its local run
        _suite(suites, name).add_testcase(
            _test_case(f"{case} {dtype}", name, failures, seconds.get((timed, dtype), 0.0))
        )
    for refusal in findings.refusals:
        failures = [] if refusal.refused else [refusal.message]
        _suite(suites, refusal.function).add_testcase(
            _test_case(f"bad input {refusal.case}", refusal.function, failures, 0.0)
        )
    for said in findings.witnesses:
        failures, name = [said.note] if said.failed else [], said.network or said.function
        _suite(suites, name).add_testcase(_test_case(witnesses.name(said), name, failures, 0.0))
    for one in findings.planted:
        failures = [vouching.describe(one)] if one.failed else []
        name = f"planted {one.mistake}: {one.case} {one.dtype}"
        _suite(suites, one.network or one.function).add_testcase(
            _test_case(name, one.network or one.function, failures, 0.0)
        )
    if findings.gaps:
        _suite(suites, "parity").add_testcase(
            _test_case("everything is judged", "parity", findings.gaps, 0.0)
        )
    xml = JUnitXml("parity")
    for suite in suites.values():
        xml.add_testsuite(suite)
    xml.update_statistics()
    text: str = xml.tostring().decode()
    return text


def _suite(suites: dict[str, TestSuite], name: str) -> TestSuite:
    return suites.setdefault(name, TestSuite(name))


def _test_case(name: str, classname: str, failures: list[str], seconds: float) -> TestCase:
    case = TestCase(name, classname, seconds)
    if failures:
        case.result = [Failure(NOT_XML.sub("�", "\n".join(failures)))]
    return case

"""The page's known mistakes: what the suite would not see stands first, and is marked below."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reported import CASE

from parity.mistakes.catalogue import EVERY
from parity.page.build import _environment
from parity.page.sections import known_mistakes
from parity.page.sections.known_mistakes import Cell, cell_of
from parity.page.tables import Tables, read_tables
from parity.power import groups
from parity.power.circumstances import CIRCUMSTANCES
from parity.power.conditional import CircumstanceRow
from parity.power.survey import MistakeRow
from parity.results.rows import Row
from parity.results.writing import to_csv
from parity.texts.translations import said_in

TURNED, HALVED = EVERY["dx-kernel-not-turned"], EVERY["add-halved"]
IN = {f"in_{name}": "" for name in groups.GROUPS} | {"in_plain": "3 of 4", "in_stride": "9 of 10"}


def row(name: str, function: str, **changed: Any) -> MistakeRow:
    known = EVERY.get(name)
    usual: dict[str, Any] = {
        "mistake": name,
        "function": function,
        "title": known.title if known else "the correct code",
        "formulas": " ".join(known.formulas) if known else "",
        "misconception": known.misconception if known else "",
        "cases": 14,
        "refused": 12 if known else 0,
        "raised": 0,
        "blind": 0,
        "hidden": 0,
        "smallest": f"{function}[3×3 by 2×2]" if known else "",
        "margin": 9e9 if known else None,
        "median_margin": 6.1e6 if known else None,
        "witnesses": "torch balls" if known else "",
        "control": known is None,
        "problem": "",
    }
    return MistakeRow(**{**usual, **IN, **changed})


CONTROL = row("control-add", "add")
TWO = [CONTROL, row(TURNED.name, "conv2d_backward"), row(HALVED.name, "add", refused=13)]
UNSEEN = {
    "refused": 0,
    "smallest": "",
    "median_margin": None,
    "witnesses": "",
    "problem": "no case refuses it",
    "in_plain": "0 of 4",
    "in_stride": "0 of 10",
}


def written(
    folder: Path,
    mistakes: list[MistakeRow] | None = None,
    rows: list[Row] | None = None,
    pairs: list[CircumstanceRow] | None = None,
    **about: Any,
) -> Tables:
    (folder / "run.json").write_text(json.dumps({"scope": "full", "device": "cpu", **about}))
    if mistakes is not None:
        (folder / "mistakes.csv").write_text(to_csv(MistakeRow, mistakes))
    if rows is not None:
        (folder / "summary.csv").write_text(to_csv(Row, rows))
    if pairs is not None:
        (folder / "mistakes_circumstances.csv").write_text(to_csv(CircumstanceRow, pairs))
    return read_tables(folder)


def html_of(tables: Tables) -> str:
    context = known_mistakes.context(tables)
    html = _environment().get_template("known_mistakes.html.j2").render(context)
    return re.sub(r'<i lang="zh.*?</i>', "", html, flags=re.DOTALL)


def shown(tables: Tables) -> str:
    """The section's English, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html_of(tables)))


def test_all_refused(tmp_path: Path) -> None:
    """The question is answered first: of the known mistakes none, and by how many cases."""
    said = shown(written(tmp_path, TWO))
    assert "Of the 2 known mistakes: none. Each is refused by 12 cases or more." in said
    assert "The correct code in their place, 1 functions, is refused by none" in said
    assert "The fewest cases refuse dx-kernel-not-turned (12/14), add-halved (13/14)." in said
    assert "lose digits" not in said
    assert "✗" not in said


def test_what_nobody_refuses_is_marked(tmp_path: Path) -> None:
    """In the answer, in the overview, at its function and in its own row."""
    tables = written(tmp_path, [CONTROL, TWO[1], row(HALVED.name, "add", **UNSEEN)])
    said = shown(tables)
    assert "none. Each" not in said
    assert "Of the 2 known mistakes these 1 are not refused as they must be: add-halved." in said
    assert "add: 1 ✗ one is not refused as it must be" in said
    assert "✗ refused by nobody" in said
    assert "conv2d_backward: 1 The function" in said
    html = html_of(tables)
    (marked,) = re.findall(r'<tr id="([^"]*)" class="known_mistakes-missed"', html)
    assert marked == "mistake-add-halved"
    assert html.count('class="known_mistakes-missed"') == 3  # overview, its row, its heat
    assert '<td class="h0">0/4' in html


def test_too_few_refuse_it(tmp_path: Path) -> None:
    """Then the problem is said as the report says it."""
    few = row(HALVED.name, "add", refused=2, problem="only 2 of the cases refuse it, 3 must")
    assert "✗ only 2 of the cases refuse it, 3 must" in shown(written(tmp_path, [few]))


def test_correct_code_that_is_refused(tmp_path: Path) -> None:
    """A refusal says nothing then."""
    spoilt = replace(CONTROL, refused=1, problem="the correct code is refused by add[one]")
    assert "a refusal says nothing there: add." in shown(written(tmp_path, [spoilt, *TWO[1:]]))


def test_what_only_exact_values_see(tmp_path: Path) -> None:
    """A quick run lets it pass."""
    said = shown(written(tmp_path, [TWO[1], row(HALVED.name, "add", witnesses="balls")]))
    assert "(parity run --quick) these would pass, which are right as formulas and lose" in said
    assert "lose digits: add-halved." in said


def test_what_single_cases_hide(tmp_path: Path) -> None:
    said = shown(written(tmp_path, [row(HALVED.name, "add", blind=4, hidden=2), TWO[1]]))
    assert "4 times a case lets a known mistake pass" in said
    assert "2 times a mistake changes the exact values" in said


def test_without_mistakes(tmp_path: Path) -> None:
    """A report of a run alone says that they were not tried."""
    said = shown(written(tmp_path))
    assert "there is no mistakes.csv beside it. parity mistakes writes one" in said
    assert "none. Each" not in said
    assert "at certain numbers alone" in said


def test_of_the_run(tmp_path: Path) -> None:
    """Blind rows, the resolution, the largest tensor; what was left out and not seen."""
    right = replace(CASE, verdict="within", outside=0, resolution=2e-6, element_resolution=1e-5)
    blind = [replace(right, verdict="blind"), replace(right, verdict="blind", kind="accumulated")]
    tables = written(
        tmp_path,
        TWO,
        [right, *blind, replace(right, verdict="information", elements=999)],
        scope="part: conv2d",
        not_judged=["conv2d dx float64"],
        planted={"refimpl seen": 4, "torch unseen": 1},
    )
    said = shown(tables)
    assert "Blind: in 2 of the 3 tensors a mistake of 0.05 % could hide (1 of single" in said
    assert "In float32 half of the tensors refuse one that is wrong as a whole by 2e-06" in said
    assert "has 72 elements, of a network 0." in said
    assert "a part of the suite (part: conv2d)" in said
    assert "judged by nobody: conv2d dx float64." in said
    assert "did not see: torch unseen 1." in said


def test_a_whole_run_left_nothing_out(tmp_path: Path) -> None:
    said = shown(written(tmp_path, TWO, planted={"refimpl seen": 4}, not_judged=[]))
    assert "Left out" not in said
    assert "did not see" not in said


PAIR = CircumstanceRow("add-halved", "add", "one sample", 14, 3, 2, 2, "add[one]", "")


def test_circumstances(tmp_path: Path) -> None:
    """What no case meets is listed; what one shows and none refuses is marked."""
    unmet = replace(PAIR, circumstance="x is a view", met=0, refused=0, smallest="")
    said = shown(written(tmp_path, TWO, pairs=[PAIR, unmet]))
    assert "of 2 pairs of a mistake and a circumstance 1 are refused" in said
    assert "Every pair that shows in a case is refused." in said
    assert "x is a view: add-halved" in said
    passed = replace(PAIR, circumstance="float32", refused=0, problem="refused by no case")
    said = shown(written(tmp_path, TWO, pairs=[PAIR, unmet, passed]))
    assert "Every pair" not in said
    assert "refused by none: add-halved (float32)." in said


def test_circumstances_that_were_not_asked(tmp_path: Path) -> None:
    assert "not tried for this report; parity mistakes --circ" in shown(written(tmp_path, TWO))


@pytest.mark.parametrize("name", [one.name for one in CIRCUMSTANCES])
def test_every_circumstance_is_said_in_chinese(name: str) -> None:
    assert said_in("zh", name)


def test_heat() -> None:
    """0 is for nobody; the darkest for all."""
    heats = [Cell(refused, 100).heat for refused in (0, 1, 19, 20, 99, 100)]
    assert heats == [0, 1, 1, 2, 5, 5]
    assert cell_of("0 of 4").heat == 0
    assert Cell(0, 0).heat == 0


def test_a_mistake_in_its_function(tmp_path: Path) -> None:
    """Its anchor, its cause, the statements it violates, its smallest case, who sees it."""
    html = html_of(written(tmp_path, TWO))
    assert 'id="mistake-dx-kernel-not-turned"' in html
    assert '<a href="#D0.12">D0.12</a>' in html
    assert 'href="#conv2d-backward"' in html
    said = shown(read_tables(tmp_path))
    assert f"{TURNED.title}{TURNED.misconception}D0.12 D2.25 D4.7 12/146.1e+063×3 by 2×2" in said
    assert 'data-sort="0.9">90 %' in html


def test_every_group_has_a_name() -> None:
    """Those that the survey writes."""
    assert list(known_mistakes.GROUPS) == [f"in_{name}" for name in groups.GROUPS]


def test_every_witness_has_a_name() -> None:
    """Those that a row of the table can name."""
    from parity.power.witnesses import WITNESSES

    assert set(known_mistakes.WITNESSES) == {"torch", *WITNESSES}

"""Formulas as MathML: what is mended looks as LaTeX means it, and the rest is refused."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
from fontTools.ttLib import TTFont
from selenium import webdriver

from parity.documents.ledger import ledger
from parity.page import formulas
from parity.page.formulas import ANYWHERE, CORE, FormulaError, mathml
from parity.page.mends import DRAWN
from parity.page.typeface import face

LATEX = {
    f"{row.id} {what}": latex
    for row in ledger().values()
    for what, latex in (("printed", row.formula), ("corrected", row.correction))
    if latex
}
FONT = Path(formulas.__file__).parent / "fonts" / "formulas.woff2"


def core(latex: str) -> str:
    """What stands in <math>."""
    return re.sub(r"</?math>", "", mathml(latex))


# --- every formula of the ledger ----------------------------------------------------------


@pytest.mark.parametrize("name", LATEX)
def test_a_formula_of_the_ledger_is_mathml_core(name: str) -> None:
    """Well-formed, of elements and attributes that browsers know, nothing left of LaTeX."""
    root = fromstring(mathml(LATEX[name], "block", name))
    assert root.findall("math")
    for element in list(root.iter())[1:]:
        assert set(element.attrib) <= CORE[element.tag] | ANYWHERE
        assert not re.search(r"[\\&]", element.text or "")


def test_the_font_has_every_character_of_the_ledger() -> None:
    """But for 万, which a page in Chinese has from elsewhere."""
    known = set(TTFont(FONT).getBestCmap())
    lacking = {
        drawn
        for latex in LATEX.values()
        for element in fromstring(mathml(latex, "block")).iter()
        for drawn in characters(element)
        if ord(drawn) not in known
    }
    assert lacking == {"万"}


def characters(element: Element) -> str:
    """What is drawn for an element's text: of one letter in <mi>, the italic one."""
    text = (element.text or "").strip("\n")
    if element.tag == "mi" and len(text) == 1 and "mathvariant" not in element.attrib:
        return italic(text)
    return text


def italic(letter: str) -> str:
    """𝑥 for x, 𝜎 for σ."""
    for first, last, start in (("A", "Z", 0x1D434), ("a", "z", 0x1D44E), ("α", "ω", 0x1D6FC)):
        if first <= letter <= last and letter != "h":
            return chr(start + ord(letter) - ord(first))
    return {"h": "ℎ", "∂": "𝜕", "ϕ": "𝜙"}.get(letter, letter)


def test_the_font_is_small_and_grows_brackets() -> None:
    """Below 120 kB; its MATH table has variants of ( and ∑."""
    font = TTFont(FONT)
    variants = font["MATH"].table.MathVariants.VertGlyphCoverage.glyphs
    assert {font.getBestCmap()[ord(sign)] for sign in "([{|∑"} <= set(variants)
    assert len(face()) < 120_000
    assert font["name"].getDebugName(1) == "parity formulas"  # no name of the original's
    assert "GUST Font License" in font["name"].getDebugName(0)


# --- mends --------------------------------------------------------------------------------

X, SUB = "<mi>x</mi>", "<msub><mi>x</mi><mi>i</mi></msub>"
MENDED = {
    "aligned is a table": (
        r"\begin{aligned}x&=1\\x&=2\end{aligned}",
        '<mtable displaystyle="true" class="aligned">'
        f'<mtr><mtd class="right">{X}</mtd>'
        '<mtd class="left"><mo form="infix">=</mo><mn>1</mn></mtd></mtr>'
        f'<mtr><mtd class="right">{X}</mtd>'
        '<mtd class="left"><mo form="infix">=</mo><mn>2</mn></mtd></mtr></mtable>',
    ),
    "cases are flush left": (
        r"\begin{cases}0&x\end{cases}",
        '<mo stretchy="true" form="prefix">{</mo><mtable><mtr>'
        f'<mtd class="left"><mn>0</mn></mtd><mtd class="left">{X}</mtd></mtr></mtable>',
    ),
    "a matrix with an exponent": (
        r"\begin{pmatrix}1\end{pmatrix}^T",
        "<msup><mrow><mo>(</mo><mtable><mtr><mtd><mn>1</mn></mtd></mtr></mtable><mo>)</mo></mrow>"
        "<mi>T</mi></msup>",
    ),
    "limits of max": (
        r"\max_i x_i",
        '<munder><mo movablelimits="true" lspace="0" rspace="0.167em">max</mo><mi>i</mi></munder>'
        + SUB,
    ),
    "limits of a sum in brackets": (
        r"\left(\sum_i x\right)",
        '<mo stretchy="true" form="prefix">(</mo><munder><mo>∑</mo><mi>i</mi></munder>'
        f'{X}<mo stretchy="true" form="postfix">)</mo>',
    ),
    "a function before a bracket": (
        r"x \log(x)",
        f'{X}<mo lspace="0.167em" rspace="0">log</mo>'
        f'<mo stretchy="false">(</mo>{X}<mo stretchy="false">)</mo>',
    ),
    "an unknown function": (r"\arg x", f'<mo lspace="0" rspace="0.167em">arg</mo>{X}'),
    "a name": (r"\mathrm{rot180}x", f"<mi>rot180</mi>{X}"),
    "an upright letter": (r"\mathrm{d}x", f'<mi mathvariant="normal">d</mi>{X}'),
    "an upright capital": (r"\Theta x", f'<mi mathvariant="normal">Θ</mi>{X}'),
    "bold letters": (r"\mathbf{xy}", "<mi>𝐱</mi><mi>𝐲</mi>"),
    "a bold letter and digit": (r"\mathbf{1}\mathbf{\theta}", "<mn>𝟏</mn><mi>𝛉</mi>"),
    "bold italic letters": (r"\bm{\theta}\boldsymbol{W}", "<mi>𝜽</mi><mi>𝑾</mi>"),
    "a letter that stands elsewhere": (r"\mathbb{RS}", "<mi>ℝ</mi><mi>𝕊</mi>"),
    "a sign in front": (
        r"x=-x-1",
        f'{X}<mo>=</mo><mo form="prefix">−</mo>{X}<mo>−</mo><mn>1</mn>',
    ),
    "a sign behind brackets": (
        r"(x)-1",
        f'<mo stretchy="false">(</mo>{X}<mo stretchy="false">)</mo><mo>−</mo><mn>1</mn>',
    ),
    "bars": (
        r"|x|+|x|",
        f'<mo stretchy="false" form="prefix">|</mo>{X}<mo stretchy="false" form="postfix">|</mo>'
        f'<mo>+</mo><mo stretchy="false" form="prefix">|</mo>{X}'
        '<mo stretchy="false" form="postfix">|</mo>',
    ),
    "a bar that separates": (
        r"x\;|\;x",
        f'{X}<mspace width="0.278em" /><mo stretchy="false">|</mo><mspace width="0.278em" />{X}',
    ),
    "a prime": (
        r"\phi'",
        '<mi>ϕ</mi><mo lspace="0" rspace="0" form="postfix">′</mo>',
    ),
    "a slice": (
        r"x[:3]",
        f'{X}<mo stretchy="false">[</mo><mo lspace="0" rspace="0">:</mo><mn>3</mn>'
        '<mo stretchy="false">]</mo>',
    ),
    "a colon": ("x:1", f'{X}<mo lspace="0" rspace="0.222em">:</mo><mn>1</mn>'),
    "+=": (r"x\mathrel{+}=1", f"{X}<mo>+=</mo><mn>1</mn>"),
    "floors": (
        r"\lfloor x\rfloor",
        f'<mo stretchy="false">⌊</mo>{X}<mo stretchy="false">⌋</mo>',
    ),
    "large floors": (
        r"\Big\lfloor x",
        f'<mo minsize="1.623em" maxsize="1.623em">⌊</mo>{X}',
    ),
    "an accent": (
        r"\hat{x}",
        f'<mover accent="true">{X}<mo stretchy="false">ˆ</mo></mover>',
    ),
    "dots between commas": (r"x,\dots,x", f"{X}<mo>,</mo><mi>…</mi><mo>,</mo>{X}"),
    "the asterisk": ("x*x", f"{X}<mo>{DRAWN['*']}</mo>{X}"),
    "a comparison": ("x<1", f"{X}<mo>&lt;</mo><mn>1</mn>"),
}


@pytest.mark.parametrize("name", MENDED)
def test_a_mend(name: str) -> None:
    """Written out."""
    latex, expected = MENDED[name]
    assert core(latex) == expected


def test_wide_spaces_separate_formulas() -> None:
    r"""In display, \quad and a \  behind a comma; each has its own <math>, none is empty."""
    found = mathml(r"x,\ 1 \quad x\ x \qquad", "block")
    assert found.count('<math display="block">') == 3
    assert mathml(r"x \quad x").count("<math") == 1


# --- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latex", "problem"),
    [
        (r"\boxed{x}", "browsers do not draw <menclose>"),
        (r"\cancel{x}", "browsers do not draw <menclose>"),
        (
            r"\begin{array}{c|c}a&b\end{array}",
            "browsers do not know the attribute 'columnlines' of <mtable>",
        ),
        (r"\unknown x", r"'\\unknown' is left untranslated"),
        ("a & b", "'&' is left untranslated"),
        (r"\frac{a", "a <mfrac> has 2 parts, but here 1"),
    ],
)
def test_what_browsers_do_not_draw_is_refused(latex: str, problem: str) -> None:
    """With the statement and its LaTeX."""
    with pytest.raises(FormulaError) as raised:
        mathml(latex, "block", "D9.9")
    assert str(raised.value) == f"D9.9: {problem}, of the LaTeX {latex!r}"


def test_what_cannot_be_read_is_refused() -> None:
    """As latex2mathml names it."""
    with pytest.raises(FormulaError, match=r"^cannot read the LaTeX 'x_1_2': DoubleSubscripts"):
        mathml("x_1_2")


# --- in the browser -----------------------------------------------------------------------

DRAWN_WRONG = """
    const wrong = [];
    for (const math of document.querySelectorAll("math")) {
        const box = math.getBoundingClientRect();
        if (!(box.width > 3 && box.height > 3)) wrong.push("empty: " + math.textContent);
        for (const part of [math, ...math.querySelectorAll("*")]) {
            if (!(part instanceof MathMLElement)) wrong.push("no MathML: " + part.localName);
            const {width, height} = part.getBoundingClientRect();
            const text = part.childElementCount === 0 && part.textContent.trim();
            if (text && !(width > 0 && height > 0)) wrong.push("not drawn: " + text);
        }
    }
    return wrong;"""
HIGH = "return document.querySelector(arguments[0]).getBoundingClientRect().height"


def opened(browser: webdriver.Chrome, folder: Path, *latex: str) -> None:
    """A page of formulas, in the font and the style of the whole page."""
    style = str(face()) + (Path(formulas.__file__).parent / "style/formulas.css").read_text("utf-8")
    body = "".join(mathml(one, "block") for one in latex)
    (folder / "page.html").write_text(
        f"<!DOCTYPE html><meta charset=utf-8><style>{style}</style>{body}", encoding="utf-8"
    )
    browser.get((folder / "page.html").as_uri())
    browser.execute_async_script("document.fonts.ready.then(arguments[0])")


def test_every_formula_is_drawn(browser: webdriver.Chrome, tmp_path: Path) -> None:
    """Each part has a size, and the browser takes each for MathML."""
    opened(browser, tmp_path, *LATEX.values())
    assert browser.execute_script(DRAWN_WRONG) == []
    assert browser.execute_script("return document.fonts.check('1em \"parity formulas\"')")
    assert browser.execute_script("return document.querySelectorAll('math').length") > len(LATEX)


def test_what_is_not_drawn_is_seen(browser: webdriver.Chrome, tmp_path: Path) -> None:
    """The test above can fail."""
    opened(browser, tmp_path, "x")
    browser.execute_script("document.querySelector('math').innerHTML = '<span></span><mn>1</mn>'")
    browser.execute_script("document.querySelector('math').style.display = 'none'")
    found = browser.execute_script(DRAWN_WRONG)
    assert sorted(said.partition(":")[0] for said in found) == ["empty", "no MathML", "not drawn"]


def test_brackets_grow_and_sums_are_large(browser: webdriver.Chrome, tmp_path: Path) -> None:
    """By the font's MATH table: a bracket is as high as its matrix, not as the next one."""
    small, large = (r"\\".join("1" * rows) for rows in (2, 6))
    matrices = r" \otimes ".join(rf"\begin{{pmatrix}}{m}\end{{pmatrix}}" for m in (small, large))
    opened(browser, tmp_path, matrices, r"\sum_i x", r"\textstyle\sum_i x")
    brackets = [browser.execute_script(HIGH, f"math > mrow:nth-of-type({n}) > mo") for n in (1, 2)]
    tables = [
        browser.execute_script(HIGH, f"math > mrow:nth-of-type({n}) > mtable") for n in (1, 2)
    ]
    assert brackets[0] < 0.6 * brackets[1]
    assert all(abs(b / t - 1) < 0.2 for b, t in zip(brackets, tables, strict=True))
    sums = [browser.execute_script(HIGH, f".formula:nth-of-type({n}) mo") for n in (2, 3)]
    assert sums[0] > 1.2 * sums[1]


def test_a_wide_formula_is_reached_by_the_keyboard(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    """It scrolls in its own place, and then it has a tab stop; one that fits has none."""
    opened(browser, tmp_path, "+".join(["x"] * 200), "x")
    script = (Path(formulas.__file__).parent / "script/formulas.js").read_text("utf-8")
    browser.execute_script(script + "; dispatchEvent(new Event('resize'))")
    stops = "return [...document.querySelectorAll('.formula')].map(one => one.tabIndex)"
    assert browser.execute_script(stops) == [0, -1]
    page = "return document.documentElement.scrollWidth <= innerWidth"
    assert browser.execute_script(page)

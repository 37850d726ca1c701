"""The font of the page's formulas, made smaller: `make font`.

From Debian's package of TeX Gyre Termes Math, an OpenType font with a MATH table: the characters
below, with what they become when they stretch. Writes parity/page/fonts/.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from pathlib import Path
from urllib.request import urlopen

from fontTools import subset
from fontTools.ttLib import TTFont

URL = "https://deb.debian.org/debian/pool/main/t/tex-gyre/fonts-texgyre-math_20180621-6_all.deb"
SHA256 = "e038d58c66f907173319ffa994a9dce8a88f3c409dec80efeaf24f51d037a9d9"
INSIDE = "usr/share/texmf"
FONT = f"{INSIDE}/fonts/opentype/public/tex-gyre-math/texgyretermes-math.otf"
LICENCE = f"{INSIDE}/doc/fonts/tex-gyre-math/GUST-FONT-LICENSE.txt"
FOLDER = Path(__file__).parents[2] / "parity/page/fonts"
NAME = "parity formulas"  # the licence asks for another name than the original's

SIGNS = (
    "¬±·×÷ϑϕϵ‖…′″‴ℂℎℒℓℕℝℤ←↑→↓↔⇐⇒⇔∀∂∃∅∇∈∉∏∑−∓∗∘√∝∞∥∧∨∩∪∫∼≈≔≠≡≤≥≪≫⊂⊆⊕⊖⊗⊙⊤⊥⋅⋆⋮⋯⋱⌈⌉⌊⌋⟨⟩⏞⏟"
    "\u00a0\u2006\u2009¯ˆ˜˙¨ˇ"
)
BLOCKS = (  # first and last
    (" ", "~"),
    ("Α", "Ω"),
    ("α", "ω"),
    ("\U0001d400", "\U0001d467"),  # bold and italic Latin letters
    ("\U0001d468", "\U0001d49b"),  # both
    ("\U0001d6a8", "\U0001d755"),  # bold and italic Greek letters, and both
    ("\U0001d7ce", "\U0001d7d7"),  # bold digits
)


def characters() -> set[int]:
    """What the font is to have."""
    ranges = (range(ord(first), ord(last) + 1) for first, last in BLOCKS)
    return set(map(ord, SIGNS)).union(*ranges)


def smaller(path: Path) -> TTFont:
    """The font with these characters alone, and no variant that nobody asks for."""
    options = subset.Options(hinting=False, layout_features=["kern"], glyph_names=False)
    options.drop_tables += ["FFTM"]  # of the program that made it
    font = subset.load_font(path, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    return font


def rename(font: TTFont) -> None:
    """Give it its name and the licence's text, and leave the copyright as it is."""
    for record in list(font["name"].names):
        if record.nameID in (1, 4, 16):
            font["name"].setName(NAME, *_place(record))
        elif record.nameID in (3, 6):
            font["name"].setName(NAME.replace(" ", "-"), *_place(record))
    font["CFF "].cff.fontNames[0] = NAME.replace(" ", "-")


def _place(record: object) -> tuple[int, int, int, int]:
    return record.nameID, record.platformID, record.platEncID, record.langID  # type: ignore[attr-defined]


def fetch(folder: Path) -> None:
    """Unpack the package into a folder."""
    with urlopen(URL) as answer:
        content = answer.read()
    if (found := hashlib.sha256(content).hexdigest()) != SHA256:
        raise SystemExit(f"{URL}: its SHA-256 should be {SHA256}, but is {found}")
    (folder / "package.deb").write_bytes(content)
    subprocess.run(["dpkg-deb", "-x", "package.deb", "."], cwd=folder, check=True)


def main() -> None:
    """Write the font and its licence."""
    with tempfile.TemporaryDirectory() as room:
        fetch(Path(room))
        font = smaller(Path(room) / FONT)
        rename(font)
        font.flavor = "woff2"
        font.save(FOLDER / "formulas.woff2")
        (FOLDER / "GUST-FONT-LICENSE.txt").write_bytes((Path(room) / LICENCE).read_bytes())
    print(f"{FOLDER / 'formulas.woff2'}: {len(font.getGlyphOrder())} glyphs")


if __name__ == "__main__":
    main()

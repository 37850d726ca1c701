"""The font of the formulas, inside the page."""

from __future__ import annotations

from base64 import b64encode
from importlib.resources import files

from markupsafe import Markup

FAMILY = "parity formulas"


def face() -> Markup:
    """The rule of CSS that holds the font."""
    font = (files("parity.page") / "fonts" / "formulas.woff2").read_bytes()
    source = f"url(data:font/woff2;base64,{b64encode(font).decode()}) format('woff2')"
    return Markup(f"@font-face {{ font-family: '{FAMILY}'; src: {source}; }}\n")

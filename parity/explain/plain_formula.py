"""The ledger's formulas, which are LaTeX, as plain text for a terminal."""

from __future__ import annotations

import re

SIGNS = {
    "partial": "∂", "sum": "Σ", "delta": "δ", "Delta": "Δ", "to": "→", "rightarrow": "→",
    "sigma": "σ", "times": "×", "otimes": "⊗", "theta": "θ", "Theta": "Θ", "in": "∈",
    "dots": "…", "ldots": "…", "phi": "φ", "max": "max", "min": "min", "arg": "arg",
    "cdot": "·", "mu": "μ", "odot": "⊙", "log": "log", "neq": "≠", "circ": "∘", "geq": "≥",
    "ge": "≥", "leq": "≤", "le": "≤", "leftarrow": "←", "tanh": "tanh", "alpha": "α",
    "lceil": "⌈", "rceil": "⌉", "lfloor": "⌊", "rfloor": "⌋", "infty": "∞", "gg": "≫",
    "Rightarrow": "⇒", "pi": "π", "exp": "exp",
}  # fmt: skip
DROPPED = ("left", "right", "Big", "big", "mathrel", "displaystyle", "limits")
SPACES = {"quad": "   ", "qquad": "   ", ";": " ", ",": " ", " ": " ", "!": ""}
LOW = dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
HIGH = dict(zip("0123456789+-=()nijklmTL", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱʲᵏˡᵐᵀᴸ", strict=True))
TOKENS = re.compile(r"\\[a-zA-Z]+|\\.|[{}_^&]|\s+|[^\\{}_^&\s]")


class FormulaError(ValueError):
    """A piece of LaTeX that is not known here."""


def plain(latex: str) -> list[str]:
    """The lines of a formula.

    >>> plain(r"\\frac{\\partial E}{\\partial o_j} = \\sum_k \\delta_k \\theta_{kj}")
    ['∂E/∂oⱼ = Σₖ δₖ θₖⱼ']
    """
    text = _Reader(TOKENS.findall(latex)).until("")
    lines = (re.sub(r" +", " ", line.replace("\x00", "   ")).strip() for line in text.split("\n"))
    return [line for line in lines if line]


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = tokens, 0
        self.rows = ["\n"]  # what \\\\ means: a line; in a matrix "; "
        self.columns = [""]  # and & : nothing; in a matrix a space

    def until(self, end: str) -> str:
        """The text up to a token, or to the end."""
        said = ""
        while self.at < len(self.tokens) and self.tokens[self.at] != end:
            said += self._next()
        self.at += 1
        return said

    def _next(self) -> str:
        token = self.tokens[self.at]
        self.at += 1
        if token == "{":
            return self.until("}")
        if token in "_^":
            return self._script(token)
        if token == "&":
            return self.columns[-1]
        if token.isspace():
            return " "
        if token == "-":
            return "−"
        return self._command(token[1:]) if token[0] == "\\" else token

    def _argument(self) -> str:
        while self.tokens[self.at].isspace():
            self.at += 1
        return self._next().strip()

    def _script(self, token: str) -> str:
        """A subscript or superscript in small signs, or with _ and ^ where there are none."""
        text = self._argument()
        table = LOW if token == "_" else HIGH
        bare = text.replace(",", "").replace(" ", "").replace("−", "-")
        if bare and all(sign in table for sign in bare) and ("," not in text or token == "_"):
            joint = "," if "," in text else ""
            if joint:
                parts = (p.strip().replace("−", "-") for p in text.split(","))
                return ",".join("".join(table[s] for s in p) for p in parts)
            return "".join(table[sign] for sign in bare)
        return f"{token}{text}" if len(text) < 2 or text == "′" else f"{token}({text})"

    def _command(self, name: str) -> str:
        if name in SIGNS:
            spaced = self.at < len(self.tokens) and self.tokens[self.at].isspace()
            if name == "partial" and spaced:
                self.at += 1
            return SIGNS[name]
        if name in SPACES:
            return "\x00" if "quad" in name else SPACES[name]
        if name in ("text", "mathrm", "mathbb", "tilde", "operatorname", "mathbf"):
            return f"{self._argument_as_text()}{'̃' if name == 'tilde' else ''}"
        if name in ("frac", "tfrac"):
            top, bottom = self._argument(), self._argument()
            apart = self.at < len(self.tokens) and re.match(r"[\w(]", self.tokens[self.at])
            return f"{_closed(top)}/{_closed(bottom, below=True)}{' ' if apart else ''}"
        if name in DROPPED:
            return ""
        if name in "{}%|":
            return name
        if name == "\\":
            return self.rows[-1]
        if name == "begin":
            return self._block(self._argument())
        raise FormulaError(f"\\{name} has no plain form in parity/explain/plain_formula.py")

    def _argument_as_text(self) -> str:
        """An argument with its spaces."""
        if self.tokens[self.at] == "{":
            self.at += 1
            return self.until("}")
        return self._argument()

    def _block(self, name: str) -> str:
        """What stands between begin and end."""
        is_matrix = "matrix" in name or name == "array"
        self.rows.append("; " if is_matrix or name == "cases" else "\n")
        self.columns.append(" " if is_matrix or name == "cases" else "")
        text = ""
        while self.tokens[self.at] != "\\end":
            text += self._next()
        self.at += 1
        self._argument()
        self.rows.pop()
        self.columns.pop()
        return (
            f"[{text.strip()}]" if is_matrix else f"{{{text.strip()}}}" if name == "cases" else text
        )


def _closed(text: str, below: bool = False) -> str:
    """A part of a fraction, in brackets if it has several parts."""
    bare = re.fullmatch(r"∂?[\w′'̃ₐ-ₜ⁰-₎]+(\[[^\]]*\])?", text)
    product = not below and not re.search(r"[+−=/ ]", text)
    return text if bare or product else f"({text})"

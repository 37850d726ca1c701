"""Where a command's words go: an encoding that lacks a sign, or an output that fails, ends nothing.

While a command runs, `sys.stdout` and `sys.stderr` write any text in any encoding, and keep the
first failure to themselves: what was computed still goes to its files.
"""

from __future__ import annotations

import codecs
import io
import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from select import select
from typing import Any

# What stands for a sign that the encoding lacks, behind it; Greek letters get their names.
PLAIN = """\
→ ->,← <-,∞ inf,≤ <=,≥ >=,≠ !=,× x,· *,− -,– -,— -,… ...,Σ sum,Π prod,∂ d,± +-,√ sqrt,‖ ||,\
’ ',‘ ',“ ',” ',⌈ ceil(,⌉ ),⌊ floor(,⌋ ),⊗ (x),⊙ (.),∗ *,∘ o,∈ in,⟨ <,⟩ >,½ 1/2,¼ 1/4,⅓ 1/3,\
µ u,⁻ -,⁺ +,° deg"""
SIGNS = {pair[0]: pair[2:] for pair in PLAIN.split(",")}
RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀᴸˡᵐᵘᵛ]+")


def readable(text: str, encoding: str) -> str:
    r"""The text with something legible in the place of every sign that an encoding lacks.

    >>> readable("conv2d: 3×3 → 1·10⁻⁶, σ ≤ ∞", "ascii")
    'conv2d: 3x3 -> 1*10^-6, sigma <= inf'
    >>> readable("3×3 → 池", "cp1252")
    '3×3 -> \\u6c60'
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        raised = RAISED.sub(lambda found: _raised(found[0], encoding), text)
        return "".join([_in_words(sign, encoding) for sign in raised])
    return text


def _raised(exponent: str, encoding: str) -> str:
    """An exponent on the line, if the encoding lacks one of its digits."""
    if _has(exponent, encoding):
        return exponent
    return "^" + "".join(SIGNS.get(sign, unicodedata.normalize("NFKC", sign)) for sign in exponent)


def _in_words(sign: str, encoding: str) -> str:
    if _has(sign, encoding):
        return sign
    name = re.match(r"GREEK \w+ LETTER (\w+)", unicodedata.name(sign, ""))
    plain = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    told = SIGNS.get(sign) or (name[1].lower() if name else plain)
    if told:
        return told
    units = sign.encode("utf-16-be", "surrogatepass")  # escaped as in JSON
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def _has(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


class Guarded(io.RawIOBase):
    """What a stream writes to; its first failure is kept, and nothing is written behind it."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.failure: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        if self.failure is None:
            try:
                return self._written(data)
            except OSError as error:
                self.failure = error
        return len(data)

    def _written(self, data: Any) -> int:
        """So many bytes; a pipe that does not wait by itself is waited for."""
        while (count := self.inner.write(data)) is None:
            select([], [self.inner], [])
        return int(count)

    def fileno(self) -> int:
        return int(self.inner.fileno())

    def isatty(self) -> bool:
        return bool(self.inner.isatty())


class Output(io.TextIOWrapper):
    """A standard stream that fails at no sign and no full device."""

    def __init__(self, stream: Any) -> None:
        self.guarded = Guarded(getattr(stream.buffer, "raw", stream.buffer))
        self.signs = stream.encoding
        # Typer would give a stream in ASCII another encoding, its own.
        lacks = codecs.lookup(stream.encoding).name == "ascii"
        super().__init__(
            io.BufferedWriter(self.guarded),
            encoding="latin-1" if lacks else stream.encoding,
            errors="backslashreplace",
            line_buffering=stream.line_buffering or getattr(stream, "write_through", False),
        )

    def write(self, text: str, /) -> int:
        super().write(readable(text, self.signs))
        return len(text)


@contextmanager
def guarded_output() -> Iterator[list[OSError]]:
    """`sys.stdout` and `sys.stderr` guarded; in the end, how stdout failed, if it did.

    A stream that is closed or without bytes, as in a notebook, stays as it is.
    """
    streams = {name: getattr(sys, name) for name in ("stdout", "stderr")}
    guarded = {n: Output(s) for n, s in streams.items() if hasattr(s, "buffer")}
    failures: list[OSError] = []
    for name, output in guarded.items():
        setattr(sys, name, output)
    try:
        yield failures
    finally:
        for name, output in guarded.items():
            output.flush()
            setattr(sys, name, streams[name])
            if name == "stdout" and output.guarded.failure:
                failures.append(output.guarded.failure)

"""Numbers as people read them."""

from __future__ import annotations

import math


def short(number: float | str, digits: int = 3) -> str:
    """So many digits; an empty text for what is not there.

    >>> short("0.04586679673386779"), short(""), short(float("inf")), short(0.0)
    ('0.0459', '', '∞', '0')
    """
    value = float(number) if number != "" else math.nan
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.{digits}g}"


def rough(number: float | str) -> str:
    """Two digits, as sentences have them.

    >>> rough(3.337860107421875e-06), rough(0.31), rough(8518.7)
    ('3.3e-06', '0.31', '8.5e+03')
    """
    return short(number, 2)


def grouped(number: int) -> str:
    """A count with thin gaps between its thousands.

    >>> grouped(22835), grouped(505)
    ('22\\u202f835', '505')
    """
    return f"{number:,}".replace(",", "\u202f")


def digits(value: str, dtype: str) -> str:
    """A number as a report writes it, to as many digits as tell two floats of the dtype apart.

    >>> digits("0.11419519782066345", "float32"), digits("0.11419519782066345", "float64")
    ('0.114195198', '0.11419519782066345')
    """
    return f"{float(value):.9g}" if value and dtype == "float32" else value

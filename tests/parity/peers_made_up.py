"""Adapters of made-up libraries: refimpl under another name, with one thing done otherwise."""

from __future__ import annotations

from pathlib import Path

RIGHT = '''
"""An adapter whose library is refimpl, with whatever is planted below."""
import os, signal, time
import numpy as np
import refimpl

def about():
    return {"library": "made up", "version": "1.0", "dtypes": ["float32", "float64"],
            "gradients": True, "note": ""}

def forward(function, arrays, options):
    extras = {
        "absolute": lambda x: np.abs(x),
        "maximum": lambda x, other: np.maximum(x, other),
        "sum": lambda x: np.sum(x),
        "cumprod": lambda x: np.cumprod(x),
    }
    if function in extras:
        return extras[function](**arrays)
    return getattr(refimpl, function)(**arrays, **options)

def backward(function, dy, arrays, options, wanted):
    x = arrays.get("x")
    if function == "absolute":
        return {"dx": dy * np.sign(x)}
    if function == "maximum":
        other = arrays["other"]
        dx = dy * ((x > other) + (x == other) / 2)
        return {"dx": dx, "dother": dy - dx}
    if function == "cumprod":
        rows = [[dy[i] * np.prod(np.delete(x[: i + 1], j)) if j <= i else 0 for i in range(x.size)]
                for j in range(x.size)]
        return {"dx": np.sum(rows, axis=1)}
    if function == "sum":
        return {"dx": np.full(x.shape, dy)}
    given = {n: a for n, a in arrays.items() if n != "bias"}
    back = getattr(refimpl, function + "_backward")(dy, **given, **options)
    if hasattr(back, "_asdict"):
        return {f"d{n}": getattr(back, f"d{n}") for n in wanted}
    parts = back if isinstance(back, tuple) else (back,)
    return {f"d{n}": part for n, part in zip(wanted, parts)}

def answer(function, arrays, options, dy, wanted):
    if "same" in str(options.get("padding")) and "pool" in function:
        return {"missing": "no padding by name"}
    y = forward(function, arrays, options)
    found = {"y": np.asarray(y)}
    if np.shape(y) == np.shape(dy) and wanted:
        grads = backward(function, dy, arrays, options, wanted)
        found.update({name: np.asarray(g) for name, g in grads.items()})
    return found

_right_forward, _right_backward, _right_answer = forward, backward, answer
'''


def adapter(folder: Path, planted: str = "", name: str = "peer_made_up.py") -> Path:
    """A file in a folder, with code that replaces what the right one does."""
    path = folder / name
    path.write_text(f"{RIGHT}\n{planted}\n", encoding="utf-8")
    return path

"""Products of matrices and vectors, and what is added to them: linear in each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.models.plain.linear_maps import Linear
from parity.models.understanding import Given, Rule, Understood, same


def turned(array: Array) -> Array:
    """Both last axes exchanged."""
    return array.swapaxes(-1, -2)


def _sent(**names: str) -> dict[str, Any]:
    return {ours: (theirs, same) for ours, theirs in names.items()}


def bmm(given: Given) -> Understood:
    """A product of matrices for each sample."""
    a, b = given["self"], given["mat2"]
    reference = Linear(
        "matmul",
        {"a": a, "b": b},
        np.matmul,
        lambda dy, a, b: (dy @ turned(b), turned(a) @ dy),
        a.shape[-1],
        (b.shape[-1], a.shape[-2]),
    )
    return Understood(reference, _sent(a="self", b="mat2"))


def added_product(given: Given, first: str, second: str, summed: bool = False) -> Understood:
    """β·c + α·a·b of matrices, for each sample; summed: over all samples."""
    beta, alpha = float(given["beta"]), float(given["alpha"])
    c, a, b = given["self"], given[first], given[second]
    shape = (*a.shape[:-1], b.shape[-1])[1 if summed else 0 :]
    spread = int(np.prod(shape)) // max(1, c.size)

    def to_c(dy: Array) -> Array:
        """Summed over what c was repeated along."""
        lead = dy.ndim - c.ndim
        axes = (*range(lead), *(k + lead for k, n in enumerate(c.shape) if n == 1))
        return np.asarray(dy.sum(axes, keepdims=True)).reshape(c.shape)

    def of(beta: float, alpha: float) -> Callable[..., Array]:
        def apply(c: Array, a: Array, b: Array) -> Array:
            product = (a @ b).sum(0) if summed else a @ b
            return np.asarray(np.broadcast_to(beta * c, shape) + alpha * product)

        return apply

    def back_of(beta: float, alpha: float) -> Callable[..., tuple[Array, ...]]:
        def back(dy: Array, c: Array, a: Array, b: Array) -> tuple[Array, ...]:
            to_a, to_b = dy @ turned(b), turned(a) @ dy
            return beta * to_c(dy), alpha * to_a, alpha * to_b

        return back

    terms = a.shape[-1] * (a.shape[0] if summed else 1)
    plain = (abs(beta), abs(alpha)) == (1, 1)
    reference = Linear(
        "matmul",
        {"c": c, "a": a, "b": b},
        of(beta, alpha),
        back_of(beta, alpha),
        terms + 1,
        (spread, b.shape[-1], a.shape[-2]),
        0.0 if plain else 2.0,
        of(abs(beta), abs(alpha)),
        back_of(abs(beta), abs(alpha)),
    )
    return Understood(reference, _sent(c="self", a=first, b=second))


def addmv(given: Given) -> Understood:
    """β·c + α·A·b of a vector b."""
    wide = {"self": given["self"][..., None], "vec": given["vec"][:, None]}
    found = added_product(given.with_arguments({**given.operation.arguments, **wide}), "mat", "vec")
    return _without_last_axis(found, c="self", b="vec")


def _without_last_axis(found: Understood, **columns: str) -> Understood:
    """The same of vectors, which are columns in it."""
    sent = {
        ours: (theirs, _column if ours in columns else layout)
        for ours, (theirs, layout) in found.sent.items()
    }
    return Understood(
        found.reference,
        sent,
        value=lambda outputs: _column(_there(outputs[0])),
        upstream=lambda dys, y: _column(_there(dys[0])),
    )


def _there(array: Array | None) -> Array:
    assert array is not None
    return array


def _column(array: Array) -> Array:
    return array[..., None]


def addr(given: Given) -> Understood:
    """β·c + α·a·bᵀ of two vectors."""
    wide = {"vec1": given["vec1"][:, None], "vec2": given["vec2"][None, :]}
    found = added_product(
        given.with_arguments({**given.operation.arguments, **wide}), "vec1", "vec2"
    )
    row: tuple[str, Callable[[Array], Array]] = ("vec2", lambda array: array[None, :])
    return Understood(found.reference, {**found.sent, "a": ("vec1", _column), "b": row})


def mv(given: Given) -> Understood:
    """A matrix times a vector."""
    a, b = given["self"], given["vec"]
    reference = Linear(
        "matmul",
        {"a": a, "b": b},
        np.matmul,
        lambda dy, a, b: (np.outer(dy, b), a.T @ dy),
        a.shape[1],
        (1, a.shape[0]),
    )
    return Understood(reference, _sent(a="self", b="vec"))


def dot(second: str) -> Callable[[Given], Understood]:
    """The product of two vectors. second: what the schema calls the other one."""

    def understand(given: Given) -> Understood:
        a, b = given["self"], given[second]
        reference = Linear(
            "matmul",
            {"a": a, "b": b},
            lambda a, b: np.asarray(a @ b),
            lambda dy, a, b: (dy * b, dy * a),
            a.size,
            (1, 1),
        )
        return Understood(reference, _sent(a="self", b=second))

    return understand


def trace(given: Given) -> Understood:
    """The sum of the diagonal."""
    x = given["self"]
    reference = Linear(
        "trace",
        {"x": x},
        lambda x: np.asarray(np.trace(x)),
        lambda dy, x: (dy * np.eye(*x.shape),),
        min(x.shape),
        (1,),
    )
    return Understood(reference, _sent(x="self"))


def trilinear(given: Given) -> Understood:
    """Σ a·b·c over the axes named, each expanded by axes of its own: a bilinear layer."""
    names = ("i1", "i2", "i3")
    expanded = [tuple(given[f"expand{k}"]) for k in (1, 2, 3)]
    summed = tuple(given["sumdim"])
    ndim = given["i1"].ndim + len(expanded[0])

    def wide(array: Array, k: int) -> Array:
        return np.expand_dims(array, expanded[k])

    def narrow(array: Array, k: int, like: Array) -> Array:
        wanted = wide(like, k).shape
        axes = tuple(axis for axis in range(ndim) if wanted[axis] == 1)
        return np.asarray(array.sum(axes, keepdims=True)).reshape(like.shape)

    def apply(a: Array, b: Array, c: Array) -> Array:
        return np.asarray((wide(a, 0) * wide(b, 1) * wide(c, 2)).sum(summed))

    def back(dy: Array, *arrays: Array) -> tuple[Array, ...]:
        each = [wide(array, k) for k, array in enumerate(arrays)]
        over = np.expand_dims(dy, summed)
        return tuple(narrow(over * each[k - 2] * each[k - 1], k, arrays[k]) for k in range(3))

    arrays = {name: given[name] for name in names}
    whole = np.broadcast_shapes(*(wide(a, k).shape for k, a in enumerate(arrays.values())))
    size = int(np.prod(whole))
    reference = Linear(
        "bilinear",
        arrays,
        apply,
        back,
        int(np.prod([whole[axis] for axis in summed])) + 1,
        tuple(float(size // max(1, array.size)) + 1 for array in arrays.values()),
    )
    return Understood(reference, {name: (name, same) for name in names})


RULES = {
    "bmm": Rule(bmm),
    "baddbmm": Rule(lambda given: added_product(given, "batch1", "batch2")),
    "addbmm": Rule(lambda given: added_product(given, "batch1", "batch2", summed=True)),
    "addmv": Rule(addmv),
    "addr": Rule(addr),
    "mv": Rule(mv),
    "dot": Rule(dot("tensor")),
    "vdot": Rule(dot("other")),
    "trace": Rule(trace, shapes=True),
    "_trilinear": Rule(trilinear),
}

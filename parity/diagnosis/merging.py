"""The same said of several tensors, said once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from parity.diagnosis.cause import Cause


def merged(causes: Iterable[Cause]) -> list[Cause]:
    """Causes that differ in their tensor alone as one, in the place of the first.

    >>> [cause.text for cause in merged([
    ...     Cause("dx is ½ of the right one", "factor", tensor="dx"),
    ...     Cause("dweight is ½ of the right one", "factor", tensor="dweight"),
    ... ])]
    ['dx, dweight: each is ½ of the right one']
    """
    groups: dict[object, list[Cause]] = {}
    for cause in causes:
        rest = without_tensor(cause.text, cause.tensor)
        alone = cause.text if rest is None else ""
        groups.setdefault((rest, alone, cause.kind, cause.certain), []).append(cause)
    return [_one(group) for group in groups.values()]


def without_tensor(text: str, tensor: str) -> str | None:
    """What a sentence says of its tensor; None where it does not begin with it.

    >>> without_tensor("dx: comes out turned", "dx"), without_tensor("dx is 0", "dx")
    ('comes out turned', 'each is 0')
    """
    if not tensor or not text.startswith((f"{tensor}: ", f"{tensor} ")):
        return None
    rest = text[len(tensor) :]
    return rest[2:] if rest.startswith(": ") else f"each{rest}"


def _one(group: Sequence[Cause]) -> Cause:
    if len(group) == 1:
        return group[0]
    rest = without_tensor(group[0].text, group[0].tensor)
    return replace(
        group[0],
        text=f"{', '.join(cause.tensor for cause in group)}: {rest}",
        tensor="",
        mistakes=tuple(dict.fromkeys(name for cause in group for name in cause.mistakes)),
        answer="; ".join(dict.fromkeys(cause.answer for cause in group if cause.answer)),
    )


def said_of_each(titles: Iterable[tuple[str, str]]) -> str:
    """Tensors and what is said of each, in one sentence: the same once.

    >>> said_of_each([("dx", "dx: is halved"), ("dw", "dw: is halved"), ("db", "the mean")])
    'dx, dw: is halved; db: the mean'
    """
    tensors: dict[str, list[str]] = {}
    for tensor, title in titles:
        tensors.setdefault(title.removeprefix(f"{tensor}: "), []).append(tensor)
    return "; ".join(f"{', '.join(named)}: {title}" for title, named in tensors.items())

"""What there is to say about a known mistake: what is wrong, and the smallest example of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from parity.cases.case import Array, Case, case_arrays, generator
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS, forward_of
from parity.documents.ledger import ledger
from parity.explain.demonstration import SAME, Demonstration
from parity.explain.folding import beside
from parity.explain.formed import Index
from parity.explain.grids import maps
from parity.explain.recording import elements
from parity.explain.setting_up import demonstration, has_example
from parity.explain.sheet import Sheet
from parity.explain.steps import Steps
from parity.explain.worked_example import in_sizes
from parity.explain.writing_out import number, place
from parity.mistakes.catalogue import EVERY
from parity.mistakes.mistake import Mistake, tensors_of

# Sizes to try, the smallest first; a single number stands for every axis.
OF_CONVOLUTION = (
    "2 kernel 1", "2 kernel 2", "3 kernel 2", "3 kernel 2 batch 2", "3 kernel 2 channels 2",
    "3 kernel 2 outputs 2", "3 kernel 2 padding 1", "3 kernel 2 padding same",
    "2 kernel 1 channels 2 outputs 2 groups 2", "1 kernel 1 channels 4 outputs 4 groups 2",
    "3 kernel 2 channels 2 outputs 4 groups 2",
    "4 kernel 2 stride 2", "5 kernel 2 stride 2", "4 kernel 2 dilation 2", "3 kernel 3 padding 1",
    "4 kernel 3 stride 2 padding 1", "2 kernel 2 batch 2 channels 2 outputs 2",
    "2 kernel 2 padding 1 padding_mode reflect", "2 kernel 2 padding 1 padding_mode circular",
)  # fmt: skip
OF_TRANSPOSED = (
    "2 kernel 1", "1 kernel 2", "2 kernel 2", "2 kernel 2 batch 2", "2 kernel 2 channels 2",
    "1 kernel 2 channels 2 outputs 2", "3 kernel 2 padding 1", "2 kernel 3 padding 1",
    "2 kernel 1 stride 2", "2 kernel 2 stride 2", "2 kernel 2 dilation 2",
    "2 kernel 2 stride 2 dilation 1 padding 1", "2 kernel 2 stride 2 output_padding 1",
    "2 kernel 1 stride 2 output_padding 1", "2 kernel 3 stride 2 padding 1 output_padding 1",
    "1 kernel 1 channels 2 outputs 2 groups 2", "1 kernel 1 channels 4 outputs 2 groups 2",
)  # fmt: skip
OF_ADAPTIVE = (
    "2 output_size 1", "2 output_size 1 values equal", "3 output_size 2",
    "3 output_size 2 values equal", "3 output_size 2 values negative", "5 output_size 3",
    "5 output_size 2", "4 output_size 3", "5 output_size 4", "5 output_size 4 values negative",
    "7 output_size 4", "2 output_size 3", "2 batch 2", "2x3", "2", "2 values equal",
    "4 values equal", "2 values negative", "3 values negative",
)  # fmt: skip
OF_PADDING = (
    "2 padding 1", "2 padding 1 mode replicate", "2 padding 1 mode circular",
    "1 padding 1 mode constant", "1 padding 1 mode constant value 7", "1 padding 1 mode replicate",
    "2 padding 1:0", "2 padding 1:0 mode replicate", "2 padding 1:0 mode circular",
    "2x2 padding 1", "1x1 padding 1 mode replicate", "2x2 padding 1 mode circular",
    "1x1 padding 1:0x0:1 mode constant", "2x2 padding 2:0x2:0 mode replicate",
)  # fmt: skip
OF_POOLING = (
    "2 kernel 2", "2 kernel 2 values equal", "2 kernel 2 values negative",
    "3 kernel 2 stride 1", "3 kernel 2 stride 1 values equal", "2 kernel 1 channels 2 batch 2",
    "3 kernel 2 stride 2 padding 1", "3 kernel 2 stride 1 padding 1 values negative",
    "3 kernel 2 ceil_mode yes", "3 kernel 2 stride 1 padding 1 count_include_pad no",
    "4 kernel 2 dilation 2", "4 kernel 2", "4 kernel 3 stride 1", "3 kernel 3 stride 1 padding 1",
)  # fmt: skip
WITH_OPTIONS = (
    "2x3 label_smoothing 0.5",
    "5x3 ignore_index 1",
    "5x3 ignore_index 1 label_smoothing 0.5",
    "2x3 reduction mean weights yes",
    "2x3 reduction sum weights yes",
    "2x3 label_smoothing 0.5 weights yes",
)
OTHERS = (
    "", "2 outputs 1", "2x2 axis 0", "2x3", "1 at_zero 1", "2 at_zero 1", "3 kernel 2 batch 2",
    "2 channels 2", "3 kernel 2 channels 2", "3 kernel 2 stride 1",
    "3 kernel 2 channels 2 stride 1", "2x3 reduction sum", "2x3 reduction none",
    "4 p 0.25", "4 min_val 0 max_val 6", "3 how mean", "3 how mean edge drop", "3 edge drop",
    "3 values negative", "2 kernel 2 outputs 2 batch 2", "3x3 kernel 2 mode valid",
    "3x3 kernel 2 mode same", "3 batch 2", "2 approximate tanh", "5 threshold 1", "2x2x2",
    "2x2 training no",
)  # fmt: skip
OF_STEPS = (
    "", "nesterov True", "weight_decay 2", "weight_decay 2 maximize True", "eps 1", "amsgrad True",
    "weight_decay 2 decoupled_weight_decay True",
)  # fmt: skip
LARGEST = 300  # elements of a case of the catalogue that is tried
SEED = 20261120
APART = 2.0**-32  # relative: far more than what rounding of float64 does, less than float32's
ALMOST = 2.0**-44  # relative: digits that are lost


class Shown(NamedTuple):
    """A result where the wrong code gives something else, and the first such place."""

    tensor: str
    place: Index


def tell(sheet: Sheet, name: str) -> None:
    """The page of a mistake."""
    known = EVERY[name]
    sheet.raw(f"{name} · {known.function}")
    sheet.text(known.title)
    sheet.head("What was thought")
    sheet.text(known.misconception, indent=2)
    if known.formulas:
        sheet.head("It goes against")
        for id in known.formulas:
            sheet.item(id, sheet.said(ledger()[id].states), 8)
    found = smallest(known)
    if found:
        _exactly(sheet, known, *found)
    else:
        _in_floats(sheet, known)
    sheet.head("Further")
    sheet.item(sheet.said("right code"), f"parity explain {known.function}")
    sheet.item(sheet.said("who sees it"), f"parity mistakes {name}")


# --- in exact numbers ---------------------------------------------------------------------


def texts(known: Mistake) -> tuple[str, ...]:
    """Sizes in which a mistake may show."""
    forward = forward_of(known.function)
    if forward.startswith("conv_transpose"):
        return OF_TRANSPOSED
    if forward.startswith(("adaptive", "global")):
        return OF_ADAPTIVE
    if forward[:4] == "conv" and forward[-1] == "d" and forward != "convolve2d":
        return OF_CONVOLUTION
    if forward == "pad":
        return OF_PADDING
    if forward == "cross_entropy":
        return (*OTHERS, *WITH_OPTIONS)
    if forward.endswith("_step"):
        return OF_STEPS
    return OF_POOLING if "_pool" in forward and "weighted" not in forward else OTHERS


@cache
def smallest(known: Mistake) -> tuple[Demonstration, dict[str, Array], Shown] | None:
    """The example with the fewest elements in which wrong and right differ; None if none does."""
    if not has_example(known.function) or known.loses_digits:
        return None
    for demo in _demonstrations(known.function, texts(known)):
        try:
            wrong = replace(demo, code=known.wrong).run()
        except (ValueError, ArithmeticError, TypeError, IndexError):
            continue
        shown = first_difference(demo.results, wrong)
        if shown:
            return demo, wrong, shown
    return None


@cache
def _demonstrations(function: str, sizes: tuple[str, ...]) -> tuple[Demonstration, ...]:
    """Examples of the sizes that the function takes, those with few elements first."""
    found = []
    for text in sizes:
        try:
            made = demonstration(function, text)
            if made.results:
                found.append(made)
        except (ValueError, TypeError):  # a size that this function does not have
            continue
    return tuple(sorted(found, key=lambda made: sum(a.size for a in made.arguments.values())))


def first_difference(right: Mapping[str, Array], wrong: Mapping[str, Array]) -> Shown | None:
    """The first place where two results differ, or another shape."""
    for tensor, array in right.items():
        if wrong[tensor].shape != array.shape:
            return Shown(tensor, (0,) * array.ndim)
        for index in differing(array, wrong[tensor]):
            return Shown(tensor, index)
    return None


def differing(right: Array, wrong: Array) -> Iterator[Index]:
    """The places where two results of one shape differ."""
    if right.shape != wrong.shape:
        return
    for (index, mine), (_, theirs) in zip(elements(right), elements(wrong), strict=True):
        if abs(mine.value - theirs.value) > SAME:
            yield index


def _exactly(
    sheet: Sheet, known: Mistake, demo: Demonstration, wrong: Mapping[str, Array], shown: Shown
) -> None:
    """Right and wrong side by side, and how each forms the first element that differs."""
    sheet.head("Smallest example: {sizes}", sizes=in_sizes(demo, sheet))
    tensor, index = shown
    blocks: list[list[str]] = []
    for name, array in demo.arguments.items():
        blocks += maps(name, array, sheet.width - 2)
    sheet.gap()
    sheet.drawn(beside(blocks, sheet.width - 2))
    right, other = demo.results[tensor], wrong[tensor]
    titles = sheet.said("right:"), sheet.said("wrong:")
    sheet.gap()
    sheet.drawn(_both(sheet, tensor, (right, other), titles))
    sheet.gap()
    if right.shape != other.shape:
        sheet.text(
            "The shapes differ: {right} and {wrong}.", 2, right=right.shape, wrong=other.shape
        )
        return
    for title, told in zip(titles, (demo, replace(demo, code=known.wrong)), strict=True):
        sheet.raw(title, indent=2)
        Steps(sheet, told).formula(tensor, index)


def _both(
    sheet: Sheet, tensor: str, results: tuple[Array, Array], titles: tuple[str, str]
) -> list[str]:
    """Two results side by side, the elements that differ in brackets."""
    marked = set(differing(*results))
    blocks = []
    for array, title in zip(results, titles, strict=True):
        drawn = maps(tensor, _numbers(array), sheet.width - 2, marked, sheet.colour)
        blocks += [[f"{title} {block[0]}", *block[1:]] for block in drawn]
    return beside(blocks, sheet.width - 2)


def _numbers(array: Array) -> Array:
    shown = np.empty(array.shape, object)
    for index, element in elements(array):
        shown[index] = number(element.value, element.exact)
    return shown


# --- in floats ----------------------------------------------------------------------------


def in_floats(known: Mistake) -> tuple[Case, dict[str, Array], Array, str, Index, Any, Any] | None:
    """The smallest case of the catalogue on which the float64 results differ most clearly."""
    forward = forward_of(known.function)
    cases = [case for case in GOOD if case.function == forward and case.elements <= LARGEST]
    for case in sorted(cases, key=lambda case: case.elements):
        arrays = case_arrays(case, "float64", SEED)
        found = _difference(known, case, arrays)
        if found:
            return (case, arrays, *found)
    return None


def _difference(
    known: Mistake, case: Case, arrays: dict[str, Array]
) -> tuple[Array, str, Index, Any, Any] | None:
    function = FUNCTIONS[case.function]
    with np.errstate(all="ignore"):
        try:
            y = function.forward(arrays, case.options)
            dy = np.asarray(generator(SEED, case.id, "dy").normal(size=y.shape))
            right = function.tensors(dy, arrays, case.options)
            wrong = tensors_of(known, case.function, arrays, case.options, dy)
        except (ValueError, ArithmeticError, TypeError, IndexError):
            return None
        for tensor, array in wrong.items():
            index = _worst(right[tensor], array, ALMOST if known.loses_digits else APART)
            if index is not None:
                return dy, tensor, index, right[tensor][index], array[index]
    return None


def _worst(right: Array, wrong: Array, least: float) -> Index | None:
    """Where wrong is relatively farthest from right, if it is farther than `least`."""
    if right.shape != wrong.shape or not right.size or not np.isfinite(right).all():
        return None
    scale = np.abs(right) + (np.abs(right) == 0)
    apart = np.nan_to_num(np.abs(right - wrong) / scale, nan=np.inf)
    index = tuple(int(i) for i in np.unravel_index(np.argmax(apart), apart.shape))
    return index if apart[index] > least else None


def _in_floats(sheet: Sheet, known: Mistake) -> None:
    found = in_floats(known)
    if found is None:
        sheet.head("No example of at most {n} elements shows it.", n=LARGEST)
        return
    case, arrays, dy, tensor, index, right, wrong = found
    sheet.head("Smallest example, in float64: {case}", case=case.id)
    if known.loses_digits:
        sheet.text("In exact numbers both are the same; in floats digits are lost.", 2)
    given = {**arrays, **({} if tensor == "y" else {"dy": dy})}
    for name, array in given.items():
        if array.size <= 12:
            sheet.raw(f"{name} = {_in_line(array)}", indent=2, hang=4)
        else:
            sheet.raw(f"{name} {'×'.join(map(str, array.shape))}", indent=2)
    sheet.gap()
    sheet.raw(f"{place(tensor, index)}", indent=2)
    sheet.item(sheet.said("right:"), repr(float(right)), 10)
    sheet.item(sheet.said("wrong:"), repr(float(wrong)), 10)


def _in_line(array: Array) -> str:
    return " ".join(f"{float(value):.6g}" for value in array.ravel()).replace("-", "−")

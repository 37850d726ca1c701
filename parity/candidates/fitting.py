"""Cases made to fit a candidate that takes less than all: one sample at a time, its own sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

import numpy as np

from parity.candidates.asked import LARGER, Fit, named_by_sizes
from parity.candidates.styles.constructing import attribute_of, takes_array
from parity.candidates.styles.framing import PAD, axes_named
from parity.candidates.styles.keywords import settled
from parity.candidates.styles.moves import CONVOLUTIONS, OF_MAPS, ONE_KERNEL_A_MAP, TRANSPOSED
from parity.candidates.styles.standing import POOLINGS
from parity.candidates.styles.style import (
    CHW,
    D1,
    DN,
    HW,
    HWC,
    NC,
    NCHW,
    NHWC,
    ONE_SAMPLE,
    D,
    Own,
    Told,
)
from parity.cases.case import Case, Classes, Draw, Given, Probabilities, Shape, Source
from parity.witnesses.definitions.windows import each
from parity.witnesses.problem import Problem

VECTORS = ("linear", "softmax", "log_softmax", "cross_entropy")  # of one sample: a vector
# Their channels become the object's.
OF_ROWS_AND_MAPS = (
    *((3, 2), (6, 2), (4, 2, 3), (2, 2, 5), (2, 2, 5, 4), (6, 2, 3, 4)),
    (2, 2, 3, 4, 2),
)
OF_ITS_OWN = ("eps", "training")  # options of a candidate that it cannot be told
LAST = (-1,)  # the axis of a vector
FIRST = ("x", "logits", "target")  # arrays whose first axis is the batch
# Samples, channels, and by how many steps a map is larger than the window, by axes.
STEPS = (
    (1, 2, (0, 0)),
    (2, 3, (1, 0)),
    (2, 4, (0, 1)),
    (3, 2, (2, 1)),
    (2, 4, (3, 1)),
    (5, 3, (1, 3)),
)


def layouts_of(function: str) -> tuple[str, ...]:
    """The layouts in which a function can be asked, the usual one first.

    >>> layouts_of("relu"), layouts_of("linear"), layouts_of("max_pool2d")
    (('NCHW',), ('NCHW', 'DN', 'D', 'D1'), ('NCHW', 'NHWC', 'CHW', 'HWC', 'HW'))
    """
    if function in OF_MAPS:
        return (NCHW, NHWC, CHW, HWC, HW)
    if function == "linear":
        return (NCHW, DN, D, D1)
    if function.startswith("global_"):
        return (NCHW, NC)
    if function in VECTORS:
        return (NCHW, D)
    return (NCHW, CHW) if function == "flatten" else (NCHW,)


def axes_of(function: str, layout: str) -> int:
    """How many axes a problem has that is asked in a layout, its batch included.

    >>> axes_of("linear", "D"), axes_of("conv1d", "CHW"), axes_of("flatten", "CHW")
    (2, 3, 4)
    """
    if layout in (D, DN, D1):
        return 2
    return int(function[-2]) + 2 if function[-1] == "d" and function[-2].isdigit() else 4


def other_than_layout(problem: Problem, layout: str) -> str:
    """What a layout has no place for; "" if it holds the problem."""
    first = next(iter(problem.arrays.values()))
    if layout not in (*ONE_SAMPLE, DN):
        return ""
    if first.ndim != axes_of(problem.function, layout) or (
        layout == D and settled(problem).get("axis", -1) not in LAST
    ):
        return "other axes"
    if len(first) != 1 and layout != DN:
        return "more than one sample"
    weight = problem.arrays.get("weight")
    ones = 1 if problem.function in ONE_KERNEL_A_MAP else 2
    more = layout == HW and (
        first.shape[1] != 1 or (weight is not None and prod(weight.shape[:ones]) != 1)
    )
    return "more than one map" if more else ""


def not_asked(told: Told) -> tuple[str, ...]:
    """What a candidate that takes less than all cannot be asked."""
    one = ("more than one sample",) if told.layout in ONE_SAMPLE else ()
    maps = ("more than one map",) if told.layout == HW else ()
    own = (
        ("other sizes and options than its own",)
        if told.own and (told.own.weight or told.own.options)
        else ()
    )
    return (*one, *maps, *own)


def fit_of(told: Told) -> Fit:
    """How cases are made to fit a candidate: its own ε is that of each case, and it may be training
    whatever it is given."""
    fit = _fit_of(told)
    own = {name: told.fixed[name] for name in OF_ITS_OWN if name in told.fixed}
    if not own:
        return fit

    def of_its_own(case: Case) -> Case | None:
        made = fit.case(case)
        return made and replace(made, options={**made.options, **own})

    return fit._replace(case=of_its_own)


def _fit_of(told: Told) -> Fit:
    """Of large weights, those of its own sizes alone."""
    more = tuple(filter(None, (fitted(case, told) for case in additional(told))))
    if told.own is None and has_no_bias(told):
        more = tuple(square_kernels(told.like))
    if told.own is not None and is_large(told.own):
        return Fit(lambda case: None, more, room(told), settled=True)
    return Fit(lambda case: fitted(case, told), more, room(told), told.own is not None)


def fitted(case: Case, told: Told) -> Case | None:
    """The case as the candidate takes it, by the sizes that it then has; None if it takes none.

    >>> case = Case("conv2d", "", {"x": Draw((2, 3, 8, 7)), "weight": Draw((5, 3, 2, 2))})
    >>> fitted(case, Told("refimpl", ("f",), "conv2d", layout="CHW")).name
    'x 1×3×8×7, weight 5×3×2×2, without bias'
    """
    given = case
    if told.own is not None:
        case = in_own_sizes(case, told.own)
    if told.layout in ONE_SAMPLE:
        sized = one_sample(case, told.layout)
        if sized is None:
            return None
        case = sized
    return case if case is given else named_by_sizes(case)


def additional(told: Told) -> Iterator[Case]:
    """Geometries that an object of its own sizes is asked beside those of the catalogue."""
    if told.own is None:
        return
    if told.like == "linear":
        yield from (_own_case(told.like, told.own, (N, 1), f"{N} samples") for N in (1, 2, 3, 6, 9))
    elif told.like in (*CONVOLUTIONS, *POOLINGS):
        yield from _around_the_window(told.like, told.own)
    elif told.like == PAD:
        yield from _within_the_frame(told.own, told.names[0])
    elif told.like in TRANSPOSED:
        yield from _of_any_size(told.like, told.own)
    elif told.own.channels and told.like != "cross_entropy":
        yield from _of_rows_and_maps(told.like, told.own)


def _within_the_frame(own: Own, name: str) -> Iterator[Case]:
    """Maps larger than their frame by one place and more, along the axes of the object."""
    given = own.options.get("padding", 0)
    axes = len(given) if isinstance(given, tuple | list) else axes_named(name) or 2
    most = int(np.max(np.abs(given)))
    for N, C, more in STEPS:
        x = (N, C, *(most + 1 + axis + more[axis % 2] for axis in range(axes)))
        yield named_by_sizes(_own_case(PAD, own, x, "own"))


def has_no_bias(told: Told) -> bool:
    """Whether a convolution is a class whose objects hold weights and no bias."""
    seen = told.like in CONVOLUTIONS and told.kind != "function" and told.attributes is not None
    given = takes_array(told.signature(told.names[0]), "bias")
    return seen and not given and not attribute_of(told, "bias")


def square_kernels(function: str) -> Iterator[Case]:
    """Convolutions without bias that every layer can do: it may know one size of kernels alone."""
    axes = int(function[-2])
    for N, C, K, more in ((1, 2, 2, 1), (2, 3, 3, 2), (3, 4, 1, 3), (2, 5, 3, 4), (4, 1, 2, 5)):
        x = Draw((N, C, *(K + more - axis % 2 for axis in range(axes))))
        weight = Draw((C + 1, C, *(K,) * axes))
        yield named_by_sizes(Case(function, "square kernels", {"x": x, "weight": weight}))


def is_large(own: Own) -> bool:
    """Whether its weights alone are more than other problems have elements."""
    return prod(own.weight) > LARGER


def room(told: Told) -> int:
    """How many elements its problems may have, where its own sizes are large."""
    return LARGER + 4 * prod(told.own.weight) if told.own and told.own.weight else 0


# --- one sample ---------------------------------------------------------------------------


def one_sample(case: Case, layout: str) -> Case | None:
    """The case with its first sample, and in the layout HW with one map, alone."""
    first = next(iter(case.arrays.values()))
    axes = axes_of(case.function, layout)
    if not isinstance(first, Draw) or len(first.shape) != axes:
        return None
    if layout == D and case.options.get("axis", -1) not in LAST:
        return None
    arrays: dict[str, Source] = {}
    for name, source in case.arrays.items():
        if not isinstance(source, Draw | Classes | Probabilities):
            arrays[name] = source
            continue
        shape = source.shape
        if name in FIRST and shape:
            shape = (1, *shape[1:])
        if layout == HW:
            shape = _one_map(name, shape, case.function)
        arrays[name] = replace(source, shape=shape)
    options = {n: v for n, v in case.options.items() if layout != HW or n != "groups"}
    return replace(case, arrays=arrays, options=options)


def _one_map(name: str, shape: Shape, function: str) -> Shape:
    if name == "bias":
        return (1,)
    ones = 1 if name == "weight" and function in ONE_KERNEL_A_MAP else 2
    return (*(1,) * ones, *shape[ones:])


# --- an object's own sizes ----------------------------------------------------------------


def in_own_sizes(case: Case, own: Own) -> Case:
    """The case with the object's weights and options, as many samples and places as it has."""
    if own.channels:
        return _in_own_channels(case, own)
    if not own.weight:
        return replace(case, options=dict(own.options)) if own.options else case
    arrays = dict(case.arrays)
    x, weight = arrays["x"], arrays["weight"]
    values = weight.values if isinstance(weight, Draw) else "normal"
    groups, transposed = own.options.get("groups", 1), case.function in TRANSPOSED
    inputs = own.weight[0] if transposed else own.weight[1] * groups
    outputs = own.weight[1] * groups if transposed else own.weight[0]
    if isinstance(x, Draw):
        shape = (
            (*x.shape[:-1], inputs) if len(own.weight) == 2 else (x.shape[0], inputs, *x.shape[2:])
        )
        arrays["x"] = replace(x, shape=shape)
    arrays["weight"] = _held("weight", own, own.weight, values)
    arrays.pop("bias", None)
    if own.biased:
        arrays["bias"] = _held("bias", own, (outputs,), values)
    dtypes = ("float64",) if own.values else case.dtypes
    return replace(case, arrays=arrays, options=dict(own.options), dtypes=dtypes)


def _in_own_channels(case: Case, own: Own) -> Case:
    """The case with the object's channels; x of a single weight may have any number of them."""
    if case.function == "cross_entropy":
        return _of_own_classes(case, own)
    x, shape = case.arrays["x"], own.channels
    if isinstance(x, Draw) and case.function == "layer_norm":
        lead = x.shape[: -len(shape)] or (3,)
        x = replace(x, shape=(*lead, *shape))
    elif isinstance(x, Draw) and len(x.shape) > 1 and (case.function != "prelu" or shape != (1,)):
        x = replace(x, shape=(x.shape[0], *shape, *x.shape[2:]))
    arrays: dict[str, Source] = {"x": x}
    if own.weight:
        arrays["weight"] = _held("weight", own, own.weight, "normal")
    if own.weight and own.biased:
        arrays["bias"] = _held("bias", own, own.weight, "normal")
    dtypes = ("float64",) if own.values else case.dtypes
    return replace(case, arrays=arrays, options=dict(own.options), dtypes=dtypes)


def _of_own_classes(case: Case, own: Own) -> Case:
    """The case with as many classes as the object has weights for."""
    classes, logits, target = own.channels[0], case.arrays["logits"], case.arrays["target"]
    if not isinstance(logits, Draw):
        return case
    shape = (*logits.shape[: min(1, len(logits.shape) - 1)], classes, *logits.shape[2:])
    if isinstance(target, Classes):
        target = replace(target, classes=classes)
    elif isinstance(target, Probabilities):
        target = replace(target, shape=shape)
    weight = Given(own.values["weight"]) if own.values else Probabilities((classes,), 0)
    arrays = {"logits": replace(logits, shape=shape), "target": target, "weight": weight}
    dtypes = ("float64",) if own.values else case.dtypes
    return replace(case, arrays=arrays, options=dict(own.options), dtypes=dtypes)


def _held(name: str, own: Own, shape: Shape, values: str) -> Source:
    """A parameter: drawn, or as the object has it."""
    return Given(own.values[name]) if name in own.values else Draw(shape, values)


def _own_case(function: str, own: Own, x: Shape, name: str) -> Case:
    arrays: dict[str, Source] = {"x": Draw(x)}
    if own.weight:
        arrays["weight"] = Draw(own.weight)
    return in_own_sizes(Case(function, name, arrays), own)


def _of_any_size(function: str, own: Own) -> Iterator[Case]:
    """Maps of one element and more, as a transposed convolution takes them."""
    axes = int(function[-2])
    for N, C, more in STEPS[: 3 if is_large(own) else None]:
        sizes = (1 + more[axis % 2] + (axis + N) % 3 for axis in range(axes))
        yield named_by_sizes(_own_case(function, own, (N, C, *sizes), "own"))


def _of_rows_and_maps(function: str, own: Own) -> Iterator[Case]:
    """x of two axes and more, as a layer with channels takes them."""
    for shape in OF_ROWS_AND_MAPS:
        case = Case(function, "own", {"x": Draw(shape)})
        yield named_by_sizes(in_own_sizes(case, own))


def _around_the_window(function: str, own: Own) -> Iterator[Case]:
    """Maps as large as the window, and larger by less and more than a step."""
    axes = int(function[-2])
    window = own.weight[2:] or each(own.options["kernel_size"], axes)
    steps = each(own.options.get("stride") or window, axes)
    reach = [
        (k - 1) * d + 1
        for k, d in zip(window, each(own.options.get("dilation", 1), axes), strict=True)
    ]
    for N, C, more in STEPS[: 3 if is_large(own) else None]:
        sizes = (
            max(k + s * more[axis % 2] + (axis + N) % s, k)
            for axis, (k, s) in enumerate(zip(reach, steps, strict=True))
        )
        yield named_by_sizes(_own_case(function, own, (N, C, *sizes), "own"))

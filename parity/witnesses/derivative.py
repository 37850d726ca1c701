"""The witness of the forward formula itself: every backward against its forward's derivative."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any, NamedTuple

import numpy as np

import refimpl
from parity.cases.case import Array, Case, Draw, case_arrays, draw, generator
from parity.cases.functions import FUNCTIONS
from parity.cases.network_case import NetworkCase
from parity.results.findings import Findings
from parity.results.judging import attempt, joined
from parity.results.rows import WitnessRow
from parity.results.settings import Settings
from parity.results.verdicts import AGREES, DERIVATIVE, INAPPLICABLE, OUTSIDE
from parity.witnesses import differences
from parity.witnesses.balls import exact_balls
from parity.witnesses.differences import Judgement
from parity.witnesses.directional import (
    FALSE_ACCEPT,
    KEPT,
    KEPT_STILL,
    Arrays,
    Question,
    judged,
    unsuited,
    unsuited_upstream,
)
from parity.witnesses.exact.formula import exact_numbers
from parity.witnesses.lattices import Geometry, NotExactError, geometry, without_branch
from parity.witnesses.reciprocals import Means, means_of
from refimpl import Network, loss_and_grads
from refimpl.elements import parameter

CASE_PRODUCTS = 300_000  # more multiplications than these take longer than they are worth
NETWORK_PRODUCTS = 500_000  # LeNet's with one sample; smaller networks show what a batch does
# Networks with the layers of another one that is asked for anyway.
COVERED = {"lenet": "small_lenet"}


# --- layer cases --------------------------------------------------------------------------


class Code(NamedTuple):
    """What stands in the place of refimpl's function or of its backward."""

    forward: Callable[..., Any] | None = None
    backward: Callable[..., Any] | None = None


REFIMPL = Code()


def check_derivative(case: Case, dtype: str, settings: Settings) -> Findings:
    """One case, judged in exact arithmetic."""
    found, shape = judgement(case, dtype, settings), geometry(case)
    sizes = {name: prod(shape.shapes[name]) for name in shape.inputs}
    return Findings(witnesses=[_row(case.id, case.function, "", dtype, sizes, found)])


def judgement(case: Case, dtype: str, settings: Settings, code: Code = REFIMPL) -> Judgement:
    """Exact differences, where no branch depends on the case's numbers; else dual numbers.

    Integers of the case's geometry stand for its own numbers where the function only adds and
    multiplies. Where it compares, its own numbers choose the branch: ties and zeros, what many a
    case is for, are seen on dual numbers alone; of the others its own numbers are judged by torch
    and the exact values. Too many numbers for these get differences on
    patterns of branches, which the note names.
    """
    question = case_question(case, dtype, settings, code)
    with np.errstate(all="ignore"):
        y = attempt(lambda: question.forward(dict(question.arrays)))
    if isinstance(y, str):
        return Judgement(OUTSIDE, y)
    shape, products = geometry(case), _case_products(y, question.arrays)
    large = products > CASE_PRODUCTS
    said = _too_large(products) if large else ""
    if without_branch(shape) or (large and differences.has_patterns(shape)):
        why_not = unsuited(question) or unsuited_upstream(question.upstream(y.shape))
        if why_not:
            return Judgement(INAPPLICABLE, why_not)
        try:
            return _by_differences(question, case, shape, code)
        except NotExactError as error:
            said = joined(f"no exact differences ({error})", said)
    return Judgement(INAPPLICABLE, said) if large else _on_duals(question, said)


def _by_differences(question: Question, case: Case, shape: Geometry, code: Code) -> Judgement:
    """On integers, with options that leave them integers; the note names those that are changed."""
    function, options = FUNCTIONS[case.function], shape.options
    means = means_of(shape, "float64")

    def backward(dy: Array, given: Arrays) -> Arrays:
        gradients = function.backward(dy, given, options, code.backward)
        return _whole(gradients, dy, given, means) if means else gradients

    found = differences.judged(
        question._replace(
            forward=lambda given: function.forward(given, options, code.forward),
            backward=backward,
        ),
        shape,
    )
    changed = [f"{k} {v:g}" for k, v in options.items() if case.options.get(k) != v]
    return found._replace(note=", ".join((found.note, *changed)))


def _whole(gradients: Arrays, dy: Array, given: Arrays, means: Means) -> Arrays:
    """Gradients of means, which are integers.

    Raises: NotExactError where they are off integers as a rounded reciprocal is.
    """
    (name,) = gradients
    found = gradients[name]
    nearest = np.rint(found)
    if np.array_equal(found, nearest) or not means.only_rounded("dx", found, nearest, given, dy):
        return gradients
    raise NotExactError("the backward multiplies by rounded reciprocals")


def _on_duals(question: Question, said: str = "") -> Judgement:
    verdict, note = judged(question)
    # At a kink the directions that are left don't see every mistake.
    blind = verdict != AGREES or KEPT in note or KEPT_STILL in note
    return Judgement(verdict, joined(said, note), None if blind else FALSE_ACCEPT)


def case_question(case: Case, dtype: str, settings: Settings, code: Code = REFIMPL) -> Question:
    """refimpl's forward and backward, or other code, at the arrays of a case."""
    arrays = case_arrays(case, dtype, settings.seed)
    function = FUNCTIONS[case.function]

    def upstream(shape: tuple[int, ...]) -> Array:
        rng = generator(settings.seed, case.id, "dy")
        return draw(Draw(shape, case.upstream), dtype, rng).reshape(shape)

    return Question(
        case.id,
        settings.seed,
        arrays,
        tuple(name for name in function.inputs if name in arrays),
        lambda given: function.forward(given, case.options, code.forward),
        lambda dy, given: function.backward(dy, given, case.options, code.backward),
        upstream,
        exact_balls if any(code) else exact_numbers(case.function),
        function.kinks_at(case.options, dtype),
    )


def _case_products(y: Array, arrays: Mapping[str, Array]) -> int:
    """How many multiplications of two arguments, or elements to compare, the forward takes."""
    if "kernel" in arrays:
        return y.size * arrays["kernel"].size
    if "weight" in arrays:
        return y.size * arrays["weight"][:1].size
    return max(y.size, *(array.size for array in arrays.values()))


def _too_large(products: int) -> str:
    return f"too large: {products} products"


def _row(
    case: str,
    function: str,
    network: str,
    dtype: str,
    sizes: Mapping[str, int],
    found: Judgement,
) -> WitnessRow:
    """sizes: the number of elements of each input."""
    return WitnessRow(
        case,
        function,
        network,
        dtype,
        DERIVATIVE,
        " ".join(f"d{name}" for name in sizes),
        sum(sizes.values()),
        found.verdict,
        found.false_accept,
        found.note,
    )


# --- networks -----------------------------------------------------------------------------


def check_network_derivative(case: NetworkCase, dtype: str, settings: Settings) -> Findings:
    """A network with its loss, by its input and all its parameters at once."""
    model = case.model(dtype, settings.seed)
    x, target = case.data(dtype, settings.seed)[0]
    with np.errstate(all="ignore"):
        products = attempt(lambda: _network_products(model.network, x))
    if isinstance(products, str):
        samples, found = len(x), Judgement(OUTSIDE, products)
    else:
        samples = min(len(x), len(x) * NETWORK_PRODUCTS // max(products, 1))
        found = Judgement(INAPPLICABLE, _too_large(products))
    question = _network_question(case, model.network, settings, x[:samples], target[:samples])
    if not isinstance(products, str) and samples:
        found = _on_duals(
            question, f"fewer samples: {samples} of {len(x)}" if samples < len(x) else ""
        )
    sizes = {name: question.arrays[name].size for name in question.inputs}
    return Findings(witnesses=[_row(case.name, "", case.name, dtype, sizes, found)])


def _network_products(network: Network, x: Array) -> int:
    outputs = network.activations(x)[1:]
    return sum(
        y.size * layer.parameters["weight"][:1].size
        for layer, y in zip(network.layers.values(), outputs, strict=True)
        if "weight" in layer.parameters
    )


def _network_question(
    case: NetworkCase, drawn: Network, settings: Settings, x: Array, target: Array
) -> Question:
    loss = case.loss
    parameters = {
        f"{name} {key}": _off_zero(value, generator(settings.seed, case.name, name, key))
        for name, layer in drawn.layers.items()
        for key, value in layer.parameters.items()
    }

    def network(given: Arrays) -> Network:
        """The network with these parameters."""
        built = case.network("float64", settings.seed)
        for name, layer in built.layers.items():
            layer.parameters = {key: given[f"{name} {key}"] for key in layer.parameters}
            layer.constants = {key: _beside(c, given["x"]) for key, c in layer.constants.items()}
        return built

    def forward(given: Arrays) -> Array:
        output = network(given).forward(given["x"])
        return np.asarray(getattr(refimpl, loss.function)(output, given["target"], **loss.options))

    def backward(dy: Array, given: Arrays) -> Arrays:
        step = loss_and_grads(
            network(given), given["x"], given["target"], loss.function, **loss.options
        )
        gradients = {
            f"{name} {key}": gradient
            for name, by_key in step.grads.dparameters.items()
            for key, gradient in by_key.items()
        }
        return {"x": step.grads.doutputs["x"], **gradients}

    return Question(
        case.name,
        settings.seed,
        {"x": x, "target": target, **parameters},
        ("x", *parameters),
        forward,
        backward,
        lambda shape: np.ones(shape),  # ∂loss/∂loss
    )


def _beside(constant: Array, x: Array) -> Array:
    """Running statistics as elements of x; masks stay."""
    if x.dtype != object or constant.dtype.kind != "f":
        return constant
    found = np.empty(constant.shape, object)
    for place, value in np.ndenumerate(constant):
        found[place] = parameter(value, like=x)
    return found


def _off_zero(parameter: Array, rng: np.random.Generator) -> Array:
    """Biases start at 0, where the sums of an image's black margin are 0 and branches meet: such
    a parameter is drawn, so that the network is differentiated once and not from both sides."""
    return (
        parameter if parameter.any() else rng.normal(size=parameter.shape).astype(parameter.dtype)
    )

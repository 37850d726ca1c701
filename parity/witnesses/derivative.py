"""The witness of the forward formula itself: every backward against its forward's derivative."""

from __future__ import annotations

from collections.abc import Mapping

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
from parity.witnesses.directional import FALSE_ACCEPT, KEPT, KEPT_STILL, Arrays, Question, judged
from parity.witnesses.exact.formula import exact_numbers
from refimpl import Network, loss_and_grads

CASE_PRODUCTS = 300_000  # more multiplications than these take longer than they are worth
NETWORK_PRODUCTS = 1_000_000
SAMPLES = 2  # of a network, at least: one alone would not show a batch
# Networks with the layers of another one that is asked for anyway.
COVERED = {"lenet": "small_lenet"}


# --- layer cases --------------------------------------------------------------------------


def check_derivative(case: Case, dtype: str, settings: Settings) -> Findings:
    """One case, its arrays as they are in a dtype, judged in exact arithmetic."""
    question = case_question(case, dtype, settings)
    arrays, function = question.arrays, FUNCTIONS[case.function]
    with np.errstate(all="ignore"):
        y = attempt(lambda: function.forward(arrays, case.options))
    if isinstance(y, str):
        verdict, note = OUTSIDE, y
    elif _case_products(y, arrays) > CASE_PRODUCTS:
        verdict, note = INAPPLICABLE, _too_large(_case_products(y, arrays))
    else:
        verdict, note = judged(question)
    row = _row(case.id, case.function, "", dtype, question, verdict, note)
    return Findings(witnesses=[row])


def case_question(case: Case, dtype: str, settings: Settings) -> Question:
    """refimpl's forward and backward at the arrays of a case."""
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
        lambda given: function.forward(given, case.options),
        lambda dy, given: function.backward(dy, given, case.options),
        upstream,
        exact_numbers(case.function),
        function.kinks_at(case.options, dtype),
    )


def _case_products(y: Array, arrays: Mapping[str, Array]) -> int:
    """How many multiplications of two arguments the forward takes, where there are many."""
    if "kernel" in arrays:
        return y.size * arrays["kernel"].size
    return y.size * arrays["weight"][:1].size if "weight" in arrays else y.size


def _too_large(products: int) -> str:
    return f"too large: {products} products"


def _row(
    case: str,
    function: str,
    network: str,
    dtype: str,
    question: Question,
    verdict: str,
    note: str,
) -> WitnessRow:
    at_kink = KEPT in note or KEPT_STILL in note
    return WitnessRow(
        case,
        function,
        network,
        dtype,
        DERIVATIVE,
        " ".join(f"d{name}" for name in question.inputs),
        sum(question.arrays[name].size for name in question.inputs),
        verdict,
        # At a kink the directions that are left don't see every mistake.
        FALSE_ACCEPT if verdict == AGREES and not at_kink else None,
        note,
    )


# --- networks -----------------------------------------------------------------------------


def check_network_derivative(case: NetworkCase, dtype: str, settings: Settings) -> Findings:
    """A network with its loss, by its input and all its parameters at once."""
    model = case.model(dtype, settings.seed)
    x, target = case.data(dtype, settings.seed)[0]
    with np.errstate(all="ignore"):
        products = attempt(lambda: _network_products(model.network, x))
    if isinstance(products, str):
        samples, verdict, note = len(x), OUTSIDE, products
    else:
        samples = min(len(x), len(x) * NETWORK_PRODUCTS // max(products, 1))
        verdict, note = INAPPLICABLE, _too_large(products)
    question = _network_question(case, model.network, settings, x[:samples], target[:samples])
    if not isinstance(products, str) and samples >= SAMPLES:
        verdict, note = judged(question)
        note = joined(f"{samples} of {len(x)} samples" if samples < len(x) else "", note)
    return Findings(witnesses=[_row(case.name, "", case.name, dtype, question, verdict, note)])


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
        f"{name} {key}": value
        for name, layer in drawn.layers.items()
        for key, value in layer.parameters.items()
    }

    def network(given: Arrays) -> Network:
        """The network with these parameters."""
        built = case.network("float64", settings.seed)
        for name, layer in built.layers.items():
            layer.parameters = {key: given[f"{name} {key}"] for key in layer.parameters}
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

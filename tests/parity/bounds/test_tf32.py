"""The bound that knows TF32, against an emulation of it: there is no GPU where this was written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from parity import oracle
from parity.bounds.arithmetic import TF32, arithmetic, sides
from parity.bounds.rules import backward_bounds, forward_bound
from parity.cases.case import Array, Case, case_arrays
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.oracle.arrays import to_array
from parity.oracle.weighted_pooling import gaussian_weights
from parity.results.comparison import compare
from parity.results.settings import Settings
from parity.suite.task import CASES
from parity.witnesses.integer_networks import check_integer_network
from parity.witnesses.lattices import geometry, patterns

PLAIN, ROUNDED = sides("float32"), sides("float32", tf32=True)
PRODUCTS = (
    *("conv1d[plain]", "conv2d[plain]", "conv2d[stride(2,1)]", "conv3d[plain]"),
    *("linear[plain]", "weighted_pool2d[plain]", "weighted_pool2d[global]"),
    *("correlate2d[odd kernel, full]", "convolve2d[odd kernel, same]"),
)


def tf32(array: Array) -> Array:
    """To 10 bits of mantissa behind the first, as the tensor cores get it; subnormal ones, too."""
    doubles = array.astype(np.float64)
    _, exponent = np.frexp(doubles)
    exponent = np.maximum(exponent, -125)
    return np.ldexp(np.rint(np.ldexp(doubles, 11 - exponent)), exponent - 11).astype(array.dtype)


def emulated(case: Case, arrays: dict[str, Array], dy: Array) -> dict[str, Array]:
    """The value and gradients of products of rounded factors; additions by torch in float32."""
    factors = {name: a if name == "bias" else tf32(a) for name, a in arrays.items()}
    names = [name for name in arrays if name != "bias"]
    found = oracle.gradients(case.function, factors, case.options, tf32(dy), names)
    return {"y": found.y, **{f"d{name}": g for name, g in found.gradients.items()}}


def drawn(case: Case) -> tuple[dict[str, Array], Array]:
    arrays = case_arrays(case, "float32", 23)
    shape = oracle.forward(case.function, arrays, case.options).shape
    return arrays, np.random.default_rng(5).normal(size=shape).astype(np.float32)


def bounds(case: Case, arrays: dict[str, Array], dy: Array, both: Any) -> dict[str, Any]:
    backward = backward_bounds(case.function, dy, arrays, case.options, both)
    forward = forward_bound(case.function, arrays, case.options, both)
    return {"y": forward, **{f"d{name}": bound for name, bound in backward.items()}}


def test_the_emulation_rounds_to_ten_bits() -> None:
    """By at most 2⁻¹¹ of the number, and somewhere by nearly that."""
    numbers = np.random.default_rng(1).normal(size=9999).astype(np.float32)
    off = np.abs(tf32(numbers).astype(float) - numbers) / np.abs(numbers)
    assert 0.9 * TF32 < np.max(off) <= TF32
    assert tf32(np.array([1 + 2.0**-10], np.float32)) == np.float32(1 + 2.0**-10)
    assert tf32(np.array([1 + 2.0**-12], np.float32)) == 1
    # The smallest subnormal number of TF32 is 2⁻¹³⁶.
    assert tf32(np.array([2.0**-136, 2.0**-140], np.float32)).tolist() == [2.0**-136, 0]


@pytest.mark.parametrize("case_id", PRODUCTS)
def test_rounded_factors_are_within_the_bound_that_knows_them(case_id: str) -> None:
    """Within it, outside the plain bound, and 1 % too much is outside both."""
    case = CASES[case_id]
    arrays, dy = drawn(case)
    theirs = emulated(case, arrays, dy)
    ours = FUNCTIONS[case.function].tensors(dy, arrays, case.options)
    plain, wide = (bounds(case, arrays, dy, both) for both in (PLAIN, ROUNDED))
    for name, expected in theirs.items():
        found = compare(ours[name], expected, wide[name])
        assert found.verdict == "within"
        assert found.worst_ratio > 0.01
        assert compare(ours[name], expected, plain[name]).verdict == "outside"
        wrong = ours[name] * np.float32(1.01)
        assert compare(wrong, expected, wide[name]).verdict == "outside"


def test_a_gaussian_pooling_is_within_its_bound_too() -> None:
    """Its weights are factors as well."""
    case = next(c for c in GOOD if c.id == "gaussian_pool2d[window 3×3]")
    arrays, dy = drawn(case)
    weight = to_array(gaussian_weights(torch.from_numpy(arrays["x"].copy()), (3, 3), 0.8))
    channels = {"x": tf32(arrays["x"]), "weight": tf32(np.stack([weight] * arrays["x"].shape[1]))}
    theirs = oracle.forward("weighted_pool2d", channels, {"stride": case.options.get("stride")})
    ours = FUNCTIONS[case.function].forward(arrays, case.options)
    plain, wide = (bounds(case, arrays, dy, both) for both in (PLAIN, ROUNDED))
    assert compare(ours, theirs, wide["y"]).verdict == "within"
    assert compare(ours, theirs, plain["y"]).verdict == "outside"
    wrong = ours * np.float32(1.01)
    assert compare(wrong, theirs, wide["y"]).verdict == "outside"


def test_sums_that_are_cut_off_are_within_the_bound() -> None:
    """Tensor cores cut off what does not fit: each partial sum towards 0."""
    rng = np.random.default_rng(2)
    x, weight = np.abs(rng.normal(size=(2, 3000))), np.abs(rng.normal(size=(3, 3000)))
    arrays = {"x": x.astype(np.float32), "weight": weight.astype(np.float32)}
    products = np.einsum("nk,ok->nok", *(tf32(a).astype(np.float64) for a in arrays.values()))
    total = np.zeros((2, 3))
    for k in range(3000):
        total = cut_off(total + products[:, :, k])
    exact = products.sum(axis=-1)
    magnitude = np.float64(exact)
    limit = forward_bound("linear", arrays, {}, ROUNDED).limit
    of_factors = ((1 + TF32) ** 2 - 1) * magnitude
    # What is cut off takes more than rounding to nearest would: γ_K with u, not with 2u.
    assert np.all(np.abs(total - exact) > 1000 * 2.0**-24 * magnitude)
    ours = FUNCTIONS["linear"].forward(arrays, {})
    assert np.all(np.abs(total - ours) < limit)
    assert np.all(limit < of_factors + 1e-3 * magnitude)


def cut_off(values: Array) -> Array:
    """float64 to float32's 24 bits, towards 0."""
    _, exponent = np.frexp(values)
    return np.ldexp(np.trunc(np.ldexp(values, 24 - exponent)), exponent - 24)


def test_subnormal_factors_are_off_by_more_than_a_share_of_them() -> None:
    """TF32 has fewer subnormal numbers than float32: 2⁻¹⁴⁰ becomes 0."""
    arrays = {
        "x": np.array([[2.0**-140, 2.0**-127]], np.float32),
        "weight": np.array([[2.0**30, 1.0]], np.float32),
    }
    theirs = oracle.forward("linear", {name: tf32(a) for name, a in arrays.items()}, {})
    ours = FUNCTIONS["linear"].forward(arrays, {})
    assert compare(ours, theirs, forward_bound("linear", arrays, {}, ROUNDED)).verdict == "within"


def test_only_products_in_float32_of_torch_change() -> None:
    """float64, refimpl's side, sums and selections keep their bound; so does a bias."""
    assert sides("float64", tf32=True) == sides("float64")
    assert ROUNDED[0] == PLAIN[0]
    assert ROUNDED[1] == arithmetic("torch", "float32", tf32=True) != PLAIN[1]
    for case_id in ("avg_pool2d[overlap]", "add[maps]", "max_pool2d[overlap 3 stride 2]"):
        case = CASES[case_id]
        plain, wide = (bounds(case, *drawn(case), both) for both in (PLAIN, ROUNDED))
        for name in plain:
            assert np.array_equal(plain[name].limit, wide[name].limit)
    case = CASES["linear[plain]"]
    plain, wide = (bounds(case, *drawn(case), both) for both in (PLAIN, ROUNDED))
    assert np.array_equal(plain["dbias"].limit, wide["dbias"].limit)
    assert np.all(wide["dweight"].limit > 100 * plain["dweight"].limit)


def test_integers_with_more_digits_are_not_exact_any_more() -> None:
    """What TF32 rounds must not be asked to be equal."""
    case = CASES["conv2d[integers]"]
    plain, wide = (bounds(case, *drawn(case), both) for both in (PLAIN, ROUNDED))
    assert plain["y"].exact
    assert not wide["y"].exact


def test_each_side_keeps_its_own_bound() -> None:
    """refimpl's is not widened by what torch rounds."""
    case = CASES["conv2d[plain]"]
    arrays, dy = drawn(case)
    bound = bounds(case, arrays, dy, ROUNDED)["y"]
    assert np.all(bound.torch > 100 * bound.refimpl)


def test_the_exact_integers_fit_into_tf32() -> None:
    """Factors of at most 11 bits, which the emulation leaves as they are; a bias keeps its set."""
    shape = geometry(CASES["conv2d[kernel 1×1]"])
    rng = np.random.default_rng(3)
    (free,) = patterns(shape, "float32", rng)
    (pattern,) = patterns(shape, "float32", rng, tf32=True)
    assert max(free[name].high for name in ("x", "weight", "dy")) > 2**11
    for name, lattice in pattern.items():
        if name == "bias":
            assert lattice.size == free[name].size
        else:
            drawn_integers = lattice.draw(rng).astype(np.float32)
            assert np.array_equal(tf32(drawn_integers), drawn_integers)
    assert patterns(shape, "float64", rng, tf32=True)[0]["x"].high > 2**11
    (row,) = check_integer_network("sums", "float32", Settings(device="cpu", tf32=True)).witnesses
    assert row.verdict == "blind"
    assert row.note == "what layers compute has more digits than TF32 holds"


def test_the_command_of_a_failure_keeps_tf32() -> None:
    """And the run's record."""
    assert Settings(tf32=True).override_options == " --tf32"
    assert Settings(tf32=True, rtol=0.5).override_options == " --tf32 --rtol 0.5"
    assert Settings(tf32=True).sides("float32") == ROUNDED
    assert Settings().sides("float32") == PLAIN

"""Large tensors judged part by part: the same rows as of the whole, and nothing passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import numpy as np
import pytest
import torch
from torch import nn

import parity
from parity.bounds.bound import Bound
from parity.cases.case import Array
from parity.models import cutting, part_by_part
from parity.models.part_by_part import Judged, Made
from parity.models.plain.by_element import Elementwise
from parity.models.references import OfRefimpl
from parity.models.rules.element_arithmetic import MULTIPLY
from parity.models.side_by_side import Workers
from parity.models.watched_rows import sides_of
from parity.results.comparison import compare, spacing
from parity.results.in_parts import RUN, quiet
from parity.results.rows import Row

RNG = np.random.default_rng(3)
SAMPLED = {"element_resolution"}  # a median of some elements: which ones depends on the parts
# Sums over parts are rounded once more a part in float64; Σ|terms| is wider by γ_K in float32.
LOOSE = {"truth_radius": 0.3} | dict.fromkeys(
    ("bound_at_worst", "worst_ratio", "torch_roundings", "resolution"), 2e-3
)


class Net(nn.Module):
    """Every operation that is cut."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.second = nn.Conv2d(8, 6, 3, padding=1, groups=2, bias=False)
        self.up = nn.ConvTranspose2d(6, 4, 2, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.relu_(self.norm(self.first(x)))
        h = torch.max_pool2d(h, 3, 2, 1)
        h = torch.sigmoid(self.second(h)) + h[:, :6]
        h = h + 2 * torch.nn.functional.avg_pool2d(h, 3, 1, 1)
        return self.up(h)


def rows(monkeypatch: pytest.MonkeyPatch, part: int, small: int) -> list[Row]:
    """Of one step, with parts of so many elements."""
    monkeypatch.setattr(cutting, "PART", part)
    monkeypatch.setattr(cutting, "SMALL", small)
    monkeypatch.setattr(part_by_part, "SMALL", small)
    torch.manual_seed(5)
    model = Net()
    x = torch.randn(5, 3, 60, 44, requires_grad=True)
    with parity.watch(model) as seen:
        y = model(x)
        (y * torch.randn_like(y)).sum().backward()
    assert seen.report, str(seen.report)
    return list(seen.report.rows)


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[Row]:
    return rows(monkeypatch, 1 << 17, 1 << 40)


@pytest.mark.parametrize("part", [1, 3000, 1 << 17])
def test_the_rows_are_those_of_the_whole(
    whole: list[Row], monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    """Whatever the parts are."""
    found = rows(monkeypatch, part, 64)
    assert len(found) == len(whole) > 40
    for one, other in zip(found, whole, strict=True):
        for field in fields(Row):
            a, b = getattr(one, field.name), getattr(other, field.name)
            if field.name in SAMPLED or a == b:
                continue
            assert isinstance(a, float), (field.name, a, b)
            assert isinstance(b, float), (field.name, a, b)
            loose = LOOSE.get(field.name, 1e-9)
            assert a == pytest.approx(b, rel=loose), (one.layer, one.tensor, field.name)


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers()
    yield made
    made.close()


@pytest.mark.parametrize(("size", "elements"), [(256, 401408), (128, 802816), (64, 1605632)])
def test_each_worker_has_as_much_to_do(size: int, elements: int) -> None:
    """The channels of ResNet-18, batch 8: all of them, in parts of one size, or one apart."""
    parts = cutting.Cut(1, size, elements, {}).parts(2)
    assert [k for part in parts for k in range(part.start, part.stop)] == [*range(size)]
    sizes = [part.stop - part.start for part in parts]
    assert len(sizes) % 2 == 0
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) * elements <= cutting.PART * size


def test_fewer_channels_than_workers_are_a_part_each() -> None:
    parts = cutting.Cut(1, 3, 1 << 20, {}).parts(4)
    assert parts == [slice(0, 1), slice(1, 2), slice(2, 3)]


def convolution() -> OfRefimpl:
    arrays = {
        "x": RNG.normal(size=(6, 4, 60, 50)).astype(np.float32),
        "weight": RNG.normal(size=(5, 4, 3, 3)).astype(np.float32),
        "bias": RNG.normal(size=5).astype(np.float32),
    }
    return OfRefimpl("conv2d", arrays, {"padding": 1})


def norm() -> OfRefimpl:
    x = RNG.normal(2, 3, size=(6, 5, 60, 50)).astype(np.float32)
    weights = {n: RNG.normal(size=5).astype(np.float32) for n in ("weight", "bias")}
    return OfRefimpl("batch_norm", {"x": x, **weights}, {"training": True, "eps": 1e-5})


def relu() -> OfRefimpl:
    return OfRefimpl("relu", {"x": RNG.normal(size=(6, 5, 60, 50)).astype(np.float32)}, {})


def product() -> Elementwise:
    arrays = {n: RNG.normal(size=(6, 5, 60, 50)).astype(np.float32) for n in ("x", "x2")}
    return Elementwise("multiply", arrays, MULTIPLY, "float32")


def pool() -> OfRefimpl:
    x = RNG.normal(size=(6, 5, 60, 50)).astype(np.float32)
    return OfRefimpl("max_pool2d", {"x": x}, {"kernel_size": 3, "stride": 2})


References = Callable[[], OfRefimpl | Elementwise]
every = pytest.mark.parametrize("made", [convolution, norm, relu, product, pool])


@every
@pytest.mark.parametrize("wrong", [1 + 5e-4, np.nan, np.inf])
def test_one_wrong_element_is_left_to_the_whole(
    made: References, workers: Workers, wrong: float
) -> None:
    """In the last part, where the value is large: nothing quiet is said of it."""
    reference = made()
    right = reference.value().astype(np.float32)
    sides = sides_of(right)
    assert isinstance(part_by_part.value(reference, right, sides, workers), Judged)
    last = right.copy()
    place = int(np.argmax(np.abs(last[-1])))
    last[-1].reshape(-1)[place] *= np.float32(wrong)
    if made is norm:  # 18,000 terms in any order let 0.05 % pass
        last[-1].reshape(-1)[place] *= np.float32(1.1)
    assert part_by_part.value(reference, last, sides, workers) is None


@every
def test_one_wrong_gradient_is_left_to_the_whole(made: References, workers: Workers) -> None:
    reference = made()
    dy = RNG.normal(size=reference.value().shape).astype(np.float32)
    right = {n: g.astype(np.float32) for n, g in reference.gradients(dy).items()}
    found = part_by_part.gradients(reference, dy, right, sides_of(dy), workers)
    assert found is not None
    assert isinstance(found["x"], Judged)
    for name, gradient in right.items():
        one = found[name]
        if isinstance(one, Made):
            assert np.all(np.abs(one.ours - gradient) <= np.abs(gradient) * 2.0**-24 + 1e-30)
    wrong = {**right, "x": right["x"].copy()}
    largest = np.unravel_index(np.argmax(np.abs(wrong["x"])), wrong["x"].shape)
    wrong["x"][largest] *= np.float32(1.1)
    assert part_by_part.gradients(reference, dy, wrong, sides_of(dy), workers) is None


def test_a_wrong_gradient_that_parts_add_up_to_is_seen(workers: Workers) -> None:
    """dweight is large here, and one element of its last rows is not what it should be."""
    weight = RNG.normal(size=(40, 40, 7, 7)).astype(np.float32)
    x = RNG.normal(size=(12, 40, 11, 13)).astype(np.float32)
    reference = OfRefimpl("conv2d", {"x": x, "weight": weight}, {"padding": 1})
    dy = RNG.normal(size=reference.value().shape).astype(np.float32)
    right = {n: g.astype(np.float32) for n, g in reference.gradients(dy).items()}
    found = part_by_part.gradients(reference, dy, right, sides_of(dy), workers)
    assert found is not None
    assert isinstance(found["weight"], Judged)
    right["weight"][-1, -1, -1, -1] += np.float32(0.5)
    found = part_by_part.gradients(reference, dy, right, sides_of(dy), workers)
    assert found is not None
    assert isinstance(found["weight"], Made)


def test_sums_of_gradients(workers: Workers) -> None:
    parts = [RNG.normal(size=(4, 30, 40, 20)).astype(np.float32) for _ in range(3)]
    total = parts[0] + parts[1] + parts[2]
    found = part_by_part.added_up(parts, total, sides_of(total), workers)
    assert isinstance(found, Judged)
    assert found.found.elements == total.size
    total[-1, -1, -1, -1] += np.float32(0.01)
    assert part_by_part.added_up(parts, total, sides_of(total), workers) is None


def bound_of(limit: Array) -> Bound:
    return Bound(limit, np.zeros(limit.shape, bool), own=limit / 4, terms=np.ones(limit.shape))


def test_what_is_quiet_and_what_is_not() -> None:
    """An error of twice the bound, in the second run; a bound that sees nothing; overflow."""
    ours = RNG.normal(size=RUN + 100) + 3
    theirs, limit = ours.astype(np.float32), np.full(RUN + 100, 1e-6)
    found = quiet(ours, theirs, bound_of(limit), 10)
    assert found is not None
    assert found.elements == RUN + 100
    far = theirs.copy()
    far[RUN + 7] += np.float32(1e-5)
    assert quiet(ours, far, bound_of(limit), 10) is None
    near = quiet(ours, far, bound_of(limit * 100), 10)
    assert near is not None
    assert near.place == RUN + 7
    over = np.zeros(RUN + 100, bool)
    over[-1] = True
    assert quiet(ours, theirs, Bound(limit, over), 10) is None
    assert quiet(ours, theirs.astype(np.float64), bound_of(limit), 10) is None


@pytest.mark.parametrize("smallest", [-148, -100])
@pytest.mark.parametrize("most", [1e-6, 0.9])
def test_the_figures_are_those_of_a_comparison(smallest: int, most: float) -> None:
    """Numbers of every size, with and without the smallest ones and 0, in units in their last
    place; many of them on both sides of a power of 2, whose ULP is that of the larger."""
    ours = RNG.uniform(0.5, 1.5, size=4000) * 2.0 ** RNG.integers(smallest, 100, size=4000)
    ours *= RNG.choice([-1.0, 1.0], size=4000)
    if smallest < -126:
        ours[:50] = 0
    theirs = (ours * (1 + most * RNG.uniform(-1, 1, size=4000))).astype(np.float32)
    limit = np.abs(ours) * max(most, 1e-3) + 2.0**-140
    terms = np.where(np.arange(4000) % 3, np.abs(ours), 0.0)
    bound = Bound(limit, np.zeros(4000, bool), own=limit / 4, terms=terms)
    found = quiet(ours, theirs, bound, 1)
    assert found is not None
    compared = compare(ours.astype(np.float32), theirs, bound)
    assert found.comparison((0,)).max_ulp == compared.max_ulp > 1
    assert found.max_rel_error == compared.max_rel_error
    units = spacing(np.abs(ours.astype(np.float32)))
    error = np.abs(theirs - ours)
    assert found.torch_ulp == np.max(error / units)
    assert found.radius == np.max(limit / 4 / units)
    assert found.torch_roundings == np.max(error / np.maximum(terms * 2.0**-24, 2.0**-149))


@pytest.mark.parametrize("side", ["both", "theirs"])
def test_numbers_near_the_largest_are_left_to_the_whole(side: str) -> None:
    ours = np.full(100, 1.5 * 2.0**126)
    theirs, limit = ours.astype(np.float32), np.full(100, 2.0**126)
    assert quiet(ours, theirs, bound_of(limit), 1) is not None
    theirs[7] = 2.0**127
    if side == "both":
        ours[7] = 2.0**127
    assert quiet(ours, theirs, bound_of(limit), 1) is None


def test_what_is_moved_must_be_the_same_number() -> None:
    ours = RNG.normal(size=(3, 50)).astype(np.float32).astype(np.float64)
    exact = Bound(np.zeros((3, 50)), np.zeros((3, 50), bool), exact=True)
    theirs = ours.astype(np.float32)
    found = quiet(ours, theirs, exact, 1)
    assert found is not None
    assert found.exact
    theirs[2, 49] = np.nextafter(theirs[2, 49], np.float32(9))
    assert quiet(ours, theirs, exact, 1) is None


def test_torch_keeps_its_threads() -> None:
    """Here and in threads to come; the workers have one each."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    made = Workers()
    try:
        assert set(made.each(lambda part: torch.get_num_threads(), range(9))) == {1}
        assert torch.get_num_threads() == 3
        with ThreadPoolExecutor(1) as others:
            assert others.submit(torch.get_num_threads).result() == 3
    finally:
        made.close()
        torch.set_num_threads(before)


def test_a_worker_that_breaks_says_why(workers: Workers) -> None:
    def work(part: int) -> int:
        if part == 3:
            raise ValueError("part 3")
        return part

    with pytest.raises(ValueError, match="part 3"):
        workers.each(work, range(5))
    assert workers.each(work, [0, 1, 2]) == [0, 1, 2]

"""The handwritten digits that LeNet is run on."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from parity.cases import digits as module
from parity.cases.digits import BATCH, batches, digits
from parity.cases.networks import NETWORKS


def test_images_are_grey_levels() -> None:
    """400 images of 32×32 with 17 levels from 0 to 1."""
    images, labels = digits()
    assert (images.shape, images.dtype, labels.shape) == ((400, 1, 32, 32), "float64", (400,))
    assert np.array_equal(np.unique(images), np.arange(17) / 16)


def test_each_pixel_is_four_by_four() -> None:
    """The 8×8 pixels are enlarged, neither turned nor mixed."""
    images, _ = digits()
    with np.load(str(files("parity.cases") / "digits.npz")) as stored:
        small = stored["images"]
    assert small.shape == (400, 8, 8)
    for i in range(4):
        for j in range(4):
            np.testing.assert_array_equal(images[:, 0, i::4, j::4] * 16, small)


def test_every_digit_is_there() -> None:
    """Each of the ten classes at least 30 times."""
    classes, counts = np.unique(digits()[1], return_counts=True)
    assert classes.tolist() == list(range(10))
    assert counts.min() >= 30


def test_no_two_images_are_the_same() -> None:
    """400 different images."""
    assert len({image.tobytes() for image in digits()[0]}) == 400


@pytest.mark.parametrize("said", ["CC BY 4.0", "UCI Machine Learning Repository", "doi:10.24432"])
def test_provenance_lies_beside_the_data(said: str) -> None:
    """A file beside the images names their licence and their source."""
    folder = files("parity.cases")
    assert (folder / "digits.npz").is_file()
    assert said in (folder / "digits.md").read_text(encoding="utf-8")


@pytest.fixture
def numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each image is its own number, and so is its label."""
    numbers = np.arange(400)
    monkeypatch.setattr(module, "digits", lambda: (numbers, numbers))


@pytest.mark.usefixtures("numbered")
def test_batches_cover_every_image_once_per_round() -> None:
    """25 batches of 32 are two rounds: every image twice, once in each."""
    order = np.concatenate([x for x, _ in batches(25, np.random.default_rng(3))])
    assert sorted(order[:400]) == sorted(order[400:]) == list(range(400))
    assert order[:400].tolist() != order[400:].tolist() != list(range(400))


@pytest.mark.usefixtures("numbered")
def test_labels_stay_with_their_images() -> None:
    """A batch holds each image with its own label."""
    for x, labels in batches(13, np.random.default_rng(3)):
        assert x.tolist() == labels.tolist()


@pytest.mark.parametrize("steps", [1, 12, 13, 50])
def test_a_batch_for_every_step(steps: int) -> None:
    """As many batches as steps, all of the same size."""
    assert [len(x) for x, _ in batches(steps, np.random.default_rng(0))] == [BATCH] * steps


def test_batches_are_reproducible() -> None:
    """The same generator gives the same batches, another one others."""
    first, again, other = (
        np.concatenate([y for _, y in batches(3, np.random.default_rng(n))]) for n in (1, 1, 2)
    )
    assert first.tolist() == again.tolist() != other.tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lenet_is_trained_on_them(dtype: str) -> None:
    """LeNet gets a batch in the dtype under test for each of its steps, exactly the images."""
    lenet = NETWORKS["lenet"]
    data = lenet.data(dtype, 1)
    assert len(data) == lenet.steps
    assert {x.dtype.name for x, _ in data} == {dtype}
    known = {image.tobytes() for image in digits()[0]}
    assert all(image.astype("float64").tobytes() in known for x, _ in data[:3] for image in x)

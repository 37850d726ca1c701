"""The convolution as it slides, and where each of its gradients comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from string import ascii_lowercase

import numpy as np
from markupsafe import Markup

from parity.cases.case import Array
from parity.cases.worked.convolution import CROSS, IMAGE
from parity.page.bilingual import both
from parity.page.pictures.equations import Factor, Place, Term, sum_of_products
from parity.page.pictures.picture import Grid, Margin, Picture, Step, grid
from refimpl import conv2d, conv2d_backward, rot180

WEIGHT = Markup("<code>weight</code> w")
DWEIGHT = Markup("<code>dweight</code> dw")


@dataclass(frozen=True)
class Example:
    """One image and one kernel: x (H, W), weight (K_h, K_w), dy as the output."""

    x: Array
    weight: Array
    dy: Array = field(default_factory=lambda: np.zeros(0))
    stride: int = 1
    padding: int = 0

    @property
    def y(self) -> Array:
        """What refimpl's convolution gives."""
        y: Array = conv2d(
            self.x[None, None], self.weight[None, None], stride=self.stride, padding=self.padding
        )[0, 0]
        return y

    @property
    def gradients(self) -> tuple[Array, Array, Array]:
        """refimpl's dx, dweight and dbias."""
        dx, dweight, dbias = conv2d_backward(
            self.dy[None, None],
            self.x[None, None],
            self.weight[None, None],
            stride=self.stride,
            padding=self.padding,
        )
        return dx[0, 0], dweight[0, 0], dbias

    @property
    def padded(self) -> Array:
        """x in its margin of zeros."""
        return np.pad(self.x, self.padding)

    @property
    def margin(self) -> Margin:
        """Of `padded`."""
        return ((self.padding, self.padding),) * 2

    def window(self, place: Place) -> list[Place]:
        """Where an output's window lies in `padded`, in the order of the kernel's elements."""
        h, w = (k * self.stride for k in place)
        return [(h + i, w + j) for i, j in np.ndindex(self.weight.shape)]

    def from_x(self, place: Place) -> Factor:
        """An element of `padded` as a factor; a zero around x is a number alone."""
        u, v = (k - self.padding for k in place)
        inside = 0 <= u < self.x.shape[0] and 0 <= v < self.x.shape[1]
        return Factor("x", (u, v) if inside else None, self.padded[place])


def drawn(x: Place, weight: Place, stride: int = 1, padding: int = 0, seed: int = 0) -> Example:
    """An example of these sizes with small whole numbers, none of them 0."""
    rng = np.random.default_rng(seed)
    digits = np.array([-3, -2, -1, 1, 2, 3, 4])
    image, kernel = (rng.choice(digits, shape) for shape in (x, weight))
    example = Example(image, kernel, stride=stride, padding=padding)
    return replace(example, dy=rng.choice(digits, example.y.shape))


# --- forward ------------------------------------------------------------------------------


def sliding(example: Example) -> Iterator[Step]:
    """One step for each output: the window, its products with the kernel, their sum."""
    y = example.y
    kernel = list(np.ndindex(example.weight.shape))
    for number, place in enumerate(np.ndindex(y.shape), start=1):
        window = example.window(place)
        terms = [
            (example.from_x(there), Factor("w", here, example.weight[here]))
            for there, here in zip(window, kernel, strict=True)
        ]
        yield Step(
            (
                grid("x", example.padded, {"window": window}, margin=example.margin),
                "⊗",
                grid(WEIGHT, example.weight, {"window": kernel}),
                "=",
                grid("y", y, {"here": [place]}, known=number, chosen=True),
            ),
            both("The window of output row {h}, column {w}.", h=place[0] + 1, w=place[1] + 1),
            (sum_of_products(Factor("y", place, y[place]), terms),),
        )


# --- the gradient of the input ------------------------------------------------------------


def paths_to(example: Example, place: Place) -> list[tuple[Place, Place]]:
    """Every output whose window holds an element of x, and the kernel's element it meets there."""
    found: list[tuple[Place, Place]] = []
    for output in np.ndindex(example.dy.shape):
        i, j = (
            k + example.padding - out * example.stride for k, out in zip(place, output, strict=True)
        )
        if 0 <= i < example.weight.shape[0] and 0 <= j < example.weight.shape[1]:
            found.append((output, (i, j)))
    return found


def spread(example: Example) -> tuple[Array, Margin]:
    """dy with stride − 1 zeros between its elements, in the margin of zeros that dx needs.

    Sliding over it without a stride, the turned kernel gives dx.
    """
    s, p = example.stride, example.padding
    apart = np.zeros([(n - 1) * s + 1 for n in example.dy.shape], example.dy.dtype)
    apart[::s, ::s] = example.dy
    sizes = zip(example.x.shape, example.weight.shape, apart.shape, strict=True)
    (top, bottom), (left, right) = ((k - 1 - p, size + p - n) for size, k, n in sizes)
    margin = ((top, bottom), (left, right))
    return np.pad(apart, margin), margin


def to_input(example: Example) -> Iterator[Step]:
    """One step for each element of dx: its paths, and the same sum under the turned kernel."""
    dx, _, _ = example.gradients
    for number, place in enumerate(np.ndindex(dx.shape), start=1):
        paths = paths_to(example, place)
        yield Step(
            (
                *_met(example, paths),
                "→",
                grid("dx", dx, {"here": [place]}, known=number, chosen=True),
                "=",
                *_under_turned_kernel(example, place),
            ),
            both(
                "Windows that hold input row {h}, column {w}: {n}.",
                h=place[0] + 1,
                w=place[1] + 1,
                n=len(paths),
            ),
            (sum_of_products(Factor("dx", place, dx[place]), _along(example, paths)),),
        )


def _met(example: Example, paths: list[tuple[Place, Place]]) -> tuple[Grid | str, ...]:
    """dy and the kernel, what is multiplied with one letter."""
    outputs, kernel = (list(places) for places in zip(*paths, strict=True))
    return (
        grid("dy", example.dy, {"window": outputs}, lettered(outputs)),
        "·",
        grid(WEIGHT, example.weight, {"window": kernel}, lettered(kernel)),
    )


def _under_turned_kernel(example: Example, place: Place) -> tuple[Grid | str, ...]:
    """The window of dy among zeros that gives an element of dx, and the kernel turned."""
    framed, margin = spread(example)
    turned = rot180(example.weight[None, None])[0, 0]
    kernel = list(np.ndindex(turned.shape))
    window: list[Place] = [(place[0] + i, place[1] + j) for i, j in kernel]
    marks: dict[str, list[Place]] = {"window": window, "zero": between(example, margin)}
    name = both("{dy} among zeros", dy=Markup("<code>dy</code>"))
    among = grid(name, framed, marks, margin=margin)
    s = example.stride
    among = among._replace(down=_of_dy(among.down, s), across=_of_dy(among.across, s))
    return among, "⊗", grid(both("{w} turned", w=WEIGHT), turned, {"window": kernel})


def _of_dy(numbers: tuple[str, ...], stride: int) -> tuple[str, ...]:
    """Where only every so many rows hold dy: its own numbers."""
    found = ((number and divmod(int(number) - 1, stride)) for number in numbers)
    return tuple(str(place[0] + 1) if place and not place[1] else "" for place in found)


def lettered(places: Iterable[Place]) -> dict[Place, str]:
    """a, b, c … in this order."""
    return dict(zip(places, ascii_lowercase, strict=False))


def _along(example: Example, paths: list[tuple[Place, Place]]) -> list[Term]:
    return [
        (Factor("dy", out, example.dy[out]), Factor("w", met, example.weight[met]))
        for out, met in paths
    ]


def between(example: Example, margin: Margin) -> list[Place]:
    """The places of `spread` that no element of dy holds, its margin aside."""
    (top, _), (left, _) = margin
    rows, columns = ((n - 1) * example.stride + 1 for n in example.dy.shape)
    return [
        (top + h, left + w)
        for h, w in np.ndindex(rows, columns)
        if h % example.stride or w % example.stride
    ]


# --- the gradients of the kernel and the bias ---------------------------------------------


def to_weight(example: Example) -> Iterator[Step]:
    """One step for each element of dweight: what it meets in each output's window, times dy."""
    _, dweight, _ = example.gradients
    outputs = list(np.ndindex(example.dy.shape))
    upstream = grid("dy", example.dy, {"window": outputs}, lettered(outputs))
    for number, place in enumerate(np.ndindex(dweight.shape), start=1):
        met = [tuple(np.multiply(out, example.stride) + place) for out in outputs]
        terms = [
            (example.from_x(there), Factor("dy", out, example.dy[out]))
            for there, out in zip(met, outputs, strict=True)
        ]
        yield Step(
            (
                grid("x", example.padded, {"window": met}, lettered(met), example.margin),
                "⊗",
                upstream,
                "=",
                grid(DWEIGHT, dweight, {"here": [place]}, known=number, chosen=True),
            ),
            both(
                "Kernel row {h}, column {w}: what it meets in each of the {n} windows.",
                h=place[0] + 1,
                w=place[1] + 1,
                n=len(outputs),
            ),
            (sum_of_products(Factor("dw", place, dweight[place]), terms),),
        )


def to_bias(example: Example) -> Step:
    """dbias: everything in dy."""
    _, _, dbias = example.gradients
    outputs = list(np.ndindex(example.dy.shape))
    terms: list[Term] = [(Factor("dy", out, example.dy[out]),) for out in outputs]
    total: Grid = grid("dbias", dbias[None], {"here": [(0, 0)]})
    return Step(
        (grid("dy", example.dy, {"window": outputs}), "→", total),
        both("The bias is added to every output, so its gradient is the sum of all of dy."),
        (sum_of_products(Factor("dbias", (), dbias[0]), terms),),
    )


# --- the pictures -------------------------------------------------------------------------

PRINTED = Example(np.array(IMAGE), np.array(CROSS))  # D2.1
SMALL = drawn((4, 4), (3, 3), seed=3)  # the sizes of D2.23 … D2.27
STRIDED = drawn((5, 6), (3, 2), stride=2, padding=1, seed=5)


def pictures() -> Iterator[Picture]:
    """Forward, dx, dweight, dbias; without and with stride and padding."""
    yield Picture(
        "convolution",
        "Convolution: the window slides",
        (
            "The kernel lies on a window of the input; the products are summed and give one "
            "output. This is D2's first example, which it prints with A, B and ⊗; the kernel is "
            "not turned.",
        ),
        ("conv2d",),
        ("D2.1", "D0.1", "D4.1"),
        tuple(sliding(PRINTED)),
    )
    yield Picture(
        "convolution-strided",
        "Convolution with stride 2 and padding 1",
        (
            "The input stands in a margin of zeros, and the window moves on by two places at a "
            "time, down as well as to the right.",
        ),
        ("conv2d",),
        ("D0.3", "D2.12"),
        tuple(sliding(STRIDED)),
    )
    yield Picture(
        "convolution-dx",
        "Convolution: where dx comes from",
        (
            "An input reaches the loss through every output whose window holds it, each time "
            "times the weight that it meets there; equal letters are multiplied. Backwards the "
            "kernel therefore lies turned by 180°: the same sum is one window of dy, in a frame "
            "of zeros, under the turned kernel.",
        ),
        ("conv2d_backward", "rot180"),
        ("D2.25", "D2.26", "D0.12", "D4.7", "D4.11"),
        tuple(to_input(SMALL)),
    )
    yield Picture(
        "convolution-dx-strided",
        "dx with stride 2 and padding 1",
        (
            "With a stride of 2 zeros stand between the elements of dy, too: the turned kernel "
            "slides over them without a stride. What lies in the padding gets no gradient.",
        ),
        ("conv2d_backward",),
        ("D0.12", "D4.7"),
        tuple(to_input(STRIDED)),
    )
    yield Picture(
        "convolution-dweight",
        "Convolution: where dweight comes from",
        (
            "A weight meets one element of x in each output's window; each is multiplied by that "
            "output's dy. Together that is x convolved with dy, which is not turned.",
        ),
        ("conv2d_backward",),
        ("D2.24", "D0.13", "D4.8", "D4.10"),
        tuple(to_weight(SMALL)),
    )
    yield Picture(
        "convolution-dweight-strided",
        "dweight with stride 2 and padding 1",
        (
            "With a stride of 2 a weight meets every second element of x. From the zeros of the "
            "padding it learns nothing.",
        ),
        ("conv2d_backward",),
        ("D3.9", "D3.11"),
        tuple(to_weight(STRIDED)),
    )
    yield Picture(
        "convolution-dbias",
        "Convolution: where dbias comes from",
        (),
        ("conv2d_backward",),
        ("D2.27", "D0.13"),
        (to_bias(SMALL),),
    )

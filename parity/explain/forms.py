"""The same thing as people write it elsewhere: each form runs, and must give the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array, generator
from parity.explain.sheet import Sheet


@dataclass(frozen=True)
class Form:
    """Two pieces of code that give the same.

    title: in words; ours, other: expressions in the names of refimpl, np and `given`.
    functions: on whose pages it stands.
    """

    title: str
    ours: str
    other: str
    functions: tuple[str, ...]


class FormError(AssertionError):
    """Two forms that do not give the same."""


def given() -> dict[str, Any]:
    """What the expressions compute with: whole numbers, in float64.

    An image x of two channels, three kernels, dy of the output's shape; a one-channel image.
    """
    rng = generator(7, "forms")

    def whole(*shape: int) -> Array:
        return rng.integers(-4, 5, shape).astype(np.float64)

    x, weight, bias = whole(1, 2, 4, 5), whole(3, 2, 2, 3), whole(3)
    names = {name: getattr(refimpl, name) for name in refimpl.__all__}
    return {
        **names,
        "np": np,
        "windows": np.lib.stride_tricks.sliding_window_view,
        "x": x,
        "weight": weight,
        "bias": bias,
        "dy": whole(1, 3, 3, 3),
        "image": whole(4, 5),
        "kernel": whole(2, 3),
        "d": whole(3, 3),
        "features": whole(3, 4),
        "matrix": whole(2, 4),
        "d_out": whole(3, 2),
        "logits": whole(3, 4),
        "classes": np.array([1, 0, 3]),
        "one_hot": np.eye(4)[[1, 0, 3]],
        "z": whole(4),
        "dz": whole(4),
        "t": np.array([1.0, 0.0, 1.0, 1.0]),
        "maps": whole(1, 2, 4, 6),
        "d_maps": whole(1, 2, 2, 3),
    }


# Values up to 400 of sums of at most 24 terms: rounding loses less, a wrong term more.
ROUNDING = 2.0**-32
CONV_TRANSPOSE = ("conv_transpose2d",)
CONV, CONV_BACK = ("conv2d",), ("conv2d_backward",)
FORMS: tuple[Form, ...] = (
    Form(
        "an image without batch and channel axis gets them by None",
        "conv2d(image[None, None], kernel[None, None])[0, 0]",
        "correlate2d(image, kernel, 'valid')",
        ("conv2d", "correlate2d"),
    ),
    Form(
        "im2col: every window a column, then one matrix product",
        "conv2d(x, weight, bias)[0].reshape(3, -1)",
        "weight.reshape(3, -1) @ windows(x[0], (2, 3), (1, 2)).transpose(0, 3, 4, 1, 2)"
        ".reshape(12, 9) + bias[:, None]",
        CONV,
    ),
    Form(
        "the convolution of mathematics turns the kernel first",
        "convolve2d(image, kernel, 'valid')",
        "correlate2d(image, rot180(kernel), 'valid')",
        ("conv2d", "convolve2d", "correlate2d", "rot180"),
    ),
    Form(
        "a 1×1 convolution is a dense layer at every place",
        "conv2d(x, weight[:, :, :1, :1])",
        "linear(x.transpose(0, 2, 3, 1), weight[:, :, 0, 0]).transpose(0, 3, 1, 2)",
        ("conv2d", "linear"),
    ),
    Form(
        "dx: scattering weight · dy is the full correlation with the turned kernel",
        "conv2d_backward(d[None, None], image[None, None], kernel[None, None]).dx[0, 0]",
        "correlate2d(d, rot180(kernel), 'full')",
        ("conv2d_backward", "correlate2d", "rot180"),
    ),
    Form(
        "and that is the convolution of mathematics with the kernel as it stands",
        "conv2d_backward(d[None, None], image[None, None], kernel[None, None]).dx[0, 0]",
        "convolve2d(d, kernel, 'full')",
        ("conv2d_backward", "convolve2d"),
    ),
    Form(
        "over several maps: dy in a frame of zeros, kernels turned, their axes swapped",
        "conv2d_backward(dy, x, weight).dx",
        "conv2d(dy, rot180(weight).transpose(1, 0, 2, 3), padding='full')",
        CONV_BACK,
    ),
    Form(
        "dx of stride 2: dy with zeros between its elements, then as of stride 1",
        "conv2d_backward(dy, np.zeros((1, 2, 6, 7)), weight, stride=2).dx",
        "conv2d_backward(np.insert(np.insert(dy, [1, 2], 0, axis=2), [1, 2], 0, axis=3), "
        "np.zeros((1, 2, 6, 7)), weight).dx",
        CONV_BACK,
    ),
    Form(
        "dweight: a convolution of x with dy as its kernel",
        "conv2d_backward(d[None, None], image[None, None], kernel[None, None]).dweight[0, 0]",
        "correlate2d(image, d, 'valid')",
        CONV_BACK,
    ),
    Form(
        "dweight by im2col: dy times the windows",
        "conv2d_backward(dy, x, weight).dweight.reshape(3, -1)",
        "dy.reshape(3, 9) @ windows(x[0], (2, 3), (1, 2)).transpose(0, 3, 4, 1, 2)"
        ".reshape(12, 9).T",
        CONV_BACK,
    ),
    Form(
        "the transposed convolution ('deconvolution') of z is dx of the convolution, dy = z",
        "conv_transpose2d(dy, weight)",
        "conv2d_backward(dy, x, weight).dx",
        (*CONV_TRANSPOSE, *CONV_BACK),
    ),
    Form(
        "every place brings a whole kernel; where windows meet, their parts are added",
        "conv_transpose2d(dy, weight)",
        "sum(dy[0, o, h, w] * np.pad(weight[o], ((0, 0), (h, 2 - h), (w, 2 - w)))"
        " for o in range(3) for h in range(3) for w in range(3))[None]",
        CONV_TRANSPOSE,
    ),
    Form(
        "a transposed convolution slides the turned kernel, axes swapped, over x with gaps",
        "conv_transpose2d(dy, weight, stride=2, padding=1)",
        "conv2d(np.pad(np.kron(dy, [[1, 0], [0, 0]]), ((0, 0), (0, 0), (0, 0), (1, 1)))"
        "[..., :-1, :-1], rot180(weight).transpose(1, 0, 2, 3))",
        CONV_TRANSPOSE,
    ),
    Form(
        "each row of a dense layer is one sample: y = x Wᵀ + b",
        "linear(features, matrix)",
        "features @ matrix.T",
        ("linear",),
    ),
    Form(
        "three matrix products: dx = dy W, dweight = dyᵀ x, dbias = the column sums of dy",
        "linear_backward(d_out, features, matrix).dweight",
        "d_out.T @ features",
        ("linear_backward",),
    ),
    Form(
        "a dense layer is a convolution whose kernel is as large as its input",
        "linear(flatten(maps), matrix.repeat(12, axis=1))[0]",
        "conv2d(maps, matrix.repeat(12, axis=1).reshape(2, 2, 4, 6)).ravel()",
        ("linear", "flatten"),
    ),
    Form(
        "softmax and cross-entropy together: the gradient is o − t",
        "cross_entropy_backward(np.array(1.0), logits, classes, reduction='sum')",
        "softmax(logits) - one_hot",
        ("cross_entropy_backward", "cross_entropy", "softmax_backward"),
    ),
    Form(
        "softmax's Jacobian ∂y_i/∂x_j = y_i (δ_ij − y_j), times dy",
        "softmax_backward(dz, z)",
        "(np.diag(softmax(z)) - np.outer(softmax(z), softmax(z))) @ dz",
        ("softmax_backward",),
    ),
    Form(
        "adding a number to all logits changes nothing",
        "softmax(z)",
        "softmax(z + 100)",
        ("softmax", "log_softmax"),
    ),
    Form(
        "the logarithm of a softmax; but log(softmax) loses digits where it is tiny",
        "log_softmax(z)",
        "np.log(softmax(z))",
        ("log_softmax",),
    ),
    Form(
        "cross-entropy of a class: minus the logarithm of its probability",
        "cross_entropy(logits, classes, reduction='none')",
        "-np.log(softmax(logits)[np.arange(3), classes])",
        ("cross_entropy",),
    ),
    Form(
        "two classes: a softmax over (z, 0) is the sigmoid of z",
        "sigmoid(z)",
        "softmax(np.stack([z, 0 * z], axis=1))[:, 0]",
        ("sigmoid",),
    ),
    Form(
        "by the value: dy · y · (1 − y)",
        "sigmoid_backward(dz, z)",
        "dz * sigmoid(z) * (1 - sigmoid(z))",
        ("sigmoid_backward", "dsigmoid"),
    ),
    Form(
        "sigmoid and its cross-entropy together: σ(z) − t",
        "binary_cross_entropy_with_logits_backward(np.array(1.0), z, t, reduction='sum')",
        "sigmoid(z) - t",
        ("binary_cross_entropy_with_logits_backward", "binary_cross_entropy_with_logits"),
    ),
    Form(
        "tanh is a sigmoid, stretched and shifted",
        "tanh(z)",
        "2 * sigmoid(2 * z) - 1",
        ("tanh",),
    ),
    Form(
        "by the value: dy · (1 − y²)",
        "tanh_backward(dz, z)",
        "dz * (1 - tanh(z) ** 2)",
        ("tanh_backward", "dtanh"),
    ),
    Form("x where it is positive", "relu(z)", "np.maximum(z, 0)", ("relu",)),
    Form("dy times the slope, 0 or 1", "relu_backward(dz, z)", "dz * (z > 0)", ("relu_backward",)),
    Form(
        "average pooling is a convolution of each map with equal weights",
        "avg_pool2d(maps, 2)",
        "conv2d(maps, np.full((2, 1, 2, 2), 1 / 4), stride=2, groups=2)",
        ("avg_pool2d",),
    ),
    Form(
        "windows side by side: two more axes, and the mean over them",
        "avg_pool2d(maps, 2)",
        "maps.reshape(1, 2, 2, 2, 3, 2).mean(axis=(3, 5))",
        ("avg_pool2d",),
    ),
    Form(
        "upsample: each dy/4 to the four places of its window",
        "avg_pool2d_backward(d_maps, maps, 2)",
        "np.kron(d_maps, np.ones((2, 2))) / 4",
        ("avg_pool2d_backward",),
    ),
    Form(
        "upsample: each dy to the place of the maximum, 0 elsewhere",
        "max_pool2d_backward(d_maps, np.arange(48.0).reshape(1, 2, 4, 6), 2)",
        "np.kron(d_maps, np.array([[0, 0], [0, 1]]))",
        ("max_pool2d_backward", "upsample"),
    ),
    Form(
        "windows side by side: two more axes, and the maximum over them",
        "max_pool2d(maps, 2)",
        "maps.reshape(1, 2, 2, 2, 3, 2).max(axis=(3, 5))",
        ("max_pool2d",),
    ),
    Form(
        "the pooling of whole maps is a mean over their places",
        "global_avg_pool(maps)",
        "maps.mean(axis=(2, 3), keepdims=True)",
        ("global_avg_pool",),
    ),
    *(
        Form(
            f"np.pad, whose name of the mode is {other!r}",
            f"pad(maps, ((1, 0), (2, 3)), {ours!r})",
            f"np.pad(maps, ((0, 0), (0, 0), (1, 0), (2, 3)), {other!r})",
            ("pad",),
        )
        for ours, other in (("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap"))
    ),
    Form(
        "a frame of zeros, and then a convolution, is a convolution with padding",
        "conv2d(pad(x, 1), weight, bias)",
        "conv2d(x, weight, bias, padding=1)",
        ("pad", *CONV),
    ),
    Form(
        "torch's nn.Flatten, and Keras' on channels-first maps",
        "flatten(maps)",
        "maps.reshape(1, -1)",
        ("flatten",),
    ),
    Form(
        "dropout with the division by 1 − p ('inverted dropout')",
        "dropout(z, t, p=0.25)",
        "z * t / (1 - 0.25)",
        ("dropout",),
    ),
    Form(
        "half the sum of squares",
        "squared_error(z, dz)",
        "0.5 * np.sum((dz - z) ** 2)",
        ("squared_error",),
    ),
)


def values(form: Form) -> tuple[Array, Array]:
    """What both pieces of code give."""
    names = given()
    ours, other = (eval(code, names) for code in (form.ours, form.other))
    return np.asarray(ours), np.asarray(other)


def check(form: Form) -> None:
    """Run both pieces of code.

    Raises: FormError if they differ anywhere by more than rounding.
    """
    ours, other = values(form)
    if ours.shape != other.shape or np.abs(ours - other).max(initial=0) > ROUNDING:
        raise FormError(f"{form.title}: {form.ours} and {form.other} differ")


def forms_called(titles: Sequence[str]) -> list[Form]:
    """Forms by their titles."""
    return [form for title in titles for form in FORMS if form.title == title]


def forms_of(sheet: Sheet, name: str) -> None:
    """The other forms of a function, checked as they are shown."""
    show(sheet, [form for form in FORMS if name in form.functions])


def show(sheet: Sheet, forms: Sequence[Form]) -> None:
    """Forms with both pieces of code, each run before it is shown."""
    if forms:
        sheet.head("The same elsewhere (run just now, equal in every element)")
    for form in forms:
        check(form)
        sheet.text(form.title, indent=2)
        for lead, code in (("  ", form.ours), ("= ", form.other)):
            sheet.raw(lead + code, indent=4, hang=4)

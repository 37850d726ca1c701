"""What moves elements and computes nothing: axes in another order, another shape, parts."""

from __future__ import annotations

from collections.abc import Sequence

from refimpl.checks import Ints, check_arrays, check_gradient
from refimpl.elements import Array, zeros
from refimpl.normalization_checks import check_channels, check_num_groups
from refimpl.rearranging_checks import (
    check_new_shape,
    check_part_gradient,
    check_part_gradients,
    check_parts,
    check_permutation,
    check_slice,
)
from refimpl.unlike_torch import called, unlike_torch

ORDER = "give axes, all of them in their new order"

# --- axes and shapes ----------------------------------------------------------------------


@unlike_torch(dims=called("axes"), dim0=ORDER, dim1=ORDER)
def transpose(x: Array, axes: Ints | None = None) -> Array:
    """The axes in another order: axis k of y is axis axes[k] of x.

    y[i_axes[0], i_axes[1], …] = x[i_0, i_1, …]

    axes: each axis of x once, negative ones from the end; None: in the reverse order.
    Shapes: x (S_0, S_1, …) -> (S_axes[0], S_axes[1], …).
    Raises: ValueError unless axes names each axis once, TypeError unless they are integers.
    Source: beyond the documents. torch.permute, np.transpose; torch.transpose(x, a, b) swaps two
    axes: give them in all, (0, 2, 1) for the last two of three.

    >>> transpose(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), (1, 0))
    array([[1., 4.],
           [2., 5.],
           [3., 6.]])
    """
    (x,) = check_arrays("transpose", x=x)
    return x.transpose(check_permutation("transpose", x, axes)).copy()


def transpose_backward(dy: Array, x: Array, axes: Ints | None = None) -> Array:
    """Gradient of a loss L through `transpose`, given dy = ∂L/∂y: the order undone.

    ∂L/∂x[i_0, i_1, …] = dy[i_axes[0], i_axes[1], …]

    The inverse order says of each axis of x where y has it: (2, 0, 1) is undone by (1, 2, 0).

    Shapes: dy as the forward's value, x as there -> the shape of x.
    Raises: ValueError, TypeError as `transpose` does, ValueError if dy has another shape.
    Source: beyond the documents. torch.permute.

    >>> transpose_backward(np.array([[1.0], [2.0], [3.0]]), np.zeros((1, 3)), (1, 0))
    array([[1., 2., 3.]])
    """
    where = "transpose_backward"
    dy, x = check_arrays(where, dy=dy, x=x)
    order = check_permutation(where, x, axes)
    check_gradient(where, dy, tuple(x.shape[axis] for axis in order))
    inverse = sorted(range(x.ndim), key=order.__getitem__)
    return dy.transpose(inverse).copy()


@unlike_torch()
def reshape(x: Array, shape: Ints) -> Array:
    """The elements in another shape, read and written row by row: the last axis runs fastest.

    y[j_0, j_1, …] = x[i_0, i_1, …]  where both have the same number

    The number of x[i_0, i_1, i_2] is (i_0·S_1 + i_1)·S_2 + i_2.
    shape: as many elements as x has; one size may be -1, which is then worked out.
    Shapes: x (S_0, S_1, …) -> shape.
    Raises: ValueError for another number of elements, TypeError unless sizes are integers.
    Source: beyond the documents. torch.reshape, np.reshape in its order "C"; `flatten` is
    reshape(x, (N, -1)).

    >>> reshape(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), (3, -1))
    array([[1., 2.],
           [3., 4.],
           [5., 6.]])
    """
    (x,) = check_arrays("reshape", x=x)
    return x.flatten().reshape(check_new_shape("reshape", x, shape))


def reshape_backward(dy: Array, x: Array, shape: Ints) -> Array:
    """Gradient of a loss L through `reshape`, given dy = ∂L/∂y: dy in the shape of x.

    ∂L/∂x[i_0, i_1, …] = dy[j_0, j_1, …]  where both have the same number

    Shapes: dy (shape), x as in the forward -> the shape of x.
    Raises: ValueError, TypeError as `reshape` does, ValueError if dy has another shape.
    Source: beyond the documents. torch.reshape.

    >>> reshape_backward(np.array([[5.0, 6.0]]), np.zeros((2, 1)), (1, 2))
    array([[5.],
           [6.]])
    """
    dy, x = check_arrays("reshape_backward", dy=dy, x=x)
    check_gradient("reshape_backward", dy, check_new_shape("reshape_backward", x, shape))
    return dy.flatten().reshape(x.shape)


@unlike_torch()
def channel_shuffle(x: Array, groups: int) -> Array:
    """The channels of the groups dealt out in turn, so that the next groups see all of them.

    y[n, j·groups + i, …] = x[n, i·C/groups + j, …]

    i, j: a group of x, and a channel in it. They are a matrix of groups rows, which is transposed.

    Shapes: x (N, C, …) -> the same; torch wants at least one axis behind the channels.
    Raises: ValueError unless groups divides C, TypeError unless it is an integer.
    Source: beyond the documents. Zhang et al., ShuffleNet, 2018; torch.nn.ChannelShuffle.

    >>> channel_shuffle(np.array([[1.0, 2.0, 3.0, 10.0, 20.0, 30.0]]), 2)
    array([[ 1., 10.,  2., 20.,  3., 30.]])
    """
    (x,) = check_arrays("channel_shuffle", x=x)
    count = _groups("channel_shuffle", x, groups)
    return _dealt(x, count, x.shape[1] // count)


def channel_shuffle_backward(dy: Array, x: Array, groups: int) -> Array:
    """Gradient of a loss L through `channel_shuffle`, given dy = ∂L/∂y: the way back.

    ∂L/∂x[n, i·C/groups + j, …] = dy[n, j·groups + i, …]

    That is the shuffle of dy with C/groups groups; with groups it is another order.

    Shapes: dy and x (N, C, …) -> the same.
    Raises: ValueError, TypeError as `channel_shuffle` does, ValueError if dy has another shape.
    Source: beyond the documents. Zhang et al., ShuffleNet, 2018.

    >>> channel_shuffle_backward(np.array([[1.0, 10.0, 2.0, 20.0, 3.0, 30.0]]), np.zeros((1, 6)), 2)
    array([[ 1.,  2.,  3., 10., 20., 30.]])
    """
    dy, x = check_arrays("channel_shuffle_backward", dy=dy, x=x)
    count = _groups("channel_shuffle_backward", x, groups)
    check_gradient("channel_shuffle_backward", dy, x.shape, channels=True)
    return _dealt(dy, x.shape[1] // count, count)


def _groups(where: str, x: Array, groups: int) -> int:
    """How many groups there are, of an x that has channels."""
    check_channels(where, x)
    return check_num_groups(where, x, groups, "groups")


def _dealt(x: Array, rows: int, columns: int) -> Array:
    """Channels as a matrix of so many rows and columns, transposed."""
    apart = x.reshape(x.shape[0], rows, columns, *x.shape[2:])  # (N, rows, columns, …)
    return apart.swapaxes(1, 2).flatten().reshape(x.shape)


# --- parts along an axis ------------------------------------------------------------------


def slice_axis(
    x: Array, axis: int, start: int | None = 0, stop: int | None = None, step: int = 1
) -> Array:
    """Every step-th place along one axis, from start to before stop: a crop, a subsampling.

    y[…, k, …] = x[…, start + k·step, …]  while start + k·step < stop

    start, stop: negative ones count from the end; places that x has not are left out, as in
    Python; None: from the first place, to behind the last one.
    Shapes: x (…, S, …) -> (…, max(0, ⌈(stop − start)/step⌉), …).
    Raises: ValueError for an axis that x has not or a step below 1, TypeError unless all are
    integers.
    Source: beyond the documents. x[:, start:stop:step] in NumPy and torch;
    torch.narrow(x, axis, start, length) has stop = start + length.

    >>> slice_axis(np.array([[1.0, 2.0, 3.0, 4.0, 5.0]]), axis=1, start=1, step=2)
    array([[2., 4.]])
    """
    (x,) = check_arrays("slice_axis", x=x)
    return x[check_slice("slice_axis", x, axis, start, stop, step)].copy()


def slice_axis_backward(
    dy: Array,
    x: Array,
    axis: int,
    start: int | None = 0,
    stop: int | None = None,
    step: int = 1,
) -> Array:
    """Gradient of a loss L through `slice_axis`, given dy = ∂L/∂y: dy where y came from, else 0.

    ∂L/∂x[…, start + k·step, …] = dy[…, k, …]

    Shapes: dy as the forward's value, x as there -> the shape of x.
    Raises: ValueError, TypeError as `slice_axis` does, ValueError if dy has another shape.
    Source: beyond the documents. torch.narrow.

    >>> slice_axis_backward(np.array([[7.0, 8.0]]), np.ones((1, 5)), axis=1, start=1, step=2)
    array([[0., 7., 0., 8., 0.]])
    """
    where = "slice_axis_backward"
    dy, x = check_arrays(where, dy=dy, x=x)
    index = check_slice(where, x, axis, start, stop, step)
    check_gradient(where, dy, x[index].shape)
    dx = _zeros_of(x, dy)
    dx[index] = dy
    return dx


@unlike_torch(tensor=called("x"), split_size_or_sections=called("sizes"), dim=called("axis"))
def split(x: Array, sizes: Ints, axis: int = 0) -> tuple[Array, ...]:
    """Parts along one axis, one behind the other; what `concatenate` puts together, taken apart.

    y[p][…, k, …] = x[…, sizes[0] + … + sizes[p−1] + k, …]

    sizes: the size of each part; one number is that of every part, of which the last one has what
    is left.
    Shapes: x (…, S, …) -> for each part (…, sizes[p], …), Σ sizes = S.
    Raises: ValueError unless the sizes add up to that of the axis, which x must have, TypeError
    unless they are integers.
    Source: beyond the documents. torch.split. Others count otherwise: np.split(x, n) makes n parts,
    np.split(x, (3, 5)) cuts at the places 3 and 5.

    >>> split(np.array([[1.0, 2.0, 3.0]]), (1, 2), axis=1)
    (array([[1.]]), array([[2., 3.]]))
    """
    (x,) = check_arrays("split", x=x)
    return tuple(x[index].copy() for index in check_parts("split", x, sizes, axis))


def split_backward(dy: Sequence[Array | None], x: Array, sizes: Ints, axis: int = 0) -> Array:
    """Gradient of a loss L through `split`, given dy[p] = ∂L/∂y[p]: put together again.

    ∂L/∂x[…, sizes[0] + … + sizes[p−1] + k, …] = dy[p][…, k, …]

    dy: a gradient for each part; None for a part that L does not use, whose gradient is 0.
    Shapes: dy[p] as part p of the forward's value, x as there -> the shape of x.
    Raises: ValueError, TypeError as `split` does, ValueError for another number of gradients or
    another shape.
    Source: beyond the documents. torch.split.

    >>> split_backward([None, np.array([[5.0, 6.0]])], np.ones((1, 3)), (1, 2), axis=1)
    array([[0., 5., 6.]])
    """
    where = "split_backward"
    (given,) = check_arrays(where, x=x)
    parts = check_parts(where, given, sizes, axis)
    gradients = check_part_gradients(where, dy, [given[part].shape for part in parts])
    used = [p for p, gradient in enumerate(gradients) if gradient is not None]
    x, *upstream = check_arrays(where, x=x, **{f"dy[{p}]": gradients[p] for p in used})
    dx = _zeros_of(x, *upstream)
    for p, gradient in zip(used, upstream, strict=True):
        check_part_gradient(where, p, gradient, x[parts[p]].shape)
        dx[parts[p]] = gradient
    return dx


def _zeros_of(x: Array, *gradients: Array) -> Array:
    """Zeros of x's shape, as the gradients have them; x where none of these has elements."""
    return zeros(x.shape, like=next((a for a in gradients if a.size), x))

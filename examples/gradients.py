"""Makes examples/gradients.npz: a convolution by torch, and a gradient that was divided by N."""

import numpy as np
import torch

rng = np.random.default_rng(1)
x, weight, bias, dy = (
    torch.tensor(rng.normal(size=shape).astype(np.float32), requires_grad=True)
    for shape in ((2, 3, 6, 7), (4, 3, 3, 2), (4,), (2, 4, 3, 4))
)
y = torch.nn.functional.conv2d(x, weight, bias, stride=2, padding=1)
y.backward(dy)
np.savez(
    "examples/gradients.npz",
    x=x.detach(),
    weight=weight.detach(),
    bias=bias.detach(),
    dy=dy.detach(),
    dx=x.grad,
    dweight=weight.grad / len(x),
    dbias=bias.grad,
)

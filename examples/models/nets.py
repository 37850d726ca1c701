"""Models to be watched: a right one, one with a mistake, one whose sums are long."""

import torch
from torch import nn


class Swish(torch.autograd.Function):
    """x·σ(x) with a backward of its own, to save memory."""

    @staticmethod
    def forward(ctx, x):
        s = torch.sigmoid(x)
        ctx.save_for_backward(x, s)
        return x * s

    @staticmethod
    def backward(ctx, dy):
        x, s = ctx.saved_tensors
        return dy * (s + x * s)  # a factor is missing: x·s·(1 − s)


class Block(nn.Module):
    """Two convolutions with batch norm, and what comes in added to them."""

    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        h = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(h)) + x)


class Net(nn.Module):
    """A small residual network."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.blocks = nn.Sequential(Block(8), Block(8))
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        h = self.blocks(self.activated(self.stem(x)))
        return self.head(h.mean((2, 3)))

    def activated(self, x):
        return torch.relu(x)


class Swishing(Net):
    """The same with a Swish of its own."""

    def activated(self, x):
        return Swish.apply(x)


class Pixels(nn.Module):
    """A 1 × 1 convolution over a picture of a million pixels, and the mean of what it gives."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x):
        return self.conv(x).mean((2, 3))

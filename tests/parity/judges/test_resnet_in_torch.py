"""torch's side of ResNet-18, built from the description, is what people write with torch.nn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from parity import oracle
from parity.cases.resnet import RESNET18
from parity.judges.network import run_torch
from parity.results.settings import Settings


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut, with the names that torchvision has."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.downsample = None
        if stride != 1 or c_in != c_out:
            projection = nn.Conv2d(c_in, c_out, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(c_out))

    def forward(self, x: Tensor) -> Tensor:
        f = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(f + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    """Four stages of two blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(BasicBlock(64, 64, 1), BasicBlock(64, 64, 1))
        self.layer2 = nn.Sequential(BasicBlock(64, 128, 2), BasicBlock(128, 128, 1))
        self.layer3 = nn.Sequential(BasicBlock(128, 256, 2), BasicBlock(256, 256, 1))
        self.layer4 = nn.Sequential(BasicBlock(256, 512, 2), BasicBlock(512, 512, 1))
        self.fc = nn.Linear(512, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))


def test_it_is_the_same_network() -> None:
    """Loaded by the names of the parameters, trained by a batch: output and gradients are equal.

    So are the running statistics that each module has written.
    """
    x, target = np.random.default_rng(3).normal(size=(2, 3, 64, 64)), np.array([7, 901])
    case = replace(RESNET18, batches=lambda steps, rng: [(x, target)])
    model = case.model("float64", 1)
    found = run_torch(model, x, target, Settings())
    theirs = ResNet18().double()
    arrays = {
        f"{name}.{key}": torch.from_numpy(array)
        for name, layer in model.network.layers.items()
        for key, array in (*layer.parameters.items(), *layer.constants.items())
    }
    theirs.load_state_dict(arrays)
    output = theirs(torch.from_numpy(x))
    nn.functional.cross_entropy(output, torch.from_numpy(target)).backward()
    np.testing.assert_array_equal(output.detach(), found.outputs["fc"])
    for name, parameter in theirs.named_parameters():
        layer, _, key = name.rpartition(".")
        np.testing.assert_array_equal(parameter.grad, found.dparameters[layer][key])
    written = theirs.state_dict()
    for name, layer in model.network.layers.items():
        if layer.constants:
            given = {"x": found.inputs[name][0], **layer.constants}
            mean, var = oracle.forward("running_statistics", given, {})
            np.testing.assert_array_equal(written[f"{name}.running_mean"], mean)
            np.testing.assert_array_equal(written[f"{name}.running_var"], var)

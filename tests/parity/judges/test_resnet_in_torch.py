"""torch's side of ResNet-18, built from the description, is what people write with torch.nn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import nn

from parity import oracle
from parity.cases.resnet import RESNET18
from parity.judges.network import run_torch
from parity.oracle.observed.residual import ResNet18
from parity.results.settings import Settings


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

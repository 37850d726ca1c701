"""CS231n's normalisations: bn_param, ln_param, gn_param, and the statistics that bn_param keeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import parity
from parity.candidates.whole import Wanted, check_file


def batchnorm_forward(x: Any, gamma: Any, beta: Any, bn_param: Any) -> Any:
    mode, eps = bn_param["mode"], bn_param.get("eps", 1e-5)
    kept = bn_param.get("momentum", 0.9)
    D = x.shape[1]
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))
    if mode == "test":
        return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta, None
    mean, var = x.mean(0), x.var(0)
    root = np.sqrt(var + eps)
    scaled = (x - mean) / root
    bn_param["running_mean"] = kept * running_mean + (1 - kept) * mean
    bn_param["running_var"] = kept * running_var + (1 - kept) * var
    return gamma * scaled + beta, (scaled, root, gamma)


def batchnorm_backward(dout: Any, cache: Any) -> Any:
    scaled, root, gamma = cache
    N, dgamma, dbeta = len(dout), (dout * scaled).sum(0), dout.sum(0)
    return gamma / root / N * (N * dout - dbeta - scaled * dgamma), dgamma, dbeta


def layernorm_forward(x: Any, gamma: Any, beta: Any, ln_param: Any) -> Any:
    root = np.sqrt(x.var(1, keepdims=True) + ln_param.get("eps", 1e-5))
    scaled = (x - x.mean(1, keepdims=True)) / root
    return gamma * scaled + beta, (scaled, root, gamma)


def layernorm_backward(dout: Any, cache: Any) -> Any:
    scaled, root, gamma = cache
    g = dout * gamma
    mean, share = g.mean(1, keepdims=True), (g * scaled).mean(1, keepdims=True)
    return (g - mean - scaled * share) / root, (dout * scaled).sum(0), dout.sum(0)


def rows(maps: Any) -> Any:
    return maps.transpose(0, 2, 3, 1).reshape(-1, maps.shape[1])


def spatial_batchnorm_forward(x: Any, gamma: Any, beta: Any, bn_param: Any) -> Any:
    N, C, H, W = x.shape
    out, cache = batchnorm_forward(rows(x), gamma, beta, bn_param)
    return out.reshape(N, H, W, C).transpose(0, 3, 1, 2), cache


def spatial_batchnorm_backward(dout: Any, cache: Any) -> Any:
    N, C, H, W = dout.shape
    dx, dgamma, dbeta = batchnorm_backward(rows(dout), cache)
    return dx.reshape(N, H, W, C).transpose(0, 3, 1, 2), dgamma, dbeta


def spatial_groupnorm_forward(x: Any, gamma: Any, beta: Any, G: Any, gn_param: Any) -> Any:
    """gamma and beta (1, C, 1, 1)."""
    groups = x.reshape(len(x), G, -1)
    root = np.sqrt(groups.var(2, keepdims=True) + gn_param.get("eps", 1e-5))
    scaled = ((groups - groups.mean(2, keepdims=True)) / root).reshape(x.shape)
    return gamma * scaled + beta, (G, scaled, root, gamma)


def spatial_groupnorm_backward(dout: Any, cache: Any) -> Any:
    G, scaled, root, gamma = cache
    over = (0, 2, 3)
    g, h = ((a).reshape(len(dout), G, -1) for a in (dout * gamma, scaled))
    mean, share = g.mean(2, keepdims=True), (g * h).mean(2, keepdims=True)
    dx = ((g - mean - h * share) / root).reshape(dout.shape)
    return dx, (dout * scaled).sum(over, keepdims=True), dout.sum(over, keepdims=True)


RIGHT = {
    "batchnorm": (batchnorm_forward, batchnorm_backward),
    "batchnorm, forward": (batchnorm_forward,),
    "layernorm": (layernorm_forward, layernorm_backward),
    "spatial_batchnorm": (spatial_batchnorm_forward, spatial_batchnorm_backward),
    "spatial_groupnorm": (spatial_groupnorm_forward, spatial_groupnorm_backward),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right(name: str) -> None:
    found = parity.check(RIGHT[name])
    assert (found.status, found.style) == ("right", "cs231n"), str(found)
    kept = [remark for remark in found.remarks if remark.startswith("running statistics")]
    assert len(kept) == ("batchnorm" in name)
    assert all("momentum 0.9 is the share that is kept" in said for said in kept)


def test_in_a_process_of_its_own(tmp_path: Any) -> None:
    """bn_param stays there from one call to the next."""
    import inspect

    parts = [inspect.getsource(code) for code in (batchnorm_forward, batchnorm_backward)]
    head = "from typing import Any\nimport numpy as np\n\n"
    path = tmp_path / "layers.py"
    path.write_text(head + "\n\n".join(parts), encoding="utf-8")
    found = check_file(str(path), ["batchnorm_forward", "batchnorm_backward"], Wanted())
    assert found.status == "right", str(found)
    assert any(remark.startswith("running statistics") for remark in found.remarks)


# --- wrong --------------------------------------------------------------------------------


def without_the_mean(dout: Any, cache: Any) -> Any:
    scaled, root, gamma = cache
    N, dgamma, dbeta = len(dout), (dout * scaled).sum(0), dout.sum(0)
    return gamma / root / N * (N * dout - scaled * dgamma), dgamma, dbeta


def keeping_nothing(x: Any, gamma: Any, beta: Any, bn_param: Any) -> Any:
    return batchnorm_forward(x, gamma, beta, dict(bn_param))


def by_the_variance(x: Any, gamma: Any, beta: Any, bn_param: Any) -> Any:
    if bn_param["mode"] == "train":
        return batchnorm_forward(x, gamma, beta, bn_param)
    mean, var = bn_param["running_mean"], bn_param["running_var"]
    return gamma * (x - mean) / (var + bn_param["eps"]) + beta, None


def test_a_wrong_gradient() -> None:
    found = parity.check((batchnorm_forward, without_the_mean), like="batch_norm", style="cs231n")
    assert found.status == "wrong"
    assert found.said.startswith("dx is wrong")
    assert "nothing goes through the mean" in [cause.text for cause in found.causes]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            keeping_nothing,
            "running_mean and running_var are not in bn_param behind a batch in training",
        ),
        (
            by_the_variance,
            "when it is not training it does not normalise by its running statistics: y is wrong "
            "in all 8 elements",
        ),
    ],
)
def test_what_it_keeps_is_wrong(code: Any, said: str) -> None:
    found = parity.check((code, batchnorm_backward), like="batch_norm", style="cs231n")
    assert found.status == "wrong", str(found)
    assert found.faults == (said,)


def test_a_backward_alone_has_no_cache() -> None:
    found = parity.check(batchnorm_backward, like="batch_norm_backward")
    assert found.status == "failed"
    assert "a backward without its forward" in found.said

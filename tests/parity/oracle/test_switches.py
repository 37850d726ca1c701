"""What is set in torch: devices, threads, TF32; and what it says of itself."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from parity import oracle


@pytest.mark.parametrize("device", ["nonsense", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(device: str) -> None:
    """The refusal is one line: the device, and torch's own reason."""
    with pytest.raises(oracle.DeviceError) as raised:
        oracle.check_device(device)
    text = str(raised.value)
    assert text.startswith(f"device {device}: torch cannot use it here (")
    assert text.endswith(")")
    assert len(text.splitlines()) == 1
    assert "()" not in text
    assert raised.value.__suppress_context__


def test_the_reason_of_a_refusal_is_its_first_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a text of several lines, and of an assertion of torch, the first line is given."""

    def fail(*args: Any, **options: Any) -> None:
        raise AssertionError("Torch not compiled with it\nand a stack")

    monkeypatch.setattr(torch, "zeros", fail)
    with pytest.raises(oracle.DeviceError) as raised:
        oracle.check_device("xpu")
    assert str(raised.value) == (
        "device xpu: torch cannot use it here (Torch not compiled with it)"
    )


def test_the_processor_is_accepted() -> None:
    """The control: "cpu" is refused nowhere."""
    oracle.check_device("cpu")


def test_single_threaded_gives_the_threads_back() -> None:
    """One thread and no TF32 inside, the number of threads as before outside, errors or not."""
    before = oracle.flags()["threads"]
    try:
        oracle.set_threads(2)
        with oracle.single_threaded():
            inside = oracle.flags()
        assert (inside["threads"], oracle.flags()["threads"]) == (1, 2)
        assert (inside["allow_tf32_matmul"], inside["allow_tf32_cudnn"]) == (False, False)
        with pytest.raises(KeyError), oracle.single_threaded():
            raise KeyError
        assert oracle.flags()["threads"] == 2
    finally:
        oracle.set_threads(before)


def test_tf32_is_switched_on_and_off() -> None:
    """Whatever was set before, both switches are as asked for; a block leaves them as they were."""
    switches = ("allow_tf32_matmul", "allow_tf32_cudnn")
    try:
        for allowed in (True, False, True):
            oracle.set_tf32(allowed)
            assert [oracle.flags()[switch] for switch in switches] == [allowed, allowed]
        with oracle.single_threaded():
            assert not any(oracle.flags()[switch] for switch in switches)
        assert all(oracle.flags()[switch] for switch in switches)
        oracle.set_tf32(False)
        with oracle.single_threaded(tf32=True):
            assert all(oracle.flags()[switch] for switch in switches)
        assert not any(oracle.flags()[switch] for switch in switches)
    finally:
        oracle.set_tf32(False)


def test_tf32_needs_tensor_cores() -> None:
    """A CUDA device, whichever number it has; no other."""
    for device in ("cuda", "cuda:1"):
        oracle.check_tf32(device)
    with pytest.raises(oracle.DeviceError) as raised:
        oracle.check_tf32("cpu")
    assert str(raised.value) == "--tf32: only CUDA devices have TF32, but the device is cpu"


def test_flags_say_what_changes_results() -> None:
    """torch's version, threads, kernels and precision settings are all recorded."""
    assert set(oracle.flags()) >= {
        "version",
        "threads",
        "mkldnn",
        "build",
        "cpu_capability",
        "cuda",
        "allow_tf32_matmul",
        "allow_tf32_cudnn",
        "deterministic_algorithms",
    }
    assert oracle.flags()["version"] == torch.__version__

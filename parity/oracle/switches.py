"""What is set in torch – device, threads, TF32 – and what it says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from parity.oracle.arrays import to_array

FULL = {"none", "ieee"}  # what torch calls float32 that is computed as such


class DeviceError(ValueError):
    """A device that torch cannot use here."""


def check_device(device: str) -> None:
    """Refuse a device that torch cannot use on this machine."""
    try:
        to_array(torch.zeros(1, device=device))
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise DeviceError(f"device {device}: torch cannot use it here ({reason})") from None


def set_threads(threads: int) -> None:
    """Let torch compute with so many threads."""
    torch.set_num_threads(threads)


def thread_count() -> int:
    """With how many threads torch computes."""
    return torch.get_num_threads()


@contextmanager
def threads(count: int) -> Iterator[None]:
    """So many torch threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def tf32_as(allowed: bool) -> Iterator[None]:
    """For a while CUDA may round the factors of float32 products, or may not."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    set_tf32(allowed)
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


@contextmanager
def single_threaded(tf32: bool = False) -> Iterator[None]:
    """One torch thread for a while, and no TF32 unless it is asked for."""
    with tf32_as(tf32), threads(1):
        yield


def set_tf32(allowed: bool) -> None:
    """Whether CUDA may round the factors of float32 products; the bounds must know."""
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def keeps_float32() -> bool:
    """Whether products of float32 numbers on the CPU are rounded to float32, and to nothing less.

    Some processors form them from bfloat16 or TF32 where somebody lets them.
    """
    onednn: Any = torch.backends.mkldnn
    places = [onednn, getattr(onednn, "conv", None), getattr(onednn, "matmul", None)]
    said = {str(getattr(place, "fp32_precision", "none")) for place in places}
    return said <= FULL and torch.get_float32_matmul_precision() == "highest"


def check_tf32(device: str) -> None:
    """Refuse TF32 where there are no tensor cores."""
    if torch.device(device).type != "cuda":
        raise DeviceError(f"--tf32: only CUDA devices have TF32, but the device is {device}")


def blas_of(build: str) -> str:
    """Which BLAS torch was built with, by what it says of its build.

    >>> blas_of("- Intel(R) oneAPI Math Kernel Library Version 2024.2-Product\\n BLAS_INFO=mkl, …")
    'mkl 2024.2'
    >>> blas_of("BLAS_INFO=open, BUILD_TYPE=Release"), blas_of("")
    ('open', 'unknown')
    """
    named = re.search(r"BLAS_INFO=(\w+)", build)
    version = re.search(r"Math Kernel Library Version ([\d.]+)", build)
    name = named[1] if named else "unknown"
    return f"{name} {version[1]}" if version and name.startswith("mkl") else name


def flags() -> dict[str, Any]:
    """torch's version and everything set in it that changes results."""
    return {
        "version": torch.__version__,
        "threads": torch.get_num_threads(),
        "mkldnn": torch.backends.mkldnn.enabled,
        "build": torch.__config__.show(),
        "blas": blas_of(torch.__config__.show()),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cuda": torch.version.cuda,
        "allow_tf32_matmul": torch.backends.cuda.matmul.allow_tf32,
        "allow_tf32_cudnn": torch.backends.cudnn.allow_tf32,
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
    }

"""Every style by its name."""

from __future__ import annotations

from parity.candidates.styles.as_layer import AsLayer
from parity.candidates.styles.as_refimpl import AsRefimpl
from parity.candidates.styles.cs231n import Cs231n
from parity.candidates.styles.deeplearning_ai import DeeplearningAi
from parity.candidates.styles.of_library import OfArrays, OfLibrary, Torch
from parity.candidates.styles.style import Style

ALL: tuple[Style, ...] = (
    *(AsRefimpl(), Cs231n(), DeeplearningAi(), AsLayer()),
    *(Torch("torch"), OfLibrary("jax"), OfArrays()),
)
EVERY: dict[str, Style] = {style.name: style for style in ALL}

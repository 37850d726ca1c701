"""What a run fixes for all its cases."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote

from parity.bounds.arithmetic import Sides, sides

DEFAULT_SEED = 20261120


@dataclass(frozen=True)
class Settings:
    """What a run fixes for all its cases."""

    seed: int = DEFAULT_SEED
    device: str = "cpu"
    rtol: float | None = None  # --rtol, --atol: an override of the derived bounds
    atol: float | None = None
    elements: tuple[str, ...] = ()  # cases of which every element is reported
    all_elements: bool = False  # every element of what is outside, too, not some of them
    quick: bool = False  # without the witnesses beside torch
    tf32: bool = False  # --tf32: torch may round the factors of float32 products
    shapes: str = ""  # --shapes: the file that has the cases

    def sides(self, dtype: str) -> Sides:
        """refimpl's arithmetic and torch's."""
        return sides(dtype, self.tf32)

    @property
    def shapes_option(self) -> str:
        """The option that a case of a file needs, for the command that runs it again."""
        return f" --shapes {quote(self.shapes)}" if self.shapes else ""

    @property
    def override(self) -> str:
        """What the report says where the bounds are not the derived ones."""
        if self.rtol is None and self.atol is None:
            return ""
        return f"bound overridden: rtol {self.rtol or 0.0}, atol {self.atol or 0.0}"

    @property
    def override_options(self) -> str:
        """The options that change the bounds, for the command that runs a case again."""
        given = {"rtol": self.rtol, "atol": self.atol}
        values = (f" --{name} {value}" for name, value in given.items() if value is not None)
        return "".join((" --tf32" if self.tf32 else "", *values))

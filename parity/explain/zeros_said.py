"""Why an element of a result is 0 where its formula has no terms at all."""

from __future__ import annotations

from parity.explain.demonstration import Demonstration
from parity.explain.formed import ZERO, Index, Leaf
from parity.explain.sheet import Sheet
from parity.explain.writing_out import place

INDENT = 4
KERNELS = ("weight", "kernel")
WINDOWS = ("kernel_size", "size", *KERNELS)  # options and arguments of what slides a window


def tell(sheet: Sheet, demo: Demonstration, tensor: str, index: Index) -> None:
    """The reason, unless a comparison has decided: a mask, a window that is not there, a flat step.

    >>> from parity.explain.setting_up import demonstration
    >>> sheet = Sheet("en", 79)
    >>> tell(sheet, demonstration("conv1d_backward", "5 kernel 2 stride 2"), "dx", (0, 0, 4))
    >>> sheet.lines
    ['    no window covers x[0,0,4]: no output depends on it']
    """
    if demo.element(tensor, index).formed != ZERO:
        return
    mask = demo.arguments.get("mask")
    if mask is not None and not mask[index]:
        comparison = f"{place('mask', index)} = 0"
        sheet.text("because {comparisons}", INDENT, comparisons=comparison)
    elif demo.is_backward:
        _of_gradient(sheet, demo, Leaf(tensor.removeprefix("d"), index))


def _of_gradient(sheet: Sheet, demo: Demonstration, leaf: Leaf) -> None:
    name = place(leaf.name, leaf.index)
    if leaf.name in KERNELS:
        text = "in every window {name} lies on zeros of the padding: no output depends on it"
        sheet.text(text, INDENT, name=name)
    elif slides(demo):
        sheet.text("no window covers {name}: no output depends on it", INDENT, name=name)
    elif demo.numbers[leaf]:
        sheet.text("a small change of {name} changes no output", INDENT, name=name)
    else:
        sheet.text("a step: there is no derivative at 0, and the code gives 0", INDENT)


def slides(demo: Demonstration) -> bool:
    """Whether the function has windows: a kernel, or the size of one.

    >>> from parity.explain.setting_up import demonstration
    >>> slides(demonstration("avg_pool1d_backward")), slides(demonstration("sign_backward"))
    (True, False)
    """
    return any(name in WINDOWS for name in (*demo.arguments, *demo.options))

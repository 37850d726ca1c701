"""What a style is: how a problem is put to code of one convention, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias

from parity.candidates.styles.replies import decoded
from parity.cases.case import Array, Shape
from parity.witnesses.problem import Problem

Ask: TypeAlias = tuple[dict[str, Any], list[Array]]  # a request and its arrays
Reply: TypeAlias = tuple[Mapping[str, Any], Sequence[Array]]

FORWARD, BACKWARD, BOTH = "forward", "backward", "both"
NCHW, NHWC = "NCHW", "NHWC"
# One sample at a time: maps with channels first or last, one map alone, a vector.
CHW, HWC, HW, D = "CHW", "HWC", "HW", "D"
# Samples in columns, and one of them alone.
DN, D1 = "DN", "D1"
NC = "NC"  # of maps one number each, without axes of size 1
ONE_SAMPLE = (CHW, HWC, HW, D, D1)
LAYOUTS = (NCHW, NHWC, *ONE_SAMPLE, DN, NC)
VARIADIC = ("VAR", "var", "*")  # how the kind of *args and **kwargs begins, in any spelling


class Parameter(NamedTuple):
    """One parameter of the candidate, as `inspect.signature` tells it."""

    name: str
    kind: str
    has_default: bool

    @property
    def variadic(self) -> bool:
        """Whether it is *args or **kwargs.

        >>> Parameter("options", "VAR_KEYWORD", False).variadic
        True
        """
        return self.kind.startswith(VARIADIC)

    @property
    def takes_any_keyword(self) -> bool:
        """Whether it is **kwargs."""
        return self.variadic and self.kind.lower().endswith("keyword")


Signature: TypeAlias = tuple[Parameter, ...] | None  # None: Python cannot tell


Way: TypeAlias = Callable[[Array], Any]  # of a weight, its `Move` to the candidate


class Own(NamedTuple):
    """What an object that is there already has been made with.

    weight: the shape of its weights in refimpl's order, () if it has none; way: how they lie in the
    object. channels: of a normalisation or a PReLU, how many it has, or the sizes of its axes.
    options: by refimpl's names, those that are something else than unless given. shown: the
    options that its attributes show. values: its own arrays, where they cannot be replaced. found:
    what no attribute shows and trying has found, in words.
    """

    options: Mapping[str, Any]
    weight: Shape = ()
    way: Way | None = None
    biased: bool = False
    shown: tuple[str, ...] = ()
    values: Mapping[str, Array] = {}
    found: tuple[str, ...] = ()
    channels: Shape = ()


class Dropping(NamedTuple):
    """How a dropout does it: whether its p is the probability to keep, whether it divides by 1 − p,
    and which attribute says that it is training."""

    keeps: bool = False
    inverted: bool = True
    flag: str = ""


@dataclass(frozen=True)
class Told:
    """What is known of a candidate: which names, in which style, and which function it is like.

    like: the forward's name, "conv2d"; also: other functions that the same code computes.
    signatures: by the names. methods: of a class or an instance, by their names.
    attributes: the shapes of an object's arrays, for the sizes of its style's `probe`.
    library: whose arrays it takes, "numpy", "torch" or "jax". own: of an object that is there.
    dropping: of a dropout. fixed: the values of options that it has no parameter for and that are
    others than refimpl's; "bias" None: it gives none.
    """

    style: str
    names: tuple[str, ...]
    like: str
    part: str = FORWARD
    kind: str = "function"
    layout: str = NCHW
    library: str = "numpy"
    also: tuple[str, ...] = ()
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    methods: Mapping[str, Signature] = field(default_factory=dict)
    attributes: Mapping[str, Shape] | None = None
    own: Own | None = None
    dropping: Dropping = field(default_factory=Dropping)
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def signature(self, name: str) -> Signature:
        """The parameters of one of the names; None where Python cannot tell."""
        return self.signatures.get(name)


class Unclear(NamedTuple):
    """Nothing is judged before the person has said more."""

    message: str


class Exchange(NamedTuple):
    """How one problem is put to the candidate.

    requests: for `Child.ask`, in order. read: the tensors by refimpl's names and in its layout,
    from the replies so far; a wrong shape is `Misshapen`, everything else is as it came.
    gives: which tensors each request is for. judged: the problem that was answered, where the
    candidate chooses a part of it itself (the mask of a dropout); without that part where no
    choice gives what came.
    """

    requests: list[Ask]
    read: Callable[[Sequence[Reply]], dict[str, Any]]
    gives: tuple[tuple[str, ...], ...]
    judged: Callable[[Sequence[Reply]], Problem]


class Style(Protocol):
    """One convention."""

    name: str

    def functions(self) -> tuple[str, ...]:
        """The functions of refimpl that can be written in it."""

    def lacks(self, problem: Problem, told: Told) -> str:
        """The first thing in a problem that the candidate cannot be told; "" if there is none."""

    def probe(self, told: Told) -> list[Ask]:
        """What has to be asked once before the first exchange; mostly nothing."""

    def learned(self, told: Told, replies: Sequence[Reply]) -> Told | Unclear:
        """What is known of the candidate once the probe has been answered."""

    def exchange(self, problem: Problem, told: Told) -> Exchange:
        """The requests that put a problem, and the reading of their replies."""


class Plain:
    """The part of a style that asks nothing before the first exchange."""

    def probe(self, told: Told) -> list[Ask]:
        return []

    def learned(self, told: Told, replies: Sequence[Reply]) -> Told | Unclear:
        return told


# --- exchanges in steps -------------------------------------------------------------------


class Step(NamedTuple):
    """One request, and the tensors that its reply holds."""

    ask: Ask
    gives: tuple[str, ...] = ()
    read: Callable[[Reply], Mapping[str, Any]] = lambda reply: {}


def value_of(reply: Reply) -> Any:
    """What the candidate returned."""
    return decoded(reply[0].get("value"), reply[1])


def steps(
    problem: Problem,
    *asked: Step,
    judged: Callable[[Mapping[str, Any]], Problem] | None = None,
) -> Exchange:
    """The steps as one exchange; of a tensor that two of them hold, the first counts."""

    def read(replies: Sequence[Reply]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for step, reply in zip(asked, replies, strict=False):
            found = {**step.read(reply), **found}
        return found

    return Exchange(
        [step.ask for step in asked],
        read,
        tuple(step.gives for step in asked),
        lambda replies: judged(read(replies)) if judged else problem,
    )

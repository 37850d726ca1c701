"""Which style a candidate follows and which function it is like, where that is plain."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import refimpl
from parity.candidates.styles.as_layer import BACKWARDS, FORWARDS
from parity.candidates.styles.as_refimpl import CACHES
from parity.candidates.styles.deeplearning_ai import MODES
from parity.candidates.styles.every import EVERY
from parity.candidates.styles.framing import fixed_by_name
from parity.candidates.styles.moves import OF_MAPS
from parity.candidates.styles.naming import OPTIONS, array_called, is_upstream
from parity.candidates.styles.of_library import AUTOGRAD, MODULE
from parity.candidates.styles.rearranged import signature_of_built_in
from parity.candidates.styles.style import (
    BACKWARD,
    BOTH,
    DN,
    FORWARD,
    NCHW,
    NHWC,
    Parameter,
    Signature,
    Told,
    Unclear,
)
from parity.cases.functions import FORWARDS as FORWARD_OF
from parity.cases.functions import FUNCTIONS, backward_of, forward_of
from parity.suite.selection import SelectionError, function_meant

# A word of arithmetic is the whole name but for this: a mean_absolute_error is no mean.
ALONE = r"(_(forward|backward|fwd|bwd|grad\w*|op|layer|naive|fast|numpy|np|torch))*$"
TRANSPOSED = r"conv\w*transpose|transpose\w*conv|de_?conv"
# What is in a name, and the function that it then is like; the first that fits counts.
WORDS: tuple[tuple[str, str], ...] = (
    *((rf"({TRANSPOSED})\w*{n}d", f"conv_transpose{n}d") for n in (1, 3)),
    (TRANSPOSED, "conv_transpose2d"),
    *((rf"conv\w*{n}d|conv\w*_{n}d", f"conv{n}d") for n in (1, 3)),
    (r"conv(?!olve)", "conv2d"),
    (r"convolve", "convolve2d"),
    (r"correlate|cross_?corr", "correlate2d"),
    *(
        (rf"adaptive_?{words}_?pool{axes}", f"adaptive_{kind}_pool{n}d")
        for kind, words in (("max", "max"), ("avg", "(avg|average|mean)"))
        for n, axes in ((1, r"\w*1d"), (3, r"\w*3d"), (2, ""))
    ),
    (r"global_?max_?pool", "global_max_pool"),
    (r"global_?(avg|average|mean)_?pool", "global_avg_pool"),
    *((rf"max_?pool\w*{n}d", f"max_pool{n}d") for n in (1, 3)),
    *((rf"(avg|average|mean)_?pool\w*{n}d", f"avg_pool{n}d") for n in (1, 3)),
    (r"max_?pool|pool\w*max", "max_pool2d"),
    (r"(avg|average|mean)_?pool|pool\w*(avg|average|mean)", "avg_pool2d"),
    (r"leaky", "leaky_relu"),
    (r"hard_?tanh|relu_?6", "hardtanh"),
    (r"p_?relu", "prelu"),
    (r"relu", "relu"),
    (r"hard_?sigmoid", "hardsigmoid"),
    (r"hard_?swish", "hardswish"),
    (r"soft_?plus", "softplus"),
    (r"silu|swish", "silu"),
    (r"gelu", "gelu"),
    (r"(^|_)elu", "elu"),
    (r"(^|_)mse(_|$|loss)|mean_?squared?_?error", "mse_loss"),
    (r"batch_?norm", "batch_norm"),
    (r"layer_?norm", "layer_norm"),
    (r"group_?norm", "group_norm"),
    (r"local_?response|(^|_)lrn(_|$)", "local_response_norm"),
    (r"(binary_?cross|bce)", "binary_cross_entropy_with_logits"),
    (r"cross_?entropy|softmax_?(with_?)?loss", "cross_entropy"),
    (r"log_?softmax", "log_softmax"),
    (r"softmax", "softmax"),
    (r"dropout", "dropout"),
    (r"sigmoid|logistic$", "sigmoid"),
    (r"tanh", "tanh"),
    (r"flatten", "flatten"),
    (r"channel_?shuffle|shuffle_?channel", "channel_shuffle"),
    (r"permute|transpose|swap_?(axes|dims)", "transpose"),
    (r"reshape|(^|_)view(_|$)", "reshape"),
    (r"narrow|slice|(^|_)crop(_|$)", "slice_axis"),
    (r"(^|_)split(_|$)", "split"),
    (r"(?<!un)(?<!un_)pad(ding)?(_?[123]d)?(_|$)", "pad"),
    (r"affine|linear|dense|fully_?connected|(^|_)fc(_|\d|$)|inner_?product", "linear"),
    *(
        (rf"^((my|element_?wise|broadcast)_?)*({words}){ALONE}", function)
        for words, function in (
            ("add|addition|plus|residual_?add", "add"),
            ("mul|multiply|multiplication", "multiply"),
            ("sub|subtract|subtraction|minus", "subtract"),
            ("(true_?)?div|(true_?)?divide|division", "divide"),
            ("(float_?)?pow(er)?", "power"),
            ("(reduce_?)?mean", "mean"),
        )
    ),
)
# Functions that refimpl has not, and several functions in one.
OTHERS = re.compile(
    r"depth_?wise|separable|symmetric\w*pad|pad\w*symmetric|instance\w*_?norm|norm\w*_?relu"
    r"|(conv|affine|linear|dense|fc)\w*_?(relu|pool|sigmoid|tanh|softmax|dropout|bn|norm)"
)
# What refimpl has not, in words, and the nearest that it has.
LOSSES = "cross_entropy, binary_cross_entropy_with_logits, mse_loss, squared_error, perceptron_loss"
NORMS = "batch_norm, layer_norm, group_norm, local_response_norm"
ABSENT: tuple[tuple[str, str, str], ...] = (
    (r"svm|hinge", "a hinge loss over several classes", f"losses that are judged: {LOSSES}"),
    (r"depth_?wise|separable", "a convolution of its own name", "conv2d is judged with groups"),
    (
        r"symmetric",
        "a padding that repeats the border",
        "pad is judged in the modes constant, reflect, replicate and circular",
    ),
    (
        r"instance\w*_?norm",
        "an instance normalisation",
        f"normalisations that are judged: {NORMS}",
    ),
)
# Words of a name, not letters in it: "conv_winograd" and "conv_fallback" are forwards.
BACKWARD_WORDS = re.compile(
    r"(?<![a-z])(back|backward|backwards|backprop|backpropagate|backpropagation|bwd|grad|grads"
    r"|gradient|gradients|bprop|vjp|deriv|derivative)(?![a-z])|^d_?(relu|sigmoid|tanh|softmax)"
)
LIBRARIES = ("torch", "jax")
POOL_OF_COURSE = "pool_forward|pool_backward"


def recognised(
    loaded: Mapping[str, Any], like: str | None = None, style: str | None = None
) -> Told | Unclear:
    """What a reply to `load` tells of a candidate, or what has to be asked.

    like: a function of refimpl, forward or backward. style: a key of `EVERY`; "array:torch" is
    refimpl's convention on torch's tensors.

    >>> signature = [[name, "POSITIONAL_OR_KEYWORD", False] for name in ("dy", "x", "weight")]
    >>> names = {"conv2d_backward": {"kind": "function", "signature": signature}}
    >>> told = recognised({"names": names})
    >>> told.style, told.like, told.part
    ('refimpl', 'conv2d', 'backward')
    """
    seen = Seen(loaded)
    wrong = unknown(like, style)
    like = like and (like if wrong else function_meant(like))
    if wrong or not seen.names:
        return Unclear(wrong or unclear(seen, like, style))
    name, _, library = (style or style_of(seen, like or "")).partition(":")
    found = forward_of(like) if like else function_of(seen, name)
    if not name or not found:
        return Unclear(unclear(seen, like, style))
    if found not in EVERY[name].functions():
        return Unclear(not_in(name, found))
    return told_of(seen, name, found, like, library)


class Seen:
    """The names of the candidate and what was loaded under them."""

    def __init__(self, loaded: Mapping[str, Any]) -> None:
        self.loaded: Mapping[str, Mapping[str, Any]] = loaded.get("names", {})
        self.names = tuple(self.loaded)
        told = {n: signature_of(d.get("signature")) for n, d in self.loaded.items()}
        self.signatures = {n: signature_of_built_in(n) if s is None else s for n, s in told.items()}
        self.kind = str(self.first.get("kind", ""))
        self.public = tuple(loaded.get("public", ()))
        self.libraries = {str(d.get("library", "")) for d in self.loaded.values()} - {""}

    @property
    def first(self) -> Mapping[str, Any]:
        """What was told of the first name."""
        return self.loaded[self.names[0]] if self.names else {}

    @property
    def is_instance(self) -> bool:
        """Whether it is an object whose class we are not given."""
        made = self.kind == MODULE and self.first.get("is_class") is False
        return made or self.kind == "instance"

    @property
    def classes(self) -> tuple[str, ...]:
        """What objects among them are made of, by the names of their classes."""
        made_of = (str(found.get("made_of", "")) for found in self.loaded.values())
        return tuple(filter(None, made_of))

    @property
    def parameters(self) -> list[str]:
        """The names of all parameters, one name behind the other."""
        return [p.name for s in self.signatures.values() for p in s or ()]

    @property
    def methods(self) -> dict[str, Signature]:
        """The methods of a class or an instance, if they were told: without a forward of any
        name, it is called itself."""
        listed = self.first.get("methods")
        if listed is None or self.kind == "function":
            return {}
        itself = {} if set(listed) & set(FORWARDS) else {"__call__": None}
        return itself | {name: signature_of(listed[name]) for name in listed}

    def first_parameter(self, name: str) -> str:
        parameters = self.signatures.get(name) or ()
        return parameters[0].name if parameters else ""

    def goes_back(self, name: str) -> bool:
        """Whether a function is a backward."""
        return goes_back(name) or is_upstream(self.first_parameter(name))

    def shown(self) -> str:
        """The candidate's names with their parameters, as a person wrote them."""
        return ", ".join(shown(name, self.signatures[name]) for name in self.names)


def signature_of(listed: Sequence[Sequence[Any]] | None) -> Signature:
    """The parameters as they were sent."""
    if listed is None:
        return None
    return tuple(Parameter(str(n), str(kind), bool(default)) for n, kind, default in listed)


def shown(name: str, parameters: Signature) -> str:
    """A function's head.

    >>> shown("f", (Parameter("x", "POSITIONAL_OR_KEYWORD", False),)), shown("g", None)
    ('f(x)', 'g(?)')
    """
    stars = {p.name: ("**" if p.takes_any_keyword else "*") for p in parameters or () if p.variadic}
    named = ", ".join(stars.get(p.name, "") + p.name for p in parameters or ())
    listed = "?" if parameters is None else named
    return f"{name}({listed})"


# --- the style ----------------------------------------------------------------------------


def style_of(seen: Seen, like: str = "") -> str:
    """The style that kind, names and parameters show; "" if none.

    like: the function, where that is said.
    """
    if seen.kind in (MODULE, AUTOGRAD):
        return "torch"
    if seen.kind in ("class", "instance"):
        return "layer"
    parameters = set(seen.parameters)
    if parameters & {"hparameters", "hparams", "A_prev", "dZ", "dA"}:
        return "deeplearning.ai"
    if any(name == "linear_forward" and seen.first_parameter(name) == "A" for name in seen.names):
        return "deeplearning.ai"
    if is_cs231n(seen, parameters):
        return "cs231n"
    if "torch" in seen.libraries:
        return on_tensors(seen)
    return "refimpl" if all(as_refimpl(seen, name, like) for name in seen.names) else ""


def on_tensors(seen: Seen) -> str:
    """The style of functions whose code names torch: of a forward alone its gradients are
    torch's, a backward is by hand."""
    by_hand = len(seen.names) > 1 or seen.goes_back(seen.names[0])
    return "array:torch" if by_hand else "torch"


def is_cs231n(seen: Seen, parameters: set[str]) -> bool:
    """Whether a parameter or a name is the course's: conv_param, dout beside cache, …_naive."""
    if parameters & COURSE_PARAMETERS:
        return True
    options = parameters & {name for names in OPTIONS.values() for name in names if len(name) > 1}
    if parameters >= {"dout", "cache"} and not options:
        return True
    names = r"(conv|max_pool)_(forward|backward)_\w+|(affine|relu|dropout)_forward|affine_backward"
    return any(re.fullmatch(f"{names}|softmax_loss", name) for name in seen.names)


COURSE_PARAMETERS = {
    *("conv_param", "pool_param", "dropout_param", "bn_param", "ln_param", "gn_param")
}


def as_refimpl(seen: Seen, name: str, like: str = "") -> bool:
    """Whether a function has refimpl's name, or its parameters begin as refimpl's do: with x or the
    logits, or with the first array of the function that it is like."""
    if name in (*FUNCTIONS, *FORWARD_OF):
        return True
    parameters = [p.name.lower() for p in seen.signatures[name] or ()]
    if name == seen.names[-1] and len(seen.names) > 1 and parameters[1:2] in ([c] for c in CACHES):
        return True
    after = parameters[1:] if parameters and is_upstream(parameters[0]) else parameters
    function = forward_of(like)
    firsts = ("x", "logits", *((first_array(function),) if like else ()))
    begins = bool(after) and array_called(after[0], firsts, function) != ""
    return begins and "cache" not in after


def first_array(function: str) -> str:
    """What refimpl calls the first array of a function.

    >>> first_array("mse_loss"), first_array("adam_step")
    ('output', 'value')
    """
    return next(iter(inspect.signature(getattr(refimpl, function)).parameters))


# --- the function -------------------------------------------------------------------------


def function_of(seen: Seen, style: str) -> str:
    """The function that a name shows; "" if none does."""
    known = EVERY[style.partition(":")[0]].functions() if style else tuple(FUNCTIONS)
    named = (*seen.names, *seen.classes, *course_words(seen, style))
    found = (function_called(name, known) for name in named)
    return next(filter(None, found), "")


def in_words(name: str) -> str:
    """A name in small letters, its words apart.

    >>> in_words("MaxPoolBackward"), in_words("conv_backward_naive")
    ('max_pool_backward', 'conv_backward_naive')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def function_called(name: str, known: Sequence[str]) -> str:
    """Which of the known functions a name means.

    >>> function_called("conv_backward_naive", ("conv2d",)), function_called("MyMaxPool", FUNCTIONS)
    ('conv2d', 'max_pool2d')
    >>> [function_called(name, FUNCTIONS) for name in ("affine_relu_forward", "deconv2d")]
    ['', 'conv_transpose2d']
    """
    if forward_of(name) in known:
        return forward_of(name)
    split = in_words(name)
    if OTHERS.search(split):
        return ""
    fits = (f for word, f in WORDS if re.search(word, name.lower()) or re.search(word, split))
    first = next(fits, "")
    return first if first in known else ""


def functions_called(name: str) -> tuple[str, ...]:
    """All functions that a name may mean: deeplearning.ai's pooling is two in one.

    >>> functions_called("conv_forward"), functions_called("pool_backward")
    (('conv2d',), ('max_pool2d', 'avg_pool2d'))
    >>> functions_called("helper")
    ()
    """
    if re.fullmatch(POOL_OF_COURSE, name):
        return tuple(MODES)
    return tuple(filter(None, (function_called(name, tuple(FUNCTIONS)),)))


def goes_back(name: str) -> bool:
    """Whether a name says that it is a backward."""
    return bool(BACKWARD_WORDS.search(in_words(name)))


def one_pair(names: Sequence[str]) -> list[str]:
    """The first forward and backward among names that say so and else say the same, in order.

    >>> one_pair(["conv_step", "conv_forward", "conv_backward"]), one_pair(["relu", "relu_grad"])
    (['conv_forward', 'conv_backward'], ['relu', 'relu_grad'])
    >>> one_pair(["conv", "pool_backward"])
    []
    """
    forth = [name for name in names if not goes_back(name)]
    pairs = ([f, b] for f in forth for b in names if goes_back(b) and _stem(f) == _stem(b))
    return next(pairs, [])


def _stem(name: str) -> str:
    """A name without what says that it is forward or backward.

    >>> _stem("conv_forward_naive"), _stem("conv_backward_naive")
    ('conv_naive', 'conv_naive')
    """
    bare = re.sub(r"(?<![a-z])(forward|fwd|fprop)(?![a-z])", "", in_words(name))
    return re.sub(r"_+", "_", BACKWARD_WORDS.sub("", bare)).strip("_")


def course_words(seen: Seen, style: str) -> tuple[str, ...]:
    """deeplearning.ai's poolings are maximum and average in one: the maximum comes first."""
    pools = any(re.fullmatch(POOL_OF_COURSE, name) for name in seen.names)
    return ("max_pool2d",) if style == "deeplearning.ai" and pools else ()


# --- everything together ------------------------------------------------------------------


def told_of(seen: Seen, style: str, function: str, like: str | None, library: str) -> Told:
    part = part_of(seen, style, function, like)
    names = seen.names
    if part == BOTH and len(names) == 2 and seen.goes_back(names[0]):
        names = names[::-1] if not seen.goes_back(names[1]) else names
    pooled = "mode" in seen.parameters and style == "deeplearning.ai" and like is None
    return Told(
        style=style,
        names=names,
        like=function,
        part=part,
        kind="instance" if seen.is_instance else seen.kind,
        layout=layout_of_course(function) if style == "deeplearning.ai" else NCHW,
        library=library or (style if style in LIBRARIES else "numpy"),
        also=("avg_pool2d",) if pooled and function == "max_pool2d" else (),
        signatures=seen.signatures,
        methods=seen.methods,
        fixed=fixed_by_name(function, names[0], seen.kind, list(seen.signatures.values())),
    )


def layout_of_course(function: str) -> str:
    """How deeplearning.ai's functions take their axes."""
    return DN if function == "linear" else NHWC if function in OF_MAPS else NCHW


def part_of(seen: Seen, style: str, function: str, like: str | None) -> str:
    """Whether forward, backward or both are judged."""
    if not FUNCTIONS[function].inputs:
        return FORWARD  # whatever its name sounds like: dsigmoid has no backward
    if style in LIBRARIES or len(seen.names) > 1:
        return BOTH
    if style == "layer":
        return part_of_layer(seen)
    if style == "cs231n" and function == "cross_entropy":
        return BOTH
    backward = like is not None and like not in FUNCTIONS and like == backward_of(function)
    return BACKWARD if backward or seen.goes_back(seen.names[0]) else FORWARD


def part_of_layer(seen: Seen) -> str:
    """Both, unless its methods were told and no backward is among them."""
    return BOTH if not seen.methods or set(seen.methods) & set(BACKWARDS) else FORWARD


# --- what is asked ------------------------------------------------------------------------


def unknown(like: str | None, style: str | None) -> str:
    """The message about a name that is none of ours; "" if both are known."""
    if style is not None and style.partition(":")[0] not in EVERY:
        return f'no style is called "{style}"{meant(style, tuple(EVERY)) or f"; {styles_listed()}"}'
    library = (style or "").partition(":")[2]
    if library and not all(part.isidentifier() for part in library.split(".")):
        return f'"{style}": behind the colon stands a library of arrays, as in "array:torch"'
    if like is not None and like not in FUNCTIONS and like not in FORWARD_OF:
        try:
            function_meant(like)
        except SelectionError as error:
            return f"--like: {error}"
    return ""


def meant(name: str, known: Sequence[str]) -> str:
    """The names that are near, for the end of a sentence; "" if none is.

    >>> meant("cs213n", ("cs231n", "torch")), meant("mine", ("torch",))
    ('; did you mean cs231n?', '')
    """
    near = get_close_matches(name, known, 3)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def unclear(seen: Seen, like: str | None, style: str | None) -> str:
    """What was seen, and what to add."""
    if not seen.names:
        none = "no name is given" if like is None else f"no name in it is like {like}"
        return f"{none}; the file defines: {', '.join(seen.public) or 'nothing'}"
    absent = absent_from_refimpl(seen) if like is None else ""
    if absent:
        return absent
    name = style or style_of(seen, like or "")
    known = EVERY[name.partition(":")[0]].functions() if name else tuple(FUNCTIONS)
    meant_by = function_called(seen.names[0], tuple(FUNCTIONS)) if like is None else ""
    if meant_by and meant_by not in known:
        return not_in(name.partition(":")[0], meant_by)
    missing = [
        *(["its style (--style)"] if not name else []),
        *(["the function that it is like (--like)"] if like is None else []),
    ]
    there = [
        *([styles_listed()] if not name else []),
        *([functions_listed(known)] if like is None else []),
    ]
    said = f"{seen.shown()}: {' and '.join(missing)} cannot be told from names and parameters"
    return "; ".join((said, *there))


def absent_from_refimpl(seen: Seen) -> str:
    """Of a name that means what refimpl has not: that, and what there is; "" of others."""
    for name in seen.names:
        for word, what, there in ABSENT:
            if re.search(word, in_words(name)):
                lacking = f"{name} is {what} by its name, which refimpl does not have"
                return f"{lacking}: it is not judged; {there}"
    return ""


def styles_listed() -> str:
    return f"styles: {', '.join(EVERY)}"


def functions_listed(known: Sequence[str]) -> str:
    return f"functions, each also with _backward: {', '.join(known)}"


def not_in(style: str, function: str) -> str:
    """The styles that have a function which the wanted one lacks."""
    having = [name for name, other in EVERY.items() if function in other.functions()]
    return f"the style {style} has no {function}; styles that have it: {', '.join(having)}"

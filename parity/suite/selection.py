"""What a word means that somebody types for a function: its name, another one, a family, nothing.

Every command that takes names takes them from here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches

from parity.cases.functions import FORWARDS, FUNCTIONS, GROUPS, backward_of, forward_of, in_group
from parity.cases.networks import NETWORKS

LOSSES = "softmax and losses"
# Other people's words, letters and digits only, and refimpl's name.
OTHERS = {
    **dict.fromkeys(("dense", "affine", "fc", "fullyconnected", "innerproduct"), "linear"),
    **dict.fromkeys(
        ("bce", "bcewithlogits", "binarycrossentropy", "sigmoidcrossentropy"),
        "binary_cross_entropy_with_logits",
    ),
    **dict.fromkeys(("mse", "meansquarederror", "l2"), "mse_loss"),
    **dict.fromkeys(
        (
            "softmaxloss",
            "softmaxwith",
            "softmaxcrossentropy",
            "categoricalcrossentropy",
            "crossentropywithlogits",
        ),
        "cross_entropy",
    ),
    **dict.fromkeys(("relu6", "hardtanh"), "hardtanh"),
    **dict.fromkeys(("lrelu", "leaky"), "leaky_relu"),
    **{
        word: f"{kind}_norm"
        for kind in ("batch", "layer", "group")
        for word in (
            f"{kind[0]}n",
            *(f"{kind}{norm}" for norm in ("normalization", "normalisation")),
            *(f"{kind}norm{n}d" for n in (1, 2, 3)),
        )
    },
    **dict.fromkeys(("lrn", "localresponse", "responsenorm"), "local_response_norm"),
    "swish": "silu",
    **dict.fromkeys(("cat", "concat"), "concatenate"),
    **dict.fromkeys(("permute", "swapaxes", "swapdims", "moveaxis", "movedim"), "transpose"),
    **dict.fromkeys(("view", "unflatten"), "reshape"),
    **dict.fromkeys(("narrow", "slice", "sliceindim", "crop"), "slice_axis"),
    **dict.fromkeys(("chunk", "tensorsplit", "unbind"), "split"),
    **dict.fromkeys(("plus", "addition", "residualadd", "skipconnection"), "add"),
    **dict.fromkeys(("mul", "product", "gate"), "multiply"),
    **dict.fromkeys(("sub", "difference"), "subtract"),
    **dict.fromkeys(("div", "quotient", "truedivide"), "divide"),
    **dict.fromkeys(("pow", "floatpower", "exponentiation"), "power"),
    **dict.fromkeys(("reducemean", "average"), "mean"),
    **dict.fromkeys(("crosscorrelation", "crosscorrelate", "correlation", "xcorr"), "correlate2d"),
    **{
        f"{name}{n}d": f"conv_transpose{n}d"
        for name in ("deconv", "deconvolution")
        for n in (1, 2, 3)
    },
    **{f"conv{n}dtranspose": f"conv_transpose{n}d" for n in (1, 2, 3)},
    **{
        f"global{kind}pool{axes}": f"global_{known}_pool"
        for kind, known in (("average", "avg"), ("avg", "avg"), ("max", "max"))
        for axes in ("1d", "2d", "3d")
    },
    **dict.fromkeys(("globalaveragepool", "gap"), "global_avg_pool"),
    **{
        f"{kind}{pad}{axes}": "pad"
        for kind in (
            "reflection",
            "reflect",
            "replication",
            "replicate",
            "circular",
            "zero",
            "constant",
            "edge",
            "wrap",
            "mirror",
        )
        for pad in ("pad", "padding")
        for axes in ("", "1d", "2d", "3d")
    },
    **dict.fromkeys(("subsample", "subsampling"), "downsample"),
    **dict.fromkeys(("sgd", "momentum", "nesterov"), "sgd_step"),
    **dict.fromkeys(("adam", "adamw", "amsgrad"), "adam_step"),
    **dict.fromkeys(("lenet5",), "lenet"),
    **dict.fromkeys(("googlenet",), "inception"),
    "logistic": "sigmoid",
}
# What people look for and refimpl has not: what is in the word, and what to say.
ABSENT = (
    (
        r"(instance|spectral|weight|rms)norm",
        "such normalisation (that of an instance is group_norm with num_groups=C)",
    ),
    (r"depthwise|separable", "depthwise convolution of its own (conv2d has it: groups=C_in)"),
    (r"lstm|gru$|rnn|recurrent", "recurrent layer"),
    (r"attention|transformer|embedding", "attention and no embedding"),
    (r"^(selu|celu|mish|softsign|maxout)$", "such activation"),
    (r"unpool|fractional|lppool|roipool", "such pooling"),
    (
        r"^(\w?adam(ax|p)|rmsprop|ada(grad|delta|factor)|lbfgs|lion|optim\w*)$",
        "such optimiser (it has sgd_step and adam_step)",
    ),
    (r"hinge|huber|smoothl1|^l1$|^mae$|kldiv|nll|focal|triplet|ctc", "such loss"),
    (r"^(symmetric\w*pad\w*|fold|unfold|im2col|col2im|interpolate|bilinear)$", "such function"),
    (
        r"regulari[sz]|earlystop|augment",
        "regularisation but dropout and the weight decay of sgd_step and adam_step",
    ),
    (r"gradient\w*clip|gradclip", "clipping of gradients"),
    (r"graphneural|^gnn$|^gcn$", "graph network"),
    (
        r"resnet|vgg|densenet|mobilenet|unet",
        "such network (it has alexnet, resnet18, residual and Inception blocks)",
    ),
)
BEFORE = re.compile(
    r"^(torch|optim|nn|functional|f|jax|lax|np|refimpl|tf|keras|layers)\.", re.IGNORECASE
)
BEHIND = re.compile(
    r"(forward|backward|backprop|grads?|gradients?|naive|fast|layers?|loss|(?<=.)optimi[sz]er)$"
)


class SelectionError(ValueError):
    """A name or case that the catalogue does not have."""


def nearest(name: str, known: Sequence[str], command: str = "parity list") -> str:
    """What may have been meant, or which command shows all, for the end of an error text."""
    near = get_close_matches(name, list(dict.fromkeys(known)), n=3)
    return f"; did you mean {' or '.join(near)}?" if near else f"; `{command}` shows them all"


def names_meant(word: str, known: Collection[str], what: str = "function or network") -> list[str]:
    """The names among those known that a word stands for.

    Raises: SelectionError that says what may have been meant, or that refimpl has no such thing.

    >>> names_meant("softmax_loss", FUNCTIONS), names_meant("nn.MaxPool2d", FUNCTIONS)
    (['cross_entropy'], ['max_pool2d'])
    >>> names_meant("conv", FUNCTIONS), names_meant("conv2d_backward", FUNCTIONS)
    (['conv1d', 'conv2d', 'conv3d'], ['conv2d'])
    """
    if word in known:
        return [word]
    found = [name for name in _meant(word) if name in known]
    if found:
        return found
    said = f"no {what} is called {word!r}"
    missing = absent(word)
    if missing:
        raise SelectionError(f"{said}: refimpl has no {missing}; `parity list` shows what there is")
    raise SelectionError(f"{said}{nearest(word, list(known))}")


def all_meant(
    words: Sequence[str], known: Collection[str], what: str = "function or network"
) -> list[str]:
    """The names that several words stand for, each once.

    Raises: SelectionError.
    """
    return list(dict.fromkeys(name for word in words for name in names_meant(word, known, what)))


def function_meant(word: str) -> str:
    """The one function that a word stands for; its backward, if the word says so.

    Of a family for one, two and three axes it is the one for two.

    Raises: SelectionError; for several functions, too.

    >>> function_meant("maxpool"), function_meant("conv_backward"), function_meant("upsample")
    ('max_pool2d', 'conv2d_backward', 'upsample')
    """
    if word in (*FUNCTIONS, *FORWARDS):
        return word
    found = names_meant(word, FUNCTIONS, "function")
    flat = [name for name in found if name.endswith("2d")]
    family = len({name[:-2] for name in found}) == 1
    one = flat if family and flat else found
    if len(one) > 1:
        raise SelectionError(f"{word!r} may be {', '.join(one)}: say which")
    return backward_of(one[0]) if re.search(r"_?(back|grad)\w*$", word.lower()) else one[0]


def absent(word: str) -> str:
    """What refimpl has not, if a word is known to mean that and no function is called so.

    >>> absent("lstm"), absent("relu")
    ('recurrent layer', '')
    """
    key = _key(word)
    keys = {key, BEHIND.sub("", key), re.sub("normali[sz]ation$", "norm", key)}
    if any(map(_called, keys)):  # a name that refimpl has wins
        return ""
    return next((said for hint, said in ABSENT if any(re.search(hint, k) for k in keys)), "")


def _key(word: str) -> str:
    """Letters and digits alone, without the library.

    >>> _key("nn.MaxPool2d"), _key("fully-connected")
    ('maxpool2d', 'fullyconnected')
    """
    while BEFORE.match(word):
        word = BEFORE.sub("", word)
    return re.sub(r"[^a-z0-9]", "", word.lower())


def _meant(word: str) -> list[str]:
    """Names by other spellings, by other words, of a family, under a heading, in a file."""
    if forward_of(word) in FUNCTIONS:
        return [forward_of(word)]
    key = _key(word)
    while True:
        found = _called(key)
        if found or absent(key) or not BEHIND.search(key):
            return found
        key = BEHIND.sub("", key)


def _called(key: str) -> list[str]:
    key = re.sub("^(average|mean)pool", "avgpool", re.sub(r"pooling(?=\dd$|$)", "pool", key))
    spelt = [name for name in (*FUNCTIONS, *NETWORKS) if _key(name) == key]
    spelt = spelt or [name for name in FUNCTIONS if BEHIND.sub("", _key(name)) == key]
    if spelt or key in OTHERS:
        return spelt or [OTHERS[key]]
    if key in ("network", "networks"):
        return [name for name, network in NETWORKS.items() if not network.full]
    singular = re.sub("(ing|s)$", "", key)
    family = [name for name in FUNCTIONS if _key(re.sub(r"\dd$", "", name)) == singular]
    return family or _listed(key)


def _listed(key: str) -> list[str]:
    """The functions under a heading or in a file of refimpl."""
    if key in ("loss", "losses"):
        return [name for name in in_group(LOSSES) if "softmax" not in name]
    keys = {key, f"{key}s", f"{key}ing"}
    under = [name for name, heading in GROUPS.items() if _key(heading) in keys]
    return under or [name for name, row in FUNCTIONS.items() if _key(row.subject) in keys]

"""What may stand in somebody's data: the arguments of a function, dy, and its results."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import Parameter, signature

import refimpl
from parity.cases.functions import FUNCTIONS, forward_of
from parity.cases.networks import NETWORKS
from parity.own_data.errors import OwnDataError
from parity.suite.selection import SelectionError, function_meant, nearest

# What the same is called elsewhere.
ALIASES = {
    **dict.fromkeys(("input", "inputs", "image", "images", "data", "a", "inp"), "x"),
    **dict.fromkeys(("w", "kernel", "filter", "filters", "weights", "k"), "weight"),
    **dict.fromkeys(("b",), "bias"),
    **dict.fromkeys(("labels", "label", "targets", "y_true", "t"), "target"),
    **dict.fromkeys(("x", "z", "scores", "output", "pred", "y_pred"), "logits"),
    **dict.fromkeys(("grad", "grad_output", "dout", "upstream", "dz", "gy", "g"), "dy"),
    **dict.fromkeys(("out", "output", "forward", "result"), "y"),
    **dict.fromkeys(("grad_input", "grad_x", "gx"), "dx"),
    **dict.fromkeys(("grad_weight", "grad_w", "dw", "gw"), "dweight"),
    **dict.fromkeys(("grad_bias", "db", "gb"), "dbias"),
}


def known_function(name: str) -> str:
    """The function that a name means, forward or backward.

    Raises: OwnDataError for a network, and for a name that nobody has.

    >>> known_function("conv2d_backward")
    'conv2d'
    """
    if name in NETWORKS:
        raise OwnDataError(
            f"{name} is a network; of own data single functions are judged, conv2d or "
            f"cross_entropy for example; `parity run {name}` judges the network"
        )
    try:
        return forward_of(function_meant(name))
    except SelectionError as error:
        raise OwnDataError(str(error)) from None


def argument_names(function: str) -> tuple[str, ...]:
    """The arrays that a function takes, in its order.

    >>> argument_names("conv2d"), argument_names("dropout")
    (('x', 'weight', 'bias'), ('x', 'mask'))
    """
    known = signature(getattr(refimpl, function)).parameters.values()
    if any(p.kind is Parameter.VAR_POSITIONAL for p in known):
        return FUNCTIONS[function].inputs
    return tuple(p.name for p in known if "Array" in str(p.annotation))


def array_names(function: str) -> tuple[str, ...]:
    """Those that may be arrays: also an option that is one number or an array, as an exponent.

    >>> array_names("power"), array_names("mean")
    (('x', 'exponent'), ('x',))
    """
    return tuple(dict.fromkeys((*argument_names(function), *FUNCTIONS[function].inputs)))


def is_optional(function: str, name: str) -> bool:
    """Whether an array may be left out: a bias, a weight of a normalisation.

    >>> is_optional("conv2d", "bias"), is_optional("conv2d", "weight")
    (True, False)
    """
    known = signature(getattr(refimpl, function)).parameters
    return name in known and known[name].default is None


def option_parameters(function: str) -> dict[str, Parameter]:
    """Its options by name.

    >>> list(option_parameters("max_pool2d"))
    ['kernel_size', 'stride', 'padding', 'dilation', 'ceil_mode']
    """
    known = signature(getattr(refimpl, function)).parameters
    arrays = argument_names(function)
    return {
        name: p
        for name, p in known.items()
        if name not in arrays and p.kind is not Parameter.VAR_POSITIONAL
    }


def result_names(function: str) -> tuple[str, ...]:
    """What may be brought along to be judged: y, dx, …

    >>> result_names("cross_entropy")
    ('y', 'dlogits')
    """
    return ("y", *(f"d{name}" for name in FUNCTIONS[function].inputs))


def check_names(function: str, names: Iterable[str]) -> None:
    """Refuse a name that a function has not. Raises: OwnDataError."""
    results = result_names(function)
    upstream = ("dy",) if FUNCTIONS[function].inputs else ()
    known = (*argument_names(function), *upstream, *results, *option_parameters(function))
    for name in names:
        if name not in known:
            raise OwnDataError(
                f"{function} has no {name!r}{_meant(name, known)}; {what_it_takes(function)}"
            )


def check_present(function: str, given: Iterable[str]) -> None:
    """Refuse data without an argument that is needed. Raises: OwnDataError."""
    names, there = argument_names(function), set(given)
    needed = (
        names[:1]
        if function == "concatenate"
        else [n for n in names if not is_optional(function, n)]
    )
    missing = [name for name in needed if name not in there]
    if missing:
        raise OwnDataError(f"{' and '.join(missing)} missing; {what_it_takes(function)}")


def what_it_takes(function: str) -> str:
    """The arrays of a function, in words.

    >>> what_it_takes("linear")
    'linear takes x, weight, bias (if there is one), dy, and to be judged y, dx, dweight, dbias'
    >>> what_it_takes("softmax")
    'softmax takes x, dy, and to be judged y, dx; its option is axis'
    """
    names = [
        f"{n} (if there is one)" if is_optional(function, n) else n
        for n in argument_names(function)
    ]
    if FUNCTIONS[function].inputs:
        names.append("dy")
    said = f"{function} takes {', '.join(names)}, and to be judged "
    said += ", ".join(result_names(function))
    options = list(option_parameters(function))
    are = "option is" if len(options) == 1 else "options are"
    return f"{said}; its {are} {', '.join(options)}" if options else said


def _meant(name: str, known: tuple[str, ...]) -> str:
    """What somebody may have meant; nothing where nothing is near."""
    lower = {n.lower(): n for n in known}
    found = lower.get(name.lower(), ALIASES.get(name.lower(), ""))
    if found in known:
        return f"; did you mean {found}?"
    said = nearest(name, known)
    return said if "did you mean" in said else ""

"""Arrays of torch and JAX, which are imported only if a candidate or a request uses them."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Callable, Sequence  # noqa: UP035 (Python 3.8)

import numpy as np

_array = np.array


def start(library: str) -> None:
    """Import the library that a request names; one thread, and float64 also in JAX, whoever
    imported it or switched it off.

    Raises: ImportError; ValueError if it makes no arrays.
    """
    converter(library)
    if library == "torch":
        import_module("torch").set_num_threads(1)
    _in_float64()


def _in_float64() -> None:
    jax = loaded("jax")
    if hasattr(jax, "config"):
        jax.config.update("jax_enable_x64", True)


def loaded(library: str) -> Any:
    """The library if it has been imported in this process, by whomever; otherwise None.

    >>> loaded("jax") is None
    True
    """
    return sys.modules.get(library)


def is_tensor(value: object) -> bool:
    """Whether it is a tensor of torch."""
    torch = loaded("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def tensor_as_array(value: Any) -> Any:
    """The numbers of a tensor of torch, in its own memory where it is in the computer's; None for
    what is no tensor."""
    return value.detach().cpu().resolve_conj().resolve_neg().numpy() if is_tensor(value) else None


def converter(library: str) -> Callable[[Any], Any]:
    """What makes an array of the library of one of NumPy's."""
    if library == "torch":
        from_numpy: Callable[[Any], Any] = import_module("torch").from_numpy
        return from_numpy
    if library == "numpy":
        return lambda array: array
    module = import_module("jax.numpy" if library == "jax" else library)
    _in_float64()
    for name in ("asarray", "from_dlpack"):
        if callable(getattr(module, name, None)):
            made: Callable[[Any], Any] = getattr(module, name)
            return made
    raise ValueError(f"{library} makes no arrays: it has neither asarray nor from_dlpack")


def assign(owner: Any, name: str, value: Any) -> None:
    """Set an attribute; a parameter of torch keeps its place and gets the numbers."""
    *owners, last = name.split(".")
    for one in owners:
        owner = getattr(owner, one)
    before: Any = getattr(owner, last, None)
    if is_tensor(before) and value is not None:
        torch = loaded("torch")
        numbers = value if is_tensor(value) else torch.from_numpy(_array(value))
        before.data = numbers.clone()
    else:
        setattr(owner, last, value)


def convert(owner: Any, dtype: str) -> None:
    """The numbers of a module of torch in another type; anything else stays as it is."""
    if dtype and is_torch(owner, "nn.Module"):
        owner.to(getattr(loaded("torch"), dtype))


def is_torch(value: object, kind: str) -> bool:
    """Whether it is a module of torch ("nn.Module") or its own function ("autograd.Function"), as
    a class or an instance."""
    torch = loaded("torch")
    if torch is None or not hasattr(torch, "nn"):
        return False
    wanted = torch.nn.Module if kind == "nn.Module" else torch.autograd.Function
    return issubclass(value if isinstance(value, type) else type(value), wanted)


class Gradients:
    """What a library's own autograd says: the result, ∂L/∂(each wanted argument), parameters."""

    def __init__(self, value: Any, gradients: Sequence[Any], parameters: dict[str, Any]) -> None:
        self.value, self.gradients, self.parameters = value, list(gradients), parameters


def torch_vjp(
    target: Any, args: list[Any], kwargs: dict[str, Any], dy: Any, wanted: list[Any], named: bool
) -> Gradients:
    """By torch.autograd; of a tuple its first element is the result, or all are, if dy is a list of
    gradients. One that depends on no input has the gradient None."""
    torch = import_module("torch")
    inputs = [(kwargs if isinstance(which, str) else args)[which] for which in wanted]
    for tensor in inputs:
        tensor.requires_grad_(True)
    value = target(*args, **kwargs)
    several = isinstance(dy, list)
    results = list(value) if several else [value[0] if isinstance(value, tuple) else value]
    names = dict(target.named_parameters()) if named else {}
    asked = [*inputs, *(p for p in names.values() if p.requires_grad)]
    found: Sequence[Any] = [None] * len(asked)
    if asked and results[0].requires_grad:
        upstream = dy if several else [dy]
        found = torch.autograd.grad(results, asked, upstream, allow_unused=True)
    of_parameters = iter(found[len(inputs) :])
    gradients = {n: next(of_parameters) if p.requires_grad else None for n, p in names.items()}
    return Gradients(value, found[: len(inputs)], gradients)


def jax_vjp(
    target: Any, args: list[Any], kwargs: dict[str, Any], dy: Any, wanted: list[Any]
) -> Gradients:
    """By jax.vjp; of a tuple the first element alone, or all, if dy is a list of gradients."""
    several = isinstance(dy, list)

    def of_wanted(*given: Any) -> Any:
        places, named = list(args), dict(kwargs)
        for which, one in zip(wanted, given):  # noqa: B905
            if isinstance(which, str):
                named[which] = one
            else:
                places[which] = one
        value = target(*places, **named)
        if several:
            return list(value)
        return value[0] if isinstance(value, tuple) else value

    inputs = [(kwargs if isinstance(which, str) else args)[which] for which in wanted]
    value, back = import_module("jax").vjp(of_wanted, *inputs)
    upstream = (
        [one.astype(part.dtype) for one, part in zip(dy, value)]  # noqa: B905
        if several
        else dy.astype(value.dtype)
    )
    return Gradients(value, back(upstream), {})

"""Requests to a candidate, carried out in this process by direct calls."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from parity.candidates.styles.replies import decoded
from parity.candidates.styles.style import Ask, Reply
from parity.candidates.wire import Kept, encode
from parity.cases.case import Array


def parameters_of(code: Any) -> list[list[Any]] | None:
    """The parameters, as `load` tells them."""
    try:
        known = inspect.signature(code).parameters.values()
    except (TypeError, ValueError):
        return None
    return [[p.name, p.kind.name, p.default is not p.empty] for p in known]


def kind_of(thing: Any) -> str:
    if isinstance(thing, type):
        if issubclass(thing, torch.autograd.Function):
            return "torch function"
        return "torch module" if issubclass(thing, torch.nn.Module) else "class"
    if isinstance(thing, torch.nn.Module):
        return "torch module"
    return "function" if inspect.isroutine(thing) else "instance"


def described(thing: Any) -> dict[str, Any]:
    kind = kind_of(thing)
    told: dict[str, Any] = {"kind": kind, "is_class": isinstance(thing, type), "methods": {}}
    names = ("forward", "backward") if kind.startswith("torch") else dir(thing)
    if kind != "function":
        public = {n: getattr(thing, n) for n in names if n[0] != "_" and hasattr(thing, n)}
        told["methods"] = {n: parameters_of(m) for n, m in public.items() if callable(m)}
    return {**told, "signature": parameters_of(thing), "doc": ""}


def to_numpy(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().numpy()
    if hasattr(value, "_asdict"):  # the runner tells the fields
        return to_numpy(value._asdict())
    if isinstance(value, Mapping):
        return {key: to_numpy(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(to_numpy(part) for part in value)
    return value


def to_library(value: Any, library: str) -> Any:
    if library == "numpy" or not isinstance(value, np.ndarray):
        return value
    return torch.from_numpy(value.copy())


class DirectChild:
    """The candidate's names, and what it keeps between the requests."""

    def __init__(self, **names: Any) -> None:
        self.names = names
        self.kept: dict[str, Any] = {}

    def load(self) -> dict[str, Any]:
        """What the runner tells of the names, in their order."""
        named = {name: described(thing) for name, thing in self.names.items()}
        return {"names": named, "public": list(named), "seconds": 0.0}

    def ask(self, request: Mapping[str, Any], arrays: Sequence[Array]) -> Reply:
        """The reply to a request."""
        return getattr(self, request["do"])(request, arrays)

    def all(self, asks: Sequence[Ask]) -> list[Reply]:
        return [self.ask(*ask) for ask in asks]

    def target(self, name: str) -> Any:
        first, _, rest = name.partition(".")
        found = self.kept.get(first, self.names.get(first))
        return getattr(found, rest) if rest else found

    def value(self, sent: Any, request: Mapping[str, Any], arrays: Sequence[Array]) -> Any:
        value = decoded(sent, [array.copy() for array in arrays])
        return self.inside(value, request.get("arrays", "numpy"))

    def inside(self, value: Any, library: str) -> Any:
        if isinstance(value, Kept):
            return self.kept[value.name]
        if isinstance(value, tuple | list):
            return type(value)(self.inside(part, library) for part in value)
        if isinstance(value, dict):
            return {key: self.inside(part, library) for key, part in value.items()}
        return to_library(value, library)

    def given(
        self, request: Mapping[str, Any], arrays: Sequence[Array]
    ) -> tuple[list[Any], dict[str, Any]]:
        args = [self.value(sent, request, arrays) for sent in request["args"]]
        return args, {key: self.value(sent, request, arrays) for key, sent in request["kwargs"]}

    def call(self, request: Mapping[str, Any], arrays: Sequence[Array]) -> Reply:
        args, kwargs = self.given(request, arrays)
        value = self.target(request["target"])(*args, **kwargs)
        for place, name in request["keep"].items():
            self.kept[name] = value[int(place)]
            value = (*value[: int(place)], Kept(name), *value[int(place) + 1 :])
        return sent_back({"value": value})

    def construct(self, request: Mapping[str, Any], arrays: Sequence[Array]) -> Reply:
        args, kwargs = self.given(request, arrays)
        target = self.target(request["target"])
        is_class = isinstance(target, type)
        made = target(*args, **kwargs) if is_class else copy.deepcopy(target)
        for name, sent in request["set"]:
            set_attribute(made, name, self.value(sent, request, arrays))
        self.kept[request["as"]] = made
        shapes = [[name, list(array.shape)] for name, array in arrays_of(made).items()]
        return {"attributes": shapes}, []

    def attributes(self, request: Mapping[str, Any], arrays: Sequence[Array]) -> Reply:
        return sent_back({"value": arrays_of(self.target(request["target"]))})

    def vjp(self, request: Mapping[str, Any], arrays: Sequence[Array]) -> Reply:
        request = {**request, "arrays": "torch"}
        args, kwargs = self.given(request, arrays)
        for place in request["wanted"]:
            args[place].requires_grad_()
        target = self.target(request["target"])
        y = target(*args, **kwargs)
        named = dict(target.named_parameters()) if request["parameters"] else {}
        wanted = [*(args[place] for place in request["wanted"]), *named.values()]
        dy = self.value(request["dy"], request, arrays)
        gradients = torch.autograd.grad(y, wanted, dy.reshape(y.shape), allow_unused=True)
        count = len(request["wanted"])
        parameters = dict(zip(named, gradients[count:], strict=True))
        said = {"value": y, "gradients": list(gradients[:count]), "parameters": parameters}
        return sent_back(said)


def set_attribute(made: Any, name: str, value: Any) -> None:
    """An attribute, "conv.weight" one of an attribute; a module's stays a parameter."""
    owner, _, last = name.rpartition(".")
    for part in owner.split(".") if owner else ():
        made = getattr(made, part)
    is_parameter = isinstance(getattr(made, last, None), torch.nn.Parameter)
    setattr(made, last, torch.nn.Parameter(value) if is_parameter else value)


def arrays_of(made: Any) -> dict[str, Any]:
    """The arrays that an object holds, those inside of lists and dicts included."""
    if isinstance(made, torch.nn.Module):
        return {name: to_numpy(value) for name, value in made.named_parameters()}
    found: dict[str, Any] = {}
    for name, value in vars(made).items():
        entries = dict(enumerate(value)) if isinstance(value, list) else value
        inner = entries if isinstance(entries, dict) else {}
        named = {name: value, **{f"{name}[{key!r}]": entry for key, entry in inner.items()}}
        found |= {n: v for n, v in named.items() if isinstance(v, np.ndarray)}
    return found


def sent_back(said: Mapping[str, Any]) -> Reply:
    """As the runner sends it: each of several gradients by itself."""
    arrays: list[Array] = []
    return {
        key: [encode(to_numpy(one), arrays)[0] for one in value]
        if key == "gradients"
        else encode(to_numpy(value), arrays)[0]
        for key, value in said.items()
    }, arrays

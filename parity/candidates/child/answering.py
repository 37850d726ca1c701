"""The requests: load, call, construct, attributes, vjp."""

from __future__ import annotations

import copy
import os
import random
import time
from typing import Any, Callable  # noqa: UP035 (Python 3.8)

import numpy as np
import numpy.random

from . import libraries
from .confining import Confinement
from .describing import described, kind, settings_of
from .faults import NotThereError
from .faults import described as described_error
from .frames import Frame, Message
from .loading import Loaded, Loading
from .sending import Sender, decode, plain
from .watching import Watch, patched

_seed_numpy, _seed_python, _clock, _pid = np.random.seed, random.seed, time.perf_counter, os.getpid


class Room:
    """What one process has loaded and keeps between requests."""

    def __init__(self, confinement: Confinement) -> None:
        self.confinement = confinement
        self.loaded: Loaded | None = None
        self.files: set[str] = set()
        self.kept: dict[str, Any] = {}
        self.own = _pid()
        self.before: tuple[str, ...] = ()  # functions that others replaced before it came

    def answer(self, message: Message, blobs: list[bytes]) -> Frame:
        """The reply to a request; an error of the candidate is a reply, too."""
        requests: dict[str, Callable[[Message, list[bytes]], Frame]] = {
            "load": self._load,
            "call": self._call,
            "construct": self._construct,
            "attributes": self._attributes,
            "vjp": self._vjp,
        }
        try:
            reply, found = requests[message["do"]](message, blobs)
        except BaseException as error:  # SystemExit and KeyboardInterrupt are the candidate's
            where = "load" if message["do"] == "load" else "call"
            reply, found = {"error": described_error(error, where, self.files)}, []
        if _pid() != self.own:
            os._exit(0)  # a copy of the process, which the candidate made, came back from its call
        return {**reply, "patched": [one for one in patched() if one not in self.before]}, found

    # --- requests -----------------------------------------------------------------------------

    def _load(self, message: Message, blobs: list[bytes]) -> Frame:
        loading = Loading(message["source"], message.get("everything", False))
        self.files = loading.files
        self.loaded, seconds = self._run(message, loading.run)
        names = {name: described(self.loaded.find(name)) for name in message["names"]}
        public, set_aside = self.loaded.public(), self.loaded.set_aside
        return {"names": names, "public": public, "set_aside": set_aside, "seconds": seconds}, []

    def _call(self, message: Message, blobs: list[bytes]) -> Frame:
        args, kwargs = self._given(message, blobs)
        target = _as_function(self._target(message["target"]))
        watch = Watch(args, kwargs) if message.get("watch", True) else Watch([], {})
        value, seconds = self._run(message, lambda: target(*args, **kwargs))
        for where, name in message.get("keep", {}).items():
            if where.startswith("args["):
                self.kept[name] = args[int(where[5:-1])]
        return self._reply(value, message, watch, seconds)

    def _construct(self, message: Message, blobs: list[bytes]) -> Frame:
        """An object of a class; of an object that is there, a copy."""
        args, kwargs = self._given(message, blobs)
        target = self._target(message["target"])
        is_object = not isinstance(target, type) and kind(target) != "function"
        given = [(n, self._decoded(v, message, blobs)) for n, v in message.get("set", [])]
        dtype = message.get("dtype") or ""

        def made() -> Any:
            owner = copy.deepcopy(target) if is_object else target(*args, **kwargs)
            libraries.convert(owner, dtype)
            for name, value in given:
                libraries.assign(owner, name, value)
            return owner

        owner, seconds = self._run(message, made)
        self.kept[message["as"]] = owner
        arrays = [[name, list(array.shape)] for name, array in _attributes(owner)]
        settings = [[name, value] for name, value in settings_of(owner)]
        return {"attributes": arrays, "settings": settings, "seconds": seconds}, []

    def _attributes(self, message: Message, blobs: list[bytes]) -> Frame:
        owner, names = self._target(message["target"]), message.get("names")
        found = _attributes(owner) if names is None else [(n, _get(owner, n)) for n in names]
        return self._reply(dict(found), {}, Watch([], {}), 0.0)

    def _vjp(self, message: Message, blobs: list[bytes]) -> Frame:
        args, kwargs = self._given(message, blobs)
        dy = self._decoded(message["dy"], message, blobs)
        target, wanted = self._target(message["target"]), message["wanted"]
        watch = Watch(args, kwargs)

        def back() -> Any:
            function = _as_function(target)
            if message["arrays"] == "jax":
                return libraries.jax_vjp(function, args, kwargs, dy, wanted)
            named = message.get("parameters", False)
            return libraries.torch_vjp(function, args, kwargs, dy, wanted, named)

        found, seconds = self._run(message, back)
        sender = Sender()
        parts = {
            "value": sender.encode_part(found.value, "value"),
            "gradients": [
                sender.encode_part(gradient, f"gradients[{n}]")
                for n, gradient in enumerate(found.gradients)
            ],
            "parameters": sender.encode_part(found.parameters, "parameters"),
        }
        return {**parts, **_side_effects(sender, watch, seconds)}, sender.blobs

    # --- parts of them ------------------------------------------------------------------------

    def _run(self, message: Message, candidate: Callable[[], Any]) -> tuple[Any, float]:
        """Run the candidate: always from the same state of the random generators."""
        libraries.start(message.get("arrays", "numpy"))
        _seed_numpy(message.get("seed", 0))
        _seed_python(message.get("seed", 0))
        torch = libraries.loaded("torch")
        if torch is not None and hasattr(torch, "manual_seed"):
            torch.manual_seed(message.get("seed", 0))
        with self.confinement.around_candidate(message.get("seconds", 3600.0)):
            start = _clock()
            value = candidate()
            return value, _clock() - start

    def _decoded(self, encoded: Any, message: Message, blobs: list[bytes]) -> Any:
        convert = libraries.converter(message.get("arrays", "numpy"))
        return decode(encoded, blobs, self.kept, convert)

    def _given(self, message: Message, blobs: list[bytes]) -> tuple[list[Any], dict[str, Any]]:
        args = [self._decoded(one, message, blobs) for one in message.get("args", [])]
        pairs = message.get("kwargs", [])
        return args, {name: self._decoded(one, message, blobs) for name, one in pairs}

    def _target(self, dotted: str) -> Any:
        first, _, rest = dotted.partition(".")
        if first in self.kept:
            return _get(self.kept[first], rest) if rest else self.kept[first]
        if self.loaded is None:
            raise NotThereError("NoName", dotted)
        return self.loaded.find(dotted)

    def _reply(self, value: Any, message: Message, watch: Watch, seconds: float) -> Frame:
        sender = Sender(message.get("keep"))
        encoded = sender.encode(value)
        self.kept.update(sender.kept)
        return {"value": encoded, **_side_effects(sender, watch, seconds)}, sender.blobs


def _side_effects(sender: Sender, watch: Watch, seconds: float) -> Message:
    changed, shares = watch.changed(), watch.shared(sender.arrays)
    return {"changed": changed, "shares": shares, "types": sender.types, "seconds": seconds}


def _as_function(target: Any) -> Any:
    """A function of torch's autograd is called by its `apply`."""
    return target.apply if libraries.is_torch(target, "autograd.Function") else target


def _get(owner: Any, dotted: str) -> Any:
    """An attribute of an attribute; `grads['W']` is what `_attributes` calls an entry of a dict."""
    listed = dict(_attributes(owner))
    if dotted in listed:
        return listed[dotted]
    for name in dotted.split("."):
        owner = getattr(owner, name)
    return owner


def _attributes(owner: Any) -> list[tuple[str, Any]]:
    """The arrays among the attributes of an object, and in dicts and lists that it has; of a dict
    its own."""
    if libraries.is_torch(owner, "nn.Module"):
        named = [*owner.named_parameters(), *owner.named_buffers()]
        return [(name, plain(tensor)) for name, tensor in named]
    found = []
    held = owner if isinstance(owner, dict) else getattr(owner, "__dict__", {})
    for name, value in held.items():
        entries = dict(enumerate(value)) if isinstance(value, (list, tuple)) else value
        nested = entries.items() if isinstance(entries, dict) else ()
        for where, one in [(name, value), *((f"{name}[{key!r}]", v) for key, v in nested)]:
            array = None if isinstance(one, np.generic) else plain(one)
            if array is not None:
                found.append((where, one))
    return found

"""Every operation that torch runs, while it runs, told to a listener.

A dispatch mode sees what reaches torch's kernels, whoever asked for it: modules, functions,
operators, C++. It does not see what is compiled, scripted, or done by other libraries in a
tensor's memory. In a backward only the graph's hooks listen (`nodes.py`); what writes into
memory that is held is seen there, too.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from types import FunctionType
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.graph import saved_tensors_hooks
from torch.nn import Module
from torch.utils._python_dispatch import (
    TorchDispatchMode,
    _disable_current_modes,
    _get_current_dispatch_mode,
)

from parity.oracle.calling import with_graph
from parity.oracle.observed.held import Memory
from parity.oracle.observed.nodes import (
    HOOKED,
    LOST,
    UNSEEN,
    WHY_LOST,
    WHY_UNSEEN,
    Edge,
    Graph,
    edge_of,
)
from parity.oracle.observed.operation import (
    CUSTOM,
    Listener,
    Operation,
    OptimizerStep,
    bound_arguments,
    held_arguments,
    key_of,
    outputs_of,
    part_of,
    tensors_of,
    written_by,
)
from parity.oracle.observed.optimizers import Steps
from parity.oracle.observed.positions import Modules, Position, line_of_user
from parity.oracle.observed.statistics import NormsFollowed

RUNNING = ("running_mean", "running_var")
HEARD = "_parity_heard"  # what `_Heard` calls
APPLY_IS_COMPILED = not isinstance(Function.__dict__["apply"], classmethod)
T = TypeVar("T")


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Tells a listener of every operation, gradient and step until it is closed.

    before: an earlier one, whose names of modules and parameters go on.
    """

    def __init__(
        self, listener: Listener, model: Module | None = None, before: Recorder | None = None
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.listener, self.memory = listener, Memory()
        self.modules = Modules(model, self._enters, self._leaves)
        if before is not None:
            self.modules.go_on(before.modules)
        self.norms = NormsFollowed()
        self.graph = Graph(
            listener,
            self.memory,
            self._name_of_leaf,
            self._quietly,
            self._safely,
            "watch" if before is None else "step",
        )
        self.steps = Steps(
            self._name_of_leaf,
            self._position,
            self._step_begins,
            self._step_ends,
            self._tell_noticed,
        )
        self.count = 0
        self.recomputed = 0  # operations run again by checkpointing
        self._busy = False
        self._stepping = False  # an optimiser's own operations are not heard: its step is judged
        self._transforms = False  # whether torch.func was told of
        self._custom: Operation | None = None
        self._pending: tuple[Operation, list[Edge], list[Tensor | None]] | None = None
        self._open = ExitStack()

    # --- begin and end --------------------------------------------------------------------

    def __enter__(self) -> Recorder:
        self._open.enter_context(self.modules.followed())
        self._open.enter_context(self.steps.followed())
        self._open.enter_context(_functions_followed(self))
        self._open.enter_context(_backwards_followed(self))
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    @property
    def is_innermost(self) -> bool:
        """Whether no other mode was entered after it, so that it can be closed."""
        return _get_current_dispatch_mode() is self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self._safely(self._settle)
        self._open.close()
        self.graph.close()

    def _quietly(self, judge: Callable[[], None]) -> None:
        """Run a judge, of whose own operations nobody is told; what breaks in it ends nothing."""
        before, self._busy = self._busy, True
        try:
            with _disable_current_modes(), with_graph(), _unseen_savings():
                judge()
        except Exception as error:
            self.listener.broke(error, self._position())
        finally:
            self._busy = before

    # --- operations -----------------------------------------------------------------------

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        if self._busy or self._is_transformed():
            return func(*args, **given)
        if self._stepping:
            return self._unheard(func, args, given)
        if torch._C._current_graph_task_id() != -1:
            return self._in_backward(func, args, given)
        begun = self._safely(lambda: self._before(func, args, given))
        began = time.perf_counter()
        result = func(*args, **given)
        if begun is not None:
            begun[0].seconds = time.perf_counter() - began
            self._safely(lambda: self._after(begun, result))
        return result

    def _is_transformed(self) -> bool:
        """Whether torch.func is at work, whose tensors stand for others."""
        at_work = torch._C._are_functorch_transforms_active()
        if not at_work and _hooks_are_possible():
            return False
        if not self._transforms:
            self._transforms = True
            self.listener.unseen("torch.func", "its transforms are not heard", self._position())
        return True

    def _before(
        self, func: Any, args: Sequence[Any], given: Mapping[str, Any]
    ) -> tuple[Operation, list[Edge], dict[str, Any]]:
        """What an operation takes, before it writes to any of it."""
        self._settle()
        named, written = bound_arguments(func, args, given), written_by(func)
        if self._custom is None:
            self._look_for_unseen(tensor for _, tensor in tensors_of(named))
        operation = self._operation(func, named, written)
        edges = []  # under no_grad nothing is added to the graph
        if torch.is_grad_enabled():
            edges = [edge_of(n, t) for n, t in tensors_of(named) if t.requires_grad]
        self._make_way(named, written)
        return operation, edges, named

    def _after(self, begun: tuple[Operation, list[Edge], dict[str, Any]], result: Any) -> None:
        """What an operation gave."""
        operation, edges, named = begun
        outputs = outputs_of(result)
        if "running_var" in self._changed(named):
            self.norms.wrote(named["running_var"])
        operation.after = {name: self.memory.hold(named[name]) for name in self._changed(named)}
        self._tell(operation, outputs)
        self._pending = operation, edges, outputs

    def _safely(self, record: Callable[[], T]) -> T | None:
        """Record unheard; what breaks in it must not break somebody's program."""
        before, self._busy = self._busy, True
        try:
            return record()
        except Exception as error:
            self.listener.broke(error, self._position())
            return None
        finally:
            self._busy = before

    def _unheard(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Run an operation of which nobody is told, though it may write to what is held."""
        written = written_by(func)
        if written:
            self._safely(lambda: self._make_way(bound_arguments(func, args, kwargs), written))
        return func(*args, **kwargs)

    def _in_backward(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if self.modules.path:
            self.recomputed += 1
        elif torch.Tag.nondeterministic_seeded in func.tags:
            self.graph.drew = True
        return self._unheard(func, args, kwargs)

    def _make_way(self, named: Mapping[str, Any], written: Sequence[str]) -> None:
        """Copy what is held of the memory that an operation is about to write to."""
        wanted = {name: named[name] for name in (*written, *self._changed(named))}
        if wanted:
            line = line_of_user()
            self.memory.about_to_write((tensor for _, tensor in tensors_of(wanted)), line)

    def _changed(self, named: Mapping[str, Any]) -> list[str]:
        """What batch norm writes to, though its schema does not say so."""
        return [name for name in RUNNING if isinstance(named.get(name), Tensor)]

    def _operation(
        self, func: Any, named: Mapping[str, Any], written: tuple[str, ...]
    ) -> Operation:
        namespace, _, name = func._schema.name.partition("::")
        self.count += 1
        if self.count % 256 == 0:
            self.memory.tidy()
        tensors = dict(tensors_of(named))
        return Operation(
            self.count,
            name,
            namespace,
            self._position(),
            held_arguments(named, self.memory),
            written,
            leaves={n: self._name_of_leaf(t) for n, t in tensors.items() if _is_leaf(t)},
            wanted=frozenset(n for n, t in tensors.items() if t.requires_grad),
            taken={n: key_of(t) for n, t in tensors.items()},
            within=self._custom is not None,
        )

    def _tell(self, operation: Operation, outputs: Sequence[Tensor | None]) -> None:
        operation.outputs = [None if o is None else self.memory.hold(o) for o in outputs]
        operation.given = [None if o is None else key_of(o) for o in outputs]
        if self._custom is not None:
            self._custom.inside.append(operation)
            if operation.written and outputs and outputs[0] is not None:
                operation.part = part_of(outputs[0])
        self._quietly(lambda: self.listener.forward(operation))

    def _enters(self, module: Module, inputs: Any) -> None:
        if not self._busy:
            self._stepping = False  # a step's closure runs the model, or the step was broken off
            self._quietly(lambda: self.norms.enters(module, inputs))

    def _leaves(self, module: Module) -> None:
        if not self._busy:
            self._quietly(lambda: self._tell_statistics(module))

    def _tell_statistics(self, module: Module) -> None:
        found = self.norms.leaves(module)
        if found is not None:
            self.listener.statistics(found, self._position())

    def _settle(self) -> None:
        """Hook the operation before, of which autograd knows everything by now."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        operation, edges, outputs = pending
        if operation.within:
            return  # the Function around it has the node
        attached = self.graph.attach(operation, edges, outputs)
        if attached == HOOKED:
            operation.outputs = []
            self._quietly(lambda: self.listener.kept(operation))
        elif attached == LOST:
            self._quietly(lambda: self.listener.lost(operation, WHY_LOST))
        elif attached == UNSEEN:
            operation.drop()
        else:
            if operation.wanted:
                self._quietly(lambda: self.listener.cut(operation))
            operation.drop()

    def _look_for_unseen(self, tensors: Iterable[Tensor]) -> None:
        for tensor in tensors:
            name = self.graph.unseen(tensor)
            if name:
                position = self._position()
                self._quietly(lambda: self.listener.unseen(name, WHY_UNSEEN, position))  # noqa: B023

    def _position(self) -> Position:
        return Position(self.modules.path, line_of_user())

    def _name_of_leaf(self, tensor: Tensor) -> str:
        """What the model calls a parameter."""
        return self.modules.parameter(tensor) or f"a tensor of {tuple(tensor.shape)}"

    # --- somebody's own autograd.Function -------------------------------------------------

    def custom(self, kind: type[Function], args: Sequence[Any], run: Callable[[], Any]) -> Any:
        """A call of a Function: one operation, with those that its forward runs inside."""
        silent = self._busy or self._stepping
        if silent or self._custom is not None or torch._C._current_graph_task_id() != -1:
            return run()
        begun = self._safely(lambda: self._before_custom(kind, args))
        if begun is None:
            return run()
        self._custom = begun[0]
        try:
            result = run()
        finally:
            self._custom = None
            self._pending = None
        self._safely(lambda: self._after_custom(begun, result))
        return result

    def _before_custom(
        self, kind: type[Function], args: Sequence[Any]
    ) -> tuple[Operation, list[Edge]]:
        self._settle()
        named = dict(zip(_parameters(kind, len(args)), args, strict=True))
        edges = [edge_of(n, t) for n, t in tensors_of(named) if t.requires_grad]
        self.count += 1
        operation = Operation(
            self.count,
            kind.__name__,
            CUSTOM,
            self._position(),
            held_arguments(named, self.memory),
            (),
            taken={n: key_of(t) for n, t in tensors_of(named)},
            wanted=frozenset(n for n, t in tensors_of(named) if t.requires_grad),
        )
        return operation, edges

    def _after_custom(self, begun: tuple[Operation, list[Edge]], result: Any) -> None:
        operation, edges = begun
        outputs = outputs_of(result)
        operation.given = [None if o is None else key_of(o) for o in outputs]
        operation.outputs = [None if o is None else self.memory.hold(o) for o in outputs]
        self._quietly(lambda: self.listener.forward(operation))
        self._pending = operation, edges, outputs
        self._settle()

    # --- backward and steps ---------------------------------------------------------------

    def backward_begins(self, roots: Sequence[Tensor], gradients: Sequence[Tensor | None]) -> None:
        """Of these tensors the gradients are given."""
        if not self._busy and torch._C._current_graph_task_id() == -1:
            self._stepping = False
            self._safely(lambda: self._begin_at(roots, gradients))

    def _begin_at(self, roots: Sequence[Tensor], gradients: Sequence[Tensor | None]) -> None:
        self._settle()
        self._look_for_unseen(roots)
        self.graph.begins_at(roots, gradients)

    def _step_begins(self) -> None:
        self._safely(self._settle)
        self._stepping = True

    def _tell_noticed(self, what: str, position: Position) -> None:
        self._quietly(lambda: self.listener.noticed(what, position))

    def _step_ends(self, steps: list[OptimizerStep], moved: list[Tensor]) -> None:
        self._stepping = False
        self.graph.used(moved)
        for step in steps:
            self._quietly(lambda step=step: self.listener.stepped(step))  # type: ignore[misc]


def _is_leaf(tensor: Tensor) -> bool:
    return tensor.is_leaf and tensor.requires_grad


def _parameters(kind: type[Function], count: int) -> list[str]:
    """What a Function's forward calls its arguments; by number where it takes any."""
    known = list(inspect.signature(kind.forward).parameters)
    own = known if kind.setup_context is not Function.setup_context else known[1:]
    return own[:count] + [f"argument {k + 1}" for k in range(len(own), count)]


def _hooks_are_possible() -> bool:
    """torch.func does not allow hooks on what is saved."""
    enabled: bool = torch._C._autograd._saved_tensors_hooks_is_enabled()  # type: ignore[attr-defined]
    return enabled


def _unseen_savings() -> AbstractContextManager[Any]:
    """What the judges save for their own backwards is not shown to the program's hooks."""
    if not _hooks_are_possible():
        return nullcontext()
    return saved_tensors_hooks(_as_it_is, _as_it_is)


def _as_it_is(tensor: Tensor) -> Tensor:
    return tensor


def is_module(value: Any) -> bool:
    """Whether this is a model of torch."""
    return isinstance(value, Module)


class _Heard:
    """Stands for `Function.apply` while somebody listens.

    Its code takes the place of that method's: models keep the method itself, `swish = Swish.apply`.
    """

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        __class__  # type: ignore[name-defined] # noqa: B018 (a cell that the method's code has, too)
        return _parity_heard(cls, args, kwargs)  # type: ignore[name-defined] # noqa: F821


def _functions_followed(recorder: Recorder) -> AbstractContextManager[None]:
    """`Function.apply` tells the recorder for a while."""
    return _compiled_apply_followed(recorder) if APPLY_IS_COMPILED else _apply_followed(recorder)


@contextmanager
def _compiled_apply_followed(recorder: Recorder) -> Iterator[None]:
    """From torch 2.14 on it has no code in Python: another method stands in its place."""
    plain = Function.__dict__["apply"]  # of torch, or of another watch around this one

    def apply(cls: type[Function], *args: Any, **kwargs: Any) -> Any:
        def told_outside() -> Any:
            return plain.__get__(None, cls)(*args, **kwargs)

        return told_outside() if kwargs else recorder.custom(cls, args, told_outside)

    Function.apply = classmethod(apply)  # type: ignore[method-assign,assignment,unused-ignore]
    try:
        yield
    finally:
        Function.apply = plain  # type: ignore[method-assign]


@contextmanager
def _apply_followed(recorder: Recorder) -> Iterator[None]:
    """Up to torch 2.13 it is a method in Python, which gets other code."""
    method = Function.__dict__["apply"].__func__
    outer = method.__globals__.get(HEARD)  # of another watch around this one
    plain = FunctionType(
        method.__code__, method.__globals__, "apply", method.__defaults__, method.__closure__
    )

    def told_outside(cls: type[Function], *args: Any, **kwargs: Any) -> Any:
        return plain(cls, *args, **kwargs) if outer is None else outer(cls, args, kwargs)

    def heard(cls: type[Function], args: Any, kwargs: Any) -> Any:
        if kwargs:
            return told_outside(cls, *args, **kwargs)
        return recorder.custom(cls, args, lambda: told_outside(cls, *args))

    before, method.__globals__[HEARD] = method.__code__, heard
    method.__code__ = _Heard.__dict__["apply"].__func__.__code__
    try:
        yield
    finally:
        method.__code__ = before
        method.__globals__.pop(HEARD)
        if outer is not None:
            method.__globals__[HEARD] = outer


@contextmanager
def _backwards_followed(recorder: Recorder) -> Iterator[None]:
    """Every backward tells the recorder where it begins, for a while."""
    plain = torch.autograd._engine_run_backward  # type: ignore[attr-defined]

    def run(roots: Any, gradients: Any = (), *args: Any, **kwargs: Any) -> Any:
        if all(isinstance(root, Tensor) for root in roots):
            recorder.backward_begins(roots, gradients or [None] * len(roots))
        return plain(roots, gradients, *args, **kwargs)

    torch.autograd._engine_run_backward = run  # type: ignore[attr-defined,assignment]
    try:
        yield
    finally:
        torch.autograd._engine_run_backward = plain  # type: ignore[attr-defined]

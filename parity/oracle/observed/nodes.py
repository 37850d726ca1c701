"""The gradients of what was recorded, at the nodes of torch's own graph.

Each operation that autograd differentiates has one node: `Node.register_hook` tells what reached
it and what it sent back on each edge. A tensor's gradient is told by a hook on the tensor, put
before all others; the parts it was added up from are those that the edges to its node carried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from torch import Tensor
from torch.autograd.function import BackwardCFunction

from parity.oracle.observed.held import Held, Memory
from parity.oracle.observed.operation import CUSTOM, Listener, Operation, PartOf, key_of, laid
from parity.oracle.observed.positions import Position

RECORD = "parity.watch"  # in a node's metadata: whose it is
HOOKED, LOST, UNSEEN, NONE = "hooked", "lost", "unseen", "none"
WHY_LOST = "its backward is not to be told apart (in place on a view?); the value is judged"
WHY_UNHEARD = (
    "a node of the graph that no operation heard has made: from before the watch, or from a "
    "backward with create_graph"
)
WHY_UNSEEN = (
    "an autograd.Function whose call was not heard: it took keywords, or, from torch 2.14 on, its "
    "apply was stored before the watch"
)
Edge = tuple[str, Any, int]  # argument; the leaf or the node it comes from; which of its outputs


@dataclass(eq=False)
class Leaf:
    """A tensor that gradients are added to: a parameter, or an input that wants one."""

    name: str
    variable: Tensor
    parts: list[Held] = field(default_factory=list)
    raw: Held | None = None  # what arrived, where somebody's hooks change it
    listened: bool = False  # whether that is heard
    used: int | None = None  # the version of a gradient that an optimiser's step has used
    seen: bool = False
    stale: bool = False  # a gradient that a step has used was added to


def edge_of(name: str, tensor: Tensor) -> Edge:
    """Where the gradient of an argument goes, as it is before the operation runs."""
    node = node_of(tensor)
    return (name, tensor, 0) if node is None else (name, node, tensor.output_nr)


class Graph:
    """Hooks on the nodes of recorded operations."""

    def __init__(
        self,
        listener: Listener,
        memory: Memory,
        leaf_name: Callable[[Tensor], str],
        quietly: Callable[[Callable[[], None]], None],
        safely: Callable[[Callable[[], None]], None],
        span: str = "watch",
    ) -> None:
        self.span = span  # what it listens to: a watch, or a step of one
        self.listener, self.memory, self.leaf_name = listener, memory, leaf_name
        self.quietly = quietly  # run a judge unrecorded
        self.record = f"{RECORD}.{id(self)}"  # of this watch, beside others around it
        self.safely = safely  # record, whatever is raised
        self.parts: dict[tuple[int, int], list[Held]] = {}
        self.raw: dict[tuple[int, int], Held] = {}
        self.partly: set[Any] = set()  # outputs and leaves to which unknown nodes send, too
        self.leaves: dict[int, Leaf] = {}
        self.handles: list[Any] = []
        self.drew = False  # whether the node that runs has drawn random numbers

    # --- a node is found ------------------------------------------------------------------

    def attach(self, operation: Operation, edges: list[Edge], outputs: Sequence[Any]) -> str:
        """Hook an operation's node: HOOKED; NONE if it has none; LOST, UNSEEN if not its own."""
        nodes = {id(o.grad_fn): o.grad_fn for o in outputs if _has_node(o)}
        if not nodes:
            return NONE
        fresh = [node for node in nodes.values() if self.record not in node.metadata]
        if not fresh and not edges:
            return NONE  # the node of another one, whose result was written to under no_grad
        if operation.written and len(outputs) == 1 and _is_copied_slices(outputs[0]):
            return self._attach_part(operation, edges, outputs[0])
        if len(fresh) != 1:
            return self._lose(fresh)
        node = fresh[0]
        if isinstance(node, BackwardCFunction) and operation.namespace != CUSTOM:
            return UNSEEN  # of the Function around it, which `unseen` tells of
        gradients = self._matched(node, edges)
        if edges and not any(gradients):
            return self._lose(fresh)
        operation.gradients = gradients
        node.metadata[self.record] = operation
        ran = self._guarded(partial(self._ran, operation, node.next_functions))
        self.handles.append(node.register_hook(ran))
        if operation.namespace == CUSTOM:
            self.handles.append(node.register_prehook(self._guarded(self._begins)))
        for output in outputs:
            if _has_node(output) and output.grad_fn is node:
                reached = partial(self._reached, operation, output.output_nr)
                self._before_all_hooks(output, self._guarded(reached))
        return HOOKED

    def _lose(self, nodes: list[Any]) -> str:
        """Nodes of an operation whose backward is not told apart: it is listed itself."""
        for node in nodes:
            node.metadata[self.record] = None
        return LOST

    def _attach_part(self, operation: Operation, edges: list[Edge], view: Tensor) -> str:
        """Hook what autograd makes of work in place on a view: one node of the whole tensor.

        It sends the gradient to what the tensor was before, with the part that was written to
        replaced by the operation's own; its other edges are the operation's.
        """
        base = view._base
        assert base is not None
        node = node_of(base)
        if self.record in node.metadata:
            return LOST
        written = operation.written[0]
        others = self._matched(node, [edge for edge in edges if edge[0] != written])
        if any(target is not None for target, _ in node.next_functions[1:]) and not any(others):
            return LOST
        node_of(view).metadata[self.record] = None  # autograd's own way from the whole to the view
        operation.part = PartOf(laid(base), laid(view), key_of(base))
        operation.gradients = [written, *others[1:]]
        node.metadata[self.record] = operation
        ran = self._guarded(partial(self._ran, operation, node.next_functions))
        self.handles.append(node.register_hook(ran))
        self._before_all_hooks(base, self._guarded(partial(self._reached, operation, 0)))
        return HOOKED

    def _begins(self, upstream: Sequence[Tensor | None]) -> None:
        self.drew = False

    def _guarded(self, hook: Callable[..., None]) -> Callable[..., None]:
        """A hook of ours: what breaks in it breaks nobody's backward."""
        return lambda *gradients: self.safely(lambda: hook(*gradients))

    def unseen(self, tensor: Tensor) -> str:
        """The class of a Function that gave a tensor unheard; nothing of any other tensor."""
        node = node_of(tensor)
        if not isinstance(node, BackwardCFunction) or self.record in node.metadata:
            return ""
        node.metadata[self.record] = None
        return type(node).__name__.removesuffix("Backward")

    def _matched(self, node: Any, edges: list[Edge]) -> list[str | None]:
        """The argument behind each edge of a node."""
        left = list(edges)
        found: list[str | None] = []
        for target, number in node.next_functions:
            name = None
            for edge in left:
                if _leads_to(edge, target, number):
                    name = edge[0]
                    left.remove(edge)
                    break
            found.append(name)
            if target is not None and hasattr(target, "variable"):
                self._know_leaf(target)
        return found

    def _before_all_hooks(self, tensor: Tensor, hook: Callable[[Any], None]) -> None:
        handle = tensor.register_hook(hook)  # type: ignore[no-untyped-call]
        hooks: Any = tensor._backward_hooks
        others = [(key, other) for key, other in hooks.items() if key != handle.id]
        hooks.clear()  # torch calls them as they were put in: move_to_end alone is not seen
        hooks.update([(handle.id, hook), *others])
        self.handles.append(handle)

    # --- in a backward --------------------------------------------------------------------

    def begins_at(self, roots: Sequence[Tensor], gradients: Sequence[Tensor | None]) -> None:
        """A backward starts from these tensors."""
        self.parts.clear()
        self.raw.clear()
        for leaf in self.leaves.values():
            leaf.parts.clear()
            self._listen_before_hooks(leaf)
        self.partly = _reached_by_unknown(
            [node_of(root) for root in roots], self.record, self._say_unheard
        )
        for root, gradient in zip(roots, gradients, strict=True):
            node = node_of(root)
            record = None if node is None else node.metadata.get(self.record)
            if record is not None and gradient is not None:
                key = record.number, root.output_nr
                self.parts.setdefault(key, []).append(self.memory.hold(gradient))

    def _reached(self, operation: Operation, number: int, gradient: Tensor | None) -> None:
        """All that comes back to an output, before anybody's hook; of some outputs nothing does."""
        if gradient is None:
            return
        key = operation.number, number
        total, parts = self.memory.hold(gradient), self.parts.pop(key, [])
        self.raw[key] = total
        if key in self.partly:
            return
        if len(parts) > 1:
            self.quietly(lambda: self.listener.added_up(operation, parts, total))
        elif parts and not _same(parts[0], total):
            self._say_hooked(operation, parts[0], total)

    def _ran(
        self,
        operation: Operation,
        targets: Sequence[tuple[Any, int]],
        sent: Sequence[Tensor | None],
        upstream: Sequence[Tensor | None],
    ) -> None:
        """A node's backward was run."""
        operation.drew = self.drew and operation.namespace == CUSTOM
        reached = [None if g is None else self.memory.hold(g) for g in upstream]
        for number, held in enumerate(reached):
            before = self.raw.pop((operation.number, number), None)
            if before is not None and held is not None and not _same(before, held):
                self._say_hooked(operation, before, held)
        named: dict[str, Held] = {}
        for name, gradient, (target, number) in zip(
            operation.gradients, sent, targets, strict=True
        ):
            if gradient is None:
                continue
            held = self.memory.hold(gradient)
            self._deliver(held, target, number)
            if name is not None:
                named[name] = held
        self.quietly(lambda: self.listener.backward(operation, reached, named))

    def _say_unheard(self, node: Any) -> None:
        """List a node once: nobody judges what it sends."""
        node.metadata[self.record] = None
        name = node.name().removesuffix("0").removesuffix("Backward")
        self.quietly(lambda: self.listener.unseen(name, WHY_UNHEARD, Position("", "")))

    def _say_hooked(self, operation: Operation, before: Held, after: Held) -> None:
        self.quietly(lambda: self.listener.hooked(operation, before, after))

    def _deliver(self, held: Held, target: Any, number: int) -> None:
        """Keep a part of the sum that the target will get."""
        if target is None:
            return
        record = target.metadata.get(self.record)
        if isinstance(record, Operation):
            self.parts.setdefault((record.number, number), []).append(held)
        elif isinstance(record, Leaf):
            record.parts.append(held)

    # --- leaves ---------------------------------------------------------------------------

    def _know_leaf(self, node: Any) -> None:
        if self.record in node.metadata:
            return
        variable = node.variable
        leaf = self.leaves.setdefault(id(variable), Leaf(self.leaf_name(variable), variable))
        node.metadata[self.record] = leaf
        self.handles.append(node.register_prehook(self._guarded(partial(self._about_to_add, leaf))))

    def _listen_before_hooks(self, leaf: Leaf) -> None:
        """A leaf's own hooks run before those of its node: hear what arrives before them."""
        if leaf.variable._backward_hooks and not leaf.listened:
            leaf.listened = True
            self._before_all_hooks(leaf.variable, self._guarded(partial(self._arrived, leaf)))

    def _arrived(self, leaf: Leaf, gradient: Tensor | None) -> None:
        leaf.raw = None if gradient is None else self.memory.hold(gradient)

    def _about_to_add(self, leaf: Leaf, gradients: Sequence[Tensor | None]) -> None:
        """What is about to be added to a leaf's gradient."""
        (parts, leaf.parts), (raw, leaf.raw) = (leaf.parts, []), (leaf.raw, None)
        total = gradients[0]
        if total is None:
            return
        held, name, whole = self.memory.hold(total), leaf.name, id(leaf) not in self.partly
        arrived = held if raw is None else raw
        if whole and len(parts) > 1:
            self.quietly(lambda: self.listener.added_up(name, parts, arrived))
        elif whole and parts:
            arrived = parts[0]
        if not _same(arrived, held):
            self.quietly(lambda: self.listener.hooked(name, arrived, held))
        self._see_what_is_there(leaf)

    def _see_what_is_there(self, leaf: Leaf) -> None:
        """A gradient that a step has used, or that stood there before, is being added to."""
        there, first = leaf.variable.grad, not leaf.seen
        leaf.seen = True
        if there is None or not there.any():
            leaf.stale = False
        elif first:
            self._say_stale(leaf, f"was there before the {self.span}")
        elif leaf.used == _version(there):
            leaf.stale = True

    def _say_stale(self, leaf: Leaf, why: str) -> None:
        what = f"the backward adds to a gradient that {why}: is zero_grad() missing?"
        position = Position(leaf.name, "")
        self.quietly(lambda: self.listener.noticed(what, position))

    def used(self, parameters: Sequence[Tensor]) -> None:
        """An optimiser has made its step with these gradients."""
        for parameter in parameters:
            leaf = self.leaves.get(id(parameter))
            if leaf is None or parameter.grad is None:
                continue
            if leaf.stale:
                self._say_stale(leaf, "was used by the optimiser’s step already")
            leaf.used, leaf.stale = _version(parameter.grad), False

    def close(self) -> None:
        """Take all hooks off."""
        for handle in self.handles:
            handle.remove()
        self.handles.clear()
        self.parts.clear()
        self.raw.clear()


def _reached_by_unknown(roots: Sequence[Any], key: str, say: Callable[[Any], None]) -> set[Any]:
    """The outputs and leaves to which nodes send that belong to no recorded operation.

    say: told of each such node that nobody was told of.
    """
    found: set[Any] = set()
    left, known = [root for root in roots if root is not None], set()
    while left:
        node = left.pop()
        if node in known:
            continue
        known.add(node)
        unknown = node.metadata.get(key) is None
        if key not in node.metadata and not hasattr(node, "variable"):
            say(node)
        for target, number in node.next_functions:
            if target is None:
                continue
            left.append(target)
            record = target.metadata.get(key)
            if unknown and record is not None:
                is_leaf = isinstance(record, Leaf)
                found.add(id(record) if is_leaf else (record.number, number))
    return found


def _is_copied_slices(output: Any) -> bool:
    """Whether a tensor is a view of one that was written to through it."""
    if not isinstance(output, Tensor) or not output._is_view():
        return False
    base = output._base
    node = None if base is None else node_of(base)
    return node is not None and node.name().endswith("CopySlices")


def _has_node(output: Any) -> bool:
    return isinstance(output, Tensor) and output.requires_grad and node_of(output) is not None


def node_of(tensor: Tensor) -> Any:
    """A tensor's node; None also where torch itself may not ask for it any more."""
    try:
        return tensor.grad_fn
    except RuntimeError:  # a view made under no_grad, written to
        return None


def _leads_to(edge: Edge, target: Any, number: int) -> bool:
    _, source, output = edge
    if isinstance(source, Tensor):
        return getattr(target, "variable", None) is source
    return target is source and number == output


def _version(tensor: Tensor) -> int:
    return hash((id(tensor), tensor._version))


def _same(before: Held, after: Held) -> bool:
    """Whether nothing has changed; NaN is NaN."""
    one, other = before.tensor, after.tensor
    if not (before.readable and after.readable):
        return True
    if one.data_ptr() == other.data_ptr() and one.shape == other.shape:
        return True
    return one.shape == other.shape and bool(
        ((one == other) | (one != one) & (other != other)).all()
    )

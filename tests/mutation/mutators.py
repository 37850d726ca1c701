"""Mutants of a module: its syntax tree with one small change each.

What is changed: arithmetic and its operands, comparisons, conditions, numbers, axes, slices,
flags, defaults, the order of arguments and entries, options given by name, functions that have an
opposite, signs, calls made for their effect, and `+=`.

What is left alone: docstrings, annotations, imports and decorators, the texts of errors (`raise`,
f-strings; when an error is raised is changed), the names of functions in texts, the arguments of
isinstance, and `strict=True`, which guards against a caller that the package does not have.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

Changes: TypeAlias = Iterator[tuple[str, ast.AST]]  # what kind of change; what stands there then


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    module: str
    function: str  # in which function or class; "" for a constant of the module
    top: str  # the name, at the module's level, of what is changed
    kind: str
    before: str  # the statement that is changed, without its body
    after: str
    lines: range  # where it runs; none: on import, so that anything may see it
    around: range  # the lines of the function it is in
    line: int
    tree: ast.Module
    place: tuple[ast.AST, str, int | None]  # the node, its field, the index in the field
    node: ast.AST  # what stands there in the mutant

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells it from others, wherever its line is."""
        return self.module, self.function, self.before, self.after

    @contextmanager
    def mutated(self) -> Iterator[ast.Module]:
        """The module's tree with the change."""
        with _put(self.place, self.node):
            yield self.tree


def mutants(source: str, module: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines; none twice."""
    tree = ast.parse(source)
    found: dict[tuple[Any, ...], Mutant] = {}
    for place, scope in _places(tree):
        for kind, node in _changes(_at(place), place, scope):
            mutant = _mutant(tree, module, place, scope, kind, node)
            if mutant.before != mutant.after:
                found.setdefault((*mutant.key, mutant.line), mutant)
    return sorted(found.values(), key=lambda mutant: mutant.line)


# --- places -------------------------------------------------------------------------------

Place: TypeAlias = tuple[ast.AST, str, "int | None"]


@dataclass(frozen=True)
class Scope:
    """In what a node stands."""

    names: tuple[str, ...] = ()  # functions and classes around it
    function: ast.FunctionDef | None = None  # the innermost of them
    statement: ast.stmt | None = None
    parents: tuple[ast.AST, ...] = ()  # from the statement down to the node's parent
    default: bool = False  # whether it is the default of a parameter
    on_import: bool = False  # whether it runs when the module is imported, and never again


def _places(tree: ast.Module) -> Iterator[tuple[Place, Scope]]:
    for index, statement in enumerate(tree.body):
        yield from _visit((tree, "body", index), Scope(statement=statement, on_import=True))


def _visit(place: Place, scope: Scope) -> Iterator[tuple[Place, Scope]]:
    """The node at a place and all nodes below that a mutant may change."""
    node = _at(place)
    if isinstance(node, _LEFT_ALONE) or _is_docstring(node) or _is_name_list(node):
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = node if isinstance(node, ast.FunctionDef) else None
        inside = Scope((*scope.names, node.name), function, node)
        if isinstance(node, ast.FunctionDef):
            for field in ("defaults", "kw_defaults"):
                for index, default in enumerate(getattr(node.args, field)):
                    if default is not None:
                        place = (node.args, field, index)
                        yield from _visit(place, replace(inside, default=True))
        for index, statement in enumerate(node.body):
            in_class = isinstance(node, ast.ClassDef)
            yield from _visit(
                (node, "body", index), replace(inside, statement=statement, on_import=in_class)
            )
        return
    yield place, scope
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        if _is_type_test(node) and field == "args":
            value = value[:1]
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and not isinstance(child, _NOT_NODES):
                below = (node, field, index if isinstance(value, list) else None)
                if isinstance(child, ast.stmt):
                    yield from _visit(below, replace(scope, statement=child, parents=()))
                else:
                    yield from _visit(below, replace(scope, parents=(*scope.parents, node)))


_LEFT_ALONE = (ast.Raise, ast.JoinedStr, ast.Import, ast.ImportFrom)
_NOT_NODES = (ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_name_list(node: ast.AST) -> bool:
    """`__all__`, and names for types."""
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias"
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        return ast.unparse(node.value.func) == "TypeVar"
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"


def _is_type_test(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass")


def _at(place: Place) -> Any:
    parent, field, index = place
    value = getattr(parent, field)
    return value if index is None else value[index]


@contextmanager
def _put(place: Place, node: ast.AST) -> Iterator[None]:
    """Let another node stand at a place."""
    parent, field, index = place
    right = _at(place)

    def put(what: ast.AST) -> None:
        if index is None:
            setattr(parent, field, what)
        else:
            getattr(parent, field)[index] = what

    put(ast.fix_missing_locations(ast.copy_location(node, right)))
    try:
        yield
    finally:
        put(right)


def _mutant(
    tree: ast.Module, module: str, place: Place, scope: Scope, kind: str, node: ast.AST
) -> Mutant:
    statement, right = scope.statement, _at(place)
    assert statement is not None
    before = _header(statement)
    with _put(place, node):
        after = "pass" if right is statement and isinstance(node, ast.Pass) else ""
        after = after or _header(node if right is statement else statement)  # type: ignore[arg-type]
    return Mutant(
        module,
        ".".join(scope.names),
        scope.names[0] if scope.names else _target(statement),
        "default" if scope.default else kind,
        before,
        after,
        range(0) if scope.on_import else _lines(statement),
        range(0) if scope.function is None else _lines(scope.function),
        right.lineno if hasattr(right, "lineno") else statement.lineno,
        tree,
        place,
        node,
    )


def _target(statement: ast.stmt) -> str:
    """The name that a statement of the module gives a value to."""
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement
    return ast.unparse(target.target if isinstance(target, ast.AnnAssign) else target)


def _header(statement: ast.stmt) -> str:
    """A statement in one line, a compound one without its body."""
    if not hasattr(statement, "body"):
        return ast.unparse(statement)
    bare: Any = _changed(statement, body=[ast.Pass()])
    if hasattr(bare, "orelse"):
        bare.orelse = []
    if hasattr(bare, "decorator_list"):
        bare.decorator_list = []
    return ast.unparse(bare).removesuffix("pass").rstrip()


def _lines(statement: ast.stmt) -> range:
    """The lines that run when a statement does; of a header with defaults, those of the body."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return range(statement.body[0].lineno, (statement.body[-1].end_lineno or 0) + 1)
    body = getattr(statement, "body", None)
    last = max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno or 0
    return range(statement.lineno, last + 1)


def _changed(node: Any, **fields: Any) -> Any:
    """A copy of a node with other fields."""
    return ast.copy_location(type(node)(**{**dict(ast.iter_fields(node)), **fields}), node)


# --- changes ------------------------------------------------------------------------------


def _changes(node: ast.AST, place: Place, scope: Scope) -> Changes:
    for mutator in MUTATORS:
        yield from mutator(node, scope)


def arithmetic(node: ast.AST, scope: Scope) -> Changes:
    """Another operator, the other rounding, the operands the other way round."""
    if isinstance(node, ast.AugAssign | ast.BinOp):
        for other in ARITHMETIC.get(type(node.op), ()):
            yield "arithmetic", _changed(node, op=other())
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.FloorDiv):
            down = _changed(node, left=ast.UnaryOp(ast.USub(), node.left))
            yield "rounding", ast.UnaryOp(ast.USub(), down)
        if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
            yield "order", _changed(node, left=node.right, right=node.left)


ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.LShift: (ast.RShift,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}


def assignment(node: ast.AST, scope: Scope) -> Changes:
    """`=` for `+=`."""
    if isinstance(node, ast.AugAssign):
        yield "assignment", ast.Assign([node.target], node.value)


def comparison(node: ast.AST, scope: Scope) -> Changes:
    """A boundary to the other side, and the opposite."""
    if isinstance(node, ast.Compare):
        for k, op in enumerate(node.ops):
            for other in (BOUNDARY.get(type(op)), OPPOSITE[type(op)]):
                if other:
                    ops = [*node.ops[:k], other(), *node.ops[k + 1 :]]
                    yield "comparison", _changed(node, ops=ops)


BOUNDARY: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


def condition(node: ast.AST, scope: Scope) -> Changes:
    """`or` for `and`, one part of them left out, `not` left out, a test turned round."""
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "condition", _changed(node, op=other)
        for k in range(len(node.values)):
            rest = node.values[:k] + node.values[k + 1 :]
            yield "condition", rest[0] if len(rest) == 1 else _changed(node, values=rest)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "condition", node.operand
    if isinstance(node, ast.If | ast.IfExp) and not isinstance(
        node.test, ast.Compare | ast.UnaryOp
    ):
        yield "condition", _changed(node, test=ast.UnaryOp(ast.Not(), node.test))


def constant(node: ast.AST, scope: Scope) -> Changes:
    """The numbers next to a number; the other truth; another default."""
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        if not _is_strict(scope):
            yield "flag", ast.Constant(not node.value)
    elif isinstance(node.value, int):
        kind = _place_of_number(scope)
        yield kind, ast.Constant(node.value + 1)
        if node.value:
            yield kind, ast.Constant(node.value - 1)
        else:
            yield kind, ast.UnaryOp(ast.USub(), ast.Constant(1))
    elif isinstance(node.value, float):
        yield "constant", ast.Constant(node.value * 2)
    elif scope.default:
        yield "default", ast.Constant(1 if node.value is None else "")


def _is_strict(scope: Scope) -> bool:
    parent = scope.parents[-1] if scope.parents else None
    return isinstance(parent, ast.keyword) and parent.arg == "strict"


def _place_of_number(scope: Scope) -> str:
    """Whether a number is an axis, a bound of a slice or an index, or just a number."""
    around = [p for p in scope.parents[::-1] if not isinstance(p, ast.UnaryOp | ast.Tuple)]
    parent = around[0] if around else None
    if isinstance(parent, ast.keyword) and parent.arg == "axis":
        return "axis"
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute):
        return "axis" if parent.func.attr in TAKE_AXES else "constant"
    return "slice" if isinstance(parent, ast.Slice | ast.Subscript) else "constant"


TAKE_AXES = ("swapaxes", "expand_dims", "squeeze", "moveaxis", "transpose")


def text(node: ast.AST, scope: Scope) -> Changes:
    """One letter less among those that are looked for, one less of the names to choose from."""
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
        letters = node.comparators[0]
        if isinstance(letters, ast.Constant) and isinstance(letters.value, str):
            for k in range(len(letters.value)):
                fewer = letters.value[:k] + letters.value[k + 1 :]
                yield "text", _changed(node, comparators=[ast.Constant(fewer)])
    if isinstance(node, ast.Tuple) and all(_is_text(entry) for entry in node.elts):
        for k in range(len(node.elts)):
            yield "text", _changed(node, elts=node.elts[:k] + node.elts[k + 1 :])


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def slices(node: ast.AST, scope: Scope) -> Changes:
    """A bound or step left out, one element less at either end."""
    if not isinstance(node, ast.Slice):
        return
    one = ast.Constant(1)
    for field in ("lower", "upper", "step"):
        if getattr(node, field) is not None:
            yield "slice", _changed(node, **{field: None})
    if node.lower is None:
        yield "slice", _changed(node, lower=one)
    elif not isinstance(node.lower, ast.Constant):
        yield "slice", _changed(node, lower=ast.BinOp(node.lower, ast.Add(), one))
    if node.upper is None:
        yield "slice", _changed(node, upper=ast.UnaryOp(ast.USub(), one))
    elif not isinstance(node.upper, ast.Constant):
        yield "slice", _changed(node, upper=ast.BinOp(node.upper, ast.Sub(), one))


def order(node: ast.AST, scope: Scope) -> Changes:
    """Two neighbouring arguments, entries or values the other way round."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) not in COMMUTATIVE:
        for swapped in _swapped(node.args):
            yield "order", _changed(node, args=swapped)
    if isinstance(node, ast.Tuple | ast.List) and isinstance(node.ctx, ast.Load):
        for swapped in _swapped(node.elts):
            yield "order", _changed(node, elts=swapped)
    if isinstance(node, ast.Dict):
        for swapped in _swapped(node.values):
            yield "order", _changed(node, values=swapped)


COMMUTATIVE = (
    *("isinstance", "issubclass", "max", "min", "np.minimum", "np.maximum"),
    "check_methods",
)


def _swapped(nodes: Sequence[ast.expr]) -> Iterator[list[ast.expr]]:
    for k in range(len(nodes) - 1):
        first, second = nodes[k], nodes[k + 1]
        if ast.dump(first) != ast.dump(second):
            yield [*nodes[:k], second, first, *nodes[k + 2 :]]


def option(node: ast.AST, scope: Scope) -> Changes:
    """An argument given by name left out."""
    if isinstance(node, ast.Call):
        for k, keyword in enumerate(node.keywords):
            if keyword.arg not in ("strict", None):
                yield "option", _changed(node, keywords=node.keywords[:k] + node.keywords[k + 1 :])


def opposite(node: ast.AST, scope: Scope) -> Changes:
    """The largest for the smallest, all for any, down for up."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in OPPOSITES:
        yield "function", ast.Name(OPPOSITES[node.id], node.ctx)
    if isinstance(node, ast.Attribute) and node.attr in OPPOSITES:
        yield "function", _changed(node, attr=OPPOSITES[node.attr])


_PAIRS = (
    *(("min", "max"), ("minimum", "maximum"), ("argmin", "argmax")),
    *(("any", "all"), ("ceil", "floor"), ("prod", "sum"), ("zeros", "empty")),
    *(("ravel_multi_index", "unravel_index"), ("sqrt", "square"), ("cos", "sin")),
)
OPPOSITES = {**dict(_PAIRS), **{b: a for a, b in _PAIRS if b not in ("empty", "square")}}


def sign(node: ast.AST, scope: Scope) -> Changes:
    """A minus or a complement left out."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Invert):
        yield "sign", node.operand


def statement(node: ast.AST, scope: Scope) -> Changes:
    """A call made for its effect left out: a check, a method that fills an array."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "statement", ast.Pass()


MUTATORS: tuple[Callable[[ast.AST, Scope], Changes], ...] = (
    arithmetic,
    assignment,
    comparison,
    condition,
    constant,
    text,
    slices,
    order,
    option,
    opposite,
    sign,
    statement,
)
KINDS = (
    *("arithmetic", "rounding", "order", "assignment", "comparison", "condition", "flag"),
    *("constant", "axis", "slice", "default", "text", "option", "function", "sign", "statement"),
)

"""Operators: an `op` declaration with its parameters fixed becomes an `Operator`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from ..text.suggest import nearest
from .collect import Collector
from .equation import Indexed, body_of
from .op import Operator, Tensor
from .parameters import Given, bind
from .scope import Scope
from .statements import check_assert, define_let

#: Dims that an operator may have.
MAX_DIMS = 32


def elaborate_op(
    decl: tree.OpDecl,
    scope: Scope,
    given: Mapping[str, Given],
    *,
    span: Span | None = None,
    name_spans: Mapping[str, Span] | None = None,
) -> Operator:
    """The operator with these arguments. `scope`: the file that it stands in; `span`: the call's.

    Raises `SpecError` with everything found: E203 names twice, E204 arguments, E107 assertions, E310 to E312 indices,
    E313 an unused dim, E314 two indices of one tensor, E315 not exactly one equation, E316 dims that `=` would reduce,
    E317 right-hand sides, E318 roles.
    """
    what = f"operator `{decl.name.text}`"
    inner = bind(decl.parameters, given, scope, what=what, span=span, name_spans=name_spans)
    collector = Collector()
    dims = _dims(decl, inner, collector)
    for item in decl.body:
        with collector.guard():
            if isinstance(item, tree.Let):
                define_let(item, inner)
            elif isinstance(item, tree.Assert):
                check_assert(item, inner, (Label(span, "in this layer"),) if span else ())
    collector.raise_if_failed()
    equation = _equation(decl)
    indexed = Indexed(dims, inner)
    body = body_of(equation.right, indexed)
    operands = tuple(indexed.ranks)
    output = _output(equation, operands)
    indexed.add(equation.left)
    roles = _roles(decl, (*operands, output))
    tensors = tuple(Tensor(t, roles.get(t, t), indexed.ranks[t], t == output) for t in (*operands, output))
    found = Operator(decl.name.text, tuple(dims), tensors, equation.reduction, body)
    _check(decl, found, equation, dims)
    return found


def operand_names(decl: tree.OpDecl) -> tuple[str, ...]:
    """The tensors that the equation reads, in order of appearance, from the text alone."""
    found: dict[str, None] = {}
    for item in decl.body:
        pending: list[tree.Expr] = [item.right] if isinstance(item, tree.Equation) else []
        while pending:
            node = pending.pop()
            if isinstance(node, tree.Reference):
                if node.items is not None:
                    found[node.path.text] = None
                pending.extend(reversed([a.value for a in node.arguments or ()]))
            elif isinstance(node, tree.Binary):
                pending.extend((node.right, node.left))
            elif isinstance(node, tree.Unary):
                pending.append(node.operand)
            elif isinstance(node, tree.Conditional):
                pending.extend((node.otherwise, node.then, node.condition))
    return tuple(found)


def _dims(decl: tree.OpDecl, scope: Scope, collector: Collector) -> dict[str, Span]:
    found: dict[str, Span] = {}
    for name in (n for item in decl.body if isinstance(item, tree.Dims) for n in item.names):
        earlier = found.get(name.text) or (scope.span_of(name.text) if scope.own(name.text) is not None else None)
        if earlier is not None or len(found) >= MAX_DIMS:
            message = f"`{name.text}` is defined twice" if earlier else f"an operator has at most {MAX_DIMS} dims"
            labels = (Label(earlier, "first defined here"),) if earlier else ()
            collector.add(Diagnostic("E203" if earlier else "E105", message, Label(name.span, "one more"), labels))
            if not earlier:
                break
        found.setdefault(name.text, name.span)
    return found


def _equation(decl: tree.OpDecl) -> tree.Equation:
    equations = [item for item in decl.body if isinstance(item, tree.Equation)]
    if not equations:
        raise _wrong("E315", f"operator `{decl.name.text}` has no equation", decl.name.span, "computes nothing")
    if len(equations) > 1:
        raise _wrong(
            "E315",
            f"operator `{decl.name.text}` has {len(equations)} equations",
            equations[1].left.span,
            "a second output",
            Label(equations[0].left.span, "the first"),
            help="one op is one equation: make the second one an op of its own, and a layer of the network",
        )
    return equations[0]


def _output(equation: tree.Equation, operands: Sequence[str]) -> str:
    left = equation.left
    if left.items is None:
        raise _wrong(
            "E315",
            "the left side of an equation is a tensor",
            left.span,
            "has no index",
            help="write `output[...] += ...`",
        )
    if not operands:
        raise _wrong("E315", "this equation reads no tensor", equation.right.span, "a constant")
    if left.path.text in operands:
        raise _wrong("E318", f"`{left.path.text}` is read and written", equation.right.span, "read here",
                     Label(left.span, "written here"),
                     help="`+=` adds to what is there without reading it by name")  # fmt: skip
    return left.path.text


def _roles(decl: tree.OpDecl, tensors: tuple[str, ...]) -> dict[str, str]:
    """Tensor -> role, where the declaration gives one. The output alone may be called `output`."""
    found: dict[str, str] = {}
    spans: dict[str, Span] = {}
    for item in decl.body:
        if not isinstance(item, tree.RoleOf):
            continue
        name, role = item.tensor.text, item.role.text
        if name not in tensors:
            near = nearest(name, tensors)
            help_ = f"did you mean `{near}`?" if near else f"tensors: {', '.join(tensors)}"
            raise _wrong(
                "E201", f"no tensor `{name}` in `{decl.name.text}`", item.tensor.span, "not indexed", help=help_
            )
        if name in found:
            raise _wrong("E203", f"`{name}` is given two roles", item.span, "again", Label(spans[name], "first here"))
        if (role == "output") != (name == tensors[-1]) and role in ("input", "weight", "output"):
            text = "this tensor is read" if role == "output" else "this tensor is written"
            raise _wrong("E318", f"`{name}` cannot be `{role}`", item.span, text)
        found[name], spans[name] = role, item.span
    return found


def _check(decl: tree.OpDecl, op: Operator, equation: tree.Equation, dims: Mapping[str, Span]) -> None:
    """E313 and E316 on the finished operator."""
    used = {d for t in op.tensors for d in t.dims}
    collector = Collector()
    if not dims:
        collector.add(Diagnostic("E315", f"operator `{op.name}` has no dims", Label(decl.name.span, "no `dims` line")))
    for dim, span in dims.items():
        if dim not in used:
            collector.add(
                Diagnostic(
                    "E313",
                    f"`{dim}` is a dim of `{op.name}`, but no tensor depends on it",
                    Label(span, "unused"),
                    (Label(equation.span, "occurs in no index here"),),
                )
            )
    lost = [d for d in op.reduced_dims if d in used]
    if op.reduction == "=" and lost:
        shown = " and ".join(f"`{d}`" for d in lost)
        collector.add(
            Diagnostic(
                "E316",
                f"`=` cannot reduce {shown}",
                Label(equation.left.span, f"{shown} {'are' if len(lost) > 1 else 'is'} not on the left"),
                help="say how elements combine: `+=`, `max=` or `min=`",
            )
        )
    collector.raise_if_failed()


def _wrong(code: str, message: str, span: Span, text: str, *secondary: Label, help: str | None = None) -> SpecError:
    return SpecError(Diagnostic(code, message, Label(span, text), secondary, help=help))

"""Arguments of a layer: parameters are values, operands are bound to what layers and declared tensors provide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from ..text.suggest import nearest
from .inference import Binding
from .op import Operator
from .parameters import Given, evaluate_arguments
from .scope import Scope
from .shapes import Shape, is_plain

#: The argument that names the dim along which a list of parts stands one after another.
ALONG = "along"


@dataclass(frozen=True)
class Arguments:
    """The arguments of a layer's call: values of parameters, and operands by name with what they are bound to."""

    given: dict[str, Given]
    name_spans: dict[str, Span]
    operands: dict[str, tree.Argument]
    along: tree.Argument | None


def sort_arguments(
    call: tree.Reference, parameters: Sequence[tree.Parameter], operands: Sequence[str], scope: Scope, what: str
) -> Arguments:
    """Tell parameters from operands by name. E204: unknown, given twice, or without a name."""
    known = {p.name.text for p in parameters}
    values: list[tree.Argument] = []
    bound: dict[str, tree.Argument] = {}
    along = None
    for argument in call.arguments or ():
        name = argument.name.text if argument.name else None
        if name is None or name in known:
            values.append(argument)
        elif name in bound or (name == ALONG and along is not None):
            raise _wrong("E204", f"`{name}` is given twice", argument.span, "given again")
        elif name in operands:
            bound[name] = argument
        elif name == ALONG:
            along = argument
        else:
            raise _unknown(argument, what, sorted(known), operands)
    names = {a.name.text: a.name.span for a in values if a.name}
    return Arguments(evaluate_arguments(values, scope, what=what), names, bound, along)


def bind_operands(arguments: Arguments, op: Operator, tensors: Mapping[str, Shape | None]) -> tuple[Binding, ...]:
    """What each bound operand reads. `tensors`: by name, None for one that was wrong (uses of it stay silent)."""
    along = _along(arguments, op)
    found = []
    for name, argument in arguments.operands.items():
        parts = tuple(_find(part, tensors) for part in _parts(argument))
        joined = isinstance(argument.value, tree.ListOf) and len(parts) > 1
        if joined and along is None:
            raise _wrong(
                "E307",
                f"`{name}` reads {len(parts)} tensors, but along which dim do they stand one after another?",
                argument.value.span,
                "a list of parts",
                help=f"add `{ALONG} = DIM`, as in `{name} = {argument.value.span.text}, {ALONG} = {_likely(op, name)}`",
            )
        if joined and along is not None and not _has_rank(op, name, along):
            raise _wrong("E307", f"`{name}` has no index that is `{along}` alone", argument.value.span, "read here")
        found.append(Binding(name, parts, along if joined else None, argument.span))
    if along is not None and arguments.along and not any(b.along for b in found):
        raise _wrong("E307", f"`{ALONG}` needs an operand that is a list", arguments.along.span, "nothing to join")
    return tuple(found)


def _along(arguments: Arguments, op: Operator) -> str | None:
    if arguments.along is None:
        return None
    value = arguments.along.value
    name = value.path.text if isinstance(value, tree.Reference) and value.items is None else ""
    if name not in op.dims:
        near = nearest(name, op.dims)
        raise _wrong(
            "E307",
            f"`{ALONG}` names a dim of `{op.name}`",
            value.span,
            "not a dim",
            help=f"did you mean `{near}`?" if near else f"dims of {op.name}: {', '.join(op.dims)}",
        )
    return name


def _has_rank(op: Operator, tensor: str, dim: str) -> bool:
    return any(is_plain(rank) and rank.dims == (dim,) for rank in op.tensor(tensor).ranks)


def _likely(op: Operator, tensor: str) -> str:
    """A dim that could be meant: the second index of the operand, if it is one dim, else the first that is."""
    plain = [rank.dims[0] for rank in op.tensor(tensor).ranks if is_plain(rank)]
    return plain[1] if len(plain) > 1 else plain[0] if plain else "c"


def _parts(argument: tree.Argument) -> tuple[tree.Reference, ...]:
    value = argument.value
    items: Sequence[tree.Item] = value.items if isinstance(value, tree.ListOf) else (value,)
    if not items:
        raise _wrong("E307", "an operand reads at least one tensor", value.span, "an empty list")
    found = []
    for item in items:
        if not isinstance(item, tree.Reference) or item.items is not None or item.arguments is not None:
            raise _wrong("E307", "an operand is bound to a tensor or a layer by name", item.span, "not a name")
        found.append(item)
    return tuple(found)


def _find(reference: tree.Reference, tensors: Mapping[str, Shape | None]) -> Shape:
    name = reference.path.text
    if name not in tensors:
        near = nearest(name, tensors)
        listed = ", ".join(list(tensors)[-12:])
        raise SpecError(
            Diagnostic(
                "E201",
                f"no tensor or layer `{name}` above this layer",
                Label(reference.span, "not defined so far"),
                notes=() if near or not listed else (f"defined above: {listed}",),
                help=f"did you mean `{near}`?" if near else None,
            )
        )
    shape = tensors[name]
    if shape is None:
        raise SpecError(())
    return shape


def _unknown(argument: tree.Argument, what: str, parameters: Sequence[str], operands: Sequence[str]) -> SpecError:
    assert argument.name is not None
    near = nearest(argument.name.text, [*parameters, *operands])
    notes = (f"{what} reads {', '.join(operands) or 'nothing'}", f"its parameters: {', '.join(parameters) or 'none'}")
    return SpecError(
        Diagnostic(
            "E204",
            f"{what} has no parameter or tensor `{argument.name.text}`",
            Label(argument.name.span, "not known"),
            notes=() if near else notes,
            help=f"did you mean `{near}`?" if near else None,
        )
    )


def _wrong(code: str, message: str, span: Span, text: str, *, help: str | None = None) -> SpecError:
    return SpecError(Diagnostic(code, message, Label(span, text), help=help))

"""One layer, and one declared tensor, from their resolved arguments: bounds, feeds, and the shape that others read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from .elements import UncountableError, elements
from .evaluate import evaluate_int
from .inference import Binding, Bounds, infer
from .op import Feed, Layer, Operator, Rank, Read, Tensor, Term
from .scope import Scope
from .shapes import Axis, Fixed, Origin, Shape, is_plain, is_pointwise, output_shape, same_order


def written_dims(items: Sequence[tree.Item], op: Operator, scope: Scope, reader: str) -> dict[str, Fixed]:
    """`[m = 96, r = 11]`: the bounds that a layer writes. E204 for anything that is not a dim of the operator."""
    found: dict[str, Fixed] = {}
    for item in items:
        if not isinstance(item, tree.NamedItem):
            raise _wrong("E204", f"`{reader}` writes its dims by name", item.span, "write `DIM = SIZE`")
        name = item.name.text
        if name not in op.dims:
            raise _wrong("E204", f"`{op.name}` has no dim `{name}`", item.name.span, f"dims: {', '.join(op.dims)}")
        if name in found:
            raise _wrong("E204", f"`{name}` is given twice", item.span, "given again")
        value = evaluate_int(item.value, scope, what=f"`{name}`")
        found[name] = Fixed(value, item.span, True)
    return found


def make_layer(
    name: str, op: Operator, span: Span, written: Mapping[str, Fixed], bindings: Sequence[Binding], repeat: int
) -> tuple[Layer, Shape]:
    """The layer and the shape of its output. Raises E301 to E305 (`inference.py`), E319."""
    bounds = infer(name, op, span, written, bindings)
    _check_countable(bounds)
    feeds = tuple(
        Feed(b.tensor, origin.name, origin.from_layer) for b in bindings for part in b.parts for origin in part.origins
    )
    sizes = tuple((d, bounds.fixed[d].value) for d in op.dims)
    extents = tuple((t.name, bounds.extents[t.name]) for t in op.operands if t.name in bounds.extents)
    return Layer(name, op, sizes, repeat, feeds, extents), _produced(bounds, bindings)


def _produced(bounds: Bounds, bindings: Sequence[Binding]) -> Shape:
    """The output's shape: that of what is read, if the operator is pointwise; else one axis per rank."""
    origin = Origin(bounds.layer, True)
    whole = [b for b in bindings if b.along is None]
    if not is_pointwise(bounds.op) or not whole:
        return output_shape(origin, bounds.op, bounds.fixed, bounds.span)
    first = whole[0].parts[0]
    for other in (b for b in whole[1:] if not same_order(first.axes, b.parts[0].axes)):
        raise SpecError(
            Diagnostic(
                "E301",
                f"`{bounds.layer}` reads {first.title} as {_shown(first)}, but {other.parts[0].title} is "
                f"{_shown(other.parts[0])}",
                Label(other.span, "another shape"),
                (Label(whole[0].span, f"{_shown(first)} here"),),
            )
        )
    return Shape((origin,), first.axes, bounds.span)


def _shown(shape: Shape) -> str:
    return "[" + ", ".join(f"{a.name} = {a.size}" for a in shape.axes) + "]"


def _check_countable(bounds: Bounds) -> None:
    """E305: a tensor whose elements cannot be counted. E319: with `=` two points must not write one element."""
    op, values = bounds.op, bounds.values
    for tensor in (t for t in op.tensors if not all(is_plain(rank) for rank in t.ranks)):
        try:
            count = elements(tensor, values)
        except UncountableError:
            text = "an index of three or more dims is too large"
            raise _wrong(
                "E305", f"the elements of `{tensor.name}` of `{bounds.layer}` cannot be counted", bounds.span, text
            ) from None
        if op.reduction == "=" and tensor.is_output and count < prod(values.values()):
            raise _overwritten(bounds, count)


def _overwritten(bounds: Bounds, written: int) -> SpecError:
    return _wrong(
        "E319",
        f"`{bounds.layer}` writes {written} elements {prod(bounds.values.values())} times",
        bounds.span,
        "several points write one element, and `=` does not say how they combine",
    )


# ---- declared tensors ----------------------------------------------------------------------------


def tensor_operator(decl: tree.TensorDecl) -> Operator:
    """A declared tensor as an operator that reads it, one plain rank per axis: shapes are inferred in one way only."""
    names: dict[str, None] = {}
    for item in decl.axes:
        name = _axis_name(item)
        if name in names:
            raise _wrong("E203", f"axis `{name}` of `{decl.name.text}` is given twice", item.span, "given again")
        names[name] = None
    ranks = tuple(Rank((Term(n, 1),)) for n in names)
    tensors = (Tensor(decl.name.text, "input", ranks), Tensor("output", "output", ranks, True))
    return Operator(decl.name.text, tuple(names), tensors, "=", Read(decl.name.text))


def _axis_name(item: tree.Item) -> str:
    if isinstance(item, tree.NamedItem):
        return item.name.text
    plain = isinstance(item, tree.Reference) and item.items is None and item.arguments is None
    if isinstance(item, tree.Reference) and plain and len(item.path.parts) == 1:
        return item.path.text
    raise _wrong(
        "E307", "an axis is `NAME = SIZE`, or `NAME` alone if what is bound fixes it", item.span, "not an axis"
    )


def make_tensor(decl: tree.TensorDecl, scope: Scope, title: str, origin: Origin, binding: Binding | None) -> Shape:
    """The shape of a declared tensor. If something is bound to it, its sizes are checked and its open axes fixed."""
    op = tensor_operator(decl)
    sized = [item for item in decl.axes if isinstance(item, tree.NamedItem)]
    written = written_dims(sized, op, scope, title)
    open_axes = [d for d in op.dims if d not in written]
    if open_axes and binding is None:
        shown = " and ".join(f"`{d}`" for d in open_axes)
        raise _wrong(
            "E302",
            f"nothing fixes {shown} of tensor `{title}`",
            decl.name.span,
            "nothing is bound to it",
            help=f"write `{open_axes[0]} = ...`, or use the network as a layer of another one",
        )
    bounds = infer(title, op, decl.name.span, written, (binding,) if binding else (), points="elements")
    axes = tuple(Axis(d, bounds.fixed[d].value, bounds.fixed[d].span) for d in op.dims)
    origins = tuple(o for part in binding.parts for o in part.origins) if binding else (origin,)
    return Shape(origins, axes, decl.span)


def fits_tensor(shape: Shape, tensor: Shape) -> bool:
    """Whether a stored tensor can take the place of another: the same sizes up to merged and split axes."""
    return same_order(shape.axes, tensor.axes)


def _wrong(code: str, message: str, span: Span, text: str, *, help: str | None = None) -> SpecError:
    return SpecError(Diagnostic(code, message, Label(span, text), help=help))

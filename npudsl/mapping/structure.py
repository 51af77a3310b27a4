"""Structure of a nest: every tensor has its nodes, and nodes and loops stand in an order that the machine can do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ..spec.arch import Array
from ..text.diagnostics import Diagnostic, Label
from ..text.suggest import nearest
from .nest import Loop, Node
from .placing import Item, View, of_axis, placed


def check_names(view: View) -> Iterator[Diagnostic]:
    """E505, E508, E509: a tensor, memory, array, axis or dim that does not exist here; E512: a factor below 1."""
    for _, node, item in view.nodes:
        yield from _check_node(view, node, item)
    for _, loop, item in view.loops:
        if loop.dim not in view.layer.bound:
            yield unknown_dim(view, loop.dim, item)
        elif loop.factor < 1:
            yield view.diagnostic("E512", f"a factor is at least 1, not {loop.factor}", item, "not a factor")
        if loop.array is not None:
            yield from _check_axis(view, loop, item)


def unknown_dim(view: View, dim: str, item: Item | None) -> Diagnostic:
    """E509 with near names, else those that exist."""
    layer, op = view.layer, view.layer.op
    near = nearest(dim, op.dims)
    return view.diagnostic(
        "E509",
        f"`{layer.name}` has no dim `{dim}`",
        item,
        f"not a dim of `{op.name}`",
        notes=() if near else (f"dims of {op.name}: {', '.join(op.dims)}",),
        help=f"did you mean `{near}`?" if near else None,
    )


def _check_node(view: View, node: Node, item: Item) -> Iterator[Diagnostic]:
    tensors = [t.name for t in view.layer.op.tensors]
    if node.memory not in view.memory_order:
        yield view.diagnostic("E501", f"`{view.arch.name}` has no memory `{node.memory}`", item, "not a memory")
    elif node.tensor not in tensors:
        notes = (f"tensors of {view.layer.op.name}: {', '.join(tensors)}",)
        yield view.diagnostic(
            "E505", f"`{view.layer.name}` has no tensor `{node.tensor}`", item, "not a tensor", notes=notes
        )
    elif view.arch.memory(node.memory).hold(view.role(node.tensor)) is None:
        role, memory = view.role(node.tensor), view.arch.memory(node.memory)
        what = f"`{node.tensor}`" if role == node.tensor else f"`{node.tensor}` (as {role})"
        yield view.diagnostic(
            "E505",
            f"`{node.memory}` does not hold {what}",
            item,
            "no place for it here",
            notes=(f"{node.memory} holds {', '.join(h.role for h in memory.holds)}",),
        )


def _check_axis(view: View, loop: Loop, item: Item) -> Iterator[Diagnostic]:
    array = view.arrays.get(loop.array or "")
    if array is None:
        yield view.diagnostic("E501", f"`{view.arch.name}` has no array `{loop.array}`", item, "not an array")
    elif loop.axis not in [axis for axis, _ in array.axes]:
        notes = (f"axes of {array.name}: {', '.join(a for a, _ in array.axes) or 'none'}",)
        yield view.diagnostic(
            "E501", f"array `{array.name}` has no axis `{loop.axis}`", item, "not an axis", notes=notes
        )


# ---- placement ---------------------------------------------------------------------------------


def check_placement(view: View) -> Iterator[Diagnostic]:
    """E506: a tensor never placed where it must be; E504: placed twice; E507: against the order of the memories."""
    for tensor in view.layer.op.tensors:
        nodes = [(i, n, item) for i, n, item in view.nodes if n.tensor == tensor.name]
        first: dict[str, Item] = {}
        for _, node, item in nodes:
            if node.memory in first:
                earlier = first[node.memory].label("first placed here")
                yield view.diagnostic(
                    "E504", f"`{placed(node)}` is placed twice", item, "placed again", secondary=earlier
                )
            first.setdefault(node.memory, item)
        yield from _missing(view, tensor.name, set(first))
        yield from _wrong_order(view, nodes)


def _missing(view: View, tensor: str, placed_in: set[str]) -> Iterator[Diagnostic]:
    path = view.arch.path(view.role(tensor))
    if not path:
        yield view.diagnostic(
            "E506",
            f"no memory of `{view.arch.name}` holds `{tensor}` of `{view.layer.op.name}`",
            notes=(f"its role is `{view.role(tensor)}`",),
        )
    for memory in path:
        hold = memory.hold(view.role(tensor))
        if memory.name not in placed_in and hold is not None and not hold.optional:
            yield view.diagnostic(
                "E506",
                f"`{tensor}` is never placed in `{memory.name}`",
                None,
                f"has no slot that places `{memory.name}.{tensor}`",
                help=f"write `{memory.name}.{tensor} [...]`, or a slot of its whole level",
            )
    if path and not placed_in and all(h is None or h.optional for h in (m.hold(view.role(tensor)) for m in path)):
        yield view.diagnostic("E506", f"`{tensor}` is never placed: every memory that may hold it is bypassed")


def _wrong_order(view: View, nodes: list[tuple[int, Node, Item]]) -> Iterator[Diagnostic]:
    for (_, outer, above), (_, inner, below) in pairwise(nodes):
        if view.memory_order[outer.memory] > view.memory_order[inner.memory]:
            yield view.diagnostic(
                "E507",
                f"`{placed(inner)}` stands inside `{placed(outer)}`, but `{inner.memory}` is outside `{outer.memory}`",
                below,
                f"`{inner.memory}` comes first on the way of `{inner.tensor}`",
                secondary=above.label("placed before it"),
            )
    if nodes:
        position, node, item = nodes[0]
        over = next((i for p, _, i in view.loops if p < position), None)
        if over is not None:
            yield view.diagnostic(
                "E507",
                f"`{placed(node)}` stands below loops, but it is outermost and holds the whole `{node.tensor}`",
                item,
                "must stand above every loop",
                secondary=over.label("a loop outside it"),
            )


# ---- order of loops ------------------------------------------------------------------------------


def check_order(view: View) -> Iterator[Diagnostic]:
    """E507: spatial loops on the wrong side of a node or of another array; E510: a dim twice in a slot; E511: a
    temporal loop directly below spatial ones."""
    yield from _sides(view)
    yield from _slots(view)


def _sides(view: View) -> Iterator[Diagnostic]:
    depth = view.arch.depth
    spatial = [(i, loop.array, loop.axis, item) for i, loop, item in view.loops if loop.array is not None]
    for j, node, item in view.nodes:
        for i, array, axis, loop in spatial:
            outside = depth[node.memory] < depth[array]
            if outside != (j < i):
                yield view.diagnostic(
                    "E507",
                    f"`{placed(node)}` is {'outside' if outside else 'inside'} array `{array}`, "
                    f"so it must stand {'above' if outside else 'below'} its spatial loops",
                    item,
                    f"{'below' if outside else 'above'} a loop over `{array}.{axis}`",
                    secondary=loop.label("unrolled here"),
                )
                break
    yield from _past_arrays(view)
    for (_, outer, axis, above), (_, inner, inner_axis, below) in pairwise(spatial):
        if depth[inner] < depth[outer]:
            yield view.diagnostic(
                "E507",
                f"array `{outer}` is inside `{inner}`, so its loops must stand below those of `{inner}`",
                below,
                f"a loop over `{inner}.{inner_axis}`",
                secondary=above.label(f"`{outer}.{axis}` stands above it"),
            )


def _past_arrays(view: View) -> Iterator[Diagnostic]:
    """An array has its place also where nothing is unrolled along it: else nests were legal that no mapspace has."""
    unrolled = {loop.array for _, loop, _ in view.loops}
    for (_, node, above), (_, other, below) in pairwise(view.nodes):
        crossed = [a.name for a in view.arch.arrays_between(other.memory, node.memory) if a.name not in unrolled]
        if crossed:
            yield view.diagnostic(
                "E507",
                f"`{placed(other)}` is outside array `{crossed[0]}`, so it must stand above `{placed(node)}` inside it",
                below,
                f"below `{placed(node)}`",
                secondary=above.label(f"inside `{crossed[0]}`"),
            )


def _slots(view: View) -> Iterator[Diagnostic]:
    seen: dict[str, Item] = {}
    last_fixed: Item | None = None
    for item in view.items:
        what = item.what
        if isinstance(what, Node) or what.spatial:
            seen, last_fixed = {}, item
            continue
        if last_fixed is not None and isinstance(last_fixed.what, Loop):
            yield view.diagnostic(
                "E511",
                f"the loop over `{what.dim}` stands directly below spatial loops",
                item,
                "no memory holds a tile here",
                secondary=last_fixed.label("spatial"),
                help="put it above the spatial loops, or below a memory inside the array",
            )
        if what.dim in seen:
            yield _twice(view, what.dim, item, seen[what.dim])
        seen.setdefault(what.dim, item)
    for _, _, loops in of_axis(view):
        first: dict[str, Item] = {}
        for loop, item in loops:
            if loop.dim in first:
                yield _twice(view, loop.dim, item, first[loop.dim])
            first.setdefault(loop.dim, item)


def _twice(view: View, dim: str, item: Item, earlier: Item) -> Diagnostic:
    return view.diagnostic(
        "E510", f"`{dim}` occurs twice in one slot", item, "again", secondary=earlier.label("first here")
    )


# ---- unrolling -----------------------------------------------------------------------------------


def check_axes(view: View) -> Iterator[Diagnostic]:
    """E508: more instances than an axis has."""
    for name, axis, loops in of_axis(view):
        array = view.arrays[name]
        size = dict(array.axes)[axis]
        used = 1
        for loop, _ in loops:
            used *= loop.factor
        if used > size:
            yield _beyond(view, array, axis, size, used, loops)


def _beyond(view: View, array: Array, axis: str, size: int, used: int, loops: list[tuple[Loop, Item]]) -> Diagnostic:
    *others, (_, last) = loops
    product = " * ".join(f"{loop.dim} {loop.factor}" for loop, _ in loops)
    here = tuple(label for _, item in others for label in item.label("with this"))
    machine = (Label(array.span, f"{size} along `{axis}`"),) if array.span else ()
    return view.diagnostic(
        "E508",
        f"unrolls {used} instances along `{array.name}.{axis}`, which has {size}",
        last,
        f"{product} = {used}" if others else f"{used} instances",
        secondary=(*here, *machine),
    )

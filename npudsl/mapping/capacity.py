"""Does a mapping compute the whole layer, and do its tiles fit the memories: the arithmetic, shown where it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from ..spec.arch import Memory
from ..spec.op import Tensor
from ..spec.values import show_fraction
from ..text.diagnostics import Diagnostic, Fix, Label
from .amounts import one_unit
from .footprint import UncountableError, group_words, tile_extents
from .placing import Item, View


@dataclass(frozen=True)
class Tile:
    """The largest tile of a tensor in one instance of a memory. `parts`: words of each group of dims. `bits` as it
    occupies the memory, twice if it is double-buffered."""

    tensor: Tensor
    item: Item
    parts: tuple[tuple[tuple[str, ...], int], ...]
    words: int
    width: Fraction
    doubled: bool

    @property
    def bits(self) -> Fraction:
        return self.words * self.width * (2 if self.doubled else 1)

    def arithmetic(self, shown_bits: Callable[[Fraction], str]) -> str:
        """`input: c 3 * (p, r) 31 = 93 words * 16 bit = 186 B`."""
        shown = " * ".join(f"{g[0] if len(g) == 1 else '(' + ', '.join(g) + ')'} {n}" for g, n in self.parts if n != 1)
        product = f"{shown} = {self.words}" if " * " in shown else shown or "1"
        twice = " * 2 (double-buffered)" if self.doubled else ""
        width = f"{show_fraction(self.width)} bit"
        return f"{self.tensor.name}: {product} words * {width}{twice} = {shown_bits(self.bits)}"


# ---- coverage ----------------------------------------------------------------------------------


def check_coverage(view: View) -> Iterator[Diagnostic]:
    """E502: the factors of a dim multiply to less than its bound."""
    for dim, bound in view.layer.bounds:
        loops = [(loop, item) for _, loop, item in view.loops if loop.dim == dim]
        covered = 1
        for loop, _ in loops:
            covered *= loop.factor
        if covered < bound:
            yield _uncovered(view, dim, bound, covered, [(loop.factor, item) for loop, item in loops])


def _uncovered(view: View, dim: str, bound: int, covered: int, loops: list[tuple[int, Item]]) -> Diagnostic:
    message = f"`{view.mapping.name}` covers {covered} of {bound} values of `{dim}`"
    layer = view.layer_label(f"`{view.layer.name}` has {dim} = {bound}")
    notes = () if layer else (f"{view.layer.name} has {dim} = {bound}",)
    rule = f"the factors of `{dim}` must multiply to at least {bound}: "
    if not loops:
        return view.diagnostic(
            "E502",
            message,
            None,
            f"no loop over `{dim}`",
            secondary=layer,
            notes=notes,
            help=f"{rule}write `{dim} = {bound}` in a slot",
        )
    (factor, first), *rest = loops
    labels: list[Label] = []
    product = factor
    for other, item in rest:
        product *= other
        labels += item.label(f"x {other} here = {product}")
    enough = -(-bound * factor // covered)
    found = view.diagnostic(
        "E502",
        message,
        first,
        f"{factor} here",
        secondary=(*labels, *layer),
        notes=notes,
        help=f"{rule}`{dim} = {enough}` here, or leave one `{dim}` without a factor",
    )
    if first.span is None:
        return found
    return Diagnostic(
        found.code, found.message, found.primary, found.secondary, found.notes, found.help,
        Fix(first.span, f"{dim} = {enough}"),
    )  # fmt: skip


# ---- capacity ----------------------------------------------------------------------------------


def check_capacity(view: View) -> Iterator[Diagnostic]:
    """E503: tiles that together exceed a memory; E514: tiles of one role that exceed its share; E515: uncountable."""
    for memory in view.arch.memories:
        limited = memory.size is not None or any(h.cap is not None for h in memory.holds)
        if not limited:
            continue
        try:
            tiles = list(_tiles(view, memory))
        except UncountableError:
            yield view.diagnostic("E515", f"the tiles in `{memory.name}` are too large to be counted exactly")
            continue
        yield from _check_size(view, memory, tiles)
        yield from _check_shares(view, memory, tiles)


def _tiles(view: View, memory: Memory) -> Iterator[Tile]:
    for position, node, item in view.nodes:
        if node.memory != memory.name:
            continue
        tensor = view.layer.op.tensor(node.tensor)
        extents = tile_extents(view.layer, view.extents_below(position))
        parts = tuple((g, group_words(tensor, g, extents)) for g in tensor.groups)
        words = 1
        for _, count in parts:
            words *= count
        width = view.arch.width(memory.name, tensor.role)
        yield Tile(tensor, item, parts, words, width, tensor.role in memory.double)


def _check_size(view: View, memory: Memory, tiles: list[Tile]) -> Iterator[Diagnostic]:
    need = sum((t.bits for t in tiles), Fraction(0))
    if memory.size is None or need <= memory.size:
        return
    *most, last = [f"`{t.tensor.name}`" for t in tiles]
    names = f"{', '.join(most)} and {last}" if most else last
    bit = one_unit(memory.size, (need, *(t.bits for t in tiles)))
    total = (f"together {bit(need)} > {bit(memory.size)}",) if len(tiles) > 1 else ()
    span = memory.size_span or memory.span
    largest, others = _largest(tiles, bit)
    yield view.diagnostic(
        "E503",
        f"`{memory.name}` is too small for {names}: {bit(need)} needed, {bit(memory.size)} there",
        largest.item,
        f"tile of `{largest.tensor.name}`: {bit(largest.bits)}",
        secondary=(*others, *((Label(span, f"only {bit(memory.size)}"),) if span else ())),
        notes=(*(t.arithmetic(bit) for t in tiles), *total),
    )


def _check_shares(view: View, memory: Memory, tiles: list[Tile]) -> Iterator[Diagnostic]:
    for hold in memory.holds:
        sharing = [t for t in tiles if t.tensor.role == hold.role]
        need = sum((t.bits for t in sharing), Fraction(0))
        if hold.cap is None or need <= hold.cap:
            continue
        bit = one_unit(hold.cap, (need, *(t.bits for t in sharing)))
        largest, others = _largest(sharing, bit)
        yield view.diagnostic(
            "E514",
            f"`{hold.role}` exceeds its share of `{memory.name}`: {bit(need)} needed, {bit(hold.cap)} allowed",
            largest.item,
            f"tile of `{largest.tensor.name}`: {bit(largest.bits)}",
            secondary=(*others, *((Label(hold.span, f"at most {bit(hold.cap)}"),) if hold.span else ())),
            notes=tuple(t.arithmetic(bit) for t in sharing),
        )


def _largest(tiles: list[Tile], bit: Callable[[Fraction], str]) -> tuple[Tile, tuple[Label, ...]]:
    """The largest tile, and labels at the others that are written elsewhere."""
    largest = max(tiles, key=lambda t: t.bits)
    labels = [
        label
        for t in tiles
        if t is not largest and t.item.span != largest.item.span
        for label in t.item.label(f"tile of `{t.tensor.name}`: {bit(t.bits)}")
    ]
    return largest, tuple(labels)

"""Classes of mappings: parts of nests whose factors are open, as text of a certificate.

`input@dram output@dram n m | m k m@pe.x input@rf output@rf m` is a part: the nodes before the first loop stand outside
it, the loops before `|` (its *frame*) stand for everything there, in any order. What follows belongs to it. Loops after
a second `|` (its *core*) stand for everything inside; then the part accounts for the words that pass between the nodes,
and without it for the operations as well. Parts from cut to cut, one after the other, make a class of whole nests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..mapping.nest import Loop, Mapping, Node
from ..spec.arch import Arch
from ..spec.op import Layer
from .refused import Refused

#: The nodes outside, and all nodes: who holds a tensor last decides where its sums start from zero.
Cut = tuple[frozenset[Node], frozenset[Node]]


@dataclass(frozen=True)
class Part:
    """`items`: nodes and loops (factors 0: open), outermost first; `frame`, `core`: how many of the first and of the
    last loops stand for what is outside and inside; `last`: nothing but the operations is inside."""

    items: tuple[Node | Loop, ...]
    frame: int
    core: int
    last: bool

    @cached_property
    def nest(self) -> Mapping:
        return Mapping(self.items)

    @cached_property
    def top(self) -> Cut:
        """The cut that the part begins at."""
        return frozenset(n for n, above in self.nest.placed if above == 0), frozenset(n for n, _ in self.nest.placed)

    @cached_property
    def inside(self) -> tuple[Node, ...]:
        """The nodes that the part places."""
        end = len(self.nest.loops) - self.core
        return tuple(n for n, above in self.nest.placed if 0 < above <= end)

    @cached_property
    def bottom(self) -> Cut | None:
        """The cut that it ends at; None at the operations."""
        outside, everything = self.top
        return None if self.last else (outside | frozenset(self.inside), everything)

    @property
    def text(self) -> str:
        words, seen = [], 0
        loops = len(self.nest.loops)
        for item in self.items:
            if isinstance(item, Node):
                words.append(f"{item.tensor}@{item.memory}")
                continue
            words += ["|"] * (seen == 0 == self.frame) + ["|"] * (not self.last and seen == loops - self.core)
            words.append(item.dim if item.array is None else f"{item.dim}@{item.array}.{item.axis}")
            seen += 1
            words += ["|"] * (seen == self.frame)
        return " ".join(words)


def read_part(text: str, arch: Arch, layer: Layer) -> Part:
    """A part from its text. Raises `Refused` for what is no part of a nest of this layer on this machine."""
    words = text.split()
    if len(words) > 500:
        raise Refused("a class has more than 500 nodes and loops", layer.name)
    items: list[Node | Loop] = []
    marks: list[int] = []
    for word in words:
        if word == "|":
            marks.append(sum(isinstance(i, Loop) for i in items))
        else:
            items.append(_item(word, arch, layer))
    loops = sum(isinstance(i, Loop) for i in items)
    if len(marks) not in (1, 2):
        raise Refused(f"`{text[:60]}` is not a class of mappings", layer.name)
    part = Part(tuple(items), marks[0], loops - marks[1] if len(marks) == 2 else 0, len(marks) == 1)
    _check(part, arch, layer)
    return part


def _item(word: str, arch: Arch, layer: Layer) -> Node | Loop:
    head, _, place = word.partition("@")
    array, _, axis = place.partition(".")
    if not place and head in layer.op.dims:
        return Loop(head, 0)
    if any(a.name == array and axis in dict(a.axes) for a in arch.arrays) and head in layer.op.dims:
        return Loop(head, 0, array, axis)
    if any(m.name == place for m in arch.memories) and any(t.name == head for t in layer.op.tensors):
        return Node(head, place)
    raise Refused(f"`{word[:40]}` in a class names nothing of the layer and the machine", layer.name)


def _check(part: Part, arch: Arch, layer: Layer) -> None:
    """Every tensor has its nodes once, in the order of the hierarchy."""
    nodes = [n for n, _ in part.nest.placed]
    for tensor in layer.op.tensors:
        own = [arch.depth[n.memory] for n in nodes if n.tensor == tensor.name]
        if not own or own != sorted(set(own)):
            raise Refused(f"a class does not hold `{tensor.name}` in the order of the hierarchy", layer.name)

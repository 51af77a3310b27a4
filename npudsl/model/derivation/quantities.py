"""The parts of a window's factor: what tiles touch, what they share, what a move leaves, each in an elementary form."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import sympy

from .. import coordinate
from .. import symbolic as fn
from ..coordinate import linearised
from ..edges import Edge
from ..formulas import Group, Origin
from .elementary import elementary
from .names import index_text, number
from .scene import Scene
from .terms import Quantity

#: Function -> letter of its quantity.
LETTERS = {fn.Footprint: "F", fn.Union: "U", fn.Overlap: "K", fn.FreshUnion: "V"}


@dataclass(frozen=True)
class Window:
    """The dims of one group at the inner node of an edge, in numbers."""

    scene: Scene
    origin: Origin
    group: Group

    @property
    def edge(self) -> Edge:
        return self.origin.edge

    @property
    def index(self) -> str:
        return index_text(self.edge.tensor, self.group)

    @property
    def coefficients(self) -> tuple[int, ...]:
        return linearised(self.edge.tensor, self.group, self.scene.layer.bound)

    @property
    def extents(self) -> tuple[int, ...]:
        return tuple(self.scene.nest.extent(d, self.edge.position) for d in self.group)

    @property
    def tile(self) -> int:
        return coordinate.footprint(self.coefficients, self.extents)

    def of_kind(self, *kinds: str) -> list[int]:
        """Indices of the loops over the group's dims above the node that enter as one of `kinds`."""
        loops = self.scene.loops
        return [i for i, kind in enumerate(self.origin.kinds) if kind in kinds and loops[i].dim in self.group]

    @property
    def sweep(self) -> int | None:
        return next(iter(self.of_kind("sweep")), None)

    @property
    def kept(self) -> int:
        """Values that stay when the sweeping loop of the group advances."""
        assert self.sweep is not None
        dim = self.scene.loops[self.sweep].dim
        shift = self.scene.nest.strides[self.sweep]
        return coordinate.overlap(self.coefficients, self.extents, self.group.index(dim), shift)

    def instances(self) -> str:
        joined = self.of_kind("join")
        return f"the {self.scene.size(joined):,} instances along {self.scene.named(joined)}"

    # ---- sentences ------------------------------------------------------------------------------

    def worth_saying(self, call: sympy.Expr, form: sympy.Expr) -> bool:
        """Not that nothing is kept (the sweep tells), nor how large a single point is."""
        if _keeps_nothing(call, form):
            return False
        return self.edge.child is not None and not (isinstance(call, fn.Footprint) and prod(self.extents) == 1)

    def say(self, call: sympy.Expr, value: int) -> str:
        """What one function application of this factor counts."""
        return {fn.Footprint: self._tile, fn.Union: self._union, fn.Overlap: self._kept, fn.FreshUnion: self._fresh}[
            type(call)
        ](value)

    def _tile(self, value: int) -> str:
        box = " x ".join(f"{e:,}" for e in self.extents)
        inside = f"a tile has {' x '.join(self.group)} = {box} points and touches {value:,} values of {self.index}"
        return inside if value == prod(self.extents) else f"{inside} (those of several points count once)"

    def _union(self, value: int) -> str:
        if self.origin.distinct:
            return f"over the whole layer {number(value, 'different value')} of {self.index}, counted once each"
        if self.edge.child is None:
            return f"{self.instances()} work on {value:,} different values of {self.index} at a time"
        return f"{self.instances()}, with tiles of {self.tile:,}, have {value:,} different values of {self.index}"

    def _kept(self, value: int) -> str:
        assert self.sweep is not None
        loop = self.scene.loops[self.sweep]
        step = self.scene.nest.strides[self.sweep]
        name = self.scene.symbols[self.sweep].name
        return (
            f"{name} moves the tile by {step} in {loop.dim}: {value:,} of its {self.tile:,} values of {self.index} stay"
        )

    def _fresh(self, value: int) -> str:
        assert self.sweep is not None
        name = self.scene.symbols[self.sweep].name
        own = f"when {name} advances each instance keeps what is still in its own tile ({self.kept:,} of {self.tile:,})"
        return f"{own}; {self.instances()} then need {value:,} different new ones"


def take_apart(window: Window, expression: sympy.Expr) -> tuple[sympy.Expr, list[Quantity], list[str]]:
    """The factor in quantities, the quantities that deserve a name, and the sentences of those that do not."""
    scene = window.scene
    replaced: dict[sympy.Expr, sympy.Expr] = {}
    named: list[Quantity] = []
    sentences: list[str] = []
    forms = {call: elementary(call) for call in _calls(expression)}
    for call, form in forms.items():
        value = scene.numbers(call)
        if isinstance(call, fn.FreshUnion) and _keeps_nothing(call, form):
            replaced[call] = replaced[fn.Union(*call.args[:3])]
            continue
        if plain(form):
            replaced[call] = form
            if window.worth_saying(call, form):
                sentences.append(window.say(call, value))
            continue
        symbol = sympy.Symbol(f"{LETTERS[type(call)]}_{''.join(window.group)}", integer=True, nonnegative=True)
        replaced[call] = symbol
        sentence = window.say(call, value)
        named.append(Quantity(symbol, window.group, window.index, call, form, value, sentence))
    form = expression.xreplace(replaced)
    nothing_kept = any(_keeps_nothing(call, plain_form) for call, plain_form in forms.items())
    return (sympy.factor(form) if nothing_kept else form), named, sentences


def _calls(expression: sympy.Expr) -> list[sympy.Expr]:
    """The function applications, what a tile is first."""
    found = [c for c in sympy.preorder_traversal(expression) if type(c) in LETTERS]
    return sorted(dict.fromkeys(found), key=lambda c: list(LETTERS).index(type(c)))


def _keeps_nothing(call: sympy.Expr, form: sympy.Expr) -> bool:
    """Whether a move leaves nothing in the tile, whatever the factors are."""
    return form == 0 or (isinstance(call, fn.FreshUnion) and form != call)


def plain(form: sympy.Expr) -> bool:
    """A number, a symbol or a product of them: it needs no name."""
    return all(f.is_Symbol or f.is_Integer for f in sympy.Mul.make_args(form))

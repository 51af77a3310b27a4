"""The output that a mapping's memories end up with, and whether it is the operator's."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from ..spec.op import Layer, Tensor
from . import direct
from .blocks import Block, Layout, Plan
from .body import REDUCTIONS
from .data import Arithmetic, Field, operands
from .memories import Chain, Operand, Output
from .nest import Nest
from .operations import Extent, Labelled, operate
from .sets import Group


def output_equal(nest: Nest, seed: int, tick: Callable[[], None] | None = None) -> bool:
    """Execute a nest on random data and compare what the home of the output holds with the operator's output.

    Raises SpecError (E652) if the blocks are too large.
    """
    arithmetic = Arithmetic.of(nest.layer)
    fields = operands(nest.layer, arithmetic, seed)
    mine = _Engine(nest, fields, arithmetic).run(tick)
    dense = direct.output(nest.layer, fields, arithmetic.dtype)
    theirs = _by_groups(nest.layer.op.output, dense, touched(nest.layer, nest.layer.op.output))
    return mine.shape == theirs.shape and arithmetic.equal(mine, theirs)


class _Engine:
    """The memories of all tensors, block after block."""

    def __init__(self, nest: Nest, fields: dict[str, Field], arithmetic: Arithmetic) -> None:
        self.nest = nest
        self.layout = Layout.of(nest)
        self.plan = Plan.of(nest, self.layout)
        self.operands = {t.name: self._operand(t, fields[t.name]) for t in nest.layer.op.operands}
        chain = Chain(nest.layer.op.output, self.plan, self.layout)
        self.output = Output(chain, nest, *REDUCTIONS[nest.layer.op.reduction], np.dtype(arithmetic.dtype))

    def _operand(self, tensor: Tensor, field: Field) -> Operand:
        chain = Chain(tensor, self.plan, self.layout)
        held = [shelf.tiles.keys for shelf in chain.shelves[chain.home]]
        return Operand(chain, _by_groups(tensor, field.values, held))

    def run(self, tick: Callable[[], None] | None) -> np.ndarray:
        """Execute everything; the contents of the output's home, one axis per group."""
        for block in self.plan.blocks():
            for operand in self.operands.values():
                operand.move(block)
            self.output.move(block)
            present = {name: operand.present(block) for name, operand in self.operands.items()}
            self.output.collect(self._operate(block, present), block)
            if tick is not None:
                tick()
        return self.output.finish()

    def _operate(self, block: Block, present: dict[str, Labelled]) -> Labelled:
        return operate(self.nest.layer.op, present, {d: self._extent(d, block) for d in self.nest.layer.op.dims})

    def _extent(self, dim: str, block: Block) -> Extent:
        order = self.layout.order[dim]
        position = np.zeros(1, dtype=np.int64)
        for counter, (start, stop) in zip(order, block.of(order), strict=True):
            position = (position[:, None] + np.arange(start, stop) * counter.stride).reshape(-1)
        exists = position < self.nest.layer.bound[dim]
        kept = position.size if dim in self.nest.layer.op.output.dims else block.length(self.layout.kept[dim])
        return Extent(kept, position.size // kept, None if exists.all() else exists)


def touched(layer: Layer, tensor: Tensor) -> list[np.ndarray]:
    """Per group the codes of all elements that some point of the layer touches, sorted; made from the bounds alone."""
    found = []
    for group in Group.all_of(tensor, tensor.dims):
        at = dict(zip(group.dims, np.ogrid[tuple(slice(layer.bound[d]) for d in group.dims)], strict=True))
        codes: np.ndarray = np.zeros((), dtype=np.int64)
        for rank, span in zip(group.ranks, group.spans(layer), strict=True):
            codes = codes * span + sum(t.coefficient * at[t.dim] for t in rank.terms)
        found.append(np.unique(codes))
    return found


def _by_groups(tensor: Tensor, stored: np.ndarray, codes: list[np.ndarray]) -> np.ndarray:
    """Elements given by their codes, one axis per group, from storage with one axis per rank."""
    groups = Group.all_of(tensor, tensor.dims)
    order = [i for g in groups for i, r in enumerate(tensor.ranks) if r in g.ranks]
    order += [i for i in range(len(tensor.ranks)) if i not in order]
    sizes = [prod(stored.shape[i] for i, r in enumerate(tensor.ranks) if r in g.ranks) for g in groups]
    words = stored.transpose(order).reshape(sizes)
    for axis, wanted in enumerate(codes):
        if wanted.size < words.shape[axis]:
            words = words.take(wanted, axis=axis)
    return np.asarray(words, order="C")

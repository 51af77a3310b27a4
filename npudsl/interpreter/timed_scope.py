"""What an execution in time has to look at: only what some resource limits takes time, whatever else moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..mapping.resources import Loads, add
from .literal import Instance
from .nest import Nest, Transfer
from .timed_cost import Cost


@dataclass(frozen=True)
class Scope:
    """Of one nest. `inner`: transfers between memories of the tensors of which some movement takes time (of the output,
    some operation), outer memories first, then tensors in the order of the op. `alike`: operands of operations of which
    every memory instance serves one unit, `single`: other operands and results, of which units may share words.
    """

    nest: Nest
    cost: Cost
    inner: tuple[Transfer, ...]
    alike: tuple[Transfer, ...]
    single: tuple[Transfer, ...]

    @staticmethod
    def of(nest: Nest) -> Scope:
        cost = Cost(nest)
        limited = {t.name: [cost.limits(x) for x in nest.transfers[t.name]] for t in nest.layer.op.tensors}
        order = {m.name: i for i, m in enumerate(nest.arch.memories)}
        last = [nest.transfers[t.name][-1] for t in nest.layer.op.tensors if limited[t.name][-1]]
        alike = tuple(t for t in last if not t.tensor.is_output and not t.between)
        return Scope(
            nest,
            cost,
            tuple(sorted(_inner(nest, limited), key=lambda t: order[t.child.memory or ""])),
            alike,
            tuple(t for t in last if t not in alike),
        )

    def one_word_each(self, unit: Instance) -> Loads:
        """What a step takes for the operands in `alike`: one word each, here of the compute unit `unit`."""
        load: Loads = {}
        for transfer in self.alike:
            add(load, self.cost.meter.memory(transfer.parent.memory or "", transfer.tensor.role, read=1))
            add(load, self.cost.at_links(transfer, {unit: frozenset(((),))}))
        return load


def _inner(nest: Nest, limited: dict[str, list[bool]]) -> Iterator[Transfer]:
    for name, chain in nest.transfers.items():
        between = len(chain) if chain[0].tensor.is_output else len(chain) - 1
        if any(limited[name][:between]):
            yield from chain[:-1]
